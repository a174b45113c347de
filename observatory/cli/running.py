"""Runs the main job in this process, shows how far it is, and sums up what came out."""

import contextlib
import datetime as dt
import functools
import logging
import warnings
from collections.abc import Callable, Collection, Iterator, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, TypeAlias

import dagster as dg
import sqlalchemy

from assets.catalogue import TABLES
from assets.released import RELEASES
from observatory.cli.cluster import make_parts
from observatory.cli.progress import StepWatcher, own_console
from observatory.cli.sharing import (
    part_key,
    require_store,
    share_ground,
    share_part,
    shared,
    take_ground,
    take_part,
)
from observatory.cli.summary import Clock, report, report_unchanged
from observatory.cli.territory import require_territory
from observatory.cli.working import is_alone
from observatory.database.opening import open_target
from observatory.definitions import definitions
from observatory.disclosure.withholding import REGISTER, REGISTER_SOURCE
from observatory.errors import InputError
from observatory.home import RUN_LOCK, prepare_home, require_world
from observatory.pipeline.ahead import Ahead
from observatory.pipeline.history import EMBEDDED, close_dead_runs, open_history, trim, unusable
from observatory.pipeline.plan import Planned, after, before, forget_made, plan
from observatory.pipeline.steps import PARTS_JOB, STEPS, TAKE
from observatory.pipeline.workers import look_less_for_garbage
from observatory.release import current_folder
from observatory.settings import Settings, load_settings
from observatory.storage.erasure import erase_due
from observatory.storage.frames import Store, forget_read
from observatory.storage.locks import hold
from sources import CARDS

EVERYTHING = "everything"
AFTER_GROUND = "of each département, once the ground is made"
# the last steps, on labour and land together
JOINED = "joined"
# who looks at the steps of the run that is going on
WATCHER: ContextVar[StepWatcher] = ContextVar("watcher")


@dataclass(frozen=True)
class LostPart:
    """A département that no worker could make, and what was said of it."""

    part: str
    said: str
    success: bool = False


Run: TypeAlias = dg.ExecuteInProcessResult
Work: TypeAlias = Callable[[dg.DagsterInstance, StepWatcher], Iterator[Run | LostPart]]


def run_and_report(theme: str | None, *, fresh: bool = False) -> int:
    """Run what changed of one theme, or of all; print the summary; return the exit status.

    With ``fresh`` everything is made again.
    """
    settings = ready()

    def work(instance: dg.DagsterInstance, watcher: StepWatcher) -> Iterator[Run | LostPart]:
        steps = steps_of(settings, theme)
        if fresh:
            forget_made(steps, settings)
        yield from run_stale(settings, steps, instance, watcher)

    return reported(settings, theme or "all themes", work)


def run_without_withheld() -> int:
    """Make again what follows from who is withheld today; no producer is asked."""
    settings = ready()

    def work(instance: dg.DagsterInstance, watcher: StepWatcher) -> Iterator[Run | LostPart]:
        counting = {t.name for t in TABLES.values() if REGISTER_SOURCE in t.all_sources}
        steps = (after([REGISTER]) | counting) & steps_of(settings, None)
        parted = {name for name in steps if STEPS[name].is_parted}
        for run in run_parts(settings, parted, instance, watcher):
            yield run
            if not run.success:
                return
        yield from run_rest(settings, steps, instance, watcher)

    return reported(settings, "without who is withheld", work)


def run_releases(themes: Collection[str]) -> int:
    """Release what was accepted of these themes, and make what follows; no file is read again."""
    settings = ready()
    names = {f"{theme}_release" for theme in themes}

    def work(instance: dg.DagsterInstance, watcher: StepWatcher) -> Iterator[Run]:
        steps = (names | after(names)) & steps_of(settings, None)
        yield from run_rest(settings, steps, instance, watcher)

    return reported(settings, f"what was accepted of {', '.join(sorted(themes))}", work)


def run_ground_alone() -> int:
    """Make what all départements rest on, and share it; return the exit status."""
    settings = ready()
    steps, store = parted_steps(settings), require_store(settings)

    def work(instance: dg.DagsterInstance, watcher: StepWatcher) -> Iterator[Run]:
        done = [*run_ground(settings, steps, instance, watcher)]
        yield from done
        if all(run.success for run in done):
            share_ground(settings, steps, store)

    return reported(settings, "what all départements rest on", work, is_release=False)


