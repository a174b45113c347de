"""« Métiers 2030 »: posts to fill by région and occupation, as projected in 2022."""

import polars as pl

from assets.ingestion import ingest
from assets.labour.contracts.projections import JOB_PROJECTIONS, MEASURES
from assets.labour.regions import region_of
from observatory.geography.cog import REGIONS
from observatory.ingest.cleaning import (
    drop_exact_duplicates,
    number,
    reject_conflicting_duplicates,
    squeeze,
)
from observatory.ingest.issues import ORIGIN, IssueLog
from observatory.pipeline.drafts import draft_asset
from sources import CARDS

BASE_YEAR, HORIZON, PUBLISHED = 2019, 2030, 2022
NAMES = tuple(name for name, *_ in MEASURES)


def clean_metiers_2030(rows: pl.DataFrame, log: IssueLog) -> pl.DataFrame:
    """One row per région and projected occupation, in thousands."""
    for column in ("projected_code", "projected_label"):
        blank = squeeze(column).is_null()
        rows = log.reject(rows, blank, column=column, issue_type="missing_value")
    for name in NAMES:
        rows = log.reject(rows, number(name).is_null(), column=name, issue_type="unknown_mark")
    rows = rows.with_columns(region_code=region_of(rows, "region"))
    unnamed = pl.col("region_code").is_in(list(REGIONS)).not_().fill_null(value=True)
    rows = log.reject(rows, unnamed, column="region", issue_type="unknown_code", severity="error")
    rows = drop_exact_duplicates(rows, log, column="projected_code")
    key = ("region_code", "projected_code")
    rows = reject_conflicting_duplicates(rows, log, key=key, column="projected_code")
    return rows.select(
        *ORIGIN,
        "region_code",
        projected_code=squeeze("projected_code"),
        projected_label=squeeze("projected_label"),
        **{f"{name}_thousands": number(name) for name in NAMES},
    )


metiers_2030 = ingest(CARDS["dares/metiers_2030"], clean_metiers_2030)


@draft_asset(JOB_PROJECTIONS)
def labour_job_projections(
    clean_dares__metiers_2030: pl.DataFrame, labour_occupations: pl.DataFrame
) -> pl.DataFrame:
    """The projection as published, with the occupation of FAP 2009 where it is one."""
    tree = labour_occupations.filter(
        (pl.col("fap_nomenclature") == "fap_2009") & (pl.col("fap_level") == "fap87")
    )
    is_one = pl.col("projected_code").is_in(tree["fap_code"].implode())
    return clean_dares__metiers_2030.with_columns(
        region_label=pl.col("region_code").replace_strict(REGIONS, return_dtype=pl.String),
        fap_nomenclature=pl.lit("fap_2009"),
        projected_fap_code=pl.when(is_one).then("projected_code"),
        period_first_year=BASE_YEAR,
        period_last_year=HORIZON,
        projection_year=PUBLISHED,
    )
