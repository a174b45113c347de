"""Contracts of the quality tables: what was read, what was found, what was checked."""

from assets.declaring import table
from observatory.metadata import units
from observatory.metadata.columns.making import code, count, date, flag, rank, text
from observatory.metadata.columns.registry import optional
from observatory.metadata.texts import Text
from sources import CARDS

# quality tables quote values of every source, so they bear the licence that results from all
EVERY_SOURCE = tuple(CARDS)
NO_CORRECTION = Text(fr="l'anomalie n'est pas une correction", en="the issue is no correction")
PERIOD = Text(fr="Fichiers lus pour la publication", en="Files read for the release")
NOT_SHOWN = Text(
    fr="la source ou la colonne ne peut pas être montrée",
    en="the source or the column may not be shown",
)

SOURCE_KEY = text(
    "source_key",
    "Source",
    "Clé de la source ; quality_sources dit d'où elle vient.",
    "Key of the source; quality_sources says where it comes from.",
)
ISSUE_TYPE = text("issue_type", "Type", "Type d'anomalie.", "Type of issue.")
SEVERITY = code(
    "severity",
    "Gravité",
    "error : bloque la publication ; warning : à vérifier ; notice : pour mémoire.",
    "error: stops the release; warning: to be looked at; notice: for the record.",
    allowed=("error", "warning", "notice"),
)
RESPONSIBLE = code(
    "responsible",
    "Qui peut corriger",
    "producer : le producteur ; observatory : nous.",
    "producer: the producer; observatory: us.",
    allowed=("producer", "observatory"),
)

QUALITY_ISSUES = table(
    "quality_issues",
    title_fr="Anomalies relevées à la lecture des sources",
    title_en="Issues found while reading the sources",
    grain_fr="Une ligne par ligne de la source, colonne et anomalie",
    grain_en="One row per source line, column and issue",
    key=("issue_rank",),
    columns=(
        rank("issue_rank", "Rang", "Rang dans le journal.", "Rank in the log."),
        SOURCE_KEY,
        "source_sha256",
        text(
            "source_sheet",
            "Feuille",
            "Feuille du classeur.",
            "Sheet of the workbook.",
            Text(fr="le fichier n'a pas de feuilles", en="the file has no sheets"),
        ),
        "source_line",
        text("column", "Colonne", "Colonne concernée.", "Column concerned."),
        text(
            "value",
            "Valeur lue",
            "Valeur telle que lue.",
            "Value as read.",
            Text(fr="la valeur lue est vide", en="the value read is blank") | NOT_SHOWN,
        ),
        ISSUE_TYPE,
        SEVERITY,
        RESPONSIBLE,
        code(
            "action",
            "Ce qui a été fait",
            "left_out : ligne écartée ; corrected : valeur corrigée pour une raison publiée ; "
            "repaired : remise en forme ; noted : ligne gardée telle quelle.",
            "left_out: row left out; corrected: replaced for a published reason; repaired: put in "
            "standard form; noted: row kept as it is.",
            allowed=("left_out", "corrected", "repaired", "noted"),
        ),
        text(
            "replacement_value",
            "Valeur retenue",
            "Valeur qui remplace celle qui a été lue.",
            "Value that stands in the place of the one read.",
            Text(fr="rien n'a été mis à sa place", en="nothing was put in its place") | NOT_SHOWN,
        ),
        text(
            "note",
            "Motif",
            "Pourquoi, là où le type d'anomalie ne suffit pas.",
            "Why, where the type of the issue does not say.",
            Text(fr="le type d'anomalie dit tout", en="the type of the issue says all"),
        ),
        text(
            "evidence",
            "Preuve",
            "Ce qui fonde la correction.",
            "What the correction rests on.",
            NO_CORRECTION,
        ),
        date(
            "valid_until_date",
            "Valable jusqu'au",
            "Jour après lequel la correction est à revoir ; elle arrête alors la lecture.",
            "Day after which the correction must be looked at again; it then stops the run.",
            NO_CORRECTION,
        ),
        "is_fictitious",
    ),
    optional_sources=EVERY_SOURCE,
    reference_period=PERIOD,
    publish_level="public",
    secrecy="no_figures_on_firms",
    may_be_empty=True,
)

QUALITY_ISSUE_TYPES = table(
    "quality_issue_types",
    title_fr="Types d'anomalies, leur sens et leur remède",
    title_en="Types of issues, their meaning and remedy",
    grain_fr="Une ligne par type d'anomalie",
    grain_en="One row per type of issue",
    key=("issue_type",),
    columns=(
        ISSUE_TYPE,
        SEVERITY,
        RESPONSIBLE,
        text("meaning_fr", "Sens", "Ce que l'anomalie veut dire.", "Its meaning, in French."),
        text("meaning_en", "Sens (anglais)", "Le même, en anglais.", "What the issue means."),
        text("remedy_fr", "Remède", "Ce qu'il y a à faire.", "Its remedy, in French."),
        text("remedy_en", "Remède (anglais)", "Le même, en anglais.", "What is to be done."),
        count(
            "issue_count",
            "Anomalies",
            "Anomalies de ce type dans cette publication.",
            "Issues of this type in this release.",
            unit=units.ISSUES,
        ),
        "is_fictitious",
    ),
    optional_sources=EVERY_SOURCE,
    reference_period=PERIOD,
    publish_level="public",
    secrecy="no_figures_on_firms",
)

