"""From where a published figure is looked at twice: limits declared once, for all tables."""

from dataclasses import dataclass
from typing import Literal

from observatory.metadata import units
from observatory.metadata.tables import Column, Table
from observatory.metadata.texts import Text

Rule = Literal["missing", "release", "time", "peers"]


@dataclass(frozen=True, kw_only=True)
class Limits:
    """From where a change or a figure is an anomaly.

    ``missing_points``: points of percent by which the share of missing values grew, those hidden
    by secrecy apart. ``release_times`` and ``time_times``: how many times greater or smaller than
    in the last release, or than in the period before, and by more than the column's median.
    ``peer_spreads``: spreads between quartiles that a figure lies outside of those of its peers,
    of whom there are ``least_peers``; on a scale of logarithms where no figure is negative.
    """

    missing_points: float = 5
    release_times: float = 2
    time_times: float = 3
    peer_spreads: float = 3
    least_peers: int = 8


LIMITS = Limits()
RULES: dict[Rule, Text] = {
    "missing": Text(
        fr=f"valeurs manquantes : {LIMITS.missing_points:g} points de plus qu'avant",
        en=f"missing values: {LIMITS.missing_points:g} points more than before",
    ),
    "release": Text(
        fr=f"plus de {LIMITS.release_times:g} fois plus, ou moins, que la publication précédente",
        en=f"more than {LIMITS.release_times:g} times more, or less, than in the last release",
    ),
    "time": Text(
        fr=f"plus de {LIMITS.time_times:g} fois plus, ou moins, que la période précédente",
        en=f"more than {LIMITS.time_times:g} times more, or less, than in the period before",
    ),
    "peers": Text(
        fr="hors de ce que l'on voit ailleurs, au-delà des quartiles de plus de "
        f"{LIMITS.peer_spreads:g} fois leur écart",
        en="outside the range of its peers, beyond their quartiles by more than "
        f"{LIMITS.peer_spreads:g} times the spread between these",
    ),
}
# one of these in a key makes a series of the rows that agree on all the rest
PERIODS = ("year", "month_date", "quarter_code", "quarter_end_date", "period_code")
# rows that agree on all of the key but these are peers
PLACES = {
    *("territory_code", "place_code", "region_code", "department_code", "epci_code"),
    *("bassin_code", "employment_zone_code", "commune_code", "arrondissement_code"),
    *("site_id", "pole_id", "unit_id", "zone_id", "brownfield_id"),
}
# numbers that have no size
_NO_SIZE = {
    *(units.YEAR, units.LINE, units.RANK, units.RANK_BY_INDEX),
    *(units.CLASS_1_TO_5, units.CLASSES),
}


def measures(table: Table) -> list[Column]:
    """Columns of a table whose figures have a size, in their order."""
    return [
        c
        for c in table.columns
        if c.unit is not None and c.unit not in _NO_SIZE and c.name not in table.key
    ]


def period_of(table: Table) -> str | None:
    """The key column of a table's series; None where it has no series."""
    return next((name for name in PERIODS if name in table.key), None)


def shared_by_peers(table: Table) -> list[str] | None:
    """Key columns on which peers agree; None where rows are of no places."""
    return [k for k in table.key if k not in PLACES] if PLACES & {*table.key} else None
