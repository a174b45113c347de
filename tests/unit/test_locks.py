"""Locks between threads and between processes."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from observatory.storage.locks import hold

HOLDER = """
import os, sys, time
from pathlib import Path
from observatory.storage.locks import hold
with hold(Path(sys.argv[1])):
    child = os.fork() if sys.argv[2] == "fork" else 1
    if child:
        print(child, flush=True)
    time.sleep(60)
"""


@contextlib.contextmanager
def another_process(lock: Path, how: str = "alone") -> Iterator[tuple[subprocess.Popen[str], int]]:
    """A process that holds the lock, and its child where it is to ``fork``; both end here."""
    command = [sys.executable, "-c", HOLDER, str(lock), how]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        child = int(holder.stdout.readline())
        try:
            yield holder, child
        finally:
            holder.kill()
            if how == "fork":
                os.kill(child, signal.SIGKILL)


def hold_later(lock: Path) -> tuple[threading.Thread, threading.Event, threading.Event]:
    """A thread that takes the lock, and the events that it waits and that it had it."""
    waits, had = threading.Event(), threading.Event()

    def take() -> None:
        with hold(lock, waits.set):
            had.set()

    thread = threading.Thread(target=take)
    thread.start()
    return thread, waits, had


def test_a_lock_that_is_free_is_taken_without_a_word(tmp_path: Path) -> None:
    said: list[str] = []
    for _ in range(2):
        with hold(tmp_path / "lock", lambda: said.append("waiting")):
            pass
    assert not said
    assert (tmp_path / "lock").exists()


def test_a_second_thread_waits_and_says_so(tmp_path: Path) -> None:
    with hold(tmp_path / "lock"):
        thread, waits, had = hold_later(tmp_path / "lock")
        assert waits.wait(10)
        assert not had.wait(0.3)
    assert had.wait(10)
    thread.join()


def test_an_error_frees_the_lock(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="broken"), hold(tmp_path / "lock"):
        raise ValueError("broken")
    thread, waits, had = hold_later(tmp_path / "lock")
    assert had.wait(10)
    assert not waits.is_set()
    thread.join()


@pytest.mark.parametrize("how", ["alone", "fork"])
def test_a_killed_process_frees_its_lock_even_if_a_child_of_it_lives(
    tmp_path: Path, how: str
) -> None:
    with another_process(tmp_path / "lock", how) as (holder, child):
        thread, waits, had = hold_later(tmp_path / "lock")
        assert waits.wait(10)
        assert not had.wait(0.3)
        holder.kill()
        holder.wait()
        assert had.wait(10)
        thread.join()
        if how == "fork":
            os.kill(child, 0)


def test_a_lock_file_left_behind_keeps_nobody_out(tmp_path: Path) -> None:
    (tmp_path / "lock").write_text("left behind by a run that was killed")
    thread, waits, had = hold_later(tmp_path / "lock")
    assert had.wait(10)
    assert not waits.is_set()
    thread.join()
