"""Writes sales, land consumption, building permits and a survey of the sample."""

import functools
from pathlib import Path

import numpy as np
import polars as pl
import shapely

from sources.sample.land.files import to_web
from sources.sample.land.parks import members
from sources.sample.land.sales import sales
from sources.sample.land.world import world
from sources.sample.world import FICTITIOUS, generator

RAW_YEAR = 2021
FLOWS = range(2011, 2025)
DESTINATIONS = ("hab", "act", "mix", "rou", "fer", "inc")
GEO = [
    "id_mutation",
    "date_mutation",
    "numero_disposition",
    "nature_mutation",
    "valeur_fonciere",
    "adresse_numero",
    "adresse_suffixe",
    "adresse_nom_voie",
    "adresse_code_voie",
    "code_postal",
    "code_commune",
    "nom_commune",
    "code_departement",
    "ancien_code_commune",
    "ancien_nom_commune",
    "id_parcelle",
    "ancien_id_parcelle",
    "numero_volume",
    "lot1_numero",
    "lot1_surface_carrez",
    "lot2_numero",
    "lot2_surface_carrez",
    "lot3_numero",
    "lot3_surface_carrez",
    "lot4_numero",
    "lot4_surface_carrez",
    "lot5_numero",
    "lot5_surface_carrez",
    "nombre_lots",
    "code_type_local",
    "type_local",
    "surface_reelle_bati",
    "nombre_pieces_principales",
    "code_nature_culture",
    "nature_culture",
    "code_nature_culture_speciale",
    "nature_culture_speciale",
    "surface_terrain",
    "longitude",
    "latitude",
]
RAW = [
    "Code service CH",
    "Reference document",
    "1 Articles CGI",
    "2 Articles CGI",
    "3 Articles CGI",
    "4 Articles CGI",
    "5 Articles CGI",
    "No disposition",
    "Date mutation",
    "Nature mutation",
    "Valeur fonciere",
    "No voie",
    "B/T/Q",
    "Type de voie",
    "Code voie",
    "Voie",
    "Code postal",
    "Commune",
    "Code departement",
    "Code commune",
    "Prefixe de section",
    "Section",
    "No plan",
    "No Volume",
    "1er lot",
    "Surface Carrez du 1er lot",
    "2eme lot",
    "Surface Carrez du 2eme lot",
    "3eme lot",
    "Surface Carrez du 3eme lot",
    "4eme lot",
    "Surface Carrez du 4eme lot",
    "5eme lot",
    "Surface Carrez du 5eme lot",
    "Nombre de lots",
    "Code type local",
    "Type local",
    "Identifiant local",
    "Surface reelle bati",
    "Nombre pieces principales",
    "Nature culture",
    "Nature culture speciale",
    "Surface terrain",
]


@functools.cache
def _sale_lines() -> list[dict[str, object]]:
    """One line per parcel, building and disposition of each sale, as DVF repeats them."""
    parcels = (
        world().parcels.group_by("unit", maintain_order=True).agg("parcel_id", "cadastre_code")
    )
    by_unit = {u: (p, c) for u, p, c in parcels.rows()}
    areas = dict(
        zip(world().parcels["parcel_id"], shapely.area(world().parcel_shapes), strict=True)
    )
    lines = []
    for sale in sales().to_dicts():
        ids, codes = by_unit[sale["unit"]]
        x, y = shapely.get_coordinates(shapely.centroid(world().unit_shapes[sale["unit"]]))[0]
        longitude, latitude = to_web().transform(x, y)
        price = 1.0 if sale["is_symbolic"] else sale["price_eur"]
        parts = 2 if sale["is_two_dispositions"] and len(ids) > 1 else 1
        for rank, (identifier, code) in enumerate(zip(ids, codes, strict=True)):
            disposition = 1 if parts == 1 or rank == 0 else 2
            line = {
                "mutation": f"{sale['date'][:4]}-{900_000 + sale['sale']}",
                "date": sale["date"],
                "disposition": f"{disposition:06d}",
                "nature": sale["nature"],
                "price": round(price / parts, 2),
                "code": code,
                "parcel": identifier,
                "area": round(areas[identifier]),
                "longitude": round(longitude, 6),
                "latitude": round(latitude, 6),
                "local": "",
                "built": "",
                "land": "AB" if sale["market"] == "land" else "S",
            }
            lines.append(line)
            if sale["market"] == "premises" and rank == 0:
                lines[-1] = {**line, "local": "4", "built": sale["built_m2"]}
                if sale["sale"] % 9 == 0:
                    lines.append(dict(lines[-1]))  # the exact duplicates of the real files
    return lines


