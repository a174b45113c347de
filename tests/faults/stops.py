"""Ends commands at random moments and shows what they leave behind.

    python -m tests.faults.stops --count 300 --seed 1

Each strike starts the command a user types on a home of the sample (``fetch``: on a home of real
files, from a producer on the loopback address), and sends KILL, TERM or INT at a random moment of
it. TERM and INT must end it within seconds in one line, with all its processes. The release in
force must be whole, the next command must do its work, nothing may be left over after it, and no
run that is no more may hold a place in a pool. Prints strikes per command and signal; exit
status 1 if anything was not so. ``--folder`` keeps the prepared homes for another time.
"""

import argparse
import contextlib
import hashlib
import os
import random
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.faults.asking import DEPARTMENTS, PLACE, SOURCE
from tests.producer import Producer, serve

SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)
TYPED = {
    "run": ("run",),
    "run labour": ("run", "--theme", "labour"),
    "fetch": ("fetch", SOURCE),
    "site": ("site", "build"),
    "export": ("export", "--to", "EXPORT"),
    "atlas": ("atlas", "--to", "ATLAS"),
    "deliver": ("deliver",),
    "restore": ("releases", "restore", "previous"),
    "prune": ("releases", "prune", "--keep", "2"),
    "archive add": ("archive", "add", SOURCE, "FILE", "--vintage", "2026.13"),
    "ui": ("ui", "--port", "PORT"),
}
LIVE = {"fetch", "archive add"}
# how many of a hundred strikes are aimed at each
SHARES = {
    "run": 4,
    "run labour": 8,
    "fetch": 24,
    "site": 15,
    "export": 11,
    "atlas": 11,
    "deliver": 5,
    "restore": 8,
    "prune": 6,
    "archive add": 5,
    "ui": 3,
}
# what follows a strike, and how often
FOLLOWING = {"prune": 10, "deliver": 5, "site": 2, "export": 2, "run labour": 1}
FOLLOWING_LIVE = {"fetch": 1, "archive add": 2}
UI_TAKES = 14.0
# of the commands that end themselves, at which one has looked already
FOLLOWED = 0.4
# a machine that does other things too may be slow to end what it is told to
MOST_SECONDS, MOST_UI_SECONDS = 15.0, 30.0
CUT_DOWNLOAD = re.compile(r"^[0-9a-f]{24}(\.json)?$")
SHOWN = 40


@dataclass
class Tally:
    """Strikes by command and signal, the longest end of each, and what was wrong."""

    strikes: Counter[tuple[str, str]] = field(default_factory=Counter)
    late: int = 0
    following: Counter[str] = field(default_factory=Counter)
    slowest: float = 0.0
    problems: list[str] = field(default_factory=list)


