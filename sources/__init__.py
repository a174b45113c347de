"""Source cards, one TOML file per published file, under ``producer/subject``."""

from pathlib import Path

from observatory.errors import InputError
from observatory.sources import Card, load_card

_HERE = Path(__file__).parent


def _key(path: Path) -> str:
    return path.relative_to(_HERE).with_suffix("").as_posix()


CARDS: dict[str, Card] = {
    _key(path): load_card(path, _key(path)) for path in sorted(_HERE.rglob("*.toml"))
}


def card(key: str) -> Card:
    """The card of ``key``; an unknown key is an InputError that lists the known ones."""
    if key not in CARDS:
        msg = f"Unknown source {key!r}. Known sources: {', '.join(CARDS)}."
        raise InputError(msg)
    return CARDS[key]
