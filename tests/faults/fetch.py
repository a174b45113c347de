"""Breaks a producer in every way we know and shows what became of each fetch.

    python -m tests.faults.fetch

First hosts that are not the producer's (``tests.faults.reach``), then its faults. Each strikes a
fetch of a home that already holds a good file, from a server on the loopback address. It must be
recovered from (the file is that of the producer) or end in one clear message while the file that
was there stays in use. Prints the table; exit status 1 if any case did not.
"""

import contextlib
import datetime as dt
import gzip
import hashlib
import io
import os
import re
import sys
import tempfile
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

import sources.fetching
import sources.web
from observatory.errors import InputError
from observatory.metadata.cards import Address, Card
from observatory.settings import Settings, load_settings
from observatory.storage.archive import Archive
from sources import CARDS
from sources.addresses import Where
from sources.france_travail import offers as crawl
from sources.providing import fetch
from tests.producer import SECRET, Producer, offers, serve

STOPS = "stop_id,stop_lat,stop_lon\n" + "".join(
    f"stop{i},43.{i:04d},5.{i:04d}\n" for i in range(1, 5_000)
)
OLD = "stop_id,stop_lat,stop_lon\nold,43.1,5.1\n"
WHERE = Where(
    departments=("13",),
    communes=tuple(f"130{i:02d}" for i in range(25)),
    box=(800_000.0, 6_200_000.0, 900_000.0, 6_300_000.0),
)
RECOVERED, REFUSED = "recovered", "refused"


@dataclass(frozen=True, kw_only=True)
class Case:
    """A fault, how often it strikes, on what, and what must come of it."""

    subject: str
    fault: str
    times: int = 1
    outcome: str = RECOVERED
    says: str = ""
    change: Callable[[Producer], None] | None = None


@dataclass
class Found:
    """What came of it."""

    outcome: str
    message: str = ""
    problems: list[str] = field(default_factory=list)


def served(content: bytes) -> Callable[[Producer], None]:
    def change(producer: Producer) -> None:
        producer.files["/files/stops.csv"] = content

    return change


