"""The archive: files under their hash, nothing overwritten, traps refused."""

import datetime as dt
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from observatory.errors import DamagedFileError, InputError
from observatory.storage import archive as archive_module
from observatory.storage.archive import Archive, check_integrity
from sources import CARDS

BMO = CARDS["france_travail/bmo"]


def written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def zip_of(**members: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def test_a_file_is_kept_under_its_hash_and_found_by_vintage(tmp_path: Path) -> None:
    archive = Archive(tmp_path / "archive")
    for vintage in ("2024", "2023"):
        archive.add(
            BMO, written(tmp_path / "f", vintage.encode()), vintage=vintage, origin="handed_over"
        )
    found = archive.latest(BMO, sample=False)
    assert [e.vintage for e in found] == ["2023", "2024"]
    assert archive.path(found[0]).read_bytes() == b"2023"
    assert archive.latest(BMO, sample=True) == []
    assert archive.verify() == []


def test_the_newest_file_of_a_vintage_answers_and_the_older_one_stays(tmp_path: Path) -> None:
    archive = Archive(tmp_path / "archive")
    for content in (b"first", b"second", b"first"):
        archive.add(BMO, written(tmp_path / "f", content), vintage="2024", origin="handed_over")
    (current,) = archive.latest(BMO, sample=False)
    assert archive.path(current).read_bytes() == b"first"
    assert len(archive.entries()) == 2


@pytest.mark.parametrize("is_before", [True, False])
def test_a_file_that_is_added_while_the_index_is_read_is_no_damage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_before: bool
) -> None:
    archive = Archive(tmp_path / "archive")
    archive.add(BMO, written(tmp_path / "f", b"1"), vintage="2023", origin="handed_over")
    read = archive_module.read_json

    def meanwhile(*told: object) -> object:
        """Another process adds a file, before or after the seal is read."""
        monkeypatch.setattr(archive_module, "read_json", read)
        found = None if is_before else read(*told)
        other = Archive(tmp_path / "archive")
        other.add(BMO, written(tmp_path / "g", b"2"), vintage="2024", origin="handed_over")
        return read(*told) if is_before else found

    monkeypatch.setattr(archive_module, "read_json", meanwhile)
    assert [entry.vintage for entry in archive.entries()] == ["2023", "2024"]


def test_a_changed_content_is_found_by_verify(tmp_path: Path) -> None:
    archive = Archive(tmp_path / "archive")
    entry = archive.add(BMO, written(tmp_path / "f", b"x"), vintage="2024", origin="handed_over")
    archive.path(entry).chmod(0o644)
    archive.path(entry).write_bytes(b"y")
    assert "its content is not what was written" in archive.verify()[0]
    archive.path(entry).unlink()
    assert "it is gone" in archive.verify()[0]
    with pytest.raises(DamagedFileError, match="hand the file over again"):
        archive.content(entry)
    archive.add(BMO, tmp_path / "f", vintage="2024", origin="handed_over")
    assert archive.verify() == []


@pytest.mark.parametrize("place", ["content", "folder"])
def test_verify_follows_no_link_out_of_the_archive(tmp_path: Path, place: str) -> None:
    archive = Archive(tmp_path / "archive")
    entry = archive.add(BMO, written(tmp_path / "f", b"x"), vintage="2024", origin="handed_over")
    kept, outside = archive.path(entry), tmp_path / "outside"
    if place == "content":
        kept.replace(outside)
        kept.symlink_to(outside)
    else:
        kept.parent.replace(outside)
        kept.parent.symlink_to(outside)
    assert "a link that leads elsewhere" in archive.verify()[0]
    with pytest.raises(DamagedFileError, match="a link that leads elsewhere"):
        archive.content(entry)


@pytest.mark.parametrize("named", ["../../outside", "/etc/passwd", "x/../../../outside", "ab"])
def test_an_index_that_names_a_path_is_refused(tmp_path: Path, named: str) -> None:
    archive = Archive(tmp_path / "archive")
    archive.add(BMO, written(tmp_path / "f", b"x"), vintage="2024", origin="handed_over")
    index, seal = archive.root / "index.jsonl", archive.root / "index.seal.json"
    line = json.loads(index.read_text()) | {"sha256": named}
    index.write_text(json.dumps(line) + "\n")
    seal.unlink()
    with pytest.raises(DamagedFileError, match="line 1 names no content"):
        archive.verify()


