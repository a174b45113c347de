"""Figures of sites, poles, communes and EPCI: supply, balance, density, candidates, sheets."""

from typing import Any

import dagster as dg
import geopandas as gpd
import numpy as np
import polars as pl
import shapely

from assets.land.contracts import (
    BALANCE_BY_EPCI,
    BROWNFIELDS,
    CANDIDATES,
    DENSITY_BY_VOCATION,
    POLES,
    SITES,
    SUPPLY_BY_COMMUNE,
)
from assets.land.planner_files import Benchmark, benchmark, candidate_weights
from assets.land.planning import distances
from assets.land.records import local_consumption
from assets.land.units import stocked, with_units
from observatory.geography.territories import of_whole_epci
from observatory.land.activities import dominant_vocations, jobs, vocation
from observatory.land.balance import (
    SCENARIOS,
    consumption_totals,
    demand,
    halving,
    supply,
    years_left,
)
from observatory.land.candidates import criteria, scored
from observatory.land.density import land_per_job
from observatory.land.poles import group_sites
from observatory.land.sites import SITE_TYPES
from observatory.lineage import draft, draft_asset, empty_draft
from observatory.settings import Settings, load_settings
from observatory.shapes import as_geodataframe, as_multipolygons, attributes

SQUARE_METRES_PER_HECTARE = 10_000
APART_VOCATIONS = ("portuaire", "aéroportuaire, aéronautique")
APART_NAME = r"(?i)\b(grand port|port (maritime|autonome)|gpmm|aéroport|aérodrome)\b"


@draft_asset(SITES)
def land_sites(
    _land_sites: gpd.GeoDataFrame,
    land_units: gpd.GeoDataFrame,
    _land_placed: pl.DataFrame,
    _land_unit_parcels: pl.DataFrame,
    geography_communes: pl.DataFrame,
) -> dg.MaterializeResult[Any]:
    """Sites with their source, pole, vocation, density and jobs."""
    settings = load_settings()
    firms = active_firms(_land_placed, _land_unit_parcels, land_units, settings)
    rows = described_sites(
        _land_sites,
        attributes(land_units),
        firms,
        geography_communes,
        settings,
        has_register=not _land_placed.is_empty(),
    )
    shapes = as_multipolygons(_land_sites.geometry)
    return draft(SITES, as_geodataframe(rows, shapes.to_numpy()))


def active_firms(
    placed: pl.DataFrame, links: pl.DataFrame, units: gpd.GeoDataFrame, settings: Settings
) -> pl.DataFrame:
    """Active establishments placed at parcel quality, with site, vocation and bounds of jobs."""
    schema = {
        "site_id": pl.String,
        "vocation": pl.String,
        "job_count_low": pl.Int64,
        "job_count_high": pl.Int64,
    }
    if placed.is_empty() or units.empty:
        return pl.DataFrame(schema=schema)
    low, high = jobs(pl.col("size_class"), open_class_cap=settings.land_open_class_cap)
    own = with_units(placed, links).filter(
        pl.col("placement_level").is_in(["parcel", "near_parcel"]),
        pl.col("is_active").fill_null(value=False),
        ~pl.col("is_civil_company"),
    )
    sites = attributes(units).select("unit_id", "site_id")
    return own.join(sites, on="unit_id").select(
        "site_id", vocation=vocation(pl.col("naf_code")), job_count_low=low, job_count_high=high
    )


