"""Occupation, prices, supply, balance and candidates: small cases worked by hand."""

import datetime as dt

import polars as pl
import pytest

from assets.land.sheets import consumed
from observatory.land.balance import (
    compute_halving,
    compute_years,
    estimate_demand,
    split_stock,
    sum_consumption,
    sum_supply,
)
from observatory.land.candidates import CRITERIA, rank_candidates, score_criteria
from observatory.land.occupation import (
    TOLD_FROM,
    choose_reference_year,
    classify_occupation,
    compare_with_survey,
    count_evidence,
    count_vacancy,
    summarise_periods,
)
from observatory.land.prices import (
    assemble_sales,
    compute_prices,
    is_ambiguous_mutation,
    number_mutations,
    tell_sales_apart,
)

DAY = dt.date


def unit(**values: object) -> pl.DataFrame:
    blank = {
        "unit_id": "u",
        "sure_active_count": 0,
        "probable_active_count": 0,
        "on_parcel_active_count": 0,
        "street_active_count": 0,
        "is_in_active_street": False,
        "closed_count": 0,
        "built_share_pct": 40.0,
        "owner_category": "commercial_company",
        "is_common_area": False,
        "is_brownfield": False,
        "has_undisclosed": False,
        "seen_state": None,
        "seen_origin": None,
    }
    text = {"seen_state": pl.String, "seen_origin": pl.String, "built_share_pct": pl.Float64}
    text["is_common_area"] = pl.Boolean
    return pl.DataFrame([{**blank, **values}], schema_overrides=text)


@pytest.mark.parametrize(
    ("told", "state", "confidence"),
    [
        ({"sure_active_count": 1}, "occupied", "high"),
        ({"is_common_area": None, "built_share_pct": 0.0}, "undetermined", "none"),
        ({"is_common_area": None, "sure_active_count": 1}, "occupied", "high"),
        ({"probable_active_count": 1}, "occupied", "medium"),
        ({"street_active_count": 1}, "occupied", "low"),
        ({"closed_count": 1}, "vacant", "medium"),
        ({"closed_count": 1, "has_undisclosed": True}, "undetermined", "none"),
        ({"is_brownfield": True, "has_undisclosed": True}, "undetermined", "none"),
        ({"built_share_pct": 0.0, "has_undisclosed": True}, "undetermined", "none"),
        ({"has_undisclosed": True, "sure_active_count": 1}, "occupied", "high"),
        ({"closed_count": 1, "street_active_count": 1}, "undetermined", "none"),
        ({"closed_count": 1, "owner_category": "commune"}, "undetermined", "none"),
        ({"closed_count": 1, "owner_category": "association"}, "undetermined", "none"),
        ({"closed_count": 1, "is_brownfield": True}, "vacant", "medium"),
        ({"is_brownfield": True}, "vacant", "low"),
        ({}, "undetermined", "none"),
        ({"built_share_pct": 0.0}, "free", "low"),
        (
            {"closed_count": 1, "is_brownfield": True, "has_undisclosed": True},
            "undetermined",
            "none",
        ),
        ({"built_share_pct": None}, "undetermined", "none"),
        ({"is_common_area": True}, "common_area", "none"),
        ({"is_common_area": True, "street_active_count": 1}, "common_area", "none"),
        ({"is_common_area": True, "probable_active_count": 1}, "common_area", "none"),  # beside it
        (
            {"is_common_area": True, "sure_active_count": 1, "on_parcel_active_count": 1},
            "occupied",
            "high",
        ),
        (
            {"is_common_area": True, "probable_active_count": 1, "on_parcel_active_count": 1},
            "occupied",
            "medium",
        ),
        ({"is_common_area": True, "has_undisclosed": True}, "undetermined", "none"),
        ({"closed_count": 1, "is_in_active_street": True}, "vacant", "low"),
        (
            {"closed_count": 1, "is_brownfield": True, "is_in_active_street": True},
            "vacant",
            "low",
        ),
        ({"built_share_pct": 0.0, "is_in_active_street": True}, "free", "low"),
        ({"sure_active_count": 1, "closed_count": 3, "is_brownfield": True}, "occupied", "high"),
    ],
)
def test_a_state_follows_its_strongest_evidence(told: dict, state: str, confidence: str) -> None:
    row = classify_occupation(unit(**told)).row(0, named=True)
    assert (row["occupation_state"], row["occupation_confidence"]) == (state, confidence)