def write_geolocated_sales(folder: Path) -> list[tuple[Path, str]]:
    """geo-DVF, one file a year; one line in a hundred has no coordinates."""
    rng = generator("land/dvf")
    found = []
    for year in sorted({str(line["date"])[:4] for line in _sale_lines()} - {str(RAW_YEAR)}):
        rows = []
        for line in (dict(own) for own in _sale_lines() if str(own["date"]).startswith(year)):
            nowhere = rng.random() < 0.01
            rows.append(
                {
                    "id_mutation": line["mutation"],
                    "date_mutation": line["date"],
                    "numero_disposition": line["disposition"],
                    "nature_mutation": line["nature"],
                    "valeur_fonciere": f"{line['price']:g}"
                    if line["price"] == 1
                    else f"{line['price']}",
                    "adresse_nom_voie": "RUE IMAGINAIRE",
                    "code_commune": line["code"],
                    "nom_commune": "Commune fictive",
                    "code_departement": str(line["code"])[:2],
                    "id_parcelle": line["parcel"],
                    "nombre_lots": "0",
                    "code_type_local": line["local"],
                    "type_local": "Local industriel. commercial ou assimilé"
                    if line["local"]
                    else "",
                    "surface_reelle_bati": line["built"],
                    "code_nature_culture": line["land"],
                    "surface_terrain": line["area"],
                    "longitude": "" if nowhere else line["longitude"],
                    "latitude": "" if nowhere else line["latitude"],
                }
            )
        frame = pl.DataFrame([{h: str(row.get(h, "")) for h in GEO} for row in rows])
        path = folder / f"dvf-{year}-{FICTITIOUS}.csv"
        frame.write_csv(path, quote_style="never")
        found.append((path, year))
    return found


def write_raw_sales(folder: Path) -> list[tuple[Path, str]]:
    """The raw layout for the year that the geolocated file has dropped."""
    texts = ["|".join(RAW)]
    for line in _sale_lines():
        year, month, day = str(line["date"]).split("-")
        if int(year) != RAW_YEAR:
            continue
        own = {
            "No disposition": line["disposition"],
            "Date mutation": f"{day}/{month}/{year}",
            "Nature mutation": line["nature"],
            "Valeur fonciere": f"{line['price']:.2f}".replace(".", ","),
            "Commune": "COMMUNE FICTIVE",
            "Code departement": str(line["code"])[:2],
            "Code commune": str(int(str(line["code"])[2:])),
            "Section": str(line["parcel"])[8:10],
            "No plan": str(int(str(line["parcel"])[10:])),
            "Nombre de lots": "0",
            "Code type local": line["local"],
            "Surface reelle bati": line["built"],
            "Nature culture": line["land"],
            "Surface terrain": line["area"],
        }
        texts.append("|".join(str(own.get(h, "")) for h in RAW))
    path = folder / f"valeursfoncieres-{RAW_YEAR}-{FICTITIOUS}.txt"
    path.write_text("\n".join(texts) + "\n", "utf-8")
    return [(path, str(RAW_YEAR))]


@functools.cache
def consumption() -> pl.DataFrame:
    """True consumption (m²) of each commune, year and destination."""
    rng = generator("land/consumption")
    weight = members()["population_count"].to_numpy() ** 0.45
    rows = []
    for code, label, w in zip(
        members()["commune_code"], members()["commune_label"], weight, strict=True
    ):
        quiet = rng.random() < 0.04
        for year in FLOWS:
            pace = 0 if quiet else 90 * w * np.exp(rng.normal(0, 0.6)) * (1 if year < 2021 else 0.7)
            shares = rng.dirichlet([5, 2.6, 0.5, 0.6, 0.1, 0.4])
            for destination, share in zip(DESTINATIONS, shares, strict=True):
                rows.append((code, label, year, destination, round(pace * share)))
    return pl.DataFrame(
        rows,
        schema=["commune_code", "commune_label", "year", "destination", "area_m2"],
        orient="row",
    )


def write_consumption(folder: Path) -> list[tuple[Path, str]]:
    """conso_com.csv: yearly flows by destination and their total, with a byte-order mark.

    Of the edition 2009–2023 and what is documented of that of 2025; a few of its columns.
    """
    records = []
    for (code, label), own in consumption().group_by(
        "commune_code", "commune_label", maintain_order=True
    ):
        record: dict[str, object] = {"idcom": code, "idcomtxt": label, "iddep": str(code)[:2]}
        for year in FLOWS:
            a, b = year % 100, (year + 1) % 100
            of_year = own.filter(pl.col("year") == year)
            flows = dict(of_year.select("destination", "area_m2").rows())
            record[f"naf{a}art{b}"] = sum(flows.values())
            for destination, area in flows.items():
                record[f"art{a}{destination}{b}"] = area
        record["naf11art25"] = own["area_m2"].sum()
        records.append(record)
    path = folder / f"conso_com-2025-{FICTITIOUS}.csv"
    path.write_bytes(b"\xef\xbb\xbf" + pl.DataFrame(records).write_csv().encode())
    return [(path, "2025")]


