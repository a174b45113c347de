"""The account of a source: no row lost, no value that could not be read."""

from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import polars as pl

from observatory.ingest.issues import LINE, ORIGIN
from observatory.metadata.cards import Card
from observatory.pipeline.audits import MOST_EXAMPLES, RuleResult
from observatory.storage.frames import Frame

ACCOUNTED = "every_row_read_is_kept_or_rejected"
READABLE = "every_value_was_understood"
BECAUSE = {
    ACCOUNTED: "Nothing is lost between the producer's file and the clean rows.",
    READABLE: "An unknown mark or a blank that matters may hide a change of the file's meaning.",
}


def account(
    raw: pl.DataFrame,
    rows: pl.DataFrame,
    issues: pl.DataFrame,
    card: Card | None = None,
    files: Mapping[str, str] | None = None,
) -> list[RuleResult]:
    """Row accounting and unreadable values of one source.

    ``raw`` and ``rows`` are told by their lines alone (``lines_of``). A line is kept when a clean
    row stands on it, rejected when an issue says so (a line that holds several values may be
    both); every clean row must stand on a line that was read. Examples are published: a value
    that ``card`` does not let be shown is in none. ``files`` gives the name of each file by its
    hash.
    """
    rejected = lines_of(issues.filter(~pl.col("is_row_kept")))
    seen = (
        pl.concat(
            [
                raw.with_columns(_in=pl.lit(1, pl.UInt8)),
                rows.with_columns(_in=pl.lit(2, pl.UInt8)),
                rejected.with_columns(_in=pl.lit(4, pl.UInt8)),
            ]
        )
        .group_by(LINE)
        .agg(pl.col("_in").bitwise_or())
    )
    # read and in no frame; in a frame and never read
    wrong = seen.filter(pl.col("_in").is_in([1, 2, 6])).sort(LINE)
    unread = issues.filter(pl.col("severity") == "error")
    return [
        _result(
            ACCOUNTED,
            wrong.height,
            [f"line {r['source_line']}" for r in wrong.head(MOST_EXAMPLES).to_dicts()],
        ),
        _result(
            READABLE,
            unread.height,
            [_example(row, card, files or {}) for row in unread.head(MOST_EXAMPLES).to_dicts()],
        ),
    ]


def lines_of(frame: Frame) -> pl.DataFrame:
    """The lines that rows stand on; what they have in common is held once."""
    if isinstance(frame, gpd.GeoDataFrame):
        frame = pl.from_pandas(frame[list(LINE)])
    return frame.select(
        pl.col(name).cast(pl.Categorical() if kind == pl.String else kind)
        for name, kind in ORIGIN.items()
    )


def _example(issue: dict[str, Any], card: Card | None, files: Mapping[str, str]) -> str:
    """An issue with its file, line and column, and the value where it may be shown."""
    file = files.get(issue["source_sha256"])
    value = f" = {issue['value']!r}" if card is None or card.shows(issue["column"]) else ""
    place = f"{f'{file}, ' if file else ''}line {issue['source_line']}, {issue['column']}{value}"
    note = f" ({issue['note']})" if issue["note"] else ""
    return f"{issue['issue_type']}: {place}{note}"


def _result(rule: str, count: int, examples: list[str]) -> RuleResult:
    return RuleResult(
        rule=rule,
        because=BECAUSE[rule],
        is_blocking=True,
        is_passed=count == 0,
        unexpected_count=count,
        examples=examples,
    )