def test_what_somebody_saw_wins_and_is_traced() -> None:
    seen = {"seen_state": "vacant", "seen_origin": "survey", "sure_active_count": 2}
    row = classify_occupation(unit(**seen)).row(0, named=True)
    assert row["occupation_state"] == "vacant"
    assert row["occupation_evidence"] == "survey"
    assert row["occupation_confidence"] == "surveyed"
    assert (row["open_data_state"], row["open_data_confidence"]) == ("occupied", "high")


def test_the_comparison_says_where_open_data_cannot_tell() -> None:
    rows = pl.concat(
        [
            unit(unit_id="a", seen_state="vacant", seen_origin="survey", closed_count=1),
            unit(unit_id="b", seen_state="vacant", seen_origin="survey", sure_active_count=1),
            unit(unit_id="c", seen_state="vacant", seen_origin="survey"),
            unit(unit_id="d"),
        ]
    )
    found = dict(
        compare_with_survey(classify_occupation(rows)).select("unit_id", "agreement").rows()
    )
    assert found == {"a": "same", "b": "different", "c": "open_data_cannot_tell"}


def history(*rows: tuple[str, DAY | None, DAY | None, bool]) -> pl.DataFrame:
    return pl.DataFrame(
        rows,
        schema={
            "siret": pl.String,
            "start_date": pl.Date,
            "end_date": pl.Date,
            "is_active": pl.Boolean,
        },
        orient="row",
    )


STOCK = pl.DataFrame(
    schema={
        "siret": pl.String,
        "is_active": pl.Boolean,
        "created_date": pl.Date,
        "since_date": pl.Date,
    }
)


@pytest.mark.parametrize(
    ("start", "end", "active", "closed"),
    [
        (DAY(2010, 1, 1), None, True, None),
        (None, DAY(2023, 12, 31), False, DAY(2023, 12, 31)),
        (DAY(2010, 1, 1), DAY(2024, 1, 1), True, DAY(2024, 1, 1)),
        (DAY(2010, 1, 1), DAY(2024, 1, 2), True, DAY(2024, 1, 2)),
        (DAY(2025, 12, 1), None, True, None),
        (DAY(2026, 1, 2), None, False, None),
    ],
)
def test_the_window_is_the_two_years_before_the_first_of_january(
    start: DAY | None, end: DAY | None, active: bool, closed: DAY | None
) -> None:
    row = summarise_periods(history(("s", start, end, True)), STOCK, 2026).row(0, named=True)
    assert (row["is_active_in_window"], row["closed_date"]) == (active, closed)


def test_a_reopened_establishment_is_active() -> None:
    told = history(
        ("s", DAY(2005, 1, 1), DAY(2010, 1, 1), True),
        ("s", DAY(2010, 1, 1), DAY(2025, 6, 1), False),
        ("s", DAY(2025, 6, 1), None, True),
    )
    row = summarise_periods(told, STOCK, 2026).row(0, named=True)
    assert (row["is_active_in_window"], row["closed_date"]) == (True, None)


def test_the_stock_speaks_where_there_is_no_history() -> None:
    stock_ = pl.DataFrame(
        {
            "siret": ["a", "f"],
            "is_active": [True, False],
            "created_date": [DAY(2000, 1, 1)] * 2,
            "since_date": [DAY(2000, 1, 1), DAY(2020, 5, 1)],
        }
    )
    found = summarise_periods(history(), stock_, 2026).sort("siret")
    assert found["is_active_in_window"].to_list() == [True, False]
    assert found["closed_date"].to_list() == [None, DAY(2020, 5, 1)]


def test_a_register_of_january_says_nothing_of_later_years() -> None:
    assert choose_reference_year(DAY(2028, 5, 1), pl.Series([DAY(2026, 1, 1)])) == 2026
    assert choose_reference_year(DAY(2026, 5, 1), pl.Series([None], dtype=pl.Date)) == 2026


