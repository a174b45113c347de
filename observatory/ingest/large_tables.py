"""Large tables (CSV, Parquet) read lazily: every value as text, every row with its line."""

import codecs
import contextlib
import re
from collections.abc import Iterator
from pathlib import Path

import polars as pl

from observatory.errors import InputError
from observatory.ingest.cleaning import LINE, ORIGIN, normalise, require_unambiguous
from observatory.ingest.unpacking import unpacked
from observatory.metadata.cards import Card
from observatory.storage.archive import check_integrity

SEPARATORS = (",", ";", "|", "\t")
CHUNK = 2**22
LONGEST_HEADER = 2**16


@contextlib.contextmanager
def scanned(path: Path, card: Card, *, name: str, sha256: str) -> Iterator[pl.LazyFrame]:
    """The rows of ``path`` to filter and collect inside the block; headers are the producer's.

    CSV in UTF-8 or a Western encoding, or Parquet, packed or not; ``source_line`` is the line
    of a CSV (a record with a line break inside counts as one) or the rank of a Parquet row.
    Raises InputError that names the file and the columns expected.
    """
    check_integrity(path, name)
    with unpacked(path, name) as files:
        if len(files) != 1:
            listed = ", ".join(f.name for f in files) or "nothing"
            msg = f"{name}: expected one file inside, found {listed}."
            raise InputError(msg)
        lazy, first = _open(files[0], card, name)
        origin = {
            "source_key": pl.lit(card.key),
            "source_sha256": pl.lit(sha256),
            "source_sheet": pl.lit(None, pl.String),
        }
        numbered = lazy.with_row_index("source_line", offset=first).with_columns(**origin)
        try:
            yield numbered.select(*LINE, pl.exclude(LINE)).cast(dict(ORIGIN))  # type: ignore[arg-type]
        except (pl.exceptions.ComputeError, pl.exceptions.SchemaError) as error:
            reason = str(error).split("\n", 1)[0][:200]
            msg = f"{name} is damaged or truncated ({reason}): download it again."
            raise InputError(msg) from None


def _open(path: Path, card: Card, name: str) -> tuple[pl.LazyFrame, int]:
    """The lazy rows, all text, and the number of the first."""
    if path.suffix == ".parquet":
        try:
            lazy = pl.scan_parquet(path)
            headers = lazy.collect_schema().names()
        except (pl.exceptions.PolarsError, OSError):
            msg = f"{name} is no Parquet file that can be read: download it again."
            raise InputError(msg) from None
        _require_columns(headers, card, name)
        return lazy.select(pl.all().cast(pl.String)), 1
    text = _as_utf8(path, name)
    headers, separator = _header(text, card, name)
    _require_whole(text, separator, len(headers), name)
    quote = None if separator == "|" else '"'
    lazy = pl.scan_csv(text, separator=separator, quote_char=quote, infer_schema=False)
    return lazy, 2


def _as_utf8(path: Path, name: str) -> Path:
    """The file itself where it is UTF-8, else a copy that is; NUL bytes are refused."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        with path.open("rb") as file:
            while chunk := file.read(CHUNK):
                if b"\x00" in chunk:
                    msg = f"{name} is binary, not a text table: check what was downloaded."
                    raise InputError(msg)
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        copy = path.with_name("utf8.csv")
        with path.open("rb") as file, copy.open("wb") as out:
            while chunk := file.read(CHUNK):
                out.write(chunk.decode("cp1252", "replace").encode())
        return copy
    return path


def _header(path: Path, card: Card, name: str) -> tuple[list[str], str]:
    """Headers of the first line, and the separator under which the card's columns are found."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        first = file.readline(LONGEST_HEADER).rstrip("\r\n")
    best: list[str] = []
    for separator in SEPARATORS:
        names = [cell.strip().strip('"') for cell in first.split(separator)]
        patterns = card.layout.columns.values()
        if all(any(re.fullmatch(p, normalise(n)) for n in names) for p in patterns):
            _require_columns(names, card, name)
            return names, separator
        best = max(best, names, key=len)
    _require_columns(best, card, name)
    return best, ","


def _require_columns(headers: list[str], card: Card, name: str) -> None:
    if twice := sorted({h for h in headers if headers.count(h) > 1}):
        msg = f"{name}: column “{twice[0]}” stands twice."
        raise InputError(msg)
    for ours, pattern in card.layout.all_columns.items():
        found = require_unambiguous(headers, pattern, name)
        if found is None and ours in card.layout.columns:
            msg = (
                f"{name}, line 1: no column “{pattern}” for {ours}. Found: "
                f"{', '.join(headers[:60])}. If the producer renamed it, add the new spelling to "
                "the source card."
            )
            raise InputError(msg)


def _require_whole(path: Path, separator: str, width: int, name: str) -> None:
    """Refuse a file whose last line is cut."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - LONGEST_HEADER))
        last = file.read().rstrip(b"\r\n").rsplit(b"\n", 1)[-1].decode("utf-8", "replace")
    if '"' not in last and last.count(separator) != width - 1:
        msg = (
            f"{name}, last line: {last.count(separator) + 1} values for {width} columns; the file "
            "is truncated: download it again."
        )
        raise InputError(msg)
