"""The embedded scenario: real codes and names, an invented economy, producers' real layouts.

Codes, labels, populations and contours are facts (Insee, IGN, DGCL, Dares, France Travail;
Licence Ouverte 2.0) under ``reference/``; every count is drawn at random from a fixed seed.
"""

import importlib
import pkgutil
from collections.abc import Callable
from pathlib import Path

Writer = Callable[[Path], list[tuple[Path, str]]]


def _writers() -> dict[str, Writer]:
    """What the modules beside this one say they write, by key of the source."""
    found: dict[str, Writer] = {}
    for module in pkgutil.walk_packages(__path__, f"{__name__}."):
        found |= getattr(importlib.import_module(module.name), "WRITERS", {})
    return found


WRITERS = _writers()


def write_sample(key: str, folder: Path) -> list[tuple[Path, str]]:
    """Write the invented files of source ``key`` into ``folder``; each with its vintage."""
    return WRITERS[key](folder)
