"""Draws figures over years: one line that breaks where a year is missing, and a benchmark."""

import itertools
import math
from collections.abc import Sequence
from typing import Any

from observatory.metadata.french import written

WIDTH, HEIGHT = 420, 200
LEFT, RIGHT, TOP, BOTTOM = 44, 12, 16, 26
STEPS = (1, 2, 2.5, 5, 10)
TICKS = 4
LABELS = 6

Point = tuple[int, float | None]


def draw_curve(
    points: Sequence[Point],
    benchmark: tuple[int, int, float] | None,
    ranges: Sequence[tuple[int, float, float]] = (),
) -> dict[str, Any]:
    """Draw ``points`` by year; ``benchmark`` is a level from one year to another.

    A year without a value breaks the line; zero is a point of it. Of ``ranges``, what secrecy
    leaves of a year: from where to where, and no point.
    """
    years = [year for year, _ in points] + ([*benchmark[:2]] if benchmark else [])
    highest = max(
        [v for _, v in points if v is not None]
        + [high for *_, high in ranges]
        + ([benchmark[2]] if benchmark else []),
        default=0,
    )
    step = choose_step(highest)
    top = max(step, step * math.ceil(highest / step))
    first, last = min(years), max(years)

    def across(year: float) -> float:
        return round(LEFT + (WIDTH - LEFT - RIGHT) * (year - first) / max(1, last - first), 1)

    def down(value: float) -> float:
        return round(HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * value / top, 1)

    every = math.ceil((last - first + 1) / LABELS)
    return {
        "view": f"0 0 {WIDTH} {HEIGHT}",
        "left": LEFT,
        "right": WIDTH - RIGHT,
        "base": HEIGHT - BOTTOM,
        "ticks": [
            (down(at * step), written(at * step, 0 if step >= 1 and step % 1 == 0 else 2))
            for at in range(round(top / step) + 1)
        ],
        "years": [(across(year), year) for year in range(first, last + 1, every)],
        "lines": [
            " ".join(f"{across(year)},{down(value)}" for year, value in part)
            for part in _split_known(points)
        ],
        "dots": [(across(y), down(v)) for y, v in points if v is not None],
        "ranges": [(across(year), down(low), down(high)) for year, low, high in ranges],
        "benchmark": benchmark and (across(benchmark[0]), across(benchmark[1]), down(benchmark[2])),
    }


def choose_step(highest: float) -> float:
    """Choose a round step that parts a scale in at most four."""
    if highest <= 0:
        return 1
    least = highest / TICKS
    size = 10.0 ** math.floor(math.log10(least))
    return next(size * step for step in STEPS if size * step >= least * (1 - 1e-9))


def _split_known(points: Sequence[Point]) -> list[list[tuple[int, float]]]:
    """Split into runs of years that follow each other and have a value."""
    known = [(year, value) for year, value in sorted(points) if value is not None]
    runs = itertools.groupby(enumerate(known), key=lambda at: at[1][0] - at[0])
    return [[point for _, point in run] for _, run in runs]
