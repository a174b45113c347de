"""A release of many rows into PostgreSQL and SQLite, beside the barest way to load them.

    python -m benchmarks.release_load --rows 5000000

Each case runs in a process of its own, on the same Parquet file, in turn, against the bare way
(raw COPY from a ready CSV; ``executemany`` in one transaction; ``to_sql`` of pandas). PostgreSQL is
a server of Debian's packages, started here.
"""

import os
import shutil
import sqlite3
import tempfile
import time
from pathlib import Path
from typing import Any

import polars as pl

from benchmarks.measuring import module, options, record, summarise, take_turns, tell
from observatory.metadata import units
from observatory.metadata.tables import Column, Table
from observatory.metadata.texts import Text
from tests.servers import postgres

CASES = {
    "postgresql": ("bare_copy", "release_postgresql", "pandas_to_sql"),
    "sqlite": ("bare_executemany", "release_geopackage"),
    "whole": ("publish_files", "publish_files_and_postgresql"),
}
BATCH = 20_000


def _column(name: str, kind: Any, unit: units.Unit | None = None) -> Column:
    return Column(name=name, kind=kind, unit=unit, label=name, fr=name, en=name, sensitive=False)


TABLE = Table(
    name="labour_many",
    title_fr="Beaucoup de lignes",
    title_en="Many rows",
    grain=Text(fr="Une ligne par EPCI", en="One row per EPCI"),
    key=("row_code",),
    columns=(
        _column("row_code", "code"),
        _column("commune_code", "code"),
        _column("label", "text"),
        _column("job_count", "integer", units.JOBS),
        _column("year", "integer", units.YEAR),
        _column("share_pct", "number", units.PERCENT),
        _column("area_ha", "number", units.HA),
        _column("is_fictitious", "boolean"),
    ),
    sources=(),
    licence="Licence Ouverte 2.0",
    reference_period=Text(fr="Année civile", en="Calendar year"),
    publish_level="public",
    secrecy="no_figures_on_firms",
)


def make(path: Path, rows: int) -> None:
    """The rows every case loads."""
    at = pl.int_range(rows, eager=True).alias("at").to_frame()
    frame = at.select(
        row_code=pl.col("at").cast(pl.String).str.zfill(9),
        commune_code=(13000 + pl.col("at") % 120).cast(pl.String),
        label=pl.lit("Commune de ") + (pl.col("at") % 977).cast(pl.String),
        job_count=pl.col("at") * 7919 % 100_003,
        year=2015 + pl.col("at") % 10,
        share_pct=(pl.col("at") % 10_007) / 100.07,
        area_ha=(pl.col("at") % 99_991) / 7.0,
        is_fictitious=pl.lit(value=True),
    )
    frame.write_parquet(path)


def bare_copy(folder: Path, url: str) -> float:
    """COPY of a ready CSV file into a bare table, one transaction."""
    import psycopg

    begun = time.perf_counter()
    with psycopg.connect(url) as connection, (folder / "rows.csv").open("rb") as file:
        connection.execute("DROP TABLE IF EXISTS bare")
        connection.execute(
            "CREATE TABLE bare (row_code text, commune_code text, label text, job_count bigint,"
            " year bigint, share_pct float8, area_ha float8, is_fictitious boolean)"
        )
        with connection.cursor().copy("COPY bare FROM STDIN (FORMAT csv, HEADER)") as copy:
            while data := file.read(2**20):
                copy.write(data)
    return time.perf_counter() - begun


def release_postgresql(folder: Path, url: str) -> float:
    """What a release does: schema, rows, key, indexes, comments, views, in its own steps."""
    os.environ["OBSERVATORY_DATABASE_URL"] = url
    from observatory.database.opening import open_target
    from observatory.database.target import LoadedTable
    from observatory.metadata.manifest import Manifest
    from observatory.settings import load_settings

    manifest = Manifest(
        release_id=f"20260101T{time.time_ns() // 1000 % 10**6:06d}Z",  # another each round
        released_at="2026-01-01T00:00:00Z",
        theme="labour",
        is_fictitious=True,
        notice="données fictives",
        territory="FR",
        code_version="0",
        previous_release_id=None,
        restored_from=None,
        check_count=0,
        warning_count=0,
        changes_beyond_bounds={},
        inputs=(),
        corrections=(),
        tables=(),
        left_out={},
        not_carried={},
    )
    loaded = [LoadedTable(table=TABLE, parquet=folder / "rows.parquet")]
    begun = time.perf_counter()
    with open_target(load_settings()) as target:
        if target is None:
            raise RuntimeError
        target.load(manifest, loaded, _silent)
        target.publish(manifest, loaded, _silent)
    return time.perf_counter() - begun


