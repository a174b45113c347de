"""Land for firms outside of economic sites: zones to be opened, and brownfields."""

import datetime as dt

import geopandas as gpd
import numpy as np
import polars as pl
import shapely

from assets.land.brownfields import REAL_BROWNFIELDS
from assets.land.cadastre import building_shapes, with_shapes
from assets.land.contracts.reserve import RESERVE_BY_COMMUNE, RESERVE_ZONES
from assets.land.coverage import communes_with
from assets.parts import department_codes
from observatory.geography.crs import M2_PER_HA
from observatory.geography.joins import points_in_areas
from observatory.geography.layers import as_geodataframe, drop_geometry
from observatory.land.density import measure_overlap_m2
from observatory.land.reserve import (
    ACQUIRERS,
    RESERVE_KINDS,
    ZONE_KINDS,
    draw_reserve,
    find_procedure,
    measure_outside,
)
from observatory.land.sums import sum_steadily
from observatory.pipeline.drafts import draft_asset, empty_draft
from observatory.pipeline.run_settings import RunSettings
from observatory.pipeline.steps import LAYER, Out, step
from observatory.storage.frames import Coverage, HandedOver, Store

# from this share of a zone under parcels, its owners are told of all of it
PARCELLED_SHARE = 0.95
LABELS = ("commune_code", "commune_label", "epci_code")


@step(
    Out(
        name="_land_reserve",
        group="land",
        description="Zones to be opened for firms, outside of sites, with what is known of each.",
        kinds=LAYER,
    ),
    is_parted=True,
)
def _land_reserve(
    clean_gpu__zoning: gpd.GeoDataFrame,
    clean_ddtm__risk_plans: HandedOver,
    _land_sites: gpd.GeoDataFrame,
    _land_parcels: pl.DataFrame,
    clean_cadastre__parcels: gpd.GeoDataFrame,
    clean_cadastre__edigeo: gpd.GeoDataFrame,
    clean_cadastre__buildings: HandedOver,
    clean_dgfip__legal_person_parcels: Coverage,
    _land_plans: pl.DataFrame,
    geography_communes: pl.DataFrame,
    geography_commune_contours: gpd.GeoDataFrame,
    store: Store,
) -> gpd.GeoDataFrame:
    """Zones to be opened for firms in the communes of the part."""
    drawn = own_communes(geography_commune_contours, geography_communes, store.part)
    plans = clean_ddtm__risk_plans
    rows, shapes = draw_reserve(
        drop_geometry(clean_gpu__zoning),
        clean_gpu__zoning.geometry.to_numpy(),
        sites=_land_sites.geometry.to_numpy(),
        communes=drop_geometry(drawn).select("commune_code"),
        outlines=drawn.geometry.to_numpy(),
    )
    parcels = with_shapes(_land_parcels, clean_cadastre__parcels, clean_cadastre__edigeo)
    buildings = building_shapes(clean_cadastre__buildings.rows, clean_cadastre__edigeo)
    code, built, red = pl.col("commune_code"), pl.col("built_m2"), pl.col("forbidden_m2")
    owned = clean_dgfip__legal_person_parcels.covers(code)
    planned = code.is_in(communes_with("risk_plans", _land_plans).implode())
    full = rows.with_columns(
        built_m2=overlap(shapes, buildings),
        forbidden_m2=overlap(shapes, red_shapes(plans.rows)),
        acquired_share_pct=acquired(shapes, parcels),
    ).with_columns(
        built_m2=pl.when(clean_cadastre__buildings.covers(code) | (built > 0)).then(built),
        forbidden_m2=pl.when(planned | (red > 0)).then(red),
        acquired_share_pct=pl.when(owned).then("acquired_share_pct"),
    )
    return as_geodataframe(full, shapes)


def own_communes(
    contours: gpd.GeoDataFrame, communes: pl.DataFrame, part: str | None
) -> gpd.GeoDataFrame:
    """Outlines of the territory's communes in the part."""
    local = communes.filter("is_in_territory")["commune_code"].to_list()
    is_own = department_codes(contours["commune_code"]) == part
    return contours[contours["commune_code"].isin(local) & is_own]


def overlap(shapes: np.ndarray, areas: np.ndarray) -> pl.Series:
    """Area of each shape under any of the areas, each m² once."""
    return pl.Series(measure_overlap_m2(shapes, areas), dtype=pl.Float64)


def red_shapes(plans: gpd.GeoDataFrame) -> np.ndarray:
    """Shapes of risk plans where building is forbidden."""
    drawn = plans.geometry.to_numpy()
    forbids = (plans["effect"] == "forbidden").to_numpy(dtype=bool)
    return drawn[forbids & ~shapely.is_missing(drawn)]


def acquired(shapes: np.ndarray, parcels: gpd.GeoDataFrame) -> pl.Series:
    """Share (%) of each zone that is held for the commune; null where its parcels are not known."""
    ground, whole = parcels.geometry.to_numpy(), shapely.area(shapes)
    held = ground[parcels["owner_category"].isin(ACQUIRERS).to_numpy()]
    is_known = measure_overlap_m2(shapes, ground) >= PARCELLED_SHARE * whole
    part = 100 * measure_overlap_m2(shapes, held) / np.maximum(whole, 1)
    return pl.Series(np.where(is_known, part, np.nan), dtype=pl.Float64).fill_nan(None).clip(0, 100)


