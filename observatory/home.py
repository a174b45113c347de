"""The home folder: Dagster's own instance, kept apart from any other on the machine."""

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from observatory.errors import DamagedFileError, InputError
from observatory.settings import Settings

if TYPE_CHECKING:
    import dagster as dg

WORLD = "world.txt"
# what a release leaves out is here, and in Dagster's history: for the owner alone
PRIVATE = ("dagster", "work", "archive", "audits", "private")
DAGSTER_YAML = """\
telemetry:
  enabled: false
nux:
  enabled: false
run_retries:
  enabled: false
python_logs:
  managed_python_loggers: [observatory]
concurrency:
  pools:
    granularity: op
    default_limit: 1
"""


def relax_history(settings: Settings) -> None:
    """Do not wait for the disk at each event of Dagster's own history, which can be rebuilt.

    A run writes some thousand events, each in a transaction; only databases inside the
    instance folder are concerned, never a release.
    """
    instance = str(settings.home / "dagster")

    @sa.event.listens_for(sa.Engine, "connect")
    def relax(connection: Any, _: object) -> None:
        if not isinstance(connection, sqlite3.Connection):
            return
        files = [row[2] for row in connection.execute("PRAGMA database_list")]
        if any(str(file).startswith(instance) for file in files):
            connection.execute("PRAGMA synchronous=OFF")


def prepare_home(settings: Settings) -> None:
    """Create the home and point Dagster at the instance inside it, telemetry off."""
    instance = settings.home / "dagster"
    try:
        for name in PRIVATE:
            (settings.home / name).mkdir(parents=True, exist_ok=True)
            (settings.home / name).chmod(0o700)
        configuration = instance / "dagster.yaml"
        if not configuration.exists():
            configuration.write_text(DAGSTER_YAML, "utf-8")
    except OSError as error:
        msg = f"OBSERVATORY_HOME={settings.home}: cannot be used as a folder ({error.strerror})."
        raise InputError(msg) from None
    os.environ["DAGSTER_HOME"] = str(instance)
    os.environ.setdefault("DAGSTER_DISABLE_TELEMETRY", "1")


@contextlib.contextmanager
def open_history() -> Iterator["dg.DagsterInstance"]:
    """Dagster's instance of this home; DamagedFileError where its own files cannot be read."""
    import dagster as dg

    with contextlib.ExitStack() as stack:
        try:
            instance = stack.enter_context(dg.DagsterInstance.get())
        except Exception as error:
            if "locked" in str(error):
                raise
            raise _damaged_history(error) from None
        try:
            yield instance
        except sa.exc.DatabaseError as error:
            if not isinstance(error.orig, sqlite3.DatabaseError) or "locked" in str(error):
                raise
            raise _damaged_history(error) from None


def _damaged_history(error: Exception) -> DamagedFileError:
    what = str(error).strip().split("\n", 1)[0]
    return DamagedFileError(
        f"{os.environ.get('DAGSTER_HOME')}: Dagster's own files are damaged ({what}): move that "
        "folder away and run again; past runs are not listed any more, nothing released is lost."
    )


def require_world(settings: Settings, world: str | None = None) -> None:
    """Give the home to the invented scenario or to real files, whichever comes first, for good.

    ``world`` is that of the settings unless told otherwise. Raises InputError where the home
    belongs to the other: their figures must never meet.
    """
    wanted = world or settings.world
    mark = settings.home / WORLD
    if os.path.lexists(mark):
        holds = read_world(mark)
    else:
        settings.home.mkdir(parents=True, exist_ok=True)
        holds = _world_of_old(settings) or wanted
        fresh = mark.with_name(f".{mark.name}.{os.getpid()}")
        fresh.write_text(f"{holds}\n", "utf-8")
        fresh.replace(mark)
    if holds != wanted:
        said = {"sample": "the embedded scenario (invented figures)", "real": "real files"}
        msg = (
            f"{settings.home} holds {said[holds]}, and this would bring "
            f"{said[wanted]} into it. Give them a home of their own: "
            "OBSERVATORY_HOME=another/folder."
        )
        raise InputError(msg)


def read_world(mark: Path) -> str:
    """The world that a home was given to; DamagedFileError where its mark says none."""
    try:
        holds = mark.read_text("utf-8").strip()
    except (OSError, UnicodeError):
        holds = ""
    if holds not in {"sample", "real"}:
        msg = (
            f"{mark} is damaged: write one word into it, sample (invented figures) or real, "
            "whichever this home holds."
        )
        raise DamagedFileError(msg)
    return holds


def _world_of_old(settings: Settings) -> str | None:
    """The world of a home without a mark, by its frames or its archive; None of a new home."""
    made = [name for name in ("real", "sample") if (settings.home / "work" / name).exists()]
    if made:
        return made[0]
    index = settings.archive / "index.jsonl"
    if not index.exists():
        return None
    is_sample = all('"origin": "sample"' in line for line in index.read_text("utf-8").splitlines())
    return "sample" if is_sample else "real"


def private_folder(settings: Settings, *names: str) -> Path:
    """A folder of the private store, which its owner alone can open; made where it is not."""
    folder = settings.home / "private"
    settings.home.mkdir(parents=True, exist_ok=True)
    for name in ("", settings.world, *names):
        folder = folder / name
        if name and folder.is_symlink():  # what is due is erased in it: never elsewhere
            msg = f"{folder} is a link that leads elsewhere, not a private folder: remove it."
            raise DamagedFileError(msg)
        try:
            folder.mkdir(mode=0o700, exist_ok=True)
        except FileExistsError:
            msg = f"{folder} is a file where a private folder belongs: move it away."
            raise DamagedFileError(msg) from None
    return folder
