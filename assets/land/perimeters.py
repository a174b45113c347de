"""Perimeters of economic areas: from four sources to the sites that serve each commune."""

import geopandas as gpd
import numpy as np
import polars as pl
import shapely

from assets.ground import ON_GROUND
from assets.ingestion import ingest_layer
from assets.land.cadastre import with_shapes
from assets.land.contracts.site_inventory import (
    SITE_AREAS,
    SITE_DATES,
    SITE_DISTANCES,
    SITE_FLAGS,
    SITE_INVENTORY,
    SITE_TEXTS,
    TERRAIN_FLAGS,
    TERRAIN_TEXTS,
    UNIT_INVENTORY,
    YES_NO,
)
from assets.parts import department_codes
from observatory.geography.crs import M2_PER_HA
from observatory.geography.joins import measure_overlaps
from observatory.geography.layers import as_geodataframe, drop_geometry
from observatory.ingest.cleaning import number, read_days, squeeze
from observatory.ingest.issues import ACROSS_PERIMETERS, LINE, IssueLog
from observatory.ingest.restating import restate_lists
from observatory.ingest.shapes import Layer
from observatory.land.activities import MIXED, VOCATIONS
from observatory.land.parcels import PARCEL_PATTERN
from observatory.land.sites import SITE_TYPES, choose_sites
from observatory.land.units import INSIDE_SHARE
from observatory.pipeline.drafts import draft_asset
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
    return _sites(layer.rows, SAID_OF_SITES)


def clean_activity_areas(layer: Layer, log: IssueLog) -> pl.DataFrame:
    """Areas of BD TOPO that are industrial or commercial; it tells neither type nor vocation."""
    other = ~pl.col("category").fill_null("").str.contains(SERVED_CATEGORY)
    rows = log.reject(layer.rows, other, column="category", issue_type="not_in_scope")
    untold = pl.lit(None, pl.String)
    named = pl.coalesce("source_id", "shapefile_id")
    return _sites(rows.with_columns(source_id=named, site_type=untold, vocation=untold))


def clean_inventory(layer: Layer, log: IssueLog) -> pl.DataFrame:
    """Sites and terrains of a CNIG delivery; a terrain has a ``terrain_id``."""
    rows = log.reject(
        layer.rows, pl.col("source_id").is_null(), column="source_id", issue_type="missing_value"
    )
    terrain = pl.col("terrain_id").is_not_null()
    state = pl.col("occupation").str.to_lowercase().str.strip_chars()
    stage = pl.col("terr_stade_comm").str.to_lowercase().str.strip_chars()
    unknown = terrain & state.is_not_null() & ~state.is_in([*INVENTORY_STATES, *INVENTORY_UNSAID])
    log.add(rows.filter(unknown), column="occupation", issue_type="unknown_code", kept=True)
    rows = _with_whole_vocation(rows, log)
    listed = {"site_type": SITE_TYPES, "vocation": (*VOCATIONS, *SYNONYMS)}
    for column, values in listed.items():
        told = squeeze(column).cast(pl.String).str.to_lowercase()
        known = told.is_in([value.lower() for value in (*values, *INVENTORY_UNSAID)])
        odd = rows.filter(~terrain & ~known.fill_null(value=True))
        log.add_each(odd, column=column, issue_type="unknown_code")
    days = ("terrain_updated", *SITE_DATES)
    rows = read_days(rows, log, *days).with_columns(
        pl.col(f"_{name}").cast(pl.String).alias(name) for name in days
    )
    _log_repeated(rows, log)
    rows = restate_lists(
        rows.with_columns(pl.col("parcel_ids").cast(pl.String)), log, column="parcel_ids"
    )
    return _sites(rows, (*INVENTORY_COLUMNS, *SAID_OF_SITES, *SAID_OF_TERRAINS)).with_columns(
        occupation=state.replace_strict(INVENTORY_STATES, default=None, return_dtype=pl.String),
        is_brownfield=pl.when(state.is_in(list(INVENTORY_STATES))).then(state == BROWNFIELD),
        is_for_sale=pl.when(~stage.is_in(INVENTORY_UNSAID)).then(stage.str.starts_with("en vente")),
    )


def _log_repeated(rows: pl.DataFrame, log: IssueLog) -> None:
    """Log the sites, and the terrains, of which several of a file bear one identifier."""
    for column, is_own in (
        ("source_id", pl.col("terrain_id").is_null()),
        ("terrain_id", pl.col("terrain_id").is_not_null()),
    ):
        own = rows.filter(is_own)
        again = own.filter(pl.struct("source_sha256", squeeze(column)).is_duplicated())
        log.add_each(again, column=column, issue_type="repeated_identifier")


