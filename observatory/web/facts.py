"""Gives each fact of an aggregate table an address: its row, its source, what it was before.

One page a table, which asks for the rows of one place at a time: a page for each of a hundred
thousand facts would take minutes and not open faster. An address is the key of the row, so that it
leads to the same fact in the next release. Tables of single units, sites, owners, firms or
sales have none.
"""

import datetime as dt
import functools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import polars as pl

from observatory.disclosure.withholding import names_anyone
from observatory.errors import DamagedFileError
from observatory.metadata.editions import read_edition
from observatory.metadata.french import HIDDEN_FR, VALUES, looked_up
from observatory.metadata.manifest import Manifest, ReleasedTable
from observatory.metadata.tables import Table
from observatory.release.files import read_rows
from observatory.release.forgetting import holds_withheld, is_about_anyone
from observatory.release.history import read_manifests
from observatory.release.manifest import read_contracts
from observatory.release.published import Published
from observatory.web.roadmap import name_zone

THEMES = ("labour", "land", "crossing", "roadmap")
# the column that says of which place a fact is, in a table's key
PLACES = (
    "territory_code",
    "commune_code",
    "epci_code",
    "bassin_code",
    "department_code",
    "region_code",
    "kpi_zone_code",
    "series_zone_code",
    "declared_zone_code",
)
LEVEL = "territory_level"
SINGLE = ("siret", "place_code")
# facts of a whole country whose figures are somebody's statistics, not links between codes
NATIONAL = ("published_by_producer", "suppressed_by_producer", "open_register_counts")
# rows of communes are handed on by département: files of a few rows each would be too many
PREFIX = {"commune_code": r"^(97\d|..)"}
ALL = "tout"
FILE = "_file"
ROW = "_row"
SALES = "dgfip/dvf"
NOT_SHOWN = {"is_fictitious", "source_sha256"}


@dataclass(frozen=True, kw_only=True)
class Version:
    """One content of a table, and the kept releases that had it."""

    release_id: str
    folder: Path
    since: str
    edition: str
    sha256: str


def is_aggregate(table: Table) -> bool:
    """Whether each row of a table may have an address: a statistic of a place or a country."""
    is_single = any(name.endswith("_id") or name in SINGLE for name in table.key)
    if is_single or table.is_spatial or table.theme not in THEMES or names_anyone(table):
        return False
    return find_place(table) is not None or table.secrecy in NATIONAL


def find_place(table: Table) -> str | None:
    """The column of the key by which the rows of a table are handed on."""
    return next((name for name in PLACES if name in table.key), None)


def rests_on_sales(table: Table) -> bool:
    """Whether figures come from sales of land, which may not be in an index."""
    return any(key.startswith(SALES) for key in table.all_sources)


def list_facts(published: Published) -> Iterator[tuple[Table, dict[str, Any]]]:
    """The tables whose facts have an address, with what their page says."""
    for name, contract in published.contracts.items():
        if is_aggregate(contract) and published.has(name):
            yield contract, {"table": contract, "sources": published.sources_of(name)}


def write_facts(published: Published, contract: Table, folder: Path) -> list[dict[str, str]]:
    """Write what the page of a table reads; the places that it has facts of."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = _file_rows(published.table(contract.name), contract)
    *earlier, today = list_versions(published, contract)
    compared = [(version, _compare_if_whole(rows, version, contract)) for version in earlier]
    changes = [change for _, change in compared if change is not None]
    versions = [*(version for version, change in compared if change is not None), today]
    for (file,), own in rows.partition_by(FILE, as_dict=True).items():
        content = _write_rows(own, changes, contract)
        (folder / f"{file}.json").write_bytes(orjson.dumps(content))
    about = _describe(contract, versions)
    (folder / "index.json").write_bytes(orjson.dumps(about))
    return _list_places(published, rows, contract)


def _file_rows(rows: pl.DataFrame, contract: Table) -> pl.DataFrame:
    """Number the rows in each file, and say in which file each is."""
    place = find_place(contract)
    if place is None:
        file = pl.lit(ALL)
    elif place in PREFIX:
        file = pl.col(place).str.extract(PREFIX[place])
    elif LEVEL in contract.key:
        file = pl.concat_str([pl.col(LEVEL), pl.col(place)], separator="-")
    else:
        file = pl.col(place)
    named = rows.with_columns(file.fill_null(ALL).alias(FILE))
    return named.with_columns(pl.int_range(pl.len()).over(FILE).alias(ROW))


def _write_rows(
    rows: pl.DataFrame, changes: list[dict[str, Any]], contract: Table
) -> dict[str, Any]:
    """Column by column: one value where all rows have it; then what was another before."""
    file = rows[FILE][0]
    same, columns = {}, {}
    for column in contract.columns:
        if column.name in NOT_SHOWN or column.kind == "geometry":
            continue
        values = rows[column.name]
        if values.n_unique() == 1:
            same[column.name] = values[0]
        else:
            columns[column.name] = values.to_list()
    before = [change.get(file, {"absent": [], "was": {}}) for change in changes]
    return {"count": rows.height, "same": same, "columns": columns, "before": before}


@functools.lru_cache(maxsize=1)
def _read_kept(published: Published) -> tuple[Manifest, ...]:
    """The manifests of earlier releases, oldest first; each table asks for them."""
    today = published.manifest.release_id
    return tuple(m for m in read_manifests(published.settings) if m.release_id < today)


@functools.lru_cache(maxsize=100)
def _holds_withheld(published: Published, folder: Path) -> bool:
    """Tell whether a kept release holds somebody who is withheld today; each table asks it."""
    return holds_withheld(published.settings, folder)


@functools.lru_cache(maxsize=3)
def _read_contracts(folder: Path) -> dict[str, Table]:
    """Read the contracts of a kept release, which do not change; each table asks for its own."""
    return read_contracts(folder)


def list_versions(published: Published, contract: Table) -> list[Version]:
    """The contents that a table had in the releases kept, oldest first, today's last.

    Without releases that hide less than today, or that hold somebody who is withheld today.
    """
    today = published.manifest
    versions: list[Version] = []
    for manifest in [*_read_kept(published), today]:
        described = manifest.by_name.get(contract.name)
        folder = published.folder.parent / manifest.release_id
        if described is None or (versions and versions[-1].sha256 == described.sha256):
            continue
        if manifest is today or _may_be_told(published, manifest, described, contract, folder):
            day = dt.datetime.fromisoformat(manifest.released_at).strftime("%d/%m/%Y")
            versions.append(
                Version(
                    release_id=manifest.release_id,
                    folder=folder,
                    since=day,
                    edition=read_edition(manifest),
                    sha256=described.sha256,
                )
            )
    return versions


def _may_be_told(
    published: Published,
    manifest: Manifest,
    described: ReleasedTable,
    contract: Table,
    folder: Path,
) -> bool:
    """Whether what a kept release said of a table may be shown beside today's."""
    settings = published.settings
    if manifest.is_fictitious != published.manifest.is_fictitious:
        return False
    if contract.protections and described.made_under.where_looser(settings.thresholds):
        return False
    try:
        return not (is_about_anyone(described, contract) and _holds_withheld(published, folder))
    except DamagedFileError:
        return False


