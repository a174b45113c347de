"""Reads outlines of communes: any layer GDAL opens, attributes as text."""

import re
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pyogrio

from observatory.cleaning import LINE, normalise
from observatory.errors import InputError
from observatory.geography.crs import WEB
from observatory.sources import Card

FARTHEST_DEGREES = (180, 90, 180, 90)
COLUMNS = ("commune_code", "commune_label", "commune_type")


def no_contours() -> gpd.GeoDataFrame:
    """No outline: what an absent source reads as."""
    columns: dict[str, list[Any]] = {name: [] for name in (*LINE, *COLUMNS)}
    frame = gpd.GeoDataFrame(columns, geometry=gpd.GeoSeries([], crs=WEB), crs=WEB)
    return frame.astype(dict.fromkeys((*LINE, *COLUMNS), "str")).astype({"source_line": "int64"})


def read_contours(path: Path, card: Card, *, name: str, sha256: str) -> gpd.GeoDataFrame:
    """Outlines with our column names, all text, and the columns of ``ORIGIN``; CRS as declared.

    Raises InputError for a file that GDAL cannot read or that lacks a column.
    """
    with path.open("rb") as file:
        if not file.read(64).lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
            msg = f"{name} is not GeoJSON: export it as GeoJSON in longitude and latitude."
            raise InputError(msg)
    try:
        frame = pyogrio.read_dataframe(path)
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, ValueError) as error:
        msg = f"{name} is no map layer that GDAL can read: download it again."
        raise InputError(msg) from error
    if not isinstance(frame, gpd.GeoDataFrame) or frame.empty:
        msg = f"{name} holds no outline: download it again."
        raise InputError(msg)
    kinds = sorted(set(frame.geom_type.dropna()) - {"Polygon", "MultiPolygon"})
    if kinds:
        msg = f"{name} holds {', '.join(kinds)}: outlines of communes are polygons."
        raise InputError(msg)
    found = {}
    for ours, pattern in card.layout.all_columns.items():
        headers = [c for c in frame.columns if re.fullmatch(pattern, normalise(str(c)))]
        if headers:
            found[ours] = _as_text(frame[headers[0]])
        elif ours in card.layout.columns:
            msg = (
                f"{name}: no column “{pattern}” for {ours} in {', '.join(map(str, frame.columns))}."
            )
            raise InputError(msg)
        else:
            found[ours] = None
    origin = {
        "source_key": card.key,
        "source_sha256": sha256,
        "source_sheet": None,
        "source_line": range(1, len(frame) + 1),
    }
    crs = frame.crs or WEB
    degrees = np.abs(frame.total_bounds) <= FARTHEST_DEGREES
    if crs == WEB and not degrees.all():
        msg = f"{name}: coordinates are not longitudes and latitudes, and no other CRS is named."
        raise InputError(msg)
    text = gpd.GeoDataFrame({**origin, **found}, geometry=frame.geometry, crs=crs)
    return text.astype({"source_sheet": "str", "commune_type": "str"})


def _as_text(column: Any) -> Any:
    """Values as text; a code that became a number loses its ``.0``, a blank stays blank."""
    text = column.astype("str").str.replace(r"\.0$", "", regex=True)
    return text.where(column.notna(), None)
