"""Shapes made usable: valid, in the projected CRS, and beside rows under our names of columns."""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import polars as pl
import pyproj
import shapely

from observatory.geography.crs import WGS84
from observatory.geography.ground import projection
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
BLOCK = 100_000


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
    shape outside of the territory's part of France is left out: its file is in another CRS than it
    says.
    """
    table = drop_geometry(raw).cast(dict(ORIGIN))  # type: ignore[arg-type]
    rows = rename_columns(table, card.layout).with_row_index("_at")
    shapes, found = _projected(raw)
    log.add(
        rows.filter(pl.Series(found.swapped)),
        column="geometry",
        issue_type="repaired_coordinates",
        kept=True,
    )
    _log_repairs(rows, found, log)
    if in_metropolitan_france:
        marked = rows.with_columns(_away=pl.Series(found.away))
        rows = log.reject(
            marked, pl.col("_away"), column="geometry", issue_type="outside_france"
        ).drop("_away")
    if not blank_is_kept:
        missing = rows.with_columns(_bad=pl.Series(~found.drawn).gather(rows["_at"]))
        rows = log.reject(
            missing,
            pl.col("_bad"),
            column="geometry",
            issue_type="unusable_geometry",
            severity=severity,
        ).drop("_bad")
    return Layer(rows=rows, shapes=shapes)


@dataclass(frozen=True, kw_only=True)
class Found:
    """What was seen of shapes while they were projected, row by row; of repairs, where and what."""

    drawn: np.ndarray
    swapped: np.ndarray
    away: np.ndarray
    repairs: list[pl.DataFrame]


def _projected(raw: gpd.GeoDataFrame) -> tuple[np.ndarray, Found]:
    """Shapes valid and in the projected CRS, some thousands after the others."""
    shapes = np.full(len(raw), None, dtype=object)
    found = Found(
        **{name: np.zeros(len(raw), dtype=bool) for name in ("drawn", "swapped", "away")},
        repairs=[],
    )
    drawn, crs = raw.geometry.to_numpy(), pyproj.CRS(raw.crs or WGS84)
    project = None
    if not crs.is_exact_same(projection().crs):
        project = pyproj.Transformer.from_crs(crs, projection().crs, always_xy=True)
    for begin in range(0, len(raw), BLOCK):
        block = slice(begin, begin + BLOCK)
        own = drawn[block].copy()
        found.swapped[block] = crs.is_geographic & _swapped(own)
        _move(own, found.swapped[block], project)
        found.repairs.append(_repair(own, begin))
        found.away[block] = _away(own)
        found.drawn[block] = ~(shapely.is_missing(own) | shapely.is_empty(own))
        shapes[block] = own
    return shapes, found


def _move(shapes: np.ndarray, swapped: np.ndarray, project: pyproj.Transformer | None) -> None:
    """Put shapes in the projected CRS; none in place of one that lies beyond the world."""
    points, own = shapely.get_coordinates(shapes, return_index=True)
    turned = swapped[own]
    east = np.where(turned, points[:, 1], points[:, 0])
    north = np.where(turned, points[:, 0], points[:, 1])
    if project is not None:
        east, north = project.transform(east, north, inplace=True)
    with np.errstate(invalid="ignore"):
        there = (np.abs(east) <= FARTHEST_METRES) & (np.abs(north) <= FARTHEST_METRES)
    shapely.set_coordinates(shapes, np.stack([east, north], axis=1))
    shapes[own[~there]] = None
    shapes[shapely.is_empty(shapes)] = None


def _away(shapes: np.ndarray) -> np.ndarray:
    """Shapes outside of the part of France that is drawn: their CRS is not what it says."""
    left, bottom, right, top = shapely.bounds(shapes).T
    (west, east), (south, north) = projection().eastings, projection().northings
    with np.errstate(invalid="ignore"):
        return np.asarray((right < west) | (left > east) | (top < south) | (bottom > north))


def _swapped(shapes: np.ndarray) -> np.ndarray:
    """Shapes whose latitudes stand before their longitudes."""
    left, bottom, right, top = shapely.bounds(shapes).T
    (west, east), (south, north) = projection().longitudes, projection().latitudes
    with np.errstate(invalid="ignore"):
        return np.asarray((left >= south) & (right <= north) & (bottom >= west) & (top <= east))


def _repaired(broken: np.ndarray) -> np.ndarray:
    """Polygons made valid; none in place of one that asks for more than the sandbox gives."""
    whole = np.full(len(broken), None, dtype=object)
    is_large = shapely.get_num_coordinates(broken) > MOST_CORNERS
    for at in np.flatnonzero(~is_large):
        with contextlib.suppress(shapely.GEOSException):
            whole[at] = shapely.make_valid(broken[at], method="structure", keep_collapsed=False)
    if is_large.any():
        with contextlib.suppress(MemberError, UnreadableError), sandbox() as ask:
            for at in np.flatnonzero(is_large):
                drawn = ask("repair", shape=shapely.to_wkb(broken[at], hex=True))
                whole[at] = shapely.from_wkb(drawn)
    return whole


def _repair(shapes: np.ndarray, begin: int) -> pl.DataFrame:
    """Make invalid polygons valid; what was wrong with each, and the area that its repair moved.

    What is no polygon any more is none.
    """
    broken = np.flatnonzero(~shapely.is_valid(shapes) & ~shapely.is_missing(shapes))
    before = shapes[broken]
    after = _repaired(before)
    flat = np.isin(shapely.get_type_id(before), POLYGONAL)
    after[flat & ~np.isin(shapely.get_type_id(after), POLYGONAL)] = None
    moved = np.abs(shapely.area(before) - np.nan_to_num(shapely.area(after)))
    kept = ~(shapely.is_missing(after) | shapely.is_empty(after))
    reasons = [str(reason) for reason in shapely.is_valid_reason(before[kept])]
    shapes[broken] = after
    return pl.DataFrame(
        {
            "_at": begin + broken[kept],
            "_reason": reasons,
            "_moved": [f"{metres:.1f} m² moved" for metres in moved[kept]],
        },
        schema={"_at": pl.UInt32, "_reason": pl.String, "_moved": pl.String},
    )


def _log_repairs(rows: pl.DataFrame, found: Found, log: IssueLog) -> None:
    """One issue for each shape that was made valid."""
    if found.repairs:
        log.add(
            rows.join(pl.concat(found.repairs), on="_at", maintain_order="left"),
            column="geometry",
            value="_reason",
            issue_type="repaired_geometry",
            kept=True,
            replaced_by=pl.col("_moved"),
        )
