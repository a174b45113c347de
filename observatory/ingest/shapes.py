"""Shapes made usable: valid, in the projected CRS, and beside rows under our names of columns."""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import polars as pl
import shapely

from observatory.geography.crs import (
    EASTINGS,
    LATITUDES,
    LONGITUDES,
    METROPOLITAN,
    NORTHINGS,
    WGS84,
)
from observatory.geography.layers import as_geodataframe, drop_geometry
from observatory.ingest.cleaning import Cleaned
from observatory.ingest.issue_types import Severity
from observatory.ingest.issues import ORIGIN, IssueLog
from observatory.ingest.reading import rename_columns
from observatory.ingest.sandbox import UnreadableError, sandbox
from observatory.metadata.cards import Card
from observatory.storage.members import MemberError

POLYGONAL = (3, 6)
FARTHEST_METRES = 40_000_000
# repairing takes time and memory that grow with the square of the corners
MOST_CORNERS = 10_000


@dataclass(frozen=True)
class Layer:
    """Rows with an ``_at`` column, and the shapes it points at, in the projected CRS."""

    rows: pl.DataFrame
    shapes: np.ndarray

    def with_rows(self, rows: pl.DataFrame) -> gpd.GeoDataFrame:
        """The rows that are left, each with its shape again."""
        shapes = self.shapes[rows["_at"].to_numpy()]
        return as_geodataframe(rows.drop("_at"), shapes)


def cleaned_layer(
    raw: gpd.GeoDataFrame,
    card: Card,
    clean: Callable[[Layer, IssueLog], pl.DataFrame],
    **usability: Any,
) -> Cleaned:
    """The shapes of a source that ``clean`` makes of the usable ones, and the issues logged.

    ``clean`` returns the rows that it keeps, each with the ``_at`` that points at its shape.
    """
    log = IssueLog()
    layer = usable(raw, card, log, **usability)
    return Cleaned(rows=layer.with_rows(clean(layer, log)), issues=log.table())


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
    table = drop_geometry(raw).cast(dict(ORIGIN))  # type: ignore[arg-type]
    rows = rename_columns(table, card.layout).with_row_index("_at")
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
    shapes = gpd.GeoSeries(shapes, crs=raw.crs or WGS84).to_crs(METROPOLITAN).to_numpy().copy()
    drawn &= ~_beyond_the_world(shapes)
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


def _inside(rows: pl.DataFrame, shapes: np.ndarray, log: IssueLog) -> pl.DataFrame:
    """Leave out shapes that lie outside of metropolitan France: their CRS is not what it says."""
    left, bottom, right, top = shapely.bounds(shapes).T
    with np.errstate(invalid="ignore"):
        away = (
            (right < EASTINGS[0])
            | (left > EASTINGS[1])
            | (top < NORTHINGS[0])
            | (bottom > NORTHINGS[1])
        )
    marked = rows.with_columns(_away=pl.Series(away, dtype=pl.Boolean))
    return log.reject(marked, pl.col("_away"), column="geometry", issue_type="outside_france").drop(
        "_away"
    )


def _beyond_the_world(shapes: np.ndarray) -> np.ndarray:
    """Shapes of which a coordinate is no number, or farther than any place on Earth."""
    points, own = shapely.get_coordinates(shapes, return_index=True)
    with np.errstate(invalid="ignore"):
        there = (np.abs(points) <= FARTHEST_METRES).all(axis=1)
    beyond = np.zeros(len(shapes), dtype=bool)
    beyond[own[~there]] = True
    return beyond


def _swapped(shapes: np.ndarray) -> np.ndarray:
    left, bottom, right, top = shapely.bounds(shapes).T
    with np.errstate(invalid="ignore"):
        return (
            (left >= LATITUDES[0])
            & (right <= LATITUDES[1])
            & (bottom >= LONGITUDES[0])
            & (top <= LONGITUDES[1])
        )


def _repaired(broken: np.ndarray) -> np.ndarray:
    """Polygons made valid; none in place of one that asks for more than the sandbox gives."""
    whole = np.full(len(broken), None, dtype=object)
    is_large = shapely.get_num_coordinates(broken) > MOST_CORNERS
    whole[~is_large] = shapely.make_valid(
        broken[~is_large], method="structure", keep_collapsed=False
    )
    if is_large.any():
        with contextlib.suppress(MemberError, UnreadableError), sandbox() as ask:
            for at in np.flatnonzero(is_large):
                drawn = ask("repair", shape=shapely.to_wkb(broken[at], hex=True))
                whole[at] = shapely.from_wkb(drawn)
    return whole


def _valid(
    rows: pl.DataFrame, shapes: np.ndarray, log: IssueLog
) -> tuple[pl.DataFrame, np.ndarray]:
    """Invalid polygons made valid; the area each repair moved is logged."""
    broken = ~shapely.is_valid(shapes) & ~shapely.is_missing(shapes)
    if not broken.any():
        return rows, shapes
    before = shapes[broken]
    after = _repaired(before)
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
