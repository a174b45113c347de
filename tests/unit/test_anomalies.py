"""Each rule on figures: what it tells, and what it lets pass."""

from dataclasses import replace

import polars as pl
import pytest

from observatory.metadata import units
from observatory.metadata.anomalies import LIMITS, period_of, shared_by_peers
from observatory.metadata.columns.making import count
from observatory.metadata.tables import Column, Table, suppression_mark
from observatory.metadata.texts import Text
from observatory.release.anomalies import Anomaly, find_anomalies

TEXT = Text(fr="inconnu", en="unknown")
JOBS = count("job_count", "j", "j", "j", TEXT, unit=units.JOBS)


def code(name: str) -> Column:
    return Column(name=name, kind="code", label="c", fr="c", en="c", sensitive=False)


PLACES = Table(
    name="labour_test",
    title_fr="t",
    title_en="t",
    grain=TEXT,
    key=("commune_code",),
    columns=(code("commune_code"), JOBS),
    sources=("a/b",),
    licence="l",
    reference_period=TEXT,
    publish_level="public",
    secrecy="no_figures_on_firms",
)
YEAR = replace(JOBS, name="year", unit=units.YEAR)
SERIES = replace(PLACES, key=("fap_code", "year"), columns=(code("fap_code"), YEAR, JOBS))


def by_commune(values: list[int | None]) -> pl.DataFrame:
    codes = [f"{13000 + at}" for at in range(len(values))]
    return pl.DataFrame({"commune_code": codes, "job_count": values}, strict=False)


def by_year(values: dict[int, int]) -> pl.DataFrame:
    rows = {"fap_code": ["A"] * len(values), "year": [*values], "job_count": [*values.values()]}
    return pl.DataFrame(rows)


def rules(before: pl.DataFrame | None, after: pl.DataFrame, table: Table = PLACES) -> list[str]:
    return [found.rule for found in find_anomalies(before, after, table)]


def only(before: pl.DataFrame | None, after: pl.DataFrame, table: Table = PLACES) -> Anomaly:
    (found,) = find_anomalies(before, after, table)
    return found


def test_values_that_go_missing_are_told() -> None:
    found = only(by_commune([5] * 20), by_commune([5] * 18 + [None] * 2))
    assert (found.rule, found.column, found.count) == ("missing", "job_count", 2)
    assert found.examples == ["0.0 % → 10.0 %"]


def test_values_that_were_missing_or_are_few_are_not_told() -> None:
    assert rules(by_commune([5] * 18 + [None] * 2), by_commune([5] * 18 + [None] * 2)) == []
    assert rules(by_commune([5] * 20), by_commune([5] * 19 + [None])) == []


def test_a_figure_that_secrecy_hides_is_not_missing() -> None:
    marked = pl.Series(suppression_mark("job_count"), [False] * 18 + [True] * 2)
    shown = by_commune([5] * 20).with_columns(marked & False)
    assert rules(shown, by_commune([5] * 18 + [None] * 2).with_columns(marked)) == []


def test_a_figure_that_has_more_than_doubled_is_told_with_its_key() -> None:
    found = only(by_commune([100, 100, 100]), by_commune([100, 100, 260]))
    assert (found.rule, found.count) == ("release", 1)
    assert found.examples == ["100 → 260 (commune_code=13002)"]
    assert rules(by_commune([100, 100, 260]), by_commune([100, 100, 100])) == ["release"]


@pytest.mark.parametrize("now", [101, 199, 51])
def test_a_figure_that_moves_less_is_not_told(now: int) -> None:
    assert rules(by_commune([100, 100, 100]), by_commune([100, 100, now])) == []


def test_a_small_figure_among_large_ones_may_double() -> None:
    assert rules(by_commune([1000, 1000, 2]), by_commune([1000, 1000, 9])) == []


def test_a_break_in_a_series_is_told_once() -> None:
    before = by_year({2022: 100, 2023: 110})
    found = only(before, by_year({2022: 100, 2023: 110, 2024: 500}), SERIES)
    assert (found.rule, found.examples) == ("time", ["110 → 500 (fap_code=A, year=2024)"])
    # readers have it already
    whole = by_year({2022: 100, 2023: 110, 2024: 500})
    assert rules(whole, whole, SERIES) == []


def test_a_series_that_goes_on_is_not_told() -> None:
    assert rules(None, by_year({2022: 100, 2023: 180, 2024: 90}), SERIES) == []
    assert period_of(PLACES) is None


def test_a_figure_far_from_its_peers_is_told() -> None:
    found = only(None, by_commune([90, 95, 100, 100, 105, 110, 112, 115, 9000]))
    assert (found.rule, found.count) == ("peers", 1)
    assert found.examples == ["105 → 9000 (commune_code=13008)"]


def test_a_large_place_and_few_peers_are_not_told() -> None:
    assert rules(None, by_commune([20, 60, 150, 400, 900, 2000, 5000, 12000, 90000])) == []
    assert rules(None, by_commune([90, 95, 100, 105, 9000])) == []
    assert shared_by_peers(SERIES) is None


def test_whom_a_key_names_is_counted_and_not_named() -> None:
    siret = replace(code("siret"), identifies="siret")
    category = replace(code("legal_category_code"), null_means=TEXT)
    table = replace(PLACES, key=("siret",), columns=(siret, category, JOBS))
    rows = by_commune([100, 100, 100]).rename({"commune_code": "siret"})
    after = by_commune([100, 100, 260]).rename({"commune_code": "siret"})
    found = only(rows, after, table)
    assert (found.count, found.examples) == (1, [])


def test_limits_are_said_in_the_rules() -> None:
    from observatory.metadata.anomalies import RULES

    assert f"{LIMITS.missing_points:g} points" in RULES["missing"].en
    assert f"{LIMITS.time_times:g} times" in RULES["time"].en
