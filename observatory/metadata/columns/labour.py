"""Columns of several labour tables: occupations, ROME codes, job seekers, periods."""

from observatory.metadata import units
from observatory.metadata.columns.making import (
    code,
    count,
    date,
    share,
    text,
    year,
)
from observatory.metadata.columns.registry import declare, like
from observatory.metadata.texts import Text

FAP_LEVELS = ("all", "none", "fap22", "fap86", "fap87", "fap225", "fap228", "fap341")
NO_LABEL = Text(
    fr="la nomenclature de ce millésime n'a pas été fournie, ou ne contient pas le code",
    en="the nomenclature of that vintage was not handed over, or does not hold the code",
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

SECTOR = declare(
    __name__,
    code(
        "sector_code",
        "Secteur (A38)",
        "Code du secteur d'activité, nomenclature agrégée A38 ; « ZZ » : inconnu ou sans secteur.",
        "Code of the sector of activity, aggregate nomenclature A38; “ZZ”: not known, or none.",
        pattern=r"^(?:TOTAL|[A-Z][A-Z])$",
    ),
)
