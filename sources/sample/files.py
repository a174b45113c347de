"""Workbooks and zips without the time they were made: the same sample gives the same bytes."""

import datetime as dt
import zipfile
from pathlib import Path

import xlsxwriter

CREATED = dt.datetime(2024, 1, 1, tzinfo=dt.UTC).replace(tzinfo=None)


def new_workbook(path: Path) -> xlsxwriter.Workbook:
    """A workbook to fill in a ``with`` block."""
    book = xlsxwriter.Workbook(path)
    book.set_properties({"created": CREATED})
    return book


def zipped(path: Path) -> Path:
    """The same file alone in a zip beside it."""
    target = path.with_suffix(".zip")
    member = zipfile.ZipInfo(f"Donnees/{path.name}")
    member.compress_type = zipfile.ZIP_DEFLATED
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr(member, path.read_bytes())
    return target
