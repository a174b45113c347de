"""Pay of « Marché du travail » for the territory, all occupations of a place in one call.

Source: France Travail, API Marché du travail v1, ``GET …/salaire-rome-fap/{kind}/{code}`` without
``codeRome``, under the two scopes of the other indicators. Public answers and clients show
``valeursParPeriode[{codeActivite, codePeriode, salaireValeurMontant[{codeNomenclature,
valeurPrincipaleMontant}]}]``; where an amount has no code, its place in the list stands for it.
"""

import functools
import json
import shutil
from pathlib import Path
from typing import Any, TypeGuard

import requests

from observatory.errors import InputError
from observatory.metadata.cards import Card
from observatory.settings import Settings
from sources.addresses import Where
from sources.france_travail.client import FranceTravail, remembered
from sources.france_travail.labour_market import territories
from sources.web import HALVES, parsed, refusal

KINDS = ("NAT", "REG", "DEP")
VALUES, AMOUNTS = "valeursParPeriode", "salaireValeurMontant"


def collect_pay(card: Card, settings: Settings, where: Where, folder: Path, target: Path) -> int:
    """Write one record per amount to ``target``; how many. ``folder`` keeps what came before.

    Raises InputError where the interface refuses, or answers in another form.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    places = [place for place in territories(settings, where) if place[0] in KINDS]
    with FranceTravail(card, settings) as client:
        records = [
            record
            for place in places
            for record in remembered(
                folder, {"pay": "/".join(place)}, functools.partial(_ask, client, *place)
            )
        ]
    target.write_text(json.dumps(records, ensure_ascii=False), "utf-8", HALVES)
    shutil.rmtree(folder)
    return len(records)


def _ask(client: FranceTravail, kind: str, place: str) -> list[dict[str, Any]]:
    answer = client.ask("GET", f"{client.address.url}{kind}/{place}")
    if answer.status_code == requests.codes.no_content:
        return []
    if answer.status_code != requests.codes.ok:
        raise InputError(refusal(client.card.key, answer))
    found = parsed(answer, client.card.key)
    values = found.get(VALUES) if isinstance(found, dict) else None
    if not _are_records(values) or not all(_are_records(v.get(AMOUNTS) or []) for v in values):
        msg = f"{client.card.key}: an answer without “{VALUES}”: the interface changed."
        raise InputError(msg)
    located = {"codeTypeTerritoire": kind, "codeTerritoire": place}
    return [record for value in values for record in _records_of(value, located)]


def _are_records(found: Any) -> TypeGuard[list[dict[str, Any]]]:
    return isinstance(found, list) and all(isinstance(record, dict) for record in found)


def _records_of(value: dict[str, Any], located: dict[str, str]) -> list[dict[str, Any]]:
    """One record per amount of an occupation; a single blank one where none is published."""
    names = ("codeActivite", "libActivite", "codeTypePeriode", "codePeriode")
    told = {**located, **{name: value.get(name) for name in names}}
    return [
        {
            **told,
            "codeNomenclature": amount.get("codeNomenclature") or str(rank),
            "valeurPrincipaleMontant": amount.get("valeurPrincipaleMontant"),
        }
        for rank, amount in enumerate(value.get(AMOUNTS) or [{}], start=1)
    ]