def test_civil_companies_do_not_occupy() -> None:
    placed = pl.DataFrame(
        {
            "unit_id": ["u", "u"],
            "placement_level": ["parcel"] * 2,
            "placement_trust": ["high"] * 2,
            "is_active_in_window": [True, False],
            "is_known_before": [True, True],
            "closed_date": [None, DAY(2020, 1, 1)],
            "is_civil_company": [True, False],
        }
    )
    row = count_evidence(placed).row(0, named=True)
    assert (row["sure_active_count"], row["closed_count"]) == (0, 1)
    assert row["last_closed_date"] == DAY(2020, 1, 1)


# the register and the buildings of the unit's commune were handed over
TOLD = {
    "closed_establishment_count": 0,
    "built_m2": 0.0,
    "occupation_evidence": "closed_establishment",
}


def test_the_share_is_a_count_between_two_bounds() -> None:
    states = ["occupied"] * 11 + ["vacant"] * 2 + ["undetermined"] * 2 + ["common_area"] * 4
    units = pl.DataFrame(
        {"site_id": "s", "occupation_state": states, "occupation_confidence": "high", **TOLD}
    )
    row = count_vacancy(units, "site_id").row(0, named=True)
    assert (row["unit_count"], row["common_area_count"]) == (15, 4)
    assert (row["vacancy_share_low_pct"], row["vacancy_share_high_pct"]) == (13, 27)


def test_no_share_under_ten_units() -> None:
    states = ["vacant"] * 9
    units = pl.DataFrame(
        {"site_id": "s", "occupation_state": states, "occupation_confidence": "low", **TOLD}
    )
    row = count_vacancy(units, "site_id").row(0, named=True)
    assert (row["vacancy_share_low_pct"], row["vacancy_share_high_pct"]) == (None, None)


@pytest.mark.parametrize(
    ("without", "unknown"),
    [
        ("closed_establishment_count", ["occupied", "vacant", "free"]),
        ("built_m2", ["free"]),
    ],
)
def test_a_state_that_cannot_be_told_is_not_counted_as_zero(without: str, unknown: list) -> None:
    units = pl.DataFrame(
        {
            "site_id": "s",
            "occupation_state": ["undetermined"] * 11 + ["vacant"],
            "occupation_confidence": ["none"] * 11 + ["surveyed"],
            **TOLD,
            without: [None] * 11 + [0],
        }
    )
    row = count_vacancy(units, "site_id").row(0, named=True)
    assert [n for n in TOLD_FROM if row[f"{n}_unit_count"] is None] == unknown
    assert row["undetermined_unit_count"] == 11
    assert (row["vacancy_share_low_pct"] is None) == ("vacant" in unknown)


def line(**values: object) -> dict[str, object]:
    return {
        "source_sha256": "f" * 64,
        "source_line": 2,
        "mutation_id": "m",
        "date": DAY(2024, 3, 1),
        "nature": "Vente",
        "disposition": 1,
        "price_eur": 100_000.0,
        "department_code": "13",
        "parcel_id": "13029000AB0001",
        "commune_code": "13029",
        "local_type": None,
        "built_m2": None,
        "land_nature": "AB",
        "special_nature": None,
        "land_m2": 1_000.0,
        "is_repeated": False,
        "is_located": True,
        "is_in_site": True,
        "is_in_economic_zone": False,
        **values,
    }


def lines(*rows: dict[str, object]) -> pl.DataFrame:
    return pl.DataFrame(
        rows,
        schema_overrides={
            "local_type": pl.String,
            "special_nature": pl.String,
            "nature": pl.String,
            "built_m2": pl.Float64,
            "price_eur": pl.Float64,
            "land_m2": pl.Float64,
        },
    )


