"""Land units: made from the parcels, owners and buildings of each site."""

import geopandas as gpd
import numpy as np
import polars as pl
import shapely

from assets.land.cadastre import building_shapes, with_activity, with_shapes
from observatory.geography.joins import each, find_meeting, find_near
from observatory.geography.layers import as_geodataframe, drop_geometry
from observatory.land.density import NEAR_M, find_divisible, measure_overlap_m2
from observatory.land.parcels import PUBLIC
from observatory.land.sums import sum_steadily
from observatory.land.units import build_units, is_common_area, select_parcels_in_sites
from observatory.pipeline.steps import LAYER, Out, step
from observatory.storage.frames import Coverage, HandedOver
from sources import CARDS

NOWHERE, EVERYWHERE = pl.lit(value=False), pl.lit(value=True)
UNKNOWN_OWNER = "natural_persons_or_unknown"
INVENTORY = CARDS["cnig/economic_sites"]


@step(
    Out(
        name="_land_units",
        group="land",
        description="Land units with owner and footprint, before anything is said of them.",
        kinds=LAYER,
    ),
    Out(
        name="_land_unit_parcels",
        group="land",
        description="The parcels each land unit is made of, with their area in its site.",
    ),
    Out(
        name="_land_divisible",
        group="land",
        description="Free ground of each land unit at least 30 m wide, without a shape where "
        "buildings are not known.",
        kinds=LAYER,
    ),
    name="_land_units_and_parcels",
    is_parted=True,
)
def land_units_and_parcels(
    _land_parcels: pl.DataFrame,
    _land_sites: gpd.GeoDataFrame,
    clean_cadastre__parcels: gpd.GeoDataFrame,
    clean_cadastre__edigeo: gpd.GeoDataFrame,
    clean_cadastre__buildings: HandedOver,
    clean_dgfip__legal_person_parcels: Coverage,
    clean_insee__sirene_legal_units: pl.DataFrame,
) -> tuple[gpd.GeoDataFrame, pl.DataFrame, gpd.GeoDataFrame]:
    """Land units with owner and footprint, the parcels of each, and its free ground."""
    return units_of(
        with_shapes(
            with_activity(_land_parcels, clean_insee__sirene_legal_units),
            clean_cadastre__parcels,
            clean_cadastre__edigeo,
        ),
        sites=_land_sites,
        buildings=building_shapes(clean_cadastre__buildings.rows, clean_cadastre__edigeo),
        named=clean_cadastre__buildings.names(pl.col("commune_code")),
        owned=clean_dgfip__legal_person_parcels.covers(pl.col("commune_code")),
    )


def units_of(
    parcels: gpd.GeoDataFrame,
    *,
    sites: gpd.GeoDataFrame,
    buildings: np.ndarray,
    named: pl.Expr = NOWHERE,
    owned: pl.Expr = EVERYWHERE,
) -> tuple[gpd.GeoDataFrame, pl.DataFrame, gpd.GeoDataFrame]:
    """Units with owner, areas, footprint, ``is_common_area``; their parcels; their free ground.

    Buildings are known of the communes whose file was handed over by name (``named``), and of
    those of which a building is known: elsewhere a file is missing, not all buildings. Owners are
    known of the communes whose file was handed over (``owned``).
    """
    rows, shapes = select_parcels_in_sites(
        drop_geometry(parcels),
        parcels.geometry.to_numpy(),
        drop_geometry(sites).select("site_id"),
        sites.geometry.to_numpy(),
    )
    units, unit_shapes, links = build_units(rows, shapes)
    links = _with_ground(links, units, unit_shapes, rows, shapes)
    near = buildings[np.unique(find_near(unit_shapes, buildings, NEAR_M)[1])]
    inside = rows["commune_code"].gather(np.unique(find_meeting(shapes, near)[0])).unique()
    elsewhere = parcels[parcels["commune_code"].isin(set(rows["commune_code"]) - set(inside))]
    built_upon = [*inside, *_communes_with_buildings(elsewhere, buildings)]
    is_known = pl.col("commune_code").is_in(built_upon) | named
    known = units.select(is_known.alias("is_known")).to_series().to_numpy()
    built = np.minimum(measure_overlap_m2(unit_shapes, near), units["area_m2"].to_numpy())
    free = find_divisible(unit_shapes, near)
    free[~known] = None
    is_public = pl.when(owned).then(pl.col("owner_category").is_in(PUBLIC))
    units = _with_owners(units, rows, links).with_columns(
        built_m2=pl.Series(np.where(known, built, np.nan), dtype=pl.Float64).fill_nan(None),
        is_common_area=is_public,
    )
    units = units.with_columns(
        is_common_area=is_common_area(units["is_common_area"], unit_shapes, units["built_m2"]),
        built_share_pct=100 * pl.col("built_m2") / pl.col("area_m2"),
    )
    return (
        as_geodataframe(units, unit_shapes),
        links,
        as_geodataframe(units.select("unit_id", "commune_code"), free),
    )


