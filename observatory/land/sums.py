"""Sums areas and money to the same bits, however the rows come."""

import functools
import operator
from collections.abc import Iterable

import polars as pl


def sum_steadily(values: pl.Expr) -> pl.Expr:
    """Sum in the order of the values: floats added in that of rows or cores differ in last bits."""
    return values.sort().sum()


def add_up(columns: Iterable[pl.Expr]) -> pl.Expr:
    """Add columns one after the other, blanks as zero: ``sum_horizontal`` adds as cores come."""
    return functools.reduce(operator.add, (column.fill_null(0.0) for column in columns))


def share_of_ground(holds: pl.Expr) -> pl.Expr:
    """Share of a unit's ground, from 0 to 1, on whose parcels (``parcel_m2``) something holds."""
    area = pl.col("parcel_m2")
    return sum_steadily(area.filter(holds.fill_null(value=False))) / sum_steadily(area)
