"""One door for coordinates: what is put right or nowhere, and which edition serves a place."""

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import polars as pl
import pytest
import shapely

from assets.geography.contours import named
from assets.land.access import draw_roads, served
from assets.land.brownfields import without_strays
from assets.land.points import Columns, lambert
from assets.parts import of_older_edition
from observatory.geography.crs import EVERYWHERE, GUYANE, METROPOLITAN_FRANCE, Projection
from observatory.geography.ground import Ground, standing_on
from observatory.ingest.coordinates import Written, tell_written
from observatory.ingest.issues import IssueLog
from tests.cleaning import clean_zoning
from tests.unit.test_land_sources import kinds, shapes

PLACES = Columns(longitude="longitude", latitude="latitude", x="x", y="y")
EAST, NORTH = 893_172.8, 6_248_560.2
OLD, NEW = "0" * 64, "1" * 64


def located(told: Mapping[str, str | None], *, kept: bool = True) -> tuple[pl.DataFrame, list[str]]:
    blank = dict.fromkeys(("longitude", "latitude", "x", "y"))
    line = {"source_key": "k", "source_sha256": OLD, "source_sheet": None, "source_line": 1}
    frame = pl.DataFrame([{**line, **blank, **told}], infer_schema_length=None)
    rows = frame.with_columns(pl.col("longitude", "latitude", "x", "y").cast(pl.String))
    log = IssueLog()
    return lambert(rows, log, PLACES, kept=kept), kinds(log.table())


@pytest.mark.parametrize("where", EVERYWHERE, ids=lambda where: where.epsg)
def test_what_stands_as_it_is_said_is_never_turned(where: Projection) -> None:
    """South of 4.6° in Guyane eastings are as large as northings: as written they are right."""
    for sides, kind in (
        ((where.longitudes, where.latitudes), Written.DEGREES),
        ((where.eastings, where.northings), Written.METRES),
    ):
        x, y = (np.linspace(*side, 40) for side in sides)
        points = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
        assert set(tell_written(np.tile(points, 2), where)) == {kind}
    # Saint-Georges de l'Oyapock
    assert tell_written(np.array([[410_000.0, 430_000.0] * 2]), GUYANE) == [Written.METRES]


@pytest.mark.parametrize(
    ("told", "issue"),
    [
        ({"longitude": "5.38", "latitude": "43.31"}, None),
        ({"longitude": "5,38", "latitude": "43,31"}, None),
        ({"longitude": "43.31", "latitude": "5.38"}, "repaired_coordinates"),
        ({"longitude": "893172.8", "latitude": "6248560.2"}, "repaired_coordinates"),
        ({"longitude": "6248560.2", "latitude": "893172.8"}, "repaired_coordinates"),
        ({"longitude": "43.31, 5.38"}, "repaired_coordinates"),
        ({"longitude": "5.38,43.31"}, None),
        ({"x": "893172.8", "y": "6248560.2"}, None),
        ({"x": "893172.8", "y": "6248560.2", "longitude": "0", "latitude": "0"}, None),
        ({"x": "6248560.2", "y": "893172.8"}, "repaired_coordinates"),
        ({"x": "5.38", "y": "43.31"}, "repaired_coordinates"),
        ({"x": "0", "y": "0", "longitude": "5.38", "latitude": "43.31"}, None),
    ],
)
def test_what_is_certain_is_put_right(told: dict[str, str], issue: str | None) -> None:
    rows, issues = located(told)
    assert rows["x_m"][0] == pytest.approx(EAST, abs=1)
    assert rows["y_m"][0] == pytest.approx(NORTH, abs=1)
    assert issues == ([issue] if issue else [])


@pytest.mark.parametrize(
    ("told", "issue"),
    [
        ({}, "no_coordinates"),
        ({"longitude": "0", "latitude": "0"}, "no_coordinates"),
        ({"longitude": "5.38"}, "no_coordinates"),
        ({"longitude": "nan", "latitude": "43.31"}, "no_coordinates"),
        ({"longitude": "inf", "latitude": "43.31"}, "no_coordinates"),
        ({"longitude": "-73.9", "latitude": "40.7"}, "outside_france"),
        ({"x": "1", "y": "99999999"}, "outside_france"),
    ],
)
@pytest.mark.parametrize("kept", [True, False])
def test_what_is_nowhere_or_elsewhere_is_told_and_has_no_place(
    told: dict[str, str], issue: str, kept: bool
) -> None:
    rows, issues = located(told, kept=kept)
    assert issues == [issue]
    assert rows.height == kept
    assert rows["x_m"].to_list() == rows["y_m"].to_list() == [None] * rows.height


def test_no_two_ways_of_writing_are_taken_for_one_another() -> None:
    place = np.array([[5.38, 43.31], [43.31, 5.38], [EAST, NORTH], [NORTH, EAST], [0, 0]])
    told = tell_written(np.hstack([place, place]), METROPOLITAN_FRANCE)
    assert [Written(t) for t in told] == [
        Written.DEGREES,
        Written.TURNED_DEGREES,
        Written.METRES,
        Written.TURNED_METRES,
        Written.NOWHERE,
    ]


