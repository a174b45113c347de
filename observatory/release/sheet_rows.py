"""Rows of a worksheet, written column by column by Polars instead of cell by cell.

XlsxWriter writes all else of a workbook: its parts, styles, widths, filters and notes.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence

import polars as pl
from xlsxwriter.format import Format
from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.worksheet import Worksheet

from observatory.ingest.values import each_as_text

LONGEST_CELL = 32_767
ROW = "#row"
# what is seldom in a column of text and is not written as it is; that XML does not hold a sign is
# told by an escape, and so is what looks like one
SPECIAL: dict[str, Callable[[pl.Expr], pl.Expr]] = {
    "long": lambda text: text.str.len_bytes() > LONGEST_CELL,
    "unwritable": lambda text: text.str.contains(
        r"[\x00-\x08\x0b-\x1f\x{fffe}\x{ffff}]|_x[0-9a-fA-F]{4}_"
    ),
    "markup": lambda text: text.str.contains("[&<>]"),
    "blank end": lambda text: text.str.contains(r"^\s|\s$"),
}
# days from the spreadsheets' first day to 1970; they believe that 1900 had a 29 February
EPOCH, MARCH_1900 = 25_568, pl.date(1900, 3, 1)


class TableSheet(Worksheet):  # type: ignore[misc]
    """A worksheet whose first rows are a header, and whose others come as frames."""

    dim_rowmax: int
    header_count: int = 1
    frames: Iterable[pl.DataFrame] = ()
    formats: Mapping[str, Format] = {}

    def add_rows(
        self,
        header: Sequence[tuple[list[str], Format | None]],
        frames: Iterable[pl.DataFrame],
        row_count: int,
        formats: Mapping[str, Format],
    ) -> None:
        """Take the rows of a table, ``row_count`` in all; ``formats`` are those of columns."""
        for line, (words, header_format) in enumerate(header):
            self.write_row(line, 0, words, header_format)
        self.header_count = len(header)
        self._check_dimensions(row_count + len(header) - 1, len(header[0][0]) - 1)
        self.frames, self.formats = frames, formats

    def _write_rows(self) -> None:
        last, self.dim_rowmax = self.dim_rowmax, self.header_count - 1
        super()._write_rows()  # the header
        self.dim_rowmax = last
        line = self.header_count + 1
        for frame in self.frames:
            styles = {name: form._get_xf_index() for name, form in self.formats.items()}
            self.fh.writelines(write_rows(frame, line, styles))
            line += len(frame)


def write_rows(frame: pl.DataFrame, first: int, styles: Mapping[str, int]) -> pl.Series:
    """Write each row as XML, the first as row ``first``; ``styles`` are the columns' formats."""
    special = _find_special_texts(frame)
    frame = _writable(frame, special)
    numbered = frame.with_row_index(ROW, first).cast({ROW: pl.String})
    cells = [
        _write_cells(frame[name], xl_col_to_name(at), styles.get(name), special.get(name, set()))
        for at, name in enumerate(frame.columns)
    ]
    row = [pl.lit('<row r="'), pl.col(ROW), pl.lit('">'), *cells, pl.lit("</row>")]
    return numbered.select(pl.concat_str(row, ignore_nulls=True)).to_series()


def _find_special_texts(frame: pl.DataFrame) -> dict[str, set[str]]:
    """Find in which columns of text something cannot be written as it is, and what."""
    text = frame.select(pl.col(pl.String))
    found = {
        what: text.select(is_there(pl.all()).any()).row(0) if text.width else ()
        for what, is_there in SPECIAL.items()
    }
    return {
        name: {what for what, answers in found.items() if answers[at]}
        for at, name in enumerate(text.columns)
    }


def _write_cells(values: pl.Series, column: str, style: int | None, special: set[str]) -> pl.Expr:
    """Write a column's cells; null where a value is null, so that no cell is there."""
    value = pl.col(values.name)
    styled = "" if style is None else f' s="{style}"'
    kind, before, after = "", "<v>", "</v>"
    if values.dtype == pl.String:
        kind, before, after = ' t="inlineStr"', "<is><t>", "</t></is>"
        if "blank end" in special:
            before = '<is><t xml:space="preserve">'
        value = _escape(value, special)
    elif values.dtype == pl.Boolean:
        kind, value = ' t="b"', value.cast(pl.Int8)
    elif values.dtype == pl.Date:
        value = value.to_physical() + EPOCH + (value >= MARCH_1900)
    elif values.dtype.is_float():
        if not values.is_finite().all():
            msg = f"{values.name}: a spreadsheet holds no infinite number"
            raise ValueError(msg)
        value = value.cast(pl.String).str.strip_suffix(".0")
    return pl.concat_str(
        pl.lit(f'<c r="{column}'),
        pl.col(ROW),
        pl.lit(f'"{styled}{kind}>{before}'),
        value.cast(pl.String),
        pl.lit(f"{after}</c>"),
    )


def _writable(frame: pl.DataFrame, special: Mapping[str, set[str]]) -> pl.DataFrame:
    """Texts that a cell can hold: not too long, and without what no file may hold."""
    done = {}
    for name, what in special.items():
        texts = frame[name]
        if "long" in what:
            texts = each_as_text(texts, _cut)
        if "unwritable" in what:
            texts = each_as_text(texts, Worksheet._escape_control_characters)
        done[name] = texts
    return frame.with_columns(**done)


def _escape(value: pl.Expr, special: set[str]) -> pl.Expr:
    """Text as XML holds it."""
    if "markup" in special:
        for sign, written in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
            value = value.str.replace_all(sign, written, literal=True)
    return value


def _cut(text: str) -> str:
    """Cut text to what a cell holds, counted in units of UTF-16 as spreadsheets do."""
    return text.encode("utf-16-le")[: 2 * LONGEST_CELL].decode("utf-16-le", "ignore")
