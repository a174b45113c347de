"""Statistical secrecy: what is hidden stays hidden, whatever sums are published."""

import datetime as dt
import itertools
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from scipy.optimize import Bounds, LinearConstraint, milp

from observatory.disclosure.flows import attack_flows, find_chain
from observatory.disclosure.sums import (
    Sum,
    attack,
    find_exposed_cells,
    list_sums,
    suppress_secondary,
)
from observatory.disclosure.suppression import find_unsafe_rows, protect
from observatory.metadata.tables import Column, Flow, Secrecy, Statistic, Table
from observatory.metadata.texts import Text
from observatory.metadata.units import ESTABLISHMENTS, PERCENT, YEAR, Unit
from observatory.release.settling import keep_released
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
        secrecy=(Secrecy(**{**declared, **secrecy}),),  # type: ignore[arg-type]
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
    for cell, bounds in attack(
        values, hidden, list_sums(frame, contract, *contract.protections)
    ).items():
        assert bounds.low - 1e-4 <= values[cell] <= bounds.high + 1e-4
        assert bounds.high - bounds.low >= max(1.0, 0.1 * values[cell]) - 1e-4


def test_primary_suppression_alone_is_broken_by_the_same_attack() -> None:
    """The attack is real: without secondary suppression it gives hidden cells back."""
    broken = 0
    for seed in range(25):
        frame, contract = world(seed), table()
        primary = frame.select(pl.col("firm_count").is_between(1, 2)).to_series().to_numpy()
        values = frame["turnover_eur"].to_numpy()
        broken += bool(
            find_exposed_cells(values, primary, list_sums(frame, contract, *contract.protections))
        )
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
            secrecy=(
                Secrecy(
                    basis="firms",
                    unit_count="firm_count",
                    measures=("firm_count", "turnover_eur"),
                    totals=(("area", "TOTAL"), ("activity", "TOTAL")),
                ),
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
        secrecy=(
            Secrecy(
                basis="firms",
                unit_count="firm_count",
                measures=("turnover_eur",),
                parents=(("area", "parent_area"),),
                levels=("level",),
            ),
        ),
    )
    return pl.DataFrame(rows, schema=names, orient="row"), contract


def test_parents_are_sums_at_every_level() -> None:
    frame, contract = by_level()
    sums = {(s.total, s.parts) for s in list_sums(frame, contract, *contract.protections)}
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
    (rule,) = published.protections
    assert (rule.largest_share, rule.unit_count) == (None, None)
    safe = protect(world(2), base, Thresholds()).drop("largest_share_pct", "firm_count")
    assert protect(safe, published, Thresholds()).equals(safe)


MONTHS = tuple(dt.date(2026, month, 1) for month in range(1, 9))
FLOWS = Secrecy(
    basis="offers",
    counts=("new_count", "open_count", "closed_count"),
    statistics=(
        Statistic(name="lacking_count", kind="part", of=("open_count", "closed_count")),
        Statistic(name="median_days", kind="quantile", of=("closed_count",), times=2, step=5),
        Statistic(name="durable_share_pct", kind="share", of=("new_count",), step=1),
    ),
    flow=Flow(period="month", stock="open_count", gained="new_count", lost="closed_count"),
)


def flow_table() -> Table:
    unit = Unit(fr="offres", en="offers")
    return replace(
        table(totals=()),
        name="test_flows",
        key=("month", "area"),
        columns=(
            column("month", "date"),
            column("area"),
            *(column(n, "number", unit=unit, null_means=HIDDEN) for n in FLOWS.figures),
            *(column(f"is_{n}_suppressed", "boolean") for n in FLOWS.figures),
        ),
        secrecy=(FLOWS,),
    )


