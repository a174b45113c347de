"""Plans of releases: their tables, and what the quality tables are made from."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from observatory.metadata.cards import Card
from observatory.metadata.manifest import ReleasedTable
from observatory.metadata.tables import Table
from observatory.pipeline.audits import RuleResult
from observatory.release.comparison import TableChange
from observatory.settings import Settings
from observatory.storage.archive import Entry
from observatory.storage.frames import Store

QUALITY = "quality"
CORRECTED = "corrected_value"


@dataclass(frozen=True, kw_only=True)
class Part:
    """One table of a release: its contract, its rows, and its entry in the manifest.

    Rows are in a Parquet file that must have the hash ``sha256``, or in ``frame``. Only the
    columns of ``table.published`` are published.
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

    ``quality`` makes the quality tables from the changes since the release ``previous``.
    ``subjects`` are the sources and tables that this release itself says something of in them.
    ``counted`` are the SIRET that its drafts count without naming them all.
    """

    release_id: str
    theme: str
    parts: list[Part]
    quality: Callable[[Changes], list[Part]]
    subjects: frozenset[str] = frozenset()
    counted: pl.Series | None = None
    left_out: dict[str, list[str]] = field(default_factory=dict)
    not_carried: dict[str, str] = field(default_factory=dict)
    previous: Path | None = None
    restored_from: str | None = None
    is_fictitious: bool = False
    territory: str = ""

    @property
    def draft(self) -> str:
        """The theme and what its drafts hold, as a name: it tells them from any others."""
        own = sorted((p.table.name, p.sha256) for p in self.parts if not p.is_from_release)
        return f"{self.theme}-{hashlib.sha256(repr(own).encode()).hexdigest()[:10]}"


@dataclass(frozen=True, kw_only=True)
class Accepted:
    """The accepted sources and tables, from which the quality tables are made.

    ``checks`` are results by subject; ``files`` the archived files that clean rows stand in, by
    source key; ``carried`` the rows of the previous quality tables that still hold.
    """

    settings: Settings
    cards: dict[str, Card]
    checks: dict[str, list[RuleResult]]
    files: dict[str, list[Entry]]
    carried: dict[str, pl.DataFrame]

    @property
    def store(self) -> Store:
        """The drafts and clean rows of the home."""
        return Store.of(self.settings)

    @property
    def unread(self) -> list[str]:
        """The sources without a file."""
        return [key for key, entries in self.files.items() if not entries]


Compose = Callable[[Accepted], list[tuple[Table, pl.DataFrame]]]
