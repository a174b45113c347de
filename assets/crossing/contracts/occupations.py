"""Contracts of estimated jobs by occupation, and of where occupations in tension work."""

from assets.crossing.contracts.employment import FIRMS, PLACE
from assets.declaring import table
from observatory.crossing.occupations import LEAST_JOBS
from observatory.metadata import units
from observatory.metadata.columns.labour import NOT_IN_TREE, PERIOD
from observatory.metadata.columns.making import count, share, text
from observatory.metadata.columns.registry import Named, declare, optional, required, vary
from observatory.metadata.texts import Text

SOURCES = (*FIRMS, "dares/sectors")
NO_CLASS = Text(
    fr="classe de la FAP 2009 à 3 caractères non publiée pour la région, ou fichier non fourni",
    en="no class of FAP 2009 at 3 characters is published for the région, or no file was given",
)
NONE_LEFT = Text(fr="aucun", en="none")
REFERENCE = Text(
    fr="Effectifs au 1er janvier de l'année du répertoire ; poids : moyenne de 2017 à 2019",
    en="Jobs at 1 January of the register's year; weights: average of 2017 to 2019",
)
OCCUPATION = (
    "fap_nomenclature",
    vary(
        "fap_level",
        fr="FAP 2009 à 3 caractères (fap87) ; « all » : tous ; « none » : métier non connu.",
        en="FAP 2009 at 3 characters (fap87); “all”: all; “none”: occupation not known.",
    ),
    "fap_code",
    optional("fap_label", NOT_IN_TREE),
    PERIOD,
)
ESTIMATES = declare(
    __name__,
    *(
        count(
            f"estimated_job_count_{end}",
            f"Emplois estimés, borne {fr}",
            "Emplois estimés par métier : emplois des sites par secteur, par la structure "
            "nationale de l'emploi du secteur en 2017-2019. Arrondis à la dizaine. Un ordre de "
            "grandeur : rien ne dit qu'une entreprise emploie ce métier.",
            "Estimated jobs by occupation: jobs of sites by sector, times the national structure "
            "of employment of the sector in 2017-2019. Rounded to ten. An order of magnitude: "
            "nothing says that a firm employs the occupation.",
            unit=units.JOBS,
        )
        for end, fr in (("low", "basse"), ("high", "haute"))
    ),
)
CLASS_YEAR = declare(
    __name__,
    count(
        "tension_class_year",
        "Année de la classe",
        "Année de la classe de tension : la dernière publiée dans cette nomenclature.",
        "Year of the tension class: the last that is published in this nomenclature.",
        NO_CLASS,
        unit=units.YEAR,
    ),
)
TENSION = (
    vary(
        "tension_class",
        fr="Classe publiée de la région dans la même nomenclature, de 1 à 5 ; jamais recalculée.",
        en="Published class of the région in the same nomenclature, 1 to 5; never recomputed.",
        null_means=NO_CLASS,
    ),
    CLASS_YEAR,
)
SHARES = declare(
    __name__,
    *(
        share(
            f"tension_share_{end}_pct",
            f"Part en tension, borne {fr}",
            "Part des emplois estimés du lieu dans des métiers de classe 4 ou 5 ; la borne haute y "
            "ajoute les métiers non connus ou sans classe.",
            "Share of the place's estimated jobs in occupations of class 4 or 5; the upper bound "
            "adds occupations that are not known or have no class.",
            NO_CLASS,
        )
        for end, fr in (("low", "basse"), ("high", "haute"))
    ),
)
LEFT_OUT: tuple[Named, ...] = (
    text(
        "unreconciled_sector_codes",
        "Secteurs non réconciliés",
        "Secteurs laissés de côté : les deux sources ne les comptent pas de même, ou aucun métier "
        "ne les nomme.",
        "Sectors left out: the two sources do not count them alike, or no occupation names them.",
        NONE_LEFT,
    ),
    text(
        "few_firms_sector_codes",
        "Secteurs de peu d'établissements",
        "Secteurs laissés de côté : moins de trois établissements, ou un qui peut en faire 85 %.",
        "Sectors left out: fewer than three establishments, or one that can be 85 % of it.",
        NONE_LEFT,
    ),
    *(
        count(
            f"left_out_job_count_{end}",
            f"Emplois laissés de côté, borne {fr}",
            "Emplois du lieu dans les secteurs laissés de côté : dans aucun métier ici.",
            "Jobs of the place in the sectors left out: in no occupation here.",
            unit=units.JOBS,
        )
        for end, fr in (("low", "basse"), ("high", "haute"))
    ),
    SHARES,
)
WEIGHTED = {
    "sources": SOURCES,
    "optional_sources": ("dares/tension", "dares/fap_2009"),
    "reference_period": REFERENCE,
    "publish_level": "public",
    "secrecy": "open_register_counts",
    "caveats": ("aggregation_hazard", "partial_coverage"),
    "may_be_empty": True,
}

OCCUPATIONS_BY_SITE = table(
    "crossing_occupations_by_site",
    title_fr="Emplois estimés par métier et site économique",
    title_en="Estimated jobs by occupation and economic site",
    grain_fr=f"Une ligne par site d'au moins {LEAST_JOBS} emplois et métier (FAP 2009)",
    grain_en=f"One row per site of at least {LEAST_JOBS} jobs and occupation (FAP 2009)",
    key=("site_id", "fap_code"),
    columns=(
        "site_id site_name",
        *OCCUPATION,
        ESTIMATES,
        *TENSION,
        *LEFT_OUT,
        "is_fictitious",
    ),
    **WEIGHTED,  # type: ignore[arg-type]
)

OCCUPATIONS_BY_COMMUNE = table(
    "crossing_occupations_by_commune",
    title_fr="Emplois estimés par métier dans les sites économiques de la commune",
    title_en="Estimated jobs by occupation in the economic sites of the commune",
    grain_fr=f"Une ligne par commune dont les sites ont au moins {LEAST_JOBS} emplois, et métier",
    grain_en=f"One row per commune whose sites have at least {LEAST_JOBS} jobs, and occupation",
    key=("commune_code", "fap_code"),
    columns=(
        "commune_code commune_label",
        *OCCUPATION,
        ESTIMATES,
        *TENSION,
        *LEFT_OUT,
        "is_fictitious",
    ),
    **WEIGHTED,  # type: ignore[arg-type]
)

PLACES_BY_OCCUPATION = table(
    "crossing_places_by_occupation",
    title_fr="Où travaillent les métiers en tension : sites, pôles, communes",
    title_en="Where occupations in tension work: sites, poles, communes",
    grain_fr=f"Une ligne par métier de classe 4 ou 5 et lieu d'au moins {LEAST_JOBS} emplois où "
    "il en a dix",
    grain_en=f"One row per occupation of class 4 or 5 and place of at least {LEAST_JOBS} jobs "
    "that has ten of it",
    key=("fap_code", "place_level", "place_code"),
    columns=(
        *OCCUPATION,
        required("tension_class"),
        required(CLASS_YEAR),
        PLACE,
        ESTIMATES,
        count(
            "place_rank",
            "Rang du lieu",
            "Rang du lieu parmi ceux de son niveau, par la borne basse.",
            "Rank of the place among those of its level, by the lower bound.",
            unit=units.RANK,
        ),
        "is_fictitious",
    ),
    **WEIGHTED,  # type: ignore[arg-type]
)
