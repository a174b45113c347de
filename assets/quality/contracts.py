"""Contract of the published issue log."""

from observatory.contracts import Column, Table
from observatory.vocabulary import IS_FICTITIOUS, flag, optional
from sources import CARDS


def _text(name: str, label: str, fr: str, en: str) -> Column:
    return Column(name=name, kind="text", label=label, fr=fr, en=en, sensitive=False)


QUALITY_ISSUES = Table(
    name="quality_issues",
    theme="quality",
    title_fr="Anomalies relevées à la lecture des sources",
    title_en="Issues found while reading the sources",
    grain="One row per source line, column and issue",
    key=("issue_rank",),
    columns=(
        Column(
            name="issue_rank",
            kind="integer",
            unit="rank",
            label="Rang",
            fr="Rang dans le journal.",
            en="Rank in the log.",
            sensitive=False,
            minimum=1,
        ),
        _text("source_key", "Source", "Clé de la source.", "Key of the source."),
        Column(
            name="source_sha256",
            kind="code",
            label="Empreinte du fichier",
            fr="SHA-256 du fichier lu.",
            en="SHA-256 of the file that was read.",
            sensitive=False,
            pattern=r"^[0-9a-f]{64}$",
        ),
        optional(
            _text("source_sheet", "Feuille", "Feuille du classeur.", "Sheet of the workbook."),
            "the file has no sheets",
        ),
        Column(
            name="source_line",
            kind="integer",
            unit="line, from 1",
            label="Ligne",
            fr="Ligne du fichier, ou rang de l'enregistrement.",
            en="Line of the file, or rank of the record.",
            sensitive=False,
            minimum=1,
        ),
        _text("column", "Colonne", "Colonne concernée.", "Column concerned."),
        optional(
            _text("value", "Valeur lue", "Valeur telle que lue.", "Value as read."),
            "the value read is blank",
        ),
        _text("issue_type", "Type", "Type d'anomalie.", "Type of issue."),
        Column(
            name="severity",
            kind="code",
            label="Gravité",
            fr="error : bloque la publication ; warning : à vérifier ; notice : pour mémoire.",
            en="error: stops the release; warning: to be looked at; notice: for the record.",
            sensitive=False,
            allowed=("error", "warning", "notice"),
        ),
        flag(
            "is_row_kept",
            "Ligne gardée",
            "Vrai si la ligne est gardée (réparée), faux si elle est écartée.",
            "True if the row is kept (repaired), false if it is left out.",
        ),
        _text("meaning", "Sens", "Ce que l'anomalie veut dire.", "What the issue means."),
        _text("remedy", "Remède", "Ce qu'il y a à faire.", "What is to be done."),
        Column(
            name="responsible",
            kind="code",
            label="Qui peut corriger",
            fr="producer : le producteur ; observatory : nous.",
            en="producer: the producer; observatory: us.",
            sensitive=False,
            allowed=("producer", "observatory"),
        ),
        IS_FICTITIOUS,
    ),
    sources=(),
    optional_sources=tuple(CARDS),
    licence="Licence Ouverte 2.0",
    reference_period="Files read for the release",
    publish_level="public",
    may_be_empty=True,
)