def described_sites(
    sites: gpd.GeoDataFrame,
    units: pl.DataFrame,
    firms: pl.DataFrame,
    communes: pl.DataFrame,
    settings: Settings,
    *,
    has_register: bool,
) -> pl.DataFrame:
    """Rows of ``land_sites``, in the order of the shapes."""
    rows, shapes = attributes(sites), sites.geometry.to_numpy()
    if rows.is_empty():
        return empty_draft(SITES).drop("is_fictitious")
    poled, _ = group_sites(rows, shapes, distance_m=settings.land_pole_distance_m)
    counted = pl.col("occupation_state") != "common_area"
    held = units.group_by("site_id").agg(
        unit_count=counted.sum().cast(pl.Int64),
        useful_m2=pl.col("area_m2").filter(counted).sum(),
        built_m2=pl.when(pl.col("built_m2").is_not_null().all()).then(pl.col("built_m2").sum()),
        _units_m2=pl.col("area_m2").sum(),
    )
    labels = communes.select("commune_code", "commune_label", "epci_code")
    full = (
        poled.with_columns(area_m2=pl.Series(shapely.area(shapes)))
        .join(held, on="site_id", how="left", maintain_order="left")
        .join(_firms_by(firms, "site_id"), on="site_id", how="left", maintain_order="left")
        .join(dominant_vocations(firms, "site_id"), on="site_id", how="left", maintain_order="left")
        .join(labels, on="commune_code", how="left", maintain_order="left")
    )
    # without the register nobody knows how many there are: no site is set apart for that
    few = (pl.col("establishment_count") == 1).fill_null(value=False)
    large = pl.col("area_m2") > settings.land_large_site_ha * SQUARE_METRES_PER_HECTARE
    apart = (
        pl.col("declared_vocation").is_in(APART_VOCATIONS).fill_null(value=False)
        | pl.col("dominant_vocation").is_in(APART_VOCATIONS).fill_null(value=False)
        | pl.col("site_name").str.contains(APART_NAME).fill_null(value=False)
    )
    return full.with_columns(
        pl.col("unit_count").fill_null(0),
        *(
            pl.when(has_register).then(pl.col(name).fill_null(0)).alias(name)
            for name in ("establishment_count", "unknown_size_count")
        ),
        pl.col("useful_m2").fill_null(0.0),
        pl.col("site_type").fill_null(SITE_TYPES[-1]),
        site_source_key="source_key",
    ).with_columns(
        built_share_pct=(100 * pl.col("built_m2") / pl.col("area_m2")).clip(0, 100),
        is_set_apart=apart | (large & few),
    )


def _firms_by(firms: pl.DataFrame, by: str) -> pl.DataFrame:
    known = pl.col("job_count_low").is_not_null()
    return firms.group_by(by).agg(
        establishment_count=pl.len().cast(pl.Int64),
        unknown_size_count=(~known).sum().cast(pl.Int64),
        job_count_low=pl.when(known.any()).then(pl.col("job_count_low").sum()),
        job_count_high=pl.when(known.any()).then(pl.col("job_count_high").sum()),
    )


@draft_asset(POLES)
def land_poles(
    land_sites: gpd.GeoDataFrame,
    _land_placed: pl.DataFrame,
    _land_unit_parcels: pl.DataFrame,
    land_units: gpd.GeoDataFrame,
) -> dg.MaterializeResult[Any]:
    """Poles: sites closer than the distance of the settings, with vocation and jobs."""
    sites = attributes(land_sites)
    if sites.is_empty():
        none = empty_draft(POLES).to_pandas()
        blank = gpd.GeoSeries([], crs=POLES.crs)
        return draft(POLES, gpd.GeoDataFrame(none, geometry=blank, crs=POLES.crs))
    firms = active_firms(_land_placed, _land_unit_parcels, land_units, load_settings())
    poled = firms.join(sites.select("site_id", "pole_id"), on="site_id")
    largest = sites.sort("area_m2", "site_id", descending=[True, False]).unique(
        "pole_id", keep="first", maintain_order=True
    )
    rows = (
        sites.group_by("pole_id")
        .agg(
            site_count=pl.len().cast(pl.Int64),
            area_m2=pl.col("area_m2").sum(),
            establishment_count=_sum("establishment_count"),
            job_count_low=_sum("job_count_low"),
            job_count_high=_sum("job_count_high"),
        )
        .join(largest.select("pole_id", "commune_code", "commune_label"), on="pole_id")
        .join(dominant_vocations(poled, "pole_id"), on="pole_id", how="left")
        .sort("pole_id")
    )
    merged = land_sites[["pole_id", "geometry"]].dissolve("pole_id").sort_index()
    return draft(POLES, as_geodataframe(rows, as_multipolygons(merged.geometry).to_numpy()))


def _sum(column: str) -> pl.Expr:
    """A sum that is unknown where all its parts are."""
    return pl.when(pl.col(column).is_not_null().any()).then(pl.col(column).sum())


