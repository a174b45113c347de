"""Where a firm may look for ground: what is listed, which price stands beside it, what is said."""

import polars as pl
import pytest

from observatory.web.settling import (
    PRICES,
    count_settling,
    join_prices,
    select_looked_for,
    show_band,
    show_lacks,
    show_risks,
    show_sale,
    show_zone,
)

SALES = (62.0, 81.0, 69.0, 42, 2021, 2025, "Fos-sur-Mer", "land", False)


def units(**columns: list[object]) -> pl.DataFrame:
    """Units of one commune, free and without a building unless it is said."""
    height = len(next(iter(columns.values())))
    usual: dict[str, object] = {
        "commune_code": "13039",
        "epci_code": "200054807",
        "occupation_state": "free",
        "occupation_confidence": "low",
        "constraint_outcome": "none_known",
        "built_m2": 0.0,
        "area_m2": 20_000.0,
        "site_id": "a",
    }
    rows = {name: [value] * height for name, value in usual.items()} | {
        "is_for_sale": [None] * height
    }
    return pl.DataFrame(rows | columns, schema_overrides={"is_for_sale": pl.Boolean})


def prices(*rows: tuple[str, str, str, float | None, float | None]) -> pl.DataFrame:
    """Prices of parks: level, code, market, first quartile and median."""
    columns = ("territory_level", "territory_code", "market", PRICES[0], PRICES[2])
    return pl.DataFrame(
        list(rows),
        schema=dict.fromkeys(columns[:3], pl.String) | dict.fromkeys(columns[3:], pl.Float64),
        orient="row",
    ).with_columns(
        price_q3_eur_m2=pl.col(PRICES[0]) * 2,
        sale_count=pl.lit(9),
        first_year=pl.lit(2021),
        last_year=pl.lit(2025),
        territory_label=pl.col("territory_level"),
        setting=pl.lit("park"),
        land_nature=pl.when(market="land").then(pl.lit("AB")).otherwise(pl.lit("none")),
        is_price_median_eur_m2_suppressed=pl.col(PRICES[2]).is_null(),
    )


def test_only_what_looks_free_or_is_declared_for_sale_is_listed_and_may_be_built_upon() -> None:
    rows = units(
        unit_id=["free", "vacant", "occupied", "sold", "unclear", "red"],
        occupation_state=["free", "vacant", "occupied", "occupied", "undetermined", "free"],
        is_for_sale=[None, False, None, True, None, True],
        constraint_outcome=[*["none_known"] * 5, "forbidden"],
    )
    assert select_looked_for(rows)["unit_id"].to_list() == ["free", "vacant", "sold"]


def test_presumed_is_no_offer_and_seen_is_not_presumed() -> None:
    rows = units(
        occupation_state=["free", "free", "vacant"],
        occupation_confidence=["low", "surveyed", "medium"],
        area_m2=[20_000.0, 5_000.0, 1_000.0],
    )
    figures = {figure.said: figure.shown for figure in count_settling(rows)}
    assert figures["inoccupés (présumé), toutes tailles"] == "1"
    assert figures["vus ou déclarés inoccupés ou vacants"] == "1"
    assert figures["déclarés en vente"] == "inconnu"
    assert show_sale(None) == show_sale(False) == "non déclaré"


def test_ground_is_compared_with_ground_and_a_building_with_premises_of_its_size() -> None:
    known = prices(
        ("commune", "13039", "land", 60.0, 70.0),
        ("commune", "13039", "premises_over_1000_m2", 300.0, 340.0),
    )
    rows = join_prices(units(built_m2=[0.0, 2_000.0, 10.0, None]), known)
    assert rows["price_median_eur_m2"].to_list() == [70.0, 340.0, None, None]


def test_where_a_commune_has_no_band_that_of_its_epci_is_shown_under_its_name() -> None:
    known = prices(
        ("commune", "13039", "land", None, 70.0), ("epci", "200054807", "land", 80.0, 120.0)
    )
    (row,) = join_prices(units(unit_id=["a"]), known).to_dicts()
    assert (row["price_q1_eur_m2"], row["territory_label"]) == (80.0, "epci")
    (row,) = join_prices(units(unit_id=["a"]), known.head(1)).to_dicts()
    assert (row["price_q1_eur_m2"], row["price_median_eur_m2"]) == (None, 70.0)
    assert join_prices(units(unit_id=["a"]), pl.DataFrame())["sale_count"].to_list() == [None]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({}, "62 à 81, médiane 69 (terrain ; 42 ventes 2021-2025, Fos-sur-Mer)"),
        ({0: None}, "médiane 69 (terrain ; 42 ventes 2021-2025, Fos-sur-Mer)"),
        (
            {0: None, 2: None, 3: 1, 8: True},
            "masqué (secret) (terrain ; 1 vente 2021-2025, Fos-sur-Mer)",
        ),
        ({3: None}, "aucune vente comparable connue"),
    ],
)
def test_a_price_says_its_sales_and_secret_is_not_unknown(
    change: dict[int, object], said: str
) -> None:
    assert show_band(*(change.get(at, value) for at, value in enumerate(SALES))) == said


def test_what_is_not_known_is_said_and_never_no_risk() -> None:
    assert show_risks("undetermined", None) == "indéterminés"
    assert show_risks("none_known", 0) == "aucun connu"
    assert show_risks("none_known", 2) != "aucun connu"
    assert show_zone(None, None, None) == "non fourni"
    assert show_zone("2AUE", True, True) == "2AUE : zone AU fermée"
    assert (show_lacks(""), show_lacks("zonage")) == ("tous fournis", "sans : zonage")
