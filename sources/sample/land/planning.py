"""Writes zoning, risks, nature, installations, roads and stops of the sample."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyproj

from sources.sample.land.files import geojson, geopackage, layer
from sources.sample.land.surroundings import installations, protected, risks, roads, stops, zoning
from sources.sample.world import FICTITIOUS

PLAN_VINTAGE = "2026"


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
    """zone_urba with the fields of the Géoportail; destdomi is blank, as it mostly is."""
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
        typezone="typezone",
        destdomi=blank,
        nomfic=blank,
        urlfic=blank,
        insee="commune_code",
        datappro=day,
        datvalid=blank,
        idurba=pl.format("{}_PLU_{}", "commune_code", day),
    )
    return by_department(folder, "zone_urba", rows["commune_code"], frame, shapes)


def write_easements(folder: Path) -> list[tuple[Path, str]]:
    """assiette-sup-s: PM1 and PM3 among easements of other kinds."""
    rows, shapes = risks()
    own = np.flatnonzero(rows["plan"].is_in(["PM1", "PM3"]).to_numpy())
    frame = rows[own].select(
        idass=pl.int_range(pl.len()),
        suptype=pl.col("plan").str.to_lowercase(),
        nomsuplitt=pl.format("Servitude fictive {}", "plan"),
    )
    communes = rows["commune_code"][own]
    return by_department(folder, "assiette-sup-s", communes, frame, shapes[own])


def write_risk_plans(folder: Path) -> list[tuple[Path, str]]:
    """Red and blue zones of flood and fire plans; two plans are listed without a polygon."""
    rows, shapes = risks()
    own = np.flatnonzero(rows["plan"].is_in(["PPRI", "PPRIF"]).to_numpy())
    frame = rows[own].select(type_plan="plan", zone="zone", insee="commune_code")
    return by_department(folder, "ppr", rows["commune_code"][own], frame, shapes[own])


def write_protected_areas(folder: Path) -> list[tuple[Path, str]]:
    """A GeoPackage of protected areas."""
    shapes = protected()
    rows = pl.DataFrame(
        {
            "nom_site": [f"Réserve imaginaire {i}" for i in range(len(shapes))],
            "type": "réserve (fictive)",
        }
    )
    path = folder / f"espaces-proteges-{FICTITIOUS}.gpkg"
    geopackage(path, layer(rows, shapes), "espaces_proteges")
    return [(path, PLAN_VINTAGE)]


def installation_record(rank: int, row: dict[str, Any]) -> dict[str, Any]:
    """An installation as the Géorisques API has it; the first has no coordinates."""
    return {
        "raisonSociale": f"INSTALLATION FICTIVE {rank}",
        "codeInsee": row["commune_code"],
        "codeAIOT": f"00999{rank:05d}",
        "coordonneeXAIOT": row["x"] if rank else None,
        "coordonneeYAIOT": row["y"] if rank else None,
        "systemeCoordonneesAIOT": "Lambert 93",
        "regime": "Autorisation",
        "statutSeveso": row["seveso"],
        "etatActivite": "En exploitation",
    }


def write_installations(folder: Path) -> list[tuple[Path, str]]:
    """Records of the Géorisques API; one has no coordinates."""
    own = installations()
    records = [installation_record(rank, row) for rank, row in enumerate(own.to_dicts())]
    path = folder / f"installations_classees-{FICTITIOUS}.json"
    path.write_text(json.dumps(records, ensure_ascii=False), "utf-8")
    return [(path, PLAN_VINTAGE)]


def write_roads(folder: Path) -> list[tuple[Path, str]]:
    """troncon_de_route of BD TOPO in a GeoPackage."""
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
    """stops.txt of a GTFS feed."""
    to_web = pyproj.Transformer.from_crs("EPSG:2154", "EPSG:4326", always_xy=True)
    longitude, latitude = to_web.transform(*stops().T)
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
