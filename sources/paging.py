"""Paged answers as one file: features of a WFS layer, records of a JSON service.

Sources: OGC WFS 2.0.0 (count, startIndex, numberMatched, numberReturned; ``totalFeatures`` of
GeoServer), Géoplateforme gives 5 000 features a page; Géorisques API v1 (at most 10 communes and
100 records a call); Insee Melodi (``paging.next``).
"""

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO
from urllib.parse import urljoin, urlsplit

from observatory.errors import InputError
from observatory.metadata.cards import Address, Card
from observatory.storage.archive import LARGEST_FILE
from sources.addresses import Where
from sources.web import HALVES, Web, host_of, read_json

MOST_PAGES = 10_000
TRIES = 3


def gather_features(web: Web, card: Card, where: Where, target: Path) -> Path:
    """All features of a WFS layer in the territory's box, as one GeoJSON in its CRS.

    Raises InputError where it cannot be told that all of them came, each once.
    """
    layer = _Layer(web=web, card=card, where=where)
    with target.open("w", encoding="utf-8", errors=HALVES) as file:
        crs = f'{{"type": "name", "properties": {{"name": "{_urn(where)}"}}}}'
        name = json.dumps(card.require_address().layer)
        file.write(f'{{"type": "FeatureCollection", "name": {name}, "crs": {crs}, "features": [')
        for at, feature in enumerate(layer.features()):
            file.write(("," if at else "") + json.dumps(feature, ensure_ascii=False))
            _require_room(card, file)
        file.write("]}")
    return target


def _urn(where: Where) -> str:
    return f"urn:ogc:def:crs:EPSG::{where.crs.removeprefix('EPSG:')}"


@dataclass(frozen=True, kw_only=True)
class _Page:
    """Features of one answer by their name, how many it held, and how many it says there are."""

    named: dict[str, Any]
    size: int
    total: int | None

    @property
    def content(self) -> str:
        """A hash of the shapes, in no order: some servers name, sort or stamp features anew.

        Where shapes do not tell features apart, of all they say but their names.
        """
        said = [{k: v for k, v in f.items() if k != "id"} for f in self.named.values()]
        shapes = [json.dumps(f.get("geometry"), sort_keys=True) for f in said]
        if len(set(shapes)) == 1:
            shapes = [json.dumps(f, sort_keys=True) for f in said]
        return hashlib.sha256("\n".join(sorted(shapes)).encode()).hexdigest()


@dataclass(frozen=True, kw_only=True)
class _Layer:
    """A WFS layer that is read to its end, page by page."""

    web: Web
    card: Card
    where: Where

    def features(self) -> Iterator[Any]:
        """Each feature once; InputError where pages repeat, lack, or contradict each other."""
        seen: set[str] = set()
        contents: set[str] = set()
        start, total, is_disjoint = 0, None, True
        for _ in range(MOST_PAGES):
            page = self._page_or_end(start, seen, total)
            if page is None:
                break
            new = page.named.keys() - seen
            if not new or page.content in contents:
                raise self._refusal(
                    f"sends the same features again after the first {start}: pages repeat"
                )
            if total is not None and page.total not in {None, total}:
                raise self._refusal(
                    f"counted {total} features, then {page.total}: the source changed"
                )
            yield from (page.named[name] for name in page.named if name in new)
            seen |= new
            contents.add(page.content)
            start, total = start + page.size, page.total if total is None else total
            is_disjoint &= len(new) == page.size
            if total is not None and self._is_enough(len(seen), total, page.size):
                break
        else:
            raise self._refusal(f"does not come to an end after {MOST_PAGES} pages")
        if total is None and not is_disjoint:
            raise self._refusal("does not say how many features there are, and its pages overlap")
        _require_all(self.card, len(seen), total)

    def _is_enough(self, found: int, total: int, size: int) -> bool:
        """Whether all came; a full page may be all that a server counted, and not all it has."""
        return found > total or (found == total and size < self._address.page_size)

    def _page_or_end(self, start: int, seen: set[str], total: int | None) -> _Page | None:
        """The page from ``start`` on; None where there is none any more.

        An empty page is asked for again, unless all that was announced came. Where nothing was
        announced, the page that begins with the last feature that came tells if it is the last.
        """
        announced = total
        for _try in range(TRIES):
            page = self._ask(start)
            if page.size:
                return page
            announced = page.total if total is None else total
            if announced is None:
                is_end = not start or self._is_last(start - 1, seen)
            else:
                is_end = len(seen) >= announced
            if is_end:
                return None
        if announced is None:
            raise self._refusal(
                f"sends an empty page after {start} features, and does not show that these are all"
            )
        raise self._refusal(f"announced {announced} features and sends an empty page after {start}")

    def _is_last(self, at: int, seen: set[str]) -> bool:
        named = self._ask(at).named
        return bool(named) and named.keys() <= seen

    def _ask(self, start: int) -> _Page:
        address = self._address
        answer = read_json(self.web, address.url, key=self.card.key, params=self._query(start))
        features = _at(answer, "features")
        if not isinstance(features, list) or not all(isinstance(f, dict) for f in features):
            raise InputError(_not_a_page(self.card, address.url))
        crs = _at(answer, "crs.properties.name")
        wanted = self.where.crs
        if isinstance(crs, str) and not crs.endswith(wanted.removeprefix("EPSG")):
            raise self._refusal(f"was asked for {wanted} and answers in {crs[:60]}")
        returned = _at(answer, "numberReturned")
        if isinstance(returned, int) and returned > len(features):
            raise self._refusal(f"says that it sends {returned} features and sends {len(features)}")
        named = {str(f.get("id") or json.dumps(f, sort_keys=True)): f for f in features}
        return _Page(named=named, size=len(features), total=_total(answer))

    def _query(self, start: int) -> dict[str, str]:
        address, box = self._address, self.where.box
        if box is None:
            key = self.card.key
            msg = f"{key} is asked for a box: fetch or hand over ign/commune_contours first."
            raise InputError(msg)
        return {
            "service": "WFS",
            "version": "2.0.0",
            "request": "GetFeature",
            "typeNames": str(address.layer),
            "outputFormat": "application/json",
            "srsName": self.where.crs,
            "bbox": ",".join(f"{v:.0f}" for v in box) + f",{self.where.crs}",
            "count": str(address.page_size),
            "startIndex": str(start),
        }

    @property
    def _address(self) -> Address:
        return self.card.require_address()

    def _refusal(self, what: str) -> InputError:
        key, address = self.card.key, self._address
        msg = (
            f"{key}: {host_of(address.url)} {what} (layer {address.layer}). Run again later; if it "
            f"stays so, hand the layer over (`observatory archive add {key} FILE`)."
        )
        return InputError(msg)


