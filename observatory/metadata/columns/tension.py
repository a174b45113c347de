"""Columns of the tension index: its edition and class, factors, stand-ins, bridge."""

from observatory.metadata import units
from observatory.metadata.columns.making import (
    code,
    column,
    flag,
    number,
    rank,
    share,
    year,
)
from observatory.metadata.columns.registry import declare, like
from observatory.metadata.tables import Column
from observatory.metadata.texts import Text

NOT_NEEDED = Text(
    fr="la valeur est mesurée, ou aucune valeur publiée ne peut la remplacer",
    en="the value is measured, or no published value could stand for it",
)
declare(
    __name__,
    share(
        "bridge_share_pct",
        "Part des codes ROME du métier 2021",
        "Part des codes ROME du métier 2021 qui mènent aussi au métier 2009 : des codes, non des "
        "personnes.",
        "Share of the 2021 occupation's ROME codes that lead to the 2009 one too: codes, not "
        "people.",
    ),
    code(
        "bridge_rule",
        "Règle de rapprochement",
        "same_title : même intitulé et un code ROME commun au moins ; every_link : aucun des deux "
        "n'a d'homonyme, et tous les codes ROME et qualifications de l'un mènent à l'autre, dans "
        "les deux sens.",
        "same_title: same title and a ROME code in common at least; every_link: neither has a "
        "namesake, and every ROME code and qualification of one leads to the other, both ways.",
        allowed=("same_title", "every_link"),
    ),
    year(
        "edition_year",
        "Édition",
        "Édition de la méthode ; aucune série ne traverse deux éditions.",
        "Methodological edition; no series crosses two editions.",
        minimum=2011,
    ),
    number(
        "tension_index",
        "Indicateur de tension (Dares)",
        "Indicateur principal publié ; s'il est imputé, « is_imputed » est vrai.",
        "Published main index; where imputed, is_imputed is true.",
        Text(
            fr="le producteur ne publie pas de valeur pour ce croisement",
            en="the producer publishes no value for this crossing",
        ),
        minimum=-50,
        maximum=50,
        unit=units.DEVIATIONS,
    ),
    column(
        "tension_class",
        "Classe de tension",
        "Classe publiée, de 1 (faible) à 5 (très forte) ; jamais recalculée.",
        "Published class, 1 (low) to 5 (very high); never recomputed.",
        Text(
            fr="volume trop faible pour que le producteur donne une classe",
            en="too little volume for the producer to give a class",
        ),
        unit=units.CLASS_1_TO_5,
        minimum=1,
        maximum=5,
        kind="integer",
    ),
    flag(
        "is_imputed",
        "Valeur imputée",
        "Vrai si le producteur remplace une valeur trop peu fondée par celle d'un niveau plus "
        "large.",
        "True where the producer fills in a value from a wider level for lack of volume.",
    ),
    rank(
        "tension_rank",
        "Rang de tension",
        "Rang de l'indicateur dans l'édition, l'année, le territoire et le niveau.",
        "Rank of the index within edition, year, territory and occupation level.",
        Text(
            fr="« non classé » : valeur imputée, d'un territoire plus large, ou absente",
            en="« non classé »: the value is imputed, of a wider territory, or absent",
        ),
        unit=units.RANK_BY_INDEX,
    ),
)


UNPUBLISHED = Text(
    fr="non publié pour ce croisement, ce territoire ou cette édition",
    en="not published for this crossing, territory or edition",
)
FACTORS = (
    ("hiring_intensity", "Intensité d'embauche", "Hiring intensity"),
    ("training_job_link", "Lien formation-emploi", "Link between training and job"),
    ("labour_shortage", "Manque de main-d'œuvre disponible", "Lack of available labour"),
    ("job_instability", "Non-durabilité de l'emploi", "Lack of job durability"),
    ("working_conditions", "Conditions de travail contraignantes", "Hard working conditions"),
    ("geographic_mismatch", "Inadéquation géographique", "Geographic mismatch"),
    ("wage_unattractiveness", "Non-attractivité salariale", "Lack of wage attractiveness"),
)


def _factor_index(name: str, label: str, en: str) -> Column:
    return like(
        "tension_index",
        f"{name}_index",
        label=f"{label} (indicateur)",
        fr=f"{label} : indicateur continu publié (FAP 2021) ; ce n'est pas une classe.",
        en=f"{en}: published continuous index (FAP 2021); it is not a class.",
        null_means=UNPUBLISHED,
        minimum=None,
        maximum=None,
    )


def _factor_class(name: str, label: str, en: str) -> Column:
    return like(
        "tension_class",
        f"{name}_class",
        label=label,
        fr=f"{label} : classe publiée, 5 pousse la tension vers le haut.",
        en=f"{en}: published class, 5 pushes tension up.",
        null_means=UNPUBLISHED,
    )


FACTOR_INDICES = declare(__name__, *(_factor_index(*factor) for factor in FACTORS))
FACTOR_CLASSES = declare(__name__, *(_factor_class(*factor) for factor in FACTORS))
IMPUTED_FROM = declare(
    __name__,
    code(
        "imputed_from",
        "Valeur de remplacement (déduit)",
        "Ce que le producteur a mis à la place, déduit de l'égalité des valeurs : parent (métier "
        "parent), wider (territoire plus large), either (les deux conviennent), unknown (ni l'un "
        "ni l'autre).",
        "What the producer filled in, deduced from equal values: parent (parent occupation), wider "
        "(wider territory), either (both fit), unknown (neither does).",
        Text(
            fr="la valeur n'est pas imputée par le producteur",
            en="the value is not imputed by the producer",
        ),
        allowed=("parent", "wider", "either", "unknown"),
    ),
)


def _stand_in(name: str, what_fr: str, what_en: str) -> tuple[Column, ...]:
    """Where a published value stands for one that is not measured, and which."""
    title = what_fr.capitalize()
    return (
        like(
            "territory_level",
            f"{name}_territory_level",
            label=f"{title} : niveau du territoire",
            fr=f"Niveau du territoire de la valeur publiée ({what_fr}).",
            en=f"Territory level of the published value ({what_en}).",
            null_means=NOT_NEEDED,
        ),
        like(
            "territory_code",
            f"{name}_territory_code",
            label=f"{title} : territoire",
            fr=f"Territoire de la valeur publiée ({what_fr}).",
            en=f"Territory of the published value ({what_en}).",
            null_means=NOT_NEEDED,
        ),
        like(
            "tension_index",
            f"{name}_tension_index",
            label=f"{title} : indicateur",
            fr=f"Valeur publiée et mesurée ({what_fr}).",
            en=f"Published, measured value ({what_en}).",
            null_means=NOT_NEEDED,
        ),
        like(
            "tension_class",
            f"{name}_tension_class",
            label=f"{title} : classe",
            fr=f"Classe publiée ({what_fr}).",
            en=f"Published class ({what_en}).",
            null_means=NOT_NEEDED,
        ),
    )


STAND_INS = declare(
    __name__,
    like(
        "fap_level",
        "parent_fap_level",
        label="Métier parent : niveau",
        fr="Niveau du métier parent dont la valeur publiée est montrée.",
        en="Level of the parent occupation whose published value is shown.",
        null_means=NOT_NEEDED,
    ),
    like(
        "fap_code",
        "parent_fap_code",
        label="Métier parent : code",
        fr="Code du métier parent dont la valeur publiée est montrée.",
        en="Code of the parent occupation whose published value is shown.",
        null_means=NOT_NEEDED,
    ),
    *_stand_in("parent", "métier parent", "parent occupation"),
    *_stand_in("wider", "territoire plus large", "wider territory"),
)
