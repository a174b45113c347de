"""Draws the maps of the printed atlas: SVG files with their legend, scale bar and text."""

import functools
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import geopandas as gpd
import polars as pl
import shapely

from observatory.maps.drawing import (
    Frame,
    choose_bar_length,
    draw_by_class,
    draw_lines,
    draw_paths,
    frame_around,
    locate_point,
)
from observatory.maps.labels import Box, Point, place_names, place_numbers
from observatory.metadata.french import HIDDEN_FR, UNKNOWN_FR
from observatory.metadata.tables import suppression_mark
from observatory.metadata.themes import OCCUPATION_THEME, UNKNOWN_COLOUR, Theme
from observatory.release.published import Published

FONTS = Path(__file__).parent / "fonts"
# width and height in drawing units, a fifth of a millimetre on A4: a page's whole width, a map
# beside a list, and one of two side by side
WIDE, BESIDE, HALF = (890.0, 540.0), (590.0, 460.0), (437.0, 270.0)
NAME_SIZE, NUMBER_SIZE = 15.0, 14.0
M_PER_KM = 1000
ROADS = "land_main_roads"
OUTSIDE, LAND, PLACE, SITE = "#dde6ec", "#f8f7f3", "#ffffff", "#1d3f72"
MOTORWAY, MAIN_ROAD = "#c9a24b", "#d8cda8"
HATCH = (
    '<pattern id="hatch" width="7" height="7" patternUnits="userSpaceOnUse">'
    '<rect width="7" height="7" fill="#fff"/>'
    '<path d="M-1 8L8 -1M-1 1L1 -1M6 8L8 6" stroke="#7c8791" stroke-width="1.1"/></pattern>'
)
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
        self.sites = published.shapes("land_sites").set_index("site_id", drop=False)
        self.units = published.shapes("land_units")[
            ["unit_id", "commune_code", "site_id", OCCUPATION_THEME.column, "geometry"]
        ].set_index("unit_id", drop=False)
        self.roads = published.shapes(ROADS) if published.has(ROADS) else None
        self.count = 0

    def draw_cover(self, codes: list[str]) -> dict[str, Any] | None:
        """Draw the communes of ``codes`` and their sites, without a word; None without outline."""
        communes = self._communes(codes)
        if communes.empty:
            return None
        frame = frame_around(communes.total_bounds, width=WIDE[0], height=WIDE[1])
        parts = [
            f'<rect width="{WIDE[0]}" height="{WIDE[1]}" fill="#f1f5f9"/>',
            *_draw_filled(communes, frame, PLACE, "#9fb0c3", 0.8),
            *_draw_filled(self._sites_in(codes), frame, SITE, SITE, 1.2),
        ]
        label = "Communes et sites économiques"
        return self._finish(parts, frame, WIDE, label, [])

    def draw_theme(
        self, codes: list[str], rows: pl.DataFrame, theme: Theme, ranks: Mapping[str, str]
    ) -> dict[str, Any] | None:
        """Colour the communes of ``codes`` by the classes of a theme; those of ``ranks`` carry one.

        What is not known and what is withheld are told apart, by a grey and by a hatching. None
        without outline.
        """
        communes = self._communes(codes)
        if communes.empty:
            return None
        parts, frame = self._draw_ground(communes.total_bounds, BESIDE, roads=False)
        classes = []
        for colour, label, own in group_by_step(rows, theme):
            shapes = communes[communes["commune_code"].isin(own)]
            parts += _draw_filled(shapes, frame, colour, "#6d7a86", 0.5)
            swatch = "hatch" if colour.startswith("url") else colour
            classes.append({"label": label, "colour": swatch})
        numbers = [
            (rank, _middle(communes.geometry[code], frame))
            for code, rank in ranks.items()
            if code in communes.index
        ]
        drawn, _ = _draw_numbers(numbers, BESIDE, "#111111")
        return self._finish([*parts, *drawn], frame, BESIDE, theme.title, classes)

    def draw_ranked_sites(
        self, codes: list[str], ranks: Mapping[str, str]
    ) -> dict[str, Any] | None:
        """Draw the sites of the communes; those of ``ranks`` carry theirs; None without outline."""
        communes = self._communes(codes)
        if communes.empty:
            return None
        parts, frame = self._draw_ground(communes.total_bounds, WIDE)
        parts += _draw_filled(communes, frame, PLACE, "#9aa6b1", 0.7)
        parts += self._draw_roads(frame, WIDE)
        parts += _draw_filled(self._sites_in(codes), frame, "#9fb3cf", SITE, 0.5)
        ranked = self.sites.loc[[s for s in ranks if s in self.sites.index]]
        parts += _draw_filled(ranked, frame, SITE, SITE, 1.2)
        numbers = [(ranks[s], _middle(ranked.geometry[s], frame)) for s in ranked.index]
        drawn, _ = _draw_numbers(numbers, WIDE, SITE)
        classes = [
            {"label": "site du classement (numéro : son rang)", "colour": SITE},
            {"label": "autre site", "colour": "#9fb3cf"},
        ]
        return self._finish([*parts, *drawn], frame, WIDE, "Sites classés", classes)

    def draw_commune(self, code: str, letters: Mapping[str, str]) -> dict[str, Any] | None:
        """Draw a commune, its sites by their letter and units by state; None without outline."""
        if code not in self.outlines.index:
            return None
        outline = self.outlines.loc[[code]]
        units = self.units[self.units["commune_code"] == code]
        sites = self.sites.loc[[site for site in letters if site in self.sites.index]]
        label = f"{outline['commune_label'].iloc[0]} : sites et unités foncières par occupation"
        parts, frame = self._draw_ground(outline.total_bounds, WIDE)
        parts += _draw_filled(outline, frame, PLACE, "#4c5a68", 1.4)
        parts += self._draw_roads(frame, WIDE)
        parts += _draw_units(units, frame)
        parts += _draw_filled(sites, frame, "none", SITE, 1.2)
        marks = [(letters[s], _middle(sites.geometry[s], frame)) for s in sites.index]
        drawn, taken = _draw_numbers(marks, WIDE, SITE)
        names = self._draw_names(self.outlines, frame, WIDE, taken, without=code)
        classes = [*self._list_ground(frame), *_list_states()]
        return self._finish([*parts, *names, *drawn], frame, WIDE, label, classes)

    def draw_site(
        self, site: str, numbers: Mapping[str, int], *, is_half: bool = False
    ) -> dict[str, Any] | None:
        """Draw a site and its units by state, with the numbers they have in the table beside.

        None where it is not published.
        """
        if site not in self.sites.index:
            return None
        size = HALF if is_half else WIDE
        sites = self.sites.loc[[site]]
        units = self.units[self.units["site_id"] == site]
        parts, frame = self._draw_ground(sites.total_bounds, size)
        parts += _draw_filled(sites, frame, PLACE, "none", 0)
        parts += _draw_units(units, frame)
        parts += self._draw_roads(frame, size)
        parts += _draw_filled(sites, frame, "none", SITE, 1.4)
        own = units[units["unit_id"].isin(list(numbers))]
        parts += _draw_filled(own, frame, "none", "#111111", 1.0)
        places = [(str(numbers[u]), _middle(own.geometry[u], frame)) for u in own.index]
        drawn, _ = _draw_numbers(sorted(places, key=lambda p: int(p[0])), size, "#111111")
        label = f"{sites['site_name'].iloc[0]} : unités foncières par occupation"
        classes = [] if is_half else [*self._list_ground(frame), *_list_states()]
        return self._finish([*parts, *drawn], frame, size, label, classes)

    def _communes(self, codes: list[str]) -> gpd.GeoDataFrame:
        return self.outlines[self.outlines["commune_code"].isin(codes)]

    def _sites_in(self, codes: list[str]) -> gpd.GeoDataFrame:
        return self.sites[self.sites["commune_code"].isin(codes)]

    def _draw_ground(
        self, bounds: Any, size: Point, *, roads: bool = True
    ) -> tuple[list[str], Frame]:
        """Draw the communes around, over what is in none: sea, ponds, or no outline known."""
        frame = frame_around(bounds, width=size[0], height=size[1])
        seen = shapely.box(frame.west, frame.south, frame.east, frame.north)
        around = self.outlines[self.outlines.geometry.intersects(seen)]
        parts = [
            f'<rect width="{size[0]}" height="{size[1]}" fill="{OUTSIDE}"/>',
            *_draw_filled(around, frame, LAND, "#b4bcc3", 0.6),
        ]
        return parts + (self._draw_roads(frame, size) if roads else []), frame

    def _draw_roads(self, frame: Frame, size: Point) -> list[str]:
        """Draw the main roads, motorways above the others, each once."""
        if self.roads is None:
            return []
        seen = shapely.box(frame.west, frame.south, frame.east, frame.north)
        roads = self.roads[self.roads.geometry.intersects(seen)]
        is_motorway = roads["is_motorway"].astype(bool)
        return [
            f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="{width}"/>'
            for own, colour, width in (
                (roads[~is_motorway], MAIN_ROAD, 1.6),
                (roads[is_motorway], MOTORWAY, 2.6),
            )
            if (path := draw_lines(own.geometry.to_numpy(), frame))
        ]

    def _list_ground(self, frame: Frame) -> list[dict[str, str]]:
        """The lines of the legend for the ground that this map shows."""
        seen = shapely.box(frame.west, frame.south, frame.east, frame.north)
        around = self.outlines.geometry[self.outlines.geometry.intersects(seen)]
        lines = []
        if not shapely.union_all(around.to_numpy()).buffer(1).covers(seen):
            lines = [{"label": "mer, étang ou hors contours", "colour": OUTSIDE}]
        if self.roads is not None and self.roads.geometry.intersects(seen).any():
            lines += [{"label": "route principale, autoroute", "colour": MOTORWAY}]
        return lines

    def _draw_names(
        self,
        communes: gpd.GeoDataFrame,
        frame: Frame,
        size: Point,
        taken: Sequence[Box],
        without: str | None = None,
    ) -> list[str]:
        """Draw names of communes where they are seen, the largest first, as far as room goes."""
        seen = shapely.box(frame.west, frame.south, frame.east, frame.north)
        inside = communes.geometry.intersection(seen)
        inside = inside[(inside.area > 0.004 * seen.area) & (communes["commune_code"] != without)]
        inside = inside.iloc[(-inside.area).argsort(kind="stable")]
        names = [
            (str(communes["commune_label"][code])[:60], _middle(shape, frame))
            for code, shape in inside.items()
        ]
        return [
            _write(text, at, NAME_SIZE, "#4c5a68")
            for text, at in place_names(names, NAME_SIZE, size, taken)
        ]

    def _finish(
        self,
        parts: list[str],
        frame: Frame,
        size: Point,
        label: str,
        classes: list[dict[str, str]],
    ) -> dict[str, Any]:
        """Write the next map of the atlas; return what the page says of it."""
        if self.notice:
            parts = [*parts, _draw_notice(self.notice, size)]
        self.count += 1
        file = f"map-{self.count}.svg"
        svg = (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size[0]} {size[1]}" '
            f'font-family="Source Sans 3"><defs>{HATCH}</defs>{"".join(parts)}</svg>'
        )
        (self.root / file).write_text(make_printable(svg), "utf-8")
        length = choose_bar_length(frame)
        return {
            "file": file,
            "alt": f"Carte. {label}.",
            "classes": classes,
            "bar_share": length * frame.scale / size[0],
            "bar_label": f"{length} m" if length < M_PER_KM else f"{length // M_PER_KM} km",
        }


