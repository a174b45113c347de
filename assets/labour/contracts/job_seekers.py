"""Contract of job seekers by commune."""

from assets.declaring import table
from observatory.metadata.columns.labour import JOB_SEEKER_KIND
from observatory.metadata.columns.making import code, flag, share
from observatory.metadata.columns.registry import optional
from observatory.metadata.texts import Text

NO_COUNT = Text(
    fr="le fichier ne donne qu'une partie d'une commune fusionnée, ou plusieurs chiffres pour la "
    "même commune (count_evidence)",
    en="the file gives but a part of a merged commune, or several counts of one commune "
    "(count_evidence)",
)

JOB_SEEKERS_BY_COMMUNE = table(
    "labour_job_seekers_by_commune",
    title_fr="Demandeurs d'emploi par commune de plus de 5 000 habitants",
    title_en="Job seekers by commune above 5 000 inhabitants",
    grain_fr="Une ligne par commune et mois",
    grain_en="One row per commune and month",
    key=("commune_code", "month_date"),
    columns=(
        "commune_code commune_label month_date",
        optional("job_seeker_count", NO_COUNT),
        JOB_SEEKER_KIND,
        code(
            "count_evidence",
            "Origine du chiffre",
            "published : publié pour la commune ; summed : somme de toutes les parties d'une "
            "commune fusionnée ; partial : une partie manque, pas de chiffre ; contradictory : "
            "plusieurs chiffres pour la commune, aucun n'est retenu.",
            "published: of the commune itself; summed: sum of all parts of a merged commune; "
            "partial: a part is lacking, no count; contradictory: several counts, none is kept.",
            allowed=("published", "summed", "partial", "contradictory"),
        ),
        flag(
            "is_after_series_break",
            "Après la rupture de janvier 2025",
            "Vrai depuis janvier 2025 : l'inscription des bénéficiaires du RSA et les catégories F "
            "et G rompent la série, catégorie A comprise. Aucune évolution ne franchit cette date.",
            "True from January 2025 on: the enrolment of recipients of the RSA and categories F "
            "and G break the series, category A included. No change is told across that date.",
        ),
        "is_in_territory",
        share(
            "territory_population_covered_pct",
            "Population du territoire couverte",
            "Part de la population du territoire vivant dans une commune qui a un chiffre ce mois.",
            "Share of the territory's population in a commune with a figure for that month.",
            Text(
                fr="la liste des EPCI n'a pas été fournie",
                en="the list of EPCI was not handed over",
                without=(("etalab/epci",),),
            ),
        ),
        "is_fictitious",
    ),
    sources=("france_travail/job_seekers", "etalab/communes"),
    optional_sources=("etalab/epci", "insee/commune_changes"),
    reference_period=Text(fr="Fin de chaque mois", en="End of each month"),
    publish_level="public",
    secrecy="published_by_producer",
    caveats=("rounded", "partial_coverage", "break_in_series"),
)
