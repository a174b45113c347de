"""Files that the product reads back: as they were written, or one sentence and a way out."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from pydantic import TypeAdapter

from observatory.errors import DamagedFileError, InputError
from observatory.pipeline.audits import RuleResult, load_audit, store_audit
from observatory.settings import Settings
from observatory.storage import frames
from observatory.storage.attempts import Attempt, Attempts
from observatory.storage.frames import HandedOver, Store
from observatory.storage.integrity import read_json, write_json
from observatory.storage.leftovers import filled_at_once
from observatory.storage.locks import hold
from observatory.storage.overdue import Finding, new_findings, remember_told
from observatory.storage.switching import built_anew

SHAPE = TypeAdapter(dict[str, int])


def become_a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def lead_to_itself(path: Path) -> None:
    path.unlink()
    path.symlink_to(path)


def lead_outside(path: Path) -> None:
    path.unlink()
    path.symlink_to("/etc/passwd")


def change_a_byte(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


DAMAGE: dict[str, Callable[[Path], object]] = {
    "half": lambda path: os.truncate(path, path.stat().st_size // 2),
    "empty": lambda path: path.write_bytes(b""),
    "a byte": change_a_byte,
    "noise": lambda path: path.write_bytes(os.urandom(500)),
    "a folder": become_a_folder,
    "outside": lead_outside,
    "itself": lead_to_itself,
    "nested": lambda path: path.write_text("[" * 100_000),
    "another shape": lambda path: path.write_text('{"a": [1], "b": null}'),
}


@pytest.fixture(params=DAMAGE)
def damage(request: pytest.FixtureRequest) -> Callable[[Path], object]:
    return DAMAGE[request.param]


def test_damaged_json_is_one_sentence(tmp_path: Path, damage: Callable[[Path], object]) -> None:
    path = tmp_path / "state.json"
    write_json(path, {"a": 1})
    assert read_json(path, SHAPE, "delete it.") == {"a": 1}
    damage(path)
    with pytest.raises(DamagedFileError, match=r"state\.json is damaged \(.+\): delete it\.$") as e:
        read_json(path, SHAPE, "delete it.")
    assert "\n" not in str(e.value)


def test_json_without_its_hash_is_read_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "old.json").write_text('{"a": 2}')
    assert read_json(tmp_path / "old.json", SHAPE, "") == {"a": 2}


@pytest.mark.parametrize("beside", ["parquet", "about.json", "inputs.json"])
def test_a_damaged_frame_is_said_and_made_again(
    tmp_path: Path, damage: Callable[[Path], object], beside: str
) -> None:
    store, rows = Store(tmp_path / "work"), pl.DataFrame({"n": range(1000)})
    handed = HandedOver(rows=rows, parts=("13",), files={"a" * 64: "2024"})
    store.write("clean_x", rows, handed_over=handed)
    store.remember_inputs("clean_x", {"y": "z"})
    path = tmp_path / "work" / f"clean_x.{beside}"
    damage(path)
    with pytest.raises(DamagedFileError, match="`observatory run` makes clean_x again"):
        store.inputs("clean_x") if beside == "inputs.json" else store.read_handed_over("clean_x")
    if path.is_dir() and not path.is_symlink():
        return
    store.write("clean_x", rows, handed_over=handed)
    store.remember_inputs("clean_x", {"y": "z"})
    assert store.read("clean_x").equals(rows)
    assert store.inputs("clean_x") == {"y": "z"}


def test_a_folder_in_the_place_of_a_frame_is_not_removed(tmp_path: Path) -> None:
    store = Store(tmp_path)
    (store.path("x") / "somebody's").mkdir(parents=True)
    with pytest.raises(InputError, match=r"x\.parquet is a folder where a file belongs"):
        store.write("x", pl.DataFrame({"n": [1]}))
    assert {path.name for path in tmp_path.iterdir()} == {"x.parquet"}


def test_a_frame_whose_writing_ends_half_way_leaves_the_one_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, rows = Store(tmp_path), pl.DataFrame({"n": [1]})
    store.write("x", rows, made_of={"y": "1"})

    def end(_: object, path: Path) -> None:
        path.write_bytes(b"PAR1")
        raise KeyboardInterrupt

    monkeypatch.setattr(frames, "write_parquet", end)
    with pytest.raises(KeyboardInterrupt):
        store.write("x", pl.DataFrame({"n": [2]}), made_of={"y": "2"})
    assert store.read("x").equals(rows)
    assert store.made_of("x") == {"y": "1"}


@pytest.mark.parametrize("lost", ["parquet", "about.json"])
def test_checks_that_compared_with_a_frame_that_is_not_whole_are_made_again(
    tmp_path: Path, lost: str
) -> None:
    settings = Settings(home=tmp_path)
    store = Store.of(settings)
    store.write("bands", pl.DataFrame({"n": [1]}))
    passed = RuleResult(
        rule="r", because="", is_blocking=True, is_passed=True, unexpected_count=0, examples=[]
    )
    store_audit(settings, "t", "0" * 64, [passed], {"bands": store.noted("bands")})
    assert load_audit(settings, "t", "0" * 64) is not None
    (store.root / f"bands.{lost}").unlink()
    assert load_audit(settings, "t", "0" * 64) is None


def test_another_frame_in_the_place_of_one_is_not_read(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.write("x", pl.DataFrame({"n": [1]}))
    pl.DataFrame({"n": [2]}).write_parquet(store.path("x"))
    with pytest.raises(DamagedFileError, match="its content is not what was written"):
        store.read("x")


def test_a_damaged_audit_is_made_again(tmp_path: Path, damage: Callable[[Path], object]) -> None:
    settings = Settings(home=tmp_path)
    passed = RuleResult(
        rule="r", because="", is_blocking=True, is_passed=True, unexpected_count=0, examples=[]
    )
    store_audit(settings, "t", "0" * 64, [passed])
    (path,) = (tmp_path / "audits" / "sample" / "t").iterdir()
    assert load_audit(settings, "t", "0" * 64) is not None
    damage(path)
    assert load_audit(settings, "t", "0" * 64) is None
    store_audit(settings, "t", "0" * 64, [passed])
    assert load_audit(settings, "t", "0" * 64) is not None


def test_damaged_attempts_are_said_and_what_was_told_is_told_again(
    tmp_path: Path, damage: Callable[[Path], object]
) -> None:
    settings = Settings(home=tmp_path)
    attempts = Attempts(settings)
    attempts.record([Attempt(source="a/b", part="13", at="2026-01-01", outcome="new")])
    assert attempts.of("a/b")["13"].well_at == "2026-01-01"
    found = [Finding(kind="late", source="a/b", part="", message="late")]
    remember_told(settings, found)
    assert new_findings(settings, found) == []
    damage(attempts.root / "a__b.json")
    damage(attempts.root / "told.json")
    with pytest.raises(DamagedFileError, match=r"a__b\.json is damaged .*: delete it"):
        attempts.of("a/b")
    assert new_findings(settings, found) == found


@pytest.mark.parametrize("how", [become_a_folder, lead_outside, lead_to_itself])
def test_what_stands_in_the_place_of_a_lock_is_said(
    tmp_path: Path, how: Callable[[Path], object]
) -> None:
    path = tmp_path / ".lock"
    path.touch()
    how(path)
    with pytest.raises(DamagedFileError, match=r"\.lock is no file of this home"), hold(path):
        pass


def test_a_folder_that_is_made_anew_changes_in_one_rename(tmp_path: Path) -> None:
    site = tmp_path / "site"
    for version in ("one", "two", "three"):
        with built_anew(tmp_path, "site") as fresh:
            (fresh / "page").write_text(version)
            (fresh / "other").write_text(version)
            followed = site.resolve() if site.exists() else None
        assert (site / "page").read_text() == version
        # who followed the link before still reads one version, whole
        if followed:
            assert (followed / "page").read_text() == (followed / "other").read_text() != version
    assert len(list((tmp_path / "built").glob("site-*"))) == 2


def test_a_folder_that_cannot_be_made_leaves_the_one_there(tmp_path: Path) -> None:
    with built_anew(tmp_path, "exports/all") as fresh:
        (fresh / "page").write_text("one")

    def fail() -> None:
        with built_anew(tmp_path, "exports/all") as fresh:
            (fresh / "page").write_text("two")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert (tmp_path / "exports" / "all" / "page").read_text() == "one"
    assert len(list((tmp_path / "built").glob("exports-all-*"))) == 1


@pytest.mark.parametrize("before", ["folder", "file", "outside", "itself", "nowhere"])
def test_whatever_stands_in_the_place_of_the_site_is_put_aside(tmp_path: Path, before: str) -> None:
    site, outside = tmp_path / "site", tmp_path / "outside"
    outside.mkdir()
    (outside / "kept").touch()
    if before == "folder":
        site.mkdir()
        (site / "old").touch()
    elif before == "file":
        site.touch()
    else:
        site.symlink_to({"outside": outside, "itself": site, "nowhere": "nowhere"}[before])
    for version in ("one", "two"):
        with built_anew(tmp_path, "site") as fresh:
            (fresh / "page").write_text(version)
        assert (site / "page").read_text() == version
    assert (outside / "kept").exists()
    assert len(list((tmp_path / "built").glob("site-*"))) == 2


def test_an_export_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    target = tmp_path / "out"
    target.mkdir()

    def fail() -> None:
        with filled_at_once(tmp_path, target) as fresh:
            (fresh / "half").touch()
            raise OSError

    with pytest.raises(OSError):  # noqa: PT011
        fail()
    assert list(tmp_path.iterdir()) == [target]
    assert list(target.iterdir()) == []
    with filled_at_once(tmp_path, target) as fresh:
        (fresh / "whole").touch()
    assert [path.name for path in target.iterdir()] == ["whole"]


def test_what_a_home_says_of_itself_is_damaged(tmp_path: Path) -> None:
    from observatory.home import require_world

    settings = Settings(home=tmp_path)
    require_world(settings)
    (tmp_path / "world.txt").write_bytes(b"\xff\xfe")
    with pytest.raises(DamagedFileError, match="write one word into it"):
        require_world(settings)
    (tmp_path / "world.txt").write_text(json.dumps("sample"))
    with pytest.raises(DamagedFileError, match="write one word into it"):
        require_world(settings)