def _zip(**members: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members.items():
            file.writestr(name, content)
    return packed.getvalue()


def replied(status: int, body: bytes, **headers: str) -> Callable[[Producer], None]:
    """The same answer to whatever is asked."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}

    def change(producer: Producer) -> None:
        for path in ("/files/stops.csv", "/wfs", "/pages/icpe", "/datasets/d/", "/offres/search"):
            producer.replies[path] = (status, named, body)

    return change


def packed_zeros(megabytes: int) -> bytes:
    """A gzip stream of so many megabytes of zeros, a thousandth of that long."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    packed = [packer.compress(bytes(2**20)) for _ in range(megabytes)]
    return b"".join(packed) + packer.flush()


def _lists(**record: str) -> Callable[[Producer], None]:
    def change(producer: Producer) -> None:
        producer.resources = [{"id": "abc", "title": "Stops 2026", "format": "csv", **record}]

    return change


def named(name: str) -> Callable[[Producer], None]:
    """The file under a name that its producer makes up."""
    return replied(200, STOPS.encode(), Content_Disposition=f'attachment; filename="{name}"')


ALWAYS = 1_000
UNUSABLE = [
    ("nested deep", "nested deeper", replied(200, b'{"features":' + b"[" * 200_000)),
    ("millions of lists", "at once", replied(200, b"[" + b"[]," * 5_000_000 + b"[]]")),
    ("more than fits", "is larger than", replied(200, b" " * (65 * 2**20))),
    ("packed zeros", "is larger than", replied(200, packed_zeros(70), Content_Encoding="gzip")),
    ("a number of a million digits", "else than JSON", replied(200, b"9" * 1_000_000)),
    ("packed and damaged", "did not answer", replied(200, b"zeros", Content_Encoding="gzip")),
]
HOSTILE_NAMES = (
    "../../../../escaped.csv",
    "/tmp/escaped.csv",
    "..",
    ".",
    "C:\\escaped.csv",
    "é" * 4_000,
    "a" * 4_000 + ".csv",
    ".bashrc",
    "%2e%2e%2fescaped",
    "stops.csv; rm -rf",
)
CASES = [
    *(
        Case(subject=subject, fault=status, times=2)
        for subject in ("file", "wfs", "pages", "offers")
        for status in ("429", "503")
    ),
    Case(subject="file", fault="500", times=3),
    Case(subject="file", fault="502", times=3),
    Case(subject="file", fault="504", times=3),
    Case(subject="file", fault="429 without a wait", times=2),
    Case(subject="file", fault="429 for a day", times=1),
    Case(subject="file", fault="503", times=ALWAYS, outcome=REFUSED, says="several tries"),
    Case(subject="file", fault="404", outcome=REFUSED, says="address is gone"),
    Case(subject="file", fault="410", outcome=REFUSED, says="address is gone"),
    Case(subject="file", fault="403", outcome=REFUSED, says="refused access"),
    Case(subject="file", fault="no answer", times=2),
    Case(subject="file", fault="no answer", times=ALWAYS, outcome=REFUSED, says="Run again"),
    Case(subject="file", fault="slow", times=3),
    *(
        Case(subject=subject, fault="drips", outcome=REFUSED, says="takes more than 1 s")
        for subject in ("file", "wfs", "offers")
    ),
    *(
        Case(subject=subject, fault=fault, outcome=REFUSED, says=r"more than 1\.5 s to begin")
        for subject in ("file", "wfs", "offers")
        for fault in ("slow head", "continues without end")
    ),
    Case(subject="file", fault="503 without end"),
    Case(subject="wfs", fault="503 without end"),
    Case(subject="file", fault="a pointer without end"),
    Case(subject="offers", fault="a pointer without end", outcome=REFUSED, says="another address"),
    Case(subject="file", fault="cut"),
    Case(subject="file", fault="cut", times=3),
    Case(subject="file", fault="announces too much", times=1),
    Case(subject="file", fault="announces too much", times=ALWAYS, outcome=REFUSED, says="was cut"),
    Case(subject="file", fault="to another host"),
    Case(subject="file", fault="in a circle", times=ALWAYS, outcome=REFUSED, says="leads nowhere"),
    Case(subject="file", fault="html", outcome=REFUSED, says="web page"),
    Case(subject="file", fault="empty", outcome=REFUSED, says="empty"),
    Case(subject="file", fault="weak etag", times=ALWAYS),
    Case(subject="file", fault="no etag", times=ALWAYS),
    Case(
        subject="file",
        fault="a column is renamed",
        outcome=REFUSED,
        says="stop_lat",
        change=served(STOPS.replace("stop_lat", "latitude_arret").encode()),
    ),
    Case(
        subject="file",
        fault="headers without rows",
        outcome=REFUSED,
        says="no rows",
        change=served(b"stop_id,stop_lat,stop_lon\n"),
    ),
    Case(
        subject="file",
        fault="gzip is truncated",
        outcome=REFUSED,
        says="damaged|truncated",
        change=served(gzip.compress(STOPS.encode())[:-900]),
    ),
    Case(
        subject="file",
        fault="announces too little",
        outcome=REFUSED,
        says="damaged|truncated",
        change=served(gzip.compress(STOPS.encode())),
    ),
    Case(
        subject="file",
        fault="zip is truncated",
        outcome=REFUSED,
        says="truncated|damaged",
        change=served(_zip(**{"stops.txt": STOPS.encode()})[:-400]),
    ),
    Case(
        subject="file",
        fault="zip bomb",
        outcome=REFUSED,
        says="bomb",
        change=served(_zip(**{"stops.txt": b"0" * 60_000_000})),
    ),
    Case(
        subject="file",
        fault="zip leaves its folder",
        outcome=REFUSED,
        says="outside its folder",
        change=served(_zip(**{"../../etc/stops.txt": STOPS.encode()})),
    ),
    Case(subject="resumed", fault="416"),
    Case(subject="resumed", fault="no ranges"),
    Case(subject="resumed", fault="another part"),
    Case(subject="resumed", fault="part lies about its total"),
    Case(subject="resumed", fault="changed etag"),
    Case(subject="again", fault="changed etag", says="unchanged"),
    Case(subject="again", fault="other bytes", says="new"),
    Case(subject="portal", fault="503", times=2, change=_lists()),
    Case(
        subject="portal",
        fault="other api",
        outcome=REFUSED,
        says="lists no resources",
        change=_lists(),
    ),
    Case(
        subject="portal",
        fault="the resource is renamed",
        outcome=REFUSED,
        says="It lists: Arrêts",
        change=_lists(title="Arrêts"),
    ),
    Case(subject="wfs", fault="doubled page", outcome=REFUSED, says="pages repeat"),
    Case(subject="offers", fault="slow", times=3),
    Case(subject="offers", fault="500", times=3),
    Case(subject="offers", fault="no answer", times=2),
    Case(subject="wfs", fault="total too high", times=ALWAYS, outcome=REFUSED, says="announced"),
    Case(subject="wfs", fault="cut json", outcome=REFUSED, says="else than JSON"),
    Case(subject="wfs", fault="html", outcome=REFUSED, says="else than JSON"),
    Case(subject="pages", fault="doubled page"),
    Case(
        subject="pages", fault="doubled page", times=ALWAYS, outcome=REFUSED, says="again and again"
    ),
    Case(subject="pages", fault="total too high", times=ALWAYS, outcome=REFUSED, says="announced"),
    Case(subject="pages", fault="renamed list", outcome=REFUSED, says="its API changed"),
    Case(subject="pages", fault="leads back", outcome=REFUSED, says="not come to an end"),
    Case(subject="pages", fault="leads to another host", outcome=REFUSED, says="another host"),
    *(
        Case(subject=subject, fault=fault, outcome=REFUSED, says=says, change=change)
        for subject in ("wfs", "pages", "portal", "offers")
        for fault, says, change in UNUSABLE
    ),
    *(
        Case(subject="file", fault=f"a name like {name[:12]!r}", change=named(name))
        for name in HOSTILE_NAMES
    ),
    Case(
        subject="file",
        fault="bytes packed as br",
        outcome=REFUSED,
        says="sends the file packed",
        change=replied(200, STOPS.encode(), Content_Encoding="br"),
    ),
    Case(
        subject="file", fault="unasked 304", outcome=REFUSED, says="304", change=replied(304, b"")
    ),
    Case(subject="offers", fault="token expires"),
    Case(subject="offers", fault="token expires", times=ALWAYS, outcome=REFUSED, says="credential"),
    Case(subject="offers", fault="no token", times=ALWAYS, outcome=REFUSED, says="no token"),
    Case(subject="offers", fault="to another host", outcome=REFUSED, says="another address"),
    Case(subject="offers", fault="doubled page"),
    Case(subject="offers", fault="doubled page", times=ALWAYS, outcome=REFUSED, says="announced"),
    Case(subject="offers", fault="total lies"),
    Case(subject="offers", fault="total lies", times=ALWAYS, outcome=REFUSED, says="announced"),
    Case(subject="offers", fault="no total", outcome=REFUSED, says="without Content-Range"),
    Case(subject="offers", fault="renamed list", outcome=REFUSED, says="interface changed"),
    Case(subject="offers", fault="cut json", outcome=REFUSED, says="else than JSON"),
    Case(subject="offers", fault="403", outcome=REFUSED, says="refused access"),
]


def card_for(subject: str, producer: Producer) -> Card:
    """A real card whose address is the loopback producer's."""
    url, fast = producer.url, {"per_second": 1_000}
    addresses: dict[str, tuple[str, dict[str, Any]]] = {
        "wfs": ("gpu/zoning", {"kind": "wfs", "url": f"{url}/wfs", "layer": "z", "page_size": 40}),
        "pages": (
            "georisques/installations",
            {
                "kind": "pages",
                "url": url + "/pages/icpe?code_insee={communes}",
                "rows": "data",
                "next": "next",
                "communes_a_call": 10,
            },
        ),
        "portal": (
            "transport/stops",
            {
                "kind": "data_gouv",
                "url": f"{url}/datasets/",
                "dataset": "d",
                "resource": "Stops 20..",
            },
        ),
        "offers": (
            "france_travail/offers",
            {
                "kind": "service",
                "url": f"{url}/offres/search",
                "token_url": f"{url}/token",
                "scope": "api_offresdemploiv2 o2dsoffre",
            },
        ),
    }
    key, address = addresses.get(
        subject, ("transport/stops", {"kind": "file", "url": f"{url}/files/stops.csv"})
    )
    return CARDS[key].model_copy(update={"address": Address(**address, **fast)})


def a_producer() -> Producer:
    """A producer in good health."""
    box = [[[0, 0], [0, 9], [9, 9], [0, 0]]]
    return Producer(
        files={"/files/stops.csv": STOPS.encode()},
        features=[
            {
                "type": "Feature",
                "id": f"zone.{i}",
                "properties": {"typezone": "U", "libelle": f"U{i}"},
                "geometry": {"type": "Polygon", "coordinates": box},
            }
            for i in range(130)
        ],
        records={
            code: [{"codeAIOT": f"{code}-{i}", "codeInsee": code} for i in range(3)]
            for code in WHERE.communes
        },
        offers=offers(700),
    )


def settings_for(home: Path) -> Settings:
    """Live settings on a home of its own, with the credentials the producer knows."""
    os.environ.update(
        OBSERVATORY_HOME=str(home),
        OBSERVATORY_INPUT="live",
        OBSERVATORY_TERRITORY="13",
        OBSERVATORY_FRANCE_TRAVAIL_CLIENT_ID="PAR_test",
        OBSERVATORY_FRANCE_TRAVAIL_CLIENT_SECRET=SECRET,
        OBSERVATORY_OFFERS_CALLS_PER_SECOND="10",
    )
    return load_settings()


def hurry() -> None:
    """Waits of a test, not of a night."""
    sources.web.BACKOFF_SECONDS = sources.fetching.BACKOFF_SECONDS = 0.01
    sources.web.LONGEST_WAIT_SECONDS = 1  # type: ignore[assignment]


@contextlib.contextmanager
def _short_of_time(case: Case) -> Iterator[None]:
    """A second instead of minutes or hours, where the fault is slowness without an end."""
    limits: dict[str, dict[str, Any]] = {
        "drips": {"LONGEST_SECONDS": 1, "LONGEST_ANSWER_SECONDS": 1},
        "slow head": {"SECONDS": (1, 1)},
        "continues without end": {"SECONDS": (1, 1)},
    }
    with contextlib.ExitStack() as patches:
        for name, value in limits.get(case.fault, {}).items():
            for module in (sources.web, sources.fetching):
                if hasattr(module, name):
                    patches.enter_context(mock.patch.object(module, name, value))
        yield


def strike(case: Case, folder: Path) -> Found:
    """Play one case and say what was wrong with how it ended."""
    with serve(a_producer()) as producer, _short_of_time(case):
        settings = settings_for(folder)
        card = card_for(case.subject, producer)
        if case.subject == "offers":
            return _strike_offers(case, producer, card, settings)
        archive = Archive(settings.archive)
        before = _prepared(case, producer, card, settings)
        if case.change:
            case.change(producer)
            for resource in producer.resources:
                resource["url"] = f"{producer.url}/files/stops.csv"
        producer.faults[case.fault] = case.times
        done = fetch(card, settings, WHERE)
        latest = archive.latest(card, sample=False)
        found = Found(outcome=RECOVERED)
        failed = [a for a in done if a.outcome == "failed"]
        if failed:
            found = Found(outcome=REFUSED, message=str(failed[0].message))
            if len(failed) > 1 or [e.sha256 for e in latest] != before:
                found.problems.append("the file that was there is not in use any more")
        elif not _is_whole(case, producer, archive, card):
            found.problems.append("what was kept is not what the producer has")
        elif case.says and done[0].outcome != case.says:
            found.problems.append(f"taken for {done[0].outcome}")
        if archive.verify():
            found.problems.append("the archive is damaged")
        if [path.name for path in folder.parent.iterdir()] != [folder.name]:
            found.problems.append("something was written outside the home")
        return found


def _prepared(case: Case, producer: Producer, card: Card, settings: Settings) -> list[str]:
    archive = Archive(settings.archive)
    if case.subject in {"file", "portal"}:
        old = settings.home / "old.csv"
        settings.home.mkdir(parents=True, exist_ok=True)
        old.write_text(OLD)
        archive.add(card, old, vintage="2020", origin="handed_over")
    elif case.subject == "again":
        fetch(card, settings, WHERE)
        producer.etags.clear()
        for path in producer.files:
            producer.etags[path] = '"first"' if case.fault == "changed etag" else ""
    elif case.subject == "resumed":
        # a fetch that was killed half way leaves its part behind
        part = settings.home / "incoming" / card.stem
        part.mkdir(parents=True)
        url = card.require_address().url
        name = part / hashlib.sha256(url.encode()).hexdigest()[:24]
        content = producer.files["/files/stops.csv"]
        name.write_bytes(content[: len(content) // 3])
        name.with_suffix(".json").write_text(f'{{"etag": "\\"{hash(content)}\\""}}')
    return [e.sha256 for e in archive.latest(card, sample=False)]


def _is_whole(case: Case, producer: Producer, archive: Archive, card: Card) -> bool:
    latest = archive.latest(card, sample=False)
    contents = [archive.content(e).read_bytes() for e in latest]
    if case.subject == "wfs":
        return any(content.count(b'"zone.') == len(producer.features) for content in contents)
    if case.subject == "pages":
        return any(content.count(b'"codeAIOT"') == 75 for content in contents)
    return producer.files["/files/stops.csv"] in contents


def _strike_offers(case: Case, producer: Producer, card: Card, settings: Settings) -> Found:
    if case.change:
        case.change(producer)
    producer.faults[case.fault] = case.times
    target = settings.home / "offers.ndjson.gz"
    settings.home.mkdir(parents=True, exist_ok=True)
    crawl_folder = settings.home / "crawl"
    try:
        count = crawl.snapshot(card, settings, WHERE, crawl_folder, target)
    except InputError as error:
        found = Found(outcome=REFUSED, message=str(error))
        if SECRET in str(error):
            found.problems.append("the message tells the secret")
        return found
    found = Found(outcome=RECOVERED)
    lines = gzip.decompress(target.read_bytes()).decode().splitlines()
    if count != len(producer.offers) or len(lines) != count:
        found.problems.append(f"{count} offers of {len(producer.offers)}")
    return found


def judge(case: Case, found: Found) -> list[str]:
    """What is wrong with an outcome, none when it is as it must be."""
    problems = list(found.problems)
    if found.outcome != case.outcome:
        problems.append(f"{found.outcome}, not {case.outcome}")
    elif case.outcome == REFUSED and not re.search(case.says, found.message):
        problems.append(f"the message does not say “{case.says}”")
    return problems


def main() -> int:
    """Play all cases and print both tables."""
    from tests.faults import reach

    hurry()
    bad = reach.main()
    started = time.perf_counter()
    print(f"{'on':8} {'fault':28} {'times':>5}  {'outcome':9} message")
    for case in CASES:
        with tempfile.TemporaryDirectory() as folder:
            found = strike(case, Path(folder) / "home")
        problems = judge(case, found)
        bad += bool(problems)
        times = "∞" if case.times == ALWAYS else str(case.times)
        message = found.message.replace("\n", " ")[:90]
        print(
            f"{case.subject:8} {case.fault:28} {times:>5}  {found.outcome:9} {message}"
            + (f"  ✗ {'; '.join(problems)}" if problems else "")
        )
    seconds = time.perf_counter() - started
    now = dt.datetime.now(dt.UTC).date()
    print(f"{len(CASES)} faults, {len(CASES) - bad} as they must be, {seconds:.0f} s, {now}")
    return bool(bad)


if __name__ == "__main__":
    sys.exit(main())