def test_a_brownfield_far_from_its_commune_stays_without_a_place() -> None:
    contours = gpd.GeoDataFrame(
        {"commune_code": ["13055"]}, geometry=[shapely.box(0, 0, 5_000, 5_000)], crs=2154
    )
    line = {"source_key": "k", "source_sha256": OLD, "source_sheet": "", "source_line": 1}
    listed = gpd.GeoDataFrame(
        [{**line, "commune_code": code} for code in ("13055", "13055", "13055", "84001")],
        geometry=[shapely.Point(x, 0) for x in (10, 5_900, 6_100, 9_000)],
        crs=2154,
    )
    kept, issues = without_strays(listed, contours)
    assert kept.geometry.notna().to_list() == [True, True, False, True]
    assert kinds(issues) == ["outside_commune"]


def zones(*told: tuple[str, str, shapely.Geometry]) -> gpd.GeoDataFrame:
    frame = shapes(
        "gpu/zoning",
        *({"typezone": "U", "libelle": label, "geometry": shape} for _, label, shape in told),
    )
    return frame.assign(source_sha256=[sha for sha, _, _ in told])


def test_the_newest_zoning_serves_each_place() -> None:
    x, y = 850_000, 6_270_000
    raw = zones(
        (OLD, "UA", shapely.box(x, y, x + 200, y + 100)),
        (OLD, "UB", shapely.box(x + 100, y, x + 200, y + 100)),
        (NEW, "UX", shapely.box(x + 100, y, x + 200, y + 100)),
    )
    with standing_on(Ground(vintages={OLD: "2021.13", NEW: "2025.13029"})):
        rows, issues = clean_zoning(raw)
    assert rows["zone_label"].to_list() == ["UA", "UX"]
    assert rows.geometry.area.to_list() == [10_000, 10_000]
    told = issues.filter(pl.col("issue_type") == "older_edition")
    assert told.select("is_row_kept", "replacement").rows() == [(True, "10000 m²"), (False, "0 m²")]


def test_the_newest_edition_serves_a_commune() -> None:
    log = IssueLog()
    rows = pl.DataFrame(
        {
            "source_key": "k",
            "source_sha256": [OLD, OLD, NEW, OLD],
            "source_sheet": "",
            "source_line": [1, 2, 1, 3],
            "place": ["13029", "13055", "13029", None],
        }
    )
    files = {OLD: "2021.13", NEW: "2025.13029"}
    older = of_older_edition(rows, pl.col("place"), files, log)
    assert older.to_list() == [True, False, False, False]
    issue = log.table().row(0, named=True)
    assert (issue["value"], issue["replacement"]) == ("2021", "2025")
    assert issue["is_row_kept"] is False


def test_a_site_is_served_by_what_is_nearest() -> None:
    sites = gpd.GeoDataFrame({"site_id": ["s"]}, geometry=[shapely.box(0, 0, 100, 100)], crs=2154)
    roads = gpd.GeoDataFrame(
        {"road_number": ["D9", "A51", None]},
        geometry=[shapely.LineString([(0, y), (100, y)]) for y in (400, 1_100, 9_000)],
        crs=2154,
    )
    stops = pl.DataFrame({"x_m": [50.0, 900.0], "y_m": [350.0, 900.0]})
    row = served(sites, roads, stops).row(0)
    assert row == ("s", "D9", 300, "A51", 1_000, 250)
    assert served(sites, roads.iloc[:0], stops.clear()).row(0) == ("s", *[None] * 5)


def test_a_main_road_is_one_line_whatever_its_parts() -> None:
    lines = [((0, 0), (1, 0)), ((1, 0), (2, 0)), ((5, 5), (6, 6)), ((8, 8), (9, 9))]
    numbers = ["A7", "A7", "D9", None]
    roads = gpd.GeoDataFrame(
        {"road_number": numbers}, geometry=[shapely.LineString(c) for c in lines], crs=2154
    )
    drawn = draw_roads(roads)
    assert drawn["road_number"].to_list() == ["A7", "D9", "sans numéro"]
    assert drawn["is_motorway"].to_list() == [True, False, False]
    assert set(drawn.geom_type) == {"MultiLineString"}
    assert len(drawn.geometry.iloc[0].geoms) == 1
    assert drawn.geometry.length.sum() == pytest.approx(roads.geometry.length.sum())
    assert draw_roads(roads.iloc[:0]).empty


def test_a_commune_keeps_the_article_that_its_outline_leaves_out() -> None:
    outlines = gpd.GeoDataFrame(
        {"commune_code": ["13071", "99999"], "commune_label": ["Pennes-Mirabeau", "Ailleurs"]},
        geometry=[shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)],
        crs=2154,
    )
    listed = pl.DataFrame(
        {
            "commune_code": ["13071", "13071"],
            "commune_label": ["Les Pennes-Mirabeau", "Un hameau"],
            "commune_type": ["commune", "delegated"],
        }
    )
    assert named(outlines, listed)["commune_label"].to_list() == ["Les Pennes-Mirabeau", "Ailleurs"]
