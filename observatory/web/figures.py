"""The figures that open a page: each beside a wider territory, with its rank among its peers."""

from collections.abc import Mapping
from dataclasses import dataclass

from observatory.metadata.french import written

Bounds = tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A figure as it is shown: what it says, its value, what stands beside it, its rank."""

    said: str
    shown: str
    beside: str | None = None
    rank: str | None = None


def say_rank(values: Mapping[str, Bounds | None], code: str, peers: str) -> str | None:
    """Say where a value stands, the highest first; None where it is not known.

    Only known values are ranked: what is missing or withheld is neither first nor last, and is
    counted apart. A value known by its bounds leaves a range of ranks.
    """
    own = values.get(code)
    known = {other: bounds for other, bounds in values.items() if bounds is not None}
    if own is None or len(known) == 1:
        return None
    others = [bounds for other, bounds in known.items() if other != code]
    best = 1 + sum(low > own[1] for low, _ in others)
    worst = 1 + sum(high > own[0] for _, high in others)
    place = ordinal(best) if best == worst else f"entre {ordinal(best)} et {ordinal(worst)}"
    tie = " ex æquo" if best == worst and own in others else ""
    unknown = len(values) - len(known)
    apart = f" ({unknown} sans valeur comparable)" if unknown else ""
    return f"{place}{tie} sur {written(len(known), 0)} {peers}{apart}"


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
