"""Tell whether a release would say anything new: if not, it is not made.

What it holds is compared, and what is said of it: rows, contracts, files read, corrections,
thresholds, checks, issues. The day and the version of the code are not; nor is what only tells of
changes.
"""

from collections.abc import Mapping, Sequence

import polars as pl

from observatory.metadata.manifest import ReleasedTable
from observatory.release.files import find_damage, read_rows
from observatory.release.forgetting import holds_withheld, is_remembered
from observatory.release.manifest import read_manifest
from observatory.release.parts import QUALITY, Part, Plan
from observatory.release.planning import BOUNDS_RULE
from observatory.settings import Settings

NOT_SAID_OF_ROWS = {
    *("released_in", "code_version", "draft_sha256", "checks"),
    "withheld_row_count",  # of a table carried over, whoever left before is not counted again
}
# by the day, or by what else is in the release
NOT_COMPARED = ("is_overdue", "issue_rank")


def repeats_previous(
    settings: Settings, plan: Plan, described: Sequence[ReleasedTable], current: str | None
) -> bool:
    """Tell whether the tables just written are those of the previous release, which is whole.

    ``current`` is the release that readers see. One that is asked for again, or that holds
    somebody who is withheld today, is made anew.
    """
    previous = plan.previous
    if previous is None or plan.restored_from or current != previous.name:
        return False
    manifest = read_manifest(previous)
    before = {t.name: t for t in manifest.tables if t.theme != QUALITY}
    return (
        {name: _say(table) for name, table in before.items()}
        == {table.name: _say(table) for table in described}
        and not holds_withheld(settings, previous)
        and (plan.counted is None or is_remembered(settings, manifest, plan.theme, plan.counted))
        and not find_damage(previous)
    )


def _say(table: ReleasedTable) -> tuple[Mapping[str, object], set[object]]:
    checks = {check for check in table.checks if check.rule != BOUNDS_RULE}
    return table.model_dump(exclude=NOT_SAID_OF_ROWS), {c.model_dump_json() for c in checks}


def repeats_quality(plan: Plan, quality: Sequence[Part]) -> bool:
    """Tell whether the quality tables say of the plan's own sources and tables what they said."""
    if plan.previous is None:
        return False
    before = read_manifest(plan.previous).by_name
    return all(
        part.table.name in before
        and part.frame is not None
        and _own_rows(part.frame, plan).equals(
            _own_rows(read_rows(plan.previous, part.table.name), plan)
        )
        for part in quality
    )


def _own_rows(rows: pl.DataFrame, plan: Plan) -> pl.DataFrame:
    """The rows on the plan's own sources and tables, in an order of their own."""
    about = next((c for c in ("source_key", "subject") if c in rows.columns), None)
    own = rows.filter(pl.col(about).is_in(list(plan.subjects))) if about else rows.clear()
    if "rule" in rows.columns:
        own = own.filter(pl.col("rule") != BOUNDS_RULE)
    return own.drop(NOT_COMPARED, strict=False)
