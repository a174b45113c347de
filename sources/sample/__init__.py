"""The embedded scenario: real codes and names, an invented economy, producers' real layouts.

Codes, labels, populations and contours are facts (Insee, IGN, DGCL, Dares, France Travail;
Licence Ouverte 2.0) under ``reference/``; every count is drawn at random from a fixed seed.
"""

from collections.abc import Callable
from pathlib import Path

from sources.sample import geography, labour, labour_market, land, offers

Writer = Callable[[Path], list[tuple[Path, str]]]
WRITERS: dict[str, Writer] = {
    **geography.WRITERS,
    **labour.WRITERS,
    **labour_market.WRITERS,
    **offers.WRITERS,
    **land.WRITERS,
}


def write_sample(key: str, folder: Path) -> list[tuple[Path, str]]:
    """Write the invented files of source ``key`` into ``folder``; each with its vintage."""
    return WRITERS[key](folder)
