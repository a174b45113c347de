"""Sums areas and money to the same bits, however the rows come."""

import polars as pl


def sum_steadily(values: pl.Expr) -> pl.Expr:
    """Sum in the order of the values: floats added in that of rows or cores differ in last bits."""
    return values.sort().sum()
