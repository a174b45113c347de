"""The embedded scenario: real codes and names, an invented economy, producers' real layouts.

Codes, labels, populations and contours are facts (Insee, IGN, DGCL, Dares, France Travail;
Licence Ouverte 2.0) under ``reference/``; every count is drawn at random from a fixed seed.
"""

import functools
import hashlib
import importlib
import pkgutil
from collections.abc import Callable
from pathlib import Path

import observatory.geography
from observatory.errors import InputError

Writer = Callable[[Path], list[tuple[Path, str]]]


def _writers() -> dict[str, Writer]:
    """What the modules beside this one say they write, by key of the source."""
    found: dict[str, Writer] = {}
    for module in pkgutil.walk_packages(__path__, f"{__name__}."):
        found |= getattr(importlib.import_module(module.name), "WRITERS", {})
    return found


WRITERS = _writers()


@functools.cache
def writers_version() -> str:
    """A hash of all that the files are written from: this package, and the geography it names."""
    digest = hashlib.sha256()
    for folder in (*__path__, *observatory.geography.__path__):
        for path in sorted(Path(folder).rglob("*")):
            if path.is_file() and path.suffix != ".pyc":
                digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()


def write_sample(key: str, folder: Path) -> list[tuple[Path, str]]:
    """Write the invented files of source ``key`` into ``folder``; each with its vintage."""
    if key not in WRITERS:
        msg = (
            f"The sample writes no file of {key}: add its writer to WRITERS of a module in "
            "sources/sample, one that returns no file where none is to be invented."
        )
        raise InputError(msg)
    return WRITERS[key](folder)
