"""From a card's address to files: which there are, and where each is today.

Source: udata API v1 of data.gouv.fr (datasets and their resources).
"""

import datetime as dt
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin

from observatory.errors import InputError
from observatory.geography.crs import METROPOLITAN
from observatory.metadata.cards import Address, Card
from observatory.settings import Settings
from sources.web import Web, host_of, read_json, writable

PART_NAMED = {
    "ddtm/risk_plans": r"(?i)(?<![0-9a-z])((?:\d{2,3}|2[ab])[a-z]{3,6}(?:19|20)\d{6})(?!\d)",
    "cadastre/edigeo": r"(?<![0-9])((?:\d{2}|2[AB])\d{6}[0-9A-Z]{2}\d{2})(?![0-9])",
}
READABLE = ("csv", "xlsx", "xls", "zip", "parquet", "json", "geojson", "txt", "gz", "7z", "gpkg")


@dataclass(frozen=True, kw_only=True)
class Where:
    """The territory as producers are asked for it: codes, and a box in its CRS."""

    departments: tuple[str, ...]
    communes: tuple[str, ...]
    box: tuple[float, float, float, float] | None
    bassins: tuple[str, ...] = ()
    crs: str = METROPOLITAN


# under what an archived file says for which communes it was asked
COMMUNES_ASKED = "communes-asked"
DEPARTMENTS_ASKED = "departments-asked"
NOWHERE = Where(departments=(), communes=(), box=None)


@dataclass(frozen=True, kw_only=True)
class Remote:
    """One file of a source: which part and vintage it is, its address, its name if it has one."""

    part: str
    vintage: str
    url: str
    file_name: str | None = None


def guess_vintage(name: str, settings: Settings) -> str:
    """The year in a file's name; the year of today where it has none."""
    found = re.findall(r"(?<!\d)(20\d\d)(?!\d)", name)
    return found[-1] if found else str(settings.as_of.year)


def part_named(card: Card, name: str) -> str:
    """The one part that a file of a source in parts bears in its producer's name; else a blank.

    A risk plan by its code in GASPAR (38DDT20180003), a sheet of the cadastre (130290000A01).
    """
    found = re.findall(PART_NAMED[card.key], name) if card.key in PART_NAMED else []
    return found[0].upper() if len(found) == 1 else ""


def vintage_of(card: Card, name: str, asked: str | None, settings: Settings) -> str:
    """The vintage a file is handed over under: as asked, else told by its name.

    A file that bears the name of one plan or sheet is that part, and not all of its département.
    Of a source of every day it is a day, written in the name or asked: InputError for another.
    """
    if card.cadence != "daily":
        vintage, part = asked or guess_vintage(name, settings), part_named(card, name)
        edition, _, said = vintage.partition(".")
        return f"{edition}.{part}" if part and part.startswith(said.upper()) else vintage
    days = re.findall(r"(?<!\d)20\d\d-\d\d-\d\d(?!\d)", name)
    vintage = asked or (days[-1] if days else "")
    try:
        day = dt.date.fromisoformat(vintage)
    except ValueError:
        day = None
    if day is None or vintage != day.isoformat() or day > settings.as_of:
        said = f"{vintage!r} is no day up to today" if vintage else f"{name} names no day"
        msg = (
            f"{card.key}: {said}: say of which day the file is, as --vintage "
            f"{settings.as_of.isoformat()}."
        )
        raise InputError(msg)
    return vintage


def remotes(web: Web, card: Card, settings: Settings, where: Where) -> list[Remote]:
    """The files of a source, each with its address of today.

    Raises InputError where the portal lists none, or a local source has no territory.
    """
    address = card.require_address()
    if address.kind == "data_gouv":
        return [
            Remote(part=r["id"], vintage=guess_vintage(str(r["title"]), settings), url=r["url"])
            for r in listed(web, card)
        ]
    if address.is_local and not where.departments:
        msg = (
            f"{card.key} is asked for the territory, whose communes are not known: fetch "
            "etalab/communes and etalab/epci first, or hand them over."
        )
        raise InputError(msg)
    if "{department}" not in address.url:
        vintage = guess_vintage(address.file_name or address.url, settings)
        newest = Remote(part="", vintage=vintage, url=address.url)
        return [*_earlier(address, vintage), newest]
    this_year = settings.as_of.year
    years = range(this_year - address.years, this_year) if "{year}" in address.url else [this_year]
    return [
        Remote(
            part=f"{year}.{department}",
            vintage=f"{year}.{department}",
            url=address.url.format(year=year, department=department),
        )
        for year in years
        for department in where.departments
    ]


def _earlier(address: Address, newest: str) -> list[Remote]:
    """The editions before the newest that the card names too; each is a part of its own."""
    return [
        Remote(
            part=vintage,
            vintage=vintage,
            url=url,
            file_name=address.file_name and address.file_name.replace(newest, vintage),
        )
        for vintage, url in sorted(address.earlier.items())
    ]


def listed(web: Web, card: Card, **more: Any) -> list[dict[str, Any]]:
    """Resources of a data.gouv.fr dataset that are the card's, newest vintage last."""
    address = card.require_address()
    found = read_json(web, urljoin(address.url, f"{address.dataset}/"), key=card.key, **more)
    resources = found.get("resources") if isinstance(found, dict) else None
    if not isinstance(resources, list):
        msg = f"{card.key}: {host_of(address.url)} lists no resources any more: see its API."
        raise InputError(msg)
    wanted = re.compile(address.resource or "")
    own = [
        {name: writable(r.get(name)) for name in ("id", "title", "url")}
        for r in resources
        if isinstance(r, dict)
        and (wanted.fullmatch(str(r.get("id"))) or wanted.fullmatch(str(r.get("title"))))
        and str(r.get("format", "")).lower().rpartition(".")[2] in READABLE
    ]
    if not own:
        titles = ", ".join(str(r.get("title"))[:60] for r in resources[:8] if isinstance(r, dict))
        msg = (
            f"{card.key}: no resource of dataset {address.dataset} matches “{address.resource}”. "
            f"It lists: {titles or 'nothing'}. Change the card, or hand the file over."
        )
        raise InputError(msg)
    return sorted(own, key=lambda r: r["title"])
