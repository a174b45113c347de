"""Sites and poles: source, vocation, jobs, density."""

import geopandas as gpd
import polars as pl
import shapely

from assets.land.contracts.figures import DENSITY_BY_VOCATION
from assets.land.contracts.places import POLES, SITES
from assets.land.coverage import looked_at
from assets.land.occupation import with_units
from observatory.geography.crs import M2_PER_HA
from observatory.geography.layers import as_geodataframe, as_multipolygons, drop_geometry
from observatory.land.activities import bound_jobs, classify_vocation, find_dominant_vocations
from observatory.land.coverage import share_looked_at, sum_ground
from observatory.land.density import compute_land_per_job
from observatory.land.poles import group_sites
from observatory.land.sites import SITE_TYPES
from observatory.land.sums import sum_steadily
from observatory.pipeline.drafts import draft_asset, empty_draft
from observatory.pipeline.run_settings import RunSettings
from observatory.settings import Settings
from observatory.storage.frames import Coverage

APART_VOCATIONS = ("portuaire", "aéroportuaire, aéronautique")


APART_NAME = r"(?i)\b(grand port|port (maritime|autonome)|gpmm|aéroport|aérodrome)\b"


@draft_asset(SITES)
def land_sites(
    _land_sites: gpd.GeoDataFrame,
    land_units: gpd.GeoDataFrame,
    _land_placed: pl.DataFrame,
    _land_unit_parcels: pl.DataFrame,
    clean_insee__sirene_stock: Coverage,
    clean_insee__sirene_legal_units: Coverage,
    _land_ground: pl.DataFrame,
    geography_communes: pl.DataFrame,
    settings: RunSettings,
) -> gpd.GeoDataFrame:
    """Sites with their source, pole, vocation, density and jobs."""
    if _land_sites.empty:
        return empty_draft(SITES)
    firms = active_firms(_land_placed, _land_unit_parcels, land_units, settings)
    register = (clean_insee__sirene_stock, clean_insee__sirene_legal_units)
    rows = described_sites(
        _land_sites,
        drop_geometry(land_units),
        firms,
        geography_communes,
        settings,
        has_register=not any(source.is_absent for source in register),
        ground=sum_ground(looked_at(_land_ground, drop_geometry(land_units)), "site_id"),
    )
    shapes = as_multipolygons(_land_sites.geometry)
    return as_geodataframe(rows, shapes.to_numpy())


def active_firms(
    placed: pl.DataFrame, links: pl.DataFrame, units: gpd.GeoDataFrame, settings: Settings
) -> pl.DataFrame:
    """Active establishments placed at parcel quality, with site, vocation and bounds of jobs."""
    low, high = bound_jobs(pl.col("size_class"), open_class_cap=settings.land_open_class_cap)
    own = with_units(placed, links).filter(
        pl.col("placement_level").is_in(["parcel", "near_parcel"]),
        pl.col("is_active").fill_null(value=False),
        ~pl.col("is_civil_company"),
    )
    sites = drop_geometry(units).select("unit_id", "site_id")
    return own.join(sites, on="unit_id").select(
        "site_id",
        vocation=classify_vocation(pl.col("naf_code"), pl.col("naf_2025_code")),
        job_count_low=low,
        job_count_high=high,
    )


