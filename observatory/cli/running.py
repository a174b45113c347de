"""Runs the main job in this process, shows how far it is, and sums up what came out."""

import contextlib
import datetime as dt
import logging
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import dagster as dg
import sqlalchemy

from observatory.cli.progress import StepWatcher, own_console
from observatory.cli.summary import Clock, report, report_unchanged
from observatory.cli.territory import require_territory
from observatory.cli.working import is_alone
from observatory.database.opening import open_target
from observatory.definitions import definitions
from observatory.errors import InputError
from observatory.home import RUN_LOCK, prepare_home, require_world
from observatory.pipeline.history import EMBEDDED, close_dead_runs, open_history, trim, unusable
from observatory.pipeline.plan import Planned, after, before, forget_made, plan
from observatory.pipeline.steps import PARTS_JOB, STEPS
from observatory.release import current_folder
from observatory.settings import Settings, load_settings
from observatory.storage.erasure import erase_due
from observatory.storage.frames import Store
from observatory.storage.locks import hold
from sources import CARDS

EVERYTHING = "everything"


def run_and_report(theme: str | None, *, fresh: bool = False) -> int:
    """Run what changed of one theme, or of all; print the summary; return the exit status.

    With ``fresh`` everything is made again.
    """
    settings = ready()
    with own_console() as console:
        clock = Clock()
        label = "données fictives, sample" if settings.is_sample else settings.input
        console.print(
            f"Observatory: {theme or 'all themes'}, input {label}, territory {settings.territory}"
        )
        with open_target(settings):  # a database that cannot be used is said before any work
            pass
        erase_due(settings, CARDS, dt.datetime.now(dt.UTC))
        with one_run(settings, console.print, alone=is_alone()) as instance:
            steps = steps_of(settings, theme)
            if fresh:
                forget_made(steps, settings)
            with StepWatcher(console) as watcher:
                results = [*run_stale(settings, steps, instance, watcher)]
        if not results:
            return report_unchanged(console, settings, clock)
        done = Done(results)
        clock.count(done)
        return report(console, settings, done, clock)


def ready() -> Settings:
    """The settings, once the home is fit for a run; what is wrong is said before any work."""
    warnings.filterwarnings("ignore")
    settings = load_settings()
    require_territory(settings)
    prepare_home(settings)
    require_world(settings)
    current_folder(settings)  # where it is lost, that is said before any work
    return settings


def steps_of(settings: Settings, theme: str | None) -> set[str]:
    """The steps of a theme, or of all, checks apart."""
    job = definitions(settings).resolve_job_def(theme or EVERYTHING)
    whole = {node.name for node in job.nodes if node.name in STEPS}
    return whole | {name for name in before(whole) if STEPS[name].is_parted}


def run_stale(
    settings: Settings, steps: set[str], instance: dg.DagsterInstance, watcher: StepWatcher
) -> Iterator[dg.ExecuteInProcessResult]:
    """Run what is stale: the ground of all départements, each of them, and the rest.

    What rests on a département that failed is not begun; all else is.
    """
    parted = {name for name in steps if STEPS[name].is_parted}
    ground = before(parted) & steps
    lost: set[str] = set()
    if stale := _stale(ground, settings):
        done = execute(settings, EVERYTHING, stale, instance, watcher)
        yield done
        lost = set() if done.success else parted | ground
    for part in [] if lost or not parted else Store.of(settings).departments():
        if stale := _stale(parted, settings, part):
            done = execute(settings, PARTS_JOB, stale, instance, watcher, part)
            yield done
            lost |= set() if done.success else parted
    rest = steps - parted - ground - (after(lost) if lost else set())
    if stale := _stale(rest, settings):
        yield execute(settings, EVERYTHING, stale, instance, watcher)


def _stale(steps: set[str], settings: Settings, part: str | None = None) -> list[Planned]:
    return [planned for planned in plan(steps, settings, part) if planned.why]


@dataclass(frozen=True)
class Done:
    """The runs that one command has made, as one."""

    runs: Sequence[dg.ExecuteInProcessResult]

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
    stale: Sequence[Planned],
    instance: dg.DagsterInstance,
    watcher: StepWatcher,
    part: str | None = None,
) -> dg.ExecuteInProcessResult:
    """Run what is stale of a job in this process, and show how far it is."""
    graph = dg.Definitions.merge(
        definitions(settings), dg.Definitions(loggers={"progress": _logger(watcher)})
    )
    watcher.begin(stale, part)
    return graph.resolve_job_def(job).execute_in_process(
        instance=instance,
        raise_on_error=False,
        tags=EMBEDDED,
        partition_key=part,
        asset_selection=[dg.AssetKey(key) for planned in stale for key in planned.step.keys],
        run_config={"loggers": {"progress": {}}},
    )


def _logger(watcher: StepWatcher) -> Any:
    def progress_logger(_: Any) -> logging.Logger:
        logger = logging.Logger("observatory.progress", level=logging.DEBUG)
        logger.addHandler(watcher)
        return logger

    return dg.logger(None, "Shows progress on the terminal.")(progress_logger)
