"""Draws shapes as vector pictures, for pages and print: SVG paths from columns of coordinates."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import polars as pl
import shapely

from observatory.metadata.themes import Class, Theme


@dataclass(frozen=True, kw_only=True)
class Frame:
    """The extent of a drawing, in metres of a projected CRS, and its width, in drawing units."""

    west: float
    south: float
    east: float
    north: float
    width: float

    @property
    def scale(self) -> float:
        """Drawing units a metre."""
        return self.width / (self.east - self.west)

    @property
    def height(self) -> float:
        """Height of the drawing."""
        return round((self.north - self.south) * self.scale, 1)


def frame_around(bounds: Any, *, width: float, height: float | None = None) -> Frame:
    """Frame ``bounds`` with a margin; as wide or as high as ``height`` asks for."""
    west, south, east, north = (float(v) for v in bounds)
    margin = 0.04 * max(east - west, north - south, 50)
    west, south, east, north = west - margin, south - margin, east + margin, north + margin
    if height is not None:
        wide, high = east - west, north - south
        more_wide = max(high * width / height - wide, 0) / 2
        more_high = max(wide * height / width - high, 0) / 2
        west, east = west - more_wide, east + more_wide
        south, north = south - more_high, north + more_high
    return Frame(west=west, south=south, east=east, north=north, width=width)


def draw_paths(shapes: np.ndarray[Any, Any], frame: Frame | Sequence[Frame]) -> list[str]:
    """Draw each polygon of ``shapes`` (same CRS as ``frame``) as an SVG path, empty for none.

    All in one frame, or each in its own. Details below a tenth of a drawing unit are left out.
    """
    frames = [frame] * len(shapes) if isinstance(frame, Frame) else frame
    axes = np.array([(f.west, f.north, f.scale) for f in frames]).reshape(-1, 3)
    simple = shapely.simplify(shapes, 0.25 / axes[:, 2], preserve_topology=True)
    parts, of_shape = shapely.get_parts(simple, return_index=True)
    rings, of_part = shapely.get_rings(parts, return_index=True)
    coordinates, of_ring = shapely.get_coordinates(rings, return_index=True)
    west, north, scale = axes[of_shape[of_part[of_ring]]].T
    points = pl.DataFrame(
        {
            "ring": of_ring,
            "x": ((coordinates[:, 0] - west) * scale).round(1),
            "y": ((north - coordinates[:, 1]) * scale).round(1),
        }
    )
    drawn = (
        points.group_by("ring", maintain_order=True)
        .agg(path="M" + pl.format("{} {}", "x", "y").str.join("L") + "Z")
        .with_columns(shape=pl.Series(of_shape[of_part]))
        .group_by("shape", maintain_order=True)
        .agg(pl.col("path").str.join(""))
    )
    every = pl.DataFrame({"shape": np.arange(len(shapes))}, schema_overrides={"shape": pl.Int64})
    joined = every.join(
        drawn.cast({"shape": pl.Int64}), on="shape", how="left", maintain_order="left"
    )
    return joined["path"].fill_null("").to_list()


def draw_lines(shapes: np.ndarray[Any, Any], frame: Frame) -> str:
    """Draw lines (same CRS as ``frame``) as one SVG path, empty for none."""
    simple = shapely.simplify(shapely.get_parts(shapes), 0.25 / frame.scale)
    coordinates, of_line = shapely.get_coordinates(simple, return_index=True)
    points = pl.DataFrame(
        {
            "line": of_line,
            "x": ((coordinates[:, 0] - frame.west) * frame.scale).round(1),
            "y": ((frame.north - coordinates[:, 1]) * frame.scale).round(1),
        }
    )
    drawn = points.group_by("line", maintain_order=True).agg(
        path="M" + pl.format("{} {}", "x", "y").str.join("L")
    )
    return "".join(drawn["path"])


def draw_by_class(shapes: gpd.GeoDataFrame, theme: Theme, frame: Frame) -> list[tuple[Class, str]]:
    """Draw each class of ``theme`` as one path for all of its polygons, in the legend's order."""
    drawn = pl.DataFrame(
        {
            "class": shapes[theme.column].to_list(),
            "path": draw_paths(shapes.geometry.to_numpy(), frame),
        },
        schema={"class": pl.String, "path": pl.String},
    )
    joined = dict(drawn.group_by("class").agg(pl.col("path").str.join("")).iter_rows())
    return [(one, joined.get(str(one.value), "")) for one in theme.classes]


def draw_places(
    outlines: gpd.GeoSeries, units: gpd.GeoDataFrame, key: str, theme: Theme, **size: float
) -> dict[str, dict[str, Any]]:
    """Draw for each place that has a unit its outline, and its units by class of ``theme``.

    ``outlines`` are indexed by the ``key`` of ``units``; ``size`` is that of ``frame_around``.
    Returned by key: ``view`` (of the SVG), ``outline`` and ``classes``, in the legend's order.
    """
    at = outlines.index.get_indexer(units[key])
    drawn, classes = units.geometry.to_numpy()[at >= 0], units[theme.column].to_numpy()[at >= 0]
    at, places = at[at >= 0], outlines.to_numpy()
    bounds = shapely.bounds(places)
    of_units = shapely.bounds(drawn)
    np.minimum.at(bounds[:, :2], at, of_units[:, :2])
    np.maximum.at(bounds[:, 2:], at, of_units[:, 2:])
    own = np.unique(at)
    frames = {int(place): frame_around(bounds[place], **size) for place in own}
    found: dict[int, dict[str, list[str]]] = {place: {} for place in frames}
    paths = draw_paths(drawn, [frames[place] for place in at.tolist()])
    for place, code, path in zip(at.tolist(), classes, paths, strict=True):
        found[place].setdefault(str(code), []).append(path)
    lines = draw_paths(places[own], list(frames.values()))
    return {
        str(outlines.index[place]): {
            "view": f"0 0 {frame.width:g} {frame.height:g}",
            "outline": line,
            "classes": [
                (one, "".join(found[place].get(str(one.value), ()))) for one in theme.classes
            ],
        }
        for (place, frame), line in zip(frames.items(), lines, strict=True)
    }


def locate_point(point: Any, frame: Frame) -> tuple[float, float]:
    """Locate a point in the drawing, in drawing units."""
    x, y = (point.x - frame.west) * frame.scale, (frame.north - point.y) * frame.scale
    return round(float(x), 1), round(float(y), 1)


def choose_bar_length(frame: Frame, *, share: float = 0.25) -> int:
    """Choose a round length (m), about ``share`` of the drawing's width, for a scale bar."""
    length = share * (frame.east - frame.west)
    power = 10 ** int(np.floor(np.log10(length)))
    return int(max(step * power for step in (1, 2, 5) if step * power <= length))