def _total(answer: Any) -> int | None:
    """How many features there are, where the service knows."""
    for name in ("numberMatched", "totalFeatures"):
        count = str(_at(answer, name))
        if re.fullmatch(r"[0-9]{1,15}", count):
            return int(count)
    return None


def gather_records(web: Web, card: Card, where: Where, target: Path) -> Path:
    """All records of a paged JSON service, as one JSON list.

    A page that came twice is asked for again. Raises InputError where pages repeat, lead to
    another host, or hold fewer records than the service counts.
    """
    address = card.require_address()
    with target.open("w", encoding="utf-8", errors=HALVES) as file:
        file.write("[")
        is_first = True
        for url in _first_pages(address, where):
            found, count = 0, None
            for page in _pages(web, card, url):
                count = _at(page, "count") or _at(page, "results") or count
                for record in _at(page, address.rows or ""):
                    file.write(("" if is_first else ",") + json.dumps(record, ensure_ascii=False))
                    found, is_first = found + 1, False
                    _require_room(card, file)
                if isinstance(count, int) and found > count:
                    break
            _require_all(card, found, count)
        file.write("]")
    return target


def _require_room(card: Card, file: TextIO) -> None:
    """InputError where pages make up more than the largest file."""
    if file.buffer.tell() > LARGEST_FILE:
        msg = f"{card.key}: its pages make up more than {LARGEST_FILE} bytes: refused."
        raise InputError(msg)


def _first_pages(address: Address, where: Where) -> Iterator[str]:
    if "{communes}" not in address.url:
        yield address.url
        return
    size = address.communes_a_call or 1
    for at in range(0, len(where.communes), size):
        yield address.url.format(communes=",".join(where.communes[at : at + size]))


def _pages(web: Web, card: Card, url: str) -> Iterator[Any]:
    address = card.require_address()
    contents: set[str] = set()
    asked: set[str] = set()
    here: str | None = url
    while here is not None:
        if here in asked or len(asked) == MOST_PAGES:
            msg = f"{card.key}: {host_of(here)} does not come to an end of its pages: refused."
            raise InputError(msg)
        asked.add(here)
        for _try in range(TRIES):
            page = read_json(web, here, key=card.key)
            rows = _at(page, address.rows or "")
            if not isinstance(rows, list):
                raise InputError(_not_a_page(card, here))
            content = hashlib.sha256(json.dumps(rows, sort_keys=True).encode()).hexdigest()
            if not rows or content not in contents:
                break
        else:
            msg = f"{card.key}: {host_of(here)} sends the same page again and again: run later."
            raise InputError(msg)
        contents.add(content)
        yield page
        here = _next(card, page, here)


def _next(card: Card, page: Any, here: str) -> str | None:
    """The address of the page that follows, on the same host; None after the last."""
    named = _at(page, card.require_address().next or "")
    if not isinstance(named, str) or not named:
        return None
    try:
        following = urljoin(here, named)
        is_same = urlsplit(following)[:2] == urlsplit(here)[:2]
    except ValueError:
        is_same = False
    if not is_same:
        msg = f"{card.key}: {host_of(here)} continues on another host: refused."
        raise InputError(msg)
    return following


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
    return (
        f"{card.key}: {host_of(url)} answered without the list of records: its API changed. See "
        f"its documentation, or hand a file over (`observatory archive add {card.key} FILE`)."
    )
