"""Contracts of the roadmap's priorities, indicators, their values and the judgements of them."""

from assets.declaring import table
from observatory.metadata import units
from observatory.metadata.columns.making import code, count, date, flag, number, rank, text
from observatory.metadata.columns.registry import also_null
from observatory.metadata.tables import Column
from observatory.metadata.texts import Text

OWN = (
    "ore/energy_by_commune",
    "urssaf/micro_enterprises",
    "ditp/barometre",
    "chamber/declared_values",
)
# what the register as shipped asks of the other themes; a row names its own files
OF_THEMES = ("france_travail/bmo", "dares/tension", "cerema/land_consumption")
STATUSES = ("reached", "progressing", "stable", "receding", "no_target", "no_data")
NO_VALUE = Text(fr="sans donnée", en="no data")
NO_BOUND = Text(
    fr="sans donnée, valeur exacte, ou borne inconnue",
    en="no data, an exact value, or a bound that is not known",
)
NO_BASELINE = Text(fr="sans valeur initiale, ou contexte", en="no baseline, or context")
NO_TARGET = Text(fr="sans cible, ou contexte", en="no target, or context")
NOTHING_BEFORE = Text(
    fr="aucune valeur précédente, ou l'une des deux n'est connue que par ses bornes",
    en="no value before, or one of both is known by its bounds alone",
)
NOT_CHANGED = Text(
    fr="la valeur publiée n'a pas changé, ou n'avait que des bornes",
    en="the published value did not change, or had bounds alone",
)
DECLARED = Text(fr="indicateur déclaré", en="a declared indicator")
COMPUTED = Text(fr="indicateur calculé", en="a computed indicator")
NOBODY = Text(fr="rien n'est à signaler", en="there is nothing to say")
PERIOD = Text(fr="Le jour de chaque valeur", en="The day of each value")


def _value(name: str, label: str, fr: str, en: str, null: Text) -> Column:
    return number(name, label, f"{fr}.", f"{en}.", null, minimum=None, unit=units.KPI_VALUE)


