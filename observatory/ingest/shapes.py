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
from observatory.ingest.coordinates import (
    IN_DEGREES,
    TURNED,
    USABLE,
    Written,
    put_right,
    tell_written,
)
from observatory.ingest.issue_types import Severity
from observatory.ingest.issues import ORIGIN, IssueLog
from observatory.ingest.layers import GEOMETRY_TYPES
from observatory.ingest.reading import rename_columns
from observatory.ingest.sandbox import UnreadableError, sandbox
from observatory.ingest.written import shapes_of_texts
from observatory.metadata.cards import Card
from observatory.storage.members import MemberError

POLYGON, POLYGONAL = shapely.GeometryType.POLYGON, (3, 6)
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

    Coordinates in another order or system than the file's are put right where that is certain,
    invalid polygons are made valid and the area that moved is logged. A row without a shape, with
    one at (0, 0) or outside of the territory's part of France is left out, or kept where
    ``blank_is_kept``: its shape is None then. ``severity`` is that of a missing shape.
    """
    table = drop_geometry(raw).cast(dict(ORIGIN))  # type: ignore[arg-type]
    rows = rename_columns(table, card.layout).with_row_index("_at")
    drawn, is_text = _with_written(rows, raw.geometry.to_numpy(), card, log)
    shapes, found = _projected(drawn, is_text, raw.crs, in_metropolitan_france)
    log.add(
        rows.filter(pl.Series(found.turned)),
        column="geometry",
        issue_type="repaired_coordinates",
        kept=True,
    )
    _log_repairs(rows, found, log)
    for astray, kind in ((found.nowhere, "no_coordinates"), (found.away, "outside_france")):
        shapes[astray] = None
        rows = _without(rows, astray, log, kind=kind, blank_is_kept=blank_is_kept)
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


def _with_written(
    rows: pl.DataFrame, drawn: np.ndarray, card: Card, log: IssueLog
) -> tuple[np.ndarray, np.ndarray]:
    """Shapes as drawn, else as the first column of text that holds one of the card's kinds.

    And which come from text.
    """
    shapes, is_text = drawn.copy(), np.zeros(len(drawn), dtype=bool)
    for column in card.layout.shapes:
        blank = shapely.is_missing(shapes)
        if not blank.any() or not rows[column].count():
            continue
        told, mended = shapes_of_texts(rows[column])
        kinds = set().union(*(GEOMETRY_TYPES[kind] for kind in card.layout.geometry))
        told[~np.isin(shapely.get_type_id(told), [*kinds])] = None
        unread = shapely.is_missing(told) & rows[column].is_not_null().to_numpy()
        log.add(
            rows.filter(pl.Series(blank & unread)),
            column=column,
            issue_type="unusable_geometry",
            severity="warning",
            kept=True,
        )
        log.add(
            rows.filter(pl.Series(blank & mended)),
            column=column,
            issue_type="repaired_geometry",
            kept=True,
            replaced_by=pl.lit("ring closed"),
        )
        shapes[blank] = told[blank]
        is_text |= blank & ~shapely.is_missing(told)
    return shapes, is_text


def _without(
    rows: pl.DataFrame, astray: np.ndarray, log: IssueLog, *, kind: str, blank_is_kept: bool
) -> pl.DataFrame:
    """Rows without those whose shape is astray, or with them where a blank shape is kept."""
    marked = rows.with_columns(_astray=pl.Series(astray).gather(rows["_at"]))
    if blank_is_kept:
        log.add(marked.filter("_astray"), column="geometry", issue_type=kind, kept=True)
        return rows
    return log.reject(marked, pl.col("_astray"), column="geometry", issue_type=kind).drop("_astray")


@dataclass(frozen=True, kw_only=True)
class Found:
    """What was seen of shapes while they were projected, row by row; of repairs, where and what."""

    drawn: np.ndarray
    turned: np.ndarray
    nowhere: np.ndarray
    away: np.ndarray
    repairs: list[pl.DataFrame]


def _projected(
    drawn: np.ndarray, is_text: np.ndarray, declared: Any, in_metropolitan_france: bool
) -> tuple[np.ndarray, Found]:
    """Shapes valid and in the projected CRS, some thousands after the others.

    Those that ``is_text`` are in no declared CRS: in degrees or in metres, as they are written.
    """
    shapes = np.full(len(drawn), None, dtype=object)
    found = Found(
        **{
            name: np.zeros(len(drawn), dtype=bool)
            for name in ("drawn", "turned", "nowhere", "away")
        },
        repairs=[],
    )
    crs = pyproj.CRS(WGS84) if declared is None else declared
    project = None
    if not crs.is_exact_same(projection().crs):
        project = pyproj.Transformer.from_crs(crs, projection().crs, always_xy=True)
    for begin in range(0, len(drawn), BLOCK):
        block = slice(begin, begin + BLOCK)
        own = drawn[block].copy()
        has_height = shapely.has_z(own)
        own[has_height] = shapely.force_2d(own[has_height])
        is_there = ~(shapely.is_missing(own) | shapely.is_empty(own))
        bounds = shapely.bounds(own)
        written = tell_written(bounds, projection())
        as_declared = _is_as_declared(written, crs, is_text[block])
        found.turned[block] = is_there & ~as_declared & np.isin(written, USABLE)
        moved = (found.turned[block] | is_text[block]) & np.isin(written, USABLE)
        found.nowhere[block] = is_there & (written == Written.NOWHERE)
        if project is not None or moved.any() or (np.abs(bounds) > FARTHEST_METRES).any():
            _move(own, np.where(moved, written, Written.AWAY), project)
        own[shapely.is_empty(own)] = None
        found.repairs.append(_repair(own, begin))
        if in_metropolitan_france:
            found.away[block] = _away(own) & ~found.nowhere[block]
        found.drawn[block] = ~(shapely.is_missing(own) | shapely.is_empty(own))
        shapes[block] = own
    return shapes, found


def _is_as_declared(written: np.ndarray, crs: pyproj.CRS, is_text: np.ndarray) -> np.ndarray:
    """Whether shapes are written in the order and system that their file says, or may be."""
    if crs.is_geographic:
        fits = ~np.isin(written, [Written.TURNED_DEGREES, Written.METRES, Written.TURNED_METRES])
    elif crs.is_exact_same(projection().crs):
        fits = ~np.isin(written, [*IN_DEGREES, Written.TURNED_METRES])
    else:
        fits = ~np.isin(written, IN_DEGREES)
    return np.where(is_text, ~np.isin(written, TURNED), fits)


def _move(shapes: np.ndarray, written: np.ndarray, project: pyproj.Transformer | None) -> None:
    """Put shapes in the projected CRS; none in place of one that lies beyond the world.

    Those that are ``written`` otherwise than declared are moved from there, the rest by
    ``project``.
    """
    points, own = shapely.get_coordinates(shapes, return_index=True)
    east, north = points[:, 0].copy(), points[:, 1].copy()
    if project is not None:
        east, north = project.transform(east, north)
    otherwise = np.isin(written, USABLE)[own]
    east[otherwise], north[otherwise] = put_right(
        points[otherwise, 0], points[otherwise, 1], written[own][otherwise], projection()
    )
    with np.errstate(invalid="ignore"):
        there = (np.abs(east) <= FARTHEST_METRES) & (np.abs(north) <= FARTHEST_METRES)
    beyond = np.zeros(len(shapes), dtype=bool)
    beyond[own[~there]] = True
    kept = ~beyond[own]
    shapes[beyond] = None
    _redraw(shapes, np.stack([east[kept], north[kept]], axis=1), own[kept])


def _redraw(shapes: np.ndarray, points: np.ndarray, own: np.ndarray) -> None:
    """Draw shapes through other ``points``, each of the shape that ``own`` tells.

    Polygons without holes, which nearly all are, at once: a fifth of the time.
    """
    plain = (shapely.get_type_id(shapes) == POLYGON) & (shapely.get_num_interior_rings(shapes) == 0)
    counts = np.bincount(own, minlength=len(shapes))
    plain &= counts > 0
    ends = np.concatenate([[0], np.cumsum(counts[plain])])
    rings = (ends, np.arange(len(ends)))
    is_plain = plain[own]
    if plain.any():
        shapes[plain] = shapely.from_ragged_array(POLYGON, points[is_plain], rings)
    shapes[~plain] = shapely.set_coordinates(shapes[~plain], points[~is_plain])


def _away(shapes: np.ndarray) -> np.ndarray:
    """Shapes outside of the part of France that is drawn: their CRS is not what it says."""
    left, bottom, right, top = shapely.bounds(shapes).T
    eastings, northings = projection().eastings, projection().northings
    with np.errstate(invalid="ignore"):
        return np.asarray(
            (right < eastings[0])
            | (left > eastings[1])
            | (top < northings[0])
            | (bottom > northings[1])
        )


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
