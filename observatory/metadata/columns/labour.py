"""Columns of several labour tables: occupations, recruitment projects, tension."""

from observatory.metadata import units
from observatory.metadata.columns.making import (
    code,
    column,
    count,
    date,
    flag,
    number,
    rank,
    share,
    text,
    year,
)
from observatory.metadata.columns.registry import declare, like
from observatory.metadata.tables import Column
from observatory.metadata.texts import Text

FAP_LEVELS = ("all", "none", "fap22", "fap86", "fap87", "fap225", "fap228", "fap341")
NO_LABEL = Text(
    fr="la nomenclature de ce millésime n'a pas été fournie, ou ne contient pas le code",
    en="the nomenclature of that vintage was not handed over, or does not hold the code",
)
SURVEYED = Text(
    fr="le territoire est un de ceux de l'enquête",
    en="the territory is one the survey itself covers",
)
NOT_NEEDED = Text(
    fr="la valeur est mesurée, ou aucune valeur publiée ne peut la remplacer",
    en="the value is measured, or no published value could stand for it",
)

declare(
    __name__,
    code(
        "fap_nomenclature",
        "Nomenclature FAP",
        "Version de la nomenclature des familles professionnelles ; ne pas les comparer.",
        "Version of the FAP nomenclature; two versions must not be compared or added.",
        allowed=("fap_2009", "fap_2021"),
    ),
    code(
        "fap_level",
        "Niveau de la FAP",
        "Niveau de détail du métier ; « all » : tous métiers ensemble ; « none » : ce qui ne va à "
        "aucun métier. Chaque niveau reprend tous les projets : additionner à un seul niveau.",
        "Level of detail of the occupation; “all” is all occupations together, “none” what goes to "
        "no occupation. Each level holds every project again: add up at one level only.",
        allowed=FAP_LEVELS,
    ),
    code(
        "fap_code",
        "Code FAP",
        "Code de la famille professionnelle à ce niveau ; « TOTAL » pour tous métiers, « NONE » "
        "pour aucun.",
        "Code of the occupation at this level; “TOTAL” for all occupations, “NONE” for none.",
        pattern=r"^(?:TOTAL|NONE|[A-Z][0-9A-Z]{0,2}(?:\d\d[a-z]?)?)$",
    ),
    text(
        "fap_label",
        "Métier",
        "Intitulé de la famille professionnelle.",
        "Title of the occupation (FAP).",
        NO_LABEL,
    ),
    code(
        "rome_code",
        "Code ROME",
        "Code du répertoire opérationnel des métiers et des emplois.",
        "Code of the ROME directory of occupations.",
        pattern=r"^[A-Z]\d{4}$",
    ),
    text(
        "rome_label",
        "Intitulé ROME",
        "Intitulé du code ROME.",
        "Title of the ROME code.",
        Text(
            fr="le répertoire ROME fourni ne contient pas ce code",
            en="the ROME directory handed over does not hold this code",
        ),
    ),
)
NO_LINK = Text(
    fr="aucun code de la version 3 ne lui répond : le code ne mène à aucun métier",
    en="no code of version 3 answers to it: the code leads to no occupation",
)
declare(
    __name__,
    like(
        "rome_code",
        "linked_rome_code",
        label="Code ROME 3 qui en tient lieu",
        fr="Code de la version 3 par lequel ce code mène aux familles professionnelles.",
        en="Code of version 3 by which this code leads to occupations (FAP).",
        null_means=NO_LINK,
    ),
    code(
        "link_source",
        "Origine du lien",
        "same_code : le code lui-même ; producer_parent : parent nommé par la liste des codes ; "
        "producer_appellations : code d'où vient plus de la moitié de ses appellations ; "
        "derived_appellations : de même, par une liste dérivée, non officielle ; same_title : code "
        "de même intitulé.",
        "same_code: the code itself; producer_parent: parent in the list of codes; "
        "producer_appellations: code that had more than half of its appellations; "
        "derived_appellations: the same, by a derived list, not official; same_title: same title.",
        NO_LINK,
        allowed=(
            "same_code",
            "producer_parent",
            "producer_appellations",
            "derived_appellations",
            "same_title",
        ),
    ),
    share(
        "link_share_pct",
        "Part du lien",
        "Part des appellations du code qui viennent du code qui en tient lieu : sous 100, le lien "
        "est ambigu.",
        "Share of the code's appellations that come from the linked code: below 100 the link is "
        "ambiguous.",
        Text(
            fr="pas de lien, code de la version 3, ou aucune liste d'appellations ne le mesure",
            en="no link, a code of version 3, or no list of appellations measures it",
        ),
    ),
)

