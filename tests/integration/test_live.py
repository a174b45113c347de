"""A live day of job offers, from the producer to the release: what is kept, told and erased."""

import contextlib
import datetime as dt
import gzip
import json
import re
import socket
import sqlite3
import warnings
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import dagster as dg
import polars as pl
import pytest
from aiosmtpd.controller import Controller

from assets.labour.offers import read_ledger
from assets.watch import RULE, failed_runs, listing, new_editions
from observatory.definitions import definitions
from observatory.errors import InputError
from observatory.home import prepare_home
from observatory.metadata.cards import Card
from observatory.settings import Settings, load_settings
from observatory.storage.archive import Archive
from observatory.storage.attempts import Attempt, Attempts, now
from observatory.storage.erasure import erase_due
from observatory.storage.overdue import Finding, findings, new_findings, notify, remember_told
from sources import CARDS
from sources.sample import write_sample
from tests.faults.fetch import card_for, settings_for
from tests.producer import SECRET, Producer, offers, serve

pytestmark = [pytest.mark.xdist_group("live"), pytest.mark.usefixtures("live_environment")]
HANDED = (
    "etalab/communes",
    "etalab/epci",
    "ign/commune_contours",
    "insee/commune_changes",
    "insee/employment_zones",
    "france_travail/bassins",
    "france_travail/rome",
    "dares/fap_2021",
    "dares/fap_2009",
    "dares/rome_fap_2021",
    "dares/rome_fap_2009",
)
PERSONAL = ("Maryse", "maryse@exemple.invalid", "06 12 34 56 78", "Entreprise Tres Nommee")


@contextlib.contextmanager
def addresses(**own: Card) -> Iterator[None]:
    """Only the cards given have an address, that of the loopback producer."""
    before = {key: card.address for key, card in CARDS.items()}
    given = {card.key: card.address for card in own.values()}
    try:
        for key, card in CARDS.items():
            object.__setattr__(card, "address", given.get(key))
        yield
    finally:
        for key, card in CARDS.items():
            object.__setattr__(card, "address", before[key])


def a_day(at: int) -> list[dict]:
    """Offers of Marseille with people in them; each day some go and some come."""
    made = offers(60)
    for i, offer in enumerate(made):
        offer["dateCreation"] = f"2026-10-{1 + i % 20:02d}T08:{i:02d}:00.000Z"
        offer["lieuTravail"] = {"commune": "13055", "departement": "13", "libelle": "13 - M"}
        offer["romeCode"] = "H2913"
        offer["description"] = f"{PERSONAL[0]} {PERSONAL[1]} {PERSONAL[2]} soudeur numero n{i}"
        offer["entreprise"] = {"nom": f"{PERSONAL[3]} {i % 2}"}
        offer["contact"] = {"courriel": PERSONAL[1]}
    # two that say the same
    made[41] |= {k: made[40][k] for k in ("description", "entreprise")}
    return made[10 * at : 40 + 12 * at]


def hand_over(settings: Settings, folder: Path) -> None:
    archive = Archive(settings.archive)
    for key in HANDED:
        for written, vintage in write_sample(key, folder):
            # names, codes and outlines of the sample are facts
            path = written.rename(folder / re.sub("[-_]?donnees-fictives", "", written.name))
            archive.add(CARDS[key], path, vintage=vintage, origin="handed_over")


def run(job: str, settings: Settings) -> dg.ExecuteInProcessResult:
    prepare_home(settings)
    with warnings.catch_warnings(), dg.DagsterInstance.get() as instance:
        warnings.simplefilter("ignore")
        found = definitions(settings).resolve_job_def(job)
        return found.execute_in_process(instance=instance, raise_on_error=False)


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, list[str]]]:
    """A home after two days of offers and a release; what failed, or was asked for twice."""
    folder = tmp_path_factory.mktemp("live")
    with pytest.MonkeyPatch.context() as patch:
        for name in ("HOME", "INPUT", "TERRITORY", "OFFERS_CALLS_PER_SECOND"):
            patch.setenv(f"OBSERVATORY_{name}", "1")
        for name in ("ID", "SECRET"):
            patch.setenv(f"OBSERVATORY_FRANCE_TRAVAIL_CLIENT_{name}", "1")
        settings = settings_for(folder / "home")
        hand_over(settings, folder)
        asked: list[str] = []
        with serve(Producer()) as producer, addresses(offers=card_for("offers", producer)):
            for at in range(2):
                producer.offers = a_day(at)
                patch.setenv("OBSERVATORY_AS_OF", ("2026-10-31", "2026-11-01")[at])
                done = run("fetch_daily" if at else "labour", load_settings())
                asked += [
                    f"{e.step_key}: {e.event_specific_data.error.to_string()[-300:]}"
                    for e in done.all_events
                    if e.is_step_failure
                ]
            calls = len(producer.answered)
            run("fetch_daily", load_settings())
            asked += producer.answered[calls:]
        yield folder / "home", asked


