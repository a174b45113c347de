"""A commune, a park of twelve parcels, who is there and what was sold: invented, anywhere."""

import csv
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyproj
import shapely

PARCELS = range(1, 13)
SIDE = 0.001  # degrees: about 110 m from south to north
SALE = {
    "date_mutation": "2024-03-01",
    "numero_disposition": "1",
    "nature_mutation": "Vente",
    "valeur_fonciere": "100000",
    "code_type_local": "",
    "surface_reelle_bati": "",
    "code_nature_culture": "AB",
    "surface_terrain": "1000",
}


@dataclass(frozen=True, kw_only=True)
class Place:
    """A park in the commune ``code``, whose files bear the code ``written`` of an older list."""

    code: str
    label: str
    department: str
    region: str
    lon: float
    lat: float
    epsg: int = 2154
    written: str = ""

    @property
    def old(self) -> str:
        """The code as files write it."""
        return self.written or self.code

    def square(self, at: int) -> shapely.Polygon:
        """The parcel ``at``, in a row from west to east."""
        west = self.lon + at * SIDE
        return shapely.box(west, self.lat, west + SIDE, self.lat + SIDE)

    def parcel(self, at: int) -> str:
        """Its identifier."""
        return f"{self.old}000AB{at:04}"


def feature(shape: shapely.Polygon, **properties: Any) -> dict[str, Any]:
    """A feature of GeoJSON."""
    return {
        "type": "Feature",
        "properties": properties,
        "geometry": shapely.geometry.mapping(shape),
    }


def collection(features: list[dict[str, Any]]) -> dict[str, Any]:
    """Features of GeoJSON together."""
    return {"type": "FeatureCollection", "features": features}


def communes(places: list[Place]) -> dict[str, tuple[str, Any]]:
    """The lists of communes and EPCI with the outlines; each place is an EPCI of its own."""
    listed = [
        {"code": p.code, "nom": p.label, "type": "commune-actuelle", "population": 1000}
        | {"departement": p.department, "region": p.region}
        for p in places
    ]
    epci = [
        {"code": f"20000000{at}", "nom": f"CC {p.label}", "type": "CC"}
        | {"membres": [{"code": p.code, "nom": p.label}]}
        for at, p in enumerate(places)
    ]
    outlines = []
    for p in places:
        west = shapely.box(p.lon - 0.04, p.lat - 0.02, p.lon, p.lat + 0.02)
        east = shapely.box(p.lon, p.lat - 0.02, p.lon + 0.04, p.lat + 0.02)
        both = [(west, p.code), (east, p.written)] if p.written else [(west | east, p.code)]
        outlines += [feature(shape, code=code, nom=p.label) for shape, code in both]
    passage = ["Niveau;Ancien Code Officiel;Code Courant Officiel"]
    passage += [f"COM;{p.old};{p.code}" for p in places]
    return {
        "etalab/communes 2026": ("communes.json", listed),
        "etalab/epci 2026": ("epci.json", epci),
        "ign/commune_contours 2026": ("contours.geojson", collection(outlines)),
        "insee/commune_changes 2025": ("passage.csv", "\n".join(passage)),
    }


def land(places: list[Place]) -> dict[str, tuple[str, Any]]:
    """Cadastre, site, register, sales and consumption of the places."""
    files: dict[str, tuple[str, Any]] = {}
    sites, sales, stock, located = [], [], [], []
    for p in places:
        drawn = [feature(p.square(at), id=p.parcel(at), commune=p.old) for at in PARCELS]
        name = f"cadastre-{p.department}-parcelles.json"
        files[f"cadastre/parcels 2025.{p.department}"] = (name, collection(drawn))
        park = shapely.box(p.lon, p.lat - SIDE, p.lon + 14 * SIDE, p.lat + 2 * SIDE)
        sites.append(feature(park, site_id=f"{p.code}_SITE-ECO_1", site_nom="Le Parc"))
        to_metres = pyproj.Transformer.from_crs(4326, p.epsg, always_xy=True)
        for at in PARCELS:
            siret = f"{p.department.replace('A', '9'):0>3}{at:06}00011"
            stock.append({"siret": siret, "codeCommuneEtablissement": p.old} | ESTABLISHMENT)
            centre = p.square(at).centroid
            x, y = to_metres.transform(centre.x, centre.y)
            located.append({"siret": siret, "x": x, "y": y, "qualite_xy": "11", "epsg": p.epsg})
            sales += [_sale(p, at, centre)] if at <= len(PARCELS) // 2 else []
    units = [{"siren": r["siret"][:9], **LEGAL_UNIT} for r in stock]
    consumed = [{"idcom": p.code, "naf22art23": 1000, "art22act23": 1000} for p in places]
    consumed += [
        {"idcom": p.written.lstrip("0"), "naf22art23": 500, "art22act23": 500}
        for p in places
        if p.written
    ]
    return files | {
        "cnig/economic_sites 2026": ("site_eco.geojson", collection(sites)),
        "insee/sirene_stock 2026-09": ("stock.csv", stock),
        "insee/sirene_legal_units 2026-09": ("unites.csv", units),
        "insee/sirene_geolocated 2026-09": ("geolocalisation.csv", located),
        "dgfip/dvf_geolocated 2024": ("dvf-geoloc.csv", sales),
        "cerema/land_consumption 2025": ("conso_com.csv", consumed),
    }


ESTABLISHMENT = {
    "statutDiffusionEtablissement": "O",
    "dateCreationEtablissement": "2015-01-01",
    "dateDernierTraitementEtablissement": "2026-09-01T00:00:00",
    "etatAdministratifEtablissement": "A",
    "activitePrincipaleEtablissement": "25.11Z",
    "dateDebut": "2015-01-01",
    "trancheEffectifsEtablissement": "11",
}
LEGAL_UNIT = {
    "statutDiffusionUniteLegale": "O",
    "categorieJuridiqueUniteLegale": "5710",
    "denominationUniteLegale": "ATELIER",
}


def _sale(p: Place, at: int, centre: shapely.Point) -> dict[str, Any]:
    own = {"id_mutation": f"2024-{p.department}{at}", "code_commune": p.old}
    own |= {"code_departement": p.department, "id_parcelle": p.parcel(at)}
    return {**SALE, **own, "longitude": centre.x, "latitude": centre.y}


def write(folder: Path, files: dict[str, tuple[str, Any]]) -> list[tuple[str, Path, str]]:
    """Write files; source, path and vintage of each."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for key, (name, content) in files.items():
        path = folder / name
        if isinstance(content, str):
            path.write_text(content, "utf-8")
        elif name.endswith(".csv"):
            with path.open("w", newline="", encoding="utf-8") as text:
                rows = csv.DictWriter(text, [*content[0]])
                rows.writeheader()
                rows.writerows(content)
        else:
            path.write_text(json.dumps(content), "utf-8")
        source, _, vintage = key.partition(" ")
        written.append((source, path, vintage))
    return written
