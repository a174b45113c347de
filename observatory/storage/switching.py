"""Folders that readers open and that are made anew: they see the old one whole or the new one."""

import contextlib
import os
import uuid
from collections.abc import Iterator
from pathlib import Path

from observatory.storage.integrity import remove
from observatory.storage.locks import hold

BUILT, TOKEN = "built", 12


@contextlib.contextmanager
def built_anew(home: Path, place: str) -> Iterator[Path]:
    """A new folder to fill; where the block ends well, the link ``<home>/<place>`` leads to it.

    The link changes in one rename, and what it led to before stays until the next time: who
    follows it once reads one folder to the end. One builder at a time; others wait. Whatever else
    stands in the place of the link is put aside, and what an earlier builder left goes.
    """
    built, name, link = home / BUILT, place.replace("/", "-"), home / place
    built.mkdir(parents=True, exist_ok=True)
    with hold(built / f".{name}.lock"):
        before = os.path.realpath(link) if link.is_symlink() else None
        for old in built.glob(f"{name}-{'[0-9a-f]' * TOKEN}*"):
            if os.path.realpath(old) != before:
                remove(old)
        fresh = built / f"{name}-{uuid.uuid4().hex[:TOKEN]}"
        try:
            fresh.mkdir()
            yield fresh
            _lead(link, fresh)
        except BaseException:
            remove(fresh)
            raise


def _lead(link: Path, fresh: Path) -> None:
    """Point ``link`` at ``fresh`` in one rename."""
    new = fresh.with_name(f"{fresh.name}.link")
    link.parent.mkdir(parents=True, exist_ok=True)
    new.symlink_to(os.path.relpath(fresh, link.parent))
    if link.exists() and not link.is_symlink():  # a folder as earlier versions made it
        link.rename(fresh.with_name(f"{fresh.name}.before"))
    new.replace(link)


def remove_former(home: Path) -> None:
    """Remove at once the folders that no link leads to any more, but for those being filled."""
    links = [path for path in (*home.iterdir(), *home.glob("exports/*")) if path.is_symlink()]
    led_to = {os.path.realpath(link) for link in links}
    for folder in (home / BUILT).glob(f"*-{'[0-9a-f]' * TOKEN}*"):
        name = folder.name.partition(".")[0][: -TOKEN - 1]
        with hold(home / BUILT / f".{name}.lock"):
            if os.path.realpath(folder) not in led_to:
                remove(folder)
