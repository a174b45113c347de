"""Adds to the tension index of the Dares its rank, and values that stand in for missing ones.

Source: Dares, Note méthodologique sur les indicateurs de tension (M. Niang, 7 September 2022).
The index (a mean of standardised components, no unit) and its classes (1 to 5) are read as they
are published, never recomputed: their reference is rebased with each edition, so they compare
within one edition only.
"""

from collections.abc import Sequence

import polars as pl

PARENT_LEVELS = {"fap225": "fap87", "fap228": "fap86"}
# the file of 2019 holds copies that differ by 2e-16 as they were printed; two values that are not
# copies lie at least 6e-6 apart
SAME_VALUE = 1e-9
TENSION_FACTORS = (
    "hiring_intensity",
    "training_job_link",
    "labour_shortage",
    "job_instability",
    "working_conditions",
    "geographic_mismatch",
    "wage_unattractiveness",
)


def add_fallbacks(rows: pl.DataFrame, regions: dict[str, str]) -> pl.DataFrame:
    """Add to each value that is not measured the published values that may stand for it.

    ``parent_*``: the parent occupation, in the same territory or else the nearest wider one;
    ``wider_*``: the same occupation in the nearest wider territory. Measured values only, each
    with its level; they often disagree, so both are shown. ``regions`` maps départements to
    régions. ``rows`` has the columns of ``labour_tension_by_territory`` up to ``is_imputed``.
    """
    measured = rows.filter(pl.col("tension_class").is_not_null() & ~pl.col("is_imputed"))
    department = pl.col("territory_level") == "department"
    located = rows.with_columns(
        _region=pl.when(department).then(
            pl.col("territory_code").replace_strict(regions, default=None, return_dtype=pl.String)
        ),
        _parent_level=pl.col("fap_level").replace_strict(
            PARENT_LEVELS, default=None, return_dtype=pl.String
        ),
        _parent_code=pl.col("fap_code").str.slice(0, 3),
    )
    for name, occupation, steps in (
        ("parent", ("_parent_level", "_parent_code"), ("same", "region", "country")),
        ("wider", ("fap_level", "fap_code"), ("region", "country")),
    ):
        for step in steps:
            located = _look_up(located, measured, occupation, step, f"_{name}_{step}")
        located = _keep_nearest(located, name, steps)
    parent_known = pl.col("parent_territory_level").is_not_null()
    return located.with_columns(
        parent_fap_level=pl.when(parent_known).then("_parent_level"),
        parent_fap_code=pl.when(parent_known).then("_parent_code"),
    ).drop("^_.*$")


def name_stand_ins(rows: pl.DataFrame) -> pl.DataFrame:
    """Add ``imputed_from``: which stand-in an imputed value equals, the parent's or the wider one.

    Deduced, for the producer does not say it. ``rows`` come from ``add_fallbacks``.
    """

    def equals(stand_in: str) -> pl.Expr:
        apart = (pl.col("tension_index") - pl.col(f"{stand_in}_tension_index")).abs()
        return (apart <= SAME_VALUE).fill_null(value=False)

    parent, wider = equals("parent"), equals("wider")
    return rows.with_columns(
        imputed_from=pl.when(pl.col("is_imputed")).then(
            pl.when(parent & wider)
            .then(pl.lit("either"))
            .when(parent)
            .then(pl.lit("parent"))
            .when(wider)
            .then(pl.lit("wider"))
            .otherwise(pl.lit("unknown"))
        )
    )


def _look_up(
    rows: pl.DataFrame,
    measured: pl.DataFrame,
    occupation: tuple[str, str],
    step: str,
    name: str,
) -> pl.DataFrame:
    """Join the measured value of ``occupation`` one step up the territories, as a struct."""
    level = pl.col("territory_level")
    where = {
        "same": (level, pl.col("territory_code")),
        "region": (
            pl.when(pl.col("_region").is_not_null()).then(pl.lit("region")),
            pl.col("_region"),
        ),
        "country": (
            pl.when(level != "country").then(pl.lit("country")),
            pl.when(level != "country").then(pl.lit("FR")),
        ),
    }[step]
    keys = ["edition_year", "year", "territory_level", "territory_code", "fap_level", "fap_code"]
    values = measured.select(
        *(pl.col(k).alias(f"_key_{k}") for k in keys),
        pl.struct("territory_level", "territory_code", "tension_index", "tension_class").alias(
            name
        ),
    )
    wanted = rows.with_columns(
        _key_edition_year="edition_year",
        _key_year="year",
        _key_territory_level=where[0],
        _key_territory_code=where[1],
        _key_fap_level=occupation[0],
        _key_fap_code=occupation[1],
    )
    return wanted.join(values, on=[f"_key_{k}" for k in keys], how="left").drop("^_key_.*$")


def _keep_nearest(rows: pl.DataFrame, name: str, steps: Sequence[str]) -> pl.DataFrame:
    """Keep the first of the looked-up values, for rows without a measured value of their own."""
    unmeasured = pl.col("tension_class").is_null() | pl.col("is_imputed")
    chosen = pl.coalesce(f"_{name}_{step}" for step in steps)
    fields = ("territory_level", "territory_code", "tension_index", "tension_class")
    return rows.with_columns(
        **{
            f"{name}_{field}": pl.when(unmeasured).then(chosen.struct.field(field))
            for field in fields
        }
    )


def rank_occupations(rows: pl.DataFrame) -> pl.DataFrame:
    """Add ``tension_rank``: 1 is the highest index among measured occupations of one edition.

    Within one edition, year, territory and level; imputed rows are « non classé » (null).
    """
    measured = pl.col("tension_class").is_not_null() & ~pl.col("is_imputed")
    group = ["edition_year", "year", "territory_level", "territory_code", "fap_level"]
    index = pl.when(measured).then("tension_index")
    return rows.with_columns(
        tension_rank=index.rank("min", descending=True).over(group).cast(pl.Int64)
    )
