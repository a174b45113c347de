"""Columns that tables of the roadmap share."""

from observatory.metadata import units
from observatory.metadata.columns.making import code, column, date, number, text
from observatory.metadata.columns.registry import declare
from observatory.metadata.texts import Text

KPI_KINDS = ("realisation", "resultat", "contexte")
NO_DAY = Text(fr="la série n'a pas de date à cette ligne", en="the series has no day in this row")
BLANK = Text(fr="vide dans le fichier", en="blank in the file")

declare(
    __name__,
    code(
        "priority_code",
        "Code de la priorité",
        "Priorité de la feuille de route.",
        "Priority of the roadmap.",
        pattern=r"^[a-z][a-z0-9_]*$",
    ),
    code(
        "project_code",
        "Code du projet",
        "Projet nommé en public que l'indicateur suit.",
        "Project named in public that the indicator follows.",
        Text(fr="aucun projet nommé", en="no named project"),
        pattern=r"^[a-z][a-z0-9_]*$",
    ),
    code(
        "kpi_code",
        "Code de l'indicateur",
        "Code de l'indicateur dans le registre de la feuille de route.",
        "Code of the indicator in the register of the roadmap.",
        pattern=r"^[a-z][a-z0-9_]*$",
    ),
    code(
        "pilote_code",
        "Identifiant PILOTE",
        "Identifiant de l'indicateur au format PILOTE (IND-XXX).",
        "Identifier of the indicator in PILOTE's form (IND-XXX).",
        pattern=r"^IND-[0-9]{3,4}$",
    ),
    code(
        "kpi_kind",
        "Nature",
        "Réalisation déclarée par la chambre, résultat calculé, ou contexte non imputable.",
        "Output declared by the chamber, computed result, or context that nobody answers for.",
        allowed=KPI_KINDS,
    ),
    code(
        "kpi_zone_code",
        "Zone",
        "Zone de l'indicateur : D13, R93, FRANCE, ou SIREN d'un EPCI.",
        "Zone of the indicator: D13, R93, FRANCE, or the SIREN of an EPCI.",
        pattern=r"^(?:D\w{2,3}|R\d{2}|FRANCE|\d{9})$",
    ),
    text("kpi_unit", "Unité", "Unité de l'indicateur.", "Unit of the indicator."),
    date(
        "method_date",
        "Méthode valable depuis",
        "Jour depuis lequel la méthode vaut ; une autre méthode ouvre une autre série.",
        "Day since when the method holds; another method begins another series.",
    ),
    code(
        "period_code",
        "Période",
        "Jour de la valeur (AAAA-MM-JJ), « none » sans date.",
        "Day of the value (YYYY-MM-DD), “none” without one.",
        pattern=r"^(?:\d{4}-\d{2}-\d{2}|none)$",
    ),
    column(
        "value_date",
        "Date de la valeur",
        "Jour auquel la valeur se rapporte.",
        "Day that the value is of.",
        NO_DAY,
        kind="date",
    ),
    number(
        "kpi_value",
        "Valeur",
        "Valeur de l'indicateur.",
        "Value of the indicator.",
        Text(
            fr="sans donnée, ou connue par ses bornes seulement",
            en="no data, or known by its bounds alone",
        ),
        minimum=None,
        unit=units.KPI_VALUE,
    ),
)
