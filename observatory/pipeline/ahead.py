"""Steps and checks of a run side by side: Dagster goes through them in a row, and finds them made.

They are made in two processes where the command has begun them, else, and in place of one that is
lost, in threads. A step begins once all that it rests on has ended well; what needs Dagster's
context, and all that follows it, is left to it. What asks a producer stays in this process: its
pace is kept there.
"""

import copyreg
import pickle
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from graphlib import TopologicalSorter
from typing import Any, Self

import dagster as dg

from observatory.errors import ObservatoryError
from observatory.pipeline.audits import AUDITS, warm_up
from observatory.pipeline.plan import Planned
from observatory.pipeline.steps import STEPS, Results, makers
from observatory.pipeline.workers import AT_ONCE, ask, begun_workers, give_back_memory
from observatory.settings import Settings
from observatory.storage.frames import Store

LOST = (
    "the process that made it was ended, by the system where memory is short: `observatory run` "
    "goes on from what is made."
)
# whose mistake an error tells of: what it comes from stays behind in the other process
MISTAKE = "mistake"


@dataclass(eq=False)
class Job:
    """A step, or the checks of a table, and what comes of it."""

    name: str
    work: Callable[..., Results]
    told: tuple[Any, ...]
    is_audit: bool = False
    result: Future[Results] = field(default_factory=Future)


class Ahead:
    """The steps of one run, made two at a time; ``take`` waits for the one that is asked for."""

    def __init__(self, planned: Sequence[Planned], settings: Settings, store: Store) -> None:
        self.settings, self.store = settings, store
        self.steps = {each.step.name: each.step for each in planned}
        self.audits = {f"{t}_audit": t for s in self.steps.values() for t in s.keys if t in AUDITS}
        rests_on = self._rests_on()
        self.chain = _longest_chains(rests_on)
        self.order = TopologicalSorter(rests_on)
        self.order.prepare()
        self.jobs: dict[str, Job] = {}
        self.waiting: list[Job] = []
        self.is_open, self.lock = True, threading.RLock()
        self.threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="step")
        # the last looks at tables too: what that imports is paid for once
        self.free: list[Executor] = begun_workers() or [self.threads] * AT_ONCE
        self.auditor = self.free[-1]

    def _rests_on(self) -> dict[str, set[str]]:
        """The steps of this run that each step, and the checks of each table, wait for."""
        maker = makers()
        needs = {name: step.needs for name, step in self.steps.items()}
        needs |= {name: (table, *AUDITS[table].reads) for name, table in self.audits.items()}
        return {
            name: {maker[need] for need in read if maker.get(need) in self.steps}
            for name, read in needs.items()
        }

    def __enter__(self) -> Self:
        with self.lock:
            if self.auditor is not self.threads and len(self.steps) + len(self.audits) > 1:
                # begun by this thread: on Linux a process ends with the thread that began it
                self._start(self.auditor, Job("", know_rules if self.audits else nothing, ()))
            self._look()
        return self

    def __exit__(self, *_: object) -> None:
        """Wait for what is under way; begin nothing more."""
        with self.lock:
            self.is_open = False
            for job in self.waiting:
                job.result.cancel()
        self.threads.shutdown(wait=True, cancel_futures=True)
        for job in [job for job in self.jobs.values() if not job.result.cancelled()]:
            job.result.exception()

    def _look(self) -> None:
        """See what can begin now, and begin as much as there are places; held by the lock."""
        if not self.is_open:  # who would wait for what begins no more?
            return
        for name in self.order.get_ready():
            if job := self._job(name):
                self.jobs[name] = job
                self.waiting.append(job)
        # what most has to wait for goes first: the end of a run has little to do side by side
        self.waiting.sort(key=lambda job: (-self.chain[job.name], self._lateness(job)))
        for job in [*self.waiting]:
            # one that has ended at once, as it was begun, has begun others
            if job in self.waiting and (place := self._place(job)):
                self.waiting.remove(job)
                self._start(place, job)

    def _job(self, name: str) -> Job | None:
        if name in self.audits:
            return Job(name, look, (self.audits[name], self.settings), is_audit=True)
        told = (name, self.settings, self.store)
        return Job(name, make, told) if self.steps[name].work else None

    def _lateness(self, job: Job) -> int:
        return 0 if job.is_audit else self.steps[job.name].lateness

    def _place(self, job: Job) -> Executor | None:
        """Where a job can begin now, if anywhere."""
        is_live = self.settings.input == "live"
        if is_live and not job.is_audit and self.steps[job.name].asks:
            return self.threads
        others = any(not each.is_audit for each in self.waiting)
        audits = any(each.is_audit for each in self.waiting)
        # what nothing waits for may take long: checks that are to come would wait for it; of
        # threads, each looks at tables, and none would be left for it
        is_apart = self.auditor is not self.threads
        if is_apart and self.chain[job.name] == 0:
            audits |= any(name not in self.jobs for name in self.audits)
        is_late = is_apart and self._lateness(job) > 0
        for place in self.free:
            is_auditor = place is self.auditor
            if is_late and is_auditor:  # a release has its quality tables looked at there
                continue
            if is_auditor if job.is_audit else not (is_auditor and audits and others):
                return place
        return None

    def _start(self, place: Executor, job: Job) -> None:
        if is_place := place in self.free:
            self.free.remove(place)
        try:
            future = ask(place, tellable, job.work, *job.told)
        except (BrokenProcessPool, OSError):  # lost meanwhile, or the system has no place for it
            place = self._instead_of(place)
            future = ask(place, tellable, job.work, *job.told)
        left = [place] if is_place else []

        def end(done: Future[Results]) -> None:
            # an executor that ends with its process holds a lock of its own meanwhile, which who
            # holds ours may wait for
            if _is_lost(done):
                threading.Thread(target=self._end, args=(job, done, left)).start()
            else:
                self._end(job, done, left)

        future.add_done_callback(end)

    def _instead_of(self, lost: Executor) -> Executor:
        if lost is self.auditor:
            self.auditor = self.threads
        return self.threads

    def _end(self, job: Job, done: Future[Results], left: list[Executor]) -> None:
        """Let what follows begin, then tell who waits."""
        error = done.exception() if not done.cancelled() else None
        try:
            with self.lock:
                is_lost = _is_lost(done)
                self.free.extend(self._instead_of(place) if is_lost else place for place in left)
                is_made = job.name and not done.cancelled() and error is None
                if is_made and all(map(_is_fine, done.result())):
                    self.order.done(job.name)
                self._look()
        finally:  # whatever keeps what follows from beginning, who waits for this is told
            if done.cancelled():
                job.result.cancel()
            elif error is not None:
                job.result.set_exception(_failure(error))
            else:
                job.result.set_result(done.result())

    def take(self, name: str) -> Results | None:
        """What a step has made, once it has; None where it was not begun: it is Dagster's then."""
        with self.lock:
            job = self.jobs.get(name)
        if job is None:
            return None
        if job.result.exception() is not None:
            with self.lock:  # a try that follows is Dagster's own
                self.jobs.pop(name, None)
        return job.result.result()


