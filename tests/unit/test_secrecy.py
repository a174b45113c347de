"""Statistical secrecy: what is hidden stays hidden, whatever sums are published."""

import itertools
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from observatory.disclosure.suppression import (
    Sum,
    attack,
    find_exposed_cells,
    find_unsafe_rows,
    list_sums,
    protect,
    suppress_secondary,
)
from observatory.metadata.tables import Column, Secrecy, Table
from observatory.metadata.texts import Text
from observatory.metadata.units import ESTABLISHMENTS, PERCENT, Unit
from observatory.settings import Thresholds

HIDDEN = Text(fr="masqué par le secret", en="hidden by secrecy")
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
        title_fr="t",
        title_en="t",
        grain=Text(fr="g", en="g"),
        key=("area", "activity"),
        columns=(
            column("area"),
            column("activity"),
            column("firm_count", "integer", unit=ESTABLISHMENTS),
            column("largest_share_pct", "number", unit=PERCENT),
            column(
                "turnover_eur",
                "number",
                unit=Unit(fr="euros", en="EUR"),
                null_means=HIDDEN,
            ),
            column("is_turnover_eur_suppressed", "boolean"),
        ),
        sources=("a/b",),
        licence="l",
        reference_period=Text(fr="p", en="p"),
        publish_level="public",
        secrecy=Secrecy(**{**declared, **secrecy}),  # type: ignore[arg-type]
    )


def world(seed: int, *, zeros: float = 0, factor: float = 1) -> pl.DataFrame:
    rng = np.random.default_rng(seed)
    firms = rng.integers(0, 12, (4, 3))
    money = np.where(firms > 0, rng.integers(1, 500, (4, 3)) * firms, 0) * factor
    money = np.where(rng.random((4, 3)) < zeros, 0, money)
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
    for cell, bounds in attack(values, hidden, list_sums(frame, contract)).items():
        assert bounds.low - 1e-4 <= values[cell] <= bounds.high + 1e-4
        assert bounds.high - bounds.low >= max(1.0, 0.1 * values[cell]) - 1e-4


def test_primary_suppression_alone_is_broken_by_the_same_attack() -> None:
    """The attack is real: without secondary suppression it gives hidden cells back."""
    broken = 0
    for seed in range(25):
        frame, contract = world(seed), table()
        primary = frame.select(pl.col("firm_count").is_between(1, 2)).to_series().to_numpy()
        values = frame["turnover_eur"].to_numpy()
        broken += bool(find_exposed_cells(values, primary, list_sums(frame, contract)))
    assert broken > 10


def test_a_lone_hidden_part_takes_the_smallest_other_with_it() -> None:
    values = np.array([100.0, 5.0, 60.0, 35.0])
    hidden = suppress_secondary(
        values, np.array([False, True, False, False]), [Sum(total=0, parts=(1, 2, 3))]
    )
    assert hidden.tolist() == [False, True, False, True]


