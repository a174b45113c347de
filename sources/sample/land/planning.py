"""Writes zoning, risks, nature, installations, roads and stops of the sample.

Each writer's docstring names what shows its layout: a real file, a standard or a documentation.
"""

import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import polars as pl
import pyogrio
import shapely

from sources.sample.land.files import geojson, geopackage, layer, packed, to_web
from sources.sample.land.surroundings import installations, protected, risks, roads, stops, zoning
from sources.sample.world import FICTITIOUS

PLAN_VINTAGE = "2026"
# communes whose documents are older than the standard
UNTYPED = ("13047", "13103")


def by_department(
    folder: Path, name: str, communes: pl.Series, frame: pl.DataFrame, shapes: np.ndarray
) -> list[tuple[Path, str]]:
    """One GeoJSON a département, as prefectures and the Géoportail hand them out."""
    departments = communes.str.slice(0, 2)
    written = []
    for code in departments.unique().sort():
        own = np.flatnonzero((departments == code).to_numpy())
        path = folder / f"{name}-{code}-{FICTITIOUS}.geojson"
        written.append((geojson(path, layer(frame[own], shapes[own])), f"{PLAN_VINTAGE}.{code}"))
    return written


def write_zoning(folder: Path) -> list[tuple[Path, str]]:
    """zone_urba with the fields of the Géoportail's WFS (CNIG, standard PLU).

    destdomi is blank, as it mostly is; the documents of two communes have no typezone.
    """
    rows, shapes = zoning()
    blank = pl.lit(None, pl.String)
    # plans are of several years
    year = 2014 + pl.col("commune_code").str.slice(-2).cast(pl.Int64) % 11
    day = pl.format("{}0101", year)
    frame = rows.select(
        gpu_doc_id=pl.lit("fictif"),
        gpu_status=pl.lit("document.production"),
        partition=pl.format("DU_{}", "commune_code"),
        libelle="libelle",
        libelong="libelong",
        typezone=pl.when(~pl.col("commune_code").is_in(UNTYPED)).then("typezone"),
        destdomi=blank,
        nomfic=blank,
        urlfic=blank,
        insee="commune_code",
        datappro=day,
        datvalid=blank,
        idurba=pl.format("{}_PLU_{}", "commune_code", day),
        idzone=blank,
        lib_idzone=blank,
        formdomi=blank,
        destoui=blank,
        destcdt=blank,
        destnon=blank,
        symbole=blank,
    )
    return by_department(folder, "zone_urba", rows["commune_code"], frame, shapes)


def write_easements(folder: Path) -> list[tuple[Path, str]]:
    """assiette-sup-s with the fields of the Géoportail's WFS: PM1 and PM3."""
    rows, shapes = risks()
    own = np.flatnonzero(rows["plan"].is_in(["PM1", "PM3"]).to_numpy())
    frame = rows[own].select(
        gid=pl.int_range(pl.len()),
        suptype=pl.col("plan").str.to_lowercase(),
        partition=pl.format("FICTIF_SUP_{}_{}", pl.col("commune_code").str.slice(0, 2), "plan"),
        fichier=pl.lit(None, pl.String),
        idass=pl.format("{}-{}", "plan", pl.int_range(pl.len())),
        nomass=pl.format("{}_FICTIF_ass", "plan"),
        typeass=pl.lit("Zone de protection"),
        modegeoass=pl.lit("Digitalisation"),
        nomsuplitt=pl.format("Servitude fictive {}", "plan"),
    )
    communes = rows["commune_code"][own]
    return by_department(folder, "assiette-sup-s", communes, frame, shapes[own])


