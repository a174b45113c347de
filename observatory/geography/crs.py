"""Projected coordinate systems: metres, one per part of France.

Source: décret n° 2000-1276 as amended, annex (legal reference systems of each territory).
"""

from collections.abc import Iterable
from dataclasses import dataclass

METROPOLITAN = "EPSG:2154"
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

    @property
    def epsg(self) -> str:
        """The number of the CRS alone."""
        return self.crs.removeprefix("EPSG:")


METROPOLITAN_FRANCE = Projection(
    crs=METROPOLITAN,
    longitudes=(-6.0, 10.5),
    latitudes=(41.0, 52.0),
    eastings=(50_000.0, 1_300_000.0),
    northings=(6_000_000.0, 7_150_000.0),
)
ANTILLES = Projection(
    crs="EPSG:5490",
    longitudes=(-63.5, -60.5),
    latitudes=(14.0, 18.5),
    eastings=(440_000.0, 770_000.0),
    northings=(1_540_000.0, 2_050_000.0),
)
GUYANE = Projection(
    crs="EPSG:2972",
    longitudes=(-55.0, -51.0),
    latitudes=(2.0, 6.2),
    eastings=(50_000.0, 505_000.0),
    northings=(220_000.0, 690_000.0),
)
REUNION = Projection(
    crs="EPSG:2975",
    longitudes=(55.0, 56.1),
    latitudes=(-21.6, -20.7),
    eastings=(290_000.0, 410_000.0),
    northings=(7_610_000.0, 7_715_000.0),
)
MAYOTTE = Projection(
    crs="EPSG:4471",
    longitudes=(44.8, 45.5),
    latitudes=(-13.2, -12.4),
    eastings=(475_000.0, 560_000.0),
    northings=(8_540_000.0, 8_630_000.0),
)
# the card of territories; metropolitan départements have one projection
PROJECTIONS = {
    "971": ANTILLES,
    "972": ANTILLES,
    "973": GUYANE,
    "974": REUNION,
    "976": MAYOTTE,
    "977": ANTILLES,
    "978": ANTILLES,
}
EVERYWHERE = (METROPOLITAN_FRANCE, ANTILLES, GUYANE, REUNION, MAYOTTE)


def projection_at(department: str) -> Projection | None:
    """The projection of a département; None for a territory that is not on the card."""
    is_overseas = department.startswith(("97", "98"))
    return PROJECTIONS.get(department, None if is_overseas else METROPOLITAN_FRANCE)


def projection_of(departments: Iterable[str]) -> Projection:
    """The projection of a territory: its own, or that of metropolitan France where it has several.

    Of the country, what lies overseas is drawn, and measured, in a run of its own.
    """
    found = {projection_at(department) for department in departments}
    return found.pop() or METROPOLITAN_FRANCE if len(found) == 1 else METROPOLITAN_FRANCE
