"""Files made to do harm: they read what was not handed over, write elsewhere, or explode."""

import contextlib
import gzip
import io
import json
import sqlite3
import struct
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import py7zr
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import shapely
import xlsxwriter

LAYER, EDIGEO, SHEET, TABLE, RECORDS = (
    "cnig/economic_sites",
    "cadastre/edigeo",
    "dares/rome_fap_2009",
    "transport/stops",
    "etalab/communes",
)
RING = [[5.0, 43.5], [5.01, 43.5], [5.01, 43.51], [5.0, 43.51], [5.0, 43.5]]
STOPS = b"stop_id,stop_lat,stop_lon\n"
HEADER = ["FAP", "ROME", "Qualification"]
OPEN_DOCUMENT = "urn:oasis:names:tc:opendocument:xmlns"


@dataclass(frozen=True, kw_only=True)
class Around:
    """What lies outside of the home: a layer and a table with the secret, and an address."""

    secret: str
    layer: Path
    table: Path
    url: str


@dataclass(frozen=True, kw_only=True)
class Hostile:
    """A file, the card it is handed over for, and whether it may be read with its harm undone."""

    what: str
    name: str
    card: str
    make: Callable[[Around], bytes]
    may_be_read: bool = False


def collection(*features: dict[str, Any], **more: Any) -> bytes:
    return json.dumps({"type": "FeatureCollection", **more, "features": features}).encode()


def feature(shape: object = None, **properties: object) -> dict[str, Any]:
    drawn = shape or {"type": "Polygon", "coordinates": [RING]}
    return {"type": "Feature", "properties": {"site_id": "1", **properties}, "geometry": drawn}


def good_layer(driver: str, suffix: str, **more: Any) -> dict[str, bytes]:
    """The parts of a layer in good health, by their suffixes."""
    frame = gpd.GeoDataFrame({"site_id": ["1"]}, geometry=[shapely.Polygon(RING)], crs="EPSG:4326")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"site_eco{suffix}")
        pyogrio.write_dataframe(frame, path, driver=driver, **more)
        return {part.suffix: part.read_bytes() for part in Path(folder).iterdir()}


