"""Lets people object between two releases, and looks for them in every byte that is left.

    python -m tests.faults.withheld --seed 1 --people 6 [--by sensor] [--database]

A home releases the invented scenario, with its site, exports, atlas, deliveries and lists. Then
people are drawn that it tells of: alone in a land unit, beside others, as owners. They go
into ``withheld.csv``, and the command runs; with ``--by sensor`` the hourly sensor is asked first
what it would run. No output may hold their SIREN,
SIRET or name, packed or not; their units count them no more and are not vacant; no other unit has
changed, and no kept release tells two counts apart. Prints counts; exit status 1 if any is wrong.
"""

import argparse
import itertools
import random
import re
import shutil
import sqlite3
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from tests.homes import command_in

# what is the owner's alone: producers' files, frames, whom releases counted, and the list itself
OWN = ("archive", "work", "private", "withheld.csv")
GZIP, STREAM = b"\x1f\x8b\x08", re.compile(rb"stream\r?\n")
DAY = "2026-11-25"
COUNTS = (
    "active_establishment_count",
    "street_establishment_count",
    "closed_establishment_count",
    "job_count_low",
    "job_count_high",
)


@dataclass(frozen=True, kw_only=True)
class Person:
    """Somebody who objects: how a release tells of them, and where."""

    kind: str
    code: str
    name: str | None
    unit_id: str

    @property
    def needles(self) -> list[bytes]:
        """What may be found nowhere: the SIREN, which begins the SIRET, and the name."""
        return [text.encode() for text in (self.code[:9], self.name) if text]


@dataclass
class Found:
    """What was looked at, and what was wrong."""

    files: int = 0
    parts: int = 0
    problems: list[str] = field(default_factory=list)


def table(folder: Path, name: str) -> pl.DataFrame:
    return pl.read_parquet(folder / f"{name}.parquet").drop("geometry", strict=False)


def contents(path: Path) -> Iterator[bytes]:
    """The bytes of a file, and those packed in it: members, tiles, streams, columns, rows."""
    raw = path.read_bytes()
    yield raw
    if path.suffix == ".parquet":
        frame = pl.read_parquet(path)
        text = frame.select(pl.col(pl.String))
        yield "\n".join(v or "" for c in text.iter_columns() for v in c.to_list()).encode()
    elif raw.startswith(b"SQLite format 3"):
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as connection:
            connection.text_factory = lambda content: content.decode("utf-8", "replace")
            for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type='table'"):
                if not name.startswith("rtree_"):
                    rows = connection.execute(f'SELECT * FROM "{name}"')
                    yield "\n".join(map(str, rows)).encode()
    elif zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as packed:
            yield from (packed.read(member) for member in packed.namelist())
    for found in re.finditer(re.escape(GZIP), raw):
        yield _inflated(raw[found.start() :], 31)
    if raw.startswith(b"%PDF"):
        for stream in STREAM.finditer(raw):
            yield _inflated(raw[stream.end() :], 15)


def _inflated(packed: bytes, window: int) -> bytes:
    try:
        return zlib.decompressobj(window).decompress(packed)
    except zlib.error:
        return b""


def outputs(home: Path) -> list[Path]:
    """Every file of a home that others may read: Dagster's history, lists to send among them."""
    own = {home / name for name in OWN}
    every = (p for p in sorted(home.rglob("*")) if p.is_file() and not p.is_symlink())
    return [p for p in every if "consultation" in p.parts or not own & {p, *p.parents}]


def search(paths: Iterable[Path], needles: Iterable[bytes], found: Found) -> list[str]:
    """Where any of ``needles`` stands, not as a part of a longer number, or another's name.

    A SIREN begins a SIRET.
    """
    ends = (re.escape(n) + (b"" if n.isdigit() else b"(?![0-9])") for n in needles)
    pattern = re.compile(rb"(?<![0-9.])(?:%s)" % b"|".join(ends))
    hits = []
    for path in paths:
        found.files += 1
        for part in contents(path):
            found.parts += 1
            if match := pattern.search(part):
                hits.append(f"{path}: {match.group().decode()}")
                break
    return hits