def _compare_if_whole(
    rows: pl.DataFrame, version: Version, contract: Table
) -> dict[str, Any] | None:
    """Compare with a release that can be read; a damaged one tells nothing and ends nothing."""
    try:
        return _compare(rows, version, contract)
    except DamagedFileError:
        return None


def _compare(rows: pl.DataFrame, version: Version, contract: Table) -> dict[str, Any] | None:
    """What an earlier content said otherwise, by file: facts that it lacks, and other figures.

    None where its facts had other keys, and so cannot be found again.
    """
    old = _read_contracts(version.folder).get(contract.name)
    kinds = {c.name: c.kind for c in old.columns} if old else {}
    if old is None or any(kinds.get(k) != _kind(contract, k) for k in contract.key):
        return None
    key = list(contract.key)
    names = [
        c.name
        for c in contract.published.columns
        if c.name not in {*key, *NOT_SHOWN, "source_line"} and kinds.get(c.name) == c.kind
    ]
    earlier = read_rows(version.folder, contract.name, [*key, *names])
    both = rows.join(earlier, on=key, how="left", suffix="_was", coalesce=True, nulls_equal=True)
    there = rows.join(earlier, on=key, how="semi", nulls_equal=True).select(FILE, ROW)
    found: dict[str, Any] = {}
    absent = rows.select(FILE, ROW).join(there, on=[FILE, ROW], how="anti")
    for file, row in absent.iter_rows():
        _of(found, file)["absent"].append(row)
    present = both.join(there, on=[FILE, ROW], how="semi")
    for name in names:
        moved = present.filter(pl.col(name).ne_missing(pl.col(f"{name}_was")))
        for file, row, was in moved.select(FILE, ROW, f"{name}_was").iter_rows():
            _of(found, file)["was"].setdefault(str(row), {})[name] = was
    return found


def _of(found: dict[str, Any], file: str) -> dict[str, Any]:
    said: dict[str, Any] = found.setdefault(file, {"absent": [], "was": {}})
    return said


def _kind(contract: Table, name: str) -> str:
    return next(c.kind for c in contract.columns if c.name == name)


def _describe(contract: Table, versions: list[Version]) -> dict[str, Any]:
    """What the page's script knows of a table: its key, its columns, its contents over time."""
    place = find_place(contract)
    return {
        "key": list(contract.key),
        "place": place,
        "level": LEVEL if LEVEL in contract.key and place else None,
        "prefix": PREFIX.get(place or ""),
        "all": ALL,
        "hidden": HIDDEN_FR,
        "title": contract.title_fr,
        "versions": [{"since": v.since, "edition": v.edition} for v in versions],
        "columns": [
            {
                "name": column.name,
                "label": column.label,
                "unit": column.unit.fr if column.unit else "",
                "kind": column.kind,
                "empty": column.null_means.fr if column.null_means else "",
                "values": VALUES.get(column.name),
            }
            for column in contract.columns
            if column.name not in NOT_SHOWN and column.kind != "geometry"
        ],
    }


def _list_places(published: Published, rows: pl.DataFrame, contract: Table) -> list[dict[str, str]]:
    """The places of a table, each with the part of the address that is its own."""
    place = find_place(contract)
    if place is None:
        return []
    label = place.replace("_code", "_label")
    columns = [name for name in (LEVEL, place, label) if name in rows.columns]
    found = rows.select(columns).unique(place if LEVEL not in columns else [LEVEL, place])
    listed = [
        {
            "label": str(row.get(label) or _name_place(published, place, row[place])),
            "level": VALUES[LEVEL].get(row[LEVEL], "") if LEVEL in columns else "",
            "address": "&".join(f"{n}={row[n]}" for n in (LEVEL, place) if n in contract.key),
        }
        for row in found.drop_nulls(place).to_dicts()
    ]
    return sorted(listed, key=lambda each: (each["level"], looked_up(each["label"])))


def _name_place(published: Published, place: str, code: str) -> str:
    """A place by its name, where the table itself has none."""
    if place == "department_code":
        return name_zone(published, f"D{code}")
    return name_zone(published, code) if place.endswith("_zone_code") else code
