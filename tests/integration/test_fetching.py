"""Fetching from a producer that behaves, and from one that does not."""

import gzip
import json
import time
from pathlib import Path

import polars as pl
import pytest
import trustme

import sources.fetching
import sources.web
from assets.labour.occupations import with_listed
from observatory.errors import InputError
from observatory.ingest.reading import read_table
from observatory.metadata.cards import Address
from observatory.settings import load_settings
from observatory.storage.archive import Archive
from observatory.storage.attempts import Attempts
from sources import CARDS
from sources.france_travail import client
from sources.france_travail import offers as crawl
from sources.france_travail.rome import list_codes
from sources.providing import fetch
from sources.sample.tension import write_tension_2024
from tests.cleaning import clean_rome_4
from tests.faults.fetch import CASES, WHERE, a_producer, card_for, judge, settings_for, strike
from tests.producer import SECRET, Producer, offers, serve

pytestmark = pytest.mark.usefixtures("live_environment")


@pytest.fixture(autouse=True)
def _in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (sources.web, sources.fetching):
        monkeypatch.setattr(module, "BACKOFF_SECONDS", 0.01)
    monkeypatch.setattr(sources.web, "LONGEST_WAIT_SECONDS", 1)
    monkeypatch.setattr(client, "open_web", lambda per_second: sources.web.open_web(per_second=999))


@pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c.subject}-{c.fault}-{c.times}")
def test_a_fault_is_recovered_from_or_said(case: object, tmp_path: Path) -> None:
    assert judge(case, strike(case, tmp_path / "home")) == []  # type: ignore[arg-type]


def test_a_cut_download_goes_on_where_it_stopped(tmp_path: Path) -> None:
    with serve(a_producer()) as producer:
        content = b"stop_id,stop_lat,stop_lon\n" + b"a,43.1,5.1\n" * 400_000
        producer.files["/files/stops.csv"] = content
        producer.faults["cut"] = 1
        done = fetch(card_for("file", producer), settings_for(tmp_path), WHERE)
    assert done[0].outcome == "new"
    assert len(producer.asked) == 2
    assert 0 < producer.sent < 1.6 * len(content)


def test_what_has_not_changed_is_not_sent_again(tmp_path: Path) -> None:
    settings = settings_for(tmp_path)
    with serve(a_producer()) as producer:
        card = card_for("file", producer)
        assert [a.outcome for a in fetch(card, settings, WHERE)] == ["new"]
        sent = producer.sent
        assert [a.outcome for a in fetch(card, settings, WHERE)] == ["unchanged"]
    assert producer.sent == sent
    assert len(Archive(settings.archive).entries()) == 1


def test_a_portal_that_fails_once_does_not_make_us_read_all_again(tmp_path: Path) -> None:
    settings = settings_for(tmp_path)
    with serve(a_producer()) as producer:
        card = card_for("portal", producer)
        own = {"id": "abc", "title": "Stops 2026", "format": "csv"}
        producer.resources = [{**own, "url": f"{producer.url}/files/stops.csv"}]
        assert [a.outcome for a in fetch(card, settings, WHERE)] == ["new"]
        producer.faults["403"] = 1
        assert [a.outcome for a in fetch(card, settings, WHERE)][-1] == "failed"
        sent = producer.sent
        assert [a.outcome for a in fetch(card, settings, WHERE)] == ["unchanged"]
        assert producer.sent - sent < 1_000
    assert Attempts(settings).failing([card.key]) == []


def test_a_layer_keeps_its_name(tmp_path: Path) -> None:
    """Cards tell layers by name: the file of a service bears that of its layer."""
    settings = settings_for(tmp_path)
    with serve(a_producer()) as producer:
        for i, feature in enumerate(producer.features):
            feature["properties"] = {"importance": "1"}
            feature["geometry"] = {"type": "LineString", "coordinates": [[0, i], [9, 9]]}
        wfs = card_for("wfs", producer).require_address()
        address = wfs.model_copy(update={"layer": "BDTOPO_V3:troncon_de_route"})
        card = CARDS["ign/roads"].model_copy(update={"address": address})
        assert [a.message for a in fetch(card, settings, WHERE)] == [None]


