"""Files put on a portal that behaves like udata: each once, whatever is cut on the way."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import sources.data_gouv
import sources.udata
import sources.web
from observatory.errors import InputError
from sources.data_gouv import MARK, Done, Item, Record, put_dataset
from sources.udata import Portal
from tests import portal as loopback
from tests.portal import KEY

DESCRIBED = {
    "title": "Observatoire – Exemple",
    "description": "Ce que c'est.",
    "extras": {MARK: "200054807", "observatory:release": "1"},
}
NAMES = ("labour_jobs.csv", "land_units.csv", "observatory.gpkg")


@pytest.fixture
def there(monkeypatch: pytest.MonkeyPatch) -> Iterator[loopback.Portal]:
    monkeypatch.setattr(sources.web, "BACKOFF_SECONDS", 0.001)
    monkeypatch.setattr(sources.udata, "PER_SECOND", 10_000)
    with loopback.portal() as own:
        yield own


@pytest.fixture
def items(tmp_path: Path) -> list[Item]:
    listed = []
    for at, name in enumerate(NAMES):
        path = tmp_path / name
        path.write_bytes(name.encode() * (100 * at + 1))
        listed.append(Item(path=path, title="Une table", description="Un grain.", kind="main"))
    return listed


def put(there: loopback.Portal, items: list[Item], record: Record, **more: Any) -> Done:
    said: list[str] = []
    described = {**DESCRIBED, **more}
    portal = Portal(there.url, KEY)
    return put_dataset(portal, described, items, record, lambda: None, said.append)


def is_whole(there: loopback.Portal, items: list[Item]) -> bool:
    titles = sorted(r["title"] for r in there.resources)
    sizes = sorted(r["filesize"] for r in there.resources)
    return (
        titles == sorted(i.described["title"] for i in items)
        and sizes == sorted(i.path.stat().st_size for i in items)
        and len(there.datasets) == 1
    )


def test_a_release_is_a_draft_and_is_not_sent_twice(
    there: loopback.Portal, items: list[Item]
) -> None:
    record = Record()
    done = put(there, items, record)
    assert (done.sent, done.unchanged, done.is_private) == (3, 0, True)
    (dataset,) = there.datasets.values()
    assert dataset["private"] is True
    assert is_whole(there, items)
    again = put(there, items, record)
    assert (again.sent, again.unchanged, there.uploads) == (0, 3, 3)
    assert there.asked.count("GET /datasets/extensions/") == 2
    assert is_whole(there, items)


def test_a_file_that_changed_takes_the_place_of_the_one_before(
    there: loopback.Portal, items: list[Item]
) -> None:
    record = Record()
    put(there, items, record)
    before = {r["title"]: r["id"] for r in there.resources}
    items[1].path.write_bytes(b"other rows")
    assert put(there, items, record).sent == 1
    assert {r["title"]: r["id"] for r in there.resources} == before
    assert is_whole(there, items)


@pytest.mark.parametrize("fault", ["cut while it is sent", "no answer", "502", "429", "no JSON"])
@pytest.mark.parametrize(
    ("method", "end"),
    [("POST", "/datasets/"), ("POST", "/upload/"), ("PUT", "/"), ("GET", "/"), ("DELETE", "/")],
)
def test_what_may_pass_is_tried_again_and_nothing_is_there_twice(
    there: loopback.Portal, items: list[Item], fault: str, method: str, end: str
) -> None:
    record = Record()
    put(there, items[:1], record)
    there.datasets.clear()
    gone = Record()
    put(there, items, gone)
    there.faults[fault, method, end] = 2
    items[0].path.write_bytes(b"new")
    items[2].path.write_bytes(b"new too")
    put(there, items[:1] + items[2:], gone)
    assert is_whole(there, items[:1] + items[2:])
    there.datasets.clear()
    there.faults[fault, method, end] = 2
    put(there, items, Record())
    assert is_whole(there, items)


@pytest.mark.parametrize("end", ["/datasets/", "/upload/"])
def test_a_publication_that_is_cut_goes_on_without_its_record(
    there: loopback.Portal, items: list[Item], end: str
) -> None:
    """The process ends where nobody knows what the last write has done."""
    there.faults["no answer", "POST", end] = sources.udata.TRIES
    there.faults["502", "GET", "/"] = 0
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(sources.udata, "TRIES", 1)
        with pytest.raises(InputError, match="not sent again"):
            put(there, items, Record())
    there.faults.clear()
    put(there, items, Record())
    assert is_whole(there, items)


def test_what_an_earlier_release_put_there_goes_and_the_files_of_others_stay(
    there: loopback.Portal, items: list[Item]
) -> None:
    record = Record()
    put(there, items, record)
    (dataset,) = there.datasets.values()
    by_hand = {"id": "by-hand", "title": "Note (notice.pdf)", "filetype": "file"}
    dataset["resources"].append(by_hand)
    done = put(there, items[:2], record)
    assert done.removed == 1
    assert by_hand in there.resources
    assert len(there.resources) == 3


def test_a_file_that_was_doubled_is_there_once_afterwards(
    there: loopback.Portal, items: list[Item]
) -> None:
    record = Record()
    put(there, items, record)
    (dataset,) = there.datasets.values()
    dataset["resources"].append({**dataset["resources"][0], "id": "late"})
    assert put(there, items, record).removed == 1
    assert is_whole(there, items)


def test_without_a_checksum_a_file_is_replaced_and_not_doubled(
    there: loopback.Portal, items: list[Item]
) -> None:
    record = Record()
    put(there, items, record)
    for resource in there.resources:
        resource["checksum"] = None
    assert put(there, items, record).sent == 3
    assert is_whole(there, items)


def test_who_made_it_public_is_not_overruled(there: loopback.Portal, items: list[Item]) -> None:
    record = Record()
    put(there, items, record)
    (dataset,) = there.datasets.values()
    dataset["private"] = False
    assert not put(there, items, record, description="Autre édition").is_private
    dataset["private"] = True
    assert put(there, items, record, description="Encore une").is_private
    assert dataset["private"] is True


def test_a_large_file_is_sent_in_parts(
    there: loopback.Portal, items: list[Item], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources.data_gouv, "LARGEST_AT_ONCE", 1_000)
    monkeypatch.setattr(sources.data_gouv, "PART", 700)
    there.faults["502", "POST", "/upload/"] = 3
    put(there, items, Record())
    assert is_whole(there, items)
    assert there.uploads == 3


def test_names_that_the_portal_does_not_take_are_left_out_and_told(
    there: loopback.Portal, items: list[Item], tmp_path: Path
) -> None:
    (tmp_path / "SHA256SUMS").write_text("x")
    sums = Item(path=tmp_path / "SHA256SUMS", title="", description="", kind="other")
    assert put(there, [*items, sums], Record()).left_out == ["SHA256SUMS"]
    assert is_whole(there, items)


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("401", "OBSERVATORY_DATA_GOUV_KEY"),
        ("413", r"labour_jobs\.csv: .* takes no file of this size"),
        ("429 for a day", "86400 s"),
        ("400", "answered 400"),
        ("302", "at another host: refused"),
        ("502", "overloaded or broken"),
        ("no JSON", "something else than JSON"),
    ],
)
def test_what_does_not_pass_is_one_sentence_without_the_key(
    there: loopback.Portal, items: list[Item], fault: str, said: str
) -> None:
    there.faults[fault, "POST", "/upload/"] = 100
    with pytest.raises(InputError, match=said) as told:
        put(there, items, Record())
    assert KEY not in str(told.value)
    assert "\n" not in str(told.value)
    there.faults.clear()
    put(there, items, Record())
    assert is_whole(there, items)


def test_a_wrong_key_writes_nothing(there: loopback.Portal, items: list[Item]) -> None:
    portal = Portal(there.url, "another")
    with pytest.raises(InputError, match="refused the key"):
        put_dataset(portal, DESCRIBED, items, Record(), lambda: None, print)
    assert not there.datasets


def test_a_dataset_that_was_deleted_is_not_made_again_in_silence(
    there: loopback.Portal, items: list[Item]
) -> None:
    with pytest.raises(InputError, match="not there any more"):
        put(there, items, Record(dataset="0" * 24))


def test_the_key_is_not_sent_in_the_clear() -> None:
    with pytest.raises(InputError, match="https"):
        Portal("http://www.data.gouv.fr/api/1/", KEY)
