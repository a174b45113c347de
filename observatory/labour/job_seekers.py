"""Counts of job seekers by commune, and their sums over wider areas.

Source: France Travail, job seekers at the end of each month by commune above 5 000 inhabitants,
rounded to ten. A count bears its category, and whether it is seasonally adjusted: none is added to
one of another kind, nor compared across January 2025.
"""

import datetime as dt

import polars as pl

from observatory.geography.cog import restate_communes

# recipients of the RSA are enrolled by law from then on, in two new categories (F, G) among others
SERIES_BREAK = dt.date(2025, 1, 1)
KIND = ("job_seeker_category", "suggested_category", "seasonal_adjustment")


def restate_counts(
    counted: pl.DataFrame, *, communes: pl.DataFrame, changes: pl.DataFrame
) -> pl.DataFrame:
    """Restate ``commune_code`` of each count in the communes in force; null where there is none.

    ``is_part`` tells counts of a commune that is now part of another, by its name or its code.
    """
    written = counted.with_columns(_written="commune_code")
    restated = restate_communes(written, changes=changes, current=communes["commune_code"])
    moved = pl.col("_written") != pl.col("commune_code")
    return restated.with_columns(is_part=moved | pl.col("is_part")).drop("_written")


def count_by_commune(
    located: pl.DataFrame, *, communes: pl.DataFrame, changes: pl.DataFrame
) -> pl.DataFrame:
    """One row per commune in force and month; ``count_evidence`` says how it came by its count.

    ``published``: one row of the commune itself. ``summed``: a merged commune, of which the file
    holds every part. Without a count: ``partial``, a merged commune of which a part is lacking,
    and ``contradictory``, a commune that the file gives several counts.
    """
    parts = (
        changes.filter(pl.col("former_commune_code") != pl.col("current_commune_code"))
        .group_by(commune_code="current_commune_code")
        .agg(_parts=1 + pl.col("former_commune_code").n_unique())
    )
    key = ["commune_code", "month_date", *KIND]
    grouped = (
        located.drop_nulls("commune_code")
        .group_by(key)
        .agg(pl.col("job_seeker_count").sum(), _rows=pl.len(), _is_part=pl.col("is_part").any())
        .join(parts, on="commune_code", how="left")
        .with_columns(
            count_evidence=_tell_evidence(),
            is_after_series_break=pl.col("month_date") >= SERIES_BREAK,
        )
    )
    counted = pl.col("count_evidence").is_in(["published", "summed"])
    rows = grouped.select(
        *key,
        "count_evidence",
        "is_after_series_break",
        job_seeker_count=pl.when(counted).then("job_seeker_count"),
    )
    return _with_coverage(rows, communes)


def _tell_evidence() -> pl.Expr:
    """How many rows stand for a commune this month, against the parts it is made of."""
    rows, parts = pl.col("_rows"), pl.col("_parts").fill_null(1)
    stands_alone = (parts == 1) | (rows.max().over("commune_code") == 1)
    whole = (rows == 1) & ~pl.col("_is_part") & stands_alone
    return (
        pl.when(whole)
        .then(pl.lit("published"))
        .when((rows == parts) & (parts > 1))
        .then(pl.lit("summed"))
        .when(rows > parts)
        .then(pl.lit("contradictory"))
        .otherwise(pl.lit("partial"))
    )


def _with_coverage(rows: pl.DataFrame, communes: pl.DataFrame) -> pl.DataFrame:
    """Add names, and the share (%) of the territory's people in a commune with a count."""
    located = rows.join(
        communes.select("commune_code", "commune_label", "is_in_territory", "population_count"),
        on="commune_code",
        how="left",
    )
    local = pl.col("is_in_territory")
    total = communes.filter(local)["population_count"].sum()
    known = local & pl.col("job_seeker_count").is_not_null()
    covered = pl.col("population_count").filter(known).sum().over("month_date")
    return located.with_columns(
        territory_population_covered_pct=100 * covered / total
        if total
        else pl.lit(None, dtype=pl.Float64)
    ).drop("population_count")