def zipped(members: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            is_mark = name == "mimetype"
            archive.writestr(name, content, zipfile.ZIP_STORED if is_mark else None)
    return packed.getvalue()


def _shapefile(**changed: bytes) -> bytes:
    parts = good_layer("ESRI Shapefile", ".shp")
    return zipped({f"site_eco.{k.lstrip('.')}": v for k, v in {**parts, **changed}.items()})


def _pointers(around: Around) -> dict[str, bytes]:
    """Texts that GDAL takes for a way to another file or address."""
    path = around.layer
    vrt = (
        f'<OGRVRTDataSource><OGRVRTLayer name="site_eco"><SrcDataSource>{path}</SrcDataSource>'
        "<SrcLayer>secret</SrcLayer></OGRVRTLayer></OGRVRTDataSource>"
    )
    pipeline = {"type": "gdal_streamed_alg", "command_line": f"gdal vector pipeline ! read {path}"}
    return {
        "VRT": vrt.encode(),
        "GDALG": json.dumps(pipeline).encode(),
        "WFS": f"<OGRWFSDataSource><URL>{around.url}?SERVICE=WFS</URL></OGRWFSDataSource>".encode(),
        "OAPIF": json.dumps({"links": [{"rel": "data", "href": around.url}]}).encode(),
        "PostgreSQL": b"PG:host=127.0.0.1 dbname=postgres",
        "address": f"/vsicurl/{around.url}".encode(),
    }


def _pointer(kind: str) -> Callable[[Around], bytes]:
    return lambda around: _pointers(around)[kind]


def _in_zip(name: str, kind: str) -> Callable[[Around], bytes]:
    return lambda around: zipped({name: _pointers(around)[kind]})


def _link(around: Around) -> bytes:
    crs = {"type": "link", "properties": {"href": around.url, "type": "ogcwkt"}}
    return collection(feature(), crs=crs)


def _hidden_link(around: Around) -> bytes:
    text = _link(around).decode()
    return text.replace('"crs"', '"c\\u0072s"').replace('"link"', '"l\\u0069nk"').encode()


def _address(around: Around) -> bytes:
    crs = {"type": "name", "properties": {"name": around.url}}
    return collection(feature(), crs=crs)


def _marked(around: Around) -> bytes:
    # pyogrio cuts a path at “!”: what is left of this one lies elsewhere
    return zipped({f"a!{around.layer}": collection(feature())})


def _prj(around: Around) -> bytes:
    grid = f'EXTENSION["PROJ4","+proj=longlat +nadgrids={around.table} +no_defs"]'
    wkt = (
        'GEOGCS["x",DATUM["x",SPHEROID["x",6378137,298.257],' + grid + '],PRIMEM["x",0],'
        'UNIT["degree",0.0174532925199433]]'
    )
    return _shapefile(prj=wkt.encode())


def pointers() -> Iterator[Hostile]:
    for kind in ("VRT", "GDALG", "WFS", "OAPIF", "PostgreSQL", "address"):
        for suffix in ("geojson", "json", "gpkg", "shp", "fgb", "thf", "vrt", "csv"):
            if kind in {"VRT", "GDALG"} or suffix in {"geojson", "gpkg"}:
                card = EDIGEO if suffix == "thf" else LAYER
                what, make = f"{kind} as .{suffix}", _pointer(kind)
                yield Hostile(what=what, name=f"sites.{suffix}", card=card, make=make)
    for suffix in ("geojson", "gpkg", "shp", "fgb"):
        what, make = f"GDALG in a zip as .{suffix}", _in_zip(f"sites.{suffix}", "GDALG")
        yield Hostile(what=what, name="sites.zip", card=LAYER, make=make)

    beside = {"vrt": b"<OGRVRTDataSource/>", "shp.aux.xml": b"<PAMDataset/>", "qix": b"SQT\1" * 9}
    huge = b"GEOGCS[" * 300_000
    listed: list[tuple[str, str, Callable[[Around], bytes], bool]] = [
        ("crs is a link", "sites.geojson", _link, False),
        ("crs is a hidden link", "sites.geojson", _hidden_link, False),
        ("crs is an address", "sites.geojson", _address, False),
        ("path with a mark", "sites.zip", _marked, False),
        ("prj names a file", "sites.zip", _prj, True),
        ("prj is huge", "sites.zip", lambda _: _shapefile(prj=huge), True),
        ("cpg is odd", "sites.zip", lambda _: _shapefile(cpg=b"../../\x00EBCDIC"), True),
        ("files beside a shapefile", "sites.zip", lambda _: _shapefile(**beside), True),
    ]
    for what, name, make, may_be_read in listed:
        yield Hostile(what=what, name=name, card=LAYER, make=make, may_be_read=may_be_read)


def _geopackage(*statements: str) -> Callable[[Around], bytes]:
    def make(around: Around) -> bytes:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "a.gpkg")
            path.write_bytes(good_layer("GPKG", ".gpkg")[".gpkg"])
            with contextlib.closing(sqlite3.connect(path)) as package:
                package.execute("PRAGMA trusted_schema = OFF")
                for statement in statements:
                    package.execute(statement.replace("SECRET", str(around.table)))
                package.commit()
            return path.read_bytes()

    return make


def _nested(depth: int) -> Callable[[Around], bytes]:
    """A GeoPackage whose shape is collections in collections."""

    def make(_: Around) -> bytes:
        head = b"GP\x00\x01" + struct.pack("<i", 4326)
        shape = head + struct.pack("<BII", 1, 7, 1) * depth + struct.pack("<BI2d", 1, 1, 5, 43)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "a.gpkg")
            path.write_bytes(good_layer("GPKG", ".gpkg")[".gpkg"])
            with contextlib.closing(sqlite3.connect(path)) as package:
                names = package.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
                for (trigger,) in names.fetchall():
                    package.execute(f'DROP TRIGGER "{trigger}"')
                package.execute("UPDATE site_eco SET geom = ?", (shape,))
                package.commit()
            return path.read_bytes()

    return make


