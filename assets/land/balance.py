"""Supply of land by commune, and its balance with demand by EPCI."""

import geopandas as gpd
import polars as pl

from assets.land.contracts.figures import BALANCE_BY_EPCI, SUPPLY_BY_COMMUNE
from assets.land.occupation import stocked
from assets.land.planner_files import Benchmark, benchmark
from assets.land.records import local_consumption
from observatory.geography.layers import drop_geometry
from observatory.geography.territories import keep_whole_epci
from observatory.land.balance import (
    SCENARIOS,
    compute_halving,
    compute_years_left,
    estimate_demand,
    sum_consumption,
    sum_supply,
)
from observatory.land.density import compute_land_per_job
from observatory.pipeline.drafts import draft_asset, empty_draft
from observatory.pipeline.run_settings import RunSettings
from observatory.settings import Settings


def with_sites(units: gpd.GeoDataFrame, sites: gpd.GeoDataFrame) -> pl.DataFrame:
    """Units with each m² in one state, and what their site says: set apart, sale known."""
    told = drop_geometry(sites).select("site_id", "is_set_apart", "site_source_key")
    known = pl.col("is_for_sale").is_not_null()
    return (
        stocked(units)
        .join(told, on="site_id", how="left")
        .with_columns(
            pl.col("is_set_apart").fill_null(value=False),
            pl.col("is_for_sale").fill_null(value=False),
            is_sale_known=known | (pl.col("occupation_state") == "common_area"),
        )
    )


@draft_asset(SUPPLY_BY_COMMUNE)
def land_supply_by_commune(
    land_units: gpd.GeoDataFrame,
    land_sites: gpd.GeoDataFrame,
    geography_communes: pl.DataFrame,
    settings: RunSettings,
) -> pl.DataFrame:
    """Hectares by state and supply, by commune and scope."""
    if land_units.empty:
        return empty_draft(SUPPLY_BY_COMMUNE)
    rows = sum_supply(
        with_sites(land_units, land_sites),
        "commune_code",
        mobilisation_pct=settings.land_mobilisation_pct,
    )
    labels = geography_communes.select("commune_code", "commune_label", "epci_code")
    return rows.join(labels, on="commune_code", how="left")


@draft_asset(BALANCE_BY_EPCI, facts=lambda settings: {"benchmark": str(benchmark(settings))})
def land_balance_by_epci(
    land_units: gpd.GeoDataFrame,
    land_sites: gpd.GeoDataFrame,
    clean_cerema__land_consumption: pl.DataFrame,
    geography_communes: pl.DataFrame,
    settings: RunSettings,
) -> pl.DataFrame:
    """Supply against demand scenarios, and the benchmark of consumption, by EPCI."""
    if land_units.empty:
        return empty_draft(BALANCE_BY_EPCI)
    epci = keep_whole_epci(geography_communes).select("commune_code", "epci_code", "epci_label")
    units = with_sites(land_units, land_sites).join(epci, on="commune_code")
    stock_ = sum_supply(units, "epci_code", mobilisation_pct=settings.land_mobilisation_pct)
    stock_ = stock_.join(epci.select("epci_code", "epci_label").unique("epci_code"), on="epci_code")
    flows = local_consumption(clean_cerema__land_consumption, geography_communes)
    return balance(stock_, flows, _land_per_job(land_sites), benchmark(settings), settings)


def balance(
    stock_: pl.DataFrame,
    flows: pl.DataFrame,
    per_1000_jobs_ha: float | None,
    rule: Benchmark,
    settings: Settings,
) -> pl.DataFrame:
    """One row per EPCI, scope and scenario; a scenario without a figure has no years."""
    yearly = sum_consumption(flows.filter("is_whole_epci"), "epci_code")
    wanted = estimate_demand(yearly, "epci_code").select(
        "epci_code", "demand_scenario", "demand_ha_per_year"
    )
    stated = _stated(stock_["epci_code"].unique(), per_1000_jobs_ha, settings)
    asked = pl.concat([wanted, stated])
    grid = stock_.join(pl.DataFrame({"demand_scenario": SCENARIOS}), how="cross").join(
        asked, on=["epci_code", "demand_scenario"], how="left"
    )
    limits = compute_halving(
        yearly, "epci_code", kept_pct=rule.kept_pct, guarantee_ha=rule.guarantee_ha
    )
    past = pl.col("demand_scenario").str.starts_with("past_consumption")
    free_or = {
        "low": pl.when(past).then("free_on_offer_ha").otherwise("supply_low_ha"),
        "central": pl.when(past).then("free_ha").otherwise("supply_central_ha"),
        "high": pl.when(past).then("free_ha").otherwise("supply_high_ha"),
    }
    return grid.join(limits, on="epci_code", how="left").with_columns(
        **{
            f"years_{level}": compute_years_left(value, pl.col("demand_ha_per_year"))
            for level, value in free_or.items()
        },
        benchmark_source=pl.lit(rule.source),
    )


def _land_per_job(sites: gpd.GeoDataFrame) -> float | None:
    """Median hectares per 1 000 jobs of all parks but those set apart."""
    usual = drop_geometry(sites).filter(~pl.col("is_set_apart"))
    every = compute_land_per_job(usual.with_columns(dominant_vocation=pl.lit("all")))
    return every["land_per_1000_jobs_ha"].item() if len(every) else None


def _stated(epci: pl.Series, per_1000_jobs_ha: float | None, settings: Settings) -> pl.DataFrame:
    """Demand for expected jobs, at the median land per job, and the target of the debate."""
    expected = settings.land_expected_jobs_per_year
    known = per_1000_jobs_ha is not None and expected is not None
    by_jobs = per_1000_jobs_ha / 1_000 * expected if known else None  # type: ignore[operator]
    target = settings.land_stated_target_ha
    asked = target / settings.land_stated_target_years if target is not None else None
    rows = [
        {"epci_code": code, "demand_scenario": name, "demand_ha_per_year": value}
        for code in epci
        for name, value in (
            ("jobs", by_jobs),
            ("stated_target", asked if code == settings.land_stated_target_epci else None),
        )
    ]
    return pl.DataFrame(
        rows,
        schema={
            "epci_code": pl.String,
            "demand_scenario": pl.String,
            "demand_ha_per_year": pl.Float64,
        },
    )