def flow_world(seed: int, *, mean: float) -> pl.DataFrame:
    """Months of four bassins, in which stocks follow from gains and losses."""
    rng = np.random.default_rng(seed)
    rows = []
    for area in AREAS:
        stock = int(rng.poisson(3 * mean))
        for month in MONTHS:
            new = int(rng.poisson(mean))
            closed = min(int(rng.poisson(mean)), stock + new)
            stock += new - closed
            lacking = int(rng.binomial(stock + closed, 0.3))
            share = 100 * rng.binomial(new, 0.6) / new if new else None
            days = float(rng.integers(1, 60)) if closed else None
            rows.append((month, area, new, stock, closed, lacking, days, share))
    names = ["month", "area", "new_count", "open_count", "closed_count", "lacking_count"]
    frame = pl.DataFrame(rows, schema=[*names, "median_days", "durable_share_pct"], orient="row")
    return frame.filter(pl.sum_horizontal("new_count", "open_count", "closed_count") > 0)


def solve_flows(frame: pl.DataFrame, name: str, at: int) -> tuple[float, float]:
    """The lowest and highest whole number that a hidden count can be, by an integer programme.

    Written from the published rows alone: one variable for each count, one equation a month.
    """
    counts = FLOWS.counts
    cells = {
        (area, month, count): i
        for i, (area, month, count) in enumerate(itertools.product(AREAS, MONTHS, counts))
    }
    low, high = np.zeros(len(cells)), np.zeros(len(cells))
    for row in frame.iter_rows(named=True):
        for count in counts:
            cell = cells[row["area"], row["month"], count]
            shown = row[count]
            low[cell], high[cell] = (0, np.inf) if shown is None else (shown, shown)
    equations = np.zeros((len(AREAS) * (len(MONTHS) - 1), len(cells)))
    pairs = itertools.product(AREAS, itertools.pairwise(MONTHS))
    for line, (area, (before, now)) in enumerate(pairs):
        equations[line, cells[area, before, "open_count"]] = 1
        equations[line, cells[area, now, "new_count"]] = 1
        equations[line, cells[area, now, "closed_count"]] = -1
        equations[line, cells[area, now, "open_count"]] = -1
    aim = np.zeros(len(cells))
    aim[cells[frame["area"][at], frame["month"][at], name]] = 1
    ends = []
    for sign in (1, -1):
        solved = milp(
            sign * aim,
            constraints=LinearConstraint(equations, 0, 0),
            bounds=Bounds(low, high),
            integrality=np.ones(len(cells)),
        )
        ends.append(sign * solved.fun if solved.status == 0 else np.inf)
    return ends[0], ends[1]


@pytest.mark.parametrize("seed", range(12))
def test_no_hidden_count_of_a_month_comes_back_from_the_others(seed: int) -> None:
    """The attack is played by integer programmes that know nothing of how cells were chosen."""
    contract = flow_table()
    safe = protect(flow_world(seed, mean=(2, 6, 15)[seed % 3]), contract, Thresholds())
    assert not find_unsafe_rows(safe, contract, Thresholds()).any()
    for name in FLOWS.counts:
        for at in np.flatnonzero(safe[f"is_{name}_suppressed"].to_numpy())[:6]:
            low, high = solve_flows(safe, name, int(at))
            assert high - low >= Thresholds().offers - 2


@pytest.mark.parametrize("seed", range(6))
def test_bounds_along_months_are_those_of_integer_programmes(seed: int) -> None:
    contract, hide = flow_table(), np.random.default_rng(seed)
    frame = flow_world(seed, mean=6)
    for name in FLOWS.counts:
        mask = pl.Series(hide.random(frame.height) < 0.3)
        frame = frame.with_columns(
            pl.when(~mask).then(name).alias(name), mask.alias(f"is_{name}_suppressed")
        )
    found = attack_flows(frame, find_chain(frame, contract, FLOWS.flow))  # type: ignore[arg-type]
    for name in FLOWS.counts:
        for at in np.flatnonzero(frame[f"is_{name}_suppressed"].to_numpy())[:5]:
            low, high = (bound[at] for bound in found[name])
            assert (low, high) == solve_flows(frame, name, int(at))


