"""Writes perimeters of the invented parks: regional file, national ones, one EPCI inventory."""

import functools
from pathlib import Path

import numpy as np
import polars as pl
import pyogrio
import shapely

from sources.sample.land.cnig_layout import SITE_ECO, TERRAIN_ECO
from sources.sample.land.files import geojson, geopackage, layer, packed
from sources.sample.land.surroundings import brownfields
from sources.sample.land.world import world
from sources.sample.world import FICTITIOUS, generator

# the regional file leaves some communes out: the national ones serve them
WITHOUT_REGIONAL = ("13019", "13051", "13071", "13110")
WITHOUT_FUSAC = ("13110",)
INVENTORIED = ("13014", "13054", "13117", "13103", "13047")
CNIG_STATES = {"occupied": "occupé", "vacant": "vacant", "free": "inoccupé", "common": "sans objet"}
TYPES = {True: "zone d'activité économique", False: "site économique historique hors ZAE"}
SURVEY_ERROR = 0.03


@functools.cache
def is_zae() -> np.ndarray:
    """Which parks are ZAE of the EPCI; the giant port is not."""
    drawn = generator("land/zae").random(len(world().park_shapes)) < 0.72
    drawn[0] = False
    return drawn


def _parks() -> pl.DataFrame:
    return world().sites.filter("is_park")


def _drawn(site: np.ndarray, name: str) -> np.ndarray:
    """Perimeters as somebody else drew them: their corners are off by a metre or so."""
    rng = generator("land/perimeters", name)
    shapes = world().site_shapes[site]
    return shapely.buffer(shapes, rng.uniform(0.2, 2.0, len(shapes)), join_style="mitre")


def write_regional(folder: Path) -> list[tuple[Path, str]]:
    """The regional GeoJSON; one outline crosses itself, as drawn outlines do.

    No file of Sud Foncier Éco is at hand: the names of its columns are the sample's own.
    """
    sites = _parks()
    own = np.flatnonzero(~sites["commune_code"].is_in(WITHOUT_REGIONAL).to_numpy())
    shapes = _drawn(own, "regional")
    crossed = shapely.get_coordinates(shapes[5])
    middle = crossed.mean(axis=0)
    loop = [*crossed[:-1], crossed[0] + 0.02 * (crossed[0] - middle), crossed[1], crossed[0]]
    shapes[5] = shapely.Polygon(loop)
    rows = sites[own].select(
        id_eae=pl.format("EAE{}", pl.col("site").cast(pl.String).str.zfill(4)),
        nom_eae="name",
        type_eae=pl.Series([TYPES[bool(z)] for z in is_zae()[own]]),
        vocation="vocation",
    )
    path = folder / f"perimetres-eae-2025-{FICTITIOUS}.geojson"
    return [(geojson(path, layer(rows, shapes)), "2025")]


def write_fusac(folder: Path) -> list[tuple[Path, str]]:
    """The national GeoPackage in the CNIG 2023 standard: sites and terrains, no vacancy.

    No file of Fusac is at hand: columns are the standard's, names of layers the sample's own.
    """
    sites = _parks()
    own = np.flatnonzero(~sites["commune_code"].is_in(WITHOUT_FUSAC).to_numpy())
    rows = sites[own].select(
        site_id=pl.format("{}_SITE-ECO_F{}", "commune_code", "site"),
        site_nom="name",
        site_type=pl.lit("inconnu"),
        site_vocadomi=pl.col("vocation").replace({"logistique": "entrepôts, logistique"}),
        site_surf_brute=pl.Series(shapely.area(world().site_shapes[own]) / 10_000).round(2),
        site_comm_insee="commune_code",
    )
    path = folder / f"fusac-2024-{FICTITIOUS}.gpkg"
    geopackage(path, layer(rows, _drawn(own, "fusac")), "fusac_site_eco")
    units = world().units.filter("is_inside")["unit"].to_numpy()[:200]
    terrains = world().units[units].select(terr_id=pl.format("T{}", "unit"))
    geopackage(path, layer(terrains, world().unit_shapes[units]), "fusac_terrain")
    return [(path, "2024")]


def write_activity_areas(folder: Path) -> list[tuple[Path, str]]:
    """A zipped shapefile of BD TOPO 3: larger parks, and other places of interest.

    Of the descriptive of its shapefiles: short names, in capitals; a few of its columns.
    """
    sites = _parks()
    own = np.flatnonzero(shapely.area(world().park_shapes) > 40_000)
    rows = sites[own].select(
        ID=pl.format("SURFACTI{}", pl.col("site").cast(pl.String).str.zfill(16)),
        CATEGORIE=pl.Series(
            np.where(np.arange(len(own)) % 25 == 24, "Sport", "Industriel et commercial")
        ),
        NATURE=pl.lit("Zone industrielle"),
        TOPONYME="name",
    )
    path = folder / "ZONE_D_ACTIVITE_OU_D_INTERET.shp"
    pyogrio.write_dataframe(
        layer(rows, _drawn(own, "bdtopo")),
        path,
        encoding="UTF-8",
        DBF_DATE_LAST_UPDATE="2024-01-01",
    )
    target = folder / f"bdtopo-activites-2025-{FICTITIOUS}.zip"
    members = sorted(folder.glob(f"{path.stem}.*"))
    return [(packed(target, *members), "2025")]


