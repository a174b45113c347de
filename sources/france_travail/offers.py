"""All open job offers of a territory, each once, as one private file a day.

Source: France Travail, Offres d'emploi v2: at most 150 offers a call and 3 150 a query; 200 all,
206 a part with ``Content-Range: offres a-b/total``, 204 none. A query that holds more is split: by
creation date first, which every offer has, then by ROME, then by commune. Each answer is kept
until the day's file is whole, so that a crawl that stops goes on without asking again.
"""

import datetime as dt
import gzip
import json
import re
import shutil
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import requests

from observatory.errors import InputError
from observatory.metadata.cards import Card
from observatory.settings import Settings
from sources.addresses import Where
from sources.france_travail.client import FranceTravail, remembered
from sources.web import HALVES, parsed, refusal

PAGE_RESULTS, MOST_RESULTS = 150, 3_150
CODES_A_CALL = {"codeROME": 200, "commune": 5}
EARLIEST = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
SECOND = dt.timedelta(seconds=1)
STAMP = "%Y-%m-%dT%H:%M:%SZ"
RANGE = re.compile(r"(\d{1,9})-(\d{1,9})/(\d{1,9})")
TRIES = 3
# offers close while a long crawl runs: a split may hold so much less than was announced before it
DRIFT = 0.01
Query: TypeAlias = dict[str, str]
Parts: TypeAlias = Generator[dict[str, Any], None, int]


@dataclass(frozen=True, kw_only=True)
class Answer:
    """One page: how many offers the whole query has, and those of this page."""

    total: int
    offers: list[dict[str, Any]]


class Calls:
    """Answers of one crawl, each kept under what was asked; asked anew only on demand."""

    def __init__(self, client: FranceTravail, folder: Path) -> None:
        self.client, self.folder = client, folder

    def page(self, query: Query, first: int, *, anew: bool = False) -> Answer:
        """The offers ``first`` to ``first + 149`` of a query."""
        asked = {**query, "range": f"{first}-{min(first + PAGE_RESULTS, MOST_RESULTS) - 1}"}
        kept = remembered(self.folder, asked, lambda: self._ask(asked), anew=anew)
        return Answer(**kept)

    def rome_codes(self) -> list[str]:
        """All ROME codes, as the producer lists them."""
        url = self.client.address.url.replace("/offres/search", "/referentiel/metiers")
        answer = self.client.ask("GET", url)
        listed = parsed(answer, self.client.card.key)
        if not isinstance(listed, list):
            msg = f"{self.client.card.key}: no list of ROME codes came: the interface changed."
            raise InputError(msg)
        return sorted(str(r["code"]) for r in listed if isinstance(r, dict) and "code" in r)

    def _ask(self, asked: Query) -> dict[str, Any]:
        key = self.client.card.key
        answer = self.client.ask("GET", self.client.address.url, params=asked)
        if answer.status_code == requests.codes.no_content:
            return {"total": 0, "offers": []}
        if answer.status_code not in {requests.codes.ok, requests.codes.partial_content}:
            raise InputError(refusal(key, answer))
        found = parsed(answer, self.client.card.key)
        offers = found.get("resultats") if isinstance(found, dict) else None
        if not isinstance(offers, list) or not all(
            isinstance(o, dict) and isinstance(o.get("id"), str) for o in offers
        ):
            msg = f"{key}: an answer without offers under “resultats”: the interface changed."
            raise InputError(msg)
        told = RANGE.search(answer.headers.get("Content-Range", ""))
        if told is None and answer.status_code == requests.codes.partial_content:
            msg = f"{key}: a partial answer without Content-Range: the interface changed."
            raise InputError(msg)
        return {"total": int(told[3]) if told else len(offers), "offers": offers}


