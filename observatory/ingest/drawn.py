"""Shapes of what the sandbox hands over: as drawn, flat, and none where none can be built."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyproj
import shapely

from observatory.geography.ground import projection
from observatory.ingest.sandbox import Ask, read_arrow

COORDINATES = ("coordinates", "parts")
LEAST_OF_A_RING, LEAST_OF_A_LINE = 4, 2
Move = Callable[[np.ndarray], np.ndarray]


def of_binary(ask: Ask, wkb: pa.ChunkedArray, file: Path, layer: str | None) -> np.ndarray:
    """Shapes of well-known binary; curves as the lines that follow them."""
    drawn = wkb.to_numpy(zero_copy_only=False)
    with np.errstate(invalid="ignore"):  # coordinates that are no number: dropped below
        try:
            shapes = shapely.from_wkb(drawn, on_invalid="ignore")
        except NotImplementedError:  # curves, which GDAL draws as lines in its own reader
            to = file.parent / ".lines.arrow"
            ask("read_lines", file=str(file), layer=layer, to=str(to))
            drawn = read_arrow(to)["shape"].to_numpy()
            shapes = shapely.from_wkb(drawn, on_invalid="ignore")
        shapes = shapely.force_2d(shapes)
    points, own = shapely.get_coordinates(shapes, return_index=True)
    shapes[own[~np.isfinite(points).all(axis=1)]] = None
    return np.asarray(shapes)


def of_coordinates(table: pa.Table, kind: str, crs: pyproj.CRS | None) -> tuple[np.ndarray, bool]:
    """Shapes of lists in lists, which all end in numbers; whether they are in the projected CRS.

    ``kind`` alone, or several as parts. Degrees of a ``crs`` that all lie in the territory's part
    of France, so that no shape is written in another order or system, are projected before
    anything is drawn: drawing all anew takes as long again.
    """
    names = (kind, f"Multi{kind}")
    batches = table.select(COORDINATES).to_batches()
    move: Move = _leave
    is_here = (_lies_here(drawn) for batch in batches for drawn in batch.columns)
    if is_projected := crs is not None and crs.is_geographic and all(is_here):
        move = _projecting(crs)
    shapes = np.full(len(table), None, dtype=object)
    begin = 0
    for batch in batches:
        for drawn, name in zip(batch.columns, names, strict=True):
            at = begin + np.flatnonzero(drawn.is_valid().to_numpy(zero_copy_only=False))
            if len(at):
                shapes[at] = _built(drawn.drop_null(), name, move)
        begin += len(batch)
    return shapes, is_projected


def _leave(points: np.ndarray) -> np.ndarray:
    return points


def _projecting(crs: pyproj.CRS) -> Move:
    project = pyproj.Transformer.from_crs(crs, projection().crs, always_xy=True).transform
    return lambda points: np.stack(project(points[:, 0], points[:, 1]), axis=1)


def _lies_here(drawn: pa.Array) -> bool:
    """Whether all points are in degrees of the territory's part of France."""
    told = _lengths(drawn.drop_null())[0]
    if not len(told):
        return True
    points = _points(told)
    low, high = points.min(axis=0), points.max(axis=0)
    sides = (projection().longitudes, projection().latitudes)
    return all(
        side[0] <= first and last <= side[1]
        for side, first, last in zip(sides, low, high, strict=True)
    )


def _lengths(drawn: pa.Array) -> tuple[pa.Array, list[np.ndarray]]:
    """The points of lists in lists, and where those of each list end, the outermost first."""
    inside, ends = drawn, []
    while pa.types.is_list(inside.type.value_type):
        lengths = inside.value_lengths().to_numpy()
        ends.append(np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)]))
        inside = inside.flatten()
    return inside, ends


def _points(told: pa.Array) -> np.ndarray:
    """Points as two columns of numbers; heights are left out."""
    numbers = told.flatten().to_numpy()
    return np.ascontiguousarray(numbers.reshape(len(told), -1)[:, :2])


def _built(drawn: pa.Array, name: str, move: Move) -> np.ndarray:
    """Shapes built all at once; those with a ring or line that is none, one by one."""
    told, ends = _lengths(drawn)
    points = _points(told)
    odd = _odd(points, ends, name)
    if not len(odd):
        kind = shapely.GeometryType[name.upper()]
        rings = tuple(reversed(ends)) or None
        return np.asarray(shapely.from_ragged_array(kind, move(points), rings))
    shapes = np.full(len(drawn), None, dtype=object)
    others = np.setdiff1d(np.arange(len(drawn)), odd)
    if len(others):
        shapes[others] = _built(drawn.take(pa.array(others)), name, move)
    text = [json.dumps({"type": name, "coordinates": drawn[at].as_py()}) for at in odd.tolist()]
    apart = shapely.force_2d(shapely.from_geojson(text, on_invalid="ignore"))
    shapes[odd] = shapely.transform(apart, move)
    return shapes


def _odd(points: np.ndarray, ends: list[np.ndarray], name: str) -> np.ndarray:
    """The shapes of which a ring is short or does not end where it begins, or a line is short."""
    if name.endswith("Point"):
        return np.array([], dtype=np.int64)
    *above, run = ends
    if name.endswith("Polygon"):
        is_open = (points[run[:-1]] != points[run[1:] - 1]).any(axis=1)
        owner = np.flatnonzero(is_open | (np.diff(run) < LEAST_OF_A_RING))
    else:
        owner = np.flatnonzero(np.diff(run) < LEAST_OF_A_LINE)
    for level in reversed(above):
        owner = np.searchsorted(level, owner, side="right") - 1
    return np.unique(owner)
