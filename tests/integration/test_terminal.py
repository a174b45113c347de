"""What a run shows while it goes on, on a terminal and elsewhere, and ports that are taken."""

import fcntl
import os
import pty
import re
import socket
import struct
import subprocess
import sys
import termios
from pathlib import Path

import pytest

from tests.homes import command_in

# Dagster redirects the output of each step: only a real run shows what that does to a bar
RUN = """
import time
import dagster as dg
from observatory.cli import running
from observatory.cli.progress import StepWatcher, own_console
from observatory.home import prepare_home
from observatory.pipeline.plan import Planned
from observatory.pipeline.steps import Out, Step
from observatory.settings import load_settings

def make(name, group, after, fails=False):
    @dg.asset(name=name, group_name=group, deps=after)
    def step():
        time.sleep(0.25)
        if fails:
            raise ValueError
    return step

def planned(name, group):
    out = Out(name=name, group=group, description="")
    step = Step(name=name, outs=(out,), reads=(), code="", facts=lambda *_: {})
    return Planned(step=step, why="new", seconds=0.25, megabytes=None)

steps = [make("clean_a", "clean", []), make("clean_b", "clean", ["clean_a"]),
         make("land_a", "land", ["clean_b"]), make("land_b", "land", ["land_a"], FAILS)]
begun = [planned(f"{group}_{x}", group) for group in ("clean", "land") for x in "ab"]
settings = load_settings()
prepare_home(settings)
graph = dg.Definitions(assets=steps, jobs=[dg.define_asset_job("all_of_it")])
running.definitions = lambda _: graph
with own_console() as console:
    with running.one_run(settings, print, alone=False) as instance, StepWatcher(console) as watcher:
        running.execute(settings, "all_of_it", begun, instance, watcher)
    console.print("the summary")
"""
SIZE = struct.pack("HHHH", 24, 80, 0, 0)
COUNT = re.compile(r"(\d+)/(\d+)")


def environment(home: Path) -> dict[str, str]:
    inherited = {k: v for k, v in os.environ.items() if k not in {"COLUMNS", "NO_COLOR"}}
    return {**inherited, "OBSERVATORY_HOME": str(home), "TERM": "xterm"}


def on_a_terminal(home: Path) -> str:
    """What a terminal of 80 columns receives."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, SIZE)
    started = subprocess.Popen(
        [sys.executable, "-c", RUN.replace("FAILS", "False")],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=environment(home),
    )
    os.close(theirs)
    received = b""
    with os.fdopen(ours, "rb", buffering=0) as terminal:
        # a terminal whose other side is closed answers with an error
        while chunk := _read(terminal.fileno()):
            received += chunk
    assert started.wait(timeout=120) == 0
    return received.decode()


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 65536)
    except OSError:
        return b""


def test_a_terminal_shows_one_bar_that_moves(home: Path) -> None:
    frames = on_a_terminal(home).split("\r")
    counts = [[int(done) for done, _ in COUNT.findall(frame)] for frame in frames]
    assert max(map(len, counts)) == 1, "two bars at once"
    moved = [count[0] for count in counts if count]
    assert moved == sorted(moved)
    assert {1, 2, 3} <= set(moved)
    bare = [re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", frame) for frame in frames]
    assert max(len(frame.strip("\n")) for frame in bare) <= 80
    printed = [frame.strip() for frame in bare if frame.strip() and not COUNT.search(frame)]
    assert printed == ["the summary"]


def piped(home: Path, *, fails: bool) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", RUN.replace("FAILS", str(fails))],
        capture_output=True,
        text=True,
        check=True,
        env=environment(home),
        timeout=120,
    )
    return [re.sub(r" +", " ", line) for line in done.stdout.splitlines()]


def test_elsewhere_each_group_of_steps_is_one_line(home: Path) -> None:
    clean, land, summary = piped(home, fails=False)
    assert re.fullmatch(r"cleaning 2 steps \d+\.\d s", clean)
    assert re.fullmatch(r"land 2 steps \d+\.\d s", land)
    assert summary == "the summary"


def test_a_group_that_did_not_end_says_how_far_it_came(home: Path) -> None:
    land = piped(home, fails=True)[-2]
    assert re.fullmatch(r"land 1 steps \d+\.\d s, 1 not done", land)


@pytest.mark.parametrize("command", ["serve", "ui"])
def test_a_port_in_use_is_said_before_any_address(tmp_path: Path, command: str) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "index.html").write_text("<!doctype html>")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = command_in(tmp_path)(command, "--port", str(port))
    assert done.returncode == 2
    assert (
        done.stderr == f"Port {port} is in use by another program: give another one with --port.\n"
    )
    assert done.stdout == ""
