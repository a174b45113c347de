"""Invented energy, micro-enterprises, series and declared values, in their producers' layouts."""

import csv
import datetime as dt
from collections.abc import Iterable
from pathlib import Path

import polars as pl

from sources.sample.world import FICTITIOUS, SAMPLE_EPCI, communes, generator

YEARS = tuple(range(2019, 2025))
ENERGY_HEADER = [
    "OPERATEUR",
    "FILIERE",
    "ANNEE",
    "Code Commune",
    "Nom Commune",
    "Code EPCI",
    "Nom EPCI",
    "Code Département",
    "CODE GRAND SECTEUR",
    "Nb sites",
    "Conso totale (MWh)",
    "Conso moyenne (MWh)",
    "Nombre de mailles secretisées",
]
MWH_A_HEAD = {
    "RESIDENTIEL": 2.3,
    "TERTIAIRE": 2.0,
    "INDUSTRIE": 1.4,
    "AGRICULTURE": 0.05,
    "INCONNU": 0.02,
}
OPERATORS = {"Électricité": ("Enedis (fictif)", "Régie (fictif)"), "Gaz": ("GRDF (fictif)",)}
DEPARTMENTS = {"13": 95_000, "84": 28_000, "83": 52_000}
# indicator of the register: initial value, values by year, target
DECLARED = {
    "IND-9011": (0, {2022: 40, 2023: 130, 2024: 260, 2025: 310}, 400),
    "IND-9012": (0, {2022: 60, 2023: 150, 2024: 210}, 200),
    "IND-9015": (0, {2023: 12, 2024: 9}, 60),
    "IND-9017": (0, {2023: 10, 2024: 22}, None),
}


def _written(path: Path, separator: str, rows: Iterable[Iterable[object]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=separator, lineterminator="\n").writerows(rows)
    return path


def write_energy(folder: Path) -> Path:
    """The columns of consommation-annuelle-d-electricite-et-gaz-par-commune (roadmap notes)."""
    rng = generator("roadmap/energy")
    rows: list[Iterable[object]] = [ENERGY_HEADER]
    here = (pl.col("department_code") == "13") | (pl.col("epci_code") == SAMPLE_EPCI)
    own = here & (pl.col("commune_type") == "COM")
    places = communes().filter(own).select("commune_code", "commune_label", "population_count")
    for code, label, people in places.iter_rows():
        for energy, operators in OPERATORS.items():
            for sector, a_head in MWH_A_HEAD.items():
                shares = operators if rng.random() < 0.1 else operators[:1]
                level = a_head * (people or 0) * rng.uniform(0.7, 1.3)
                for year in YEARS:
                    level *= rng.uniform(0.93, 1.02)
                    for operator in shares:
                        hidden = sector == "AGRICULTURE" and people < 3_000
                        value = "NC" if hidden else f"{level / len(shares):.3f}"
                        sites = "" if hidden else max(1, round(level / 5))
                        place = (code, label, "", "", code[:2])
                        rows.append(
                            (operator, energy, year, *place, sector, sites, value, "", int(hidden))
                        )
    return _written(folder / f"conso-elec-gaz-commune-{FICTITIOUS}.csv", ";", rows)


def write_micro_enterprises(folder: Path) -> Path:
    """The columns of auto-entrepreneurs-par-departement (roadmap notes)."""
    rng = generator("roadmap/micro")
    header = (
        "region;departement;annee;trimestre;dernier_jour_du_trimestre;code_region;"
        "code_departement;immatriculations;radiations;chiffres_d_affaires;"
        "economiquement_actifs;administrativement_actifs"
    )
    rows: list[Iterable[object]] = [header.split(";")]
    for department, level in DEPARTMENTS.items():
        active = float(level)
        for year in YEARS:
            for quarter, (month, day) in enumerate(((3, 31), (6, 30), (9, 30), (12, 31)), 1):
                active *= rng.uniform(0.99, 1.03)
                joined = round(active * 0.06)
                when = (year, quarter, dt.date(year, month, day))
                counts = (joined, round(joined * 0.8), round(active * 4_000))
                stock = (round(active * 0.55), round(active))
                rows.append(("(fictif)", "(fictif)", *when, "93", department, *counts, *stock))
    return _written(folder / f"auto-entrepreneurs-departement-{FICTITIOUS}.csv", ";", rows)


def write_barometre(folder: Path) -> Path:
    """A series as shown by roadmap/barometre-ind-313.csv: cumulated month by month."""
    rng = generator("roadmap/barometre")
    header = (
        "indic_id,enforce_zone_id,metric_enforce_date,maille,indic_vi,indic_va,indic_vc,indic_ta"
    )
    rows: list[Iterable[object]] = [header.split(",")]
    for zone, level in {"D13": 24_000, "D84": 6_000}.items():
        rows.append(("IND-313", zone, "2021-12-01", "DEPT", "0.0", "", "", ""))
        for year in (2022, 2023, 2024):
            total = 0.0
            for month in range(1, 13):
                total += round(level / 12 * rng.uniform(0.8, 1.2))
                rows.append(("IND-313", zone, f"{year}-{month:02}-01", "DEPT", "", total, "", ""))
        rows.append(("IND-313", zone, "2026-12-01", "DEPT", "", "", level * 1.2, ""))
    return _written(folder / f"barometre-ind-313-{FICTITIOUS}.csv", ",", rows)


def write_declared(folder: Path) -> Path:
    """PILOTE's import format, as roadmap/pilote-import.schema.json describes it."""
    header = "identifiant_indic,zone_id,date_valeur,type_valeur,valeur"
    rows: list[Iterable[object]] = [header.split(",")]
    for code, (initial, values, target) in DECLARED.items():
        rows.append((code, "D13", "2021-12-31", "vi", initial))
        rows += [(code, "D13", f"{year}-12-31", "va", value) for year, value in values.items()]
        if target is not None:
            rows.append((code, "D13", "2026-12-31", "vc", target))
    return _written(folder / f"valeurs-declarees-{FICTITIOUS}.csv", ",", rows)


WRITERS = {
    "ore/energy_by_commune": lambda folder: [(write_energy(folder), "2024")],
    "urssaf/micro_enterprises": lambda folder: [(write_micro_enterprises(folder), "2024")],
    "ditp/barometre": lambda folder: [(write_barometre(folder), "2024.313")],
    "chamber/declared_values": lambda folder: [(write_declared(folder), "2025")],
}
