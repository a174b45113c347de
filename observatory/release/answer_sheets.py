"""The first sheet of a workbook: what most people open it for, on one page that can be read."""

from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from observatory.crossing.sectors import ALL
from observatory.labour.keys import SURVEYED_LEVELS, TERRITORY_KEY
from observatory.metadata.french import HIDDEN_FR, UNKNOWN_FR, VALUES, alphabetical
from observatory.metadata.tables import Column, Table, suppression_mark
from observatory.release.sheet_cutting import COMMUNES

TOP = 25
BOUNDS = ("low", "central", "high")
RANK = "rank"
TENSION, SHEETS = "labour_jobs_in_tension", "land_commune_sheets"
TENSION_COLUMNS = (
    "territory_label",
    "territory_level",
    RANK,
    "fap_label",
    "fap_code",
    "tension_class",
    "tension_evidence",
    "tension_territory_label",
    "class_year",
    "project_count",
    "project_count_low",
    "project_count_high",
    "difficult_share_pct",
    "needs_year",
)
LAND_COLUMNS = (
    "commune_label",
    "commune_code",
    "site_count",
    "site_area_ha",
    "free_ha",
    RANK,
    "vacant_ha",
    "vacancy_share_low_pct",
    "vacancy_share_high_pct",
    "brownfield_ha",
    "densifiable_ha",
    "undetermined_ha",
    "land_price_median_eur_m2",
    "land_sale_count",
    "activity_consumed_10_years_ha",
    "extension_years",
    "missing_supply_reason",
    "missing_years_reason",
)
PLACES, KPIS, INDICATORS = "crossing_land_demand_by_place", "roadmap_kpis", "roadmap_indicators"
HORIZON_YEARS = 10
PLACE_COLUMNS = (
    "place_label",
    "place_level",
    "lacking",
    *(f"land_{what}_{bound}_ha" for what in ("demand", "supply") for bound in BOUNDS),
    "tension_share_low_pct",
    "left_out_sector_codes",
)
PRIORITIES = "roadmap_priorities"
KPI_COLUMNS = (
    "priority_title",
    "kpi_title",
    "kpi_kind",
    "kpi_zone_code",
    "kpi_value",
    "kpi_value_low",
    "kpi_value_high",
    "kpi_unit",
    "value_date",
    "kpi_evolution",
    "target",
    "target_date",
    "progress_pct",
    "kpi_status",
    "missing_value_reason",
    "answers_for",
    "kpi_code",
)
# that an indicator has none of these is no lack of knowledge
NOT_EVERY_KPI = frozenset(
    {"kpi_value_low", "kpi_value_high", "kpi_evolution", "target", "target_date", "progress_pct"}
)
LEVEL_ORDER = ("epci", "bassin", "departments", "department", "region", "country")


@dataclass(frozen=True, kw_only=True)
class Answer:
    """The rows of the first sheet, what is said above them, and the heads that are no column's.

    Cells of the columns ``may_be_blank`` are where there is no value; of others, that is said.
    """

    name: str
    title: str
    lines: tuple[str, ...]
    table: str
    columns: tuple[str, ...]
    rows: pl.DataFrame
    heads: Mapping[str, str] = field(default_factory=dict)
    may_be_blank: Set[str] = frozenset()


def make_answer(tables: Mapping[str, Table], folder: Path) -> Answer | None:
    """Make the first sheet of the workbook of ``tables``; None where they answer no question."""
    answers = {
        TENSION: _rank_occupations,
        SHEETS: _list_communes,
        PLACES: _list_places,
        KPIS: _list_indicators,
    }
    return next((answer(folder) for name, answer in answers.items() if name in tables), None)


def _rank_occupations(folder: Path) -> Answer | None:
    """Rank the occupations of each territory by tension, then by projects."""
    table = pl.scan_parquet(folder / f"{TENSION}.parquet")
    for nomenclature, level in SURVEYED_LEVELS.items():
        rows = table.filter(
            pl.col("fap_nomenclature") == nomenclature,
            pl.col("fap_level") == level,
            pl.col("tension_class").is_not_null(),
        )
        surveyed = rows.collect()
        if len(surveyed):
            break
    else:
        return None
    local = _keep_local(surveyed, folder)
    return Answer(
        name="métiers en tension",
        title=f"Les {TOP} métiers les plus tendus de chaque territoire",
        lines=(
            (
                "Classe de tension de 1 (très faible) à 5 (très forte), puis nombre de projets de "
                "recrutement. Filtrer sur « Territoire » pour n'en voir qu'un."
            ),
            (
                "La tension n'est publiée que par département et au-dessus : « Tension mesurée "
                "pour » dit d'où elle vient. Un projet est une intention déclarée, ni une offre ni "
                "un poste."
            ),
        ),
        table=TENSION,
        columns=TENSION_COLUMNS,
        rows=rank_occupations(local),
        heads={RANK: "Rang dans le territoire"},
    )


def _keep_local(rows: pl.DataFrame, folder: Path) -> pl.DataFrame:
    """Keep the territories that the observatory's communes lie in, and France."""
    path = folder / f"{COMMUNES}.parquet"
    if not path.exists():
        return rows
    communes = pl.read_parquet(path).filter("is_in_territory")
    level, code = (pl.col(name) for name in TERRITORY_KEY)
    inside = level.is_in(["country", "departments"])
    for area in ("epci", "bassin", "department", "region"):
        inside |= (level == area) & code.is_in(communes[f"{area}_code"].drop_nulls().implode())
    return rows.filter(inside)


