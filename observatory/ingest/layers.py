"""Reads map layers that GDAL opens: attributes as text, shapes as drawn."""

import os
import re
import struct
import warnings
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyogrio
import pyproj
import shapely

from observatory.errors import InputError
from observatory.geography.crs import METROPOLITAN, WGS84
from observatory.ingest.encoding import FRENCH_IN_UTF_8, as_utf8
from observatory.ingest.headers import require_served
from observatory.ingest.issues import LINE
from observatory.ingest.unpacking import unpacked
from observatory.ingest.values import as_text
from observatory.metadata.cards import Card, normalise

FARTHEST_DEGREES = (180, 90, 180, 90)
LOOSE = (".json",)
JSON = (".geojson", ".json")
SINGLE = (".geojson", ".json", ".fgb")
SUFFIXES = (".gpkg", ".shp", ".geojson", ".json", ".thf", ".fgb")
LAMBERT_93 = re.compile(r"rgf.?93.*lambert.?93|lambert.?93.*rgf.?93", re.IGNORECASE)
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
TEXT = (pa.string(), pa.large_string())
UNREADABLE = (
    pyogrio.errors.DataSourceError,
    pyogrio.errors.DataLayerError,
    pyogrio.errors.FieldError,
    pa.ArrowException,
    OSError,
    RuntimeError,
    ValueError,
    LookupError,
    UnboundLocalError,  # what pyogrio answers to a CRS that PROJ does not know
)


def empty_layer() -> gpd.GeoDataFrame:
    """What a source that nobody has archived reads as: no row, no shape."""
    columns: dict[str, list[Any]] = {name: [] for name in LINE}
    frame = gpd.GeoDataFrame(columns, geometry=gpd.GeoSeries([], crs=WGS84), crs=WGS84)
    return frame.astype(dict.fromkeys(LINE, "str")).astype({"source_line": "int64"})


def read_layer(path: Path, card: Card, *, name: str, sha256: str) -> gpd.GeoDataFrame:
    """Every shape with the producer's own attributes as text, and the columns of ``ORIGIN``.

    GeoJSON, GeoPackage, shapefile, FlatGeobuf or EDIGEO, as they are or packed (zip, 7z, tar,
    gzip); the CRS as declared. ``source_sheet`` is the layer's name where the file has several.
    Raises InputError for a file that GDAL cannot read, or that lacks a column or a layer.
    """
    with unpacked(path, name) as files:
        data = [f for f in files if f.suffix.lower() in SUFFIXES]
        if any(f.suffix.lower() not in LOOSE for f in data):  # a .json beside a layer describes it
            data = [f for f in data if f.suffix.lower() not in LOOSE]
        if not data:
            msg = f"{name} holds no map layer (GeoJSON, GeoPackage, shapefile, EDIGEO)."
            raise InputError(msg)
        titles = _titles(data)
        frames = [
            _read_one(file, layer, card, name, title=titles[file])
            for file in data
            for layer in _layers(file, card, name)
        ]
    if not frames:
        msg = f"{name}: no layer “{card.layout.layers}” in it: is it the right file?"
        raise InputError(msg)
    alike = [frame.to_crs(frames[0].crs) for frame in frames]
    frame = pd.concat(alike, ignore_index=True) if len(frames) > 1 else frames[0]
    if frame.empty:
        msg = f"{name} holds no shape: download it again."
        raise InputError(msg)
    frame.insert(0, "source_key", card.key)
    frame.insert(1, "source_sha256", sha256)
    return gpd.GeoDataFrame(frame, geometry="geometry", crs=frames[0].crs)


def _titles(files: list[Path]) -> dict[Path, str | None]:
    """What tells each of several files from the others: its path in the archive they came in."""
    if len(files) == 1:
        return {files[0]: None}
    top = os.path.commonpath([file.parent for file in files])
    return {file: file.relative_to(top).as_posix() for file in files}


def _layers(file: Path, card: Card, name: str) -> list[str | None]:
    """Names of the layers of ``file`` that the card asks for; [None] for the only one."""
    if file.suffix.lower() in SINGLE:
        return [None]
    try:
        listed = [str(layer) for layer, kind in pyogrio.list_layers(file) if kind is not None]
    except pyogrio.errors.DataSourceError as error:
        msg = f"{name} is no map layer that GDAL can read: download it again."
        raise InputError(msg) from error
    pattern = card.layout.layers
    if pattern is not None and len(listed) > 1:
        return [layer for layer in listed if re.fullmatch(pattern, normalise(layer))]
    if len(listed) > 1:
        msg = f"{name} holds several layers ({', '.join(listed)}): hand over the one that is meant."
        raise InputError(msg)
    return [*listed] or [None]


