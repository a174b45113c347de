"""Sums establishments and jobs of parks by sector, and finds what Urssaf counts beside them.

Sources: Insee, size classes of Sirene; Urssaf, employers and employees of the private sector by
commune and APE. What is left of a commune beside its parks could be one firm's head count: both
sides are judged by the units they have at the least, and by the most that one of them can hold.
"""

import polars as pl

from observatory.crossing.sectors import ALL, classify_sector
from observatory.land.jobs import (
    TEMPORARY_WORK,
    count_employers,
    find_largest,
    select_private,
)
from observatory.land.occupation import SCI
from observatory.settings import Thresholds

PLACED = ["parcel", "near_parcel"]
KEY = ["place_level", "place_code", "sector_code"]


def select_firms(establishments: pl.DataFrame) -> pl.DataFrame:
    """Select active establishments of parks, of Urssaf's field and no SCI, each with its sector.

    ``establishments`` is ``land_establishments``.
    """
    own = select_private(
        establishments.filter(
            pl.col("placement_level").is_in(PLACED),
            pl.col("is_active").fill_null(value=False),
            ~pl.col("legal_category_code").is_in(SCI).fill_null(value=False),
        )
    )
    return own.with_columns(sector_code=classify_sector(pl.coalesce("naf_code", "naf_2025_code")))


def sum_firms(firms: pl.DataFrame, level: str, code: str) -> pl.DataFrame:
    """Sum establishments and bounds of jobs by place and sector, and all sectors together."""
    placed = firms.filter(pl.col(code).is_not_null())
    low, high = pl.col("job_count_low"), pl.col("job_count_high")
    is_known = low.is_not_null().any()
    both = pl.concat([placed, placed.with_columns(sector_code=pl.lit(ALL))])
    return (
        both.group_by(pl.col(code).alias("place_code"), "sector_code")
        .agg(
            establishment_count=pl.len().cast(pl.Int64),
            sector_unknown_size_count=low.is_null().sum().cast(pl.Int64),
            job_count_low=pl.when(is_known).then(low.sum()),
            job_count_high=pl.when(is_known).then(high.sum()),
            park_employer_count=(high.fill_null(0) > 0).sum().cast(pl.Int64),
            largest_park_share_pct=_largest_share(low.fill_null(0), high.fill_null(0)).max(),
        )
        .with_columns(place_level=pl.lit(level))
        .sort(KEY)
    )


def _largest_share(low: pl.Expr, high: pl.Expr) -> pl.Expr:
    """The most (%) that each unit can be of all: at its highest, the others at their lowest."""
    most = high + low.sum() - low
    return pl.when(most > 0).then(100 * high / most)


def sum_sectors(rows: pl.DataFrame) -> pl.DataFrame:
    """Sum Urssaf's employers and employees of the last year by commune and sector.

    Temporary-work agencies are left out; a sector is null where an activity's employees are
    hidden, and so is the commune. Employers that can have nobody do not count;
    ``largest_employee_count`` is the most that one can have.
    """
    last = rows.filter(pl.col("year") == pl.col("year").max(), pl.col("ape_code") != TEMPORARY_WORK)
    is_empty = pl.col("employer_count").fill_null(0) == 0
    told = last.with_columns(
        sector_employee_count=pl.coalesce("employee_count", pl.when(is_empty).then(0)),
        sector_code=classify_sector(pl.col("ape_code")),
    )
    both = pl.concat([told, told.with_columns(sector_code=pl.lit(ALL))])
    counted, declared = pl.col("sector_employee_count"), pl.col("employer_count").fill_null(0)
    return both.group_by(place_code="commune_code", sector_code="sector_code").agg(
        urssaf_year=pl.col("year").first(),
        employer_count=count_employers(declared, counted).sum(),
        largest_employee_count=find_largest(declared, counted).max(),
        sector_employee_count=pl.when(counted.null_count() == 0).then(counted.sum()),
        place_level=pl.lit("commune"),
    )


def judge_rest(
    places: pl.DataFrame, employees: pl.DataFrame, secret_communes: pl.Series
) -> pl.DataFrame:
    """Set employees of each commune and sector beside its parks, with what secrecy judges them by.

    ``judged_unit_count`` is the smaller of parks and rest, at the least that they can be (all
    together where no establishment of the sector is in a park); ``judged_share_pct`` the most that
    one unit can be of either. The sum over all sectors is secret where
    ``land_jobs_check_by_commune`` hides it (``secret_communes``), and public elsewhere.
    """
    both = places.join(employees, on=KEY, how="full", coalesce=True)
    both = both.with_columns(
        pl.col("establishment_count", "sector_unknown_size_count", "park_employer_count").fill_null(
            0
        )
    )
    year = pl.col("urssaf_year").max()
    is_commune = (pl.col("place_level") == "commune") & year.is_not_null()
    total = pl.col("sector_employee_count")
    is_told = (pl.col("sector_code") == ALL).any() & total.filter(
        pl.col("sector_code") == ALL
    ).is_not_null().any()
    both = both.with_columns(_is_told=is_told.over("place_level", "place_code"))
    # a sector without a line had nobody there
    absent = pl.col("employer_count").is_null() & is_commune & pl.col("_is_told")
    both = both.with_columns(
        pl.when(absent).then(0).otherwise(total).alias("sector_employee_count"),
        pl.when(absent).then(0).otherwise("employer_count").alias("employer_count"),
        urssaf_year=pl.when(is_commune).then(year),
    )
    parks, count = pl.col("park_employer_count"), pl.col("employer_count")
    rest = count - pl.col("establishment_count")
    has_parks = pl.col("establishment_count") > 0
    left = total - pl.col("job_count_low").fill_null(0)
    others = rest.clip(1)
    most = pl.min_horizontal("largest_employee_count", left - others + 1)
    rest_share = pl.when(left >= others).then(100 * most / left).otherwise(100.0)
    is_all = pl.col("sector_code") == ALL
    is_secret = is_all & is_commune & pl.col("place_code").is_in(secret_communes.implode())
    units = pl.when(has_parks).then(pl.min_horizontal(parks, rest).clip(1)).otherwise(count)
    share = (
        pl.when(has_parks)
        .then(pl.max_horizontal(rest_share, pl.col("largest_park_share_pct").fill_null(100.0)))
        .otherwise(rest_share)
    )
    return (
        both.with_columns(
            judged_unit_count=pl.when(is_secret)
            .then(1)
            .when(is_all | (total == 0))
            .then(0)
            .otherwise(units),
            judged_share_pct=pl.when(is_secret)
            .then(100.0)
            .when(is_all)
            .then(0.0)
            .otherwise(share)
            .clip(0, 100),
            _units=units,
            _share_pct=share,
        )
        .drop("_is_told", "park_employer_count", "largest_employee_count")
        .sort(KEY)
    )


def add_rest(protected: pl.DataFrame, thresholds: Thresholds) -> pl.DataFrame:
    """Add what the parks leave of the commune's employees, from what secrecy left of them.

    No less than nothing: where parks may hold more than the commune, the rest is 0 at the least.
    Establishments of unknown size are in neither bound, so in the rest. That of all sectors
    together is told under the same rule.
    """
    total = pl.col("sector_employee_count")
    can = (total == 0) | (
        (pl.col("_units") >= thresholds.firms) & (pl.col("_share_pct") < thresholds.dominance_pct)
    )
    low, high = (pl.col(f"job_count_{end}").fill_null(0) for end in ("low", "high"))
    return protected.with_columns(
        outside_job_count_low=pl.when(can).then((total - high).clip(0)),
        outside_job_count_high=pl.when(can).then((total - low).clip(0)),
    )