def rank_occupations(rows: pl.DataFrame) -> pl.DataFrame:
    """The occupations of each territory in the strongest tension, most projects first among equals.

    A hidden number of projects counts as the least it may be; an unknown one comes last.
    """
    order = {level: at for at, level in enumerate(LEVEL_ORDER)}
    at = pl.col("territory_level").replace_strict(order, default=len(order))
    least = pl.coalesce("project_count", "project_count_low")
    ordered = rows.sort(
        at,
        alphabetical("territory_label"),
        "territory_code",
        "tension_class",
        least,
        "fap_code",
        descending=[False, False, False, True, True, False],
        nulls_last=True,
    )
    ranked = ordered.with_columns((pl.int_range(pl.len()).over(TERRITORY_KEY) + 1).alias(RANK))
    return ranked.filter(pl.col(RANK) <= TOP)


def _list_communes(folder: Path) -> Answer | None:
    """List the communes, with the land that each has left."""
    rows = pl.read_parquet(folder / f"{SHEETS}.parquet")
    if rows.is_empty():
        return None
    ranked = rows.with_columns(pl.col("free_ha").rank("min", descending=True).alias(RANK))
    return Answer(
        name="foncier par commune",
        title="Ce qui reste de foncier économique dans chaque commune",
        lines=(
            (
                "« Présumé » ne vaut pas offre : ni bâtiment ni établissement connus, à vérifier "
                "sur le terrain. « masqué » : connu, mais sur trop peu de ventes."
            ),
        ),
        table=SHEETS,
        columns=LAND_COLUMNS,
        rows=ranked.sort(alphabetical("commune_label"), "commune_code"),
        heads={RANK: "Rang (inoccupé, présumé)"},
    )


def _list_places(folder: Path) -> Answer | None:
    """List where land lacks, where people do, where both: the territory, then each commune."""
    rows = pl.read_parquet(folder / f"{PLACES}.parquet").filter(
        horizon_years=HORIZON_YEARS, dominant_vocation=ALL
    )
    if rows.is_empty():
        return None
    is_commune = pl.col("place_level") == "commune"
    return Answer(
        name="ce qui manque où",
        title=f"Où manqueraient le foncier, les personnes ou les deux, à {HORIZON_YEARS} ans",
        lines=(
            (
                "Demande : emplois des sites × tendance du secteur × hectares par emploi des sites "
                "du territoire ; offre : ce que les sites ont d'inoccupé ou de vacant, présumé. "
                "Une projection, non une prévision."
            ),
            (
                "Bornes centrales comparées. Là où un secteur est sans demande (dernière colonne), "
                "la demande est un minimum. « inconnu » : une demande, une offre ou une part n'est "
                "pas connue ; rien n'est conclu alors."
            ),
        ),
        table=PLACES,
        columns=PLACE_COLUMNS,
        rows=rows.sort(is_commune, alphabetical("place_label"), "place_code").with_columns(
            pl.when(is_commune).then("place_label").otherwise(pl.lit("le territoire entier"))
        ),
        may_be_blank=frozenset({"left_out_sector_codes"}),
    )


def _list_indicators(folder: Path) -> Answer | None:
    """List the indicators of the roadmap with their last value, by priority."""
    named = pl.read_parquet(folder / f"{INDICATORS}.parquet").select(
        "kpi_code", "kpi_title", "answers_for"
    )
    priorities = pl.read_parquet(folder / f"{PRIORITIES}.parquet").select(
        "priority_code", "priority_rank", "priority_title"
    )
    rows = pl.read_parquet(folder / f"{KPIS}.parquet").filter("is_latest")
    if rows.is_empty():
        return None
    return Answer(
        name="indicateurs",
        title="Les indicateurs de la feuille de route, à leur dernière valeur",
        lines=(
            (
                "Un indicateur de contexte n'est pas imputable à la chambre : il a une évolution, "
                "ni cible ni avancement. « sans donnée » n'est pas zéro."
            ),
            (
                "Une case vide : cet indicateur n'a pas de cible, de fourchette ou de valeur "
                "d'avant. L'historique et la requête de chacun sont dans les feuilles qui suivent."
            ),
        ),
        table=KPIS,
        columns=KPI_COLUMNS,
        rows=rows.join(named, on="kpi_code", how="left")
        .join(priorities, on="priority_code", how="left")
        .sort("priority_rank", "kpi_kind", "kpi_code", "kpi_zone_code"),
        may_be_blank=NOT_EVERY_KPI,
    )


def show_cell(column: Column | None, value: Any, row: Mapping[str, Any]) -> Any:
    """What a cell of the first sheet holds: a value, or in a word that there is none.

    Of a reason, what it means, or nothing where nothing is missing.
    """
    if column is None:
        return UNKNOWN_FR if value is None else value
    if value is None:
        is_hidden = row.get(suppression_mark(column.name))
        is_reason = column.name.startswith("missing_")
        return HIDDEN_FR if is_hidden else "" if is_reason else UNKNOWN_FR
    return VALUES.get(column.name, {}).get(value, value) if isinstance(value, str) else value
