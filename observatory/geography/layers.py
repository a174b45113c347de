"""Converts layers between Polars rows beside shapes and GeoPandas frames."""

import geopandas as gpd
import numpy as np
import pandas as pd
import polars as pl
import shapely

from observatory.geography.ground import projection


def as_geodataframe(rows: pl.DataFrame, shapes: np.ndarray) -> gpd.GeoDataFrame:
    """Join attributes and shapes, row by row, in the projected CRS of the territory."""
    return gpd.GeoDataFrame(as_pandas(rows), geometry=shapes, crs=projection().crs)


def as_pandas(rows: pl.DataFrame) -> pd.DataFrame:
    """Convert rows to pandas without changing what they are.

    A whole number with a blank stays whole, a flag with a blank a flag, and a day a day, also where
    none is known.
    """
    frame = rows.to_pandas()
    for name, kind in rows.schema.items():
        if kind == pl.Date and rows[name].null_count() == len(rows):
            # of no day, objects would not say that they are days
            frame[name] = rows[name].to_arrow().to_pandas(types_mapper=pd.ArrowDtype)
        elif kind == pl.Date:
            frame[name] = rows[name].to_arrow().to_pandas(date_as_object=True)
        elif rows[name].has_nulls() and kind == pl.Boolean:
            frame[name] = rows[name].to_arrow().to_pandas(types_mapper=lambda _: pd.BooleanDtype())
        elif rows[name].has_nulls() and kind.is_integer():
            whole = rows[name].cast(pl.Int64).to_arrow()
            frame[name] = whole.to_pandas(types_mapper=lambda _: pd.Int64Dtype())
    return frame


def drop_geometry(frame: gpd.GeoDataFrame) -> pl.DataFrame:
    """Convert a layer's rows to Polars, without their shapes."""
    return pl.from_pandas(frame.drop(columns=frame.geometry.name))


def as_multipolygons(shapes: gpd.GeoSeries) -> gpd.GeoSeries:
    """Convert polygons and multipolygons to multipolygons."""
    single = (shapes.geom_type == "Polygon").to_numpy()
    converted = shapes.to_numpy().copy()
    parts = converted[single]
    converted[single] = shapely.multipolygons(parts, indices=np.arange(len(parts)))
    return gpd.GeoSeries(converted, index=shapes.index, crs=shapes.crs)
