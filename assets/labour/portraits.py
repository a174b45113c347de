"""What the files of Dares' portraits of occupations share: codes of FAP 2009, NA, periods."""

import polars as pl

from observatory.ingest.cleaning import bare_code, number, squeeze
from observatory.ingest.issues import IssueLog
from observatory.labour.nomenclatures import tell_level

NOT_GIVEN = "NA"
ALL = "ENSEMBLE"
# “non renseigné ou autre”: people whose occupation is not known
UNKNOWN = r"^Z+$"
FAP_2009 = r"^(?:[A-Z]|[A-Z]\d[ZAB]|[A-Z]\d[ZAB]\d\d)$"
PERIOD = r"^(20\d\d)-(20\d\d)$"


def coded(rows: pl.DataFrame, log: IssueLog) -> pl.DataFrame:
    """Rows of an occupation of FAP 2009 with its level; what is neither is logged and left out."""
    written = bare_code("fap_code")
    unknown = written.str.contains(UNKNOWN)
    rows = log.reject(rows, unknown, column="fap_code", issue_type="not_in_scope")
    bad = ~((written == ALL) | written.str.contains(FAP_2009)).fill_null(value=False)
    rows = log.reject(rows, bad, column="fap_code", issue_type="unknown_mark")
    is_all = written == ALL
    nomenclature = pl.lit("fap_2009")
    level = tell_level(written, nomenclature)
    return rows.with_columns(
        fap_nomenclature=nomenclature,
        fap_level=pl.when(is_all).then(pl.lit("all")).otherwise(level),
        fap_code=pl.when(is_all).then(pl.lit("TOTAL")).otherwise(written),
    )


def figures(rows: pl.DataFrame, log: IssueLog, *columns: str) -> pl.DataFrame:
    """Rows whose figures are numbers, none below zero; NA and a blank are missing, never zero."""
    for column in columns:
        given = squeeze(column).is_not_null() & (squeeze(column) != NOT_GIVEN)
        wrong = given & (number(column) >= 0).not_().fill_null(value=True)
        rows = log.reject(rows, wrong, column=column, issue_type="unknown_mark")
    return rows.with_columns(number(column).alias(column) for column in columns)
