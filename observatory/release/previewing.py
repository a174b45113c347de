"""What a theme's drafts would change, were they released now; nothing is published."""

import datetime as dt
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from observatory.home import private_folder
from observatory.metadata.cards import Card
from observatory.metadata.tables import Table
from observatory.release.building import describe_release, write_tables
from observatory.release.comparison import (
    TableChange,
    Version,
    compare,
    compare_surroundings,
)
from observatory.release.manifest import current_folder, read_manifest
from observatory.release.parts import Compose, Plan
from observatory.release.planning import plan_release
from observatory.settings import Settings
from observatory.storage.leftovers import scratch

PREVIEWS = "previews"


@dataclass(frozen=True, kw_only=True)
class Preview:
    """A draft of a release: its name, and what it changes since the release ``before``."""

    theme: str
    draft: str
    before: str | None
    changes: list[TableChange]
    around: Mapping[str, list[str]]


def preview(
    settings: Settings,
    theme: str,
    tables: Sequence[Table],
    cards: dict[str, Card],
    compose: Compose,
    catalogue: Mapping[str, Table],
    *,
    counted: pl.Series | None = None,
    judged: Set[str] = frozenset(),
) -> Preview | None:
    """Write the tables as they would be published, look at them, and take them away again.

    None where the current release says the same. Raises as ``plan_release`` does.
    """
    plan = plan_release(
        settings, theme, tables, cards, compose, catalogue, "draft", counted, judged
    )
    current = current_folder(settings)
    with scratch(settings.home, private_folder(settings, PREVIEWS)) as folder:
        name = current.name if current else None
        written = write_tables(settings, plan, folder, lambda _: None, name)
        first = [] if plan.previous else _compare_with_nothing(plan, folder)
    if written is None:
        return None
    described, changes, _ = written
    before = read_manifest(plan.previous) if plan.previous else None
    now = dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    manifest = describe_release(plan, changes, described, now, before)
    return Preview(
        theme=theme,
        draft=plan.draft,
        before=plan.previous.name if plan.previous else None,
        changes=changes or first,
        around=compare_surroundings(before, manifest),
    )


def _compare_with_nothing(plan: Plan, folder: Path) -> list[TableChange]:
    """What is unusual in a first release, which there is none to compare with."""
    written = {
        part.table.name: Version(
            table=part.table.published,
            parquet=folder / f"{part.table.name}.parquet",
            sha256="",
        )
        for part in plan.parts
    }
    return compare({}, written)
