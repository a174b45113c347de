"""What is left of a command that was ended: by a terminal, by a service manager, by the system."""

import contextlib
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.stops import claimed, leftovers, release, survivors
from tests.homes import command_in
from tests.integration.test_terminal import environment

# a source as those of the graph are: one at a time of its host, and tried again where it fails
RUN = """
import sys, time
import dagster as dg
from observatory.cli.stopping import supervise
from observatory.cli.working import take_away

@dg.asset(pool="a_host", retry_policy=dg.RetryPolicy(max_retries=3))
def source():
    for _ in range(TENTHS):
        time.sleep(0.1)

def work():
    from observatory.cli import running
    from observatory.cli.progress import StepWatcher, own_console
    from observatory.home import prepare_home
    from observatory.pipeline.plan import Planned
    from observatory.pipeline.steps import Out, Step
    from observatory.settings import load_settings

    settings = load_settings()
    prepare_home(settings)
    graph = dg.Definitions(assets=[source], jobs=[dg.define_asset_job("all_of_it")])
    running.definitions = lambda _: graph
    out = Out(name="source", group="sources", description="")
    step = Step(name="source", outs=(out,), reads=(), code="", facts=lambda *_: {})
    begun = [Planned(step=step, why="new", seconds=None, megabytes=None)]
    with (
        own_console() as console,
        running.one_run(settings, print, alone=False) as instance,
        StepWatcher(console) as watcher,
    ):
        assert running.execute(settings, "all_of_it", begun, instance, watcher).success

sys.argv = ["observatory", "run"]
supervise(work, take_away)
"""
ENDED_SECONDS = 30


@contextlib.contextmanager
def inside_a_source(home: Path) -> Iterator["subprocess.Popen[str]"]:
    """A run that has claimed the place of its source, and stays there."""
    running = subprocess.Popen(
        [sys.executable, "-c", RUN.replace("TENTHS", "1000")],
        env=environment(home),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        deadline = time.monotonic() + 120
        while not _claimed(home):
            assert time.monotonic() < deadline
            assert running.poll() is None
            time.sleep(0.1)
        yield running
    finally:
        running.kill()
        running.communicate()


def _claimed(home: Path) -> list[str]:
    try:
        return claimed(home)
    except sqlite3.OperationalError:  # not there yet
        return []


def next_run(home: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-c", RUN.replace("TENTHS", "1")],
        env=environment(home),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def states(home: Path) -> list[str]:
    with contextlib.closing(sqlite3.connect(home / "dagster" / "history" / "runs.db")) as file:
        return [state for (state,) in file.execute("SELECT status FROM runs ORDER BY id")]


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_a_run_in_one_line_inside_a_source_too(
    home: Path, signum: signal.Signals
) -> None:
    with inside_a_source(home) as running:
        running.send_signal(signum)
        _, err = running.communicate(timeout=ENDED_SECONDS)
    assert running.returncode == 128 + signum
    assert err == "Stopped: what was not finished is taken away.\n"
    assert states(home) == ["CANCELED"]
    assert claimed(home) == []
    assert survivors(home, 0) == []
    assert leftovers(home) == []


def test_a_killed_run_is_told_by_doctor_and_blocks_no_later_run(home: Path) -> None:
    with inside_a_source(home) as running:
        running.kill()
        running.communicate()
        assert survivors(home, 5) == []
    assert states(home) == ["STARTED"]
    said = " ".join(command_in(home)("doctor").stdout.split())
    assert "1 ended without a word and hold places at a_host" in said
    assert "now closed: 1" in next_run(home)
    assert states(home) == ["CANCELED", "SUCCESS"]
    assert claimed(home) == []
    assert leftovers(home) == []


def test_work_that_the_system_ends_is_told_and_taken_away(home: Path) -> None:
    with inside_a_source(home) as running:
        children = Path(f"/proc/{running.pid}/task/{running.pid}/children")
        (worker,) = children.read_text().split()
        subprocess.run(["kill", "-9", worker], check=True)
        _, err = running.communicate(timeout=ENDED_SECONDS)
    assert running.returncode == 128 + signal.SIGKILL
    assert err.startswith("The system has ended this program (SIGKILL): ")
    assert err.count("\n") == 1
    assert states(home) == ["CANCELED"]


def test_a_site_that_is_not_finished_leaves_the_one_before(full_home: Path) -> None:
    pages = {p: p.stat().st_mtime_ns for p in (full_home / "site").rglob("*.html")}
    current = release(full_home)
    building = subprocess.Popen(
        [sys.executable, "-m", "observatory.cli.main", "site", "build"],
        env=environment(full_home),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 120
    there = {*(full_home / "built").glob("site-*")}
    while not {*(full_home / "built").glob("site-*")} - there:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    building.terminate()
    _, err = building.communicate(timeout=ENDED_SECONDS)
    assert (building.returncode, err.count("\n")) == (143, 1)
    assert {p: p.stat().st_mtime_ns for p in (full_home / "site").rglob("*.html")} == pages
    assert (release(full_home), leftovers(full_home)) == (current, [])
    assert len([*(full_home / "built").glob("site-*")]) == 1


def test_a_second_run_waits_for_the_first_and_says_so(home: Path) -> None:
    with inside_a_source(home) as running:
        second = subprocess.Popen(
            [sys.executable, "-c", RUN.replace("TENTHS", "1")],
            env=environment(home),
            stdout=subprocess.PIPE,
            text=True,
        )
        assert second.stdout is not None
        assert second.stdout.readline().startswith("Another run is going on in this home: waiting")
        running.terminate()
        running.communicate(timeout=ENDED_SECONDS)
        second.communicate(timeout=120)
        assert second.returncode == 0
    assert states(home) == ["CANCELED", "SUCCESS"]
