"""Coordinates of table sources in the projected CRS, through the one door of coordinates."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from observatory.geography.ground import projection
from observatory.ingest.cleaning import number
from observatory.ingest.coordinates import USABLE, Written, put_right, tell_written
from observatory.ingest.issues import IssueLog

# « 43.29, 5.37 » in one cell
TOGETHER = r"^\s*[\[(]?\s*(-?\d+(?:\.\d+)?)\s*[,;\s]\s*(-?\d+(?:\.\d+)?)\s*[\])]?\s*$"


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
    """Add ``x_m`` and ``y_m`` in the territory's CRS, both finite; null where a row lies elsewhere.

    What stands in another order, in the other system or both in one cell is put right and logged:
    in a part of France none can be taken for another. What is nowhere or elsewhere is logged, and
    left out unless ``kept``.
    """
    first, second = _read(rows, columns.longitude, columns.latitude)
    written = _told(first, second)
    expected = Written.DEGREES
    is_right = written == expected
    if columns.x is not None and columns.y is not None:
        x, y = _read(rows, columns.x, columns.y)
        metric = _told(x, y)
        instead = np.isin(metric, USABLE) | (written == Written.NOWHERE)
        is_right = np.where(instead, metric == Written.METRES, is_right)
        first, second = np.where(instead, x, first), np.where(instead, y, second)
        written = np.where(instead, metric, written)
    east, north = put_right(first, second, written, projection())
    placed = rows.with_columns(
        x_m=pl.Series(east, dtype=pl.Float64).fill_nan(None),
        y_m=pl.Series(north, dtype=pl.Float64).fill_nan(None),
        _repaired=pl.Series(np.isin(written, USABLE) & ~is_right),
        _away=pl.Series(written == Written.AWAY),
    )
    column = columns.longitude if columns.x is None else columns.x
    log.add(placed.filter("_repaired"), column=column, issue_type="repaired_coordinates", kept=True)
    nowhere = pl.col("x_m").is_null()
    for bad, kind in ((nowhere & ~pl.col("_away"), "no_coordinates"), ("_away", "outside_france")):
        if kept:
            log.add(placed.filter(bad), column=column, issue_type=kind, kept=True)
        else:
            is_bad = pl.col(bad) if isinstance(bad, str) else bad
            placed = log.reject(placed, is_bad, column=column, issue_type=kind)
    return placed.drop("_repaired", "_away")


def _read(rows: pl.DataFrame, first: str, second: str) -> tuple[np.ndarray, np.ndarray]:
    """Both columns as numbers, NaN where there is none; two in one cell are both of them."""
    alone = number(first)
    pair = pl.when(alone.is_null()).then(pl.col(first)).str.extract_groups(TOGETHER).struct
    numbers = rows.select(
        a=pl.coalesce(alone, pair.field("1").cast(pl.Float64, strict=False)),
        b=pl.coalesce(number(second), pair.field("2").cast(pl.Float64, strict=False)),
    )
    a, b = (numbers[c].to_numpy().astype(float) for c in "ab")
    return a, b


def _told(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    return tell_written(np.stack([first, second, first, second], axis=1), projection())
