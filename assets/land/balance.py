"""Supply of land by commune, and its balance with demand by EPCI."""

import datetime as dt

import geopandas as gpd
import polars as pl

from assets.land.contracts.figures import BALANCE_BY_EPCI, SUPPLY_BY_COMMUNE
from assets.land.coverage import cover_epci, cover_scopes, looked_at
from assets.land.occupation import stocked
from assets.land.planner_files import DatedTargets, dated_targets
from assets.land.records import local_consumption
from observatory.geography.layers import drop_geometry
from observatory.geography.territories import keep_whole_epci
from observatory.land.balance import (
    SCENARIOS,
    STOCK_STATES,
    compute_halving,
    compute_years,
    estimate_demand,
    sum_consumption,
    sum_supply,
    take_permits,
)
from observatory.land.coverage import blank_below_floor, share_looked_at
from observatory.land.density import compute_land_per_job
from observatory.land.sums import sum_steadily
from observatory.pipeline.drafts import draft_asset, empty_draft
from observatory.pipeline.run_settings import RunSettings
from observatory.settings import Settings
from observatory.storage.frames import HandedOver


def with_sites(
    units: gpd.GeoDataFrame, sites: gpd.GeoDataFrame, permits: HandedOver
) -> pl.DataFrame:
    """Units with each m² in one state, and what their site says: set apart, sale known.

    What is free or vacant under a permit is apart.
    """
    told = drop_geometry(sites).select("site_id", "is_set_apart", "site_source_key")
    known = pl.col("is_for_sale").is_not_null()
    stock = stocked(units)
    return (
        take_permits(stock, taken_by(permits, stock))
        .join(told, on="site_id", how="left")
        .with_columns(
            pl.col("is_set_apart").fill_null(value=False),
            pl.col("is_for_sale").fill_null(value=False),
            is_sale_known=known | (pl.col("occupation_state") == "common_area"),
        )
    )


# years for which a permit holds, from the newest of the file
PERMIT_YEARS = 3


def taken_by(permits: HandedOver, units: pl.DataFrame) -> pl.DataFrame | None:
    """Land of each unit under a permit in force; None where no file tells the parcel of a permit.

    In force: begun, or authorised within the last three years of the file, and not cancelled. The
    land that a permit states is shared out among its units by what of them is free or vacant.
    ``units`` come from ``split_stock``.
    """
    rows: pl.DataFrame = permits.rows
    if rows["parcel_ids"].null_count() == len(rows):
        return None
    last = rows["authorised_date"].max()
    year = last.year if isinstance(last, dt.date) else 0
    is_recent = pl.col("authorised_date").dt.year() > year - PERMIT_YEARS
    state = pl.col("permit_state").fill_null("")
    own = rows.filter((state == "begun") | (is_recent & (state != "cancelled")))
    split = pl.col("parcel_ids").str.split("|")
    ready = pl.sum_horizontal("free_m2", "vacant_m2")
    of_units = units.select("unit_id", parcel_id=split, _ready=ready).explode("parcel_id")
    asked = own.with_row_index("_permit").select("_permit", "land_m2", parcel_id=split)
    share = pl.col("_ready") / sum_steadily(pl.col("_ready")).over("_permit")
    return (
        asked.explode("parcel_id")
        .drop_nulls("parcel_id")
        .join(of_units, on="parcel_id")
        .unique(["_permit", "unit_id"])
        .with_columns(land_m2=pl.col("land_m2") * share.fill_nan(0.0))
        .group_by("unit_id")
        .agg(
            land_m2=pl.when(pl.col("land_m2").is_not_null().all()).then(
                sum_steadily(pl.col("land_m2"))
            )
        )
    )


def covered_supply(
    units: pl.DataFrame, ground: pl.DataFrame, by: str, settings: Settings
) -> pl.DataFrame:
    """Hectares by state and supply of each ``by`` and scope that has a site; null below the floor.

    ``ground`` comes from ``cover_scopes``. Where the ground was looked at and holds no unit, there
    is nothing to offer.
    """
    floor = settings.land_parcels_floor_pct
    stock = sum_supply(units, by, mobilisation_pct=settings.land_mobilisation_pct, floor_pct=floor)
    rows = ground.join(stock, on=[by, "perimeter_scope"], how="left", maintain_order="left")
    empty = pl.col("unit_count").is_null() & (pl.col("parcel_share_pct") >= floor)
    filled = rows.with_columns(
        pl.when(empty).then(0).otherwise(name).alias(name)
        for name in ("unit_count", *FIGURES)
        if name not in DECLARED
    )
    return blank_below_floor(filled, floor, ("unit_count", "sale_known_share_pct", *FIGURES))


FIGURES = (
    "area_ha",
    *(f"{name}_ha" for name in STOCK_STATES),
    "supply_low_ha",
    "free_on_offer_ha",
    "supply_central_ha",
    "supply_high_ha",
    "central_low_confidence_ha",
)
# nothing is on offer because nobody declared it
DECLARED = ("supply_low_ha", "free_on_offer_ha")