declare(
    __name__,
    date(
        "month_date",
        "Mois",
        "Premier jour du mois ; les demandeurs sont comptés à sa fin.",
        "First day of the month; job seekers are counted at its end.",
    ),
    count(
        "job_seeker_count",
        "Demandeurs d'emploi (de la catégorie de job_seeker_category)",
        "Demandeurs d'emploi en fin de mois, arrondis à la dizaine par le producteur, de la "
        "catégorie que dit job_seeker_category : rarement la A seule. Ne se compare pas aux "
        "volumes de catégorie A (job_seeker_volume_count).",
        "Job seekers at the end of the month, rounded to ten by the producer, of the category that "
        "job_seeker_category says: seldom A alone. Not to be set beside volumes of category A "
        "(job_seeker_volume_count).",
        unit=units.JOB_SEEKERS,
    ),
    code(
        "job_seeker_category",
        "Catégorie des demandeurs d'emploi",
        "Catégories d'inscription comptées (A ; ABC ; ABCDE…), d'après les titres du fichier ; "
        "not_stated : catégorie non précisée.",
        "Categories of enrolment that are counted (A, ABC, ABCDE…), as the file's titles say; "
        "not_stated: the file does not say.",
        pattern="^([A-G]{1,7}|not_stated)$",
    ),
    code(
        "suggested_category",
        "Catégorie que suggère le niveau",
        "Catégorie dont le niveau national de fin 2024 est le plus proche (A : 3,14 millions, "
        "ABC : 5,50, ABCDE : 6,23). Une déduction, non une indication du producteur.",
        "Category whose national level at the end of 2024 is closest (A: 3.14 million, ABC: 5.50, "
        "ABCDE: 6.23). A deduction, not the producer's word.",
        Text(
            fr="le fichier dit sa catégorie, ou son niveau n'en suggère aucune",
            en="the file says its category, or its level suggests none",
        ),
        allowed=("A", "ABC", "ABCDE"),
    ),
    code(
        "seasonal_adjustment",
        "Correction des variations saisonnières",
        "raw : données brutes ; adjusted : corrigées (CVS, CVS-CJO) ; not_stated : non précisé.",
        "raw: raw figures; adjusted: corrected for season (CVS, CVS-CJO); not_stated: not said.",
        allowed=("raw", "adjusted", "not_stated"),
    ),
)
JOB_SEEKER_KIND = "job_seeker_category suggested_category seasonal_adjustment"


def _bounded_count(
    measure: str, what_fr: str, what_en: str, star: str = "0 à 4", fewest: int = 0
) -> tuple[Column, ...]:
    """A count that secrecy may hide: the figure, its bounds (always filled), and the mark."""
    hidden = Text(
        fr=f"masqué par le secret statistique ; les bornes sont exactes (* vaut {star} projets)",
        en="hidden by statistical secrecy; the bounds are exact "
        f"(* stands for {star.replace('à', 'to')} projects)",
    )
    secrecy = "Fourchette due au secret statistique, non marge d'erreur."
    bound = "a bound due to secrecy, not an error margin."
    label = what_fr.capitalize()
    return (
        column(
            f"{measure}_count",
            label,
            f"Nombre de {what_fr} (intentions déclarées par les employeurs).",
            f"Number of {what_en} (intentions declared by employers).",
            hidden,
            unit=units.PROJECTS,
            minimum=fewest,
            kind="integer",
        ),
        count(
            f"{measure}_count_low",
            f"{label}, borne basse",
            f"Plus petit nombre possible de {what_fr}. {secrecy}",
            f"Lowest possible number of {what_en}; {bound}",
            unit=units.PROJECTS,
        ),
        count(
            f"{measure}_count_high",
            f"{label}, borne haute",
            f"Plus grand nombre possible de {what_fr}. {secrecy}",
            f"Highest possible number of {what_en}; {bound}",
            unit=units.PROJECTS,
        ),
        flag(
            f"is_{measure}_count_suppressed",
            f"{label} : secret",
            "Vrai si le nombre, ou l'un de ceux qu'il additionne, est masqué par le producteur.",
            "True if the figure, or one of those it adds up, is hidden by the producer.",
        ),
    )


