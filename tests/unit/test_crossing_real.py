"""Producers' real files joined: what is spread over occupations adds up to what was counted."""

from pathlib import Path

import polars as pl
import pytest

from observatory.crossing.land_demand import measure_trends
from observatory.crossing.occupations import estimate_jobs, list_left_out, select_jobs
from observatory.crossing.sectors import A38, ALL, UNRECONCILED
from observatory.labour.sectors import add_sector_shares
from observatory.settings import Thresholds
from tests.unit.test_prospects import clean

pytestmark = pytest.mark.real
THRESHOLDS = Thresholds()
MARSEILLE_AUBAGNE = "9312"


@pytest.fixture(scope="module")
def employees(real: Path) -> pl.DataFrame:
    """Urssaf's employees by employment zone and A38 sector, as a third party wrote them."""
    return pl.read_parquet(real / "labour" / "urssaf-a38-ze-ptod.parquet")


@pytest.fixture(scope="module")
def weights(real: Path) -> pl.DataFrame:
    """The real occupations of each sector, at the level that places are estimated by."""
    path = real / "labour" / "dares-fap-secteurs_employeurs_3niv.csv"
    shared = add_sector_shares(clean(path, "dares/sectors").rows)
    return shared.filter(
        pl.col("fap_level") == "fap87",
        pl.col("sector_share_pct").is_not_null(),
        ~pl.col("sector_code").is_in(UNRECONCILED),
    ).with_columns(fap_label=pl.lit("x"))


def test_sectors_of_urssaf_are_those_of_a38_and_their_shares_add_up(
    employees: pl.DataFrame,
) -> None:
    assert set(employees["a38"]) <= set(A38)
    zones = employees.group_by("code_ze").agg(pl.col("pct_24").sum())
    assert zones["pct_24"].is_between(99.9, 100.1).all()
    region = employees.filter(pl.col("code_ze").str.starts_with("93"))
    assert region["code_ze"].n_unique() == 18


def test_every_employee_of_marseille_is_in_an_occupation_or_in_a_sector_that_is_named(
    employees: pl.DataFrame, weights: pl.DataFrame
) -> None:
    own = employees.filter(code_ze=MARSEILLE_AUBAGNE)
    jobs = own.select(
        place_level=pl.lit("commune"),
        place_code="code_ze",
        place_label="code_ze",
        sector_code="a38",
        establishment_count=pl.lit(40),
        sector_unknown_size_count=pl.lit(0),
        job_count_low=pl.col("eff_24").cast(pl.Int64),
        job_count_high=pl.col("eff_24").cast(pl.Int64),
        largest_park_share_pct=pl.lit(10.0),
    )
    whole = jobs.head(1).with_columns(
        sector_code=pl.lit(ALL),
        job_count_low=pl.lit(own["eff_24"].sum(), pl.Int64),
        job_count_high=pl.lit(own["eff_24"].sum(), pl.Int64),
    )
    selected = select_jobs(
        pl.concat([jobs, whole]), weights, THRESHOLDS.firms, THRESHOLDS.dominance_pct
    )
    estimates = estimate_jobs(selected, weights)
    named = estimates.filter(~pl.col("fap_code").is_in([ALL, "NONE"]))["high"].sum()
    left = list_left_out(selected).row(0, named=True)
    assert own["eff_24"].sum() == 398_937
    assert named + left["left_out_job_count_high"] == pytest.approx(398_937)
    assert set(UNRECONCILED) & set(own["a38"]) <= set(left["unreconciled_sector_codes"].split("|"))
    tolerance = 1e-6 * named
    share = weights["named_share_pct"].unique().item() / 100
    low = estimates.filter(~pl.col("fap_code").is_in([ALL, "NONE"]))["low"].sum()
    assert low == pytest.approx(share * named, abs=tolerance)


def test_the_real_series_has_too_few_years_beside_the_break(employees: pl.DataFrame) -> None:
    years = employees.group_by(sector_code="a38").agg(
        pl.col("eff_19", "eff_22", "eff_23", "eff_24").sum()
    )
    long = years.unpivot(index="sector_code", value_name="employees").select(
        "sector_code",
        "employees",
        year=2000 + pl.col("variable").str.slice(-2).cast(pl.Int64),
        employers=pl.lit(100),
        largest_share_pct=pl.lit(10.0),
    )
    trends = measure_trends(long.sort("sector_code", "year"))
    assert trends["trend_step_count"].unique().to_list() == [1]
    assert trends["yearly_change_central_pct"].null_count() == trends.height