def candidates(folder: Path) -> list[Person]:
    """Whom a release tells of: alone in a unit, beside others, and owners of units."""
    firms = table(folder, "land_establishments").drop_nulls("establishment_name")
    units = table(folder, "land_units")
    active = units.filter(
        pl.col("occupation_evidence") == "active_establishment_on_the_parcel",
        pl.col("street_establishment_count") == 0,
    ).select("unit_id", "active_establishment_count")
    placed = firms.filter("is_active").join(active, on="unit_id")
    alone = (pl.col("active_establishment_count") == 1).alias("alone")
    people = [
        Person(kind="alone" if row[3] else "beside", code=row[0], name=row[1], unit_id=row[2])
        for row in placed.select("siret", "establishment_name", "unit_id", alone).rows()
    ]
    owners = units.drop_nulls("owner_siren").unique(
        "owner_siren", keep="first", maintain_order=True
    )
    return people + [
        Person(kind="owner", code=row[0], name=row[1], unit_id=row[2])
        for row in owners.select("owner_siren", "owner_name", "unit_id").rows()
    ]


def draw(people: list[Person], count: int, seed: int) -> list[Person]:
    """As many of each kind as of the others."""
    rng = random.Random(seed)
    kinds = sorted({person.kind for person in people})
    each = {kind: [p for p in people if p.kind == kind] for kind in kinds}
    return [rng.choice(each[kinds[at % len(kinds)]]) for at in range(count)]


def judge_units(before: pl.DataFrame, after: pl.DataFrame, people: list[Person]) -> Found:
    """Whether the units of those who left, and no others, count one fewer and claim nothing."""
    found = Found()
    was = {row["unit_id"]: row for row in before.to_dicts()}
    now = {row["unit_id"]: row for row in after.to_dicts()}
    names = ("occupation_state", *COUNTS)
    changed = {u for u in was if any(was[u][n] != now.get(u, {}).get(n) for n in names)}
    found.files = len(changed)
    firms = [p for p in people if p.kind != "owner"]
    if strange := changed - {p.unit_id for p in firms}:
        found.problems.append(f"{len(strange)} units changed where nobody left")
    for person in firms:
        row = now[person.unit_id]
        left = sum(p.unit_id == person.unit_id for p in {p.code: p for p in firms}.values())
        expected = was[person.unit_id]["active_establishment_count"] - left
        if row["active_establishment_count"] != expected:
            found.problems.append(f"a unit of kind {person.kind} counts who left")
        if not expected and row["open_data_state"] != "undetermined":
            found.problems.append(f"a unit whose only firm left is {row['open_data_state']}")
    for person in people:
        if now[person.unit_id]["owner_siren"] == person.code:
            found.problems.append("an owner who left is named")
    return found


def judge_sites(before: Path, after: Path, people: list[Person]) -> Found:
    """Whether sites count as many fewer as left, and those sites alone."""
    found = Found()
    site_of = dict(table(after, "land_units").select("unit_id", "site_id").rows())
    codes = {p.code: site_of[p.unit_id] for p in people if p.kind != "owner"}
    names = ["establishment_count", "unknown_size_count", "job_count_low", "dominant_vocation"]
    both = table(before, "land_sites").join(
        table(after, "land_sites"), on="site_id", suffix="_then"
    )
    apart = both.filter(pl.any_horizontal(pl.col(n).ne_missing(pl.col(f"{n}_then")) for n in names))
    found.files = apart.height
    fewer = int((both["establishment_count"] - both["establishment_count_then"]).sum())
    if fewer != len(codes):
        found.problems.append(f"sites count {fewer} fewer, and {len(codes)} left")
    if not set(apart["site_id"]) <= set(codes.values()):
        found.problems.append("a site changed where nobody left")
    return found


def judge_kept(home: Path) -> Found:
    """Whether two kept releases tell apart how many firms are in a unit."""
    found = Found()
    kept = sorted((home / "releases").glob("[0-9]*/land_units.parquet"))
    found.files = len(kept)
    for a, b in itertools.pairwise(kept):
        both = (pl.read_parquet(path, columns=["unit_id", *COUNTS]) for path in (a, b))
        first, second = both
        joined = first.join(second, on="unit_id", suffix="_then")
        apart = joined.filter(
            pl.any_horizontal(pl.col(n).ne_missing(pl.col(f"{n}_then")) for n in COUNTS)
        )
        if apart.height:
            found.problems.append(f"{apart.height} units differ between two kept releases")
    return found