def _with_whole_vocation(rows: pl.DataFrame, log: IssueLog) -> pl.DataFrame:
    """A vocation that its comma, written as the separator of columns, cut in two is whole again.

    « entrepôts;logistique », as in the standard's own example: the second half stands where the
    state of the site does, and is none.
    """
    is_cut = pl.lit(value=False)
    for first, second in (v.split(", ") for v in VOCATIONS if ", " in v and v != MIXED):
        is_cut |= (squeeze("vocation").str.to_lowercase() == first) & (
            squeeze("site_etat").str.to_lowercase() == second
        )
    whole = pl.format("{}, {}", squeeze("vocation"), squeeze("site_etat"))
    log.add(
        rows.filter(is_cut),
        column="vocation",
        issue_type="repaired_text",
        kept=True,
        replaced_by=whole,
    )
    return rows.with_columns(
        vocation=pl.when(is_cut).then(whole).otherwise("vocation"),
        site_etat=pl.when(~is_cut.fill_null(value=False)).then("site_etat"),
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
INVENTORY_COLUMNS = ("terrain_id", "parcel_ids", "occupation", "terrain_updated")
SAID_OF_SITES = (*SITE_TEXTS, *SITE_FLAGS, *SITE_DISTANCES, *SITE_DATES, *SITE_AREAS)
SAID_OF_TERRAINS = (*TERRAIN_TEXTS, *TERRAIN_FLAGS)


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
        site_type=_site_type(),
        declared_vocation=pl.when(told.is_in(VOCATIONS)).then(told),
    )


def _site_type() -> pl.Expr:
    """A type of the standard's list, whatever its capitals; null for any other."""
    known = {kind.lower(): kind for kind in SITE_TYPES}
    told = squeeze("site_type").cast(pl.String).str.to_lowercase()
    return told.replace_strict(known, default=None, return_dtype=pl.String)


regional = ingest_layer(REGIONAL, clean_regional, reads=ON_GROUND)
fusac = ingest_layer(FUSAC, clean_fusac, reads=ON_GROUND)
activity_areas = ingest_layer(BD_TOPO, clean_activity_areas, reads=ON_GROUND)
inventory = ingest_layer(INVENTORY, clean_inventory, reads=ON_GROUND)


@step(
    Out(
        name="_land_sites",
        group="land",
        kinds=LAYER,
    ),
    Out(
        name=ACROSS_PERIMETERS,
        group="issues",
        tags={"layer": "issues"},
        description="Perimeters that others overlap: what each was cut by, with its line.",
    ),
    name="_land_sites_and_cuts",
)
def _land_sites_and_cuts(
    clean_cnig__economic_sites: gpd.GeoDataFrame,
    clean_region_sud__economic_areas: gpd.GeoDataFrame,
    clean_cerema__fusac: gpd.GeoDataFrame,
    clean_ign__activity_areas: gpd.GeoDataFrame,
    geography_communes: pl.DataFrame,
    geography_commune_contours: gpd.GeoDataFrame,
) -> tuple[gpd.GeoDataFrame, pl.DataFrame]:
    """Sites that serve each commune of the territory, from the best source it has; and the cuts."""
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
    rows, shapes, cuts = choose_sites(
        layers,
        communes=drop_geometry(geography_commune_contours),
        outlines=geography_commune_contours.geometry.to_numpy(),
        local=None if local is None else local["commune_code"],
    )
    return as_geodataframe(rows, shapes), log_cuts(cuts)


def log_cuts(cuts: pl.DataFrame) -> pl.DataFrame:
    """One issue per perimeter that was cut: what it shared, and what was too thin to be a site."""
    log = IssueLog()
    for is_kept in (True, False):
        own = cuts.filter(pl.col("is_site_kept") == is_kept).with_columns(
            _left=_whole(pl.col("area_m2") - pl.col("shared_m2") - pl.col("lost_m2")),
            _note=pl.format(
                "{} ha coupés, {} ha de lisières laissés",
                *(_hectares(c) for c in ("shared_m2", "lost_m2")),
            ),
        )
        log.add(
            own.with_columns(_whole(pl.col("area_m2"))),
            column="geometry",
            value="area_m2",
            issue_type="overlapping_perimeter",
            kept=is_kept,
            replaced_by=pl.col("_left"),
            note=pl.col("_note"),
        )
    return log.table()


def _hectares(column: str) -> pl.Expr:
    written = (pl.col(column) / M2_PER_HA).round(4).cast(pl.String)
    return written.str.replace(".", ",", literal=True)


def _whole(area: pl.Expr) -> pl.Expr:
    return area.round().cast(pl.Int64).cast(pl.String)


PERIMETER_COLUMNS = ("source_key", "source_id", "site_name", "site_type", "declared_vocation")


