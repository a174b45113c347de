"""The release as a Data Package (Frictionless standard, version 1), projected from contracts."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from observatory.metadata.cards import Card
from observatory.metadata.dictionary import column_comment, secrecy_sentence
from observatory.metadata.editions import read_edition
from observatory.metadata.manifest import Manifest, ReleasedTable
from observatory.metadata.tables import CAVEATS, Column, Kind, Table
from observatory.release.citing import cite, name_release
from observatory.settings import Settings
from observatory.storage.integrity import sha256

TYPES: dict[Kind, dict[str, str]] = {
    "code": {"type": "string"},
    "text": {"type": "string"},
    "integer": {"type": "integer"},
    "number": {"type": "number"},
    "date": {"type": "date"},
    "datetime": {"type": "datetime"},
    "boolean": {"type": "boolean"},
}
LICENCES = {
    "Licence Ouverte 2.0": (
        "etalab-2.0",
        "https://www.etalab.gouv.fr/licence-ouverte-open-licence/",
    ),
    "Licence de réutilisation des offres de France Travail": (
        "other-at",
        "https://francetravail.io/data/api/offres-emploi",
    ),
    "ODbL 1.0": ("ODC-ODbL-1.0", "https://opendatacommons.org/licenses/odbl/1-0/"),
}
FORMATS = {
    ".parquet": ("parquet", "application/vnd.apache.parquet"),
    ".gpkg": ("gpkg", "application/geopackage+sqlite3"),
    ".xlsx": ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ".html": ("html", "text/html"),
    ".csv": ("csv", "text/csv"),
    ".json": ("json", "application/json"),
    ".md": ("md", "text/markdown"),
    ".cff": ("yaml", "application/yaml"),
}


def describe_column(column: Column) -> dict[str, Any]:
    """Describe a column as a Table Schema field, with the contract's promises as constraints."""
    constraints: dict[str, Any] = {"required": not column.nullable}
    if column.allowed:
        constraints["enum"] = list(column.allowed)
    if column.pattern:
        constraints["pattern"] = column.pattern.removeprefix("^").removesuffix("$")
    if column.minimum is not None:
        constraints["minimum"] = _shorten_bound(column.minimum)
    if column.maximum is not None:
        constraints["maximum"] = _shorten_bound(column.maximum)
    described = {
        "name": column.name,
        **TYPES[column.kind],
        "title": column.label,
        "description": column_comment(column),
        "constraints": constraints,
    }
    if column.kind == "boolean":
        described |= {"trueValues": ["true"], "falseValues": ["false"]}
    if column.unit:
        described |= {"unit": column.unit.en, "unit_fr": column.unit.fr}
    return described


def _shorten_bound(bound: float) -> float | int:
    """Write a whole bound without decimals, as a contract does."""
    return int(bound) if float(bound).is_integer() else bound


def describe_schema(table: Table) -> dict[str, Any]:
    """Describe the CSV file of a contract as a Table Schema; it holds no geometry."""
    return {
        "fields": [describe_column(c) for c in table.columns if c.kind != "geometry"],
        "primaryKey": list(table.key),
        "missingValues": [""],
    }


def _describe_licence(name: str) -> dict[str, str]:
    identifier, path = LICENCES.get(name, (name, ""))
    return {"name": identifier, "title": name} | ({"path": path} if path else {})


def describe_table(
    folder: Path, table: Table, described: ReleasedTable, cards: Mapping[str, Card]
) -> dict[str, Any]:
    """Describe the CSV file of a table: schema, sources, licence."""
    path = folder / f"{table.name}.csv"
    return {
        "name": table.name,
        "path": path.name,
        "type": "table",
        "profile": "tabular-data-resource",
        "title": table.title_fr,
        "description": f"{table.grain.fr}. / {table.title_en}. {table.grain.en}.",
        "scheme": "file",
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "dialect": {"delimiter": ",", "lineTerminator": "\r\n", "quoteChar": '"'},
        "bytes": path.stat().st_size,
        "hash": f"sha256:{sha256(path)}",
        "licenses": [_describe_licence(table.licence)],
        "sources": [
            {"title": cards[key].title, "path": str(cards[key].landing_page)}
            for key in table.all_sources
            if key in cards
        ],
        "caveats": {code: CAVEATS[code].fr for code in table.caveats},
        "secrecy": secrecy_sentence(table).fr,
        "referencePeriod": table.reference_period.fr,
        "rowCount": described.row_count,
        "schema": describe_schema(table),
    }


def describe_file(path: Path) -> dict[str, Any]:
    """Describe any other file of the release: format, size, hash."""
    form, media = FORMATS.get(path.suffix, (path.suffix.removeprefix("."), "text/plain"))
    return {
        "name": path.name.lower().replace(".", "-").replace("_", "-"),
        "path": path.name,
        "type": "file",
        "profile": "data-resource",
        "scheme": "file",
        "format": form,
        "mediatype": media,
        "bytes": path.stat().st_size,
        "hash": f"sha256:{sha256(path)}",
    }


def write_datapackage(
    folder: Path,
    tables: Sequence[Table],
    cards: Mapping[str, Card],
    manifest: Manifest,
    settings: Settings,
) -> dict[str, Any]:
    """Write ``datapackage.json``: all files but itself, the manifest and the checksums.

    Beside it stands the same in DCAT-AP, which is made from what is returned.
    """
    described = manifest.by_name
    tabular = {f"{t.name}.csv" for t in tables}
    others = sorted(p for p in folder.iterdir() if p.name not in tabular)
    package: dict[str, Any] = {
        "profile": "data-package",
        "name": f"observatory-{manifest.release_id.lower()}",
        "title": name_release(manifest),
        "id": manifest.release_id,
        "version": manifest.release_id,
        "edition": read_edition(manifest),
        "citation": cite(manifest, settings),
        "created": manifest.released_at,
        "licenses": [_describe_licence(name) for name in sorted({t.licence for t in tables})],
        "resources": [
            *(describe_table(folder, t, described[t.name], cards) for t in tables),
            *(describe_file(p) for p in others),
        ],
    }
    if settings.site_url:
        package["homepage"] = settings.site_url
    if settings.doi:
        package["doi"] = settings.doi
    if settings.site_publisher:
        package["contributors"] = [{"title": settings.site_publisher, "role": "publisher"}]
    text = json.dumps(package, ensure_ascii=False, indent=1)
    (folder / "datapackage.json").write_text(text, "utf-8")
    return package
