"""Shapes and attributes as they arrive: odd, damaged, or right; none lost in silence."""

import contextlib
import json
import sqlite3
import struct
import zipfile
from pathlib import Path

import geopandas as gpd
import pandas as pd
import polars as pl
import pyogrio
import pytest
import shapely

from assets.land.cadastre import PARCELS, clean_parcels
from observatory.errors import InputError
from observatory.ingest import reading, shapes
from observatory.ingest.issues import IssueLog
from observatory.ingest.shapes import usable
from observatory.metadata.cards import Card
from sources import CARDS

SITE = CARDS["cnig/economic_sites"]
RING = [[5.0, 43.5], [5.01, 43.5], [5.01, 43.51], [5.0, 43.51], [5.0, 43.5]]
SQUARE = shapely.Polygon(RING)
SQUARE_JSON = {"type": "Polygon", "coordinates": [RING]}


def features(path: Path, *features: tuple[dict[str, object], object], **more: object) -> Path:
    listed = [{"type": "Feature", "properties": p, "geometry": g} for p, g in features]
    text = json.dumps({"type": "FeatureCollection", **more, "features": listed}, ensure_ascii=False)
    path.write_text(text)
    return path


def naming(*names: str, card: Card = SITE) -> Card:
    """A card that names these attributes too."""
    optional = {**card.layout.optional, **{f"of_{name}": name for name in names}}
    layout = card.layout.model_copy(update={"optional": optional})
    return card.model_copy(update={"layout": layout})


def test_a_text_of_a_layer_that_ends_as_a_decimal_is_kept(tmp_path: Path) -> None:
    site = {"site_id": "1", "site_nom": "Technopôle 2.0", "code": "62002.0", "n": 2.0, "m": 2.5}
    card = naming("code", "n", "m")
    found = as_read(features(tmp_path / "a.geojson", (site, SQUARE_JSON)), card)
    assert found[["site_nom", "code", "n", "m"]].iloc[0].to_list() == [
        "Technopôle 2.0",
        "62002.0",
        "2",
        "2.5",
    ]


def as_read(path: Path, card: Card) -> gpd.GeoDataFrame:
    found = reading.read(path, card, name=path.name, sha256="0" * 64)
    assert isinstance(found, gpd.GeoDataFrame)
    return found


def test_values_of_a_layer_are_text_as_they_were_written(tmp_path: Path) -> None:
    values: dict[str, tuple[object, str | None]] = {
        "list": (["a", "b"], '["a", "b"]'),
        "record": ({"a": 1}, '{ "a": 1 }'),
        "truth": (True, "true"),
        "day": ("2024/01/02", "2024/01/02"),
        "no_day": ("0000/00/00", "0000/00/00"),
        "instant": ("2024-01-02T03:04:05Z", "2024-01-02T03:04:05Z"),
        "large": (2**62, str(2**62)),
        "blank": ("", None),
        "geometry": ("a word", "a word"),
    }
    site = {"site_id": "1", **{name: value for name, (value, _) in values.items()}}
    found = as_read(features(tmp_path / "a.geojson", (site, SQUARE_JSON)), naming(*values))
    row = found.rename(columns={"geometry": "shape", "geometry_": "geometry"}).iloc[0]
    read_as = {name: None if pd.isna(row[name]) else row[name] for name in values}
    assert read_as == {name: text for name, (_, text) in values.items()}


def test_one_property_of_several_kinds_is_text(tmp_path: Path) -> None:
    sites = [({"site_id": "1", "code": code}, SQUARE_JSON) for code in (1, "1.0", None, [2], True)]
    found = as_read(features(tmp_path / "a.geojson", *sites), naming("code"))
    assert found["code"].dropna().to_list() == ["1", "1.0", "[ 2 ]", "true"]


@pytest.mark.parametrize(
    "shape",
    [
        None,
        {"type": "Polygon", "coordinates": [[[5, 43], [5, 43]]]},
        {"type": "MultiPolygon", "coordinates": [[RING], [[[5.0, 43.0], [5.0, 43.0]]]]},
        {"type": "Polygon", "coordinates": [RING[:-1]]},
        {"type": "Polygon", "coordinates": []},
        {"type": "Polygon", "coordinates": [[*RING[:2], [5.01, float("nan")], *RING[3:]]]},
        {"type": "Polygon", "coordinates": [[*RING[:2], [5.01, None], *RING[3:]]]},
    ],
)
def test_a_shape_that_cannot_be_built_is_left_out_and_logged(tmp_path: Path, shape: object) -> None:
    building = {"type": "01"}
    path = features(tmp_path / "a.geojson", (building, SQUARE_JSON), (building, shape))
    card, log = CARDS["cadastre/buildings"], IssueLog()
    assert usable(as_read(path, card), card, log).rows["source_line"].to_list() == [1]
    issues = log.table()
    assert issues.select("issue_type", "source_line").rows() == [("unusable_geometry", 2)]