# natural persons, whom the producer does not name
ANONYMOUS = 1 / 3
# codes of columns and their labels, lines 2 and 1 of the file: those that are read, among its 109
SITADEL = {
    "REG_CODE": "Code de la région du lieu des travaux - Code de la zone",
    "REG_LIBELLE": "Code de la région du lieu des travaux - Libellé de la zone",
    "DEP_CODE": "Code du département du lieu des travaux - Code de la zone",
    "DEP_LIBELLE": "Code du département du lieu des travaux - Libellé de la zone",
    "COMM": "Code de la commune du lieu des travaux",
    "TYPE_DAU": "Type de DAU -- demande d'autorisation d'urbanisme (PC ou DP généralement, "
    "rarement PA)",
    "NUM_DAU": "Numéro d'enregistrement de la DAU",
    "ETAT_DAU": "Etat d'avancement du projet",
    "DATE_REELLE_AUTORISATION": "Date réelle d'autorisation (PC) ou de non-opposition (DP) "
    "initiale",
    "SIREN_DEM": "Numéro SIREN d'un demandeur avéré en tant que personne morale",
    "SEC_CADASTRE1": "Section cadastrale 1",
    "NUM_CADASTRE1": "Numéro parcelle cadastrale 1",
    "DESTINATION_PRINCIPALE": "Destination principale",
    "SURF_LOC_CREEE": "Surface de plancher de locaux non résidentiels (i.e. autres que "
    "d'habitation) nouvelle construite",
}


def write_premises(folder: Path) -> list[tuple[Path, str]]:
    """Sitadel: permits for premises, some cancelled; a third of the applicants are not named.

    Of the file of the SDES, January 2026: labels, then codes of columns, then rows; texts quoted,
    numbers bare. What was built stands on ground in use: the parcels are those of such units.
    """
    rng = generator("land/sitadel")
    codes = members()["commune_code"].to_numpy()
    size = 420
    rows = {
        "COMM": rng.choice(codes, size),
        "ETAT_DAU": rng.choice([2, 4, 5, 6], size, p=[0.35, 0.12, 0.2, 0.33]),
        "DATE_REELLE_AUTORISATION": [f"{y}-05-12" for y in rng.integers(2020, 2026, size)],
        "DESTINATION_PRINCIPALE": rng.choice([3, 4, 6, 8], size),
        "SURF_LOC_CREEE": rng.integers(80, 9_000, size),
        "SIREN_DEM": [
            None if anonymous else f"99{number:07d}"
            for anonymous, number in zip(
                rng.random(size) < ANONYMOUS, rng.integers(0, 160, size), strict=True
            )
        ],
    }
    in_use = world().units.filter(pl.col("state") == "occupied").select("unit")
    plots = world().parcels.join(in_use, on="unit", maintain_order="left")
    by_commune = plots.group_by("cadastre_code", maintain_order=True).agg("section", "number")
    permits = pl.DataFrame(rows).join(
        by_commune, left_on="COMM", right_on="cadastre_code", how="left", maintain_order="left"
    )
    chosen = pl.int_range(pl.len()) % pl.col("section").list.len()
    frame = permits.select(
        REG_CODE=pl.lit("93"),
        REG_LIBELLE=pl.lit("Provence-Alpes-Côte d'Azur"),
        DEP_CODE=pl.col("COMM").str.slice(0, 2),
        DEP_LIBELLE=pl.lit("Département fictif"),
        COMM="COMM",
        TYPE_DAU=pl.lit("PC"),
        NUM_DAU=pl.format("{}FICTIF{}", "COMM", pl.int_range(pl.len())),
        ETAT_DAU="ETAT_DAU",
        DATE_REELLE_AUTORISATION="DATE_REELLE_AUTORISATION",
        SIREN_DEM="SIREN_DEM",
        SEC_CADASTRE1=pl.col("section").list.get(chosen),
        NUM_CADASTRE1=pl.col("number").list.get(chosen),
        DESTINATION_PRINCIPALE="DESTINATION_PRINCIPALE",
        SURF_LOC_CREEE="SURF_LOC_CREEE",
    )
    path = folder / f"sitadel-locaux-2025-{FICTITIOUS}.csv"
    labels = ";".join(f'"{SITADEL[code]}"' for code in frame.columns)
    table = frame.write_csv(separator=";", quote_style="non_numeric")
    path.write_text(f"{labels}\n{table}", "utf-8")
    return [(path, "2025")]


def write_survey(folder: Path) -> list[tuple[Path, str]]:
    """The observatory's own form: a few parcels seen on foot or declared."""
    rng = generator("land/survey")
    units = world().units.filter("is_inside", ~pl.col("is_common"), pl.col("kind") != "left")
    chosen = units[rng.choice(len(units), 120, replace=False)].sort("unit")
    states = {"occupied": "occupé", "vacant": "vacant", "free": "inoccupé"}
    lines = ["parcel_id;state;observed_on;origin;note"]
    for unit in chosen.to_dicts():
        first = world().parcels.filter(pl.col("unit") == unit["unit"])["parcel_id"][0]
        origin = str(rng.choice(["enquête", "déclaration"]))
        lines.append(f"{first};{states[unit['state']]};2025-10-14;{origin};relevé fictif")
    path = folder / f"enquete-occupation-2025-{FICTITIOUS}.csv"
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return [(path, "2025")]


WRITERS = {
    "dgfip/dvf_geolocated": write_geolocated_sales,
    "dgfip/dvf_raw": write_raw_sales,
    "cerema/land_consumption": write_consumption,
    "sdes/sitadel_premises": write_premises,
    "survey/occupation": write_survey,
}
