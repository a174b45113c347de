"""What readers have now: the version that what is made from a release is told by."""

import hashlib
from collections.abc import Set

from assets.source_files import entries_of, file_facts
from observatory.database.target import parsed, place
from observatory.disclosure.withholding import list_version
from observatory.metadata.tables import Table
from observatory.release import current_manifest
from observatory.release.manifest import hash_contract
from observatory.release.published import Published, open_published
from observatory.settings import Settings
from observatory.storage.frames import Store
from sources import CARDS

# what crosses the themes, and what people open, is made of what readers have of both
RELEASES = ("labour_release", "land_release")
NOTHING = "nothing"


def both_themes(settings: Settings) -> dict[str, str]:
    """What readers have of labour and of land now."""
    return {theme: released(settings, theme) for theme in ("labour", "land")}


def open_released(settings: Settings) -> Published | None:
    """The current release; None where nothing was released yet."""
    return open_published(settings) if current_manifest(settings) else None


def released(settings: Settings, *themes: str) -> str:
    """What readers have of the themes now, by each table's hash and files; or that it is nothing.

    Geography, with which a theme is released, is of it.
    """
    manifest = current_manifest(settings)
    tables = [t for t in manifest.tables if t.theme in {*themes, "geography"}] if manifest else []
    if not any(t.theme in themes for t in tables):
        return NOTHING
    # a table says which files it was made of: the same rows of another file are another table
    told = [f"{t.name} {t.sha256} {t.sources}" for t in sorted(tables, key=lambda t: t.name)]
    return _hash(" ".join(told))


def told_of_release(
    settings: Settings, store: Store, tables: list[Table], sources: Set[str]
) -> dict[str, str]:
    """What a release says beside its rows: files, contracts, cards, who is withheld, its database.

    Files are those of its own ``sources``: it has the others as their release has them.
    """
    contracts = " ".join(hash_contract(table.published) for table in tables)
    cards = " ".join(CARDS[key].model_dump_json() for key in sorted(CARDS))
    files = {key: file_facts(CARDS[key], entries_of(CARDS[key], settings)) for key in sources}
    return {
        "files": _hash(str(sorted(files.items()))),
        "contracts": _hash(contracts),
        "cards": _hash(cards),
        "database": place(parsed(settings)),
        "who is withheld": list_version(settings, store),
    }


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def release_facts(settings: Settings, store: Store) -> dict[str, str]:
    """The current release, and who is withheld from what is made of it today."""
    manifest = current_manifest(settings)
    release = manifest.release_id if manifest else "none"
    return {"release": release, "who is withheld": list_version(settings, store)}
