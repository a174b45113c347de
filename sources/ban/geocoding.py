"""Sends addresses to the national geocoder as CSV batches, and keeps its answer as one file.

Protocol: IGN Géoplateforme, geocoding service, ``POST /search/csv`` (multipart: ``data``, repeated
``columns``, ``citycode``); at most 50 MB a file. The answer is the same CSV with ``result_*``
columns, one line for each that was sent.
"""

import csv
import io
from pathlib import Path

import polars as pl
import requests

from observatory.errors import InputError
from observatory.metadata.cards import Card
from sources.web import Web, call, open_web, refusal

BATCH = 10_000
PER_SECOND = 10
SENT = ("siret", "address", "citycode")


def geocode(rows: pl.DataFrame, card: Card, target: Path) -> Path:
    """Write to ``target`` what the geocoder of ``card`` says of ``rows``.

    ``rows`` has ``siret``, ``address`` and ``citycode``, none under partial diffusion. Raises
    InputError where the service does not answer, or answers for other lines than it was sent.
    """
    with open_web(per_second=PER_SECOND) as session:
        answers = [_answer(session, b, card) for b in rows.select(SENT).iter_slices(BATCH)]
    pl.concat(answers, how="diagonal").write_csv(target)
    return target


def _answer(session: Web, batch: pl.DataFrame, card: Card) -> pl.DataFrame:
    url = card.require_address().url
    form = [("columns", (None, "address")), ("citycode", (None, "citycode"))]
    file = ("data", ("addresses.csv", batch.write_csv().encode(), "text/csv"))
    answer = call(session, "POST", url, key=card.key, files=[file, *form])
    if answer.status_code != requests.codes.ok:
        raise InputError(refusal(card.key, answer))
    return _checked(answer.content, batch, card)


def _checked(content: bytes, batch: pl.DataFrame, card: Card) -> pl.DataFrame:
    """The answer as a table; it speaks of the very lines that were sent, in their order."""
    try:
        records = list(csv.DictReader(io.StringIO(content.decode("utf-8")), strict=True))
    except (UnicodeDecodeError, csv.Error):
        records = []
    found = [record.get("siret") for record in records]
    columns = {name for record in records for name in record}
    if found != batch["siret"].to_list() or "result_score" not in columns or None in columns:
        msg = (
            f"{card.key}: the answer does not hold the {batch.height} lines that were sent, with "
            "result columns: run again."
        )
        raise InputError(msg)
    return pl.DataFrame(records, schema=dict.fromkeys(records[0], pl.String))
