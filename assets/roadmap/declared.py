"""Values that the chamber declares, in the State's import format."""

import polars as pl

from assets.ingestion import ingest
from assets.roadmap.contracts.sources import DECLARED_VALUES
from observatory.ingest.cleaning import (
    drop_exact_duplicates,
    number,
    read_days,
    reject_conflicting_duplicates,
    squeeze,
)
from observatory.ingest.issues import ORIGIN, IssueLog
from observatory.pipeline.drafts import draft_asset
from observatory.roadmap.pilote import INDICATOR, TYPES, ZONE
from sources import CARDS


def clean_declared(rows: pl.DataFrame, log: IssueLog) -> pl.DataFrame:
    """Rows of the format; what its schema refuses is left out and said."""
    rows = read_days(rows, log, "value_date", unread_is_kept=False)
    refused = (
        ("pilote_code", ~_is("pilote_code", INDICATOR.pattern), "unknown_code"),
        ("declared_zone_code", ~_is("declared_zone_code", ZONE.pattern), "unknown_code"),
        ("value_date", pl.col("_value_date").is_null(), "missing_value"),
        ("value_type", ~_is("value_type", "|".join(TYPES)), "unknown_code"),
    )
    for column, is_wrong, issue in refused:
        rows = log.reject(rows, is_wrong, column=column, issue_type=issue, severity="error")
    unread = number("declared_value").is_null() & squeeze("declared_value").is_not_null()
    rows = log.reject(rows, unread, column="declared_value", issue_type="unknown_mark")
    rows = drop_exact_duplicates(rows, log, column="pilote_code")
    rows = rows.with_columns(
        value_type=squeeze("value_type").str.to_lowercase(),
        declared_zone_code=squeeze("declared_zone_code").str.to_uppercase(),
    )
    key = ("pilote_code", "declared_zone_code", "_value_date", "value_type")
    rows = reject_conflicting_duplicates(rows, log, key=key, column="pilote_code")
    return rows.select(
        *ORIGIN,
        pilote_code=squeeze("pilote_code"),
        declared_zone_code="declared_zone_code",
        value_date="_value_date",
        value_type="value_type",
        declared_value=number("declared_value"),
    )


def _is(column: str, pattern: str) -> pl.Expr:
    return squeeze(column).str.contains(f"^(?:{pattern})$").fill_null(value=False)


declared = ingest(CARDS["chamber/declared_values"], clean_declared)


@draft_asset(DECLARED_VALUES)
def roadmap_declared_values(clean_chamber__declared_values: pl.DataFrame) -> pl.DataFrame:
    """The values as declared."""
    return clean_chamber__declared_values
