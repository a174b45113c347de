"""Breaks publications at every step and shows what readers saw and what was left behind.

    python -m tests.faults.release --database postgresql --kills 200

Kills (at each step and at random within), full disks and lost connections are aimed at a real
publication of prepared drafts, while readers read all along. After each fault the release in
force must be whole, the next publication must succeed, and nothing may be left over. Prints the
faults per step; exit status 1 if anything was lost, mixed or left.
"""

import argparse
import contextlib
import hashlib
import json
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from tests.faults.reading import Readers, version_of_files
from tests.servers import Server, postgres, start

LONGEST_DELAY = 0.1
NAMES = ("labour_a", "labour_b", "labour_shapes")
DISK = "128m"
SERVER_DISK = "400m"


@dataclass
class Tally:
    """What happened, by step and kind of fault."""

    faults: Counter[tuple[str, str]] = field(default_factory=Counter)
    inside: int = 0
    problems: list[str] = field(default_factory=list)


class Campaign:
    """One database, one home, one publisher; every fault goes through ``strike``."""

    def __init__(self, folder: Path, database: str, server: Server | None) -> None:
        self.home = folder / "home"
        self.folder = folder
        self.server = server
        self.url = {
            "geopackage": "",
            "postgresql": server.url if server else "",
            "sqlite": f"sqlite:///{folder}/attributes.db",
        }[database]
        self.environment = {
            "OBSERVATORY_HOME": str(self.home),
            "OBSERVATORY_INPUT": "sample",
            "OBSERVATORY_DATABASE_URL": self.url,
        }
        self.tally = Tally()
        self.version = 0
        self.publisher = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.publisher"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def order(self, **order: object) -> int:
        """Publish, or prune; returns the exit code of the process that did it."""
        if self.publisher.stdin is None or self.publisher.stdout is None:
            raise RuntimeError
        log = str(self.folder / "publisher.log")
        whole = {"environment": self.environment, "log": log, **order}
        self.publisher.stdin.write(json.dumps(whole) + "\n")
        self.publisher.stdin.flush()
        return int(self.publisher.stdout.readline())

    def publish(self) -> None:
        """A publication without fault: it must succeed."""
        self.version += 1
        code = self.order(version=self.version)
        if code:
            self.tally.problems.append(f"publication {self.version} ended with {code}")

    def steps(self) -> list[str]:
        """Names of the steps of one whole publication."""
        self.version += 1
        path = self.folder / "steps.txt"
        self.order(version=self.version, steps=str(path))
        return path.read_text().split("\n")[:-1]

    def strike(self, fault: str, step: str, *, delay: float | None = None) -> None:
        """Publish with a fault; then look, publish again, and look for leftovers."""
        before = self.published()
        self.version += 1
        filler = self.folder / "filler"
        if fault == "disk" and self.server is not None and step.startswith(("database", "before")):
            filler = self.server.folder.parent / "filler"
        path = self.folder / "steps.txt"
        path.unlink(missing_ok=True)
        code = self.order(
            version=self.version,
            steps=str(path),
            fault=fault,
            step=step,
            delay=delay,
            filler=str(filler),
            url=self.url,
        )
        filler.unlink(missing_ok=True)
        reached = path.read_text().split("\n")[:-1] if path.exists() else []
        interrupted = (self.home / "releases" / ".journal").exists()
        struck = fault != "kill" or code < 0
        if fault == "kill" and code < 0 and interrupted:
            self.tally.inside += 1
        if struck:
            self.tally.faults[(fault, reached[-1] if delay else step)] += 1
        if fault != "kill" and code not in {0, 3}:
            self.tally.problems.append(f"{fault} at {step}: ended with {code}, not a message")
        self._server_is_up()
        after = self.published()
        if after not in {before, self.version}:
            self.tally.problems.append(f"{fault} at {step}: {before} became {after}")
        self.publish()
        if self.published() != self.version:
            self.tally.problems.append(f"{fault} at {step}: the next publication is not there")
        self.look_for_leftovers(f"{fault} at {step}")

    def _server_is_up(self) -> None:
        """A server whose disk was full may have stopped: its administrator starts it again."""
        if self.server is None:
            return
        for _ in range(60):
            try:
                psycopg.connect(self.url, connect_timeout=5).close()
            except psycopg.OperationalError:
                time.sleep(0.25)
                with contextlib.suppress(subprocess.CalledProcessError):
                    start(self.server)
            else:
                return

    def published(self) -> int | None:
        """The version readers get; every file and table of it must say the same."""
        try:
            found = {version_of_files(self.home)}
            if self.server is not None:
                found |= set(_postgres_versions(self.url))
            elif self.url:
                found |= set(_sqlite_versions(self.folder / "attributes.db"))
        except FileNotFoundError:
            return None
        # between the database's commit and the link, files may be one release behind
        behind = (self.home / "releases" / ".journal").exists()
        if len(found) > 1 and not behind:
            self.tally.problems.append(f"files and database disagree: {found}")
        return max(v for v in found if v is not None) if found - {None} else None

    def look_for_leftovers(self, after: str) -> None:
        """Nothing but published releases, whole, in the home and in the database."""
        releases = self.home / "releases"
        kept = {p.name for p in releases.iterdir()} - {".lock"}
        hidden = [n for n in kept if n.startswith(".")]
        hidden += [p.name for p in self.home.glob(".*")]
        if hidden:
            self.tally.problems.append(f"{after}: left over {hidden}")
        for folder in releases.glob("2*"):
            listed = (folder / "SHA256SUMS").read_text().split("\n")[:-1]
            names = {line.split("  ", 1)[1] for line in listed}
            there = {p.name for p in folder.iterdir()} - {"SHA256SUMS"}
            if names != there:
                self.tally.problems.append(f"{after}: {folder.name} has {names ^ there}")
        newest = max(releases.glob("2*"), key=lambda p: p.name)
        for line in (newest / "SHA256SUMS").read_text().split("\n")[:-1]:
            digest, name = line.split("  ", 1)
            if hashlib.sha256((newest / name).read_bytes()).hexdigest() != digest:
                self.tally.problems.append(f"{after}: {name} is not what was released")
        rows, tables = self._in_database()
        if rows is not None and (rows != kept - set(hidden) or tables):
            self.tally.problems.append(f"{after}: database has {rows ^ kept}, orphans {tables}")

    def _in_database(self) -> tuple[set[str] | None, set[str]]:
        """Releases the database knows, and schemas or tables that belong to none."""
        if self.server is not None:
            with psycopg.connect(self.url) as connection:
                known = connection.execute(
                    "SELECT release_id, schema_name FROM observatory.releases"
                ).fetchall()
                schemas = connection.execute(
                    "SELECT nspname FROM pg_namespace WHERE nspname LIKE 'release%'"
                ).fetchall()
            return {r for r, _ in known}, {s for (s,) in schemas} - {s for _, s in known}
        if not self.url:
            return None, set()
        with contextlib.closing(sqlite3.connect(self.folder / "attributes.db")) as connection:
            rows = connection.execute("SELECT release_id FROM observatory_releases").fetchall()
            tables = connection.execute(
                "SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE '%\\_\\_2%' "
                "ESCAPE '\\'"
            ).fetchall()
        known = {"".join(c for c in r.lower() if c.isalnum()) for (r,) in rows}
        return {r for (r,) in rows}, {t for (t,) in tables if t.split("__")[1] not in known}

    def kills(self) -> int:
        """Publications killed so far."""
        return sum(n for (kind, _), n in self.tally.faults.items() if kind == "kill")

    def close(self) -> None:
        if self.publisher.stdin is not None:
            self.publisher.stdin.close()
        if self.publisher.stdout is not None:
            self.publisher.stdout.close()
        self.publisher.wait(30)


