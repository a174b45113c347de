"""Reads map layers that GDAL opens: attributes as text, shapes as drawn."""

import re
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
from observatory.ingest.headers import require_served
from observatory.ingest.issues import LINE
from observatory.ingest.unpacking import unpacked
from observatory.metadata.cards import Card, normalise

FARTHEST_DEGREES = (180, 90, 180, 90)
LOOSE = (".json",)
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
WHOLE_BELOW = 2**53
UNREADABLE = (
    pyogrio.errors.DataSourceError,
    pyogrio.errors.DataLayerError,
    pyogrio.errors.FieldError,
    pa.ArrowException,
    RuntimeError,
    ValueError,
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
        frames = [
            _read_one(file, layer, card, name)
            for file in data
            for layer in _layers(file, card, name)
        ]
    if not frames:
        msg = f"{name}: no layer “{card.layout.layers}” in it: is it the right file?"
        raise InputError(msg)
    frame = pd.concat(frames, ignore_index=True) if len(frames) > 1 else frames[0]
    if frame.empty:
        msg = f"{name} holds no shape: download it again."
        raise InputError(msg)
    frame.insert(0, "source_key", card.key)
    frame.insert(1, "source_sha256", sha256)
    return gpd.GeoDataFrame(frame, geometry="geometry", crs=frames[0].crs)


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


def _read_one(file: Path, layer: str | None, card: Card, name: str) -> gpd.GeoDataFrame:
    """One layer: text beside shapes; a shape that cannot be built is none, and told later."""
    try:
        with warnings.catch_warnings():  # rings that are not closed: they come without a shape
            warnings.simplefilter("ignore", RuntimeWarning)
            about, table = pyogrio.read_arrow(file, layer=layer)
    except UNREADABLE as error:
        msg = f"{name} is no map layer that GDAL can read: download it again."
        raise InputError(msg) from error
    drawn = about["geometry_name"] or "wkb_geometry"
    if drawn not in table.column_names:
        msg = f"{name} holds no shape: download it again."
        raise InputError(msg)
    wkb = table.column(drawn).to_numpy(zero_copy_only=False)
    shapes = shapely.force_2d(shapely.from_wkb(wkb, on_invalid="ignore"))
    _require_kinds(shapes, card, name)
    names = [column for column in table.column_names if column != drawn]
    if table.num_rows:
        require_served(names, card.layout, name)
    sheet = layer if card.layout.layers is not None else None
    if file.suffix.lower() == ".thf":  # a sheet of the cadastre is told by its file's name alone
        sheet = f"{name} › {layer}"
    rows = _as_text(pl.DataFrame(pl.from_arrow(table.select(names))) if names else pl.DataFrame())
    origin = pd.DataFrame(
        {"source_sheet": [sheet] * len(shapes), "source_line": range(1, len(shapes) + 1)}
    )
    text = pd.concat([origin.astype({"source_sheet": "str"}), rows.to_pandas()], axis=1)
    return gpd.GeoDataFrame(text, geometry=shapes, crs=_crs(about["crs"], shapes, name))


def _as_text(rows: pl.DataFrame) -> pl.DataFrame:
    """Values as text; a whole number that GDAL keeps as a decimal is whole again."""
    return rows.select(_text(name, kind) for name, kind in rows.schema.items())


def _text(name: str, kind: pl.DataType) -> pl.Expr:
    value = pl.col(name)
    if kind.is_float():
        whole = (value == value.floor()) & (value.abs() < WHOLE_BELOW)
        return (
            pl.when(whole)
            .then(value.cast(pl.Int64, strict=False).cast(pl.String))
            .otherwise(value.cast(pl.String))
        )
    if kind.is_nested() or kind == pl.Binary:
        return value.map_elements(str, return_dtype=pl.String)
    return value.cast(pl.String)


def _require_kinds(shapes: np.ndarray, card: Card, name: str) -> None:
    wanted = set().union(*(GEOMETRY_TYPES[kind] for kind in card.layout.geometry))
    found = set(np.unique(shapely.get_type_id(shapes))) - {-1} - wanted
    if wanted and found:
        kinds = " or ".join(card.layout.geometry)
        listed = ", ".join(sorted(KIND_NAMES[at] for at in found))
        msg = f"{name} holds {listed}: {card.title} is made of {kinds}s."
        raise InputError(msg)


def _crs(declared: str | None, shapes: np.ndarray, name: str) -> Any:
    """The CRS as declared; Lambert-93 by its name, where the file gives no number."""
    crs = pyproj.CRS(declared or WGS84)
    if crs.to_epsg() is None and LAMBERT_93.search(crs.name.replace("_", " ")):
        return pyproj.CRS(METROPOLITAN)
    drawn = shapely.bounds(shapes)
    if crs.is_geographic and not (np.abs(drawn) <= FARTHEST_DEGREES)[~np.isnan(drawn)].all():
        msg = f"{name}: coordinates are not longitudes and latitudes, and no other CRS is named."
        raise InputError(msg)
    return crs