def described_sites(
    sites: gpd.GeoDataFrame,
    units: pl.DataFrame,
    firms: pl.DataFrame,
    communes: pl.DataFrame,
    settings: Settings,
    *,
    has_register: bool,
    ground: pl.DataFrame,
) -> pl.DataFrame:
    """Rows of ``land_sites``, in the order of the shapes.

    ``ground`` has the share of each site that was looked at (``parcel_share_pct``): below the
    floor nobody knows how many units and firms are on it, nor what is built. Nor are firms known
    where the register does not tell of a unit.
    """
    rows, shapes = drop_geometry(sites), sites.geometry.to_numpy()
    poled, _ = group_sites(rows, shapes, distance_m=settings.land_pole_distance_m)
    counted = pl.col("occupation_state") != "common_area"
    held = units.group_by("site_id").agg(
        unit_count=counted.sum().cast(pl.Int64),
        useful_m2=sum_steadily(pl.col("area_m2").filter(counted)),
        built_m2=pl.when(pl.col("built_m2").is_not_null().all()).then(
            sum_steadily(pl.col("built_m2"))
        ),
        _is_told=pl.col("closed_establishment_count").is_not_null().all(),
    )
    labels = communes.select("commune_code", "commune_label", "epci_code")
    full = (
        poled.with_columns(area_m2=pl.Series(shapely.area(shapes)))
        .join(held, on="site_id", how="left", maintain_order="left")
        .join(_firms_by(firms, "site_id"), on="site_id", how="left", maintain_order="left")
        .join(
            find_dominant_vocations(firms, "site_id"),
            on="site_id",
            how="left",
            maintain_order="left",
        )
        .join(labels, on="commune_code", how="left", maintain_order="left")
        .join(ground, on="site_id", how="left", maintain_order="left")
    )
    known = (pl.col("parcel_share_pct") >= settings.land_parcels_floor_pct).fill_null(value=False)
    is_told = known & has_register & pl.col("_is_told").fill_null(value=True)
    # without the register nobody knows how many there are: no site is set apart for that
    few = (known & (pl.col("establishment_count") == 1)).fill_null(value=False)
    large = pl.col("area_m2") > settings.land_large_site_ha * M2_PER_HA
    apart = (
        pl.col("declared_vocation").is_in(APART_VOCATIONS).fill_null(value=False)
        | pl.col("dominant_vocation").is_in(APART_VOCATIONS).fill_null(value=False)
        | pl.col("site_name").str.contains(APART_NAME).fill_null(value=False)
    )
    seen = ("built_m2", "job_count_low", "job_count_high", "dominant_vocation")
    return full.with_columns(
        pl.when(known).then(pl.col("unit_count").fill_null(0)).alias("unit_count"),
        pl.when(known).then(pl.col("useful_m2").fill_null(0.0)).alias("useful_m2"),
        *(
            pl.when(is_told).then(pl.col(name).fill_null(0)).alias(name)
            for name in ("establishment_count", "unknown_size_count")
        ),
        *(pl.when(known).then(name).alias(name) for name in seen),
        pl.col("site_type").fill_null(SITE_TYPES[-1]),
        site_source_key="source_key",
        is_set_apart=apart | (large & few),
    ).with_columns(built_share_pct=(100 * pl.col("built_m2") / pl.col("area_m2")).clip(0, 100))


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
    settings: RunSettings,
) -> gpd.GeoDataFrame:
    """Poles: sites closer than the distance of the settings, with vocation and jobs."""
    sites = drop_geometry(land_sites)
    if sites.is_empty():
        return empty_draft(POLES)
    firms = active_firms(_land_placed, _land_unit_parcels, land_units, settings)
    is_known = pl.col("establishment_count").is_not_null().all()
    poled = firms.join(sites.select("site_id", "pole_id"), on="site_id")
    largest = sites.sort("area_m2", "site_id", descending=[True, False]).unique(
        "pole_id", keep="first", maintain_order=True
    )
    rows = (
        sites.group_by("pole_id")
        .agg(
            site_count=pl.len().cast(pl.Int64),
            area_m2=sum_steadily(pl.col("area_m2")),
            establishment_count=pl.when(is_known).then(pl.col("establishment_count").sum()),
            job_count_low=pl.when(is_known).then(_sum("job_count_low")),
            job_count_high=pl.when(is_known).then(_sum("job_count_high")),
        )
        .join(largest.select("pole_id", "commune_code", "commune_label"), on="pole_id")
        .join(find_dominant_vocations(poled, "pole_id"), on="pole_id", how="left")
        .sort("pole_id")
    )
    merged = land_sites[["pole_id", "geometry"]].dissolve("pole_id").sort_index()
    return as_geodataframe(rows, as_multipolygons(merged.geometry).to_numpy())


def _sum(column: str) -> pl.Expr:
    """A sum that is unknown where all its parts are."""
    return pl.when(pl.col(column).is_not_null().any()).then(pl.col(column).sum())


@draft_asset(DENSITY_BY_VOCATION)
def land_density_by_vocation(land_sites: gpd.GeoDataFrame, settings: RunSettings) -> pl.DataFrame:
    """Hectares per 1 000 jobs of the territory's own sites, those set apart left out."""
    sites = drop_geometry(land_sites)
    if sites.is_empty():
        return empty_draft(DENSITY_BY_VOCATION)
    usual = sites.filter(~pl.col("is_set_apart"))
    rows = compute_land_per_job(usual.drop_nulls("dominant_vocation"))
    is_low = share_looked_at(usual) < settings.land_parcels_floor_pct
    reason = pl.lit("parcels_below_floor" if is_low else None, pl.String)
    figures = [name for name in rows.columns if name.startswith("land_per_1000_jobs")]
    return rows.with_columns(
        *(pl.when(not is_low).then(name).alias(name) for name in figures),
        parcel_share_pct=pl.lit(share_looked_at(usual)),
        missing_density_reason=reason,
    )