def run_part(department: str) -> int:
    """Make the ground of all départements, and what is made of one; return the exit status.

    Where machines share a store, the ground is what another gave, and so is a département that
    another has made.
    """
    settings = ready()
    steps, store = parted_steps(settings), shared(settings)

    def work(instance: dg.DagsterInstance, watcher: StepWatcher) -> Iterator[Run]:
        if store:
            take_ground(settings, store, department)
        done = [*run_ground(settings, steps, instance, watcher)]
        yield from done
        if all(run.success for run in done):
            require_part(department, settings)
            yield from run_one(settings, steps, department, instance, watcher)

    return reported(settings, f"département {department}", work, is_release=False)


def run_merge(theme: str | None) -> int:
    """Make what is made of all départements; InputError where one is not made as it is now."""
    settings = ready()
    steps = steps_of(settings, theme)
    parted = parted_steps(settings) & steps
    # no producer is asked by a merge: what was made of what is there is what it joins
    judged = (
        settings.model_copy(update={"input": "archive"}) if not settings.is_sample else settings
    )

    def work(instance: dg.DagsterInstance, watcher: StepWatcher) -> Iterator[Run]:
        parts = Store.of(settings).departments() if parted else []
        if store := shared(settings):
            for part in parts:
                take_part(settings, parted, part, store)
        if lacking := [part for part in parts if stale(parted, judged, part)]:
            msg = f"Not made yet as files, settings and code are now: {', '.join(lacking)}."
            raise InputError(f"{msg} `observatory part {lacking[0]}` makes one.")
        yield from run_rest(settings, steps, instance, watcher)

    return reported(settings, theme or "all themes", work)


def reported(settings: Settings, what: str, work: Work, *, is_release: bool = True) -> int:
    """Do ``work`` as the one run of the home, and sum it up; return the exit status."""
    with own_console() as console:
        clock = Clock()
        label = "données fictives, sample" if settings.is_sample else settings.input
        console.print(f"Observatory: {what}, input {label}, territory {settings.territory}")
        with open_target(settings):  # a database that cannot be used is said before any work
            pass
        erase_due(settings, CARDS, dt.datetime.now(dt.UTC))
        with (
            one_run(settings, console.print, alone=is_alone()) as instance,
            StepWatcher(console) as watcher,
        ):
            results = [*work(instance, watcher)]
        if not results:
            return report_unchanged(console, settings, clock, is_release=is_release)
        done = Done(results)
        clock.count(done)
        return report(console, settings, done, clock, is_release=is_release)


def ready() -> Settings:
    """The settings, once the home is fit for a run; what is wrong is said before any work."""
    look_less_for_garbage()
    warnings.filterwarnings("ignore")
    settings = load_settings()
    require_territory(settings)
    prepare_home(settings)
    require_world(settings)
    current_folder(settings)  # where it is lost, that is said before any work
    return settings


def steps_of(settings: Settings, theme: str | None) -> set[str]:
    """The steps of a theme, or of all, checks apart."""
    job = graph_of(settings).resolve_job_def(theme or EVERYTHING)
    whole = {node.name for node in job.nodes if node.name in STEPS}
    # what joins the themes takes what readers have of the one that is not run
    made = before(whole - after_releases() - after(RELEASES))
    return whole | {name for name in made if STEPS[name].is_parted}


def parted_steps(settings: Settings) -> set[str]:
    """The steps that are made département by département."""
    return {name for name in steps_of(settings, None) if STEPS[name].is_parted}


def require_part(department: str, settings: Settings) -> None:
    """InputError for a département that the territory does not reach into."""
    known = Store.of(settings).departments()
    if department not in known:
        msg = f"Territory {settings.territory} has no part {department!r}: {', '.join(known)}."
        raise InputError(msg)


def run_stale(
    settings: Settings, steps: set[str], instance: dg.DagsterInstance, watcher: StepWatcher
) -> Iterator[Run | LostPart]:
    """Run what is stale: the ground of all départements, each of them, and the rest.

    What rests on a département that failed is not begun; all else is.
    """
    parted = {name for name in steps if STEPS[name].is_parted}
    lost: set[str] = set()
    for ground in run_ground(settings, parted, instance, watcher):
        yield ground
        failed = _failed(ground)
        lost |= failed | after(failed)
    has_ground = not lost & (parted | before(parted))
    for run in run_parts(settings, parted, instance, watcher) if parted and has_ground else []:
        yield run
        lost |= set() if run.success else parted
    left = steps - ((after(lost) | lost) - after_releases())
    yield from run_rest(settings, left, instance, watcher)


