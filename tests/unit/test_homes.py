"""Which folders may be a home, what ended work has left in one, and Dagster's history in it."""

import contextlib
import os
import shutil
import sqlite3
from pathlib import Path

import dagster as dg
import pytest

from observatory.errors import InputError
from observatory.home import FORMAT, VERSION, prepare_home, require_home
from observatory.pipeline import history
from observatory.pipeline.history import EMBEDDED, close_dead_runs, find_dead, open_history, trim
from observatory.settings import Settings, load_settings
from observatory.storage.leftovers import at_work, scratch, temporary_files

OTHERS = ("/", "/etc", "/etc/observatory", "/usr/local", "/home", "/tmp", "/proc/1", "~", "~/..")


@pytest.fixture
def settings(home: Path) -> Settings:
    home.mkdir()
    return load_settings()


@pytest.mark.parametrize("folder", OTHERS)
def test_a_folder_of_the_system_or_of_its_user_is_no_home(
    folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OBSERVATORY_HOME", folder)
    named = Path(folder).expanduser()
    before = set(named.iterdir()) if named.exists() and folder != "/proc/1" else None
    with pytest.raises(InputError, match=r"holds other things: give the observatory a folder"):
        require_home(load_settings())
    assert before is None or set(named.iterdir()) == before


def test_another_users_home_is_refused(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: settings.home.stat().st_uid + 1)
    with pytest.raises(InputError, match="belongs to another user"):
        require_home(settings)
    assert list(settings.home.iterdir()) == []


def test_a_home_that_may_not_be_written_in_is_refused(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(InputError, match="may not be written in: give another folder"):
        prepare_home(settings)
    assert list(settings.home.iterdir()) == []


def test_a_home_without_a_version_is_read_and_gets_one(settings: Settings) -> None:
    require_home(settings)
    assert (settings.home / VERSION).read_text() == f"{FORMAT}\n"
    require_home(settings)


@pytest.mark.parametrize(
    ("written", "why"), [("2\n", "a later version"), ("\x00", "not a number of a version")]
)
def test_a_home_of_another_version_is_refused(settings: Settings, written: str, why: str) -> None:
    (settings.home / VERSION).write_text(written)
    with pytest.raises(InputError, match=why):
        require_home(settings)


def make(home: Path, name: str) -> Path:
    path = home / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("half")
    return path


def test_what_nobody_works_on_is_taken_away(settings: Settings, tmp_path: Path) -> None:
    home = settings.home
    left = [
        make(home, name)
        for name in (
            "built/site-0123456789ab/index.html",
            "work/sample/.x.parquet.12",
            "audits/sample/x/ab.12",
            "archive/.incoming-x",
            "attempts/tmpx",
            "incoming/transport__stops/stops.csv",
        )
    ]
    kept = [
        make(home, name)
        for name in (
            "work/sample/x.parquet",
            "audits/sample/x/ab.json",
            "attempts/x.json",
            ".mine",
            f"incoming/transport__stops/{'a' * 24}",
            "archive/index.jsonl",
        )
    ]
    (home / ".begun-1-x").symlink_to(make(tmp_path, ".observatory-x/half").parent)
    (home / ".begun-2-x").symlink_to(make(tmp_path, "mine/whole").parent)
    with at_work(home) as alone:
        assert alone
        assert not any(path.exists() for path in left)
        assert all(path.exists() for path in kept)
        left_again = make(home, "built/site-0123456789ab/index.html")
        with at_work(home) as also_alone:
            assert not also_alone
        assert left_again.exists()
    assert not (tmp_path / ".observatory-x").exists()
    assert (tmp_path / "mine" / "whole").exists()
    assert list(home.glob(".begun-*")) == []


def test_temporary_files_go_with_the_command(settings: Settings, tmp_path: Path) -> None:
    with temporary_files(settings.home), scratch(settings.home, tmp_path) as beside:
        (mark,) = [p for p in settings.home.glob(".begun-*") if p.readlink() == beside]
        folder = Path(os.environ["TMPDIR"])
        assert folder.is_dir()
    assert not mark.is_symlink()
    assert not beside.exists()
    assert not folder.exists()


def add_run(instance: dg.DagsterInstance, status: dg.DagsterRunStatus, **tags: str) -> str:
    run = dg.DagsterRun(job_name="everything", status=status, tags=tags)
    return instance.add_run(run).run_id


STARTED = dg.DagsterRunStatus.STARTED


def test_a_dead_run_gives_its_places_back_and_a_run_of_the_ui_is_left(settings: Settings) -> None:
    prepare_home(settings)
    with open_history(settings, print) as instance:
        dead = add_run(instance, STARTED, **EMBEDDED)
        others = add_run(instance, STARTED)
        storage = instance.event_log_storage
        storage.initialize_concurrency_limit_to_default("a_host")
        assert storage.claim_concurrency_slot("a_host", dead, "source").is_claimed
        assert [(d.run_id, d.pools) for d in find_dead(instance, alone=False)] == [
            (dead, ("a_host",))
        ]
        assert close_dead_runs(instance, settings, alone=False) == 1
        assert storage.claim_concurrency_slot("a_host", others, "source").is_claimed
        assert [d.run_id for d in find_dead(instance, alone=True)] == [others]


def test_old_runs_are_forgotten(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "KEPT_RUNS", 3)
    prepare_home(settings)
    with open_history(settings, print) as instance:
        runs = [add_run(instance, dg.DagsterRunStatus.SUCCESS) for _ in range(5)]
        for run_id in (*runs, "0" * 8 + "-0000" * 3 + "-" + "0" * 12):
            make(settings.home, f"dagster/storage/{run_id}/compute_logs/x.out")
        make(settings.home, "dagster/storage/an_asset")
        assert trim(instance, settings) == 2
        assert {run.run_id for run in instance.get_runs()} == set(runs[2:])
    kept = {path.name for path in (settings.home / "dagster" / "storage").iterdir()}
    assert kept == {*runs[2:], "an_asset"}


@pytest.mark.parametrize("damage", ["garbage", "truncated"])
@pytest.mark.parametrize("name", ["runs.db", "runs/index.db"])
def test_a_damaged_history_begins_anew(settings: Settings, name: str, damage: str) -> None:
    prepare_home(settings)
    with open_history(settings, print) as instance:
        add_run(instance, STARTED, **EMBEDDED)
    path = settings.home / "dagster" / "history" / name
    whole = path.read_bytes()
    path.write_bytes(b"x" * 9000 if damage == "garbage" else whole[: len(whole) // 2])
    for wal in path.parent.glob(f"{path.name}-*"):
        wal.unlink()
    said: list[str] = []
    with open_history(settings, said.append) as instance:
        assert instance.get_runs() == []
    assert len(said) == 1
    assert f"was damaged ({path.name}): it begins anew" in said[0]


def test_a_locked_history_is_waited_for_then_said(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "LOCKED_SECONDS", 1)
    prepare_home(settings)
    with open_history(settings, print):
        pass
    path = settings.home / "dagster" / "history" / "runs.db"
    said: list[str] = []
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as holder:
        holder.execute("BEGIN EXCLUSIVE")
        with (
            pytest.raises(InputError, match="another program keeps it locked; end what uses it"),
            open_history(settings, said.append),
        ):
            pass
    assert said == ["Dagster's history is in use by another program: waiting for it."]


def test_a_home_that_is_a_copy_of_one_at_work_can_be_worked_in(
    settings: Settings, tmp_path: Path
) -> None:
    with at_work(settings.home):
        shutil.copytree(settings.home, tmp_path / "copy")
        with at_work(tmp_path / "copy") as alone:
            assert alone
