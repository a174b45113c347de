"""Perimeters of economic areas: from four sources to the sites that serve each commune."""

import geopandas as gpd
import numpy as np
import polars as pl
import shapely

from assets.ingestion import ingest_layer
from assets.land.cadastre import with_shapes
from assets.parts import department_codes
from observatory.geography.joins import measure_overlaps
from observatory.geography.layers import as_geodataframe, drop_geometry
from observatory.ingest.cleaning import squeeze
from observatory.ingest.issues import IssueLog
from observatory.ingest.shapes import Layer
from observatory.land.activities import VOCATIONS
from observatory.land.parcels import PARCEL_PATTERN
from observatory.land.sites import SITE_TYPES, choose_sites
from observatory.land.units import INSIDE_SHARE
from observatory.pipeline.steps import LAYER, Out, step
from observatory.storage.frames import Store
from sources import CARDS

REGIONAL = CARDS["region_sud/economic_areas"]
FUSAC = CARDS["cerema/fusac"]
BD_TOPO = CARDS["ign/activity_areas"]
INVENTORY = CARDS["cnig/economic_sites"]
SERVED_CATEGORY = r"(?i)industriel.*commercial"
SYNONYMS = {"logistique": "entrepôts, logistique", "portuaire, aéroportuaire": "portuaire"}


def clean_regional(layer: Layer, log: IssueLog) -> pl.DataFrame:
    """Perimeters of the regional file; neither name nor identifier is needed."""
    return _sites(layer.rows)


def clean_fusac(layer: Layer, log: IssueLog) -> pl.DataFrame:
    """Sites of the national file, terrains and establishments left aside."""
    return _sites(layer.rows)


def clean_activity_areas(layer: Layer, log: IssueLog) -> pl.DataFrame:
    """Areas of BD TOPO that are industrial or commercial; it tells neither type nor vocation."""
    other = ~pl.col("category").fill_null("").str.contains(SERVED_CATEGORY)
    rows = log.reject(layer.rows, other, column="category", issue_type="not_in_scope")
    untold = pl.lit(None, pl.String)
    return _sites(rows.with_columns(site_type=untold, vocation=untold))


def clean_inventory(layer: Layer, log: IssueLog) -> pl.DataFrame:
    """Sites and terrains of a CNIG delivery; a terrain has a ``terrain_id``."""
    rows = log.reject(
        layer.rows, pl.col("source_id").is_null(), column="source_id", issue_type="missing_value"
    )
    terrain = pl.col("terrain_id").is_not_null()
    state = pl.col("occupation").str.to_lowercase().str.strip_chars()
    stage = pl.col("sale_stage").str.to_lowercase().str.strip_chars()
    unknown = terrain & state.is_not_null() & ~state.is_in([*INVENTORY_STATES, *INVENTORY_UNSAID])
    log.add(rows.filter(unknown), column="occupation", issue_type="unknown_code", kept=True)
    return _sites(rows, INVENTORY_COLUMNS).with_columns(
        occupation=state.replace_strict(INVENTORY_STATES, default=None, return_dtype=pl.String),
        is_brownfield=pl.when(state.is_in(list(INVENTORY_STATES))).then(state == BROWNFIELD),
        is_for_sale=pl.when(~stage.is_in(INVENTORY_UNSAID)).then(stage.str.starts_with("en vente")),
    )


# of the standard: not to be used again without works, where « vacant » can be used as it is
BROWNFIELD = "friche"
INVENTORY_STATES = {
    "occupé": "occupied",
    "occupation transitoire": "occupied",
    "occupation en transition": "occupied",
    "vacant": "vacant",
    BROWNFIELD: "vacant",
    "inoccupé": "free",
}
INVENTORY_UNSAID = ("inconnu", "autre", "sans objet")
INVENTORY_COLUMNS = ("terrain_id", "parcel_ids", "occupation", "sale_stage", "updated")


def _sites(rows: pl.DataFrame, more: tuple[str, ...] = ()) -> pl.DataFrame:
    """Columns of a site under one name each; a vocation outside the standard's list is unknown."""
    told = pl.col("vocation").cast(pl.String).str.to_lowercase().str.strip_chars()
    told = told.replace(SYNONYMS)
    return rows.select(
        "_at",
        "source_key",
        "source_sha256",
        "source_sheet",
        "source_line",
        *more,
        source_id=squeeze("source_id"),
        site_name=squeeze("site_name"),
        site_type=pl.when(pl.col("site_type").cast(pl.String).is_in(SITE_TYPES)).then(
            pl.col("site_type").cast(pl.String)
        ),
        declared_vocation=pl.when(told.is_in(VOCATIONS)).then(told),
    )


regional = ingest_layer(REGIONAL, clean_regional)
fusac = ingest_layer(FUSAC, clean_fusac)
activity_areas = ingest_layer(BD_TOPO, clean_activity_areas)
inventory = ingest_layer(INVENTORY, clean_inventory)


@step(
    Out(
        name="_land_sites",
        group="land",
        kinds=LAYER,
    )
)
def _land_sites(
    clean_cnig__economic_sites: gpd.GeoDataFrame,
    clean_region_sud__economic_areas: gpd.GeoDataFrame,
    clean_cerema__fusac: gpd.GeoDataFrame,
    clean_ign__activity_areas: gpd.GeoDataFrame,
    geography_communes: pl.DataFrame,
    geography_commune_contours: gpd.GeoDataFrame,
) -> gpd.GeoDataFrame:
    """Sites that serve each commune of the territory, from the best source it has."""
    inventory = clean_cnig__economic_sites
    inventory_sites = inventory[inventory["terrain_id"].isna()]
    layers = [
        _bare(layer)
        for layer in (
            inventory_sites,
            clean_region_sud__economic_areas,
            clean_cerema__fusac,
            clean_ign__activity_areas,
        )
    ]
    local = geography_communes.filter("is_in_territory") if len(geography_communes) else None
    rows, shapes = choose_sites(
        layers,
        communes=drop_geometry(geography_commune_contours),
        outlines=geography_commune_contours.geometry.to_numpy(),
        local=None if local is None else local["commune_code"],
    )
    return as_geodataframe(rows, shapes)


