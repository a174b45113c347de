"""Reads map layers that GDAL opens: attributes as text, shapes as drawn."""

import contextlib
import glob
import itertools
import logging
import os
import re
import struct
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import polars as pl
import shapely

from observatory.errors import InputError
from observatory.geography.crs import WGS84
from observatory.geography.ground import projection
from observatory.ingest.beside import with_table_beside
from observatory.ingest.declared_crs import crs_of, require_named_crs
from observatory.ingest.drawn import COORDINATES, of_binary, of_coordinates
from observatory.ingest.encoding import UTF_16, as_utf8
from observatory.ingest.headers import require_served, served
from observatory.ingest.issues import LINE
from observatory.ingest.opening import attributes_of, open_gdal, open_layer, told_of
from observatory.ingest.sandbox import Ask, read_arrow
from observatory.ingest.unpacking import unpacked
from observatory.ingest.values import as_text, spelled_out
from observatory.ingest.written import TABLES, read_written_layer
from observatory.metadata.cards import Card, Layout, MapForm, normalise

log = logging.getLogger(__name__)
LOOSE = (".json",)
SINGLE = (".geojson", ".json", ".fgb")
NAMED = (*SINGLE, ".shp")  # their only layer is called as the file is
# how the card calls a form, the driver of GDAL that reads it, and how its files begin
FORMS: dict[str, tuple[MapForm, str, re.Pattern[bytes]]] = {
    ".gpkg": ("geopackage", "GPKG", re.compile(rb"SQLite format 3\0")),
    ".shp": ("shapefile", "ESRI Shapefile", re.compile(rb"\0\0\x27\x0a")),
    ".geojson": ("geojson", "GeoJSON", re.compile(rb"(\xef\xbb\xbf)?\s*\{")),
    ".json": ("geojson", "GeoJSON", re.compile(rb"(\xef\xbb\xbf)?\s*\{")),
    ".fgb": ("flatgeobuf", "FlatGeobuf", re.compile(rb"fgb\x03")),
    ".thf": ("edigeo", "EDIGEO", re.compile(rb"(?s).{0,4000}RTYSA03:GTS")),
}
LARGEST_HEAD = 2**18  # what describes a sheet of the cadastre has 1 kB
MOST_NAMED = 20
LARGE = 2**22  # smaller files are read by GDAL before the other reader is there
ODD_PATH = re.compile(r"[!;?]")  # pyogrio would take them for an address
# members that a sheet of the cadastre names: they lie beside it
EDIGEO_ELSEWHERE = re.compile(rb"(?m)^[A-Z]{3}SA\d\d:.*([/\\]|\.\.)")
DRAWN = Layout(format="layer")
GEOMETRY_TYPES = {
    "polygon": {3, 6},
    "line": {1, 5},
    "point": {0, 4},
}
KIND_NAMES = (
    "Point",
    "LineString",
    "LinearRing",
    "Polygon",
    "MultiPoint",
    "MultiLineString",
    "MultiPolygon",
    "GeometryCollection",
)


class Read(NamedTuple):
    """What is read of a layer: attributes, shapes, its CRS, and the attributes that it has."""

    rows: pl.DataFrame
    shapes: np.ndarray
    crs: str | None
    names: list[str]


def empty_layer() -> gpd.GeoDataFrame:
    """What a source that nobody has archived reads as: no row, no shape."""
    columns: dict[str, list[Any]] = {name: [] for name in LINE}
    frame = gpd.GeoDataFrame(columns, geometry=gpd.GeoSeries([], crs=WGS84), crs=WGS84)
    return frame.astype(dict.fromkeys(LINE, "str")).astype({"source_line": "int64"})


