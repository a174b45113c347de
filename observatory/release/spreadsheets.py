"""Write one workbook per theme: the answer first, then every table, as a spreadsheet shows it."""

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import polars as pl
import xlsxwriter
import xlsxwriter.workbook
from xlsxwriter.exceptions import XlsxFileError

from observatory.errors import ObservatoryError
from observatory.metadata import units
from observatory.metadata.manifest import Manifest
from observatory.metadata.tables import Column, Table
from observatory.release.answer_sheets import Answer, make_answer, show_cell
from observatory.release.sheet_cutting import Sheet, make_sheets, name_sheets
from observatory.release.sheet_notes import (
    INDEX,
    NOTES,
    WORDS,
    print_wide,
    write_dictionary,
    write_index,
    write_notes,
    write_title,
)
from observatory.release.sheet_rows import TableSheet

# how wide a column may be, in letters, and how high a head, in lines
NARROWEST, WIDEST, MOST_LINES, LINE_HEIGHT = 11, 46, 6, 13
# the share of texts that a column is wide enough for
FITTING = 0.95
# a table of more letters is not printed on the width of one page; the first sheet always is
MOST_PRINTED = 300
HEAD_ROWS = 2
COUNT, PLAIN, ONE, TWO = "#,##0", "0", "#,##0.0", "#,##0.00"
SHORT = {
    units.PERCENT: "%",
    units.HA: "ha",
    units.M2: "m²",
    units.M: "m",
    units.EUR: "€",
    units.EUR_PER_M2: "€/m²",
    units.CLASS_1_TO_5: "1 à 5",
}
# as published: neither rounded nor cut
GENERAL = "General"
# numbers that are names or places in an order are not counted, and bear no space between thousands
NOT_COUNTED = (
    units.YEAR,
    units.LINE,
    units.CLASS_1_TO_5,
    units.CLASSES,
    units.RANK,
    units.RANK_BY_INDEX,
)
NUMBER_FORMATS = {
    units.PERCENT: ONE,
    units.YEARS: ONE,
    units.M2: COUNT,
    units.M: COUNT,
    units.EUR: COUNT,
    units.EUR_PER_M2: COUNT,
    units.EUR_NET_A_MONTH: COUNT,
    units.OFFERS_PER_100: ONE,
    units.POINTS: ONE,
    **dict.fromkeys(
        (units.AS_PUBLISHED, units.KPI_VALUE, units.RATIO, units.SHARE_OF_ROME), GENERAL
    ),
}
DAY = "dd/mm/yyyy"
# XlsxWriter has no setting for it: less than half of the time of level 6, a sixth larger
xlsxwriter.workbook.ZipFile = partial(ZipFile, compresslevel=3)
BRAND, PALE = "#14305A", "#EEF2F5"


def write_workbook(path: Path, tables: Sequence[Table], folder: Path, manifest: Manifest) -> None:
    """Write the answer, what is where, sources and cautions, the tables, then a dictionary.

    Of a table of more than ``LONG_ROWS`` rows, those of the territory and of the areas it lies in
    are put into the workbook, an area a sheet; the notes say what was cut and where the whole is.
    Temporary files stay in the release's own folder. Raises ObservatoryError when the disk does
    not take it.
    """
    try:
        _fill_workbook(path, tables, folder, manifest)
    except XlsxFileError as error:
        msg = f"{path.name} cannot be written: {error}"
        raise ObservatoryError(msg) from None


def _fill_workbook(path: Path, tables: Sequence[Table], folder: Path, manifest: Manifest) -> None:
    described = manifest.by_name
    safe = dict.fromkeys((f"strings_to_{what}" for what in ("urls", "formulas", "numbers")), False)
    with xlsxwriter.Workbook(path, {"tmpdir": str(folder), **safe}) as book:
        released = dt.datetime.fromisoformat(manifest.released_at).replace(tzinfo=None)
        about = {"title": write_title(manifest), "comments": manifest.notice or ""}
        book.set_properties({**about, "created": released})
        formats = add_formats(book)
        answer = make_answer({t.name: t for t in tables}, folder)
        made = {t.name: make_sheets(t, folder, described[t.name].row_count) for t in tables}
        sheets = _give_names(made, [answer.name] if answer else [])
        if answer:
            _write_answer(book, answer, tables, manifest, formats)
        write_index(book, tables, sheets, manifest, formats)
        write_notes(book, tables, sheets, manifest, folder, formats)
        for table in tables:
            for sheet in sheets[table.name]:
                _write_table(book, sheet, table, folder, formats)
        write_dictionary(book, tables, formats)


