"""Contracts of what could be built on: brownfields and candidates."""

from assets.declaring import table
from assets.land.contracts.inputs import (
    BROWN,
    CADASTRE,
    COMMUNES,
    LOCAL,
    PERIMETERS,
    PERIOD,
    UNIT_SOURCES,
    shape,
)
from observatory.land.candidates import CRITERIA
from observatory.metadata import units
from observatory.metadata.columns.land import NO_NAME, NOT_KNOWN
from observatory.metadata.columns.making import (
    area,
    code,
    count,
    date,
    metres,
    number,
    rank,
    share,
    text,
)
from observatory.metadata.columns.registry import optional, vary
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

BROWNFIELDS = table(
    "land_brownfields",
    title_fr="Friches recensées",
    title_en="Listed brownfields",
    grain_fr="Une ligne par friche du territoire",
    grain_en="One row per brownfield of the territory",
    key=("brownfield_id",),
    columns=(
        code("brownfield_id", "Identifiant", "Identifiant de la source.", "Source identifier."),
        text("brownfield_name", "Nom", "Nom de la friche.", "Name of the brownfield.", NO_NAME),
        "commune_code commune_label",
        code(
            "brownfield_source_key",
            "Source",
            "Inventaire local ou Cartofriches.",
            "Local inventory or Cartofriches.",
        ),
        code(
            "brownfield_type",
            "Type",
            "Type au sens du standard CNIG Friches.",
            "Type in the CNIG standard on brownfields.",
            NOT_KNOWN,
        ),
        code(
            "brownfield_status",
            "Statut",
            "Potentielle, sans projet, avec projet, reconvertie.",
            "Potential, without project, with project, reconverted.",
            NOT_KNOWN,
            allowed=("potential", "without_project", "with_project", "reconverted"),
        ),
        code(
            "soil_pollution",
            "Pollution du sol",
            "Selon la source.",
            "As the source says.",
            NOT_KNOWN,
        ),
        count(
            "building_count",
            "Bâtiments",
            "Nombre de bâtiments.",
            "Number of buildings.",
            NOT_KNOWN,
            unit=units.BUILDINGS,
        ),
        area(
            "declared_area_m2",
            "Surface déclarée",
            "Surface selon la source.",
            "Area as the source says.",
            NOT_KNOWN,
        ),
        optional(
            "parcel_ids",
            Text(fr="la source ne nomme pas de parcelle", en="the source names no parcel"),
        ),
        vary(
            "site_id",
            null_means=Text(
                fr="la friche n'est dans aucun site économique",
                en="the brownfield lies in no economic site",
            ),
            pattern=None,
        ),
        date(
            "updated_date",
            "Actualisation",
            "Jour de l'actualisation.",
            "Day of the update.",
            NOT_KNOWN,
        ),
        "is_fictitious",
        shape("Point de la friche.", "Point of the brownfield."),
    ),
    one_of_each=(BROWN,),
    optional_sources=(*PERIMETERS, *COMMUNES),
    reference_period=Text(fr="Jour de l'édition de la source", en="Day of the source's edition"),
    publish_level="public",
    secrecy="no_figures_on_firms",
    geometry_type="Point",
    caveats=("partial_coverage",),
    may_be_empty=True,
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
            "Surface en jeu, nette d'interdit.",
            "Area at stake, net of what is forbidden.",
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
    ),
    reference_period=PERIOD,
    publish_level="public",
    secrecy=(Secrecy(basis="sales", derived=("price_score", "candidate_score")),),
    may_be_empty=True,
)