def _with_ground(
    links: pl.DataFrame,
    units: pl.DataFrame,
    unit_shapes: np.ndarray,
    rows: pl.DataFrame,
    shapes: np.ndarray,
) -> pl.DataFrame:
    """Links with ``parcel_m2``: the ground of the parcel that is the unit's.

    All that its site has of it, but where a parcel came out in pieces of two units.
    """
    placed = links.join(
        units.select("unit_id").with_row_index("_unit"), on="unit_id", maintain_order="left"
    ).join(
        rows.select("parcel_id").with_row_index("_parcel").unique("parcel_id", keep="first"),
        on="parcel_id",
        maintain_order="left",
    )
    parcel = placed["_parcel"].to_numpy()
    ground = shapely.area(shapes[parcel])
    is_cut = placed["parcel_id"].is_duplicated().to_numpy()
    pieces = unit_shapes[placed["_unit"].to_numpy()[is_cut]]
    ground[is_cut] = shapely.area(each(shapely.intersection, pieces, shapes[parcel[is_cut]]))
    return placed.drop("_unit", "_parcel").with_columns(parcel_m2=pl.Series(ground))


def _with_owners(units: pl.DataFrame, rows: pl.DataFrame, links: pl.DataFrame) -> pl.DataFrame:
    """Units with who holds their parcels, and the area that these have on paper and as drawn."""
    held_by = rows.unique("parcel_id", keep="first", maintain_order=True).select(
        "parcel_id",
        "owner_siren",
        "owner_name",
        "legal_category_code",
        "owner_category",
        "has_long_lease",
        "contenance_m2",
        _drawn="area_m2",
    )
    held = (
        links.join(held_by, on="parcel_id")
        .sort("unit_id", "parcel_id")
        .group_by("unit_id", maintain_order=True)
        .agg(
            pl.col("owner_siren").drop_nulls().first(),
            pl.col("owner_name").drop_nulls().first(),
            pl.col("legal_category_code").drop_nulls().first(),
            owner_category=pl.col("owner_category").drop_nulls().first(),
            has_long_lease=pl.col("has_long_lease").any(),
            _known=pl.col("contenance_m2").is_not_null().all(),
            contenance_m2=sum_steadily(pl.col("contenance_m2")),
            _drawn=sum_steadily(pl.col("_drawn")),
            _named=pl.col("owner_category").is_not_null().all(),
        )
    )
    return (
        units.join(held, on="unit_id", how="left", maintain_order="left")
        .with_columns(
            pl.col("owner_category").fill_null(UNKNOWN_OWNER),
            has_long_lease=pl.when("_named").then("has_long_lease"),
            contenance_m2=pl.when("_known").then("contenance_m2"),
            contenance_ratio=pl.when("_known").then(pl.col("contenance_m2") / pl.col("_drawn")),
        )
        .drop("_known", "_drawn", "_named")
    )


def _communes_with_buildings(parcels: gpd.GeoDataFrame, buildings: np.ndarray) -> list[str]:
    """Communes of which a building is known."""
    hit, _ = find_meeting(parcels.geometry.to_numpy(), buildings)
    return sorted(set(parcels["commune_code"].to_numpy()[hit]))
