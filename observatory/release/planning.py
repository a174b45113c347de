"""Choose what goes into a release: accepted drafts, tables carried over, quality tables."""

import functools
from collections.abc import Mapping, Sequence, Set
from dataclasses import replace
from pathlib import Path

import polars as pl

from observatory.errors import BlockedReleaseError, InputError
from observatory.metadata.cards import Card
from observatory.metadata.manifest import (
    AppliedCorrection,
    CheckOutcome,
    InputFile,
    ReleasedTable,
)
from observatory.metadata.tables import Table
from observatory.pipeline.audits import MOST_EXAMPLES, Audit, RuleResult, run_rules
from observatory.pipeline.code import code_version
from observatory.pipeline.drafts import as_contract
from observatory.pipeline.rules import rules_from_contract
from observatory.pipeline.workers import each_beside
from observatory.release.accepting import accept, find_files, read_corrections
from observatory.release.carrying import (
    apply_current_contracts,
    carry_over_quality_rows,
    carry_over_tables,
    find_comparable_release,
    find_intact_comparable,
    read_parts,
)
from observatory.release.comparison import BOUNDS
from observatory.release.forgetting import leave_out_counting
from observatory.release.manifest import hash_contract, read_manifest
from observatory.release.parts import QUALITY, Accepted, Changes, Compose, Part, Plan
from observatory.settings import Settings
from observatory.storage.archive import Entry
from observatory.storage.frames import Frame, Store

BOUNDS_RULE = "changes_are_within_stated_bounds"


def plan_release(
    settings: Settings,
    theme: str,
    tables: Sequence[Table],
    cards: dict[str, Card],
    compose: Compose,
    catalogue: Mapping[str, Table],
    release_id: str,
    counted: pl.Series | None = None,
    judged: Set[str] = frozenset(),
) -> Plan:
    """Choose the tables of the theme's release, and those carried over from the one before.

    What the sources ``judged`` by another theme's release hold is told by that one.
    Raises BlockedReleaseError and NothingToReleaseError as ``accept`` does.
    """
    audited, left_out, sources = accept(settings, tables, cards, judged)
    told = {key for table, _ in audited for key in table.all_sources} & judged
    # of another theme that was not made here, nothing was read
    read = {key for key in told if Store.of(settings).has(f"clean_{cards[key].stem}")}
    files = {key: find_files(settings, cards[key]) for key in {*sources, *read}}
    corrections = read_corrections(settings, cards, files)
    for key in told - read:
        files[key], corrections[key] = [], []
    drafts = [
        _plan_draft(settings, t, audit, files, release_id, corrections) for t, audit in audited
    ]
    previous = find_comparable_release(settings)
    allowed, refused = carry_over_tables(
        previous, {t.theme for t in tables}, catalogue, settings.thresholds
    )
    carried, uncounted = leave_out_counting(settings, allowed)
    before = read_manifest(previous).left_out if previous else {}
    own = {t.theme for t in tables}
    others = {
        n: keys for n, keys in before.items() if n in catalogue and catalogue[n].theme not in own
    }
    accepted = Accepted(
        settings=settings,
        cards=cards,
        checks={t.name: audit.results for t, audit in audited}
        | {f"clean_{cards[key].stem}": audit.results for key, audit in sources.items()},
        files={key: files[key] for key in sources},
        carried=carry_over_quality_rows(previous, carried, set(sources)) if previous else {},
    )
    return Plan(
        release_id=release_id,
        theme=theme,
        parts=[*drafts, *carried],
        quality=functools.partial(_make_quality_tables, accepted, compose, drafts, release_id),
        subjects=frozenset([*accepted.checks, *sources]),
        counted=counted,
        left_out=others | left_out,
        not_carried=refused | uncounted,
        previous=previous,
        is_fictitious=settings.is_sample,
        territory=settings.territory,
    )


def _make_quality_tables(
    accepted: Accepted,
    compose: Compose,
    drafts: Sequence[Part],
    release_id: str,
    changes: Changes,
) -> list[Part]:
    """Make the quality tables, the check of how much each table changed among its checks."""
    checks = {subject: list(results) for subject, results in accepted.checks.items()}
    removed = [c.name for c in changes if c.state == "removed"]
    for name in (*(part.table.name for part in drafts), *removed):
        checks.setdefault(name, []).append(check_bounds(name, changes))
    settings = accepted.settings
    composed = [
        (table, as_contract(table, rows, is_fictitious=settings.is_sample))
        for table, rows in compose(replace(accepted, checks=checks))
    ]
    found = each_beside(_look, [(table, rows, settings) for table, rows in composed])
    return [
        _quality_part(table, rows, results, release_id)
        for (table, rows), results in zip(composed, found, strict=True)
    ]