def group_by_step(rows: pl.DataFrame, theme: Theme) -> list[tuple[str, str, list[str]]]:
    """Group communes by the step of a theme: fill, label of the legend, codes.

    What is withheld has a hatching, what is not known a grey; neither is listed where none is.
    """
    value = pl.col(theme.column)
    mark = suppression_mark(theme.column)
    is_hidden = pl.col(mark) if mark in rows.columns else pl.lit(value=False)
    steps = [c for c in theme.classes if c.value is not None]
    grouped = []
    for at, step in enumerate(steps):
        low = value >= float(step.value or 0)
        inside = low & (value < float(steps[at + 1].value or 0)) if at + 1 < len(steps) else low
        grouped.append((step.colour, step.label, rows.filter(inside)["commune_code"].to_list()))
    without = rows.filter(value.is_null())
    for colour, label, own in (
        ("url(#hatch)", HIDDEN_FR, without.filter(is_hidden)),
        (UNKNOWN_COLOUR, UNKNOWN_FR, without.filter(~is_hidden)),
    ):
        if len(own):
            grouped.append((colour, label, own["commune_code"].to_list()))
    return grouped


def _list_states() -> list[dict[str, str]]:
    states = [{"label": c.label, "colour": c.colour} for c in OCCUPATION_THEME.classes]
    return [*states, {"label": "contour de site", "colour": "outline"}]