def _read_one(
    file: Path, layer: str | None, card: Card, name: str, *, title: str | None
) -> gpd.GeoDataFrame:
    """One layer: text beside shapes; a shape that cannot be built is none, and told later."""
    if file.suffix.lower() == ".shp":
        _require_whole(file.with_suffix(".dbf"), name)
    options: dict[str, str] = {}
    if file.suffix.lower() in JSON:
        file = as_utf8(file, name)
        options["DATE_AS_STRING"] = "YES"  # GDAL would write 2024/01/02 and 10:11 anew
    about, table = _opened(file, layer, name, options)
    drawn = about["geometry_name"] or "wkb_geometry"
    if drawn not in table.column_names:
        msg = f"{name} holds no shape: download it again."
        raise InputError(msg)
    shapes = _shapes(table.column(drawn), file, layer)
    _require_kinds(shapes, card, name)
    rows = pl.DataFrame(_plain(table.drop(drawn)))
    if table.num_rows:
        require_served(rows.columns, card.layout, name)
    rows = rows.select(as_text(column, kind) for column, kind in rows.schema.items())
    sheet = (layer if card.layout.layers is not None else None) or title
    if file.suffix.lower() == ".thf":  # a sheet of the cadastre is told by its file's name alone
        sheet = f"{name} › {layer}"
    origin = pd.DataFrame(
        {"source_sheet": [sheet] * len(shapes), "source_line": range(1, len(shapes) + 1)}
    )
    text = pd.concat([origin.astype({"source_sheet": "str"}), rows.to_pandas()], axis=1)
    return gpd.GeoDataFrame(text, geometry=shapes, crs=_crs(about["crs"], shapes, name))


def _opened(
    file: Path, layer: str | None, name: str, options: dict[str, str]
) -> tuple[dict[str, Any], pa.Table]:
    """What GDAL makes of a layer; texts that are not UTF-8, as a shapefile's may be, Western."""
    for encoding in (None, "CP1252"):
        try:
            with warnings.catch_warnings():  # rings that are not closed: they come without a shape
                warnings.simplefilter("ignore", RuntimeWarning)
                about, table = pyogrio.read_arrow(file, layer=layer, encoding=encoding, **options)
        except UNREADABLE as error:
            msg = f"{name} is no map layer that GDAL can read: download it again."
            raise InputError(msg) from error
        foreign, is_proved = _foreign(table)
        if foreign is None:
            return about, table
        if is_proved:
            break
    msg = f"{name}, shape {foreign}: damaged text: it is not UTF-8, as others are."
    raise InputError(msg)


def _foreign(table: pa.Table) -> tuple[int | None, bool]:
    """The first shape with a text that is not UTF-8, and whether another shows that all are."""
    texts = [column for column in table.columns if column.type in TEXT]
    if all(_is_utf_8(column) for column in texts):
        return None, False
    rows = zip(*(column.cast(pa.large_binary()).to_pylist() for column in texts), strict=True)
    lines = [b" ".join(value for value in row if value) for row in rows]
    foreign = next(
        at
        for at, line in enumerate(lines, start=1)
        if line.decode(errors="ignore").encode() != line
    )
    return foreign, any(FRENCH_IN_UTF_8.search(line) for line in lines)


def _is_utf_8(column: pa.ChunkedArray) -> bool:
    try:
        column.validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True


def _shapes(wkb: pa.ChunkedArray, file: Path, layer: str | None) -> np.ndarray:
    """Shapes as drawn, flat; curves as the lines that follow them; none where none can be built."""
    drawn = wkb.to_numpy(zero_copy_only=False)
    with np.errstate(invalid="ignore"):  # coordinates that are no number: dropped below
        try:
            shapes = shapely.from_wkb(drawn, on_invalid="ignore")
        except NotImplementedError:  # curves, which GDAL draws as lines in its own reader
            drawn = pyogrio.raw.read(file, layer=layer, columns=[])[2]
            shapes = shapely.from_wkb(drawn, on_invalid="ignore")
        shapes = shapely.force_2d(shapes)
    points, own = shapely.get_coordinates(shapes, return_index=True)
    shapes[own[~np.isfinite(points).all(axis=1)]] = None
    return shapes


def _plain(table: pa.Table) -> Any:
    """Attributes as Polars takes them: JSON as text, none called as the shape is."""
    columns = {
        f"{name}_" if name == "geometry" else name: column.cast(column.type.storage_type)
        if isinstance(column.type, pa.BaseExtensionType)
        else column
        for name, column in zip(table.column_names, table.columns, strict=True)
    }
    return pl.from_arrow(pa.table(columns)) if columns else None


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


def _crs(declared: str | None, shapes: np.ndarray, name: str) -> Any:
    """The CRS as declared; Lambert-93 by its name, where the file gives no number."""
    try:
        crs = pyproj.CRS(declared or WGS84)
    except pyproj.exceptions.CRSError:
        crs = None
    if crs is None or not (crs.is_geographic or crs.is_projected):
        msg = f"{name}: its coordinate system is not one of places on Earth: {str(declared)[:80]}"
        raise InputError(msg)
    if crs.to_epsg() is None and LAMBERT_93.search(crs.name.replace("_", " ")):
        return pyproj.CRS(METROPOLITAN)
    drawn = shapely.bounds(shapes)
    if crs.is_geographic and not (np.abs(drawn) <= FARTHEST_DEGREES)[~np.isnan(drawn)].all():
        msg = f"{name}: coordinates are not longitudes and latitudes, and no other CRS is named."
        raise InputError(msg)
    return crs
