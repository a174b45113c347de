"""Gathers the figures that open the section on land, each with its period and its limits."""

from dataclasses import dataclass
from typing import Any

import polars as pl

from observatory.geography.crs import M2_PER_HA
from observatory.land.prices import BUILDING_PLOT, MARKETS, SALE_SETTINGS
from observatory.metadata.french import HIDDEN_FR, UNKNOWN_FR, written
from observatory.release.published import Published
from observatory.web.land import HEADLINE_SCOPE, select_key_figures, sum_if_known

APART = "sans port, aéroport ni très grand site"


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A figure, what it is of, and its period, place or why it is not given."""

    value: str
    title: str
    note: str


def list_opening_figures(published: Published) -> list[Figure]:
    """List sites, free and vacant hectares, years, consumption and price of the territory."""
    key = select_key_figures(published)
    if key is None:
        return []
    sites = published.table("land_sites")
    hectares = written(float(sites["area_m2"].sum()) / M2_PER_HA)
    opening = [
        Figure(value=written(sites.height), title="sites économiques", note=f"{hectares} ha")
    ]
    balance = published.table("land_balance_by_epci")
    if balance.is_empty():
        why = str(key["missing_supply"])
        return [*opening, Figure(value=UNKNOWN_FR, title="inoccupés (présumé)", note=why)]
    each = balance.filter(perimeter_scope=HEADLINE_SCOPE).unique("epci_code", keep="first")
    return [
        *opening,
        _show_hectares(each["free_ha"], "inoccupés (présumé)", key),
        _show_hectares(each["vacant_ha"], "en vacance présumée", key),
        _show_years(key),
        *_show_consumption(each),
        *_show_prices(published.table("land_prices_by_commune"), set(each["epci_code"])),
    ]


def _show_hectares(values: pl.Series, title: str, key: dict[str, Any]) -> Figure:
    total = sum_if_known(values)
    if total is None:
        return Figure(value=UNKNOWN_FR, title=title, note=key["missing_supply"] or "")
    return Figure(value=f"{written(total)} ha", title=title, note=APART)


def _show_years(key: dict[str, Any]) -> Figure:
    title = "au rythme d'extension moyen"
    if key["years"] is None:
        why = key["missing_years"] or "les années d'EPCI ne s'ajoutent pas : tableau ci-dessous"
        return Figure(value=UNKNOWN_FR, title=f"années {title}", note=why)
    note = f"terrains inoccupés seuls ; consommation connue jusqu'en {key['last_year']}"
    return Figure(value=f"{written(key['years'])} années", title=title, note=note)


def _show_consumption(each: pl.DataFrame) -> list[Figure]:
    """What was consumed, beside the benchmark; nothing where the files do not tell."""
    used, allowed = (sum_if_known(each[c]) for c in ("used_since_2021_ha", "allowed_2021_2030_ha"))
    if used is None:
        return []
    last = each["last_consumption_year"].to_list()[0]
    beside = (
        "" if allowed is None else f" ; repère 2021-2030, non opposable : {written(allowed)} ha"
    )
    title = "d'espaces consommés, toutes destinations"
    return [
        Figure(value=f"{written(used)} ha", title=title, note=f"2021-{last}, provisoire{beside}")
    ]


def _show_prices(prices: pl.DataFrame, epci: set[str]) -> list[Figure]:
    """The median of building plots in sites, where there is one EPCI: medians do not add up."""
    if prices.is_empty() or len(epci) > 1:
        return []
    rows = prices.filter(
        pl.col("territory_code").is_in(epci),
        market=MARKETS[0],
        land_nature=BUILDING_PLOT,
        setting=SALE_SETTINGS[0],
    )
    return [_show_price(row) for row in rows.to_dicts()]


def _show_price(row: dict[str, Any]) -> Figure:
    sales = f"{written(row['sale_count'])} ventes {row['first_year']}-{row['last_year']}"
    title, median = "prix médian du terrain à bâtir en site", row["price_median_eur_m2"]
    if median is None:
        is_hidden = row["is_price_median_eur_m2_suppressed"]
        return Figure(value=HIDDEN_FR if is_hidden else UNKNOWN_FR, title=title, note=sales)
    low, high = row["price_q1_eur_m2"], row["price_q3_eur_m2"]
    band = (
        ""
        if low is None or high is None
        else f" ; la moitié entre {written(low)} et {written(high)} €"
    )
    return Figure(value=f"{written(median)} €/m²", title=title, note=f"{sales}{band}")
