"""Reads and writes the manifest and the contracts of a release."""

import hashlib
import json
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from observatory.errors import InputError
from observatory.metadata.manifest import Manifest
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
        msg = (
            f"The contracts of release {folder.name} cannot be read by this version "
            f"({_name_fault(error)}): take the version that made it, or move the release away."
        )
        raise InputError(msg) from None


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write ``manifest.json``."""
    (folder / MANIFEST).write_text(manifest.as_json(), "utf-8")


def read_manifest(folder: Path) -> Manifest:
    """The manifest of the release in ``folder``; InputError where there is none."""
    path = folder / MANIFEST
    try:
        return Manifest.model_validate_json(path.read_bytes())
    except (OSError, ValueError) as error:
        msg = (
            f"{path} is not the manifest of a release ({_name_fault(error)}): restore a backup of "
            "it, or move the folder away; if it is the current one, point the link at another "
            "release."
        )
        raise InputError(msg) from None


def _name_fault(error: OSError | ValueError) -> str:
    """The first thing that is wrong with a file, and where in it."""
    if isinstance(error, ValidationError):
        fault = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in fault["loc"])
        return f"{where}: {fault['msg']}" if where else fault["msg"]
    return str(error).split("\n", 1)[0]


def current_folder(settings: Settings) -> Path | None:
    """The folder of the current release, its link resolved once; None before the first."""
    if not (settings.current / MANIFEST).exists():
        return None
    return settings.current.resolve()


def current_manifest(settings: Settings) -> Manifest | None:
    """The manifest of the current release; None before the first."""
    folder = current_folder(settings)
    return None if folder is None else read_manifest(folder)
