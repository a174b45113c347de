"""What an earlier release lends to a new one, under the contracts of today."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import polars as pl

from observatory.errors import InputError
from observatory.metadata.tables import Table
from observatory.release.comparison import Version
from observatory.release.manifest import (
    current_folder,
    read_contracts,
    read_manifest,
)
from observatory.release.parts import QUALITY, Part
from observatory.settings import Settings


def comparable(settings: Settings) -> Path | None:
    """The current release, where it is of the same world and territory."""
    folder = current_folder(settings)
    if folder is None:
        return None
    manifest = read_manifest(folder)
    is_same_world = manifest.is_fictitious == settings.is_sample
    return folder if is_same_world and manifest.territory == settings.territory else None


def carried_over(
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
    names = [described.name for described in manifest.tables]
    lost = [n for n in names if n not in contracts or not (folder / f"{n}.parquet").is_file()]
    if lost:
        msg = f"Release {folder.name} is damaged: {lost[0]} has no Parquet file or no contract."
        raise InputError(msg)
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


def versions_of(folder: Path) -> dict[str, Version]:
    """The tables of a release, to be compared."""
    return {
        p.table.name: Version(table=p.table, parquet=p.parquet, sha256=p.sha256 or "")
        for p in parts_of(folder)
        if p.parquet is not None
    }


def carried_quality(
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
