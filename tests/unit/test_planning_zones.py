"""What plans say of ground, as maps draw it: small worked cases."""

import geopandas as gpd
import numpy as np
import polars as pl
import shapely

from assets.land.planning_zones import name_kinds
from observatory.land.planning_zones import choose_risk_kind, choose_zoning_kind, draw_zones

OUTLINES = np.array([shapely.box(0, 0, 1_000, 1_000), shapely.box(1_000, 0, 2_000, 1_000)])
ASKED = pl.DataFrame(
    {"commune_code": ["13001", "13002"], "has_zoning": True, "has_risk_plans": True}
)


def drawn(
    communes: pl.DataFrame, *zones: tuple[str | None, shapely.Geometry | None]
) -> dict[tuple[str, str], tuple[float, shapely.Geometry]]:
    kinds = pl.Series([kind for kind, _ in zones], dtype=pl.String)
    shapes = np.array([shape for _, shape in zones], dtype=object)
    rows, found = draw_zones(kinds, shapes, communes, OUTLINES)
    told = rows.select("commune_code", "planning_zone_kind", "area_m2").rows()
    return {(c, k): (m2, shape) for (c, k, m2), shape in zip(told, found, strict=True)}


def test_ground_of_a_kind_is_drawn_once_in_each_commune() -> None:
    found = drawn(
        ASKED,
        ("economic_open", shapely.box(900, 0, 1_100, 100)),
        ("economic_open", shapely.box(800, 0, 950, 100)),
        ("risk_forbidden", shapely.box(900, 0, 1_000, 100)),
        (None, shapely.box(0, 0, 500, 500)),
        ("risk_forbidden", None),
    )
    assert {key: m2 for key, (m2, _) in found.items()} == {
        ("13001", "economic_open"): 20_000,
        ("13001", "risk_forbidden"): 10_000,
        ("13002", "economic_open"): 10_000,
    }
    assert {shape.geom_type for _, shape in found.values()} == {"MultiPolygon"}


def test_a_commune_without_a_plan_is_drawn_whole_as_not_known() -> None:
    communes = ASKED.with_columns(
        has_zoning=pl.Series([True, False]), has_risk_plans=pl.Series([False, True])
    )
    found = drawn(communes, ("risk_unknown", shapely.box(1_200, 0, 1_300, 100)))
    assert {key: m2 for key, (m2, _) in found.items()} == {
        ("13001", "risk_unknown"): 1_000_000,
        ("13002", "risk_unknown"): 10_000,
        ("13002", "zoning_unknown"): 1_000_000,
    }


def test_nothing_is_drawn_where_plans_say_nothing() -> None:
    assert drawn(ASKED) == {}


def test_outlines_are_simplified_to_a_metre_and_areas_are_not() -> None:
    wavy = shapely.Polygon([(0, 0), (100, 0.5), (200, 0), (200, 200), (0, 200)])
    ((m2, shape),) = drawn(ASKED, ("economic_open", wavy)).values()
    assert m2 == wavy.area == 39_950
    assert shape.area == 40_000


def test_kinds_are_those_that_units_are_told_by() -> None:
    zones = pl.DataFrame(
        [("U", "UE"), ("AUs", "2AUE"), ("AUc", "1AUE"), ("U", "UA"), ("N", "N"), (None, "UE")],
        schema=dict.fromkeys(("zone_type", "zone_label"), pl.String),
        orient="row",
    ).with_columns(zone_long_label=pl.lit(None, pl.String), destination=pl.lit(None, pl.String))
    assert choose_zoning_kind(zones).to_list() == [
        *("economic_open", "economic_closed", "economic_open"),
        *(None, None, None),
    ]
    effects = pl.Series(["forbidden", "conditional", "undetermined", "none_known"])
    assert choose_risk_kind(effects).to_list() == [
        *("risk_forbidden", "risk_conditional", "risk_unknown", None),
    ]


def test_a_source_without_a_file_has_no_zone() -> None:
    columns = ("zone_type", "zone_label", "zone_long_label", "destination", "effect")
    nothing = gpd.GeoDataFrame(
        {name: np.array([], dtype=object) for name in columns}, geometry=[], crs=2154
    )
    assert name_kinds(nothing, nothing).to_list() == []
