"""What serves economic sites: the nearest main road, motorway and stop."""

import geopandas as gpd
import numpy as np
import polars as pl
import shapely

from assets.land.constraints import distances
from assets.land.contracts.access import MAIN_ROADS, SITE_ACCESS
from observatory.geography.joins import find_nearest
from observatory.geography.layers import as_geodataframe, drop_geometry
from observatory.pipeline.drafts import draft_asset

MOTORWAY = r"^A ?\d"
NO_NUMBER = "sans numéro"


@draft_asset(SITE_ACCESS)
def land_site_access(
    _land_sites: gpd.GeoDataFrame,
    clean_ign__roads: gpd.GeoDataFrame,
    clean_transport__stops: pl.DataFrame,
) -> pl.DataFrame:
    """Nearest main road, motorway and stop of each site, as the crow flies."""
    return served(_land_sites, clean_ign__roads, clean_transport__stops)


@draft_asset(MAIN_ROADS)
def land_main_roads(clean_ign__roads: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Main roads as maps draw them: the axis of each number, all its parts together."""
    return draw_roads(clean_ign__roads)


def draw_roads(roads: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """One row per number, its parts joined where they meet; those without one are together."""
    numbers = drop_geometry(roads)["road_number"].cast(pl.String).fill_null(NO_NUMBER)
    shapes = roads.geometry.to_numpy()
    names = numbers.unique().sort()
    lines = [
        shapely.line_merge(shapely.union_all(shapes[(numbers == n).to_numpy()])) for n in names
    ]
    drawn = np.array([shapely.multilinestrings(shapely.get_parts(line)) for line in lines], object)
    rows = pl.DataFrame({"road_number": names}).with_columns(
        is_motorway=pl.col("road_number").str.contains(MOTORWAY)
    )
    return as_geodataframe(rows, drawn)


def served(sites: gpd.GeoDataFrame, roads: gpd.GeoDataFrame, stops: pl.DataFrame) -> pl.DataFrame:
    """Sites with what serves them; null where no road or stop is known."""
    shapes, lines = sites.geometry.to_numpy(), roads.geometry.to_numpy()
    numbers = drop_geometry(roads).select(pl.col("road_number").cast(pl.String)).to_series()
    motorways = numbers.str.contains(MOTORWAY).fill_null(value=False)
    points = shapely.points(stops["x_m"].to_numpy(), stops["y_m"].to_numpy())
    road, road_m = _nearest(shapes, lines, numbers)
    motorway, motorway_m = _nearest(shapes, lines[motorways.to_numpy()], numbers.filter(motorways))
    return drop_geometry(sites).select(
        "site_id",
        main_road_number=road,
        main_road_m=road_m,
        motorway_number=motorway,
        motorway_m=motorway_m,
        site_stop_m=distances(shapes, points),
    )


def _nearest(
    shapes: np.ndarray, lines: np.ndarray, numbers: pl.Series
) -> tuple[pl.Series, pl.Series]:
    """Number of the nearest line of each shape, and metres to it."""
    at, line, away = find_nearest(shapes, lines)
    found: list[str | None] = [None] * len(shapes)
    metres: list[float | None] = [None] * len(shapes)
    for shape, other, distance in zip(at, line, away, strict=True):
        found[shape], metres[shape] = numbers[int(other)], float(distance)
    return pl.Series(found, dtype=pl.String), pl.Series(metres, dtype=pl.Float64)
