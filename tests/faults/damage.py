"""Damages files of a home one at a time and shows what commands make of it.

    python -m tests.faults.damage --count 60 --seed 1

A home of the sample is made once (or given with ``--home``), copied for each damage, and one
file or link of it is damaged. Commands then work as they did, or say in one sentence which file
is damaged and what to do; the other releases stay whole; and once that is done, all works again.
Prints the damages by place and kind, and what was wrong; exit status 1 if anything was.
"""

import argparse
import contextlib
import hashlib
import importlib
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from observatory.cli.main import main as observatory

Done = subprocess.CompletedProcess
# what commands import late: once here, so that a command is a fork and not a start
SLOW = (
    "great_expectations",
    "observatory.cli.running",
    "observatory.definitions",
    "observatory.maps.atlas",
    "observatory.maps.exports",
    "sources.sample.land.truth",
)
SECONDS = 900
LONGEST = 3
DOCTORED = 0.5
FAULT, DAY = 3, "2026-11-26"
# what is written in place, or holds what is: a copy of its own; all else is replaced, never edited
OWN = re.compile(r"^(dagster|attempts|private)/|^archive/index|^[^/]*$|\.lock$|\.journal$")
READING = {
    "tables": ("tables",),
    "show": ("releases", "show", "current"),
    "query": ("query", "SELECT count(*), sum(area_m2) FROM land_units", "--format", "csv"),
    "sheet": ("sheet", "13001"),
    "diff": ("releases", "diff", "previous", "current", "--format", "json"),
    "list": ("releases", "list"),
    "archive": ("archive", "list"),
    "verify": ("archive", "verify"),
    "deliver": ("deliver",),
    "truth": ("truth",),
}
WRITING = {
    "site": ("site", "build"),
    "export": ("export", "land_sites", "--format", "csv", "--to", "{home}-export"),
    "atlas": ("atlas", "--commune", "13001", "--to", "{home}-atlas.pdf"),
    "restore": ("releases", "restore", "current"),
    "prune": ("releases", "prune", "--keep", "1"),
    "run": ("run", "--theme", "labour"),
}


def damage_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()
    (path / "inside").touch()


def damage_link(path: Path, target: str | Path) -> None:
    path.unlink()
    path.symlink_to(target)


def rewrite(path: Path, content: bytes) -> None:
    """Put ``content`` in the place of a file that other homes share."""
    path.unlink()
    path.write_bytes(content)


def noise(content: bytes, rng: random.Random) -> bytes:
    at = rng.randrange(max(len(content), 1))
    return content[:at] + rng.randbytes(rng.choice([1, 1, 16, 200])) + content[at + 1 :]


def other_frame(path: Path) -> None:
    """Put a small table of the same home in the place of a frame."""
    home = next(folder for folder in path.parents if (folder / "world.txt").exists())
    others = sorted(home.glob("releases/2*/quality_issue_types.parquet"))
    content = next(other for other in others if other != path).read_bytes()
    rewrite(path, content)