class Campaign:
    """A home of the sample, one of real files, and all that strikes them."""

    def __init__(self, folder: Path, producer: Producer, rng: random.Random, tally: Tally) -> None:
        self.folder, self.rng = folder, rng
        self.sample, self.real = folder / "sample", folder / "real"
        self.scratch, self.out = folder / "tmp", folder / "out"
        for made in (self.scratch, self.out):
            made.mkdir()
        self.file = folder / "stops_13.csv"
        self.file.write_bytes(stops(1))
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("OBSERVATORY_")}
        self.environment = {**inherited, "TMPDIR": str(self.scratch), PLACE: producer.url}
        self.seconds: dict[str, float] = {"ui": UI_TAKES}
        self.tally = tally
        self.running: subprocess.Popen[str] | None = None

    def home(self, name: str) -> Path:
        return self.real if name in LIVE else self.sample

    def start(self, name: str) -> "subprocess.Popen[str]":
        words = {
            "EXPORT": str(self.out / f"export-{self.rng.randrange(10**9)}"),
            "ATLAS": str(self.out / "atlas.pdf"),
            "FILE": str(self.file),
            "PORT": str(free_port()),
        }
        typed = [words.get(word, word) for word in TYPED[name]]
        if name == "archive add":  # other bytes each time
            self.file.write_bytes(stops(self.rng.randrange(10**6)))
        real = {"OBSERVATORY_INPUT": "live", "OBSERVATORY_TERRITORY": "13"}
        program = "tests.faults.asking" if name in LIVE else "observatory.cli.main"
        self.running = subprocess.Popen(
            [sys.executable, "-m", program, *typed],
            env={
                **self.environment,
                "OBSERVATORY_HOME": str(self.home(name)),
                **(real if name in LIVE else {}),
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        return self.running

    def close(self) -> None:
        """End what runs where the campaign itself is ended."""
        if self.running is not None and self.running.poll() is None:
            self.running.terminate()
            self.running.communicate()

    def finish(self, name: str, after: str) -> None:
        """A command that nothing strikes: it must do its work."""
        begun = time.monotonic()
        command = self.start(name)
        out, err = command.communicate(timeout=600)
        took = time.monotonic() - begun
        self.seconds[name] = min(took, self.seconds.get(name, took))
        self.tally.following[name] += 1
        if "Traceback" in out + err or command.returncode:
            self.tally.problems.append(f"{after}: then {name} said {(out + err)[-300:]!r}")

    def strike(self, name: str, signum: signal.Signals) -> None:
        """Start, send the signal at a random moment, and look at what is left."""
        what = f"{name}, {signum.name}"
        home, before = self.home(name), release(self.sample)
        begun = self.start(name)
        time.sleep(self.rng.uniform(0.3, 0.95 * self.seconds[name]))
        moment = time.monotonic()
        is_late = begun.poll() is not None
        begun.send_signal(signum)
        most = MOST_UI_SECONDS if name == "ui" else MOST_SECONDS
        try:
            _, err = begun.communicate(timeout=2 * most)
        except subprocess.TimeoutExpired:
            begun.kill()
            _, err = begun.communicate()
        took = time.monotonic() - moment
        if is_late or begun.returncode == 0:
            self.tally.late += 1
            return
        self.tally.strikes[name, signum.name] += 1
        self.tally.slowest = max(self.tally.slowest, took)
        if signum != signal.SIGKILL:
            said = err.splitlines()[-1:] if name == "ui" else err.splitlines()  # Dagster talks on
            self._look_at_end(what, begun.returncode - signum, said, took, most)
        elif begun.returncode != -signum:
            self.tally.problems.append(f"{what}: had ended with {begun.returncode}: {err[-300:]!r}")
        if alive := survivors(home, MOST_UI_SECONDS if name == "ui" else 3):
            self.tally.problems.append(f"{what}: still alive {alive}")
        if signum != signal.SIGKILL and (left := leftovers(home, self.scratch, self.out)):
            self.tally.problems.append(f"{what}: left at once {left}")
        self._look_at_release(what, before, name)
        if signum == signal.SIGKILL or self.rng.random() < FOLLOWED:
            self._look_after(what, name)

    def _look_at_end(
        self, what: str, status: int, said: list[str], took: float, most: float
    ) -> None:
        if status != 128:
            self.tally.problems.append(f"{what}: exit status {status} and the signal")
        if len(said) != 1 or not said[0].startswith("Stopped: "):
            self.tally.problems.append(f"{what}: said {said}")
        if took > most:
            self.tally.problems.append(f"{what}: ended after {took:.1f} s")

    def _look_at_release(self, what: str, before: str, name: str) -> None:
        now = release(self.sample)
        if now != before and name not in {"run", "run labour", "restore"}:
            self.tally.problems.append(f"{what}: release {before} became {now}")
        if wrong := damaged(self.sample):
            self.tally.problems.append(f"{what}: not as released: {wrong}")

    def _look_after(self, what: str, name: str) -> None:
        """The next command does its work; then nothing may be left."""
        shares = FOLLOWING_LIVE if name in LIVE else FOLLOWING
        (again,) = self.rng.choices(list(shares), weights=list(shares.values()))
        self.finish(again, what)
        home = self.home(name)
        if left := leftovers(home, self.scratch, self.out):
            self.tally.problems.append(f"{what}: left after {again}: {left}")
        if again in {"run labour", "fetch"} and (held := claimed(home)):
            self.tally.problems.append(f"{what}: places still held after {again}: {held}")
        for made in self.out.iterdir():
            if made.is_dir() and not {p.suffix for p in made.iterdir()} >= {".gpkg", ".txt"}:
                self.tally.problems.append(f"{what}: half an export {sorted(made.iterdir())}")
            if made.suffix == ".pdf" and b"%%EOF" not in made.read_bytes()[-64:]:
                self.tally.problems.append(f"{what}: half an atlas")
            shutil.rmtree(made) if made.is_dir() else made.unlink()


def stops(seed: int) -> bytes:
    rows = "".join(f"s{seed}-{i},43.{i % 9000:04d},5.{i % 9000:04d}\n" for i in range(40_000))
    return f"stop_id,stop_lat,stop_lon\n{rows}".encode()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


def release(home: Path) -> str:
    return (home / "current").resolve().name


def damaged(home: Path) -> list[str]:
    """Files of the current release that are not what was released, or not listed."""
    folder = (home / "current").resolve()
    listed = dict(
        reversed(line.split("  ", 1))  # type: ignore[misc]
        for line in (folder / "SHA256SUMS").read_text().splitlines()
    )
    there = {path.name for path in folder.iterdir()} - {"SHA256SUMS"}
    wrong = [
        name
        for name, digest in listed.items()
        if name in there
        and hashlib.file_digest((folder / name).open("rb"), "sha256").hexdigest() != digest
    ]
    return sorted({*wrong, *(there ^ set(listed))})


def leftovers(home: Path, *places: Path) -> list[str]:
    """What no whole command leaves: hidden files but locks, temporary files, half a download."""
    found = [
        path
        for pattern in (".*", "work/*/.*", "releases/.*", "archive/.*", "attempts/*")
        for path in home.glob(pattern)
        if path.suffix not in {".lock", ".json"} and path.name != ".lock"
    ]
    found += [p for p in home.glob("audits/*/*/*") if p.suffix != ".json"]
    found += [p for p in home.glob("incoming/*/*") if not CUT_DOWNLOAD.match(p.name)]
    found += [path for place in places for path in place.glob(".*")]
    return sorted(str(path.relative_to(home.parent)) for path in found)


def claimed(home: Path) -> list[str]:
    """Runs that hold a place in a pool, or wait for one."""
    index = home / "dagster" / "history" / "runs" / "index.db"
    with contextlib.closing(sqlite3.connect(index, timeout=30)) as file:
        slots = "SELECT run_id FROM concurrency_slots WHERE run_id IS NOT NULL"
        rows = file.execute(f"{slots} UNION SELECT run_id FROM pending_steps").fetchall()
    return [run_id for (run_id,) in rows]


def survivors(home: Path, seconds: float) -> list[str]:
    """Processes that still work on the home when the seconds are over."""
    until = time.monotonic() + seconds
    while (alive := _working_on(home)) and time.monotonic() < until:
        time.sleep(0.05)
    return alive


def _working_on(home: Path) -> list[str]:
    mark, found = f"OBSERVATORY_HOME={home}\0".encode(), []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if mark in (folder / "environ").read_bytes():
                found.append(f"{folder.name} {(folder / 'cmdline').read_bytes()[:80]!r}")
    return found


def prepare(base: Path, producer: Producer, rng: random.Random) -> dict[str, float]:
    """A home of the sample with two releases, one of real files; how long each command takes."""
    campaign = Campaign(base, producer, rng, Tally())
    for name in ("run", "run labour", "site", "export", "atlas", "deliver", "restore", "prune"):
        campaign.finish(name, "first")
    for name in ("fetch", "archive add"):
        campaign.finish(name, "first")
        campaign.finish(name, "first")
    if campaign.tally.problems:
        raise SystemExit("\n".join(campaign.tally.problems))
    shutil.rmtree(campaign.out)
    shutil.rmtree(campaign.scratch)
    return campaign.seconds


def plan(count: int, rng: random.Random) -> Iterator[tuple[str, signal.Signals]]:
    """Commands by their shares, each with all signals in turn."""
    names = rng.choices(list(SHARES), weights=list(SHARES.values()), k=count)
    for at, name in enumerate(sorted(names)):
        yield name, SIGNALS[at % len(SIGNALS)]


def strike_all(folder: Path, count: int, seed: int, tally: Tally, only: str | None = None) -> None:
    """One campaign on copies of the homes prepared in ``folder``."""
    rng = random.Random(seed)
    files = {f"/files/{d}.csv": stops(int(d)) for d in DEPARTMENTS}
    with serve(Producer(files=files)) as producer:
        base, times = folder / "base", folder / "seconds.txt"
        if not times.exists():
            shutil.rmtree(base, ignore_errors=True)
            base.mkdir(parents=True)
            seconds = prepare(base, producer, rng)
            times.write_text("\n".join(f"{k}={v}" for k, v in seconds.items()))
        place = folder / f"strikes-{seed}"
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir()
        campaign = Campaign(place, producer, rng, tally)
        for name in ("sample", "real"):
            shutil.copytree(base / name, place / name, symlinks=True)
        for line in times.read_text().splitlines():
            name, seconds_of = line.split("=")
            campaign.seconds[name] = float(seconds_of)
        strikes = [s for s in plan(count, rng) if only in {None, s[0]}]
        rng.shuffle(strikes)
        try:
            for name, signum in strikes:
                producer.faults["slow"] = 1000
                producer.files[f"/files/{rng.choice(DEPARTMENTS)}.csv"] = stops(rng.randrange(99))
                campaign.strike(name, signum)
        finally:
            campaign.close()


def report(tally: Tally, seed: int) -> str:
    names = [s.name for s in SIGNALS]
    lines = [f"seed {seed}", f"{'command':<14}" + "".join(f"{n:>9}" for n in names)]
    for command in SHARES:
        counts = "".join(f"{tally.strikes[command, n]:>9}" for n in names)
        lines.append(f"{command:<14}{counts}")
    totals = [sum(v for (_, s), v in tally.strikes.items() if s == n) for n in names]
    lines.append(f"{'all':<14}" + "".join(f"{t:>9}" for t in totals))
    lines.append(f"strikes: {sum(totals)}; signals that came when all was done: {tally.late}")
    following = ", ".join(f"{n} {k}" for k, n in sorted(tally.following.items()))
    lines.append(f"commands that followed and did their work: {following}")
    lines.append(f"longest end: {tally.slowest:.1f} s")
    lines += [f"problems: {len(tally.problems)}", *tally.problems[:SHOWN]]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", choices=list(TYPED))
    parser.add_argument("--folder", type=Path)
    chosen, tally = parser.parse_args(), Tally()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    # behind a shell's “&” it is ignored, and what is started here would inherit that
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with tempfile.TemporaryDirectory() as own:
        folder = (chosen.folder or Path(own)).resolve()
        try:
            strike_all(folder, chosen.count, chosen.seed, tally, chosen.only)
        finally:  # what was seen until then, where the campaign itself is stopped
            print(report(tally, chosen.seed), flush=True)
    raise SystemExit(bool(tally.problems))


if __name__ == "__main__":
    main()
