"""Coordinates of table sources in the projected CRS: what is swapped, nowhere or elsewhere."""

from dataclasses import dataclass

import numpy as np
import polars as pl
import pyproj

from observatory.geography.crs import WGS84
from observatory.geography.ground import projection
from observatory.ingest.cleaning import number
from observatory.ingest.issues import IssueLog


@dataclass(frozen=True, kw_only=True)
class Columns:
    """Names of the columns that hold coordinates; metric ones go before degrees."""

    longitude: str
    latitude: str
    x: str | None = None
    y: str | None = None


def lambert(
    rows: pl.DataFrame, log: IssueLog, columns: Columns, *, kept: bool = True
) -> pl.DataFrame:
    """Add ``x_m`` and ``y_m`` in the territory's CRS; null where a row lies elsewhere, or nowhere.

    Latitudes written before longitudes, and northings before eastings, are put right: in a part of
    France the two are not confused. What has no usable coordinates is logged, and left out unless
    ``kept``.
    """
    here = projection()
    longitude, latitude, swapped = _ordered(
        rows, columns.longitude, columns.latitude, here.longitudes, here.latitudes
    )
    to_metres = pyproj.Transformer.from_crs(WGS84, here.crs, always_xy=True)
    told = ~np.isnan(longitude)
    somewhere = here.longitudes[0], here.latitudes[0]
    x, y = to_metres.transform(
        np.where(told, longitude, somewhere[0]), np.where(told, latitude, somewhere[1])
    )
    x, y = np.where(told, x, np.nan), np.where(told, y, np.nan)
    if columns.x is not None and columns.y is not None:
        east, north, turned = _ordered(rows, columns.x, columns.y, here.eastings, here.northings)
        metric = ~np.isnan(east)
        x, y = np.where(metric, east, x), np.where(metric, north, y)
        swapped = np.where(metric, turned, swapped)
    placed = rows.with_columns(
        x_m=pl.Series(x, dtype=pl.Float64).fill_nan(None),
        y_m=pl.Series(y, dtype=pl.Float64).fill_nan(None),
        _swapped=pl.Series(swapped, dtype=pl.Boolean),
    )
    column = columns.longitude if columns.x is None else columns.x
    log.add(placed.filter("_swapped"), column=column, issue_type="repaired_coordinates", kept=True)
    nowhere = pl.col("x_m").is_null()
    if not kept:
        placed = log.reject(placed, nowhere, column=column, issue_type="no_coordinates")
    else:
        log.add(placed.filter(nowhere), column=column, issue_type="no_coordinates", kept=True)
    return placed.drop("_swapped")


def _ordered(
    rows: pl.DataFrame,
    first: str,
    second: str,
    bounds: tuple[float, float],
    other: tuple[float, float],
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Both columns in their order, NaN where they are of neither; and which were swapped."""
    numbers = rows.select(a=number(first), b=number(second))
    a, b = (numbers[c].to_numpy().astype(float) for c in "ab")
    right = _within(a, bounds) & _within(b, other)
    swapped = _within(b, bounds) & _within(a, other) & ~right
    return (
        np.where(right, a, np.where(swapped, b, np.nan)),
        np.where(right, b, np.where(swapped, a, np.nan)),
        swapped,
    )


def _within(values: np.ndarray, bounds: tuple[float, float]) -> np.ndarray:
    with np.errstate(invalid="ignore"):
        return (values >= bounds[0]) & (values <= bounds[1]) & (values != 0)
