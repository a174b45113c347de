"""Spreadsheets (XLSX, XLS, ODS) as rows of text, each with its sheet and line."""

import json
import tempfile
from pathlib import Path

import polars as pl

from observatory.errors import InputError
from observatory.ingest.delimited import numbered, under_titles
from observatory.ingest.headers import (
    Row,
    column_names,
    header_row,
    lacks_one_column,
    not_served,
    widest,
)
from observatory.ingest.sandbox import UnreadableError, sandbox
from observatory.metadata.cards import Layout
from observatory.storage.members import MemberError


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
    sheets: dict[str, list[Row]] = {}
    with tempfile.TemporaryDirectory() as folder:
        rows = Path(folder) / "rows"
        try:
            with sandbox() as ask:
                ask("read_sheets", file=str(path), to=str(rows))
        except MemberError as error:
            msg = f"{name} {error}."
            raise InputError(msg) from None
        except UnreadableError as error:
            msg = f"{name} cannot be opened as a spreadsheet ({error}): download it again."
            raise InputError(msg) from None
        with rows.open(encoding="utf-8") as written:
            for row in map(json.loads, written):
                if isinstance(row, dict):
                    sheet = sheets[row["sheet"]] = []
                else:
                    sheet.append(row)
    return sheets


def _frame(rows: list[Row], header: int, layout: Layout, where: str, title: str) -> pl.DataFrame:
    names = column_names(rows[header], layout, where)
    lines = [line for line, row in enumerate(rows, start=1) if row and line > header + 1]
    records = [list(rows[line - 1]) for line in lines]
    titles = list(enumerate(rows[:header], start=1)) if layout.titles else []
    return under_titles(numbered(records, names, lines, title), titles, title)
