"""Sums that are published, and the attacker who solves them all at once.

He knows that no figure is negative; two linear programmes per hidden cell give him the lowest and
the highest value that it can have (Insee, « Guide du secret statistique »: secondary secrecy).
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from numpy.typing import NDArray

from observatory.errors import BlockedReleaseError
from observatory.metadata.tables import Secrecy, Table

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Numbers = NDArray[np.float64]
Mask = NDArray[np.bool_]
PROTECTION = 0.1
NARROWEST = 1.0
ROUNDING = 1e-6
SLACK, LARGEST_SOLVED = 1e-6, 1e6
NOISE = 1e-10
SOLVED, UNBOUNDED = 0, 3
LONGEST_SECONDS = 300.0


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """The range that an attacker computes for a cell; rounding alone may widen it by ``noise``."""

    low: float
    high: float
    noise: float

    def are_narrow(self, value: float) -> bool:
        """Tell whether they give ``value`` away: less than 10 % of it apart, or 1, or noise."""
        least = max(PROTECTION * value, NARROWEST, self.noise)
        return self.high - self.low < least * (1 - ROUNDING)


@dataclass(frozen=True, kw_only=True)
class Sum:
    """A published total and its parts, as positions of cells."""

    total: int
    parts: tuple[int, ...]

    @property
    def cells(self) -> tuple[int, ...]:
        """Total and parts."""
        return (self.total, *self.parts)


def list_sums(frame: pl.DataFrame, table: Table, rule: Secrecy) -> list[Sum]:
    """List the sums among the rows of a table, by the totals and parents that ``rule`` names."""
    rows = frame.with_row_index("_at")
    everywhere = pl.lit(value=True).alias("_all")
    sums: list[Sum] = []
    for column, code in rule.totals:
        rest = [name for name in table.key if name != column] or ["_all"]
        split = rows.with_columns(everywhere, _total=pl.col(column) == code)
        groups = split.group_by(rest, maintain_order=True).agg(
            total=pl.col("_at").filter("_total"), parts=pl.col("_at").filter(~pl.col("_total"))
        )
        sums += _as_sums(groups)
    for column, parent in rule.parents:
        rest = [n for n in table.key if n not in {column, *rule.levels}] or ["_all"]
        split = rows.with_columns(everywhere)
        children = split.drop_nulls(parent).group_by([parent, *rest], maintain_order=True)
        groups = children.agg(parts=pl.col("_at")).join(
            split.select(*rest, total=pl.concat_list("_at"), **{parent: pl.col(column)}),
            on=[parent, *rest],
            how="inner",
            nulls_equal=True,
        )
        sums += _as_sums(groups)
    return sums


def _as_sums(groups: pl.DataFrame) -> list[Sum]:
    """Return the groups with one total and at least one part."""
    return [
        Sum(total=total[0], parts=tuple(parts))
        for total, parts in groups.select("total", "parts").iter_rows()
        if len(total) == 1 and parts
    ]


def suppress_secondary(values: Numbers, primary: Mask, sums: Sequence[Sum]) -> Mask:
    """Choose the cells to hide so that no hidden cell can be computed from the sums.

    ``values`` are the true figures, none negative; NaN where nobody has one, which attackers
    do not know either. Where a hidden cell is exposed, the smallest cell that protects it is
    hidden too, a part rather than a total. Raises ValueError for a sum that does not hold.
    """
    _require_sums_to_hold(values, sums)
    hidden = primary.copy()
    by_cell: dict[int, list[Sum]] = {}
    for total in sums:
        for cell in total.cells:
            by_cell.setdefault(cell, []).append(total)
    while exposed := find_exposed_cells(values, hidden, sums):
        before = int(hidden.sum())
        for cell in exposed:
            partner = _choose_partner(cell, by_cell[cell], values, hidden)
            if partner is not None:
                hidden[partner] = True
        if int(hidden.sum()) == before:
            msg = f"row {exposed[0]} cannot be protected: every cell around it is hidden already"
            raise ValueError(msg)
    return hidden


def _require_sums_to_hold(values: Numbers, sums: Sequence[Sum]) -> None:
    for total in sums:
        gap = values[list(total.parts)].sum() - values[total.total]
        if abs(gap) > ROUNDING * max(1.0, abs(values[total.total])):
            msg = f"the parts of row {total.total} add up to {gap:+g} of its figure: no total"
            raise ValueError(msg)


def _choose_partner(cell: int, sums: Sequence[Sum], values: Numbers, hidden: Mask) -> int | None:
    """Choose the cell to hide with ``cell``, in the sum where fewest are hidden so far."""
    for total in sorted(sums, key=lambda s: int(hidden[list(s.cells)].sum())):
        shown = [c for c in total.cells if not hidden[c]]
        if not shown:
            continue
        enough = PROTECTION * values[cell]
        return min(
            shown,
            key=lambda c: (
                values[c] <= 0,
                c == total.total,
                values[c] < enough,
                abs(values[c] - enough),
                c,
            ),
        )
    return None


def find_exposed_cells(values: Numbers, hidden: Mask, sums: Sequence[Sum]) -> list[int]:
    """Find hidden cells that the published sums give back exactly or too closely.

    A cell is exposed when an attacker's bounds on it lie less than 10 % of its value apart, or
    less than 1: a hidden count would then be known. Cells in no sum cannot be attacked.
    """
    return [
        cell
        for cell, bounds in attack(values, hidden, sums).items()
        if not np.isnan(values[cell]) and bounds.are_narrow(values[cell])
    ]


def attack(values: Numbers, hidden: Mask, sums: Sequence[Sum]) -> dict[int, Bounds]:
    """Compute the lowest and highest value that each hidden cell can have, as an attacker would.

    Every shown cell is known, every sum holds, no cell is negative. Cells are solved group
    by group: those that no chain of sums links say nothing of each other.
    """
    hidden = hidden | np.isnan(values)
    involved = [s for s in sums if hidden[list(s.cells)].any()]
    cells = sorted({c for s in involved for c in s.cells if hidden[c]})
    if not cells:
        return {}
    column = {cell: at for at, cell in enumerate(cells)}
    rows, columns, signs = [], [], []
    right_side = np.zeros(len(involved))
    scale = np.array([np.nanmax(np.abs(values[list(s.cells)]), initial=0.0) for s in involved])
    for row, total in enumerate(involved):
        for cell, sign in [(total.total, -1.0), *((part, 1.0) for part in total.parts)]:
            if hidden[cell]:
                rows.append(row)
                columns.append(column[cell])
                signs.append(sign)
            else:
                right_side[row] -= sign * values[cell]
    # late, here and below: these bring all of linear algebra, for the tables that keep secrets
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components

    matrix = csr_array((signs, (rows, columns)), shape=(len(involved), len(cells)))
    groups, group = connected_components(abs(matrix.T @ matrix), directed=False)
    learned = {}
    until = time.monotonic() + LONGEST_SECONDS
    for number in range(groups):
        if time.monotonic() > until:
            msg = (
                f"secrecy could not be proved in {LONGEST_SECONDS:.0f} seconds: nothing is released"
            )
            raise BlockedReleaseError(msg)
        members = np.flatnonzero(group == number)
        concerned = np.flatnonzero(abs(matrix[:, members]).sum(axis=1) > 0)
        part = matrix[concerned][:, members]
        largest = float(scale[concerned].max())
        if len(concerned) == 1:
            known = float(right_side[concerned[0]])
            for at, (low, high) in enumerate(_solve_one(part.toarray()[0], known)):
                bounds = Bounds(low=low, high=high, noise=NOISE * largest)
                learned[cells[members[at]]] = bounds
            continue
        for at in range(len(members)):
            aim = np.zeros(len(members))
            aim[at] = 1.0
            low = _find_least_value(aim, part, right_side[concerned], largest)
            high = -_find_least_value(-aim, part, right_side[concerned], largest)
            learned[cells[members[at]]] = Bounds(low=low, high=high, noise=NOISE * largest)
    return learned


def _solve_one(signs: Numbers, known: float) -> list[tuple[float, float]]:
    """Bound each cell of one sum alone: ``signs`` · x = ``known`` and x ≥ 0.

    Where parts exceed their total no x is: bounds that leave no room say that something is wrong.
    """
    if len(signs) == 1:
        return [(known / signs[0], known / signs[0])]
    if (signs > 0).all():
        return [(0.0, known)] * len(signs)
    # the total is hidden with some of its parts: it is no less than what is shown of them
    return [(0.0, np.inf) if sign > 0 else (max(0.0, -known), np.inf) for sign in signs]


def _find_least_value(
    aim: Numbers, matrix: "csr_array", right_side: Numbers, largest: float
) -> float:
    """Find the least ``aim`` · x where ``matrix`` x = ``right_side`` and x ≥ 0; −∞ if unbounded.

    Solved in units in which the ``largest`` figure of the sums is a million at most, where the
    solver's own precision is beyond the rounding of sums: sums hold but for that rounding.
    """
    unit = max(1.0, largest / LARGEST_SOLVED)
    scaled = right_side / unit
    from scipy.optimize import linprog
    from scipy.sparse import vstack

    solved = linprog(
        aim,
        A_ub=vstack([matrix, -matrix]),
        b_ub=np.concatenate([scaled + SLACK, SLACK - scaled]),
        bounds=(0, None),
        method="highs",
    )
    if solved.status not in {SOLVED, UNBOUNDED}:
        msg = f"the published sums contradict each other: {solved.message}"
        raise ValueError(msg)
    return float(solved.fun) * unit if solved.status == SOLVED else -np.inf
