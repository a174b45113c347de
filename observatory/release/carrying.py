"""Copy unchanged tables from an earlier release into a new one, under the current contracts."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from observatory.disclosure.withholding import names_anyone
from observatory.errors import DamagedFileError
from observatory.metadata.manifest import Manifest
from observatory.metadata.tables import Table
from observatory.release.comparison import Version
from observatory.release.files import again, read_rows, require_whole
from observatory.release.manifest import (
    DATABASE,
    current_folder,
    read_contracts,
    read_manifest,
)
from observatory.release.parts import QUALITY, Part
from observatory.settings import Settings, Thresholds

LOG = logging.getLogger(__name__)


def find_comparable_release(settings: Settings) -> Path | None:
    """Find the current release, where it is of the same territory and also sample, or also real."""
    folder = current_folder(settings)
    if folder is None:
        return None
    manifest = read_manifest(folder)
    is_same_world = manifest.is_fictitious == settings.is_sample
    return folder if is_same_world and manifest.territory == settings.territory else None


def carry_over_tables(
    previous: Path | None,
    themes: set[str],
    catalogue: Mapping[str, Table],
    thresholds: Thresholds,
) -> tuple[list[Part], dict[str, str]]:
    """Return the tables of the themes not released now, and why others may not be published."""
    if previous is None:
        return [], {}
    parts = [p for p in read_parts(previous) if p.table.theme not in {*themes, QUALITY}]
    return apply_current_contracts(parts, catalogue, thresholds)


def apply_current_contracts(
    parts: Sequence[Part], catalogue: Mapping[str, Table], thresholds: Thresholds
) -> tuple[list[Part], dict[str, str]]:
    """Restrict tables of an earlier release to what the current contracts let be published.

    Columns that are sensitive now, or declared no more, are dropped; secrecy and the columns that
    name somebody are those of the current contract. A table that no contract declares any more is
    kept as it is; one made under thresholds of secrecy that hide less than today's is not: what
    told how many units its figures stand on is not published. Also returns the reasons for tables
    that may not be published, by name.
    """
    allowed, refused = [], {}
    for part in parts:
        old, now = part.table, catalogue.get(part.table.name)
        if now is None:
            allowed.append(part)
            continue
        if now.publish_level == "internal":
            refused[old.name] = "internal today"
            continue
        looser = part.described.made_under.where_looser(thresholds)
        if now.protections and looser:
            refused[old.name] = f"secrecy hides more today ({looser}): run its theme again"
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
        allowed.append(replace(part, table=table))
    return allowed, refused


def read_parts(folder: Path) -> list[Part]:
    """Read the list of a release's tables; DamagedFileError where a file or contract is missing."""
    manifest, contracts = read_manifest(folder), read_contracts(folder)
    names = [described.name for described in manifest.tables]
    lost = [n for n in names if n not in contracts or not (folder / f"{n}.parquet").is_file()]
    if lost:
        what = f"{lost[0]} has no Parquet file or no contract"
        msg = f"Release {folder.name} is damaged ({what}): {again(folder)}"
        raise DamagedFileError(msg)
    return [
        Part(
            table=contracts[described.name],
            parquet=folder / f"{described.name}.parquet",
            sha256=described.sha256,
            described=described,
            is_from_release=True,
        )
        for described in manifest.tables
    ]


def read_versions(folder: Path) -> dict[str, Version]:
    """List a release's tables as versions to be compared, by name; each file is as released."""
    return {
        p.table.name: Version(
            table=p.table,
            parquet=require_whole(folder, f"{p.table.name}.parquet"),
            sha256=p.sha256 or "",
        )
        for p in read_parts(folder)
    }


def carry_over_quality_rows(
    previous: Path, carried: Sequence[Part], sources: set[str]
) -> dict[str, pl.DataFrame]:
    """Read the rows of the previous quality tables that are about carried tables, by table."""
    tables = {p.table.name for p in carried}
    keys = {key for p in carried for key in p.table.all_sources} - sources
    subjects = {*tables, *(f"clean_{key.replace('/', '__')}" for key in keys)}
    rows = {}
    for name, contract in read_contracts(previous).items():
        if contract.theme != QUALITY:
            continue
        frame = read_rows(previous, name)
        if "source_key" in frame.columns:
            rows[name] = frame.filter(pl.col("source_key").is_in(keys))
        elif "subject" in frame.columns:
            rows[name] = frame.filter(pl.col("subject").is_in(subjects))
    return rows


@dataclass(frozen=True, kw_only=True)
class KeptDatabase:
    """A database of which layers and tables stay as they are, but for those that are ``gone``."""

    database: Path
    kept: frozenset[str]
    gone: tuple[str, ...]


def find_kept_database(
    previous: Path | None, tables: Sequence[Table], manifest: Manifest
) -> KeptDatabase | None:
    """Find the previous release's database, where this one has its layers and no other.

    None where another program wrote it, and where a table that names somebody would be taken out of
    it: what is taken out of a file must not be found in it.
    """
    if previous is None:
        return None
    try:
        database = require_whole(previous, DATABASE)
    except DamagedFileError:
        return None
    before, contracts = read_manifest(previous), read_contracts(previous)
    if (before.code_version, before.notice) != (manifest.code_version, manifest.notice):
        return None
    kept = frozenset(
        table.name
        for table in tables
        if contracts.get(table.name) == table
        and before.by_name[table.name].sha256 == manifest.by_name[table.name].sha256
    )
    new = [table for table in tables if table.name not in kept]
    gone = [contracts[name] for name in before.by_name if name not in kept]
    if any(t.is_spatial for t in (*new, *gone)) or any(names_anyone(t) for t in gone):
        return None
    return KeptDatabase(database=database, kept=kept, gone=tuple(t.name for t in gone))


def find_intact_comparable(settings: Settings) -> Path | None:
    """Find the current release as above; none, with a word, where it is damaged or lost."""
    try:
        folder = find_comparable_release(settings)
        if folder is not None:
            read_versions(folder)
    except DamagedFileError as error:
        LOG.warning("%s What changed since then is not listed.", error)
        return None
    return folder
