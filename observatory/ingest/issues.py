"""Issues: what was repaired or rejected while a source was read, each with its line and reason."""

import datetime as dt
from dataclasses import dataclass, field

import polars as pl

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
# the end of a note that counts lines, of a file or of what is read of it
ALIKE = "lignes de ce fichier sont dans ce cas."
# what shows only where sources meet: codes that lead nowhere in the nomenclatures of others
ACROSS = "issues_across_sources"
ACROSS_PERIMETERS = "issues_across_perimeters"
ACROSS_BROWNFIELDS = "issues_across_brownfields"
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


def header_of(column: str) -> str:
    """Where the header of a value stands, of a column that stands once a period."""
    return f"_header_of_{column}"


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
        note: str | pl.Expr | None = None,
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
        header = header_of(column)
        said = note if isinstance(note, pl.Expr) else pl.lit(note)
        why = pl.format("colonne {}", header) if header in rows.columns else said
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
                note=why,
                evidence=pl.lit(evidence),
                until=pl.lit(until, pl.Date),
            )
            .cast(ISSUES)
            .unique(maintain_order=True)  # a line of several rows has one issue of a kind
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
                note=f"{own.height} {ALIKE}",
            )

    def add_each(
        self,
        rows: pl.DataFrame,
        *,
        column: str,
        issue_type: str,
        replaced_by: pl.Expr | None = None,
        alike: pl.Expr | None = None,
    ) -> None:
        """Log the first row of each value of a file, or of each ``alike``, and how many there are.

        For what concerns a value wherever it stands, such as the code of a commune.
        """
        key = pl.col(column) if alike is None else alike
        counted = rows.with_columns(_alike=key).with_columns(
            _alike_count=pl.len().over("source_sha256", "_alike")
        )
        self.add(
            counted.unique(["source_sha256", "_alike"], keep="first", maintain_order=True),
            column=column,
            issue_type=issue_type,
            kept=True,
            replaced_by=replaced_by,
            note=pl.format("{} " + ALIKE, "_alike_count"),
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
        note: str | pl.Expr | None = None,
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
            note=note,
        )
        return rows.filter(~mask)

    def table(self) -> pl.DataFrame:
        """All issues, as ``ISSUES`` says."""
        return pl.concat(self.frames) if self.frames else pl.DataFrame(schema=ISSUES)
