"""Reads map layers that GDAL opens: attributes as text, shapes as drawn; then makes them usable."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import polars as pl
import pyogrio
import pyproj
import shapely

from observatory.errors import InputError
from observatory.geography.crs import METROPOLITAN, WEB
from observatory.ingest.cleaning import (
    LINE,
    ORIGIN,
    IssueLog,
    normalise,
    require_unambiguous,
)
from observatory.ingest.issue_types import Severity
from observatory.ingest.unpacking import unpacked
from observatory.metadata.cards import Card

FARTHEST_DEGREES = (180, 90, 180, 90)
LOOSE = (".json",)
SUFFIXES = (".gpkg", ".shp", ".geojson", ".json", ".thf", ".fgb")
LAMBERT_93 = re.compile(r"rgf.?93.*lambert.?93|lambert.?93.*rgf.?93", re.IGNORECASE)
KINDS = {
    "polygon": {"Polygon", "MultiPolygon"},
    "line": {"LineString", "MultiLineString"},
    "point": {"Point", "MultiPoint"},
}
# longitudes and latitudes of metropolitan France, apart enough for a swap to be certain
LONGITUDES, LATITUDES = (-6.0, 10.5), (41.0, 52.0)
# of metropolitan France in Lambert-93, with the sea around
LAMBERT_BOUNDS = (50_000.0, 6_000_000.0, 1_300_000.0, 7_150_000.0)
POLYGONAL = (3, 6)


@dataclass(frozen=True)
class Layer:
    """Rows with an ``_at`` column, and the shapes it points at, in the projected CRS."""

    rows: pl.DataFrame
    shapes: np.ndarray

    def with_rows(self, rows: pl.DataFrame) -> gpd.GeoDataFrame:
        """The rows that are left, each with its shape again."""
        shapes = self.shapes[rows["_at"].to_numpy()]
        return as_geodataframe(rows.drop("_at"), shapes)


def as_geodataframe(rows: pl.DataFrame, shapes: np.ndarray) -> gpd.GeoDataFrame:
    """Attributes and shapes, row by row, in the projected CRS."""
    return gpd.GeoDataFrame(as_pandas(rows), geometry=shapes, crs=METROPOLITAN)


def as_pandas(rows: pl.DataFrame) -> pd.DataFrame:
    """The rows as pandas holds them without changing what they are.

    A whole number with a blank stays whole, a flag with a blank a flag, and a day a day.
    """
    frame = rows.to_pandas()
    for name, kind in rows.schema.items():
        if kind == pl.Date:
            frame[name] = pd.Series(rows[name].to_list(), index=frame.index, dtype="object")
        elif rows[name].has_nulls() and (kind.is_integer() or kind == pl.Boolean):
            kept = pd.BooleanDtype() if kind == pl.Boolean else pd.Int64Dtype()
            frame[name] = pd.Series(rows[name].to_list(), index=frame.index, dtype=kept)
    return frame


def attributes(frame: gpd.GeoDataFrame) -> pl.DataFrame:
    """A layer's rows without their shapes."""
    return pl.from_pandas(frame.drop(columns=frame.geometry.name))


