"""Accept the drafts whose very content passed every blocking rule, and say why others are not."""

from collections.abc import Sequence, Set

import polars as pl

from observatory.errors import BlockedReleaseError, NothingToReleaseError
from observatory.metadata.cards import Card
from observatory.metadata.manifest import AppliedCorrection
from observatory.metadata.tables import Table
from observatory.pipeline.audits import Audit, missing_sources, stored_audit
from observatory.pipeline.drafts import made_from
from observatory.release.parts import CORRECTED
from observatory.settings import Settings
from observatory.storage.archive import Archive, Entry
from observatory.storage.frames import Store

NOTHING_RELEASED = "Nothing was released; the last release stays.\n"


def accept(
    settings: Settings,
    tables: Sequence[Table],
    cards: dict[str, Card],
    judged: Set[str] = frozenset(),
) -> tuple[list[tuple[Table, Audit]], dict[str, list[str]], dict[str, Audit]]:
    """Return the accepted tables with audits, the tables left out, and the sources with audits.

    An internal table is never released. A table that lacks the file of a required source is left
    out, under its missing sources. A source that was handed over counts even where the tables it
    serves are left out for lack of another: the issues found in it are published. Those ``judged``
    are accepted by the release of another theme. Raises
    BlockedReleaseError for any other table or source without a stored, passing result of every
    blocking rule for its very content; NothingToReleaseError where no table is left.
    """
    archive, store = Archive(settings.archive), Store.of(settings)
    audited: list[tuple[Table, Audit]] = []
    left_out: dict[str, list[str]] = {}
    refusals: list[str] = []
    for table in tables:
        if table.publish_level == "internal":
            continue
        absent = missing_sources(archive, table, cards, sample=settings.is_sample)
        if absent:
            left_out[table.name] = absent
            continue
        audit, refusal = _judge_draft(settings, store, table)
        if audit is None or refusal:
            refusals.append(refusal)
            continue
        audited.append((table, audit))
    needed = {key for table, _ in audited for key in table.all_sources}
    beside = {key for table in tables if table.name in left_out for key in table.all_sources}
    handed_over = {k for k in beside if archive.latest(cards[k], sample=settings.is_sample)}
    sources, refused_sources = _judge_sources(
        settings, store, cards, (needed | handed_over) - judged
    )
    if refusals := [*refusals, *refused_sources]:
        msg = NOTHING_RELEASED + "\n".join(refusals)
        raise BlockedReleaseError(msg)
    if not audited:
        raise _ask_for_files(left_out)
    return audited, left_out, sources


def _ask_for_files(left_out: dict[str, list[str]]) -> NothingToReleaseError:
    missing = sorted({key for keys in left_out.values() for key in keys})
    return NothingToReleaseError(
        "Nothing to release: no table has the files it needs. Hand some over with "
        f"`observatory archive add SOURCE FILE`: {', '.join(missing)}."
    )


def _judge_sources(
    settings: Settings, store: Store, cards: dict[str, Card], keys: set[str]
) -> tuple[dict[str, Audit], list[str]]:
    """Return the audits of the sources whose clean rows passed, and why others are refused."""
    passed, refusals = {}, []
    for key in sorted(keys):
        subject = f"clean_{cards[key].stem}"
        audit = stored_audit(settings, subject)
        if audit is None or audit.failures:
            refusals.append(_explain_refusal(subject, audit))
        else:
            passed[key] = audit
    return passed, refusals


def _judge_draft(settings: Settings, store: Store, table: Table) -> tuple[Audit | None, str]:
    """Return the audit of a draft and why it is refused, blank where it is not."""
    audit = stored_audit(settings, table.name)
    before, now = store.inputs(table.name), made_from(table, settings)
    if changed := sorted(k for k in {*before, *now} if before.get(k) != now.get(k)):
        listed = ", ".join(changed)
        return audit, f"- {table.name}: made from other inputs ({listed}); make it again."
    if audit is None or audit.failures:
        return audit, _explain_refusal(table.name, audit)
    declared = {c.name for c in table.columns}
    written = set(pl.read_parquet_schema(store.path(table.name)))
    if undeclared := sorted(written - declared):
        return audit, (
            f"- {table.name}: columns without a declaration of sensitivity "
            f"({', '.join(undeclared)}): declare them in its contract."
        )
    return audit, ""


def _explain_refusal(subject: str, audit: Audit | None) -> str:
    if audit is None:
        return f"- {subject}: this version has not been checked; run its checks first."
    failed = "; ".join(
        f"{r.rule} ({r.unexpected_count} rows; e.g. {' | '.join(r.examples) or r.error})"
        for r in audit.failures
    )
    return f"- {subject}: {failed}"


def find_files(settings: Settings, card: Card) -> list[Entry]:
    """Find the archived files from which the clean rows of a source were read."""
    read = Store.of(settings).files(f"clean_{card.stem}").items()
    entries = Archive(settings.archive).entries()
    return [e for e in entries if e.source == card.key and (e.sha256, e.vintage) in read]


def read_corrections(
    settings: Settings, cards: dict[str, Card], files: dict[str, list[Entry]]
) -> dict[str, list[AppliedCorrection]]:
    """Read from the issue logs which corrections were applied, by source.

    Values of columns that the card does not show are blank.
    """
    corrections = {}
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
        listed = [name for name in corrected["column"].unique().to_list() if cards[key].shows(name)]
        shown = pl.col("column").is_in(listed)
        rows = corrected.with_columns(
            pl.when(shown).then(c).otherwise(hidden).alias(c) for c in ("value", "replacement")
        )
        corrections[key] = [AppliedCorrection.model_validate(row) for row in rows.to_dicts()]
    return corrections
