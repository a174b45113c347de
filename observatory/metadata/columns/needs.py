"""Columns of recruitment projects: counts and shares with the bounds that secrecy leaves."""

from observatory.metadata import units
from observatory.metadata.columns.making import (
    column,
    count,
    flag,
    share,
    text,
)
from observatory.metadata.columns.registry import declare
from observatory.metadata.tables import Column
from observatory.metadata.texts import Text

SURVEYED = Text(
    fr="le territoire est un de ceux de l'enquête",
    en="the territory is one the survey itself covers",
)


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
