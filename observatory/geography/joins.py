"""Joins points and shapes to areas: which lies in which, what they share, and how far apart.

One engine, GEOS, containment first: points are packed into blocks of neighbours, and a block that
lies inside an area needs no test of its points; a shape inside another is what the two share, and
needs no intersection. What crosses a border is tested exactly. The work is cut into slices of areas
that run side by side on the machine's cores, so that memory stays that of the rows returned and of
one slice a core.

A shape on which GEOS fails is repaired, and it alone: no shape ends a run.

Arrays of shapely geometries and of coordinates are in metres of one projected CRS (that of
the territory), which the caller answers for; areas are m², distances metres. What is missing
or empty meets nothing. No function raises for a shape.
"""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import shapely
from shapely.errors import GEOSException

WORKERS = os.cpu_count() or 1
# areas to a slice, where there are many
SLICE = 2_000
# where a repaired shape fails as well, its corners are moved to a grid of a millimetre
GRID_M = 0.001
# levels of an axis that points are packed by: two bytes, which sort in no time
LEVELS = 2**16

Columns = tuple[np.ndarray, ...]
OfShapes = Callable[..., np.ndarray]


def number_groups(a: np.ndarray, b: np.ndarray, size: int) -> np.ndarray:
    """Number the groups of ``size`` things that pairs ``a``, ``b`` link, one after another."""
    # late: it brings all of linear algebra with it, for the few steps that group
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    graph = coo_matrix((np.ones(len(a)), (a, b)), shape=(size, size))
    return np.asarray(connected_components(graph, directed=False)[1], dtype=np.int64)


def points_in_areas(
    x: np.ndarray, y: np.ndarray, areas: np.ndarray, *, with_border: bool
) -> Columns:
    """Find the areas each point lies in: indices of points and of areas, in the order of areas.

    A point on an area's border lies in it ``with_border`` only (``intersects``), else it does not
    (``within``). Points without coordinates and areas without a shape lie nowhere.
    """
    located = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
    if not len(located) or not len(areas):
        return _no_pairs()
    # the more points to an area, the larger the blocks that pay
    size = max(1, int(np.sqrt(len(located) / len(areas))))
    order = located[_pack(x[located], y[located], size)]
    x, y = x[order], y[order]
    boxes = _bound_blocks(x, y, size) if size > 1 else shapely.points(x, y)
    tree = shapely.STRtree(boxes)
    holds = shapely.intersects_xy if with_border else shapely.contains_xy

    def find(part: np.ndarray) -> Columns:
        at, block = tree.query(areas[part])
        drawn, met = areas[part], np.unique(at)
        drawn[met] = _prepare(drawn[met])
        whole = np.zeros(len(at), dtype=bool)
        if size > 1:
            met = _guard(shapely.intersects, drawn[at], boxes[block])
            at, block = at[met], block[met]
            whole = _guard(shapely.contains_properly, drawn[at], boxes[block])
        area, point = _list_points(at[~whole], block[~whole], size, len(x))
        inside = holds(drawn[area], x[point], y[point])
        sure = _list_points(at[whole], block[whole], size, len(x))
        area = np.concatenate([area[inside], sure[0]])
        point = np.concatenate([point[inside], sure[1]])
        by_area = np.argsort(area, kind="stable")
        return order[point[by_area]], part[area[by_area]]

    return _join(_in_slices(find, len(areas)))


def measure_overlaps(shapes: np.ndarray, areas: np.ndarray) -> Columns:
    """Measure what shapes share with areas: indices of shapes and of areas, m² of each pair.

    Columns are those that ``intersects`` tells, in the order of areas and then of shapes: two that
    touch share 0 m².
    """
    return _overlay(shapes, areas, shapely.area)


def cut_overlaps(shapes: np.ndarray, areas: np.ndarray) -> Columns:
    """Cut what shapes share with areas: as ``measure_overlaps``, with the piece of each pair."""
    return _overlay(shapes, areas, np.asarray)


