"""Jobs of parks beside the employees of their commune, from Urssaf's yearly export."""

import polars as pl

from assets.ground import ON_GROUND
from assets.ingestion import Scope, ingest
from assets.land.contracts.jobs import JOBS_CHECK_BY_COMMUNE
from assets.land.occupation import with_units
from assets.parts import rows_of_part
from observatory.disclosure.suppression import protect
from observatory.ingest.cleaning import (
    bare_code,
    drop_exact_duplicates,
    reject_conflicting_duplicates,
    squeeze,
    whole,
)
from observatory.ingest.issues import ORIGIN, IssueLog
from observatory.ingest.restating import restate_codes
from observatory.land.activities import bound_jobs
from observatory.land.jobs import compare_jobs, judge_employees, select_private, sum_employees
from observatory.pipeline.drafts import draft_asset, empty_draft
from observatory.pipeline.run_settings import RunSettings
from sources import CARDS

EMPLOYEES = CARDS["urssaf/employees_by_commune"]
MEASURES = ("employer_count", "employee_count")


def clean_employees(rows: pl.DataFrame, log: IssueLog) -> pl.DataFrame:
    """Rows by commune in force, activity and year; a blank is hidden, not zero.

    Those of arrondissements and of merged communes stand side by side: they are summed.
    """
    for measure in MEASURES:
        unread = whole(measure).is_null() & squeeze(measure).is_not_null()
        rows = log.reject(rows, unread, column=measure, issue_type="unknown_mark")
    rows = drop_exact_duplicates(rows, log, column="commune_code")
    rows = reject_conflicting_duplicates(
        rows, log, key=("commune_code", "ape_code", "year"), column="commune_code"
    )
    rows = restate_codes(rows, log)
    bad = ~pl.col("commune_code").str.contains(r"^(?:\d{5}|2[AB]\d{3})$").fill_null(value=False)
    rows = log.reject(rows, bad, column="commune_code", issue_type="unknown_code")
    return rows.select(
        *ORIGIN,
        commune_code="commune_code",
        ape_code=bare_code("ape_code").str.replace(".", "", literal=True),
        year=whole("year"),
        **{measure: whole(measure) for measure in MEASURES},
    )


employees = ingest(
    EMPLOYEES,
    clean_employees,
    Scope(reads=ON_GROUND, within=rows_of_part("code_commune"), is_parted=True),
)


@draft_asset(JOBS_CHECK_BY_COMMUNE)
def land_jobs_check_by_commune(
    clean_urssaf__employees_by_commune: pl.DataFrame,
    _land_placed: pl.DataFrame,
    _land_unit_parcels: pl.DataFrame,
    land_coverage_by_commune: pl.DataFrame,
    settings: RunSettings,
) -> pl.DataFrame:
    """Jobs placed in parks, low and high, over the employees of the commune."""
    rows = clean_urssaf__employees_by_commune
    if rows.is_empty():
        return empty_draft(JOBS_CHECK_BY_COMMUNE)
    firms = with_units(_land_placed, _land_unit_parcels)
    compared = compare_jobs(
        jobs_in_parks(firms, settings.land_open_class_cap),
        sum_employees(rows),
    )
    judged = of_known_parks(judge_employees(compared), land_coverage_by_commune)
    safe = protect(judged, JOBS_CHECK_BY_COMMUNE, settings.thresholds)
    shown = ~pl.col("is_employee_count_suppressed")
    return safe.with_columns(pl.when(shown).then(name).alias(name) for name in COMPARED)


COMPARED = ("park_jobs_ratio_low_pct", "park_jobs_ratio_high_pct", "jobs_check")
FIGURES = (
    "private_establishment_count",
    "private_job_count_low",
    "private_job_count_high",
    "park_jobs_ratio_low_pct",
    "park_jobs_ratio_high_pct",
    "jobs_check",
)


def of_known_parks(compared: pl.DataFrame, coverage: pl.DataFrame) -> pl.DataFrame:
    """Communes of the territory; without jobs where too little of their parks was looked at."""
    has_none = pl.col("site_area_ha") == 0
    is_known = has_none | (pl.col("has_parcels") & pl.col("has_register"))
    told = coverage.select("commune_code", "commune_label", "epci_code", _is_known=is_known)
    return (
        compared.join(told, on="commune_code", maintain_order="left")
        .with_columns(pl.when("_is_known").then(name).alias(name) for name in FIGURES)
        .drop("_is_known")
    )


def jobs_in_parks(firms: pl.DataFrame, open_class_cap: int) -> pl.DataFrame:
    """Active establishments in units, of Urssaf's field, and their jobs, by commune."""
    low, high = bound_jobs(pl.col("size_class"), open_class_cap=open_class_cap)
    own = select_private(
        firms.filter(
            pl.col("unit_id").is_not_null(),
            pl.col("placement_level").is_in(["parcel", "near_parcel"]),
            pl.col("is_active").fill_null(value=False),
            ~pl.col("is_civil_company"),
        )
    ).with_columns(_low=low, _high=high)
    known = pl.col("_low").is_not_null().any()
    return own.group_by("commune_code").agg(
        private_establishment_count=pl.len().cast(pl.Int64),
        private_employer_count=(pl.col("_high").fill_null(0) > 0).sum().cast(pl.Int64),
        private_job_count_low=pl.when(known).then(pl.col("_low").sum()),
        private_job_count_high=pl.when(known).then(pl.col("_high").sum()),
    )