def test_the_price_of_a_disposition_counts_once() -> None:
    row = assemble_sales(
        lines(
            line(),
            line(parcel_id="13029000AB0002"),
            line(disposition=2, price_eur=50_000.0, parcel_id="13029000AB0003"),
        )
    ).row(0, named=True)
    assert (row["price_eur"], row["sold_m2"], row["reason"]) == (150_000, 3_000, "priced")


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        ({"nature": "Vente terrain à bâtir"}, "priced"),
        ({"nature": None}, "exchange_auction_or_off_plan"),
        ({"is_located": False}, "unknown_place"),
        ({"local_type": "4"}, "no_area"),
        ({"nature": "Echange"}, "exchange_auction_or_off_plan"),
        ({"nature": "Vente en l'état futur d'achèvement"}, "exchange_auction_or_off_plan"),
        ({"price_eur": 1.0}, "symbolic_price"),
        ({"price_eur": None}, "no_price"),
        ({"land_m2": None}, "no_area"),
        ({"is_in_site": False}, "land_outside_economic_areas"),
        ({"is_in_site": False, "is_in_economic_zone": True}, "priced"),
        ({"local_type": "1", "built_m2": 90.0}, "other_premises"),
        ({"local_type": "4", "built_m2": 90.0}, "priced"),
        ({"local_type": "4", "built_m2": 90.0, "is_repeated": True}, "repeated_premises"),
    ],
)
def test_a_sale_is_priced_or_says_why_not(told: dict, reason: str) -> None:
    assert assemble_sales(lines(line(**told)))["reason"].item() == reason


def test_land_of_several_natures_is_not_priced() -> None:
    rows = lines(line(), line(parcel_id="13029000AB0002", land_nature="T"))
    assert assemble_sales(rows)["reason"].item() == "land_of_several_natures"


def test_premises_have_size_classes_and_the_city_is_apart() -> None:
    rows = lines(
        line(mutation_id="a", local_type="4", built_m2=299.0),
        line(mutation_id="b", local_type="4", built_m2=1_000.0),
        line(mutation_id="c", local_type="4", built_m2=1_001.0, is_in_site=False),
    )
    found = assemble_sales(rows).sort("mutation_id")
    assert found["market"].to_list() == [
        "premises_under_300_m2",
        "premises_300_to_1000_m2",
        "premises_over_1000_m2",
    ]
    assert found["setting"].to_list() == ["park", "park", "city"]


def test_raw_lines_of_one_date_are_put_together_in_their_order() -> None:
    rows = lines(
        line(source_line=2, price_eur=251_500.0),
        line(source_line=3, price_eur=174_500.0),  # same day, another price: another sale
        line(source_line=4, price_eur=174_500.0, commune_code="13001"),  # across two communes
        line(source_line=5, price_eur=10.0, disposition=2),
        line(source_line=6, price_eur=99.0, disposition=1),  # the number falls back
        line(source_line=7, price_eur=99.0, disposition=1, date=DAY(2024, 3, 2)),
    )
    found = number_mutations(rows)["mutation_id"].rank("dense").to_list()
    assert found == [1, 2, 2, 2, 3, 4]


def test_one_run_over_two_departments_is_ambiguous() -> None:
    rows = lines(line(source_line=2), line(source_line=3, department_code="84"))
    assert number_mutations(rows)["is_ambiguous"].to_list() == [True, True]


def test_one_identifier_under_two_prices_is_ambiguous() -> None:
    rows = tell_sales_apart(lines(line(), line(price_eur=2.0), line(mutation_id="n")))
    assert rows.select(is_ambiguous_mutation().alias("a"))["a"].to_list() == [True, True, False]


def test_the_window_of_prices_is_five_years() -> None:
    priced = pl.DataFrame(
        {
            "date": [DAY(2019, 12, 31), DAY(2020, 1, 1), DAY(2024, 6, 1), DAY(2024, 7, 1)],
            "commune_code": ["13001"] * 4,
            "price_eur": [1.0, 100.0, 300.0, 500.0],
            "sold_m2": [1.0] * 4,
            "market": ["land"] * 4,
            "land_nature": ["AB"] * 4,
            "setting": ["park"] * 4,
        }
    )
    places = pl.DataFrame(
        {
            "commune_code": ["13001"],
            "territory_level": ["commune"],
            "territory_code": ["13001"],
            "territory_label": ["A"],
            "epci_code": ["200054807"],
        }
    )
    row = compute_prices(priced, places, read("13001", 2019, 2024), floor_pct=95).row(0, named=True)
    assert (row["sale_count"], row["price_median_eur_m2"]) == (3, 300)
    assert (row["price_q1_eur_m2"], row["price_q3_eur_m2"]) == (200, 400)
    assert (row["first_year"], row["last_year"]) == (2020, 2024)