def _bare(layer: gpd.GeoDataFrame) -> tuple[pl.DataFrame, np.ndarray]:
    """The columns that all perimeters share, and their shapes."""
    rows = drop_geometry(layer).select(*LINE[1:], pl.col(PERIMETER_COLUMNS).cast(pl.String))
    return rows, layer.geometry.to_numpy()


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
        **{name: pl.lit(None, pl.String) for name in SAID_OF_TERRAINS},
    )
    rank = pl.col("seen_origin").replace_strict(
        {"survey": 0, "declaration": 1, "epci_inventory": 2}, return_dtype=pl.Int64
    )
    every = pl.concat([terrains.cast(dict(OBSERVED)), surveyed.cast(dict(OBSERVED))])  # type: ignore[arg-type]
    sale = every.group_by("parcel_id").agg(
        pl.col("is_for_sale").max(),
        *(pl.col(name).drop_nulls().first() for name in SAID_OF_TERRAINS),
    )
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
        .drop("_rank", "is_for_sale", *SAID_OF_TERRAINS)
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
        **{name: pl.String() for name in SAID_OF_TERRAINS},
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
    columns = ["parcel_id", "occupation", "is_brownfield", "terrain_updated", "is_for_sale"]
    columns += SAID_OF_TERRAINS
    every = pl.concat([named.select(columns), laid.select(columns)])
    return every.select(
        "parcel_id",
        seen_state=pl.col("occupation").cast(pl.String),
        seen_date=pl.col("terrain_updated")
        .cast(pl.String)
        .str.slice(0, 10)
        .str.to_date(strict=False),
        seen_origin=pl.lit("epci_inventory"),
        is_seen_brownfield=pl.col("is_brownfield").cast(pl.Boolean),
        is_for_sale=pl.col("is_for_sale").cast(pl.Boolean),
        **{name: pl.col(name).cast(pl.String) for name in SAID_OF_TERRAINS},
    )


@draft_asset(SITE_INVENTORY)
def land_site_inventory(
    _land_sites: gpd.GeoDataFrame,
    clean_cnig__economic_sites: gpd.GeoDataFrame,
    clean_cerema__fusac: gpd.GeoDataFrame,
) -> pl.DataFrame:
    """What the inventory that serves a site says of it, under the standard's names."""
    columns = ["source_key", "source_id", *SAID_OF_SITES]
    sites = clean_cnig__economic_sites[clean_cnig__economic_sites["terrain_id"].isna()]
    listed = [
        drop_geometry(f).select(pl.col(columns).cast(pl.String))
        for f in (sites, clean_cerema__fusac)
    ]
    said = pl.concat(listed).unique(["source_key", "source_id"], keep="first", maintain_order=True)
    served = drop_geometry(_land_sites).select("site_id", "source_key", "source_id")
    return served.join(said, on=["source_key", "source_id"]).select(
        "site_id",
        *(squeeze(name) for name in SITE_TEXTS),
        *(_yes_or_no(name) for name in SITE_FLAGS),
        *(number(name) for name in (*SITE_DISTANCES, *SITE_AREAS)),
        *(
            pl.col(name).str.slice(0, 10).str.to_date("%Y-%m-%d", strict=False)
            for name in SITE_DATES
        ),
    )


def _yes_or_no(name: str) -> pl.Expr:
    told = squeeze(name).str.to_lowercase()
    return pl.when(told.is_in(YES_NO)).then(told)


@draft_asset(UNIT_INVENTORY)
def land_unit_inventory(
    _land_observations: pl.DataFrame, _land_unit_parcels: pl.DataFrame
) -> pl.DataFrame:
    """What the terrains of an inventory say of a unit, where they say it of most of its parcels."""
    return told_of_units(_land_observations, _land_unit_parcels)


def told_of_units(seen: pl.DataFrame, links: pl.DataFrame) -> pl.DataFrame:
    """Each of the standard's fields of a terrain that most parcels of a unit agree in."""
    own = links.join(seen.select("parcel_id", *SAID_OF_TERRAINS), on="parcel_id", how="left")
    told = own.group_by("unit_id").agg(_of_most(name) for name in SAID_OF_TERRAINS)
    return told.filter(pl.any_horizontal(pl.col(SAID_OF_TERRAINS).is_not_null())).with_columns(
        *(squeeze(name) for name in TERRAIN_TEXTS), *(_yes_or_no(name) for name in TERRAIN_FLAGS)
    )


def _of_most(name: str) -> pl.Expr:
    most = pl.col(name).drop_nulls().mode().first()
    return pl.when((pl.col(name) == most).sum() * 2 > pl.len()).then(most).alias(name)