def empty_layer() -> gpd.GeoDataFrame:
    """What a source that nobody has archived reads as: no row, no shape."""
    columns: dict[str, list[Any]] = {name: [] for name in LINE}
    frame = gpd.GeoDataFrame(columns, geometry=gpd.GeoSeries([], crs=WEB), crs=WEB)
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
    try:
        frame = pyogrio.read_dataframe(file, layer=layer)
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, ValueError) as error:
        msg = f"{name} is no map layer that GDAL can read: download it again."
        raise InputError(msg) from error
    if not isinstance(frame, gpd.GeoDataFrame):
        msg = f"{name} holds no shape: download it again."
        raise InputError(msg)
    if frame.geometry.name != "geometry":
        frame = frame.rename_geometry("geometry")
    _require_kinds(frame, card, name)
    names = [str(c) for c in frame.columns if c != "geometry"]
    if taken := sorted(set(names) & set(LINE)):
        msg = f"{name}: a column is called {taken[0]}, a name kept for where rows stand."
        raise InputError(msg)
    for ours, pattern in card.layout.all_columns.items():
        found = require_unambiguous(names, pattern, name)
        if found is None and ours in card.layout.columns and not frame.empty:
            msg = f"{name}: no column “{pattern}” for {ours} in {', '.join(names) or 'nothing'}."
            raise InputError(msg)
    content = {column: _as_text(frame[column]) for column in names}
    sheet = layer if card.layout.layers is not None else None
    if file.suffix.lower() == ".thf":  # a sheet of the cadastre is told by its file's name alone
        sheet = f"{name} › {layer}"
    origin = {"source_sheet": sheet, "source_line": range(1, len(frame) + 1)}
    text = gpd.GeoDataFrame(
        {**origin, **content}, geometry=frame.geometry.force_2d(), crs=_crs(frame, name)
    )
    return text.astype({"source_sheet": "str"})


def _require_kinds(frame: gpd.GeoDataFrame, card: Card, name: str) -> None:
    wanted = set().union(*(KINDS[kind] for kind in card.layout.geometry))
    found = set(frame.geom_type.dropna()) - wanted
    if wanted and found:
        kinds = " or ".join(card.layout.geometry)
        msg = f"{name} holds {', '.join(sorted(found))}: {card.title} is made of {kinds}s."
        raise InputError(msg)


def _crs(frame: gpd.GeoDataFrame, name: str) -> Any:
    """The CRS as declared; Lambert-93 by its name, where the file gives no number."""
    crs = frame.crs or pyproj.CRS(WEB)
    if crs.to_epsg() is None and LAMBERT_93.search(crs.name.replace("_", " ")):
        return pyproj.CRS(METROPOLITAN)
    drawn = frame.total_bounds
    if crs.is_geographic and not (np.abs(drawn) <= FARTHEST_DEGREES)[~np.isnan(drawn)].all():
        msg = f"{name}: coordinates are not longitudes and latitudes, and no other CRS is named."
        raise InputError(msg)
    return crs


def _as_text(column: Any) -> Any:
    """Values as text; a code that became a number loses its ``.0``, a blank stays blank."""
    text = column.astype("str").str.replace(r"\.0$", "", regex=True)
    return text.where(column.notna(), None)


def usable(
    raw: gpd.GeoDataFrame,
    card: Card,
    log: IssueLog,
    *,
    blank_is_kept: bool = False,
    severity: Severity = "warning",
    in_metropolitan_france: bool = True,
) -> Layer:
    """Rows under our names of columns, shapes valid and in the projected CRS; issues for the rest.

    Latitudes written before longitudes are put right where the swap is certain, invalid polygons
    are made valid and the area that moved is logged. A row without a shape is left out, or kept
    where ``blank_is_kept``: its shape is None then. ``severity`` is that of a missing shape. A
    shape outside of metropolitan France is left out: its file is in another CRS than it says.
    """
    rows = _renamed(raw, card)
    shapes = raw.geometry.to_numpy().copy()
    drawn = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    if raw.crs is not None and raw.crs.is_geographic and len(raw):
        swapped = drawn & _swapped(shapes)
        shapes[swapped] = shapely.transform(shapes[swapped], lambda xy: xy[:, ::-1])
        log.add(
            rows.filter(pl.Series(swapped, dtype=pl.Boolean)),
            column="geometry",
            issue_type="repaired_coordinates",
            kept=True,
        )
    shapes = gpd.GeoSeries(shapes, crs=raw.crs or WEB).to_crs(METROPOLITAN).to_numpy().copy()
    shapes[~drawn] = None
    rows, shapes = _valid(rows, shapes, log)
    if in_metropolitan_france:
        rows = _inside(rows, shapes, log)
    drawn &= ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    if not blank_is_kept:
        missing = rows.with_columns(
            _bad=pl.Series((~drawn)[rows["_at"].to_numpy()], dtype=pl.Boolean)
        )
        rows = log.reject(
            missing,
            pl.col("_bad"),
            column="geometry",
            issue_type="unusable_geometry",
            severity=severity,
        ).drop("_bad")
    return Layer(rows=rows, shapes=shapes)


