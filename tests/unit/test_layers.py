"""Map layers and large tables: packed as producers pack them, damaged as they arrive damaged."""

import gzip
import io
import json
import os
import socket
import tarfile
import zipfile
from pathlib import Path

import geopandas as gpd
import polars as pl
import py7zr
import pyogrio
import pytest
import shapely

from observatory.errors import InputError
from observatory.geography.layers import as_pandas
from observatory.ingest import sandbox, shapes
from observatory.ingest.issues import IssueLog
from observatory.ingest.layers import read_layer
from observatory.ingest.opening import open_gdal
from observatory.ingest.reading import read_table
from observatory.ingest.sandbox import UnreadableError
from observatory.ingest.shapes import usable
from observatory.metadata.cards import Card
from observatory.storage.members import MemberError
from sources import CARDS
from tests.faults.hostile_files import (
    Around,
    Hostile,
    collection,
    feature,
    geopackages,
    pointers,
)

REGIONAL = CARDS["region_sud/economic_areas"]
BD_TOPO = CARDS["ign/activity_areas"]
PARCELS = CARDS["cadastre/parcels"]
RISK = CARDS["ddtm/risk_plans"]
SIRENE = CARDS["insee/sirene_stock"]
SQUARE = shapely.box(5.0, 43.5, 5.01, 43.51)


def parks(*shapes: shapely.Geometry, crs: str = "EPSG:4326") -> gpd.GeoDataFrame:
    names = {"cleabs": ["Z1", "Z2"], "categorie": "Industriel et commercial", "toponyme": "A"}
    rows = {k: v[: len(shapes)] if isinstance(v, list) else v for k, v in names.items()}
    return gpd.GeoDataFrame(rows, geometry=list(shapes), crs=crs)


def read(path: Path, card: Card = BD_TOPO) -> gpd.GeoDataFrame:
    return read_layer(path, card, name=path.name, sha256="0" * 64)


def archived(path: Path) -> Path:
    """The file under a name that says nothing, as the archive keeps it."""
    return path.rename(path.with_name("0" * 64))


def shapefile(folder: Path) -> list[Path]:
    pyogrio.write_dataframe(parks(SQUARE), folder / "zone_d_activite_ou_d_interet.shp")
    return sorted(folder.glob("zone_d_activite_ou_d_interet.*"))


def test_geojson_geopackage_and_packed_shapefiles_are_one_layer(tmp_path: Path) -> None:
    frames = []
    plain = tmp_path / "a.geojson"
    pyogrio.write_dataframe(parks(SQUARE), plain)
    frames.append(read(archived(plain)))
    packed = tmp_path / "b.json.gz"
    pyogrio.write_dataframe(parks(SQUARE), plain)
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    frames.append(read(archived(packed)))
    package = tmp_path / "c.gpkg"
    pyogrio.write_dataframe(parks(SQUARE), package, layer="zone_d_activite_ou_d_interet")
    frames.append(read(archived(package)))
    members = shapefile(tmp_path)
    zipped = tmp_path / "d.zip"
    with zipfile.ZipFile(zipped, "w") as archive:
        for member in members:
            archive.write(member, f"BDTOPO/1_DONNEES/{member.name}")
    frames.append(read(archived(zipped)))
    seven = tmp_path / "e.7z"
    with py7zr.SevenZipFile(seven, "w") as archive:
        for member in members:
            archive.write(member, f"BDTOPO/{member.name}")
    frames.append(read(archived(seven)))
    for frame in frames:
        assert frame["cleabs"].to_list() == ["Z1"]
        assert frame.to_crs("EPSG:2154").area.iloc[0] == pytest.approx(898_000, rel=0.01)


def test_only_the_layers_that_are_asked_for_are_read(tmp_path: Path) -> None:
    path = tmp_path / "fusac.gpkg"
    sites = gpd.GeoDataFrame({"site_id": ["s"]}, geometry=[SQUARE], crs="EPSG:4326")
    pyogrio.write_dataframe(sites, path, layer="site_eco")
    pyogrio.write_dataframe(sites, path, layer="etablissement", append=True)
    found = read(path, CARDS["cerema/fusac"])
    assert found["source_sheet"].to_list() == ["site_eco"]
    with pytest.raises(InputError, match="several layers"):
        read(path, REGIONAL)


