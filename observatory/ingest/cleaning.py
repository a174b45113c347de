"""Cleaning that loses nothing: rows as the contract says, and an issue for all the rest."""

import datetime as dt
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import polars as pl

from observatory.errors import InputError
from observatory.ingest.issue_types import ISSUE_TYPES, Severity

ORIGIN = pl.Schema(
    {
        "source_key": pl.String(),
        "source_sha256": pl.String(),
        "source_sheet": pl.String(),
        "source_line": pl.Int64(),
    }
)
LINE = tuple(ORIGIN)
WHOLE = r"^-?(?:\d+(?:[.,]0{1,2})?|\d{1,3}(?:[ \u00a0\u202f]\d{3})+)$"
ISSUES = pl.Schema(
    {
        **ORIGIN,
        "column": pl.String(),
        "value": pl.String(),
        "issue_type": pl.String(),
        "severity": pl.String(),
        "is_row_kept": pl.Boolean(),
        "replacement": pl.String(),
        "note": pl.String(),
        "evidence": pl.String(),
        "until": pl.Date(),
    }
)


@dataclass(frozen=True, kw_only=True)
class Cleaned:
    """What a cleaning function returns.

    ``rows`` carry the columns of ``ORIGIN`` and typed columns; ``issues`` follow ``ISSUES``.
    """

    rows: pl.DataFrame
    issues: pl.DataFrame


@dataclass
class IssueLog:
    """Issues found while one source is cleaned, in the order they were found."""

    frames: list[pl.DataFrame] = field(default_factory=list)

    def add(
        self,
        rows: pl.DataFrame,
        *,
        column: str,
        issue_type: str,
        kept: bool,
        value: str | None = None,
        severity: Severity | None = None,
        replaced_by: pl.Expr | None = None,
        note: str | None = None,
        evidence: str | None = None,
        until: dt.date | None = None,
    ) -> None:
        """Log one issue per row; ``value`` names the column that holds the text as read.

        ``replaced_by`` is what stands in its place from now on, where it was repaired; ``note``
        says why, where the type of the issue does not; a correction has its ``evidence`` and the
        day ``until`` which it holds.
        """
        if rows.is_empty():
            return
        read = pl.col(value or column)
        self.frames.append(
            rows.select(
                *LINE,
                column=pl.lit(column),
                value=read.cast(pl.String) if (value or column) in rows.columns else pl.lit(None),
                issue_type=pl.lit(issue_type),
                severity=pl.lit(severity or ISSUE_TYPES[issue_type].severity),
                is_row_kept=pl.lit(kept),
                replacement=pl.lit(None) if replaced_by is None else replaced_by,
                note=pl.lit(note),
                evidence=pl.lit(evidence),
                until=pl.lit(until, pl.Date),
            ).cast(ISSUES)
        )

    def add_once(
        self,
        rows: pl.DataFrame,
        *,
        column: str,
        issue_type: str,
        replaced_by: pl.Expr | None = None,
    ) -> None:
        """Log the first of each file's rows alike, and how many there are: they are the rule.

        For what concerns whole columns of a file (municipal arrondissements, points at the centre
        of a commune), of which one line each would drown all others.
        """
        for own in rows.partition_by("source_sha256", maintain_order=True):
            self.add(
                own.head(1),
                column=column,
                issue_type=issue_type,
                kept=True,
                replaced_by=replaced_by,
                note=f"{own.height} lignes de ce fichier sont dans ce cas.",
            )

    def reject(
        self,
        rows: pl.DataFrame,
        bad: pl.Expr,
        *,
        column: str,
        issue_type: str,
        value: str | None = None,
        severity: Severity | None = None,
    ) -> pl.DataFrame:
        """Log rows where ``bad`` holds as not kept; return the others. Null counts as false."""
        mask = rows.select(bad.fill_null(value=False).alias("bad"))["bad"]
        self.add(
            rows.filter(mask),
            column=column,
            issue_type=issue_type,
            kept=False,
            value=value,
            severity=severity,
        )
        return rows.filter(~mask)

    def table(self) -> pl.DataFrame:
        """All issues, as ``ISSUES`` says."""
        return pl.concat(self.frames) if self.frames else pl.DataFrame(schema=ISSUES)


def normalise(name: str) -> str:
    """A header without case, accents, blanks or punctuation.

    ``Code métier BMO`` → ``code_metier_bmo``.
    """
    plain = unicodedata.normalize("NFKD", name.replace("œ", "oe").replace("Œ", "oe"))
    ascii_only = plain.encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "_", ascii_only).strip("_")


def squeeze(column: str) -> pl.Expr:
    """Text without surplus blanks; null where nothing is left."""
    text = pl.col(column).str.replace_all(r"[\s\u00a0]+", " ").str.strip_chars()
    return pl.when(text.str.len_chars() > 0).then(text)


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


def require_unambiguous(headers: Iterable[str], pattern: str, where: str) -> str | None:
    """The one header whose normalised form matches ``pattern``; None when there is none.

    Raises InputError when several match, because choosing one would be a guess.
    """
    found = [h for h in headers if re.fullmatch(pattern, normalise(h))]
    if len(found) > 1:
        msg = f"{where}: several columns look like “{pattern}”: {', '.join(found)}"
        raise InputError(msg)
    return found[0] if found else None
