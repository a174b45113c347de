"""Corrections: values known to be wrong, replaced after reading for a reason that is published.

They stand beside the card (``<subject>.corrections.toml``) or, for knowledge from the field, in
``corrections.csv`` in the home. Each says which value it expects to find, so that it fails
loudly as soon as the producer has mended its file.
"""

import csv
import datetime as dt
import io
import tomllib
from collections.abc import Sequence
from pathlib import Path

import polars as pl
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from observatory.errors import InputError, did_you_mean
from observatory.ingest.encoding import decode
from observatory.ingest.issues import LINE, IssueLog
from observatory.ingest.reading import name_columns
from observatory.metadata.cards import Card
from observatory.storage.archive import CONTROL

CORRECTIONS = ".corrections.toml"
HOME_FILE = "corrections.csv"
CSV_COLUMNS = (
    "source",
    "vintage",
    "row",
    "column",
    "expected",
    "corrected",
    "because",
    "evidence",
    "until",
)
LARGEST = 10 * 2**20
LONGEST_SHOWN, LONGEST_FIELD = 80, 131_072


class Correction(BaseModel):
    """One value to be replaced.

    ``row`` names the row by values as read, under our names of columns; ``expected`` is the
    value that stands there now, ``corrected`` what it becomes (both text, blank for nothing).
    ``is_fictitious`` ones apply to the embedded scenario and nowhere else. ``place`` is where
    the correction is written.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)

    source: str
    vintage: str = Field(min_length=1)
    row: dict[str, str] = Field(min_length=1)
    column: str = Field(min_length=1)
    expected: str
    corrected: str
    because: str = Field(min_length=3)
    evidence: str = Field(min_length=3)
    until: dt.date
    is_fictitious: bool = False
    is_from_home: bool = False
    place: str = ""


def load_corrections(path: Path, card: Card) -> list[Correction]:
    """The corrections written beside a card; none where there is no such file."""
    if not path.exists():
        return []
    try:
        listed = tomllib.loads(path.read_text("utf-8")).get("correction", [])
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        msg = f"{path.name}: {error}"
        raise InputError(msg) from None
    return [
        _validated({"source": card.key, **entry}, card, f"{path.name}, correction {rank}")
        for rank, entry in enumerate(listed, start=1)
    ]


def read_corrections(path: Path, cards: dict[str, Card]) -> list[Correction]:
    """The corrections of a CSV file; raises InputError that names the line and the column.

    ``row`` is written ``column=value;column=value``.
    """
    if not path.is_file():
        msg = f"{path}: {'not a file' if path.exists() else 'no such file'}."
        raise InputError(msg)
    if path.stat().st_size > LARGEST:
        msg = f"{path.name}: more than {LARGEST} bytes; corrections are few."
        raise InputError(msg)
    text = decode(path, path.name)
    separator = (
        ";" if text.split("\n", 1)[0].count(";") > text.split("\n", 1)[0].count(",") else ","
    )
    reader = csv.DictReader(io.StringIO(text), delimiter=separator, strict=True)
    try:
        return _read_records(reader, path.name, cards)
    except csv.Error as error:
        msg = f"{path.name}, line {max(reader.line_num, 1)}: {error}"
        raise InputError(msg) from None


def _read_records(
    reader: "csv.DictReader[str]", name: str, cards: dict[str, Card]
) -> list[Correction]:
    # the csv module's own limit is that of the process: another library may have raised it
    if any(len(field) > LONGEST_FIELD for field in reader.fieldnames or []):
        msg = f"{name}, line 1: field larger than {LONGEST_FIELD} characters."
        raise InputError(msg)
    if absent := [c for c in CSV_COLUMNS if c not in (reader.fieldnames or [])]:
        expected = ", ".join(CSV_COLUMNS)
        msg = f"{name}: columns missing: {', '.join(absent)}. Expected: {expected}."
        raise InputError(msg)
    if twice := [c for c in CSV_COLUMNS if (reader.fieldnames or []).count(c) > 1]:
        msg = f"{name}, line 1: the column {twice[0]} stands twice."
        raise InputError(msg)
    return [
        _from_record(record, cards, f"{name}, line {reader.line_num}")
        for record in reader
        if any(record.values())
    ]


def _from_record(record: dict[str, str], cards: dict[str, Card], place: str) -> Correction:
    key = (record["source"] or "").strip()
    if key not in cards:
        near = did_you_mean(key, {name: name for name in cards})
        told = near or f" Known: {', '.join(cards)}."
        msg = f"{place}, source: unknown source {_shown(key)}.{told}"
        raise InputError(msg)
    if None in record or None in record.values():
        msg = f"{place}: not as many values as columns."
        raise InputError(msg)
    pairs = [part.partition("=") for part in record["row"].split(";") if part.strip()]
    if not pairs or any(not sign for _, sign, _ in pairs):
        msg = f"{place}, row: expected column=value;column=value, found {_shown(record['row'])}."
        raise InputError(msg)
    row = {name.strip(): value.strip() for name, _, value in pairs}
    if len(row) < len(pairs):
        msg = f"{place}, row: a column is named twice in {_shown(record['row'])}."
        raise InputError(msg)
    entry = {**record, "source": key, "row": row, "is_from_home": True}
    return _validated(entry, cards[key], place)


def _shown(value: object) -> str:
    """The beginning of a value, for a message."""
    return repr(value)[:LONGEST_SHOWN]


def _validated(entry: dict[str, object], card: Card, place: str) -> Correction:
    try:
        correction = Correction.model_validate({**entry, "place": place})
    except ValidationError as error:
        first = error.errors()[0]
        column = ".".join(map(str, first["loc"]))
        msg = f"{place}, {column}: {first['msg']} (found {_shown(first['input'])})."
        raise InputError(msg) from None
    texts = [*correction.row.values(), correction.expected, correction.corrected]
    if any(CONTROL.search(text) for text in (*texts, correction.because, correction.evidence)):
        msg = f"{place}: a value holds characters that cannot be printed."
        raise InputError(msg)
    if card.layout.suppressed and correction.expected == card.layout.suppressed:
        msg = f"{place}, expected: what {card.producer} hides by secrecy is not corrected."
        raise InputError(msg)
    is_drawn = card.layout.format == "layer" and not card.layout.shapes
    if is_drawn or card.is_restricted:
        msg = f"{place}: rows of {card.key} are not corrected one by one: hand a file over."
        raise InputError(msg)
    known = card.layout.all_columns
    if unknown := [c for c in (*correction.row, correction.column) if c not in known]:
        near = did_you_mean(unknown[0], {name: name for name in known})
        told = near or f" Known: {', '.join(known)}."
        msg = f"{place}: {card.key} has no column {unknown[0]!r}.{told}"
        raise InputError(msg)
    return correction


def apply_corrections(
    raw: pl.DataFrame,
    card: Card,
    corrections: Sequence[Correction],
    *,
    vintages: dict[str, str],
    as_of: dt.date,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The raw rows with their corrections, and one issue for each.

    ``vintages`` gives the vintage of each file by its hash; a correction of a vintage that was
    not read does not apply. Raises InputError when its date has passed, when it does not name
    exactly one row, or when the value found is not the one expected.
    """
    log = IssueLog()
    seen: dict[tuple[int, str], Correction] = {}
    for correction in corrections:
        files = [sha for sha, vintage in vintages.items() if vintage == correction.vintage]
        if not files and correction.is_from_home:
            msg = (
                f"{correction.place}: no file of {card.key} {correction.vintage} is read. Read: "
                f"{', '.join(sorted(set(vintages.values()))) or 'none'}."
            )
            raise InputError(msg)
        if not files:
            continue
        if correction.until < as_of:
            msg = (
                f"{correction.place}: valid until {correction.until}, which has passed: look at "
                "the producer's file again, then renew the date or remove the correction."
            )
            raise InputError(msg)
        at = _row_of(raw, card, correction, files, seen)
        log.add(
            name_columns(raw, card.layout)[at : at + 1],
            column=correction.column,
            issue_type="corrected_value",
            kept=True,
            replaced_by=pl.lit(correction.corrected or None, pl.String),
            note=correction.because,
            evidence=correction.evidence,
            until=correction.until,
        )
        here = pl.int_range(pl.len()) == at
        header = _header(raw, card, correction.column, at)
        value = pl.lit(correction.corrected or None, pl.String)
        raw = raw.with_columns(pl.when(here).then(value).otherwise(header).alias(header))
    return raw, log.table()


