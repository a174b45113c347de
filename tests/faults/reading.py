"""Readers that never stop: files through the link, and the database's views."""

import contextlib
import json
import multiprocessing
import sqlite3
import time
from multiprocessing.synchronize import Event
from pathlib import Path
from types import TracebackType
from typing import Any

import pyarrow.parquet as pq

NAMES = ("labour_a", "labour_b", "labour_shapes")
# between two reads: readers that never rest leave publications no processor to go wrong on
PAUSE_SECONDS = 0.01


def version_of_files(home: Path) -> int | None:
    """The version that every file of the current release says; raises ValueError on a mix."""
    folder = (home / "current").resolve(strict=True)
    named = json.loads((folder / "manifest.json").read_text())["release_id"]
    found: set[Any] = set()
    for name in NAMES:
        found |= set(pq.read_table(folder / f"{name}.parquet", columns=["version"])[0].to_pylist())
        csv = (folder / f"{name}.csv").read_text().split("\r\n")
        found |= {int(line.split(",")[1]) for line in csv[1:-1]}
    database = f"file:{folder / 'observatory.gpkg'}?mode=ro&immutable=1"
    with contextlib.closing(sqlite3.connect(database, uri=True)) as opened:
        for name in NAMES:
            found |= {v for (v,) in opened.execute(f"SELECT DISTINCT version FROM {name}")}
        (release_id,) = opened.execute("SELECT release_id FROM release").fetchone()
    if len(found) != 1 or release_id != named:
        msg = f"{folder.name}: {found}, {release_id}"
        raise ValueError(msg)
    return int(found.pop())


def _read_files(home: Path, stop: Event, seen: Any) -> None:
    last = 0
    while not stop.is_set():
        try:
            version = version_of_files(home) or 0
            seen["reads of files"] += 1
            if version < last:
                seen["mixed reads"] += 1
            last = version
        except ValueError:
            seen["mixed reads"] += 1
        except FileNotFoundError:
            seen["failed reads"] += 1
        time.sleep(PAUSE_SECONDS)


def _read_postgres(url: str, stop: Event, seen: Any) -> None:
    import psycopg

    columns = ", ".join(f"(SELECT array_agg(DISTINCT version) FROM observatory.{n})" for n in NAMES)
    each = [f"SELECT array_agg(DISTINCT version) FROM observatory.{n}" for n in NAMES]
    while not stop.is_set():
        try:
            with psycopg.connect(url.replace("postgres@", "watcher@"), connect_timeout=5) as one:
                for _ in range(50):
                    rows = [tuple(map(tuple, one.execute(f"SELECT {columns}").fetchone() or ()))]
                    one.commit()
                    with one.transaction():
                        rows.append(tuple(tuple(one.execute(q).fetchone()[0]) for q in each))
                    seen["reads of the database"] += 2
                    for row in rows:
                        if len({v for versions in row for v in versions}) != 1:
                            seen["mixed reads"] += 1
                    time.sleep(0.005)
        except psycopg.Error as error:
            # a server that is stopping or starting answers nobody
            lost = isinstance(error, psycopg.OperationalError)
            seen["refused by a stopped server" if lost else "failed reads"] += 1
            if not lost:
                seen.setdefault("errors", []).append(str(error))
            time.sleep(0.1)


def _read_sqlite(path: str, stop: Event, seen: Any) -> None:
    columns = ", ".join(f"(SELECT group_concat(DISTINCT version) FROM {n})" for n in NAMES[:2])
    while not stop.is_set():
        with contextlib.closing(sqlite3.connect(path, timeout=60)) as opened:
            row = opened.execute(f"SELECT {columns}").fetchone()
            seen["reads of the database"] += 1
            if len(set(row)) != 1:
                seen["mixed reads"] += 1
        time.sleep(PAUSE_SECONDS)


def _counting(read: Any, place: Any, stop: Event, results: Any) -> None:
    seen: dict[str, Any] = dict.fromkeys(
        (
            "reads of files",
            "reads of the database",
            "mixed reads",
            "failed reads",
            "refused by a stopped server",
        ),
        0,
    )
    read(place, stop, seen)
    results.put(seen)


class Readers:
    """One reader of files, and one of the database where there is one."""

    def __init__(self, home: Path, url: str) -> None:
        context = multiprocessing.get_context("spawn")
        self.results: Any = context.Queue()
        self.ended = context.Event()
        work: list[tuple[Any, Any]] = [(_read_files, home)]
        if url.startswith("postgresql"):
            import psycopg

            with psycopg.connect(url, autocommit=True) as administrator:
                administrator.execute("CREATE ROLE watcher LOGIN IN ROLE observatory_reader")
            work.append((_read_postgres, url))
        elif url:
            work.append((_read_sqlite, url.removeprefix("sqlite:///")))
        self.processes = [
            context.Process(target=_counting, args=(*w, self.ended, self.results)) for w in work
        ]
        for process in self.processes:
            process.start()

    def stop(self) -> dict[str, int]:
        """End the readers; returns what they saw."""
        self.ended.set()
        total: dict[str, int] = {}
        for _ in self.processes:
            for name, count in self.results.get(timeout=60).items():
                if name != "errors":
                    total[name] = total.get(name, 0) + count
        for process in self.processes:
            process.join(30)
        return total

    def __enter__(self) -> "Readers":
        return self

    def __exit__(
        self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None
    ) -> None:
        self.ended.set()
        for process in self.processes:
            if process.is_alive():
                process.join(5)
            if process.is_alive():
                process.kill()
