"""Contract of monthly flows of job offers."""

from assets.declaring import table
from observatory.metadata import units
from observatory.metadata.columns.making import count, flag, number, share
from observatory.metadata.columns.registry import optional, vary
from observatory.metadata.tables import Column, Flow, Secrecy, Statistic
from observatory.metadata.texts import Text

FEW = Text(
    fr="masqué : moins d'offres que le secret ne permet, ici ou le mois précédent",
    en="hidden: fewer offers than secrecy allows, here or in the month before",
)
FEW_OF_KNOWN_KIND = Text(
    fr="moins d'offres que le secret ne permet, de cette sorte ou de l'autre",
    en="fewer offers than secrecy allows, of this kind or of the other",
)
OPEN_IN_MONTH = ("open_offer_count", "closed_offer_count")
SECRECY = Secrecy(
    basis="offers",
    counts=("new_offer_count", "open_offer_count", "closed_offer_count"),
    statistics=(
        Statistic(name="lacking_candidates_offer_count", kind="part", of=OPEN_IN_MONTH),
        Statistic(
            name="median_open_days", kind="quantile", of=("closed_offer_count",), times=2, step=5
        ),
        Statistic(name="durable_share_pct", kind="share", of=("new_offer_count",), step=1),
        Statistic(name="full_time_share_pct", kind="share", of=("new_offer_count",), step=1),
    ),
    flow=Flow(
        period="month_date",
        stock="open_offer_count",
        gained="new_offer_count",
        lost="closed_offer_count",
    ),
)


def _offers(name: str, label: str, fr: str, en: str) -> Column:
    return count(f"{name}offer_count", label, fr, en, FEW, unit=units.OFFERS)


OFFER_FLOWS_BY_BASSIN = table(
    "labour_offer_flows_by_bassin",
    title_fr="Offres d'emploi : flux mensuels par bassin et métier",
    title_en="Job offers: monthly flows by bassin and occupation",
    grain_fr="Une ligne par mois, bassin et métier (fap228) où une offre est ouverte dans le "
    "mois ; une autre (none) pour celles qui ne vont à aucun métier",
    grain_en="One row per month, bassin and occupation (fap228) with an offer in the month; "
    "another (none) for those that go to no occupation",
    key=("month_date", "bassin_code", "fap_nomenclature", "fap_level", "fap_code"),
    columns=(
        vary("month_date", fr="Premier jour du mois.", en="First day of the month."),
        "bassin_code",
        optional(
            "bassin_label",
            Text(
                fr="le bassin n'est pas dans le zonage remis",
                en="the bassin is not in the zoning handed over",
            ),
        ),
        "fap_nomenclature fap_level fap_code fap_label",
        _offers(
            "new_",
            "Offres nouvelles",
            "Offres vues dans le mois pour la première fois, ou revenues, hors stock du premier "
            "relevé, sans doublon ; une offre qui ne dit pas sa qualification et dont le ROME mène "
            "à plusieurs métiers y compte par son poids, puis le total est arrondi.",
            "Offers first seen in the month, or seen again after a month, but for the stock of the "
            "first snapshot, each once; an offer that states no qualification and whose ROME code "
            "leads to several occupations counts there by its weight; the sum is rounded.",
        ),
        _offers(
            "open_",
            "Offres ouvertes en fin de mois",
            "Offres du dernier relevé du mois.",
            "Offers of the month's last snapshot.",
        ),
        _offers(
            "closed_",
            "Offres retirées",
            "Offres absentes d'un relevé du mois après avoir été vues, ou reconnues pour doublons.",
            "Offers absent from a snapshot of the month after they were seen, or found to be "
            "copies.",
        ),
        number(
            "median_open_days",
            "Durée médiane d'ouverture",
            "Jours entre création et retrait, médiane des offres retirées dans le mois, à 5 jours "
            "près.",
            "Days from creation to closing, median of the offers closed in the month, to 5 days.",
            Text(
                fr="moins de deux fois autant d'offres retirées que le secret n'en demande",
                en="fewer closed offers than twice what secrecy asks for",
            ),
            unit=units.DAYS,
        ),
        share(
            "durable_share_pct",
            "Part d'emplois durables",
            "Part des offres nouvelles en CDI ou de plus de six mois, parmi celles qui le disent.",
            "Share of new offers open-ended or longer than six months, among those that say.",
            FEW_OF_KNOWN_KIND,
        ),
        share(
            "full_time_share_pct",
            "Part de temps plein",
            "Part des offres nouvelles à temps plein, parmi celles qui le disent.",
            "Share of new offers that are full time, among those that say.",
            FEW_OF_KNOWN_KIND,
        ),
        _offers(
            "lacking_candidates_",
            "Offres signalées en manque de candidats",
            "Offres ouvertes dans le mois que France Travail signale en manque de candidats.",
            "Offers open in the month that France Travail flags as lacking candidates.",
        ),
        flag(
            "has_shared_rome_code",
            "Réparti par poids",
            "Vrai si un code ROME du métier mène aussi à d'autres : une offre dont la "
            "qualification ne les départage pas y compte par son poids.",
            "True if a ROME code of the occupation leads to others too: an offer whose "
            "qualification does not tell them apart counts by its weight.",
        ),
        *(
            flag(
                f"is_{measure}_suppressed",
                "Masqué",
                "Vrai si la valeur est masquée par le secret.",
                "True if the value is hidden by secrecy.",
            )
            for measure in SECRECY.figures
        ),
        count(
            "snapshot_day_count",
            "Jours de relevé",
            "Jours du mois avec un relevé ; un jour sans relevé décale les retraits.",
            "Days of the month with a snapshot; a day without one delays closings.",
            unit=units.DAYS,
        ),
        flag(
            "is_partial_month",
            "Mois incomplet",
            "Vrai si le relevé a commencé, ou s'arrête, au cours du mois.",
            "True if snapshots began, or end, within the month.",
        ),
        "is_fictitious",
    ),
    sources=("dares/rome_fap_2021",),
    optional_sources=(
        "france_travail/offers",
        "dares/fap_2021",
        "france_travail/bassins",
        "etalab/communes",
        "etalab/epci",
        "ign/commune_contours",
    ),
    reference_period=Text(
        fr="Mois depuis le premier relevé de cet observatoire",
        en="Months since the first snapshot of this home",
    ),
    publish_level="public",
    secrecy=(SECRECY,),
    caveats=("partial_coverage", "rounded", "stated_qualifications"),
    may_be_empty=True,
)
