"""Land that the trend of employees asks for, beside the land on offer."""

import polars as pl

from assets.crossing.contracts.demand import LAND_DEMAND
from assets.crossing.employment import EMPLOYEES, employees_and_releases
from assets.released import RELEASES, open_released
from observatory.crossing.demand import (
    ENDS,
    find_trends,
    need_land,
    sum_land_on_offer,
    sum_vocations,
    sum_years,
)
from observatory.crossing.sectors import ALL
from observatory.disclosure.suppression import protect
from observatory.geography.territories import keep_whole_epci
from observatory.pipeline.drafts import draft_asset, empty_draft
from observatory.pipeline.run_settings import RunSettings
from observatory.release.published import Published
from observatory.storage.frames import Store

NEEDED = ("land_density_by_vocation", "land_units", "land_sites", "land_balance_by_epci")
PLACE = ["epci_code", "dominant_vocation"]


@draft_asset(LAND_DEMAND, after=RELEASES, facts=employees_and_releases)
def crossing_land_demand_by_sector(settings: RunSettings) -> pl.DataFrame:
    """Hectares that each sector would need by each horizon, and what its vocation has on offer."""
    published, store = open_released(settings), Store.of(settings)
    if published is None or not all(published.has(name) for name in NEEDED):
        return empty_draft(LAND_DEMAND)
    if not store.has(EMPLOYEES):
        return empty_draft(LAND_DEMAND)
    communes = keep_whole_epci(published.table("geography_communes"))
    trends = find_trends(sum_years(store.read(EMPLOYEES), communes))
    density = published.table("land_density_by_vocation")
    sectors = hide_secret(protect(need_land(trends, density), LAND_DEMAND, settings.thresholds))
    whole = sum_vocations(sectors).with_columns(
        judged_unit_count=0, judged_share_pct=0.0, is_yearly_job_change_suppressed=False
    )
    offered = on_offer(published, communes, settings.land_mobilisation_pct)
    labels = published.table("geography_epci").select("epci_code", "epci_label")
    return (
        pl.concat(
            [sectors, whole.join(offered, on=PLACE, how="left")],
            how="diagonal_relaxed",
        )
        .join(labels, on="epci_code", how="left")
        .sort(*PLACE, pl.col("sector_code") == ALL, "sector_code", "horizon_years")
    )


def hide_secret(rows: pl.DataFrame) -> pl.DataFrame:
    """Blank what is computed from a trend that secrecy hides, and say why."""
    is_told = ~pl.col("is_yearly_job_change_suppressed")
    names = [f"yearly_job_change_{end}" for end in ("low", "high")]
    names += [f"needed_{end}_ha" for end in ENDS]
    reason = pl.col("missing_need_reason")
    return rows.with_columns(
        *(pl.when(is_told).then(name).alias(name) for name in names),
        missing_need_reason=pl.when(is_told | (reason == "employees_hidden").fill_null(value=False))
        .then(reason)
        .otherwise(pl.lit("secret")),
    )


def on_offer(published: Published, communes: pl.DataFrame, mobilisation_pct: float) -> pl.DataFrame:
    """Supply of the sites of each vocation, of the EPCI whose supply is known."""
    balance = published.table("land_balance_by_epci")
    known = balance.filter(pl.col("missing_supply_reason").is_null())["epci_code"].unique()
    sites = (
        published.table("land_sites")
        .select("site_id", "commune_code", "dominant_vocation")
        .join(communes.select("commune_code", "epci_code"), on="commune_code")
        .filter(pl.col("epci_code").is_in(known.implode()))
        .drop("commune_code")
    )
    units = published.table("land_units").drop("epci_code", strict=False)
    return sum_land_on_offer(units, sites, mobilisation_pct)
