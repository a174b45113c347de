"""Contract of the candidates: what could be built on."""

from assets.declaring import table
from assets.land.contracts.inputs import (
    CADASTRE,
    LOCAL,
    PERIMETERS,
    PERIOD,
    UNIT_SOURCES,
)
from observatory.land.candidates import CRITERIA
from observatory.metadata import units
from observatory.metadata.columns.making import (
    area,
    code,
    metres,
    number,
    rank,
    share,
)
from observatory.metadata.tables import Secrecy
from observatory.metadata.texts import Text

CRITERION_FR = {
    "area": "surface",
    "state": "état",
    "access": "accès",
    "zoning": "zonage",
    "risk": "risques",
    "price": "prix",
    "density": "densité",
}
SCORES = tuple(
    number(
        f"{name}_score",
        f"Critère : {CRITERION_FR[name]}",
        f"Note de 0 à 100 du critère {CRITERION_FR[name]}.",
        f"Score from 0 to 100 of the criterion {name}.",
        Text(fr="rien n'est connu de ce critère", en="nothing is known of this criterion"),
        maximum=100,
        unit=units.POINTS,
    )
    for name in CRITERIA
)

CANDIDATES = table(
    "land_candidates",
    title_fr="Fonciers candidats pour la concertation",
    title_en="Candidate land for the consultation",
    grain_fr="Une ligne par unité foncière ayant un potentiel que rien n'interdit",
    grain_en="One row per land unit with a potential that nothing forbids",
    key=("unit_id",),
    columns=(
        "unit_id site_id",
        LOCAL,
        code(
            "potential",
            "Potentiel",
            "Friche, inoccupé (présumé), vacance présumée, ou à examiner (densification).",
            "Brownfield, free, vacant or densifiable.",
            allowed=("brownfield", "free", "vacant", "densifiable"),
        ),
        area(
            "usable_m2",
            "Surface mobilisable",
            "Surface en jeu, nette d'interdit et de ce qui est sous permis.",
            "Area at stake, net of what is forbidden or under a permit.",
        ),
        rank("candidate_rank", "Rang", "1 pour la meilleure note.", "1 for the best score."),
        number(
            "candidate_score",
            "Note",
            "Moyenne pondérée des critères connus.",
            "Weighted mean of the known criteria.",
            Text(fr="rien n'est connu d'aucun critère", en="nothing is known of any criterion"),
            maximum=100,
            unit=units.POINTS,
        ),
        share(
            "reliability_pct",
            "Fiabilité",
            "Part connue des pondérations, abaissée si l'occupation est présumée.",
            "Known share of the weights, lowered where occupation is presumed.",
        ),
        *SCORES,
        "occupation_confidence constraint_outcome road_m",
        metres(
            "stop_m",
            "Distance à un arrêt",
            "Distance à vol d'oiseau à un arrêt de transport en commun.",
            "Distance as the crow flies to a public-transport stop.",
            Text(
                fr="aucun arrêt fourni",
                en="no stop was handed over",
                without=(("transport/stops",),),
            ),
        ),
        "is_fictitious",
    ),
    one_of_each=(PERIMETERS, CADASTRE),
    optional_sources=(
        *PERIMETERS,
        *UNIT_SOURCES,
        "transport/stops",
        "dgfip/dvf_geolocated",
        "dgfip/dvf_raw",
        "sdes/sitadel_premises",
    ),
    reference_period=PERIOD,
    publish_level="public",
    secrecy=(Secrecy(basis="sales", derived=("price_score", "candidate_score")),),
    may_be_empty=True,
)
