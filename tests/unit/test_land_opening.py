"""The figures that open the section on land: a part is never given for the whole."""

from types import SimpleNamespace

import polars as pl
import pytest

from observatory.web.land import say_years
from observatory.web.land_opening import list_opening_figures


def published(*epci: dict[str, object]) -> SimpleNamespace:
    usual = {
        "epci_code": "1",
        "perimeter_scope": "without_port_airport_large",
        "demand_scenario": "past_consumption",
        "free_ha": 10.0,
        "vacant_ha": 5.0,
        "years_central": 20.0,
        "used_since_2021_ha": 30.0,
        "allowed_2021_2030_ha": 60.0,
        "last_consumption_year": 2024,
        "missing_supply_reason": None,
        "missing_years_reason": None,
    }
    columns = ("territory_code", "market", "land_nature", "setting", "sale_count", "first_year")
    price = ("1", "land", "AB", "park", 3, 2021)
    prices = pl.DataFrame([price], schema=columns, orient="row").with_columns(
        last_year=pl.lit(2025),
        price_median_eur_m2=None,
        price_q1_eur_m2=None,
        price_q3_eur_m2=None,
        is_price_median_eur_m2_suppressed=pl.lit(value=True),
    )
    tables = {
        "land_balance_by_epci": pl.DataFrame([usual | own for own in epci]),
        "land_sites": pl.DataFrame({"area_m2": [10_000.0, 20_000.0]}),
        "land_prices_by_commune": prices,
    }
    return SimpleNamespace(table=tables.__getitem__, has=tables.__contains__)


def values(*epci: dict[str, object]) -> dict[str, str]:
    return {figure.said: figure.shown for figure in list_opening_figures(published(*epci))}


def test_figures_of_one_epci_are_shown_and_a_secret_price_is_no_unknown_one() -> None:
    shown = values({})
    assert shown["sites économiques"] == "2"
    assert shown["inoccupés (présumé)"] == "10 ha"
    assert shown["au rythme d'extension moyen"] == "20 années"
    assert shown["prix médian du terrain à bâtir en site"] == "masqué (secret)"


def test_years_are_shown_from_the_fastest_pace_to_the_slowest_and_at_the_stated_target() -> None:
    paces = [
        {"demand_scenario": "past_consumption_slowest", "years_central": 37.3},
        {"demand_scenario": "past_consumption_fastest", "years_central": 24.6},
        {"demand_scenario": "stated_target", "years_central": 6.1, "years_high": 7.7},
    ]
    figures = list_opening_figures(published({"years_high": None}, *paces))
    years = next(f for f in figures if f.said == "selon le rythme d'extension")
    assert years.shown == "25 à 37 années"
    assert years.beside is not None
    assert years.beside.startswith(
        "20 années au rythme moyen ; terrains inoccupés (présumé) seuls ; "
        "à l'objectif énoncé dans le débat, 6,1 à 7,7 années de toute l'offre présumée ; "
    )


@pytest.mark.parametrize(
    ("years", "said"),
    [
        ((24.6, 37.3), "25 à 37 années"),
        ((6.05, 7.73), "6,0 à 7,7 années"),
        ((0.1, 0.4), "0,1 à 0,4 année"),
        ((1.2, None), "1,2 année"),
        ((1.96, 1.99), "2,0 années"),
        ((1.2, 1.2), "1,2 année"),
        ((28.5,), "28 années"),
    ],
)
def test_years_are_said_as_french_writes_them(years: tuple[float | None, ...], said: str) -> None:
    assert say_years(*years) == said


def test_what_is_left_aside_is_told_beside_the_hectares() -> None:
    whole = {"perimeter_scope": "all_sites", "free_ha": 25.0}
    figures = {figure.said: figure.beside for figure in list_opening_figures(published({}, whole))}
    alone = "sans port, aéroport ni très grand site"
    assert figures["inoccupés (présumé)"] == f"{alone} (25 ha avec eux)"
    unknown = {**whole, "free_ha": None}
    figures = {
        figure.said: figure.beside for figure in list_opening_figures(published({}, unknown))
    }
    assert figures["inoccupés (présumé)"] == alone


def test_an_unknown_part_makes_no_sum_and_years_of_several_epci_do_not_add_up() -> None:
    other = {"epci_code": "2", "free_ha": None, "missing_supply_reason": "register_missing"}
    shown = values({}, other)
    assert shown["inoccupés (présumé)"] == "inconnu"
    assert shown["en vacance présumée"] == "10 ha"
    assert shown["années au rythme d'extension"] == "inconnu"
    assert not any("prix" in title for title in shown)
