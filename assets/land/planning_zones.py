"""Zones for firms of local plans and zones of risk plans, as maps draw them."""

import geopandas as gpd
import numpy as np
import polars as pl
import shapely

from assets.land.contracts.planning_zones import PLANNING_ZONES
from assets.land.reserve import own_communes
from observatory.geography.layers import as_geodataframe, drop_geometry
from observatory.land.planning_zones import choose_risk_kind, choose_zoning_kind, draw_zones
from observatory.pipeline.drafts import draft_asset
from observatory.pipeline.steps import LAYER, Out, step
from observatory.storage.frames import HandedOver, Store


@step(
    Out(
        name="_land_planning_zones",
        group="land",
        description="Zones for firms and zones of risk plans by commune, as maps draw them.",
        kinds=LAYER,
    ),
    is_parted=True,
)
def _land_planning_zones(
    clean_gpu__zoning: gpd.GeoDataFrame,
    clean_ddtm__risk_plans: HandedOver,
    _land_plans: pl.DataFrame,
    geography_communes: pl.DataFrame,
    geography_commune_contours: gpd.GeoDataFrame,
    store: Store,
) -> gpd.GeoDataFrame:
    """Zones of the communes of the part."""
    drawn = own_communes(geography_commune_contours, geography_communes, store.part)
    plans = clean_ddtm__risk_plans.rows
    rows, shapes = draw_zones(
        name_kinds(clean_gpu__zoning, plans),
        np.concatenate([clean_gpu__zoning.geometry.to_numpy(), plans.geometry.to_numpy()]),
        tell_coverage(drop_geometry(drawn).select("commune_code"), _land_plans, plans),
        drawn.geometry.to_numpy(),
    )
    return as_geodataframe(rows, shapes)


def name_kinds(zones: gpd.GeoDataFrame, plans: gpd.GeoDataFrame) -> pl.Series:
    """What each zone is drawn as: those of local plans, then those of risk plans."""
    listed = drop_geometry(zones).with_columns(
        pl.col("zone_type", "zone_label", "zone_long_label", "destination").cast(pl.String)
    )
    effects = drop_geometry(plans)["effect"].cast(pl.String)
    return pl.concat([choose_zoning_kind(listed), choose_risk_kind(effects)])


def tell_coverage(
    communes: pl.DataFrame, coverage: pl.DataFrame, plans: gpd.GeoDataFrame
) -> pl.DataFrame:
    """Communes with whether their zoning and their risk plans can be drawn.

    A risk plan that is known without its outline may lie anywhere in its commune.
    """
    is_drawn = pl.Series(~shapely.is_missing(plans.geometry.to_numpy()), dtype=pl.Boolean)
    undrawn = drop_geometry(plans).filter(~is_drawn)["commune_code"].cast(pl.String).drop_nulls()
    code = pl.col("commune_code")
    both = communes.join(coverage, on="commune_code", how="left", maintain_order="left")
    return both.with_columns(
        has_zoning=pl.col("has_zoning").fill_null(value=False),
        has_risk_plans=pl.col("has_risk_plans").fill_null(value=False)
        & ~code.is_in(undrawn.implode()),
    )


@draft_asset(PLANNING_ZONES)
def land_planning_zones(
    _land_planning_zones: gpd.GeoDataFrame, geography_communes: pl.DataFrame
) -> gpd.GeoDataFrame:
    """Zones of all parts with the names of their communes."""
    names = geography_communes.select("commune_code", "commune_label", "epci_code")
    rows = drop_geometry(_land_planning_zones).cast(
        {"commune_code": pl.String, "planning_zone_kind": pl.String, "area_m2": pl.Float64}
    )
    named = rows.join(names, on="commune_code", how="left", maintain_order="left")
    return as_geodataframe(named, _land_planning_zones.geometry.to_numpy())
