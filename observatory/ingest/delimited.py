"""Delimited text (CSV and its kin) as rows of text, each with its line; large files block by block.

Small files are read by Python's own reader, which knows the line each record begins on. Large
ones are read by Arrow, in blocks of bounded memory; the same rules hold in both, and what Arrow
stumbles over is read again by Python's reader, which says what is wrong and where.
"""

import codecs
import csv
import io
import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.csv

from observatory.errors import InputError
from observatory.ingest.encoding import as_utf8, blocks_of_lines
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

# rows to rows, of texts alone; a cell without any is null or, of Parquet, an empty text, and alike
Keep: TypeAlias = Callable[[pl.LazyFrame], pl.LazyFrame]
SEPARATORS = (";", ",", "\t", "|")
LARGE = 2**22
BLOCK = 2**23
LONGEST_CELL = 131_072
NUMBERED = {"source_sheet": pl.String, "source_line": pl.Int64}
QUOTE, LINE_ENDS = ord('"'), tuple(b"\r\n")
LINE_BREAK = r"\r\n|\r|\n"


@dataclass(frozen=True, kw_only=True)
class Table:
    """A text file whose header is known: ``above`` lines stand before its first row.

    A row has at least ``shortest`` cells: those under a header that is written. ``titles`` are
    those lines, where the layout wants them.
    """

    text: Path
    name: str
    separator: str
    names: list[str]
    shortest: int
    above: int
    titles: tuple[tuple[int, Row], ...] = ()

    @property
    def is_quoted(self) -> bool:
        """Whether quotes stand around values; between bars they are letters like others."""
        return self.separator != "|"

    def fitted(self, row: Row, line: int) -> list[str | None]:
        """A row with as many cells as the header has; InputError where it was cut or holds more."""
        width = len(self.names)
        if len(row) == width:
            return list(row)
        if not any(cell and not cell.isspace() for cell in row):
            return [None] * width
        if any(row[width:]) or (len(row) < self.shortest and not is_note(row)):
            raise self._misfit(row, line)
        return [*row[:width], *[None] * (width - len(row))]

    def is_foot(self, row: Row) -> bool:
        """Whether a row is a note: below one there are only others."""
        return len(row) < self.shortest and is_note(row)

    def rows(self) -> Iterator[tuple[int, list[str | None]]]:
        """Row by row, with the line it begins on; InputError at the first that is damaged."""
        note: tuple[int, Row] | None = None
        with self.text.open(encoding="utf-8-sig", newline="") as file:
            for _ in range(self.above):
                file.readline()
            reader = _csv(file, self.separator, strict=True)
            for line, row in _records(reader, self.name, self.above):
                fitted = self.fitted(row, line)
                if any(fitted):
                    if self.is_foot(row):
                        note = note or (line, row)
                    elif note:
                        raise self._misfit(note[1], note[0])
                    yield line, fitted

    def _misfit(self, row: Row, line: int) -> InputError:
        msg = f"{self.name}, line {line}: {len(row)} values for {len(self.names)} columns; "
        return InputError(f"{msg}cut or damaged?")


def read_delimited(path: Path, layout: Layout, name: str, keep: Keep | None) -> pl.DataFrame:
    """Rows below the header, all text; blank rows are left out, a blank cell is null.

    The separator is the one under which the layout's columns are found, within the first lines. A
    row that is shorter or longer than the header is an InputError with its line, but for empty
    cells at its end and for foot notes. ``keep`` filters the rows.
    """
    table = _opened(as_utf8(path, name), layout, name)
    if table.text.stat().st_size < LARGE:
        frame = _exact(table)
        frame = keep(frame.lazy()).collect() if keep else frame
    else:
        frame = _in_blocks(table, keep)
    return under_titles(frame, table.titles)


def _opened(text: Path, layout: Layout, name: str) -> Table:
    """The table under the separator that finds the layout's columns, and splits the most."""
    served: list[tuple[Row, str, int, tuple[tuple[int, Row], ...]]] = []
    unreadable: list[InputError] = []
    best: Row = []
    for separator in SEPARATORS:
        try:
            rows, ends = _first_rows(text, separator, name)
        except InputError as error:
            unreadable.append(error)
            continue
        found = header_row(rows, layout)
        if found is None:
            best = max(best, widest(rows), key=len)
        else:
            titles = tuple(zip(ends[:found], rows[:found], strict=True)) if layout.titles else ()
            served.append((rows[found], separator, ends[found], titles))
    if not served and unreadable and not best:
        raise unreadable[0]
    if not served:
        raise InputError(not_served(name, {"first lines": best}, layout))
    header, separator, above, titles = max(served, key=lambda found: len(found[0]))
    return Table(
        text=text,
        name=name,
        separator=separator,
        names=column_names(header, layout, name),
        shortest=1 + max(at for at, cell in enumerate(header) if cell and cell.strip()),
        above=above,
        titles=titles,
    )


