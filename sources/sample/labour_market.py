"""Invented quarterly volumes in the shape of « Marché du travail »."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from sources.sample.nomenclatures import ORPHAN, rome_children
from sources.sample.world import FICTITIOUS, SAMPLE_EPCI, bassins, generator, reference

QUARTERS = ("2025T2", "2026T1", "2026T2")
TENSIONS = (
    "PERSPECTIVE",
    "INT_EMB",
    "MAIN_OEUVRE",
    "COND_TRAVAIL",
    "DUR_EMPL",
    "MISMATCH_GEO",
    "SPECIF_FORM_EMPL",
    "ATTR_SALARIALE",
)
ROUNDED_TO = 10
UNPUBLISHED_SHARE = 0.03
# the one bassin of Bouches-du-Rhône outside the Métropole
ARLES = "9329"


def write_labour_market(folder: Path) -> list[tuple[Path, str]]:
    """Offers and job seekers of three quarters by ROME 4.0; one value in thirty is hidden."""
    rng = generator("labour-market")
    codes = [*reference("rome")["rome_code"], *rome_children()["rome_code"], ORPHAN]
    # about as many of category A as offers in all; each occupation has more of one or of the other
    seekers = 0.7 * generator("labour-market", "seekers").lognormal(0, 0.9, len(codes))
    records: list[dict[str, Any]] = []
    for (kind, place), size in _sizes(len(codes)).items():
        for indicator, nomenclature, more in (
            ("stat-offres", "TOFF", 1.0),
            ("stat-demandeurs", "A", seekers),
        ):
            for at, quarter in enumerate(QUARTERS):
                drift = 1 + 0.05 * at + 0.1 * rng.standard_normal(len(codes))
                values = np.maximum(size * more * drift, 0)
                hidden = rng.random(len(codes)) < UNPUBLISHED_SHARE
                records += [
                    {
                        "indicateur": indicator,
                        "codeTypeTerritoire": kind,
                        "codeTerritoire": place,
                        "codeTypeActivite": "ROME",
                        "codeActivite": code,
                        "codeNomenclature": nomenclature,
                        "codeTypePeriode": "TRIMESTRE",
                        "codePeriode": quarter,
                        "valeurPrincipaleNombre": None if blank else _rounded(value),
                    }
                    for code, value, blank in zip(codes, values, hidden, strict=True)
                ]
        records += _tensions(kind, place, codes[::4], rng)
    path = folder / f"marche-travail-2026-{FICTITIOUS}.json"
    path.write_text(json.dumps(records), "utf-8")
    return [(path, "2026")]


def _sizes(codes: int) -> dict[tuple[str, str], np.ndarray]:
    """Offers of each code in each place: a territory has at least what its parts have."""
    rng = generator("labour-market", "sizes")
    # some 50 offers a quarter for 1 000 people: 100 000 in Bouches-du-Rhône, 3 million in France
    common = rng.lognormal(1.3, 1, codes)

    def drawn(thousand_people: float) -> np.ndarray:
        return common * rng.lognormal(0, 0.3, codes) * thousand_people / 100

    local = bassins().filter(bassins()["department_code"] == "13").sort("bassin_code")
    people = local.select("bassin_code", "population_count").iter_rows()
    parts = {code: drawn(count / 1_000) for code, count in people}
    departments = {"13": sum(parts.values()), "83": drawn(1_100), "84": drawn(560)}
    region = sum(departments.values()) + drawn(1_500)
    return {
        ("NAT", "FR"): region + drawn(60_000),
        ("REG", "93"): region,
        **{("DEP", code): size for code, size in departments.items()},
        ("EPCI", SAMPLE_EPCI): sum(size for code, size in parts.items() if code != ARLES),
        **{("BASBMO", code): size for code, size in parts.items()},
    }


def _tensions(
    kind: str, place: str, codes: list[str], rng: np.random.Generator
) -> list[dict[str, Any]]:
    """Classes from 1 to 5 of the main index and its factors, for one ROME code in four."""
    return [
        {
            "indicateur": "stat-perspective-employeur",
            "codeTypeTerritoire": kind,
            "codeTerritoire": place,
            "codeTypeActivite": "ROME",
            "codeActivite": code,
            "codeNomenclature": tension,
            "codeTypePeriode": "ANNEE",
            "codePeriode": "2025",
            "valeurPrincipaleNombre": int(rng.integers(1, 6)),
        }
        for code in codes
        for tension in TENSIONS
    ]


def _rounded(value: float) -> int:
    return round(value / ROUNDED_TO) * ROUNDED_TO


WRITERS = {"france_travail/labour_market": write_labour_market}
