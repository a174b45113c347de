"""Volumes and tension of « Marché du travail » for the territory, as one list of records.

Source: France Travail, API Marché du travail v1: ``POST …/indicateur/{indicator}`` under both
scopes; values rounded to ten. A ROME code that the interface does not know is answered by an error
that holds ``FiltreErreurSldng``: nothing is published for it. Hires (``stat-embauches``) are not
asked for: the documentation at hand does not say their nomenclature.
"""

import functools
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import requests

from observatory.errors import InputError
from observatory.geography.cog import DEPARTMENTS
from observatory.metadata.cards import Card
from observatory.settings import EPCI_SIREN, Settings
from sources.addresses import Where
from sources.france_travail.client import FranceTravail, remembered
from sources.web import HALVES, parsed, refusal

# indicator → its nomenclature, and the period it is published for
INDICATORS = {
    "stat-offres": ("ORIGINEOFF", "TRIMESTRE"),
    "stat-demandeurs": ("CATCAND", "TRIMESTRE"),
    "stat-perspective-employeur": ("TYPE_TENSION", "ANNEE"),
}
UNKNOWN_ROME = "FiltreErreurSldng"


def territories(settings: Settings, where: Where) -> list[tuple[str, str]]:
    """Kinds and codes as the interface names them: France, régions, départements, bassins, EPCI.

    For the whole of France, the country and its régions: each place costs some 1 600 calls.
    """
    regions = sorted({DEPARTMENTS[d][1] for d in where.departments if d in DEPARTMENTS})
    if settings.territory == "FR":
        return [("NAT", "FR"), *(("REG", code) for code in regions)]
    return [
        ("NAT", "FR"),
        *(("REG", code) for code in regions),
        *(("DEP", code) for code in where.departments),
        *(("BASBMO", code) for code in where.bassins),
        *([("EPCI", settings.territory)] if EPCI_SIREN.match(settings.territory) else []),
    ]


def collect(
    card: Card,
    settings: Settings,
    where: Where,
    rome_codes: list[str],
    folder: Path,
    target: Path,
) -> int:
    """Write all records to ``target``; how many. ``folder`` keeps answers until all are there.

    Raises InputError where the interface refuses, or answers in another form.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with FranceTravail(card, settings) as client:
        records = [
            record
            for body, indicator in _questions(settings, where, rome_codes)
            for record in remembered(
                folder,
                {**body, "indicator": indicator},
                functools.partial(_ask, client, indicator, body),
            )
        ]
    target.write_text(json.dumps(records, ensure_ascii=False), "utf-8", HALVES)
    shutil.rmtree(folder)
    return len(records)


def _questions(
    settings: Settings, where: Where, rome_codes: list[str]
) -> Iterator[tuple[dict[str, str], str]]:
    for kind, code in territories(settings, where):
        for rome in rome_codes:
            for indicator, (nomenclature, period) in INDICATORS.items():
                body = {
                    "codeTypeTerritoire": kind,
                    "codeTerritoire": code,
                    "codeTypeActivite": "ROME",
                    "codeActivite": rome,
                    "codeTypePeriode": period,
                    "codeTypeNomenclature": nomenclature,
                }
                yield body, indicator


def _ask(client: FranceTravail, indicator: str, body: dict[str, str]) -> list[dict[str, Any]]:
    answer = client.ask("POST", client.address.url + indicator, json=body)
    if answer.status_code != requests.codes.ok:
        if UNKNOWN_ROME.encode() in answer.content:
            return []
        raise InputError(refusal(client.card.key, answer))
    found = parsed(answer, client.card.key)
    values = found.get("listeValeursParPeriode") if isinstance(found, dict) else None
    if not isinstance(values, list) or not all(isinstance(value, dict) for value in values):
        msg = (
            f"{client.card.key}: an answer without “listeValeursParPeriode”: the interface changed."
        )
        raise InputError(msg)
    plain = (str, int, float, bool, type(None))
    return [
        {"indicateur": indicator, **{k: v for k, v in value.items() if isinstance(v, plain)}}
        for value in values
    ]