def read_layer(
    path: Path,
    card: Card,
    *,
    name: str,
    sha256: str,
    is_head: bool = False,
    is_alone: bool = False,
) -> gpd.GeoDataFrame:
    """Every shape with the producer's own attributes as text, and the columns of ``ORIGIN``.

    GeoJSON, GeoPackage, shapefile, FlatGeobuf or EDIGEO, as they are or packed (zip, 7z, tar,
    gzip); the CRS as declared. ``source_sheet`` is the layer's name where the file has several.
    ``is_head`` asks no more of a large GeoJSON than shows that it can be read. A large one that
    ``is_alone`` may come in the projected CRS: no other has to be put beside it as it is written.
    Raises InputError for a file that GDAL cannot read, or that lacks a column or a layer.
    """
    with unpacked(path, name) as files:
        data = [f for f in files if f.suffix.lower() in FORMS]
        if any(f.suffix.lower() not in LOOSE for f in data):  # a .json beside a layer describes it
            data = [f for f in data if f.suffix.lower() not in LOOSE]
        tables = [f for f in files if f.suffix.lower() in TABLES]
        if not data and tables and "csv" in card.layout.files:
            frames = [read_written_layer(tables, card, name)]
        elif data:
            asked_for = _asked_for(data, card.layout)
            how = {"is_head": is_head, "is_alone": is_alone and len(asked_for) == 1}
            frames = list(_frames(asked_for, card, name, **how)) if asked_for else []
        else:
            msg = f"{name} holds no map layer (GeoJSON, GeoPackage, shapefile, EDIGEO)."
            raise InputError(msg)
        if frames and card.layout.beside:
            frames = with_table_beside(frames, files, card, name)
    if not frames:
        held = ", ".join(file.name[:60] for file in data[:MOST_NAMED])
        msg = f"{name}: no layer “{card.layout.layers}” in it ({held}): is it the right file?"
        raise InputError(msg)
    alike = [frame.to_crs(frames[0].crs) for frame in frames]
    frame = pd.concat(alike, ignore_index=True) if len(frames) > 1 else frames[0]
    if frame.empty:
        msg = f"{name} holds no shape: download it again."
        raise InputError(msg)
    frame.insert(0, "source_key", card.key)
    frame.insert(1, "source_sha256", sha256)
    return gpd.GeoDataFrame(frame, geometry="geometry", crs=frames[0].crs)


def read_drawn(path: Path) -> gpd.GeoSeries:
    """The shapes of the first layer of a file that somebody drew, packed or not."""
    name = path.name
    with _with_its_parts(path) as files:
        file = next((f for f in files if f.suffix.lower() in FORMS), None)
        if file is None:
            msg = f"{name} holds no map layer (GeoJSON, GeoPackage, shapefile, FlatGeobuf)."
            raise InputError(msg)
        with told_of(name), open_gdal(_driver(file, DRAWN, name)) as ask:
            if FORMS[file.suffix.lower()][0] == "geojson":
                file = as_utf8(file, name)
                require_named_crs(file, name)
            layer = None if file.suffix.lower() in SINGLE else ask("list_layers", file=str(file))[0]
            about, table = open_layer(ask, file, layer, name, {})
            shapes = of_binary(ask, table.column(about["geometry"]), file, layer)
    return gpd.GeoSeries(shapes, crs=crs_of(about["crs"], shapes, name))


@contextlib.contextmanager
def _with_its_parts(path: Path) -> Iterator[list[Path]]:
    """What is in a file, or a file of a layer and those beside it that bear its name."""
    if path.suffix.lower() not in FORMS:
        with unpacked(path, path.name) as files:
            yield files
        return
    with tempfile.TemporaryDirectory() as folder:
        for part in path.parent.glob(f"{glob.escape(path.stem)}.*"):
            Path(folder, f"drawn{part.suffix}").symlink_to(part.resolve())
        yield [Path(folder, f"drawn{path.suffix}")]


def _titles(files: list[Path]) -> dict[Path, str | None]:
    """What tells each of several files from the others: its path in the archive they came in."""
    if len(files) == 1:
        return {files[0]: None}
    top = os.path.commonpath([file.parent for file in files])
    return {file: file.relative_to(top).as_posix() for file in files}


