"""The figures that open a commune's page, beside its EPCI, and its consumption of land by year."""

from collections.abc import Callable, Mapping
from typing import Any

import polars as pl

from observatory.geography.crs import M2_PER_HA
from observatory.metadata.french import UNKNOWN_FR, blank_of, written
from observatory.metadata.tables import Column
from observatory.release.published import Published
from observatory.web.curves import draw_curve
from observatory.web.figures import Figure, exactly, say_rank
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
REFERENCE = range(2011, 2021)
PERIOD = (2021, 2030)
KEPT = 0.5  # the national benchmark halves the pace of the reference

Told = Callable[[str], Figure]


def list_commune_figures(published: Published, local: pl.DataFrame) -> dict[str, list[Figure]]:
    """List the figures of each commune: land, then people who look for a job."""
    land = _list_land_figures(published)
    seekers = _list_seekers(published, local)
    return {code: [*land.get(code, ()), *seekers.get(code, ())] for code in local["commune_code"]}


def _list_land_figures(published: Published) -> dict[str, list[Figure]]:
    table = published.table("land_commune_sheets")
    if table.is_empty():
        return {}
    declared = {c.name: c for c in published.contracts["land_commune_sheets"].columns}
    prices = _find_epci_prices(published)
    found = {}
    for _, peers in table.group_by("epci_code", maintain_order=True):
        ranked = {
            name: dict(zip(peers["commune_code"], map(exactly, peers[name].to_list()), strict=True))
            for name in (*(name for name, *_ in SUMMED), PRICE)
        }
        for row in peers.iter_rows(named=True):
            figures = [
                _tell_summed(row, declared[name], (said, unit, digits), peers[name], ranked[name])
                for name, digits, unit, said in SUMMED
            ]
            price = _tell_price(row, declared[PRICE], prices.get(row["epci_code"]), ranked[PRICE])
            found[row["commune_code"]] = [*figures, price]
    return found


def _tell_summed(
    row: Mapping[str, Any],
    column: Column,
    told: tuple[str, str, int],
    of_peers: pl.Series,
    ranked: Mapping[str, Any],
) -> Figure:
    """Tell a figure that adds up to that of the EPCI."""
    said, unit, digits = told
    value = row[column.name]
    return Figure(
        said=said,
        shown=blank_of(column, row)
        if value is None
        else f"{written(value, digits)} {unit}".strip(),
        beside=say_total(of_peers, digits, unit),
        rank=say_rank(ranked, row["commune_code"], "communes"),
    )


def say_total(values: pl.Series, digits: int, unit: str) -> str:
    """Say the sum of an EPCI's communes: whole, or at the least where some are not known."""
    known, unknown = values.drop_nulls(), values.null_count()
    if known.is_empty():
        return "EPCI : total inconnu"
    total = f"{written(float(known.sum()), digits)} {unit}".strip()
    return f"EPCI : {'au moins ' if unknown else ''}{total}"


def _find_epci_prices(published: Published) -> dict[str, float]:
    table = published.table("land_prices_by_commune")
    if table.is_empty():
        return {}
    rows = table.filter(territory_level="epci", market="land", setting="park")
    told = rows.drop_nulls("price_median_eur_m2")
    return dict(told.select("territory_code", "price_median_eur_m2").iter_rows())


def _tell_price(
    row: Mapping[str, Any], column: Column, of_epci: float | None, ranked: Mapping[str, Any]
) -> Figure:
    value, sales = row[PRICE], row["land_sale_count"]
    number = "" if value is None or sales is None else f"{written(sales, 0)} ventes ; "
    whole = UNKNOWN_FR if of_epci is None else f"{written(of_epci, 0)} €/m²"
    return Figure(
        said="Prix médian du terrain à bâtir en site ou zone d'activité",
        shown=blank_of(column, row) if value is None else f"{written(value, 0)} €/m²",
        beside=f"{number}EPCI : {whole}",
        rank=say_rank(ranked, row["commune_code"], "communes"),
    )


def _list_seekers(published: Published, local: pl.DataFrame) -> dict[str, list[Figure]]:
    """List the job seekers of the last month of each commune that the producer tells of."""
    table = published.table("labour_job_seekers_by_commune")
    if table.is_empty():
        return {}
    last = table.filter(pl.col("month_date") == table["month_date"].max())
    month = f"{last['month_date'][0]:%m/%Y}"
    counts = dict(last.select("commune_code", "job_seeker_count").iter_rows())
    found = {}
    for _, peers in local.group_by("epci_code", maintain_order=True):
        people = peers["commune_code"].to_list()
        ranked = {code: exactly(counts.get(code)) for code in people}
        known = [counts[code] for code in people if counts.get(code) is not None]
        beside = f"communes de l'EPCI où c'est publié : {written(sum(known), 0)}"
        for code in people:
            count = counts.get(code)
            found[code] = [
                Figure(
                    said=f"Demandeurs d'emploi, {month}",
                    shown="non publié" if count is None else show_number(count),
                    beside=beside if known else None,
                    rank=say_rank(ranked, code, "communes"),
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
