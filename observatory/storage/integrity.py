"""Files that the product writes and reads back: as they were written, or one sentence.

A file is read where its content has the hash that was kept of it, or (JSON) that it carries
itself. What is not so is a DamagedFileError: which file, what is wrong, how to make it again.
"""

import contextlib
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar

from polars.exceptions import PanicException, PolarsError
from pydantic import TypeAdapter, ValidationError

from observatory.errors import DamagedFileError, InputError

T = TypeVar("T")
# hashes of this process, by what the system says of a file; reading a small one takes no time
_HASHED: dict[tuple[int, ...], str] = {}
WORTH_KEEPING = 1_000_000
CONTENT, DIGEST = "content", "sha256"
# a file that is deeply nested exhausts the reader's stack; what panics in Polars is no Exception
UNREADABLE = (OSError, ValueError, TypeError, LookupError, RecursionError, MemoryError)
UNREADABLE_FRAME = (*UNREADABLE, PolarsError, PanicException)


def sha256(path: Path) -> str:
    """Content hash of a file: its version; of one that was not touched since, as it was found."""
    with path.open("rb") as file:
        about = os.fstat(file.fileno())
        state = (about.st_dev, about.st_ino, about.st_size, about.st_mtime_ns, about.st_ctime_ns)
        if state not in _HASHED or about.st_size < WORTH_KEEPING:
            _HASHED[state] = hashlib.file_digest(file, "sha256").hexdigest()
        return _HASHED[state]


def require_unchanged(path: Path, digest: str | None, remedy: str) -> Path:
    """``path``, once its content was seen to have the hash ``digest``; else DamagedFileError.

    Of a file whose hash was never kept (None), only that it is there.
    """
    if not path.is_file():
        raise damaged(path, "not a file" if os.path.lexists(path) else "it is gone", remedy)
    with explained(path, remedy):
        found = digest if digest is None else sha256(path)
    if found != digest:
        raise damaged(path, "its content is not what was written", remedy)
    return path


@contextlib.contextmanager
def explained(path: Path, remedy: str) -> Iterator[None]:
    """Turn whatever a damaged file does to its reader into a DamagedFileError."""
    try:
        yield
    except InputError:
        raise
    except UNREADABLE_FRAME as error:
        raise damaged(path, first_fault(error), remedy) from None


def damaged(path: Path, what: str, remedy: str) -> DamagedFileError:
    """The error of a file that cannot be read back: its place, what is wrong, what to do."""
    return DamagedFileError(f"{path} is damaged ({what}): {remedy}")


def first_fault(error: BaseException) -> str:
    """Name the first fault of a file, and where in the file it is, in one line."""
    if isinstance(error, ValidationError):
        fault = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in fault["loc"])
        return f"{where}: {fault['msg']}" if where else fault["msg"]
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error).strip().split("\n", 1)[0] or type(error).__name__


def read_json(path: Path, shape: TypeAdapter[T], remedy: str) -> T:
    """The content of a JSON file in its ``shape``, whose own hash it must have where it has one."""
    require_unchanged(path, None, remedy)
    with explained(path, remedy):
        written = json.loads(path.read_bytes())
        if isinstance(written, dict) and written.keys() == {CONTENT, DIGEST}:
            if _digest(written[CONTENT]) != written[DIGEST]:
                raise damaged(path, "its content is not what was written", remedy)
            written = written[CONTENT]
        return shape.validate_python(written)


def write_json(path: Path, content: Any) -> None:
    """Replace a JSON file in one step; it carries the hash of its content."""
    whole = {CONTENT: content, DIGEST: _digest(content)}
    with replacing(path) as fresh:
        fresh.write_text(json.dumps(whole, ensure_ascii=False, indent=1), "utf-8")


def _digest(content: Any) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A file beside ``path`` to write; it takes its place where the block ends well."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        yield fresh
        if path.is_dir() and not path.is_symlink():
            msg = f"{path} is a folder where a file belongs: move it away and run again."
            raise InputError(msg)
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)


def remove(path: Path) -> None:
    """Remove a file, a link (never what it leads to) or a folder; nothing where nothing is."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
