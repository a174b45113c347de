"""Issues: what was repaired or rejected while a source was read, each with its line and reason."""

import datetime as dt
from dataclasses import dataclass, field
from typing import Literal

import polars as pl

ORIGIN = pl.Schema(
    {
        "source_key": pl.String(),
        "source_sha256": pl.String(),
        "source_sheet": pl.String(),
        "source_line": pl.Int64(),
    }
)
LINE = tuple(ORIGIN)
Severity = Literal["error", "warning", "notice"]
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
class IssueType:
    """What an issue means, how grave it is and who can mend it."""

    severity: Severity
    meaning: str
    remedy: str
    responsible: Literal["producer", "observatory"]


def _issue(
    severity: Severity, meaning: str, remedy: str, responsible: str = "producer"
) -> IssueType:
    return IssueType(
        severity=severity,
        meaning=meaning,
        remedy=remedy,
        responsible="producer" if responsible == "producer" else "observatory",
    )


ISSUE_TYPES: dict[str, IssueType] = {
    "unknown_mark": _issue(
        "error",
        "A value is neither a number nor a mark this source is known to use.",
        "Read the producer's notes; if the mark is legitimate, teach the cleaning about it.",
        "observatory",
    ),
    "missing_value": _issue(
        "error",
        "A value that the row cannot do without is blank.",
        "Ask the producer for the value, or correct the file and hand it over again.",
    ),
    "unknown_code": _issue(
        "warning",
        "A code is not in its nomenclature.",
        "Check the vintage of the nomenclature against that of the file.",
    ),
    "exact_duplicate": _issue(
        "notice", "The same row stands twice; the first is kept.", "Nothing to do."
    ),
    "not_a_class": _issue(
        "warning",
        "A factor holds a number that is not a class from 1 to 5; it is left blank.",
        "Check in the producer's notes what the column holds in this edition.",
        "observatory",
    ),
    "conflicting_duplicate": _issue(
        "warning",
        "Rows with the same key disagree: none of them can be trusted, all are left out.",
        "Ask the producer which row is right.",
    ),
    "header_line": _issue(
        "notice", "A title or subtitle inside the table, not a record.", "Nothing to do."
    ),
    "not_in_scope": _issue(
        "notice",
        "A record of another level than the one this source is read for.",
        "Nothing to do.",
    ),
    "contradictory_year": _issue(
        "error",
        "The year of the row is not that of the file's own columns.",
        "Ask the producer which year the rows are of.",
    ),
    "corrected_value": _issue(
        "notice",
        "A value known to be wrong was replaced, for a reason and by evidence that are published.",
        "Ask the producer to mend its file; the correction then says so and is removed.",
    ),
    "repaired_code": _issue(
        "notice",
        "A code was restored to its standard form (leading zero, decimal).",
        "Nothing to do.",
    ),
    "repaired_text": _issue(
        "notice", "Surplus blanks were removed from a label.", "Nothing to do."
    ),
    "repaired_geometry": _issue(
        "notice", "An invalid geometry was made valid without moving its outline.", "Nothing to do."
    ),
    "repaired_coordinates": _issue(
        "notice",
        "Coordinates were written in another order or system; they were put right for certain.",
        "Nothing to do.",
    ),
    "no_coordinates": _issue(
        "notice",
        "A row has no coordinates, or those of nowhere (0, 0): it is located by other means.",
        "Nothing to do.",
    ),
    "outside_france": _issue(
        "warning",
        "A shape lies outside of metropolitan France: its projection is not the one it names.",
        "Ask the producer which projection the file is in, or export it again in Lambert-93.",
    ),
    "unnamed_projection": _issue(
        "notice",
        "The file names its projection in words alone, without a code; it was told by them.",
        "Nothing to do.",
    ),
    "no_bassin": _issue(
        "notice",
        "A record names no commune and no usable point: it counts in no bassin.",
        "Nothing to do.",
    ),
    "commune_centre": _issue(
        "notice",
        "A point stands for a whole commune, not for a place in it: it locates nothing.",
        "Nothing to do.",
    ),
    "area_differs": _issue(
        "notice",
        "The area on paper and the area drawn differ by more than a quarter; both are kept.",
        "Nothing to do: the area drawn is the one that figures are made from.",
    ),
    "ambiguous_sale": _issue(
        "warning",
        "Lines under one sale may be two sales, or one sale under two prices: they price nothing.",
        "Nothing to do.",
    ),
    "overlapping_area": _issue(
        "notice",
        "Two areas of one source overlap; each square metre is counted once.",
        "Ask the producer which outline is right.",
    ),
    "unusable_geometry": _issue(
        "error",
        "A geometry is empty or cannot be made valid.",
        "Ask the producer for the shape, or hand over a corrected file.",
    ),
}


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