def geopackages() -> Iterator[Hostile]:
    renamed = "ALTER TABLE site_eco RENAME TO t"
    view = "CREATE VIEW site_eco AS SELECT fid, geom, site_id FROM t"
    endless = (
        "CREATE VIEW more AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) "
        "SELECT max(i) FROM n"
    )
    computed = "ALTER TABLE site_eco ADD site_nom TEXT AS (hex(zeroblob(900000000)))"
    trigger = (
        "CREATE TRIGGER t AFTER INSERT ON site_eco BEGIN DELETE FROM site_eco; "
        "SELECT writefile('SECRET', 'x'); END"
    )
    virtual = "CREATE VIRTUAL TABLE v USING fts4(x)"
    disguised = (
        "PRAGMA writable_schema = ON",
        "INSERT INTO sqlite_master SELECT 'table', 'v', 'v', 0, 'CREATE /* */ VIEW v AS SELECT 1'",
    )
    listed = [
        ("a view", _geopackage(renamed, view), False),
        ("an endless view", _geopackage(endless), False),
        ("a computed column", _geopackage(computed), False),
        ("a trigger", _geopackage(trigger), True),
        ("a virtual table", _geopackage(virtual), False),
        ("a view that says it is a table", _geopackage(*disguised), False),
        ("the journal of a writer", _geopackage("PRAGMA journal_mode = WAL"), True),
        ("shapes in shapes", _nested(2_000_000), False),
    ]
    for what, make, may_be_read in listed:
        yield Hostile(
            what=f"GeoPackage with {what}",
            name="a.gpkg",
            card=LAYER,
            make=make,
            may_be_read=may_be_read,
        )


def tarred(*members: tuple[str, dict[str, Any], bytes]) -> Callable[[Around], bytes]:
    def make(around: Around) -> bytes:
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w:gz", format=tarfile.GNU_FORMAT) as archive:
            for name, fields, content in members:
                member = tarfile.TarInfo(name.replace("OUTSIDE", str(around.table.parent)))
                member.size = len(content)
                for field, value in fields.items():
                    setattr(member, field, value)
                member.linkname = member.linkname.replace("OUTSIDE", str(around.table.parent))
                archive.addfile(member, io.BytesIO(content))
        return packed.getvalue()

    return make


