"""Series of the Baromètre des résultats de l'action publique, kept value by value."""

import polars as pl

from assets.ingestion import ingest
from assets.roadmap.contracts.sources import BAROMETRE_SERIES
from observatory.ingest.cleaning import (
    bare_code,
    drop_exact_duplicates,
    number,
    read_days,
    reject_conflicting_duplicates,
    squeeze,
)
from observatory.ingest.issues import ORIGIN, IssueLog
from observatory.pipeline.drafts import draft_asset
from observatory.roadmap.kpis import NO_VALUE
from sources import CARDS

MEASURES = ("initial_value", "series_value", "target_value", "progress_rate")


def clean_barometre(rows: pl.DataFrame, log: IssueLog) -> pl.DataFrame:
    """One row per indicator, zone and day; rows without a day or a value are kept as they are."""
    for column in ("pilote_code", "series_zone_code"):
        blank = squeeze(column).is_null()
        rows = log.reject(rows, blank, column=column, issue_type="missing_value")
    rows = read_days(rows, log, "value_date")
    for name in MEASURES:
        unread = number(name).is_null() & squeeze(name).is_not_null()
        rows = log.reject(rows, unread, column=name, issue_type="unknown_mark")
    rows = drop_exact_duplicates(rows, log, column="pilote_code")
    key = ("pilote_code", "series_zone_code", "_value_date")
    rows = reject_conflicting_duplicates(rows, log, key=key, column="pilote_code")
    return rows.select(
        *ORIGIN,
        pilote_code=bare_code("pilote_code"),
        series_zone_code=bare_code("series_zone_code"),
        value_date="_value_date",
        zone_level=bare_code("zone_level"),
        **{name: number(name) for name in MEASURES},
    )


barometre = ingest(CARDS["ditp/barometre"], clean_barometre)


@draft_asset(BAROMETRE_SERIES)
def roadmap_barometre_series(clean_ditp__barometre: pl.DataFrame) -> pl.DataFrame:
    """The series as published."""
    day = pl.col("value_date").cast(pl.String).fill_null(NO_VALUE)
    return clean_ditp__barometre.with_columns(period_code=day)
