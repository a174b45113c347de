"""Recruitment needs: from the BMO open data of France Travail to the published tables."""

from typing import Any

import dagster as dg
import polars as pl

from assets.ingestion import ingest
from assets.labour.contracts import RECRUITMENT_NEEDS_BY_BASSIN
from observatory.cleaning import (
    ORIGIN,
    Cleaned,
    IssueLog,
    bare_code,
    drop_exact_duplicates,
    squeeze,
    whole,
)
from observatory.geography.cog import padded
from observatory.labour.recruitment_needs import MEASURES, with_bounds
from observatory.lineage import draft, draft_asset
from observatory.reading import rename_columns
from sources import CARDS

CARD = CARDS["france_travail/bmo"]
SUPPRESSED = "*"
FIRST_YEAR_OF_FAP_2021 = 2024
LABELS = ("fap_label", "family_label", "region_label", "department_label", "bassin_label")


def clean_bmo(raw: pl.DataFrame) -> Cleaned:
    """Type the survey's rows; ``*`` becomes null with ``is_<measure>_count_suppressed`` true.

    Suppressed, missing and zero stay three things: any mark but a whole number or ``*`` is an
    error that stops the release, with its line.
    """
    log = IssueLog()
    rows = rename_columns(raw, CARD.layout)
    for label in LABELS:
        untidy = pl.col(label) != squeeze(label)
        log.add(rows.filter(untidy), column=label, issue_type="repaired_text", kept=True)
    rows = rows.with_columns(*(squeeze(label) for label in LABELS)).with_columns(
        *(bare_code(code) for code in ("fap_code", "family_code", "bassin_code")),
        region_code=padded(bare_code("region_code")),
        department_code=padded(bare_code("department_code")),
    )
    for column in ("year", "fap_code", "bassin_code", "department_code", "region_code"):
        blank = squeeze(column).is_null()
        rows = log.reject(rows, blank, column=column, issue_type="missing_value")
    rows = log.reject(rows, whole("year").is_null(), column="year", issue_type="unknown_mark")
    for measure in (f"{m}_count" for m in MEASURES):
        text = squeeze(measure)
        rows = log.reject(rows, text.is_null(), column=measure, issue_type="missing_value")
        unreadable = whole(measure).is_null() & (text != SUPPRESSED)
        rows = log.reject(rows, unreadable, column=measure, issue_type="unknown_mark")
    rows = drop_exact_duplicates(rows, log, column="fap_code")
    year = whole("year")
    typed = rows.select(
        *ORIGIN,
        year=year,
        fap_nomenclature=pl.when(year < FIRST_YEAR_OF_FAP_2021)
        .then(pl.lit("fap_2009"))
        .otherwise(pl.lit("fap_2021")),
        fap_level=pl.when(year < FIRST_YEAR_OF_FAP_2021)
        .then(pl.lit("fap225"))
        .otherwise(pl.lit("fap228")),
        fap_code="fap_code",
        family_code="family_code",
        bassin_code="bassin_code",
        department_code="department_code",
        region_code="region_code",
        **{label: pl.col(label) for label in LABELS},
        **{f"{m}_count": whole(f"{m}_count") for m in MEASURES},
        **{f"is_{m}_count_suppressed": squeeze(f"{m}_count") == SUPPRESSED for m in MEASURES},
    )
    return Cleaned(rows=typed, issues=log.table())


bmo = ingest(CARD, clean_bmo)


@draft_asset(RECRUITMENT_NEEDS_BY_BASSIN)
def labour_recruitment_needs_by_bassin(
    clean_france_travail__bmo: pl.DataFrame,
) -> dg.MaterializeResult[Any]:
    """Survey rows with their bounds, as published."""
    return draft(RECRUITMENT_NEEDS_BY_BASSIN, with_bounds(clean_france_travail__bmo))