def _frames(files: list[Path], card: Card, name: str, **how: bool) -> Iterator[gpd.GeoDataFrame]:
    """What the card asks for of each file; all files of one form are read by one process."""
    titles = _titles(files)
    for driver, alike in itertools.groupby(files, lambda file: _driver(file, card.layout, name)):
        with told_of(name), open_gdal(driver) as ask:
            for file in alike:
                for layer in _layers(ask, file, card, name):
                    title = titles[file]
                    yield _read_one(ask, file, layer, card, name, title=title, **how)


def _asked_for(files: list[Path], layout: Layout) -> list[Path]:
    """Of several files, those whose layer the card asks for: by name, where it has a name."""
    if layout.layers is None or len(files) == 1:
        return files
    pattern = re.compile(layout.layers)
    named = [f for f in files if f.suffix.lower() in NAMED and pattern.fullmatch(normalise(f.stem))]
    return [f for f in files if f in named or f.suffix.lower() not in NAMED] or [
        f for f in files if f.suffix.lower() in SINGLE
    ]


def _driver(file: Path, wanted: Layout, name: str) -> str:
    """The driver that reads a file; InputError where its form or its content is another."""
    form, driver, beginning = FORMS[file.suffix.lower()]
    if form not in wanted.files:
        msg = f"{name} holds {form} ({file.name}): expected {' or '.join(wanted.files)}."
        raise InputError(msg)
    if ODD_PATH.search(str(file)):
        msg = f"{name}: {file.name} has “!”, “;” or “?” in its path: rename it."
        raise InputError(msg)
    with file.open("rb") as opened:
        head = opened.read(LARGEST_HEAD)
    if head.startswith(UTF_16):
        head = head.decode("utf-16", "ignore").encode()
    if not beginning.match(head):
        msg = f"{name} is no map layer: {file.name} does not begin as {form} does."
        raise InputError(msg)
    if form == "edigeo" and (len(head) == LARGEST_HEAD or EDIGEO_ELSEWHERE.search(head)):
        msg = f"{name}: {file.name} names files outside of its folder: refused."
        raise InputError(msg)
    return driver


def _layers(ask: Ask, file: Path, card: Card, name: str) -> list[str | None]:
    """Names of the layers of ``file`` that the card asks for; [None] for the only one."""
    if file.suffix.lower() in SINGLE:
        return [None]
    listed = ask("list_layers", file=str(file))
    pattern = card.layout.layers
    if pattern is not None and len(listed) > 1:
        return [layer for layer in listed if re.fullmatch(pattern, normalise(layer))]
    if len(listed) > 1:
        named = ", ".join(layer[:60] for layer in listed[:MOST_NAMED])
        msg = f"{name} holds several layers ({named}): hand over the one that is meant."
        raise InputError(msg)
    return [*listed] or [None]


def _read_one(
    ask: Ask,
    file: Path,
    layer: str | None,
    card: Card,
    name: str,
    *,
    title: str | None,
    **how: bool,
) -> gpd.GeoDataFrame:
    """One layer: text beside shapes; a shape that cannot be built is none, and told later."""
    suffix = file.suffix.lower()
    if suffix == ".shp":
        _require_whole(file.with_suffix(".dbf"), name)
    options: dict[str, str] = {}
    plain = None
    if FORMS[suffix][0] == "geojson":
        file = as_utf8(file, name)
        if file.stat().st_size >= LARGE:
            plain = _read_plain(ask, file, card.layout, name, **how)
        if plain is None:  # GDAL would follow a link in any part of it
            require_named_crs(file, name)
        options["DATE_AS_STRING"] = "YES"  # GDAL would write 2024/01/02 and 10:11 anew
    rows, shapes, crs, names = plain or _read_any(ask, file, layer, name, options)
    _require_kinds(shapes, card, name)
    if len(rows):
        require_served(names, card.layout, name)
    rows = rows.select(c for c in served(names, card.layout) if c in rows.columns)
    if unread := sorted({*names} - {*rows.columns}):
        log.info("%s: columns that the card does not name are not read: %s", name, unread)
    rows = spelled_out(rows)
    rows = rows.select(as_text(column, kind) for column, kind in rows.schema.items())
    sheet = (layer if card.layout.layers is not None else None) or title
    if suffix == ".thf":  # a sheet of the cadastre is told by its file's name alone
        sheet = f"{name} › {layer}"
    origin = pd.DataFrame(
        {"source_sheet": [sheet] * len(shapes), "source_line": range(1, len(shapes) + 1)}
    )
    text = pd.concat([origin.astype({"source_sheet": "str"}), rows.to_pandas()], axis=1)
    return gpd.GeoDataFrame(text, geometry=shapes, crs=crs_of(crs, shapes, name))