def _first_rows(text: Path, separator: str, name: str) -> tuple[list[Row], list[int]]:
    """The first records as a separator makes them, and the line on which each ends."""
    rows: list[Row] = []
    ends: list[int] = []
    with text.open(encoding="utf-8-sig", newline="") as file:
        reader = _csv(file, separator, strict=False)
        for _, row in itertools.islice(_records(reader, name), HEADER_WITHIN):
            rows.append(row)
            ends.append(reader.line_num)
    return rows, ends


def _csv(lines: Any, separator: str, *, strict: bool) -> Any:
    if separator == "|":
        return csv.reader(lines, delimiter=separator, strict=strict, quoting=csv.QUOTE_NONE)
    return csv.reader(lines, delimiter=separator, strict=strict)


def _records(reader: Any, name: str, above: int = 0) -> Iterator[tuple[int, Row]]:
    """Records one by one, each with the line it begins on.

    ``above`` is the number of lines that were passed over before the reader's first. A quote left
    open, or a huge value, is an InputError with its line.
    """
    line = above + 1
    while True:
        try:
            row = next(reader, None)
        except csv.Error as error:
            msg = f"{name}, line {line}: {error}; the file is damaged or truncated."
            raise InputError(msg) from None
        if row is None:
            return
        if max(map(len, row), default=0) > LONGEST_CELL:
            msg = f"{name}, line {line}: a value of over {LONGEST_CELL} characters."
            raise InputError(msg)
        yield line, [cell or None for cell in row]
        line = above + reader.line_num + 1


def _exact(table: Table) -> pl.DataFrame:
    rows = list(table.rows())
    return numbered([row for _, row in rows], table.names, [line for line, _ in rows])


def numbered(
    records: list[list[str | None]], names: list[str], lines: list[int], sheet: str | None = None
) -> pl.DataFrame:
    """Records under their headers, with sheet and line; unnamed columns without a value go."""
    columns = list(zip(*records, strict=True)) if records else [()] * len(names)
    named = dict(zip(names, columns, strict=True))
    data = {"source_sheet": [sheet] * len(records), "source_line": lines, **named}
    return _without_blanks(pl.DataFrame(data, schema=NUMBERED | dict.fromkeys(names, pl.String)))


def under_titles(
    frame: pl.DataFrame, titles: Sequence[tuple[int, Row]], sheet: str | None = None
) -> pl.DataFrame:
    """The rows of a table below those of its titles, each as one text in the first column.

    A table without rows stays so.
    """
    told = [(line, " ".join(cell.strip() for cell in row if cell)) for line, row in titles]
    written = [(sheet, line, text) for line, text in told if text]
    if frame.is_empty() or not written:
        return frame
    first = next(name for name in frame.columns if name not in NUMBERED)
    schema = NUMBERED | {first: pl.String}
    return pl.concat([pl.DataFrame(written, schema=schema, orient="row"), frame], how="diagonal")


def _without_blanks(frame: pl.DataFrame) -> pl.DataFrame:
    """The frame without the columns under a blank header that hold nothing."""
    blank = [c for c in frame.columns if c.startswith("column_") and not frame[c].count()]
    return frame.drop(blank)


def _in_blocks(table: Table, keep: Keep | None) -> pl.DataFrame:
    """Large files: each block is filtered before the next is read."""
    counted = _Counted(table, has_breaks=_has_breaks(table))
    frames: list[pl.DataFrame] = []
    try:
        with _WholeLineEnds(table.text) as file, _blocks(file, table, counted) as blocks:
            last = pl.DataFrame(schema=dict.fromkeys(table.names, pl.String))
            for block in itertools.chain(map(_polars, blocks), [last]):
                frame = counted.whole(block)
                _require_short_cells(frame, table)
                frames.append(keep(frame.lazy()).collect() if keep else frame)
    except pa.ArrowException as error:
        raise _damaged(table, error) from None
    return _without_blanks(pl.concat(frames))


def _polars(block: pa.RecordBatch) -> pl.DataFrame:
    return pl.DataFrame(pl.from_arrow(block))


class _WholeLineEnds(io.FileIO):
    """A file whose parts never end between CR and LF: Arrow would lose the LF of a value."""

    def read(self, size: int | None = -1, /) -> bytes:
        """At most ``size`` bytes."""
        part = super().read(size) or b""
        if part.endswith(b"\r") and len(part) > 1:
            self.seek(-1, io.SEEK_CUR)
            return part[:-1]
        return part


def _blocks(file: _WholeLineEnds, table: Table, counted: "_Counted") -> pa.csv.CSVStreamingReader:
    return pa.csv.open_csv(
        pa.PythonFile(file),
        # threads would leave odd rows without their number, and gain nothing measurable
        pa.csv.ReadOptions(
            block_size=BLOCK,
            column_names=table.names,
            skip_rows=table.above,
            use_threads=False,
        ),
        pa.csv.ParseOptions(
            delimiter=table.separator,
            quote_char='"' if table.is_quoted else False,
            newlines_in_values=table.is_quoted,
            ignore_empty_lines=False,
            invalid_row_handler=counted.odd_row,
        ),
        pa.csv.ConvertOptions(
            column_types=dict.fromkeys(table.names, pa.string()),
            strings_can_be_null=True,
            null_values=[""],
        ),
    )


