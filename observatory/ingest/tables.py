"""A producer's file as a table of text: every value as written, every row with its line."""

import codecs
import contextlib
import csv
import io
import itertools
import json
import re
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import polars as pl
import python_calamine as calamine

from observatory.errors import InputError
from observatory.ingest.cleaning import LINE, ORIGIN, normalise, require_unambiguous
from observatory.metadata.cards import Card, Layout
from observatory.storage.archive import LARGEST_RATIO, check_integrity

HEADER_WITHIN = 30
LONGEST_NOTE = 2
LONGEST_CELL = 131_072
NEARLY = 1
SEPARATORS = (";", ",", "\t", "|")
SPREADSHEET = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
Grid = list[list[str | None]]


def read_table(path: Path, card: Card, *, name: str, sha256: str) -> pl.DataFrame:
    """Rows of ``path`` with the producer's own headers, all text, plus the columns of ``ORIGIN``.

    ``name`` is the file's name as its producer gave it, for messages. Lines count from 1 as
    a spreadsheet or an editor shows them. Raises InputError that names file, sheet, columns
    found and columns expected.
    """
    check_integrity(path, name)
    with _unwrapped(path, name) as (inner, inner_name):
        if card.layout.format == "json":
            frames = [_read_json(inner, card, inner_name)]
        elif _head(inner).startswith(SPREADSHEET):
            frames = _read_workbook(inner, card, inner_name)
        else:
            frames = [_read_delimited(inner, card, inner_name)]
    origin = {"source_key": pl.lit(card.key), "source_sha256": pl.lit(sha256)}
    frame = pl.concat(frames, how="diagonal").with_columns(**origin)
    if frame.is_empty():
        msg = f"{name} has headers but no rows: download it again."
        raise InputError(msg)
    return frame.select(*LINE, pl.exclude(LINE)).cast(ORIGIN)


def rename_columns(raw: pl.DataFrame, layout: Layout) -> pl.DataFrame:
    """The raw rows under our column names; an absent optional column is null.

    Headers that differ between vintages (``BE23``, ``BE24``) are laid over each other.
    """
    content = [c for c in raw.columns if c not in LINE]
    exprs = []
    for ours, pattern in layout.all_columns.items():
        found = [c for c in content if re.fullmatch(pattern, normalise(c))]
        value = pl.coalesce(found) if found else pl.lit(None, dtype=pl.String)
        exprs.append(value.alias(ours))
    return raw.select(*LINE, *exprs)


def empty_raw() -> pl.DataFrame:
    """What a source that nobody has archived reads as: no rows."""
    return pl.DataFrame(schema=ORIGIN)


@contextlib.contextmanager
def _unwrapped(path: Path, name: str) -> Iterator[tuple[Path, str]]:
    """The file itself, or the one data file inside a zip around it."""
    if not _head(path).startswith(b"PK"):
        yield path, name
        return
    with zipfile.ZipFile(path) as archive:
        members = [m for m in archive.infolist() if not m.is_dir()]
        if any(m.filename == "[Content_Types].xml" for m in members):
            yield path, name
            return
        data = [m for m in members if not Path(m.filename).name.startswith((".", "__"))]
        if len(data) != 1:
            listed = ", ".join(m.filename for m in data) or "nothing"
            msg = f"{name}: expected one file in the zip, found {listed}."
            raise InputError(msg)
        with tempfile.TemporaryDirectory() as folder:
            inner = Path(folder) / "inner"
            limit = LARGEST_RATIO * path.stat().st_size
            with archive.open(data[0]) as packed, inner.open("wb") as unpacked:
                while chunk := packed.read(2**20):
                    unpacked.write(chunk)
                    if unpacked.tell() > limit:
                        msg = f"{name}: {data[0].filename} unzips beyond its stated size."
                        raise InputError(msg)
            inner_name = f"{name} › {data[0].filename}"
            check_integrity(inner, inner_name)
            yield inner, inner_name


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(8)


def _read_workbook(path: Path, card: Card, name: str) -> list[pl.DataFrame]:
    """The sheets that hold the card's columns."""
    try:
        workbook = calamine.CalamineWorkbook.from_path(path)
        grids = {
            sheet: _text_grid(workbook.get_sheet_by_name(sheet)) for sheet in workbook.sheet_names
        }
    except (calamine.CalamineError, OSError) as error:
        msg = f"{name} cannot be opened as a spreadsheet ({error}): download it again."
        raise InputError(msg) from None
    found = {}
    for sheet, (first_line, grid) in grids.items():
        header = _find_header(grid, card.layout)
        if header is not None:
            found[sheet] = (first_line, grid, header)
        elif card.layout.sheets == "several" and _lacks_one_column(grid, card.layout):
            raise InputError(_no_header(name, {f"sheet “{sheet}”": _widest(grid)}, card.layout))
    if not found:
        seen = {f"sheet “{sheet}”": _widest(grid) for sheet, (_, grid) in grids.items()}
        raise InputError(_no_header(name, seen, card.layout))
    if card.layout.sheets == "one" and len(found) > 1:
        msg = f"{name}: several sheets hold the expected columns ({', '.join(found)}): keep one."
        raise InputError(msg)
    return [
        _frame(grid, header, card.layout, f"{name}, sheet “{sheet}”", sheet, first_line)
        for sheet, (first_line, grid, header) in found.items()
    ]


