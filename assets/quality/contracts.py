"""Contracts of the quality tables: what was read, what was found, what was checked."""

from observatory.metadata.columns import (
    IS_FICTITIOUS,
    SOURCE_LINE,
    SOURCE_SHA256,
    count,
    flag,
    optional,
)
from observatory.metadata.dictionary import resulting_licence
from observatory.metadata.tables import Column, Table
from sources import CARDS

# they quote values of every source, so they bear the licence that results from all
LICENCE = resulting_licence([card.licence for card in CARDS.values()])
HIDDEN = "the source or the column may not be shown"


def _text(name: str, label: str, fr: str, en: str) -> Column:
    return Column(name=name, kind="text", label=label, fr=fr, en=en, sensitive=False)


def _one_of(name: str, label: str, fr: str, en: str, *allowed: str) -> Column:
    return Column(
        name=name, kind="code", label=label, fr=fr, en=en, sensitive=False, allowed=allowed
    )


SOURCE_KEY = _text(
    "source_key",
    "Source",
    "Clé de la source ; quality_sources dit d'où elle vient.",
    "Key of the source; quality_sources says where it comes from.",
)
ISSUE_TYPE = _text("issue_type", "Type", "Type d'anomalie.", "Type of issue.")
SEVERITY = _one_of(
    "severity",
    "Gravité",
    "error : bloque la publication ; warning : à vérifier ; notice : pour mémoire.",
    "error: stops the release; warning: to be looked at; notice: for the record.",
    "error",
    "warning",
    "notice",
)
RESPONSIBLE = _one_of(
    "responsible",
    "Qui peut corriger",
    "producer : le producteur ; observatory : nous.",
    "producer: the producer; observatory: us.",
    "producer",
    "observatory",
)

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
        SOURCE_KEY,
        SOURCE_SHA256,
        optional(
            _text("source_sheet", "Feuille", "Feuille du classeur.", "Sheet of the workbook."),
            "the file has no sheets",
        ),
        SOURCE_LINE,
        _text("column", "Colonne", "Colonne concernée.", "Column concerned."),
        optional(
            _text("value", "Valeur lue", "Valeur telle que lue.", "Value as read."),
            f"the value read is blank; or {HIDDEN}",
        ),
        ISSUE_TYPE,
        SEVERITY,
        RESPONSIBLE,
        _one_of(
            "action",
            "Ce qui a été fait",
            "left_out : ligne écartée ; corrected : valeur corrigée pour une raison publiée ; "
            "repaired : remise en forme ; noted : ligne gardée telle quelle.",
            "left_out: row left out; corrected: replaced for a published reason; repaired: put in "
            "standard form; noted: row kept as it is.",
            "left_out",
            "corrected",
            "repaired",
            "noted",
        ),
        optional(
            _text(
                "replacement_value",
                "Valeur retenue",
                "Valeur qui remplace celle qui a été lue.",
                "Value that stands in the place of the one read.",
            ),
            f"nothing was put in its place; or {HIDDEN}",
        ),
        optional(
            _text(
                "note",
                "Motif",
                "Pourquoi, là où le type d'anomalie ne suffit pas.",
                "Why, where the type of the issue does not say.",
            ),
            "the type of the issue says all",
        ),
        optional(
            _text(
                "evidence",
                "Preuve",
                "Ce qui fonde la correction.",
                "What the correction rests on.",
            ),
            "the issue is no correction",
        ),
        optional(
            Column(
                name="valid_until_date",
                kind="date",
                label="Valable jusqu'au",
                fr="Jour après lequel la correction est à revoir ; elle arrête alors la lecture.",
                en="Day after which the correction must be looked at again; it then stops the run.",
                sensitive=False,
            ),
            "the issue is no correction",
        ),
        IS_FICTITIOUS,
    ),
    sources=(),
    optional_sources=tuple(CARDS),
    licence=LICENCE,
    reference_period="Files read for the release",
    publish_level="public",
    secrecy="no_figures_on_firms",
    may_be_empty=True,
)

QUALITY_ISSUE_TYPES = Table(
    name="quality_issue_types",
    theme="quality",
    title_fr="Types d'anomalies, leur sens et leur remède",
    title_en="Types of issues, their meaning and remedy",
    grain="One row per type of issue",
    key=("issue_type",),
    columns=(
        ISSUE_TYPE,
        SEVERITY,
        RESPONSIBLE,
        _text("meaning_fr", "Sens", "Ce que l'anomalie veut dire.", "Its meaning, in French."),
        _text("meaning_en", "Sens (anglais)", "Le même, en anglais.", "What the issue means."),
        _text("remedy_fr", "Remède", "Ce qu'il y a à faire.", "Its remedy, in French."),
        _text("remedy_en", "Remède (anglais)", "Le même, en anglais.", "What is to be done."),
        count(
            "issue_count",
            "issues",
            "Anomalies",
            "Anomalies de ce type dans cette publication.",
            "Issues of this type in this release.",
        ),
        IS_FICTITIOUS,
    ),
    sources=(),
    optional_sources=tuple(CARDS),
    licence=LICENCE,
    reference_period="Files read for the release",
    publish_level="public",
    secrecy="no_figures_on_firms",
)