def _deceiving(_: Around) -> bytes:
    """Links so deep that what a path leads to cannot be told: it is believed to be inside."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        path = ""
        long = "d" * 247
        for letter in "abcdefghijklmnop":
            folder = tarfile.TarInfo(f"{path}{long}")
            folder.type = tarfile.DIRTYPE
            archive.addfile(folder)
            link = tarfile.TarInfo(f"{path}{letter}")
            link.type, link.linkname = tarfile.SYMTYPE, long
            archive.addfile(link)
            path += f"{letter}/"
        link = tarfile.TarInfo(f"{path}{'l' * 254}")
        link.type, link.linkname = tarfile.SYMTYPE, "../" * 16
        archive.addfile(link)
        escape = tarfile.TarInfo("escape")
        escape.type, escape.linkname = tarfile.SYMTYPE, f"{path}{'l' * 254}/../../outside"
        archive.addfile(escape)
        member = tarfile.TarInfo("escape/overwritten.geojson")
        member.size = 1
        archive.addfile(member, io.BytesIO(b"x"))
    return packed.getvalue()


def _patched_tar(kind: bytes, size: bytes) -> bytes:
    """A tar whose header says itself how long it is."""
    block = bytearray(tarfile.TarInfo("x").tobuf())
    block[156:157], block[124:136] = kind, size.ljust(12, b"\0")
    block[148:156] = b" " * 8
    block[148:156] = f"{sum(block):06o}\0 ".encode()
    return gzip.compress(bytes(block) + b"\0" * 1_000_000)


def archives() -> Iterator[Hostile]:
    layer = collection(feature())
    tars = {
        "link and a file through it": tarred(
            ("a", {"type": tarfile.SYMTYPE, "linkname": "OUTSIDE"}, b""),
            ("a/overwritten.geojson", {}, layer),
        ),
        "link to a file": tarred(
            ("a.geojson", {"type": tarfile.SYMTYPE, "linkname": "OUTSIDE/secret.geojson"}, b"")
        ),
        "hard link to a file": tarred(
            ("a.geojson", {"type": tarfile.LNKTYPE, "linkname": "OUTSIDE/secret.geojson"}, b"")
        ),
        "links that deceive": _deceiving,
        "device": tarred(
            ("a.geojson", {"type": tarfile.CHRTYPE, "devmajor": 1, "devminor": 5}, b"")
        ),
        "pipe": tarred(("a.geojson", {"type": tarfile.FIFOTYPE}, b"")),
        "absolute path": tarred(("OUTSIDE/overwritten.geojson", {}, layer)),
        "climbing path": tarred(("../../outside/overwritten.geojson", {}, layer)),
        "name of 5 000 characters": tarred(("a" * 5_000 + ".geojson", {}, layer)),
        "one name twice": tarred(("a.geojson", {}, layer), ("A.geojson", {}, layer)),
        "header of 8 GB": lambda _: _patched_tar(b"x", b"77777777777"),
        "name of 8 GB": lambda _: _patched_tar(b"L", b"77777777777"),
        "size below zero": lambda _: _patched_tar(b"0", b"\xff" * 11 + b"\x00"),
    }
    for what, make in tars.items():
        yield Hostile(what=f"tar: {what}", name="a.tar.gz", card=LAYER, make=make)
    yield from _zips(layer)
    yield from _sevens(layer)
    packed: list[tuple[str, str, str, Callable[[Around], bytes]]] = [
        ("gzip in gzip", "a.geojson.gz", LAYER, lambda _: gzip.compress(gzip.compress(layer))),
        ("gzip bomb", "a.csv.gz", TABLE, lambda _: gzip.compress(b"\0" * 400_000_000)),
        ("zip in a zip", "a.zip", TABLE, lambda _: zipped({"a.zip": zipped({"a.csv": STOPS})})),
    ]
    for what, name, card, make in packed:
        yield Hostile(what=what, name=name, card=card, make=make)


def _zips(layer: bytes) -> Iterator[Hostile]:
    def linked(around: Around) -> bytes:
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            link = zipfile.ZipInfo("a.geojson")
            link.create_system, link.external_attr = 3, 0o120777 << 16
            archive.writestr(link, str(around.layer))
        return packed.getvalue()

    def many(_: Around) -> bytes:
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            for at in range(110_000):
                archive.writestr(f"{at}.geojson", b"")
        return packed.getvalue()

    def overlapping(_: Around) -> bytes:
        """One member's bytes under many names."""
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("0.geojson", b"\0" * 1_000_000)
            for at in range(1, 500):
                again = zipfile.ZipInfo(f"{at}.geojson")
                for field in ("CRC", "compress_size", "file_size", "compress_type", "flag_bits"):
                    setattr(again, field, getattr(archive.filelist[0], field))
                again.header_offset = 0
                archive.filelist.append(again)
                archive.NameToInfo[again.filename] = again
        return packed.getvalue()

    whole = {
        "climbing path": {"../../outside/overwritten.geojson": layer},
        "backslashes that climb": {"..\\..\\outside\\overwritten.geojson": layer},
        "absolute path": {"/tmp/overwritten.geojson": layer},
        "drive": {"C:/overwritten.geojson": layer},
        "name of 5 000 characters": {"a" * 5_000 + ".geojson": layer},
        "path of 400 folders": {"a/" * 400 + "b.geojson": layer},
        "name with an escape": {"a\x1b[2J.geojson": layer},
        "one name twice": {"a.geojson": layer, "A.GEOJSON": layer},
    }

    def of(members: dict[str, bytes]) -> Callable[[Around], bytes]:
        return lambda _: zipped(members)

    made: dict[str, Callable[[Around], bytes]] = {
        **{what: of(members) for what, members in whole.items()},
        "bomb": lambda _: zipped({"a.geojson": b" " * 300_000_000}),
        "link": linked,
        "110 000 files": many,
        "overlapping": overlapping,
    }
    for what, make in made.items():
        yield Hostile(what=f"zip: {what}", name="a.zip", card=LAYER, make=make)
    nul = zipped({"a_.geojson": layer}).replace(b"a_.geojson", b"a\0.geojson")
    what = "zip: name with a NUL"
    yield Hostile(what=what, name="a.zip", card=LAYER, make=lambda _: nul, may_be_read=True)


def seven(content: bytes, name: str = "a.geojson") -> bytes:
    packed = io.BytesIO()
    with py7zr.SevenZipFile(packed, "w") as archive:
        archive.set_encoded_header_mode(False)
        archive.writestr(content, name)
    return packed.getvalue()


