"""Steps of one process side by side: Dagster goes through them in a row, and finds them made.

Reading and geometry leave Python's lock, so that threads use the cores. A step begins once all that
it rests on has ended well; what needs Dagster's context, and all that follows it, is left to it.
"""

import threading
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from graphlib import TopologicalSorter
from typing import Any, Self

import dagster as dg

from observatory.pipeline.plan import Planned
from observatory.pipeline.steps import Results, Work
from observatory.settings import Settings
from observatory.storage.frames import Store

AT_ONCE = 2


class Ahead:
    """The steps of one run, made two at a time; ``take`` waits for the one that is asked for."""

    def __init__(self, planned: Sequence[Planned], settings: Settings, store: Store) -> None:
        self.settings, self.store = settings, store
        self.steps = {each.step.name: each.step for each in planned}
        makers = {key: name for name, step in self.steps.items() for key in step.keys}
        self.order: TopologicalSorter[str] = TopologicalSorter()
        for name, step in self.steps.items():
            self.order.add(name, *(makers[need] for need in step.needs if need in makers))
        self.order.prepare()
        self.futures: dict[str, Future[Results]] = {}
        self.is_open, self.lock = True, threading.Lock()
        self.pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="step")

    def __enter__(self) -> Self:
        with self.lock:
            self._begin()
        return self

    def __exit__(self, *_: object) -> None:
        """Wait for what is under way; begin nothing more."""
        with self.lock:
            self.is_open = False
        self.pool.shutdown(wait=True, cancel_futures=True)

    def _begin(self) -> None:
        """Begin what can begin; held by the lock."""
        for name in self.order.get_ready() if self.is_open else ():
            if work := self.steps[name].work:
                self.futures[name] = self.pool.submit(self._make, name, work)

    def _make(self, name: str, work: Work) -> Results:
        results = [*work(self.settings, self.store)]
        with self.lock:
            if all(map(_is_fine, results)):
                self.order.done(name)
            self._begin()
        return results

    def take(self, name: str) -> Results | None:
        """What a step has made, once it has; None where it was not begun: it is Dagster's then."""
        with self.lock:
            future = self.futures.get(name)
        if future is None:
            return None
        if future.exception() is not None:
            with self.lock:  # a try that follows is Dagster's own
                self.futures.pop(name, None)
        return future.result()


def _is_fine(result: Any) -> bool:
    """Whether what rests on it may begin."""
    is_error = isinstance(result, dg.AssetCheckResult) and not result.passed
    return not (is_error and result.severity == dg.AssetCheckSeverity.ERROR)