def _renamed(raw: gpd.GeoDataFrame, card: Card) -> pl.DataFrame:
    table = attributes(raw).cast(dict(ORIGIN))  # type: ignore[arg-type]
    names = [c for c in table.columns if c not in LINE]
    found = {
        ours: [c for c in names if re.fullmatch(pattern, normalise(c))]
        for ours, pattern in card.layout.all_columns.items()
    }
    return table.select(
        *LINE,
        *(
            (pl.coalesce(cs).cast(pl.String) if cs else pl.lit(None, pl.String)).alias(ours)
            for ours, cs in found.items()
        ),
    ).with_row_index("_at")


def _inside(rows: pl.DataFrame, shapes: np.ndarray, log: IssueLog) -> pl.DataFrame:
    """Leave out shapes that lie outside of metropolitan France: their CRS is not what it says."""
    left, bottom, right, top = shapely.bounds(shapes).T
    with np.errstate(invalid="ignore"):
        away = (
            (right < LAMBERT_BOUNDS[0])
            | (top < LAMBERT_BOUNDS[1])
            | (left > LAMBERT_BOUNDS[2])
            | (bottom > LAMBERT_BOUNDS[3])
        )
    marked = rows.with_columns(_away=pl.Series(away, dtype=pl.Boolean))
    return log.reject(marked, pl.col("_away"), column="geometry", issue_type="outside_france").drop(
        "_away"
    )


def _swapped(shapes: np.ndarray) -> np.ndarray:
    left, bottom, right, top = shapely.bounds(shapes).T
    with np.errstate(invalid="ignore"):
        return (
            (left >= LATITUDES[0])
            & (right <= LATITUDES[1])
            & (bottom >= LONGITUDES[0])
            & (top <= LONGITUDES[1])
        )


def _valid(
    rows: pl.DataFrame, shapes: np.ndarray, log: IssueLog
) -> tuple[pl.DataFrame, np.ndarray]:
    """Invalid polygons made valid; the area each repair moved is logged."""
    broken = ~shapely.is_valid(shapes) & ~shapely.is_missing(shapes)
    if not broken.any():
        return rows, shapes
    before = shapes[broken]
    after = shapely.make_valid(before, method="structure", keep_collapsed=False)
    flat = np.isin(shapely.get_type_id(before), POLYGONAL)
    lost = flat & ~np.isin(shapely.get_type_id(after), POLYGONAL)
    after[lost] = None
    moved = np.abs(shapely.area(before) - np.nan_to_num(shapely.area(after)))
    kept = ~(shapely.is_missing(after) | shapely.is_empty(after))
    reasons = [str(r) for r in shapely.is_valid_reason(before)]
    logged = rows.filter(pl.Series(broken, dtype=pl.Boolean)).with_columns(
        _reason=pl.Series(reasons, dtype=pl.String),
        _moved=pl.Series([f"{m:.1f} m² moved" for m in moved], dtype=pl.String),
        _kept=pl.Series(kept, dtype=pl.Boolean),
    )
    log.add(
        logged.filter("_kept"),
        column="geometry",
        value="_reason",
        issue_type="repaired_geometry",
        kept=True,
        replaced_by=pl.col("_moved"),
    )
    repaired = shapes.copy()
    repaired[broken] = after
    return rows, repaired


def as_multipolygons(shapes: gpd.GeoSeries) -> gpd.GeoSeries:
    """Polygons and multipolygons, all as multipolygons."""
    single = (shapes.geom_type == "Polygon").to_numpy()
    found = shapes.to_numpy().copy()
    parts = found[single]
    found[single] = shapely.multipolygons(parts, indices=np.arange(len(parts)))
    return gpd.GeoSeries(found, index=shapes.index, crs=shapes.crs)
