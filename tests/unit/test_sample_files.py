"""Files of the sample are written once: again only by other code, or where they are damaged."""

from pathlib import Path

import pytest

import sources.sample
from observatory.settings import Settings
from observatory.storage.archive import Archive
from sources import CARDS
from sources.providing import provide

CARD = CARDS["etalab/epci"]
WRITE = sources.sample.write_sample


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    keys: list[str] = []

    def write(key: str, folder: Path) -> list[tuple[Path, str]]:
        keys.append(key)
        return WRITE(key, folder)

    monkeypatch.setattr(sources.sample, "write_sample", write)
    return keys


@pytest.fixture
def archive(tmp_path: Path, written: list[str]) -> Archive:
    archive = Archive(tmp_path / "archive")
    again(archive)
    assert written == [CARD.key]
    written.clear()
    return archive


def again(archive: Archive) -> None:
    provide(CARD, Settings(home=archive.root.parent, input="sample"))


def test_what_the_same_code_wrote_is_not_written_again(
    archive: Archive, written: list[str]
) -> None:
    before = archive.entries()
    again(archive)
    assert not written
    assert archive.entries() == before


def test_what_other_code_wrote_is_written_again(
    archive: Archive, written: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources.sample, "writers_version", lambda: "other")
    again(archive)
    again(archive)
    assert written == [CARD.key]


@pytest.mark.parametrize("content", [b"damaged", None])
def test_a_file_that_is_damaged_or_gone_is_written_again(
    archive: Archive, written: list[str], content: bytes | None
) -> None:
    (entry,) = archive.entries()
    path = archive.path(entry)
    path.unlink()
    if content:
        path.write_bytes(content)
    again(archive)
    assert written == [CARD.key]
    assert archive.verify() == []


def test_a_note_that_is_damaged_costs_one_writing(archive: Archive, written: list[str]) -> None:
    (archive.root / "sample" / f"{CARD.stem}.json").write_text("{")
    again(archive)
    again(archive)
    assert written == [CARD.key]
