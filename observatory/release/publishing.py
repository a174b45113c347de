"""Publish in steps whose order leaves readers a whole release wherever they are stopped.

1. a journal that names the release, 2. files in a folder nobody looks at, 3. that folder under
its name, 4. the database's schema beside those in use, 5. one transaction that moves the
database's views: from here on the release is published, 6. the link ``current``, 7. the journal
goes. Stopped before 5 (before 6 where there is no database), the next run takes everything
away; stopped after it, the next run finishes.
"""

import contextlib
import datetime as dt
import errno
import logging
import os
import re
from collections.abc import Iterator, Mapping, Sequence, Set
from pathlib import Path

import polars as pl

from observatory.database.opening import open_target
from observatory.database.target import LoadedTable, Target, parsed, place
from observatory.errors import BlockedReleaseError, InputError, ObservatoryError
from observatory.home import CONSULTATION, private_folder
from observatory.metadata.cards import Card
from observatory.metadata.manifest import Manifest
from observatory.metadata.tables import Table
from observatory.release.building import build, fsync
from observatory.release.forgetting import (
    entomb,
    find_holding,
    forget_counted,
    remember_counted,
)
from observatory.release.journal import Journal
from observatory.release.manifest import (
    DATABASE,
    FICTITIOUS,
    current_manifest,
    read_contracts,
    read_manifest,
    require_current,
)
from observatory.release.parts import Compose, Plan
from observatory.release.planning import plan_release, plan_restore
from observatory.settings import Settings
from observatory.storage.integrity import remove
from observatory.storage.locks import hold
from observatory.storage.switching import remove_former

LOG = logging.getLogger(__name__)
BUILDING, PRUNED, LINK = ".building-", ".pruned-", ".current-"
# written from whichever release was in force then; made again after a release, or when asked for
MADE_OF_RELEASES = ("exports", "atlas", "deliveries", "tiles")
# Polars tells the system's error in words alone
POLARS_ERRNO = re.compile(r"\(os error (\d+)\)")
FULL = {errno.ENOSPC, errno.EDQUOT}


def publish(
    settings: Settings,
    theme: str,
    tables: Sequence[Table],
    cards: dict[str, Card],
    compose: Compose,
    catalogue: Mapping[str, Table],
    *,
    counted: pl.Series | None = None,
    judged: Set[str] = frozenset(),
    accepted: str | None = None,
) -> Manifest:
    """Release the drafts of a theme together and return the manifest of the new release.

    Where they say nothing new, none is made, and the manifest is that of the current release.
    Tables of other themes are copied from the current release, as the ``catalogue`` of current
    contracts allows. ``counted`` are the SIRET that the drafts count without naming them all;
    sources ``judged`` are those that another theme is released with; ``accepted`` names the draft
    that was decided on, and no other is published.
    Raises BlockedReleaseError when a draft is not fit for publication, ObservatoryError when a
    disk or a database fails; whatever happens, readers see the previous release whole or the
    new one whole.
    """
    with publishing(settings) as target:
        now = _now()
        release_id = name_release(settings, now)
        plan = plan_release(
            settings, theme, tables, cards, compose, catalogue, release_id, counted, judged
        )
        if accepted not in {None, plan.draft}:
            msg = f"{accepted} was made again while it was being released: look at {plan.draft}."
            raise BlockedReleaseError(msg)
        if counted is not None:
            remember_counted(settings, release_id, counted)
        return _publish_plan(settings, plan, cards, target, now)


def restore(
    settings: Settings, folder: Path, cards: dict[str, Card], catalogue: Mapping[str, Table]
) -> Manifest:
    """Publish an earlier release again, under the current contracts and diffusion.

    The earlier release stays as it is; the new one says what it was restored from. Raises
    InputError for a release of the other world (sample or real).
    """
    with publishing(settings) as target:
        now = _now()
        plan = plan_restore(settings, folder, catalogue, name_release(settings, now))
        return _publish_plan(settings, plan, cards, target, now)


@contextlib.contextmanager
def publishing(settings: Settings) -> Iterator[Target | None]:
    """Lock the home and the database, and clean up after an interrupted publication.

    A second publication waits, and logs that it does.
    """
    settings.releases.mkdir(parents=True, exist_ok=True)
    _require_links(settings)
    lock = settings.releases / ".lock"
    with hold(lock, _say_waiting), _explain_errors(), open_target(settings) as target:
        recover(settings, target)
        yield target


def name_release(settings: Settings, now: dt.datetime) -> str:
    """Name a release by the time, with a suffix where figures are invented."""
    suffix = f"-{FICTITIOUS.replace('é', 'e').replace(' ', '-')}" if settings.is_sample else ""
    return now.strftime("%Y%m%dT%H%M%S%fZ") + suffix


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def _publish_plan(
    settings: Settings,
    plan: Plan,
    cards: Mapping[str, Card],
    target: Target | None,
    now: dt.datetime,
) -> Manifest:
    """Run all steps; on failure undo them, or finish them where readers have moved already."""
    journal = Journal(settings.releases)
    try:
        return _run_steps(settings, plan, cards, target, now, journal)
    except BaseException as error:
        if _undo_or_finish(settings, plan, target):
            LOG.warning("%s was published, although: %s", plan.release_id, error)
            manifest = current_manifest(settings)
            if manifest is not None and isinstance(error, Exception):
                return manifest
        raise


