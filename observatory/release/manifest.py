"""What a release says of itself: its tables, what they are made from, and their contracts."""

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, TypeAdapter

from observatory.errors import InputError
from observatory.metadata.tables import Table
from observatory.settings import Settings

DATABASE = "observatory.gpkg"
MANIFEST = "manifest.json"
CONTRACTS = "contracts.json"
CHANGES = "changes.md"
CHANGES_JSON = "changes.json"
CHECKSUMS = "SHA256SUMS"
FICTITIOUS = "données fictives"
CONTRACT = TypeAdapter(Table)
CONTRACTS_SHAPE = TypeAdapter(dict[str, Table])


class _Shape(BaseModel):
    """What every manifest holds."""

    model_config = ConfigDict(extra="allow")

    release_id: str
    released_at: str
    theme: str
    is_fictitious: bool
    notice: str | None
    territory: str
    code_version: str
    previous_release_id: str | None
    restored_from: str | None
    check_count: int
    warning_count: int
    changes_beyond_bounds: dict[str, list[str]]
    inputs: list[dict[str, Any]]
    corrections: list[dict[str, Any]]
    tables: list["_TableShape"]
    left_out: dict[str, list[str]]
    not_carried: dict[str, str]


class _TableShape(BaseModel):
    """What every manifest says of a table."""

    model_config = ConfigDict(extra="forbid")

    name: str
    theme: str
    title: str
    licence: str
    contract_version: str
    code_version: str
    released_in: str
    sources: list[dict[str, str | None]]
    missing_optional_sources: list[str]
    checks: list[dict[str, Any]]
    draft_sha256: str | None
    sha256: str
    row_count: int
    withheld_row_count: int
    corrections: list[dict[str, Any]]


MANIFEST_SHAPE = TypeAdapter(_Shape)


@dataclass(frozen=True, kw_only=True)
class ReleasedTable:
    """What the manifest says of one table.

    ``released_in`` is the release that brought this version of the table; later ones carry it
    over. ``sources`` are the files that its clean rows stand in.
    """

    name: str
    theme: str
    title: str
    licence: str
    contract_version: str
    code_version: str
    released_in: str
    sources: list[dict[str, str | None]]
    missing_optional_sources: list[str]
    checks: list[dict[str, Any]]
    draft_sha256: str | None = None
    sha256: str = ""
    row_count: int = 0
    withheld_row_count: int = 0
    corrections: list[dict[str, Any]] = field(default_factory=list)


def contract_version(table: Table) -> str:
    """A hash of all that a contract promises."""
    return hashlib.sha256(CONTRACT.dump_json(table)).hexdigest()[:12]


def write_contracts(folder: Path, tables: list[Table]) -> None:
    """Keep the contracts of a release beside its tables, in French as it is."""
    listed = {t.name: CONTRACT.dump_python(t, mode="json") for t in tables}
    text = json.dumps(listed, ensure_ascii=False, indent=1)
    (folder / CONTRACTS).write_text(text, "utf-8")


def read_contracts(folder: Path) -> dict[str, Table]:
    """The contracts under which the tables of a release were published; InputError if unread."""
    try:
        return CONTRACTS_SHAPE.validate_json((folder / CONTRACTS).read_bytes())
    except (OSError, ValueError) as error:
        first = str(error).split("\n", 1)[0]
        msg = (
            f"The contracts of release {folder.name} cannot be read by this version ({first}): "
            "take the version that made it, or move the release away."
        )
        raise InputError(msg) from None


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of the release in ``folder``; InputError where there is none."""
    path = folder / MANIFEST
    try:
        return MANIFEST_SHAPE.validate_json(path.read_bytes()).model_dump()
    except (OSError, ValueError) as error:
        first = str(error).split("\n", 1)[0]
        msg = (
            f"{path} is not the manifest of a release ({first}): restore a backup of it, or move "
            "the folder away; if it is the current one, point the link at another release."
        )
        raise InputError(msg) from None


def current_folder(settings: Settings) -> Path | None:
    """The folder of the current release, its link resolved once; None before the first."""
    if not (settings.current / MANIFEST).exists():
        return None
    return settings.current.resolve()


def current_manifest(settings: Settings) -> dict[str, Any] | None:
    """The manifest of the current release; None before the first."""
    folder = current_folder(settings)
    return None if folder is None else read_manifest(folder)
