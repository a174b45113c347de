"""Writes what the pages say of communes, occupations and parks, to be set side by side."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from observatory.release.published import Published
from observatory.web.labour import Labour, list_occupations
from observatory.web.land import list_sites
from observatory.web.listings import Listing, show_number, show_text

Item = tuple[str, str, str, dict[str, str]]


def write_compared(
    published: Published, labour: Labour | None, communes: Iterable[dict[str, Any]], folder: Path
) -> list[tuple[str, str]]:
    """Write a file for each kind that was released; the kinds, each as addresses and people say.

    Only what the pages show already, in the same words; ``communes`` are those of the communes.
    """
    folder.mkdir(parents=True, exist_ok=True)
    kinds = (
        ("communes", "communes", compare_communes(communes)),
        ("metiers", "métiers", compare_occupations(labour)),
        ("parcs", "parcs (sites économiques)", compare_parks(published)),
    )
    told = []
    for kind, said, items in kinds:
        if items:
            text = json.dumps(lay_out(items), ensure_ascii=False, separators=(",", ":"))
            (folder / f"{kind}.json").write_text(text, "utf-8")
            told.append((kind, said))
    return told


def lay_out(items: Iterable[Item]) -> dict[str, Any]:
    """Lay items out as a file holds them: titles once; None where an item has no such line."""
    listed = list(items)
    titles = list(dict.fromkeys(title for *_, told in listed for title in told))
    return {
        "titles": titles,
        "items": [
            [code, label, page, [told.get(title) for title in titles]]
            for code, label, page, told in listed
        ],
    }


def compare_communes(pages: Iterable[dict[str, Any]]) -> list[Item]:
    """Tell of each commune what its page opens with."""
    return [
        (
            row["commune_code"],
            row["commune_label"],
            f"../communes/{row['commune_code']}.html",
            {
                "EPCI": show_text(row["epci_label"]),
                "Bassin d'emploi": show_text(row["bassin_label"]),
                "Habitants": show_number(row["population_count"]),
                **{
                    figure.said: " – ".join(filter(None, (figure.shown, figure.rank)))
                    for figure in page["figures"]
                },
            },
        )
        for page in pages
        for row in (page["commune"],)
    ]


def compare_occupations(labour: Labour | None) -> list[Item]:
    """Tell of each occupation what the territory's list says."""
    if labour is None:
        return []
    listing = list_occupations(labour, labour.territories[0])
    items = _take(listing, code_at=0, label_at=1, folder="../metiers/")
    return sorted(items, key=lambda item: item[0])


def compare_parks(published: Published) -> list[Item]:
    """Tell of each park what the list of sites says."""
    listing = list_sites(published, has_map=False)
    return [] if listing is None else _take(listing, code_at=1, label_at=0, folder="../foncier/")


def _take(listing: Listing, *, code_at: int, label_at: int, folder: str) -> list[Item]:
    """Take the rows of a page's table, which lies in a folder beside."""
    return [
        (
            row[code_at].shown,
            row[label_at].shown,
            folder + (row[label_at].href or ""),
            {
                head.title: cell.shown
                for at, (head, cell) in enumerate(zip(listing.heads, row, strict=True))
                if at not in {code_at, label_at}
            },
        )
        for row in listing.rows
    ]