def write_inventory(folder: Path) -> list[tuple[Path, str]]:
    """The EPCI's own inventory of a few communes: what was seen on each unit, rarely wrong."""
    rng = generator("land/inventory")
    sites = _parks()
    chosen = np.flatnonzero(sites["commune_code"].is_in(INVENTORIED).to_numpy() & is_zae())
    identifiers = sites.select(
        "site",
        site_id=pl.format(
            "{}_SITE-ECO_EAE{}", "commune_code", pl.col("site").cast(pl.String).str.zfill(4)
        ),
    )
    units = world().units.filter(pl.col("site").is_in(chosen), ~pl.col("is_common"), "is_inside")
    parcels = world().parcels.group_by("unit").agg(pl.col("parcel_id").sort().str.join("|"))
    counted = units.group_by("site").agg(
        site_uf_nbre=pl.len().cast(pl.Int32),
        site_uf_vacant_nbre=(pl.col("state") == "vacant").sum().cast(pl.Int32),
    )
    site_rows = (
        sites[chosen]
        .join(identifiers, on="site")
        .join(counted, on="site", how="left")
        .sort("site")
        .select(
            "site_id",
            site_nom="name",
            site_type=pl.lit(TYPES[True]),
            site_vocadomi=pl.col("vocation").replace({"logistique": "entrepôts, logistique"}),
            site_etat=pl.lit("existant et actif"),
            site_actu_date=pl.lit("2025-06-30"),
            site_uf_nbre="site_uf_nbre",
            site_uf_vacant_nbre="site_uf_vacant_nbre",
            site_moa_type=pl.lit("epci"),
            reseau_eau_potable=pl.lit("oui"),
            reseau_fibre_optique=pl.when(pl.col("site") % 2 == 0)
            .then(pl.lit("oui"))
            .otherwise(pl.lit("non")),
            gare_nom=pl.lit("Gare imaginaire"),
            gare_dist=(2 + pl.col("site") % 9).cast(pl.Int32),
            port_nom=pl.lit("Port imaginaire"),
            port_dist=(5 + pl.col("site") % 30).cast(pl.Int32),
        )
    )
    path = folder / f"inventaire-zae-2025-{FICTITIOUS}.gpkg"
    outlines = shapely.multipolygons(world().site_shapes[chosen], indices=np.arange(len(chosen)))
    geopackage(path, layer(_in_layout(site_rows, SITE_ECO), outlines), "site_eco")
    seen = [
        str(rng.choice(["occupied", "vacant"])) if rng.random() < SURVEY_ERROR else state
        for state in units["state"]
    ]
    is_lot = pl.col("trace") == "plot_for_sale"
    for_sale = (pl.col("seen") == "free") & (is_lot | (pl.col("unit") % 3 == 0))
    brown = brownfields()["unit"]
    terrain_rows = (
        units.with_columns(seen=pl.Series(seen))
        .join(identifiers, on="site")
        .join(parcels, on="unit")
        .sort("unit")
        .select(
            "unit",
            terr_id=pl.format("{}_TERRAIN-ECO_{}", "commune_code", "unit"),
            site_id="site_id",
            terr_refcad="parcel_id",
            terr_etat_occup=pl.when(
                (pl.col("seen") == "vacant") & pl.col("unit").is_in(brown.implode())
            )
            .then(pl.lit("friche"))
            .otherwise(pl.col("seen").replace_strict(CNIG_STATES)),
            terr_stade_comm=pl.when(for_sale).then(pl.lit("en vente")).otherwise(pl.lit("inconnu")),
            terr_actu_date=pl.lit("2025-06-30"),
        )
    )
    shapes = world().unit_shapes[terrain_rows["unit"].to_numpy()]
    rows = _in_layout(terrain_rows.drop("unit"), TERRAIN_ECO)
    geopackage(path, layer(rows, shapes), "terrain_eco")
    return [(path, "2025")]


def _in_layout(rows: pl.DataFrame, fields: dict[str, pl.DataType]) -> pl.DataFrame:
    """Rows with all the fields of the standard's template; blank where nothing is invented."""
    return rows.select(
        (pl.col(name) if name in rows.columns else pl.lit(None)).cast(kind).alias(name)
        for name, kind in fields.items()
    )


WRITERS = {
    "region_sud/economic_areas": write_regional,
    "cerema/fusac": write_fusac,
    "ign/activity_areas": write_activity_areas,
    "cnig/economic_sites": write_inventory,
}