def _postgres_versions(url: str) -> list[int | None]:
    with psycopg.connect(url) as connection:
        released = connection.execute("SELECT 1 FROM pg_namespace WHERE nspname = 'observatory'")
        if released.fetchone() is None:
            return []
        columns = ", ".join(f"(SELECT max(version) FROM observatory.{n})" for n in NAMES)
        row = connection.execute(f"SELECT {columns}").fetchone()
    return list(row or [])


def _sqlite_versions(path: Path) -> list[int | None]:
    with contextlib.closing(sqlite3.connect(path, timeout=60)) as connection:
        columns = ", ".join(f"(SELECT max(version) FROM {n})" for n in NAMES[:2])
        try:
            return list(connection.execute(f"SELECT {columns}").fetchone())
        except sqlite3.OperationalError:
            return [None]


@contextlib.contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Path]:
    """A disk of its own in memory, so that it can be filled; needs root."""
    folder.mkdir(parents=True, exist_ok=True)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size},mode=0755", "tmpfs", str(folder)]
    subprocess.run(mount, check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=False)


def run(
    database: str,
    *,
    kills: int,
    disks: bool = True,
    seed: int = 1,
    most_steps: int | None = None,
) -> tuple[Tally, dict[str, int]]:
    """One campaign; returns what happened, and what the readers saw.

    Kills come at every step, then at random within steps drawn by chance; full disks and lost
    connections at every step. ``most_steps`` draws that many steps for each instead.
    """
    with contextlib.ExitStack() as stack:
        base = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        folder = stack.enter_context(_place(base / "disk", DISK if disks else None))
        server = None
        if database == "postgresql":
            place = stack.enter_context(_place(base / "server", SERVER_DISK if disks else None))
            server = stack.enter_context(postgres(place))
        campaign = Campaign(folder, database, server)
        stack.callback(campaign.close)
        campaign.publish()
        steps = campaign.steps()
        readers = stack.enter_context(Readers(campaign.home, campaign.url))
        for struck, fault in enumerate(_plan(steps, kills, most_steps, random.Random(seed)), 1):
            kind, step, delay = fault
            if (kind == "disk" and not disks) or (kind == "connection" and server is None):
                continue
            if kind == "kill" and campaign.kills() >= kills:
                continue
            campaign.strike(kind, step, delay=delay)
            if struck % 15 == 0:
                campaign.order(prune=3)
        seen = readers.stop()
        if campaign.tally.problems:
            shutil.copy(folder / "publisher.log", tempfile.gettempdir())
    return campaign.tally, seen


