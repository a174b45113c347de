"""List the releases of a home, find one by a part of its name, remove old ones."""

import logging
from pathlib import Path

from observatory.errors import DamagedFileError, InputError
from observatory.metadata.manifest import Manifest
from observatory.release.files import find_damage
from observatory.release.forgetting import find_holding, forget_counted, read_tombstones
from observatory.release.manifest import current_folder, list_folders, read_manifest
from observatory.settings import Settings
from observatory.storage.switching import remove_former

LOG = logging.getLogger(__name__)


def read_manifests(settings: Settings) -> list[Manifest]:
    """Read the manifests of all releases, oldest first; warn of one that cannot be read."""
    readable = []
    for folder in list_folders(settings):
        try:
            readable.append(read_manifest(folder))
        except InputError as error:
            LOG.warning("%s", error)
    return readable


def find_damaged(settings: Settings) -> tuple[str, list[str]]:
    """The name of the current release, and what is wrong with the releases kept, in sentences."""
    name, found = "none", []
    try:
        current = current_folder(settings)
    except DamagedFileError as error:
        name, found = "lost", [str(error)]
    else:
        name = current.name if current else name
    return name, [*found, *(line for f in list_folders(settings) for line in find_damage(f))]


def find(settings: Settings, wanted: str) -> Path:
    """Find the one release whose name begins with ``wanted``, or ``current`` or ``previous``.

    Raises InputError when no release does, or several.
    """
    return find_all(settings, wanted)[0]


def find_all(settings: Settings, *wanted: str) -> list[Path]:
    """Find several releases as they stand at one moment; the link is followed once.

    One that is named can be found, whatever became of the link.
    """
    follows = {"current", "previous"} & set(wanted)
    current = current_folder(settings) if follows else None
    releases = list_folders(settings)
    return [_find_one(settings, each, current, releases) for each in wanted]


def _find_one(settings: Settings, wanted: str, current: Path | None, releases: list[Path]) -> Path:
    if wanted == "current" and current is not None:
        return settings.releases / current.name
    if wanted == "previous" and current is not None:
        earlier = read_manifest(current).previous_release_id
        matches = [f for f in releases if f.name == earlier]
    else:
        exact = [f for f in releases if f.name == wanted]
        matches = exact or [f for f in releases if wanted and f.name.startswith(wanted)]
    if len(matches) == 1:
        return matches[0]
    gone = read_tombstones(settings).get(wanted)
    if gone is not None:
        after = f"; {gone.replaced_by} stands in its place" if gone.replaced_by else ""
        msg = f"Release {wanted} was taken away on {gone.removed_at}: {gone.because}{after}."
        raise InputError(msg)
    listed = ", ".join(f.name for f in matches or releases) or "none"
    what = "several releases begin with" if matches else "no release is called"
    msg = f"{what} {wanted!r}. Known: {listed}."
    raise InputError(msg)


def prune(settings: Settings, keep: int) -> list[str]:
    """Remove all releases but the ``keep`` newest and the current one; return their names.

    Raises DamagedFileError where the current one is damaged: an earlier one is needed then.
    """
    from observatory.release.publishing import PRUNED, publishing, recover

    with publishing(settings) as target:
        current = current_folder(settings)
        if current is not None and (wrong := find_damage(current)):
            msg = f"Nothing was removed: {wrong[0]}"
            raise DamagedFileError(msg)
        releases = list_folders(settings)
        old = [
            folder
            for folder in releases[: max(len(releases) - keep, 0)]
            if current is None or folder.name != current.name
        ]
        for folder in old:
            folder.rename(settings.releases / f"{PRUNED}{folder.name}")
        if target is not None:
            remaining = {f.name for f in list_folders(settings)} | {target.current()}
            for release_id in target.releases():
                if release_id not in remaining:
                    target.drop(release_id)
        recover(settings, target)
        forget_counted(settings)
    return [folder.name for folder in old]


def forget(settings: Settings) -> tuple[list[str], bool]:
    """Take away kept releases that hold somebody who is withheld today, but for the current one.

    Returns their names, and whether the current one holds somebody: then all stay until the
    publication that replaces it.
    """
    if read_tombstones(settings):
        remove_former(settings.home)
    holding = find_holding(settings)
    current = current_folder(settings)
    if not holding or (current is not None and current.name in {f.name for f in holding}):
        return [], bool(holding)
    from observatory.release.publishing import publishing, take_away

    with publishing(settings) as target:
        take_away(settings, target, holding, current.name if current else None)
    return [folder.name for folder in holding], False
