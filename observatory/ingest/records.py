"""Lists of JSON records as rows of text; nested values stay JSON."""

import json
import re
from pathlib import Path
from typing import Any

import polars as pl

from observatory.errors import InputError
from observatory.ingest.delimited import numbered
from observatory.ingest.encoding import decode
from observatory.ingest.headers import require_served
from observatory.metadata.cards import Layout

# halves of characters, and the end of a text in many programs
LARGEST = 2**29
UNWRITABLE = re.compile("[\ud800-\udfff\x00]")


def read_records(path: Path, layout: Layout, name: str) -> pl.DataFrame:
    """Rows of a JSON array of records; lines count records from 1."""
    if path.stat().st_size > LARGEST:
        msg = f"{name}: more than {LARGEST} bytes of JSON; hand over CSV or Parquet."
        raise InputError(msg)
    records = _records(decode(path, name), name)
    names = list(dict.fromkeys(key for record in records for key in record))
    require_served(names, layout, name)
    lines, rows = [], []
    for line, record in enumerate(records, start=1):
        row = [_text(record.get(n)) for n in names]
        if UNWRITABLE.search("".join(text for text in (*row, *record) if text)):
            msg = f"{name}, record {line}: a character that no text holds; the file is damaged."
            raise InputError(msg)
        if any(row):
            lines.append(line)
            rows.append(row)
    return numbered(rows, names, lines)


def _records(text: str, name: str) -> list[dict[str, Any]]:
    try:
        records = json.loads(text, object_pairs_hook=_record)
    except json.JSONDecodeError as error:
        msg = f"{name}, line {error.lineno}: {error.msg}; the file is damaged or truncated."
        raise InputError(msg) from None
    except RecursionError:
        msg = f"{name}: nested too deeply to be a list of records."
        raise InputError(msg) from None
    except ValueError as error:  # a key that stands twice, a number of thousands of digits
        msg = f"{name}: {error}."
        raise InputError(msg) from None
    if not isinstance(records, list) or not all(isinstance(r, dict) for r in records):
        msg = f"{name}: expected a JSON array of records."
        raise InputError(msg)
    return records


def _record(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    record = dict(pairs)
    if len(record) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        msg = f"“{twice}” stands twice in one record"
        raise ValueError(msg)
    return record


def _text(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value or None
    return json.dumps(value, ensure_ascii=False)
