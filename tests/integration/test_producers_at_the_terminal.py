"""What `observatory fetch` and `observatory doctor` say where some of it goes wrong."""

import datetime as dt
import json
import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import dagster as dg
import pytest
import shapely
from click.testing import CliRunner, Result
from polars.exceptions import PanicException

import assets.source_files
import sources.providing
from assets.source_files import Fetch, bring
from observatory.cli.sources import doctor, fetch
from observatory.errors import InputError
from observatory.home import require_world
from observatory.metadata.cards import Address, Card
from observatory.settings import Settings, load_settings
from observatory.storage.archive import Archive
from observatory.storage.attempts import Attempt, Attempts
from observatory.storage.frames import Store
from observatory.storage.overdue import findings
from sources import CARDS
from sources.addresses import Where
from tests.faults.fetch import settings_for
from tests.producer import Producer, serve

pytestmark = [pytest.mark.xdist_group("live"), pytest.mark.usefixtures("live_environment")]
KEY = "cadastre/buildings"
DEPARTMENTS = ("04", "05", "13", "30", "83", "84")
UNREADABLE, UNFORESEEN, GONE = "30", "83", ("04", "05")


def buildings(x: float) -> bytes:
    shape = shapely.box(x, 43.5, x + 0.001, 43.501)
    feature = {
        "type": "Feature",
        "properties": {"type": "01", "commune": "13001"},
        "geometry": shapely.geometry.mapping(shape),
    }
    return json.dumps({"type": "FeatureCollection", "features": [feature]}).encode()


@pytest.fixture
def producer(monkeypatch: pytest.MonkeyPatch) -> Iterator[Producer]:
    """Six départements: two good files, one unreadable, one that a reader stumbles over."""
    files = {f"/files/{d}.geojson": buildings(5 + int(d) / 100) for d in ("13", "83", "84")}
    files[f"/files/{UNREADABLE}.geojson"] = b'{"type": "FeatureCollection", "features": [{]}'
    where = Where(departments=DEPARTMENTS, communes=("13001",), box=None)
    monkeypatch.setattr(assets.source_files, "territory", lambda _: where)
    with serve(Producer(files=files)) as own:
        address = Address(kind="file", url=own.url + "/files/{department}.geojson", per_second=999)
        monkeypatch.setitem(vars(CARDS[KEY]), "address", address)
        yield own


@pytest.fixture
def stumbles(monkeypatch: pytest.MonkeyPatch) -> Callable[[BaseException], None]:
    """Make the reader raise on one file what nobody foresaw."""
    read = sources.providing.require_readable

    def set_up(error: BaseException) -> None:
        def reader(card: Card, path: Path) -> None:
            if path.name.startswith(UNFORESEEN):
                raise error
            read(card, path)

        monkeypatch.setattr(sources.providing, "require_readable", reader)

    return set_up


def typed(*arguments: str) -> Result:
    """What a command prints on a screen of 80 columns."""
    command, *rest = arguments
    commands = {"fetch": fetch, "doctor": doctor}
    return CliRunner(env={"COLUMNS": "80"}).invoke(commands[command], rest)


@pytest.mark.parametrize(
    "error",
    [
        IndexError("list index out of range"),
        shapely.GEOSException("Invalid number of points in LinearRing found 2"),
        PanicException("index out of bounds"),
        OSError(28, "No space left on device"),
    ],
    ids=lambda e: type(e).__name__,
)
def test_one_bad_part_never_keeps_the_others_from_coming(
    error: BaseException,
    tmp_path: Path,
    producer: Producer,
    stumbles: Callable[[BaseException], None],
    caplog: pytest.LogCaptureFixture,
) -> None:
    settings = settings_for(tmp_path)
    year = settings.as_of.year
    stumbles(error)
    with caplog.at_level(logging.WARNING):
        sources.providing.fetch(CARDS[KEY], settings, assets.source_files.territory(settings))
    attempts = Attempts(settings).of(KEY)
    assert {part: a.outcome for part, a in attempts.items()} == {
        f"{year}.{d}": "new" if d in {"13", "84"} else "failed" for d in DEPARTMENTS
    }
    kept = Archive(settings.archive).latest(CARDS[KEY], sample=False)
    assert [e.vintage for e in kept] == [f"{year}.13", f"{year}.84"]
    told = str(attempts[f"{year}.{UNFORESEEN}"].message)
    assert told.startswith(f"{KEY}: this program failed on it ({type(error).__name__}: ")
    assert "Traceback" not in told
    assert "Traceback (most recent call last)" in caplog.text
    assert not list((tmp_path / "incoming").rglob(f"{UNFORESEEN}*"))
    assert len(producer.asked) == len(DEPARTMENTS)