def test_a_file_without_any_attribute_is_read(tmp_path: Path) -> None:
    path = tmp_path / "zae.geojson"
    path.write_text(
        '{"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {},'
        '"geometry": {"type": "Polygon", "coordinates": [[[5,43],[5.1,43],[5.1,43.1],[5,43]]]}}]}'
    )
    rows = usable(read(path, REGIONAL), REGIONAL, IssueLog()).rows
    assert rows.height == 1
    assert rows["source_id"].to_list() == [None]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "no map layer"),
        (b"PK\x03\x04broken", "truncated or damaged"),
        (b"7z\xbc\xaf\x27\x1cbroken", "truncated or damaged"),
        (b"\x1f\x8bbroken", "truncated or damaged"),
        (b"BZhbroken", "truncated or damaged"),
        (b"SQLite format 3\x00broken", "no map layer"),
        (b"a;b\n1;2\n", "no map layer"),
        (b"fgb\x03broken", "no map layer"),
        (b'{"type": "FeatureCollection"', "no map layer"),
        (b'{"error": "quota"}', "no map layer"),
        (b'{"type": "FeatureCollection", "features": []}', "no shape"),
    ],
)
def test_a_damaged_file_is_one_clear_error(tmp_path: Path, content: bytes, expected: str) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    with pytest.raises(InputError, match=expected):
        read(path, REGIONAL)


def test_an_archive_that_explodes_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bomb.gz"
    path.write_bytes(gzip.compress(b"0" * 5_000_000))
    with pytest.raises(InputError, match="would unpack to more than"):
        read(path, REGIONAL)


def test_a_tar_that_writes_outside_of_its_folder_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "sheet.tar.bz2"
    with tarfile.open(path, "w:bz2") as archive:
        member = tarfile.TarInfo("../outside.THF")
        member.size = 1
        archive.addfile(member, io.BytesIO(b"x"))
    with pytest.raises(InputError, match="outside its folder"):
        read(path, CARDS["cadastre/edigeo"])
    assert not (tmp_path.parent / "outside.THF").exists()


def test_swapped_coordinates_are_put_right_and_logged() -> None:
    swapped = shapely.transform(SQUARE, lambda xy: xy[:, ::-1])
    log = IssueLog()
    raw = with_origin(parks(SQUARE, swapped))
    layer = usable(raw, BD_TOPO, log)
    assert shapely.area(layer.shapes)[1] == pytest.approx(shapely.area(layer.shapes)[0])
    assert log.table()["issue_type"].to_list() == ["repaired_coordinates"]
    assert log.table()["source_line"].to_list() == [2]


