"""Two processes that make steps beside Dagster's own, begun while that one is still importing.

They are begun anew, not forked: libraries with threads of their own do not survive that. Nothing
slow is imported here, so that a command can begin them before anything else.
"""

import contextlib
import importlib
import multiprocessing
import os
import signal
import sys
import threading
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any

PR_SET_PDEATHSIG = 1
AT_ONCE = 2
_begun: list[Executor] = []
# how much each has been asked that it has not ended
_asked: Counter[Executor] = Counter()
_counting = threading.Lock()


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


def ask(place: Executor, work: Callable[..., Any], *told: Any) -> Future[Any]:
    """Have ``work`` done in a process, or by threads, and keep count of what it has to do."""

    def end(_: Future[Any]) -> None:
        with _counting:
            _asked[place] -= 1

    future = place.submit(work, *told)
    with _counting:
        _asked[place] += 1
    future.add_done_callback(end)
    return future


def each_beside(work: Callable[..., Any], told: Sequence[tuple[Any, ...]]) -> list[Any]:
    """``work`` of each of ``told``, in the process that looks at tables; here where there is none.

    That process has paid for what looking imports.
    """
    if _begun:
        try:
            asked = [ask(_begun[-1], work, *each) for each in told]
            return [one.result() for one in asked]
        except BrokenProcessPool:  # the system has ended it, where memory is short
            pass
    return [work(*each) for each in told]


@contextlib.contextmanager
def beside(work: Callable[..., Any], *told: Any) -> Iterator[None]:
    """``work`` goes on in the process with least to do while the block does; both end here.

    Where there is no such process, or it is lost, it is done after the block.
    """
    asked: Future[Any] | None = None
    with contextlib.suppress(BrokenProcessPool):
        asked = ask(min(_begun, key=_asked.__getitem__), work, *told) if _begun else None
    try:
        yield
    except BaseException:
        if asked is not None and not asked.cancel():
            asked.exception()
        raise
    try:
        if asked is not None:
            asked.result()
            return
    except BrokenProcessPool:  # the system has ended it, where memory is short
        pass
    work(*told)


def give_back_memory() -> None:
    """Give back to the system what the allocator keeps of shapes that are no more.

    It would keep a gigabyte of a step that has ended, while the other process works.
    """
    if sys.platform == "linux":
        import ctypes

        with contextlib.suppress(AttributeError):  # not every C library has it
            ctypes.CDLL(None).malloc_trim(0)


def _be_worker(graph: str, parent: int) -> None:
    """Nothing to say, and no life after the process that began it."""
    warnings.filterwarnings("ignore")
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL))
        if os.getppid() != parent:
            os._exit(1)
    importlib.import_module(graph)
