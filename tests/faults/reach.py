"""Leads a fetch astray, to hosts inside this network, and looks at what was sent where.

    python -m tests.faults.reach

Names are resolved by the test (``tests.internet``); the server that must hear nothing, or not a
secret, is on the loopback address and remembers what it received. Prints counts; exit status 1 if
anything was connected to or told that must not be.
"""

import contextlib
import logging
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import requests

from observatory.errors import InputError
from observatory.metadata.cards import Address, Card
from observatory.storage.archive import Archive
from observatory.storage.attempts import Attempt
from sources import CARDS
from sources.france_travail import client
from sources.france_travail import offers as crawl
from sources.providing import fetch
from sources.web import call, open_web
from tests.faults.fetch import OLD, WHERE, a_producer, card_for, hurry, settings_for
from tests.internet import PUBLIC, internet
from tests.producer import SECRET, Producer, serve

FILE = "/files/stops.csv"
KEY = "k3y-in-a-query"
# hosts of this machine or network, and writings that are one host to one reader and one to another
INSIDE = (
    "127.1",
    "127.0.1",
    "127.0.0.2",
    "127.0.0.1.",
    "0x7f.1",
    "0x7f000001",
    "0x7f.0x0.0x0.0x1",
    "2130706433",
    "017700000001",
    "0177.0.0.1",
    "0",
    "0.0.0.0",  # noqa: S104
    "localhost.",
    "a.localhost",
    "10.0.0.1",
    "10.1",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "0xa9fea9fe",
    "100.64.0.1",
    "100.100.100.200",
    "192.0.0.1",
    "198.18.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "[::]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[0:0:0:0:0:ffff:7f00:1]",
    "[::127.0.0.1]",
    "[64:ff9b::7f00:1]",
    "[64:ff9b:1::1]",
    "[2002:7f00:1::]",
    "[2001:0:7f00:1::]",
    "[2001:db8::1]",
    "[fe80::1]",
    "[fe80::1%25lo]",
    "[fe80::1%lo]",
    "[fc00::1]",
    "[fd12:3456:789a::1]",
    "[ff02::1]",
    "[ff0e::1]",
    "metadata",
    "metadata.internal",
    "printer.local",
    "box.home.arpa",
    "127.0.0.1\\@public.test",
    "public.test\\@127.0.0.1",
    "127.0.0.1@public.test",
    "public.test@127.0.0.1",
    "public.test:80@127.0.0.1",
    "user:word@public.test",
    "127%2e0%2e0%2e1",
    "%31%32%37.0.0.1",
    "%6c%6f%63%61%6c%68%6f%73%74",
    "127.0.0.1%00.public.test",
    "127.0.0.1%09",
    "１２７.0.0.1",
    "127。0。0。1",
    "①②⑦.⓪.⓪.①",
    "ⓛⓞⓒⓐⓛⓗⓞⓢⓣ",
    "public。test",
    "a" * 64 + ".test",
    "-",
    ".",
    "[127.0.0.1]",
    "[::1",
)
NAMES = {
    "private.test": [["10.0.0.7"]],
    "loopback.test": [["127.0.0.1"]],
    "loopback-six.test": [["::1"]],
    "mapped.test": [["::ffff:127.0.0.1"]],
    "translated.test": [["64:ff9b::7f00:1"]],
    "linked.test": [["fe80::1%lo"]],
    "both.test": [[PUBLIC, "127.0.0.1"]],
    "both-ways.test": [["127.0.0.1", PUBLIC]],
    "many.test": [["224.0.0.1"]],
    "clouded.test": [["169.254.169.254"]],
}
OPEN = {"public.test": [[PUBLIC]], "second.test": [[PUBLIC]], "third.test": [[PUBLIC]]}
Problems = list[str]