def test_a_day_of_offers_becomes_flows(lived: tuple[Path, list[str]]) -> None:
    home, failed = lived
    assert failed == []
    rows = pl.read_parquet(home / "current" / "labour_offer_flows_by_bassin.parquet")
    assert set(rows["bassin_code"]) == {"9306"}
    ledger, _, days = read_ledger(settings_for(home))
    first, second = ({o["id"] for o in a_day(at)} for at in range(2))
    assert ledger.height == len(first | second)
    assert ledger["closed_date"].is_not_null().sum() == len(first - second)
    assert ledger["duplicate_date"].count() == 1
    assert days.to_list() == [dt.date(2026, 10, 31), dt.date(2026, 11, 1)]


def texts(path: Path) -> Iterator[str]:
    """What a file says, unpacked."""
    content = path.read_bytes()
    if path.suffix == ".parquet":
        frame = pl.read_parquet(path, glob=False)
        strings = frame.select(pl.col(pl.String))
        yield "\n".join("\n".join(map(str, column.drop_nulls())) for column in strings)
    elif content.startswith(b"SQLite format 3"):
        with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
            yield "\n".join(database.iterdump())
    elif content.startswith(b"\x1f\x8b"):
        yield gzip.decompress(content).decode("utf-8", "replace")
    else:
        yield content.decode("utf-8", "replace")


