"""Writes the geography sources of the sample in their producers' layouts."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl

from sources.sample.files import new_workbook
from sources.sample.world import FICTITIOUS, REFERENCE, communes, reference

COG_YEAR = "2026"
# invented former codes, to show a merge and a split; real COG codes begin elsewhere
TYPES = {"COM": "commune-actuelle", "ARM": "arrondissement-municipal"}
FORMER = {"merge": ("13901", ["13001"]), "split": ("13902", ["13002", "13003"])}


def commune_record(row: dict[str, Any]) -> dict[str, Any]:
    """A commune as Etalab's list of communes has it: absent fields are left out."""
    record = {
        "code": row["commune_code"],
        "nom": row["commune_label"],
        "typeLiaison": 0,
        "zone": "metro",
        "departement": row["department_code"],
        "region": row["region_code"],
        "type": TYPES[row["commune_type"]],
        "population": row["population_count"],
    }
    if row["parent_commune_code"]:
        record["commune"] = row["parent_commune_code"]
    return record


def write_communes(folder: Path) -> Path:
    """The list of communes as Etalab publishes it: JSON records, absent fields left out."""
    records = [commune_record(row) for row in communes().to_dicts()]
    former = {"code": FORMER["merge"][0], "nom": "Ancienne-Fictive", "zone": "metro"}
    records.append(
        {
            **former,
            "departement": "13",
            "region": "93",
            "type": "commune-deleguee",
            "chefLieu": "13001",
        }
    )
    return _json(folder / f"communes-{FICTITIOUS}.json", records)


def write_epci(folder: Path) -> Path:
    """EPCI with their members, as Etalab publishes them."""
    members = communes().filter(pl.col("commune_type") == "COM")
    records = []
    for epci in reference("epci").to_dicts():
        own = members.filter(pl.col("epci_code") == epci["epci_code"])
        records.append(
            {
                "code": epci["epci_code"],
                "nom": epci["epci_label"],
                "type": epci["epci_type"],
                "populationMunicipale": own["population_count"].sum(),
                "membres": [
                    {
                        "code": row["commune_code"],
                        "nom": row["commune_label"],
                        "populationMunicipale": row["population_count"],
                    }
                    for row in own.to_dicts()
                ],
            }
        )
    return _json(folder / f"epci-{FICTITIOUS}.json", records)


def write_bassins(folder: Path) -> Path:
    """The producer's workbook of bassins by commune, of the BMO edition 2025."""
    labels = dict(reference("bassins").iter_rows())
    listed = communes().filter(pl.col("commune_type") == "COM").sort("commune_code")
    path = folder / f"Bassins_emploi_2025_{FICTITIOUS}.xlsx"
    with new_workbook(path) as book:
        sheet = book.add_worksheet("Bassins")
        headers = [
            "region",
            "dep",
            "code_commune",
            "lib_commune",
            "code_bassin_2025",
            "lib_bassin_2025",
        ]
        sheet.write_row(0, 0, headers)
        for line, row in enumerate(listed.to_dicts(), start=1):
            code = row["bassin_code"]
            sheet.write_row(
                line,
                0,
                [
                    int(row["region_code"]),
                    row["department_code"],
                    row["commune_code"],
                    row["commune_label"],
                    int(code),
                    labels[code],
                ],
            )
    return path


def write_employment_zones(folder: Path) -> Path:
    """Insee's workbook of zones d'emploi: titles above, long labels, then codes on line 6."""
    labels = dict(reference("employment_zones").iter_rows())
    listed = communes().filter(pl.col("commune_type") == "COM").sort("commune_code")
    path = folder / f"ZE2020_{FICTITIOUS}.xlsx"
    with new_workbook(path) as book:
        sheet = book.add_worksheet("Composition_communale")
        sheet.write_column(0, 0, ["Zones d'emploi 2020", "DONNÉES FICTIVES", "", "@Insee"])
        long = ["Code géographique communal", "Libellé géographique", "Zone d'emploi 2020"]
        sheet.write_row(4, 0, [*long, "Libellé zone d'emploi 2020", "Département", "Région"])
        sheet.write_row(5, 0, ["CODGEO", "LIBGEO", "ZE2020", "LIBZE2020", "DEP", "REG"])
        for line, row in enumerate(listed.to_dicts(), start=6):
            code = row["employment_zone_code"]
            values = [row["commune_code"], row["commune_label"], code, labels[code]]
            sheet.write_row(line, 0, [*values, row["department_code"], row["region_code"]])
    return path


def write_commune_changes(folder: Path) -> Path:
    """Older codes and current ones, other levels mixed in, as a third party lays them out."""
    codes = communes().filter(pl.col("commune_type") == "COM")["commune_code"].to_list()
    lines = ["Année;Niveau;Type;Ancien Code Officiel;Code Courant Officiel"]
    lines += [f"{COG_YEAR};COM;commune;{code};{code}" for code in codes]
    lines += [
        f"{COG_YEAR};COM;commune;{old};{new}" for old, news in FORMER.values() for new in news
    ]
    lines += [f"{COG_YEAR};DEP;département;{code};{code}" for code in ("04", "13", "2A")]
    path = folder / f"passage_annuel_{FICTITIOUS}.csv"
    path.write_bytes("\r\n".join([*lines, ""]).encode("utf-8-sig"))
    return path


def write_contours(folder: Path) -> Path:
    """Real, simplified outlines of the Métropole and of the Bouches-du-Rhône."""
    path = folder / "contours-communes.geojson"
    shutil.copyfile(REFERENCE / "contours.geojson", path)
    return path


def _json(path: Path, records: list[dict[str, object]]) -> Path:
    path.write_text(json.dumps(records, ensure_ascii=False), "utf-8")
    return path


def _one(write: Callable[[Path], Path], vintage: str) -> Callable[[Path], list[tuple[Path, str]]]:
    return lambda folder: [(write(folder), vintage)]


WRITERS = {
    "etalab/communes": _one(write_communes, COG_YEAR),
    "etalab/epci": _one(write_epci, COG_YEAR),
    "france_travail/bassins": _one(write_bassins, "2025"),
    "insee/employment_zones": _one(write_employment_zones, "2022"),
    "insee/commune_changes": _one(write_commune_changes, COG_YEAR),
    "ign/commune_contours": _one(write_contours, "2024"),
}