def _failed(run: Run) -> set[str]:
    """Steps of a run that did not end well: themselves, their checks, or what they waited for."""
    ends = {"STEP_FAILURE", "STEP_SKIPPED"}
    bad = {str(e.step_key) for e in run.all_events if e.event_type_value in ends}
    blocked = {
        found.asset_key.to_user_string()
        for found in run.get_asset_check_evaluations()
        if not found.passed and found.severity == dg.AssetCheckSeverity.ERROR
    }
    named = {name.removesuffix("_audit") for name in bad} | blocked
    return {step.name for step in STEPS.values() if step.name in named or named & {*step.keys}}


def run_ground(
    settings: Settings, parted: set[str], instance: dg.DagsterInstance, watcher: StepWatcher
) -> Iterator[Run]:
    """What all départements rest on, where it is stale."""
    if begun := stale(before(parted), settings):
        yield execute(settings, EVERYTHING, begun, instance, watcher)


def run_parts(
    settings: Settings, parted: set[str], instance: dg.DagsterInstance, watcher: StepWatcher
) -> Iterator[Run | LostPart]:
    """What is made of each département: here, one after the other, or on a cluster."""
    parts = Store.of(settings).departments()
    if settings.executor != "dask":
        for part in parts:
            yield from run_one(settings, parted, part, instance, watcher)
        return
    store = require_store(settings)
    share_ground(settings, parted, store)
    keys = {p: part_key(settings, parted, p) for p in parts if stale(parted, settings, p)}
    lacking = {p: key for p, key in keys.items() if not take_part(settings, parted, p, store)}
    watcher.follow(lacking)
    for part, error in make_parts(settings, lacking) if lacking else []:
        watcher.part_ended(part)
        if error is not None or not take_part(settings, parted, part, store):
            yield LostPart(part, error or "its worker gave nothing back")


def run_one(
    settings: Settings,
    parted: set[str],
    part: str,
    instance: dg.DagsterInstance,
    watcher: StepWatcher,
) -> Iterator[Run]:
    """What is made of one département, where it is stale and no other machine has made it."""
    store = shared(settings)
    key = part_key(settings, parted, part) if store else ""
    begun = stale(parted, settings, part)
    if begun and store and take_part(settings, parted, part, store):
        begun = stale(parted, settings, part)
    if begun:
        yield (run := execute(settings, PARTS_JOB, begun, instance, watcher, part))
        if not run.success:
            return
    if store:
        share_part(settings, parted, part, store, key)


def run_rest(
    settings: Settings, steps: set[str], instance: dg.DagsterInstance, watcher: StepWatcher
) -> Iterator[Run]:
    """What is made of all départements, or of none; then what is made of the releases."""
    whole = {name for name in steps if not STEPS[name].is_parted}
    # what is made of one theme's release goes on beside what joins both
    joined = (after_releases() | after(RELEASES)) & whole
    if begun := stale(whole - joined, settings):
        yield (run := execute(settings, EVERYTHING, begun, instance, watcher))
        failed = _failed(run)
        joined -= {name for name in joined if failed & {*STEPS[name].reads}}
    if begun := stale(joined, settings):
        yield execute(settings, EVERYTHING, begun, instance, watcher, phase=JOINED)


def after_releases() -> set[str]:
    """What is made of releases, whichever of them failed: what readers have of it serves."""
    waiting = {name for name, step in STEPS.items() if {*RELEASES} <= {*step.waits_for}}
    return waiting | after(waiting)


def stale(steps: set[str], settings: Settings, part: str | None = None) -> list[Planned]:
    """The steps that have something to do, of a département where ``part`` names it.

    What the others made is what this run would make, under whatever settings it was made; it is
    noted as if they were begun, where anything is.
    """
    store, every = Store.of(settings), plan(steps, settings, part)
    store = store.of_part(part) if part else store
    begun = [planned for planned in every if planned.why]
    for out in [out for planned in every if not planned.why for out in planned.step.outs]:
        store.stamp(out.name)
        if begun:
            out.note(settings)
    return begun


