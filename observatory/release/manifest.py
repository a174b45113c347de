"""Reads and writes the manifest and the contracts of a release."""

import hashlib
import json
from pathlib import Path
from typing import Any

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


def hash_contract(table: Table) -> str:
    """Hash all that a contract promises, in 12 hexadecimal digits."""
    return hashlib.sha256(CONTRACT.dump_json(table)).hexdigest()[:12]


def write_contracts(folder: Path, tables: list[Table]) -> None:
    """Write the contracts of a release beside its tables."""
    listed = {t.name: CONTRACT.dump_python(t, mode="json") for t in tables}
    text = json.dumps(listed, ensure_ascii=False, indent=1)
    (folder / CONTRACTS).write_text(text, "utf-8")


def read_contracts(folder: Path) -> dict[str, Table]:
    """Read the contracts of a release's tables; InputError where they cannot be read."""
    try:
        written = json.loads((folder / CONTRACTS).read_text("utf-8"))
        return CONTRACTS_SHAPE.validate_python(_in_two_languages(written))
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        msg = (
            f"The contracts of release {folder.name} cannot be read by this version "
            f"({_name_fault(error)}): take the version that made it, or move the release away."
        )
        raise InputError(msg) from None


def _in_two_languages(written: dict[str, Any]) -> dict[str, Any]:
    """Bring contracts written before texts had two languages to today's shape, in English."""

    def both(value: Any) -> Any:
        return {"fr": value, "en": value} if isinstance(value, str) else value

    for table in written.values():
        if isinstance(table.get("secrecy"), dict):  # one rule, written before there were several
            table["secrecy"] = [table["secrecy"]]
        for name in ("grain", "reference_period"):
            table[name] = both(table.get(name))
        for column in table["columns"]:
            for name in ("unit", "null_means"):
                column[name] = both(column.get(name))
    return written


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write ``manifest.json``."""
    (folder / MANIFEST).write_text(manifest.as_json(), "utf-8")


def read_manifest(folder: Path) -> Manifest:
    """Read the manifest of the release in ``folder``; InputError where it cannot be read."""
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


def _name_fault(error: Exception) -> str:
    """Name the first fault of a file, and where in the file it is."""
    if isinstance(error, ValidationError):
        fault = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in fault["loc"])
        return f"{where}: {fault['msg']}" if where else fault["msg"]
    return str(error).split("\n", 1)[0]


def list_folders(settings: Settings) -> list[Path]:
    """List the folders of all releases, oldest first."""
    contracts = settings.releases.glob(f"[0-9]*/{CONTRACTS}")
    return sorted((path.parent for path in contracts), key=lambda folder: folder.name)


def current_folder(settings: Settings) -> Path | None:
    """Resolve the link to the folder of the current release; None before the first."""
    if not (settings.current / MANIFEST).exists():
        return None
    return settings.current.resolve()


def current_manifest(settings: Settings) -> Manifest | None:
    """Read the manifest of the current release; None before the first."""
    folder = current_folder(settings)
    return None if folder is None else read_manifest(folder)
