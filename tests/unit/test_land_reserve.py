"""Land for firms outside of economic sites: small worked cases, in hectares."""

import datetime as dt

import geopandas as gpd
import numpy as np
import polars as pl
import pytest
import shapely

from assets.land.reserve import acquired, outside, sum_reserve
from observatory.geography.layers import as_geodataframe
from observatory.land.balance import STOCK_STATES, defer_closed_zones, split_stock, sum_supply
from observatory.land.reserve import draw_reserve, find_procedure, measure_outside
from tests.unit.test_land_figures import land_unit

HA = 10_000
TODAY = dt.date(2026, 11, 27)
COMMUNES = pl.DataFrame({"commune_code": ["13001", "13002"]})
OUTLINES = np.array([shapely.box(0, 0, 5_000, 5_000), shapely.box(5_000, 0, 9_000, 5_000)])
PARK = np.array([shapely.box(0, 0, 500, 400)])


def plan(*zones: tuple[str, str, str | None, str | None]) -> pl.DataFrame:
    rows = pl.DataFrame(
        zones,
        schema=dict.fromkeys(("zone_type", "zone_label", "zone_long_label", "day"), pl.String),
        orient="row",
    )
    return rows.select(
        pl.exclude("day"),
        destination=pl.lit(None, pl.String),
        approved_date=pl.col("day").str.to_date("%Y-%m-%d"),
    )


def drawn(zones: pl.DataFrame, *boxes: tuple[float, ...]) -> tuple[pl.DataFrame, np.ndarray]:
    return draw_reserve(
        zones,
        np.array([shapely.box(*b) for b in boxes]),
        sites=PARK,
        communes=COMMUNES,
        outlines=OUTLINES,
    )


def test_zones_to_be_opened_for_firms_are_a_reserve_outside_of_parks_alone() -> None:
    rows, shapes = drawn(
        plan(
            ("AUc", "1AUE", None, "2024-01-01"),
            ("AUs", "2AUX", None, "2018-06-30"),
            ("AU", "2AU", "Zone à vocation d'activités", None),
            ("AUc", "1AUh", "Extension d'habitat", "2024-01-01"),
            ("U", "UE", None, "2024-01-01"),
            ("AUc", "1AUI", "ring around the park", "2024-01-01"),
        ),
        (400, 0, 900, 400),  # 20 ha, of which 4 in the park
        (4_500, 1_000, 5_500, 1_300),  # 30 ha in two communes
        (2_000, 2_000, 2_300, 2_500),
        (3_000, 0, 3_300, 300),
        (3_000, 3_000, 3_300, 3_300),
        (-30, -30, 530, 430),
    )
    found = rows.sort("commune_code", "zone_label", "area_m2")
    assert found.select("commune_code", "zone_label", "reserve_kind", "area_m2").rows() == [
        ("13001", "1AUE", "au_open", 16 * HA),
        ("13001", "2AU", "au_closed", 15 * HA),
        ("13001", "2AUX", "au_closed", 15 * HA),
        ("13002", "2AUX", "au_closed", 15 * HA),
    ]
    assert rows["zone_id"].n_unique() == 4
    assert shapely.area(shapes).sum() == pytest.approx(61 * HA)


def test_ground_of_two_plans_counts_under_the_newest() -> None:
    rows, _ = drawn(
        plan(("AUs", "2AUE", None, "2010-01-01"), ("AUc", "1AUE", None, "2024-01-01")),
        (2_000, 0, 2_500, 400),
        (2_000, 0, 2_500, 300),
    )
    assert sorted(rows.select("reserve_kind", "area_m2").rows()) == [
        ("au_closed", 5 * HA),
        ("au_open", 15 * HA),
    ]


@pytest.mark.parametrize(
    ("kind", "day", "expected"),
    [
        ("au_open", dt.date(2010, 1, 1), "none"),
        ("au_closed", dt.date(2019, 12, 31), "revision_unless_acquired"),
        ("au_closed", dt.date(2020, 1, 1), "revision_unless_acquired"),
        ("au_closed", dt.date(2020, 1, 2), "plan_change"),
        ("au_closed", None, "plan_change"),
    ],
)
def test_a_zone_not_opened_after_six_years_asks_for_a_revision(
    kind: str, day: dt.date | None, expected: str
) -> None:
    row = pl.DataFrame(
        {"reserve_kind": [kind], "approved_date": [day]},
        schema_overrides={"approved_date": pl.Date},
    )
    assert row.select(find_procedure(TODAY)).item() == expected


def test_what_the_commune_holds_is_told_where_all_parcels_are_known() -> None:
    zones = np.array([shapely.box(0, 0, 100, 100), shapely.box(200, 0, 300, 100)])
    parcels = gpd.GeoDataFrame(
        {"owner_category": ["commune", "operating_company", "commune"]},
        geometry=[
            shapely.box(0, 0, 25, 100), shapely.box(25, 0, 100, 100), shapely.box(200, 0, 250, 100)
        ],
        crs="EPSG:2154",
    )  # fmt: skip
    assert acquired(zones, parcels).to_list() == [25, None]


def test_brownfields_outside_of_parks_are_measured_by_their_parcels() -> None:
    listed = pl.DataFrame(
        {
            "brownfield_id": ["drawn", "declared", "in_part", "in_units", "unknown", "in_site"],
            "site_id": [None, None, None, None, None, "s"],
            "parcel_ids": ["a|b", "a|zz", "c|d", "d", None, None],
            "declared_area_m2": [1.0, 700.0, 1.0, 1.0, None, 9.0],
        }
    )
    parcels = pl.DataFrame({"parcel_id": list("abcd"), "area_m2": [100.0, 50.0, 30.0, 40.0]})
    found = measure_outside(listed, parcels, pl.Series(["d"]))
    assert dict(found.select("brownfield_id", "outside_m2").rows()) == {
        "drawn": 50,  # « a » is counted with the one that names it first
        "declared": 700,
        "in_part": 30,
        "unknown": None,
    }


