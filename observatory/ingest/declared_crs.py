"""Which coordinate system a layer says it is in; no system is looked up elsewhere."""

import json
import mmap
import re
from pathlib import Path
from typing import Any

import numpy as np
import pyproj
import shapely

from observatory.errors import InputError
from observatory.geography.crs import METROPOLITAN, WGS84
from observatory.geography.ground import projection
from observatory.ingest.coordinates import USABLE, tell_written

FARTHEST_DEGREES = (180, 90, 180, 90)
CRS_MEMBER = re.compile(
    rb'"(?:c|\\u0063|\\u0043)(?:r|\\u0072|\\u0052)(?:s|\\u0073|\\u0053)"\s*:', re.IGNORECASE
)
CRS_NAME = re.compile(r"(?!https?:(?!//(www\.)?opengis\.net/))[\w:./ +()-]{1,200}", re.IGNORECASE)
LONGEST_CRS = 50_000
LAMBERT_93 = re.compile(r"rgf.?93.*lambert.?93|lambert.?93.*rgf.?93", re.IGNORECASE)


def require_named_crs(file: Path, name: str) -> None:
    """Refuse a GeoJSON whose CRS is a link: GDAL would follow it."""
    with file.open("rb") as opened, mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as text:
        for found in CRS_MEMBER.finditer(text):
            said = text[found.end() : found.end() + 4_096].decode("utf-8", "ignore").lstrip()
            if said.startswith("{") and not _is_named(said):
                msg = f"{name}: its “crs” is no name of a coordinate system: refused."
                raise InputError(msg)


def _is_named(said: str) -> bool:
    try:
        crs, _ = json.JSONDecoder().raw_decode(said)
        kind, properties = crs["type"], crs["properties"]
        named = str(properties["name"] if kind == "name" else properties["code"])
    except (ValueError, RecursionError, LookupError, TypeError):
        return False
    return kind in {"name", "EPSG"} and CRS_NAME.fullmatch(named) is not None


def crs_of(declared: str | None, shapes: np.ndarray, name: str) -> Any:
    """The CRS as declared; Lambert-93 by its name, where the file gives no number."""
    try:
        crs = None if len(declared or "") > LONGEST_CRS else pyproj.CRS(declared or WGS84)
    except pyproj.exceptions.CRSError:
        crs = None
    if crs is not None and crs.is_bound:  # how it is moved to another may name a file to read
        crs = crs.source_crs
    if crs is None or not (crs.is_geographic or crs.is_projected):
        msg = f"{name}: its coordinate system is not one of places on Earth: {str(declared)[:80]}"
        raise InputError(msg)
    if crs.to_epsg() is None and LAMBERT_93.search(crs.name.replace("_", " ")):
        return pyproj.CRS(METROPOLITAN)
    drawn = shapely.bounds(shapes)
    drawn = drawn[np.isfinite(drawn).all(axis=1)]
    told = (np.abs(drawn) <= FARTHEST_DEGREES).all(axis=1)
    told |= np.isin(tell_written(drawn, projection()), [*USABLE])  # put right one by one
    if crs.is_geographic and not told.all():
        msg = f"{name}: coordinates are not longitudes and latitudes, and no other CRS is named."
        raise InputError(msg)
    return crs
