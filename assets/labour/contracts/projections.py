"""Contract of the projection of jobs by région, « Métiers 2030 »."""

from assets.declaring import table
from observatory.metadata import units
from observatory.metadata.columns.labour import PERIOD
from observatory.metadata.columns.making import code, column, number, text
from observatory.metadata.columns.registry import like
from observatory.metadata.tables import Column
from observatory.metadata.texts import Text

MEASURES = (
    ("base_employment", "Emploi de 2019", "Emploi en 2019", "Jobs in 2019"),
    (
        "job_creation",
        "Emplois créés",
        "Emplois créés (négatif : détruits) de 2019 à 2030",
        "Jobs created (below zero: lost) from 2019 to 2030",
    ),
    (
        "career_end",
        "Départs en fin de carrière",
        "Départs en fin de carrière de 2019 à 2030",
        "Departures at the end of a career from 2019 to 2030",
    ),
    (
        "beginner",
        "Jeunes débutants",
        "Jeunes débutants, en négatif comme publiés : ils pourvoient des postes",
        "Young beginners, below zero as published: they fill posts",
    ),
    (
        "interregional_mobility",
        "Solde des mobilités entre régions",
        "Solde des mobilités entre régions, signé comme publié",
        "Balance of moves between régions, signed as published",
    ),
    (
        "imbalance",
        "Déséquilibre",
        "Somme des postes à pourvoir, des débutants et du solde des mobilités, signés",
        "Sum of posts to fill, beginners and the balance of moves, as signed",
    ),
    (
        "posts_to_fill",
        "Postes à pourvoir",
        "Emplois créés et départs en fin de carrière",
        "Jobs created and ends of career",
    ),
)
PROJECTION_FR = "Projection de 2022 pour 2019-2030, en milliers : ni une mesure, ni une prévision."
PROJECTION_EN = "A projection of 2022 for 2019 to 2030, in thousands: no measure, no forecast."
OWN_GROUP = Text(
    fr="l'exercice regroupe plusieurs métiers, ou la nomenclature FAP 2009 n'a pas été fournie",
    en="the exercise groups several occupations, or FAP 2009 was not handed over",
)


def _measure(name: str, label: str, fr: str, en: str) -> Column:
    return number(
        f"{name}_thousands",
        label,
        f"{fr}. {PROJECTION_FR}",
        f"{en}. {PROJECTION_EN}",
        minimum=None,
        unit=units.THOUSAND_JOBS,
    )


JOB_PROJECTIONS = table(
    "labour_job_projections",
    title_fr="Métiers 2030 : postes à pourvoir de 2019 à 2030, par région (projection de 2022)",
    title_en="Métiers 2030: posts to fill from 2019 to 2030, by région (projection of 2022)",
    grain_fr="Une ligne par région et métier de l'exercice (FAP87 de la FAP 2009, ou groupe)",
    grain_en="One row per région and occupation of the exercise (FAP87 of FAP 2009, or a group)",
    key=("region_code", "projected_code"),
    columns=(
        "region_code region_label",
        code(
            "projected_code",
            "Code du métier projeté",
            "Code tel que publié : une FAP87, plusieurs (« B3Z;B4Z »), ou un groupe de l'exercice.",
            "Code as published: a FAP87, several (“B3Z;B4Z”), or a group of the exercise.",
        ),
        text(
            "projected_label",
            "Métier projeté",
            "Intitulé que l'exercice donne au métier.",
            "What the exercise calls the occupation.",
        ),
        "fap_nomenclature",
        like(
            "fap_code",
            "projected_fap_code",
            label="FAP87",
            fr="Code de la FAP87, où le métier projeté en est une et une seule.",
            en="Code of the FAP87, where the projected occupation is one and one alone.",
            null_means=OWN_GROUP,
        ),
        PERIOD,
        column(
            "projection_year",
            "Année de la projection",
            "Année où la projection a été publiée.",
            "Year in which the projection was published.",
            kind="integer",
            unit=units.YEAR,
        ),
        *(_measure(*measure) for measure in MEASURES),
        "is_fictitious",
    ),
    sources=("dares/metiers_2030",),
    optional_sources=("dares/fap_2009",),
    reference_period=Text(
        fr="Projection publiée en 2022 : de 2019 à 2030",
        en="Projection published in 2022: from 2019 to 2030",
    ),
    publish_level="public",
    secrecy="published_by_producer",
    caveats=("provisional",),
    may_be_empty=True,
)
