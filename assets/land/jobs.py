"""Jobs of parks beside the employees of their commune, from Urssaf's yearly export."""

import polars as pl

from assets.ingestion import Scope, ingest
from assets.land.contracts.jobs import JOBS_CHECK_BY_COMMUNE
from assets.land.occupation import with_units
from assets.parts import rows_of_part
from observatory.geography.cog import commune_of_arrondissement, pad_code
from observatory.ingest.cleaning import (
    bare_code,
    drop_exact_duplicates,
    reject_conflicting_duplicates,
    squeeze,
    whole,
)
from observatory.ingest.issues import ORIGIN, IssueLog
from observatory.land.activities import bound_jobs
from observatory.land.jobs import compare_jobs, select_private, sum_employees
from observatory.pipeline.drafts import draft_asset, empty_draft
from observatory.pipeline.run_settings import RunSettings
from observatory.storage.frames import COMMUNES
from sources import CARDS

EMPLOYEES = CARDS["urssaf/employees_by_commune"]
MEASURES = ("employer_count", "employee_count")


def clean_employees(rows: pl.DataFrame, log: IssueLog) -> pl.DataFrame:
    """One row per commune or arrondissement, activity and year; a blank is hidden, not zero."""
    for measure in MEASURES:
        unread = whole(measure).is_null() & squeeze(measure).is_not_null()
        rows = log.reject(rows, unread, column=measure, issue_type="unknown_mark")
    code = pad_code(bare_code("commune_code"), 5)
    bad = ~code.str.contains(r"^(?:\d{5}|2[AB]\d{3})$").fill_null(value=False)
    rows = log.reject(rows, bad, column="commune_code", issue_type="unknown_code")
    rows = drop_exact_duplicates(rows, log, column="commune_code")
    rows = reject_conflicting_duplicates(
        rows, log, key=("commune_code", "ape_code", "year"), column="commune_code"
    )
    return rows.select(
        *ORIGIN,
        commune_code=code,
        ape_code=bare_code("ape_code").str.replace(".", "", literal=True),
        year=whole("year"),
        **{measure: whole(measure) for measure in MEASURES},
    )


employees = ingest(
    EMPLOYEES,
    clean_employees,
    Scope(reads=(COMMUNES,), within=rows_of_part("code_commune"), is_parted=True),
)


@draft_asset(JOBS_CHECK_BY_COMMUNE)
def land_jobs_check_by_commune(
    clean_urssaf__employees_by_commune: pl.DataFrame,
    _land_placed: pl.DataFrame,
    _land_unit_parcels: pl.DataFrame,
    geography_communes: pl.DataFrame,
    settings: RunSettings,
) -> pl.DataFrame:
    """Jobs placed in parks, low and high, over the employees of the commune."""
    rows = clean_urssaf__employees_by_commune
    if rows.is_empty():
        return empty_draft(JOBS_CHECK_BY_COMMUNE)
    city = commune_of_arrondissement(pl.col("commune_code"))
    compared = compare_jobs(
        jobs_in_parks(with_units(_land_placed, _land_unit_parcels), settings.land_open_class_cap),
        sum_employees(rows.with_columns(commune_code=city)),
    )
    local = geography_communes.filter("is_in_territory")
    return compared.join(
        local.select("commune_code", "commune_label", "epci_code"), on="commune_code"
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
        private_job_count_low=pl.when(known).then(pl.col("_low").sum()),
        private_job_count_high=pl.when(known).then(pl.col("_high").sum()),
    )
