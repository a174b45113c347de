"""Jobs in tension: the table people come for, one row per territory and occupation."""

import polars as pl

from assets.labour.contracts.jobs_in_tension import JOBS_IN_TENSION
from assets.labour.occupations import with_fap_labels
from assets.labour.tension import with_territory_labels
from observatory.geography.territories import (
    FRANCE,
    IN_FRANCE,
    RUNG,
    Place,
    climb_territories,
    keep_whole_epci,
    label_places,
    list_departments,
    place_of,
)
from observatory.labour.job_seekers import (
    select_published,
    sum_by_area,
    sum_departments,
    sum_regions,
)
from observatory.labour.jobs_in_tension import (
    assemble,
    list_wanted,
    select_latest_needs,
    select_latest_tension,
)
from observatory.labour.keys import OCCUPATION_KEY, TERRITORY_KEY
from observatory.labour.volumes import list_totals_of_volumes, sum_recent_volumes
from observatory.pipeline.drafts import draft_asset
from observatory.pipeline.run_settings import RunSettings

SUMMED_AREAS = {
    "bassin": "bassin_code",
    "employment_zone": "employment_zone_code",
    "department": "department_code",
    "region": "region_code",
}


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
    place = place_of(settings.territory)
    tension = select_latest_tension(labour_tension_by_territory)
    climb = climb_territories(geography_communes, settings.territory, settings.coverage_floor_pct)
    needs = select_latest_needs(labour_recruitment_needs_by_territory)
    seekers = job_seekers_by_territory(
        labour_job_seekers_by_commune, clean_france_travail__job_seekers, geography_communes, place
    )
    market, crosswalk = clean_france_travail__labour_market, labour_rome_fap_crosswalk
    wanted = [
        list_wanted(place, tension),
        list_wanted(place, needs),
        list_totals(seekers, needs),
        list_totals_of_volumes(market, crosswalk),
    ]
    rows = assemble(
        tension=tension,
        needs=needs,
        wanted=pl.concat(wanted).unique(),
        climb=climb_as_surveyed(labour_recruitment_needs_by_bassin, climb),
        members=list_departments(geography_communes, settings.territory),
        bridge=labour_fap_bridge,
        as_of_year=settings.as_of.year,
    )
    counted = rows.join(
        seekers.with_columns(fap_level=pl.lit("all"), fap_code=pl.lit("TOTAL")),
        on=[*TERRITORY_KEY, "fap_level", "fap_code"],
        how="left",
    ).with_columns(has_job_seekers=pl.col("job_seeker_count").is_not_null())
    volumes = sum_recent_volumes(market, crosswalk, counted)
    counted = counted.join(volumes, on=[*TERRITORY_KEY, *OCCUPATION_KEY], how="left")
    return with_labels(
        with_fap_labels(counted.drop("fap_label"), labour_occupations),
        label_places(geography_communes, settings.territory),
    )


def climb_as_surveyed(needs: pl.DataFrame, climb: pl.DataFrame) -> pl.DataFrame:
    """Let the survey say where a bassin lies: one surveyed in one département alone is in it.

    Its zoning may be of another year than that of the communes, or not handed over.
    """
    surveyed = needs.select("bassin_code", "department_code", "region_code").unique()
    alone = [
        surveyed.select("bassin_code", wider_code=f"{wider}_code")
        .unique()
        .unique("bassin_code", keep="none")
        .select(
            territory_level=pl.lit("bassin"),
            territory_code="bassin_code",
            step=pl.lit(step, pl.Int64),
            wider_level=pl.lit(wider),
            wider_code="wider_code",
            wider_population_pct=pl.lit(100.0),
        )
        for step, wider in ((1, "department"), (2, "region"))
    ]
    everywhere = surveyed.select(
        pl.lit("bassin").alias("territory_level"),
        pl.col("bassin_code").alias("territory_code"),
        *(pl.lit(value).alias(name) for name, value in IN_FRANCE.items()),
    ).cast(RUNG)
    rung = ["territory_level", "territory_code", "step"]
    return pl.concat([*alone, everywhere, climb]).unique(rung, keep="first", maintain_order=True)


def list_totals(seekers: pl.DataFrame, needs: pl.DataFrame) -> pl.DataFrame:
    """The row of all occupations of each territory with job seekers, who are of no nomenclature.

    It bears the latest that has needs.
    """
    latest = needs["fap_nomenclature"].max() or "fap_2021"
    return seekers.select(
        *TERRITORY_KEY,
        fap_nomenclature=pl.lit(latest, pl.String),
        fap_level=pl.lit("all"),
        fap_code=pl.lit("TOTAL"),
    )


def job_seekers_by_territory(
    by_commune: pl.DataFrame, clean: pl.DataFrame, communes: pl.DataFrame, place: Place
) -> pl.DataFrame:
    """Job seekers of the last month: as published for régions and départements, else summed.

    Over the régions of France, the départements of a région or those set together; else over the
    communes of an area that have a figure, each with the share of the population that is covered.
    Nothing is extrapolated, and an EPCI depends on no bassin.
    """
    level, code = place
    everywhere = communes.with_columns(country_code=pl.lit(FRANCE[1]))
    own = communes.filter("is_in_territory").with_columns(_place=pl.lit(code))
    wholes = [(everywhere, "region", "region_code")]
    if level == "departments":
        wholes.append((own, level, "_place"))
    areas = [(communes, *area) for area in SUMMED_AREAS.items()]
    areas += [(keep_whole_epci(communes), "epci", "epci_code"), (own, level, "_place")]
    published = select_published(clean)
    france = sum_regions(published, everywhere, "country_code")
    parts = [published, _at(france, "country", "country_code")]
    parts += [
        _at(sum_departments(published, inside, area), name, area) for inside, name, area in wholes
    ]
    parts += [
        _at(sum_by_area(by_commune, inside, area), name, area) for inside, name, area in areas
    ]
    return pl.concat(parts, how="diagonal").unique(
        list(TERRITORY_KEY), keep="first", maintain_order=True
    )


def _at(summed: pl.DataFrame, level: str, area: str) -> pl.DataFrame:
    located = summed.rename({area: "territory_code"})
    return located.select(pl.lit(level).alias("territory_level"), pl.all())


def with_labels(rows: pl.DataFrame, local: dict[str, str]) -> pl.DataFrame:
    """Name each territory, a bassin as the survey of its year does, and where values come from."""
    surveyed = pl.col("territory_label").alias("_surveyed_label")
    named = with_territory_labels(rows.with_columns(surveyed), local).with_columns(
        territory_label=pl.coalesce("_surveyed_label", "territory_label")
    )
    for name in ("tension", "needs", "bridged"):
        own = {f"{name}_territory_{part}": f"territory_{part}" for part in ("level", "code")}
        told = named.select(*(pl.col(c).alias(plain) for c, plain in own.items())).unique()
        labels = with_territory_labels(told, local).rename(
            {plain: c for c, plain in own.items()} | {"territory_label": f"{name}_territory_label"}
        )
        named = named.join(labels, on=list(own), how="left")
    return named.drop("_surveyed_label")