def _text_grid(sheet: calamine.CalamineSheet) -> tuple[int, Grid]:
    """First line of the sheet that holds anything, and its cells as text."""
    rows = sheet.to_python(skip_empty_area=True)
    first_line = (sheet.start[0] if sheet.start else 0) + 1
    return first_line, [[_text(cell) for cell in row] for row in rows]


def _text(cell: object) -> str | None:
    if cell == "" or cell is None:
        return None
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else repr(cell)
    return str(cell)


def _read_delimited(path: Path, card: Card, name: str) -> pl.DataFrame:
    """A text file; encoding and separator are those under which the card's columns are found."""
    text = decode(path, name)
    seen: dict[str, Sequence[str | None]] = {}
    for separator in SEPARATORS:
        head = _parse(text, separator, name, HEADER_WITHIN)[0]
        header = _find_header(head, card.layout)
        if header is not None:
            grid, lines = _parse(text, separator, name)
            return _frame(grid, header, card.layout, name, None, 1, lines)
        widest = _widest(head)
        if len(widest) > len(seen.get("first lines", ())):
            seen["first lines"] = widest
    raise InputError(_no_header(name, seen, card.layout))


def decode(path: Path, name: str) -> str:
    """Text of a file in UTF-8, UTF-16 or a Western encoding, its lines ended as Unix ends them."""
    data = path.read_bytes()
    if b"\x00" in data[:4096] and not data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        msg = (
            f"{name} is binary, neither a spreadsheet nor a text table: check what was downloaded."
        )
        raise InputError(msg)
    encodings = (
        ("utf-16",)
        if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
        else (
            "utf-8-sig",
            "cp1252",
            "latin-1",
        )
    )
    for encoding in encodings:
        if encoding == "cp1252" and (broken := _broken_utf8(data)):
            msg = f"{name}, line {broken}: damaged text in a UTF-8 file; download it again."
            raise InputError(msg)
        with contextlib.suppress(UnicodeDecodeError):
            return data.decode(encoding).replace("\r\n", "\n").replace("\r", "\n")
    msg = f"{name}: unknown text encoding; save it as UTF-8."
    raise InputError(msg)


def _broken_utf8(data: bytes) -> int | None:
    """Line of the first bad byte of a text that is UTF-8 elsewhere; None where it is not."""
    try:
        data.decode()
    except UnicodeDecodeError as error:
        if re.search(rb"[\xc3\xc5][\x80-\xbf]|\xe2\x80[\x80-\xbf]", data):
            return data.count(b"\n", 0, error.start) + 1
    return None


def _parse(text: str, separator: str, name: str, most: int | None = None) -> tuple[Grid, list[int]]:
    """Records and the line each begins on; a quote left open is an error, not one huge value.

    With ``most``, the first records only, of which a quote left open is none.
    """
    grid: Grid = []
    lines: list[int] = []
    reader = csv.reader(io.StringIO(text), delimiter=separator, strict=most is None)
    before = 0
    try:
        for row in itertools.islice(reader, most):
            if max(map(len, row), default=0) > LONGEST_CELL:
                msg = f"{name}, line {before + 1}: a value of over {LONGEST_CELL} characters."
                raise InputError(msg)
            grid.append([cell if cell else None for cell in row])
            lines.append(before + 1)
            before = reader.line_num
    except csv.Error as error:
        msg = f"{name}, line {before + 1}: {error}; the file is damaged or truncated."
        raise InputError(msg) from None
    return grid, lines


def _find_header(grid: Grid, layout: Layout) -> int | None:
    """Index of the first row that holds every required column."""
    patterns = [re.compile(p) for p in layout.columns.values()]
    for index, row in enumerate(grid[:HEADER_WITHIN]):
        names = [normalise(cell) for cell in row if cell]
        if all(any(p.fullmatch(n) for n in names) for p in patterns):
            return index
    return None


