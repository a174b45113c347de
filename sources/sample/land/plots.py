"""How the ground of an invented park is cut: roads, halves, plots for sale, paths, basins.

Blocks are boxes in the park's own axes, whole centimetres. ``drawn`` turns them into shapes that
share every corner with their neighbours and are none of them straight: ground bends smoothly, so
that no two shapes come to cross.
"""

from collections.abc import Iterator

import numpy as np
import shapely

Box = tuple[float, float, float, float]
ROAD_WIDTH = 12.0
PLOT = (25.0, 40.0)
PLOTTED, PATHED, WITH_BASIN, CORNERED = 0.03, 0.03, 0.02, 0.08
SMALLEST_PLOTTED, LARGEST_PLOTTED = 4_000.0, 40_000.0
BASIN = 30.0
# lengths (m) of the waves by which ground bends, and how far (m): never so much that lines cross
WAVES = ((400.0, 8.0), (140.0, 2.5), (60.0, 1.2))
FAR_CM = 100_000_000.0


def cut_park(
    rng: np.random.Generator, width: float, height: float, smallest: float
) -> Iterator[tuple[str, list[Box]]]:
    """The units of a park, each with its kind and the blocks it is made of; the road first."""
    middle = ROAD_WIDTH / 2
    right, top = round(width / 2, 2), round(height / 2, 2)
    yield "road", [(-right, -middle, right, middle)]
    for low, high in ((-top, -middle), (middle, top)):
        for leaf in _halved(rng, (-right, low, right, high), smallest):
            yield from _cut_leaf(rng, leaf)


def _halved(rng: np.random.Generator, box: Box, smallest: float) -> list[Box]:
    """The rectangle cut across its longer side until pieces are near a drawn size."""
    x0, y0, x1, y1 = box
    width, height = x1 - x0, y1 - y0
    if width * height < smallest * rng.lognormal(0.5, 0.55) or min(width, height) < 22:
        return [box]
    at = rng.uniform(0.38, 0.62)
    if width > height:
        cut = round(x0 + at * width, 2)
        first, second = (x0, y0, cut, y1), (cut, y0, x1, y1)
    else:
        cut = round(y0 + at * height, 2)
        first, second = (x0, y0, x1, cut), (x0, cut, x1, y1)
    return _halved(rng, first, smallest) + _halved(rng, second, smallest)


def _cut_leaf(rng: np.random.Generator, box: Box) -> Iterator[tuple[str, list[Box]]]:
    """One unit, mostly; else plots for sale, a path between two, a basin or a corner apart."""
    x0, y0, x1, y1 = box
    width, height = x1 - x0, y1 - y0
    fate = rng.random() - np.cumsum([PLOTTED, PATHED, WITH_BASIN, CORNERED])
    is_wide = min(width, height) >= 2 * BASIN
    if fate[0] < 0:
        if is_wide and SMALLEST_PLOTTED <= width * height <= LARGEST_PLOTTED:
            yield from (("plot", [plot]) for plot in _plots(box))
            return
    elif fate[1] < 0:
        if is_wide:
            cut, wide = round(x0 + width * rng.uniform(0.4, 0.6), 2), round(rng.uniform(0.6, 2), 2)
            yield "beside", [(x0, y0, cut, y1)]
            yield "path", [(cut, y0, round(cut + wide, 2), y1)]
            yield "beside", [(round(cut + wide, 2), y0, x1, y1)]
            return
    elif fate[3] < 0 and is_wide:
        kind, part = ("basin", 0.0) if fate[2] < 0 else ("plain", rng.uniform(0.35, 0.6))
        across = round(x1 - max(BASIN, part * width), 2)
        along = round(y1 - max(BASIN, part * height), 2)
        yield "plain", [(x0, y0, x1, along), (x0, along, across, y1)]
        yield kind, [(across, along, x1, y1)]
        return
    yield "plain", [box]


def _plots(box: Box) -> list[Box]:
    """The box cut into plots of about 25 by 40 m."""
    x0, y0, x1, y1 = box
    columns, rows = max(1, round((x1 - x0) / PLOT[0])), max(1, round((y1 - y0) / PLOT[1]))
    x = np.round(np.linspace(x0, x1, columns + 1), 2)
    y = np.round(np.linspace(y0, y1, rows + 1), 2)
    return [
        (float(x[i]), float(y[j]), float(x[i + 1]), float(y[j + 1]))
        for j in range(rows)
        for i in range(columns)
    ]


def drawn(boxes: np.ndarray, site: np.ndarray, phases: np.ndarray) -> np.ndarray:
    """Polygons of boxes, with every corner of another box of the site that lies on their outline.

    ``phases`` of ``draw_phases``; corners are moved as ``bent`` does.
    """
    whole = np.rint(boxes * 100)
    apart = whole + (FAR_CM * site)[:, None] * [1, 0, 1, 0]
    corners = np.unique(apart[:, [0, 1, 2, 1, 2, 3, 0, 3]].reshape(-1, 2), axis=0)
    outlines = shapely.boundary(shapely.box(*apart.T))
    box, corner = shapely.STRtree(shapely.points(corners)).query(outlines, predicate="intersects")
    x, y = corners[corner].T
    x0, y0, x1, y1 = apart[box].T
    wide, tall = x1 - x0, y1 - y0
    along = np.select(
        [y == y0, x == x1, y == y1],
        [x - x0, wide + y - y0, wide + tall + x1 - x],
        2 * wide + tall + y1 - y,
    )
    order = np.lexsort((along, box))
    box = box[order]
    near = np.column_stack((x[order] - FAR_CM * site[box], y[order])) / 100
    shapes: np.ndarray = shapely.polygons(
        shapely.linearrings(bent(near, site[box], phases), indices=box)
    )
    return shapes


def draw_phases(rng: np.random.Generator, sites: int) -> np.ndarray:
    """Direction and phases of each wave of each site."""
    return rng.uniform(0, 2 * np.pi, (sites, len(WAVES), 3))


def bent(points: np.ndarray, site: np.ndarray, phases: np.ndarray) -> np.ndarray:
    """Points in their site's own axes, moved by its waves."""
    moved = points.copy()
    for wave, (length, far) in enumerate(WAVES):
        turn, first, second = phases[site, wave].T
        along = (points[:, 0] * np.cos(turn) + points[:, 1] * np.sin(turn)) * 2 * np.pi / length
        moved += far * np.column_stack((np.sin(along + first), np.sin(along + second))) / np.sqrt(2)
    return moved
