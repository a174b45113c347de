"""Layers as frames: rows beside shapes, in Polars and in GeoPandas."""

import geopandas as gpd
import numpy as np
import pandas as pd
import polars as pl
import shapely

from observatory.geography.crs import METROPOLITAN


def as_geodataframe(rows: pl.DataFrame, shapes: np.ndarray) -> gpd.GeoDataFrame:
    """Attributes and shapes, row by row, in the projected CRS."""
    return gpd.GeoDataFrame(as_pandas(rows), geometry=shapes, crs=METROPOLITAN)


def as_pandas(rows: pl.DataFrame) -> pd.DataFrame:
    """The rows as pandas holds them without changing what they are.

    A whole number with a blank stays whole, a flag with a blank a flag, and a day a day.
    """
    frame = rows.to_pandas()
    for name, kind in rows.schema.items():
        if kind == pl.Date:
            frame[name] = pd.Series(rows[name].to_list(), index=frame.index, dtype="object")
        elif rows[name].has_nulls() and (kind.is_integer() or kind == pl.Boolean):
            kept = pd.BooleanDtype() if kind == pl.Boolean else pd.Int64Dtype()
            frame[name] = pd.Series(rows[name].to_list(), index=frame.index, dtype=kept)
    return frame


def drop_geometry(frame: gpd.GeoDataFrame) -> pl.DataFrame:
    """A layer's rows without their shapes."""
    return pl.from_pandas(frame.drop(columns=frame.geometry.name))


def as_multipolygons(shapes: gpd.GeoSeries) -> gpd.GeoSeries:
    """Polygons and multipolygons, all as multipolygons."""
    single = (shapes.geom_type == "Polygon").to_numpy()
    found = shapes.to_numpy().copy()
    parts = found[single]
    found[single] = shapely.multipolygons(parts, indices=np.arange(len(parts)))
    return gpd.GeoSeries(found, index=shapes.index, crs=shapes.crs)