def pandas_to_sql(folder: Path, url: str) -> float:
    """``to_sql`` with rows in multi-row statements, as pandas advises."""
    import pandas as pd
    import sqlalchemy as sa

    begun = time.perf_counter()
    engine = sa.create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    pd.read_parquet(folder / "rows.parquet").to_sql(
        "pandas",
        engine,
        index=False,
        if_exists="replace",
        method="multi",
        chunksize=BATCH // len(TABLE.columns),
    )
    return time.perf_counter() - begun


def _silent(_: str) -> None:
    pass


def bare_executemany(folder: Path, _: str) -> float:
    """``executemany`` into a bare table, one transaction, rows read in batches."""
    import pyarrow.parquet as pq

    begun = time.perf_counter()
    (folder / "bare.db").unlink(missing_ok=True)
    connection = sqlite3.connect(folder / "bare.db")
    connection.execute(
        "CREATE TABLE bare (row_code, commune_code, label, job_count, year, share_pct, area_ha,"
        " is_fictitious)"
    )
    with connection, pq.ParquetFile(folder / "rows.parquet") as file:
        for batch in file.iter_batches(BATCH):
            rows = pl.DataFrame(pl.from_arrow(batch)).rows()
            connection.executemany("INSERT INTO bare VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)
    connection.close()
    return time.perf_counter() - begun


def release_geopackage(folder: Path, _: str) -> float:
    """What a release does: attribute table with fid and key, contents row, integrity check."""
    from observatory.database.geopackage import Attributes, write_attributes
    from observatory.database.layers import LayerPlan, write_layers

    begun = time.perf_counter()
    path = folder / "release.gpkg"
    path.unlink(missing_ok=True)
    write_layers(LayerPlan(geopackage=str(path), release={"release_id": "x"}, layers=[]))
    many = Attributes(table=TABLE, parquet=folder / "rows.parquet", title="m", grain="g")
    write_attributes(path, [many], "2026-01-01T00:00:00Z")
    return time.perf_counter() - begun


def _publish(folder: Path, url: str) -> float:
    """A first release of a new home."""
    shutil.rmtree(folder / "home", ignore_errors=True)
    os.environ |= {
        "OBSERVATORY_HOME": str(folder / "home"),
        "OBSERVATORY_INPUT": "sample",
        "OBSERVATORY_DATABASE_URL": url,
    }
    from observatory.pipeline.audits import RuleResult, store_audit
    from observatory.release.publishing import publish
    from observatory.settings import load_settings
    from observatory.storage.frames import Store

    settings = load_settings()
    store = Store.of(settings)
    store.path(TABLE.name).parent.mkdir(parents=True, exist_ok=True)
    store.path(TABLE.name).unlink(missing_ok=True)
    os.link(folder / "rows.parquet", store.path(TABLE.name))
    store.remember_inputs(TABLE.name, store.made_from(TABLE, settings))
    passed = RuleResult(
        rule="r", because="", is_blocking=True, is_passed=True, unexpected_count=0, examples=[]
    )
    store_audit(settings, TABLE.name, store.sha256(TABLE.name), [passed])
    begun = time.perf_counter()
    publish(settings, "labour", [TABLE], {}, lambda _: [], {TABLE.name: TABLE})
    return time.perf_counter() - begun


def publish_files(folder: Path, _: str) -> float:
    """A whole publication: Parquet, CSV, GeoPackage, documents, checksums, no database."""
    return _publish(folder, "")


def publish_files_and_postgresql(folder: Path, url: str) -> float:
    """The same into PostgreSQL too."""
    return _publish(folder, url)


def compare(rows: int, rounds: int) -> str:
    """All cases, each beside its bare way, as Markdown."""
    with tempfile.TemporaryDirectory() as place, postgres(Path(place) / "server") as server:
        folder = Path(place)
        make(folder / "rows.parquet", rows)
        pl.scan_parquet(folder / "rows.parquet").sink_csv(folder / "rows.csv")
        texts = [f"{rows:,} rows of {len(TABLE.columns)} columns."]
        for names in CASES.values():
            given = ("--folder", folder, "--url", server.url)
            cases = {n: module("benchmarks.release_load", "--case", n, *given) for n in names}
            texts.append(summarise(take_turns(cases, rounds), by="loading_s"))
    return "\n\n".join(texts)


def main() -> None:
    """One case, or the table of all."""
    parser = options(__doc__)
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--case", choices=[c for cases in CASES.values() for c in cases])
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--url", default="")
    chosen = parser.parse_args()
    if chosen.case is None:
        text = compare(chosen.rows, chosen.rounds)
        print(text)
        if chosen.record:
            record("Releases", "python -m benchmarks.release_load", text)
        return
    tell(loading_s=globals()[chosen.case](chosen.folder, chosen.url))


if __name__ == "__main__":
    main()
