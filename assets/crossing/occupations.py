"""Estimated jobs by occupation of sites and communes, and where occupations in tension work."""

import polars as pl

from assets.crossing.contracts.occupations import (
    OCCUPATIONS_BY_COMMUNE,
    OCCUPATIONS_BY_SITE,
    PLACES_BY_OCCUPATION,
)
from assets.released import RELEASES, both_themes, open_released
from observatory.crossing.occupations import (
    IN_TENSION,
    NOT_TOLD,
    PLACE,
    WEIGHT_LEVEL,
    estimate_jobs,
    find_classes,
    list_left_out,
    round_jobs,
    select_jobs,
    select_weights,
    share_in_tension,
)
from observatory.crossing.sectors import ALL
from observatory.metadata.tables import Table
from observatory.pipeline.drafts import draft_asset, empty_draft
from observatory.pipeline.run_settings import RunSettings
from observatory.release.published import Published

WEIGHTS, TENSION = "labour_employing_sectors", "labour_tension_by_territory"


@draft_asset(OCCUPATIONS_BY_SITE, after=RELEASES, facts=both_themes)
def crossing_occupations_by_site(
    crossing_employment_by_site: pl.DataFrame, settings: RunSettings
) -> pl.DataFrame:
    """Occupations of sites of at least 500 jobs."""
    published = open_released(settings)
    rows = estimated(crossing_employment_by_site, "site", OCCUPATIONS_BY_SITE, published)
    return rows.rename({"place_code": "site_id", "place_label": "site_name"}, strict=False)


@draft_asset(OCCUPATIONS_BY_COMMUNE, after=RELEASES, facts=both_themes)
def crossing_occupations_by_commune(
    crossing_employment_by_site: pl.DataFrame, settings: RunSettings
) -> pl.DataFrame:
    """Occupations of the sites of a commune, where they have at least 500 jobs."""
    published = open_released(settings)
    rows = estimated(crossing_employment_by_site, "commune", OCCUPATIONS_BY_COMMUNE, published)
    return rows.rename({"place_code": "commune_code", "place_label": "commune_label"}, strict=False)


@draft_asset(PLACES_BY_OCCUPATION, after=RELEASES, facts=both_themes)
def crossing_places_by_occupation(
    crossing_employment_by_site: pl.DataFrame, settings: RunSettings
) -> pl.DataFrame:
    """Sites, poles and communes where each occupation in tension works."""
    published = open_released(settings)
    parts = [
        estimated(crossing_employment_by_site, level, PLACES_BY_OCCUPATION, published)
        for level in ("site", "pole", "commune")
    ]
    rows = pl.concat(parts, how="diagonal_relaxed")
    tense = rows.filter(
        pl.col("tension_class") >= IN_TENSION, pl.col("estimated_job_count_low") > 0
    )
    rank = pl.col("estimated_job_count_low").rank("min", descending=True)
    return tense.with_columns(place_rank=rank.over("fap_code", "place_level").cast(pl.Int64))


def estimated(
    employment: pl.DataFrame, level: str, table: Table, published: Published | None
) -> pl.DataFrame:
    """Rounded estimates of the places of a level; no rows without weights or jobs."""
    own = employment.filter(pl.col("place_level") == level)
    if published is None or own.is_empty() or not published.has(WEIGHTS):
        return empty_draft(table)
    weights = select_weights(published.table(WEIGHTS))
    secrecy = published.settings.thresholds
    jobs = select_jobs(own, weights, secrecy.firms, secrecy.dominance_pct)
    estimates = estimate_jobs(jobs, weights)
    classes = find_classes(published.table(TENSION), published.table("geography_communes"))
    period = weights.select("period_first_year", "period_last_year").unique().head(1)
    return (
        round_jobs(estimates)
        .join(classes, on="fap_code", how="left")
        .join(list_left_out(jobs), on=PLACE[:2], how="left")
        .join(share_in_tension(estimates, classes), on=PLACE[:2], how="left")
        .join(period, how="cross")
        .with_columns(
            fap_nomenclature=pl.lit(WEIGHT_LEVEL[0]),
            fap_level=pl.col("fap_code").replace_strict(
                {ALL: "all", NOT_TOLD: "none"}, default=WEIGHT_LEVEL[1]
            ),
        )
    )
