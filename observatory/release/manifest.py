"""Reads and writes the manifest and the contracts of a release."""

import contextlib
import hashlib
import json
import os
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from observatory.errors import DamagedFileError, InputError
from observatory.metadata.manifest import Manifest
from observatory.metadata.tables import Table
from observatory.release.files import CHECKSUMS, again, require_whole
from observatory.release.journal import Journal
from observatory.settings import Settings
from observatory.storage.integrity import explained, first_fault

DATABASE = "observatory.gpkg"
MANIFEST = "manifest.json"
CONTRACTS = "contracts.json"
CHANGES = "changes.md"
CHANGES_JSON = "changes.json"
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
    """Read the contracts of a release's tables; DamagedFileError where they cannot be read."""
    path = require_whole(folder, CONTRACTS)
    try:
        written = json.loads(path.read_text("utf-8"))
        return CONTRACTS_SHAPE.validate_python(_in_two_languages(written))
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        msg = (
            f"The contracts of release {folder.name} cannot be read by this version "
            f"({first_fault(error)}): take the version that made it, or move the release away."
        )
        raise DamagedFileError(msg) from None


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
    """Read the manifest of the release in ``folder``; DamagedFileError where it cannot be read."""
    path = require_whole(folder, MANIFEST)
    with explained(path, f"not the manifest of a release of this version; {again(folder)}"):
        return Manifest.model_validate_json(path.read_bytes())


def read_changes(folder: Path) -> list[dict[str, Any]] | None:
    """Read what changed in each table since the release before; None of a home's first."""
    path = require_whole(folder, CHANGES_JSON)
    with explained(path, again(folder)):
        changes: dict[str, Any] = json.loads(path.read_text("utf-8"))
        return None if changes["before"] is None else list(changes["tables"])


def read_changes_by_theme(folder: Path) -> list[dict[str, Any]] | None:
    """Read what changed in the tables of each theme when it was last released; None of the first.

    A run releases one theme after the other: what the last of them says is not of the others. Of
    a theme's first release, and of one whose folder was pruned, nothing is told.
    """
    released: dict[str, str] = {}
    for table in read_manifest(folder).tables:
        released[table.theme] = max(table.released_in, released.get(table.theme, ""))
    told: dict[str, list[dict[str, Any]]] = {}
    for theme, release_id in sorted(released.items()):
        made = folder.parent / release_id
        changes = read_changes(made) if made.is_dir() else None
        own = [c for c in changes or [] if str(c["name"]).startswith(f"{theme}_")]
        if any(change["state"] != "added" for change in own):
            told[theme] = own
    # geography is released with each of the others
    return [c for own in told.values() for c in own] if told.keys() - {"geography"} else None


def list_folders(settings: Settings) -> list[Path]:
    """List the folders of all releases, oldest first; what a link leads to is none."""
    found = [f for f in settings.releases.glob("[0-9]*") if f.is_dir() and not f.is_symlink()]
    return sorted((f for f in found if _is_release(f)), key=lambda folder: folder.name)


def _is_release(folder: Path) -> bool:
    return any((folder / name).is_file() for name in (CONTRACTS, MANIFEST, CHECKSUMS))


def current_folder(settings: Settings) -> Path | None:
    """Follow the link to the folder of the current release, once; None before the first.

    Raises DamagedFileError where the link leads to no release although some are kept.
    """
    link = settings.current
    with contextlib.suppress(OSError, RuntimeError):  # a link that leads to itself
        folder = link.resolve()
        if link.is_symlink() and folder.parent == settings.releases.resolve() and folder.is_dir():
            return folder
    begun = Journal(settings.releases).release_id()
    kept = [folder.name for folder in list_folders(settings) if folder.name != begun]
    if not kept:
        return None
    aside = "move it away, and " if os.path.lexists(link) and not link.is_symlink() else ""
    msg = (
        f"{link} does not lead to a release, and {len(kept)} are kept: {aside}"
        f"`observatory releases restore {kept[-1]}` publishes the newest again; until then nothing "
        "is read or published."
    )
    raise DamagedFileError(msg)


def require_current(settings: Settings) -> Path:
    """The folder of the current release; InputError before the first."""
    folder = current_folder(settings)
    if folder is None:
        msg = "Nothing has been released yet: run `observatory run` first."
        raise InputError(msg)
    return folder


def current_manifest(settings: Settings) -> Manifest | None:
    """Read the manifest of the current release; None before the first."""
    folder = current_folder(settings)
    return None if folder is None else read_manifest(folder)