@pytest.mark.parametrize(
    "damage",
    [
        lambda index: index.write_bytes(index.read_bytes()[: index.stat().st_size // 2]),
        lambda index: index.write_bytes(b""),
        lambda index: index.write_bytes(index.read_bytes().replace(b"2023", b"2022")),
        lambda index: index.unlink(),
        lambda index: index.with_name("index.seal.json").write_text("[" * 100_000),
    ],
)
def test_a_damaged_index_is_said_and_no_file_is_forgotten(
    tmp_path: Path, damage: Callable[[Path], object]
) -> None:
    archive = Archive(tmp_path / "archive")
    for vintage in ("2023", "2024"):
        path = written(tmp_path / "f", vintage.encode())
        archive.add(BMO, path, vintage=vintage, origin="fetched")
    damage(archive.root / "index.jsonl")
    with pytest.raises(DamagedFileError, match=r"is damaged \(.*restore"):
        archive.entries()


def test_what_may_not_be_kept_is_erased_and_leaves_a_tombstone(tmp_path: Path) -> None:
    card = BMO.model_copy(update={"retention": dt.timedelta(days=1)})
    archive = Archive(tmp_path / "archive")
    entry = archive.add(card, written(tmp_path / "f", b"x"), vintage="2024", origin="fetched")
    now = dt.datetime.now(dt.UTC)
    assert archive.erase_expired({card.key: card}, now) == []
    assert len(archive.erase_expired({card.key: card}, now + dt.timedelta(days=2))) == 1
    assert not archive.path(entry).exists()
    assert archive.latest(card, sample=False) == []
    assert archive.entries()[0].erased_because
    assert archive.verify() == []


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "is empty"),
        (b"\xef\xbb\xbf\n<!DOCTYPE html><title>404</title>", "is a web page"),
        (b"<html>", "is a web page"),
        (zip_of(a=b"data" * 500)[:-30], "truncated or damaged"),
        (zip_of(**{"../../etc/passwd": b"x"}), "outside its folder"),
        (zip_of(**{"/etc/passwd": b"x"}), "outside its folder"),
        (zip_of(**{"C:\\x": b"x"}), "outside its folder"),
        (zip_of(bomb=b"0" * 30_000_000), "zip bomb"),
    ],
    # a zip holds the time it was made: its bytes must not name the test
    ids=["nothing", "page", "bare page", "cut zip", "above", "root", "drive", "bomb"],
)
def test_what_cannot_be_data_is_refused(tmp_path: Path, content: bytes, expected: str) -> None:
    with pytest.raises(InputError, match=expected):
        check_integrity(written(tmp_path / "file.xlsx", content))


def test_a_withdrawn_file_gives_way_to_the_one_before(tmp_path: Path) -> None:
    archive = Archive(tmp_path / "archive")
    for content in (b"good", b"bad"):
        archive.add(BMO, written(tmp_path / "f", content), vintage="2024", origin="handed_over")
    archive.withdraw(BMO, "2024", "another year's file")
    (current,) = archive.latest(BMO, sample=False)
    assert archive.path(current).read_bytes() == b"good"
    assert archive.verify() == []
    archive.withdraw(BMO, "2024", "not needed")
    with pytest.raises(InputError, match="to withdraw"):
        archive.withdraw(BMO, "2024", "again")


def test_a_vintage_cannot_be_a_path(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="Vintage"):
        Archive(tmp_path).add(BMO, written(tmp_path / "f", b"x"), vintage="../x", origin="fetched")


def test_any_name_and_reason_can_be_kept(tmp_path: Path) -> None:
    archive = Archive(tmp_path / "archive")
    odd = written(tmp_path / "nom\u2028étrange", b"x")
    archive.add(BMO, odd, vintage="2024", origin="handed_over")
    archive.withdraw(BMO, "2024", "line\u0085break\nand another")
    assert archive.entries()[0].file_name == odd.name


def test_an_index_cut_by_a_crash_loses_only_what_was_not_written(tmp_path: Path) -> None:
    archive = Archive(tmp_path / "archive")
    archive.add(BMO, written(tmp_path / "f", b"2023"), vintage="2023", origin="fetched")
    with (tmp_path / "archive" / "index.jsonl").open("ab") as index:
        index.write(b'{"source": "france_travail/bmo", "vint')
    assert [e.vintage for e in archive.entries()] == ["2023"]
    archive.add(BMO, written(tmp_path / "f", b"2025"), vintage="2025", origin="fetched")
    assert [e.vintage for e in archive.entries()] == ["2023", "2025"]


def test_an_invented_file_is_known_by_its_name(tmp_path: Path) -> None:
    path = written(tmp_path / "BMO_2024_donnees-fictives.xlsx", b"x")
    with pytest.raises(InputError, match="embedded scenario"):
        Archive(tmp_path / "archive").add(BMO, path, vintage="2024", origin="handed_over")


def test_a_folder_is_called_a_folder(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not a file"):
        check_integrity(tmp_path)


@pytest.mark.parametrize("name", ["BMO\n2024.csv", "BMO\x1b[31m.csv", "BMO_\udcff.csv"])
def test_a_name_that_cannot_be_printed_is_refused(tmp_path: Path, name: str) -> None:
    path = written(tmp_path / name, b"x")
    with pytest.raises(InputError, match="cannot be printed"):
        Archive(tmp_path / "archive").add(BMO, path, vintage="2024", origin="handed_over")
