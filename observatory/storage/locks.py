"""Locks of files: one holder at a time, in whatever thread or process; others wait."""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

from filelock import FileLock, Timeout

from observatory.errors import DamagedFileError


@contextlib.contextmanager
def hold(path: Path, say_waiting: Callable[[], None] | None = None) -> Iterator[None]:
    """Hold the lock of the file ``path``; where another holds it, wait, after ``say_waiting``.

    The system gives the lock back when its holder ends, however it ends.
    """
    # a file system without such locks is an error: a mark left by a killed process would stay
    lock = FileLock(path, fallback_to_soft=False)
    if path.is_symlink() or path.is_dir():
        msg = f"{path} is no file of this home, and a lock belongs there: remove it."
        raise DamagedFileError(msg)
    try:
        lock.acquire(blocking=False)
    except Timeout:
        if say_waiting is not None:
            say_waiting()
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


@contextlib.contextmanager
def hold_if_free(path: Path) -> Iterator[bool]:
    """Hold the lock of the file ``path`` where nobody else does; whether it is held."""
    lock = FileLock(path, fallback_to_soft=False)
    try:
        lock.acquire(blocking=False)
    except Timeout:
        yield False
        return
    try:
        yield True
    finally:
        lock.release()
