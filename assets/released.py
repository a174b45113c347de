"""What readers have now: the version that what is made from a release is told by."""

import hashlib

from observatory.disclosure.withholding import REGISTER, list_version
from observatory.release import current_manifest
from observatory.settings import Settings
from observatory.storage.frames import Store


def released(settings: Settings, theme: str) -> str | None:
    """What readers have of a theme now: the hash of each of its tables; None where nothing is."""
    manifest = current_manifest(settings)
    tables = [t for t in manifest.tables if t.theme in {theme, "geography"}] if manifest else []
    if not any(t.theme == theme for t in tables):
        return None
    told = " ".join(f"{t.name} {t.sha256}" for t in sorted(tables, key=lambda t: t.name))
    return hashlib.sha256(told.encode()).hexdigest()[:16]


def release_facts(settings: Settings, store: Store) -> dict[str, str]:
    """The current release, and who is withheld from what is made of it today."""
    manifest = current_manifest(settings)
    release = manifest.release_id if manifest else "none"
    if not store.has(REGISTER):
        return {"release": release}
    return {"release": release, "who is withheld": list_version(settings, store)}
