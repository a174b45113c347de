"""The figures that open a commune's page, beside its EPCI, and its consumption of land by year."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from observatory.geography.crs import M2_PER_HA
from observatory.metadata.french import UNKNOWN_FR, blank_of, written
from observatory.metadata.tables import Column
from observatory.release.published import Published
from observatory.web.curves import draw_curve
from observatory.web.figures import (
    Figure,
    Ranking,
    exactly,
    find_cut_epcis,
    name_peers,
    say_total,
)
from observatory.web.listings import show_number

TABLES = (
    "land_commune_sheets",
    "land_consumption_by_commune",
    "land_prices_by_commune",
    "labour_job_seekers_by_commune",
)
SUMMED = (
    ("free_ha", 1, "ha", "Inoccupé (présumé)"),
    ("vacant_ha", 1, "ha", "Vacance présumée"),
    ("brownfield_count", 0, "", "Friches recensées"),
    ("activity_consumed_10_years_ha", 1, "ha", "Consommé pour l'activité en dix ans"),
)
PRICE = "land_price_median_eur_m2"
PRICE_FR = "Prix médian du terrain à bâtir en site ou zone d'activité"
REFERENCE = range(2011, 2021)
PERIOD = (2021, 2030)
KEPT = 0.5  # the national benchmark halves the pace of the reference


def list_commune_figures(published: Published, local: pl.DataFrame) -> dict[str, list[Figure]]:
    """List the figures of each commune: land, then people who look for a job."""
    cut = find_cut_epcis(published.table("geography_communes"))
    land = _list_land_figures(published, cut)
    seekers = _list_seekers(published, local, cut)
    return {code: [*land.get(code, ()), *seekers.get(code, ())] for code in local["commune_code"]}


def _list_land_figures(published: Published, cut: set[str]) -> dict[str, list[Figure]]:
    table = published.table("land_commune_sheets")
    if table.is_empty():
        return {}
    declared = {c.name: c for c in published.contracts["land_commune_sheets"].columns}
    prices = _find_epci_prices(published)
    found: dict[str, list[Figure]] = {code: [] for code in table["commune_code"]}
    for (epci,), peers in table.group_by("epci_code", maintain_order=True):
        is_cut, codes = epci in cut, peers["commune_code"].to_list()
        among = name_peers("communes", is_cut=is_cut)
        columns = (*SUMMED, (PRICE, 0, "€/m²", PRICE_FR))
        for name, digits, unit, said in columns:
            ranking = Ranking(dict(zip(codes, map(exactly, peers[name]), strict=True)))
            total = say_total(peers[name], digits, unit, is_cut=is_cut)
            for row in peers.iter_rows(named=True):
                beside = total
                if name == PRICE:
                    beside = _say_price_beside(row, prices.get(str(epci)), is_cut=is_cut)
                figure = Figure(
                    said=said,
                    shown=_show(row, declared[name], digits, unit),
                    beside=beside,
                    rank=ranking.say(row["commune_code"], among),
                )
                found[row["commune_code"]].append(figure)
    return found


def _show(row: Mapping[str, Any], column: Column, digits: int, unit: str) -> str:
    value = row[column.name]
    return blank_of(column, row) if value is None else f"{written(value, digits)} {unit}".strip()


def _find_epci_prices(published: Published) -> dict[str, float]:
    table = published.table("land_prices_by_commune")
    if table.is_empty():
        return {}
    rows = table.filter(territory_level="epci", market="land", setting="park")
    told = rows.drop_nulls("price_median_eur_m2")
    return dict(told.select("territory_code", "price_median_eur_m2").iter_rows())


def _say_price_beside(row: Mapping[str, Any], of_epci: float | None, *, is_cut: bool) -> str:
    """Say how many sales a price rests on, and the EPCI's: of its part here where it is cut."""
    sales = row["land_sale_count"]
    number = "" if row[PRICE] is None or sales is None else f"{written(sales, 0)} ventes ; "
    whole = UNKNOWN_FR if of_epci is None else f"{written(of_epci, 0)} €/m²"
    return f"{number}EPCI{', communes du territoire' if is_cut else ''} : {whole}"


def _list_seekers(
    published: Published, local: pl.DataFrame, cut: set[str]
) -> dict[str, list[Figure]]:
    """List the job seekers of the last month of each commune that the producer tells of."""
    table = published.table("labour_job_seekers_by_commune")
    if table.is_empty():
        return {}
    last = table.filter(pl.col("month_date") == table["month_date"].max())
    month = f"{last['month_date'][0]:%m/%Y}"
    counts = dict(last.select("commune_code", "job_seeker_count").iter_rows())
    found = {}
    for (epci,), peers in local.group_by("epci_code", maintain_order=True):
        people = peers["commune_code"].to_list()
        among = name_peers("communes", is_cut=epci in cut)
        ranking = Ranking({code: exactly(counts.get(code)) for code in people})
        known = [counts[code] for code in people if counts.get(code) is not None]
        where = f"communes de l'EPCI{' dans le territoire' if epci in cut else ''}"
        beside = f"{where} où c'est publié : {written(sum(known), 0)}"
        for code in people:
            count = counts.get(code)
            found[code] = [
                Figure(
                    said=f"Demandeurs d'emploi, {month}",
                    shown="non publié" if count is None else show_number(count),
                    beside=beside if known else None,
                    rank=ranking.say(code, among),
                )
            ]
    return found


def draw_consumption(published: Published) -> dict[str, dict[str, Any]]:
    """Draw the hectares that each commune consumed by year, with half of its reference pace."""
    table = published.table("land_consumption_by_commune")
    if table.is_empty():
        return {}
    rows = table.filter(destination="total").with_columns(ha=pl.col("area_m2") / M2_PER_HA)
    return {
        str(code): _tell_consumption(dict(years.select("year", "ha").iter_rows()))
        for (code,), years in rows.group_by("commune_code", maintain_order=True)
    }


def _tell_consumption(by_year: dict[int, float | None]) -> dict[str, Any]:
    reference = _add_up(by_year, REFERENCE)
    allowed = None if reference is None else reference * KEPT
    since = [year for year in by_year if year >= PERIOD[0]]
    years = PERIOD[1] - PERIOD[0] + 1
    line = None if allowed is None else (*PERIOD, allowed / years)
    return {
        "curve": draw_curve(list(by_year.items()), line),
        "rows": sorted(by_year.items()),
        "reference": reference,
        "allowed": allowed,
        "used": _add_up(by_year, since) if since else None,
        "last": max(by_year),
    }


def _add_up(by_year: Mapping[int, float | None], years: Any) -> float | None:
    """Sum years where every one is known."""
    values = [by_year.get(year) for year in years]
    known = [value for value in values if value is not None]
    return sum(known) if len(known) == len(values) else None
