"""What goes into a release: accepted drafts, tables carried over, and the quality tables."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import polars as pl

from observatory.archive import Archive, Entry, missing_sources
from observatory.contracts import Table
from observatory.errors import BlockedReleaseError, InputError
from observatory.expectations import (
    EXAMPLES,
    Audit,
    RuleResult,
    load_audit,
    rules_from_contract,
    run_rules,
)
from observatory.io import Store
from observatory.lineage import as_contract, code_version
from observatory.release.comparison import BOUNDS, TableChange, Version, compare
from observatory.release.manifest import (
    ReleasedTable,
    contract_version,
    current_folder,
    read_contracts,
    read_manifest,
)
from observatory.settings import Settings
from observatory.sources import Card

CORRECTED = "corrected_value"
BOUNDS_RULE = "changes_are_within_stated_bounds"
QUALITY = "quality"


@dataclass(frozen=True, kw_only=True)
class Part:
    """One table of a release: its contract, where its rows are, and what is said of it.

    Rows are in a Parquet file that must have the hash ``sha256``, or in ``frame``.
    """

    table: Table
    described: ReleasedTable
    parquet: Path | None = None
    sha256: str | None = None
    frame: pl.DataFrame | None = None
    is_carried: bool = False


@dataclass(frozen=True, kw_only=True)
class Plan:
    """All that a release will hold, decided before anything is written."""

    release_id: str
    theme: str
    parts: list[Part]
    changes: list[TableChange]
    left_out: dict[str, list[str]] = field(default_factory=dict)
    previous: str | None = None
    restored_from: str | None = None
    is_fictitious: bool = False
    territory: str = ""


@dataclass(frozen=True, kw_only=True)
class Accepted:
    """What the quality tables are made from: sources and tables that were accepted.

    ``checks`` are results by subject; ``files`` the archived files that clean rows stand in, by
    source key; ``unread`` the sources without a file.
    """

    settings: Settings
    store: Store
    cards: dict[str, Card]
    checks: dict[str, list[RuleResult]]
    files: dict[str, list[Entry]]
    unread: list[str]
    carried: dict[str, pl.DataFrame]


Compose = Callable[[Accepted], list[tuple[Table, pl.DataFrame]]]


def plan_release(
    settings: Settings,
    theme: str,
    tables: Sequence[Table],
    cards: dict[str, Card],
    compose: Compose,
    release_id: str,
) -> Plan:
    """Choose the tables of the theme's release, and those carried over from the one before.

    An internal table never is released; one with no file for a required source is left out.
    Raises BlockedReleaseError when any other draft, or the clean rows of a source it reads,
    lacks a stored, passing result of every blocking rule for its very content; InputError when
    nothing at all can be released.
    """
    audited, left_out, sources = _accept(settings, tables, cards)
    files = {key: _files_of(settings, cards[key]) for key in sources}
    corrections = _corrections(settings, cards, files)
    drafts = [_part(settings, t, audit, files, release_id, corrections) for t, audit in audited]
    previous = comparable(settings)
    carried = _carried(previous, {t.theme for t in tables}) if previous else []
    changes = _changes(previous, [*drafts, *carried])
    parts = [_with_check(part, _bounds_result(part.table.name, changes)) for part in drafts]
    lost = [c.name for c in changes if c.state == "removed"]
    accepted = Accepted(
        settings=settings,
        store=Store.of(settings),
        cards=cards,
        checks={
            **{t.name: [*a.results, _bounds_result(t.name, changes)] for t, a in audited},
            **{name: [_bounds_result(name, changes)] for name in lost},
            **{f"clean_{cards[key].stem}": audit.results for key, audit in sources.items()},
        },
        files=files,
        unread=[key for key, found in files.items() if not found],
        carried=_carried_quality(previous, carried, sources) if previous else {},
    )
    quality = [_quality_part(settings, t, f, release_id) for t, f in compose(accepted)]
    return Plan(
        release_id=release_id,
        theme=theme,
        parts=[*parts, *carried, *quality],
        changes=changes,
        left_out=left_out,
        previous=previous.name if previous else None,
        is_fictitious=settings.is_sample,
        territory=settings.territory,
    )


def _accept(
    settings: Settings, tables: Sequence[Table], cards: dict[str, Card]
) -> tuple[list[tuple[Table, Audit]], dict[str, list[str]], dict[str, Audit]]:
    """Tables with their audits, what is left out and why, and the sources with theirs."""
    archive, store = Archive(settings.archive), Store.of(settings)
    audited: list[tuple[Table, Audit]] = []
    left_out: dict[str, list[str]] = {}
    refusals: list[str] = []
    sources: dict[str, Audit] = {}
    for table in tables:
        if table.publish_level == "internal":
            continue
        absent = missing_sources(archive, table.sources, cards, sample=settings.is_sample)
        if absent:
            left_out[table.name] = absent
            continue
        audit, refusal = _judged(settings, store, table)
        if audit is None or refusal:
            refusals.append(refusal)
            continue
        audited.append((table, audit))
    for key in sorted({key for table, _ in audited for key in table.all_sources}):
        subject = f"clean_{cards[key].stem}"
        found = load_audit(settings, subject, store.sha256(subject))
        if found is None or found.failures:
            refusals.append(_refusal(subject, found))
        else:
            sources[key] = found
    if refusals:
        msg = "Nothing was released; the last release stays.\n" + "\n".join(refusals)
        raise BlockedReleaseError(msg)
    if not audited:
        needed = sorted({key for keys in left_out.values() for key in keys})
        msg = (
            "Nothing to release: no table has the files it needs. Hand some over with "
            f"`observatory archive add SOURCE FILE`: {', '.join(needed)}."
        )
        raise InputError(msg)
    return audited, left_out, sources


def _judged(settings: Settings, store: Store, table: Table) -> tuple[Audit | None, str]:
    """The audit of a draft, and why it is refused (blank where it is not)."""
    audit = load_audit(settings, table.name, store.sha256(table.name))
    before, now = store.inputs(table.name), store.made_from(table, settings)
    if changed := sorted(k for k in {*before, *now} if before.get(k) != now.get(k)):
        listed = ", ".join(changed)
        return audit, f"- {table.name}: made from other inputs ({listed}); make it again."
    if audit is None or audit.failures:
        return audit, _refusal(table.name, audit)
    declared = {c.name for c in table.columns}
    written = set(pl.read_parquet_schema(store.path(table.name)))
    if undeclared := sorted(written - declared):
        return audit, (
            f"- {table.name}: columns without a declaration of sensitivity "
            f"({', '.join(undeclared)}): declare them in its contract."
        )
    return audit, ""


def _refusal(subject: str, audit: Audit | None) -> str:
    if audit is None:
        return f"- {subject}: this version has not been checked; run its checks first."
    failed = "; ".join(
        f"{r.rule} ({r.unexpected_count} rows; e.g. {' | '.join(r.examples) or r.error})"
        for r in audit.failures
    )
    return f"- {subject}: {failed}"


def _files_of(settings: Settings, card: Card) -> list[Entry]:
    """The archived files that the clean rows of a source stand in."""
    rows = Store.of(settings).path(f"clean_{card.stem}")
    versions = set(pl.scan_parquet(rows).select("source_sha256").unique().collect().to_series())
    entries = Archive(settings.archive).entries()
    return [e for e in entries if e.source == card.key and e.sha256 in versions]


def _corrections(
    settings: Settings, cards: dict[str, Card], files: dict[str, list[Entry]]
) -> dict[str, list[dict[str, Any]]]:
    """The corrections that were applied to each source, as its issue log has them."""
    found = {}
    columns = (
        "source_key",
        "source_sha256",
        "source_line",
        "column",
        "value",
        "replacement",
        "note",
        "evidence",
        pl.col("until").cast(pl.String),
    )
    for key in files:
        issues = Store.of(settings).read(f"issues_{cards[key].stem}")
        corrected = issues.filter(pl.col("issue_type") == CORRECTED).select(*columns)
        hidden = pl.lit(None, pl.String)
        shown = pl.col("column").map_elements(cards[key].shows, return_dtype=pl.Boolean)
        found[key] = corrected.with_columns(
            pl.when(shown).then(c).otherwise(hidden).alias(c) for c in ("value", "replacement")
        ).to_dicts()
    return found


def _part(
    settings: Settings,
    table: Table,
    audit: Audit,
    files: dict[str, list[Entry]],
    release_id: str,
    corrections: dict[str, list[dict[str, Any]]],
) -> Part:
    read = [
        {
            "source": key,
            "vintage": e.vintage,
            "file": e.file_name,
            "sha256": e.sha256,
            "url": e.url,
            "archived_at": e.archived_at,
        }
        for key in table.all_sources
        for e in files[key]
    ]
    return Part(
        table=table.published,
        parquet=Store.of(settings).path(table.name),
        sha256=audit.sha256,
        described=ReleasedTable(
            name=table.name,
            theme=table.theme,
            title=table.title_fr,
            licence=table.licence,
            contract_version=contract_version(table.published),
            code_version=audit.code_version,
            released_in=release_id,
            sources=read,
            missing_optional_sources=[k for k in table.all_sources if not files[k]],
            checks=[_check(r) for r in audit.results],
            draft_sha256=audit.sha256,
            corrections=[c for key in table.all_sources for c in corrections[key]],
        ),
    )


def _with_check(part: Part, result: RuleResult) -> Part:
    """The part with one more rule among those the manifest lists."""
    checks = [*part.described.checks, _check(result)]
    return replace(part, described=replace(part.described, checks=checks))


def _check(result: RuleResult) -> dict[str, Any]:
    return {
        "rule": result.rule,
        "is_blocking": result.is_blocking,
        "is_passed": result.is_passed,
        "unexpected_count": result.unexpected_count,
    }


def comparable(settings: Settings) -> Path | None:
    """The current release, where it is of the same world and territory."""
    folder = current_folder(settings)
    if folder is None:
        return None
    manifest = read_manifest(folder)
    same = (manifest["is_fictitious"], manifest["territory"]) == (
        settings.is_sample,
        settings.territory,
    )
    return folder if same and "theme" in manifest else None


def _carried(previous: Path, themes: set[str]) -> list[Part]:
    """The tables of themes that are not released now, as the previous release has them."""
    return [
        part
        for part in parts_of(previous)
        if part.table.theme not in themes and part.table.theme != QUALITY
    ]


def parts_of(folder: Path) -> list[Part]:
    """All tables of a release, to be carried over as they are."""
    manifest, contracts = read_manifest(folder), read_contracts(folder)
    return [
        Part(
            table=contracts[described["name"]],
            parquet=folder / f"{described['name']}.parquet",
            sha256=described["sha256"],
            described=ReleasedTable(**described),
            is_carried=True,
        )
        for described in manifest["tables"]
    ]


def _changes(previous: Path | None, parts: Sequence[Part]) -> list[TableChange]:
    """What the new tables change in the previous release, quality tables apart."""
    if previous is None:
        return []
    old = {k: v for k, v in versions_of(previous).items() if v.table.theme != QUALITY}
    return compare(old, _versions(parts))


def versions_of(folder: Path) -> dict[str, Version]:
    """The tables of a release, to be compared."""
    return _versions(parts_of(folder))


def _versions(parts: Sequence[Part]) -> dict[str, Version]:
    return {
        p.table.name: Version(table=p.table, parquet=p.parquet, sha256=p.sha256 or "")
        for p in parts
        if p.parquet is not None
    }


def _bounds_result(name: str, changes: Sequence[TableChange]) -> RuleResult:
    """Whether the table changed no more than stated since the previous release."""
    breaches = [b for c in changes if c.name == name for b in c.breaches]
    return RuleResult(
        rule=BOUNDS_RULE,
        because=f"Since the previous release {BOUNDS}.",
        is_blocking=False,
        is_passed=not breaches,
        unexpected_count=len(breaches),
        examples=breaches[:EXAMPLES],
    )


def _carried_quality(
    previous: Path, carried: Sequence[Part], sources: dict[str, Audit]
) -> dict[str, pl.DataFrame]:
    """Rows of the previous quality tables that speak of what is carried over, by table."""
    tables = {p.table.name for p in carried}
    keys = {key for p in carried for key in p.table.all_sources} - set(sources)
    subjects = {*tables, *(f"clean_{key.replace('/', '__')}" for key in keys)}
    found = {}
    for name, contract in read_contracts(previous).items():
        if contract.theme != QUALITY:
            continue
        frame = pl.read_parquet(previous / f"{name}.parquet")
        if "source_key" in frame.columns:
            found[name] = frame.filter(pl.col("source_key").is_in(keys))
        elif "subject" in frame.columns:
            found[name] = frame.filter(pl.col("subject").is_in(subjects))
    return found


def _quality_part(settings: Settings, table: Table, frame: pl.DataFrame, release_id: str) -> Part:
    """A quality table, once it keeps its own contract; raises BlockedReleaseError if not."""
    conformed = as_contract(table, frame, is_fictitious=settings.is_sample)
    results = run_rules(conformed, rules_from_contract(table), Store.of(settings))
    if failed := [r for r in results if not r.is_passed]:
        msg = f"{table.name}: {failed[0].rule} ({' | '.join(failed[0].examples)})"
        raise BlockedReleaseError(msg)
    described = ReleasedTable(
        name=table.name,
        theme=table.theme,
        title=table.title_fr,
        licence=table.licence,
        contract_version=contract_version(table.published),
        code_version=code_version(),
        released_in=release_id,
        sources=[],
        missing_optional_sources=[],
        checks=[_check(r) for r in results],
    )
    return Part(table=table.published, frame=conformed, described=described)


def described_with(part: Part, **changes: Any) -> dict[str, Any]:
    """What the manifest says of a part, once it has been written."""
    return asdict(replace(part.described, **changes))