def test_fetch_and_doctor_say_what_failed_since_when_and_what_to_do(
    tmp_path: Path, producer: Producer, stumbles: Callable[[BaseException], None]
) -> None:
    settings = settings_for(tmp_path)
    assert typed("fetch", KEY).exit_code == 1
    before = Attempts(settings).of(KEY)
    year = settings.as_of.year
    long_ago = [
        Attempt(**{**vars(a), "at": "2025-03-02T10:00:00+00:00", "etag": None})
        for a in before.values()
    ]
    Attempts(settings).record(long_ago)
    stumbles(IndexError("list index out of range"))
    fetched = typed("fetch", KEY)
    assert fetched.exit_code == 1
    text = " ".join(fetched.output.split())
    assert f"unchanged {KEY} {year}.13, {year}.84" in text
    assert f"failed {KEY} {year}.{UNREADABLE}" in text
    assert f"failed {KEY} {year}.04, {year}.05 the address is gone (404" in text
    assert text.endswith("4 of 6 failed: what was archived before stays in use.")
    told = typed("doctor")
    assert told.exit_code == 1
    today = dt.datetime.now(dt.UTC).date()
    text = " ".join(told.output.split())
    assert f"gone {KEY} {year}.04, {year}.05 the address is gone" in text
    assert f"Failed on {today}, never fetched before." in text
    assert f"failing {KEY} {year}.{UNFORESEEN} this program failed on it (IndexError" in text
    assert f"Failed on {today}, last fetched on 2025-03-02." in text
    assert text.endswith("Sources that fail: 1. Sources that are late: 0.")
    for output in (fetched.output, told.output):
        assert "Traceback" not in output
        assert max(len(line) for line in output.splitlines() if str(tmp_path) not in line) <= 80
    with dg.DagsterInstance.get() as instance:
        logs = [e.user_message for r in instance.get_runs() for e in instance.all_logs(r.run_id)]
    assert any("a fault of the program\nTraceback" in message for message in logs)
    assert producer.asked


def test_what_was_fetched_and_failed_is_told_to_a_run_that_reads_the_archive(
    tmp_path: Path, producer: Producer, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings_for(tmp_path)
    typed("fetch", KEY)
    monkeypatch.setenv("OBSERVATORY_INPUT", "archive")
    assert "failing" in typed("doctor").output
    monkeypatch.setenv("OBSERVATORY_INPUT", "sample")
    refused = typed("doctor").exception
    assert isinstance(refused, InputError)
    assert "read with OBSERVATORY_INPUT=live or archive" in str(refused)
    assert producer.asked


def test_a_portal_that_lists_nothing_is_told_with_the_day_its_parts_came(home: Path) -> None:
    assert home.name == "home"
    settings = settings_for(home)
    came = Attempt(source=KEY, part="2025.13", at="2025-03-02T10:00:00+00:00", outcome="new")
    Attempts(settings).record([came])
    failed = {"source": KEY, "at": "2026-04-05T10:00:00+00:00", "outcome": "failed"}
    before = Attempts(settings).of(KEY)["2025.13"]
    Attempts(settings).record([before, Attempt(part="", message="it lists nothing", **failed)])
    (found,) = [f for f in findings(settings, CARDS) if f.kind == "failing"]
    assert found.when == "Failed on 2026-04-05, last fetched on 2025-03-02."
    assert found.line == f"{KEY}: it lists nothing"


def test_real_files_are_not_fetched_into_a_home_of_the_sample(
    tmp_path: Path, producer: Producer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OBSERVATORY_HOME", str(tmp_path))
    require_world(load_settings())
    settings = settings_for(tmp_path)
    refused = typed("fetch", KEY).exception
    assert isinstance(refused, InputError)
    assert "holds the embedded scenario (invented figures)" in str(refused)
    assert producer.asked == []
    assert Attempts(settings).of(KEY) == {}


def test_a_source_that_cannot_even_be_asked_is_told_as_failed(
    tmp_path: Path, producer: Producer
) -> None:
    settings = settings_for(tmp_path)
    Attempts(settings).root.mkdir(parents=True)
    (Attempts(settings).root / "cadastre__buildings.json").write_text("[{")
    told = typed("fetch", KEY)
    assert told.exit_code == 1
    text = " ".join(told.output.split())
    assert text.startswith(f"failed {KEY} {tmp_path}")
    assert "is damaged" in text
    assert "delete it; nothing else is lost. 1 of 1 failed" in text
    assert producer.asked == []


def asked_by_a_client(card: Card, settings: Settings, error: BaseException) -> Attempt:
    def run(*_: object) -> Path | None:
        raise error

    bring(card, Fetch(reads=(), run=run), settings, Store.of(settings))
    return Attempts(settings).of(card.key)[""]


@pytest.mark.parametrize("error", [KeyError("Maryse"), PanicException("Maryse")])
def test_a_client_that_stumbles_is_told_without_what_it_read(
    tmp_path: Path, error: BaseException, caplog: pytest.LogCaptureFixture
) -> None:
    card = CARDS["france_travail/offers"]
    with caplog.at_level(logging.WARNING):
        attempt = asked_by_a_client(card, settings_for(tmp_path), error)
    assert attempt.outcome == "failed"
    assert f"this program failed on it ({type(error).__name__})" in str(attempt.message)
    assert "Maryse" not in str(attempt.message) + caplog.text
    assert "in _asked" in caplog.text
