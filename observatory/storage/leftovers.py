"""Who is at work in a home, and what ended work has left there.

Each process at work holds one lock in common with the others, which the system gives back when it
ends, however it ends. Whoever can have it alone knows that what is unfinished belongs to nobody.
"""

import contextlib
import fcntl
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from observatory.storage.switching import remove_former

AT_WORK = ".at-work.lock"
BEGUN = ".begun-"
SCRATCH = ".observatory-"
# what a rename makes whole, by the folders of the home; a release has a journal of its own
UNFINISHED = (
    ".world.txt.*",
    ".version.txt.*",
    "work/*/.*",
    "work/*/*/.*",
    "work/*/read/*/.*",
    "audits/*/*/*.[0-9]*",
    "attempts/tmp*",
    "archive/.incoming-*",
)
CUT_DOWNLOAD = re.compile(r"^[0-9a-f]{24}(\.json)?$")
_held: dict[Path, int] = {}


@contextlib.contextmanager
def at_work(home: Path) -> Iterator[bool]:
    """Be at work in ``home`` for as long as the block lasts; whether nobody else is.

    What ended work has left is taken away first, where nobody else is.
    """
    lock, alone = _enter(home)
    try:
        yield alone
    finally:
        os.close(lock)


def stay_at_work(home: Path) -> None:
    """Be at work in ``home`` until this process ends."""
    if home not in _held:
        _held[home], _ = _enter(home)


def _enter(home: Path) -> tuple[int, bool]:
    home.mkdir(parents=True, exist_ok=True)
    lock = os.open(home / AT_WORK, os.O_RDWR | os.O_CREAT, 0o644)
    alone = _is_alone(lock)
    if alone:
        _sweep(home)
    with contextlib.suppress(OSError):  # a file system without such locks: nobody is ever alone
        fcntl.flock(lock, fcntl.LOCK_SH)
    return lock, alone


def _is_alone(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _sweep(home: Path) -> None:
    """Take away what is unfinished; a download that was cut goes on, and stays."""
    for pattern in UNFINISHED:
        for path in home.glob(pattern):
            _remove(path)
    remove_former(home)
    for path in home.glob("incoming/*/*"):
        if not CUT_DOWNLOAD.match(path.name):
            _remove(path)
    for begun in home.glob(f"{BEGUN}*"):
        target = begun.readlink() if begun.is_symlink() else None
        if target is not None and target.name.startswith(SCRATCH):
            _remove(target)
        begun.unlink(missing_ok=True)


def _remove(path: Path) -> None:
    if path.is_symlink() or not path.is_dir():
        path.unlink(missing_ok=True)
    else:
        shutil.rmtree(path, ignore_errors=True)


@contextlib.contextmanager
def temporary_files(home: Path) -> Iterator[None]:
    """A folder for the temporary files of this process, which goes however the process ends."""
    with scratch(home, Path(tempfile.gettempdir())) as folder:
        before, told = tempfile.tempdir, os.environ.get("TMPDIR")
        tempfile.tempdir = os.environ["TMPDIR"] = str(folder)
        try:
            yield
        finally:
            tempfile.tempdir = before
            if told is None:
                del os.environ["TMPDIR"]
            else:
                os.environ["TMPDIR"] = told


@contextlib.contextmanager
def scratch(home: Path, place: Path) -> Iterator[Path]:
    """A folder in ``place`` that goes at the end of the block, or once nobody is at work.

    A mark in the home tells where it is.
    """
    folder = Path(tempfile.mkdtemp(prefix=SCRATCH, dir=place)).resolve()
    mark = home / f"{BEGUN}{os.getpid()}-{folder.name.rpartition('-')[2]}"
    try:
        mark.symlink_to(folder)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        mark.unlink(missing_ok=True)


@contextlib.contextmanager
def filled_at_once(home: Path, folder: Path) -> Iterator[Path]:
    """A new folder to fill beside ``folder``, an empty one or none, whose place it then takes."""
    place = folder.resolve()
    place.parent.mkdir(parents=True, exist_ok=True)
    with scratch(home, place.parent) as beside:
        fresh = beside / place.name
        fresh.mkdir()
        yield fresh
        fresh.replace(place)
