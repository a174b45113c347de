"""Contract of job seekers by commune."""

from assets.declaring import table
from observatory.metadata.columns.making import share
from observatory.metadata.columns.registry import optional
from observatory.metadata.texts import Text

NO_COMMUNE = Text(
    fr="la liste des communes ne contient pas ce code",
    en="the list of communes does not hold this code",
)

JOB_SEEKERS_BY_COMMUNE = table(
    "labour_job_seekers_by_commune",
    title_fr="Demandeurs d'emploi par commune de plus de 5 000 habitants",
    title_en="Job seekers by commune above 5 000 inhabitants",
    grain_fr="Une ligne par commune et mois",
    grain_en="One row per commune and month",
    key=("commune_code", "month_date"),
    columns=(
        "commune_code",
        optional("commune_label", NO_COMMUNE),
        "month_date job_seeker_count",
        optional("is_in_territory", NO_COMMUNE),
        share(
            "territory_population_covered_pct",
            "Population du territoire couverte",
            "Part de la population du territoire vivant dans une commune qui a un chiffre ce mois.",
            "Share of the territory's population in a commune with a figure for that month.",
            Text(
                fr="la liste des communes ou des EPCI n'a pas été fournie",
                en="the list of communes or of EPCI was not handed over",
                without=(("etalab/communes",), ("etalab/epci",)),
            ),
        ),
        "is_fictitious",
    ),
    sources=("france_travail/job_seekers",),
    optional_sources=("etalab/communes", "etalab/epci", "insee/commune_changes"),
    reference_period=Text(fr="Fin de chaque mois", en="End of each month"),
    publish_level="public",
    secrecy="published_by_producer",
    caveats=("rounded", "partial_coverage"),
)