@dataclass(frozen=True, kw_only=True)
class Scene:
    """A producer that listens on this machine, its port, and a home that holds an old file."""

    producer: Producer
    home: Path

    @property
    def port(self) -> str:
        return self.producer.url.rpartition(":")[2]

    def url(self, host: str, path: str = FILE) -> str:
        return f"http://{host}:{self.port}{path}"

    def card(self, url: str) -> Card:
        # a card's own pattern of addresses is no guard: it is passed by
        address = Address.model_construct(kind="file", url=url, per_second=1_000, per_minute=0)
        stops = CARDS["transport/stops"]
        return stops.model_copy(update={"address": address})

    def points(self, path: str, to: str) -> None:
        self.producer.replies[path] = (302, {"Location": to.encode().decode("latin-1")}, b"")

    def fetched(self, url: str) -> tuple[list[Attempt], Problems]:
        """What became of a file at ``url``; something is wrong unless it failed in a sentence."""
        settings, card = settings_for(self.home), self.card(url)
        archive = Archive(settings.archive)
        if not archive.latest(card, sample=False):
            old = self.home / "old.csv"
            self.home.mkdir(parents=True, exist_ok=True)
            old.write_text(OLD)
            archive.add(card, old, vintage="2020", origin="handed_over")
        before = archive.latest(card, sample=False)
        done = fetch(card, settings, WHERE)
        problems = [
            f"{a.outcome}: {a.message}"
            for a in done
            if a.outcome != "failed" or "this program failed" in str(a.message)
        ]
        if archive.latest(card, sample=False) != before:
            problems.append("the file that was there is not in use any more")
        return done, problems


@contextlib.contextmanager
def scene() -> Iterator[Scene]:
    with tempfile.TemporaryDirectory() as folder, serve(a_producer()) as producer:
        yield Scene(producer=producer, home=Path(folder) / "home")


def _heard(producer: Producer, connected: list[str], calls: int) -> Problems:
    """What is wrong with whom was connected to, and how often the producer was asked."""
    problems = [f"connected to {address}" for address in connected if address != PUBLIC]
    if len(producer.asked) > calls:
        problems.append(f"{len(producer.asked)} requests came")
    return problems


def written_inside(host: str) -> Problems:
    """A card's own address, a pointer, and a portal's list name a host inside."""
    problems = []
    with scene() as own, internet(OPEN) as connected:
        problems += own.fetched(own.url(host))[1] + _heard(own.producer, connected, 0)
    with scene() as own, internet(OPEN) as connected:
        own.points(FILE, own.url(host, "/files/other.csv"))
        own.producer.files["/files/other.csv"] = b"a secret of this network"
        problems += own.fetched(own.url("public.test"))[1] + _heard(own.producer, connected, 1)
    return problems


def named_inside(name: str) -> Problems:
    """A name that leads inside: at once, from a card of a public host, and after a chain."""
    problems = []
    with scene() as own, internet(NAMES) as connected:
        problems += own.fetched(own.url(name))[1] + _heard(own.producer, connected, 0)
    with scene() as own, internet(NAMES | OPEN) as connected:
        own.points("/files/1.csv", own.url("second.test", "/files/2.csv"))
        own.points("/files/2.csv", own.url("third.test", "/files/3.csv"))
        own.points("/files/3.csv", own.url(name))
        url = own.url("public.test", "/files/1.csv")
        problems += own.fetched(url)[1] + _heard(own.producer, connected, 3)
        if len(own.producer.asked) != 3:
            problems.append("the chain was not followed to where it turns inside")
    return problems


def a_name_that_changes() -> Problems:
    """A name is public when it is judged and inside a moment later: the first answer is used."""
    problems = []
    for answers in ([[PUBLIC], ["127.0.0.1"]], [[PUBLIC], [PUBLIC], ["127.0.0.1"]]):
        with scene() as own, internet({"changes.test": answers}) as connected:
            own.producer.faults["no answer"] = 3  # so that it is connected to again
            problems += own.fetched(own.url("changes.test"))[1]
            problems += _heard(own.producer, connected, len(answers) - 1)
    with scene() as own, internet({"changes.test": [[PUBLIC], ["127.0.0.1"]]}) as connected:
        done = fetch(own.card(own.url("changes.test")), settings_for(own.home), WHERE)
        problems += [str(a.message) for a in done if a.outcome != "new"]
        problems += _heard(own.producer, connected, 1)
    return problems


def a_pointer_to_another_server_of_this_machine() -> Problems:
    """A card may name a server beside it; that one leads to no other port, and not elsewhere."""
    problems = []
    for target in ("http://127.0.0.1:{port}/", "http://localhost:{port}/", "http://10.0.0.1/"):
        with scene() as own, serve(a_producer()) as inner:
            own.points(FILE, target.format(port=inner.url.rpartition(":")[2]) + FILE[1:])
            problems += own.fetched(own.producer.url + FILE)[1]
            if inner.received:
                problems.append("another server of this machine was asked")
    return problems


