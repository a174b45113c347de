"""Files of job offers in every form they are handed over in, as one frame of offers.

One offer a line (as this program fetches them), answers of the interface (``resultats``), a JSON
list of offers, or a table (CSV, Parquet, spreadsheet) under the interface's names of fields, whose
places and employers are in columns of their own (``lieuTravail.commune``) or written out in one.
What this reads may be archived, and a run reads it: there is no other reader.
"""

import ast
import contextlib
import gzip
import io
import json
import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

import polars as pl

from observatory.errors import InputError
from observatory.ingest.reading import read_table, rename_columns
from observatory.ingest.records import LARGEST
from observatory.ingest.unpacking import GZIP
from sources import CARDS

CARD = CARDS["france_travail/offers"]
LINES_AT_ONCE = 20_000
LONGEST_LINE = 2**20
LONGEST_NESTED = 100_000
ANSWER = "resultats"
OFFER = pl.Schema(
    {
        "id": pl.String(),
        "description": pl.String(),
        "dateCreation": pl.String(),
        "romeCode": pl.String(),
        "qualificationCode": pl.String(),
        "typeContrat": pl.String(),
        "typeContratLibelle": pl.String(),
        "dureeTravailLibelleConverti": pl.String(),
        "offresManqueCandidats": pl.String(),
        "entreprise": pl.Struct({"nom": pl.String()}),
        "lieuTravail": pl.Struct(
            dict.fromkeys(("libelle", "commune", "latitude", "longitude"), pl.String())
        ),
    }
)
NEEDED = ("id", "dateCreation", "romeCode")
# fields of a table by our names of its columns; those of a struct as (struct, field)
FIELDS: dict[str, str | tuple[str, str]] = {
    "id": "id",
    "created": "dateCreation",
    "rome_code": "romeCode",
    "description": "description",
    "qualification_code": "qualificationCode",
    "contract": "typeContrat",
    "contract_label": "typeContratLibelle",
    "working_time": "dureeTravailLibelleConverti",
    "is_lacking_candidates": "offresManqueCandidats",
    "employer_name": ("entreprise", "nom"),
    "place_label": ("lieuTravail", "libelle"),
    "place_commune": ("lieuTravail", "commune"),
    "place_latitude": ("lieuTravail", "latitude"),
    "place_longitude": ("lieuTravail", "longitude"),
}
NESTED = {"employer": "entreprise", "place": "lieuTravail"}


def read_offers(path: Path, name: str) -> Iterator[pl.DataFrame]:
    """The offers of a file with their ``source_line``, some thousands at once.

    A line that is no offer is a row without values. Raises InputError in one sentence where the
    file holds something else.
    """
    try:
        with _opened(path) as file:
            first = file.readline(LONGEST_LINE)
            head = first.lstrip(b"\xef\xbb\xbf \t\r\n")
            file.seek(0)
            if not head.strip() and not file.read(1):
                return
            file.seek(0)
            if head.startswith((b"{", b"[")):
                yield from _of_json(file, first, name)
                return
    except (OSError, EOFError) as error:
        msg = f"{name} is truncated or damaged ({error}): fetch it again."
        raise InputError(msg) from None
    yield _of_table(path, name)


def require_offers(path: Path, name: str) -> None:
    """Refuse a file that a run could not read offers from."""
    found = dict.fromkeys(NEEDED, False)
    is_empty = True
    for offers in read_offers(path, name):
        is_empty = is_empty and offers.is_empty()
        for field in NEEDED:
            found[field] = found[field] or offers[field].count() > 0
    if is_empty:
        msg = f"{name} holds no offer: fetch it again."
        raise InputError(msg)
    require_fields(found, name)


def require_fields(found: dict[str, bool], name: str) -> None:
    """Refuse offers of which none has a field that all of them must have."""
    if lacking := next((field for field in NEEDED if not found[field]), None):
        msg = (
            f"{name}: no offer has a “{lacking}”: expected offers as the interface of France "
            "Travail writes them (id, dateCreation, romeCode, lieuTravail…)."
        )
        raise InputError(msg)


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    """The bytes of a file, unpacked on the fly where it is packed by gzip."""
    with path.open("rb") as file:
        is_packed = file.read(len(GZIP)) == GZIP
    with gzip.open(path, "rb") if is_packed else path.open("rb") as file:
        yield file  # type: ignore[misc]


def _of_json(file: BinaryIO, first: bytes, name: str) -> Iterator[pl.DataFrame]:
    """One offer a line where the first line is one; else answers or a list, read as a whole."""
    if not _is_offer(first):
        records = _records(file, name)
        if records is not None:
            lines = [json.dumps(record).encode() + b"\n" for record in records]
            for at in range(0, len(lines), LINES_AT_ONCE):
                yield _parsed(lines[at : at + LINES_AT_ONCE], at + 1, name)
            return
        file.seek(0)
    at = 1
    while lines := list(islice(file, LINES_AT_ONCE)):
        yield _parsed(lines, at, name)
        at += len(lines)