def _read_plain(
    ask: Ask, file: Path, layout: Layout, name: str, *, is_head: bool, is_alone: bool
) -> Read | None:
    """A GeoJSON read in columns, with what GDAL says of its CRS; None where GDAL must read all."""
    alone, to = file.parent / ".alone.geojson", file.parent / ".layer.arrow"
    names = ask("survey_features", file=str(file), to=str(alone))
    if names is None:
        return None
    require_named_crs(alone, name)
    last = _read_any(ask, alone, None, name, {})
    if is_head:
        return None if layout.match(names).missing else last._replace(names=names)
    known: list[str] = []
    found: dict[str, Any] | None = None
    while not layout.match(names).missing and (wanted := served(names, layout)) != known:
        found = None
        if not {*COORDINATES} & {*wanted}:
            found = ask("read_features", file=str(file), names=wanted, to=str(to))
        if found is None:
            return None
        known, names = wanted, found["names"]
    if found is None:
        return None
    table = read_arrow(to)
    rows = pl.DataFrame(attributes_of(table.drop(list(COORDINATES))))
    declared = crs_of(last.crs, last.shapes, name) if is_alone else None
    shapes, is_projected = of_coordinates(table, found["shape"], declared)
    return Read(rows, shapes, projection().crs if is_projected else last.crs, names)


def _read_any(ask: Ask, file: Path, layer: str | None, name: str, options: dict[str, str]) -> Read:
    """A layer as GDAL reads it."""
    about, table = open_layer(ask, file, layer, name, options)
    drawn = about["geometry"]
    if drawn not in table.column_names:
        msg = f"{name} holds no shape: download it again."
        raise InputError(msg)
    shapes = of_binary(ask, table.column(drawn), file, layer)
    rows = pl.DataFrame(attributes_of(table.drop(drawn)))
    return Read(rows, shapes, about["crs"], rows.columns)


def _require_whole(records: Path, name: str) -> None:
    """Refuse a shapefile whose table of attributes was cut: GDAL would read what is left."""
    if not records.exists():
        return
    with records.open("rb") as file:
        count, above, width = struct.unpack("<4xIHH20x", file.read(32).ljust(32, b"\0"))
    if records.stat().st_size < above + count * width:
        msg = f"{name} is truncated: its table ends before its last row. Download it again."
        raise InputError(msg)


def _require_kinds(shapes: np.ndarray, card: Card, name: str) -> None:
    wanted = set().union(*(GEOMETRY_TYPES[kind] for kind in card.layout.geometry))
    found = set(np.unique(shapely.get_type_id(shapes))) - {-1} - wanted
    if wanted and found:
        kinds = " or ".join(card.layout.geometry)
        listed = ", ".join(sorted(KIND_NAMES[at] for at in found))
        at = int(np.flatnonzero(~np.isin(shapely.get_type_id(shapes), [-1, *wanted]))[0]) + 1
        msg = f"{name}, shape {at}: holds {listed}: {card.title} is made of {kinds}s."
        raise InputError(msg)
