"""Contract of job seekers by commune."""

from assets.labour.contracts.occupations import OPEN_LICENCE
from observatory.metadata.columns import (
    COMMUNE_CODE,
    COMMUNE_LABEL,
    IS_FICTITIOUS,
    IS_IN_TERRITORY,
    count,
    optional,
    share,
)
from observatory.metadata.tables import Column, Table

MONTH = Column(
    name="month_date",
    kind="date",
    label="Mois",
    fr="Premier jour du mois ; les demandeurs sont comptés à sa fin.",
    en="First day of the month; job seekers are counted at its end.",
    sensitive=False,
)
JOB_SEEKERS = count(
    "job_seeker_count",
    "job seekers, rounded to 10",
    "Demandeurs d'emploi",
    "Demandeurs d'emploi en fin de mois, arrondis à la dizaine par le producteur.",
    "Job seekers at the end of the month, rounded to ten by the producer.",
)

JOB_SEEKERS_BY_COMMUNE = Table(
    name="labour_job_seekers_by_commune",
    theme="labour",
    title_fr="Demandeurs d'emploi par commune de plus de 5 000 habitants",
    title_en="Job seekers by commune above 5 000 inhabitants",
    grain="One row per commune and month",
    key=("commune_code", "month_date"),
    columns=(
        COMMUNE_CODE,
        optional(COMMUNE_LABEL, "the list of communes does not hold this code"),
        MONTH,
        JOB_SEEKERS,
        optional(IS_IN_TERRITORY, "the list of communes does not hold this code"),
        share(
            "territory_population_covered_pct",
            "Population du territoire couverte",
            "Part de la population du territoire vivant dans une commune qui a un chiffre ce mois.",
            "Share of the territory's population in a commune with a figure for that month.",
            "the list of communes or of EPCI was not handed over",
        ),
        IS_FICTITIOUS,
    ),
    sources=("france_travail/job_seekers",),
    optional_sources=("etalab/communes", "etalab/epci", "insee/commune_changes"),
    licence=OPEN_LICENCE,
    reference_period="End of each month",
    publish_level="public",
    secrecy="published_by_producer",
    caveats=("rounded", "partial_coverage"),
)
