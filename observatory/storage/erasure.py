"""What may not be kept for long: erased when it is due, whether or not anything runs."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

from observatory.home import private_folder
from observatory.metadata.cards import Card
from observatory.settings import Settings
from observatory.storage.archive import INCOMING, Archive
from observatory.storage.integrity import remove

# private folders, and how long what lies in them may be needed by work that was interrupted
DAY = dt.timedelta(days=1)
KEPT = {("crawl",): DAY, ("offers", "words"): DAY, ("market",): dt.timedelta(days=31)}


def erase_due(settings: Settings, cards: dict[str, Card], now: dt.datetime) -> list[str]:
    """Erase archived files whose retention has passed, and what interrupted work left behind.

    Gives the names of what was erased. Source of the delays: the cards; for what is private, the
    reuse licence of job offers (a day).
    """
    archive = Archive(settings.archive)
    erased = [f"{e.source} {e.vintage}" for e in archive.erase_expired(cards, now)]
    for path, kept in _left_behind(settings):
        if now - dt.datetime.fromtimestamp(path.lstat().st_mtime, dt.UTC) < kept:
            continue
        remove(path)
        erased.append(path.name)
    return erased


def _left_behind(settings: Settings) -> Iterator[tuple[Path, dt.timedelta]]:
    for names, kept in KEPT.items():
        yield from ((path, kept) for path in sorted(private_folder(settings, *names).iterdir()))
    for path in sorted(settings.archive.glob(f"{INCOMING}*")):
        yield path, DAY
