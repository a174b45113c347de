"""Contract of the official tension index, and the columns it lends to others."""

from dataclasses import replace

from assets.labour.contracts.occupations import NO_LABEL, OPEN_LICENCE
from observatory.metadata.columns import (
    FAP_CODE,
    FAP_LABEL,
    FAP_LEVEL,
    FAP_NOMENCLATURE,
    IS_FICTITIOUS,
    SOURCE_LINE,
    SOURCE_SHA256,
    TERRITORY_CODE,
    TERRITORY_LABEL,
    TERRITORY_LEVEL,
    YEAR,
    count,
    flag,
    optional,
)
from observatory.metadata.tables import Column, Table

EDITION_YEAR = Column(
    name="edition_year",
    kind="integer",
    unit="year",
    label="Édition",
    fr="Édition de la méthode ; aucune série ne traverse deux éditions.",
    en="Methodological edition; no series crosses two editions.",
    sensitive=False,
    minimum=2011,
    maximum=2100,
)
TENSION_INDEX = Column(
    name="tension_index",
    kind="number",
    unit="standard deviations of the edition's reference",
    label="Indicateur de tension (Dares)",
    fr="Indicateur principal publié ; s'il est imputé, « is_imputed » est vrai.",
    en="Published main index; where imputed, is_imputed is true.",
    sensitive=False,
    nullable=True,
    null_means="the producer publishes no value for this crossing",
    minimum=-50,
    maximum=50,
)
TENSION_CLASS = Column(
    name="tension_class",
    kind="integer",
    unit="class, 1 (low) to 5 (very high)",
    label="Classe de tension",
    fr="Classe publiée, de 1 (faible) à 5 (très forte) ; jamais recalculée.",
    en="Published class, 1 (low) to 5 (very high); never recomputed.",
    sensitive=False,
    nullable=True,
    null_means="too little volume for the producer to give a class",
    minimum=1,
    maximum=5,
)


def _factor(name: str, label: str, en: str) -> Column:
    return replace(
        TENSION_CLASS,
        name=f"{name}_class",
        label=label,
        fr=f"{label} : classe publiée, 5 pousse la tension vers le haut.",
        en=f"{en}: published class, 5 pushes tension up.",
        null_means="not published for this crossing, territory or edition",
    )


FACTOR_CLASSES = (
    _factor("hiring_intensity", "Intensité d'embauche", "Hiring intensity"),
    _factor("training_job_link", "Lien formation-emploi", "Link between training and job"),
    _factor("labour_shortage", "Manque de main-d'œuvre disponible", "Lack of available labour"),
    _factor("job_instability", "Non-durabilité de l'emploi", "Lack of job durability"),
    _factor(
        "working_conditions",
        "Conditions de travail contraignantes",
        "Constraining working conditions",
    ),
    _factor("geographic_mismatch", "Inadéquation géographique", "Geographic mismatch"),
    _factor("wage_unattractiveness", "Non-attractivité salariale", "Lack of wage attractiveness"),
)
IS_IMPUTED = flag(
    "is_imputed",
    "Valeur imputée",
    "Vrai si le producteur remplace une valeur trop peu fondée par celle d'un niveau plus large.",
    "True where the producer fills in a value from a wider level for lack of volume.",
)
TENSION_RANK = Column(
    name="tension_rank",
    kind="integer",
    unit="rank, 1 is the highest index",
    label="Rang de tension",
    fr="Rang de l'indicateur dans l'édition, l'année, le territoire et le niveau.",
    en="Rank of the index within edition, year, territory and occupation level.",
    sensitive=False,
    nullable=True,
    null_means="« non classé »: the value is imputed, bridged, of a wider territory, or absent",
    minimum=1,
)
NOT_NEEDED = "the value is measured, or no published value could stand for it"


def _stand_in(name: str, what_fr: str, what_en: str) -> tuple[Column, ...]:
    """Where a published value stands for one that is not measured, and which."""
    level = replace(
        TERRITORY_LEVEL,
        name=f"{name}_territory_level",
        label=f"{what_fr.capitalize()} : niveau du territoire",
        fr=f"Niveau du territoire de la valeur publiée ({what_fr}).",
        en=f"Territory level of the published value ({what_en}).",
    )
    code = replace(
        TERRITORY_CODE,
        name=f"{name}_territory_code",
        label=f"{what_fr.capitalize()} : territoire",
        fr=f"Territoire de la valeur publiée ({what_fr}).",
        en=f"Territory of the published value ({what_en}).",
    )
    return (
        optional(level, NOT_NEEDED),
        optional(code, NOT_NEEDED),
        replace(
            TENSION_INDEX,
            name=f"{name}_tension_index",
            label=f"{what_fr.capitalize()} : indicateur",
            fr=f"Valeur publiée et mesurée ({what_fr}).",
            en=f"Published, measured value ({what_en}).",
            null_means=NOT_NEEDED,
        ),
        replace(
            TENSION_CLASS,
            name=f"{name}_tension_class",
            label=f"{what_fr.capitalize()} : classe",
            fr=f"Classe publiée ({what_fr}).",
            en=f"Published class ({what_en}).",
            null_means=NOT_NEEDED,
        ),
    )


STAND_INS = (
    optional(
        replace(
            FAP_LEVEL,
            name="parent_fap_level",
            label="Métier parent : niveau",
            fr="Niveau du métier parent dont la valeur publiée est montrée.",
            en="Level of the parent occupation whose published value is shown.",
        ),
        NOT_NEEDED,
    ),
    optional(
        replace(
            FAP_CODE,
            name="parent_fap_code",
            label="Métier parent : code",
            fr="Code du métier parent dont la valeur publiée est montrée.",
            en="Code of the parent occupation whose published value is shown.",
        ),
        NOT_NEEDED,
    ),
    *_stand_in("parent", "métier parent", "parent occupation"),
    *_stand_in("wider", "territoire plus large", "wider territory"),
)

TENSION_BY_TERRITORY = Table(
    name="labour_tension_by_territory",
    theme="labour",
    title_fr="Tension par métier et territoire (Dares)",
    title_en="Tension by occupation and territory (Dares)",
    grain="One row per edition, year, territory, nomenclature and occupation",
    key=("edition_year", "year", "territory_level", "territory_code", "fap_level", "fap_code"),
    columns=(
        EDITION_YEAR,
        YEAR,
        TERRITORY_LEVEL,
        TERRITORY_CODE,
        TERRITORY_LABEL,
        FAP_NOMENCLATURE,
        FAP_LEVEL,
        FAP_CODE,
        optional(FAP_LABEL, NO_LABEL),
        count(
            "employment_count",
            "jobs",
            "Emploi moyen",
            "Emploi moyen du métier, arrondi par le producteur.",
            "Average employment in the occupation, rounded by the producer.",
            "not published in this edition or for this crossing",
        ),
        TENSION_INDEX,
        TENSION_CLASS,
        IS_IMPUTED,
        TENSION_RANK,
        *FACTOR_CLASSES,
        *STAND_INS,
        SOURCE_SHA256,
        SOURCE_LINE,
        IS_FICTITIOUS,
    ),
    sources=("dares/tension",),
    optional_sources=("dares/fap_2009", "dares/fap_2021"),
    licence=OPEN_LICENCE,
    reference_period="Calendar year",
    publish_level="public",
    secrecy="published_by_producer",
    caveats=("break_in_series",),
)