def add_formats(book: Any) -> dict[str, Any]:
    """Add the looks of cells to a workbook; those of numbers and days bear their own code."""
    head = {"bold": True, "text_wrap": True, "valign": "vcenter", "bg_color": PALE, "bottom": 1}
    numbers = {COUNT, PLAIN, ONE, TWO, GENERAL, DAY}
    return {
        "header": book.add_format(head),
        "code": book.add_format({"font_color": "#5B6773", "font_size": 9}),
        "codes": book.add_format({"font_color": "#5B6773", "font_size": 8, "bg_color": PALE}),
        "number head": book.add_format({**head, "align": "right"}),
        "title": book.add_format({"bold": True, "font_size": 15, "font_color": BRAND}),
        "head": book.add_format({"bold": True, "bg_color": PALE, "valign": "top"}),
        "note": book.add_format({"text_wrap": True, "valign": "top", "font_color": "#33414E"}),
        "notice": book.add_format({"bold": True, "font_color": "#8F1D1D"}),
        "wrap": book.add_format({"text_wrap": True, "valign": "top"}),
        "text": book.add_format({"indent": 1}),
        "link": book.add_format({"font_color": "#1D4F9A", "underline": 1, "valign": "top"}),
        "count": book.add_format({"num_format": COUNT, "valign": "top"}),
        "blank": book.add_format({"font_color": "#6B7680", "italic": True, "align": "right"}),
        **{code: book.add_format({"num_format": code}) for code in numbers},
    }


def _give_names(
    made: Mapping[str, Sequence[Sheet]], taken: Sequence[str]
) -> dict[str, list[Sheet]]:
    """Give each sheet a name of its own in the workbook."""
    wanted = [(sheet.name, sheet.area) for sheets in made.values() for sheet in sheets]
    names = iter(name_sheets(wanted, [*taken, INDEX, NOTES, WORDS]))
    return {
        table: [replace(sheet, name=next(names)) for sheet in sheets]
        for table, sheets in made.items()
    }


def choose_number_format(column: Column) -> str | None:
    """How a column's numbers and days are shown; None for text.

    What is shown may be rounded, what the cell holds is not.
    """
    if column.kind == "date":
        return DAY
    if column.kind == "integer":
        return PLAIN if column.unit in NOT_COUNTED else COUNT
    if column.kind == "number":
        return NUMBER_FORMATS.get(column.unit, TWO) if column.unit else GENERAL
    return None


def name_head(column: Column) -> str:
    """Name a column in French, with its unit where the name does not tell it."""
    if column.unit is None or (column.kind == "integer" and column.unit != units.CLASS_1_TO_5):
        return column.label
    return f"{column.label} ({SHORT.get(column.unit, column.unit.fr)})"


def _write_table(
    book: Any, made: Sheet, table: Table, folder: Path, formats: Mapping[str, Any]
) -> None:
    columns = [c for c in table.columns if c.kind != "geometry"]
    texts = _texts(made, table, folder)
    write_sheet(book, made, {c.name: c for c in columns}, texts, formats)


def write_sheet(
    book: Any,
    made: Sheet,
    columns: Mapping[str, Column | None],
    texts: pl.LazyFrame,
    formats: Mapping[str, Any],
) -> None:
    """Write rows under two lines of heads: in French, and their own names, which bear the filter.

    Columns are as wide as ``texts`` ask for; one that no contract declares has its name alone.
    """
    sheet = book.add_worksheet(made.name, TableSheet)
    heads = {name: name_head(column) if column else name for name, column in columns.items()}
    codes = {name: choose_number_format(column) for name, column in columns.items() if column}
    shown = {name: formats[code] for name, code in codes.items() if code}
    widths = measure_widths(heads, texts)
    for at, (name, width) in enumerate(zip(heads, widths, strict=True)):
        sheet.set_column(at, at, width, shown.get(name))
    _lay_out(sheet, list(heads.values()), widths)
    if made.row_count:
        sheet.autofilter(1, 0, made.row_count + 1, len(columns) - 1)
    frames = map(_write_times_as_text, made.frames)
    header = [(list(heads.values()), formats["header"]), (list(heads), formats["codes"])]
    sheet.add_rows(header, frames, made.row_count, shown)