def write_risk_plans(folder: Path) -> list[tuple[Path, str]]:
    """One fire plan in the CNIG geostandard, all others in COVADIS; two without a polygon.

    Of 38DDT20180003.zip and pprm_38ddt20180002.gpkg (DDT de l'Isère), the layers of COVADIS being
    those that a DDT keeps of its whole département. The list of plans without a polygon is of no
    producer: GASPAR names plans by commune in an API, as records without a shape.
    """
    rows, shapes = risks()
    drawn = ~shapely.is_missing(shapes)
    department = rows["commune_code"].str.slice(0, 2)
    in_cnig = ((rows["plan"] == "PPRIF") & (department == "13")).to_numpy()
    in_covadis = rows["plan"].is_in(["PPRI", "PPRIF"]).to_numpy() & ~in_cnig
    fires = np.flatnonzero(drawn & in_cnig)
    written = []
    for code in department.filter(pl.Series(in_covadis)).unique().sort():
        own = np.flatnonzero(drawn & in_covadis & (department == code).to_numpy())
        zones = _covadis_zones(rows[own], f"{code}DDTM20120001")
        path = _covadis(folder, code, layer(zones, shapes[own]))
        written.append((path, f"{PLAN_VINTAGE}.{code}"))
    gaspar = "13DDTM20150002"
    path = _geostandard(folder, gaspar, layer(_cnig_zones(rows[fires], gaspar), shapes[fires]))
    written.append((path, f"{PLAN_VINTAGE}.{gaspar}"))
    listed = rows.filter(pl.Series(~drawn)).select(
        type_plan="plan", zone=pl.lit(None, pl.String), insee="commune_code"
    )
    path = folder / f"plans-sans-zonage-{FICTITIOUS}.geojson"
    blank = np.full(len(listed), None, dtype=object)
    written.append((geojson(path, layer(listed, blank)), f"{PLAN_VINTAGE}.gaspar"))
    return written


def _covadis_zones(rows: pl.DataFrame, gaspar: str) -> pl.DataFrame:
    red = pl.col("zone").str.starts_with("R")
    return rows.select(
        id_zone=pl.int_range(1, pl.len() + 1),
        id_gaspar=pl.lit(gaspar),
        nom=pl.when(red)
        .then(pl.lit("interdiction - aléa fort"))
        .otherwise(pl.lit("prescription - aléa moyen")),
        codezone=pl.when(red).then(pl.lit("RC")).otherwise(pl.lit("Bc1")),
        typereg=pl.when(red).then(pl.lit("03")).otherwise(pl.lit("02")),
        soumisalea=pl.lit("oui"),
        nomfic=pl.lit(None, pl.String),
        urlfic=pl.lit(None, pl.String),
        srce_geom=pl.lit("données fictives"),
        srce_annee=pl.lit("2018"),
        precision=pl.lit("DC"),
    )


def _covadis(folder: Path, code: str, zones: gpd.GeoDataFrame) -> Path:
    """A zip of shapefiles in a folder: the zones beside the perimeter they make up."""
    around = zones.dissolve()[["id_gaspar", "geometry"]].assign(libelle="Périmètre", type="02")
    members = []
    for name, frame in (("ZONE_REG", zones), ("PERIMETRE", around)):
        path = folder / f"N_{name}_PPRN_S_0{code}.shp"
        pyogrio.write_dataframe(frame, path, encoding="UTF-8", DBF_DATE_LAST_UPDATE="2024-01-01")
        members += sorted(folder.glob(f"{path.stem}.*"))
    return packed(folder / f"n_ppr_s_0{code}-{FICTITIOUS}.zip", *members)


def _cnig_zones(rows: pl.DataFrame, gaspar: str) -> pl.DataFrame:
    red = pl.col("zone") == "R"
    return rows.select(
        idzonereglementaire=pl.int_range(1, pl.len() + 1).cast(pl.String),
        codeprocedure=pl.lit(gaspar),
        codezonereglement="zone",
        libellezonereglement=pl.when(red)
        .then(pl.lit("Zone d'interdiction stricte"))
        .otherwise(pl.lit("Zone de constructions possibles sous conditions")),
        typereglement=pl.when(red).then(pl.lit("04")).otherwise(pl.lit("02")),
    )


def _geostandard(folder: Path, gaspar: str, zones: gpd.GeoDataFrame) -> Path:
    """A GeoPackage with a layer of zones and one of the perimeter they make up."""
    path = folder / f"pprn_{gaspar.lower()}-{FICTITIOUS}.gpkg"
    around = zones.dissolve()[["codeprocedure", "geometry"]].assign(
        idperimetre="1", etatprocedure="APPROUVE", dateetat="2015-06-01"
    )
    geopackage(path, zones, f"pprn_{gaspar.lower()}_zonereglementaireurba_s")
    return geopackage(path, around, f"pprn_{gaspar.lower()}_perimetre_s")


