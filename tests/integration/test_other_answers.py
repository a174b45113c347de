"""Answers of another form than was agreed: a sentence each, and the next one is asked."""

import json
from pathlib import Path

import dagster as dg
import pytest

from assets import watch
from observatory.errors import InputError
from observatory.metadata.cards import Card
from observatory.settings import load_settings
from observatory.storage.attempts import Attempts
from sources import CARDS
from sources.france_travail import labour_market
from sources.france_travail import offers as crawl
from sources.providing import fetch
from tests.faults.fetch import WHERE, a_producer, card_for, settings_for
from tests.producer import serve

pytestmark = [pytest.mark.xdist_group("live"), pytest.mark.usefixtures("live_environment")]


def test_a_page_nobody_foresaw_does_not_stop_the_look_for_new_editions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A link that is no address made the sensor fail at the same source at every tick."""
    settings_for(tmp_path)
    monkeypatch.setattr(watch, "AT_ONCE", 3)
    pages = {"/files/1": b'<a href="http://[.csv">x</a>', "/files/2": b'<a href="/a.csv">y</a>'}
    with serve(a_producer()) as producer:
        producer.files |= pages
        producer.replies["/files/3"] = (302, {"Location": "http://10.0.0.1/"}, b"")
        cards = {
            key: CARDS[key].model_copy(
                update={
                    "landing_page": f"{producer.url}/files/{at}",
                    "address": card_for("file", producer).address,
                }
            )
            for at, key in enumerate(["transport/stops", "ign/roads", "gpu/zoning"], start=1)
        }
        monkeypatch.setattr(watch, "CARDS", cards)
        seen = watch.new_editions(dg.build_sensor_context())
    known = json.loads(str(seen.cursor))
    assert set(known) == {"ign/roads", "at"}
    assert known["at"] == "0"


@pytest.mark.parametrize(
    "offers",
    [[{"id": ["a"]}], [{"id": None}], [{}], [1], {"id": "a"}, "offers", None, [{"id": 7}]],
    ids=json.dumps,
)
def test_offers_of_another_form_are_refused_in_a_sentence(offers: object, tmp_path: Path) -> None:
    settings = settings_for(tmp_path)
    with serve(a_producer()) as producer:
        answer = json.dumps({"resultats": offers}).encode()
        producer.replies["/offres/search"] = (200, {}, answer)
        with pytest.raises(InputError, match="the interface changed"):
            crawl.snapshot(
                card_for("offers", producer), settings, WHERE, tmp_path / "c", tmp_path / "a.gz"
            )


@pytest.mark.parametrize("token", ["[" * 100_000, '"x"', "null", '{"access_token": {}}', "[]"])
def test_a_token_of_another_form_is_refused_in_a_sentence(token: str, tmp_path: Path) -> None:
    settings = settings_for(tmp_path)
    with serve(a_producer()) as producer:
        producer.replies["/token"] = (200, {}, token.encode())
        with pytest.raises(InputError, match=r"gave no token|refused access|did not answer"):
            crawl.snapshot(
                card_for("offers", producer), settings, WHERE, tmp_path / "c", tmp_path / "a.gz"
            )


@pytest.mark.parametrize("values", [[1], ["x"], {"a": 1}, None])
def test_a_market_of_another_form_is_refused_in_a_sentence(values: object, tmp_path: Path) -> None:
    settings = settings_for(tmp_path)
    with serve(a_producer()) as producer:
        address = card_for("offers", producer).require_address()
        own = address.model_copy(update={"url": f"{producer.url}/market/"})
        card = CARDS["france_travail/labour_market"].model_copy(update={"address": own})
        answer = json.dumps({"listeValeursParPeriode": values}).encode()
        for indicator in labour_market.INDICATORS:
            producer.replies[f"/market/{indicator}"] = (200, {}, answer)
        with pytest.raises(InputError, match="the interface changed"):
            labour_market.collect(
                card, settings, WHERE, ["A1101"], tmp_path / "c", tmp_path / "m.json"
            )


@pytest.mark.parametrize(
    "page",
    [
        {"data": "x"},
        {"data": None},
        [],
        7,
        {"data": [1], "next": 7},
        {"data": [1], "next": "http://["},
        {"data": [1], "results": "many", "next": {}},
        {"data": [[1]], "results": [3]},
    ],
    ids=json.dumps,
)
def test_pages_of_another_form_end_in_a_sentence(page: object, tmp_path: Path) -> None:
    settings = settings_for(tmp_path)
    with serve(a_producer()) as producer:
        producer.replies["/pages/icpe"] = (200, {}, json.dumps(page).encode())
        card: Card = card_for("pages", producer)
        (done,) = fetch(card, settings, WHERE)
    assert done.outcome == "failed"
    assert "this program failed" not in str(done.message)
    assert [a.message for a in Attempts(load_settings()).failing([card.key])] == [done.message]