def read(code: str, first: int | None, last: int | None, *, has_sales: bool = True) -> pl.DataFrame:
    """The years of the files of sales that tell of a commune."""
    row = (code, has_sales, first, last)
    schema = {
        "commune_code": pl.String,
        "has_sales": pl.Boolean,
        "sales_first_year": pl.Int64,
        "sales_last_year": pl.Int64,
    }
    return pl.DataFrame([row], schema=schema, orient="row")


def land_unit(**values: object) -> dict[str, object]:
    return {
        "commune_code": "13001",
        "area_m2": 10_000.0,
        "forbidden_m2": 0.0,
        "occupation_state": "occupied",
        "occupation_confidence": "high",
        "is_brownfield": False,
        "is_densifiable": False,
        "divisible_m2": 0.0,
        "is_for_sale": False,
        "is_sale_known": True,
        "is_set_apart": False,
        **TOLD,
        **values,
    }


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({}, {"occupied_m2": 10_000}),
        ({"forbidden_m2": 4_000.0}, {"forbidden_stock_m2": 4_000, "occupied_m2": 6_000}),
        ({"occupation_state": "free", "forbidden_m2": 99_999.0}, {"forbidden_stock_m2": 10_000}),
        ({"occupation_state": "vacant", "is_brownfield": True}, {"brownfield_m2": 10_000}),
        ({"is_brownfield": True}, {"occupied_m2": 10_000}),
        ({"occupation_state": "common_area", "forbidden_m2": 9.0}, {"common_area_m2": 10_000}),
        (
            {"is_densifiable": True, "divisible_m2": 3_000.0},
            {"densifiable_m2": 3_000, "occupied_m2": 7_000},
        ),
        (
            {"occupation_state": "free", "is_densifiable": True, "divisible_m2": 3_000.0},
            {"free_m2": 10_000},
        ),
    ],
)
def test_each_square_metre_is_in_one_state(told: dict, expected: dict) -> None:
    row = split_stock(pl.DataFrame([land_unit(**told)])).row(0, named=True)
    names = ("common_area", "forbidden_stock", "brownfield", "vacant", "free", "densifiable",
             "occupied", "undetermined")  # fmt: skip
    found = {f"{n}_m2": row[f"{n}_m2"] for n in names if row[f"{n}_m2"]}
    assert found == expected


def test_supply_is_low_central_and_high() -> None:
    units = split_stock(
        pl.DataFrame(
            [
                land_unit(occupation_state="free", is_for_sale=True),
                land_unit(occupation_state="vacant", occupation_confidence="low"),
                land_unit(occupation_state="vacant", is_brownfield=True),
                land_unit(is_densifiable=True, divisible_m2=10_000.0),
                land_unit(is_set_apart=True, occupation_state="free"),
                land_unit(occupation_state="common_area"),
            ]
        )
    )
    found = sum_supply(units, "commune_code", mobilisation_pct=30)
    every, usual = found.rows(named=True)
    assert (every["perimeter_scope"], usual["perimeter_scope"]) == (
        "all_sites",
        "without_port_airport_large",
    )
    assert (every["unit_count"], usual["unit_count"]) == (5, 4)  # common ground is no unit
    assert (usual["supply_low_ha"], usual["supply_central_ha"]) == (1, 2)
    assert usual["supply_high_ha"] == pytest.approx(2.6)
    assert every["supply_central_ha"] == 3
    assert usual["central_low_confidence_ha"] == 1


def test_what_is_on_offer_counts_once() -> None:
    units = split_stock(
        pl.DataFrame(
            [
                land_unit(occupation_state="vacant", is_brownfield=True, is_for_sale=True),
                land_unit(is_densifiable=True, divisible_m2=6_000.0, is_for_sale=True),
                land_unit(occupation_state="common_area", is_for_sale=True),
            ]
        )
    )
    row = sum_supply(units, "commune_code", mobilisation_pct=30).row(0, named=True)
    assert (row["supply_low_ha"], row["supply_central_ha"], row["supply_high_ha"]) == (2, 2, 2)
    assert row["free_on_offer_ha"] == 0


