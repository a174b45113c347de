"""Measures commands in processes of their own, in turn, and writes what was found.

A case is a command. ``take_turns`` runs each once a round, so that what else the machine does falls
on all alike; ``summarise`` gives medians and spreads as a Markdown table, ``record`` keeps it with
versions and load in ``RESULTS.md``, in the place of what the section held before.
"""

import argparse
import contextlib
import datetime as dt
import importlib.metadata
import json
import os
import platform
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

RESULTS = Path(__file__).parent / "RESULTS.md"
TOLD = "measured: "
EVERY_S = 0.25
PACKAGES = ("polars", "pyarrow", "geopandas", "shapely", "dagster", "great-expectations")


@dataclass(frozen=True, kw_only=True)
class Measure:
    """One run: wall and CPU seconds, peak memory of the process tree, what it told and printed."""

    wall_s: float
    cpu_s: float
    peak_mb: float
    told: dict[str, Any] = field(default_factory=dict)
    printed: str = ""


def tell(**found: Any) -> None:
    """Say something of a run from inside of it: ``Measure.told`` of who measures it."""
    print(f"{TOLD}{json.dumps(found)}", flush=True)


def measure(command: Sequence[str]) -> Measure:
    """Run a command; CPU and memory are of all its processes. Raises where it fails."""
    with tempfile.TemporaryFile("w+") as output:
        begun = time.perf_counter()
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
        ended, peak = threading.Event(), [0.0]
        watcher = threading.Thread(target=_watch, args=(process.pid, ended, peak))
        watcher.start()
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - begun
        process.returncode = os.waitstatus_to_exitcode(status)
        ended.set()
        watcher.join()
        output.seek(0)
        text = output.read()
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}:\n{text[-4000:]}")
    told: dict[str, Any] = {}
    for line in text.splitlines():
        if line.startswith(TOLD):
            told |= json.loads(line.removeprefix(TOLD))
    return Measure(
        wall_s=wall,
        cpu_s=used.ru_utime + used.ru_stime,
        peak_mb=max(peak[0], used.ru_maxrss / 1024),
        told=told,
        printed=text,
    )


def _watch(pid: int, ended: threading.Event, peak: list[float]) -> None:
    """Keep the largest sum of the tree's memory; files that processes map are counted once.

    What forked processes still share is counted in each: to ask the system for more than two
    numbers makes it walk through gigabytes, while the measured processes wait.
    """
    while not ended.wait(EVERY_S):
        with contextlib.suppress(psutil.Error):
            top = psutil.Process(pid)
            found = [_megabytes(each) for each in (top, *top.children(recursive=True))]
            mapped = max(shared for _, shared in found)
            peak[0] = max(peak[0], sum(own for own, _ in found) + mapped)


def _megabytes(process: psutil.Process) -> tuple[float, float]:
    """What a process has for itself, and of files and shared memory."""
    with contextlib.suppress(psutil.Error):
        held = process.memory_info()
        return (held.rss - held.shared) / 2**20, held.shared / 2**20
    return 0.0, 0.0


def module(name: str, *arguments: object) -> list[str]:
    """The command of a module run by this interpreter."""
    return [sys.executable, "-m", name, *map(str, arguments)]


Case = Sequence[str] | Callable[[], Sequence[str]]


def take_turns(cases: Mapping[str, Case], rounds: int) -> dict[str, list[Measure]]:
    """Measure each case once a round; every other round goes backwards.

    A case that is no command prepares one, which is not measured.
    """
    found: dict[str, list[Measure]] = {name: [] for name in cases}
    for turn in range(rounds):
        for name in list(cases) if turn % 2 == 0 else reversed(list(cases)):
            case = cases[name]
            one = measure(case() if callable(case) else case)
            found[name].append(one)
            print(f"{name}: {one.wall_s:.1f} s, CPU {one.cpu_s:.1f} s, {one.peak_mb:.0f} MB")
    return found


def spread(values: Sequence[float], digits: int = 1) -> str:
    """Median, and the smallest and largest where there are several."""
    middle = f"{statistics.median(values):.{digits}f}"
    if len(values) < 2:
        return middle
    return f"{middle} ({min(values):.{digits}f}–{max(values):.{digits}f})"


def ratio(
    found: Mapping[str, Sequence[Measure]], one: str, other: str, by: str | None = None
) -> float:
    """Median wall time of ``one`` over that of ``other``, or of the seconds that runs told."""
    first, second = (
        statistics.median(m.told[by] if by else m.wall_s for m in found[name])
        for name in (one, other)
    )
    return first / second


def summarise(found: Mapping[str, Sequence[Measure]], by: str | None = None) -> str:
    """A Markdown table: median (smallest–largest) of each case, and what its runs told.

    Factors are against the first case, of wall time or of the seconds that runs told as ``by``.
    """
    base = next(iter(found))
    lines = ["| case | wall s | CPU s | peak MB | factor | told |", "|---|---|---|---|---|---|"]
    for name, runs in found.items():
        columns = ([m.wall_s for m in runs], [m.cpu_s for m in runs], [m.peak_mb for m in runs])
        wall, cpu, peak = (spread(c, d) for c, d in zip(columns, (1, 1, 0), strict=True))
        several = {by: spread([m.told[by] for m in runs], 2)} if by else {}
        told = ", ".join(f"{k} {_short(v)}" for k, v in {**runs[-1].told, **several}.items())
        factor = ratio(found, name, base, by)
        lines.append(f"| {name} | {wall} | {cpu} | {peak} | {factor:.2f} | {told} |")
    return "\n".join(lines)


def _short(value: object) -> str:
    if isinstance(value, float):
        return f"{value:,.2f}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def circumstances(packages: Sequence[str] = PACKAGES) -> str:
    """Day, machine, load, and versions of what was measured."""
    named = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in packages)
    memory = psutil.virtual_memory().total / 2**30
    return (
        f"{dt.date.today().isoformat()}, {os.cpu_count()} cores, {memory:.0f} GiB, load "  # noqa: DTZ011
        f"{os.getloadavg()[0]:.1f}, Python {platform.python_version()}, {named}."
    )


def record(title: str, command: str, text: str, packages: Sequence[str] = PACKAGES) -> None:
    """Write a section of ``RESULTS.md``, in the place of the one that has its title.

    ``command`` is told with the arguments of this process, paths without their folders.
    """
    given = [Path(a).name if "/" in a else a for a in sys.argv[1:] if a != "--record"]
    told = " ".join([command, *given])
    section = f"## {title}\n\n`{told}`. {circumstances(packages)}\n\n{text.strip()}\n"
    held = RESULTS.read_text("utf-8") if RESULTS.exists() else "# What was measured\n"
    head, *sections = re.split(r"(?m)^(?=## )", held)
    kept = [s.strip() + "\n" for s in sections if not s.startswith(f"## {title}\n")]
    RESULTS.write_text("\n".join([head.strip() + "\n", *kept, section]), "utf-8")


def options(described: str | None, rounds: int = 3) -> argparse.ArgumentParser:
    """A parser with what all benchmarks take."""
    parser = argparse.ArgumentParser(
        description=described, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=rounds)
    parser.add_argument("--record", action="store_true", help="keep it in RESULTS.md")
    return parser
