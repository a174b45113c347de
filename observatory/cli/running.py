"""Runs the main job in this process, shows how far it is, and sums up what came out."""

import contextlib
import datetime as dt
import logging
import time
import warnings
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from rich.console import Console

from observatory.cli.progress import StepWatcher, own_console
from observatory.cli.summary import Clock, report
from observatory.cli.territory import require_territory
from observatory.cli.working import is_alone
from observatory.database.opening import open_target
from observatory.errors import InputError
from observatory.home import RUN_LOCK, prepare_home, require_world
from observatory.release import current_folder
from observatory.settings import Settings, load_settings
from observatory.storage.erasure import erase_due
from observatory.storage.locks import hold
from sources import CARDS

if TYPE_CHECKING:
    import dagster as dg


def run_and_report(theme: str | None) -> int:
    """Run one theme, or all; print the summary; return the exit status."""
    warnings.filterwarnings("ignore")
    settings = load_settings()
    require_territory(settings)
    prepare_home(settings)
    require_world(settings)
    current_folder(settings)  # where it is lost, that is said before any work
    with own_console() as console:
        clock = Clock()
        label = "données fictives, sample" if settings.is_sample else settings.input
        console.print(
            f"Observatory: {theme or 'all themes'}, input {label}, territory {settings.territory}"
        )
        begun = time.perf_counter()
        from observatory.pipeline.audits import warm_up

        warm_up()
        clock.lap("imports", begun)
        with open_target(settings):  # a database that cannot be used is said before any work
            pass
        erase_due(settings, CARDS, dt.datetime.now(dt.UTC))
        with one_run(settings, console.print, alone=is_alone()) as instance:
            from observatory.definitions import definitions

            graph = definitions(settings)
            result = execute(graph, theme or "everything", console, instance)
        clock.count(result)
        return report(console, settings, result, clock)


@contextlib.contextmanager
def one_run(
    settings: Settings, say: Callable[[str], None], *, alone: bool
) -> Iterator["dg.DagsterInstance"]:
    """The home's history, for one run at a time: another waits, which ``say`` tells.

    What runs that are no more hold is given back first, and old ones are forgotten. Runs of the
    UI are judged where nobody else is at work (``alone``).
    """
    waiting = "Another run is going on in this home: waiting for it to end."
    with hold(settings.home / RUN_LOCK, lambda: say(waiting)):
        import sqlalchemy

        from observatory.pipeline.history import close_dead_runs, open_history, trim, unusable

        with open_history(settings, say) as instance:
            if dead := close_dead_runs(instance, settings, alone=alone):
                say(f"Runs that had ended without a word, now closed: {dead}.")
            trim(instance, settings)
            try:
                yield instance
            except sqlalchemy.exc.DatabaseError as error:
                raise InputError(unusable(settings.home / "dagster", str(error.orig))) from None


def execute(
    graph: "dg.Definitions", name: str, console: Console, instance: "dg.DagsterInstance"
) -> "dg.ExecuteInProcessResult":
    """Run the job called ``name`` in this process, and show how far it is."""
    import dagster as dg

    from observatory.pipeline.history import EMBEDDED
    from observatory.pipeline.steps import STEPS

    nodes = [node.name for node in graph.resolve_job_def(name).nodes]
    # what makes nothing is the check of what is made
    groups = {node: STEPS[node].outs[0].group if node in STEPS else "audit" for node in nodes}
    watcher = StepWatcher(console, groups)
    watched = dg.Definitions.merge(graph, dg.Definitions(loggers={"progress": _logger(watcher)}))
    with watcher:
        return watched.resolve_job_def(name).execute_in_process(
            instance=instance,
            raise_on_error=False,
            tags=EMBEDDED,
            run_config={"loggers": {"progress": {}}},
        )


def _logger(watcher: StepWatcher) -> Any:
    import dagster as dg

    def progress_logger(_: Any) -> logging.Logger:
        logger = logging.Logger("observatory.progress", level=logging.DEBUG)
        logger.addHandler(watcher)
        return logger

    return dg.logger(None, "Shows progress on the terminal.")(progress_logger)
