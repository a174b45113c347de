"""Jobs in tension: the table people come for, one row per territory and occupation."""

import polars as pl

from assets.labour.contracts.jobs_in_tension import JOBS_IN_TENSION
from assets.labour.occupations import with_fap_labels
from assets.labour.recruitment_needs import local_epci
from assets.labour.tension import with_territory_labels
from observatory.labour.jobs_in_tension import (
    assemble,
    select_dominant_bridge,
    select_latest_needs,
    select_latest_tension,
)
from observatory.labour.keys import OCCUPATION_KEY, TERRITORY_KEY
from observatory.labour.volumes import sum_recent_volumes
from observatory.pipeline.drafts import draft_asset
from observatory.pipeline.run_settings import RunSettings


@draft_asset(JOBS_IN_TENSION)
def labour_jobs_in_tension(
    labour_tension_by_territory: pl.DataFrame,
    labour_recruitment_needs_by_territory: pl.DataFrame,
    labour_recruitment_needs_by_bassin: pl.DataFrame,
    labour_fap_bridge: pl.DataFrame,
    labour_occupations: pl.DataFrame,
    labour_job_seekers_by_commune: pl.DataFrame,
    clean_france_travail__job_seekers: pl.DataFrame,
    clean_france_travail__labour_market: pl.DataFrame,
    labour_rome_fap_crosswalk: pl.DataFrame,
    geography_communes: pl.DataFrame,
    settings: RunSettings,
) -> pl.DataFrame:
    """Tension, needs and job seekers side by side, each with its year and level."""
    local = local_epci(geography_communes)
    rows = assemble(
        tension=select_latest_tension(labour_tension_by_territory),
        needs=select_latest_needs(labour_recruitment_needs_by_territory),
        wider=main_departments(labour_recruitment_needs_by_bassin, geography_communes, local),
        bridge=select_dominant_bridge(labour_fap_bridge),
        as_of_year=settings.as_of.year,
    )
    seekers = job_seekers_by_territory(
        labour_job_seekers_by_commune, clean_france_travail__job_seekers, geography_communes, local
    )
    counted = rows.join(
        seekers.with_columns(fap_level=pl.lit("all"), fap_code=pl.lit("TOTAL")),
        on=["territory_level", "territory_code", "fap_level", "fap_code"],
        how="left",
    ).with_columns(has_job_seekers=pl.col("job_seeker_count").is_not_null())
    volumes = sum_recent_volumes(clean_france_travail__labour_market, labour_rome_fap_crosswalk)
    counted = counted.join(volumes, on=[*TERRITORY_KEY, *OCCUPATION_KEY], how="left")
    named = counted.rename({"territory_label": "_surveyed_label"})
    return with_territory_labels(
        with_fap_labels(named.drop("fap_label"), labour_occupations)
    ).with_columns(territory_label=pl.coalesce("_surveyed_label", "territory_label"))


def main_departments(
    needs: pl.DataFrame, communes: pl.DataFrame, local: tuple[str, str] | None
) -> pl.DataFrame:
    """For each bassin and for the EPCI, the département most of its people live in.

    Where communes are not known, a bassin surveyed in one département alone has that one.
    """
    populated = communes.drop_nulls("bassin_code")
    by_population = _most_populated(populated, "bassin_code").select(
        pl.lit("bassin").alias("territory_level"),
        pl.col("bassin_code").alias("territory_code"),
        "department_code",
    )
    surveyed = needs.select("bassin_code", "department_code").unique()
    alone = surveyed.unique("bassin_code", keep="none").select(
        pl.lit("bassin").alias("territory_level"),
        pl.col("bassin_code").alias("territory_code"),
        "department_code",
    )
    surveyed_pairs = surveyed.rename({"bassin_code": "territory_code"})
    straddling = by_population.join(alone, on="territory_code", how="anti").join(
        surveyed_pairs, on=["territory_code", "department_code"], how="semi"
    )
    parts = [alone, straddling]
    if local:
        epci = communes.filter(pl.col("epci_code") == local[0])
        parts.append(
            _most_populated(epci, "epci_code").select(
                pl.lit("epci").alias("territory_level"),
                pl.col("epci_code").alias("territory_code"),
                "department_code",
            )
        )
    return pl.concat(parts)


def _most_populated(communes: pl.DataFrame, area: str) -> pl.DataFrame:
    return (
        communes.group_by(area, "department_code")
        .agg(pl.col("population_count").sum())
        .sort("population_count", "department_code")
        .unique(area, keep="last")
    )


def job_seekers_by_territory(
    by_commune: pl.DataFrame,
    clean: pl.DataFrame,
    communes: pl.DataFrame,
    local: tuple[str, str] | None,
) -> pl.DataFrame:
    """Job seekers of the last month: as published for régions and départements, else summed.

    A sum over the communes of a bassin or of the EPCI that have a figure, with the share of
    the population they cover; nothing is extrapolated to the others.
    """
    last = pl.lit(clean["month_date"].max(), pl.Date)
    published = clean.filter(
        (pl.col("month_date") == last) & (pl.col("territory_level") != "commune")
    ).select(
        "territory_level",
        "territory_code",
        "job_seeker_count",
        job_seeker_month_date="month_date",
        job_seeker_coverage_pct=pl.lit(100.0),
    )
    counted = communes.join(
        by_commune.filter(pl.col("month_date") == last).select(
            "commune_code", "month_date", "job_seeker_count"
        ),
        on="commune_code",
        how="left",
    )
    parts = [published, _summed(counted, "bassin", "bassin_code")]
    if local:
        inside = counted.filter(pl.col("epci_code") == local[0])
        parts.append(_summed(inside, "epci", "epci_code"))
    return pl.concat(parts)


def _summed(counted: pl.DataFrame, level: str, area: str) -> pl.DataFrame:
    known = pl.col("job_seeker_count").is_not_null()
    people = pl.col("population_count")
    return (
        counted.drop_nulls(area)
        .group_by(territory_code=area)
        .agg(
            pl.col("job_seeker_count").sum(),
            job_seeker_month_date=pl.col("month_date").max(),
            job_seeker_coverage_pct=100 * people.filter(known).sum() / people.sum(),
        )
        .filter(pl.col("job_seeker_month_date").is_not_null())
        .select(
            pl.lit(level).alias("territory_level"),
            "territory_code",
            "job_seeker_count",
            "job_seeker_month_date",
            "job_seeker_coverage_pct",
        )
    )