KPIS = table(
    "roadmap_kpis",
    title_fr="Feuille de route : valeurs des indicateurs et leur histoire",
    title_en="Roadmap: values of its indicators and their history",
    grain_fr="Une ligne par indicateur, zone, méthode et date (« none » : sans donnée)",
    grain_en="One row per indicator, zone, method and day; “none” for an indicator without data",
    key=("kpi_code", "kpi_zone_code", "method_date", "period_code"),
    columns=(
        "priority_code project_code kpi_code kpi_kind kpi_zone_code method_date period_code",
        also_null("value_date", NO_VALUE),
        flag(
            "is_latest",
            "Dernière valeur",
            "Vrai pour la valeur la plus récente de la méthode en vigueur.",
            "True for the newest value of the method in force.",
        ),
        flag(
            "is_kept",
            "Valeur conservée",
            "Vrai pour une valeur publiée avant, que la source ne donne plus.",
            "True for a value published before that the source does not give any more.",
        ),
        "kpi_value",
        _value("kpi_value_low", "Borne basse", "Borne basse de la valeur", "Low bound", NO_BOUND),
        _value("kpi_value_high", "Borne haute", "Borne haute de la valeur", "High bound", NO_BOUND),
        "kpi_unit",
        code(
            "kpi_evolution",
            "Évolution",
            "Depuis la valeur précédente ; « unclear » où les bornes se recouvrent.",
            "Since the value before; “unclear” where bounds overlap.",
            NOTHING_BEFORE,
            allowed=("up", "down", "same", "unclear"),
        ),
        number(
            "kpi_change_pct",
            "Évolution en %",
            "Évolution depuis la valeur précédente, en pour cent de celle-ci.",
            "Change since the value before, in percent of it.",
            NOTHING_BEFORE,
            minimum=None,
            unit=units.PERCENT,
        ),
        _value("baseline", "Valeur initiale", "Valeur de départ", "Baseline", NO_BASELINE),
        date(
            "baseline_date",
            "Date initiale",
            "Jour de la valeur initiale.",
            "Day of the baseline.",
            NO_BASELINE,
        ),
        text(
            "baseline_source",
            "Source initiale",
            "Qui dit la valeur initiale.",
            "Who says the baseline.",
            NO_BASELINE,
        ),
        _value("target", "Cible", "Valeur cible de la chambre", "Target of the chamber", NO_TARGET),
        date(
            "target_date", "Date de la cible", "Jour de la cible.", "Day of the target.", NO_TARGET
        ),
        text(
            "target_source",
            "Source de la cible",
            "Qui dit la cible.",
            "Who says the target.",
            NO_TARGET,
        ),
        number(
            "progress_pct",
            "Avancement",
            "(valeur − initiale) ÷ (cible − initiale) : une arithmétique, non un jugement.",
            "(value − baseline) ÷ (target − baseline): arithmetic, no judgement.",
            Text(
                fr="sans valeur exacte, initiale ou cible", en="no exact value, baseline or target"
            ),
            minimum=None,
            unit=units.PERCENT,
        ),
        code(
            "kpi_status",
            "Statut",
            "Par une règle écrite : sans donnée ; sans cible ; atteint ; sinon le sens depuis la "
            "valeur précédente, stable sous 1 % du chemin.",
            "By a written rule: no data; no target; reached; else the move since the value before, "
            "stable under 1 % of the way.",
            allowed=STATUSES,
        ),
        code(
            "kpi_phase",
            "Phase",
            "« bilan » une fois passée la date de la cible, ou la fin du mandat.",
            "“review” once the day of the target, or the end of the mandate, is past.",
            allowed=("tracking", "review"),
        ),
        code(
            "missing_value_reason",
            "Pourquoi sans donnée",
            "Ce qui manque ; jamais un zéro.",
            "What is missing; never a zero.",
            Text(fr="une valeur est connue", en="a value is known"),
            allowed=("table_missing", "table_silent", "not_declared", "source_gone"),
        ),
        _value(
            "former_value",
            "Valeur publiée avant",
            "Valeur que la publication d'avant donnait pour ce jour",
            "Value that the release before gave for this day",
            NOT_CHANGED,
        ),
        _value(
            "former_value_low",
            "Borne basse publiée avant",
            "Borne basse d'avant",
            "Low bound before",
            NOT_CHANGED,
        ),
        _value(
            "former_value_high",
            "Borne haute publiée avant",
            "Borne haute d'avant",
            "High bound before",
            NOT_CHANGED,
        ),
        text(
            "change_cause",
            "Cause du changement",
            "Sources dont les fichiers ont changé depuis ; sinon méthode, ou programme.",
            "Sources whose files changed since; else the method, or the program.",
            Text(fr="la valeur publiée n'a pas changé", en="the published value did not change"),
        ),
        text(
            "source_versions",
            "Fichiers",
            "Source, millésime et empreinte de chaque fichier derrière la valeur.",
            "Source, vintage and hash of each file behind the value.",
            NO_VALUE,
        ),
        code(
            "method_code",
            "Empreinte de la méthode",
            "Empreinte de la requête ou de la déclaration.",
            "Hash of the query or declaration.",
            pattern=r"^[0-9a-f]{12}$",
        ),
        "is_fictitious",
    ),
    optional_sources=(*OWN, *OF_THEMES),
    reference_period=PERIOD,
    publish_level="public",
    secrecy="published_by_producer",
    caveats=("aggregation_hazard",),
    may_be_empty=True,
)

INDICATORS = table(
    "roadmap_indicators",
    title_fr="Feuille de route : indicateurs et méthodes",
    title_en="Roadmap: indicators and methods",
    grain_fr="Une ligne par indicateur",
    grain_en="One row per indicator",
    key=("kpi_code",),
    columns=(
        "kpi_code pilote_code priority_code project_code kpi_kind",
        text("kpi_title", "Indicateur", "Intitulé.", "Title."),
        text("kpi_definition", "Définition", "Ce qui est compté.", "What is counted."),
        text(
            "kpi_caution",
            "Précaution",
            "Ce que l'indicateur ne dit pas.",
            "What it does not say.",
            NOBODY,
        ),
        "kpi_unit",
        code(
            "kpi_direction",
            "Sens",
            "Sens qui serait un progrès.",
            "Direction that would be progress.",
            allowed=("up", "down"),
        ),
        "kpi_zone_code",
        text("periodicity", "Périodicité", "Quand une valeur paraît.", "When a value comes out."),
        text("answers_for", "Qui répond", "Qui répond de la donnée.", "Who answers for the data."),
        "method_date",
        code(
            "kpi_method",
            "Méthode",
            "Requête sur les tables publiées, ou déclaration.",
            "Query on released tables, or declaration.",
            allowed=("query", "declaration"),
        ),
        text(
            "read_table_names",
            "Tables lues",
            "Tables publiées que la requête lit.",
            "Released tables that the query reads.",
            DECLARED,
        ),
        text(
            "kpi_query",
            "Requête",
            "À refaire par `observatory query`.",
            "To be made again with `observatory query`.",
            DECLARED,
        ),
        text("declared_by", "Déclaré par", "Qui déclare.", "Who declares.", COMPUTED),
        date("declared_since_date", "Déclaré depuis", "Depuis quand.", "Since when.", COMPUTED),
        text(
            "declaration_evidence",
            "Pièce",
            "Sur quelle pièce la déclaration repose.",
            "Evidence of the declaration.",
            COMPUTED,
        ),
        "is_fictitious",
    ),
    optional_sources=("chamber/declared_values",),
    reference_period=Text(fr="Registre en vigueur", en="Register in force"),
    publish_level="public",
    secrecy="no_figures_on_firms",
    may_be_empty=True,
)