BAD = {
    "two points": {"type": "Polygon", "coordinates": [RING[:2]]},
    "a ring left open": {"type": "Polygon", "coordinates": [RING[:-1]]},
    "there and back": {"type": "Polygon", "coordinates": [[*RING[:3], RING[1], RING[0]]]},
    "NaN": {"type": "Polygon", "coordinates": [[*RING[:2], [5.01, float("nan")], *RING[3:]]]},
    "far": {"type": "Polygon", "coordinates": [[*RING[:2], [5.01, 90.0], *RING[3:]]]},
    "none": None,
}
CROSSING = {"type": "Polygon", "coordinates": [[RING[at] for at in (0, 2, 1, 3, 0)]]}
SLIVER = {"type": "Polygon", "coordinates": [[*RING[:2], [5.01, 43.5 + 1e-12], RING[0]]]}


@pytest.mark.parametrize("what", [*BAD, "all"])
@pytest.mark.parametrize("block", [2, 100_000])
def test_no_shape_ends_a_run_wherever_it_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str, block: int
) -> None:
    monkeypatch.setattr(shapes, "BLOCK", block)
    bad = [*BAD.values()] if what == "all" else [BAD[what]]
    drawn = [SQUARE_JSON, CROSSING, *bad, SLIVER, None, SQUARE_JSON, *bad, CROSSING]
    listed = [({"id": f"130290000A{at:04d}", "commune": "13029"}, s) for at, s in enumerate(drawn)]
    found = as_read(features(tmp_path / "a.geojson", *listed), PARCELS)
    cleaned = shapes.cleaned_layer(found, PARCELS, clean_parcels)
    kept = cleaned.rows["source_line"].to_list()
    left_out = cleaned.issues.filter(~pl.col("is_row_kept"))["source_line"].to_list()
    assert sorted(kept + left_out) == list(range(1, len(drawn) + 1))
    assert {1, 2, 2 + len(bad) + 3, len(drawn)} <= {*kept}
    assert shapely.is_valid(cleaned.rows.geometry.to_numpy()).all()
    repaired = cleaned.issues.filter(pl.col("issue_type") == "repaired_geometry")
    assert {2, len(drawn)} <= {*repaired["source_line"]}


def test_a_shape_that_cannot_be_repaired_is_lost_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object, **__: object) -> None:
        raise shapely.GEOSException

    monkeypatch.setattr(shapely, "make_valid", fails)
    crossing = shapely.from_geojson(json.dumps(CROSSING))
    origin = {"source_key": "k", "source_sha256": "0" * 64, "source_sheet": "x"}
    rows = pd.DataFrame({**origin, "source_line": [1, 2], "id": ["a", "b"]})
    raw = gpd.GeoDataFrame(rows, geometry=[SQUARE, crossing], crs="EPSG:4326")
    log = IssueLog()
    assert usable(raw, PARCELS, log).rows["source_line"].to_list() == [1]
    assert log.table()["issue_type"].to_list() == ["unusable_geometry"]


def test_the_alphabet_of_a_layer_is_proved(tmp_path: Path) -> None:
    path = features(
        tmp_path / "a.geojson",
        ({"site_id": "1", "site_nom": "Crèche"}, SQUARE_JSON),
        ({"site_id": "2", "site_nom": "CAFX"}, SQUARE_JSON),
    )
    content = path.read_bytes()
    path.write_bytes(content.decode().encode("latin-1"))
    assert as_read(path, SITE)["site_nom"].to_list() == ["Crèche", "CAFX"]
    path.write_bytes(content.replace(b"CAFX", b"CAF\xc9"))
    with pytest.raises(InputError, match=r"a\.geojson, line 1: damaged text"):
        as_read(path, SITE)
    path.write_bytes(content.replace(b"CAFX", b"CAF\x00"))
    with pytest.raises(InputError, match="is binary"):
        as_read(path, SITE)


