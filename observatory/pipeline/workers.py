"""Two processes that make steps beside Dagster's own, begun while that one is still importing.

They are begun anew, not forked: libraries with threads of their own do not survive that. Nothing
slow is imported here, so that a command can begin them before anything else.
"""

import contextlib
import gc
import importlib
import multiprocessing
import os
import pkgutil
import signal
import sys
import threading
import warnings
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from typing import Any

PR_SET_PDEATHSIG = 1
AT_ONCE = 2
# objects of Python, and looks at the young, between two looks for garbage
FEW_LOOKS = (100_000, 20, 50)
_begun: list[Executor] = []
# how much each has been asked that it has not ended; what waits until one has nothing to do
_asked: Counter[Executor] = Counter()
_waiting: "deque[Aside]" = deque()
_lost: set[Executor] = set()
_lock = threading.Lock()


@dataclass(eq=False)
class Aside:
    """Work for whichever process is free first; who has begun it, and nobody where it was lost."""

    work: Callable[..., Any]
    told: tuple[Any, ...]
    is_begun: bool = False
    begun: Future[Future[Any] | None] = field(default_factory=Future)


def begin_workers(*packages: str) -> None:
    """Have the processes made for this command; the second where it is first asked for.

    Each imports every module of ``packages``, which makes all steps and rules known.
    """
    look_less_for_garbage()
    spawned = multiprocessing.get_context("spawn")
    _begun[:] = [
        ProcessPoolExecutor(1, spawned, _be_worker, (packages, os.getpid())) for _ in range(AT_ONCE)
    ]
    _begun[0].submit(abs, 0)


def begun_workers() -> list[Executor]:
    """The processes of this command, one executor each; none where it has begun none."""
    return [*_begun]


def ask(place: Executor, work: Callable[..., Any], *told: Any) -> Future[Any]:
    """Have ``work`` done in a process, or by threads; who has ended it takes what waits.

    A process that is lost takes no more: its executor is ending what it was asked, and to ask it
    again then would wait for itself.
    """

    def end(ended: Future[Any]) -> None:
        if not ended.cancelled() and isinstance(ended.exception(), BrokenProcessPool):
            _lost.add(place)
            return
        with _lock:
            _asked[place] -= 1
        _hand_out()

    future = place.submit(work, *told)
    with _lock:
        _asked[place] += 1
    future.add_done_callback(end)
    return future


def _hand_out() -> None:
    """Give what waits to the processes that have nothing to do."""
    for place in [place for place in _begun if place not in _lost]:
        with _lock:
            if not _waiting or _asked[place]:
                continue
            own = _waiting.popleft()
            own.is_begun = True
        try:
            own.begun.set_result(ask(place, own.work, *own.told))
        except RuntimeError:  # lost, or ending: who asked does it himself
            own.begun.set_result(None)


def _take_back(own: Aside) -> bool:
    """Whether nobody has begun it, and nobody will."""
    with _lock:
        if own in _waiting:
            _waiting.remove(own)
        return not own.is_begun


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
    """``work`` goes on in the first process that is free while the block does; both end here.

    Where none was, or it is lost, it is done after the block.
    """
    own = Aside(work, told)
    with _lock:
        _waiting.append(own)
    _hand_out()
    try:
        yield
    except BaseException:
        asked = None if _take_back(own) else own.begun.result()
        if asked is not None and not asked.cancel():
            asked.exception()
        raise
    asked = None if _take_back(own) else own.begun.result()
    if asked is not None:
        try:
            asked.result()
            return
        except BrokenProcessPool:  # the system has ended it, where memory is short
            pass
    work(*told)


def look_less_for_garbage() -> None:
    """Leave aside what there is, which stays to the end, and look less often for what does not.

    To look among modules and the graph takes seconds, each time.
    """
    gc.freeze()
    gc.set_threshold(*FEW_LOOKS)


def give_back_memory() -> None:
    """Give back to the system what the allocator keeps of shapes that are no more.

    It would keep a gigabyte of a step that has ended, while the other process works.
    """
    if sys.platform == "linux":
        import ctypes

        with contextlib.suppress(AttributeError):  # not every C library has it
            ctypes.CDLL(None).malloc_trim(0)


def _be_worker(packages: Sequence[str], parent: int) -> None:
    """Nothing to say, and no life after the process that began it."""
    warnings.filterwarnings("ignore")
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL))
        if os.getppid() != parent:
            os._exit(1)
    look_less_for_garbage()
    for package in map(importlib.import_module, packages):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)
    look_less_for_garbage()