def one_month(**figures: float | None) -> pl.DataFrame:
    shown = dict.fromkeys(FLOWS.figures) | {"new_count": 40, "open_count": 90, "closed_count": 30}
    return pl.DataFrame(
        [{"month": MONTHS[0], "area": "A", **shown, **figures}], infer_schema_length=None
    ).cast(dict.fromkeys(FLOWS.figures, pl.Float64))


@pytest.mark.parametrize(
    ("figures", "name", "printed"),
    [
        ({"durable_share_pct": 51.28}, "durable_share_pct", 51),
        ({"durable_share_pct": 8.0}, "durable_share_pct", None),
        ({"durable_share_pct": 95.0}, "durable_share_pct", None),
        ({"durable_share_pct": 50.0, "new_count": 3}, "durable_share_pct", None),
        ({"durable_share_pct": 50.0, "closed_count": 3}, "durable_share_pct", None),
        ({"lacking_count": 60}, "lacking_count", 60),
        ({"lacking_count": 0}, "lacking_count", 0),
        ({"lacking_count": 3}, "lacking_count", None),
        ({"lacking_count": 117}, "lacking_count", None),
        ({"lacking_count": 20, "open_count": 4}, "lacking_count", None),
        ({"median_days": 33.0}, "median_days", 35),
        ({"median_days": 33.0, "closed_count": 9}, "median_days", None),
        ({"median_days": 33.0, "new_count": 2}, "median_days", None),
    ],
)
def test_a_statistic_is_shown_only_beside_enough_units(
    figures: dict[str, float], name: str, printed: float | None
) -> None:
    contract = flow_table()
    safe = protect(one_month(**figures), contract, Thresholds())
    assert safe[name].item() == printed
    assert safe[f"is_{name}_suppressed"].item() is (printed is None)
    assert not find_unsafe_rows(safe, contract, Thresholds()).any()
    bare = safe.with_columns(pl.lit(figures[name]).alias(name))
    assert find_unsafe_rows(bare, contract, Thresholds()).any() is np.bool_(
        printed != figures[name]
    )


def test_what_a_release_printed_of_an_ended_period_is_not_revised() -> None:
    """Else two releases differ by single offers, be it for a new nomenclature of occupations."""
    contract, last = flow_table(), flow_world(5, mean=30)
    before = protect(last.filter(pl.col("month") < MONTHS[6]), contract, Thresholds())
    now = last.with_columns(pl.col("new_count", "closed_count") + 1)
    kept = protect(keep_released(now, contract, before, Thresholds()), contract, Thresholds())
    assert kept.filter(pl.col("month") < MONTHS[6]).equals(before.sort("month", "area"))
    fresh = kept.filter(pl.col("month") >= MONTHS[6]).drop_nulls("new_count")
    assert fresh.join(now, on=["month", "area", "new_count"], how="anti").is_empty()
    assert not find_unsafe_rows(kept, contract, Thresholds()).any()


def test_a_part_does_not_tell_of_a_hidden_one_in_the_next_month() -> None:
    """Of ten flagged offers six are gone: four are left at least, and fewer than five."""
    contract = flow_table()
    blank = dict.fromkeys(("median_days", "durable_share_pct"))
    rows = [
        {"month": MONTHS[0], "area": "A", "new_count": 8, "open_count": 20, "closed_count": 6}
        | blank
        | {"lacking_count": 10},
        {"month": MONTHS[1], "area": "A", "new_count": 7, "open_count": 20, "closed_count": 7}
        | blank
        | {"lacking_count": 4},
    ]
    frame = pl.DataFrame(rows).cast(dict.fromkeys(FLOWS.figures, pl.Float64))
    safe = protect(frame, contract, Thresholds())
    assert safe["lacking_count"].to_list() == [None, None]
    assert not find_unsafe_rows(safe, contract, Thresholds()).any()
    careless = safe.with_columns(
        lacking_count=pl.Series([10.0, None]), is_lacking_count_suppressed=pl.Series([False, True])
    )
    assert find_unsafe_rows(careless, contract, Thresholds()).all()