def _texts(made: Sheet, table: Table, folder: Path) -> pl.LazyFrame:
    """The rows that a sheet is as wide as: its own where they are at hand, else the table's."""
    if isinstance(made.frames, list):
        rows: pl.DataFrame = pl.concat(made.frames)
        return rows.lazy()
    return pl.scan_parquet(folder / f"{table.name}.parquet")


def measure_widths(heads: Mapping[str, str], rows: pl.LazyFrame) -> list[int]:
    """How wide each column is, in letters: as most of its texts are, within bounds."""
    schema = rows.collect_schema()
    texts = [name for name in heads if schema.get(name) == pl.String]
    lengths = rows.select(pl.col(texts).str.len_chars().quantile(FITTING)).collect()
    longest = lengths.row(0, named=True) if texts else {}
    widths = []
    for name, head in heads.items():
        word = max(map(len, head.split()), default=0)
        width = max(longest.get(name) or 0, word, NARROWEST)
        widths.append(int(min(width, WIDEST)) + 2)
    return widths


def _lay_out(sheet: Any, heads: Sequence[str], widths: Sequence[int], above: int = 0) -> None:
    """Freeze the head, make it high enough for its words, and print it on each page."""
    lines = max(math.ceil(1.15 * len(h) / w) for h, w in zip(heads, widths, strict=True))
    sheet.set_row(above, LINE_HEIGHT * min(max(lines, 1), MOST_LINES) + 4)
    sheet.freeze_panes(above + HEAD_ROWS, 1)
    sheet.repeat_rows(above, above + 1)
    print_wide(sheet, fits=above > 0 or sum(widths) <= MOST_PRINTED)


def _write_answer(
    book: Any,
    answer: Answer,
    tables: Sequence[Table],
    manifest: Manifest,
    formats: Mapping[str, Any],
) -> None:
    """Write the first sheet: a title, how to read it, and its rows under a filter."""
    own_last = sorted(tables, key=lambda table: table.name == answer.table)
    declared = {c.name: c for table in own_last for c in table.columns}
    columns = [declared.get(name) for name in answer.columns]
    heads = [
        name_head(c) if c else answer.heads[n] for n, c in zip(answer.columns, columns, strict=True)
    ]
    sheet = book.add_worksheet(answer.name)
    sheet.set_tab_color(BRAND)
    sheet.write(0, 0, answer.title, formats["title"])
    for at, text in enumerate(answer.lines, start=1):
        sheet.merge_range(at, 0, at, len(heads) - 1, text, formats["note"])
        sheet.set_row(at, 2 * LINE_HEIGHT + 4)
    notice = (
        f"{manifest.notice.upper()} : chiffres inventés, à ne pas citer" if manifest.notice else ""
    )
    above = len(answer.lines) + 1
    sheet.write(above, 0, notice, formats["notice"])
    above += 1
    shown = [
        [
            None
            if row[name] is None and name in answer.may_be_blank
            else show_cell(column, row[name], row)
            for name, column in zip(answer.columns, columns, strict=True)
        ]
        for row in answer.rows.iter_rows(named=True)
    ]
    texts = pl.DataFrame(
        [[value if isinstance(value, str) else None for value in row] for row in shown],
        schema=dict.fromkeys(answer.columns, pl.String),
        orient="row",
    )
    widths = measure_widths(dict(zip(answer.columns, heads, strict=True)), texts.lazy())
    for at, width in enumerate(widths):
        sheet.set_column(at, at, width)
    _lay_out(sheet, heads, widths, above)
    codes = [choose_number_format(column) if column else PLAIN for column in columns]
    for at, (head, code) in enumerate(zip(heads, codes, strict=True)):
        sheet.write(above, at, head, formats["number head" if code else "header"])
    sheet.write_row(above + 1, 0, answer.columns, formats["codes"])
    sheet.autofilter(above + 1, 0, above + 1 + len(shown), len(heads) - 1)
    for line, row in enumerate(shown, start=above + 2):
        for at, (value, code) in enumerate(zip(row, codes, strict=True)):
            is_word = isinstance(value, str)
            form = "blank" if is_word and code else "text" if is_word else code
            sheet.write(line, at, value, formats[form] if form else None)


def _write_times_as_text(frame: pl.DataFrame) -> pl.DataFrame:
    """Write date and time as text: a spreadsheet has no time zone."""
    return frame.with_columns(pl.col(pl.Datetime).dt.to_string("%Y-%m-%dT%H:%M:%SZ"))
