"""Delimited text (CSV and its kin) as rows of text, each with its line; large files block by block.

Small files are read by Python's own reader, which knows the line each record begins on. Large
ones are read by Arrow, in blocks of bounded memory; the same rules hold in both.
"""

import csv
import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeAlias

import polars as pl
import pyarrow as pa
import pyarrow.csv

from observatory.errors import InputError
from observatory.ingest.encoding import as_utf8
from observatory.ingest.headers import (
    HEADER_WITHIN,
    Row,
    column_names,
    header_row,
    is_note,
    not_served,
    widest,
)
from observatory.metadata.cards import Layout

Keep: TypeAlias = Callable[[pl.LazyFrame], pl.LazyFrame]
SEPARATORS = (";", ",", "\t", "|")
LARGE = 2**22
BLOCK = 2**23
LONGEST_CELL = 131_072
NUMBERED = {"source_sheet": pl.String, "source_line": pl.Int64}


def read_delimited(path: Path, layout: Layout, name: str, keep: Keep | None) -> pl.DataFrame:
    """Rows below the header, all text; blank rows are left out, a blank cell is null.

    The separator is the one under which the layout's columns are found, within the first lines. A
    row that is shorter or longer than the header is an InputError with its line, but for empty
    cells at its end and for foot notes. ``keep`` filters the rows.
    """
    text = as_utf8(path, name)
    separator, header, above = _opening(text, layout, name)
    names = column_names(header, layout, name)
    if text.stat().st_size < LARGE:
        frame = _exact(text, separator, names, above, name)
        return keep(frame.lazy()).collect() if keep else frame
    return _in_blocks(text, separator, names, above, name, keep)


def _opening(text: Path, layout: Layout, name: str) -> tuple[str, Row, int]:
    """Separator, header and number of lines above the first row."""
    best: Row = []
    for separator in SEPARATORS:
        rows: list[Row] = []
        ends: list[int] = []
        with text.open(encoding="utf-8-sig", newline="") as file:
            reader = _csv(file, separator, strict=False)
            for row in itertools.islice(_records(reader, name), HEADER_WITHIN):
                rows.append(row)
                ends.append(reader.line_num)
        found = header_row(rows, layout)
        if found is not None:
            return separator, rows[found], ends[found]
        best = max(best, widest(rows), key=len)
    raise InputError(not_served(name, {"first lines": best}, layout))


def _csv(lines: Any, separator: str, *, strict: bool) -> Any:
    if separator == "|":
        return csv.reader(lines, delimiter=separator, strict=strict, quoting=csv.QUOTE_NONE)
    return csv.reader(lines, delimiter=separator, strict=strict)


def _records(reader: Any, name: str, above: int = 0) -> Iterator[Row]:
    """Records one by one; a quote left open, or a huge value, is an InputError with its line.

    ``above`` is the number of lines that were passed over before the reader's first.
    """
    before = above
    while True:
        try:
            row = next(reader, None)
        except csv.Error as error:
            msg = f"{name}, line {before + 1}: {error}; the file is damaged or truncated."
            raise InputError(msg) from None
        if row is None:
            return
        if max(map(len, row), default=0) > LONGEST_CELL:
            msg = f"{name}, line {before + 1}: a value of over {LONGEST_CELL} characters."
            raise InputError(msg)
        before = above + reader.line_num
        yield [cell or None for cell in row]


def fitted(row: Row, width: int, where: str, line: int) -> list[str | None]:
    """A row with as many cells as the header has; InputError where it was cut or holds more."""
    if any(row[width:]) or (len(row) < width and not is_note(row)):
        msg = f"{where}, line {line}: {len(row)} values for {width} columns; cut or damaged?"
        raise InputError(msg)
    return [*row[:width], *[None] * (width - len(row))]


def _exact(text: Path, separator: str, names: list[str], above: int, name: str) -> pl.DataFrame:
    records: list[list[str | None]] = []
    lines: list[int] = []
    with text.open(encoding="utf-8-sig", newline="") as file:
        for _ in range(above):
            file.readline()
        reader = _csv(file, separator, strict=True)
        begins = above + 1
        for row in _records(reader, name, above):
            if any(row):
                records.append(fitted(row, len(names), name, begins))
                lines.append(begins)
            begins = above + reader.line_num + 1
    return numbered(records, names, lines)


def numbered(
    records: list[list[str | None]], names: list[str], lines: list[int], sheet: str | None = None
) -> pl.DataFrame:
    """Records under their headers, with sheet and line; unnamed columns without a value go."""
    columns = list(zip(*records, strict=True)) if records else [()] * len(names)
    named = dict(zip(names, columns, strict=True))
    data = {"source_sheet": [sheet] * len(records), "source_line": lines, **named}
    return _without_blanks(pl.DataFrame(data, schema=NUMBERED | dict.fromkeys(names, pl.String)))