def _overlay(
    shapes: np.ndarray, areas: np.ndarray, tell: Callable[[np.ndarray], np.ndarray]
) -> Columns:
    """Find the pairs that meet, and what ``tell`` makes of the piece that each shares."""
    if not len(shapes) or not len(areas):
        return *_no_pairs(), tell(np.array([], dtype=object))
    tree = shapely.STRtree(shapes)

    def cut(part: np.ndarray) -> Columns:
        at, shape = _query(tree, areas[part])
        drawn = _prepare(areas[part])
        met = _guard(shapely.intersects, drawn[at], shapes[shape])
        at, shape = at[met], shape[met]
        pieces = shapes[shape].copy()
        rest = np.flatnonzero(~_guard(shapely.covers, drawn[at], pieces))
        around = _guard(shapely.covers, pieces[rest], drawn[at[rest]])
        pieces[rest[around]] = areas[part[at[rest[around]]]]
        rest = rest[~around]
        pieces[rest] = _guard(shapely.intersection, pieces[rest], drawn[at[rest]])
        return shape, part[at], tell(pieces)

    return _join(_in_slices(cut, len(areas)))


def find_meeting(shapes: np.ndarray, areas: np.ndarray) -> Columns:
    """Find the pairs of shapes and areas that share a point at least, border included."""
    if not len(shapes) or not len(areas):
        return _no_pairs()
    tree = shapely.STRtree(shapes)

    def find(part: np.ndarray) -> Columns:
        at, shape = _query(tree, areas[part])
        met = _guard(shapely.intersects, _prepare(areas[part])[at], shapes[shape])
        return shape[met], part[at[met]]

    return _join(_in_slices(find, len(areas)))


def find_near(shapes: np.ndarray, others: np.ndarray, distance_m: float) -> Columns:
    """Find the pairs of shapes and others that are at most a distance apart."""
    if not len(shapes) or not len(others):
        return _no_pairs()
    tree = shapely.STRtree(others)

    def find(part: np.ndarray) -> Columns:
        at, other = tree.query(shapes[part], predicate="dwithin", distance=distance_m)
        by_other = np.lexsort((other, at))
        return part[at[by_other]], other[by_other]

    return _join(_in_slices(find, len(shapes)))


def find_nearest(
    shapes: np.ndarray, others: np.ndarray, *, within_m: float | None = None
) -> Columns:
    """Find one nearest of others for each shape: indices of both, metres between them.

    A shape that is empty, or further than ``within_m`` from all, is not among them.
    """
    if not len(shapes) or not len(others):
        return *_no_pairs(), np.array([])
    tree = shapely.STRtree(others)

    def find(part: np.ndarray) -> Columns:
        (at, other), away = tree.query_nearest(
            shapes[part], max_distance=within_m, return_distance=True, all_matches=False
        )
        return part[at], other, away

    return _join(_in_slices(find, len(shapes)))


def unite(pieces: np.ndarray, group: np.ndarray) -> np.ndarray:
    """Unite the pieces of each group, numbered from 0 without a gap and in ascending order."""
    if not len(pieces):
        return pieces
    gathered = shapely.geometrycollections(pieces, indices=group)
    return each(lambda shapes: shapely.union_all(shapes[:, None], axis=1), gathered)


def repair(shapes: np.ndarray) -> np.ndarray:
    """Make those valid that are not: a mitred buffer of a valid shape may be none."""
    broken = ~shapely.is_valid(shapes) & ~shapely.is_missing(shapes)
    repaired = shapes.copy()
    repaired[broken] = shapely.make_valid(shapes[broken])
    return repaired


def each(function: OfShapes, *shapes: np.ndarray) -> np.ndarray:
    """Apply a function of GEOS to arrays of one length; a shape it fails on is repaired first."""
    if not len(shapes[0]):
        return function(*shapes)

    def apply(part: np.ndarray) -> Columns:
        return (_guard(function, *(column[part] for column in shapes)),)

    return _join(_in_slices(apply, len(shapes[0])))[0]


