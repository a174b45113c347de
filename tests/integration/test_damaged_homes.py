"""Damaged releases and lost links, on small releases; ``tests.faults.damage`` does the rest."""

import datetime as dt
import os
import shutil
from pathlib import Path

import pytest

from assets.ingestion import read_entries
from observatory.errors import DamagedFileError, InputError
from observatory.home import prepare_home
from observatory.metadata.manifest import Manifest
from observatory.pipeline.history import open_history
from observatory.release import current_folder
from observatory.release.files import find_damage, read_rows
from observatory.release.history import find, prune
from observatory.release.publishing import publish, restore
from observatory.settings import Settings, load_settings
from observatory.storage.archive import Archive
from observatory.storage.erasure import erase_due
from sources import CARDS
from sources.france_travail.snapshots import home_key
from tests.faults.damage import KINDS, PLACES
from tests.faults.publisher import TABLES, prepare
from tests.faults.reading import version_of_files
from tests.homes import command_in, process_in, seal


def release(version: int) -> Manifest:
    prepare(version)
    return publish(load_settings(), "labour", TABLES, {}, lambda _: [], {})


def change_a_byte(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.unlink()
    path.write_bytes(content)


@pytest.mark.parametrize(
    ("name", "how"),
    [
        ("labour_a.parquet", "changed"),
        ("labour_b.parquet", "gone"),
        ("manifest.json", "changed"),
        ("contracts.json", "changed"),
        ("SHA256SUMS", "gone"),
    ],
)
def test_a_damaged_release_is_said_and_an_earlier_one_can_be_published(
    home: Path, name: str, how: str
) -> None:
    first, second = release(1).release_id, release(2).release_id
    path = home / "releases" / second / name
    change_a_byte(path) if how == "changed" else path.unlink()
    assert any(name in line or "is damaged" in line for line in find_damage(path.parent))
    assert find_damage(home / "releases" / first) == []
    prepare(3)
    with pytest.raises(DamagedFileError, match=r"is damaged .*`observatory releases restore ID`"):
        publish(load_settings(), "labour", TABLES, {}, lambda _: [], {})
    with pytest.raises(DamagedFileError, match=f"{second}.* is damaged"):
        restore(load_settings(), home / "releases" / second, {}, {})
    with pytest.raises(DamagedFileError, match="Nothing was removed"):
        prune(load_settings(), 1)
    assert [p.name for p in (home / "releases").glob(".*")] == [".lock"]
    restored = restore(load_settings(), find(load_settings(), first), {}, {})
    assert (restored.restored_from, version_of_files(home)) == (first, 1)
    release(4)
    assert version_of_files(home) == 4


def test_the_database_of_a_release_is_read_as_it_was_released(home: Path) -> None:
    release(1)
    order = ("query", "SELECT max(version) AS v FROM labour_a", "--format", "csv")
    assert command_in(home)(*order).stdout.split() == ["v", "1"]
    change_a_byte((home / "current" / "observatory.gpkg").resolve())
    done = command_in(home)(*order)
    assert done.returncode == 2
    assert "observatory.gpkg is damaged (its content is not what was written)" in done.stderr
    assert done.stderr.count("\n") == 1
    command_in(home)("releases", "restore", "current")
    assert command_in(home)(*order).stdout.split() == ["v", "1"]


@pytest.mark.parametrize("how", ["gone", "a folder", "outside", "itself", "nowhere"])
def test_a_lost_link_to_the_current_release_is_said_and_drops_no_theme(
    home: Path, how: str, tmp_path: Path
) -> None:
    release(1)
    newest = release(2).release_id
    link = home / "current"
    link.unlink()
    if how == "a folder":
        shutil.copytree(home / "releases" / newest, link)
    elif how != "gone":
        targets = {"outside": home / "releases" / newest, "itself": link, "nowhere": "releases/3"}
        if how == "outside":
            shutil.copytree(targets["outside"], tmp_path / "else" / newest)
            targets["outside"] = tmp_path / "else" / newest
        link.symlink_to(targets[how])
    with pytest.raises(DamagedFileError, match=f"`observatory releases restore {newest}`"):
        current_folder(load_settings())
    prepare(3)
    with pytest.raises(InputError, match=r"does not lead to a release|is not the link"):
        publish(load_settings(), "labour", TABLES, {}, lambda _: [], {})
    with pytest.raises(InputError):
        prune(load_settings(), 1)
    if how == "a folder":  # what it says: move it away
        shutil.rmtree(link)
    restore(load_settings(), find(load_settings(), newest), {}, {})
    assert version_of_files(home) == 2


def test_commands_say_that_the_link_is_lost(home: Path) -> None:
    newest = release(1).release_id
    (home / "current").unlink()
    run = command_in(home)
    for order in (("run",), ("query", "SELECT 1")):
        done = run(*order)
        assert done.returncode == 2, done.stdout
        assert f"`observatory releases restore {newest}`" in done.stderr
        assert done.stderr.count("\n") == 1
    listed = run("releases", "list")
    assert newest in listed.stdout
    assert "does not lead to a release" in listed.stderr
    doctor = run("doctor")
    assert doctor.returncode == 1
    assert "does not lead to a release" in " ".join(doctor.stdout.split())


def test_the_first_publication_under_way_is_no_lost_link(home: Path) -> None:
    made = release(1)
    (home / "current").unlink()
    journal = home / "releases" / ".journal"
    journal.write_text(f'{{"release_id": "{made.release_id}", "database": "x"}}\n')
    assert current_folder(load_settings()) is None


def test_a_release_that_goes_while_it_is_read_is_one_sentence(home: Path) -> None:
    release(1)
    folder = current_folder(load_settings())
    assert folder is not None
    release(2)
    prune(load_settings(), 1)
    with pytest.raises(InputError, match=r"is not there any more \(pruned\?\): run the command"):
        read_rows(folder, "labour_a")


def test_who_followed_the_link_once_reads_one_release(home: Path) -> None:
    release(1)
    folder = current_folder(load_settings())
    assert folder is not None
    release(2)
    assert {read_rows(folder, t.name)["version"].max() for t in TABLES[:2]} == {1}


def test_a_release_that_another_version_made_is_not_called_changed(home: Path) -> None:
    release(1)
    folder = (home / "current").resolve()
    (folder / "manifest.json").chmod(0o644)
    (folder / "manifest.json").write_text("[1]")
    seal(folder)
    done = command_in(home)("releases", "show")
    assert done.returncode == 2
    assert "not the manifest of a release of this version" in done.stderr


def test_a_changed_archived_file_stops_the_run_that_reads_it(home: Path, tmp_path: Path) -> None:
    archive, card = Archive(home / "archive"), CARDS["labonneboite/rome_naf"]
    path = tmp_path / "rome_naf.csv"
    path.write_text("rome_id,naf_id,hirings\nA1101,0111Z,10\n")
    archive.add(card, path, vintage="2024", origin="handed_over")
    (entry,) = archive.latest(card, sample=False)
    change_a_byte(archive.path(entry))
    with pytest.raises(DamagedFileError, match=r"is not what was kept.*archive add labonneboite"):
        read_entries(archive, card, [entry])
    done = command_in(home, INPUT="archive")("archive", "verify")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    done = process_in(home, INPUT="archive")("run", "--theme", "labour")
    assert done.returncode == 2, done.stdout + done.stderr
    assert "is not what was kept" in " ".join(done.stdout.split())
    assert "Traceback" not in done.stdout + done.stderr


def test_dagsters_own_files_that_are_damaged_are_one_sentence(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DAGSTER_HOME", "")
    settings, said = Settings(home=home), []
    prepare_home(settings)
    (home / "dagster" / "dagster.yaml").write_text("run_launcher: 7")
    with (
        pytest.raises(DamagedFileError, match=r"move that folder away and run again"),
        open_history(settings, said.append),
    ):
        pass


def test_nothing_is_erased_through_a_link_out_of_the_private_folder(
    home: Path, tmp_path: Path
) -> None:
    settings, outside = load_settings(), tmp_path / "outside"
    home_key(settings)
    outside.mkdir()
    (outside / "theirs").touch()
    os.utime(outside / "theirs", (0, 0))
    crawl = home / "private" / "sample" / "crawl"
    crawl.symlink_to(outside)
    with pytest.raises(DamagedFileError, match="is a link that leads elsewhere"):
        erase_due(settings, CARDS, dt.datetime.now(dt.UTC))
    assert (outside / "theirs").exists()


def test_another_key_than_the_one_that_was_kept_is_refused(home: Path) -> None:
    settings = load_settings()
    path = home / "private" / "sample" / "offers.key"
    kept = home_key(settings)
    assert home_key(settings) == kept
    path.write_bytes(os.urandom(32))
    with pytest.raises(DamagedFileError, match="not the key that was kept"):
        home_key(settings)
    path.unlink()
    with pytest.raises(DamagedFileError, match="it is gone"):
        home_key(settings)


def test_the_campaign_knows_where_and_how_to_damage() -> None:
    assert len(PLACES) >= 12
    assert len(KINDS) >= 11
