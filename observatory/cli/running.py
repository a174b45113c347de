"""Runs the main job in this process, shows how far it is, and sums up what came out."""

import contextlib
import datetime as dt
import logging
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import dagster as dg
import sqlalchemy
from rich.console import Console

from observatory.cli.progress import StepWatcher, own_console
from observatory.cli.summary import Clock, report, report_unchanged
from observatory.cli.territory import require_territory
from observatory.cli.working import is_alone
from observatory.database.opening import open_target
from observatory.definitions import definitions
from observatory.errors import InputError
from observatory.home import RUN_LOCK, prepare_home, require_world
from observatory.pipeline.history import EMBEDDED, close_dead_runs, open_history, trim, unusable
from observatory.pipeline.plan import Planned, forget_made, plan
from observatory.pipeline.steps import STEPS
from observatory.release import current_folder
from observatory.settings import Settings, load_settings
from observatory.storage.erasure import erase_due
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
            stale = [planned for planned in plan(steps, settings) if planned.why]
            if not stale:
                return report_unchanged(console, settings, clock)
            result = execute(settings, theme or EVERYTHING, stale, console, instance)
        clock.count(result)
        return report(console, settings, result, clock)


def ready() -> Settings:
    """The settings, once the home is fit for a run; what is wrong is said before any work."""
    warnings.filterwarnings("ignore")
    settings = load_settings()
    require_territory(settings)
    prepare_home(settings)
    require_world(settings)
    current_folder(settings)  # where it is lost, that is said before any work
    return settings


def steps_of(settings: Settings, theme: str | None) -> list[str]:
    """The steps of a theme, or of all, checks apart."""
    job = definitions(settings).resolve_job_def(theme or EVERYTHING)
    return [node.name for node in job.nodes if node.name in STEPS]


@contextlib.contextmanager
def one_run(
    settings: Settings, say: Callable[[str], None], *, alone: bool
) -> Iterator[dg.DagsterInstance]:
    """The home's history, for one run at a time: another waits, which ``say`` tells.

    What runs that are no more hold is given back first, and old ones are forgotten. Runs of the
    UI are judged where nobody else is at work (``alone``).
    """
    waiting = "Another run is going on in this home: waiting for it to end."
    with hold(settings.home / RUN_LOCK, lambda: say(waiting)):
        with open_history(settings, say) as instance:
            if dead := close_dead_runs(instance, settings, alone=alone):
                say(f"Runs that had ended without a word, now closed: {dead}.")
            trim(instance, settings)
            try:
                yield instance
            except sqlalchemy.exc.DatabaseError as error:
                raise InputError(unusable(settings.home / "dagster", str(error.orig))) from None


def execute(
    settings: Settings,
    name: str,
    stale: Sequence[Planned],
    console: Console,
    instance: dg.DagsterInstance,
) -> dg.ExecuteInProcessResult:
    """Run what is stale of the job called ``name`` in this process, and show how far it is."""
    asked = {planned.step.name: planned for planned in stale}
    graph = definitions(settings)
    chosen = [dg.AssetKey(key) for planned in stale for key in planned.step.keys]
    nodes = [node.name for node in graph.resolve_job_def(name).nodes]
    # what makes nothing is the check of what is made
    groups = {node: STEPS[node].outs[0].group if node in STEPS else "audit" for node in nodes}
    watcher = StepWatcher(console, {n: g for n, g in groups.items() if n in asked or g == "audit"})
    watched = dg.Definitions.merge(graph, dg.Definitions(loggers={"progress": _logger(watcher)}))
    with watcher:
        return watched.resolve_job_def(name).execute_in_process(
            instance=instance,
            raise_on_error=False,
            tags=EMBEDDED,
            asset_selection=chosen,
            run_config={"loggers": {"progress": {}}},
        )


def _logger(watcher: StepWatcher) -> Any:
    def progress_logger(_: Any) -> logging.Logger:
        logger = logging.Logger("observatory.progress", level=logging.DEBUG)
        logger.addHandler(watcher)
        return logger

    return dg.logger(None, "Shows progress on the terminal.")(progress_logger)
