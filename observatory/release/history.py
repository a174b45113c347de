"""The releases of a home: listed, named by a part of their name, pruned."""

import logging
from pathlib import Path

from observatory.errors import InputError
from observatory.metadata.manifest import Manifest
from observatory.release.manifest import CONTRACTS, current_folder, read_manifest
from observatory.release.publishing import PRUNED, publishing, recover
from observatory.settings import Settings

LOG = logging.getLogger(__name__)


def folders(settings: Settings) -> list[Path]:
    """Folders of all releases, oldest first."""
    found = settings.releases.glob(f"[0-9]*/{CONTRACTS}")
    return sorted((path.parent for path in found), key=lambda folder: folder.name)


def manifests(settings: Settings) -> list[Manifest]:
    """Manifests of all releases, oldest first; a warning names one that cannot be read."""
    readable = []
    for folder in folders(settings):
        try:
            readable.append(read_manifest(folder))
        except InputError as error:
            LOG.warning("%s", error)
    return readable


def find(settings: Settings, wanted: str) -> Path:
    """The one release whose name begins with ``wanted``, or ``current`` or ``previous``.

    Raises InputError when none does, or several.
    """
    known = folders(settings)
    current = current_folder(settings)
    if wanted == "current" and current is not None:
        return settings.releases / current.name
    if wanted == "previous" and current is not None:
        earlier = read_manifest(current).previous_release_id
        found = [f for f in known if f.name == earlier]
    else:
        exact = [f for f in known if f.name == wanted]
        found = exact or [f for f in known if wanted and f.name.startswith(wanted)]
    if len(found) == 1:
        return found[0]
    listed = ", ".join(f.name for f in found or known) or "none"
    what = "several releases begin with" if found else "no release is called"
    msg = f"{what} {wanted!r}. Known: {listed}."
    raise InputError(msg)


def prune(settings: Settings, keep: int) -> list[str]:
    """Remove all releases but the ``keep`` newest and the current one; returns their names."""
    with publishing(settings) as target:
        current = current_folder(settings)
        known = folders(settings)
        old = [
            folder
            for folder in known[: max(len(known) - keep, 0)]
            if current is None or folder.name != current.name
        ]
        for folder in old:
            folder.rename(settings.releases / f"{PRUNED}{folder.name}")
        if target is not None:
            kept = {f.name for f in folders(settings)} | {target.current()}
            for release_id in target.releases():
                if release_id not in kept:
                    target.drop(release_id)
        recover(settings, target)
    return [folder.name for folder in old]
