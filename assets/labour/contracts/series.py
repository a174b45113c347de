"""Contracts of the series over the years, inside one nomenclature or edition."""

from assets.declaring import table
from assets.labour.contracts.recruitment_needs import RECRUITMENT_NEEDS_BY_TERRITORY
from assets.labour.contracts.tension import TENSION_BY_TERRITORY
from observatory.metadata import units
from observatory.metadata.columns.making import column
from observatory.metadata.columns.needs import (
    DIFFICULT,
    DIFFICULT_SHARE,
    SEASONAL,
)
from observatory.metadata.columns.registry import also_null, vary
from observatory.metadata.tables import Column
from observatory.metadata.texts import Text

NO_YEAR_BEFORE = Text(
    fr="l'année précédente n'est pas dans cette série",
    en="the year before is not in this series",
)
NO_PROJECT = Text(fr="aucun projet cette année-là", en="no project in that year")
NOT_MEASURED = Text(
    fr="l'une des deux années n'est pas mesurée, ou n'est pas dans cette édition",
    en="one of the two years is not measured, or is not in this edition",
)


def _change(measure: str, what_fr: str, what_en: str) -> tuple[Column, ...]:
    """The change of a count over one year: exact, and its bounds."""
    hidden = Text(
        fr="masqué par le secret statistique ; l'évolution est entre ses deux bornes",
        en="hidden by statistical secrecy; the change lies between its bounds",
    )
    label = f"Évolution sur un an : {what_fr}"
    ends = (("low", "basse", "Lowest"), ("high", "haute", "Highest"))
    return (
        column(
            f"{measure}_count_change",
            label,
            f"Évolution du nombre de {what_fr} depuis l'année précédente, là où rien n'est masqué.",
            f"Change of the number of {what_en} since the year before, where nothing is hidden.",
            hidden | NO_YEAR_BEFORE,
            kind="integer",
            unit=units.PROJECTS,
        ),
        *(
            column(
                f"{measure}_count_change_{end}",
                f"{label}, borne {fr}",
                f"Borne {fr} de l'évolution ; l'intervalle est dû au secret, et une évolution de "
                "signe incertain n'en est pas une.",
                f"{en} possible change; the interval is due to secrecy.",
                NO_YEAR_BEFORE,
                kind="integer",
                unit=units.PROJECTS,
            )
            for end, fr, en in ends
        ),
    )


NEEDS_SERIES = table(
    "labour_needs_series_by_territory",
    title_fr="Besoins de recrutement au fil des ans par territoire et métier",
    title_en="Recruitment needs over the years by territory and occupation",
    grain_fr="Une ligne par territoire, métier et année, dans une même nomenclature et sur un même "
    "périmètre d'enquête ; rien d'une nomenclature à l'autre",
    grain_en="One row per territory, occupation and year, inside one nomenclature and one surveyed "
    "area; nothing across nomenclatures",
    key=("territory_level", "territory_code", "fap_level", "fap_code", "year"),
    columns=(
        "territory_level territory_code territory_label fap_nomenclature fap_level fap_code",
        "fap_label year",
        vary("project_count", minimum=0),
        "project_count_low project_count_high is_project_count_suppressed",
        DIFFICULT,
        SEASONAL,
        also_null(DIFFICULT_SHARE, NO_PROJECT),
        *_change("project", "projets de recrutement", "recruitment projects"),
        *_change(
            "difficult", "projets jugés difficiles", "projects that employers judge difficult"
        ),
        *_change("seasonal", "projets saisonniers", "seasonal projects"),
        "is_fictitious",
    ),
    sources=RECRUITMENT_NEEDS_BY_TERRITORY.sources,
    optional_sources=RECRUITMENT_NEEDS_BY_TERRITORY.optional_sources,
    reference_period=Text(
        fr="Années d'enquête d'une même nomenclature", en="Survey years of one nomenclature"
    ),
    publish_level="public",
    secrecy="suppressed_by_producer",
    caveats=RECRUITMENT_NEEDS_BY_TERRITORY.caveats,
    may_be_empty=True,
)

TENSION_SERIES = table(
    "labour_tension_series_by_territory",
    title_fr="Tension au fil des ans par territoire et métier (Dares)",
    title_en="Tension over the years by territory and occupation (Dares)",
    grain_fr="Une ligne par édition, territoire, métier et année, pour les éditions de plusieurs "
    "années ; rien d'une édition à l'autre",
    grain_en="One row per edition, territory, occupation and year, of editions with several years; "
    "nothing across editions",
    key=TENSION_BY_TERRITORY.key,
    columns=(
        "edition_year territory_level territory_code territory_label fap_nomenclature fap_level",
        "fap_code fap_label year tension_index tension_class is_imputed",
        column(
            "tension_index_change",
            "Évolution de l'indicateur sur un an",
            "Évolution de l'indicateur depuis l'année précédente de la même édition.",
            "Change of the index since the year before in the same edition.",
            NOT_MEASURED,
            kind="number",
            unit=units.DEVIATIONS,
        ),
        column(
            "tension_class_change",
            "Évolution de la classe sur un an",
            "Classes gagnées ou perdues depuis l'année précédente de la même édition.",
            "Classes gained or lost since the year before in the same edition.",
            NOT_MEASURED,
            kind="integer",
            unit=units.CLASSES,
            minimum=-4,
            maximum=4,
        ),
        "is_fictitious",
    ),
    sources=TENSION_BY_TERRITORY.sources,
    optional_sources=TENSION_BY_TERRITORY.optional_sources,
    reference_period=Text(fr="Années civiles d'une même édition", en="Years of one edition"),
    publish_level="public",
    secrecy="published_by_producer",
    caveats=("break_in_series",),
    may_be_empty=True,
)