@draft_asset(RESERVE_ZONES)
def land_reserve_zones(
    _land_reserve: gpd.GeoDataFrame, geography_communes: pl.DataFrame, settings: RunSettings
) -> gpd.GeoDataFrame:
    """Zones to be opened for firms outside of sites, and how each of them opens."""
    if _land_reserve.empty:
        return empty_draft(RESERVE_ZONES)
    labels = geography_communes.select(LABELS)
    rows = (
        typed(_land_reserve)
        .with_columns(opening_procedure=find_procedure(settings.as_of))
        .join(labels, on="commune_code", how="left", maintain_order="left")
    )
    return as_geodataframe(rows, _land_reserve.geometry.to_numpy())


@draft_asset(RESERVE_BY_COMMUNE)
def land_reserve_by_commune(
    _land_reserve: gpd.GeoDataFrame,
    _land_brownfields: gpd.GeoDataFrame,
    _land_sites: gpd.GeoDataFrame,
    _land_parcels: pl.DataFrame,
    _land_unit_parcels: pl.DataFrame,
    land_coverage_by_commune: pl.DataFrame,
    settings: RunSettings,
) -> pl.DataFrame:
    """Hectares in reserve by commune: open zones, closed ones, brownfields, each apart."""
    listed = outside(_land_brownfields, _land_sites, _land_reserve)
    brown = measure_outside(listed, _land_parcels, _land_unit_parcels["parcel_id"])
    return sum_reserve(land_coverage_by_commune, typed(_land_reserve), brown, settings.as_of)


def typed(zones: gpd.GeoDataFrame) -> pl.DataFrame:
    """The rows of zones: of a column without a value a layer does not keep the type."""
    return drop_geometry(zones).cast(
        {
            "approved_date": pl.Date,
            **dict.fromkeys(
                ("area_m2", "built_m2", "forbidden_m2", "acquired_share_pct"), pl.Float64
            ),
        }
    )


def outside(
    brownfields: gpd.GeoDataFrame, sites: gpd.GeoDataFrame, zones: gpd.GeoDataFrame
) -> pl.DataFrame:
    """Real brownfields with the site they lie in; those in a zone of the reserve count with it."""
    rows = drop_geometry(brownfields).with_row_index("_at")
    points = shapely.point_on_surface(brownfields.geometry.to_numpy())
    x, y = shapely.get_x(points), shapely.get_y(points)
    at, site = points_in_areas(x, y, sites.geometry.to_numpy(), with_border=False)
    in_zone, _ = points_in_areas(x, y, zones.geometry.to_numpy(), with_border=False)
    inside = pl.DataFrame(
        {
            "_at": pl.Series(at, dtype=pl.UInt32),
            "site_id": pl.Series(sites["site_id"].to_numpy()[site], dtype=pl.String),
        }
    ).unique("_at", keep="first", maintain_order=True)
    return rows.join(inside, on="_at", how="left", maintain_order="left").filter(
        pl.col("brownfield_status").is_in(REAL_BROWNFIELDS),
        ~pl.col("_at").is_in(pl.Series(in_zone).implode()),
    )


def sum_reserve(
    coverage: pl.DataFrame, zones: pl.DataFrame, brownfields: pl.DataFrame, as_of: dt.date
) -> pl.DataFrame:
    """One row per commune and kind of reserve; null where its source does not tell of the commune.

    ``coverage`` has ``has_zoning`` and ``has_brownfields`` of each commune of the territory.
    """
    old = find_procedure(as_of) == "revision_unless_acquired"
    drawn = zones.select("commune_code", "reserve_kind", "area_m2", _old=old)
    listed = brownfields.select(
        "commune_code",
        reserve_kind=pl.lit("brownfield"),
        area_m2="outside_m2",
        _old=pl.lit(value=False),
    )
    area = pl.col("area_m2") / M2_PER_HA
    summed = (
        pl.concat([drawn, listed])
        .group_by("commune_code", "reserve_kind")
        .agg(
            place_count=pl.len().cast(pl.Int64),
            reserve_ha=pl.when(area.is_not_null().all()).then(sum_steadily(area)),
            unopened_ha=sum_steadily(area.filter("_old")),
        )
    )
    grid = coverage.select(*LABELS, "has_zoning", "has_brownfields").join(
        pl.DataFrame({"reserve_kind": RESERVE_KINDS}), how="cross"
    )
    rows = grid.join(summed, on=["commune_code", "reserve_kind"], how="left")
    is_zone = pl.col("reserve_kind").is_in(ZONE_KINDS)
    is_known = pl.when(is_zone).then("has_zoning").otherwise("has_brownfields")
    return (
        with_zeros(rows, is_known)
        .drop("has_zoning", "has_brownfields")
        .sort("commune_code", "reserve_kind")
    )


def with_zeros(rows: pl.DataFrame, is_known: pl.Expr) -> pl.DataFrame:
    """Rows where nothing was found: zero where it is known that there is none, else null."""
    is_zero = pl.col("place_count").is_null() & is_known
    return rows.with_columns(
        pl.when(is_zero).then(0).otherwise(pl.col(name)).cast(kind).alias(name)
        for name, kind in (
            ("place_count", pl.Int64),
            ("reserve_ha", pl.Float64),
            ("unopened_ha", pl.Float64),
        )
    ).with_columns(unopened_ha=pl.when(pl.col("reserve_kind") == "au_closed").then("unopened_ha"))
