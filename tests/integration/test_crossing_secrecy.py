"""The attacker of a release tries what joins jobs and land with the tables it is made of."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from assets.crossing.contracts.employment import EMPLOYMENT_BY_SITE, SECRECY
from observatory.disclosure.sums import attack, list_sums
from observatory.release.files import read_rows

pytestmark = pytest.mark.xdist_group("land")
KEY = ["place_level", "place_code", "sector_code"]


@pytest.fixture(scope="module")
def employment(full_home: Path) -> pl.DataFrame:
    return read_rows(full_home / "current", EMPLOYMENT_BY_SITE.name)


@pytest.fixture(scope="module")
def checked(full_home: Path) -> pl.DataFrame:
    return read_rows(full_home / "current", "land_jobs_check_by_commune")


def test_the_sum_of_a_commune_is_in_both_tables_or_in_none(
    employment: pl.DataFrame, checked: pl.DataFrame
) -> None:
    whole = employment.filter(place_level="commune", sector_code="TOTAL")
    both = whole.join(checked, left_on="place_code", right_on="commune_code")
    assert both.height > 50
    assert both["sector_employee_count"].equals(both["employee_count"], check_dtypes=True)
    secret = both.filter("is_employee_count_suppressed")
    assert secret.height > 0
    told = ("park_jobs_ratio_low_pct", "park_jobs_ratio_high_pct", "jobs_check")
    for name in ("outside_job_count_low", "outside_job_count_high", *told):
        assert secret[name].null_count() == secret.height, name


def test_no_agency_of_temporary_work_is_told_alone(checked: pl.DataFrame) -> None:
    hidden = checked.filter("is_temporary_employee_count_suppressed")
    assert hidden.height > 0
    assert hidden["temporary_employee_count"].null_count() == hidden.height


def test_no_hidden_sector_is_computed_from_land_and_crossing_together(
    employment: pl.DataFrame, checked: pl.DataFrame
) -> None:
    known = checked.select(
        place_level=pl.lit("commune"),
        place_code="commune_code",
        sector_code=pl.lit("TOTAL"),
        land_count="employee_count",
    )
    rows = employment.join(known, on=KEY, how="left", maintain_order="left").with_columns(
        pl.coalesce("sector_employee_count", "land_count").alias("sector_employee_count")
    )
    values = rows["sector_employee_count"].cast(pl.Float64).fill_null(np.nan).to_numpy()
    hidden = rows["sector_employee_count"].is_null().to_numpy()
    marked = rows["is_sector_employee_count_suppressed"].to_numpy()
    found = attack(values, hidden, list_sums(rows, EMPLOYMENT_BY_SITE, SECRECY))
    tried = [bounds for cell, bounds in found.items() if marked[cell]]
    assert len(tried) > 100
    assert not [bounds for bounds in tried if bounds.are_narrow(bounds.low)]


def test_land_demand_tells_changes_and_no_head_count_of_urssaf(full_home: Path) -> None:
    demand = read_rows(full_home / "current", "crossing_land_demand_by_sector")
    assert not [name for name in demand.columns if "employee" in name or "employer" in name]
    changes = demand["yearly_change_central_pct"].drop_nulls()
    assert (changes.round_sig_figs(2) - changes).abs().max() < 1e-12  # type: ignore[operator]
