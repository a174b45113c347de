"""How old those who work in an occupation are, by age band, and how many are 50 or more."""

import polars as pl

from assets.ingestion import ingest
from assets.labour.contracts.ages import AGE_BANDS, OLDER_WORKERS
from assets.labour.occupations import with_fap_labels
from assets.labour.portraits import coded, figures
from observatory.ingest.cleaning import (
    drop_exact_duplicates,
    reject_conflicting_duplicates,
    squeeze,
    whole,
)
from observatory.ingest.issues import ORIGIN, IssueLog
from observatory.labour.keys import OCCUPATION_KEY
from observatory.pipeline.drafts import draft_asset
from sources import CARDS

BAND = r"^(\d+)(?:-(\d+) ans| ans ou plus)$"
PERIOD = ["period_first_year", "period_last_year"]


def clean_ages(rows: pl.DataFrame, log: IssueLog) -> pl.DataFrame:
    """One row per occupation and age band; NA is missing, not zero."""
    rows = coded(rows, log)
    bad = ~squeeze("age_band").str.contains(BAND).fill_null(value=False)
    rows = log.reject(rows, bad, column="age_band", issue_type="unknown_mark")
    rows = figures(rows, log, "employed")
    rows = drop_exact_duplicates(rows, log, column="fap_code")
    low, high = (squeeze("age_band").str.extract(BAND, at).cast(pl.Int64) for at in (1, 2))
    rows = rows.with_columns(age_from_years=low, age_to_years=high)
    key = (*OCCUPATION_KEY, "age_from_years")
    rows = reject_conflicting_duplicates(rows, log, key=key, column="age_band")
    # what stands in a header is told where the row has a value under it: one file, one period
    first, last = (whole(column).max() for column in ("first_year", "last_year"))
    return rows.select(
        *ORIGIN,
        *OCCUPATION_KEY,
        "age_from_years",
        "age_to_years",
        published_label=squeeze("published_label"),
        period_first_year=first,
        period_last_year=last,
        age_band=squeeze("age_band"),
        employed_thousands="employed",
    )


ages = ingest(CARDS["dares/ages"], clean_ages)


@draft_asset(AGE_BANDS)
def labour_age_bands(
    clean_dares__ages: pl.DataFrame, labour_occupations: pl.DataFrame
) -> pl.DataFrame:
    """Age bands with their share, where all bands of the occupation have a value."""
    shared = add_shares(clean_dares__ages)
    named = with_fap_labels(shared, labour_occupations)
    return named.with_columns(fap_label=pl.coalesce("fap_label", "published_label"))


@draft_asset(OLDER_WORKERS)
def labour_older_workers(labour_age_bands: pl.DataFrame) -> pl.DataFrame:
    """The share of those aged 50 or more, and 55 or more, of each occupation."""
    return sum_older(labour_age_bands)


def add_shares(ages: pl.DataFrame) -> pl.DataFrame:
    """Add each band's share (%); null in an occupation that lacks a band or a value."""
    employed = pl.col("employed_thousands")
    bands = ages["age_band"].n_unique()
    is_full = employed.count().over(OCCUPATION_KEY) == bands
    total = employed.sum().over(OCCUPATION_KEY)
    share = pl.when(is_full & (total > 0)).then(100 * employed / total)
    return ages.with_columns(age_share_pct=share.clip(0, 100))


def sum_older(bands: pl.DataFrame) -> pl.DataFrame:
    """Sum the shares (%) from 50 and 55 on; null where a band has none, or none begins there."""
    start, share = pl.col("age_from_years"), pl.col("age_share_pct")
    is_full = share.null_count() == 0
    return bands.group_by(*OCCUPATION_KEY, "fap_label", *PERIOD, maintain_order=True).agg(
        pl.when(is_full & (start == age).any())
        .then(share.filter(start >= age).sum().clip(0, 100))
        .alias(f"aged_{age}_share_pct")
        for age in (50, 55)
    )
