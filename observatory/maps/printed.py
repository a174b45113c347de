"""Draws the maps of the printed atlas: SVG files with their legend, scale bar and text."""

import functools
import re
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import geopandas as gpd
import shapely

from observatory.maps.drawing import (
    Frame,
    choose_bar_length,
    draw_by_class,
    draw_paths,
    frame_around,
    locate_point,
)
from observatory.metadata.themes import OCCUPATION_THEME
from observatory.release.published import Published

FONTS = Path(__file__).parent / "fonts"
# drawing units: a fifth of a millimetre on A4
WIDTH, HEIGHT = 890, 540
M_PER_KM = 1000
UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\uffff"
    "\ud800-\udfff\ue000-\uf8ff\ufe00-\ufe0f]"
)


@functools.cache
def _list_drawable() -> frozenset[int]:
    """List the characters that the shipped fonts draw: PDF/UA refuses any other."""
    from fontTools.ttLib import TTFont

    characters: set[int] = set()
    for file in FONTS.glob("*.ttf"):
        with TTFont(file, lazy=True) as font:
            characters |= set(font.getBestCmap())
    return frozenset(characters)


def make_printable(value: Any) -> Any:
    """Clean strings of control characters, with □ for what no font draws."""
    if isinstance(value, str):
        drawable = _list_drawable()
        return "".join(
            c if ord(c) in drawable or c in "\n " else "□" for c in UNSEEN.sub(" ", value)
        )
    if isinstance(value, dict):
        return {key: make_printable(one) for key, one in value.items()}
    return [make_printable(one) for one in value] if isinstance(value, list | tuple) else value


class Printed:
    """The maps of one atlas, each an SVG file beside the others."""

    def __init__(self, published: Published, root: Path) -> None:
        self.root, self.notice = root, published.notice
        self.outlines = published.shapes("geography_commune_contours").set_index(
            "commune_code", drop=False
        )
        self.sites = published.shapes("land_sites")
        self.units = published.shapes("land_units")[
            ["commune_code", "site_id", OCCUPATION_THEME.column, "geometry"]
        ]
        names = " ; ".join(published.producers_of("land_units", "geography_commune_contours"))
        self.sources = f"Sources : {names}. Publication du {published.date_fr}."
        self.count = 0

    def draw_overview(self, codes: list[str]) -> dict[str, Any]:
        """Draw the communes of ``codes`` with their sites."""
        communes = self.outlines[self.outlines["commune_code"].isin(codes)]
        sites = self.sites[self.sites["commune_code"].isin(codes)]
        label = "Communes et sites économiques"
        return self._draw_map(
            communes.total_bounds, label, framed=communes, sites=sites, units=None
        )

    def draw_commune(self, code: str) -> dict[str, Any] | None:
        """Draw a commune, its sites outlined and their units by state; None without outline."""
        if code not in self.outlines.index:
            return None
        outline = self.outlines.loc[[code]]
        units = self.units[self.units["commune_code"] == code]
        sites = self.sites[self.sites["commune_code"] == code]
        label = f"{outline['commune_label'].iloc[0]} : unités foncières par occupation"
        return self._draw_map(outline.total_bounds, label, framed=outline, sites=sites, units=units)

    def draw_park(self, site: str) -> dict[str, Any] | None:
        """Draw a site and its units by state; None where it is not published."""
        sites = self.sites[self.sites["site_id"] == site]
        units = self.units[self.units["site_id"] == site]
        if sites.empty:
            return None
        label = f"{sites['site_name'].iloc[0]} : unités foncières par occupation"
        return self._draw_map(sites.total_bounds, label, framed=None, sites=sites, units=units)

    def _draw_map(
        self,
        bounds: Any,
        label: str,
        *,
        framed: gpd.GeoDataFrame | None,
        sites: gpd.GeoDataFrame,
        units: gpd.GeoDataFrame | None,
    ) -> dict[str, Any]:
        """Draw ``framed`` communes, sites and units over the communes around; return the map."""
        frame = frame_around(bounds, width=WIDTH, height=HEIGHT)
        seen = shapely.box(frame.west, frame.south, frame.east, frame.north)
        around = self.outlines[self.outlines.geometry.intersects(seen)]
        parts = [
            f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#eef1f0"/>',
            *_draw_filled(around, frame, "#f8f9f9", "#aab4bd", 0.6),
        ]
        if framed is not None:
            parts += _draw_filled(framed, frame, "#ffffff", "#4c5a68", 1.2)
        classes = []
        if units is not None:
            parts += _draw_units(units, frame)
            classes = [{"label": c.label, "colour": c.colour} for c in OCCUPATION_THEME.classes]
        fill = "none" if units is not None else "#1d3f72"
        parts += _draw_filled(sites, frame, fill, "#1d3f72", 1.2)
        classes.append({"label": "site économique (contour)", "colour": "#1d3f72"})
        if framed is not None:
            parts += _draw_names(around, frame, seen)
        if self.notice:
            parts.append(_draw_notice(self.notice))
        length = choose_bar_length(frame)
        return {
            "file": self._write_svg(parts),
            "alt": f"Carte. {label}.",
            "classes": classes,
            "bar_share": length * frame.scale / WIDTH,
            "bar_label": f"{length} m" if length < M_PER_KM else f"{length // M_PER_KM} km",
            "sources": self.sources,
        }

    def _write_svg(self, parts: list[str]) -> str:
        """Write the next map of the atlas; return the name of its file."""
        self.count += 1
        file = f"map-{self.count}.svg"
        svg = (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
            f'font-family="Source Sans 3">{"".join(parts)}</svg>'
        )
        (self.root / file).write_text(make_printable(svg), "utf-8")
        return file


def _draw_notice(notice: str) -> str:
    """Draw the notice of invented figures across the map."""
    return (
        f'<text x="{WIDTH / 2}" y="{HEIGHT / 2}" text-anchor="middle" font-size="52" '
        'fill="#8f1d1d" fill-opacity="0.25" '
        f'transform="rotate(-14 {WIDTH / 2} {HEIGHT / 2})">'
        f"{escape(notice)}</text>"
    )


def _draw_filled(
    shapes: gpd.GeoDataFrame, frame: Frame, fill: str, stroke: str, width: float
) -> list[str]:
    drawn = "".join(draw_paths(shapes.geometry.to_numpy(), frame))
    return (
        [f'<path d="{drawn}" fill="{fill}" stroke="{stroke}" stroke-width="{width}"/>']
        if drawn
        else []
    )


def _draw_units(units: gpd.GeoDataFrame, frame: Frame) -> list[str]:
    return [
        f'<path d="{path}" fill="{one.colour}" stroke="#fff" stroke-width="0.4"/>'
        for one, path in draw_by_class(units, OCCUPATION_THEME, frame)
        if path
    ]


def _draw_names(communes: gpd.GeoDataFrame, frame: Frame, seen: Any) -> list[str]:
    """Draw the names of communes of which at least 1.5 % of the map shows a part."""
    inside = communes.geometry.intersection(seen)
    shown = communes[inside.area > 0.015 * seen.area]
    texts = []
    for name, point in zip(
        shown["commune_label"],
        shapely.point_on_surface(inside[shown.index].to_numpy()),
        strict=True,
    ):
        x, y = locate_point(point, frame)
        texts.append(
            f'<text x="{x}" y="{y}" text-anchor="middle" font-size="15" fill="#33414e" '
            f'stroke="#fff" stroke-width="3" paint-order="stroke">{escape(str(name)[:60])}</text>'
        )
    return texts
