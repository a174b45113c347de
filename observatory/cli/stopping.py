"""Ends a command when it is told to: the work is done by a child that can be ended at any moment.

What runs inside a command may hold a signal back for minutes: steps of Dagster that are tried
again, libraries in C. The process that the user started does no work: it waits, ends the work
with all its processes, and has what was begun taken away. It does so too where the system ends
the work, for lack of memory for instance.
"""

import contextlib
import os
import signal
import sys
import time
from collections.abc import Callable
from typing import NoReturn

BY_SIGNAL = 128
PR_SET_PDEATHSIG = 1
# Dagster ends its own processes when it is asked to; where it is slow, they are ended
UI_SECONDS = 8.0
KILLED_SECONDS, CLEANING_SECONDS, STEP_SECONDS = 5.0, 20, 0.02
TAKEN_AWAY = "what was not finished is taken away."
CLEAR_LINE_SHOW_CURSOR = "\r\x1b[2K\x1b[?25h"


def main() -> None:
    """Run the command line; whatever it does, a signal ends it in one line."""
    supervise(_work, _clean, asks_first=UI_SECONDS if sys.argv[1:2] == ["ui"] else 0)


def _work() -> None:
    # before Polars is there: memory of a step serves the next, instead of going back and forth
    os.environ.setdefault("_RJEM_MALLOC_CONF", "dirty_decay_ms:10000,muzzy_decay_ms:-1")
    # nothing slow before the signals are looked after
    from observatory.cli.main import run_command_line

    run_command_line()


def _clean() -> None:
    from observatory.cli.working import take_away

    take_away()


def supervise(
    work: Callable[[], None], clean: Callable[[], None], *, asks_first: float = 0
) -> None:
    """Do ``work`` in a child and end as it ends; ``clean`` where a signal has ended it.

    Work that has processes of its own to end is asked first, and has ``asks_first`` seconds.
    """
    stops = {signal.SIGINT, signal.SIGTERM}
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # nohup
        stops.add(signal.SIGHUP)
    waited = {*stops, signal.SIGCHLD, signal.SIGTSTP}
    sys.stdout.flush()
    sys.stderr.flush()
    signal.pthread_sigmask(signal.SIG_BLOCK, waited)
    parent, child = os.getpid(), os.fork()
    if child == 0:
        _become_worker(parent, signal.SIGTERM if asks_first else signal.SIGKILL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, waited)
        work()
        return
    with contextlib.suppress(OSError):  # the child does it too: whichever comes first
        os.setpgid(child, child)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    while True:
        signum = signal.sigwait(waited)
        if signum == signal.SIGTSTP:
            _pause(child)
        elif signum in stops:
            _end(child, asks_first)
            _leave(f"Stopped: {TAKEN_AWAY}", clean, BY_SIGNAL + signum, stops)
        elif (ended := os.waitpid(child, os.WNOHANG))[0]:
            status = os.waitstatus_to_exitcode(ended[1])
            if status >= 0:
                os._exit(status)
            _end(child, 0)
            said = f"The system has ended this program ({signal.Signals(-status).name}): "
            _leave(said + TAKEN_AWAY, clean, BY_SIGNAL - status, stops)


def _become_worker(parent: int, signum: int) -> None:
    """A group of processes of its own, which a terminal does not interrupt, and own signals.

    On Linux it does not outlive the process that looks after it.
    """
    os.setpgid(0, 0)
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(signum))
        if os.getppid() != parent:
            os._exit(BY_SIGNAL + signum)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _pause(child: int) -> None:
    """Stop with the work, as a shell asks for; here it goes on when the shell says so."""
    os.killpg(child, signal.SIGSTOP)
    os.kill(os.getpid(), signal.SIGSTOP)
    os.killpg(child, signal.SIGCONT)


def _end(child: int, asks_first: float) -> None:
    """End the work with all processes of its group."""
    if asks_first and _send(child, signal.SIGTERM):
        _wait(child, asks_first)
    if _send(child, signal.SIGKILL):
        _wait(child, KILLED_SECONDS)


def _wait(child: int, seconds: float) -> None:
    """Wait until no process of the group is left, or the seconds are over."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        with contextlib.suppress(ChildProcessError):
            os.waitpid(child, os.WNOHANG)
        if not _send(child, 0):
            return
        time.sleep(STEP_SECONDS)


def _send(group: int, signum: int) -> bool:
    """Send a signal to a group; whether there was anyone to receive it."""
    try:
        os.killpg(group, signum)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def _leave(
    said: str, clean: Callable[[], None], status: int, stops: set[signal.Signals]
) -> NoReturn:
    """Say one line, clean up, and end: a second signal ends at once, and so does the clock."""
    clear = CLEAR_LINE_SHOW_CURSOR if sys.stderr.isatty() else ""
    with contextlib.suppress(OSError):
        sys.stderr.write(f"{clear}{said}\n")
        sys.stderr.flush()
    for signum in {*stops, signal.SIGALRM}:
        signal.signal(signum, lambda *_: os._exit(status))
    signal.alarm(CLEANING_SECONDS)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, stops)
    with contextlib.suppress(Exception):
        clean()
    os._exit(status)
