"""A parcel stands once: of the younger edition, put together of its pieces, or left out."""

import geopandas as gpd
import polars as pl
import pytest
import shapely

from observatory.geography.crs import GUYANE, REUNION
from observatory.geography.ground import Ground, standing_on
from observatory.land.parcels import build_parcel_id
from tests.cleaning import clean_geolocated, clean_parcels, clean_stops
from tests.unit.test_land_sources import box, shapes, table

OLD, NEW = "a" * 64, "b" * 64
ID = "13029000AB0001"


def parcel(name: str, shape: shapely.Polygon, **more: object) -> dict[str, object]:
    return {"id": name, "commune": name[:5], "contenance": None, "geometry": shape, **more}


def editions(old: str, new: str, *parcels: tuple[str, dict[str, object]]) -> gpd.GeoDataFrame:
    frame = shapes("cadastre/parcels", *(row for _, row in parcels))
    frame["source_sha256"] = [OLD if which == "old" else NEW for which, _ in parcels]
    with standing_on(Ground(vintages={OLD: old, NEW: new})):
        rows, issues = clean_parcels(frame)
    rows.attrs["issues"] = issues
    return rows


FROM_BOTH = (
    ("old", parcel(ID, box())),
    ("old", parcel("13029000AB0002", box(x=851_000))),
    ("old", parcel("13029000AC0001", box(x=852_000))),
    ("old", parcel("13030000AB0001", box(x=853_000))),
    ("new", parcel(ID, box(side=120))),
    ("new", parcel("13029000AB0003", box(x=851_000, side=90))),
)


@pytest.mark.parametrize(
    ("part", "kept"),
    [
        # a commune's file speaks for all of it, a sheet for its section
        ("2025.13029", ["13030000AB0001", ID, "13029000AB0003"]),
        ("2025", ["13029000AC0001", "13030000AB0001", ID, "13029000AB0003"]),
        ("2025.130290000A01", ["13029000AC0001", "13030000AB0001", ID, "13029000AB0003"]),
    ],
)
def test_the_younger_edition_serves_the_place(part: str, kept: list[str]) -> None:
    rows = editions("2021.13", part, *FROM_BOTH)
    assert rows["parcel_id"].to_list() == kept
    assert rows.set_index("parcel_id").area[ID] == pytest.approx(120 * 120)
    assert set(rows.attrs["issues"]["issue_type"]) == {"older_edition"}


def test_one_edition_in_two_files_is_none_older() -> None:
    rows = editions("2025.13029", "2025.13030", FROM_BOTH[1], FROM_BOTH[3], FROM_BOTH[4])
    assert len(rows) == 3


def test_pieces_side_by_side_are_one_parcel() -> None:
    left, right = box(), box(x=850_100)
    rows, issues = clean_parcels(
        shapes(
            "cadastre/parcels",
            parcel(ID, left, contenance="20000"),
            parcel(ID, right, contenance="20000"),
        )
    )
    assert rows.area.to_list() == [20_000]
    assert rows["contenance_ratio"].to_list() == [1]
    assert issues["issue_type"].to_list() == ["parcel_in_pieces"]


@pytest.mark.parametrize(
    ("other", "on_paper"),
    [
        (box(x=850_050), None),  # over the first
        (box(x=860_000), None),  # far away
        (box(x=850_100), "10000"),  # beside it, and each is as large as the parcel
    ],
)
def test_shapes_that_disagree_are_left_out_with_their_area(
    other: shapely.Polygon, on_paper: str | None
) -> None:
    rows, issues = clean_parcels(
        shapes(
            "cadastre/parcels",
            parcel(ID, box(), contenance=on_paper),
            parcel(ID, other, contenance=on_paper),
        )
    )
    assert rows.empty
    assert issues["issue_type"].to_list() == ["conflicting_duplicate"] * 2
    assert issues["note"].to_list() == ["10000 m²"] * 2


@pytest.mark.parametrize(
    ("department", "commune", "expected"),
    [
        ("974", "411", "97411000AB0012"),
        ("974", "11", "97411000AB0012"),
        ("971", "05", "97105000AB0012"),
        ("973", "2", "97302000AB0012"),
        ("97", "608", "97608000AB0012"),
        ("2A", "4", "2A004000AB0012"),
        ("1", "53", "01053000AB0012"),
    ],
)
def test_parcels_overseas_bear_the_code_of_their_commune(
    department: str, commune: str, expected: str
) -> None:
    frame = pl.DataFrame({"d": department, "c": commune, "p": None, "s": "AB", "n": "12"})
    parts = (pl.col(name).cast(pl.String) for name in "dcpsn")
    assert frame.select(build_parcel_id(*parts)).item() == expected


def test_places_are_those_of_the_territorys_own_projection() -> None:
    told = {"siret": "1" * 14, "quality": "11"}
    rows = table(
        "insee/sirene_geolocated",
        {**told, "epsg": "2975", "x": "338900", "y": "7690400"},
        {**told, "siret": "2" * 14, "epsg": "2975", "x": "7690400", "y": "338900"},
        {**told, "siret": "3" * 14, "epsg": "2154", "x": "900000", "y": "6250000"},
    )
    with standing_on(Ground(projection=REUNION)):
        found = clean_geolocated(rows)
    assert found.rows["insee_x_m"].to_list() == [338_900, 338_900, None]
    assert found.issues["issue_type"].to_list() == ["repaired_coordinates"]


def test_degrees_are_projected_and_put_in_order_overseas() -> None:
    rows = table(
        "transport/stops",
        {"stop_id": "a", "longitude": "-52.33", "latitude": "4.93"},
        {"stop_id": "b", "longitude": "4.93", "latitude": "-52.33"},
        {"stop_id": "c", "longitude": "5.4", "latitude": "43.3"},
    )
    with standing_on(Ground(projection=GUYANE)):
        found = clean_stops(rows)
    assert found.rows["stop_id"].to_list() == ["a", "b"]
    assert found.rows["x_m"].round().to_list() == [352_535, 352_535]
    assert sorted(found.issues["issue_type"]) == ["outside_france", "repaired_coordinates"]
