"""Estimates jobs by occupation from jobs by sector and the occupations of each sector.

Source of the weights: Dares, portraits statistiques des métiers, mean of 2017 to 2019, everybody in
work, never hirings. An estimate of places: nothing says that a firm employs an occupation.
"""

import polars as pl

from observatory.crossing.sectors import ALL, UNRECONCILED
from observatory.labour.jobs_in_tension import select_latest_tension

LEAST_JOBS = 500
ROUNDED_TO = 10
IN_TENSION = 4
NOT_TOLD = "NONE"
WEIGHT_LEVEL = ("fap_2009", "fap87")
PLACE = ["place_level", "place_code", "place_label"]
SHARE, NAMED = pl.col("sector_share_pct") / 100, pl.col("named_share_pct") / 100


def select_weights(sectors: pl.DataFrame) -> pl.DataFrame:
    """Select the share of each occupation (3 characters) in each sector that both sources count.

    ``sectors`` is ``labour_employing_sectors``.
    """
    nomenclature, level = WEIGHT_LEVEL
    return sectors.filter(
        pl.col("fap_nomenclature") == nomenclature,
        pl.col("fap_level") == level,
        pl.col("sector_share_pct").is_not_null(),
        ~pl.col("sector_code").is_in(UNRECONCILED),
    )


def select_jobs(
    employment: pl.DataFrame, weights: pl.DataFrame, least: int, dominance_pct: float
) -> pl.DataFrame:
    """Select places of at least 500 jobs, and say of each sector whether it is estimated.

    ``left_out`` is « unreconciled » where the sources do not count the sector alike or no
    occupation names it, « few » where it is of too few establishments or one can be most of it.
    ``employment`` is ``crossing_employment_by_site``.
    """
    whole = employment.filter(pl.col("sector_code") == ALL, pl.col("job_count_low") >= LEAST_JOBS)
    own = employment.filter(
        pl.col("sector_code") != ALL, pl.col("job_count_high").fill_null(0) > 0
    ).join(whole, on=PLACE[:2], how="semi")
    is_few = (pl.col("establishment_count") - pl.col("sector_unknown_size_count") < least) | (
        pl.col("largest_park_share_pct") >= dominance_pct
    ).fill_null(value=True)
    is_weighed = pl.col("sector_code").is_in(weights["sector_code"].unique().implode())
    return own.with_columns(
        left_out=pl.when(~is_weighed).then(pl.lit("unreconciled")).when(is_few).then(pl.lit("few"))
    )


def estimate_jobs(jobs: pl.DataFrame, weights: pl.DataFrame) -> pl.DataFrame:
    """Estimate jobs (low, high, not rounded) of each place by occupation, what is not told, all.

    The highest share of an occupation in a sector is that among the occupations that name it, the
    lowest that share of what is named. So highs add up to all, and lows to all but the part that
    is not told, which is from none to that part of the highs.
    """
    told = jobs.filter(pl.col("left_out").is_null())
    low, high = pl.col("job_count_low"), pl.col("job_count_high")
    split = told.join(
        weights.select(
            "sector_code", "fap_code", "fap_label", "sector_share_pct", "named_share_pct"
        ),
        on="sector_code",
    )
    by_occupation = split.group_by(*PLACE, "fap_code", "fap_label").agg(
        low=(low * SHARE * NAMED).sum(), high=(high * SHARE).sum()
    )
    named = weights.select("sector_code", "named_share_pct").unique("sector_code")
    of_place = told.join(named, on="sector_code").group_by(PLACE)
    rest = of_place.agg(low=pl.lit(0.0), high=(high * (1 - NAMED)).sum())
    whole = of_place.agg(low=low.sum().cast(pl.Float64), high=high.sum().cast(pl.Float64))
    parts = [
        by_occupation,
        rest.with_columns(fap_code=pl.lit(NOT_TOLD), fap_label=pl.lit("Métier non connu")),
        whole.with_columns(fap_code=pl.lit(ALL), fap_label=pl.lit("Tous métiers")),
    ]
    return pl.concat(parts, how="diagonal").sort(*PLACE[:2], "fap_code")