def zipped_shapefile(folder: Path, **changed: bytes) -> Path:
    """A shapefile of two sites in a zip, some members in another state than they were written."""
    rows = {"site_id": ["1", "2"], "site_nom": ["Crèche", "Forge"]}
    frame = gpd.GeoDataFrame(rows, geometry=[SQUARE, SQUARE], crs="EPSG:4326")
    pyogrio.write_dataframe(frame, folder / "site_eco.shp", encoding="ISO-8859-1")
    path = folder / "sites.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for member in folder.glob("site_eco.*"):
            archive.writestr(member.name, changed.get(member.suffix[1:], member.read_bytes()))
    return path


def test_a_shapefile_that_names_the_wrong_alphabet_is_read(tmp_path: Path) -> None:
    found = as_read(zipped_shapefile(tmp_path, cpg=b"UTF-8"), SITE)
    assert found["site_nom"].to_list() == ["Crèche", "Forge"]


def test_a_shapefile_whose_table_was_cut_is_refused(tmp_path: Path) -> None:
    zipped_shapefile(tmp_path)
    cut = (tmp_path / "site_eco.dbf").read_bytes()[:-100]
    with pytest.raises(InputError, match=r"sites\.zip is truncated"):
        as_read(zipped_shapefile(tmp_path, dbf=cut), SITE)


def test_a_plane_that_is_no_place_on_earth_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not one of places on Earth"):
        as_read(zipped_shapefile(tmp_path, prj=b'LOCAL_CS["Plan",UNIT["metre",1]]'), SITE)


def test_layers_of_two_coordinate_systems_are_laid_over_each_other(tmp_path: Path) -> None:
    path = tmp_path / "fusac.gpkg"
    sites = gpd.GeoDataFrame({"site_id": ["s"]}, geometry=[SQUARE], crs="EPSG:4326")
    pyogrio.write_dataframe(sites, path, layer="site_eco")
    pyogrio.write_dataframe(sites.to_crs("EPSG:2154"), path, layer="site_eco_2", append=True)
    first, second = as_read(path, CARDS["cerema/fusac"]).geometry
    assert shapely.hausdorff_distance(first, second) < 1e-6


def test_files_of_one_archive_are_told_apart(tmp_path: Path) -> None:
    plain = features(tmp_path / "x.geojson", ({"site_id": "1"}, SQUARE_JSON)).read_bytes()
    path = tmp_path / "sites.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("a.geojson", "b.geojson", "__MACOSX/._a.geojson"):
            archive.writestr(name, plain)
    assert as_read(path, SITE)["source_sheet"].to_list() == ["a.geojson", "b.geojson"]


def test_a_shape_of_another_kind_is_named(tmp_path: Path) -> None:
    point = {"type": "Point", "coordinates": [5, 43]}
    sites = [({"site_id": "1"}, SQUARE_JSON), ({"site_id": "2"}, point)]
    path = features(tmp_path / "a.geojson", *sites)
    with pytest.raises(InputError, match=r"a\.geojson, shape 2: holds Point"):
        as_read(path, SITE)


def test_curves_are_read_as_the_lines_that_follow_them(tmp_path: Path) -> None:
    path = tmp_path / "a.gpkg"
    sites = gpd.GeoDataFrame({"site_id": ["s"]}, geometry=[SQUARE], crs="EPSG:4326")
    pyogrio.write_dataframe(sites, path, layer="site_eco")
    arc = struct.pack("<BII6d", 1, 8, 3, 5.0, 43.5, 5.01, 43.505, 5.0, 43.51)
    chord = struct.pack("<BII4d", 1, 2, 2, 5.0, 43.51, 5.0, 43.5)
    drawn = struct.pack("<BII", 1, 10, 1) + struct.pack("<BII", 1, 9, 2) + arc + chord
    with contextlib.closing(sqlite3.connect(path)) as package:
        for (trigger,) in package.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'"):
            package.execute(f'DROP TRIGGER "{trigger}"')
        header = b"GP\x00\x01" + struct.pack("<i", 4326)
        package.execute("UPDATE site_eco SET geom = ?", (header + drawn,))
        package.commit()
    (shape,) = as_read(path, SITE).geometry
    assert shape.geom_type == "Polygon"
    assert len(shape.exterior.coords) > 10
