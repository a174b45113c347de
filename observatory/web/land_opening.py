"""Gathers the figures that open the section on land, each with its period and its limits."""

from typing import Any

import polars as pl

from observatory.geography.crs import M2_PER_HA
from observatory.land.prices import BUILDING_PLOT, MARKETS, SALE_SETTINGS
from observatory.metadata.french import HIDDEN_FR, UNKNOWN_FR, written
from observatory.release.published import Published
from observatory.web.figures import Figure
from observatory.web.land import HEADLINE_SCOPE, select_key_figures, sum_if_known, tell_apart


def list_opening_figures(published: Published) -> list[Figure]:
    """List sites, free and vacant hectares, years, consumption and price of the territory."""
    key = select_key_figures(published)
    if key is None:
        return []
    sites = published.table("land_sites")
    hectares = written(float(sites["area_m2"].sum()) / M2_PER_HA)
    opening = [
        Figure(shown=written(sites.height), said="sites économiques", beside=f"{hectares} ha")
    ]
    balance = published.table("land_balance_by_epci")
    if balance.is_empty():
        why = str(key["missing_supply"])
        return [*opening, Figure(shown=UNKNOWN_FR, said="inoccupés (présumé)", beside=why)]
    each = balance.filter(perimeter_scope=HEADLINE_SCOPE).unique("epci_code", keep="first")
    return [
        *opening,
        _show_hectares(each["free_ha"], "inoccupés (présumé)", tell_apart(balance, "free_ha"), key),
        _show_hectares(
            each["vacant_ha"], "en vacance présumée", tell_apart(balance, "vacant_ha"), key
        ),
        _show_years(key),
        *_show_consumption(each),
        *_show_prices(published.table("land_prices_by_commune"), set(each["epci_code"])),
    ]


def _show_hectares(values: pl.Series, title: str, apart: str, key: dict[str, Any]) -> Figure:
    total = sum_if_known(values)
    if total is None:
        return Figure(shown=UNKNOWN_FR, said=title, beside=key["missing_supply"] or "")
    return Figure(shown=f"{written(total)} ha", said=title, beside=apart)


def _show_years(key: dict[str, Any]) -> Figure:
    if key["years"] is not None:
        years: Figure = key["years"]
        return years
    why = key["missing_years"] or "les années d'EPCI ne s'ajoutent pas : tableau ci-dessous"
    return Figure(shown=UNKNOWN_FR, said="années au rythme d'extension", beside=why)


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
        Figure(shown=f"{written(used)} ha", said=title, beside=f"2021-{last}, provisoire{beside}")
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
        return Figure(shown=HIDDEN_FR if is_hidden else UNKNOWN_FR, said=title, beside=sales)
    low, high = row["price_q1_eur_m2"], row["price_q3_eur_m2"]
    band = (
        ""
        if low is None or high is None
        else f" ; la moitié entre {written(low)} et {written(high)} €"
    )
    return Figure(shown=f"{written(median)} €/m²", said=title, beside=f"{sales}{band}")
