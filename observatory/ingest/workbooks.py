"""Spreadsheets (XLSX, XLS, ODS) as rows of text, each with its sheet and line."""

from pathlib import Path

import polars as pl
import python_calamine as calamine

from observatory.errors import InputError
from observatory.ingest.delimited import numbered
from observatory.ingest.headers import (
    Row,
    column_names,
    header_row,
    lacks_one_column,
    not_served,
    widest,
)
from observatory.metadata.cards import Layout

Sheet = tuple[int, list[Row]]


def read_workbook(path: Path, layout: Layout, name: str) -> pl.DataFrame:
    """Rows of the sheets that hold the layout's columns; lines are those a spreadsheet shows."""
    sheets = _sheets(path, name)
    chosen = {}
    for title, (_, rows) in sheets.items():
        at = header_row(rows, layout)
        if at is not None:
            chosen[title] = at
        elif layout.sheets == "several" and lacks_one_column(rows, layout):
            raise InputError(not_served(name, {f"sheet “{title}”": widest(rows)}, layout))
    if not chosen:
        seen = {f"sheet “{title}”": widest(rows) for title, (_, rows) in sheets.items()}
        raise InputError(not_served(name, seen, layout))
    if layout.sheets == "one" and len(chosen) > 1:
        msg = f"{name}: several sheets hold the expected columns ({', '.join(chosen)}): keep one."
        raise InputError(msg)
    frames = [
        _frame(sheets[title], at, layout, f"{name}, sheet “{title}”", title)
        for title, at in chosen.items()
    ]
    return pl.concat(frames, how="diagonal")


def _sheets(path: Path, name: str) -> dict[str, Sheet]:
    """By title, the first line of each sheet that holds anything, and its rows from there on."""
    try:
        with path.open("rb") as file:
            workbook = calamine.CalamineWorkbook.from_filelike(file)
            return {
                title: _rows(workbook.get_sheet_by_name(title)) for title in workbook.sheet_names
            }
    except (calamine.CalamineError, OSError) as error:
        msg = f"{name} cannot be opened as a spreadsheet ({error}): download it again."
        raise InputError(msg) from None


def _rows(sheet: calamine.CalamineSheet) -> Sheet:
    first = (sheet.start[0] if sheet.start else 0) + 1
    return first, [[_text(cell) for cell in row] for row in sheet.to_python(skip_empty_area=True)]


def _text(cell: object) -> str | None:
    """A cell as text; a whole number that the spreadsheet keeps as a decimal is whole again."""
    if cell == "" or cell is None:
        return None
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else repr(cell)
    return str(cell)


def _frame(sheet: Sheet, header: int, layout: Layout, where: str, title: str) -> pl.DataFrame:
    first_line, rows = sheet
    names = column_names(rows[header], layout, where)
    records, lines = [], []
    for line, row in enumerate(rows[header + 1 :], start=first_line + header + 1):
        if not any(row):
            continue
        if any(row[len(names) :]):
            msg = f"{where}, line {line}: {len(row)} values for {len(names)} columns."
            raise InputError(msg)
        records.append([*row[: len(names)], *[None] * (len(names) - len(row))])
        lines.append(line)
    return numbered(records, names, lines, title)
