"""Rows written by Polars are what XlsxWriter writes cell by cell."""

import datetime as dt
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import xlsxwriter
from python_calamine import CalamineWorkbook

from observatory.release.sheet_rows import LONGEST_CELL, TableSheet, write_rows

SAFE = {f"strings_to_{what}": False for what in ("formulas", "urls", "numbers")}
TEXTS = [
    "=1+1",
    " blank at both ends\n",
    "tab\tand line\nwithin",
    "\x00\x1b\ufffe",
    "_x0041_",
    "a & b < c > d \"e\" 'f'",
    "&amp;",
    "é 🏭",
    "12",
    "https://exemple.fr",
    "",
    None,
    "🏭" * LONGEST_CELL,
]
FRAME = pl.DataFrame(
    {
        "text": TEXTS,
        "empty": [None] * len(TEXTS),
        "day": [dt.date(1900, 1, 1), dt.date(1900, 2, 28), dt.date(1900, 3, 1), None]
        + [dt.date(2026, 2, day) for day in range(1, len(TEXTS) - 3)],
        "count": [None, 0, -7, 2**53, *range(len(TEXTS) - 4)],
        "share": [None, 0.5, -1e-7, 1.0, 1e300, 6.02e23, *map(float, range(len(TEXTS) - 6))],
        "is_known": [None, True, False] + [True] * (len(TEXTS) - 3),
    },
    schema_overrides={"empty": pl.String},
)


def one_by_one(path: Path) -> Path:
    with xlsxwriter.Workbook(path, SAFE) as book:
        sheet = book.add_worksheet("rows")
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        sheet.set_column(2, 2, 14, day)
        sheet.write_row(0, 0, FRAME.columns)
        writers: dict[str, Any] = {
            "text": sheet.write_string,
            "day": sheet.write_datetime,
            "is_known": sheet.write_boolean,
        }
        for line, row in enumerate(FRAME.iter_rows(named=True), start=1):
            for at, (name, value) in enumerate(row.items()):
                if value is not None:
                    writers.get(name, sheet.write_number)(line, at, value)
    return path


def by_columns(path: Path, *, batch: int) -> Path:
    with xlsxwriter.Workbook(path, SAFE) as book:
        sheet = book.add_worksheet("rows", TableSheet)
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        sheet.set_column(2, 2, 14, day)
        frames = FRAME.iter_slices(batch)
        sheet.add_rows([(FRAME.columns, None)], frames, len(FRAME), {"day": day})
    return path


def cells(path: Path) -> list[list[Any]]:
    return CalamineWorkbook.from_path(path).get_sheet_by_name("rows").to_python()


@pytest.mark.parametrize("batch", [4, 100])
def test_cells_are_those_of_xlsxwriter(tmp_path: Path, batch: int) -> None:
    there = cells(one_by_one(tmp_path / "cells.xlsx"))
    ours = cells(by_columns(tmp_path / "columns.xlsx", batch=batch))
    assert ours == there
    assert [list(map(type, row)) for row in ours] == [list(map(type, row)) for row in there]
    assert len(ours) == 1 + len(FRAME)


def test_numbers_are_whole_to_their_last_digit(tmp_path: Path) -> None:
    frame = pl.DataFrame({"share": [0.1 + 0.2, 43.296482000000004]})
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path, SAFE) as book:
        book.add_worksheet("rows", TableSheet).add_rows([(["share"], None)], [frame], 2, {})
    assert [row[0] for row in cells(path)[1:]] == frame["share"].to_list()


def test_what_a_spreadsheet_would_take_for_markup_is_text(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    text = "<r><t>not</t></r></t></is></c></row><row>"
    with xlsxwriter.Workbook(path, SAFE) as book:
        sheet = book.add_worksheet("rows", TableSheet)
        sheet.add_rows([(["text"], None)], [pl.DataFrame({"text": [text]})], 1, {})
    assert cells(path) == [["text"], [text]]


def test_a_number_that_no_cell_holds_is_refused() -> None:
    with pytest.raises(ValueError, match="share: a spreadsheet holds no infinite number"):
        write_rows(pl.DataFrame({"share": [float("nan")]}), 2, {})
