"""Statistical secrecy: hide figures on too few units, and figures that would give them back.

Primary suppression hides what the rules of the contract name: a count of, or a statistic on, fewer
units than the threshold, or an amount of which one unit makes up too much (Insee, « Guide du
secret statistique »: at least 3 firms, none with 85 % or more of the total). Secondary suppression
hides further cells until no hidden one can be computed back from the relations that the contract
declares. What is left is rounded, so that it is nobody's own figure.
"""

from collections.abc import Mapping

import numpy as np
import polars as pl

from observatory.disclosure.flows import (
    Chain,
    attack_flows,
    find_chain,
    find_told_parts,
    hide_lasting,
    hide_together,
)
from observatory.disclosure.sums import (
    Mask,
    Numbers,
    Sum,
    attack,
    list_sums,
    suppress_secondary,
)
from observatory.metadata.tables import Secrecy, Statistic, Table, suppression_mark
from observatory.settings import Thresholds

Hidden = dict[str, Mask]
PRECISION = 1e-9


def protect(frame: pl.DataFrame, table: Table, thresholds: Thresholds) -> pl.DataFrame:
    """Set the figures that secrecy hides to null and mark them; round the others.

    A table that its contract exempts is returned unchanged.
    """
    for rule in table.protections:
        least = thresholds.least(rule.basis)
        frame = frame.with_columns(_marks(frame, rule))
        hidden = _find_primary(frame, rule, thresholds)
        hidden = _hide_secondary(frame, table, rule, least, hidden)
        frame = _blank(frame, hidden).with_columns(_rounded(rule))
        frame = _blank(frame, _find_secret_statistics(frame, table, rule, least))
    return frame


def find_unsafe_rows(frame: pl.DataFrame, table: Table, thresholds: Thresholds) -> Mask:
    """Find rows of a published table that show a secret figure, or let a hidden one be computed.

    Only the published figures are used, as an attacker would: the true ones are not needed.
    """
    unsafe = np.zeros(frame.height, dtype=bool)
    for rule in table.protections:
        least = thresholds.least(rule.basis)
        frame = frame.with_columns(_marks(frame, rule))
        secret = _find_primary(frame, rule, thresholds)
        secret |= _find_secret_statistics(frame, table, rule, least)
        for name, mask in secret.items():
            unsafe |= mask & frame[name].is_not_null().to_numpy()
        for expression in _rounded(rule):
            name = expression.meta.output_name()
            apart = (pl.col(name) - expression).abs() > PRECISION * pl.col(name).abs()
            unsafe |= frame.select(apart.fill_null(value=False)).to_series().to_numpy()
        unsafe |= _find_given_back(frame, table, rule, least)
    return unsafe


def find_secret_rows(frame: pl.DataFrame, rule: Secrecy, thresholds: Thresholds) -> Mask:
    """Find rows with sums over too few units, or over one that dominates; zero is no secret."""
    hidden = pl.lit(value=False)
    if rule.unit_count:
        units = pl.col(rule.unit_count)
        hidden |= ((units > 0) & (units < thresholds.least(rule.basis))).fill_null(
            _judge_unknown_units(rule.unit_count, frame)
        )
    if rule.largest_share:
        share = pl.col(rule.largest_share)
        dominated = (share >= thresholds.dominance_pct).fill_null(value=True)
        hidden |= dominated & (pl.col(rule.unit_count) != 0) if rule.unit_count else dominated
    mask = frame.select(_=pl.first(), hidden=hidden.fill_null(value=True))["hidden"]
    return mask.to_numpy().copy()


def _judge_unknown_units(units: str, frame: pl.DataFrame) -> pl.Expr:
    """Treat an unknown number of units as secret, unless it was hidden and so judged before."""
    mark = suppression_mark(units)
    return ~pl.col(mark).fill_null(value=False) if mark in frame.columns else pl.lit(value=True)


def _marks(frame: pl.DataFrame, rule: Secrecy) -> list[pl.Expr]:
    """The mark of each figure: what was hidden before stays hidden."""
    return [
        (pl.col(mark).fill_null(value=False) if mark in frame.columns else pl.lit(value=False))
        .cast(pl.Boolean)
        .alias(mark)
        for mark in map(suppression_mark, rule.figures)
    ]


def _marked(frame: pl.DataFrame, name: str) -> Mask:
    return frame[suppression_mark(name)].fill_null(value=False).to_numpy().copy()


def _numbers(frame: pl.DataFrame, name: str) -> Numbers:
    return frame[name].cast(pl.Float64).fill_null(np.nan).to_numpy()


def _find_primary(frame: pl.DataFrame, rule: Secrecy, thresholds: Thresholds) -> Hidden:
    """Find the counts and sums that were hidden before, or that are on too few units."""
    hidden: Hidden = {}
    for name in rule.counts:
        values = _numbers(frame, name)
        hidden[name] = _marked(frame, name) | _is_few(values, thresholds.least(rule.basis))
    secret = find_secret_rows(frame, rule, thresholds) if rule.measures else None
    for name in rule.measures:
        known = ~np.isnan(_numbers(frame, name))
        hidden[name] = _marked(frame, name) | (secret & known)
    return hidden


def _is_few(values: Numbers, least: int) -> Mask:
    """Whether there are some units, and fewer than the threshold."""
    with np.errstate(invalid="ignore"):
        few: Mask = (values > 0) & (values < least)
    return few