def _row_of(
    raw: pl.DataFrame,
    card: Card,
    correction: Correction,
    files: list[str],
    seen: dict[tuple[int, str], Correction],
) -> int:
    """Rank of the one row that the correction names; its value must be the one expected."""
    named = name_columns(raw, card.layout)
    there = pl.col("source_sha256").is_in(files)
    for column, value in correction.row.items():
        there &= _text(column) == value
    found = named.with_row_index("_at").filter(there)
    rows = ", ".join(f"{k}={v}" for k, v in correction.row.items())
    if found.height != 1:
        msg = (
            f"{correction.place}: {found.height} rows of {card.key} {correction.vintage} have "
            f"{rows}; exactly one must. Values are compared as they are read."
        )
        raise InputError(msg)
    cell = (int(found["_at"].item()), correction.column)
    if cell in seen:
        msg = f"{correction.place}: {seen[cell].place} corrects the same value already."
        raise InputError(msg)
    seen[cell] = correction
    value = found.select(_text(correction.column)).item()
    if value == correction.corrected:
        msg = (
            f"{correction.place}: the producer has mended {correction.column} of {rows}: remove "
            "the correction."
        )
        raise InputError(msg)
    if value != correction.expected:
        found_value = repr(value) if card.shows(correction.column) else "another value"
        msg = (
            f"{correction.place}: {correction.column} of {rows} is now {found_value}, not the one "
            "expected: look at the file again."
        )
        raise InputError(msg)
    return int(found["_at"].item())


def _text(column: str) -> pl.Expr:
    """A value as read, without blanks around it; blank where there is none."""
    return pl.col(column).fill_null("").str.strip_chars()


def _header(raw: pl.DataFrame, card: Card, column: str, at: int) -> str:
    """The producer's header under which the value stands in that row."""
    headers = card.layout.match(c for c in raw.columns if c not in LINE).columns[column]
    filled = [c for c in headers if raw[c][at] is not None]
    if not headers:
        msg = f"{card.key}: the files read have no column {column!r} to correct."
        raise InputError(msg)
    return (filled or headers)[0]
