"""Layers that come page by page, from services that count and page each in a way of their own."""

import itertools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import sources.web
from observatory.storage.archive import Archive
from observatory.storage.attempts import Attempt
from sources.providing import fetch
from tests.faults.fetch import WHERE, a_producer, card_for, settings_for
from tests.producer import Producer, serve

pytestmark = pytest.mark.usefixtures("live_environment")
ALL = a_producer().features
COUNT, CAP = 130, 30
CALLS = itertools.count()
Paging = Callable[[int, int], dict[str, Any]]


@pytest.fixture(autouse=True)
def _in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources.web, "BACKOFF_SECONDS", 0.01)


def fetched(paging: Paging, home: Path) -> tuple[Attempt, list[str], int]:
    """What became of a layer, the features that are archived, and how often it was asked for."""
    settings = settings_for(home)
    with serve(Producer(paging=paging)) as producer:
        card = card_for("wfs", producer)
        (done,) = fetch(card, settings, WHERE)
        asked = len(producer.asked)
    archive = Archive(settings.archive)
    names = [
        feature["id"]
        for entry in archive.latest(card, sample=False)
        for feature in json.loads(archive.content(entry).read_text())["features"]
    ]
    return done, names, asked


def page(features: list[dict[str, Any]], **told: Any) -> dict[str, Any]:
    return {"type": "FeatureCollection", "features": features, **told}


def counted(total: int | str | None, name: str = "numberMatched", cap: int = 999) -> Paging:
    told = {} if total is None else {name: total}
    return lambda at, count: page(ALL[at : at + min(count, cap)], **told)


def empty_at(start: int, times: int, total: int | str) -> Paging:
    """The page from ``start`` on comes empty so many times."""
    left = iter(range(times))

    def answer(at: int, count: int) -> dict[str, Any]:
        is_empty = at == start and next(left, None) is not None
        return page([] if is_empty else ALL[at : at + count], numberMatched=total)

    return answer


def overlapping(total: int | str) -> Paging:
    """Each page but the first begins ten features early."""

    def answer(at: int, count: int) -> dict[str, Any]:
        begin = max(at - 10, 0)
        return page(ALL[begin : begin + count], numberMatched=total)

    return answer


def named_anew(at: int, count: int) -> dict[str, Any]:
    """Where a layer has no key, some servers name features anew at each call."""
    return page([f | {"id": f"zone.{at}-{i}"} for i, f in enumerate(ALL[:count])])