QUALITY_CHECKS = Table(
    name="quality_checks",
    theme="quality",
    title_fr="Règles vérifiées avant publication et leur résultat",
    title_en="Rules checked before the release, and what they found",
    grain="One row per table or source and rule",
    key=("subject", "rule"),
    columns=(
        _text(
            "subject",
            "Table ou source",
            "Table publiée, ou lignes nettoyées d'une source (clean_…).",
            "Published table, or clean rows of a source (clean_…).",
        ),
        _text("rule", "Règle", "Phrase vraie si la règle tient.", "Sentence, true if it passed."),
        _text("because", "Raison", "Pourquoi la règle existe (anglais).", "Why the rule exists."),
        flag(
            "is_blocking",
            "Bloquante",
            "Vrai si son échec empêche la publication ; faux pour un avertissement.",
            "True if its failure stops the release; false for a warning.",
        ),
        flag("is_passed", "Respectée", "Vrai si la règle tient.", "True if the rule holds."),
        count(
            "unexpected_count",
            "rows",
            "Lignes en cause",
            "Lignes qui contreviennent à la règle.",
            "Rows that break the rule.",
        ),
        optional(
            _text(
                "examples",
                "Exemples",
                "Quelques lignes en cause, par leur clé.",
                "A few rows that break it, by their key.",
            ),
            "the rule passed, or its examples may not be shown",
        ),
        optional(
            _text("error", "Erreur", "Ce qui a empêché de regarder.", "What kept it from looking."),
            "the rule could be looked at",
        ),
        IS_FICTITIOUS,
    ),
    sources=(),
    optional_sources=tuple(CARDS),
    licence=LICENCE,
    reference_period="Rules in force at the release",
    publish_level="public",
    secrecy="no_figures_on_firms",
)

NO_FILE = "no file was handed over"
QUALITY_SOURCES = Table(
    name="quality_sources",
    theme="quality",
    title_fr="Sources lues : provenance, millésime, prochaine parution",
    title_en="Sources read: origin, vintage, next publication",
    grain="One row per source and vintage read; one for a source without file",
    key=("source_key", "vintage"),
    columns=(
        SOURCE_KEY,
        _text(
            "vintage",
            "Millésime",
            "Millésime du fichier ; « none » : aucun fichier.",
            "Vintage of the file; “none”: no file.",
        ),
        _text("title", "Titre", "Titre donné par le producteur.", "Title given by the producer."),
        _text("producer", "Producteur", "Qui publie.", "Who publishes."),
        _text("licence", "Licence", "Licence de la source.", "Licence of the source."),
        _text("landing_page_url", "Page", "Page du producteur.", "Page of the producer."),
        _one_of(
            "cadence",
            "Rythme",
            "Rythme de parution.",
            "How often it comes out.",
            "daily",
            "monthly",
            "quarterly",
            "yearly",
            "irregular",
        ),
        _text(
            "reference_period",
            "Période de référence",
            "Période que les chiffres décrivent (anglais).",
            "Period that the figures describe.",
        ),
        optional(_text("file_name", "Fichier", "Nom du fichier lu.", "File read."), NO_FILE),
        optional(SOURCE_SHA256, NO_FILE),
        optional(
            _one_of(
                "origin",
                "Provenance",
                "sample : fichier inventé ; handed_over : fourni à la main ; fetched : téléchargé.",
                "sample: invented file; handed_over: given by hand; fetched: downloaded.",
                "sample",
                "handed_over",
                "fetched",
            ),
            NO_FILE,
        ),
        optional(
            Column(
                name="archived_date",
                kind="date",
                label="Archivé le",
                fr="Jour où le fichier est entré dans les archives.",
                en="Day on which the file entered the archive.",
                sensitive=False,
            ),
            NO_FILE,
        ),
        optional(
            _text("fetched_url", "Adresse", "Adresse qui a répondu.", "Address that answered."),
            f"{NO_FILE}; or the file was handed over, not fetched",
        ),
        count(
            "row_count",
            "rows",
            "Lignes",
            "Lignes nettoyées tirées de ce fichier.",
            "Clean rows that come from this file.",
        ),
        optional(
            Column(
                name="next_expected_date",
                kind="date",
                label="Prochaine parution",
                fr="Jour auquel l'édition suivante devrait être parue.",
                en="Day by which the next edition should be out.",
                sensitive=False,
            ),
            f"{NO_FILE}; or no date is announced, or the file is invented",
        ),
        optional(
            flag(
                "is_overdue",
                "En retard",
                "Vrai si l'édition suivante devrait être parue et n'a pas été lue.",
                "True if the next edition should be out and was not read.",
            ),
            f"{NO_FILE}; or nothing announces the next edition",
        ),
        flag(
            "is_restricted",
            "Diffusion restreinte",
            "Vrai si les valeurs de la source ne sont montrées nulle part.",
            "True if values of the source are shown nowhere.",
        ),
        IS_FICTITIOUS,
    ),
    sources=(),
    optional_sources=tuple(CARDS),
    licence=LICENCE,
    reference_period="Files read for the release",
    publish_level="public",
    secrecy="no_figures_on_firms",
)