@contextlib.contextmanager
def _place(folder: Path, size: str | None) -> Iterator[Path]:
    """A folder, on a small disk of its own where a size is given."""
    if size:
        with small_disk(folder, size):
            yield folder
    else:
        folder.mkdir(parents=True)
        yield folder


def _plan(
    steps: list[str], kills: int, most_steps: int | None, rng: random.Random
) -> list[tuple[str, str, float | None]]:
    """Faults by kind, step, and delay after the step's beginning."""
    every = steps if most_steps is None else sorted(rng.sample(steps, most_steps))
    plan: list[tuple[str, str, float | None]] = [("kill", step, None) for step in every[:kills]]
    # a random kill may come too late: more are planned than wanted
    while len(plan) < 2 * kills:
        plan.append(("kill", rng.choice(steps), rng.uniform(0, LONGEST_DELAY)))
    return plan + [(kind, step, None) for kind in ("disk", "connection") for step in every]


def report(database: str, tally: Tally, seen: dict[str, int]) -> str:
    """Counts per step and fault, then what readers saw."""
    kinds = sorted({kind for kind, _ in tally.faults})
    steps = list(dict.fromkeys(step for _, step in tally.faults))
    lines = [f"{database}", f"{'step':<32}" + "".join(f"{k:>12}" for k in kinds)]
    lines += [
        f"{step:<32}" + "".join(f"{tally.faults[(kind, step)]:>12}" for kind in kinds)
        for step in steps
    ]
    totals = "".join(
        f"{sum(n for (k, _), n in tally.faults.items() if k == kind):>12}" for kind in kinds
    )
    lines += [f"{'total':<32}{totals}"]
    lines += [f"kills between first write and last clean-up: {tally.inside}"]
    lines += ["readers: " + ", ".join(f"{v} {k}" for k, v in seen.items())]
    lines += [f"problems: {len(tally.problems)}", *tally.problems[:40]]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--database", choices=["geopackage", "postgresql", "sqlite"], required=True)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # servers and disks end with it
    tally, seen = run(chosen.database, kills=chosen.kills, seed=chosen.seed)
    print(report(chosen.database, tally, seen))
    raise SystemExit(bool(tally.problems or seen["mixed reads"] or seen["failed reads"]))


if __name__ == "__main__":
    main()
