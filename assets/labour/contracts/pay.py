"""Contracts of what occupations pay: medians and bands of Dares, amounts of France Travail."""

from assets.declaring import table
from observatory.metadata import units
from observatory.metadata.columns.labour import NOT_GIVEN, NOT_IN_TREE, PERIOD
from observatory.metadata.columns.making import code, number, share, text
from observatory.metadata.columns.registry import optional
from observatory.metadata.texts import Text

FIELD_FR = "Salaire mensuel net des salariés à temps complet, hors apprentis et stagiaires"
FIELD_EN = "net monthly pay of full-time employees, without apprentices and trainees"

MEDIAN_PAY = table(
    "labour_median_pay",
    title_fr="Salaire médian par métier (Dares)",
    title_en="Median pay by occupation (Dares)",
    grain_fr="Une ligne par métier (FAP 2009, trois niveaux) et période ; France métropolitaine",
    grain_en="One row per occupation (FAP 2009, three levels) and period; metropolitan France",
    key=("fap_level", "fap_code", "period_first_year", "period_last_year"),
    columns=(
        "fap_nomenclature fap_level fap_code",
        optional("fap_label", NOT_IN_TREE),
        PERIOD,
        number(
            "median_pay_eur",
            "Salaire médian",
            f"{FIELD_FR}, d'après la documentation du producteur (enquête Emploi).",
            f"Median, {FIELD_EN}, by the producer's documentation (labour force survey).",
            NOT_GIVEN,
            unit=units.EUR_NET_A_MONTH,
        ),
        "is_fictitious",
    ),
    sources=("dares/median_pay",),
    optional_sources=("dares/fap_2009",),
    reference_period=Text(
        fr="Moyenne de trois années, dite à chaque ligne",
        en="Average of three years, named in each row",
    ),
    publish_level="public",
    secrecy="published_by_producer",
    caveats=("aggregation_hazard",),
    may_be_empty=True,
)

PAY_BANDS = table(
    "labour_pay_bands",
    title_fr="Répartition des salaires par métier (Dares)",
    title_en="Spread of pay by occupation (Dares)",
    grain_fr="Une ligne par métier (FAP 2009, trois niveaux) et tranche de salaire",
    grain_en="One row per occupation (FAP 2009, three levels) and band of pay",
    key=("fap_level", "fap_code", "pay_from_eur"),
    columns=(
        "fap_nomenclature fap_level fap_code",
        optional("fap_label", NOT_IN_TREE),
        PERIOD,
        text(
            "pay_band",
            "Tranche de salaire",
            f"{FIELD_FR}, par tranche telle que publiée, sauf « 2000 € ou plus » : elle réunit les "
            "deux dernières, que les salaires médians du producteur contredisent comme si leurs "
            "libellés étaient intervertis. La période est celle de sa documentation : le fichier "
            "n'en dit aucune.",
            f"Band as published: {FIELD_EN}; but “2000 € ou plus” merges the last two, which the "
            "producer's own medians contradict as if their labels were swapped. The period is that "
            "of its documentation: the file names none.",
        ),
        number(
            "pay_from_eur",
            "Tranche : à partir de",
            "Borne basse de la tranche, comprise ; 0 pour la première.",
            "Lower bound of the band, included; 0 for the first.",
            unit=units.EUR_NET_A_MONTH,
        ),
        number(
            "pay_below_eur",
            "Tranche : moins de",
            "Borne haute de la tranche, non comprise.",
            "Upper bound of the band, not included.",
            Text(fr="dernière tranche, sans borne haute", en="last band, without an upper bound"),
            unit=units.EUR_NET_A_MONTH,
        ),
        number(
            "employee_thousands",
            "Salariés de la tranche",
            "Salariés à temps complet de la tranche, en milliers, tels que publiés.",
            "Full-time employees of the band, in thousands, as published.",
            NOT_GIVEN,
            unit=units.THOUSAND_JOBS,
        ),
        share(
            "pay_band_share_pct",
            "Part de la tranche",
            "Part publiée des salariés du métier qui sont dans la tranche.",
            "Published share of the occupation's employees that are in the band.",
            NOT_GIVEN,
        ),
        "is_fictitious",
    ),
    sources=("dares/pay_bands",),
    optional_sources=("dares/fap_2009",),
    reference_period=Text(
        fr="Moyenne de 2017 à 2019, selon la documentation du producteur",
        en="Average of 2017 to 2019, by the producer's documentation",
    ),
    publish_level="public",
    secrecy="published_by_producer",
    caveats=("aggregation_hazard",),
    may_be_empty=True,
)

PAY_BY_TERRITORY = table(
    "labour_pay_by_territory",
    title_fr="Salaires par métier et territoire, tels que France Travail les publie",
    title_en="Pay by occupation and territory, as France Travail publishes it",
    grain_fr="Une ligne par territoire, métier, période et montant",
    grain_en="One row per territory, occupation, period and amount",
    key=(
        "territory_level",
        "territory_code",
        "activity_code",
        "pay_period_code",
        "pay_amount_code",
    ),
    columns=(
        "territory_level territory_code territory_label",
        code(
            "activity_kind",
            "Nomenclature du métier",
            "Nomenclature du code, d'après sa forme et celle des autres codes de la réponse.",
            "Nomenclature of the code, told by its form and that of the answer's other codes.",
            allowed=("fap_2009", "fap_2021", "rome", "other"),
        ),
        code(
            "activity_code",
            "Code du métier",
            "Code du métier tel que l'API l'écrit.",
            "Code of the occupation as the interface writes it.",
        ),
        text(
            "activity_label",
            "Métier (France Travail)",
            "Intitulé que l'API donne au métier.",
            "What the interface calls the occupation.",
            Text(fr="l'API n'en donne pas", en="the interface gives none"),
        ),
        code(
            "pay_period_code",
            "Période",
            "Période telle que l'API l'écrit (une année).",
            "Period as the interface writes it (a year).",
        ),
        code(
            "pay_amount_code",
            "Montant",
            "Code du montant (SAL1, SAL2, SAL3). L'API nomme l'ensemble « moyen / débutant / "
            "expérimenté » ; des clients publics lisent SAL1 débutant, SAL2 expérimenté, SAL3 "
            "moyen, un autre dans un autre ordre : non confirmé.",
            "Code of the amount (SAL1, SAL2, SAL3). The interface calls them together “mean / "
            "beginner / experienced”; public clients read SAL1 beginner, SAL2 experienced, SAL3 "
            "mean, another one in another order: not confirmed.",
        ),
        number(
            "pay_amount",
            "Montant du salaire",
            "Montant tel que publié ; l'API ne dit ni brut ni net, ni le temps de travail.",
            "Amount as published; the interface says neither gross nor net, nor the hours.",
            Text(fr="non publié pour ce croisement", en="not published for this crossing"),
            unit=units.EUR,
        ),
        "is_fictitious",
    ),
    sources=("france_travail/pay",),
    reference_period=Text(
        fr="Années pour lesquelles l'API répond", en="Years that the interface answers for"
    ),
    publish_level="public",
    secrecy="suppressed_by_producer",
    caveats=("partial_coverage", "rounded"),
    may_be_empty=True,
)
