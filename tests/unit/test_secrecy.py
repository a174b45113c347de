"""Statistical secrecy: what is hidden stays hidden, whatever sums are published."""

import itertools

import numpy as np
import polars as pl
import pytest

from observatory.contracts import Column, Secrecy, Table, Thresholds
from observatory.secrecy import (
    Sum,
    attack,
    exposed_cells,
    protect,
    secondary_suppression,
    sums_of,
    unsafe_rows,
)

AREAS, ACTIVITIES = ("A", "B", "C", "D"), ("x", "y", "z")
BOTH = (*AREAS, "TOTAL"), (*ACTIVITIES, "TOTAL")


def column(name: str, kind: str = "code", **more: object) -> Column:
    base = {"name": name, "kind": kind, "label": name, "fr": name, "en": name, "sensitive": False}
    return Column(**{**base, **more})  # type: ignore[arg-type]


def table(**secrecy: object) -> Table:
    declared = {
        "basis": "firms",
        "unit_count": "firm_count",
        "measures": ("turnover_eur",),
        "largest_share": "largest_share_pct",
        "totals": (("area", "TOTAL"), ("activity", "TOTAL")),
    }
    return Table(
        name="test_turnover",
        theme="land",
        title_fr="t",
        title_en="t",
        grain="g",
        key=("area", "activity"),
        columns=(
            column("area"),
            column("activity"),
            column("firm_count", "integer", unit="firms"),
            column("largest_share_pct", "number", unit="percent"),
            column(
                "turnover_eur", "number", unit="EUR", nullable=True, null_means="hidden by secrecy"
            ),
            column("is_turnover_eur_suppressed", "boolean"),
        ),
        sources=("a/b",),
        licence="l",
        reference_period="p",
        publish_level="public",
        secrecy=Secrecy(**{**declared, **secrecy}),  # type: ignore[arg-type]
    )


def world(seed: int) -> pl.DataFrame:
    rng = np.random.default_rng(seed)
    firms = rng.integers(0, 12, (4, 3))
    money = np.where(firms > 0, rng.integers(1, 500, (4, 3)) * firms, 0)
    rows = []
    for i, j in itertools.product(range(5), range(4)):
        at = (
            slice(None) if i == 4 else slice(i, i + 1),
            slice(None) if j == 3 else slice(j, j + 1),
        )
        rows.append((BOTH[0][i], BOTH[1][j], int(firms[at].sum()), 40.0, float(money[at].sum())))
    names = ["area", "activity", "firm_count", "largest_share_pct", "turnover_eur"]
    return pl.DataFrame(rows, schema=names, orient="row")


@pytest.mark.parametrize("seed", range(25))
def test_no_hidden_cell_can_be_computed_back(seed: int) -> None:
    """The attack test: all sums at once, by linear programmes, on tables with both margins."""
    frame, contract = world(seed), table()
    safe = protect(frame, contract, Thresholds())
    hidden = safe["is_turnover_eur_suppressed"].to_numpy()
    values = frame["turnover_eur"].to_numpy()
    few = frame.select((pl.col("firm_count") > 0) & (pl.col("firm_count") < 3)).to_series()
    assert hidden[few.to_numpy()].all()
    assert safe["turnover_eur"].is_null().to_numpy().tolist() == hidden.tolist()
    for cell, (low, high) in attack(values, hidden, sums_of(frame, contract)).items():
        assert low - 1e-6 <= values[cell] <= high + 1e-6
        assert high - low >= max(1.0, 0.1 * values[cell]) - 1e-6


def test_primary_suppression_alone_is_broken_by_the_same_attack() -> None:
    """The attack is real: without secondary suppression it gives hidden cells back."""
    broken = 0
    for seed in range(25):
        frame, contract = world(seed), table()
        primary = frame.select(pl.col("firm_count").is_between(1, 2)).to_series().to_numpy()
        values = frame["turnover_eur"].to_numpy()
        broken += bool(exposed_cells(values, primary, sums_of(frame, contract)))
    assert broken > 10