def snapshot(card: Card, settings: Settings, where: Where, folder: Path, target: Path) -> int:
    """Write all offers of the territory's départements to ``target``, one a line; how many.

    ``folder`` keeps the answers of a crawl that was interrupted; it is removed once the file is
    whole. Raises InputError that says why it is not.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    begun = folder / "begun"
    if not begun.exists():
        begun.write_text(dt.datetime.now(dt.UTC).strftime(STAMP), "utf-8")
    until = begun.read_text("utf-8")
    seen: set[str] = set()
    with (
        FranceTravail(card, settings) as client,
        gzip.open(target, "wt", 5, "utf-8", HALVES) as file,
    ):
        calls = Calls(client, folder)
        for query in _queries(settings, where):
            for offer in _whole(calls, {**query, "maxCreationDate": until}, where):
                if offer["id"] not in seen:
                    seen.add(offer["id"])
                    file.write(json.dumps(offer, ensure_ascii=False) + "\n")
    shutil.rmtree(folder)
    return len(seen)


def _queries(settings: Settings, where: Where) -> list[Query]:
    """One a département; one for all where the territory is France."""
    if settings.territory == "FR":
        return [{"minCreationDate": EARLIEST.strftime(STAMP)}]
    if not where.departments:
        msg = (
            "france_travail/offers is asked for the territory, whose communes are not known: run "
            "`observatory run --theme labour` once with etalab/communes and etalab/epci."
        )
        raise InputError(msg)
    return [
        {"departement": code, "minCreationDate": EARLIEST.strftime(STAMP)}
        for code in where.departments
    ]


def _whole(calls: Calls, query: Query, where: Where, *, anew: bool = False) -> Parts:
    """Every offer of a query, split until each part can be read whole; how many there were.

    What had to be asked again comes again. A total that moves while pages are read, or between two
    sittings, says that offers moved from page to page: the part is asked anew.
    """
    for attempt in range(TRIES):
        fresh = anew or attempt > 0
        first = calls.page(query, 0, anew=fresh)
        if first.total > MOST_RESULTS:
            found, total = (yield from _split(calls, query, where, anew=fresh)), first.total
            is_whole = found >= total * (1 - DRIFT)
        else:
            own, total, is_still = _pages(calls, query, first, anew=fresh)
            found = len({offer["id"] for offer in own})
            is_whole = is_still and found == total
            if is_whole:
                yield from own
        if is_whole:
            return found
    msg = (
        f"{calls.client.card.key}: {total} offers were announced and {found} came, {TRIES} times: "
        "run again later; what came is kept until then."
    )
    raise InputError(msg)


def _pages(
    calls: Calls, query: Query, first: Answer, *, anew: bool
) -> tuple[list[dict[str, Any]], int, bool]:
    """Offers of all pages, the total that the last one tells, and whether all told the same."""
    own, totals, at = list(first.offers), [first.total], PAGE_RESULTS
    while at < totals[-1]:
        page = calls.page(query, at, anew=anew)
        own += page.offers
        totals.append(page.total)
        at += PAGE_RESULTS
    return own, totals[-1], len(set(totals)) == 1


def _split(calls: Calls, query: Query, where: Where, *, anew: bool) -> Parts:
    found = 0
    for half in _halves(calls, query, where):
        found += yield from _whole(calls, half, where, anew=anew)
    return found


def _halves(calls: Calls, query: Query, where: Where) -> Iterator[Query]:
    """Parts that make up a query: two spans of time, else sets of codes."""
    early, late = (_moment(query[f"{end}CreationDate"]) for end in ("min", "max"))
    if late > early:
        middle = early + (late - early) // 2
        middle = middle.replace(microsecond=0)
        yield {**query, "maxCreationDate": middle.strftime(STAMP)}
        yield {**query, "minCreationDate": (middle + SECOND).strftime(STAMP)}
        return
    codes: dict[str, Callable[[], list[str]]] = {
        "codeROME": calls.rome_codes,
        "commune": lambda: list(where.communes),
    }
    for name, listed in codes.items():
        own = query[name].split(",") if name in query else listed()
        if name not in query or len(own) > 1:
            size = CODES_A_CALL[name] if name not in query else -(-len(own) // 2)
            for at in range(0, len(own), size):
                yield {**query, name: ",".join(own[at : at + size])}
            return
    msg = (
        f"{calls.client.card.key}: more than {MOST_RESULTS} offers of one second, ROME and commune."
    )
    raise InputError(msg)


def _moment(text: str) -> dt.datetime:
    return dt.datetime.strptime(text, STAMP).replace(tzinfo=dt.UTC)
