"""Two processes that make steps beside Dagster's own, begun while that one is still importing.

They are begun anew, not forked: libraries with threads of their own do not survive that. Nothing
slow is imported here, so that a command can begin them before anything else.
"""

import importlib
import multiprocessing
import os
import signal
import sys
import warnings
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from typing import Any

PR_SET_PDEATHSIG = 1
AT_ONCE = 2
_begun: list[Executor] = []


def begin_workers(graph: str) -> None:
    """Have the processes made for this command; the second where it is first asked for.

    Each imports the module ``graph``, which makes all steps known.
    """
    spawned = multiprocessing.get_context("spawn")
    _begun[:] = [
        ProcessPoolExecutor(1, spawned, _be_worker, (graph, os.getpid())) for _ in range(AT_ONCE)
    ]
    _begun[0].submit(abs, 0)


def begun_workers() -> list[Executor]:
    """The processes of this command, one executor each; none where it has begun none."""
    return [*_begun]


def each_beside(work: Callable[..., Any], told: Sequence[tuple[Any, ...]]) -> list[Any]:
    """``work`` of each of ``told``, in the process that looks at tables; here where there is none.

    That process has paid for what looking imports.
    """
    return [done() for done in [begin_beside(-1, work, *each) for each in told]]


def begin_beside(place: int, work: Callable[..., Any], *told: Any) -> Callable[[], Any]:
    """Begin ``work`` in one of the processes of this command; what waits for its result.

    Where there is none, or it is lost, the work is done here, by who waits.
    """
    here = partial(work, *told)
    if not _begun:
        return here
    try:
        asked = _begun[place % AT_ONCE].submit(work, *told)
    except BrokenProcessPool:
        return here

    def wait() -> Any:
        try:
            return asked.result()
        except BrokenProcessPool:  # the system has ended it, where memory is short
            return here()

    return wait


def _be_worker(graph: str, parent: int) -> None:
    """Nothing to say, and no life after the process that began it."""
    warnings.filterwarnings("ignore")
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL))
        if os.getppid() != parent:
            os._exit(1)
    importlib.import_module(graph)
