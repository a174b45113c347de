"""Blocks of ground cut into irregular parcels that share their edges, and buildings inside them."""

import numpy as np
import shapely

CELL_M, ROAD_M = 300.0, 4.0
SIZE_M = CELL_M - 2 * ROAD_M
CORNER, BEND, ROADSIDE_M = 0.22, 0.05, 2.5
WARP_M, WAVE_M = 60.0, 1_500.0
Cut = tuple[np.ndarray, np.ndarray]


def even(rows: int, columns: int) -> Cut:
    """Rows and columns of the same size, as fractions of a block."""
    return np.linspace(0, 1, rows + 1), np.linspace(0, 1, columns + 1)


# a park has a lane of ten metres along its second row
PARK: Cut = (np.array([0, 0.33, 0.365, 0.68, 1.0]), np.linspace(0, 1, 6))
LANE = 1


def warped(points: np.ndarray) -> np.ndarray:
    """Coordinates bent smoothly, so that nothing stands along the axes."""
    x, y = points[:, 0], points[:, 1]
    turn = 2 * np.pi / WAVE_M
    return np.column_stack((x + WARP_M * np.sin(turn * y), y + WARP_M * np.sin(turn * x)))


def cut_cells(
    low: np.ndarray, cut: Cut, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rings of every parcel of the cells at ``low``, row by row, in axes not yet warped.

    Returns coordinates (parcels, 12, 2), which of them are there, and the four corners.
    """
    (down, across), many = cut, len(low)
    corners = _corners(low, down, across, rng)
    rows, columns = len(down) - 1, len(across) - 1
    tall, wide = SIZE_M * np.diff(down).min(), SIZE_M * np.diff(across).min()
    flat = _bends(corners[:, :, :-1], corners[:, :, 1:], 1, tall, rng)
    steep = _bends(corners[:, :-1], corners[:, 1:], 0, wide, rng)
    flat_kept = rng.random(flat.shape[:-1]) < 0.5
    steep_kept = rng.random(steep.shape[:-1]) < 0.5
    ring = np.concatenate(
        (
            corners[:, :-1, :-1, None],
            flat[:, :-1],
            corners[:, :-1, 1:, None],
            steep[:, :, 1:],
            corners[:, 1:, 1:, None],
            flat[:, 1:, :, ::-1],
            corners[:, 1:, :-1, None],
            steep[:, :, :-1, ::-1],
        ),
        axis=3,
    )
    always = np.ones((many, rows, columns, 1), dtype=bool)
    kept = np.concatenate(
        (
            always,
            flat_kept[:, :-1],
            always,
            steep_kept[:, :, 1:],
            always,
            flat_kept[:, 1:, :, ::-1],
            always,
            steep_kept[:, :, :-1, ::-1],
        ),
        axis=3,
    )
    count = many * rows * columns
    return (
        ring.reshape(count, 12, 2),
        kept.reshape(count, 12),
        ring[:, :, :, ::3].reshape(count, 4, 2),
    )


def _corners(
    low: np.ndarray, down: np.ndarray, across: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Corners (cells, rows + 1, columns + 1, 2), moved within what lies around them."""
    many = len(low)
    shape = (many, len(down), len(across))
    x = np.broadcast_to(across * SIZE_M, shape).copy()
    y = np.broadcast_to((down * SIZE_M)[:, None], shape).copy()
    wide, tall = SIZE_M * np.diff(across).min(), SIZE_M * np.diff(down).min()
    x[:, :, 1:-1] += rng.uniform(-CORNER, CORNER, (many, len(down), len(across) - 2)) * wide
    y[:, 1:-1] += rng.uniform(-CORNER, CORNER, (many, len(down) - 2, len(across))) * tall
    return np.stack((x, y), axis=-1) + (low + ROAD_M)[:, None, None]


def _bends(
    start: np.ndarray, end: np.ndarray, axis: int, size: float, rng: np.random.Generator
) -> np.ndarray:
    """Two points on each edge, a little beside the straight line; roadsides hardly bend."""
    third = np.array([1 / 3, 2 / 3])[:, None]
    points = start[..., None, :] * (1 - third) + end[..., None, :] * third
    points[..., axis] += rng.uniform(-1, 1, points.shape[:-1]) * min(BEND * size, ROADSIDE_M)
    return points


def polygons(ring: np.ndarray, kept: np.ndarray) -> np.ndarray:
    """Polygons of the points that are there."""
    own = np.nonzero(kept)[0]
    shapes: np.ndarray = shapely.polygons(shapely.linearrings(warped(ring[kept]), indices=own))
    return shapes


def buildings(corners: np.ndarray, part: int, rng: np.random.Generator) -> np.ndarray:
    """A rectangle or an L in each parcel; the second one (``part`` 1) lies beside the first."""
    size = len(corners)
    if part == 0:
        low = rng.uniform(0.16, 0.3, (size, 2))
        high = low + rng.uniform(0.18, 0.32, (size, 2)) + [0.0, 0.2]
    else:
        low = np.column_stack((rng.uniform(0.68, 0.75, size), rng.uniform(0.2, 0.45, size)))
        high = low + np.column_stack((rng.uniform(0.06, 0.14, size), rng.uniform(0.1, 0.3, size)))
    is_l = rng.random(size) < 0.4
    middle = (low + high) / 2
    (a, b), (c, d), (m, n) = low.T, high.T, middle.T
    n = np.where(is_l, n, d)
    inside = np.stack(
        [np.stack(p, -1) for p in ((a, b), (c, b), (c, n), (m, n), (m, d), (a, d))], 1
    )
    kept = np.ones((size, 6), dtype=bool)
    kept[~is_l, 3:5] = False
    u, v = inside[..., :1], inside[..., 1:]
    q = corners[:, None]
    points = (
        (1 - u) * (1 - v) * q[:, :, 0]
        + u * (1 - v) * q[:, :, 1]
        + u * v * q[:, :, 2]
        + (1 - u) * v * q[:, :, 3]
    )
    return polygons(points, kept)
