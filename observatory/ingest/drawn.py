"""Shapes of what the sandbox hands over: as drawn, flat, and none where none can be built."""

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import shapely

from observatory.ingest.sandbox import Ask, read_arrow

COORDINATES = ("coordinates", "parts")
LEAST_OF_A_RING, LEAST_OF_A_LINE = 4, 2


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


def of_coordinates(table: pa.Table, kind: str) -> np.ndarray:
    """Shapes of lists in lists, which all end in numbers: ``kind`` alone, or several as parts."""
    shapes = np.full(len(table), None, dtype=object)
    begin = 0
    for batch in table.select(COORDINATES).to_batches():
        for drawn, name in zip(batch.columns, (kind, f"Multi{kind}"), strict=True):
            at = begin + np.flatnonzero(drawn.is_valid().to_numpy(zero_copy_only=False))
            if len(at):
                shapes[at] = _built(drawn.drop_null(), name)
        begin += len(batch)
    return shapes


def _built(drawn: pa.Array, name: str) -> np.ndarray:
    """Shapes built all at once; those with a ring or line that is none, one by one."""
    inside, ends = drawn, []
    while pa.types.is_list(inside.type):
        lengths = inside.value_lengths().to_numpy()
        ends.append(np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)]))
        inside = inside.flatten()
    *ends, numbers = ends  # the last lists are points
    points = np.ascontiguousarray(inside.to_numpy().reshape(len(numbers) - 1, -1)[:, :2])
    odd = _odd(points, ends, name)
    if not len(odd):
        kind = shapely.GeometryType[name.upper()]
        return np.asarray(shapely.from_ragged_array(kind, points, tuple(reversed(ends)) or None))
    shapes = np.full(len(drawn), None, dtype=object)
    others = np.setdiff1d(np.arange(len(drawn)), odd)
    if len(others):
        shapes[others] = _built(drawn.take(pa.array(others)), name)
    text = [json.dumps({"type": name, "coordinates": drawn[at].as_py()}) for at in odd.tolist()]
    shapes[odd] = shapely.force_2d(shapely.from_geojson(text, on_invalid="ignore"))
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