def _sevens(layer: bytes) -> Iterator[Hostile]:
    def renamed(name: str) -> Callable[[Around], bytes]:
        """A 7z whose only member has another name than its writer allows."""

        def make(_: Around) -> bytes:
            plain = "a" * len(name)
            content = bytearray(
                seven(layer, plain).replace(plain.encode("utf-16-le"), name.encode("utf-16-le"))
            )
            offset, size = struct.unpack("<QQ", content[12:28])
            content[28:32] = struct.pack(
                "<I", zlib.crc32(content[32 + offset : 32 + offset + size])
            )
            content[8:12] = struct.pack("<I", zlib.crc32(content[12:32]))
            return bytes(content)

        return make

    def linked(around: Around) -> bytes:
        with tempfile.TemporaryDirectory() as folder:
            link = Path(folder, "a.geojson")
            link.symlink_to(around.layer)
            packed = io.BytesIO()
            with py7zr.SevenZipFile(packed, "w") as archive:
                archive.write(link, "a.geojson")
            return packed.getvalue()

    def bomb(_: Around) -> bytes:
        return seven(b"\0" * 100_000_000)

    def header(_: Around) -> bytes:
        """A header that counts 2^40 files."""
        said = b"\x01\x05\xfe" + struct.pack("<Q", 2**40)[:7] + b"\0\0"
        start = struct.pack("<QQI", 0, len(said), zlib.crc32(said))
        return b"7z\xbc\xaf\x27\x1c\0\4" + struct.pack("<I", zlib.crc32(start)) + start + said

    made = {
        "climbing path": renamed("../../outside/overwritten.geojson"),
        "absolute path": renamed("/tmp/overwritten.geojson"),
        "link": linked,
        "bomb": bomb,
        "header that counts 2^40 files": header,
    }
    for what, make in made.items():
        yield Hostile(what=f"7z: {what}", name="a.7z", card=LAYER, make=make)


def xlsx(*cells: tuple[int, int, str]) -> bytes:
    packed = io.BytesIO()
    with xlsxwriter.Workbook(packed) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, HEADER)
        sheet.write_row(1, 0, "abc")
        for row, column, text in cells:
            sheet.write(row, column, text)
    return packed.getvalue()


def _changed(book: bytes, member: str, old: bytes, new: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(book)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members[member] = members[member].replace(old, new)
    return zipped(members)


def ods(rows: str, before: str = "") -> bytes:
    def cell(text: str) -> str:
        kind = 'office:value-type="string"'
        return f"<table:table-cell {kind}><text:p>{text}</text:p></table:table-cell>"

    def row(*texts: str) -> str:
        return f"<table:table-row>{''.join(map(cell, texts))}</table:table-row>"

    spaces = " ".join(f'xmlns:{n}="{OPEN_DOCUMENT}:{n}:1.0"' for n in ("office", "table", "text"))
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?>{before}<office:document-content {spaces}>'
        f'<office:body><office:spreadsheet><table:table table:name="F">{row(*HEADER)}{row(*"abc")}'
        f"{rows}</table:table></office:spreadsheet></office:body></office:document-content>"
    )
    manifest = f'<manifest:manifest xmlns:manifest="{OPEN_DOCUMENT}:manifest:1.0"/>'
    return zipped(
        {
            "mimetype": b"application/vnd.oasis.opendocument.spreadsheet",
            "content.xml": content.encode(),
            "META-INF/manifest.xml": manifest.encode(),
        }
    )


def _record(kind: int, content: bytes) -> bytes:
    return struct.pack("<HH", kind, len(content)) + content


def xls() -> bytes:
    """The smallest workbook of the old form: a cell in the first corner, one in the last."""
    book = _record(0x809, struct.pack("<HHHHII", 0x600, 5, 0, 0, 0, 0))
    sheet = _record(0x809, struct.pack("<HHHHII", 0x600, 16, 0, 0, 0, 0))
    for row, column in ((0, 0), (65_535, 65_535)):
        sheet += _record(0x203, struct.pack("<HHHd", row, column, 0, 1.0))
    sheet += _record(0x0A, b"")
    title = b"F"
    start = len(book) + 4 + 8 + len(title) + 4
    book += _record(0x85, struct.pack("<IBBBB", start, 0, 0, 1, 0) + title) + _record(0x0A, b"")
    return _ole(book + sheet)