def _longest_chains(rests_on: dict[str, set[str]]) -> dict[str, int]:
    """How many steps follow one another after each step, at most."""
    chain = dict.fromkeys(rests_on, 0)
    for name in reversed([*TopologicalSorter(rests_on).static_order()]):
        for need in rests_on[name]:
            chain[need] = max(chain[need], chain[name] + 1)
    return chain


def _again(told: dict[str, Any]) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(**told)


# Dagster's own cannot be told from one process to another
copyreg.pickle(dg.AssetCheckResult, lambda found: (_again, (found._asdict(),)))


def make(name: str, settings: Settings, store: Store) -> Results:
    """All that a step tells once it is made."""
    work = STEPS[name].work
    return [*work(settings, store)] if work else []


def look(table: str, settings: Settings) -> Results:
    """All that the checks of a table tell."""
    return [*AUDITS[table].work(settings)]


def nothing() -> Results:
    """Be there."""
    return []


def tellable(work: Callable[..., Results], *told: Any) -> Results:
    """What ``work`` tells; its error as one that another process can make again from its text."""
    try:
        return work(*told)
    except Exception as error:
        if isinstance(error.__cause__, ObservatoryError):
            error.__dict__[MISTAKE] = error.__cause__
        try:
            pickle.loads(pickle.dumps(error))  # noqa: S301
        except Exception:
            msg = f"{type(error).__name__}: {error}"
            raise RuntimeError(msg) from error
        raise
    finally:
        give_back_memory()


def know_rules() -> Results:
    """Be ready to look at tables."""
    warm_up()
    return []


def _is_lost(done: Future[Results]) -> bool:
    return not done.cancelled() and isinstance(done.exception(), BrokenProcessPool)


def _failure(error: BaseException) -> BaseException:
    """What is told of an error of another process; how it came to a mistake is not told."""
    if isinstance(error, BrokenProcessPool):
        return dg.Failure(LOST, allow_retries=False)
    if isinstance(error, (ObservatoryError, dg.Failure)):
        error.__cause__ = error.__dict__.get(MISTAKE)
    return error


def _is_fine(result: Any) -> bool:
    """Whether what rests on it may begin."""
    is_error = isinstance(result, dg.AssetCheckResult) and not result.passed
    return not (is_error and result.severity == dg.AssetCheckSeverity.ERROR)
