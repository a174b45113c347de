"""Spreadsheets (XLSX, XLS, ODS) as rows of text, each with its sheet and line."""

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

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

MOST_CELLS = 30_000_000
# a sheet says how far it reaches; where it does not, or says too much, its filled cells do
REACH = re.compile(rb'<dimension ref="(?:[A-Z]+\d+:)?([A-Z]+)(\d+)"')
FILLED = re.compile(rb'<c [^>/]*?r="([A-Z]{1,3})(\d+)"[^>/]*>')


def read_workbook(path: Path, layout: Layout, name: str) -> pl.DataFrame:
    """Rows of the sheets that hold the layout's columns; lines are those a spreadsheet shows."""
    sheets = _sheets(path, name)
    chosen = {}
    for title, rows in sheets.items():
        at = header_row(rows, layout)
        if at is not None:
            chosen[title] = at
        elif layout.sheets == "several" and lacks_one_column(rows, layout):
            raise InputError(not_served(name, {f"sheet “{title}”": widest(rows)}, layout))
    if not chosen:
        seen = {f"sheet “{title}”": widest(rows) for title, rows in sheets.items()}
        raise InputError(not_served(name, seen, layout))
    if layout.sheets == "one" and len(chosen) > 1:
        msg = f"{name}: several sheets hold the expected columns ({', '.join(chosen)}): keep one."
        raise InputError(msg)
    frames = [
        _frame(sheets[title], at, layout, f"{name}, sheet “{title}”", title)
        for title, at in chosen.items()
    ]
    return pl.concat(frames, how="diagonal")


def _sheets(path: Path, name: str) -> dict[str, list[Row]]:
    """By title, the rows of each sheet from the first; blank ones hold nothing."""
    if zipfile.is_zipfile(path):
        _require_compact(path, name)
    try:
        with path.open("rb") as file:
            workbook = calamine.CalamineWorkbook.from_filelike(file)
            return {
                title: [_row(row) for row in workbook.get_sheet_by_name(title).iter_rows()]
                for title in workbook.sheet_names
            }
    except (calamine.CalamineError, OSError) as error:
        msg = f"{name} cannot be opened as a spreadsheet ({error}): download it again."
        raise InputError(msg) from None


def _require_compact(path: Path, name: str) -> None:
    """Refuse a value so far from the others that the cells between would fill the memory."""
    with zipfile.ZipFile(path) as book:
        for sheet in (n for n in book.namelist() if n.startswith("xl/worksheets/sheet")):
            with book.open(sheet) as file:
                if (said := REACH.search(file.read(2**16))) and _size(*said.groups()) < MOST_CELLS:
                    continue
                file.seek(0)
                cells = [found.groups() for part in _parts(file) for found in FILLED.finditer(part)]
            column = max((c for c, _ in cells), key=lambda c: (len(c), c), default=b"A")
            row = max((r for _, r in cells), key=int, default=b"1")
            if _size(column, row) > MOST_CELLS:
                msg = (
                    f"{name}: a value stands in column {column.decode()} and one in line "
                    f"{row.decode()}, far from the table: delete what is outside of it."
                )
                raise InputError(msg)


def _parts(file: IO[bytes]) -> Iterator[bytes]:
    """A sheet's XML in parts that end with a tag."""
    rest = b""
    while chunk := file.read(2**20):
        whole, end, rest = (rest + chunk).rpartition(b">")
        yield whole + end


def _size(column: bytes, row: bytes) -> int:
    """How many cells there are up to one."""
    number = 0
    for letter in column:
        number = 26 * number + letter - ord("A") + 1
    return number * int(row)


def _row(cells: list[Any]) -> Row:
    row = [_text(cell) for cell in cells]
    return row if any(text and not text.isspace() for text in row) else []


def _text(cell: object) -> str | None:
    """A cell as text; a whole number that the spreadsheet keeps as a decimal is whole again."""
    if cell == "" or cell is None:
        return None
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else repr(cell)
    return str(cell)


def _frame(rows: list[Row], header: int, layout: Layout, where: str, title: str) -> pl.DataFrame:
    names = column_names(rows[header], layout, where)
    lines = [line for line, row in enumerate(rows, start=1) if row and line > header + 1]
    records = [list(rows[line - 1]) for line in lines]
    return numbered(records, names, lines, title)
