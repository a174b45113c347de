"""Dagster's history of an embedded home: opened safely, freed of dead runs, kept short."""

import contextlib
import re
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import dagster as dg
from dagster._core.storage.tags import GRPC_INFO_TAG

from observatory.errors import DamagedFileError, InputError
from observatory.pipeline.event_log import KeptEventLog
from observatory.settings import Settings

KEPT_RUNS = 20
RUN_ID = re.compile(r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")
LOCKED_SECONDS = 30
DAMAGED = "history-damaged"
UNFINISHED = [
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]
EMBEDDED = {"observatory/started_by": "command line"}
Say = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class Dead:
    """A run that has ended without a word, and the places in pools that it still holds."""

    run_id: str
    pools: tuple[str, ...]


@contextlib.contextmanager
def open_history(settings: Settings, say: Say) -> Iterator[dg.DagsterInstance]:
    """The home's instance of Dagster, once its files are whole and nobody keeps them locked.

    Damaged files are moved aside and begun anew, which ``say`` tells: nothing but what the UI
    shows of earlier runs is lost. Raises InputError where another program keeps them locked.
    """
    folder = settings.home / "dagster"
    _mend(folder, say)
    with contextlib.ExitStack() as stack:
        try:
            instance = stack.enter_context(dg.DagsterInstance.get())
        except Exception as error:
            what = str(error).strip().split("\n", 1)[0]
            msg = (
                f"{folder}: Dagster's own files are damaged ({what}): move that folder away and "
                "run again; past runs are not listed any more, nothing released is lost."
            )
            raise DamagedFileError(msg) from None
        KeptEventLog.serve(instance)
        yield instance


def _mend(instance: Path, say: Say) -> None:
    """Move damaged files aside; wait for files that another program has locked."""
    for path in sorted([*instance.glob("history/*.db"), *instance.glob("history/runs/index.db")]):
        if _is_whole(path, say):
            continue
        aside = instance / DAMAGED
        shutil.rmtree(aside, ignore_errors=True)
        (instance / "history").rename(aside)
        say(f"Dagster's history was damaged ({path.name}): it begins anew, the old is in {aside}.")
        return
    for path in instance.glob("schedules/schedules.db"):
        if not _is_whole(path, say):
            path.replace(path.with_suffix(".damaged"))
            say(
                "Dagster's schedules were damaged: they begin anew; switch them on in the UI again."
            )


def _is_whole(path: Path, say: Say = lambda _: None) -> bool:
    """Whether SQLite can read and write the file; InputError where it stays locked."""
    until = time.monotonic() + LOCKED_SECONDS
    waits = False
    while True:
        try:
            with contextlib.closing(sqlite3.connect(path, timeout=1)) as file:
                file.execute("BEGIN IMMEDIATE")
                found = file.execute("PRAGMA quick_check(1)").fetchone()
                return bool(found == ("ok",))
        except sqlite3.OperationalError as error:
            if "locked" not in str(error):
                raise InputError(unusable(path, str(error))) from None
            if not waits:
                say("Dagster's history is in use by another program: waiting for it.")
                waits = True
            if time.monotonic() > until:
                raise InputError(unusable(path, "another program keeps it locked")) from None
        except sqlite3.DatabaseError:
            return False


def unusable(path: Path, why: str) -> str:
    """What is said of a history that cannot be read or written now."""
    do = "make room on its disk" if "full" in why or "I/O" in why else "end what uses it"
    return f"Dagster's history {path}: {why}; {do} and run again."


def find_dead(instance: dg.DagsterInstance, *, alone: bool) -> list[Dead]:
    """Runs that are unfinished and whose process is no more, those that hold places included.

    Told by whoever holds the lock of runs, or knows that no run of the command line is going on.
    Runs of the UI are judged where nobody else is at work (``alone``): they might go on.
    """
    holders = _holders(instance)
    unfinished = {run.run_id: run for run in instance.get_runs(dg.RunsFilter(statuses=UNFINISHED))}
    others = {i: instance.get_run_by_id(i) for i in holders if i not in unfinished}
    gone = [i for i, run in others.items() if run is None or run.is_finished]
    dead = [i for i, run in unfinished.items() if alone or _is_embedded(run)]
    return [Dead(run_id=i, pools=tuple(holders.get(i, ()))) for i in (*dead, *gone)]


def _is_embedded(run: dg.DagsterRun) -> bool:
    return EMBEDDED.items() <= run.tags.items() and GRPC_INFO_TAG not in run.tags


def _holders(instance: dg.DagsterInstance) -> dict[str, list[str]]:
    """Pools of which each run holds a place, or waits for one."""
    storage = instance.event_log_storage
    holders: dict[str, list[str]] = {}
    for pool in sorted(storage.get_concurrency_keys()):
        info = storage.get_concurrency_info(pool)
        for run_id in {*info.active_run_ids, *(step.run_id for step in info.pending_steps)}:
            holders.setdefault(run_id, []).append(pool)
    return holders


def close_dead_runs(instance: dg.DagsterInstance, settings: Settings, *, alone: bool) -> int:
    """Mark runs that are no more as cancelled, and give back the places they hold."""
    dead = find_dead(instance, alone=alone)
    for each in dead:
        run = instance.get_run_by_id(each.run_id)
        if run is not None and not run.is_finished:
            events = settings.home / "dagster" / "history" / "runs" / f"{each.run_id}.db"
            if events.exists() and not _is_whole(events):
                events.unlink()
            instance.report_run_canceled(run, "The process of this run has ended without a word.")
        instance.event_log_storage.free_concurrency_slots_for_run(each.run_id)
    return len(dead)


def trim(instance: dg.DagsterInstance, settings: Settings) -> int:
    """Forget all runs but the newest, their events and their output; return how many.

    A history in a database server is its administrator's.
    """
    folder = settings.home / "dagster"
    if not (folder / "history" / "runs").is_dir():
        return 0
    kept = {run.run_id for run in instance.get_runs(limit=KEPT_RUNS)}
    old = [run for run in instance.get_runs() if run.run_id not in kept and run.is_finished]
    for run in old:
        instance.delete_run(run.run_id)
    known = {run.run_id for run in instance.get_runs()}
    for path in (*folder.glob("storage/*"), *folder.glob("history/runs/*")):
        run_id = path.name.partition(".")[0]
        if RUN_ID.match(run_id) and run_id not in known:
            _remove(path)
    return len(old)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