def _hide_secondary(
    frame: pl.DataFrame, table: Table, rule: Secrecy, least: int, hidden: Hidden
) -> Hidden:
    """Hide further cells until the relations of the rule give no hidden one back."""
    if rule.measures and (sums := list_sums(frame, table, rule)):
        for name in rule.measures:
            values = _numbers(frame, name)
            found = suppress_secondary(values, hidden[name] & ~np.isnan(values), sums)
            hidden[name] = hidden[name] | found
    if rule.flow and frame.height:
        chain = find_chain(frame, table, rule.flow)
        hidden = hide_together(chain, hidden)
        given = _exposed_flows(_blank(frame, hidden), chain, least)
        if any(mask.any() for mask in given.values()):  # hide the whole series
            for name in chain.names:
                series = np.unique(chain.series[np.logical_or.reduce([*given.values()])])
                hidden[name] = hidden[name] | np.isin(chain.series, series)
    return hidden


def _exposed_flows(frame: pl.DataFrame, chain: Chain, least: int) -> Hidden:
    """Find hidden figures of a chain that are known but for fewer values than a small one has."""
    exposed = {}
    for name, (low, high) in attack_flows(frame, chain).items():
        width = np.maximum(least - 2, 0.1 * low)
        exposed[name] = _marked(frame, name) & (high - low < width) & (low <= high)
    return exposed


def _find_secret_statistics(frame: pl.DataFrame, table: Table, rule: Secrecy, least: int) -> Hidden:
    """Find statistics that were hidden before, or that the counts they are made of do not allow."""
    hidden: Hidden = {}
    sums = list_sums(frame, table, rule) if rule.statistics else []
    for statistic in rule.statistics:
        base = np.sum([_numbers(frame, name) for name in statistic.of], axis=0)
        unknown = np.logical_or.reduce([_is_hidden(frame, name) for name in statistic.of])
        values = _numbers(frame, statistic.name)
        secret = _is_secret(statistic, values, base, least) & ~np.isnan(values)
        hidden[statistic.name] = _marked(frame, statistic.name) | unknown | secret
        if statistic.kind == "quantile":
            hidden[statistic.name] = _hide_rests(hidden[statistic.name], base, sums, least)
        if statistic.kind == "part" and rule.flow and frame.height:
            chain = find_chain(frame, table, rule.flow)
            hidden[statistic.name] = hide_lasting(
                frame, chain, values, base, hidden[statistic.name], least
            )
    return hidden


def _is_hidden(frame: pl.DataFrame, name: str) -> Mask:
    if suppression_mark(name) in frame.columns:
        return _marked(frame, name)
    return np.zeros(frame.height, dtype=bool)


def _is_secret(statistic: Statistic, values: Numbers, base: Numbers, least: int) -> Mask:
    """Whether a statistic tells of too few units, by itself."""
    with np.errstate(invalid="ignore"):
        if statistic.kind == "quantile":
            return ~(base >= statistic.times * least)
        if statistic.kind == "part":
            return _is_few(values, least) | _is_few(base - values, least)
        # the most units that the printed share and the rest can stand for
        apart = (statistic.step or 0) / 2
        most, others = ((share + apart) / 100 * base for share in (values, 100 - values))
        few: Mask = ~((most >= least) & (others >= least))
    return few


def _hide_rests(hidden: Mask, units: Numbers, sums: list[Sum], least: int) -> Mask:
    """Hide parts until what a shown total holds beside its shown parts is nothing, or enough."""
    for total in sums:
        shown = sorted((c for c in total.parts if not hidden[c]), key=lambda c: (units[c], c))
        rest = units[total.total] - sum(units[c] for c in shown)
        while not hidden[total.total] and shown and 0 < rest < least:
            part = shown.pop(0)
            hidden[part], rest = True, rest + units[part]
        if 0 < rest < least:
            hidden[total.total] = True
    return hidden


def _blank(frame: pl.DataFrame, hidden: Mapping[str, Mask]) -> pl.DataFrame:
    """Null where hidden, and marked as such."""
    masks = {name: pl.Series(suppression_mark(name), mask) for name, mask in hidden.items()}
    return frame.with_columns(
        *(
            pl.when(~pl.lit(mask)).then(pl.col(name)).alias(name)
            for name, mask in masks.items()
            if frame.height
        ),
        *masks.values(),
    )


def _rounded(rule: Secrecy) -> list[pl.Expr]:
    """The figures that are printed with less precision than they are known."""
    rounded = []
    if rule.significant_figures:
        rounded += [pl.col(m).round_sig_figs(rule.significant_figures) for m in rule.measures]
    for statistic in rule.statistics:
        value = pl.col(statistic.name)
        if statistic.figures:
            rounded.append(value.round_sig_figs(statistic.figures))
        elif statistic.step and statistic.kind != "part":
            rounded.append((value / statistic.step).round() * statistic.step)
    return rounded


def _find_given_back(frame: pl.DataFrame, table: Table, rule: Secrecy, least: int) -> Mask:
    """Find rows with a hidden figure that the relations of the rule give back."""
    found = np.zeros(frame.height, dtype=bool)
    sums = list_sums(frame, table, rule) if rule.measures else []
    for name in rule.measures if sums else ():
        marked = _marked(frame, name)
        for cell, bounds in attack(_numbers(frame, name), marked, sums).items():
            found[cell] |= bool(marked[cell]) and bounds.are_narrow(bounds.low)
    if rule.flow and frame.height:
        chain = find_chain(frame, table, rule.flow)
        for mask in _exposed_flows(frame, chain, least).values():
            found |= mask
        for part in (s for s in rule.statistics if s.kind == "part"):
            base = np.sum([_numbers(frame, name) for name in part.of], axis=0)
            known, hidden = _numbers(frame, part.name), _marked(frame, part.name)
            found |= find_told_parts(frame, chain, known, base, hidden, least)
    return found
