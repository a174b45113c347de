"""Follows needs and tension over the years, inside one nomenclature or edition and never across.

A change of needs is computed from published bounds alone: it tells no more than they do.
"""

import polars as pl

from observatory.labour.keys import TERRITORY_AND_OCCUPATION, TERRITORY_KEY
from observatory.labour.recruitment_needs import NEED_MEASURES, WHOLE_COUNTRY_BASSINS

AREAS = {
    "country": pl.lit("FR"),
    "region": pl.col("region_code"),
    "department": pl.col("department_code"),
    "bassin": pl.col("bassin_code"),
}
WHOLE = "whole"
ZEROS = {
    **{f"{m}_count{end}": 0 for m in NEED_MEASURES for end in ("", "_low", "_high")},
    **{f"is_{m}_count_suppressed": False for m in NEED_MEASURES},
}


def follow_needs(needs: pl.DataFrame, surveyed: pl.DataFrame) -> pl.DataFrame:
    """Rows of every year of each series, with the change over one year as bounds.

    ``needs`` is ``labour_recruitment_needs_by_territory``, ``surveyed``
    ``labour_recruitment_needs_by_bassin``. A series has at least two years of one nomenclature in
    which the survey covered the same area; an occupation without project in one of them has zero.
    """
    footprints = describe_footprints(surveyed)
    whole_years = footprints.filter(pl.col("_footprint") == WHOLE)["year"].unique()
    is_joined = pl.col("territory_level") == "departments"
    placed = needs.join(footprints, on=["year", *TERRITORY_KEY], how="left").with_columns(
        _footprint=pl.when(is_joined & pl.col("year").is_in(whole_years.implode()))
        .then(pl.lit(WHOLE))
        .otherwise(pl.coalesce("_footprint", "covered_bassin_labels"))
    )
    area = [*TERRITORY_KEY, "fap_nomenclature", "_footprint"]
    followed = placed.filter(
        pl.col("_footprint").is_not_null() & (pl.col("year").n_unique().over(area) > 1)
    )
    series = [*area, "fap_level", "fap_code"]
    years = followed.select(*area, "year").unique()
    grid = followed.select(series).unique().join(years, on=area)
    rows = grid.join(followed, on=[*series, "year"], how="left")
    is_absent = pl.col("project_count_low").is_null()
    filled = rows.with_columns(
        *(
            pl.when(is_absent).then(pl.lit(zero)).otherwise(name).alias(name)
            for name, zero in ZEROS.items()
        ),
        *(pl.col(c).drop_nulls().first().over(series) for c in ("territory_label", "fap_label")),
    )
    return _with_changes(filled, series).drop("^_.*$")


def describe_footprints(surveyed: pl.DataFrame) -> pl.DataFrame:
    """What the survey covered of each territory and year: its bassins, by code and name.

    One word where the whole country was surveyed: bassins are then redrawn inside an area that
    stays. Codes of bassins are used again, so a bassin is the same only under the same name.
    """
    cells = surveyed.with_columns(
        _place=pl.concat_str("department_code", "bassin_code", "bassin_label", separator="/"),
        _whole=pl.col("bassin_code").n_unique().over("year") >= WHOLE_COUNTRY_BASSINS,
    )
    return pl.concat(
        cells.group_by("year", territory_code=code)
        .agg(
            _footprint=pl.col("_place").unique().sort().str.join("|"), _whole=pl.col("_whole").any()
        )
        .select(
            "year",
            "territory_code",
            pl.when(pl.col("_whole") & (level != "bassin"))
            .then(pl.lit(WHOLE))
            .otherwise("_footprint")
            .alias("_footprint"),
            territory_level=pl.lit(level),
        )
        for level, code in AREAS.items()
    )


def _with_changes(rows: pl.DataFrame, series: list[str]) -> pl.DataFrame:
    """Add the change of each count since the year before, exact only between two exact counts."""
    counts = [f"{m}_count{end}" for m in NEED_MEASURES for end in ("", "_low", "_high")]
    before = rows.select(
        *series, year=pl.col("year") + 1, **{f"_before_{c}": pl.col(c) for c in counts}
    )
    changes = {}
    for count in (f"{m}_count" for m in NEED_MEASURES):
        changes[f"{count}_change"] = pl.col(count) - pl.col(f"_before_{count}")
        for end, other in (("low", "high"), ("high", "low")):
            changed = pl.col(f"{count}_{end}") - pl.col(f"_before_{count}_{other}")
            changes[f"{count}_change_{end}"] = changed
    return rows.join(before, on=[*series, "year"], how="left").with_columns(**changes)


def follow_tension(tension: pl.DataFrame) -> pl.DataFrame:
    """Rows of editions that hold several years, with the change since the year before.

    ``tension`` is ``labour_tension_by_territory``. A change needs two measured values of one
    edition: an imputed one is that of something else.
    """
    several = tension.filter(pl.col("year").n_unique().over("edition_year") > 1)
    measured = several.filter(~pl.col("is_imputed") & pl.col("tension_class").is_not_null())
    series = ["edition_year", *TERRITORY_AND_OCCUPATION]
    before = measured.select(
        *series, year=pl.col("year") + 1, _index="tension_index", _class="tension_class"
    )
    is_measured = ~pl.col("is_imputed") & pl.col("tension_class").is_not_null()
    return (
        several.join(before, on=[*series, "year"], how="left")
        .with_columns(
            tension_index_change=pl.when(is_measured).then(
                pl.col("tension_index") - pl.col("_index")
            ),
            tension_class_change=pl.when(is_measured).then(
                pl.col("tension_class") - pl.col("_class")
            ),
        )
        .drop("_index", "_class")
    )
