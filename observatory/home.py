"""The home folder: Dagster's own instance, kept apart from any other on the machine."""

import os
from pathlib import Path

from observatory.errors import DamagedFileError, InputError
from observatory.settings import Settings

WORLD = "world.txt"
# folder of the private store with the lists of whom to consult on the inventory of ZAE
CONSULTATION = "consultation"
# what a release leaves out is here, and in Dagster's history: for the owner alone
PRIVATE = ("dagster", "work", "archive", "audits", "private")
RUN_LOCK = ".run.lock"
VERSION, FORMAT = "version.txt", 1
# folders that hold others' files: inside these may be a home, and inside those nothing
SHARED = ("/", "/home", "/media", "/mnt", "/opt", "/srv", "/tmp", "/var", "/var/tmp")  # noqa: S108
SYSTEM = (
    *("/bin", "/boot", "/dev", "/etc", "/lib", "/lib64"),
    *("/proc", "/run", "/sbin", "/sys", "/usr", "/var/log"),
)
MONITORING = """\
run_launcher:
  module: observatory.pipeline.launching
  class: RunLauncher
run_monitoring:
  enabled: true
  poll_interval_seconds: 30
  free_slots_after_run_end_seconds: 30
"""
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


def require_home(settings: Settings) -> None:
    """Make the home, or find it fit to be written in; InputError where it must not be.

    A system folder, the user's own or another user's is refused before anything is written, and
    so is a home of a later version.
    """
    home, said = settings.home, f"OBSERVATORY_HOME={settings.home}"
    is_system = str(home) in SHARED or any(home.is_relative_to(folder) for folder in SYSTEM)
    own = Path(os.path.expanduser("~"))  # noqa: PTH111  # a user without a folder is no error
    if is_system or own.is_relative_to(home):
        msg = f"{said} holds other things: give the observatory a folder of its own."
        raise InputError(msg)
    made = next(folder for folder in (home, *home.parents) if folder.exists())
    if made == home and home.stat().st_uid != os.geteuid():
        msg = f"{said} belongs to another user: run as that user, or give another folder."
        raise InputError(msg)
    if not os.access(made, os.W_OK | os.X_OK):
        msg = f"{said}: {made} may not be written in: give another folder."
        raise InputError(msg)
    try:
        home.mkdir(parents=True, exist_ok=True)
        _stamp(home / VERSION)
    except OSError as error:
        msg = f"{said}: cannot be used as a folder ({error.strerror})."
        raise InputError(msg) from None


def _stamp(mark: Path) -> None:
    """Say in the home how it is laid out; one without a mark is laid out as the first."""
    if not mark.exists():
        _write_whole(mark, str(FORMAT))
    found = mark.read_text("utf-8", "replace").strip()
    if found != str(FORMAT):
        newer = found.isdecimal() and int(found) > FORMAT
        why = "a later version has written this home" if newer else "not a number of a version"
        msg = f"{mark} says {found[:20]!r}, and {FORMAT} is read: {why}."
        raise InputError(msg)


def _write_whole(path: Path, text: str) -> None:
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    fresh.write_text(f"{text}\n", "utf-8")
    fresh.replace(path)


def prepare_home(settings: Settings) -> None:
    """Create the home and point Dagster at the instance inside it, telemetry off."""
    require_home(settings)
    instance = settings.home / "dagster"
    try:
        for name in PRIVATE:
            (settings.home / name).mkdir(exist_ok=True)
            (settings.home / name).chmod(0o700)
        configuration = instance / "dagster.yaml"
        if not configuration.exists() or configuration.read_text("utf-8") == DAGSTER_YAML:
            _write_whole(configuration, (DAGSTER_YAML + MONITORING).rstrip())
    except OSError as error:
        msg = f"OBSERVATORY_HOME={settings.home}: cannot be used as a folder ({error.strerror})."
        raise InputError(msg) from None
    os.environ["DAGSTER_HOME"] = str(instance)
    os.environ.setdefault("DAGSTER_DISABLE_TELEMETRY", "1")


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
        _write_whole(mark, holds)
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
