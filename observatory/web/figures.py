"""The figures that open a page: each beside a wider territory, with its rank among its peers."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from observatory.metadata.french import written

Bounds = tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A figure as it is shown: what it says, its value, what stands beside or limits it, its rank.

    ``rank`` is in the words of a ``Ranking``; None where it is not known, or nothing is ranked.
    """

    said: str
    shown: str
    beside: str | None = None
    rank: str | None = None


class Ranking:
    """Where each of some peers stands by a value, the highest first.

    Only known values are ranked: what is missing or withheld is neither first nor last, and is
    counted apart. A value known by its bounds leaves a range of ranks.
    """

    def __init__(self, values: Mapping[str, Bounds | None]) -> None:
        self.values = values
        known = [bounds for bounds in values.values() if bounds is not None]
        self.known, self.unknown = len(known), len(values) - len(known)
        self._lows, self._highs = sorted(b[0] for b in known), sorted(b[1] for b in known)
        self._counts = Counter(known)

    def say(self, code: str, peers: str) -> str | None:
        """Say the rank of one among its ``peers``; None where its value is not known, or alone."""
        own = self.values.get(code)
        if own is None or self.known == 1:
            return None
        low, high = own
        best = 1 + self.known - bisect_right(self._lows, high)
        worst = 1 + self.known - bisect_right(self._highs, low) - (high > low)
        place = ordinal(best) if best == worst else f"entre {ordinal(best)} et {ordinal(worst)}"
        tie = " ex æquo" if best == worst and self._counts[own] > 1 else ""
        apart = f" ({self.unknown} sans valeur comparable)" if self.unknown else ""
        return f"{place}{tie} sur {written(self.known, 0)} {peers}{apart}"


def find_cut_epcis(communes: pl.DataFrame) -> set[str]:
    """Find the EPCIs of which communes lie outside of the territory: their whole is not known."""
    own = communes.drop_nulls("epci_code").group_by("epci_code").agg(pl.col("is_in_territory"))
    inside = pl.col("is_in_territory").list
    return set(own.filter(inside.any(), ~inside.all())["epci_code"])


def name_peers(kind: str, *, is_cut: bool) -> str:
    """Name those that are ranked in an EPCI: all of it, or those of the territory alone."""
    return f"{kind} de l'EPCI dans le territoire" if is_cut else kind


def say_total(values: pl.Series, digits: int, unit: str, *, is_cut: bool = False) -> str:
    """Say the sum over an EPCI's communes; at the least where some are not known or outside."""
    known = values.drop_nulls()
    if known.is_empty():
        return "EPCI : total inconnu"
    is_part = is_cut or values.null_count() > 0
    total = f"{written(float(known.sum()), digits)} {unit}".strip()
    return f"EPCI : {'au moins ' if is_part else ''}{total}"


def ordinal(place: int) -> str:
    """A rank in words: 1er, 2e."""
    return "1er" if place == 1 else f"{written(place, 0)}e"


def exactly(value: float | None) -> Bounds | None:
    """A value known as it is, as bounds."""
    return None if value is None else (value, value)


def bounded(value: float | None, low: float | None, high: float | None) -> Bounds | None:
    """A value, else the range that secrecy leaves; None where neither is known."""
    if value is not None:
        return value, value
    return None if low is None or high is None else (low, high)
