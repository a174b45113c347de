"""GeoJSON read in columns: the same rows as GDAL reads, or left to it."""

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
import shapely
from geopandas.testing import assert_geodataframe_equal

from observatory.errors import InputError
from observatory.ingest import features, layers
from observatory.ingest.sandbox import Ask
from observatory.metadata.cards import Card, Layout
from sources import CARDS

NAMES = ("id", "name", "n", "kind")
LAYOUT = Layout(format="layer", columns={"id": "id"}, optional={n: n for n in NAMES[1:]})
CARD = CARDS["cadastre/parcels"].model_copy(update={"layout": LAYOUT})
RING = [[5.0, 43.5], [5.01, 43.5], [5.01, 43.51], [5.0, 43.51], [5.0, 43.5]]
HOLE = [[5.002, 43.502], [5.004, 43.502], [5.004, 43.504], [5.002, 43.502]]
SQUARE = {"type": "Polygon", "coordinates": [RING]}
PAIR = {"type": "MultiPolygon", "coordinates": [[RING, HOLE], [HOLE]]}
FAR = {"type": "Polygon", "coordinates": [[[x, y, 3.5] for x, y in RING]]}
LINE = {"type": "LineString", "coordinates": RING[:2]}
LINES = {"type": "MultiLineString", "coordinates": [RING[:2], RING[1:4]]}
POINT = {"type": "Point", "coordinates": RING[0]}
POINTS = {"type": "MultiPoint", "coordinates": RING[:3]}


def a_feature(shape: Any = SQUARE, *, more: dict[str, Any] | None = None, **own: Any) -> dict:
    return {"type": "Feature", **(more or {}), "properties": {"id": "a", **own}, "geometry": shape}


def text(*listed: dict, indent: int | None = None, **more: Any) -> str:
    return json.dumps({"type": "FeatureCollection", **more, "features": [*listed]}, indent=indent)


