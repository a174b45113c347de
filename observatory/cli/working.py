"""Commands that write in the home: what they find there, say and leave."""

import contextlib
import sys
from collections.abc import Callable

import click

from observatory.cli.output import Command

ALONE = "observatory.alone"


class HomeCommand(Command):
    """A command that writes in the home: refused elsewhere; what ended work left goes first."""

    def invoke(self, ctx: click.Context) -> object:
        """Be at work in the home for as long as the command runs."""
        from observatory.home import require_home
        from observatory.settings import load_settings
        from observatory.storage.leftovers import at_work, temporary_files

        settings = load_settings()
        require_home(settings)
        with at_work(settings.home) as alone, temporary_files(settings.home):
            ctx.meta[ALONE] = alone
            if alone:
                undo_publication()
            return super().invoke(ctx)


def begin_beside() -> None:
    """Have the processes that make steps begin, before all that is slow to import is imported."""
    from observatory.pipeline.workers import begin_workers

    begin_workers("assets", "checks")


def is_alone() -> bool:
    """Whether nobody else was at work in the home when this command began."""
    return bool(click.get_current_context().meta.get(ALONE))


def undo_publication() -> None:
    """Undo or finish a publication that was interrupted; the next one says why it cannot be."""
    from observatory.settings import load_settings

    settings = load_settings()
    unfinished = (".journal", ".building-*", ".pruned-*")
    if not any(path for pattern in unfinished for path in settings.releases.glob(pattern)):
        return
    from observatory.errors import ObservatoryError
    from observatory.release.publishing import publishing

    with contextlib.suppress(ObservatoryError), publishing(settings):
        pass


def take_away() -> None:
    """Take away what a command that was ended has left, its run in Dagster's history included."""
    from observatory.settings import load_settings
    from observatory.storage.leftovers import at_work

    settings = load_settings()
    if not settings.home.is_dir():
        return
    with at_work(settings.home) as alone:
        if alone:
            undo_publication()
    if sys.argv[1:2] and sys.argv[1] in {"run", "fetch", "ui"}:
        close_runs(lambda _: None)


def close_runs(say: Callable[[str], None]) -> None:
    """Close the runs that are no more in Dagster's history, unless one is going on."""
    from observatory.home import RUN_LOCK, prepare_home
    from observatory.pipeline.history import close_dead_runs, open_history
    from observatory.settings import load_settings
    from observatory.storage.leftovers import at_work
    from observatory.storage.locks import hold_if_free

    settings = load_settings()
    prepare_home(settings)
    with at_work(settings.home) as alone, hold_if_free(settings.home / RUN_LOCK) as is_free:
        if is_free:
            with open_history(settings, say) as instance:
                close_dead_runs(instance, settings, alone=alone)