def test_a_lone_hidden_part_takes_the_smallest_other_with_it() -> None:
    values = np.array([100.0, 5.0, 60.0, 35.0])
    hidden = secondary_suppression(
        values, np.array([False, True, False, False]), [Sum(total=0, parts=(1, 2, 3))]
    )
    assert hidden.tolist() == [False, True, False, True]


def test_zeros_do_not_protect_each_other() -> None:
    values = np.array([50.0, 0.0, 0.0, 50.0])
    sums = [Sum(total=0, parts=(1, 2, 3))]
    assert exposed_cells(values, np.array([False, True, True, False]), sums) == [1, 2]
    assert not exposed_cells(
        values, secondary_suppression(values, np.array([False, True, True, False]), sums), sums
    )


def test_chained_sums_are_attacked_together() -> None:
    # a + b = t1 and b + c = t2 and a + c = t3: three equations give three unknowns
    values = np.array([10.0, 20.0, 30.0, 30.0, 50.0, 40.0])
    sums = [
        Sum(total=3, parts=(0, 1)),
        Sum(total=4, parts=(1, 2)),
        Sum(total=5, parts=(0, 2)),
    ]
    hidden = np.array([True, True, True, False, False, False])
    assert exposed_cells(values, hidden, sums) == [0, 1, 2]
    assert not exposed_cells(values, secondary_suppression(values, hidden, sums), sums)


@pytest.mark.parametrize(
    ("units", "share", "hidden"),
    [(2, 50.0, True), (3, 84.9, False), (3, 85.0, True), (0, 0.0, False), (None, 10.0, True)],
)
def test_thresholds_are_those_of_the_rule(units: int | None, share: float, hidden: bool) -> None:
    frame = pl.DataFrame(
        {
            "area": ["A"],
            "activity": ["x"],
            "firm_count": pl.Series([units], dtype=pl.Int64),
            "largest_share_pct": [share],
            "turnover_eur": [100.0],
        }
    )
    safe = protect(frame, table(totals=()), Thresholds())
    assert safe["is_turnover_eur_suppressed"].item() is hidden
    assert safe["turnover_eur"].item() == (None if hidden else 100.0)


def test_sales_have_a_threshold_of_their_own() -> None:
    frame = world(1).with_columns(firm_count=pl.lit(4), largest_share_pct=pl.lit(0.0))
    safe = protect(frame, table(basis="sales", totals=()), Thresholds())
    assert safe["is_turnover_eur_suppressed"].all()


def test_protecting_twice_changes_nothing() -> None:
    once = protect(world(3), table(), Thresholds())
    assert protect(once, table(), Thresholds()).equals(once)


def test_a_sum_that_does_not_hold_is_said() -> None:
    with pytest.raises(ValueError, match="no total"):
        secondary_suppression(
            np.array([10.0, 1.0, 2.0]), np.array([False, True, False]), [Sum(total=0, parts=(1, 2))]
        )


@pytest.mark.parametrize("seed", range(5))
def test_what_is_protected_passes_the_check_that_sees_the_published_table_only(seed: int) -> None:
    contract = table()
    safe = protect(world(seed), contract, Thresholds())
    assert not unsafe_rows(safe, contract, Thresholds()).any()
    primary = pl.col("firm_count").is_between(1, 2)
    careless = world(seed).with_columns(
        pl.when(~primary).then("turnover_eur"), is_turnover_eur_suppressed=primary
    )
    bare = careless.with_columns(world(seed)["turnover_eur"])
    assert unsafe_rows(bare, contract, Thresholds()).sum() >= primary_count(careless)


def primary_count(frame: pl.DataFrame) -> int:
    return int(frame["is_turnover_eur_suppressed"].sum())


def test_the_check_finds_a_cell_that_a_margin_gives_back() -> None:
    lone = pl.DataFrame(
        {
            "area": ["A", "A", "A"],
            "activity": ["x", "y", "TOTAL"],
            "firm_count": [1, 9, 10],
            "largest_share_pct": [10.0, 10.0, 10.0],
            "turnover_eur": [None, 90.0, 100.0],
            "is_turnover_eur_suppressed": [True, False, False],
        }
    )
    found = unsafe_rows(lone, table(totals=(("activity", "TOTAL"),)), Thresholds())
    assert found.tolist() == [True, False, False]
