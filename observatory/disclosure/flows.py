"""What an attacker learns from months that follow each other: a stock, its gains and its losses.

The stock of a period is that of the one before, plus what was gained, less what was lost. These
relations form a chain, so that bounds passed forwards, then backwards, are exact for whole numbers.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from observatory.disclosure.sums import Mask, Numbers
from observatory.metadata.tables import Flow, Table, suppression_mark

# four rounded counts are up to two units from their relation
ROUNDED = 2.0


@dataclass(frozen=True)
class Chain:
    """Where each row of a table stands: its series and its period, both from zero."""

    flow: Flow
    series: NDArray[np.intp]
    period: NDArray[np.intp]

    @property
    def names(self) -> tuple[str, str, str]:
        """Stock, gained and lost."""
        return self.flow.stock, self.flow.gained, self.flow.lost

    def spread(self, values: NDArray[np.generic], blank: float) -> Numbers:
        """Values of rows as series × periods; ``blank`` where there is no row."""
        grid = np.full((self.series.max() + 1, self.period.max() + 1), blank)
        grid[self.series, self.period] = values
        return grid

    def gather(self, grid: NDArray[np.generic]) -> NDArray[np.generic]:
        """Values of series × periods as those of rows."""
        found: NDArray[np.generic] = grid[self.series, self.period]
        return found


def find_chain(frame: pl.DataFrame, table: Table, flow: Flow) -> Chain:
    """Find the series and the period of each row."""
    rest = [name for name in table.key if name != flow.period]
    series = frame.select(pl.struct(rest).rank("dense").fill_null(1) - 1).to_series()
    period = frame.select(pl.col(flow.period).rank("dense").fill_null(1) - 1).to_series()
    return Chain(flow, series.to_numpy().astype(np.intp), period.to_numpy().astype(np.intp))


def hide_together(chain: Chain, hidden: Mapping[str, Mask]) -> dict[str, Mask]:
    """Hide a flow with the other one, and with a hidden stock the flows to it and from it."""
    stock, gained, lost = (chain.spread(hidden[name], 0).astype(bool) for name in chain.names)
    before = np.zeros_like(stock)
    before[:, 1:] = stock[:, :-1]
    moves = chain.gather(gained | lost | stock | before).astype(bool)
    return {**hidden, chain.flow.gained: moves, chain.flow.lost: moves}


def attack_flows(frame: pl.DataFrame, chain: Chain) -> dict[str, tuple[Numbers, Numbers]]:
    """Bound every figure of the chain, as published: lowest and highest value, by row."""
    bounds = {}
    for name in chain.names:
        shown = frame[name].cast(pl.Float64).fill_null(np.nan).to_numpy()
        known = ~np.isnan(shown) & ~frame[suppression_mark(name)].fill_null(value=False).to_numpy()
        low = chain.spread(np.where(known, shown, 0.0), 0.0)
        high = chain.spread(np.where(known, shown, np.inf), 0.0)
        bounds[name] = (low, high)
    grids = _propagate(*(bounds[name] for name in chain.names), slack=0.0)
    broken = np.any([(low > high).any(axis=1) for low, high in grids], axis=0)
    if broken.any():  # rounding, or offers that came back: the relation holds but for that
        loose = _propagate(*(bounds[name] for name in chain.names), slack=ROUNDED)
        for (low, high), (wide_low, wide_high) in zip(grids, loose, strict=True):
            low[broken], high[broken] = wide_low[broken], wide_high[broken]
    return {
        name: (chain.gather(low).astype(float), chain.gather(high).astype(float))
        for name, (low, high) in zip(chain.names, grids, strict=True)
    }


Grid = tuple[Numbers, Numbers]


def _propagate(stock: Grid, gained: Grid, lost: Grid, *, slack: float) -> tuple[Grid, Grid, Grid]:
    """Pass bounds along each series, forwards and backwards; the first stock has none before it."""
    low, high = stock[0].copy(), stock[1].copy()
    up = gained[1] - lost[0] + slack, gained[0] - lost[1] - slack
    periods = range(1, low.shape[1])
    from_left = [low.copy(), high.copy()]
    for at in periods:
        from_left[0][:, at] = np.maximum(low[:, at], from_left[0][:, at - 1] + up[1][:, at])
        from_left[1][:, at] = np.minimum(high[:, at], from_left[1][:, at - 1] + up[0][:, at])
    from_right = [low.copy(), high.copy()]
    for at in reversed(periods):
        from_right[0][:, at - 1] = np.maximum(low[:, at - 1], from_right[0][:, at] - up[0][:, at])
        from_right[1][:, at - 1] = np.minimum(high[:, at - 1], from_right[1][:, at] - up[1][:, at])
    least, most = np.maximum(from_left[0], from_right[0]), np.minimum(from_left[1], from_right[1])
    more, less = [gained[0].copy(), gained[1].copy()], [lost[0].copy(), lost[1].copy()]
    rise = (
        from_right[0][:, 1:] - from_left[1][:, :-1] - slack,
        from_right[1][:, 1:] - from_left[0][:, :-1] + slack,
    )
    more[0][:, 1:] = np.maximum(gained[0][:, 1:], rise[0] + lost[0][:, 1:])
    more[1][:, 1:] = np.minimum(gained[1][:, 1:], rise[1] + lost[1][:, 1:])
    less[0][:, 1:] = np.maximum(lost[0][:, 1:], gained[0][:, 1:] - rise[1])
    less[1][:, 1:] = np.minimum(lost[1][:, 1:], gained[1][:, 1:] - rise[0])
    return (least, most), (more[0], more[1]), (less[0], less[1])


def hide_lasting(
    frame: pl.DataFrame, chain: Chain, values: Numbers, base: Numbers, hidden: Mask, least: int
) -> Mask:
    """Hide parts of stocks until none tells of a hidden one in the next or the last period.

    Units of a part last: of those that a period holds, no more go than were lost in it, and no
    more have come into the next than were gained in that.
    """
    hidden = hidden.copy()
    while True:
        shown = np.where(hidden, np.nan, values)
        by_last, by_next = (hidden & told for told in _told(frame, chain, shown, base, least))
        if not (by_last | by_next).any():
            return hidden
        tellers = np.zeros_like(chain.spread(hidden, 0), dtype=bool)
        tellers[:, :-1] |= chain.spread(by_last, 0).astype(bool)[:, 1:]
        tellers[:, 1:] |= chain.spread(by_next, 0).astype(bool)[:, :-1]
        hidden |= chain.gather(tellers).astype(bool)


def find_told_parts(
    frame: pl.DataFrame, chain: Chain, values: Numbers, base: Numbers, hidden: Mask, least: int
) -> Mask:
    """Find hidden parts to which a shown one before or after leaves too few values."""
    by_last, by_next = _told(frame, chain, np.where(hidden, np.nan, values), base, least)
    told: Mask = hidden & (by_last | by_next)
    return told


def _told(
    frame: pl.DataFrame, chain: Chain, shown: Numbers, base: Numbers, least: int
) -> tuple[Mask, Mask]:
    """Whether a part, or the rest of its whole, has too few values by the last or next period."""
    gained, lost = (
        chain.spread(frame[name].cast(pl.Float64).fill_null(np.nan).to_numpy(), 0.0)
        for name in (chain.flow.gained, chain.flow.lost)
    )
    by_last, by_next = (np.zeros(gained.shape, dtype=bool) for _ in range(2))
    for part in (shown, base - shown):
        held = chain.spread(part, 0.0)
        by_last[:, 1:] |= _leaves_few(held[:, :-1] - lost[:, :-1], least)
        by_next[:, :-1] |= _leaves_few(held[:, 1:] - gained[:, 1:], least)
    return chain.gather(by_last).astype(bool), chain.gather(by_next).astype(bool)


def _leaves_few(bound: Numbers, least: int) -> Mask:
    """Whether a lower bound rules out some, and not all, of the numbers below the threshold."""
    with np.errstate(invalid="ignore"):
        few: Mask = (bound > 1) & (bound < least)
    return few