def holding(home: Path, *words: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for path in home.rglob("*"):
        if path.is_file() and not path.is_symlink():
            for text in texts(path):
                if said := {w for w in words if w in text}:
                    found[path.relative_to(home).as_posix()] = said
    return found


def test_neither_the_secret_nor_a_person_is_anywhere(lived: tuple[Path, list[str]]) -> None:
    home, _ = lived
    settings = settings_for(home)
    archive = Archive(settings.archive)
    kept = [e for e in archive.entries() if e.source == "france_travail/offers"]
    assert {e.headers["departments-asked"] for e in kept} == {"13"}
    raw = {archive.path(e).relative_to(home).as_posix() for e in kept}
    found = holding(home, SECRET, *PERSONAL)
    # the raw snapshots, and nothing else, until their day has passed
    assert set(found) == raw
    assert all((home / name).stat().st_mode & 0o077 == 0 for name in raw)
    assert all(SECRET not in said for said in found.values())
    later = dt.datetime.now(dt.UTC) + dt.timedelta(days=1, minutes=1)
    # what an interrupted crawl or copy leaves
    crawl = home / "private" / "real" / "crawl" / "2026-10-30"
    crawl.mkdir(parents=True)
    (crawl / "answer.json").write_text(PERSONAL[0])
    (archive.root / ".incoming-0").write_text(PERSONAL[0])
    assert erase_due(settings, CARDS, dt.datetime.now(dt.UTC)) == []
    assert {"2026-10-30", ".incoming-0"} < set(erase_due(settings, CARDS, later))
    assert holding(home, SECRET, *PERSONAL) == {}
    assert archive.verify() == []


def test_what_is_private_is_readable_by_its_owner_alone(lived: tuple[Path, list[str]]) -> None:
    home, _ = lived
    private = home / "private"
    for path in [private / "real", *(private / "real").rglob("*")]:
        assert path.stat().st_mode & 0o077 == 0, path


def test_the_watch_lists_what_fails_and_what_lacks(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert home.name == "home"
    monkeypatch.setenv("OBSERVATORY_INPUT", "live")
    settings = load_settings()
    broken = Attempt(
        source="gpu/zoning", part="", at=now(), outcome="failed", message="gpu/zoning: gone"
    )
    Attempts(settings).record([broken])
    asked = Attempt(
        source="france_travail/offers",
        part="",
        at=now(),
        outcome="not_asked",
        message="france_travail/offers: no credentials: register",
    )
    Attempts(settings).record([asked])
    found = [f for f in findings(settings, CARDS) if f.kind != "absent"]
    assert [f.line for f in found] == [
        "gpu/zoning: gone",
        "france_travail/offers: no credentials: register",
    ]
    assert [f.source for f in new_findings(settings, found)] == [
        "gpu/zoning",
        "france_travail/offers",
    ]
    # told when a letter went, and not before
    assert len(new_findings(settings, found)) == 2
    remember_told(settings, found)
    assert new_findings(settings, found) == []
    prepare_home(settings)
    with dg.DagsterInstance.get() as instance:
        done = (
            definitions(settings)
            .resolve_job_def("fetch_daily")
            .execute_in_process(instance=instance, asset_selection=[dg.AssetKey("sources_watch")])
        )
    (check,) = done.get_asset_check_evaluations()
    assert (check.check_name, check.passed) == (RULE, False)


class Hook(BaseHTTPRequestHandler):
    """A webhook; remembers what it was told."""

    told: list[dict]

    def do_POST(self) -> None:
        size = int(self.headers["content-length"])
        type(self).told.append(json.loads(self.rfile.read(size)))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def hook() -> Iterator[tuple[str, list[dict]]]:
    Hook.told = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hook)
    thread = Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield f"json://u:pass-word@127.0.0.1:{server.server_address[1]}/", Hook.told
    server.shutdown()
    server.server_close()
    thread.join(5)


def test_those_named_are_told_and_a_password_is_in_no_log(
    home: Path,
    hook: tuple[str, list[dict]],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    address, told = hook
    monkeypatch.setenv("OBSERVATORY_NOTIFY", address)
    assert notify(load_settings(), "1 sources", ["gpu/zoning: gone"])
    assert "gpu/zoning: gone" in told[0]["message"]
    monkeypatch.setenv("OBSERVATORY_NOTIFY", f"{address} json://u:pass-word@127.0.0.1:1/")
    assert not notify(load_settings(), "1 sources", ["again"])
    assert "not all could be told" in caplog.text
    assert "pass-word" not in caplog.text
    assert home.name == "home"


class Mailbox:
    """What a mail server on the loopback address took in."""

    def __init__(self) -> None:
        self.letters: list[str] = []

    async def handle_DATA(self, _: object, __: object, envelope: Any) -> str:  # noqa: N802
        self.letters.append(envelope.content.decode("utf-8", "replace"))
        return "250 taken"


def test_a_letter_is_sent_where_the_address_is_one_of_mail(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    box = Mailbox()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    post = Controller(box, hostname="127.0.0.1", port=port)
    post.start()
    try:
        address = (
            f"mailto://127.0.0.1:{port}?from=obs@exemple.test&to=ops@exemple.test&mode=insecure"
        )
        monkeypatch.setenv("OBSERVATORY_NOTIFY", address)
        assert notify(load_settings(), "2 sources", ["gpu/zoning: gone"])
    finally:
        post.stop()
    (letter,) = box.letters
    assert "To: ops@exemple.test" in letter
    assert home.name == "home"


def test_a_failed_run_is_told_with_its_step(
    home: Path, hook: tuple[str, list[dict]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OBSERVATORY_NOTIFY", hook[0])
    prepare_home(load_settings())

    @dg.op
    def broken() -> None:
        raise dg.Failure("France Travail gave no token")

    @dg.job
    def a_job() -> None:
        broken()

    with dg.DagsterInstance.get() as instance:
        done = a_job.execute_in_process(instance=instance, raise_on_error=False)
        (log,) = instance.all_logs(done.run_id, of_type=dg.DagsterEventType.RUN_FAILURE)
        context = dg.build_run_status_sensor_context(
            sensor_name="failed_runs",
            dagster_instance=instance,
            dagster_run=done.dagster_run,
            dagster_event=log.get_dagster_event(),
        ).for_run_failure()
        failed_runs(context)
    assert "broken: " in hook[1][0]["message"]
    assert "France Travail gave no token" in hook[1][0]["message"]


def test_a_new_resource_is_noticed_by_what_is_listed_not_by_a_date(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert new_editions(dg.build_sensor_context()).skip_reason is not None
    monkeypatch.setenv("OBSERVATORY_INPUT", "live")
    one = {"id": "abc", "title": "Stops 2025", "format": "csv", "url": "x", "last_modified": "1"}
    with serve(Producer(resources=[one])) as producer:
        card = card_for("portal", producer)
        with addresses(stops=card):
            before = listing(card)
            producer.resources = [{**one, "last_modified": "2"}]
            assert listing(card) == before
            first = new_editions(dg.build_sensor_context())
            assert first.run_requests == []
            producer.resources = [one, {**one, "id": "def", "title": "Stops 2026"}]
            second = new_editions(dg.build_sensor_context(cursor=first.cursor))
    (asked,) = second.run_requests
    assert asked.job_name == "fetch_monthly"
    assert asked.asset_selection == [dg.AssetKey("transport_stops")]
    assert home.name == "home"


def test_a_page_is_told_by_the_files_it_links_to() -> None:
    page = '<a href="/a/bmo_2025.xlsx">x</a> <a href="/faq">y</a><p>vu le {day}</p>'
    with serve(Producer(files={"/files/page": page.encode()})) as producer:
        card = CARDS["insee/employment_zones"].model_copy(
            update={"landing_page": f"{producer.url}/files/page", "address": None}
        )
        before = listing(card)
        producer.files["/files/page"] = page.replace("{day}", "mardi").encode()
        assert listing(card) == before
        producer.files["/files/page"] += b'<a href="/a/bmo_2026.xlsx?v=1">z</a>'
        assert listing(card) != before
        producer.faults["404"] = 1
        with pytest.raises(InputError, match="address is gone"):
            listing(card)


def test_findings_name_their_source_once() -> None:
    found = Finding(kind="failing", source="a/b", part="13", message="a/b: it fails")
    assert found.line == "a/b 13: it fails"