def _look(table: Table, rows: Frame, settings: Settings) -> list[RuleResult]:
    """Run the rules of its contract on a quality table."""
    return run_rules(rows, rules_from_contract(table), Store.of(settings))


def plan_restore(
    settings: Settings, folder: Path, catalogue: Mapping[str, Table], release_id: str
) -> Plan:
    """Plan to publish an earlier release again, under the current contracts.

    Raises InputError for a release of the other world (sample or real).
    """
    old = read_manifest(folder)
    if old.is_fictitious != settings.is_sample:
        wanted = "sample" if old.is_fictitious else "archive"
        msg = f"{folder.name} is of the other world: set OBSERVATORY_INPUT={wanted}."
        raise InputError(msg)
    allowed, refused = apply_current_contracts(read_parts(folder), catalogue, settings.thresholds)
    parts, uncounted = leave_out_counting(settings, allowed)
    return Plan(
        release_id=release_id,
        theme=old.theme,
        parts=[p for p in parts if p.table.theme != QUALITY],
        quality=lambda _: [p for p in parts if p.table.theme == QUALITY],
        left_out=old.left_out,
        not_carried=refused | uncounted,
        previous=find_intact_comparable(settings),
        restored_from=folder.name,
        is_fictitious=old.is_fictitious,
        territory=old.territory,
    )


def _plan_draft(
    settings: Settings,
    table: Table,
    audit: Audit,
    files: dict[str, list[Entry]],
    release_id: str,
    corrections: dict[str, list[AppliedCorrection]],
) -> Part:
    store = Store.of(settings)
    if table.is_spatial:  # a contract is of no territory: its layers are drawn in one's own CRS
        table = replace(table, crs=store.projection.crs)
    read = tuple(
        InputFile(
            source=key,
            vintage=e.vintage,
            file=e.file_name,
            sha256=e.sha256,
            url=e.url,
            archived_at=e.archived_at,
        )
        for key in table.all_sources
        for e in files[key]
    )
    return Part(
        table=table,
        parquet=store.path(table.name),
        sha256=audit.sha256,
        described=ReleasedTable(
            name=table.name,
            theme=table.theme,
            title=table.title_fr,
            licence=table.licence,
            contract_version=hash_contract(table.published),
            code_version=audit.code_version,
            released_in=release_id,
            sources=read,
            missing_optional_sources=tuple(k for k in table.all_sources if not files[k]),
            checks=tuple(describe_check(r) for r in audit.results),
            draft_sha256=audit.sha256,
            corrections=tuple(c for key in table.all_sources for c in corrections[key]),
        ),
    )


def describe_check(result: RuleResult) -> CheckOutcome:
    """Describe a result as the manifest lists it."""
    return CheckOutcome(
        rule=result.rule,
        is_blocking=result.is_blocking,
        is_passed=result.is_passed,
        unexpected_count=result.unexpected_count,
    )


def check_bounds(name: str, changes: Changes) -> RuleResult:
    """Check that a table changed no more than stated since the previous release."""
    breaches = [b for c in changes if c.name == name for b in c.breaches]
    return RuleResult(
        rule=BOUNDS_RULE,
        because=f"Since the previous release {BOUNDS}.",
        is_blocking=False,
        is_passed=not breaches,
        unexpected_count=len(breaches),
        examples=breaches[:MOST_EXAMPLES],
    )


def _quality_part(
    table: Table, rows: Frame, results: Sequence[RuleResult], release_id: str
) -> Part:
    """A quality table as it is released; BlockedReleaseError where a rule failed."""
    if failed := [r for r in results if not r.is_passed]:
        msg = f"{table.name}: {failed[0].rule} ({' | '.join(failed[0].examples)})"
        raise BlockedReleaseError(msg)
    described = ReleasedTable(
        name=table.name,
        theme=table.theme,
        title=table.title_fr,
        licence=table.licence,
        contract_version=hash_contract(table.published),
        code_version=code_version(),
        released_in=release_id,
        sources=(),
        missing_optional_sources=(),
        checks=tuple(describe_check(r) for r in results),
    )
    return Part(table=table, frame=rows, described=described)