def planned_parts(settings: Settings, theme: str | None) -> Iterator[tuple[str, list[Planned]]]:
    """What a run would do: of all départements' ground, of each, and of the rest."""
    steps = steps_of(settings, theme)
    parted = {name for name in steps if STEPS[name].is_parted}
    ground = before(parted)
    yield "", (first := plan(ground, settings))
    new = any(each.why for each in first)
    try:
        parts = Store.of(settings).departments() if parted else []
    except InputError:  # the ground is yet to be made, of these settings: it tells the départements
        parts = []
        yield (
            "?",
            [
                Planned(step=STEPS[name], why=AFTER_GROUND, seconds=None, megabytes=None)
                for name in sorted(parted)
            ],
        )
    for part in parts:
        yield part, (own := plan(parted, settings, part))
        new |= any(each.why for each in own)
    yield "", plan(steps - parted - ground, settings, after=parted if new else set())


@dataclass(frozen=True)
class Done:
    """The runs that one command has made, as one."""

    ended: Sequence[Run | LostPart]

    @property
    def runs(self) -> list[Run]:
        """Those of this process."""
        return [run for run in self.ended if not isinstance(run, LostPart)]

    @property
    def lost(self) -> list[str]:
        """What was said of each département that no worker could make."""
        lost = [run for run in self.ended if isinstance(run, LostPart)]
        return [f"Département {run.part} was not made: {run.said}" for run in lost]

    @property
    def all_events(self) -> list[dg.DagsterEvent]:
        """What happened, in its order."""
        return [event for run in self.runs for event in run.all_events]

    def get_asset_check_evaluations(self) -> list[Any]:
        """What was checked."""
        return [found for run in self.runs for found in run.get_asset_check_evaluations()]


@contextlib.contextmanager
def one_run(
    settings: Settings, say: Callable[[str], None], *, alone: bool
) -> Iterator[dg.DagsterInstance]:
    """The home's history, for one run at a time: another waits, which ``say`` tells.

    What runs that are no more hold is given back first, and old ones are forgotten. Runs of the
    UI are judged where nobody else is at work (``alone``).
    """
    waiting = "Another run is going on in this home: waiting for it to end."
    lock = hold(settings.home / RUN_LOCK, lambda: say(waiting))
    with lock, open_history(settings, say) as instance:
        if dead := close_dead_runs(instance, settings, alone=alone):
            say(f"Runs that had ended without a word, now closed: {dead}.")
        trim(instance, settings)
        try:
            yield instance
        except sqlalchemy.exc.DatabaseError as error:
            raise InputError(unusable(settings.home / "dagster", str(error.orig))) from None


def execute(
    settings: Settings,
    job: str,
    begun: Sequence[Planned],
    instance: dg.DagsterInstance,
    watcher: StepWatcher,
    part: str | None = None,
    phase: str = "",
) -> Run:
    """Run what is stale of a job in this process, and show how far it is."""
    watcher.begin(begun, part, phase)
    store = Store.of(settings)
    with Ahead(begun, settings, store.of_part(part) if part else store) as ahead:
        told, seen = TAKE.set(ahead.take), WATCHER.set(watcher)
        try:
            return (
                graph_of(settings)
                .resolve_job_def(job)
                .execute_in_process(
                    instance=instance,
                    raise_on_error=False,
                    tags=EMBEDDED,
                    partition_key=part,
                    asset_selection=[dg.AssetKey(key) for each in begun for key in each.step.keys],
                    run_config={"loggers": {"progress": {}}},
                )
            )
        finally:
            TAKE.reset(told)
            WATCHER.reset(seen)
            forget_read()


@functools.lru_cache(maxsize=1)
def graph_of(settings: Settings) -> dg.Definitions:
    """The whole graph, that all runs of a command share; the watcher at work sees its steps."""

    def progress_logger(_: Any) -> logging.Logger:
        logger = logging.Logger("observatory.progress", level=logging.DEBUG)
        logger.addHandler(WATCHER.get())
        return logger

    progress = dg.logger(None, "Shows progress on the terminal.")(progress_logger)
    return dg.Definitions.merge(
        definitions(settings), dg.Definitions(loggers={"progress": progress})
    )