def _guard(function: OfShapes, *shapes: np.ndarray) -> np.ndarray:
    """Apply a function; where GEOS fails, apply it by halves down to the shape it fails on."""
    try:
        return function(*shapes)
    except GEOSException:
        size = len(shapes[0])
        if size == 1:
            return _apply_to_repaired(function, *shapes)
        halves = (slice(size // 2), slice(size // 2, None))
        return np.concatenate([_guard(function, *(s[half] for s in shapes)) for half in halves])


def _apply_to_repaired(function: OfShapes, *shapes: np.ndarray) -> np.ndarray:
    """Apply a function to shapes made valid, else to them on a grid, where none fails."""
    valid = [shapely.make_valid(shape) for shape in shapes]
    try:
        return function(*valid)
    except GEOSException:
        return function(*(shapely.set_precision(shape, GRID_M) for shape in valid))


def _pack(x: np.ndarray, y: np.ndarray, size: int) -> np.ndarray:
    """Order points so that each ``size`` that follow one another are neighbours."""
    if size == 1:
        return np.arange(len(x))
    column, row = _number_levels(x), _number_levels(y)
    strip_count = int(np.sqrt(len(x) / size))
    so_far = np.cumsum(np.bincount(column, minlength=LEVELS))
    strip = ((so_far - 1) * strip_count // len(x)).astype(np.uint16)[column]
    order: np.ndarray = np.lexsort((row, strip))
    return order


def _number_levels(values: np.ndarray) -> np.ndarray:
    """Number the level of each value, of 65 536 from the lowest to the highest: sorted at once."""
    low, high = values.min(), values.max()
    scale = (LEVELS - 1) / (high - low) if high > low else 0.0
    levels: np.ndarray = ((values - low) * scale).astype(np.uint16)
    return levels


def _bound_blocks(x: np.ndarray, y: np.ndarray, size: int) -> np.ndarray:
    """Draw a box around each ``size`` points that follow one another, a hair wider than they."""
    starts = np.arange(0, len(x), size)
    hair = 1e3 * np.spacing(max(np.abs(x).max(), np.abs(y).max(), 1.0))
    low = (np.minimum.reduceat(axis, starts) - hair for axis in (x, y))
    high = (np.maximum.reduceat(axis, starts) + hair for axis in (x, y))
    boxes: np.ndarray = shapely.box(*low, *high)
    return boxes


def _list_points(area: np.ndarray, block: np.ndarray, size: int, total: int) -> Columns:
    """List the points of blocks, with the area that each block was paired with."""
    starts = block * size
    counts = np.minimum(size, total - starts)
    firsts = np.cumsum(counts) - counts
    return np.repeat(area, counts), np.arange(counts.sum()) + np.repeat(starts - firsts, counts)


def _query(tree: shapely.STRtree, areas: np.ndarray) -> Columns:
    """Pair areas with the shapes of a tree whose bounds meet theirs, in the order of both."""
    at, shape = tree.query(areas)
    order = np.lexsort((shape, at))
    return at[order], shape[order]


def _prepare(areas: np.ndarray) -> np.ndarray:
    """Copy areas and prepare the copies: the caller's keep no index, and no two threads share."""
    drawn: np.ndarray = shapely.force_2d(areas)
    shapely.prepare(drawn)
    return drawn


def _in_slices(find: Callable[[np.ndarray], Columns], size: int) -> list[Columns]:
    """Apply ``find`` to slices of the indices of ``size`` areas, side by side, in their order."""
    count = min(size, max(4 * WORKERS, size // SLICE))
    with ThreadPoolExecutor(WORKERS) as pool:
        return list(pool.map(find, np.array_split(np.arange(size), count)))


def _join(parts: list[Columns]) -> Columns:
    return tuple(np.concatenate(columns) for columns in zip(*parts, strict=True))


def _no_pairs() -> Columns:
    return np.array([], dtype=np.int64), np.array([], dtype=np.int64)
