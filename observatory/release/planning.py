"""What goes into a release: accepted drafts, tables carried over, and the quality tables."""

from collections.abc import Callable, Mapping, Sequence
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
from observatory.release.comparison import BOUNDS, TableChange, Version
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

    Rows are in a Parquet file that must have the hash ``sha256``, or in ``frame``. Only what
    ``table.published`` names leaves.
    """

    table: Table
    described: ReleasedTable
    parquet: Path | None = None
    sha256: str | None = None
    frame: pl.DataFrame | None = None
    is_from_release: bool = False


Changes = Sequence[TableChange]


@dataclass(frozen=True, kw_only=True)
class Plan:
    """All that a release will hold, decided before anything is written.

    ``quality`` makes the quality tables once it is known what changed since ``previous``.
    """

    release_id: str
    theme: str
    parts: list[Part]
    quality: Callable[[Changes], list[Part]]
    left_out: dict[str, list[str]] = field(default_factory=dict)
    not_carried: dict[str, str] = field(default_factory=dict)
    previous: Path | None = None
    restored_from: str | None = None
    is_fictitious: bool = False
    territory: str = ""


@dataclass(frozen=True, kw_only=True)
class Accepted:
    """What the quality tables are made from: sources and tables that were accepted.

    ``checks`` are results by subject; ``files`` the archived files that clean rows stand in, by
    source key; ``unread`` the sources without a file; ``carried`` the rows of the previous
    quality tables that still hold.
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
    catalogue: Mapping[str, Table],
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
    carried, not_carried = _carried(previous, {t.theme for t in tables}, catalogue)
    own_checks = {
        **{t.name: audit.results for t, audit in audited},
        **{f"clean_{cards[key].stem}": audit.results for key, audit in sources.items()},
    }

    def quality(changes: Changes) -> list[Part]:
        bounds = {
            c.name: bounds_result(c.name, changes)
            for c in changes
            if c.name in own_checks or c.state == "removed"
        }
        if previous is None:
            bounds = {t.name: bounds_result(t.name, []) for t, _ in audited}
        subjects = [*own_checks, *(name for name in bounds if name not in own_checks)]
        accepted = Accepted(
            settings=settings,
            store=Store.of(settings),
            cards=cards,
            checks={
                name: [*own_checks.get(name, []), *([bounds[name]] if name in bounds else [])]
                for name in subjects
            },
            files=files,
            unread=[key for key, found in files.items() if not found],
            carried=_carried_quality(previous, carried, set(sources)) if previous else {},
        )
        return [_quality_part(settings, t, f, release_id) for t, f in compose(accepted)]

    return Plan(
        release_id=release_id,
        theme=theme,
        parts=[*drafts, *carried],
        quality=quality,
        left_out=left_out,
        not_carried=not_carried,
        previous=previous,
        is_fictitious=settings.is_sample,
        territory=settings.territory,
    )


def plan_restore(
    settings: Settings, folder: Path, catalogue: Mapping[str, Table], release_id: str
) -> Plan:
    """The content of an earlier release, as today's contracts let it be published.

    Raises InputError for a release of the other world (sample or real).
    """
    old = read_manifest(folder)
    if old["is_fictitious"] != settings.is_sample:
        wanted = "sample" if old["is_fictitious"] else "archive"
        msg = f"{folder.name} is of the other world: set OBSERVATORY_INPUT={wanted}."
        raise InputError(msg)
    parts, refused = of_today(parts_of(folder), catalogue)
    return Plan(
        release_id=release_id,
        theme=old["theme"],
        parts=[p for p in parts if p.table.theme != QUALITY],
        quality=lambda _: [p for p in parts if p.table.theme == QUALITY],
        left_out=old["left_out"],
        not_carried=refused,
        previous=comparable(settings),
        restored_from=folder.name,
        is_fictitious=old["is_fictitious"],
        territory=old["territory"],
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
        table=table,
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
            checks=[check_row(r) for r in audit.results],
            draft_sha256=audit.sha256,
            corrections=[c for key in table.all_sources for c in corrections[key]],
        ),
    )


def check_row(result: RuleResult) -> dict[str, Any]:
    """A result as the manifest lists it."""
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


def _carried(
    previous: Path | None, themes: set[str], catalogue: Mapping[str, Table]
) -> tuple[list[Part], dict[str, str]]:
    """The tables of themes that are not released now, and those that may not come along."""
    if previous is None:
        return [], {}
    others = [p for p in parts_of(previous) if p.table.theme not in {*themes, QUALITY}]
    return of_today(others, catalogue)


def of_today(
    parts: Sequence[Part], catalogue: Mapping[str, Table]
) -> tuple[list[Part], dict[str, str]]:
    """Parts of an earlier release under what today's contracts let be published, and refusals.

    Columns that today are sensitive or not declared go; secrecy and who is named are today's. A
    table no contract declares any more comes as it is.
    """
    kept, refused = [], {}
    for part in parts:
        old, now = part.table, catalogue.get(part.table.name)
        if now is None:
            kept.append(part)
            continue
        if now.publish_level == "internal":
            refused[old.name] = "internal today"
            continue
        current = {c.name: c for c in now.published.columns}
        columns = tuple(
            replace(c, identifies=current[c.name].identifies)
            for c in old.columns
            if c.name in current
        )
        try:
            table = replace(old, columns=columns, secrecy=now.published.secrecy)
        except ValueError as error:
            refused[old.name] = f"not publishable under today's contract: {error}"
            continue
        kept.append(replace(part, table=table))
    return kept, refused


def parts_of(folder: Path) -> list[Part]:
    """All tables of a release, to be carried over as they are."""
    manifest, contracts = read_manifest(folder), read_contracts(folder)
    names = [described["name"] for described in manifest["tables"]]
    files = [n for n in names if n not in contracts or not (folder / f"{n}.parquet").is_file()]
    if files:
        msg = f"Release {folder.name} is damaged: {files[0]} has no Parquet file or no contract."
        raise InputError(msg)
    return [
        Part(
            table=contracts[described["name"]],
            parquet=folder / f"{described['name']}.parquet",
            sha256=described["sha256"],
            described=ReleasedTable(**described),
            is_from_release=True,
        )
        for described in manifest["tables"]
    ]


def versions_of(folder: Path) -> dict[str, Version]:
    """The tables of a release, to be compared."""
    return {
        p.table.name: Version(table=p.table, parquet=p.parquet, sha256=p.sha256 or "")
        for p in parts_of(folder)
        if p.parquet is not None
    }


def bounds_result(name: str, changes: Changes) -> RuleResult:
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
    previous: Path, carried: Sequence[Part], sources: set[str]
) -> dict[str, pl.DataFrame]:
    """Rows of the previous quality tables that speak of what is carried over, by table."""
    tables = {p.table.name for p in carried}
    keys = {key for p in carried for key in p.table.all_sources} - sources
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
        checks=[check_row(r) for r in results],
    )
    return Part(table=table, frame=conformed, described=described)


def described_with(part: Part, **changes: Any) -> dict[str, Any]:
    """What the manifest says of a part, once it has been written."""
    return asdict(replace(part.described, **changes))