def round_jobs(estimates: pl.DataFrame) -> pl.DataFrame:
    """Round estimates to tens, low ones down and high ones up."""
    tidy = 1e-6  # what floats add beyond a ten is none
    return estimates.with_columns(
        estimated_job_count_low=((pl.col("low") / ROUNDED_TO + tidy).floor() * ROUNDED_TO).cast(
            pl.Int64
        ),
        estimated_job_count_high=((pl.col("high") / ROUNDED_TO - tidy).ceil() * ROUNDED_TO).cast(
            pl.Int64
        ),
    )


def list_left_out(jobs: pl.DataFrame) -> pl.DataFrame:
    """List the sectors of each place that are not estimated, with their jobs low and high."""
    out = pl.col("left_out").is_not_null()

    def codes(why: str) -> pl.Expr:
        named = pl.col("sector_code").filter(pl.col("left_out") == why).sort().str.join("|")
        return pl.when(named != "").then(named)

    return jobs.group_by(PLACE[:2]).agg(
        unreconciled_sector_codes=codes("unreconciled"),
        few_firms_sector_codes=codes("few"),
        left_out_job_count_low=pl.col("job_count_low").filter(out).sum(),
        left_out_job_count_high=pl.col("job_count_high").filter(out).sum(),
    )


def share_in_tension(estimates: pl.DataFrame, tension: pl.DataFrame) -> pl.DataFrame:
    """Share (%) of the estimated jobs of each place in occupations of class 4 or 5, low and high.

    At the least those of the lows; at the most also what is not told and what has no class.
    ``tension`` has ``fap_code`` and ``tension_class``. Nothing where no class is known.
    """
    classes = tension.drop_nulls("tension_class")
    if classes.is_empty():
        return (
            estimates.select(*PLACE[:2])
            .unique()
            .with_columns(
                tension_share_low_pct=pl.lit(None, pl.Float64),
                tension_share_high_pct=pl.lit(None, pl.Float64),
            )
        )
    known = estimates.join(classes.select("fap_code", "tension_class"), on="fap_code", how="left")
    is_one = ~pl.col("fap_code").is_in([NOT_TOLD, ALL])
    tense = is_one & (pl.col("tension_class") >= IN_TENSION).fill_null(value=False)
    calm = is_one & (pl.col("tension_class") < IN_TENSION).fill_null(value=False)
    low, total = pl.col("low"), pl.col("fap_code") == ALL
    # both in the lows: shares of jobs at their lower bound, which add up to it but for the rest
    whole = low.filter(total).sum()
    return known.group_by(PLACE[:2]).agg(
        tension_share_low_pct=pl.when(whole > 0).then(100 * low.filter(tense).sum() / whole),
        tension_share_high_pct=pl.when(whole > 0).then(100 - 100 * low.filter(calm).sum() / whole),
    )


def find_classes(tension: pl.DataFrame, communes: pl.DataFrame) -> pl.DataFrame:
    """Find the classes of the territory's région in the nomenclature and level of the weights.

    ``tension`` is ``labour_tension_by_territory`` and may be empty, ``communes``
    ``geography_communes``.
    """
    if tension.is_empty():
        empty = {"fap_code": pl.String, "tension_class": pl.Int64, "tension_class_year": pl.Int64}
        return pl.DataFrame(schema=empty)
    own = communes.filter("is_in_territory")
    region = own["region_code"].drop_nulls().mode().sort().head(1)
    nomenclature, level = WEIGHT_LEVEL
    return (
        select_latest_tension(tension)
        .filter(
            pl.col("territory_level") == "region",
            pl.col("territory_code").is_in(region.implode()),
            pl.col("fap_nomenclature") == nomenclature,
            pl.col("fap_level") == level,
            pl.col("tension_class").is_not_null(),
        )
        .select("fap_code", "tension_class", tension_class_year="class_year")
    )