def _bounded_share(part: str, what_fr: str, what_en: str) -> tuple[Column, ...]:
    """The share of a bounded count in the projects: the figure, and its bounds (always filled)."""
    return (
        share(
            f"{part}_share_pct",
            f"Part de {what_fr}",
            f"Part de {what_fr}, là où rien n'est masqué ; sinon, seul l'intervalle est connu.",
            f"Share of {what_en} where nothing is hidden; else the interval alone is known.",
            Text(
                fr="masqué par le secret statistique ; la part est entre ses deux bornes",
                en="hidden by statistical secrecy; the share lies between its bounds",
            ),
        ),
        share(
            f"{part}_share_low_pct",
            f"Part de {what_fr}, borne basse",
            f"Plus petite part possible de {what_fr} (secret statistique).",
            f"Lowest possible share of {what_en} (secrecy).",
        ),
        share(
            f"{part}_share_high_pct",
            f"Part de {what_fr}, borne haute",
            f"Plus grande part possible de {what_fr} (secret statistique).",
            f"Highest possible share of {what_en} (secrecy).",
        ),
    )


PROJECTS = declare(
    __name__,
    *_bounded_count(
        "project", "projets de recrutement", "recruitment projects", star="1 à 4", fewest=1
    ),
)
DIFFICULT = declare(
    __name__,
    *_bounded_count(
        "difficult", "projets jugés difficiles", "projects that employers judge difficult"
    ),
)
SEASONAL = declare(
    __name__, *_bounded_count("seasonal", "projets saisonniers", "seasonal projects")
)
DIFFICULT_SHARE = declare(
    __name__, *_bounded_share("difficult", "projets jugés difficiles", "difficult projects")
)
SEASONAL_SHARE = declare(
    __name__, *_bounded_share("seasonal", "projets saisonniers", "seasonal projects")
)
declare(
    __name__,
    flag(
        "is_difficult_share_rankable",
        "Part classable",
        "Faux sous 30 projets ou quand la part n'est pas connue à 5 points près : ne pas classer. "
        "Le rang se fait par la borne basse.",
        "False under 30 projects or where the share is not known within 5 points: do not rank. "
        "Rank by the lower bound.",
    ),
    text(
        "covered_bassin_labels",
        "Bassins représentés",
        "Bassins d'emploi qui représentent l'EPCI, par leur nom.",
        "Bassins that stand for the EPCI, by name.",
        SURVEYED,
    ),
    share(
        "covered_population_pct",
        "Population couverte",
        "Part de la population de l'EPCI qui vit dans ces bassins.",
        "Share of the EPCI's population that lives in these bassins.",
        SURVEYED,
    ),
    share(
        "bassins_inside_pct",
        "Part des bassins dans l'EPCI",
        "Part de la population de ces bassins qui vit dans l'EPCI : le reste est compté avec.",
        "Share of these bassins' population that lives in the EPCI: the rest is counted too.",
        SURVEYED,
    ),
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

PERIOD = declare(
    __name__,
    year(
        "period_first_year",
        "Première année",
        "Première année de la période dont le chiffre est une moyenne.",
        "First year of the period that the figure averages.",
    ),
    year(
        "period_last_year",
        "Dernière année",
        "Dernière année de la période dont le chiffre est une moyenne.",
        "Last year of the period that the figure averages.",
    ),
)
NOT_IN_TREE = Text(
    fr="la nomenclature n'a pas été fournie, ou ne contient pas le code que le producteur emploie",
    en="the nomenclature was not handed over, or does not hold the code that the producer uses",
)
NOT_GIVEN = Text(
    fr="le producteur ne donne pas de valeur (NA)", en="the producer gives no value (NA)"
)
