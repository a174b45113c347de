"""Tell which kept releases hold what may not be told of somebody today, and what became of them.

A release is never edited: one that holds such a thing goes, and a tombstone says so that names
nobody. Whom a release counts without naming them is kept beside it, for its owner alone.
"""

import datetime as dt
import json
import logging
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
from pydantic import BaseModel, ConfigDict, ValidationError

from observatory.disclosure.withholding import (
    IDENTIFIER_COLUMN,
    REGISTER_SOURCE,
    count_withheld,
    is_withheld,
    names_anyone,
    read_withheld_identifiers,
)
from observatory.errors import InputError
from observatory.metadata.manifest import Manifest, ReleasedTable
from observatory.metadata.tables import Table
from observatory.release.manifest import list_folders, read_contracts, read_manifest
from observatory.settings import Settings

if TYPE_CHECKING:
    from observatory.release.parts import Part

LOG = logging.getLogger(__name__)
COUNTED = "counted"
TOMBSTONES = "removed.jsonl"
BECAUSE = "it held what may not be published of somebody any more"
NOT_CARRIED = "it counts somebody who may not be told of any more: make it again"
TO_DO = "run `observatory releases forget`, which makes what is in force again without them"


class Tombstone(BaseModel):
    """What is left of a release that was taken away: when, why, and what stands in its place."""

    model_config = ConfigDict(frozen=True)

    release_id: str
    removed_at: str
    because: str
    replaced_by: str | None


def remember_counted(settings: Settings, release_id: str, counted: pl.Series) -> None:
    """Keep whom the register's tables of a release count: they may object later."""
    path = _counted_path(settings, release_id)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.touch(mode=0o600)
    counted.alias(IDENTIFIER_COLUMN).unique().sort().to_frame().write_parquet(temporary)
    temporary.replace(path)


def is_remembered(settings: Settings, manifest: Manifest, theme: str, counted: pl.Series) -> bool:
    """Tell whether just these are kept as whom the tables of a release and theme count."""
    own = [t for t in manifest.tables if t.theme == theme and rests_on_register(t)]
    paths = {_counted_path(settings, table.released_in) for table in own}
    now = set(counted.unique())
    return all(p.exists() and set(pl.read_parquet(p)[IDENTIFIER_COLUMN]) == now for p in paths)


def _counted_path(settings: Settings, release_id: str) -> Path:
    return _counted_folder(settings) / f"{release_id}.parquet"


def _counted_folder(settings: Settings) -> Path:
    from observatory.home import private_folder

    return private_folder(settings, COUNTED)


def rests_on_register(described: ReleasedTable) -> bool:
    """Tell whether a released table was made from the register of establishments."""
    return any(file.source == REGISTER_SOURCE for file in described.sources)


def find_counting(
    settings: Settings, tables: Iterable[ReleasedTable], withheld: pl.Series
) -> list[ReleasedTable]:
    """Find the released tables that count somebody of ``withheld``; each list is looked at once.

    A table is taken to where nobody knows whom it counts: it was made before that was kept.
    """
    about = [table for table in tables if rests_on_register(table)]
    if withheld.is_empty():
        return []
    counts = {}
    for release_id in {table.released_in for table in about}:
        path = _counted_path(settings, release_id)
        counts[release_id] = not (path.exists() and _of(pl.scan_parquet(path), withheld).is_empty())
    return [table for table in about if counts[table.released_in]]


def _of(counted: pl.LazyFrame, withheld: pl.Series) -> pl.DataFrame:
    return counted.filter(is_withheld(IDENTIFIER_COLUMN, withheld)).collect()


def leave_out_counting(
    settings: Settings, parts: Sequence["Part"]
) -> tuple[list["Part"], dict[str, str]]:
    """Part what an earlier release may hand on from what counts somebody who is withheld today."""
    if not any(rests_on_register(part.described) for part in parts):
        return list(parts), {}
    withheld = read_withheld_identifiers(settings)
    counting = find_counting(settings, [part.described for part in parts], withheld)
    refused = {described.name: NOT_CARRIED for described in counting}
    return [part for part in parts if part.table.name not in refused], refused


def is_about_anyone(described: ReleasedTable, contract: Table | None) -> bool:
    """Tell whether a released table names anybody, or counts whom the register lists."""
    return rests_on_register(described) or (contract is not None and names_anyone(contract))


def holds_withheld(settings: Settings, folder: Path) -> bool:
    """Tell whether a release names or counts somebody who is withheld today."""
    manifest, contracts = read_manifest(folder), read_contracts(folder)
    tables = manifest.by_name
    if not any(is_about_anyone(tables[name], contracts.get(name)) for name in tables):
        return False
    withheld = read_withheld_identifiers(settings)
    return bool(find_counting(settings, manifest.tables, withheld)) or any(
        count_withheld(pl.scan_parquet(folder / f"{name}.parquet"), contract, withheld)
        for name, contract in contracts.items()
        if names_anyone(contract)
    )


def find_holding(settings: Settings) -> list[Path]:
    """Find the kept releases that hold somebody who is withheld today, oldest first."""
    found = []
    for folder in list_folders(settings):
        try:
            if holds_withheld(settings, folder):
                found.append(folder)
        except (pl.exceptions.PolarsError, OSError, InputError) as error:
            first = str(error).split("\n", 1)[0]
            LOG.warning("Whom release %s holds cannot be told: %s", folder.name, first)
    return found


def require_countable(settings: Settings, manifest: Manifest) -> None:
    """Raise InputError where a release counts somebody who is withheld today."""
    about = [t for t in manifest.tables if rests_on_register(t)]
    if about and find_counting(settings, about, read_withheld_identifiers(settings)):
        raise InputError(_refusal(manifest.release_id))


def require_nobody_withheld(settings: Settings, folder: Path) -> None:
    """Raise InputError where a release names or counts somebody who is withheld today."""
    if holds_withheld(settings, folder):
        raise InputError(_refusal(folder.name))


def _refusal(release_id: str) -> str:
    return f"Release {release_id} holds what may not be told of somebody any more: {TO_DO}."


def entomb(settings: Settings, names: Iterable[str], replaced_by: str | None) -> None:
    """Write a tombstone for each release that is about to go, and make sure it is on the disk."""
    now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    stones = [
        Tombstone(release_id=name, removed_at=now, because=BECAUSE, replaced_by=replaced_by)
        for name in names
    ]
    if not stones:
        return
    with (settings.releases / TOMBSTONES).open("a", encoding="utf-8") as file:
        file.writelines(stone.model_dump_json() + "\n" for stone in stones)
        file.flush()
        os.fsync(file.fileno())


def read_tombstones(settings: Settings) -> dict[str, Tombstone]:
    """Read what became of the releases that were taken away, by name; a torn line is left out."""
    path = settings.releases / TOMBSTONES
    found = {}
    for line in path.read_text("utf-8").splitlines() if path.exists() else ():
        try:
            stone = Tombstone.model_validate(json.loads(line))
        except (ValueError, ValidationError):
            continue
        found[stone.release_id] = stone
    return found


def forget_counted(settings: Settings) -> None:
    """Erase whom releases counted that are not kept any more."""
    used = set()
    for folder in list_folders(settings):
        try:
            used |= {table.released_in for table in read_manifest(folder).tables}
        except InputError:
            return
    for path in _counted_folder(settings).glob("*.parquet"):
        if path.stem not in used:
            path.unlink()
