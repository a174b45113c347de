"""What became of those who left a professional training, from InserJeunes (DEPP, Dares)."""

import polars as pl

from assets.ingestion import ingest
from assets.labour.contracts.training_leavers import TRAINING_LEAVERS
from observatory.ingest.cleaning import (
    bare_code,
    drop_exact_duplicates,
    number,
    reject_conflicting_duplicates,
    squeeze,
)
from observatory.ingest.issues import ORIGIN, IssueLog
from observatory.pipeline.drafts import draft_asset
from sources import CARDS

UAI = r"^\d{7}[A-Z]$"
MEFSTAT = r"^[0-9A-Z]{11}$"
# "cumul 2023-2024": both cohorts together
COHORTS = r"^(?:cumul )?(20\d\d)-(20\d\d)$"
# an UAI begins with its département; those of Corse kept the number they had
CORSE = {"620": "2A", "720": "2B"}
SHARES = {
    "continuing_share": "continuing_share_pct",
    **{f"employed_share_{months}": f"employed_{months}_months_pct" for months in (6, 12, 18, 24)},
}


def clean_training_leavers(rows: pl.DataFrame, log: IssueLog) -> pl.DataFrame:
    """One row per establishment, training and cohorts; a blank is not published, never zero."""
    school, training = bare_code("school_code"), bare_code("training_code")
    for column, code, pattern in (
        ("school_code", school, UAI),
        ("training_code", training, MEFSTAT),
    ):
        bad = ~code.str.contains(pattern).fill_null(value=False)
        rows = log.reject(rows, bad, column=column, issue_type="unknown_code")
    first, last = (squeeze("cohorts").str.extract(COHORTS, at).cast(pl.Int64) for at in (1, 2))
    bad = (last - first != 1).fill_null(value=True)
    rows = log.reject(rows, bad, column="cohorts", issue_type="unknown_mark")
    for column in SHARES:
        share, is_blank = number(column), squeeze(column).is_null()
        unread = ~share.is_between(0, 100).fill_null(value=False) & ~is_blank
        rows = log.reject(rows, unread, column=column, issue_type="unknown_mark")
    rows = drop_exact_duplicates(rows, log, column="school_code")
    # one establishment, training or pair of cohorts may be written in two ways
    rows = rows.with_columns(_school=school, _training=training, _last=last)
    key = ("_school", "_training", "_last")
    rows = reject_conflicting_duplicates(rows, log, key=key, column="school_code")
    return rows.select(
        *ORIGIN,
        school_code=school,
        school_name=squeeze("school_name"),
        school_department_code=read_department(school),
        diploma_label=squeeze("diploma_label"),
        training_code=training,
        training_label=squeeze("training_label"),
        first_cohort_year=first,
        last_cohort_year=last,
        **{name: number(column) for column, name in SHARES.items()},
    )


def read_department(school: pl.Expr) -> pl.Expr:
    """The département that an UAI is registered in; null where its first three are of none."""
    start = school.str.slice(0, 3)
    mainland = pl.when(start.str.contains(r"^0(?:0[1-9]|[1-8]\d|9[0-5])$")).then(start.str.slice(1))
    overseas = pl.when(start.str.contains(r"^97[1-6]$")).then(start)
    corse = start.replace_strict(CORSE, default=None, return_dtype=pl.String)
    return pl.coalesce(mainland, overseas, corse)


training_leavers = ingest(CARDS["depp/training_leavers"], clean_training_leavers)


@draft_asset(TRAINING_LEAVERS)
def labour_training_leavers(clean_depp__training_leavers: pl.DataFrame) -> pl.DataFrame:
    """The rows as published."""
    return clean_depp__training_leavers