@pytest.mark.parametrize(
    ("year", "units", "area", "printed"),
    [
        (2024, 8, 30_000.0, (6, 9_900.0)),  # two more applicants: their area would be known
        (2024, 9, 30_000.0, (9, 30_000.0)),
        (2025, 7, 30_000.0, (7, 30_000.0)),  # another window
        (2024, 2, 400.0, (None, None)),
    ],
)
def test_a_sum_is_kept_until_enough_units_have_come_or_gone(
    year: int, units: int, area: float, printed: tuple[float | None, float | None]
) -> None:
    base = table(measures=("turnover_eur",), totals=(), largest_share=None)
    contract = replace(
        base,
        key=("area",),
        columns=(
            *(c for c in base.columns if c.name not in {"activity", "firm_count"}),
            column("firm_count", "integer", unit=ESTABLISHMENTS, null_means=HIDDEN),
            column("since", "integer", unit=YEAR),
            column("is_firm_count_suppressed", "boolean"),
        ),
        secrecy=(
            Secrecy(
                basis="applicants",
                counts=("firm_count",),
                unit_count="firm_count",
                measures=("turnover_eur",),
                significant_figures=2,
                window="since",
            ),
        ),
    )

    def row(since: int, count: int, amount: float) -> pl.DataFrame:
        return pl.DataFrame(
            {
                "area": ["A"],
                "largest_share_pct": [10.0],
                "firm_count": [count],
                "turnover_eur": [amount],
                "since": [since],
            }
        )

    before = protect(row(2024, 6, 9_911.0), contract, Thresholds())
    kept = keep_released(row(year, units, area), contract, before, Thresholds())
    safe = protect(kept, contract, Thresholds())
    assert safe.select("firm_count", "turnover_eur").row(0) == printed


def prices(*counts: tuple[str, int]) -> tuple[pl.DataFrame, Table]:
    """Medians and quartiles of communes of one EPCI, and of the EPCI."""
    rule = Secrecy(
        basis="sales",
        statistics=(
            Statistic(name="median", kind="quantile", of=("sale_count",), figures=2),
            Statistic(name="quartile", kind="quantile", of=("sale_count",), times=4, figures=2),
        ),
        parents=(("area", "epci"),),
        levels=("level",),
    )
    base = table(totals=())
    eur = Unit(fr="euros", en="EUR")
    contract = replace(
        base,
        key=("level", "area"),
        columns=(
            column("level"),
            column("area"),
            column("epci", null_means=HIDDEN),
            column("sale_count", "integer", unit=eur),
            *(column(n, "number", unit=eur, null_means=HIDDEN) for n in rule.figures),
            *(column(f"is_{n}_suppressed", "boolean") for n in rule.figures),
        ),
        secrecy=(rule,),
    )
    rows = [("commune", area, "E", count, 123.4, 87.65) for area, count in counts]
    rows.append(("epci", "E", None, sum(count for _, count in counts), 123.4, 87.65))
    names = ["level", "area", "epci", "sale_count", "median", "quartile"]
    return pl.DataFrame(rows, schema=names, orient="row"), contract


def test_prices_have_two_figures_a_median_from_five_sales_and_quartiles_from_twenty() -> None:
    frame, contract = prices(("a", 4), ("b", 5), ("c", 19), ("d", 20), ("e", 3))
    safe = protect(frame, contract, Thresholds())
    assert safe["median"].to_list() == [None, 120.0, 120.0, 120.0, None, 120.0]
    assert safe["quartile"].to_list() == [None, None, None, 88.0, None, 88.0]
    assert find_unsafe_rows(frame, contract, Thresholds()).all()


def test_what_an_epci_holds_beside_its_communes_is_as_many_sales_as_theirs() -> None:
    frame, contract = prices(("a", 3), ("b", 6), ("c", 30))
    safe = protect(frame, contract, Thresholds())
    assert safe["median"].to_list() == [None, None, 120.0, 120.0]
    careless = safe.with_columns(median=pl.Series([None, 120.0, 120.0, 120.0]))
    assert find_unsafe_rows(careless, contract, Thresholds()).any()
