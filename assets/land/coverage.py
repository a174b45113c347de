"""What land figures rest on: the ground that was looked at, and the files of each commune."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import polars as pl
import shapely

from assets.land.cadastre import with_shapes
from assets.land.contracts.coverage import COVERAGE_BY_COMMUNE, FILES
from observatory.geography.cog import department_of
from observatory.geography.joins import find_meeting, points_in_areas
from observatory.geography.layers import drop_geometry
from observatory.land.balance import SCOPES
from observatory.land.coverage import (
    TOLD_BY,
    grant_public_ground,
    is_told_of,
    measure_ground,
    measure_looked_at,
    read_years,
    share_of_communes,
    sum_ground,
)
from observatory.land.parcels import commune_of_parcel
from observatory.pipeline.drafts import draft_asset
from observatory.pipeline.run_settings import RunSettings
from observatory.pipeline.steps import Out, step
from observatory.storage.frames import Coverage, HandedOver, Store

CODE = pl.col("commune_code")


@step(Out(name="_land_ground", group="land"), is_parted=True)
def _land_ground(
    _land_sites: gpd.GeoDataFrame,
    _land_parcels: pl.DataFrame,
    clean_cadastre__parcels: HandedOver,
    clean_cadastre__edigeo: gpd.GeoDataFrame,
    geography_commune_contours: gpd.GeoDataFrame,
    store: Store,
) -> pl.DataFrame:
    """Each site in each commune of the part: its area, and what of it was looked at."""
    outlines = geography_commune_contours
    own = outlines[_is_of(outlines["commune_code"], store.part)]
    etalab = clean_cadastre__parcels
    parcels = with_shapes(_land_parcels, etalab.rows, clean_cadastre__edigeo)
    sites, shapes = pl.from_pandas(_land_sites["site_id"]), _land_sites.geometry.to_numpy()
    drawn = measure_ground(
        sites,
        shapes,
        communes=pl.from_pandas(own["commune_code"]),
        outlines=own.geometry.to_numpy(),
        parcels=parcels.geometry.to_numpy(),
    )
    met, _ = find_meeting(shapes, outlines.geometry.to_numpy())
    nowhere = np.setdiff1d(np.arange(len(shapes)), met)
    is_first = store.part == next(iter(store.departments()), None)
    loose = pl.DataFrame(
        {
            "site_id": sites.gather(nowhere),
            "area_m2": shapely.area(shapes[nowhere]) * is_first,
            "parcel_m2": measure_looked_at(shapes[nowhere], parcels.geometry.to_numpy()),
        }
    )
    return grant_public_ground(pl.concat([drawn, loose], how="diagonal"), etalab.names(CODE))


def _is_of(codes: pd.Series, part: str | None) -> np.ndarray:
    text = pl.from_pandas(codes).cast(pl.String).to_frame("commune_code")
    return text.select(department_of(CODE) == part).to_series().fill_null(value=False).to_numpy()


@step(Out(name="_land_plans", group="land"), is_parted=True)
def _land_plans(
    clean_gpu__zoning: HandedOver,
    clean_ddtm__risk_plans: HandedOver,
    geography_communes: pl.DataFrame,
    geography_commune_contours: gpd.GeoDataFrame,
    _land_sites: gpd.GeoDataFrame,
    store: Store,
) -> pl.DataFrame:
    """Of each commune of the part, whether zoning and risk plans tell of it.

    A zone tells of the commune that it names or lies in. A list of risk plans tells too of those
    that the file was handed over for, where there is none; so does zoning, of one without a site.
    """
    where = Outlines(
        codes=pl.from_pandas(geography_commune_contours["commune_code"]).cast(pl.String),
        shapes=geography_commune_contours.geometry.to_numpy(),
    )
    zoned = where.hold(clean_gpu__zoning.rows)
    planned = where.hold(clean_ddtm__risk_plans.rows)
    communes = geography_communes.filter(department_of(CODE) == store.part)
    return communes.select(
        "commune_code",
        has_zoning=CODE.is_in(zoned.implode())
        | (~_has_sites(_land_sites) & clean_gpu__zoning.names(CODE)),
        has_risk_plans=CODE.is_in(planned.implode()) | clean_ddtm__risk_plans.names(CODE),
    )


def _has_sites(sites: gpd.GeoDataFrame) -> pl.Expr:
    codes = drop_geometry(sites)["commune_codes"].cast(pl.String).str.split("|").explode()
    return CODE.is_in(codes.drop_nulls().implode())


@step(Out(name="_land_files", group="land"), is_parted=True)
def _land_files(
    _land_parcels: pl.DataFrame,
    clean_dgfip__legal_person_parcels: HandedOver,
    clean_insee__sirene_stock: HandedOver,
    clean_dgfip__dvf_geolocated: HandedOver,
    clean_dgfip__dvf_raw: HandedOver,
    _land_plans: pl.DataFrame,
    geography_communes: pl.DataFrame,
    _land_sites: gpd.GeoDataFrame,
    store: Store,
) -> pl.DataFrame:
    """Of each commune of the part, the files of each kind that tell of it, and their years."""
    every = geography_communes.select("commune_code", "is_in_territory")
    communes = every.filter(department_of(CODE) == store.part)
    has_sites = _has_sites(_land_sites)
    named = clean_dgfip__legal_person_parcels.rows.select(commune_of_parcel(pl.col("parcel_id")))
    owned = named.to_series().unique()
    sales = [clean_dgfip__dvf_geolocated, clean_dgfip__dvf_raw]
    sold = pl.concat([sale.rows.select("commune_code", "date", "source_sha256") for sale in sales])
    stock = clean_insee__sirene_stock

    def told(source: Coverage, codes: pl.Series) -> pl.Expr:
        return source.names(CODE) | is_told_of(codes, communes, has_sites=has_sites)

    has_sold = pl.any_horizontal(
        is_told_of(sold["commune_code"], communes, has_sites=has_sites),
        *(sale.names(CODE) for sale in sales),
    )
    rows = communes.with_columns(
        has_parcels=CODE.is_in(_land_parcels["commune_code"].unique().implode()),
        has_owners=told(clean_dgfip__legal_person_parcels, owned),
        has_register=told(stock, stock.rows["commune_code"].unique()),
        has_sales=has_sold,
        register_date=pl.lit(stock.rows["processed_date"].max(), pl.Date),
    )
    rows = rows.filter("is_in_territory").drop("is_in_territory")
    rows = rows.join(_land_plans, on="commune_code", how="left", maintain_order="left")
    return rows.join(
        read_years(sold, communes), on="commune_code", how="left", maintain_order="left"
    )


def communes_with(kind: str, files: pl.DataFrame) -> pl.Series:
    """Codes of the communes that files of a ``kind`` tell of, by ``_land_plans``."""
    return files.filter(f"has_{kind}")["commune_code"]


@dataclass(frozen=True, kw_only=True)
class Outlines:
    """Communes by what they enclose."""

    codes: pl.Series
    shapes: np.ndarray

    def hold(self, layer: gpd.GeoDataFrame) -> pl.Series:
        """Codes of communes that rows of a layer name, or in which one of its shapes lies."""
        drawn = layer.geometry.to_numpy()
        points = shapely.point_on_surface(drawn[~shapely.is_missing(drawn)])
        x, y = shapely.get_x(points), shapely.get_y(points)
        _, at = points_in_areas(x, y, self.shapes, with_border=True)
        named = drop_geometry(layer)["commune_code"].cast(pl.String)
        return pl.concat([self.codes.gather(at), named]).drop_nulls().unique()


@draft_asset(COVERAGE_BY_COMMUNE)
def land_coverage_by_commune(
    _land_ground: pl.DataFrame,
    _land_files: pl.DataFrame,
    _land_units: gpd.GeoDataFrame,
    clean_cadastre__buildings: Coverage,
    clean_insee__sirene_stock: Coverage,
    clean_insee__sirene_legal_units: Coverage,
    clean_cerema__brownfields: HandedOver,
    clean_cnig__brownfields: HandedOver,
    clean_cerema__land_consumption: pl.DataFrame,
    geography_communes: pl.DataFrame,
    settings: RunSettings,
) -> pl.DataFrame:
    """What was handed over of each commune of the territory."""
    local = geography_communes.filter("is_in_territory")
    labels = local.select("commune_code", "commune_label", "epci_code")
    units = drop_geometry(_land_units)
    is_listed = has_list(clean_cerema__brownfields, clean_cnig__brownfields, geography_communes)
    ground = sum_ground(looked_at(_land_ground, units), "commune_code")
    register = (clean_insee__sirene_stock, clean_insee__sirene_legal_units)
    has_firms = not any(source.is_absent for source in register)
    rows = (
        labels.join(_land_files, on="commune_code", how="left", maintain_order="left")
        .join(ground, on="commune_code", how="left", maintain_order="left")
        .join(_built(units), on="commune_code", how="left", maintain_order="left")
        .join(_consumed_years(clean_cerema__land_consumption), on="commune_code", how="left")
    )
    share = pl.col("parcel_share_pct")
    return rows.with_columns(
        pl.col("site_area_ha").fill_null(0.0),
        has_parcels=pl.when(share.is_null())
        .then("has_parcels")
        .otherwise(share >= settings.land_parcels_floor_pct),
        has_buildings=pl.coalesce("_is_built", clean_cadastre__buildings.names(CODE)),
        has_register=pl.lit(has_firms) & pl.col("has_register"),
        register_date=pl.when(pl.col("has_register") & has_firms).then("register_date"),
        has_brownfields=is_listed,
        has_consumption=pl.col("consumption_last_year").is_not_null(),
        **{f"sales_{end}_year": pl.when("has_sales").then(f"sales_{end}_year") for end in ENDS},
    ).with_columns(pl.col(FILES).fill_null(value=False))


ENDS = ("first", "last")


def looked_at(ground: pl.DataFrame, units: pl.DataFrame) -> pl.DataFrame:
    """The ground of sites by commune; a site in no outline is of that which most units are in."""
    own = (
        units.group_by("site_id", "commune_code")
        .agg(_m2=pl.col("area_m2").sum())
        .sort("_m2", "commune_code", descending=[True, False])
        .unique("site_id", keep="first", maintain_order=True)
        .select("site_id", _commune="commune_code")
    )
    told = ground.join(own, on="site_id", how="left", maintain_order="left")
    return told.with_columns(commune_code=pl.coalesce("commune_code", "_commune")).drop("_commune")


def _built(units: pl.DataFrame) -> pl.DataFrame:
    """Whether the buildings of each commune with a unit are known."""
    return units.group_by("commune_code").agg(_is_built=pl.col("built_m2").is_not_null().all())


def _consumed_years(flows: pl.DataFrame) -> pl.DataFrame:
    told = flows.filter(pl.col("destination") == "total").drop_nulls("area_m2")
    year = pl.col("year").cast(pl.Int64)
    return told.group_by("commune_code").agg(
        consumption_first_year=year.min(), consumption_last_year=year.max()
    )


def has_list(national: HandedOver, local: HandedOver, communes: pl.DataFrame) -> pl.Expr:
    """Whether a list of brownfields tells of a commune.

    The national one does of each département that it holds, either of each EPCI.
    """
    national_codes, local_codes = (
        drop_geometry(source.rows)["commune_code"].cast(pl.String).drop_nulls()
        for source in (national, local)
    )
    departments = national_codes.to_frame().select(department_of(CODE)).to_series()
    by_department, held = departments.unique(), pl.concat([national_codes, local_codes])
    own = communes.filter(CODE.is_in(held.implode()))
    by_epci = communes.filter(
        pl.col("epci_code").is_in(own["epci_code"].drop_nulls().unique().implode())
    )
    return pl.any_horizontal(
        national.names(CODE),
        local.names(CODE),
        department_of(CODE).is_in(by_department.implode()),
        CODE.is_in(by_epci["commune_code"].implode()),
    ).fill_null(value=False)


def cover_scopes(
    ground: pl.DataFrame, coverage: pl.DataFrame, sites: pl.DataFrame, by: str
) -> pl.DataFrame:
    """Hectares of sites of each ``by`` and scope, and the shares of them that were looked at."""
    flags = coverage.select("commune_code", "epci_code", *(f"has_{name}" for name in TOLD_BY))
    told = ground.join(sites.select("site_id", "is_set_apart"), on="site_id").join(
        flags, on="commune_code"
    )
    usual = told.filter(~pl.col("is_set_apart"))
    both = [
        rows.with_columns(perimeter_scope=pl.lit(scope))
        for rows, scope in zip((told, usual), SCOPES, strict=True)
    ]
    return sum_ground(pl.concat(both), by, "perimeter_scope", told_by=TOLD_BY)


def cover_epci(coverage: pl.DataFrame) -> pl.DataFrame:
    """Of each EPCI, the share of its communes that each kind of file tells of."""
    return share_of_communes(coverage, "epci_code", FILES)