def with_origin(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    origin = {"source_key": "k", "source_sha256": "0" * 64, "source_sheet": None}
    marked = frame.assign(**origin, source_line=range(1, len(frame) + 1))
    return marked.astype({"source_sheet": "str"})


def test_a_repair_says_how_much_it_moved() -> None:
    bow = shapely.Polygon([(5, 43), (5.01, 43.01), (5.01, 43), (5, 43.01)])
    log = IssueLog()
    layer = usable(with_origin(parks(bow)), BD_TOPO, log)
    assert shapely.is_valid(layer.shapes).all()
    row = log.table().row(0, named=True)
    assert row["issue_type"] == "repaired_geometry"
    assert row["replacement"].endswith("m² moved")


def test_a_row_without_a_shape_is_left_out_or_kept() -> None:
    raw = with_origin(parks(SQUARE, None))
    log = IssueLog()
    assert usable(raw, BD_TOPO, log).rows.height == 1
    assert log.table()["is_row_kept"].to_list() == [False]
    assert usable(raw, RISK, IssueLog(), blank_is_kept=True).rows.height == 2


def test_days_and_whole_numbers_stay_what_they_are() -> None:
    import datetime as dt

    rows = pl.DataFrame({"day": [dt.date(2024, 1, 1), None], "n": [1, None], "f": [True, None]})
    kept = as_pandas(rows)
    assert kept["day"].to_list() == [dt.date(2024, 1, 1), None]
    assert str(kept["n"].dtype) == "Int64"
    assert str(kept["f"].dtype) == "boolean"


STOCK = "siret;codeCommuneEtablissement;etatAdministratifEtablissement\n"
ROW = "70000000000012;13039;A\n"


def lines(path: Path, card: Card = SIRENE) -> pl.DataFrame:
    return read_table(path, card, name=path.name, sha256="0" * 64)


def test_large_tables_are_text_with_their_lines(tmp_path: Path) -> None:
    path = tmp_path / "stock.csv"
    path.write_text(STOCK + ROW + ROW)
    found = lines(path)
    assert found["source_line"].to_list() == [2, 3]
    assert found["siret"].dtype == pl.String
    parquet = tmp_path / "stock.parquet"
    pl.read_csv(path, separator=";").write_parquet(parquet)
    assert lines(parquet)["siret"].to_list() == found["siret"].to_list()
    assert lines(parquet)["source_line"].to_list() == [1, 2]


@pytest.mark.parametrize(
    ("sirets", "kept"),
    [(["1", "2", "3"], [1, 2, 3]), (["1", None, "3"], [1, 3]), (["1", "", "3"], [1, 3])],
)
@pytest.mark.parametrize("statistics", [True, False])
def test_blank_rows_of_a_parquet_are_left_out(
    tmp_path: Path, sirets: list[str | None], kept: list[int], statistics: bool
) -> None:
    """Whatever the file says of its columns: one that is full spares a look at all others."""
    path = tmp_path / "stock.parquet"
    others = {"codeCommuneEtablissement": ["13039", None, ""], "other": [None, None, "x"]}
    rows = pl.DataFrame({"siret": sirets, **others}, schema_overrides={"siret": pl.String})
    rows.write_parquet(path, statistics=statistics, row_group_size=2)
    assert lines(path)["source_line"].to_list() == kept


def test_large_tables_are_read_through_zip_and_western_encodings(tmp_path: Path) -> None:
    path = tmp_path / "stock.csv"
    path.write_bytes((b"siret;codeCommuneEtablissement;enseigne1Etablissement\n") +
                     "70000000000012;13039;CAFÉ\n".encode("latin-1"))  # fmt: skip
    zipped = tmp_path / "stock.zip"
    with zipfile.ZipFile(zipped, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(path, "stock.csv")
    assert lines(zipped)["enseigne1Etablissement"].to_list() == ["CAFÉ"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a;b\n1;2\n", "Missing: siret"),
        (STOCK + ROW + "70000000000012;130", "line 3: 2 values for 3 columns"),
        (STOCK + ROW + "1;2;3;4\n" + ROW, "damaged"),
        ("siret;siret;codeCommuneEtablissement\n1;2;3\n", "stands twice"),
        (STOCK + "7\x00;1;2\n", "binary"),
        ("<!DOCTYPE html><html></html>", "web page"),
        ("", "empty"),
        ("PAR1" + "x" * 50, "no Parquet"),
    ],
)
def test_a_damaged_table_is_one_clear_error(tmp_path: Path, text: str, expected: str) -> None:
    path = tmp_path / "stock.csv"
    path.write_text(text)
    with pytest.raises(InputError, match=expected):
        lines(path)


def test_files_of_one_name_in_an_archive_are_told_apart_by_their_folders(tmp_path: Path) -> None:
    """A département a folder, each with its own ``zones.geojson``: a line names one shape."""
    plain = tmp_path / "zones.geojson"
    parks(SQUARE).to_file(plain)
    zipped = tmp_path / "zones.zip"
    with zipfile.ZipFile(zipped, "w") as archive:
        for department in ("13", "84"):
            archive.write(plain, f"{department}/zones.geojson")
    found = read(archived(zipped))
    assert found["source_sheet"].tolist() == ["13/zones.geojson", "84/zones.geojson"]


SECRET = "a secret"  # noqa: S105
SITES = CARDS["cnig/economic_sites"]
SMALL = [
    case
    for case in (*pointers(), *geopackages())
    if case.what not in {"prj is huge", "GeoPackage with shapes in shapes"}
]


@pytest.fixture
def around(tmp_path: Path) -> Around:
    """What a file must not reach: a layer and a table with the secret, and an address."""
    outside = tmp_path / "outside"
    outside.mkdir()
    layer, table = outside / "secret.geojson", outside / "secret.csv"
    layer.write_bytes(collection(feature(site_nom=SECRET)))
    table.write_text(SECRET)
    return Around(secret=SECRET, layer=layer, table=table, url="http://127.0.0.1:9/secret")


@pytest.mark.parametrize("case", SMALL, ids=lambda case: case.what)
def test_a_layer_is_what_was_handed_over_and_nothing_else(
    tmp_path: Path, around: Around, case: Hostile
) -> None:
    path = tmp_path / case.name
    path.write_bytes(case.make(around))
    if case.may_be_read:
        assert SECRET not in read(path, SITES).to_csv()
        assert {p.name for p in tmp_path.iterdir()} == {path.name, "outside"}
        return
    with pytest.raises(InputError) as refused:
        read(path, CARDS[case.card])
    assert SECRET not in str(refused.value)


def test_gdal_has_one_driver_and_reaches_no_address(tmp_path: Path) -> None:
    """Even a file that came past all that looks at it: there is nothing to open another with."""
    path = tmp_path / "a.geojson"
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.5)
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        crs = {"type": "link", "properties": {"href": url, "type": "ogcwkt"}}
        path.write_bytes(collection(feature(), crs=crs))
        with open_gdal("GeoJSON") as ask:
            to = str(tmp_path / "a.arrow")
            ask("read_layer", file=str(path), layer=None, encoding=None, options={}, to=to)
        with pytest.raises(TimeoutError):
            listener.accept()
    path.write_text(json.dumps({"type": "gdal_streamed_alg", "command_line": "gdal vector"}))
    with open_gdal("GeoJSON") as ask, pytest.raises(UnreadableError, match="not recognized"):
        ask("list_layers", file=str(path))


