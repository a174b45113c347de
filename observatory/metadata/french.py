"""How codes and figures are written for French readers, on pages, maps and in print."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import polars as pl

from observatory.metadata.french_roadmap import ROADMAP_VALUES
from observatory.metadata.tables import Column, suppression_mark
from observatory.metadata.units import EUR_PER_M2

UNKNOWN_FR = "inconnu"
HIDDEN_FR = "masqué (secret)"
NARROW, UNBROKEN = "\u202f", "\u00a0"
UNDATED_FR = "millésime inconnu"
# editions in a row that are written as a span, and the most parts of one that are listed
LEAST_RUN, MOST_PARTS = 3, 12
# where a line may not be broken: before high punctuation, inside « », between a figure and its unit
TYPESET = (
    (re.compile(r" (?=[;!?])"), NARROW),
    (re.compile(r" (?=[:»%])|(?<=«) |(?<=\d) (?=(?:ha|m²|m|km|€|ans?|années?|euros)\b)"), UNBROKEN),
    (re.compile(r"(?<=[^\W\d_])'(?=[^\W\d_])"), "\u2019"),
)
VALUES: dict[str, dict[str, str]] = {
    **ROADMAP_VALUES,
    "territory_level": {
        "country": "France",
        "region": "région",
        "department": "département",
        "departments": "départements réunis",
        "epci": "EPCI",
        "bassin": "bassin d'emploi",
        "employment_zone": "zone d'emploi",
        "commune": "commune",
    },
    "place_level": {
        "site": "site",
        "pole": "pôle de sites",
        "commune": "commune",
        "territory": "territoire",
    },
    "lacking": {
        "people_and_land": "personnes et foncier",
        "people": "personnes",
        "land": "foncier",
        "neither": "ni l'un ni l'autre",
    },
    "missing_demand_reason": {
        "secrecy": "variation masquée par le secret statistique",
        "no_trend": "tendance inconnue",
        "no_density": "hectares par emploi inconnus",
    },
    "tension_evidence": {
        "measured": "mesurée ici",
        "imputed": "imputée par le producteur",
        "wider_territory": "d'un territoire plus large",
        "none": "aucune",
    },
    "fap_nomenclature": {"fap_2021": "FAP 2021", "fap_2009": "FAP 2009"},
    "bridge_rule": {
        "same_title": "même intitulé",
        "every_link": "mêmes codes ROME et qualifications",
    },
    "seasonal_adjustment": {
        "raw": "données brutes",
        "adjusted": "données CVS",
        "not_stated": "brutes ou CVS : non précisé",
    },
    "count_evidence": {
        "published": "publié pour la commune",
        "summed": "somme des communes fusionnées",
        "partial": "non retenu (une partie de la commune fusionnée manque)",
        "contradictory": "non retenu (chiffres contradictoires)",
    },
    "imputed_from": {
        "parent": "déduit : métier parent",
        "wider": "déduit : territoire plus large",
        "either": "déduit : métier parent ou territoire plus large, les deux conviennent",
        "unknown": "non déduit : ni le métier parent ni un territoire plus large",
    },
    "list_status": {
        "to_come": "à venir",
        "in_force": "en vigueur",
        "superseded": "remplacée",
    },
    "larger_volume": {
        "offers": "plus d'offres",
        "job_seekers": "plus de demandeurs",
        "equal": "autant",
    },
    "missing_volume_reason": {
        "unsplit": "un code ROME du métier n'est pas réparti entre ses métiers",
        "unpublished": "un code ROME du métier n'a pas de valeur publiée",
        "unseen": "les offres vues sous ses codes ROME vont toutes à d'autres métiers",
        "no_record": "la source n'a rien sur ce métier",
    },
    "volume_absence": {
        "unsplit": "un code ROME n'est pas réparti",
        "unpublished": "un code ROME n'est pas publié",
        "unseen": "ses codes ROME vont à d'autres métiers",
    },
    "mobility": {
        "near": "proche",
        "upward": "si évolution",
    },
    "occupation_state": {
        "occupied": "occupée",
        "vacant": "vacance présumée",
        "free": "inoccupé (présumé)",
        "undetermined": "indéterminée",
        "common_area": "voirie et espaces communs",
    },
    "occupation_confidence": {
        "surveyed": "vue ou déclarée",
        "high": "haute",
        "medium": "moyenne",
        "low": "faible",
        "none": "aucune",
    },
    "occupation_evidence": {
        "survey": "enquête de terrain",
        "declaration": "déclaration",
        "epci_inventory": "inventaire de l'EPCI",
        "active_establishment_on_the_parcel": "établissement actif à la parcelle",
        "active_establishment_near_or_probable": "établissement actif à l'adresse probable",
        "active_establishment_in_the_street": "établissement actif dans la rue",
        "closed_establishment": "dernier établissement fermé depuis plus de deux ans",
        "closed_establishment_and_brownfield": "établissement fermé et friche recensée",
        "brownfield": "friche recensée",
        "neither_building_nor_establishment": "ni bâtiment ni établissement",
        "closed_but_activity_outside_cfe_possible": "fermé, activité hors CFE possible",
        "closed_but_active_establishment_in_the_street": "fermé, mais un actif dans la rue",
        "no_evidence_that_decides": "aucun indice qui décide",
        "buildings_not_known": "bâti inconnu, sans établissement placé",
        "narrow_public_ground_without_building": "terrain public étroit et sans bâtiment",
        "register_not_known": "répertoire des établissements non fourni",
        "owner_not_known": "terrain étroit et sans bâtiment, propriétaires non fournis",
    },
    "inventory_stage": {
        "not_known": "non communiquée",
        "started": "inventaire lancé",
        "consulted": "consultation ouverte",
        "decided": "inventaire arrêté",
    },
    "due_basis": {
        "decision": "l'arrêté (six ans)",
        "law": "la loi (24 août 2029)",
    },
    "unit_change": {
        "kept": "conservée",
        "reshaped": "emprise modifiée",
        "cut": "divisée",
        "joined": "réunie",
        "recut": "redécoupée",
        "new": "nouvelle",
        "gone": "disparue",
        "not_followed": "non suivie (cadastre non fourni)",
    },
    "missing_supply_reason": {
        "no_site": "aucun site économique connu dans la commune",
        "parcels_below_floor": "cadastre fourni pour une trop petite part des sites",
        "register_missing": "répertoire des établissements (Sirene) non fourni",
        "buildings_missing": "bâtiments du cadastre non fournis partout",
        "brownfields_missing": "liste de friches non fournie : offre haute inconnue",
    },
    "missing_years_reason": {
        "supply_unknown": "offre inconnue",
        "consumption_below_floor": "consommation fournie pour trop peu de communes ou d'années",
        "little_consumed": "moins de 1 ha consommé en dix ans",
        "no_demand": "demande non chiffrée",
    },
    "missing_benchmark_reason": {
        "consumption_below_floor": "consommation fournie pour trop peu de communes",
        "decade_incomplete": "les dix années 2011-2020 ne sont pas toutes fournies",
    },
    "missing_price_reason": {
        "sales_below_floor": "ventes fournies pour trop peu de communes de l'EPCI",
    },
    "missing_density_reason": {
        "parcels_below_floor": "cadastre fourni pour une trop petite part des sites",
    },
    "constraint_outcome": {
        "forbidden": "interdit",
        "conditional": "sous conditions",
        "none_known": "aucune connue",
        "undetermined": "indéterminée",
    },
    "owner_category": {
        "state": "État",
        "region": "région",
        "department": "département",
        "commune": "commune",
        "epci": "intercommunalité",
        "public_establishment": "établissement public",
        "mixed_economy_company": "SEM ou SPLA",
        "social_housing": "organisme de logement social",
        "operating_company": "entreprise (d'après son activité)",
        "property_investor": "investisseur (location, finance, assurance)",
        "developer": "promoteur ou aménageur",
        "property_manager": "gestionnaire immobilier",
        "commercial_company": "société commerciale, activité inconnue ou holding",
        "civil_company": "société civile",
        "association": "association",
        "co_ownership": "copropriété",
        "other_legal_person": "personne morale, sans autre précision",
        "several_owners": "plusieurs propriétaires",
        "natural_persons_or_unknown": "personne physique ou inconnu",
    },
    "reserve_kind": {
        "au_open": "zones AU ouvertes",
        "au_closed": "zones AU fermées",
        "brownfield": "friches hors des sites",
    },
    "planning_zone_kind": {
        "economic_open": "zone d'activité du plan (U, AU ouverte)",
        "economic_closed": "zone d'activité à ouvrir (AU fermée)",
        "zoning_unknown": "zonage non fourni",
        "risk_forbidden": "interdit (zone rouge)",
        "risk_conditional": "sous conditions (zone bleue)",
        "risk_unknown": "non connu : plan non fourni, sans tracé, ou règle inconnue",
    },
    "opening_procedure": {
        "none": "aucune : la zone est ouverte",
        "plan_change": "changement du plan",
        "revision_unless_acquired": "révision (fermée depuis plus de six ans), sauf acquisitions "
        "foncières significatives",
    },
    "jobs_check": {
        "plausible": "plausible",
        "more_jobs_than_employees": "plus d'emplois placés que de salariés",
    },
    "brownfield_status": {
        "potential": "friche potentielle",
        "without_project": "friche sans projet",
        "with_project": "friche avec projet",
        "reconverted": "friche reconvertie",
    },
    "market": {
        "land": "terrain",
        "premises_under_300_m2": "local de moins de 300 m²",
        "premises_300_to_1000_m2": "local de 300 à 1 000 m²",
        "premises_over_1000_m2": "local de plus de 1 000 m²",
    },
    "land_nature": {
        "AB": "terrains à bâtir",
        "AG": "terrains d'agrément",
        "B": "bois",
        "BF": "futaies feuillues",
        "BM": "futaies mixtes",
        "BO": "oseraies",
        "BP": "peupleraies",
        "BR": "futaies résineuses",
        "BS": "taillis sous futaie",
        "BT": "taillis simples",
        "CA": "carrières",
        "CH": "chemin de fer",
        "E": "eaux",
        "J": "jardins",
        "L": "landes",
        "LB": "landes boisées",
        "P": "prés",
        "PA": "pâtures",
        "PC": "pacages",
        "PE": "prés d'embouche",
        "PH": "herbages",
        "PP": "prés plantés",
        "S": "sols",
        "T": "terres",
        "TP": "terres plantées",
        "VE": "vergers",
        "VI": "vignes",
        "unknown": "nature inconnue",
        "none": "sans objet (local)",
    },
    "perimeter_scope": {
        "all_sites": "tous les sites",
        "without_port_airport_large": "sans port, aéroport ni très grand site",
    },
    "demand_scenario": {
        "past_consumption": "rythme d'extension moyen",
        "past_consumption_slowest": "rythme d'extension le plus lent",
        "past_consumption_fastest": "rythme d'extension le plus rapide",
        "jobs": "emplois attendus",
        "stated_target": "objectif énoncé dans le débat",
    },
    "severity": {
        "error": "erreur",
        "warning": "avertissement",
        "notice": "note",
    },
    "responsible": {
        "producer": "producteur",
        "observatory": "observatoire",
    },
    "cadence": {
        "daily": "chaque jour",
        "monthly": "chaque mois",
        "quarterly": "chaque trimestre",
        "yearly": "chaque année",
        "irregular": "sans rythme fixe",
    },
    "origin": {
        "sample": "scénario fictif",
        "handed_over": "remis à la main",
        "fetched": "récupéré chez le producteur",
    },
    "theme": {
        "geography": "Géographie",
        "labour": "Métiers",
        "land": "Foncier",
        "crossing": "Métiers et foncier",
        "roadmap": "Feuille de route",
        "quality": "Qualité",
    },
}
# the same states, of an earlier inventory and of today
VALUES |= dict.fromkeys(("former_state", "current_state"), VALUES["occupation_state"])
VALUES["former_confidence"] = VALUES["occupation_confidence"]


# what somebody saw is not presumed
SEEN_FR = {"occupied": "occupée", "vacant": "vacante", "free": "inoccupée"}


def french_state(state: str, confidence: str) -> str:
    """What readers call the state of a unit: presumed, unless somebody saw it."""
    seen = SEEN_FR if confidence == "surveyed" else {}
    return seen.get(state) or VALUES["occupation_state"][state]


def french_value(column: str, code: str | None) -> str:
    """What readers call a code of a column; « inconnu » where there is none."""
    return UNKNOWN_FR if code is None else VALUES[column][code]


def written(value: float, digits: int = 0) -> str:
    """A number as it is written in French."""
    return f"{value:,.{digits}f}".replace(",", NARROW).replace(".", ",")


def typeset(text: str) -> str:
    """A text as print sets it in French: unbreakable spaces, and the apostrophe of print."""
    for pattern, sign in TYPESET:
        text = pattern.sub(sign, text)
    return text


def write_editions(vintages: Iterable[str | None]) -> str:
    """Every edition of a source, with its parts: 2022 à 2025 ; 2026 (13, 83, 84)."""
    parts: dict[str, set[str]] = {}
    for vintage in vintages:
        edition, _, part = (vintage or UNDATED_FR).partition(".")
        if not _is_year(edition):  # 4.60 is a version, not a part of it
            edition, part = vintage or UNDATED_FR, ""
        parts.setdefault(edition, set()).update({part} - {""})
    editions = sorted(parts)
    years = [int(e) for e in editions if _is_year(e)]
    in_a_row = years == list(range(years[0], years[0] + len(editions))) if years else False
    if in_a_row and len(editions) >= LEAST_RUN and not any(parts.values()):
        return f"{editions[0]} à {editions[-1]}"
    return ", ".join(_write_edition(edition, sorted(parts[edition])) for edition in editions)


def _is_year(edition: str) -> bool:
    return edition.isdecimal() and len(edition) == len("2026")


def _write_edition(edition: str, parts: Sequence[str]) -> str:
    if not parts:
        return edition
    listed = ", ".join(parts) if len(parts) <= MOST_PARTS else f"{written(len(parts))} parties"
    return f"{edition} ({listed})"


def alphabetical(column: str) -> pl.Expr:
    """Key by which a French reader looks a name up: Éguilles comes before Fos.

    An article counts, as it is written: Les Pennes-Mirabeau comes after Lambesc.
    """
    bare = pl.col(column).str.normalize("NFKD").str.replace_all(r"\p{M}", "")
    letters = bare.str.to_lowercase().str.replace_all("œ", "oe", literal=True)
    return letters.str.replace_all("[-'\u2019]", " ")


def looked_up(name: str) -> str:
    """What a French reader looks one name up by, as ``alphabetical`` does those of a column."""
    bare = unicodedata.normalize("NFKD", name)
    letters = "".join(c for c in bare if not unicodedata.combining(c)).lower().replace("œ", "oe")
    return re.sub("[-'\u2019]", " ", letters)


def digits_of(column: Column) -> int:
    """How many decimals a figure is read with; none of a count, nor of a price per m²."""
    return 1 if column.kind == "number" and column.unit != EUR_PER_M2 else 0


def scale_of(column: Column) -> float:
    """What a figure is multiplied by to be read: areas in m² are read in hectares."""
    return column.unit.scale if column.unit else 1


def unit_of(column: Column) -> str | None:
    """The unit a figure is read in; None for a count, whose label names what is counted."""
    if column.unit is None or column.kind == "integer":
        return None
    if column.unit == EUR_PER_M2:
        return "€/m²"
    return column.unit.short or column.unit.fr


def unknown_of(column: Column) -> str:
    """What a missing value of a column means."""
    return column.null_means.fr if column.null_means else UNKNOWN_FR


OF_REGISTER = [
    "occupied_ha",
    "vacant_ha",
    "free_ha",
    "deferred_ha",
    "permitted_ha",
    "supply_central_ha",
    "supply_high_ha",
    "central_low_confidence_ha",
    "occupied_unit_count",
    "vacant_unit_count",
    "free_unit_count",
    "vacancy_share_low_pct",
    "vacancy_share_high_pct",
    "conditional_ha",
    "unknown_constraint_ha",
    "extension_free_ha",
    "compared_central_ha",
    "compared_high_ha",
]
OF_GROUND = (
    *OF_REGISTER,
    *[
        "brownfield_ha",
        "densifiable_ha",
        "undetermined_ha",
        "common_area_ha",
        "forbidden_ha",
        "permitted_ha",
        "supply_low_ha",
        "unit_count",
        "undetermined_unit_count",
        "surveyed_unit_count",
        "compared_low_ha",
        "area_ha",
    ],
)
# of which columns a reason beside them says why they are blank
WHY_BLANK: dict[str, dict[str, Sequence[str]]] = {
    "missing_supply_reason": {
        "no_site": OF_GROUND,
        "parcels_below_floor": OF_GROUND,
        "register_missing": OF_REGISTER,
        "buildings_missing": ("free_ha", "supply_central_ha", "supply_high_ha", "densifiable_ha"),
        "brownfields_missing": ("brownfield_ha", "supply_high_ha"),
    },
    "missing_years_reason": dict.fromkeys(
        VALUES["missing_years_reason"], ("years_central", "extension_years")
    ),
    "missing_benchmark_reason": dict.fromkeys(
        VALUES["missing_benchmark_reason"], ("reference_consumed_ha", "allowed_2021_2030_ha")
    ),
}


def blank_of(column: Column, row: Mapping[str, Any]) -> str:
    """What the blank of a column in a row means: secrecy, the reason beside it, or what null does.

    A reason is a code in a column of its own (``WHY_BLANK``).
    """
    if row.get(suppression_mark(column.name)):
        return HIDDEN_FR
    for name, blanks in WHY_BLANK.items():
        reason = row.get(name)
        if reason is not None and column.name in blanks.get(reason, ()):
            return VALUES[name][reason]
    return unknown_of(column)
