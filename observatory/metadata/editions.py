"""The label under which a release is cited: a month, or the state of things at a year's end."""

import datetime as dt

from observatory.metadata.manifest import Manifest
from observatory.settings import PARIS

MONTHS = (
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
)
LAST_MONTH_OF_A_PHOTOGRAPH = 3
PHOTOGRAPH = "photographie au 31/12/"


def name_edition(released_at: str, previous: Manifest | None) -> str:
    """Name the edition of a release.

    It is called by its month, unless it is the first after the end of a year, and made by the end
    of March: it is then the photograph of the 31st of December, and so is what else is released
    that day, since a run releases one theme after the other. A home's first release is no
    photograph: nothing tells what the year's end looked like before it.
    """
    day = _day(released_at)
    if previous is not None:
        before = _day(previous.released_at)
        photograph = f"{PHOTOGRAPH}{day.year - 1}"
        is_first = before.year < day.year and day.month <= LAST_MONTH_OF_A_PHOTOGRAPH
        if is_first or (before == day and previous.edition == photograph):
            return photograph
    return _name_month(day)


def read_edition(manifest: Manifest) -> str:
    """The edition of a release; of one made before editions had names, its month."""
    return manifest.edition or _name_month(_day(manifest.released_at))


def _day(released_at: str) -> dt.date:
    return dt.datetime.fromisoformat(released_at).astimezone(PARIS).date()


def _name_month(day: dt.date) -> str:
    month = MONTHS[day.month - 1]
    of = "d'" if month.startswith(("a", "o")) else "de "
    return f"édition {of}{month} {day.year}"
