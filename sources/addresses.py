"""From a card's address to files: which there are, and how paged answers become one.

Sources: udata API v1 of data.gouv.fr (datasets and their resources); OGC WFS 2.0.0 (count,
startIndex, numberMatched), Géoplateforme gives 5 000 features a page; Géorisques API v1 (at most
10 communes and 100 records a call); Insee Melodi (``paging.next``).
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import requests

from observatory.errors import InputError
from observatory.metadata.cards import Address, Card
from observatory.settings import Settings
from sources.web import host_of, read_json, refuse_astray

MOST_PAGES = 10_000
TRIES = 3
READABLE = ("csv", "xlsx", "xls", "zip", "parquet", "json", "geojson", "txt", "gz", "7z", "gpkg")


@dataclass(frozen=True, kw_only=True)
class Where:
    """The territory as producers are asked for it: codes, and a box in EPSG:2154."""

    departments: tuple[str, ...]
    communes: tuple[str, ...]
    box: tuple[float, float, float, float] | None
    bassins: tuple[str, ...] = ()


NOWHERE = Where(departments=(), communes=(), box=None)


@dataclass(frozen=True, kw_only=True)
class Remote:
    """One file of a source: which part and vintage it is, and its address."""

    part: str
    vintage: str
    url: str


def guess_vintage(name: str, settings: Settings) -> str:
    """The year in a file's name; the year of today where it has none."""
    found = re.findall(r"(?<!\d)(20\d\d)(?!\d)", name)
    return found[-1] if found else str(settings.as_of.year)


def remotes(web: requests.Session, card: Card, settings: Settings, where: Where) -> list[Remote]:
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
        return [Remote(part="", vintage=vintage, url=address.url)]
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


def listed(web: requests.Session, card: Card, **more: Any) -> list[dict[str, Any]]:
    """Resources of a data.gouv.fr dataset that are the card's, newest vintage last."""
    address = card.require_address()
    found = read_json(web, urljoin(address.url, f"{address.dataset}/"), key=card.key, **more)
    resources = found.get("resources") if isinstance(found, dict) else None
    if not isinstance(resources, list):
        msg = f"{card.key}: {host_of(address.url)} lists no resources any more: see its API."
        raise InputError(msg)
    wanted = re.compile(address.resource or "")
    own = [
        {"id": str(r.get("id")), "title": str(r.get("title")), "url": str(r.get("url"))}
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
    for resource in own:
        refuse_astray(address.url, resource["url"])
    return sorted(own, key=lambda r: r["title"])


def gather_features(web: requests.Session, card: Card, where: Where, target: Path) -> Path:
    """All features of a WFS layer in the territory's box, as one GeoJSON in EPSG:2154.

    Raises InputError where fewer came than the service says there are.
    """
    address = card.require_address()
    if where.box is None:
        msg = f"{card.key} is asked for a box: fetch or hand over ign/commune_contours first."
        raise InputError(msg)
    query = {
        "service": "WFS",
        "version": "2.0.0",
        "request": "GetFeature",
        "typeNames": address.layer,
        "outputFormat": "application/json",
        "srsName": "EPSG:2154",
        "bbox": ",".join(f"{v:.0f}" for v in where.box) + ",EPSG:2154",
        "count": str(address.page_size),
    }
    seen: set[str] = set()
    matched, start = None, 0
    with target.open("w", encoding="utf-8") as file:
        crs = '{"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::2154"}}'
        name = json.dumps(address.layer)
        file.write(f'{{"type": "FeatureCollection", "name": {name}, "crs": {crs}, "features": [')
        for _ in range(MOST_PAGES):
            page = read_json(
                web, address.url, key=card.key, params={**query, "startIndex": str(start)}
            )
            features = page.get("features") if isinstance(page, dict) else None
            if not isinstance(features, list):
                raise InputError(_not_a_page(card, address.url))
            matched = page.get("numberMatched", matched)
            for feature in features:
                name = str(feature.get("id") or json.dumps(feature, sort_keys=True))
                if name not in seen:
                    file.write(("," if seen else "") + json.dumps(feature, ensure_ascii=False))
                    seen.add(name)
            start += len(features)
            if not features or (isinstance(matched, int) and start >= matched):
                break
        file.write("]}")
    _require_all(card, len(seen), matched)
    return target


def gather_records(web: requests.Session, card: Card, where: Where, target: Path) -> Path:
    """All records of a paged JSON service, as one JSON list.

    A page that came twice is asked for again. Raises InputError where pages repeat, lead to
    another host, or hold fewer records than the service counts.
    """
    address = card.require_address()
    records: list[Any] = []
    for url in _first_pages(address, where):
        own: list[Any] = []
        count = None
        for page in _pages(web, card, url):
            count = _at(page, "count") or _at(page, "results") or count
            own += _at(page, address.rows or "")
        _require_all(card, len(own), count)
        records += own
    target.write_text(json.dumps(records, ensure_ascii=False), "utf-8")
    return target


def _first_pages(address: Address, where: Where) -> Iterator[str]:
    if "{communes}" not in address.url:
        yield address.url
        return
    size = address.communes_a_call or 1
    for at in range(0, len(where.communes), size):
        yield address.url.format(communes=",".join(where.communes[at : at + size]))


def _pages(web: requests.Session, card: Card, url: str) -> Iterator[Any]:
    address = card.require_address()
    before: Any = None
    following: str | None = url
    for _ in range(MOST_PAGES):
        if following is None:
            return
        here = following
        for _try in range(TRIES):
            page = read_json(web, here, key=card.key)
            rows = _at(page, address.rows or "")
            if not isinstance(rows, list):
                raise InputError(_not_a_page(card, here))
            if not rows or rows != before:
                break
        else:
            msg = f"{card.key}: {host_of(here)} sends the same page again and again: run later."
            raise InputError(msg)
        before = rows
        yield page
        named = _at(page, address.next or "")
        following = urljoin(here, named) if isinstance(named, str) and named else None
        if following and host_of(following) != host_of(here):
            msg = f"{card.key}: {host_of(here)} continues on another host: refused."
            raise InputError(msg)


def _at(page: Any, path: str) -> Any:
    for name in path.split("."):
        page = page.get(name) if isinstance(page, dict) else None
    return page


def _require_all(card: Card, found: int, announced: Any) -> None:
    if isinstance(announced, int) and found != announced:
        msg = (
            f"{card.key}: {announced} records were announced and {found} came: the source changed "
            "meanwhile, or pages repeat. Run again."
        )
        raise InputError(msg)


def _not_a_page(card: Card, url: str) -> str:
    return f"{card.key}: {host_of(url)} answered without the list of records: its API changed."
