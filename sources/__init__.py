"""Source cards, one TOML file per published file, under ``producer/subject``."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from observatory.errors import InputError, did_you_mean
from observatory.metadata.cards import Card, load_card
from observatory.settings import Settings

if TYPE_CHECKING:
    from observatory.ingest.corrections import Correction

_HERE = Path(__file__).parent


def _key(path: Path) -> str:
    return path.relative_to(_HERE).with_suffix("").as_posix()


CARDS: dict[str, Card] = {
    _key(path): load_card(path, _key(path))
    for path in sorted(_HERE.glob("*/*.toml"))
    if "." not in path.stem  # corrections stand beside their card
}


def card(key: str) -> Card:
    """The card of ``key``; an unknown key is an InputError that names the nearest, or all."""
    if key not in CARDS:
        near = did_you_mean(key, {known: known for known in CARDS})
        told = near or f" Known sources: {', '.join(CARDS)}."
        msg = f"Unknown source {key!r}.{told}"
        raise InputError(msg)
    return CARDS[key]


def corrections_of(key: str, settings: Settings) -> list["Correction"]:
    """Corrections of one source: those beside its card, then those of the home's own file."""
    from observatory.ingest.corrections import (
        CORRECTIONS,
        HOME_FILE,
        load_corrections,
        read_corrections,
    )

    ours = load_corrections(_HERE / f"{key}{CORRECTIONS}", card(key))
    home = settings.home / HOME_FILE
    theirs = read_corrections(home, CARDS) if os.path.lexists(home) else []
    found = [*ours, *(c for c in theirs if c.source == key)]
    return [c for c in found if c.is_fictitious == settings.is_sample]
