"""Projected coordinate systems: metres, one per part of France.

Source: décret n° 2000-1276 as amended, annex (legal reference systems of each territory).
"""

from dataclasses import dataclass

METROPOLITAN = "EPSG:2154"
OVERSEAS = {
    "971": "EPSG:5490",
    "972": "EPSG:5490",
    "973": "EPSG:2972",
    "974": "EPSG:2975",
    "976": "EPSG:4471",
    "977": "EPSG:5490",
    "978": "EPSG:5490",
}
WGS84 = "EPSG:4326"
M2_PER_HA = 10_000

Bounds = tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class Projection:
    """The CRS of a part of France, and the box in which that part lies, in degrees and in metres.

    The boxes hold the sea around. Longitudes and latitudes of a part never share a value, so that
    coordinates that stand in the wrong order are told for certain.
    """

    crs: str
    longitudes: Bounds
    latitudes: Bounds
    eastings: Bounds
    northings: Bounds


METROPOLITAN_FRANCE = Projection(
    crs=METROPOLITAN,
    longitudes=(-6.0, 10.5),
    latitudes=(41.0, 52.0),
    eastings=(50_000.0, 1_300_000.0),
    northings=(6_000_000.0, 7_150_000.0),
)
EASTINGS, NORTHINGS = METROPOLITAN_FRANCE.eastings, METROPOLITAN_FRANCE.northings
LONGITUDES, LATITUDES = METROPOLITAN_FRANCE.longitudes, METROPOLITAN_FRANCE.latitudes