def write_protected_areas(folder: Path) -> list[tuple[Path, str]]:
    """A zipped shapefile as INPN names it and its column of names (N_ENP_RNN_S_000, NOM_SITE).

    The other columns are a few of its standard; no real file is at hand.
    """
    shapes = protected()
    rows = pl.DataFrame(
        {
            "ID_MNHN": [f"FR99{i:05d}" for i in range(len(shapes))],
            "NOM_SITE": [f"Réserve imaginaire {i}" for i in range(len(shapes))],
            "OPERATEUR": "données fictives",
        }
    )
    path = folder / "N_ENP_RNN_S_000.shp"
    pyogrio.write_dataframe(
        layer(rows, shapes), path, encoding="UTF-8", DBF_DATE_LAST_UPDATE="2024-01-01"
    )
    members = sorted(folder.glob(f"{path.stem}.*"))
    return [(packed(folder / f"espaces-proteges-{FICTITIOUS}.zip", *members), PLAN_VINTAGE)]


def installation_record(rank: int, row: dict[str, Any]) -> dict[str, Any]:
    """An installation with fields of the Géorisques API v1; the first has no coordinates."""
    longitude, latitude = to_web().transform(row["x"], row["y"])
    return {
        "raisonSociale": f"INSTALLATION FICTIVE {rank}",
        "adresse1": "RUE IMAGINAIRE",
        "codePostal": "13000",
        "codeInsee": row["commune_code"],
        "commune": "COMMUNE FICTIVE",
        "codeNaf": None,
        "longitude": round(longitude, 6) if rank else None,
        "latitude": round(latitude, 6) if rank else None,
        "industrie": True,
        "prioriteNationale": False,
        "statutSeveso": row["seveso"],
        "ied": False,
        "etatActivite": "En exploitation avec titre",
        "codeAIOT": f"00999{rank:05d}",
        "siret": None,
        "coordonneeXAIOT": row["x"] if rank else None,
        "coordonneeYAIOT": row["y"] if rank else None,
        "systemeCoordonneesAIOT": "2154",
        "serviceAIOT": "DREAL",
        "regime": "Autorisation",
        "date_maj": "2026-01-01",
        "inspections": [],
        "rubriques": [],
    }


def write_installations(folder: Path) -> list[tuple[Path, str]]:
    """Records of the Géorisques API v1, as the reader of its pages keeps them."""
    own = installations()
    records = [installation_record(rank, row) for rank, row in enumerate(own.to_dicts())]
    path = folder / f"installations_classees-{FICTITIOUS}.json"
    path.write_text(json.dumps(records, ensure_ascii=False), "utf-8")
    return [(path, PLAN_VINTAGE)]


def write_roads(folder: Path) -> list[tuple[Path, str]]:
    """troncon_de_route of BD TOPO in a GeoPackage: a few of its columns."""
    names, lines = roads()
    rows = pl.DataFrame(
        {
            "cleabs": [f"TRONROUT{i:016d}" for i in range(len(names))],
            "nature": "Route à 1 chaussée",
            "importance": ["1" if n.startswith("A") else "2" for n in names],
            "cpx_numero": names,
        }
    )
    path = folder / f"troncon_de_route-13-{FICTITIOUS}.gpkg"
    geopackage(path, layer(rows, lines), "troncon_de_route")
    return [(path, f"{PLAN_VINTAGE}.13")]


def write_stops(folder: Path) -> list[tuple[Path, str]]:
    """stops.txt of a GTFS feed (GTFS reference)."""
    longitude, latitude = to_web().transform(*stops().T)
    frame = pl.DataFrame(
        {
            "stop_id": [f"FICTIF:{i}" for i in range(len(longitude))],
            "stop_name": "Arrêt imaginaire",
            "stop_lat": np.round(latitude, 6),
            "stop_lon": np.round(longitude, 6),
            "location_type": "0",
        }
    )
    path = folder / f"stops-{FICTITIOUS}.txt"
    frame.write_csv(path)
    return [(path, f"{PLAN_VINTAGE}.reseau")]


WRITERS = {
    "gpu/zoning": write_zoning,
    "gpu/easements": write_easements,
    "ddtm/risk_plans": write_risk_plans,
    "inpn/protected_areas": write_protected_areas,
    "georisques/installations": write_installations,
    "ign/roads": write_roads,
    "transport/stops": write_stops,
}
