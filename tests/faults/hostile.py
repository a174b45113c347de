"""Hands over files made to do harm, in every way there is, and shows what became of each.

    python -m tests.faults.hostile [--seed 7] [--only TEXT] [--python PATH]...

Each goes through `archive add`, a live fetch, `corrections check` and the reader, in a process of
its own with a home of its own, beside a folder that holds a secret. It must be refused in one
sentence, or read with its harm undone; nothing outside of the home may change, the secret stands
nowhere under the home, no address was asked and memory stays bounded. Then files in good health are
damaged at random, and read; with ``--python``, tars and zips are unpacked by other versions of
Python too. Prints the table; exit status 1 if any case did not end as it must.
"""

import argparse
import contextlib
import datetime as dt
import hashlib
import io
import multiprocessing
import os
import random
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

from observatory.cli.main import run_command_line as command_line
from observatory.errors import InputError
from observatory.ingest.issues import IssueLog
from observatory.ingest.reading import read
from observatory.ingest.sandbox import end_nurseries
from observatory.ingest.shapes import usable
from observatory.metadata.cards import Address
from sources import CARDS
from sources.providing import fetch
from tests.faults import fetch as producers
from tests.faults import hostile_files as files
from tests.producer import Producer, serve

READ, REFUSED, DIED = "read", "refused", "died"
MOST_OWN, MOST_SANDBOXED = 2.0, 4.2
LONGEST = 900
GIB = 2**20  # ru_maxrss counts KiB
DAMAGED = 25
# imported once, for all cases
ROOT = Path(__file__).parents[2]
SLOW = ["assets.ingestion", "observatory.home", "tests.faults.fetch", "tests.faults.hostile_files"]


@dataclass(frozen=True, kw_only=True)
class Found:
    """What came of one file in one way."""

    outcome: str
    message: str = ""
    problems: tuple[str, ...] = ()
    gibibytes: tuple[float, float] = (0, 0)
    seconds: float = 0


