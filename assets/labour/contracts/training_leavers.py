"""Contract of what became of those who left a professional training."""

from assets.declaring import table
from observatory.metadata.columns.making import code, share, text, year
from observatory.metadata.tables import Column
from observatory.metadata.texts import Text

NOT_PUBLISHED = Text(
    fr="non publié par le producteur : trop peu de sortants, ou pas encore observé",
    en="not published by the producer: too few leavers, or not observed yet",
)
OUTSIDE = Text(
    fr="l'identifiant n'est celui d'aucun département", en="the identifier is of no département"
)


def _employed(months: int) -> Column:
    return share(
        f"employed_{months}_months_pct",
        f"Part en emploi à {months} mois",
        f"Part des sortants en emploi salarié en France {months} mois après la sortie, telle que "
        "publiée : sortants seulement, emploi privé pour l'essentiel.",
        f"Share of leavers in salaried employment in France {months} months after they left, as "
        "published: of leavers alone, mostly private employment.",
        NOT_PUBLISHED,
    )


TRAINING_LEAVERS = table(
    "labour_training_leavers",
    title_fr="Devenir des sortants de la voie professionnelle, par établissement et formation",
    title_en="What became of leavers of professional training, by establishment and training",
    grain_fr="Une ligne par établissement, formation et couple de promotions",
    grain_en="One row per establishment, training and pair of cohorts",
    key=("school_code", "training_code", "last_cohort_year"),
    columns=(
        code(
            "school_code",
            "UAI",
            "Unité administrative immatriculée : l'établissement de formation.",
            "Identifier of the training establishment (UAI).",
            pattern=r"^\d{7}[A-Z]$",
        ),
        text(
            "school_name",
            "Établissement",
            "Nom de l'établissement, tel que publié.",
            "Name of the establishment, as published.",
        ),
        code(
            "school_department_code",
            "Département de l'établissement",
            "Département où l'établissement est immatriculé, lu dans son identifiant.",
            "Département where the establishment is registered, read in its identifier.",
            OUTSIDE,
            pattern=r"^(?:\d{2}|2[AB]|97[1-6])$",
        ),
        text(
            "diploma_label",
            "Diplôme",
            "Type de diplôme : CAP, BAC PRO, BTS, mention complémentaire…",
            "Kind of diploma: CAP, BAC PRO, BTS, mention complémentaire…",
        ),
        code(
            "training_code",
            "Code de la formation",
            "Formation dans la nomenclature MEFSTAT à onze caractères ; ce n'est ni un code RNCP "
            "ni un métier.",
            "Training in the MEFSTAT nomenclature of eleven characters: neither an RNCP code nor "
            "an occupation.",
            pattern=r"^[0-9A-Z]{11}$",
        ),
        text(
            "training_label",
            "Formation",
            "Intitulé de la formation, tel que publié.",
            "Title of the training, as published.",
        ),
        year(
            "first_cohort_year",
            "Première promotion",
            "Année de sortie de la première des deux promotions réunies.",
            "Year in which the first of the two cohorts left.",
        ),
        year(
            "last_cohort_year",
            "Dernière promotion",
            "Année de sortie de la dernière des deux promotions réunies.",
            "Year in which the last of the two cohorts left.",
        ),
        share(
            "continuing_share_pct",
            "Part en poursuite d'études",
            "Part des élèves de dernière année encore en formation l'année suivante, telle que "
            "publiée.",
            "Share of those in their last year who are still in training the year after, as "
            "published.",
            NOT_PUBLISHED,
        ),
        *(_employed(months) for months in (6, 12, 18, 24)),
        "is_fictitious",
    ),
    sources=("depp/training_leavers",),
    reference_period=Text(
        fr="Deux promotions réunies, dites à chaque ligne", en="Two cohorts together, in each row"
    ),
    publish_level="public",
    secrecy="published_by_producer",
    caveats=("aggregation_hazard",),
    may_be_empty=True,
)