def test_a_brownfield_in_a_zone_of_the_reserve_counts_with_it() -> None:
    points = np.array([shapely.Point(50, 50), shapely.Point(150, 50), shapely.Point(250, 50)])
    rows = pl.DataFrame(
        {"brownfield_id": list("abc"), "brownfield_status": ["without_project"] * 3}
    )
    site = as_geodataframe(pl.DataFrame({"site_id": ["s"]}), np.array([shapely.box(0, 0, 99, 99)]))
    zone = as_geodataframe(pl.DataFrame({"z": [1]}), np.array([shapely.box(101, 0, 199, 99)]))
    left = outside(as_geodataframe(rows, points), site, zone)
    assert left.select("brownfield_id", "site_id").rows() == [("a", "s"), ("c", None)]


def test_nothing_is_zero_where_no_plan_or_list_was_handed_over() -> None:
    zones = pl.DataFrame(
        {
            "commune_code": ["13001", "13001"],
            "reserve_kind": ["au_closed", "au_closed"],
            "approved_date": [dt.date(2015, 1, 1), dt.date(2025, 1, 1)],
            "area_m2": [20_000.0, 30_000.0],
        }
    )
    brown = pl.DataFrame(schema={"commune_code": pl.String, "outside_m2": pl.Float64})
    coverage = COMMUNES.with_columns(
        commune_label=pl.lit("Commune"),
        epci_code=pl.lit("200054807"),
        has_zoning=pl.col("commune_code") == "13001",
        has_brownfields=pl.col("commune_code") == "13002",
    )
    rows = sum_reserve(coverage, zones, brown, TODAY)
    figures = rows.select(
        "commune_code", "reserve_kind", "place_count", "reserve_ha", "unopened_ha"
    )
    assert figures.rows() == [
        ("13001", "au_closed", 2, 5.0, 2.0),
        ("13001", "au_open", 0, 0.0, None),
        ("13001", "brownfield", None, None, None),
        ("13002", "au_closed", None, None, None),
        ("13002", "au_open", None, None, None),
        ("13002", "brownfield", 0, 0.0, None),
    ]


def test_what_is_free_in_a_closed_zone_is_in_no_supply() -> None:
    units = defer_closed_zones(
        split_stock(
            pl.DataFrame(
                [
                    land_unit(occupation_state="free", is_closed_zone=True),
                    land_unit(occupation_state="free", is_closed_zone=True, is_for_sale=True),
                    land_unit(occupation_state="vacant", is_closed_zone=False),
                    land_unit(occupation_state="free", is_closed_zone=None),
                    land_unit(occupation_state="occupied", is_closed_zone=True),
                    land_unit(occupation_state="vacant", is_brownfield=True, is_closed_zone=True),
                ]
            )
        )
    )
    row = sum_supply(units, "commune_code", mobilisation_pct=0).row(0, named=True)
    assert (row["deferred_ha"], row["free_ha"], row["vacant_ha"]) == (2, 1, 1)
    assert (row["supply_low_ha"], row["supply_central_ha"]) == (0, 2)
    assert sum(row[f"{state}_ha"] for state in STOCK_STATES) == row["area_ha"] == 6


def test_what_is_for_sale_in_a_closed_zone_is_in_no_supply_whatever_its_state() -> None:
    unit = land_unit(occupation_state="undetermined", is_closed_zone=True, is_for_sale=True)
    units = defer_closed_zones(split_stock(pl.DataFrame([unit])))
    row = sum_supply(units, "commune_code", mobilisation_pct=0).row(0, named=True)
    assert (row["supply_low_ha"], row["supply_central_ha"], row["undetermined_ha"]) == (0, 0, 1)


def test_where_free_land_is_not_known_nor_is_what_of_it_is_apart() -> None:
    unit = land_unit(occupation_state="undetermined", is_closed_zone=True, built_m2=None)
    rows = pl.DataFrame([unit], schema_overrides={"built_m2": pl.Float64})
    units = defer_closed_zones(split_stock(rows))
    row = sum_supply(units, "commune_code", mobilisation_pct=0).row(0, named=True)
    assert (row["free_ha"], row["deferred_ha"], row["permitted_ha"]) == (None, None, None)


def test_what_is_forbidden_is_summed_where_plans_tell_of_it() -> None:
    told, untold = land_unit(forbidden_m2=5_000.0), land_unit(forbidden_m2=None)
    rows = pl.DataFrame([told, untold], schema_overrides={"forbidden_m2": pl.Float64})
    row = sum_supply(split_stock(rows), "commune_code", mobilisation_pct=0).row(0, named=True)
    assert row["forbidden_ha"] == 0.5
    assert sum(row[f"{state}_ha"] for state in STOCK_STATES) == row["area_ha"] == 2
    none = sum_supply(split_stock(rows[1:]), "commune_code", mobilisation_pct=0)
    assert set(none["forbidden_ha"]) == {None}


def test_a_territory_without_zoning_does_not_say_that_none_is_deferred() -> None:
    rows = pl.DataFrame(
        [land_unit(occupation_state="free", is_closed_zone=None)],
        schema_overrides={"is_closed_zone": pl.Boolean},
    )
    units = defer_closed_zones(split_stock(rows))
    row = sum_supply(units, "commune_code", mobilisation_pct=0).row(0, named=True)
    assert (row["deferred_ha"], row["supply_central_ha"]) == (None, 1)
