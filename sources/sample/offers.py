"""Snapshots of invented job offers in France Travail's layout, dirt included.

Rates as measured on 980 real offers: 14 % located in « France » alone, 2 % with latitude and
longitude exchanged, 4 % said twice, qualification told by 26 %, Marseille by its arrondissements.
Some bear codes of ROME 4.0.
"""

import datetime as dt
import functools
import gzip
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import polars as pl

from sources.sample.nomenclatures import ORPHAN, rome_children
from sources.sample.world import FICTITIOUS, communes, generator, reference

DAYS = tuple(
    dt.date.fromisoformat(day)
    for day in ("2026-07-01", "2026-07-16", "2026-07-31", "2026-08-16", "2026-08-31", "2026-09-15")
)
COUNT = 4_000
FRANCE_ALONE, EXCHANGED, TWICE, QUALIFIED, LACKING = 0.14, 0.02, 0.04, 0.26, 0.08
CONTRACTS = (
    ("CDI", "CDI", 0.55),
    ("CDD", "CDD - 3 Mois", 0.15),
    ("CDD", "CDD - 12 Mois", 0.1),
    ("MIS", "Intérim - 2 Mois", 0.2),
)
WORDS = (
    "accueil analyse atelier autonomie chantier client commande conduite "
    "contact contrat cuisine dossier entretien equipe exigence formation "
    "gestion horaires installation ligne logistique machine magasin maintenance "
    "mission montage nettoyage organisation outil planning preparation production "
    "projet qualite rigueur securite service soin stock suivi "
    "terrain vente"
)


@functools.cache
def offers() -> tuple[dict[str, Any], ...]:
    """Every offer of the scenario, with the days it appears and goes under ``_from``, ``_to``."""
    rng = generator("offers")
    local = communes().filter(
        (pl.col("department_code") == "13")
        & ~((pl.col("commune_type") == "COM") & (pl.col("commune_code") == "13055"))
    )
    weight = local["population_count"].to_numpy() / local["population_count"].sum()
    codes = reference("rome_fap_2021")["rome_code"].unique().sort().to_numpy()
    asked = rng.choice(codes, 9, replace=False)
    popular = 1 / np.arange(1, len(asked) + 1)
    children = dict(rome_children().select("parent", "rome_code").iter_rows())
    places, words = local.to_dicts(), WORDS.split()
    found: list[dict[str, Any]] = []
    for at in range(COUNT):
        if at > 20 and rng.random() < TWICE:
            like = found[-int(rng.integers(1, 20))]
            begin = like["_from"] + dt.timedelta(days=int(rng.integers(0, 10)))
            found.append({**like, "id": f"F{at:06d}", "_from": begin, **_created(begin, rng)})
            continue
        begin = DAYS[0] + dt.timedelta(days=int(rng.integers(-40, 80)))
        lasts = int(rng.exponential(32)) + 2
        rome = str(rng.choice(asked, p=popular / popular.sum()))
        kind, label, _ = CONTRACTS[rng.choice(len(CONTRACTS), p=[c[2] for c in CONTRACTS])]
        offer: dict[str, Any] = {
            "id": f"F{at:06d}",
            "intitule": f"Poste fictif {at}",
            "description": f"DONNEES FICTIVES annonce {at} {' '.join(rng.choice(words, 45))}",
            **_created(begin, rng),
            "romeCode": _newer(rome, at, children),
            "typeContrat": kind,
            "typeContratLibelle": label,
            "dureeTravailLibelleConverti": str(
                rng.choice(["Temps plein", "Temps partiel"], p=[0.8, 0.2])
            ),
            "entreprise": {"nom": f"Entreprise fictive {rng.integers(700)}"},
            "lieuTravail": _place(places[rng.choice(len(places), p=weight)], rng),
            "_from": begin,
            "_to": begin + dt.timedelta(days=lasts),
        }
        if rng.random() < QUALIFIED:
            offer["qualificationCode"] = str(rng.integers(10))
        if rng.random() < LACKING:
            offer["offresManqueCandidats"] = True
        found.append(offer)
    return tuple(found)


def _newer(rome: str, at: int, children: dict[str, str]) -> str:
    """One offer in four bears the code of ROME 4.0 that stems from its own; a few a lost one."""
    if at % 97 == 0:
        return ORPHAN
    return children.get(rome, rome) if at % 4 == 0 else rome


def _created(day: dt.date, rng: np.random.Generator) -> dict[str, str]:
    second = int(rng.integers(86_400))
    hours, minutes = divmod(second // 60, 60)
    return {"dateCreation": f"{day}T{hours:02d}:{minutes:02d}:{second % 60:02d}.000Z"}


def _place(commune: dict[str, Any], rng: np.random.Generator) -> dict[str, Any]:
    if rng.random() < FRANCE_ALONE:
        return {"libelle": "France"}
    north, east = 43.3 + rng.random() / 5, 5.2 + rng.random() / 3
    exchanged = rng.random() < EXCHANGED
    point = {"latitude": east if exchanged else north, "longitude": north if exchanged else east}
    place: dict[str, Any] = {"libelle": f"13 - {commune['commune_label']}"}
    if rng.random() < 0.08:
        return place | point
    return place | point | {"commune": commune["commune_code"]}


def write_offers(folder: Path) -> list[tuple[Path, str]]:
    """One snapshot a day of ``DAYS``: the offers open that day, one a line."""
    written = []
    for day in DAYS:
        path = folder / f"offres-{day}-{FICTITIOUS}.ndjson.gz"
        own = [
            {k: v for k, v in offer.items() if not k.startswith("_")}
            for offer in offers()
            if offer["_from"] <= day < offer["_to"]
        ]
        text = b"".join(orjson.dumps(offer, option=orjson.OPT_APPEND_NEWLINE) for offer in own)
        path.write_bytes(gzip.compress(text, compresslevel=5, mtime=0))
        written.append((path, day.isoformat()))
    return written


WRITERS = {"france_travail/offers": write_offers}