def erase_by_sensor(home: Path, environment: dict[str, str]) -> str:
    """What the hourly sensor asks for, as its daemon would evaluate it, in a fresh process."""
    import os
    import subprocess

    script = (
        "import dagster as dg, assets.watch as w\n"
        "asked = w.erase_what_is_due(dg.build_sensor_context())\n"
        "print(asked.run_key if isinstance(asked, dg.RunRequest) else asked.skip_message)\n"
    )
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("OBSERVATORY_")}
    own = {f"OBSERVATORY_{k}": v for k, v in environment.items()}
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={**inherited, **own, "OBSERVATORY_HOME": str(home)},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def make(home: Path, **settings: str) -> None:
    """A home with two releases and all that is made of them."""
    run = command_in(home, AS_OF=DAY, **settings)
    for command in (
        ("run",),
        ("run", "--theme", "land"),
        ("site", "build"),
        ("atlas",),
        ("inventory",),
        *(("export", "--to", home / "exports" / f, "--format", f) for f in ("gpkg", "csv", "xlsx")),
    ):
        done = run(*command)
        if done.returncode:
            raise SystemExit(f"{command}: {done.stdout}{done.stderr}")


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def campaign(home: Path, people_count: int, seed: int, by: str, settings: dict[str, str]) -> int:
    """Make, object, erase, look; returns the exit status."""
    make(home, **settings)
    folder = (home / "current").resolve()
    before = table(folder, "land_units")
    kept_apart = home.parent / "before"
    kept_apart.mkdir()
    for name in ("land_units", "land_sites"):
        shutil.copyfile(folder / f"{name}.parquet", kept_apart / f"{name}.parquet")
    people = draw(candidates(folder), people_count, seed)
    needles = sorted({needle for person in people for needle in person.needles})
    first = Found()
    shown = search(outputs(home), needles, first)
    say(f"before: {first.files} files ({first.parts} parts), {len(shown)} of them tell of them")
    releases = {p.name for p in (home / "releases").glob("[0-9]*")}
    listed = "".join(f"{person.code}\n" for person in people)
    (home / "withheld.csv").write_text(f"identifier\n{listed}")
    if by == "sensor":
        say(f"the sensor asks for: {erase_by_sensor(home, {'AS_OF': DAY, **settings})}")
    done = command_in(home, AS_OF=DAY, **settings)("releases", "forget")
    problems = [] if done.returncode == 0 else [done.stdout + done.stderr]
    left = {p.name for p in (home / "releases").glob("[0-9]*")}
    say(f"releases: {len(releases)} before, {len(releases - left)} taken away, {len(left)} kept")
    after = Found()
    problems += search(outputs(home), needles, after)
    say(f"after: {after.files} files ({after.parts} parts)")
    units = judge_units(before, table(home / "current", "land_units"), people)
    sites = judge_sites(kept_apart, home / "current", people)
    said = f"{units.files} changed in {sites.files} sites for {len(people)} people"
    say(f"units: {len(before)}, {said}")
    kept = judge_kept(home)
    say(f"kept releases with land units: {kept.files}")
    problems += [*units.problems, *sites.problems, *kept.problems]
    if not shown:
        problems.append("nobody was found before: this run shows nothing")
    for problem in problems:
        say(f"PROBLEM: {problem}")
    say(f"seed {seed}: {len(problems)} problems")
    return 1 if problems else 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--people", type=int, default=6)
    parser.add_argument("--by", choices=["command", "sensor"], default="command")
    parser.add_argument("--database", action="store_true", help="publish into SQLite too")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        home.mkdir()
        url = f"sqlite:///{home}/attributes.db"
        settings = {"DATABASE_URL": url} if asked.database else {}
        return campaign(home, asked.people, asked.seed, asked.by, settings)


if __name__ == "__main__":
    raise SystemExit(main())