def _without_blanks(frame: pl.DataFrame) -> pl.DataFrame:
    """The frame without the columns under a blank header that hold nothing."""
    blank = [c for c in frame.columns if c.startswith("column_") and not frame[c].count()]
    return frame.drop(blank)


def _in_blocks(
    text: Path, separator: str, names: list[str], above: int, name: str, keep: Keep | None
) -> pl.DataFrame:
    """Large files: each block is filtered before the next is read.

    A record that holds a line break counts as one line here.
    """
    _require_closed_quotes(text, separator, above, name)
    odd = _OddRows(separator, len(names), name)
    frames: list[pl.DataFrame] = []
    line = above + 1
    try:
        with _blocks(text, separator, names, above, odd) as blocks:
            for block in blocks:
                frame = odd.put_back(pl.DataFrame(pl.from_arrow(block)), line)
                line += frame.height
                _require_short_cells(frame, name)
                filled = frame.filter(~pl.all_horizontal(pl.col(names).is_null()))
                frames.append(keep(filled.lazy()).collect() if keep else filled)
    except pa.ArrowException as error:
        raise odd.error or _damaged(text, separator, above, name, error) from None
    return _without_blanks(pl.concat(frames))


def _blocks(
    text: Path, separator: str, names: list[str], above: int, odd: "_OddRows"
) -> pa.csv.CSVStreamingReader:
    return pa.csv.open_csv(
        text,
        # threads would leave odd rows without their number, and gain nothing measurable
        pa.csv.ReadOptions(
            block_size=BLOCK, column_names=names, skip_rows=above, use_threads=False
        ),
        pa.csv.ParseOptions(
            delimiter=separator,
            quote_char=False if separator == "|" else '"',
            newlines_in_values=separator != "|",
            ignore_empty_lines=False,
            invalid_row_handler=odd,
        ),
        pa.csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()),
            strings_can_be_null=True,
            null_values=[""],
        ),
    )


class _OddRows:
    """Rows that have not as many cells as the header: put back where they are whole, else told."""

    def __init__(self, separator: str, width: int, name: str) -> None:
        self.separator, self.width, self.name = separator, width, name
        self.rows: dict[int, list[str | None]] = {}
        self.error: InputError | None = None

    def __call__(self, row: Any) -> str:
        """What Arrow asks of each such row: to leave it out, or to stop."""
        cells: list[str] = next(_csv([row.text], self.separator, strict=False), [])
        try:
            self.rows[row.number] = fitted(
                [cell or None for cell in cells], self.width, self.name, row.number
            )
        except InputError as error:
            self.error = error
            return "error"
        return "skip"

    def put_back(self, block: pl.DataFrame, first: int) -> pl.DataFrame:
        """The rows of a block with their lines, those that were left out among them."""
        names = block.columns
        lines = list(range(first, first + block.height + len(self.rows)))
        own = [at for at in lines if at not in self.rows][: block.height] if self.rows else lines
        last = own[-1] if own else first - 1
        frame = block.select(
            pl.lit(None, pl.String).alias("source_sheet"),
            pl.Series("source_line", own, dtype=pl.Int64),
            *names,
        )
        beside = [at for at in self.rows if first <= at <= last + 1]
        if not beside:
            return frame
        put = numbered([self.rows.pop(at) for at in beside], names, beside)
        return pl.concat([frame, put], how="diagonal").sort("source_line")


def _require_closed_quotes(text: Path, separator: str, above: int, name: str) -> None:
    """An odd number of quotes means one that is left open, or stands for inches: read to know."""
    if separator == "|":
        return
    with text.open("rb") as file:
        count = sum(chunk.count(b'"') for chunk in iter(lambda: file.read(BLOCK), b""))
    if count % 2:
        _read_through(text, separator, above, name)


def _require_short_cells(frame: pl.DataFrame, name: str) -> None:
    longest = frame.select(pl.col(pl.String).str.len_bytes().max()).max_horizontal().item()
    if longest is not None and longest > LONGEST_CELL:
        msg = f"{name}: a value of over {LONGEST_CELL} characters; the file is damaged."
        raise InputError(msg)


def _damaged(text: Path, separator: str, above: int, name: str, error: Exception) -> InputError:
    """What is wrong with a file that Arrow does not read, with the line where it can be told."""
    _read_through(text, separator, above, name)
    reason = str(error).split("\n", 1)[0][:200]
    return InputError(f"{name} is damaged or truncated ({reason}): download it again.")


def _read_through(text: Path, separator: str, above: int, name: str) -> None:
    """Read all records one by one: the first that cannot be read raises with its line."""
    with text.open(encoding="utf-8-sig", newline="") as file:
        for _ in range(above):
            file.readline()
        for _ in _records(_csv(file, separator, strict=True), name, above):
            pass
