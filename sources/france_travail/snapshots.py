"""Reads a private snapshot of job offers into rows without a text, a name or an identifier.

What identifies is hashed under a key of this home (BLAKE2b): the offer, the employer, the words of
the description. What is left is what an aggregate needs. Source: France Travail, reuse licence of
offers (private store, daily erasure, aggregates only).
"""

import hashlib
import os
import secrets
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import polars as pl

from observatory.home import private_folder
from observatory.settings import Settings
from observatory.storage.integrity import (
    damaged,
    explained,
    replacing,
    require_unchanged,
    sha256,
)
from sources.france_travail.offer_files import OFFER, read_offers, require_fields

NUMBERED = pl.Schema({**OFFER, "source_line": pl.Int64()})
# what each offer must have, by our names
NEEDED = {"id": "offer_id", "dateCreation": "created", "romeCode": "rome_code"}
DIGEST = 12
KEY_BYTES = 32
TRUE = ("true", "1", "oui")


def home_key(settings: Settings) -> bytes:
    """The secret under which this home hashes; made once, readable by its owner alone.

    A hash of it is kept beside it: under another key no offer would be known again.
    """
    folder = private_folder(settings)
    path, check = folder / "offers.key", folder / "offers.key.sha256"
    if not (os.path.lexists(path) or os.path.lexists(check)):
        with replacing(path) as fresh:
            fresh.touch(mode=0o600)
            fresh.write_bytes(secrets.token_bytes(KEY_BYTES))
    remedy = (
        f"restore it and {check.name} from a backup; where there is none, move both and the folder "
        "offers away and run again: the ledger then begins anew."
    )
    with explained(require_unchanged(path, None, remedy), remedy):
        key = path.read_bytes()
        if len(key) == KEY_BYTES and not check.exists():
            with replacing(check) as fresh:
                fresh.touch(mode=0o600)
                fresh.write_text(sha256(path))
        if len(key) != KEY_BYTES or check.read_text("utf-8") != sha256(path):
            raise damaged(path, "not the key that was kept", remedy)
    return key


def read_snapshot(path: Path, key: bytes, *, name: str, sha256: str) -> Iterator[pl.DataFrame]:
    """Offers of one file, a line each, with hashed ``offer_id``, ``employer`` and ``words``.

    Some thousands at once, one frame at least: their words are too many to be held together. A
    line that is no offer is a row without values, which cleaning rejects; a file of which
    nothing is left has no row. Raises InputError where no line can be read, or, at the end, where
    a field is gone.
    """
    sheet = pl.lit(None, pl.String).alias("source_sheet")
    key_ = pl.lit("france_travail/offers").alias("source_key")
    found = dict.fromkeys(NEEDED, False)
    height = 0
    for offers in chain(read_offers(path, name), [pl.DataFrame(schema=NUMBERED)]):
        rows = _hashed(offers, key)
        height += rows.height
        for field, column in NEEDED.items():
            found[field] |= rows[column].count() > 0
        yield rows.select(key_, pl.lit(sha256).alias("source_sha256"), sheet, pl.all())
    if height:
        require_fields(found, name)


def _hashed(offers: pl.DataFrame, key: bytes) -> pl.DataFrame:
    place = pl.col("lieuTravail").struct
    employer = pl.col("entreprise").struct.field("nom")
    plain = _plain(pl.col("description")).str.split(" ")
    rows = offers.select(
        source_line="source_line",
        offer_id=pl.col("id").str.strip_chars(),
        created=pl.col("dateCreation"),
        rome_code=pl.col("romeCode"),
        qualification_code=pl.col("qualificationCode"),
        contract=pl.col("typeContrat"),
        contract_label=pl.col("typeContratLibelle"),
        working_time=pl.col("dureeTravailLibelleConverti"),
        is_lacking_candidates=pl.col("offresManqueCandidats").str.to_lowercase().is_in(TRUE),
        commune_code=place.field("commune").str.strip_chars().str.zfill(5),
        place=place.field("libelle").str.extract(r"^(\d{2,3}|2[ABab]) ?-|^(?i:france)", 1),
        latitude=place.field("latitude").cast(pl.Float64, strict=False),
        longitude=place.field("longitude").cast(pl.Float64, strict=False),
        employer=pl.when(employer.str.strip_chars() != "").then(_plain(employer)),
        words=plain.list.eval(pl.element().filter(pl.element() != "")).list.unique(),
    )
    words = rows.select(pl.col("words").explode().unique().drop_nulls()).to_series()
    numbers = pl.DataFrame(
        {
            "words": words,
            "_number": pl.Series(
                [int.from_bytes(_digest(w, key)[:8], "big") for w in words], dtype=pl.UInt64
            ),
        }
    )
    sets = (
        rows.select("source_line", "words")
        .explode("words")
        .join(numbers, on="words", how="inner")
        .group_by("source_line")
        .agg(words=pl.col("_number").sort())
    )
    return (
        rows.drop("words")
        .with_columns(_digests("offer_id", rows, key), _digests("employer", rows, key))
        .join(sets, on="source_line", how="left", maintain_order="left")
    )


def _plain(text: pl.Expr) -> pl.Expr:
    """Lower case, without accents or punctuation."""
    folded = text.str.normalize("NFKD").str.replace_all(r"\p{M}", "").str.to_lowercase()
    return folded.str.replace_all(r"[^\p{L}\p{N}]+", " ").str.strip_chars()


def _digest(text: str, key: bytes) -> bytes:
    return hashlib.blake2b(text.encode(), key=key, digest_size=DIGEST).digest()


def _digests(column: str, rows: pl.DataFrame, key: bytes) -> pl.Series:
    found = [None if v is None else _digest(v, key).hex() for v in rows[column]]
    return pl.Series(column, found, dtype=pl.String)