def _run_steps(
    settings: Settings,
    plan: Plan,
    cards: Mapping[str, Card],
    target: Target | None,
    now: dt.datetime,
    journal: Journal,
) -> Manifest:
    journal.begin(plan.release_id, place(parsed(settings)))
    building = settings.releases / f"{BUILDING}{plan.release_id}"
    building.mkdir()
    released_at = now.strftime("%Y-%m-%dT%H:%M:%SZ")
    current = target.current() if target else _read_link(settings)
    manifest = build(settings, plan, building, cards, released_at, journal.step, current)
    if manifest is None:
        return _keep_current(settings, target)
    journal.step("folder")
    folder = settings.releases / plan.release_id
    building.rename(folder)
    fsync(settings.releases)
    if target is not None:
        contracts = read_contracts(folder)
        loaded = [
            LoadedTable(
                table=contracts[described.name],
                parquet=folder / f"{described.name}.parquet",
                warnings=described.warnings,
            )
            for described in manifest.tables
        ]
        target.load(manifest, loaded, journal.step)
        target.publish(manifest, loaded, journal.step)
    journal.step("switch")
    _switch(settings, plan.release_id)
    journal.step("forgotten")
    take_away(settings, target, find_holding(settings), plan.release_id)
    journal.step("clean-up")
    recover(settings, target)
    return manifest


def _keep_current(settings: Settings, target: Target | None) -> Manifest:
    """Take away what was begun: the release in force says all that it would say."""
    manifest = read_manifest(require_current(settings))
    LOG.info("Nothing new: %s stays, no release is made.", manifest.release_id)
    recover(settings, target)
    forget_counted(settings)
    return manifest


def take_away(
    settings: Settings, target: Target | None, holding: Sequence[Path], replaced_by: str | None
) -> None:
    """Take away releases that hold somebody who is withheld, and what was made of them.

    Tombstones go first, then the database's copy, then the folders: stopped anywhere, the next
    publication, or the next hour, finds what is left. What is in force is not touched.
    """
    old = [folder for folder in holding if folder.name != replaced_by]
    if not old:
        return
    entomb(settings, (folder.name for folder in old), replaced_by)
    if target is not None:
        held = {*target.releases()} - {target.current()}
        for folder in old:
            if folder.name in held:
                target.drop(folder.name)
    for folder in old:
        gone = folder.rename(settings.releases / f"{PRUNED}{folder.name}")
        remove(gone)
    for name in MADE_OF_RELEASES:
        remove(settings.home / name)
    remove(private_folder(settings, CONSULTATION))
    remove_former(settings.home)
    forget_counted(settings)


def _undo_or_finish(settings: Settings, plan: Plan, target: Target | None) -> bool:
    """Undo or finish what failed; return whether readers have the new release after all."""
    try:
        if target is not None:
            target.renew()
        recover(settings, target)
    except (OSError, ObservatoryError) as error:
        LOG.warning("The next run cleans up what could not be cleaned up now: %s", error)
    manifest = None
    with contextlib.suppress(ObservatoryError):
        manifest = current_manifest(settings)
    return manifest is not None and manifest.release_id == plan.release_id


def recover(settings: Settings, target: Target | None) -> None:
    """Finish the publication that the journal names if readers have moved to it, else undo it.

    Undoing removes its folders, links and database schemas. Raises
    InputError where it was publishing into another database than the one configured.
    """
    journal = Journal(settings.releases)
    release_id = journal.release_id()
    here, there = place(parsed(settings)), journal.database()
    if release_id and there != here:
        msg = (
            f"The publication of {release_id} was interrupted while it wrote to the database "
            f"{there}, and {here} is configured now. Run once with that database, so that it can "
            f"be undone or finished; if it exists no more, remove {journal.path}."
        )
        raise InputError(msg)
    current = target.current() if target else _read_link(settings)
    if release_id and release_id == current:
        if (settings.releases / release_id).exists() and _read_link(settings) != release_id:
            _switch(settings, release_id)
    elif release_id and release_id != _read_link(settings):
        remove(settings.releases / release_id)
    for pattern in (BUILDING, PRUNED):
        for folder in settings.releases.glob(f"{pattern}*"):
            remove(folder)
    for link in settings.home.glob(f"{LINK}*"):
        link.unlink()
    if target is not None:
        target.remove_orphans()
    journal.end()


def _read_link(settings: Settings) -> str | None:
    """Read the name of the release that the link ``current`` points to."""
    return settings.current.readlink().name if settings.current.is_symlink() else None


def _say_waiting() -> None:
    LOG.warning("Another publication is going on in this home: waiting for it to end.")


@contextlib.contextmanager
def _explain_errors() -> Iterator[None]:
    """Turn a full disk or a folder that cannot be written into a message for the user."""
    try:
        yield
    except (OSError, pl.exceptions.PolarsError) as error:
        number, file = getattr(error, "errno", None), getattr(error, "filename", None)
        if number is None and (told := POLARS_ERRNO.search(str(error))):
            number = int(told[1])
        if number is None:
            raise
        what = "The disk is full" if number in FULL else os.strerror(number)
        msg = f"{what} ({file or 'while publishing'}); the previous release stays."
        raise ObservatoryError(msg) from None


def _require_links(settings: Settings) -> None:
    """Raise InputError where a file stands in the place of a link, before anything is built."""
    for link in (settings.current, settings.home / DATABASE):
        if link.exists() and not link.is_symlink():
            msg = f"{link} is not the link that a release makes: move it away and run again."
            raise InputError(msg)


def _switch(settings: Settings, release_id: str) -> None:
    """Point ``current`` at the new release in one rename."""
    database = settings.home / DATABASE
    if not database.is_symlink():
        database.symlink_to(Path(settings.current.name) / DATABASE)
    link = settings.home / f"{LINK}{release_id}"
    link.symlink_to(Path(settings.releases.name) / release_id)
    link.replace(settings.current)
    fsync(settings.home)