PERIMETER_COLUMNS = ("source_key", "source_id", "site_name", "site_type", "declared_vocation")


def _bare(layer: gpd.GeoDataFrame) -> tuple[pl.DataFrame, np.ndarray]:
    """The columns that all perimeters share, and their shapes."""
    rows = drop_geometry(layer)
    return rows.select(pl.col(PERIMETER_COLUMNS).cast(pl.String)), layer.geometry.to_numpy()


@step(
    Out(
        name="_land_observations",
        group="land",
    ),
    is_parted=True,
)
def _land_observations(
    clean_cnig__economic_sites: gpd.GeoDataFrame,
    clean_survey__occupation: pl.DataFrame,
    _land_parcels: pl.DataFrame,
    clean_cadastre__parcels: gpd.GeoDataFrame,
    clean_cadastre__edigeo: gpd.GeoDataFrame,
    store: Store,
) -> pl.DataFrame:
    """What somebody saw of each parcel: surveys, declarations, the EPCI's own inventory."""
    parcels = with_shapes(_land_parcels, clean_cadastre__parcels, clean_cadastre__edigeo)
    seen = observations(clean_cnig__economic_sites, clean_survey__occupation, parcels)
    own = department_codes(seen["parcel_id"]) == store.part
    return seen.filter(pl.Series(own, dtype=pl.Boolean))


def observations(
    inventory: gpd.GeoDataFrame, survey: pl.DataFrame, parcels: gpd.GeoDataFrame
) -> pl.DataFrame:
    """One row per parcel: state, whether it is a brownfield, date, origin, offer; the newest wins.

    Of one day a survey goes before a declaration, which goes before an inventory. A terrain that
    names no parcel is laid over them: it speaks for those it covers by half.
    """
    terrains = _of_inventory(inventory[inventory["terrain_id"].notna()], parcels)
    surveyed = survey.select(
        "parcel_id",
        seen_state="state",
        seen_date="observed_date",
        seen_origin="origin",
        is_seen_brownfield=pl.col("is_brownfield"),
        is_for_sale=pl.lit(None, pl.Boolean),
    )
    rank = pl.col("seen_origin").replace_strict(
        {"survey": 0, "declaration": 1, "epci_inventory": 2}, return_dtype=pl.Int64
    )
    every = pl.concat([terrains.cast(dict(OBSERVED)), surveyed.cast(dict(OBSERVED))])  # type: ignore[arg-type]
    sale = every.group_by("parcel_id").agg(pl.col("is_for_sale").max())
    newest = (
        every.filter(pl.col("seen_state").is_not_null())
        .with_columns(_rank=rank)
        .sort(
            "parcel_id",
            "seen_date",
            "_rank",
            descending=[False, True, False],
            nulls_last=True,
            maintain_order=True,
        )
        .unique("parcel_id", keep="first", maintain_order=True)
        .drop("_rank", "is_for_sale")
    )
    return sale.join(newest, on="parcel_id", how="left").select(list(OBSERVED)).sort("parcel_id")


OBSERVED = pl.Schema(
    {
        "parcel_id": pl.String(),
        "seen_state": pl.String(),
        "seen_date": pl.Date(),
        "seen_origin": pl.String(),
        "is_seen_brownfield": pl.Boolean(),
        "is_for_sale": pl.Boolean(),
    }
)


def _of_inventory(terrains: gpd.GeoDataFrame, parcels: gpd.GeoDataFrame) -> pl.DataFrame:
    rows = drop_geometry(terrains).with_row_index("_terrain")
    listed = rows.with_columns(
        parcel_id=pl.col("parcel_ids").cast(pl.String).str.split("|")
    ).explode("parcel_id")
    listed = listed.with_columns(pl.col("parcel_id").str.strip_chars())
    named = listed.filter(pl.col("parcel_id").str.contains(PARCEL_PATTERN).fill_null(value=False))
    silent = rows.filter(~pl.col("_terrain").is_in(named["_terrain"].implode()))
    shapes = terrains.geometry.to_numpy()[silent["_terrain"].to_numpy()]
    grounds = parcels.geometry.to_numpy()
    parcel, at, shared = measure_overlaps(grounds, shapes)
    half = shared / shapely.area(grounds[parcel]) >= INSIDE_SHARE
    ids = parcels["parcel_id"].to_numpy()[parcel[half]]
    laid = silent[at[half]].with_columns(parcel_id=pl.Series(ids, dtype=pl.String))
    columns = ["parcel_id", "occupation", "is_brownfield", "updated", "is_for_sale"]
    every = pl.concat([named.select(columns), laid.select(columns)])
    return every.select(
        "parcel_id",
        seen_state=pl.col("occupation").cast(pl.String),
        seen_date=pl.col("updated").cast(pl.String).str.slice(0, 10).str.to_date(strict=False),
        seen_origin=pl.lit("epci_inventory"),
        is_seen_brownfield=pl.col("is_brownfield").cast(pl.Boolean),
        is_for_sale=pl.col("is_for_sale").cast(pl.Boolean),
    )
