"""Shapes that a table of text holds in its cells: WKT, GeoJSON, or two numbers for a point."""

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import polars as pl
import shapely

from observatory.errors import InputError
from observatory.geography.crs import WGS84
from observatory.ingest.delimited import read_delimited
from observatory.ingest.headers import served
from observatory.ingest.issues import LINE
from observatory.ingest.values import as_text
from observatory.metadata.cards import Card, normalise

KINDS = ("Point", "LineString", "Polygon", "MultiPoint", "MultiLineString", "MultiPolygon")
# of texts without two blanks in a row: on a long run of them, these would not come to an end
WKT = re.compile(rf"(?is)^(?:SRID=\d+;)? ?((?:{'|'.join(KINDS)}) ?(?:Z|M|ZM)? ?\(.*\))$")
NUMBER = r"[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?"
PAIR = re.compile(rf"^[\[(]? ?({NUMBER}) ?[,; ] ?({NUMBER}) ?[\])]?$")
RING = re.compile(r"\(([^()]+)\)")
TABLES = (".csv", ".txt")
CELLS = re.compile(r"[;,|\t\"\r\n\0\ufeff]+")
LONGEST_HEADER = 2**16
LEAST_OF_A_RING = 3
# what a text that is no shape may end in
UNREADABLE = (
    ValueError,
    RecursionError,
    LookupError,
    TypeError,
    AttributeError,
    shapely.errors.ShapelyError,
)


def read_written_layer(files: Sequence[Path], card: Card, name: str) -> gpd.GeoDataFrame:
    """The rows of tables whose cells hold shapes, as a layer with no shape drawn yet.

    Of several files, those without such a column are passed over: they are of other tables of the
    same delivery. Raises InputError where none has one, where one that has cannot be read, and
    where one that bears the name of a layer asked for has none.
    """
    frames = list(_tables(files, card, name))
    if not frames:
        raise _without_shapes(name, card)
    rows = pl.concat(frames, how="diagonal").to_pandas()
    rows = rows.astype({"source_sheet": "str"})
    blank = np.full(len(rows), None, dtype=object)
    return gpd.GeoDataFrame(pd.DataFrame(rows), geometry=blank, crs=WGS84)


def _tables(files: Sequence[Path], card: Card, name: str) -> Iterator[pl.DataFrame]:
    for file in files:
        told = name if len(files) == 1 else f"{name} › {file.name}"
        try:
            rows = read_delimited(file, card.layout, told, None)
        except InputError:
            if len(files) == 1 or _names_shapes(file, card) or _is_asked_for(file, card):
                raise
            continue
        headers = [c for c in rows.columns if c not in LINE]
        match = card.layout.match(headers).columns
        if not any(match[ours] for ours in card.layout.shapes):
            if _is_asked_for(file, card):
                raise _without_shapes(told, card)
            continue
        own_headers = served(headers, card.layout)
        own = rows.select(
            "source_sheet", "source_line", *(as_text(c, pl.String()) for c in own_headers)
        )
        if len(files) > 1:
            own = own.with_columns(source_sheet=pl.lit(file.name))
        yield own


def _is_asked_for(file: Path, card: Card) -> bool:
    """Whether a file bears the name of a layer that the card asks for."""
    layers = card.layout.layers
    return layers is not None and bool(re.fullmatch(layers, normalise(file.stem)))


def _without_shapes(told: str, card: Card) -> InputError:
    wanted = " or ".join(f"“{card.layout.all_columns[ours]}”" for ours in card.layout.shapes)
    return InputError(f"{told}: no column holds shapes; expected {wanted}.")


def _names_shapes(file: Path, card: Card) -> bool:
    """Whether the first line of a file names a column of shapes, whatever else is wrong in it."""
    with file.open("rb") as opened:
        cells = CELLS.split(opened.readline(LONGEST_HEADER).decode("cp1252", "ignore"))
    patterns = [card.layout.all_columns[ours] for ours in card.layout.shapes]
    return any(re.fullmatch(p, normalise(cell)) for cell in cells for p in patterns)


def shapes_of_texts(texts: pl.Series) -> tuple[np.ndarray, np.ndarray]:
    """The shape that each text stands for, None where it is none; and whether it was mended."""
    shapes = np.full(len(texts), None, dtype=object)
    mended = np.zeros(len(texts), dtype=bool)
    with np.errstate(over="ignore", invalid="ignore"):  # a number beyond all is nowhere
        for at, text in enumerate(texts):
            if text:
                shapes[at], mended[at] = _shape_of(text)
    return shapes, mended


def _shape_of(text: str) -> tuple[shapely.Geometry | None, bool]:
    """A shape in two dimensions; a ring that was left open is closed, which is said."""
    text = " ".join(text.split())
    if pair := PAIR.match(text):
        return shapely.Point(float(pair.group(1)), float(pair.group(2))), False
    try:
        if found := WKT.match(text):
            closed, mended = _closed_text(found.group(1))
            shape = shapely.from_wkt(closed)
        else:
            drawn, mended = _closed_rings(_geometry(json.loads(text)))
            shape = shapely.from_geojson(json.dumps(drawn))
    except UNREADABLE:
        return None, False
    return (None, False) if shapely.is_empty(shape) else (shapely.force_2d(shape), mended)


def _geometry(drawn: Any) -> dict[str, Any]:
    """Kind and coordinates alone, of a geometry or of the feature around it."""
    own = drawn["geometry"] if drawn.get("type") == "Feature" else drawn
    if own["type"] not in KINDS:
        raise ValueError(own["type"])
    return {"type": own["type"], "coordinates": own["coordinates"]}


def _closed_rings(drawn: dict[str, Any]) -> tuple[dict[str, Any], bool]:
    depth = {"Polygon": 1, "MultiPolygon": 2}.get(drawn["type"])
    if depth is None:
        return drawn, False
    parts = [drawn["coordinates"]] if depth == 1 else drawn["coordinates"]
    open_rings = [r for part in parts for r in part if len(r) >= LEAST_OF_A_RING and r[0] != r[-1]]
    for ring in open_rings:
        ring.append(ring[0])
    return drawn, bool(open_rings)


def _closed_text(text: str) -> tuple[str, bool]:
    """WKT of polygons with every ring closed."""
    if "POLYGON" not in text.upper():
        return text, False
    mended = False

    def close(found: re.Match[str]) -> str:
        nonlocal mended
        points = [point.strip() for point in found.group(1).split(",")]
        if len(points) >= LEAST_OF_A_RING and points[0].split() != points[-1].split():
            mended = True
            points.append(points[0])
        return f"({', '.join(points)})"

    return RING.sub(close, text), mended