def test_what_is_forbidden_is_in_no_other_state() -> None:
    told = {"area_m2": 20_000.0, "forbidden_m2": 10_000.0, "divisible_m2": 4_500.0}
    row = split_stock(pl.DataFrame([land_unit(is_densifiable=True, **told)])).row(0, named=True)
    assert (row["densifiable_m2"], row["occupied_m2"]) == (4_500, 5_500)


@pytest.mark.parametrize(
    ("without", "unknown"),
    [
        ("closed_establishment_count", ["vacant_ha", "free_ha", "occupied_ha"]),
        ("built_m2", ["free_ha"]),
    ],
)
def test_supply_is_unknown_where_a_state_cannot_be_told(without: str, unknown: list) -> None:
    units = split_stock(
        pl.DataFrame(
            [
                land_unit(occupation_state="vacant", occupation_confidence="surveyed"),
                land_unit(occupation_state="undetermined", **{without: None}),
                land_unit(occupation_state="common_area", **{without: None}),
            ],
            schema_overrides={without: pl.Float64},
        )
    )
    row = sum_supply(units, "commune_code", mobilisation_pct=30).row(0, named=True)
    supply = ["supply_central_ha", "supply_high_ha", "central_low_confidence_ha"]
    asked = ["vacant_ha", "free_ha", "occupied_ha", *supply]
    assert [name for name in asked if row[name] is None] == [*unknown, *supply]
    assert row["undetermined_ha"] == 1


@pytest.mark.parametrize(("years", "expected"), [(10, 1.0), (9, None)])
def test_ten_years_are_not_summed_from_fewer(years: int, expected: float | None) -> None:
    flows = pl.DataFrame(
        {
            "commune_code": "13001",
            "destination": "activity",
            "year": [2024 - i for i in range(10)],
            "area_m2": [1_000.0] * years + [None] * (10 - years),
        }
    )
    assert consumed(flows)["activity_consumed_10_years_ha"].to_list() == [expected]


def test_common_ground_is_unknown_where_owners_or_buildings_are() -> None:
    units = [
        land_unit(occupation_state="common_area"),
        land_unit(occupation_state="undetermined", occupation_evidence="owner_not_known"),
    ]
    row = sum_supply(split_stock(pl.DataFrame(units)), "commune_code", mobilisation_pct=30)
    assert row["common_area_ha"].to_list() == [None, None]
    assert row["undetermined_ha"].to_list() == [1, 1]


def test_a_window_begins_no_earlier_than_the_files() -> None:
    priced = pl.DataFrame(
        {
            "commune_code": ["13001"] * 2,
            "date": [DAY(2024, 3, 1), DAY(2025, 3, 1)],
            "price_eur": [100.0, 200.0],
            "sold_m2": [1.0, 1.0],
            "market": ["land"] * 2,
            "land_nature": ["AB"] * 2,
            "setting": ["park"] * 2,
        }
    )
    place = ("commune", "13001", "A", None)
    keys = ["territory_level", "territory_code", "territory_label", "epci_code"]
    places = pl.DataFrame([("13001", *place)], schema=["commune_code", *keys], orient="row")
    row = compute_prices(priced, places, read("13001", 2024, 2025), floor_pct=95).row(0, named=True)
    assert (row["first_year"], row["last_year"], row["sale_count"]) == (2024, 2025, 2)


def test_the_price_of_an_epci_rests_on_enough_communes() -> None:
    priced = pl.DataFrame(
        {
            "commune_code": ["13001"] * 2,
            "date": [DAY(2024, 3, 1), DAY(2025, 3, 1)],
            "price_eur": [100.0, 200.0],
            "sold_m2": [1.0, 1.0],
            "market": ["land"] * 2,
            "land_nature": ["AB"] * 2,
            "setting": ["park"] * 2,
        }
    )
    keys = ["commune_code", "territory_level", "territory_code", "territory_label", "epci_code"]
    places = pl.DataFrame(
        [
            ("13001", "epci", "e", "E", None),
            ("13002", "epci", "e", "E", None),
            ("13001", "commune", "13001", "A", "e"),
        ],
        schema=keys,
        orient="row",
    )
    told = pl.concat([read("13001", 2024, 2025), read("13002", None, None, has_sales=False)])
    found = compute_prices(priced, places, told, floor_pct=95).rows_by_key(
        "territory_level", named=True, unique=True
    )
    assert found["commune"]["price_median_eur_m2"] == 150
    assert found["epci"]["price_median_eur_m2"] is None
    assert found["epci"]["missing_price_reason"] == "sales_below_floor"
    assert found["epci"]["told_communes_share_pct"] == 50
    half = compute_prices(priced, places, told, floor_pct=50)
    assert half["price_median_eur_m2"].to_list() == [150, 150]


