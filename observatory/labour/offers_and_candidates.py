"""Compares the volumes of offers and of job seekers by département: a volume, never a tension."""

import polars as pl

from observatory.labour.keys import SURVEYED_LEVELS

OFFERS, SEEKERS, QUARTER = "offer_volume_count", "job_seeker_volume_count", "volume_quarter_code"


def compare_volumes(jobs: pl.DataFrame) -> pl.DataFrame:
    """List the occupations of each département that has volumes, with the larger of the two.

    ``jobs`` are territories × occupations with the volumes of their last quarter. A département
    for which nothing was asked or published has no row.
    """
    local = jobs.filter(pl.col("territory_level") == "department")
    for nomenclature, level in SURVEYED_LEVELS.items():
        rows = local.filter(
            pl.col("fap_nomenclature") == nomenclature, pl.col("fap_level") == level
        )
        if rows[QUARTER].count():
            break
    offers, seekers = pl.col(OFFERS), pl.col(SEEKERS)
    return (
        rows.with_columns(quarter_code=pl.col(QUARTER).max().over("territory_code"))
        .drop_nulls("quarter_code")
        .with_columns(
            department_code="territory_code",
            department_label="territory_label",
            larger_volume=pl.when(offers > seekers)
            .then(pl.lit("offers"))
            .when(offers < seekers)
            .then(pl.lit("job_seekers"))
            .when(offers == seekers)
            .then(pl.lit("equal")),
            missing_volume_reason=pl.when(pl.col(QUARTER).is_null())
            .then(pl.lit("no_record"))
            .otherwise("volume_absence"),
        )
    )