WHOLE: dict[str, tuple[Paging, int]] = {
    "counted": (counted(COUNT), 4),
    "counted in text": (counted("130"), 4),
    "counted, capped": (counted(COUNT, cap=CAP), 5),
    "totalFeatures": (counted(COUNT, "totalFeatures", cap=CAP), 5),
    "counted on the first page": (
        lambda at, n: page(ALL[at : at + n], numberMatched=None if at else COUNT),
        4,
    ),
    # one call sees that nothing follows, one that this is the end
    "unknown": (counted("unknown"), 6),
    "unknown, capped": (counted("unknown", cap=CAP), 7),
    "unknown, ends with a full page": (counted("unknown", cap=COUNT // 5), 7),
    "not counted": (counted(None), 6),
    "empty once": (empty_at(80, 1, COUNT), 5),
    "empty once, unknown": (empty_at(80, 1, "unknown"), 8),
    "overlapping, counted": (overlapping(COUNT), 4),
}
REFUSED: dict[str, tuple[Paging, str, int]] = {
    "start ignored": (
        lambda _, n: page(ALL[:n], numberMatched="unknown"),
        "sends the same features again after the first 40",
        2,
    ),
    "start ignored, counted": (
        lambda _, n: page(ALL[:n], numberMatched=COUNT),
        "sends the same features again after the first 40",
        2,
    ),
    "start ignored, named anew": (named_anew, "the same features again after the first 40", 2),
    "empty in the middle": (empty_at(80, 9, "unknown"), "an empty page after 80 features", 8),
    "empty in the middle, counted": (
        empty_at(80, 9, COUNT),
        "announced 130 features and sends an empty page after 80",
        5,
    ),
    "empty from the second page on": (
        lambda at, n: page([] if at else ALL[:n]),
        "an empty page after 40 features",
        7,
    ),
    "overlapping": (overlapping("unknown"), "its pages overlap", 6),
    "grows meanwhile": (
        lambda at, n: page(ALL[at : at + n], numberMatched=COUNT + at),
        "counted 130 features, then 170",
        2,
    ),
    "counts the page, not the layer": (
        lambda at, n: page(ALL[at : at + n], numberMatched=n),
        "40 records were announced and 80 came",
        2,
    ),
    "sends less than it says": (
        lambda at, n: page(ALL[at : at + n // 2], numberReturned=n),
        "says that it sends 40 features and sends 20",
        1,
    ),
    "another projection": (
        lambda _, n: page(ALL[:n], crs={"properties": {"name": "urn:ogc:def:crs:OGC::CRS84"}}),
        "answers in urn:ogc:def:crs:OGC::CRS84",
        1,
    ),
    "no features": (lambda _, n: page([None] * n), "without the list of records", 1),
    "an exception on the second page": (
        lambda at, n: {"exceptions": []} if at else page(ALL[:n]),
        "without the list of records",
        2,
    ),
}


@pytest.mark.parametrize("case", WHOLE)
def test_a_layer_is_read_to_its_end_however_it_is_counted(case: str, tmp_path: Path) -> None:
    paging, calls = WHOLE[case]
    done, names, asked = fetched(paging, tmp_path)
    assert (done.outcome, done.message) == ("new", None)
    assert names == [feature["id"] for feature in ALL]
    assert asked == calls


@pytest.mark.parametrize("case", REFUSED)
def test_a_layer_that_may_not_be_whole_is_refused_in_one_sentence(
    case: str, tmp_path: Path
) -> None:
    paging, says, calls = REFUSED[case]
    done, names, asked = fetched(paging, tmp_path)
    assert done.outcome == "failed"
    assert says in str(done.message)
    assert str(done.message).startswith("gpu/zoning: ")
    assert names == []
    assert asked == calls


def shuffled(_: int, count: int) -> dict[str, Any]:
    """The first features again, in another order and under other names."""
    own = [f | {"id": f"zone.{id(f)}-{i}"} for i, f in enumerate(ALL[:count])]
    return page(own[::-1] if next(CALLS) % 2 else own)


def stamped(_: int, count: int) -> dict[str, Any]:
    """The first features again, each with the moment it was asked for; shapes tell them apart."""
    moment = next(CALLS)
    return page(
        [
            {"id": f"{moment}.{i}", "properties": {"at": moment}, "geometry": {"x": [i, 0]}}
            for i in range(count)
        ]
    )


@pytest.mark.parametrize("paging", [shuffled, stamped])
def test_a_start_that_is_ignored_is_seen_at_the_first_repeat(
    paging: Paging, tmp_path: Path
) -> None:
    done, names, asked = fetched(paging, tmp_path)
    assert "sends the same features again after the first 40" in str(done.message)
    assert (names, asked) == ([], 2)


def test_pages_that_take_turns_are_refused(tmp_path: Path) -> None:
    """Each page has another successor, and its records were there two pages before."""
    settings = settings_for(tmp_path)
    with serve(a_producer()) as producer:
        for at in range(6):
            following = f"{producer.url}/pages/icpe{at + 1}"
            told = {"data": [{"codeAIOT": str(at % 2), "codeInsee": "13001"}], "next": following}
            path = f"/pages/icpe{at or ''}"
            producer.replies[path] = (200, {}, json.dumps(told).encode())
        (done,) = fetch(card_for("pages", producer), settings, WHERE)
        assert len(producer.asked) == 2 + 3
    assert "sends the same page again and again" in str(done.message)


def test_half_a_character_does_not_end_a_fetch(tmp_path: Path) -> None:
    half = json.loads('"\\ud83d half"')
    features = [f | {"properties": {"typezone": "U", "libelle": half}} for f in ALL[:3]]
    done, names, _ = fetched(
        lambda at, _: page(features if not at else [], numberMatched=3), tmp_path
    )
    assert "this program failed" not in str(done.message)
    assert len(names) in {0, 3}
