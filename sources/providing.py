"""Puts a source's file in the archive: from the sample, from its producer, or not at all."""

import re
import tempfile
from pathlib import Path

from observatory.archive import Archive, check_integrity
from observatory.errors import InputError
from observatory.reading import read_table
from observatory.settings import Settings
from observatory.sources import Card
from sources.fetching import download


def provide(card: Card, settings: Settings) -> None:
    """Make sure the archive holds what ``settings.input`` promises for ``card``.

    ``sample`` writes the invented file; ``live`` downloads where the card has an address;
    ``archive`` uses what was handed over. Raises InputError for an unusable answer.
    """
    archive = Archive(settings.archive)
    with tempfile.TemporaryDirectory() as folder:
        if settings.is_sample:
            from sources.sample import write_sample

            for path, vintage in write_sample(card.key, Path(folder)):
                archive.add(card, path, vintage=vintage, origin="sample")
        elif settings.input == "live" and card.download_url is not None:
            fetched = download(card, Path(folder))
            require_readable(card, fetched.path)
            archive.add(
                card,
                fetched.path,
                vintage=guess_vintage(fetched.path.name, settings),
                origin="fetched",
                url=fetched.url,
                headers=fetched.headers,
            )


def guess_vintage(name: str, settings: Settings) -> str:
    """The year in a file's name; the year of today where it has none."""
    found = re.findall(r"(?<!\d)(20\d\d)(?!\d)", name)
    return found[-1] if found else str(settings.as_of.year)


def require_readable(card: Card, path: Path) -> None:
    """Refuse, before it is archived, a file that the reader of ``card`` cannot read."""
    check_integrity(path)
    if card.layout.format == "layer":
        from observatory.shapes import read_layer

        read_layer(path, card, name=path.name, sha256="")
    elif card.layout.format == "large_table":
        from observatory.scanning import scanned

        with scanned(path, card, name=path.name, sha256="") as rows:
            if rows.head(1).collect().is_empty():
                msg = f"{path.name} has headers but no rows: download it again."
                raise InputError(msg)
    else:
        read_table(path, card, name=path.name, sha256="")