def test_each_departement_is_a_part_and_one_that_fails_is_named(tmp_path: Path) -> None:
    settings = settings_for(tmp_path)
    where = WHERE.__class__(departments=("13", "84"), communes=(), box=None)
    with serve(a_producer()) as producer:
        stops = producer.files.pop("/files/stops.csv")
        producer.files |= {"/files/stops-13.csv": stops}
        card = CARDS["transport/stops"].model_copy(
            update={
                "address": Address(kind="file", url=producer.url + "/files/stops-{department}.csv")
            }
        )
        fetch(card, settings, where)
    year = settings.as_of.year
    assert [e.vintage for e in Archive(settings.archive).entries()] == [f"{year}.13"]
    (failing,) = Attempts(settings).failing([card.key])
    assert failing.part == f"{year}.84"
    assert "address is gone" in str(failing.message)


def test_the_editions_before_the_newest_are_fetched_under_their_own_year(tmp_path: Path) -> None:
    settings, own = settings_for(tmp_path), CARDS["dares/tension"]
    assert {"2023"} == set(own.require_address().earlier)
    with serve(a_producer()) as producer:
        for edition in (2023, 2024):
            path = write_tension_2024(tmp_path, edition=edition)
            producer.files[f"/files/{edition}.xlsx"] = path.read_bytes()
        at = f"{producer.url}/files"
        update = {"url": f"{at}/2024.xlsx", "earlier": {"2023": f"{at}/2023.xlsx"}}
        address = own.require_address().model_copy(update=update)
        card = own.model_copy(update={"address": address})
        assert [a.outcome for a in fetch(card, settings, WHERE)] == ["new", "new"]
        assert [a.outcome for a in fetch(card, settings, WHERE)] == ["unchanged", "unchanged"]
    kept = {e.vintage: e.file_name for e in Archive(settings.archive).latest(card, sample=False)}
    assert kept == {"2023": "dares_tensions_2023.xlsx", "2024": "dares_tensions_2024.xlsx"}


def test_a_crawl_that_stops_at_any_call_goes_on_without_asking_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = settings_for(tmp_path)
    monkeypatch.setattr(crawl, "MOST_RESULTS", 200)
    with serve(Producer(offers=offers(400), cap=200)) as producer:
        card = card_for("offers", producer)

        def crawled(folder: Path) -> int:
            return crawl.snapshot(card, settings, WHERE, folder, tmp_path / "a.gz")

        assert crawled(tmp_path / "whole") == 400
        calls = len(producer.answered)
        assert calls > 10
        for stop_after in range(calls):
            folder = tmp_path / f"stopped at {stop_after}"
            producer.answered.clear()
            producer.stop_after = stop_after
            with pytest.raises(InputError):
                crawled(folder)
            before = set(producer.answered)
            producer.answered.clear()
            producer.stop_after = None
            assert crawled(folder) == 400
            assert len(before) == stop_after
            assert not before & set(producer.answered)
            assert not folder.exists()


def test_offers_that_move_between_two_sittings_are_asked_for_anew(tmp_path: Path) -> None:
    """Ten of the first page close before the crawl goes on: ten of the second moved up."""
    settings = settings_for(tmp_path)
    with serve(Producer(offers=offers(300))) as producer:
        card = card_for("offers", producer)
        producer.stop_after = 1
        with pytest.raises(InputError):
            crawl.snapshot(card, settings, WHERE, tmp_path / "c", tmp_path / "a.gz")
        producer.stop_after = None
        producer.offers = producer.offers[10:]
        count = crawl.snapshot(card, settings, WHERE, tmp_path / "c", tmp_path / "a.gz")
        written = gzip.decompress((tmp_path / "a.gz").read_bytes()).decode().splitlines()
        assert count == 290
        assert {json.loads(line)["id"] for line in written} == {o["id"] for o in producer.offers}


def test_a_second_with_too_many_offers_is_split_by_occupation_and_commune(tmp_path: Path) -> None:
    settings = settings_for(tmp_path)
    with serve(Producer(offers=offers(600, same_second=480), cap=60)) as producer:
        card = card_for("offers", producer)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(crawl, "MOST_RESULTS", 60)
            count = crawl.snapshot(card, settings, WHERE, tmp_path / "c", tmp_path / "a.gz")
    assert count == 600
    assert any("codeROME" in asked for asked in producer.asked)
    assert any("commune=" in asked for asked in producer.asked)