def sum_by_area(by_commune: pl.DataFrame, communes: pl.DataFrame, area: str) -> pl.DataFrame:
    """Sum the job seekers of the last month over the communes of each ``area``.

    ``by_commune`` is ``labour_job_seekers_by_commune``; ``area`` any column of ``communes``
    (``bassin_code``, ``epci_code``, ``department_code``, ``is_in_territory``…). Returns ``area``,
    ``job_seeker_count``, ``job_seeker_month_date``, category, adjustment, and
    ``job_seeker_coverage_pct``: the share of the area's population in a commune with a count.
    Nothing is extrapolated to the others; an area without any count has no row.
    """
    known = by_commune.drop_nulls("job_seeker_count")
    last = known.filter(pl.col("month_date") == pl.col("month_date").max())
    counts = last.select("commune_code", "month_date", "job_seeker_count", *KIND)
    people = pl.col("population_count")
    counted = pl.col("job_seeker_count").is_not_null()
    return (
        communes.drop_nulls(area)
        .join(counts, on="commune_code", how="left")
        .group_by(area)
        .agg(
            pl.col("job_seeker_count").sum(),
            *(pl.col(name).drop_nulls().first() for name in KIND),
            job_seeker_month_date=pl.col("month_date").max(),
            job_seeker_coverage_pct=100 * people.filter(counted).sum() / people.sum(),
        )
        .drop_nulls("job_seeker_month_date")
        .select(area, "job_seeker_count", "job_seeker_month_date", *KIND, "job_seeker_coverage_pct")
    )


def select_published(clean: pl.DataFrame) -> pl.DataFrame:
    """Select the counts of the last month that are published for départements and régions."""
    return clean.filter(
        pl.col("month_date") == pl.col("month_date").max(),
        pl.col("territory_level") != "commune",
    ).select(
        "territory_level",
        "territory_code",
        "job_seeker_count",
        pl.col("month_date").alias("job_seeker_month_date"),
        *KIND,
        job_seeker_coverage_pct=pl.lit(100.0),
    )


def sum_departments(published: pl.DataFrame, communes: pl.DataFrame, area: str) -> pl.DataFrame:
    """Sum the counts published for départements over each ``area`` made of whole ones.

    ``published`` comes from ``select_published``; ``area`` is a column of ``communes``
    (``region_code``…). Returns what ``sum_by_area`` does; ``job_seeker_coverage_pct`` is the share
    of people in a département that has a count.
    """
    return _sum_parts(_published_for(published, "department"), communes, "department_code", area)


def sum_regions(published: pl.DataFrame, communes: pl.DataFrame, area: str) -> pl.DataFrame:
    """Sum over each ``area`` its régions: as published, else as their départements add up.

    A file may lack a département whose région it holds. As ``sum_departments`` else, of the people
    who live in a région.
    """
    own = _published_for(published, "region")
    summed = sum_departments(published, communes, "region_code")
    others = summed.join(own, on="region_code", how="anti")
    counts = pl.concat([own, others], how="diagonal")
    return _sum_parts(counts, communes.drop_nulls("region_code"), "region_code", area)


def _published_for(published: pl.DataFrame, level: str) -> pl.DataFrame:
    own = published.filter(pl.col("territory_level") == level)
    return own.drop("territory_level").rename({"territory_code": f"{level}_code"})


def _sum_parts(counts: pl.DataFrame, communes: pl.DataFrame, part: str, area: str) -> pl.DataFrame:
    """Sum counts of parts over each area, with the share of people whose part has one."""
    people = pl.col("population_count")
    parts = communes.group_by(area, part).agg(people.sum()).join(counts, on=part, how="left")
    covered = people * pl.col("job_seeker_coverage_pct").fill_null(0)
    return (
        parts.group_by(area)
        .agg(
            pl.col("job_seeker_count").sum(),
            pl.col("job_seeker_month_date").max(),
            *(pl.col(name).drop_nulls().first() for name in KIND),
            job_seeker_coverage_pct=covered.sum() / people.sum(),
        )
        .drop_nulls([area, "job_seeker_month_date"])
    )
