"""A day of job offers from its file to monthly flows: seconds, and the most memory it takes.

    python -m benchmarks.offer_day --offers 500000 --rounds 1 --record

Invented offers of about 110 words, one a line, in the layout of the interface, one in 20 as the one
before; two days of them, of which the second holds 97 in 100 of the first again. Each day is read,
reduced, cleaned and folded into the ledger, and flows are counted: in one process, which has all
it has imported. It asks no producer and looks at no draft.
"""

import argparse
import datetime as dt
import gzip
import tempfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import polars as pl

from assets.labour.offers import clean_offers, reduced
from benchmarks.measuring import module, options, record, summarise, take_turns, tell
from observatory.ingest.cleaning import cleaned_as_named
from observatory.labour.offer_flows import SURVEYED, add_occupations, count_flows
from observatory.labour.offers import LEDGER_SCHEMA, RECENT_SCHEMA, update_ledger
from observatory.storage.frames import read_private, write_private
from sources.france_travail.snapshots import read_snapshot

FIRST = dt.date(2026, 11, 30)
DAYS = (FIRST, FIRST + dt.timedelta(days=1))
AGAIN, SAID_TWICE = 0.97, 0.05
ROMES, COMMUNES, EMPLOYERS, VOCABULARY = 500, 30_000, 40_000, 200_000
KEY = b"a key of a benchmark"
LINE = (
    '{"id":"%s","description":"%s","dateCreation":"%sT08:00:00.000Z","romeCode":"%s",'
    '"typeContrat":"CDI","dureeTravailLibelleConverti":"Temps plein","entreprise":{"nom":"%s"},'
    '"lieuTravail":{"libelle":"lieu","commune":"%s"}}\n'
)


def draw(folder: Path, count: int) -> None:
    """Write the files of both days, and the communes they lie in."""
    random = np.random.default_rng(7)
    vocabulary = np.array([f"mot{at}" for at in range(VOCABULARY)], dtype=object)
    common = [" ".join(random.choice(vocabulary, 60)) for _ in range(ROMES)]
    codes = [f"{1 + at % 95:02d}{at // 95:03d}" for at in range(COMMUNES)]
    bassins = [f"{code[:2]}{at % 4:02d}" for at, code in enumerate(codes)]
    departments = [code[:2] for code in codes]
    rows = {"commune_code": codes, "bassin_code": bassins, "department_code": departments}
    pl.DataFrame(rows).write_parquet(folder / "communes.parquet")
    stays = random.random(count) < AGAIN
    paths = [folder / f"{day}.ndjson.gz" for day in DAYS]
    with gzip.open(paths[0], "wt", 1) as first, gzip.open(paths[1], "wt", 1) as second:
        for at in range(count):
            if not at or random.random() >= SAID_TWICE:  # else as the one before
                line = _offer("%s", FIRST, common, codes, vocabulary, random)
            name = f"{at:08d}"
            first.write(line % name)
            if stays[at]:
                second.write(line % name)
            else:
                second.write(_offer(f"n{at:08d}", DAYS[1], common, codes, vocabulary, random))


def _offer(
    name: str,
    day: dt.date,
    common: list[str],
    codes: list[str],
    vocabulary: np.ndarray,
    random: np.random.Generator,
) -> str:
    rome, commune = int(random.integers(ROMES)), codes[int(random.integers(COMMUNES))]
    text = f"{common[rome]} {' '.join(vocabulary[random.integers(0, VOCABULARY, 50)])}"
    created = day - dt.timedelta(days=int(random.integers(40)))
    code = f"{chr(65 + rome % 14)}{1000 + rome}"
    return LINE % (name, text, created, code, f"firme {random.integers(EMPLOYERS)}", commune)


def go_through(folder: Path) -> None:
    """The daily path, as the steps of the labour theme take it; tell what came of it."""
    for name, schema in _kept().items():
        write_private([pl.DataFrame(schema=schema)], folder / name)
    for day in DAYS:
        take_in(folder, day)
        fold(folder, day)
    ledger = _read(folder, "ledger")
    flows = count_flows(add_occupations(ledger, _links(ledger)), pl.Series(DAYS), least=5)
    gone = int(ledger["closed_date"].count())
    tell(offers=ledger.height, gone=gone, copies=int(ledger["duplicate_date"].count()))
    tell(flows=flows.height)


def take_in(folder: Path, day: dt.date) -> None:
    """Read, reduce and clean the snapshot of a day."""
    communes = pl.read_parquet(folder / "communes.parquet")
    contours = gpd.GeoDataFrame({"commune_code": []}, geometry=[], crs="EPSG:2154")
    name = f"{day}.ndjson.gz"
    parts = read_snapshot(folder / name, KEY, name=name, sha256=str(day))
    rows = reduced(parts, communes, contours, words_to=folder / f"{day}.words")
    cleaned_as_named(rows, clean_offers).rows.write_parquet(folder / f"{day}.parquet")


def fold(folder: Path, day: dt.date) -> None:
    """Fold it into the ledger."""
    own, ledger = pl.read_parquet(folder / f"{day}.parquet"), _read(folder, "ledger")
    is_new = ~pl.col("offer_id").is_in(ledger["offer_id"].implode())
    new = read_private(folder / f"{day}.words", RECENT_SCHEMA, "", where=is_new)
    ledger, recent = update_ledger(ledger, _read(folder, "recent"), own, new, day, None)
    for name, frame in (("ledger", ledger), ("recent", recent)):
        write_private([frame], folder / name)


def _kept() -> dict[str, pl.Schema]:
    return {"ledger": LEDGER_SCHEMA, "recent": RECENT_SCHEMA}


def _read(folder: Path, name: str) -> pl.DataFrame:
    return read_private(folder / name, _kept()[name], "")


def _links(ledger: pl.DataFrame) -> pl.DataFrame:
    """Each ROME code leads to one occupation."""
    codes = ledger["rome_code"].unique().sort()
    return pl.DataFrame({"rome_code": codes, "fap_code": codes.str.slice(0, 3)}).with_columns(
        fap_nomenclature=pl.lit(SURVEYED[0]),
        fap_level=pl.lit(SURVEYED[1]),
        qualification_codes=pl.lit("123456789"),
        weight=pl.lit(1.0),
    )


def main() -> None:
    """Print the table, and keep it where asked."""
    parser = options(__doc__, rounds=1)
    parser.add_argument("--offers", type=int, default=500_000)
    parser.add_argument("--alone", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.alone:
        go_through(given.alone)
        return
    with tempfile.TemporaryDirectory() as folder:
        draw(Path(folder), given.offers)
        case = {f"two days of {given.offers:,} offers": module(__spec__.name, "--alone", folder)}
        text = summarise(take_turns(case, given.rounds))
    print(text)
    if given.record:
        record("A day of job offers", "python -m benchmarks.offer_day", text)


if __name__ == "__main__":
    main()