def _lacks_one_column(grid: Grid, layout: Layout) -> bool:
    """Whether a row holds all required columns but one: a sheet that must not be passed over."""
    patterns = [re.compile(p) for p in layout.columns.values()]
    for row in grid[:HEADER_WITHIN]:
        names = [normalise(cell) for cell in row if cell]
        lacking = sum(not any(p.fullmatch(n) for n in names) for p in patterns)
        if lacking == NEARLY:
            return True
    return False


def _widest(grid: Grid) -> list[str]:
    rows = [[c for c in row if c] for row in grid[:HEADER_WITHIN]]
    return max(rows, key=len, default=[])


def _no_header(name: str, seen: dict[str, Any], layout: Layout) -> str:
    best = {place: [normalise(c) for c in cells] for place, cells in seen.items()}
    columns = max(best.values(), key=len, default=[])
    missing = [
        ours for ours, p in layout.columns.items() if not any(re.fullmatch(p, c) for c in columns)
    ]
    found = "; ".join(f"{place}: {', '.join(cells) or 'nothing'}" for place, cells in best.items())
    wanted = ", ".join(f"{ours} (“{layout.columns[ours]}”)" for ours in missing or layout.columns)
    return (
        f"{name}: the expected columns were not found. Missing: {wanted}. Found in {found}. "
        "If the producer renamed a column, add the new spelling to the source card."
    )


def _frame(
    grid: Grid,
    header: int,
    layout: Layout,
    where: str,
    sheet: str | None,
    first_line: int,
    lines: list[int] | None = None,
) -> pl.DataFrame:
    """Rows below the header; blank rows are left out, a short row is filled with blanks.

    Values under a blank header are kept under ``column_<rank>``.
    """
    names = _unique([cell.strip() if cell else None for cell in grid[header]], where)
    for pattern in layout.all_columns.values():
        require_unambiguous([n for n in names if n], pattern, where)
    width = len(names)
    records, numbers = [], []
    for index in range(header + 1, len(grid)):
        row = grid[index]
        if not any(row):
            continue
        line = lines[index] if lines else first_line + index
        cut = lines is not None and len(row) < width and sum(map(bool, row)) > LONGEST_NOTE
        if cut or any(row[width:]):
            msg = f"{where}, line {line}: {len(row)} values for {width} columns; cut or damaged?"
            raise InputError(msg)
        records.append((row + [None] * width)[:width])
        numbers.append(line)
    columns = list(zip(*records, strict=True)) if records else [()] * width
    kept = {
        name or _free_name(f"column_{at}", names): list(column)
        for at, (name, column) in enumerate(zip(names, columns, strict=True), start=1)
        if name or any(column)
    }
    return pl.DataFrame(
        {"source_sheet": [sheet] * len(records), "source_line": numbers, **kept},
        schema={"source_sheet": pl.String, "source_line": pl.Int64}
        | dict.fromkeys(kept, pl.String),
    )


def _free_name(wanted: str, taken: Sequence[str | None]) -> str:
    return wanted if wanted not in taken else _free_name(f"{wanted}_", taken)


def _unique(names: list[str | None], where: str) -> list[str | None]:
    """Headers as written; the same header twice would make two meanings of one name."""
    written = [n for n in names if n]
    if reserved := sorted(set(written) & set(LINE)):
        msg = f"{where}: a column is called {reserved[0]}, a name kept for where rows stand."
        raise InputError(msg)
    if twice := sorted({n for n in written if written.count(n) > 1}):
        msg = f"{where}: column “{twice[0]}” stands twice."
        raise InputError(msg)
    return names


def _read_json(path: Path, card: Card, name: str) -> pl.DataFrame:
    """A JSON array of records; nested values stay JSON text. Lines count records from 1."""
    try:
        records = json.loads(decode(path, name))
    except json.JSONDecodeError as error:
        msg = f"{name}, line {error.lineno}: {error.msg}; the file is damaged or truncated."
        raise InputError(msg) from None
    except RecursionError:
        msg = f"{name}: nested too deeply to be a list of records."
        raise InputError(msg) from None
    if not isinstance(records, list) or not all(isinstance(r, dict) for r in records):
        msg = f"{name}: expected a JSON array of records."
        raise InputError(msg)
    names = list(dict.fromkeys(key for record in records for key in record))
    for ours, pattern in card.layout.all_columns.items():
        found = require_unambiguous(names, pattern, name)
        if found is None and ours in card.layout.columns:
            raise InputError(_no_header(name, {"records": names}, card.layout))
    return pl.DataFrame(
        {
            "source_sheet": [None] * len(records),
            "source_line": list(range(1, len(records) + 1)),
            **{n: [_json_text(record.get(n)) for record in records] for n in names},
        },
        schema={"source_sheet": pl.String, "source_line": pl.Int64}
        | dict.fromkeys(names, pl.String),
    )


def _json_text(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value or None
    return json.dumps(value, ensure_ascii=False)