@draft_asset(SUPPLY_BY_COMMUNE)
def land_supply_by_commune(
    land_units: gpd.GeoDataFrame,
    land_sites: gpd.GeoDataFrame,
    _land_ground: pl.DataFrame,
    land_coverage_by_commune: pl.DataFrame,
    clean_sdes__sitadel_premises: HandedOver,
    settings: RunSettings,
) -> pl.DataFrame:
    """Hectares by state and supply, by commune and scope."""
    if land_units.empty:
        return empty_draft(SUPPLY_BY_COMMUNE)
    ground = cover_scopes(
        looked_at(_land_ground, drop_geometry(land_units)),
        land_coverage_by_commune,
        drop_geometry(land_sites),
        "commune_code",
    )
    units = with_sites(land_units, land_sites, clean_sdes__sitadel_premises)
    rows = covered_supply(units, ground, "commune_code", settings)
    labels = land_coverage_by_commune.select(
        "commune_code", "commune_label", "epci_code", "register_date"
    )
    return rows.join(labels, on="commune_code", how="left", maintain_order="left")


@draft_asset(BALANCE_BY_EPCI, facts=lambda settings: {"benchmark": str(dated_targets(settings))})
def land_balance_by_epci(
    land_units: gpd.GeoDataFrame,
    land_sites: gpd.GeoDataFrame,
    _land_ground: pl.DataFrame,
    land_coverage_by_commune: pl.DataFrame,
    clean_cerema__land_consumption: pl.DataFrame,
    clean_sdes__sitadel_premises: HandedOver,
    geography_communes: pl.DataFrame,
    settings: RunSettings,
) -> pl.DataFrame:
    """Supply against demand scenarios, and the benchmark of consumption, by EPCI."""
    if land_units.empty:
        return empty_draft(BALANCE_BY_EPCI)
    epci = keep_whole_epci(geography_communes).select("commune_code", "epci_code", "epci_label")
    coverage = land_coverage_by_commune.join(epci, on="commune_code", how="semi")
    ground = cover_scopes(
        looked_at(_land_ground, drop_geometry(land_units)),
        coverage,
        drop_geometry(land_sites),
        "epci_code",
    )
    units = with_sites(land_units, land_sites, clean_sdes__sitadel_premises).join(
        epci, on="commune_code"
    )
    labels = epci.select("epci_code", "epci_label").unique("epci_code")
    stock_ = (
        covered_supply(units, ground, "epci_code", settings)
        .join(labels, on="epci_code")
        .join(cover_epci(coverage), on="epci_code")
    )
    flows = local_consumption(clean_cerema__land_consumption, geography_communes)
    members = epci.group_by("epci_code").agg(commune_count=pl.len())
    yearly = sum_consumption(
        flows.filter("is_whole_epci"),
        "epci_code",
        members,
        floor_pct=settings.land_communes_floor_pct,
    )
    per_job = _land_per_job(land_sites, settings)
    return balance(stock_, yearly, per_job, dated_targets(settings), settings)


def balance(
    stock_: pl.DataFrame,
    yearly: pl.DataFrame,
    per_1000_jobs_ha: float | None,
    targets: DatedTargets,
    settings: Settings,
) -> pl.DataFrame:
    """One row per EPCI, scope and scenario; a scenario without a figure has no years."""
    wanted = estimate_demand(yearly, "epci_code").select(
        "epci_code", "demand_scenario", "demand_ha_per_year"
    )
    stated = _stated(stock_["epci_code"].unique(), per_1000_jobs_ha, settings)
    asked = pl.concat([wanted, stated])
    grid = stock_.join(pl.DataFrame({"demand_scenario": SCENARIOS}), how="cross").join(
        asked, on=["epci_code", "demand_scenario"], how="left"
    )
    rule = targets.benchmark
    limits = compute_halving(
        yearly, "epci_code", kept_pct=rule.kept_pct, guarantee_ha=rule.guarantee_ha
    )
    # no figure at all: no commune of the EPCI has one
    why = pl.col("missing_benchmark_reason")
    absent = pl.col("last_consumption_year").is_null() & why.is_null()
    halved = grid.join(limits, on="epci_code", how="left").with_columns(
        missing_benchmark_reason=pl.when(absent)
        .then(pl.lit("consumption_below_floor"))
        .otherwise(why),
        benchmark_source=pl.lit(rule.source),
    )
    return with_objective(compute_years(halved), targets)


def with_objective(rows: pl.DataFrame, targets: DatedTargets) -> pl.DataFrame:
    """The dated objective of the SRADDET or SCoT that each EPCI is under, where it was written."""
    code, reference = pl.col("epci_code"), pl.col("reference_consumed_ha")
    hectares: pl.Expr = pl.lit(None, pl.Float64)
    source: pl.Expr = pl.lit(None, pl.String)
    for own in targets.objectives:
        allowed = (
            pl.lit(own.allowed_ha)
            if own.allowed_ha is not None
            else reference * (own.kept_pct or 0.0) / 100
        )
        is_here = code == own.epci
        hectares = pl.when(is_here).then(allowed).otherwise(hectares)
        source = pl.when(is_here).then(pl.lit(own.source)).otherwise(source)
    return rows.with_columns(objective_2021_2030_ha=hectares, objective_source=source)


def _land_per_job(sites: gpd.GeoDataFrame, settings: Settings) -> float | None:
    """Median hectares per 1 000 jobs of all parks that were looked at, but those set apart."""
    usual = drop_geometry(sites).filter(~pl.col("is_set_apart"))
    if share_looked_at(usual) < settings.land_parcels_floor_pct:
        return None
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
