"""Archives: plain files inside their folder come out, whatever the archive says of them."""

import hashlib
import io
import re
import tarfile
import zipfile
from pathlib import Path

import pytest

from observatory.errors import InputError
from observatory.ingest import unpacking
from observatory.storage.archive import check_integrity
from observatory.storage.members import CHUNK, MemberError, Members
from tests.faults.hostile_files import Around, Hostile, archives, collection, feature, zipped

SECRET = "a secret"  # noqa: S105
# large ones are for the command: python -m tests.faults.hostile
LARGE = ("bomb", "110 000", "header that counts")
HOSTILE = [case for case in archives() if not any(word in case.what for word in LARGE)]


@pytest.mark.parametrize("case", HOSTILE, ids=lambda case: case.what)
def test_a_member_is_a_plain_file_inside_of_its_folder(tmp_path: Path, case: Hostile) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    layer, table = outside / "secret.geojson", outside / "secret.csv"
    layer.write_bytes(collection(feature(site_nom=SECRET)))
    table.write_text(SECRET)
    around = Around(secret=SECRET, layer=layer, table=table, url="http://localhost")
    path = tmp_path / case.name
    path.write_bytes(case.make(around))
    before = state(tmp_path)
    told = unpack(path, case.name)
    assert told.startswith("refused") or case.may_be_read
    assert SECRET not in told
    assert state(tmp_path) == before


def unpack(path: Path, name: str) -> str:
    """What is inside, or why it is refused."""
    try:
        with unpacking.unpacked(path, name) as files:
            for file in files:
                unpacking.require_plain(file, file.name)
            return "".join(file.read_text(errors="replace") for file in files)
    except InputError as error:
        return f"refused: {error}"


def state(folder: Path) -> dict[str, str]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_no_library_writes_members() -> None:
    """``extractall`` follows links on several versions of Python, whatever filter it is given."""
    root = Path(unpacking.__file__).parents[1]
    texts = {path: path.read_text("utf-8") for path in root.rglob("*.py")}
    calling = [
        p.name for p, text in texts.items() if re.search(r"(?<!\.str)\.extract(all)?\(", text)
    ]
    assert calling == ["sandboxed.py"]  # of 7z, into files that are ours


def test_members_are_counted_and_weighed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("observatory.storage.members.MOST_MEMBERS", 2)
    path = tmp_path / "a.zip"
    path.write_bytes(zipped({f"{at}.csv": b"x" for at in range(3)}))
    with pytest.raises(InputError, match="more than 2 files"):
        check_integrity(path)
    members = Members(tmp_path, most=3)
    members.copy(io.BytesIO(b"abc"), "a")
    with pytest.raises(MemberError, match="more than 3 bytes"):
        members.copy(io.BytesIO(b"d"), "b")


def test_a_list_of_members_that_fills_the_memory_is_refused_unread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(zipped({f"{at}.csv": b"x" for at in range(20)}))
    monkeypatch.setattr("observatory.storage.members.LARGEST_DIRECTORY", 1_000)
    with pytest.raises(InputError, match="holds more than"):
        check_integrity(path)


def test_a_tar_is_read_in_parts(tmp_path: Path) -> None:
    path = tmp_path / "a.tar.gz"
    content = bytes(range(256)) * (3 * CHUNK // 256) + b"end"
    with tarfile.open(path, "w:gz", format=tarfile.PAX_FORMAT) as archive:
        member = tarfile.TarInfo("é" * 120 + ".geojson")
        member.size = len(content)
        archive.addfile(member, io.BytesIO(content))
    with unpacking.unpacked(path, path.name) as (file,):
        assert file.name == member.name
        assert file.read_bytes() == content


def test_a_link_in_a_zip_is_refused_as_it_is_handed_over(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        link = zipfile.ZipInfo("a.geojson")
        link.create_system, link.external_attr = 3, 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(InputError, match=r"a\.zip holds a link or a device \(a\.geojson\)"):
        check_integrity(path)


def test_names_in_an_old_alphabet_are_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "a.tar.gz"
    with tarfile.open(path, "w:gz", format=tarfile.GNU_FORMAT, encoding="latin-1") as archive:
        for suffix in ("shp", "dbf"):
            archive.addfile(tarfile.TarInfo(f"zones_activités.{suffix}"), io.BytesIO())
    with unpacking.unpacked(path, path.name) as files:
        assert len({file.stem for file in files}) == 1
        assert [file.suffix for file in files] == [".dbf", ".shp"]