def test_zeros_do_not_protect_each_other() -> None:
    values = np.array([50.0, 0.0, 0.0, 50.0])
    sums = [Sum(total=0, parts=(1, 2, 3))]
    assert find_exposed_cells(values, np.array([False, True, True, False]), sums) == [1, 2]
    assert not find_exposed_cells(
        values, suppress_secondary(values, np.array([False, True, True, False]), sums), sums
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
    assert find_exposed_cells(values, hidden, sums) == [0, 1, 2]
    assert not find_exposed_cells(values, suppress_secondary(values, hidden, sums), sums)


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
        suppress_secondary(
            np.array([10.0, 1.0, 2.0]), np.array([False, True, False]), [Sum(total=0, parts=(1, 2))]
        )


@pytest.mark.parametrize("seed", range(5))
def test_what_is_protected_passes_the_check_that_sees_the_published_table_only(seed: int) -> None:
    contract = table()
    safe = protect(world(seed), contract, Thresholds())
    assert not find_unsafe_rows(safe, contract, Thresholds()).any()
    primary = pl.col("firm_count").is_between(1, 2)
    careless = world(seed).with_columns(
        pl.when(~primary).then("turnover_eur"), is_turnover_eur_suppressed=primary
    )
    bare = careless.with_columns(world(seed)["turnover_eur"])
    assert find_unsafe_rows(bare, contract, Thresholds()).sum() >= primary_count(careless)


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
    found = find_unsafe_rows(lone, table(totals=(("activity", "TOTAL"),)), Thresholds())
    assert found.tolist() == [True, False, False]


@pytest.mark.parametrize("seed", range(40))
def test_amounts_of_zero_and_large_amounts_are_protected_too(seed: int) -> None:
    """Firms without turnover, and amounts of billions with cents, break careless arithmetic."""
    contract = table()
    factor = (1.0, 0.01, 1e7 / 3, 1e9 / 7)[seed % 4]
    frame = world(seed, zeros=0.4, factor=factor)
    safe = protect(frame, contract, Thresholds())
    assert not find_unsafe_rows(safe, contract, Thresholds()).any()


def test_a_count_of_units_that_is_itself_hidden_is_not_judged_twice() -> None:
    columns = table().columns
    hidden = column("is_firm_count_suppressed", "boolean")
    count = column("firm_count", "integer", unit=ESTABLISHMENTS, null_means=HIDDEN)
    for seed in range(20):
        base = table(measures=("turnover_eur",), totals=())
        contract = replace(
            base,
            columns=(*columns[:2], count, *columns[3:], hidden),
            secrecy=Secrecy(
                basis="firms",
                unit_count="firm_count",
                measures=("firm_count", "turnover_eur"),
                totals=(("area", "TOTAL"), ("activity", "TOTAL")),
            ),
        )
        safe = protect(world(seed), contract, Thresholds())
        assert not find_unsafe_rows(safe, contract, Thresholds()).any()
        assert protect(safe, contract, Thresholds()).equals(safe)


def by_level() -> tuple[pl.DataFrame, Table]:
    """Communes, their EPCI and its département in one table."""
    rows = [
        ("commune", "13001", "E1", 2, 10.0),
        ("commune", "13002", "E1", 9, 90.0),
        ("commune", "13003", "E2", 5, 40.0),
        ("commune", "13004", "E2", 6, 60.0),
        ("epci", "E1", "13", 11, 100.0),
        ("epci", "E2", "13", 11, 100.0),
        ("department", "13", None, 22, 200.0),
    ]
    names = ["level", "area", "parent_area", "firm_count", "turnover_eur"]
    base = table(totals=())
    contract = replace(
        base,
        key=("level", "area"),
        columns=(
            column("level"),
            column("area"),
            column("parent_area", null_means=HIDDEN),
            *(c for c in base.columns if c.name not in {"area", "activity", "largest_share_pct"}),
        ),
        secrecy=Secrecy(
            basis="firms",
            unit_count="firm_count",
            measures=("turnover_eur",),
            parents=(("area", "parent_area"),),
            levels=("level",),
        ),
    )
    return pl.DataFrame(rows, schema=names, orient="row"), contract


def test_parents_are_sums_at_every_level() -> None:
    frame, contract = by_level()
    sums = {(s.total, s.parts) for s in list_sums(frame, contract)}
    assert sums == {(4, (0, 1)), (5, (2, 3)), (6, (4, 5))}


def test_a_hidden_commune_does_not_come_back_from_its_epci() -> None:
    frame, contract = by_level()
    lone = frame.with_columns(
        turnover_eur=pl.when(pl.col("area") != "13001").then("turnover_eur"),
        is_turnover_eur_suppressed=pl.col("area") == "13001",
    )
    assert find_unsafe_rows(lone, contract, Thresholds()).tolist() == [True] + [False] * 6
    safe = protect(frame, contract, Thresholds())
    assert safe["is_turnover_eur_suppressed"].to_list()[:2] == [True, True]
    assert not find_unsafe_rows(safe, contract, Thresholds()).any()


def test_the_largest_share_need_not_be_published() -> None:
    base = table()
    columns = tuple(
        replace(c, sensitive=c.name in {"largest_share_pct", "firm_count"}) for c in base.columns
    )
    published = replace(base, columns=columns).published
    assert isinstance(published.secrecy, Secrecy)
    assert (published.secrecy.largest_share, published.secrecy.unit_count) == (None, None)
    safe = protect(world(2), base, Thresholds()).drop("largest_share_pct", "firm_count")
    assert protect(safe, published, Thresholds()).equals(safe)
