"""Micro-entrepreneurs by département and quarter, from Urssaf."""

import polars as pl

from assets.ingestion import ingest
from assets.roadmap.contracts.sources import MICRO_ENTERPRISES
from observatory.geography.cog import pad_code
from observatory.ingest.cleaning import (
    bare_code,
    drop_exact_duplicates,
    read_days,
    reject_conflicting_duplicates,
    squeeze,
    whole,
)
from observatory.ingest.issues import ORIGIN, IssueLog
from observatory.pipeline.drafts import draft_asset
from sources import CARDS

MEASURES = (
    "registration_count",
    "removal_count",
    "economically_active_count",
    "administratively_active_count",
)


def clean_micro_enterprises(rows: pl.DataFrame, log: IssueLog) -> pl.DataFrame:
    """One row per département and quarter; a blank is unknown."""
    rows = read_days(rows, log, "quarter_end", unread_is_kept=False)
    no_day = pl.col("_quarter_end").is_null()
    rows = log.reject(rows, no_day, column="quarter_end", issue_type="missing_value")
    code = pad_code(bare_code("department_code"), 2)
    bad = ~code.str.contains(r"^(?:\d{2}|2[AB]|9[78]\d)$").fill_null(value=False)
    rows = log.reject(rows, bad, column="department_code", issue_type="unknown_code")
    for name in MEASURES:
        unread = whole(name).is_null() & squeeze(name).is_not_null()
        rows = log.reject(rows, unread, column=name, issue_type="unknown_mark")
    rows = drop_exact_duplicates(rows, log, column="department_code")
    key = ("department_code", "_quarter_end")
    rows = reject_conflicting_duplicates(rows, log, key=key, column="department_code")
    return rows.select(
        *ORIGIN,
        department_code=code,
        quarter_end_date="_quarter_end",
        **{name: whole(name) for name in MEASURES},
    )


micro_enterprises = ingest(CARDS["urssaf/micro_enterprises"], clean_micro_enterprises)


@draft_asset(MICRO_ENTERPRISES)
def roadmap_micro_enterprises_by_department(
    clean_urssaf__micro_enterprises: pl.DataFrame,
) -> pl.DataFrame:
    """The quarters as published."""
    return clean_urssaf__micro_enterprises