def _middle(shape: Any, frame: Frame) -> Point:
    return locate_point(shapely.point_on_surface(shape), frame)


def _draw_notice(notice: str, size: Point) -> str:
    """Draw the notice of invented figures across the map."""
    x, y, high = size[0] / 2, size[1] / 2, round(size[0] / 17)
    return (
        f'<text x="{x}" y="{y}" text-anchor="middle" font-size="{high}" '
        f'fill="#8f1d1d" fill-opacity="0.2" transform="rotate(-14 {x} {y})">'
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


def _draw_numbers(
    numbers: Sequence[tuple[str, Point]], size: Point, colour: str
) -> tuple[list[str], list[Box]]:
    """Draw numbers, each tied by a line to what it names where it stands beside it."""
    placed = place_numbers(numbers, NUMBER_SIZE, size)
    drawn = []
    for (_, at), (_, spot, box) in zip(numbers, placed, strict=True):
        if not (box[0] <= at[0] <= box[2] and box[1] <= at[1] <= box[3]):
            line = f'x1="{at[0]}" y1="{at[1]}" x2="{spot[0]}" y2="{spot[1]}"'
            drawn.append(f'<line {line} stroke="{colour}" stroke-width="0.8"/>')
            drawn.append(f'<circle cx="{at[0]}" cy="{at[1]}" r="1.8" fill="{colour}"/>')
    texts = [_write(n, spot, NUMBER_SIZE, colour, weight="bold") for n, spot, _ in placed]
    return drawn + texts, [box for _, _, box in placed]


def _write(text: str, at: Point, size: float, colour: str, weight: str = "normal") -> str:
    """Write a text around a point, over a white edge."""
    return (
        f'<text x="{at[0]}" y="{round(at[1] + 0.34 * size, 1)}" text-anchor="middle" '
        f'font-size="{size}" font-weight="{weight}" fill="{colour}" stroke="#fff" '
        f'stroke-width="3" stroke-linejoin="round" paint-order="stroke">{escape(text)}</text>'
    )