def halved(path: Path, _: random.Random) -> None:
    content = path.read_bytes()
    rewrite(path, content[: len(content) // 2])


KINDS: dict[str, Callable[[Path, random.Random], None]] = {
    "half": halved,
    "empty": lambda path, _: rewrite(path, b""),
    "bytes in the middle": lambda path, rng: rewrite(path, noise(path.read_bytes(), rng)),
    "noise": lambda path, rng: rewrite(path, rng.randbytes(1000)),
    "gone": lambda path, _: path.unlink(),
    "a folder": lambda path, _: damage_folder(path),
    "a link outside": lambda path, _: damage_link(path, "/etc/passwd"),
    "a link to itself": lambda path, _: damage_link(path, path),
    "another shape": lambda path, _: rewrite(path, b'{"a": [1, {"b": null}]}'),
    "deep nesting": lambda path, _: rewrite(path, b"[" * 200_000),
    "another frame": lambda path, _: other_frame(path),
}
LINKS = ("gone", "a folder", "a link outside", "a link to itself")
PLACES: dict[str, tuple[str, ...]] = {
    "current release, tables": ("current/*.parquet",),
    "current release, documents": (
        "current/*.json",
        "current/SHA256SUMS",
        "current/observatory.gpkg",
        "current/*.xlsx",
        "current/changes.md",
    ),
    "earlier release": ("releases/2*/*.parquet", "releases/2*/*.json", "releases/2*/SHA256SUMS"),
    "frames": ("work/*/*.parquet",),
    "beside frames": ("work/*/*.json",),
    "who is withheld": ("work/*/withheld_identifiers.*",),
    "audits": ("audits/*/*/*.json",),
    "private": ("private/*/*.*", "private/*/offers/*.parquet"),
    "archive": ("archive/??/*",),
    "archive's index": ("archive/index*",),
    "links": ("current", "observatory.gpkg", "site", "deliveries"),
    "marks and locks": ("world.txt", ".run.lock", "releases/.lock", "archive/.lock"),
    "history": ("dagster/*.yaml", "dagster/*/*.db", "dagster/*/*/*.db"),
}
PRINTED_ELSEWHERE = {"doctor", *WRITING}


def command(home: Path, order: tuple[str, ...]) -> Done[str]:
    """Run a command on ``home`` in a process of its own."""
    sys.stdout.flush()
    sys.stderr.flush()
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        child = os.fork()
        if child == 0:
            os.dup2(out.fileno(), 1)
            os.dup2(err.fileno(), 2)
            os._exit(_in_child(home, order))
        code, end = None, time.monotonic() + SECONDS
        while code is None:
            ended, status = os.waitpid(child, os.WNOHANG)
            code = os.waitstatus_to_exitcode(status) if ended else None
            if time.monotonic() > end:
                os.kill(child, signal.SIGKILL)
            time.sleep(0.02)
        written = []
        for file in (out, err):
            file.seek(0)
            written.append(file.read().decode("utf-8", "replace"))
    return Done(order, code, *written)


def _in_child(home: Path, order: tuple[str, ...]) -> int:
    for name in [n for n in os.environ if n.startswith("OBSERVATORY_")]:
        del os.environ[name]
    os.environ |= {"OBSERVATORY_HOME": str(home), "OBSERVATORY_AS_OF": DAY, "COLUMNS": "200"}
    sys.argv = ["observatory", *order]
    try:
        observatory()
    except SystemExit as error:
        return error.code if isinstance(error.code, int) else int(bool(error.code))
    except BaseException:
        traceback.print_exc()
        return FAULT
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
    return 0


@dataclass
class Tally:
    """What was damaged, what commands did, and what was wrong."""

    damages: Counter[tuple[str, str]] = field(default_factory=Counter)
    outcomes: Counter[tuple[str, str]] = field(default_factory=Counter)
    recovered: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)


def copy_home(home: Path, target: Path) -> None:
    """A home whose large files are shared with the one it is a copy of."""

    def copy(source: str, to: str) -> None:
        inner = Path(source).relative_to(home).as_posix()
        if OWN.search(inner):
            shutil.copy2(source, to)
        else:
            os.link(source, to)

    shutil.copytree(home, target, symlinks=True, copy_function=copy)


def whole_releases(home: Path) -> set[str]:
    """Names of the releases that are as their own sums say."""
    whole = set()
    for folder in (home / "releases").glob("2*"):
        with contextlib.suppress(OSError, ValueError):
            lines = (folder / "SHA256SUMS").read_text().splitlines()
            pairs = [line.split("  ", 1) for line in lines]
            if pairs and all(
                hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest
                for digest, name in pairs
            ):
                whole.add(folder.name)
    return whole


class Campaign:
    """One prepared home, and what each command prints on it."""

    def __init__(self, home: Path, folder: Path, seed: int) -> None:
        self.home, self.folder, self.rng = home, folder, random.Random(seed)
        self.tally = Tally()
        self.expected = {name: command(home, order).stdout for name, order in READING.items()}

    def strike(self, number: int) -> None:
        """Damage one file, run commands, do as they advise, run them again."""
        home = self.folder / f"home{number}"
        copy_home(self.home, home)
        place = self.rng.choice(list(PLACES))
        path = self._draw(home, place)
        kind = self.rng.choice(self._kinds(path))
        self.tally.damages[(place, kind)] += 1
        what = f"{path.relative_to(home)} ({kind})"
        if path.is_symlink() and kind == "gone":
            path.unlink()
        else:
            KINDS[kind](path, self.rng)
        before = whole_releases(home)
        orders = self._orders(place)
        advice = [
            said
            for name, order in orders.items()
            if (said := self._try(home, name, order, what, before))
        ]
        self._recover(home, path, advice, what)
        self._clean(home)

    def _draw(self, home: Path, place: str) -> Path:
        found = [p for pattern in PLACES[place] for p in sorted(home.glob(pattern))]
        files = [p for p in found if p.is_file() or p.is_symlink()]
        if place == "earlier release":
            current = (home / "current").resolve().name
            files = [p for p in files if p.parent.name != current]
        chosen = self.rng.choice(files)
        return chosen if chosen.is_symlink() else chosen.resolve()

    def _kinds(self, path: Path) -> list[str]:
        if path.is_symlink():
            return list(LINKS)
        if path.suffix == ".parquet":
            return [k for k in KINDS if k not in {"another shape", "deep nesting"}]
        return [k for k in KINDS if k != "another frame"]

    def _orders(self, place: str) -> dict[str, tuple[str, ...]]:
        chosen = self.rng.sample(sorted(READING), 2)
        orders = {name: READING[name] for name in chosen}
        if self.rng.random() < DOCTORED:
            orders["doctor"] = ("doctor",)
        names = sorted(set(WRITING) - {"run"})
        if place in {"frames", "beside frames", "audits", "private", "history", "archive"}:
            names = ["run", *["restore", "site", "export", "atlas"] * 2]
        name = self.rng.choice(names)
        return orders | {name: WRITING[name]}

    def _run(self, home: Path, order: tuple[str, ...]) -> Done[str]:
        return command(home, tuple(part.format(home=home) for part in order))

    def _try(
        self, home: Path, name: str, order: tuple[str, ...], what: str, before: set[str]
    ) -> str:
        """Run one command; returns what it said was wrong, if it did."""
        self._clean(home, keep=True)
        done = self._run(home, order)
        text = done.stdout + done.stderr
        said = done.stderr.strip() or (text.strip() if done.returncode else "")
        self.tally.outcomes[(name, "works" if done.returncode == 0 else "says")] += 1
        wrong = self._judge(name, done, said, home)
        lost = before - whole_releases(home)
        if lost and name != "prune":
            wrong.append(f"lost {lost}")
        for problem in wrong:
            self.tally.problems.append(f"{what}: {name}: {problem}: {said[-400:] or text[-400:]}")
        return said if done.returncode else ""

    def _judge(self, name: str, done: Done[str], said: str, home: Path) -> list[str]:
        wrong = []
        if "Traceback" in done.stdout + done.stderr:
            wrong.append("a traceback")
        if done.returncode not in range(FAULT):
            wrong.append(f"exit status {done.returncode}")
        if done.returncode and not said:
            wrong.append("nothing is said")
        if name not in {"run", "doctor", "verify"} and len(said.splitlines()) > LONGEST:
            wrong.append(f"{len(said.splitlines())} lines")
        expected = self.expected.get(name, "").replace(str(self.home), str(home))
        is_as_before = name in PRINTED_ELSEWHERE or said or done.stdout == expected
        if done.returncode == 0 and not is_as_before:
            wrong.append("another answer")
        return wrong

    def _recover(self, home: Path, path: Path, advice: list[str], what: str) -> None:
        """Do what the sentences say, once each; then commands must work as before."""
        if not advice:
            return
        for said in dict.fromkeys(advice):
            self._follow(home, path, said)
        left = [name for name in ("query", "tables") if self._run(home, READING[name]).returncode]
        done = self._run(home, self.rng.choice([WRITING["site"], READING["deliver"]]))
        left += ["site or deliveries"] if done.returncode else []
        if left:
            self.tally.problems.append(
                f"{what}: after the advice {left} do not work: {done.stderr.strip()[-500:]} "
                f"(advised: {' / '.join(advice)[-600:]})"
            )
        self.tally.recovered["works again" if not left else "does not"] += 1

    def _follow(self, home: Path, path: Path, said: str) -> None:
        """Do one thing that a sentence advises."""
        inner = path.relative_to(home)
        named = re.search(r"`observatory releases restore (\S+)`", said)
        if named and named[1] == "ID":
            self._publish_intact(home, path)
        elif named:
            self._run(home, ("releases", "restore", named[1]))
        elif "backup" in said:
            self._put_back(home, inner)
        elif re.search(r"(remove|delete) it|move it away|remove that folder|not the link", said):
            _remove(path)
            self._run(home, ("run", "--theme", "labour"))
        elif "write one word" in said:
            _remove(path)
            path.write_text("sample")
        elif "`observatory run" in said or "run again" in said:
            self._run(home, ("run",))
        elif "archive add" in said:
            self._run(home, ("run", "--theme", "labour"))

    def _publish_intact(self, home: Path, path: Path) -> None:
        """Publish an intact release again; where there is none, begin anew."""
        current, intact = (home / "current").resolve().name, sorted(whole_releases(home))
        if current in intact:  # an earlier one is damaged: nothing rests on it
            return
        if intact:
            self._run(home, ("releases", "restore", intact[-1]))
        elif path.parent.exists():
            path.parent.rename(home / f"away-{path.parent.name}")
            self._run(home, ("run",))

    def _put_back(self, home: Path, inner: Path) -> None:
        _remove(home / inner)
        shutil.copy2(self.home / inner, home / inner, follow_symlinks=False)

    def _clean(self, home: Path, *, keep: bool = False) -> None:
        for path in home.parent.glob(f"{home.name}-*"):
            _remove(path)
        if not keep:
            shutil.rmtree(home)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


@contextlib.contextmanager
def prepared(given: Path | None) -> Iterator[tuple[Path, Path]]:
    """A home with two releases, a site and deliveries, and a folder on the same disk."""
    with tempfile.TemporaryDirectory(dir=given.parent if given else None) as folder:
        home = Path(folder) / "prepared"
        if given:
            shutil.copytree(given, home, symlinks=True)
        else:
            # restored: then two releases hold all themes
            for order in (("run",), ("releases", "restore", "current")):
                done = command(home, order)
                if done.returncode:
                    raise SystemExit(done.stdout + done.stderr)
        yield home, Path(folder)


def run(count: int, *, seed: int, given: Path | None = None) -> Tally:
    """One campaign of ``count`` damages."""
    for name in SLOW:
        importlib.import_module(name)
    with prepared(given) as (home, folder):
        campaign, seen = Campaign(home, folder, seed), 0
        for number in range(count):
            campaign.strike(number)
            for problem in campaign.tally.problems[seen:]:
                print(problem, file=sys.stderr, flush=True)
            seen = len(campaign.tally.problems)
            print(f"{number + 1} of {count}, {seen} problems", file=sys.stderr, flush=True)
        return campaign.tally


def report(tally: Tally, seed: int) -> str:
    """Counts by place, kind and command, then what was wrong."""
    places, kinds = Counter[str](), Counter[str]()
    for (place, kind), number in tally.damages.items():
        places[place] += number
        kinds[kind] += number
    lines = [f"seed {seed}: {sum(places.values())} damages"]
    lines += [f"  {name:<28}{number:>4}" for name, number in sorted(places.items())]
    lines += [f"  {name:<28}{number:>4}" for name, number in sorted(kinds.items())]
    lines += ["command: works, says what is wrong"]
    for name in sorted({name for name, _ in tally.outcomes}):
        works, says = (tally.outcomes[(name, o)] for o in ("works", "says"))
        lines += [f"  {name:<28}{works:>4}{says:>4}"]
    lines += [f"after the advice: {dict(tally.recovered)}"]
    lines += [f"problems: {len(tally.problems)}", *tally.problems]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--count", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--home", type=Path, help="A home that was prepared (default: made now).")
    chosen = parser.parse_args()
    tally = run(chosen.count, seed=chosen.seed, given=chosen.home)
    print(report(tally, chosen.seed))
    raise SystemExit(bool(tally.problems))


if __name__ == "__main__":
    main()
