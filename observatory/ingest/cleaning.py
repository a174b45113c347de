"""Cleaning that loses nothing: rows under our names in, typed rows out, an issue for the rest."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import polars as pl

from observatory.ingest.issues import IssueLog
from observatory.ingest.reading import rename_columns
from observatory.metadata.cards import Layout

# blanks that are more than one, or not a plain space
SURPLUS = r"\s{2,}|[^\S ]"
WHOLE = r"^-?(?:\d+(?:[.,]0{1,2})?|\d{1,3}(?:[ \u00a0\u202f]\d{3})+)$"
SPREADSHEET_DAY = r"^(\d{1,2}/\d{1,2}/\d{4})(?: .*)?$"
Clean: TypeAlias = Callable[[pl.DataFrame, IssueLog], pl.DataFrame]


@dataclass(frozen=True, kw_only=True)
class Cleaned:
    """What a cleaning function returns.

    ``rows`` carry the columns of ``ORIGIN`` and typed columns, of a map layer its shapes too;
    ``issues`` follow ``ISSUES``.
    """

    rows: Any
    issues: pl.DataFrame


def cleaned(raw: pl.DataFrame, layout: Layout, clean: Clean) -> Cleaned:
    """The rows of a source that ``clean`` makes of the producer's, and the issues it logged."""
    return cleaned_as_named(rename_columns(raw, layout), clean)


def cleaned_as_named(rows: pl.DataFrame, clean: Clean) -> Cleaned:
    """The same of rows that bear our names of columns already."""
    log = IssueLog()
    typed = clean(rows, log)
    return Cleaned(rows=typed, issues=log.table())


def squeeze(column: str) -> pl.Expr:
    """Text without surplus blanks; null where nothing is left."""
    return pl.col(column).str.replace_all(SURPLUS, " ").str.strip_chars().replace("", None)


def number(column: str) -> pl.Expr:
    """A number with a point or a comma, blanks between thousands; null where it is not one."""
    text = (
        pl.col(column).str.replace_all(r"[\s\u00a0\u202f]", "").str.replace(",", ".", literal=True)
    )
    value = text.cast(pl.Float64, strict=False)
    return pl.when(value.is_finite()).then(value)


def whole(column: str) -> pl.Expr:
    """A whole number (``95``, ``95.0``, ``1 234``); null where the text is not one.

    ``1,000`` and ``1.000`` are null: a thousand to some, one to others.
    """
    text = pl.col(column).str.strip_chars()
    plain = pl.when(text.str.contains(WHOLE)).then(text)
    digits = plain.str.replace(r"[.,]0{1,2}$", "").str.replace_all(r"[ \u00a0\u202f]", "")
    return digits.cast(pl.Int64, strict=False)


def read_days(
    rows: pl.DataFrame,
    log: IssueLog,
    *columns: str,
    blank: str | None = None,
    unread_is_kept: bool = True,
) -> pl.DataFrame:
    """Rows with the day of each of ``columns`` as ``_<column>``; null where there is none.

    As ISO writes it (2024-12-31, a time may follow), or as a spreadsheet saves it (31/12/2024),
    which is logged once a file. In a file that shows a month written first (12/31/2024), none of
    the second kind is told. ``blank`` is a mark for what is not said; any other text that is no day
    is logged, unless the caller rejects its row.
    """
    for column in columns:
        text = squeeze(column).replace(blank, None) if blank else squeeze(column)
        written = text.str.extract(SPREADSHEET_DAY)
        saved = written.str.to_date("%d/%m/%Y", strict=False)
        is_foreign = (written.is_not_null() & saved.is_null()).any().over("source_sha256")
        iso = text.str.slice(0, 10).str.to_date("%Y-%m-%d", strict=False)
        day = pl.coalesce(iso, pl.when(~is_foreign).then(saved))
        # a register has a million rows and some thousands of days
        told = (
            rows.select("source_sha256", column)
            .unique()
            .with_columns(day.alias(f"_{column}"), _text=text, _saved=written.is_not_null())
        )
        rows = rows.join(
            told, on=["source_sha256", column], how="left", nulls_equal=True, maintain_order="left"
        )
        read = pl.col(f"_{column}")
        log.add_once(
            rows.filter(pl.col("_saved") & read.is_not_null()),
            column=column,
            issue_type="spreadsheet_date",
            replaced_by=read.cast(pl.String),
        )
        unread = pl.col("_text").is_not_null() & read.is_null() & unread_is_kept
        log.add(
            rows.filter(unread),
            column=column,
            issue_type="unknown_mark",
            kept=True,
            severity="warning",
        )
        rows = rows.drop("_text", "_saved")
    return rows


def bare_code(column: str) -> pl.Expr:
    """A code without the ``.0`` that spreadsheets add, upper case, without blanks."""
    return pl.col(column).str.strip_chars().str.to_uppercase().str.replace(r"\.0+$", "")


def drop_exact_duplicates(rows: pl.DataFrame, log: IssueLog, *, column: str) -> pl.DataFrame:
    """Keep the first of rows of one file that agree on everything but where they stand.

    Rows of two files are never duplicates: two editions may well repeat each other.
    """
    content = [c for c in rows.columns if c not in {"source_sheet", "source_line"}]
    again = pl.struct(content).is_first_distinct().not_()
    return log.reject(rows, again, column=column, issue_type="exact_duplicate")


def reject_conflicting_duplicates(
    rows: pl.DataFrame, log: IssueLog, *, key: Sequence[str], column: str
) -> pl.DataFrame:
    """Leave out every row whose key stands more than once with different content."""
    return log.reject(
        rows,
        pl.struct(list(key)).is_duplicated(),
        column=column,
        issue_type="conflicting_duplicate",
    )
