"""Land that jobs would ask for by sector, and where it, or people, lack."""

import polars as pl

from assets.crossing.contracts.land_demand import LAND_DEMAND_BY_PLACE, LAND_DEMAND_BY_SECTOR
from assets.crossing.employment import EMPLOYEES, facts_with_employees
from assets.released import RELEASES, open_released
from observatory.crossing.land_demand import (
    balance,
    judge_lack,
    measure_trends,
    project,
    round_trends,
    sum_jobs,
    sum_supply,
    sum_years,
)
from observatory.disclosure.suppression import protect
from observatory.pipeline.drafts import draft_asset, empty_draft
from observatory.pipeline.run_settings import RunSettings
from observatory.release.published import Published
from observatory.settings import Settings
from observatory.storage.frames import Store

SCOPE = "all_sites"


@draft_asset(LAND_DEMAND_BY_SECTOR, after=RELEASES, facts=facts_with_employees)
def crossing_land_demand_by_sector(
    crossing_employment_by_site: pl.DataFrame, settings: RunSettings
) -> pl.DataFrame:
    """Jobs and hectares by sector and horizon, for the whole territory."""
    rows = _projected(crossing_employment_by_site, open_released(settings), settings)
    if rows is None:
        return empty_draft(LAND_DEMAND_BY_SECTOR)
    return rows.filter(pl.col("place_level") == "territory").sort("sector_code", "horizon_years")


@draft_asset(LAND_DEMAND_BY_PLACE, after=RELEASES, facts=facts_with_employees)
def crossing_land_demand_by_place(
    crossing_employment_by_site: pl.DataFrame,
    crossing_occupations_by_commune: pl.DataFrame,
    settings: RunSettings,
) -> pl.DataFrame:
    """Demand against supply of each commune by vocation, and whether people or land lack."""
    published = open_released(settings)
    rows = _projected(crossing_employment_by_site, published, settings)
    if rows is None or published is None:
        return empty_draft(LAND_DEMAND_BY_PLACE)
    known = _communes_with_supply(published)
    supply = sum_supply(published.table("land_units"), published.table("land_sites"), known)
    shares = crossing_occupations_by_commune.select(
        "tension_share_low_pct", place_code="commune_code", place_level=pl.lit("commune")
    ).unique(["place_level", "place_code"])
    labels = published.table("geography_communes").select(
        place_level=pl.lit("commune"), place_code="commune_code", place_label="commune_label"
    )
    place = ["place_level", "place_code"]
    return (
        balance(rows, supply, known, settings.territory)
        .join(shares, on=place, how="left", maintain_order="left")
        .join(labels, on=place, how="left", maintain_order="left")
        .with_columns(lacking=judge_lack())
    )


def _projected(
    employment: pl.DataFrame, published: Published | None, settings: Settings
) -> pl.DataFrame | None:
    """Jobs and hectares of each place and sector, of the trends that secrecy leaves."""
    store = Store.of(settings)
    needed = ("land_density_by_vocation", "land_units", "land_supply_by_commune")
    if published is None or employment.is_empty() or not all(map(published.has, needed)):
        return None
    if not store.has(EMPLOYEES):
        return None
    communes = published.table("geography_communes").filter("is_in_territory")
    own = store.read(EMPLOYEES).join(communes.select("commune_code"), on="commune_code", how="semi")
    trends = measure_trends(sum_years(own))
    safe = round_trends(protect(trends, LAND_DEMAND_BY_SECTOR, settings.thresholds))
    jobs = sum_jobs(employment, settings.territory)
    return project(jobs, safe, published.table("land_density_by_vocation"))


def _communes_with_supply(published: Published) -> pl.Series:
    """The communes whose supply the land theme gives."""
    supply = published.table("land_supply_by_commune")
    own = supply.filter(
        pl.col("perimeter_scope") == SCOPE, pl.col("missing_supply_reason").is_null()
    )
    return own["commune_code"]
