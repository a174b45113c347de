"""Arithmetic of progress, and the written rule by which a status follows from it."""

import datetime as dt
from dataclasses import dataclass

# a smaller move than this share of the way from baseline to target is « stable »
STABLE_SHARE = 0.01
REACHED = 100.0


@dataclass(frozen=True, kw_only=True)
class Value:
    """A value of one day, or the bounds it lies between."""

    date: dt.date
    value: float | None
    low: float | None = None
    high: float | None = None

    @property
    def is_known(self) -> bool:
        """Whether anything is known of it."""
        return any(v is not None for v in (self.value, self.low, self.high))


def progress_pct(value: float | None, baseline: float | None, target: float | None) -> float | None:
    """``(va − vi) / (vc − vi)`` in percent; None where one is missing or there is no way to go."""
    if value is None or baseline is None or target is None or target == baseline:
        return None
    return 100 * (value - baseline) / (target - baseline)


def evolution(now: Value, before: Value | None, tolerance: float = 0) -> str | None:
    """``up``, ``down`` or ``same`` since the value before; ``unclear`` where bounds overlap."""
    if before is None or not now.is_known or not before.is_known:
        return None
    if now.value is not None and before.value is not None:
        move = now.value - before.value
        return "same" if abs(move) <= tolerance else "up" if move > 0 else "down"
    low, high = _bounds(now)
    low_before, high_before = _bounds(before)
    if low is not None and high_before is not None and low > high_before:
        return "up"
    if high is not None and low_before is not None and high < low_before:
        return "down"
    return "unclear"


def _bounds(value: Value) -> tuple[float | None, float | None]:
    if value.value is not None:
        return value.value, value.value
    return value.low, value.high


def change_pct(now: Value, before: Value | None) -> float | None:
    """The change since the value before, in percent of it; None where one is not exactly known."""
    if before is None or now.value is None or not before.value:
        return None
    return 100 * (now.value - before.value) / abs(before.value)


def is_reached(value: float, target: float, direction: str) -> bool:
    """Whether the target is reached, or passed."""
    return value >= target if direction == "up" else value <= target


def status(
    now: Value,
    before: Value | None,
    *,
    direction: str,
    baseline: float | None,
    target: float | None,
) -> str:
    """The status by the written rule; who has no target is never said to progress.

    In this order: no value at all; no target; target reached; else the move since the value before
    (the baseline for the first) in the direction of the target. A move of less than 1 % of the
    way, or one that the bounds leave open, is ``stable``.
    """
    if not now.is_known:
        return "no_data"
    if target is None:
        return "no_target"
    if now.value is not None and is_reached(now.value, target, direction):
        return "reached"
    if before is None and baseline is not None:
        before = Value(date=now.date, value=baseline)
    way = abs(target - baseline) if baseline is not None else 0
    move = evolution(now, before, STABLE_SHARE * way)
    if move in {None, "same", "unclear"}:
        return "stable"
    return "progressing" if move == direction else "receding"


def phase(target_date: dt.date | None, ends_on: dt.date, as_of: dt.date) -> str:
    """``review`` (bilan) once the day of the target, or the mandate's end, is past."""
    return "review" if as_of > (target_date or ends_on) else "tracking"