def _is_offer(line: bytes) -> bool:
    with contextlib.suppress(ValueError, RecursionError):
        found = json.loads(line)
        return isinstance(found, dict) and ANSWER not in found
    return False


def _records(file: BinaryIO, name: str) -> list[Any] | None:
    """Offers of one JSON document, or of one answer a line; None where it is neither."""
    text = file.read(LARGEST + 1)
    if len(text) > LARGEST:
        msg = f"{name}: more than {LARGEST} bytes of JSON; hand over one offer a line."
        raise InputError(msg)
    try:
        found = json.loads(text)
    except RecursionError:
        msg = f"{name}: nested too deeply to be offers."
        raise InputError(msg) from None
    except ValueError:
        found = _answers(text)
    if isinstance(found, dict) and ANSWER in found:
        found = [found]
    if found is None or (isinstance(found, list) and found and not _are_records(found)):
        return None
    if not isinstance(found, list):
        msg = f"{name}: JSON without “{ANSWER}”, and no list of offers."
        raise InputError(msg)
    offers: list[Any] = []
    for record in found:
        own = record.get(ANSWER, [record])
        offers += own if isinstance(own, list) else []
    return offers


def _answers(text: bytes) -> list[Any] | None:
    """One answer a line, as a crawl appends them; None where a line is something else."""
    found = []
    for line in text.splitlines():
        if line.strip():
            with contextlib.suppress(ValueError, RecursionError):
                found.append(json.loads(line))
                continue
            return None
    return found if all(isinstance(f, dict) and ANSWER in f for f in found) else None


def _are_records(found: list[Any]) -> bool:
    return all(isinstance(record, dict) for record in found)


def _parsed(lines: list[bytes], first: int, name: str) -> pl.DataFrame:
    """The offers of ``lines`` with their ``source_line``; one by one where one is malformed."""
    numbers = pl.int_range(first, first + len(lines), dtype=pl.Int64, eager=True)
    try:
        offers = pl.read_ndjson(io.BytesIO(b"".join(lines)), schema=OFFER)
        if offers.height == len(lines):
            return offers.with_columns(source_line=numbers)
    except pl.exceptions.PolarsError:
        pass
    read = [_one(line) for line in lines]
    if not any(len(one) for one in read):
        msg = f"{name}, from line {first}: none of {len(lines)} lines is an offer: fetch it again."
        raise InputError(msg)
    empty = pl.DataFrame(schema=OFFER).clear(1)
    whole = pl.concat([one if len(one) == 1 else empty for one in read])
    return whole.with_columns(source_line=numbers)


def _one(line: bytes) -> pl.DataFrame:
    # the library's own message quotes the offer
    with contextlib.suppress(pl.exceptions.PolarsError):
        return pl.read_ndjson(io.BytesIO(line), schema=OFFER)
    return pl.DataFrame(schema=OFFER)


def _of_table(path: Path, name: str) -> pl.DataFrame:
    """Rows of a table; codes that a spreadsheet took for numbers are codes again."""
    raw = read_table(path, CARD, name=name, sha256="")
    rows = rename_columns(raw, CARD.layout)
    nested = {
        field: pl.Series(ours, [_unfolded(cell) for cell in rows[ours]], dtype=OFFER[field])
        for ours, field in NESTED.items()
    }
    simple, parts = {}, {}
    for ours, field in FIELDS.items():
        cell = pl.col(ours).str.replace(r"^(\d+)\.0+$", "$1")
        if isinstance(field, str):
            simple[field] = cell
        else:
            inside = pl.lit(nested[field[0]]).struct.field(field[1])
            parts[field] = pl.coalesce(cell, inside).alias(field[1])
    structs = {
        name_: pl.struct(part for (owner, _), part in parts.items() if owner == name_)
        for name_ in nested
    }
    return rows.select(source_line="source_line", **simple, **structs).select(
        pl.col(OFFER.names()).exclude("source_line"), "source_line"
    )


def _unfolded(cell: str | None) -> dict[str, str | None] | None:
    """A record that was written into one cell, as JSON or as Python prints it."""
    if not cell or len(cell) > LONGEST_NESTED or not re.match(r"\s*\{", cell):
        return None
    for read in (json.loads, ast.literal_eval):
        with contextlib.suppress(ValueError, SyntaxError, MemoryError, RecursionError):
            found = read(cell)
            if isinstance(found, dict):
                return {str(k): None if v is None else str(v) for k, v in found.items()}
    return None
