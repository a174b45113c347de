"""What must hold for every source: no row lost, no value that could not be read."""

from collections.abc import Iterator, Mapping
from typing import Any

import dagster as dg
import polars as pl

from observatory.ingest.issues import LINE
from observatory.metadata.cards import Card
from observatory.pipeline.audits import MOST_EXAMPLES, RuleResult, store_audit
from observatory.pipeline.rules import NOT_LOOKED_AT
from observatory.pipeline.run_settings import RunSettings
from observatory.storage.archive import Archive
from observatory.storage.frames import Store
from sources import CARDS

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

    A line is kept when a clean row stands on it, rejected when an issue says so (a line that
    holds several values may be both); every clean row must stand on a line that was read.
    Examples are published: a value that ``card`` does not let be shown is in none. ``files`` gives
    the name of each file by its hash.
    """
    lines = list(LINE)
    read = raw.select(lines).unique()
    kept = rows.select(lines).unique()
    rejected = issues.filter(~pl.col("is_row_kept")).select(lines).unique()
    lost = read.join(pl.concat([kept, rejected]), on=lines, how="anti", nulls_equal=True)
    invented = kept.join(read, on=lines, how="anti", nulls_equal=True)
    wrong = pl.concat([lost, invented]).sort(lines)
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


def _source_checks(card: Card) -> dg.AssetChecksDefinition:
    clean, raw, issues = f"clean_{card.stem}", f"raw_{card.stem}", f"issues_{card.stem}"
    key = dg.AssetKey(clean)

    @dg.multi_asset_check(
        name=f"{clean}_audit",
        specs=[
            dg.AssetCheckSpec(rule, asset=key, description=because, blocking=True)
            for rule, because in BECAUSE.items()
        ],
        can_subset=False,
    )
    def audit(settings: RunSettings) -> Iterator[dg.AssetCheckResult]:
        store = Store.of(settings)
        version = store.sha256(clean)
        reads = {name: store.sha256(name) for name in (raw, issues)}
        entries = Archive(settings.archive).latest(card, sample=settings.is_sample)
        files = {entry.sha256: entry.file_name for entry in entries}
        results = account(store.read(raw), store.read(clean), store.read(issues), card, files)
        store_audit(settings, clean, version, results, reads)
        absent = {} if entries else {NOT_LOOKED_AT: "no file"}
        for result in results:
            yield dg.AssetCheckResult(
                passed=result.is_passed,
                asset_key=key,
                check_name=result.rule,
                severity=dg.AssetCheckSeverity.ERROR,
                metadata={
                    **absent,
                    "unexpected_count": result.unexpected_count,
                    "examples": dg.MetadataValue.json(result.examples),
                },
            )

    return audit


source_checks = [_source_checks(card) for card in CARDS.values()]