class _Counted:
    """Blocks of Arrow with the line of each row, and with the rows that Arrow leaves out.

    It leaves out those that have not as many cells as the header, and counts records where a
    reader of the file counts lines: ``has_breaks`` says whether these may differ.
    """

    def __init__(self, table: Table, *, has_breaks: bool) -> None:
        self.table, self.has_breaks = table, has_breaks
        self.odd: dict[int, list[str | None]] = {}
        self.notes: list[int] = []
        self.next_record = table.above + 1
        self.more_lines = 0

    def odd_row(self, row: Any) -> str:
        """What Arrow asks of each such row: to leave it out, or to stop."""
        text = io.StringIO(row.text, newline="")
        cells = [cell or None for cell in next(_csv(text, self.table.separator, strict=False), [])]
        try:
            self.odd[row.number] = self.table.fitted(cells, row.number)
        except InputError:
            return "error"
        if self.table.is_foot(cells):
            self.notes.append(row.number)
        return "skip"

    def whole(self, block: pl.DataFrame) -> pl.DataFrame:
        """The rows of a block that are not blank, and odd ones in their place, with their lines."""
        record = self._with_odd_rows(block)
        rows = record.filter(~pl.all_horizontal(pl.col(self.table.names).is_null()))
        if self.notes:
            below = rows["source_line"].filter(rows["source_line"] > self.notes[0])
            if not set(below) <= set(self.notes):
                raise _damaged(self.table, ValueError("rows below a foot note"))
        return self._with_lines(rows) if self.has_breaks else rows

    def _with_lines(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Rows with their lines in place of the numbers of their records."""
        breaks = rows.select(
            pl.sum_horizontal(pl.col(self.table.names).str.count_matches(LINE_BREAK).fill_null(0))
        ).to_series()
        before = (breaks.cum_sum() - breaks + self.more_lines).cast(pl.Int64)
        self.more_lines += int(breaks.sum())
        return rows.with_columns(source_line=pl.col("source_line") + before)

    def _with_odd_rows(self, block: pl.DataFrame) -> pl.DataFrame:
        """The rows of a block with the number of their record, those left out among them."""
        first = self.next_record
        every = range(first, first + block.height + len(self.odd))
        own = [at for at in every if at not in self.odd][: block.height] if self.odd else every
        last = own[-1] if own else first - 1
        while last + 1 in self.odd:
            last += 1
        self.next_record = last + 1
        frame = block.select(
            pl.lit(None, pl.String).alias("source_sheet"),
            pl.Series("source_line", own, dtype=pl.Int64),
            *block.columns,
        )
        beside = [at for at in self.odd if at <= last]
        if not beside:
            return frame
        put = pl.DataFrame(
            [[None] * len(beside), beside, *zip(*map(self.odd.pop, beside), strict=True)],
            schema=frame.schema,
        )
        return pl.concat([frame, put]).sort("source_line")


def _has_breaks(table: Table) -> bool:
    """Whether values may hold line breaks; InputError where quotes are not well set.

    Quotes are where each that opens begins a value, and each that closes ends one. Where they
    are not (inches, a quote left open), the file is read record by record to know.
    """
    if not table.is_quoted:
        return False
    count, has_breaks = 0, False
    beside = np.isin(np.arange(256), list(f'{table.separator}\r\n"'.encode()))
    for block in blocks_of_lines(table.text, table.name):
        if b'"' not in block and count % 2 == 0:
            continue
        signs = np.frombuffer(b"\n" + block.removeprefix(codecs.BOM_UTF8) + b"\n", np.uint8)
        quotes = np.flatnonzero(signs == QUOTE)
        opening, closing = quotes[count % 2 :: 2], quotes[1 - count % 2 :: 2]
        if not (beside[signs[opening - 1]].all() and beside[signs[closing + 1]].all()):
            _read_through(table)
            return True
        if not has_breaks:
            breaks = np.flatnonzero(np.isin(signs[:-1], LINE_ENDS))[1:]
            has_breaks = bool(((np.searchsorted(quotes, breaks) + count) % 2).any())
        count += len(quotes)
    if count % 2:
        _read_through(table)
    return has_breaks


def _require_short_cells(frame: pl.DataFrame, table: Table) -> None:
    longest = frame.select(pl.col(table.names).str.len_bytes().max()).max_horizontal().item()
    if longest is not None and longest > LONGEST_CELL:
        _read_through(table)


def _damaged(table: Table, error: Exception) -> InputError:
    """What is wrong with a file that Arrow does not read, with the line where it can be told."""
    _read_through(table)
    reason = str(error).split("\n", 1)[0][:200]
    return InputError(f"{table.name} is damaged or truncated ({reason}): download it again.")


def _read_through(table: Table) -> None:
    """Read all rows one by one: the first that is damaged raises with its line."""
    for _ in table.rows():
        pass