def _count(name: str, label: str, en: str, unit: units.Unit = units.KPIS) -> Column:
    return count(f"{name}_count", label, f"{label}.", f"{en}.", unit=unit)


PRIORITIES = table(
    "roadmap_priorities",
    title_fr="Feuille de route : priorités, promis, mesuré, déclaré, inconnu",
    title_en="Roadmap: priorities, promised, measured, declared, unknown",
    grain_fr="Une ligne par priorité",
    grain_en="One row per priority",
    key=("priority_code",),
    columns=(
        "priority_code",
        rank(
            "priority_rank",
            "Ordre",
            "Ordre de l'annonce.",
            "Order of the announcement.",
            unit=units.RANK,
        ),
        text("priority_title", "Priorité", "Intitulé.", "Title."),
        _count(
            "promised_project", "Projets annoncés", "Projects announced", units.ROADMAP_PROJECTS
        ),
        _count(
            "named_project",
            "Projets nommés en public",
            "Projects named in public",
            units.ROADMAP_PROJECTS,
        ),
        _count(
            "unnamed_project",
            "Projets connus par leur nombre seul",
            "Projects known by their number alone",
            units.ROADMAP_PROJECTS,
        ),
        text(
            "named_project_titles",
            "Projets nommés",
            "Un par ligne.",
            "One a line.",
            Text(fr="aucun n'est nommé", en="none is named"),
        ),
        _count(
            "followed_project",
            "Projets suivis par un indicateur",
            "Projects that an indicator follows",
            units.ROADMAP_PROJECTS,
        ),
        _count("kpi", "Indicateurs", "Indicators"),
        _count(
            "measured_kpi",
            "Indicateurs calculés avec une valeur",
            "Computed indicators with a value",
        ),
        _count(
            "declared_kpi",
            "Indicateurs déclarés avec une valeur",
            "Declared indicators with a value",
        ),
        _count("unknown_kpi", "Indicateurs sans donnée", "Indicators without data"),
        "is_fictitious",
    ),
    optional_sources=(*OWN, *OF_THEMES),
    reference_period=Text(
        fr="Annonce de la feuille de route, à la publication",
        en="Announcement of the roadmap, at the release",
    ),
    publish_level="public",
    secrecy="no_figures_on_firms",
    may_be_empty=True,
)

JUDGEMENTS = table(
    "roadmap_judgements",
    title_fr="Feuille de route : météo, jugements datés et signés",
    title_en="Roadmap: weather, dated and signed judgements",
    grain_fr="Une ligne par priorité, date et auteur",
    grain_en="One row per priority, day and author",
    key=("priority_code", "judged_date", "judged_by"),
    columns=(
        "priority_code",
        date("judged_date", "Date", "Jour du jugement.", "Day of the judgement."),
        text("judged_by", "Auteur", "Qui juge.", "Who judges."),
        code(
            "weather",
            "Météo",
            "Jugement d'une personne ; aucun calcul n'y entre.",
            "A person's judgement; no computation enters it.",
            allowed=("soleil", "couvert", "nuage", "orage", "non_renseignee"),
        ),
        text(
            "judgement_comment", "Commentaire", "Commentaire de l'auteur.", "The author's comment."
        ),
        "is_fictitious",
    ),
    optional_sources=("chamber/declared_values",),
    reference_period=Text(fr="Le jour du jugement", en="The day of the judgement"),
    publish_level="public",
    secrecy="no_figures_on_firms",
    may_be_empty=True,
)