def with_sites(units: gpd.GeoDataFrame, sites: gpd.GeoDataFrame) -> pl.DataFrame:
    """Units with each m² in one state, and what their site says: set apart, sale known."""
    told = attributes(sites).select("site_id", "is_set_apart", "site_source_key")
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
    land_units: gpd.GeoDataFrame, land_sites: gpd.GeoDataFrame, geography_communes: pl.DataFrame
) -> dg.MaterializeResult[Any]:
    """Hectares by state and supply, by commune and scope."""
    if land_units.empty:
        return draft(SUPPLY_BY_COMMUNE, empty_draft(SUPPLY_BY_COMMUNE).drop("is_fictitious"))
    rows = supply(
        with_sites(land_units, land_sites),
        "commune_code",
        mobilisation_pct=load_settings().land_mobilisation_pct,
    )
    labels = geography_communes.select("commune_code", "commune_label", "epci_code")
    return draft(SUPPLY_BY_COMMUNE, rows.join(labels, on="commune_code", how="left"))


@draft_asset(BALANCE_BY_EPCI)
def land_balance_by_epci(
    land_units: gpd.GeoDataFrame,
    land_sites: gpd.GeoDataFrame,
    clean_cerema__land_consumption: pl.DataFrame,
    geography_communes: pl.DataFrame,
) -> dg.MaterializeResult[Any]:
    """Supply against demand scenarios, and the benchmark of consumption, by EPCI."""
    if land_units.empty:
        return draft(BALANCE_BY_EPCI, empty_draft(BALANCE_BY_EPCI).drop("is_fictitious"))
    settings = load_settings()
    epci = of_whole_epci(geography_communes).select("commune_code", "epci_code", "epci_label")
    units = with_sites(land_units, land_sites).join(epci, on="commune_code")
    stock_ = supply(units, "epci_code", mobilisation_pct=settings.land_mobilisation_pct)
    stock_ = stock_.join(epci.select("epci_code", "epci_label").unique("epci_code"), on="epci_code")
    flows = local_consumption(clean_cerema__land_consumption, geography_communes)
    rows = balance(stock_, flows, _land_per_job(land_sites), benchmark(settings), settings)
    return draft(BALANCE_BY_EPCI, rows)


def balance(
    stock_: pl.DataFrame,
    flows: pl.DataFrame,
    per_1000_jobs_ha: float | None,
    rule: Benchmark,
    settings: Settings,
) -> pl.DataFrame:
    """One row per EPCI, scope and scenario; a scenario without a figure has no years."""
    yearly = consumption_totals(flows.filter("is_whole_epci"), "epci_code")
    wanted = demand(yearly, "epci_code").select(
        "epci_code", "demand_scenario", "demand_ha_per_year"
    )
    stated = _stated(stock_["epci_code"].unique(), per_1000_jobs_ha, settings)
    asked = pl.concat([wanted, stated])
    grid = stock_.join(pl.DataFrame({"demand_scenario": SCENARIOS}), how="cross").join(
        asked, on=["epci_code", "demand_scenario"], how="left"
    )
    limits = halving(yearly, "epci_code", kept_pct=rule.kept_pct, guarantee_ha=rule.guarantee_ha)
    past = pl.col("demand_scenario").str.starts_with("past_consumption")
    free_or = {
        "low": pl.when(past).then("free_on_offer_ha").otherwise("supply_low_ha"),
        "central": pl.when(past).then("free_ha").otherwise("supply_central_ha"),
        "high": pl.when(past).then("free_ha").otherwise("supply_high_ha"),
    }
    return grid.join(limits, on="epci_code", how="left").with_columns(
        **{
            f"years_{level}": years_left(value, pl.col("demand_ha_per_year"))
            for level, value in free_or.items()
        },
        benchmark_source=pl.lit(rule.source),
    )


def _land_per_job(sites: gpd.GeoDataFrame) -> float | None:
    """Median hectares per 1 000 jobs of all parks but those set apart."""
    usual = attributes(sites).filter(~pl.col("is_set_apart"))
    every = land_per_job(usual.with_columns(dominant_vocation=pl.lit("all")))
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


@draft_asset(DENSITY_BY_VOCATION)
def land_density_by_vocation(land_sites: gpd.GeoDataFrame) -> dg.MaterializeResult[Any]:
    """Hectares per 1 000 jobs of the territory's own sites, those set apart left out."""
    sites = attributes(land_sites)
    if sites.is_empty():
        return draft(DENSITY_BY_VOCATION, empty_draft(DENSITY_BY_VOCATION).drop("is_fictitious"))
    usual = sites.filter(~pl.col("is_set_apart")).drop_nulls("dominant_vocation")
    return draft(DENSITY_BY_VOCATION, land_per_job(usual))


