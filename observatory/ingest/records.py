"""Lists of JSON records as rows of text; nested values stay JSON."""

import json
from pathlib import Path

import polars as pl

from observatory.errors import InputError
from observatory.ingest.delimited import NUMBERED
from observatory.ingest.encoding import decode
from observatory.ingest.headers import require_served
from observatory.metadata.cards import Layout


def read_records(path: Path, layout: Layout, name: str) -> pl.DataFrame:
    """Rows of a JSON array of records; lines count records from 1."""
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
    require_served(names, layout, name)
    data = {
        "source_sheet": [None] * len(records),
        "source_line": list(range(1, len(records) + 1)),
        **{n: [_text(record.get(n)) for record in records] for n in names},
    }
    return pl.DataFrame(data, schema=NUMBERED | dict.fromkeys(names, pl.String))


def _text(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value or None
    return json.dumps(value, ensure_ascii=False)
