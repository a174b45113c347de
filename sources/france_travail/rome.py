"""Codes and labels of ROME 4.0, as one list of records.

Source: France Travail, API ROME 4.0 – Métiers v1, one call a second.
"""

import json
from pathlib import Path

import requests

from observatory.errors import InputError
from observatory.metadata.cards import Card
from observatory.settings import Settings
from sources.france_travail.client import FranceTravail
from sources.web import HALVES, parsed, refusal

FIELDS = {"champs": "code,libelle"}


def list_codes(card: Card, settings: Settings, target: Path) -> Path:
    """Write all codes to ``target``; InputError where something else than a list comes."""
    with FranceTravail(card, settings) as client:
        answer = client.ask("GET", client.address.url, params=FIELDS)
    if answer.status_code != requests.codes.ok:
        raise InputError(refusal(card.key, answer))
    found = parsed(answer, card.key)
    if not isinstance(found, list) or not found or not all(isinstance(r, dict) for r in found):
        msg = f"{card.key}: no list of codes came: the interface changed."
        raise InputError(msg)
    target.write_text(json.dumps(found, ensure_ascii=False), "utf-8", HALVES)
    return target
