"""Publication: the only writer of databases and files that readers open.

``publish`` takes drafts whose very content passed every blocking rule, builds an immutable
folder beside the others, and switches the link ``current`` to it in one step.
"""

import contextlib
import datetime as dt
import fcntl
import json
import os
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import polars as pl

from observatory.archive import Archive, missing_sources, sha256
from observatory.contracts import Table
from observatory.database import write_attributes
from observatory.errors import BlockedReleaseError, InputError
from observatory.expectations import Audit, load_audit
from observatory.io import Store
from observatory.layers import Layer, LayerPlan, write_layers
from observatory.lineage import code_version
from observatory.settings import Settings
from observatory.sources import Card

DATABASE = "observatory.gpkg"
MANIFEST = "manifest.json"
FICTITIOUS = "données fictives"


@dataclass(frozen=True, kw_only=True)
class ReleasedTable:
    """What the manifest says of one table."""

    name: str
    theme: str
    title: str
    row_count: int
    sha256: str
    licence: str
    sources: list[dict[str, str]]
    missing_optional_sources: list[str]
    warnings: list[str]


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What will be in the release: tables with their audits, and what is left out and why."""

    audited: list[tuple[Table, Audit]]
    left_out: dict[str, list[str]]


def plan_release(settings: Settings, tables: Sequence[Table], cards: dict[str, Card]) -> Plan:
    """Choose the tables that can be released.

    An internal table never is; one with no file for a required source is left out. Raises
    BlockedReleaseError when any other draft, or the clean rows of a source it reads, lacks a
    stored, passing result of every blocking rule for its very content, InputError when nothing
    at all can be released.
    """
    archive, store = Archive(settings.archive), Store.of(settings)
    audited, left_out, refusals = [], {}, []
    sources: set[str] = set()
    for table in tables:
        if table.publish_level == "internal":
            continue
        absent = missing_sources(archive, table.sources, cards, sample=settings.is_sample)
        if absent:
            left_out[table.name] = absent
            continue
        sources |= set(table.all_sources)
        audit = load_audit(settings, table.name, store.sha256(table.name))
        before, now = store.inputs(table.name), store.made_from(table, settings)
        if changed := sorted(k for k in {*before, *now} if before.get(k) != now.get(k)):
            listed = ", ".join(changed)
            refusals.append(f"- {table.name}: made from other inputs ({listed}); make it again.")
        elif audit is None or audit.failures:
            refusals.append(_refusal(table.name, audit))
        else:
            audited.append((table, audit))
    for key in sorted(sources):
        subject = f"clean_{cards[key].stem}"
        audit = load_audit(settings, subject, store.sha256(subject))
        if audit is None or audit.failures:
            refusals.append(_refusal(subject, audit))
    if refusals:
        msg = "Nothing was released; the last release stays.\n" + "\n".join(refusals)
        raise BlockedReleaseError(msg)
    if all(table.theme == "quality" for table, _ in audited):
        needed = sorted({key for keys in left_out.values() for key in keys})
        msg = (
            "Nothing to release: no table has the files it needs. Hand some over with "
            f"`observatory archive add SOURCE FILE`: {', '.join(needed)}."
        )
        raise InputError(msg)
    return Plan(audited=audited, left_out=left_out)


def _refusal(subject: str, audit: Audit | None) -> str:
    if audit is None:
        return f"- {subject}: this version has not been checked; run its checks first."
    failed = "; ".join(
        f"{r.rule} ({r.unexpected_count} rows; e.g. {' | '.join(r.examples) or r.error})"
        for r in audit.failures
    )
    return f"- {subject}: {failed}"


def publish(settings: Settings, tables: Sequence[Table], cards: dict[str, Card]) -> dict[str, Any]:
    """Release the drafts of ``tables`` together; returns the manifest of the new release.

    Raises BlockedReleaseError when a draft is not fit for publication; whatever happens
    before the last step, the previous release stays current and whole.
    """
    settings.releases.mkdir(parents=True, exist_ok=True)
    _require_links(settings)
    with _one_at_a_time(settings):
        _remove_debris(settings)
        plan = plan_release(settings, tables, cards)
        now = dt.datetime.now(dt.UTC)
        release_id = now.strftime("%Y%m%dT%H%M%S%fZ") + (
            "-donnees-fictives" if settings.is_sample else ""
        )
        building = settings.releases / f".building-{release_id}"
        building.mkdir()
        manifest = _build(settings, plan, building, cards, release_id, now)
        _seal(building)
        building.rename(settings.releases / release_id)
        _fsync(settings.releases)
        _switch(settings, release_id)
    return manifest


def current_manifest(settings: Settings) -> dict[str, Any] | None:
    """The manifest of the current release; None before the first."""
    path = settings.current / MANIFEST
    return json.loads(path.read_text("utf-8")) if path.exists() else None


def _build(
    settings: Settings,
    plan: Plan,
    folder: Path,
    cards: dict[str, Card],
    release_id: str,
    now: dt.datetime,
) -> dict[str, Any]:
    store, archive = Store.of(settings), Archive(settings.archive)
    released_at = now.strftime("%Y-%m-%dT%H:%M:%SZ")
    layers, attributes, described = [], [], []
    for table, audit in plan.audited:
        title = f"{table.title_fr} ({FICTITIOUS})" if settings.is_sample else table.title_fr
        parquet = folder / f"{table.name}.parquet"
        shutil.copyfile(store.path(table.name), parquet)
        if sha256(parquet) != audit.sha256:
            msg = f"{table.name} was made again while it was being released: run again."
            raise BlockedReleaseError(msg)
        frame = Store(folder).read(table.name)
        frame.select(pl.exclude(pl.Binary)).write_csv(
            folder / f"{table.name}.csv", line_terminator="\r\n"
        )
        if table.geometry_type:
            layers.append(
                Layer(
                    parquet=str(parquet),
                    name=table.name,
                    title=title,
                    geometry_type=table.geometry_type,
                )
            )
        else:
            attributes.append((table, frame, title))
        described.append(_describe(store, archive, table, audit, frame.height, cards))
    manifest = {
        "release_id": release_id,
        "released_at": released_at,
        "is_fictitious": settings.is_sample,
        "notice": FICTITIOUS if settings.is_sample else None,
        "territory": settings.territory,
        "code_version": code_version(),
        "tables": [asdict(t) for t in described],
        "left_out": plan.left_out,
    }
    row: dict[str, str | int] = {
        "release_id": release_id,
        "released_at": released_at,
        "territory": settings.territory,
        "code_version": code_version(),
        "is_fictitious": int(settings.is_sample),
    }
    geopackage = folder / DATABASE
    write_layers(LayerPlan(geopackage=str(geopackage), release=row, layers=layers))
    write_attributes(geopackage, attributes, released_at)
    (folder / MANIFEST).write_text(json.dumps(manifest, ensure_ascii=False, indent=1), "utf-8")
    return manifest


def _describe(
    store: Store,
    archive: Archive,
    table: Table,
    audit: Audit,
    row_count: int,
    cards: dict[str, Card],
) -> ReleasedTable:
    """What the manifest says of a table; its sources are those its clean rows stand in."""
    read, unread = [], []
    for key in table.all_sources:
        rows = store.read(f"clean_{cards[key].stem}")
        versions = set(rows["source_sha256"].unique())
        entries = [e for e in archive.entries() if e.source == key and e.sha256 in versions]
        read += [
            {"source": key, "vintage": e.vintage, "file": e.file_name, "sha256": e.sha256}
            for e in entries
        ]
        if not entries:
            unread.append(key)
    return ReleasedTable(
        name=table.name,
        theme=table.theme,
        title=table.title_fr,
        row_count=row_count,
        sha256=audit.sha256,
        licence=table.licence,
        sources=read,
        missing_optional_sources=unread,
        warnings=[r.rule for r in audit.warnings],
    )


@contextlib.contextmanager
def _one_at_a_time(settings: Settings) -> Iterator[None]:
    with (settings.releases / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _require_links(settings: Settings) -> None:
    """Refuse, before anything is built, a home where a link's place is taken."""
    for place in (settings.current, settings.home / DATABASE):
        if place.exists() and not place.is_symlink():
            msg = f"{place} is not the link that a release makes: move it away and run again."
            raise InputError(msg)


def _remove_debris(settings: Settings) -> None:
    """Whatever an interrupted publication left behind."""
    for folder in settings.releases.glob(".building-*"):
        _make_writable(folder)
        shutil.rmtree(folder)
    for link in settings.home.glob(".current-*"):
        link.unlink()


def _seal(folder: Path) -> None:
    """Nobody writes a published file: flushed to disk, read-only."""
    for path in sorted(folder.iterdir()):
        _fsync(path)
        path.chmod(0o444)
    _fsync(folder)


def _make_writable(folder: Path) -> None:
    for path in folder.iterdir():
        path.chmod(0o644)


def _fsync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _switch(settings: Settings, release_id: str) -> None:
    """Point ``current`` at the new release in one rename."""
    database = settings.home / DATABASE
    if not database.is_symlink():
        database.symlink_to(Path(settings.current.name) / DATABASE)
    link = settings.home / f".current-{release_id}"
    link.symlink_to(Path(settings.releases.name) / release_id)
    link.replace(settings.current)
    _fsync(settings.home)