def _ole(stream: bytes) -> bytes:
    """A compound file with one stream called Workbook."""
    sectors = max(8, -(-len(stream) // 512))
    free, end, table = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
    chain = [table, end, *range(3, sectors + 2), end]
    fat = struct.pack("<128I", *chain, *[free] * (128 - len(chain)))

    def entry(name: str, kind: int, child: int, first: int, size: int) -> bytes:
        text = name.encode("utf-16-le")
        head = text.ljust(64, b"\0") + struct.pack("<HBB", len(text) + 2 if name else 0, kind, 1)
        return (
            head
            + struct.pack("<III", free, free, child)
            + b"\0" * 36
            + struct.pack("<IQ", first, size)
        )

    folder = entry("Root Entry", 5, 1, end, 0) + entry("Workbook", 2, free, 2, sectors * 512)
    folder += entry("", 0, free, 0, 0) * 2
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 16
    header += struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + b"\0" * 6
    header += struct.pack("<IIIIIIIII", 0, 1, 1, 0, 4096, end, 0, end, 0)
    header += struct.pack("<109I", 0, *[free] * 108)
    return header + fat + folder + stream.ljust(sectors * 512, b"\0")


def workbooks() -> Iterator[Hostile]:
    far = xlsx((1_048_575, 16_383, "x"))
    inner = "xl/worksheets/sheet1.xml"
    lying = _changed(far, inner, b'ref="A1:XFD1048576"', b'ref="A1:C2"')
    laughs = "".join(
        f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True)
    )
    document = f'<!DOCTYPE x [<!ENTITY a "lol">{laughs}]>'
    declaration = b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    in_book = _changed(xlsx(), "xl/sharedStrings.xml", declaration, declaration + document.encode())
    in_book = _changed(in_book, "xl/sharedStrings.xml", b"<t>a</t>", b"<t>&i;</t>")
    filled = (
        '<table:table-row table:number-rows-repeated="1048000"><table:table-cell '
        'office:value-type="string" table:number-columns-repeated="16000"><text:p>x</text:p>'
        "</table:table-cell></table:table-row>"
    )
    corner = (
        '<table:table-row table:number-rows-repeated="1048000"/><table:table-row><table:table-cell '
        'table:number-columns-repeated="16000"/><table:table-cell office:value-type="string">'
        "<text:p>x</text:p></table:table-cell></table:table-row>"
    )
    cell = "<table:table-cell><text:p>&i;</text:p></table:table-cell>"
    entity = f"<table:table-row>{cell}</table:table-row>"

    def external(around: Around) -> bytes:
        said = f'<!DOCTYPE x [<!ENTITY i SYSTEM "file://{around.table}">]>'
        return ods(entity, said)

    listed: list[tuple[str, str, Callable[[Around], bytes], bool]] = [
        ("xlsx: far corner", "a.xlsx", lambda _: far, False),
        ("xlsx: far corner, it says near", "a.xlsx", lambda _: lying, False),
        ("xlsx: entities", "a.xlsx", lambda _: in_book, True),
        ("ods: a full grid by repetition", "a.ods", lambda _: ods(filled), False),
        ("ods: far corner", "a.ods", lambda _: ods(corner), False),
        ("ods: entities", "a.ods", lambda _: ods(entity, document), True),
        ("ods: an entity that is a file", "a.ods", external, True),
        ("xls: far corner", "a.xls", lambda _: xls(), False),
        ("xls: cut", "a.xls", lambda _: xls()[:1_600], False),
    ]
    for what, name, make, may_be_read in listed:
        yield Hostile(what=what, name=name, card=SHEET, make=make, may_be_read=may_be_read)


def _circle(corners: int) -> dict[str, Any]:
    turn = np.linspace(0, 2 * np.pi, corners + 1)
    ring = np.c_[5 + 0.01 * np.cos(turn), 43.5 + 0.01 * np.sin(turn)].tolist()
    return _polygon([*ring[:-1], ring[0]])


def _star(corners: int) -> dict[str, Any]:
    """Corners anywhere: each side crosses all others."""
    points = np.random.default_rng(1).uniform([5.0, 43.5], [5.01, 43.51], (corners, 2)).tolist()
    return _polygon([*points, points[0]])


def _polygon(ring: list[list[float]]) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": [ring]}


def _layer(*shapes: object, **more: Any) -> Callable[[Around], bytes]:
    return lambda _: collection(*(feature(shape) for shape in shapes), **more)


def _wide(_: Around) -> bytes:
    return collection(feature(**{f"field{at}": 1 for at in range(300_000)}))


def _deep(plain: bytes, deep: bytes) -> bytes:
    """Features of which one has lists in lists in place of what the others have."""
    own = {"type": "Feature", "properties": {}, "geometry": None}
    text = json.dumps({"type": "FeatureCollection", "features": [own] * 3}).encode()
    return text.replace(plain, deep % (b"[" * 500_000 + b"]" * 500_000), 1)


def _columns(_: Around) -> bytes:
    fields = b",".join(b"f%d" % at for at in range(1_000_000))
    return fields + b"\n" + b"," * 999_999 + b"\n"


def _parquet(_: Around) -> bytes:
    """A thousand million rows in some thousand bytes."""
    packed = io.BytesIO()
    column = pa.array(["x"]).take(pa.array(np.zeros(10_000_000, dtype=np.int64)))
    rows = pa.table(dict.fromkeys(STOPS.decode().strip().split(","), column))
    with pq.ParquetWriter(packed, rows.schema, compression="zstd") as out:
        for _again in range(100):
            out.write_table(rows)
    return packed.getvalue()


def contents() -> Iterator[Hostile]:
    lambert = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::2154"}}
    odd = [[900_000.0, 6_250_000.0], [1e300, 6_250_000.0], [900_010.0, 6_250_010.0]]
    deep = b"[" * 500_000 + b"]" * 500_000
    layers: list[tuple[str, Callable[[Around], bytes], bool]] = [
        ("1e300", _layer(None, _polygon([*odd, odd[0]]), crs=lambert), True),
        ("1e300 degrees", _layer(None, _polygon([[5, 43], [1e300, 43], [5, 44], [5, 43]])), False),
        ("NaN", _layer(None, _polygon([*RING[:2], [float("nan"), 43.5], *RING[3:]])), True),
        ("infinity", _layer(None, _polygon([*RING[:2], [float("inf"), 43.5], *RING[3:]])), True),
        ("a million corners", lambda _: collection(feature(_circle(1_000_000))), True),
        ("a star of 12 000 corners", _layer(None, _star(12_000)), True),
        ("300 000 fields", _wide, False),
        ("a text of 3 MB", lambda _: collection(feature(site_nom="x" * 3_000_000)), False),
        ("deep attribute", lambda _: _deep(b'"properties": {}', b'"properties": {"a": %s}'), False),
        ("deep shape", lambda _: _deep(b'"geometry": null', b'"geometry": %s'), False),
        ("deep JSON", lambda _: b'{"type": "FeatureCollection", "features": ' + deep + b"}", False),
    ]
    for what, make, may_be_read in layers:
        card = LAYER
        yield Hostile(what=what, name="a.geojson", card=card, make=make, may_be_read=may_be_read)
    tables: list[tuple[str, str, str, Callable[[Around], bytes]]] = [
        ("a line of 200 MB", "a.csv", TABLE, lambda _: STOPS + b"x" * 200_000_000),
        ("an open quote for 200 MB", "a.csv", TABLE, lambda _: STOPS + b'"' + b"x\n" * 10**8),
        ("a million columns", "a.csv", TABLE, _columns),
        ("NUL bytes", "a.csv", TABLE, lambda _: STOPS + b"\0" * 100_000),
        ("deep JSON records", "a.json", RECORDS, lambda _: deep),
        ("a number of a million digits", "a.json", RECORDS, lambda _: b'[{"code": ' + b"9" * 10**6),
    ]
    for what, name, card, make in tables:
        yield Hostile(what=what, name=name, card=card, make=make)
    yield Hostile(what="Parquet bomb", name="a.parquet", card=TABLE, make=_parquet)
    climbing = (
        b"BOMT 12:E0000A01.THF\r\nCSET 03:IRV\r\nRTYSA03:GTS\r\nRTYSA03:GTL\r\n"
        b"LONSA14:../../outside/\r\nGNNSA02:SE\r\nEOMT 00:\r\n"
    )
    sheet = zipped({"E0000A01.THF": climbing})
    yield Hostile(what="EDIGEO: files elsewhere", name="a.zip", card=EDIGEO, make=lambda _: sheet)


def every() -> list[Hostile]:
    """All of them."""
    return [*pointers(), *geopackages(), *archives(), *workbooks(), *contents()]