def test_a_form_that_the_card_does_not_name_is_not_opened(tmp_path: Path) -> None:
    path = tmp_path / "a.geojson"
    path.write_bytes(collection(feature()))
    with pytest.raises(InputError, match=r"holds geojson .*: expected edigeo"):
        read(path, CARDS["cadastre/edigeo"])


def test_a_reader_that_dies_is_one_clear_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sandbox, "START", "import os; os.abort()")
    path = tmp_path / "a.geojson"
    path.write_bytes(collection(feature()))
    with pytest.raises(InputError, match=r"a\.geojson cannot be read within .* of memory"):
        read(path, SITES)


def test_a_reader_that_dies_between_two_questions_is_one_clear_error() -> None:
    with sandbox.sandbox() as ask:
        (nursery,) = [n for n in sandbox._nurseries.values() if n.readers]
        nursery.end(*nursery.readers)
        with pytest.raises(MemberError, match="breaks its reader"):
            ask("repair", shape="")


def test_a_reader_that_is_ended_twice_takes_no_other_with_it() -> None:
    shape = shapely.to_wkb(shapely.box(0, 0, 1, 1), hex=True)
    with sandbox.sandbox() as ask:
        (nursery,) = [n for n in sandbox._nurseries.values() if n.readers]
        (first,) = nursery.readers
        with sandbox.sandbox():
            (second,) = nursery.readers - {first}
            nursery.end(second)
            nursery.end(second)
        assert shapely.from_wkb(ask("repair", shape=shape)).area == 1


def test_no_more_than_two_idle_processes_keep_gdal_in_memory() -> None:
    for driver in ("GeoJSON", "GPKG", "ESRI Shapefile", "CSV"):
        with open_gdal(driver):
            pass
    own = [n for (pid, _), n in sandbox._nurseries.items() if pid == os.getpid()]
    assert 1 <= len(own) <= sandbox.MOST_IDLE + 1


def test_the_sandbox_knows_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OBSERVATORY_FRANCE_TRAVAIL_CLIENT_SECRET", SECRET)
    seen = {}

    def popen(*_: object, env: dict[str, str], **__: object) -> None:
        seen.update(env)
        raise InterruptedError

    monkeypatch.setattr("subprocess.Popen", popen)
    monkeypatch.setattr(sandbox, "_nurseries", {})
    with pytest.raises(InterruptedError), sandbox.sandbox():
        pass
    assert SECRET not in seen.values()


@pytest.mark.parametrize("far", [1e300, 1e9])
def test_a_shape_beyond_the_world_is_left_out_and_logged(tmp_path: Path, far: float) -> None:
    east, north = 900_000.0, 6_250_000.0
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::2154"}}
    rings = [[[east, north], [x, north], [x, north + 9], [east, north]] for x in (east + 9, far)]
    drawn = [{"type": "Polygon", "coordinates": [ring]} for ring in rings]
    path = tmp_path / "a.geojson"
    path.write_bytes(collection(*map(feature, drawn), crs=crs))
    log = IssueLog()
    assert usable(read(path, SITES), SITES, log).rows["source_line"].to_list() == [1]
    assert log.table().select("issue_type", "source_line").rows() == [("unusable_geometry", 2)]


def test_a_large_shape_is_repaired_apart_and_lost_alone_where_it_cannot_be(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(shapes, "MOST_CORNERS", 4)
    bow = shapely.Polygon([(5, 43), (5.01, 43.01), (5.01, 43), (5, 43.01)])
    whole = usable(with_origin(parks(bow)), BD_TOPO, IssueLog()).shapes
    assert shapely.is_valid(whole).all()
    monkeypatch.setattr(sandbox, "START", "import os; os.abort()")
    log = IssueLog()
    left = usable(with_origin(parks(bow, SQUARE)), BD_TOPO, log).rows
    assert left["source_line"].to_list() == [2]
    assert log.table()["issue_type"].to_list() == ["unusable_geometry"]


def test_a_parquet_of_more_rows_than_its_bytes_can_hold_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "stock.parquet"
    row = {"siret": "70000000000012", "codeCommuneEtablissement": "13039", "etat": "A"}
    pl.select(pl.repeat(value, 2_000_000).alias(name) for name, value in row.items()).write_parquet(
        path
    )
    with pytest.raises(InputError, match="would unpack to 2000000 rows: refused"):
        lines(path)
