"""The first sheet of a workbook: what most people open it for, on one page that can be read."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from observatory.labour.keys import SURVEYED_LEVELS, TERRITORY_KEY
from observatory.metadata.french import HIDDEN_FR, UNKNOWN_FR, VALUES, alphabetical
from observatory.metadata.tables import Column, Table, suppression_mark
from observatory.release.sheet_cutting import COMMUNES

TOP = 25
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
LEVEL_ORDER = ("epci", "bassin", "departments", "department", "region", "country")


@dataclass(frozen=True, kw_only=True)
class Answer:
    """The rows of the first sheet, what is said above them, and the heads that are no column's."""

    name: str
    title: str
    lines: tuple[str, ...]
    table: str
    columns: tuple[str, ...]
    rows: pl.DataFrame
    heads: Mapping[str, str]


def make_answer(tables: Mapping[str, Table], folder: Path) -> Answer | None:
    """Make the first sheet of the workbook of ``tables``; None where they answer no question."""
    if TENSION in tables:
        return _rank_occupations(folder)
    return _list_communes(folder) if SHEETS in tables else None


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