def test_rome_codes_are_listed_and_added_to_those_of_a_file(tmp_path: Path) -> None:
    settings, target = settings_for(tmp_path / "home"), tmp_path / "rome.json"
    key = "france_travail/rome_4"
    with serve(a_producer()) as producer:
        address = card_for("offers", producer).require_address()
        card = CARDS[key].model_copy(
            update={"address": address.model_copy(update={"url": f"{producer.url}/rome"})}
        )
        producer.faults["renamed list"] = 1
        with pytest.raises(InputError, match="no list of codes"):
            list_codes(card, settings, target)
        list_codes(card, settings, target)
    listed = clean_rome_4(read_table(target, CARDS[key], name="rome.json", sha256="0")).rows
    own = {"rome_label": "Conduite d'engins", "parent_rome_code": "A1101"}
    handed = pl.DataFrame({"rome_version": ["3", "4"], "rome_code": "A1101", **own})
    found = with_listed(handed, listed)
    assert found["rome_code"].to_list() == ["A1101", "A1101", "N4999"]
    assert found["rome_label"].to_list()[1:] == ["Conduite d'engins", "Drone"]


def test_without_credentials_the_source_says_what_to_ask_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings_for(tmp_path)
    monkeypatch.setenv("OBSERVATORY_FRANCE_TRAVAIL_CLIENT_SECRET", "")
    with pytest.raises(InputError, match="register an application"):
        crawl.snapshot(
            CARDS["france_travail/offers"], load_settings(), WHERE, tmp_path, tmp_path / "a.gz"
        )


def test_a_secret_may_be_a_file_outside_the_project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings_for(tmp_path)
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    (secrets / "observatory_france_travail_client_secret").write_text(SECRET)
    monkeypatch.delenv("OBSERVATORY_FRANCE_TRAVAIL_CLIENT_SECRET")
    monkeypatch.setenv("OBSERVATORY_SECRETS_DIR", str(secrets))
    found = load_settings()
    assert found.france_travail_client_secret is not None
    assert found.france_travail_client_secret.get_secret_value() == SECRET
    assert SECRET not in repr(found)
    monkeypatch.setenv("OBSERVATORY_SECRETS_DIR", str(Path(__file__).parent))
    with pytest.raises(InputError, match="outside the project"):
        load_settings()


def test_a_proxy_of_the_environment_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = settings_for(tmp_path)
    with serve(a_producer()) as producer:
        monkeypatch.setenv("HTTP_PROXY", producer.url)
        monkeypatch.setenv("NO_PROXY", "")
        address = Address(kind="file", url="http://producer.invalid/files/stops.csv")
        card = CARDS["transport/stops"].model_copy(update={"address": address})
        assert [a.outcome for a in fetch(card, settings, WHERE)] == ["new"]
    assert producer.asked == ["GET http://producer.invalid/files/stops.csv"]


def test_pages_that_name_their_successor_deep_inside_are_followed(tmp_path: Path) -> None:
    """As Insee Melodi does: observations, and ``paging.next`` until it is the last."""
    settings = settings_for(tmp_path)
    with serve(a_producer()) as producer:
        producer.records["melodi"] = [{"codeAIOT": str(i), "codeInsee": "13001"} for i in range(5)]
        address = Address(
            kind="pages",
            url=f"{producer.url}/pages/melodi?code_insee=melodi&deep=1",
            rows="data",
            next="paging.next",
            per_second=1_000,
            per_minute=2_000,
        )
        card = CARDS["georisques/installations"].model_copy(update={"address": address})
        assert [a.outcome for a in fetch(card, settings, WHERE)] == ["new"]
    assert len(producer.asked) == 3
    (entry,) = Archive(settings.archive).entries()
    assert Archive(settings.archive).content(entry).read_text().count("codeAIOT") == 5


def test_a_pace_is_kept_for_each_host(tmp_path: Path) -> None:
    with serve(a_producer()) as producer, sources.web.open_web(per_second=10) as web:
        begun = time.monotonic()
        for _ in range(13):
            web.get(f"{producer.url}/files/stops.csv")
        assert time.monotonic() - begun > 0.9
    assert tmp_path.exists()


def test_a_private_authority_of_the_environment_is_trusted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = trustme.CA()
    bundle = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(bundle))
    settings = settings_for(tmp_path / "home")
    with serve(a_producer(), certificate=authority.issue_cert("127.0.0.1")) as producer:
        card = card_for("file", producer)
        (failed,) = fetch(card, settings, WHERE)
        assert "SSLError" in str(failed.message)
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(bundle))
        assert [a.outcome for a in fetch(card, settings, WHERE)] == ["new"]
