"""Says whom counts of job seekers are of, and lists those of a commune, series by series."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

import polars as pl

from observatory.metadata.french import french_value
from observatory.release.published import Published
from observatory.web.listings import Listing, amount, make_listing, show_number, word

NOT_STATED = "not_stated"
CATEGORY_A = "catégorie A"
SHOWN_MONTHS = 13
SERIES = {
    False: "jusqu'en décembre 2024",
    True: "depuis janvier 2025 (inscription des bénéficiaires du RSA, catégories F et G)",
}


def name_category(code: str) -> str:
    """Name a category: « catégories A, B, C » for ``ABC``."""
    if code == NOT_STATED:
        return "catégorie non précisée"
    return f"catégorie{'s' if len(code) > 1 else ''} {', '.join(code)}"


def describe_counted(row: Mapping[str, Any]) -> str:
    """Describe whom a row's job seekers are: category, or what the level suggests; raw or not."""
    suggested = row["suggested_category"]
    category = name_category(row["job_seeker_category"])
    if suggested:
        category += f" par le fichier (son niveau suggère : {name_category(suggested)})"
    return f"{category}, {french_value('seasonal_adjustment', row['seasonal_adjustment'])}"


def list_job_seekers(published: Published, commune: str) -> list[Listing]:
    """List the job seekers of a commune in its last months; a table for each side of a break."""
    table = published.table("labour_job_seekers_by_commune")
    if table.is_empty():
        return []
    rows = table.filter(pl.col("commune_code") == commune).sort("month_date", descending=True)
    parts = rows.head(SHOWN_MONTHS).partition_by("is_after_series_break", maintain_order=True)
    return [_make_series(commune, part) for part in parts]


def _make_series(commune: str, rows: pl.DataFrame) -> Listing:
    """Make the table of months that can be compared with each other."""
    first = rows.row(0, named=True)
    heads = (
        word("Fin de mois", "month_date", show=_show_month),
        amount(
            f"Demandeurs d'emploi ({name_category(first['job_seeker_category'])})",
            "job_seeker_count",
            "count_evidence",
            show=_show_count,
        ),
    )
    is_new = first["is_after_series_break"]
    caption = (
        f"Demandeurs d'emploi de la commune {SERIES[is_new]}, arrondis à 10 : "
        f"{describe_counted(first)}. Ne se compare pas au-delà de janvier 2025"
    )
    name = f"demandeurs-{commune}{'' if is_new else '-avant-2025'}"
    return make_listing(name, caption, heads, rows)


def _show_month(month: dt.date) -> str:
    return month.strftime("%m/%Y")


def _show_count(count: int | None, evidence: str) -> str:
    if count is None:
        return french_value("count_evidence", evidence)
    return show_number(count)
