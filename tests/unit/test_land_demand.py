"""Land that jobs would ask for: the worked example of docs/methods.md, the break, secrecy, sums."""

import math

import polars as pl
import pytest

from assets.crossing.contracts.land_demand import LAND_DEMAND_BY_SECTOR
from observatory.crossing.land_demand import (
    DEMAND,
    SUPPLY,
    balance,
    judge_lack,
    measure_trends,
    project,
    round_trends,
    sum_jobs,
    sum_supply,
    sum_years,
)
from observatory.disclosure.suppression import find_unsafe_rows, protect
from observatory.settings import Thresholds

THRESHOLDS = Thresholds()
CHANGES = ("yearly_change_low_pct", "yearly_change_central_pct", "yearly_change_high_pct")


def urssaf(employees: dict[int, int | None], employers: int = 40) -> pl.DataFrame:
    """Rows of two activities of a sector in two communes, half of the employees in each."""
    return pl.DataFrame(
        [
            (commune, ape, year, employers // 2, None if count is None else count // 2)
            for year, count in employees.items()
            for commune, ape in (("13001", "2562B"), ("13002", "2550A"))
        ],
        schema={
            "commune_code": pl.String,
            "ape_code": pl.String,
            "year": pl.Int64,
            "employer_count": pl.Int64,
            "employee_count": pl.Int64,
        },
        orient="row",
    )


def trends(rows: pl.DataFrame) -> pl.DataFrame:
    return round_trends(protect(measure_trends(sum_years(rows)), LAND_DEMAND_BY_SECTOR, THRESHOLDS))


def changes(rows: pl.DataFrame) -> tuple[float | None, ...]:
    return trends(rows).select(CHANGES).row(0)


def employment(*rows: tuple[str, str, int, int]) -> pl.DataFrame:
    return pl.DataFrame(
        [("commune", code, code, *rest) for code, *rest in rows],
        schema=[
            "place_level",
            "place_code",
            "place_label",
            "sector_code",
            "job_count_low",
            "job_count_high",
        ],
        orient="row",
    )


DENSITY = pl.DataFrame(
    {
        "dominant_vocation": ["industrielle"],
        "land_per_1000_jobs_q1_ha": [40.0],
        "land_per_1000_jobs_ha": [50.0],
        "land_per_1000_jobs_q3_ha": [80.0],
    }
)
STEADY = {2019: 10_000, 2020: 10_100, 2021: 10_200, 2022: 10_302}


def test_the_worked_example_of_land_demand() -> None:
    steps = [math.log(1.01), math.log(1.03)] * 2
    count, series = 100_000.0, {2018: 100_000}
    for year, step in zip((2019, 2020, 2021, 2022), steps, strict=True):
        count *= math.exp(step)
        series[year] = 2 * round(count / 2)
    found = trends(urssaf(series))
    assert found.select(CHANGES).row(0) == (1.4, 2.0, 2.6)
    jobs = sum_jobs(employment(("13001", "CH", 1_000, 2_000)), "200054807")
    ten = project(jobs, found, DENSITY).filter(place_level="territory", horizon_years=10)
    job_change = ten.select("job_change_low", "job_change_central", "job_change_high").row(0)
    assert job_change == pytest.approx((149.2, 328.5, 585.3), abs=0.05)
    assert ten.select(DEMAND).row(0) == pytest.approx((5.97, 16.42, 46.82), abs=0.005)


def test_the_year_from_which_apprentices_are_counted_is_no_change() -> None:
    jump = {2023: 12_000, 2024: 12_120}
    with_break = trends(urssaf({**STEADY, **jump})).row(0, named=True)
    assert with_break["trend_step_count"] == 4
    assert with_break["yearly_change_central_pct"] == 1.0
    # a year that lacks gives no step over two
    assert trends(urssaf({**STEADY, 2024: 12_120}))["trend_step_count"].to_list() == [3]


@pytest.mark.parametrize(
    ("series", "steps"),
    [
        ({2020: 100, 2021: 102}, 1),
        ({2018: 100, 2020: 102, 2022: 104, 2024: 106}, 0),
        ({**STEADY, 2021: None}, 1),
        ({**STEADY, 2022: 0}, 2),
    ],
)
def test_a_series_of_few_steps_has_no_trend(series: dict[int, int | None], steps: int) -> None:
    found = trends(urssaf(series)).row(0, named=True)
    assert found["trend_step_count"] == steps
    assert [found[name] for name in CHANGES] == [None] * 3
    jobs = sum_jobs(employment(("13001", "CH", 10, 20)), "T")
    rows = project(jobs, trends(urssaf(series)), DENSITY)
    assert rows[DEMAND[1]].null_count() == rows.height


def test_only_the_last_ten_steps_are_taken() -> None:
    old = {2005: 2_000, **dict.fromkeys(range(2006, 2020), 10000)}
    assert trends(urssaf(old))["trend_step_count"].to_list() == [10]
    assert changes(urssaf(old)) == (0, 0, 0)


@pytest.mark.parametrize("employers", [2, 40])
def test_the_change_of_few_employers_or_of_one_is_hidden(employers: int) -> None:
    one = urssaf(STEADY, employers)
    if employers == 40:  # one of two communes holds nearly all of it, of two employers
        big = pl.col("commune_code") == "13001"
        one = one.with_columns(
            employer_count=pl.when(big).then(2).otherwise(38),
            employee_count=pl.when(big).then(100 * pl.col("employee_count")).otherwise(40),
        )
    found = trends(one)
    assert found.select(CHANGES).row(0) == (None, None, None)
    rows = project(sum_jobs(employment(("13001", "CH", 10, 20)), "T"), found, DENSITY)
    assert rows["missing_demand_reason"].unique().to_list() == ["secrecy"]
    assert rows.select(pl.col(DEMAND).is_null().all()).row(0) == (True, True, True)
    shown = found.with_columns(
        pl.lit(1.0).alias(CHANGES[1]),
        pl.lit(value=False).alias("is_yearly_change_central_pct_suppressed"),
    )
    assert find_unsafe_rows(shown, LAND_DEMAND_BY_SECTOR, THRESHOLDS).all()


def test_a_decline_asks_for_no_land_and_gives_none_back() -> None:
    falling = {2019: 10_300, 2020: 10_200, 2021: 10_100, 2022: 10_000}
    rows = project(
        sum_jobs(employment(("13001", "CH", 100, 200)), "T"), trends(urssaf(falling)), DENSITY
    )
    assert (rows["job_change_central"] < 0).all()
    assert (rows["job_change_low"] <= rows["job_change_high"]).all()
    assert rows.select(pl.col(DEMAND).max()).row(0) == (0, 0, 0)


def place_rows() -> pl.DataFrame:
    jobs = sum_jobs(
        employment(("13001", "CH", 100, 300), ("13002", "CH", 50, 60), ("13002", "IZ", 10, 20)),
        "T",
    )
    units = pl.DataFrame(
        {
            "site_id": ["a", "a", "b", "b", "c"],
            "commune_code": ["13001", "13001", "13001", "13001", "13003"],
            "occupation_state": ["free", "vacant", "undetermined", "free", "free"],
            "constraint_outcome": ["none_known", None, None, "forbidden", None],
            "is_closed_zone": [False, False, None, False, True],
            "area_m2": [20_000.0, 10_000.0, 40_000.0, 90_000.0, 70_000.0],
            "forbidden_m2": [0.0, None, 0.0, 90_000.0, 0.0],
        }
    )
    sites = pl.DataFrame(
        {"site_id": ["a", "b", "c"], "dominant_vocation": ["industrielle", "tertiaire", None]}
    )
    known = pl.Series(["13001", "13003"])
    supply = sum_supply(units, sites, known)
    return balance(project(jobs, trends(urssaf(STEADY)), DENSITY), supply, known, "T")


def test_vocations_make_places_and_communes_make_the_territory() -> None:
    rows = place_rows()
    for whole, name in (
        (pl.col("dominant_vocation") == "TOTAL", "place_code"),
        (pl.col("place_level") == "territory", "dominant_vocation"),
    ):
        for figure in (*DEMAND, *SUPPLY):
            sums = rows.group_by(name, "horizon_years").agg(
                parts=pl.col(figure).filter(~whole).sum(), whole=pl.col(figure).filter(whole).sum()
            )
            assert sums["parts"].to_list() == pytest.approx(sums["whole"].to_list())
    ten = rows.filter(horizon_years=10, place_code="13001")
    assert ten.filter(dominant_vocation="industrielle").select(SUPPLY).row(0) == (2, 3, 3)
    assert ten.filter(dominant_vocation="TOTAL").select(SUPPLY).row(0) == (2, 3, 7)


def test_what_is_not_known_is_not_zero() -> None:
    rows = place_rows().filter(horizon_years=10)
    unknown = rows.filter(place_code="13002", dominant_vocation="TOTAL").row(0, named=True)
    assert [unknown[name] for name in SUPPLY] == [None, None, None]
    assert unknown["left_out_sector_codes"] == "IZ"
    # no sector settles in sites of an unknown vocation: their demand is not known, nor zero
    unnamed = rows.filter(place_code="13003", dominant_vocation="inconnu")
    assert unnamed[DEMAND[1]].null_count() == unnamed.height
    tourism = rows.filter(place_code="13002", dominant_vocation="touristique")
    assert tourism.select(DEMAND).row(0) == (None, None, None)


@pytest.mark.parametrize(
    ("share", "demand", "supply", "left_out", "lacking"),
    [
        (30.0, 2.0, 1.0, None, "people_and_land"),
        (30.0, 1.0, 1.0, None, "people"),
        (29.9, 2.0, 1.0, None, "land"),
        (29.9, 0.0, 0.0, None, "neither"),
        (None, 2.0, 1.0, None, None),
        (30.0, None, 1.0, None, None),
        (30.0, 2.0, None, None, None),
        # a part of the demand is not known: it can be above the supply, never surely below
        (30.0, 2.0, 1.0, "IZ", "people_and_land"),
        (30.0, 1.0, 2.0, "IZ", None),
        (29.9, 1.0, 2.0, "IZ", None),
    ],
)
def test_what_lacks_is_told_where_both_are_known(
    share: float | None,
    demand: float | None,
    supply: float | None,
    left_out: str | None,
    lacking: str | None,
) -> None:
    row = pl.DataFrame(
        {
            "tension_share_low_pct": [share],
            DEMAND[1]: [demand],
            SUPPLY[1]: [supply],
            "left_out_sector_codes": [left_out],
        },
        schema={
            **dict.fromkeys(("tension_share_low_pct", DEMAND[1], SUPPLY[1]), pl.Float64),
            "left_out_sector_codes": pl.String,
        },
    )
    assert row.select(judge_lack()).item() == lacking