QUALITY_CHECKS = table(
    "quality_checks",
    title_fr="Règles vérifiées avant publication et leur résultat",
    title_en="Rules checked before the release, and what they found",
    grain_fr="Une ligne par table ou source et règle",
    grain_en="One row per table or source and rule",
    key=("subject", "rule"),
    columns=(
        text(
            "subject",
            "Table ou source",
            "Table publiée, ou lignes nettoyées d'une source (clean_…).",
            "Published table, or clean rows of a source (clean_…).",
        ),
        text("rule", "Règle", "Phrase vraie si la règle tient.", "Sentence, true if it passed."),
        text("because", "Raison", "Pourquoi la règle existe (anglais).", "Why the rule exists."),
        flag(
            "is_blocking",
            "Bloquante",
            "Vrai si son échec empêche la publication ; faux pour un avertissement.",
            "True if its failure stops the release; false for a warning.",
        ),
        flag("is_passed", "Respectée", "Vrai si la règle tient.", "True if the rule holds."),
        count(
            "unexpected_count",
            "Lignes en cause",
            "Lignes qui contreviennent à la règle.",
            "Rows that break the rule.",
            unit=units.ROWS,
        ),
        text(
            "examples",
            "Exemples",
            "Quelques lignes en cause, par leur clé.",
            "A few rows that break it, by their key.",
            Text(
                fr="la règle est respectée, ou ses exemples ne peuvent pas être montrés",
                en="the rule passed, or its examples may not be shown",
            ),
        ),
        text(
            "error",
            "Erreur",
            "Ce qui a empêché de regarder.",
            "What kept it from looking.",
            Text(fr="la règle a pu être examinée", en="the rule could be looked at"),
        ),
        "is_fictitious",
    ),
    optional_sources=EVERY_SOURCE,
    reference_period=Text(
        fr="Règles en vigueur à la publication", en="Rules in force at the release"
    ),
    publish_level="public",
    secrecy="no_figures_on_firms",
)

NO_FILE = Text(fr="aucun fichier n'a été fourni", en="no file was handed over")
QUALITY_SOURCES = table(
    "quality_sources",
    title_fr="Sources lues : provenance, millésime, prochaine parution",
    title_en="Sources read: origin, vintage, next publication",
    grain_fr="Une ligne par source et millésime lu ; une pour une source sans fichier",
    grain_en="One row per source and vintage read; one for a source without file",
    key=("source_key", "vintage"),
    columns=(
        SOURCE_KEY,
        text(
            "vintage",
            "Millésime",
            "Millésime du fichier ; « none » : aucun fichier.",
            "Vintage of the file; “none”: no file.",
        ),
        text("title", "Titre", "Titre donné par le producteur.", "Title given by the producer."),
        text("producer", "Producteur", "Qui publie.", "Who publishes."),
        text("licence", "Licence", "Licence de la source.", "Licence of the source."),
        text("landing_page_url", "Page", "Page du producteur.", "Page of the producer."),
        code(
            "cadence",
            "Rythme",
            "Rythme de parution.",
            "How often it comes out.",
            allowed=("daily", "monthly", "quarterly", "yearly", "irregular"),
        ),
        text(
            "reference_period",
            "Période de référence",
            "Période que les chiffres décrivent (anglais).",
            "Period that the figures describe.",
        ),
        text("file_name", "Fichier", "Nom du fichier lu.", "File read.", NO_FILE),
        optional("source_sha256", NO_FILE),
        code(
            "origin",
            "Provenance",
            "sample : fichier inventé ; handed_over : fourni à la main ; fetched : téléchargé.",
            "sample: invented file; handed_over: given by hand; fetched: downloaded.",
            NO_FILE,
            allowed=("sample", "handed_over", "fetched"),
        ),
        date(
            "archived_date",
            "Archivé le",
            "Jour où le fichier est entré dans les archives.",
            "Day on which the file entered the archive.",
            NO_FILE,
        ),
        text(
            "fetched_url",
            "Adresse",
            "Adresse qui a répondu.",
            "Address that answered.",
            NO_FILE
            | Text(
                fr="le fichier a été fourni, non téléchargé",
                en="the file was handed over, not fetched",
            ),
        ),
        count(
            "row_count",
            "Lignes",
            "Lignes nettoyées tirées de ce fichier.",
            "Clean rows that come from this file.",
            unit=units.ROWS,
        ),
        date(
            "next_expected_date",
            "Prochaine parution",
            "Jour auquel l'édition suivante devrait être parue.",
            "Day by which the next edition should be out.",
            NO_FILE
            | Text(
                fr="aucune date n'est annoncée, ou le fichier est inventé",
                en="no date is announced, or the file is invented",
            ),
        ),
        flag(
            "is_overdue",
            "En retard",
            "Vrai si l'édition suivante devrait être parue et n'a pas été lue.",
            "True if the next edition should be out and was not read.",
            NO_FILE
            | Text(fr="rien n'annonce l'édition suivante", en="nothing announces the next edition"),
        ),
        flag(
            "is_restricted",
            "Diffusion restreinte",
            "Vrai si les valeurs de la source ne sont montrées nulle part.",
            "True if values of the source are shown nowhere.",
        ),
        "is_fictitious",
    ),
    optional_sources=EVERY_SOURCE,
    reference_period=PERIOD,
    publish_level="public",
    secrecy="no_figures_on_firms",
)
