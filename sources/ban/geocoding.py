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
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from observatory.errors import InputError
from observatory.sources import Card

SECONDS = (10, 600)
BATCH = 10_000
LARGEST_ANSWER = 50 * 2**20
SENT = ("siret", "address", "citycode")
RETRIES = Retry(
    total=4,
    backoff_factor=1,
    status_forcelist=(429, 500, 502, 503, 504),
    allowed_methods=("POST",),
    respect_retry_after_header=True,
)


def geocode(rows: pl.DataFrame, card: Card, target: Path) -> Path:
    """Write to ``target`` what the geocoder of ``card`` says of ``rows``.

    ``rows`` has ``siret``, ``address`` and ``citycode``, none under partial diffusion. Raises
    InputError where the service does not answer, or answers for other lines than it was sent.
    """
    with requests.Session() as session:
        for scheme in ("https://", "http://"):
            session.mount(scheme, HTTPAdapter(max_retries=RETRIES))
        answers = [_answer(session, b, card) for b in rows.select(SENT).iter_slices(BATCH)]
    pl.concat(answers, how="diagonal").write_csv(target)
    return target


def _answer(session: requests.Session, batch: pl.DataFrame, card: Card) -> pl.DataFrame:
    url = str(card.download_url)
    form = [("columns", (None, "address")), ("citycode", (None, "citycode"))]
    file = ("data", ("addresses.csv", batch.write_csv().encode(), "text/csv"))
    try:
        answer = session.post(url, files=[file, *form], timeout=SECONDS)
        answer.raise_for_status()
    except requests.RequestException as error:
        msg = (
            f"{card.key}: {url} did not answer as expected ({type(error).__name__}). Run again "
            f"later, or hand an answer over with `observatory archive add {card.key} FILE`."
        )
        raise InputError(msg) from None
    if len(answer.content) > LARGEST_ANSWER:
        msg = f"{card.key}: the answer is larger than {LARGEST_ANSWER} bytes: refused."
        raise InputError(msg)
    return _checked(answer.content, batch, card)


def _checked(content: bytes, batch: pl.DataFrame, card: Card) -> pl.DataFrame:
    """The answer as a table; it speaks of the very lines that were sent, in their order."""
    try:
        records = list(csv.DictReader(io.StringIO(content.decode("utf-8")), strict=True))
    except (UnicodeDecodeError, csv.Error):
        records = []
    found = [record.get("siret") for record in records]
    if found != batch["siret"].to_list() or "result_score" not in records[0]:
        msg = (
            f"{card.key}: the answer does not hold the {batch.height} lines that were sent, with "
            "result columns: run again."
        )
        raise InputError(msg)
    return pl.DataFrame(records, schema=dict.fromkeys(records[0], pl.String))
