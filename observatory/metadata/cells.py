"""Texts as cells of a CSV: none that a spreadsheet would run."""

from typing import TypeVar

import polars as pl

Rows = TypeVar("Rows", pl.DataFrame, pl.LazyFrame)
# what formulas begin with, also as East Asian keyboards write it; after a semicolon too, which
# French spreadsheets take for the end of a cell
SIGNS = r"[=+\-@＝＋－＠]"
FORMULA = rf"^\s*{SIGNS}|^[\t\r]"
NUMBER = r"^[+-]?\d+(?:[.,]\d+)?$"
NEXT_FORMULA = rf";(\s*{SIGNS})"


def as_cells(rows: Rows) -> Rows:
    """Rows as every CSV has them: an apostrophe stands before what would be a formula.

    In columns of text alone: numbers stay numbers, also where they are negative.
    """
    text = pl.col(pl.String)
    marked = text.str.replace_all(NEXT_FORMULA, ";'$1")
    runs = text.str.contains(FORMULA) & ~text.str.contains(NUMBER)
    return rows.with_columns(pl.when(runs).then("'" + marked).otherwise(marked).name.keep())