CUT = '}, {"type": "Feature"'
WGS84 = {"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}}
LAMBERT = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::2154"}}
METRES = {"type": "Polygon", "coordinates": [[[x * 1e5, y * 1e5] for x, y in RING]]}
SEVERAL = [a_feature(), a_feature(PAIR, id="b"), a_feature(None, id="c")]
PLAIN = {
    "one": text(a_feature()),
    "polygons of both kinds, and none": text(*SEVERAL),
    "lines": text(a_feature(LINE), a_feature(LINES)),
    "points": text(a_feature(POINT), a_feature(POINTS)),
    "heights": text(a_feature(FAR), a_feature(FAR)),
    "indented": text(*SEVERAL, indent=2),
    "no blanks": text(*SEVERAL).replace(" ", ""),
    "a line each": text(*SEVERAL).replace(", {", ",\r\n{"),
    "byte order mark": "\ufeff" + text(*SEVERAL),
    "its CRS": text(*SEVERAL, crs=WGS84),
    "metres": text(a_feature(METRES), crs=LAMBERT),
    "members around": text(*SEVERAL, name="x", bbox=[1, 2, 3, 4])[:-1] + ', "total": 3}',
    "identifiers of features": text(a_feature(more={"id": "z", "bbox": [5, 43, 6, 44]})),
    "texts": text(*(a_feature(name=n) for n in ("", 'é\n"\\', CUT, '"features": [{', None))),
    "days": text(*(a_feature(name=n) for n in ("2024-01-02", "2024/01/02", "10:11", "0001"))),
    "numbers": text(a_feature(n=1, kind=1.5), a_feature(n=-7, kind=2.0), a_feature(kind=1e-7)),
    "whole numbers among decimals": text(a_feature(n=1), a_feature(n=2.5), a_feature(n=12)),
    "truths": text(a_feature(kind=True), a_feature(kind=False), a_feature(kind=None)),
    "an attribute that comes late": text(a_feature(), a_feature(name="x"), a_feature(n=1)),
    "not named on the card": text(a_feature(x="1", y={"a": [1]}), a_feature(x="2", z=[1])),
    "a shape as an attribute": text(a_feature(x={"type": "MultiPolygon", "coordinates": 5})),
    "two points": text(a_feature({"type": "Polygon", "coordinates": [RING[:2]]}), *SEVERAL),
    "there and back": text(a_feature({"type": "Polygon", "coordinates": [[*RING[:2], RING[0]]]})),
    "a ring left open": text(a_feature({"type": "Polygon", "coordinates": [RING[:-1]]}), *SEVERAL),
    "a hole left open": text(a_feature({"type": "Polygon", "coordinates": [RING, HOLE[:3]]})),
    "a part left open": text(
        a_feature({"type": "MultiPolygon", "coordinates": [[RING], [RING[:3]]]}), *SEVERAL
    ),
    "a line of one point": text(a_feature({"type": "LineString", "coordinates": [RING[0]]})),
    "crossing": text(
        a_feature({"type": "Polygon", "coordinates": [[RING[i] for i in (0, 2, 1, 3, 0)]]})
    ),
}
ODD = {
    "nested attribute": text(a_feature(name={"a": 1}), a_feature(name=["x"])),
    "an attribute of several kinds": text(a_feature(n=1), a_feature(n="x")),
    "numbers beyond": text(a_feature(n=2**62), a_feature(n=2**70)),
    "NaN": text(a_feature(n=float("nan")), a_feature(n=1)),
    "a shape with NaN": text(
        a_feature({"type": "Polygon", "coordinates": [[*RING[:2], [5, float("nan")], RING[0]]]})
    ),
    "a shape with nothing": text(
        a_feature({"type": "Polygon", "coordinates": [[*RING[:2], [5, None], RING[0]]]})
    ),
    "an empty shape": text(a_feature(), a_feature({"type": "Polygon", "coordinates": []})),
    "a shape of no kind": text(a_feature(), a_feature({"type": "Polygon"})),
    "shapes of several depths": text(a_feature(LINE), a_feature(SQUARE)),
    "heights here and there": text(a_feature(FAR), a_feature(SQUARE), a_feature(SQUARE)),
    "a collection": text(a_feature({"type": "GeometryCollection", "geometries": [LINE, LINE]})),
    "the kind below": text(a_feature({"coordinates": [[RING]], "type": "MultiPolygon"})),
    "no attributes": text(a_feature(), {**a_feature(), "properties": None}),
    "numbers of features": text(a_feature(more={"id": 7}), a_feature(more={"id": 3}, id="b")),
    "an identifier that is the feature's": text(
        {**a_feature(more={"id": "x"}), "properties": {"name": "n"}}, a_feature(more={"id": "y"})
    ),
    "a feature alone": json.dumps(a_feature()),
    "a key twice": text(a_feature(name="x")).replace('"name"', '"id": "b", "id"'),
    "features below": text(a_feature(x={"features": [a_feature(), a_feature()]})),
    "members of features within": text(a_feature(name=[a_feature(), a_feature()])),
    "a NUL": text(a_feature(name="a\0b")),
}


@pytest.fixture(scope="module")
def gdal() -> Iterator[Ask]:
    with layers.open_gdal("GeoJSON") as ask:
        yield ask


@pytest.fixture(autouse=True)
def one_reader(gdal: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process for all files of the module: it takes longer to start than to read them."""
    monkeypatch.setattr(layers, "LARGE", 0)
    monkeypatch.setattr(layers, "open_gdal", lambda _: contextlib.nullcontext(gdal))


def read(path: Path, card: Card = CARD) -> gpd.GeoDataFrame:
    return layers.read_layer(path, card, name=path.name, sha256="0" * 64, is_alone=True)


def by_gdal(path: Path, monkeypatch: pytest.MonkeyPatch) -> gpd.GeoDataFrame:
    with monkeypatch.context() as patched:
        patched.setattr(layers, "_read_plain", lambda *_, **__: None)
        return read(path)


@pytest.mark.parametrize("what", [*PLAIN, *ODD])
def test_the_rows_are_those_of_gdal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    path = tmp_path / "a.geojson"
    path.write_text((PLAIN | ODD)[what], encoding="utf-8")
    ours = read(path)
    theirs = by_gdal(path, monkeypatch).to_crs(ours.crs)
    assert_geodataframe_equal(ours, theirs)
    assert shapely.to_wkb(ours.geometry.to_numpy()).tolist() == (
        shapely.to_wkb(theirs.geometry.to_numpy()).tolist()
    )
    names = features.survey_features(str(path), str(tmp_path / "alone"))
    found = names and features.read_features(
        str(path), [n for n in NAMES if n in names], str(tmp_path / "rows"), lambda *_: None
    )
    assert bool(found) == (what in PLAIN)


def test_attributes_that_are_not_read_are_named(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "a.geojson"
    path.write_text(text(a_feature(prefix="000", updated="2024-01-01"), a_feature(late=1)))
    with caplog.at_level("INFO"):
        found = read(path)
    assert not {"prefix", "updated", "late"} & {*found.columns}
    assert "are not read: ['late', 'prefix', 'updated']" in caplog.text


def test_before_it_is_archived_a_large_file_is_read_at_both_ends(tmp_path: Path) -> None:
    path = tmp_path / "a.geojson"
    path.write_text(text(*SEVERAL))
    first = layers.read_layer(path, CARD, name="a", sha256="", is_head=True)
    assert first["id"].to_list() == ["c"]
    damages = {"cut": lambda t: t[:-9], "another": lambda t: t.replace('"id"', '"ident"')}
    for what, damage in damages.items():
        path.write_text(damage(text(*SEVERAL)))
        with pytest.raises(InputError, match="no map layer" if what == "cut" else "Missing: id"):
            layers.read_layer(path, CARD, name="a", sha256="", is_head=True)


@pytest.mark.parametrize("block", [1, 300, 5_000])
def test_cuts_change_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block: int) -> None:
    """Attributes that come late are seen wherever the blocks begin; so are other shapes."""
    path = tmp_path / "a.geojson"
    listed = [a_feature(SQUARE if at % 3 else PAIR, id=str(at), name=CUT) for at in range(90)]
    path.write_text(text(*listed, a_feature(n=5), *listed))
    monkeypatch.setattr(features, "BLOCK", block)
    monkeypatch.setattr(features, "SURVEYED", block)
    names = features.survey_features(str(path), str(tmp_path / "alone"))
    assert names == ["id", "name"]
    found = features.read_features(str(path), names, str(tmp_path / "rows"), lambda *_: None)
    assert found == {"shape": "Polygon", "names": ["id", "name", "n"]}
    monkeypatch.setattr(features, "BLOCK", 2**24)
    ours = read(path)
    assert_geodataframe_equal(ours, by_gdal(path, monkeypatch).to_crs(ours.crs))


def test_degrees_of_the_territory_are_projected_as_they_are_drawn(tmp_path: Path) -> None:
    path = tmp_path / "a.geojson"
    turned = {"type": "Polygon", "coordinates": [[[y, x] for x, y in RING]]}
    for shapes, crs in (((SQUARE, turned), "EPSG:4326"), ((SQUARE, PAIR), "EPSG:2154")):
        path.write_text(text(*map(a_feature, shapes)))
        assert read(path).crs == crs
    beside = layers.read_layer(path, CARD, name=path.name, sha256="0" * 64)
    assert beside.crs == "EPSG:4326", "another file may be written otherwise"


@pytest.mark.parametrize(
    "damage",
    [
        lambda t: t[:-40],
        lambda t: t[:400],
        lambda t: t.replace("}, {", "} {"),
        lambda t: t.replace("}, {", "},, {"),
        lambda t: t + "}",
        lambda t: t.replace('"b"', '"b'),
        lambda t: t.replace('"a"', "NUL", 1),
    ],
)
def test_what_is_damaged_is_refused(tmp_path: Path, damage: Any) -> None:
    path = tmp_path / "a.geojson"
    path.write_text(damage(text(*SEVERAL)))
    assert features.survey_features(str(path), str(tmp_path / "alone")) is None or (
        features.read_features(str(path), ["id"], str(tmp_path / "rows"), lambda *_: None) is None
    )
    with pytest.raises(InputError, match="no map layer that GDAL can read"):
        read(path)
