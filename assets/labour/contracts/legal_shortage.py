"""Contract of the legal list of occupations in shortage."""

from assets.declaring import table
from observatory.metadata.columns.making import code, date, text
from observatory.metadata.texts import Text

SHORTAGE_LIST = table(
    "labour_shortage_list",
    title_fr="Métiers de la liste légale (art. L. 414-13 Ceseda), par région et édition",
    title_en="Occupations of the legal list (art. L. 414-13 Ceseda), by région and edition",
    grain_fr="Une ligne par édition, territoire (région, ou toute la France) et métier inscrit",
    grain_en="One row per edition, territory (région, or all of France) and occupation listed",
    key=("list_date", "territory_level", "territory_code", "fap_code"),
    columns=(
        date(
            "list_date",
            "Date de la liste",
            "Date du texte qui fixe cette édition de la liste.",
            "Date of the text that sets this edition of the list.",
        ),
        text(
            "list_label",
            "Texte",
            "Texte qui fixe la liste.",
            "Text that sets the list.",
        ),
        code(
            "list_status",
            "État de la liste",
            "to_come : à venir ; in_force : en vigueur ; superseded : remplacée par un texte "
            "postérieur. Une liste "
            "vaut jusqu'à ce qu'un autre texte la remplace.",
            "to_come, in_force, or superseded by a later text. A list holds until another text "
            "replaces it.",
            allowed=("to_come", "in_force", "superseded"),
        ),
        date(
            "replaced_date",
            "Date du texte suivant",
            "Date du texte qui remplace cette édition.",
            "Date of the text that replaces this edition.",
            Text(
                fr="aucun texte postérieur n'est connu de l'observatoire",
                en="the observatory knows no later text",
            ),
        ),
        "territory_level territory_code territory_label fap_nomenclature fap_level fap_code",
        "fap_label is_fictitious",
    ),
    sources=("ministere_travail/shortage_list",),
    optional_sources=("dares/fap_2009", "dares/fap_2021"),
    reference_period=Text(
        fr="De la date du texte à celle du suivant",
        en="From the date of the text to that of the next",
    ),
    publish_level="public",
    secrecy="no_figures_on_firms",
    caveats=("break_in_series",),
    may_be_empty=True,
)
