"""An invented EPCI of four communes, each with a park of sixteen parcels, in producers' layouts."""

import csv
import json
from collections.abc import Collection
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely

COMMUNES = {"13001": "Aix", "13002": "Allauch", "13003": "Alleins", "13004": "Arles"}
EPCI = "200099999"
WEST, SOUTH, SIDE, PARK, PLOT = 880_000, 6_270_000, 2_000, 400, 90
YEARS = range(2011, 2025)


def write_files(folder: Path, *, without: Collection[str] = ()) -> dict[str, tuple[Path, str]]:
    """Files by source, each with its vintage; parcels and buildings of some communes left out."""
    folder.mkdir(parents=True, exist_ok=True)
    held = [code for code in COMMUNES if code not in without]
    parcels = [plot for code in held for plot in plots(code)]
    made: dict[str, tuple[Any, str]] = {
        "etalab/communes": (
            [
                {"code": code, "nom": name, "type": "commune-actuelle", "departement": "13"}
                | {"region": "93", "population": 1000}
                for code, name in COMMUNES.items()
            ],
            "2026",
        ),
        "etalab/epci": (
            [
                {"code": EPCI, "nom": "Petite Communauté", "type": "CC"}
                | {"membres": [{"code": c, "nom": n} for c, n in COMMUNES.items()]}
            ],
            "2026",
        ),
        "ign/commune_contours": (
            layer([{"code": c, "nom": n, "geometry": ground(c)} for c, n in COMMUNES.items()]),
            "2026",
        ),
        "region_sud/economic_areas": (
            layer(
                [{"id": c, "nom": f"Parc de {n}", "geometry": park(c)} for c, n in COMMUNES.items()]
            ),
            "2023",
        ),
        "cadastre/parcels": (layer(parcels), "2026.13"),
        "cadastre/buildings": (
            layer(
                [
                    {
                        "type": "01",
                        "commune": p["commune"],
                        "geometry": p["geometry"].centroid.buffer(15),
                    }
                    for at, p in enumerate(parcels)
                    if at % 4
                ]
            ),
            "2026.13",
        ),
        "insee/sirene_stock": (establishments(), "2026-01"),
        "insee/sirene_legal_units": (legal_units(), "2026-01"),
        "cerema/land_consumption": (consumption(COMMUNES), "2025"),
    }
    return {
        key: (written(folder, key, content), vintage) for key, (content, vintage) in made.items()
    }


def written(folder: Path, key: str, content: Any) -> Path:
    """A file under a name of its source: GeoJSON, JSON or CSV."""
    name = key.replace("/", "-")
    if isinstance(content, gpd.GeoDataFrame):
        path = folder / f"{name}.geojson"
        content.to_crs("EPSG:4326").to_file(path, driver="GeoJSON", engine="pyogrio")
    elif "etalab" in key:
        path = folder / f"{name}.json"
        path.write_text(json.dumps(content), "utf-8")
    else:
        path = folder / f"{name}.csv"
        with path.open("w", newline="", encoding="utf-8") as text:
            writer = csv.DictWriter(text, list(content[0]))
            writer.writeheader()
            writer.writerows(content)
    return path


def layer(records: list[dict[str, Any]]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(pd.DataFrame(records), geometry="geometry", crs="EPSG:2154")


def corner(code: str) -> tuple[int, int]:
    return WEST + SIDE * list(COMMUNES).index(code), SOUTH


def ground(code: str) -> shapely.Polygon:
    west, south = corner(code)
    return shapely.box(west, south, west + SIDE, south + SIDE)


def park(code: str) -> shapely.Polygon:
    west, south = corner(code)
    return shapely.box(west + 800, south + 800, west + 800 + PARK, south + 800 + PARK)


def plots(code: str) -> list[dict[str, Any]]:
    """Sixteen parcels of 90 m by 90 m, streets of 10 m between them."""
    west, south = corner(code)
    found = []
    for at in range(16):
        x, y = west + 805 + 100 * (at % 4), south + 805 + 100 * (at // 4)
        number = f"{at + 1:04}"
        found.append(
            {
                "id": f"{code}000AB{number}",
                "commune": code,
                "contenance": PLOT * PLOT,
                "geometry": shapely.box(x, y, x + PLOT, y + PLOT),
            }
        )
    return found


def establishments() -> list[dict[str, Any]]:
    """Eight active ones on the first parcels of each park, and two that closed long ago."""
    found = []
    for code in COMMUNES:
        for at, plot in enumerate(plots(code)[1:11]):
            place = plot["geometry"].centroid
            is_shut = at >= 8
            found.append(
                {
                    "siret": f"{code}{at:04}00011",
                    "statutDiffusionEtablissement": "O",
                    "dateCreationEtablissement": "2005-01-01",
                    "trancheEffectifsEtablissement": "12",
                    "dateDernierTraitementEtablissement": "2026-01-01T00:00:00",
                    "codeCommuneEtablissement": code,
                    "etatAdministratifEtablissement": "F" if is_shut else "A",
                    "dateDebut": "2015-01-01" if is_shut else "2005-01-01",
                    "activitePrincipaleEtablissement": "25.62B",
                    "coordonneeLambertAbscisseEtablissement": f"{place.x:.1f}",
                    "coordonneeLambertOrdonneeEtablissement": f"{place.y:.1f}",
                }
            )
    return found


def legal_units() -> list[dict[str, Any]]:
    return [
        {"siren": row["siret"][:9], "categorieJuridiqueUniteLegale": "5710",
         "statutDiffusionUniteLegale": "O", "denominationUniteLegale": "FIRME"}
        for row in establishments()
    ]  # fmt: skip


def consumption(codes: Collection[str]) -> list[dict[str, Any]]:
    """Two hectares a year, half of a hectare of them for firms."""
    flows = {}
    for year in YEARS:
        span = f"{year % 100:02}", f"{year % 100 + 1:02}"
        flows["naf{}art{}".format(*span)] = 20_000
        for kind, area in (("act", 5_000), ("hab", 15_000), ("mix", 0), ("rou", 0), ("fer", 0),
                           ("inc", 0)):  # fmt: skip
            flows[f"art{span[0]}{kind}{span[1]}"] = area
    return [{"idcom": code, **flows} for code in codes]