def _command(*arguments: str) -> tuple[str, str]:
    """A command of the command line, and what it says where it refuses."""
    out, err = io.StringIO(), io.StringIO()
    with (
        patch.object(sys, "argv", ["observatory", *arguments]),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        try:
            command_line()
        except SystemExit as end:
            return (REFUSED, err.getvalue()) if end.code else (READ, out.getvalue())
    return READ, out.getvalue()


def _add(case: files.Hostile, path: Path, _: Producer) -> tuple[str, str]:
    return _command("archive", "add", case.card, str(path), "--vintage", "2024")


def _corrections(_: files.Hostile, path: Path, __: Producer) -> tuple[str, str]:
    return _command("corrections", "check", str(path))


def _live(case: files.Hostile, path: Path, producer: Producer) -> tuple[str, str]:
    producer.files[f"/files/{path.name}"] = path.read_bytes()
    url = f"{producer.url}/files/{path.name}"
    address = Address(kind="file", url=url, per_second=1_000)
    card = CARDS[case.card].model_copy(update={"address": address})
    settings = producers.settings_for(Path(os.environ["OBSERVATORY_HOME"]))
    done = fetch(card, settings, producers.WHERE)
    failed = [attempt for attempt in done if attempt.outcome == "failed"]
    return (REFUSED, str(failed[0].message)) if failed else (READ, "")


def _reader(case: files.Hostile, path: Path, _: Producer) -> tuple[str, str]:
    card = CARDS[case.card]
    try:
        rows: Any = read(path, card, name=path.name, sha256="0" * 64)
        if card.layout.format == "layer":
            rows = usable(rows, card, IssueLog()).rows
    except InputError as error:
        return REFUSED, str(error)
    return READ, str(rows.to_dict(as_series=False) if len(rows) < 100 else len(rows))


WAYS: dict[str, Callable[[files.Hostile, Path, Producer], tuple[str, str]]] = {
    "add": _add,
    "live": _live,
    "corrections": _corrections,
    "reader": _reader,
}


def _state(folder: Path) -> dict[str, str]:
    """Every file below a folder, with its content."""
    found = {}
    for path in folder.rglob("*"):
        if path.is_file():
            with path.open("rb") as file:
                found[str(path)] = hashlib.file_digest(file, "sha256").hexdigest()
        else:
            found[str(path)] = str(path.is_symlink())
    return found


def _is_told(secret: str, folder: Path) -> bool:
    return any(secret.encode() in path.read_bytes() for path in folder.rglob("*") if path.is_file())


def _surroundings(place: Path, secret: str, url: str) -> files.Around:
    """A folder outside of the home with the secret, as a layer and as a table."""
    outside = place / "outside"
    outside.mkdir()
    layer, table = outside / "secret.geojson", outside / "secret.csv"
    layer.write_bytes(files.collection(files.feature(site_nom=secret)))
    table.write_text(f"stop_id,stop_lat,stop_lon\n{secret},43.5,5.0\n")
    return files.Around(secret=secret, layer=layer, table=table, url=f"{url}/secret")


def strike(case: files.Hostile, way: str, place: Path, secret: str) -> Found:
    """One file in one way: what came of it, and what is wrong with that."""
    for name in ("home", "scratch", "desk", "user"):
        (place / name).mkdir()
    os.environ.update(OBSERVATORY_HOME=str(place / "home"), HOME=str(place / "user"))
    os.environ["OBSERVATORY_INPUT"] = "archive"
    tempfile.tempdir = os.environ["TMPDIR"] = str(place / "scratch")
    problems = []
    with serve(producers.a_producer()) as producer:
        around = _surroundings(place, secret, producer.url)
        path = place / "desk" / case.name
        path.write_bytes(case.make(around))
        unchanged = [place / name for name in ("outside", "desk", "user")]
        before = {folder: _state(folder) for folder in unchanged}
        started = time.perf_counter()
        outcome, message = WAYS[way](case, path, producer)
        seconds = time.perf_counter() - started
        if any("/secret" in request for request in producer.asked):
            problems.append("an address was asked")
    problems += [f"{f.name} has changed" for f in unchanged if _state(f) != before[f]]
    if _state(place / "scratch"):
        problems.append("something was left in the folder for what is temporary")
    if _is_told(secret, place / "home") or secret in message:
        problems.append("the secret is told")
    end_nurseries()  # what readers took is known once who forked them has ended
    own, sandboxed = (
        resource.getrusage(who).ru_maxrss / GIB
        for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    return Found(
        outcome=outcome,
        message=message,
        problems=tuple(problems),
        gibibytes=(own, sandboxed),
        seconds=seconds,
    )


def judge(case: files.Hostile, way: str, found: Found) -> list[str]:
    """What is wrong with an outcome, none where it is as it must be."""
    problems = list(found.problems)
    may_be_read = case.may_be_read and way != "corrections"
    if found.outcome == DIED or (found.outcome == READ and not may_be_read):
        problems.append(f"{found.outcome}, not refused")
    if found.outcome == REFUSED:
        said = found.message.strip()
        if "\n" in said or not said or "Traceback" in said or "this program failed" in said:
            problems.append("not refused in one sentence")
    own, sandboxed = found.gibibytes
    if own > MOST_OWN or sandboxed > MOST_SANDBOXED:
        problems.append("too much memory")
    return problems


def _in_child(pipe: Any, case_at: int, way: str, place: str, secret: str) -> None:
    producers.hurry()
    # libraries say more than the table has room for
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    pipe.send(strike(files.every()[case_at], way, Path(place), secret))


def struck(case_at: int, way: str, secret: str) -> Found:
    """The same in a process of its own: what ends it ends this case alone."""
    context = multiprocessing.get_context("forkserver")
    with tempfile.TemporaryDirectory() as place:
        ours, theirs = context.Pipe()
        process = context.Process(target=_in_child, args=(theirs, case_at, way, place, secret))
        process.start()
        theirs.close()
        try:
            return ours.recv() if ours.poll(LONGEST) else Found(outcome=DIED, message="too long")
        except EOFError:
            process.join(30)
            return Found(outcome=DIED, message=f"exit status {process.exitcode}")
        finally:
            process.kill()
            process.join(30)


def _healthy() -> Iterator[tuple[str, str, bytes]]:
    around = files.Around(secret="", layer=Path(), table=Path(), url="")
    yield "a.gpkg", files.LAYER, files.good_layer("GPKG", ".gpkg")[".gpkg"]
    yield "a.fgb", files.LAYER, files.good_layer("FlatGeobuf", ".fgb")[".fgb"]
    yield "a.geojson", files.LAYER, files.collection(files.feature())
    parts = files.good_layer("ESRI Shapefile", ".shp")
    yield "a.zip", files.LAYER, files.zipped({f"a{k}": v for k, v in parts.items()})
    yield "a.xlsx", files.SHEET, files.xlsx()
    yield "a.ods", files.SHEET, files.ods("")
    yield "a.7z", files.LAYER, files.seven(files.collection(files.feature()))
    layer = files.collection(files.feature())
    yield "a.tar.gz", files.LAYER, files.tarred(("a.geojson", {}, layer))(around)


def damage(seed: int) -> tuple[Counter[str], list[str]]:
    """Files in good health with some bytes changed: read, or refused in one sentence."""
    chance = random.Random(seed)
    counts: Counter[str] = Counter()
    bad = []
    for name, card, content in _healthy():
        for _ in range(DAMAGED):
            broken = bytearray(content)
            for _change in range(chance.choice((1, 4, 40))):
                broken[chance.randrange(len(broken))] = chance.randrange(256)
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder, name)
                path.write_bytes(broken)
                try:
                    counts[_reader(_as_case(name, card), path, Producer())[0]] += 1
                except Exception as error:
                    counts["failed"] += 1
                    bad.append(f"{name}: {type(error).__name__}: {error}"[:200])
    return counts, bad


def _as_case(name: str, card: str) -> files.Hostile:
    return files.Hostile(what=name, name=name, card=card, make=lambda _: b"")


UNPACK = """
import sys; sys.path.insert(0, sys.argv[1])
from pathlib import Path
from observatory.errors import InputError
from observatory.ingest.unpacking import unpacked
try:
    with unpacked(Path(sys.argv[2]), "file") as found:
        print("read", *(path.name for path in found))
except InputError as error:
    print("refused", error)
"""


def elsewhere(python: str) -> list[str]:
    """Tars and zips unpacked by another Python: what is wrong, none where nothing is."""
    bad, counts = [], Counter[str]()
    for case in files.every():
        if not case.what.startswith(("tar:", "zip:")):
            continue
        with tempfile.TemporaryDirectory() as name:
            place = Path(name)
            around = _surroundings(place, "secret", "http://localhost")
            path = place / case.name
            path.write_bytes(case.make(around))
            before = _state(place)
            done = subprocess.run(
                [python, "-I", "-c", UNPACK, str(ROOT), str(path)],
                capture_output=True,
                text=True,
                timeout=LONGEST,
                check=False,
            )
            outcome = done.stdout.partition(" ")[0].strip() or DIED
            counts[outcome] += 1
            if _state(place) != before or (outcome != REFUSED and not case.may_be_read):
                bad.append(f"{python}: {case.what}: {done.stdout}{done.stderr[-300:]}")
    print(f"{python}: {dict(counts)}")
    return bad


def main() -> int:
    """Play all cases and print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--only", default="")
    parser.add_argument("--python", action="append", default=[])
    asked = parser.parse_args()
    multiprocessing.set_forkserver_preload(SLOW)
    secret = f"secret{random.Random(asked.seed).getrandbits(64):016x}"
    started, bad, played = time.perf_counter(), 0, 0
    print(f"seed {asked.seed}\n{'file':34} {'way':11} {'ended':7} {'s':>5} {'GiB':>9}  message")
    for at, case in enumerate(files.every()):
        for way in WAYS:
            if not re.search(asked.only, case.what):
                continue
            found = struck(at, way, secret)
            problems = judge(case, way, found)
            bad, played = bad + bool(problems), played + 1
            own, sandboxed = found.gibibytes
            said = " ".join(found.message.split())[:100]
            print(
                f"{case.what:34} {way:11} {found.outcome:7} {found.seconds:5.1f} "
                f"{own:4.1f} {sandboxed:4.1f}  {said}"
                + (f"  ✗ {'; '.join(problems)}" if problems else ""),
                flush=True,
            )
    counts, failed = damage(asked.seed) if not asked.only else (Counter[str](), [])
    failed += [line for python in asked.python for line in elsewhere(python)]
    print(*failed, sep="\n")
    seconds, today = time.perf_counter() - started, dt.datetime.now(dt.UTC).date()
    print(f"{played} hand-overs, {played - bad} as they must be; damaged: {dict(counts)}")
    print(f"seed {asked.seed}, {seconds:.0f} s, {today}")
    return bool(bad or failed)


if __name__ == "__main__":
    sys.exit(main())