def lists_of_a_portal() -> Problems:
    """One file of four is where it should be: it comes, and each of the others is told."""
    with scene() as own, internet(NAMES | OPEN) as connected:
        urls = (own.url("127.0.0.1"), own.url("loopback.test"), "nothing", own.url("public.test"))
        own.producer.resources = [
            {"id": f"{i} \ud83d", "title": f"Stops 202{i}", "format": "csv", "url": url}
            for i, url in enumerate(urls)
        ]
        address = card_for("portal", own.producer).require_address()
        public = address.model_copy(update={"url": own.url("public.test", "/datasets/")})
        card = CARDS["transport/stops"].model_copy(update={"address": public})
        done = fetch(card, settings_for(own.home), WHERE)
        problems = _heard(own.producer, connected, 2)
        if [a.outcome for a in done] != ["failed", "failed", "failed", "new"]:
            problems.append(str([(a.outcome, a.message) for a in done]))
        return problems


@contextlib.contextmanager
def _noted() -> Iterator[list[str]]:
    """All that is logged, at any level."""
    lines: list[str] = []

    class Notes(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(self.format(record))

    root, notes = logging.getLogger(), Notes()
    before = root.level
    root.addHandler(notes)
    root.setLevel(logging.DEBUG)
    try:
        yield lines
    finally:
        root.removeHandler(notes)
        root.setLevel(before)


def _told(own: Scene, secrets: tuple[str, ...], *texts: str) -> Problems:
    """Where a secret stands that must stand nowhere: in a file of the home, a message, a log."""
    problems = [
        f"a secret is in {path.name}"
        for path in own.home.rglob("*")
        if path.is_file() and any(s.encode() in path.read_bytes() for s in secrets)
    ]
    told = [text for text in texts if any(secret in text for secret in secrets)]
    return problems + [f"a secret is told: {text[:80]}" for text in told]


def _service(own: Scene, host: str, token_host: str) -> Card:
    address = card_for("offers", own.producer).require_address()
    addresses = {
        "url": own.url(host, "/offres/search"),
        "token_url": own.url(token_host, "/token"),
    }
    own_address = address.model_copy(update=addresses)
    return CARDS["france_travail/offers"].model_copy(update={"address": own_address})


def credentials(fault: str) -> Problems:
    """France Travail's hosts point elsewhere, or lead inside: neither secret nor token follows."""
    names = OPEN | NAMES | {"changes.test": [[PUBLIC], ["127.0.0.1"]]}
    with scene() as own, internet(names) as connected, _noted() as lines:
        hosts = {
            "the token's name leads inside": ("public.test", "loopback.test"),
            "the name leads inside": ("loopback.test", "public.test"),
            "the name leads inside later": ("changes.test", "changes.test"),
        }
        card = _service(own, *hosts.get(fault, ("public.test", "public.test")))
        if fault == "the token points elsewhere":
            own.points("/token", own.url("second.test", "/token"))
        if fault == "offers point elsewhere":
            own.points("/offres/search", own.url("second.test", "/offres/search"))
        if fault == "the name leads inside later":
            own.producer.faults["no answer"] = 1
        settings = settings_for(own.home)
        own.home.mkdir(parents=True)
        message = ""
        try:
            crawl.snapshot(card, settings, WHERE, own.home / "crawl", own.home / "a.gz")
        except InputError as error:
            message = str(error)
        problems = [] if message else ["the crawl went on"]
        problems += [f"connected to {a}" for a in connected if a != PUBLIC]
        problems += [
            f"{host} was sent a secret"
            for host, request in own.producer.received
            if host not in {"public.test", "changes.test"}
            and (SECRET in request or "Bearer" in request)
        ]
        return problems + _told(own, (SECRET, "token-1"), message, *lines)


CREDENTIALS = (
    "the token points elsewhere",
    "offers point elsewhere",
    "the token's name leads inside",
    "the name leads inside",
    "the name leads inside later",
)


def what_was_sent(status: int) -> Problems:
    """A producer that wants a form sent on to another host: it is not."""
    with scene() as own, internet(OPEN) as connected, open_web(per_second=1_000) as web:
        own.producer.replies["/form"] = (
            status,
            {"Location": own.url("second.test", "/elsewhere")},
            b"",
        )
        with contextlib.suppress(InputError):
            call(web, "POST", own.url("public.test", "/form"), key="a/b", data={"x": SECRET})
        elsewhere = [r for host, r in own.producer.received if host == "second.test"]
        return [f"{len(elsewhere)} requests came elsewhere"] * bool(elsewhere) + [
            f"connected to {a}" for a in connected if a != PUBLIC
        ]


def a_key_in_a_query(fault: str) -> Problems:
    """A key in a card's address is sent to its host alone, and written nowhere."""
    with scene() as own, internet(OPEN) as connected, _noted() as lines:
        url = own.url("public.test") + f"?api_key={KEY}&year=2026"
        if fault == "to another host":
            own.points(FILE, own.url("second.test", "/files/other.csv"))
            own.producer.files["/files/other.csv"] = OLD.encode()
        elif fault:
            own.producer.faults[fault] = 1_000
        done = fetch(own.card(url), settings_for(own.home), WHERE)
        problems = _told(own, (KEY,), *(str(a.message) for a in done), *lines)
        problems += [f"connected to {a}" for a in connected if a != PUBLIC]
        problems += [
            f"{host} was sent the key"
            for host, request in own.producer.received
            if host != "public.test" and KEY in request
        ]
        if not any(KEY in request for _, request in own.producer.received):
            problems.append("the producer was not sent the key")
        return problems


def through_a_proxy(host: str) -> Problems:
    """The operator's proxy resolves names: what is written as inside is not asked of it."""
    with scene() as own:
        proxy = {"HTTP_PROXY": own.producer.url, "NO_PROXY": "", "no_proxy": ""}
        before = {name: os.environ.get(name) for name in proxy}
        os.environ.update(proxy)
        try:
            refused = contextlib.suppress(InputError, requests.RequestException)
            with open_web(per_second=1_000, tries=0) as web, refused:
                call(web, "GET", f"http://{host}{FILE}", key="a/b")
        finally:
            for name, value in before.items():
                os.environ.pop(name, None)
                if value is not None:
                    os.environ[name] = value
        return [f"the proxy was asked for {asked}" for asked in own.producer.asked]


Case = tuple[str, str, Callable[[], Problems]]


def cases() -> list[Case]:
    """What is tried: its kind, its name, and how."""
    return [
        *(("written inside", host, lambda host=host: written_inside(host)) for host in INSIDE),
        *(("named inside", name, lambda name=name: named_inside(name)) for name in NAMES),
        *(("through a proxy", host, lambda host=host: through_a_proxy(host)) for host in INSIDE),
        ("changes", "a name that changes its answer", a_name_that_changes),
        ("own", "this machine's other servers", a_pointer_to_another_server_of_this_machine),
        ("parts", "one part of four is public", lists_of_a_portal),
        *(("credentials", fault, lambda fault=fault: credentials(fault)) for fault in CREDENTIALS),
        *(
            ("sent", f"a form and {status}", lambda status=status: what_was_sent(status))
            for status in (301, 302, 303, 307, 308)
        ),
        *(
            ("key", fault or "well", lambda fault=fault: a_key_in_a_query(fault))
            for fault in ("", "403", "503", "cut", "no answer", "in a circle", "to another host")
        ),
    ]  # type: ignore[list-item]


def main() -> int:
    """Try all, print what went wrong and how many of each kind did not."""
    hurry()
    open_anew = client.open_web
    client.open_web = lambda per_second: open_web(per_second=1_000)
    counts: dict[str, list[int]] = {}
    try:
        for kind, name, play in cases():
            problems = play()
            count = counts.setdefault(kind, [0, 0])
            count[0] += 1
            count[1] += not problems
            for problem in problems:
                print(f"✗ {kind}, {name!r}: {problem}")
    finally:
        client.open_web = open_anew
    for kind, (tried, refused) in counts.items():
        print(f"{kind:16} {tried:3} tried, {refused:3} as they must be")
    return sum(tried - refused for tried, refused in counts.values())


if __name__ == "__main__":
    sys.exit(bool(main()))