def test_consumption_without_a_figure_is_unknown() -> None:
    flows = pl.DataFrame(
        {
            "epci_code": ["e", "e"],
            "year": [2022, 2023],
            "destination": ["total", "total"],
            "area_m2": [10_000.0, None],
        }
    )
    found = sum_consumption(flows, "epci_code", members(1))
    assert found["consumed_ha"].to_list() == [1, None]
    assert found["activity_ha"].to_list() == [None, None]


def members(count: int) -> pl.DataFrame:
    return pl.DataFrame({"epci_code": ["e"], "commune_count": [count]})


@pytest.mark.parametrize(("floor", "expected"), [(95, None), (50, 2.0)])
def test_an_epci_consumes_nothing_known_where_half_of_its_communes_have_a_figure(
    floor: float, expected: float | None
) -> None:
    flows = pl.DataFrame(
        {"epci_code": ["e"] * 2, "year": 2022, "destination": "total", "area_m2": [10_000.0] * 2}
    )
    found = sum_consumption(flows, "epci_code", members(4), floor_pct=floor)
    assert found["consumed_ha"].to_list() == [expected]


def test_what_is_for_sale_is_unknown_unless_all_is_inventoried() -> None:
    units = split_stock(pl.DataFrame([land_unit(), land_unit(is_sale_known=False)]))
    assert sum_supply(units, "commune_code", mobilisation_pct=30)["supply_low_ha"].to_list() == [
        None,
        None,
    ]


def test_what_is_declared_for_sale_is_given_where_nearly_all_is_inventoried() -> None:
    told = [
        land_unit(occupation_state="free", is_for_sale=True),
        *(land_unit() for _ in range(18)),
        land_unit(is_sale_known=False),
    ]
    units = split_stock(pl.DataFrame(told))
    for floor, expected in ((95, 1.0), (96, None)):
        row = sum_supply(units, "commune_code", mobilisation_pct=30, floor_pct=floor)
        assert row["supply_low_ha"].to_list() == [expected] * 2
        assert row["sale_known_share_pct"].to_list() == [95] * 2


def yearly(first: int, last: int, consumed: float, activity: float) -> pl.DataFrame:
    years = range(first, last + 1)
    return pl.DataFrame(
        {
            "epci_code": ["e"] * len(years),
            "year": list(years),
            "consumed_ha": [consumed] * len(years),
            "activity_ha": [activity] * len(years),
        }
    )


def test_the_benchmark_is_half_of_the_decade_of_the_epci() -> None:
    row = compute_halving(yearly(2011, 2023, 10, 3), "epci_code", kept_pct=50, guarantee_ha=1).row(
        0, named=True
    )
    assert (row["reference_consumed_ha"], row["allowed_2021_2030_ha"]) == (100, 50)
    assert (row["used_since_2021_ha"], row["used_share_pct"]) == (30, 60)
    assert row["activity_share_pct"] == pytest.approx(30)


def test_there_is_no_benchmark_without_the_whole_decade() -> None:
    row = compute_halving(yearly(2012, 2023, 10, 3), "epci_code", kept_pct=50, guarantee_ha=1).row(
        0, named=True
    )
    assert (row["reference_consumed_ha"], row["allowed_2021_2030_ha"]) == (None, None)
    assert row["used_share_pct"] is None


def test_demand_is_the_pace_of_ten_years() -> None:
    flows = pl.concat([yearly(2010, 2013, 0, 9), yearly(2014, 2023, 0, 2)])
    found = dict(
        estimate_demand(flows, "epci_code").select("demand_scenario", "demand_ha_per_year").rows()
    )
    assert found["past_consumption"] == 2
    short = estimate_demand(yearly(2015, 2023, 0, 2), "epci_code")
    assert short["demand_ha_per_year"].to_list() == [None] * 3