@draft_asset(CANDIDATES)
def land_candidates(
    land_units: gpd.GeoDataFrame,
    land_prices_by_commune: pl.DataFrame,
    clean_transport__stops: pl.DataFrame,
    geography_communes: pl.DataFrame,
) -> dg.MaterializeResult[Any]:
    """Units with a potential that nothing forbids, scored by the planner's weights."""
    if land_units.empty:
        return draft(CANDIDATES, empty_draft(CANDIDATES).drop("is_fictitious"))
    shapes = land_units.geometry.to_numpy()
    stops = np.array([], dtype=object)
    if "x_m" in clean_transport__stops.columns:
        stops = shapely.points(
            clean_transport__stops["x_m"].to_numpy(), clean_transport__stops["y_m"].to_numpy()
        )
    rows = with_potential(stocked(land_units).with_columns(stop_m=distances(shapes, stops)))
    rows = rows.join(
        price_ratios(land_prices_by_commune, geography_communes), on="commune_code", how="left"
    )
    return draft(CANDIDATES, scored(criteria(rows), candidate_weights(load_settings())))


def with_potential(units: pl.DataFrame) -> pl.DataFrame:
    """Units that could take a firm, with ``potential`` and ``usable_m2``; what forbids is out."""
    order = ("brownfield", "free", "vacant", "densifiable")
    potential = pl.lit(None, pl.String)
    usable: pl.Expr = pl.lit(0.0)
    for name in reversed(order):
        there = pl.col(f"{name}_m2") > 0
        potential = pl.when(there).then(pl.lit(name)).otherwise(potential)
        usable = pl.when(there).then(f"{name}_m2").otherwise(usable)
    return units.with_columns(potential=potential, usable_m2=usable).filter(
        pl.col("potential").is_not_null(), pl.col("constraint_outcome") != "forbidden"
    )


def price_ratios(prices: pl.DataFrame, communes: pl.DataFrame) -> pl.DataFrame:
    """Land price of each commune over that of its EPCI; null where either is."""
    land = prices.filter((pl.col("market") == "land") & (pl.col("setting") == "park"))
    own = land.filter(pl.col("territory_level") == "commune").select(
        commune_code="territory_code", _own="price_median_eur_m2"
    )
    epci = land.filter(pl.col("territory_level") == "epci").select(
        epci_code="territory_code", _epci="price_median_eur_m2"
    )
    return (
        communes.select("commune_code", "epci_code")
        .join(own, on="commune_code", how="left")
        .join(epci, on="epci_code", how="left")
        .select("commune_code", price_ratio=pl.col("_own") / pl.col("_epci"))
    )


@draft_asset(BROWNFIELDS)
def land_brownfields(
    _land_brownfields: gpd.GeoDataFrame,
    _land_sites: gpd.GeoDataFrame,
    geography_communes: pl.DataFrame,
) -> dg.MaterializeResult[Any]:
    """Brownfields of the territory, with the site they lie in."""
    local = geography_communes.filter("is_in_territory").select("commune_code", "commune_label")
    rows = attributes(_land_brownfields).with_row_index("_at").join(local, on="commune_code")
    shapes = _land_brownfields.geometry.to_numpy()[rows["_at"].to_numpy()]
    at, site = shapely.STRtree(_land_sites.geometry.to_numpy()).query(shapes, predicate="within")
    inside = pl.DataFrame(
        {
            "_row": pl.Series(at, dtype=pl.UInt32),
            "site_id": pl.Series(_land_sites["site_id"].to_numpy()[site], dtype=pl.String),
        }
    ).unique("_row", keep="first")
    if rows.is_empty():
        blank = empty_draft(BROWNFIELDS).to_pandas()
        none = gpd.GeoSeries([], crs=BROWNFIELDS.crs)
        return draft(BROWNFIELDS, gpd.GeoDataFrame(blank, geometry=none, crs=BROWNFIELDS.crs))
    full = (
        rows.drop("_at")
        .with_row_index("_row")
        .join(inside, on="_row", how="left", maintain_order="left")
    )
    return draft(BROWNFIELDS, as_geodataframe(full.drop("_row"), shapes))