def test_a_benchmark_that_is_not_given_says_why() -> None:
    few = yearly(2011, 2023, 10, 3).with_columns(consumed_ha=pl.lit(None, pl.Float64))
    found = [
        compute_halving(flows, "epci_code", kept_pct=50, guarantee_ha=1)["missing_benchmark_reason"]
        for flows in (yearly(2011, 2023, 10, 3), few, yearly(2012, 2023, 10, 3))
    ]
    assert [one.item() for one in found] == [None, "consumption_below_floor", "decade_incomplete"]


def years_of(**values: object) -> dict[str, object]:
    """The years of one row: 3 ha for sale, 1 of them free; 20 free, 30 central, 40 high."""
    row = {
        "demand_scenario": "stated_target",
        "demand_ha_per_year": 2.0,
        "free_on_offer_ha": 1.0,
        "free_ha": 20.0,
        "supply_low_ha": 3.0,
        "supply_central_ha": 30.0,
        "supply_high_ha": 40.0,
        **values,
    }
    told = pl.DataFrame([row], schema_overrides=dict.fromkeys([*row][1:], pl.Float64))
    return compute_years(told).row(0, named=True)


def test_years_are_the_supply_beside_them_over_demand() -> None:
    row = years_of()
    levels = ("low", "central", "high")
    assert [row[f"compared_{level}_ha"] for level in levels] == [3, 30, 40]
    assert [row[f"years_{level}"] for level in levels] == [1.5, 15, 20]
    assert row["missing_years_reason"] is None


def test_extension_takes_free_land_at_one_level() -> None:
    row = years_of(demand_scenario="past_consumption")
    assert (row["compared_low_ha"], row["compared_central_ha"]) == (1, 20)
    assert (row["years_central"], row["years_high"]) == (10, None)
    assert row["compared_high_ha"] is None


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        ({"demand_ha_per_year": None}, "no_demand"),
        ({"supply_central_ha": None}, "supply_unknown"),
        (
            {"demand_scenario": "past_consumption", "demand_ha_per_year": None},
            "consumption_below_floor",
        ),
        # 0.9 ha in ten years
        ({"demand_scenario": "past_consumption", "demand_ha_per_year": 0.09}, "little_consumed"),
        ({"demand_scenario": "past_consumption", "demand_ha_per_year": 0.0}, "little_consumed"),
        ({"demand_scenario": "past_consumption", "free_ha": None}, "supply_unknown"),
    ],
)
def test_years_that_are_not_given_say_why(told: dict, reason: str) -> None:
    row = years_of(**told)
    assert (row["years_central"], row["missing_years_reason"]) == (None, reason)


def test_a_hectare_in_ten_years_is_a_pace() -> None:
    row = years_of(demand_scenario="past_consumption", demand_ha_per_year=0.1)
    assert row["years_central"] == pytest.approx(200)


def test_a_score_shows_how_much_of_it_is_known() -> None:
    units = pl.DataFrame(
        {
            "unit_id": ["a", "b"],
            "usable_m2": [50_000.0, 500.0],
            "potential": ["free", "densifiable"],
            "road_m": [100.0, None],
            "stop_m": [100.0, None],
            "zone_outcome": ["none_known", "undetermined"],
            "risk_outcome": ["none_known", "conditional"],
            "price_ratio": [0.5, None],
            "built_share_pct": [0.0, 30.0],
            "occupation_confidence": ["surveyed", "low"],
        },
        schema_overrides={"road_m": pl.Float64, "stop_m": pl.Float64, "price_ratio": pl.Float64},
    )
    weights = dict.fromkeys(CRITERIA, 1.0)
    best, other = rank_candidates(score_criteria(units), weights).rows(named=True)
    assert best["unit_id"] == "a"
    assert best["candidate_score"] == pytest.approx((100 * 6 + 90) / 7)
    assert best["reliability_pct"] == 100
    assert (other["access_score"], other["zoning_score"], other["price_score"]) == (None,) * 3
    assert other["candidate_score"] == pytest.approx((0 + 45 + 40 + 0) / 4)
    assert other["reliability_pct"] == pytest.approx(100 * 4 / 7 * 0.5)
