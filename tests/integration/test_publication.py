"""Publication on prepared drafts: what is carried over, withheld, refused, restored, pruned."""

import contextlib
import json
import logging
import shutil
import sqlite3
import threading
import time
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import polars as pl
import pytest
import python_calamine as calamine
import sqlalchemy as sa

from observatory.disclosure.withholding import REGISTER
from observatory.errors import BlockedReleaseError, InputError, ObservatoryError
from observatory.metadata.manifest import Manifest
from observatory.metadata.tables import Table
from observatory.metadata.texts import Text
from observatory.metadata.units import RANK
from observatory.pipeline.audits import RuleResult, store_audit
from observatory.release import building, publishing
from observatory.release.forgetting import (
    TOMBSTONES,
    read_tombstones,
    require_nobody_withheld,
)
from observatory.release.history import find, forget, list_folders, prune
from observatory.release.journal import Journal
from observatory.release.manifest import current_folder, read_manifest
from observatory.release.parts import Accepted
from observatory.release.publishing import publish, restore
from observatory.settings import load_settings
from observatory.storage.frames import Store
from tests.faults.publisher import TABLES, prepare
from tests.faults.reading import version_of_files
from tests.homes import command_in, seal


def nothing(_: Accepted) -> list[tuple[Table, pl.DataFrame]]:
    return []


def release(version: int, tables: list[Table] = TABLES, theme: str = "labour") -> Manifest:
    prepare(version)
    return publish(load_settings(), theme, tables, {}, nothing, {})


def draft(table: Table, frame: pl.DataFrame | gpd.GeoDataFrame) -> None:
    """A draft with a stored, passing audit."""
    settings = load_settings()
    store = Store.of(settings)
    store.write(table.name, frame)
    if table.identities and not store.path(REGISTER).exists():
        store.write(REGISTER, pl.DataFrame(schema={"identifier": pl.String}))
    store.remember_inputs(table.name, store.made_from(table, settings))
    passed = RuleResult(
        rule="r", because="", is_blocking=True, is_passed=True, unexpected_count=0, examples=[]
    )
    store_audit(settings, table.name, store.sha256(table.name), [passed])


def other_theme() -> Table:
    return replace(TABLES[0], name="land_a", title_fr="land_a")


def land_rows(version: int) -> pl.DataFrame:
    return pl.DataFrame(
        {"row_code": ["1"], "version": [version], "is_fictitious": [True]},
        schema={"row_code": pl.String, "version": pl.Int64, "is_fictitious": pl.Boolean},
    )


def test_a_theme_that_is_not_released_comes_along_as_it_is(home: Path) -> None:
    first = release(1)
    draft(other_theme(), land_rows(7))
    second = publish(load_settings(), "land", [other_theme()], {}, nothing, {})
    by_name = second.by_name
    assert set(by_name) == {"labour_a", "labour_b", "labour_shapes", "land_a"}
    assert by_name["labour_a"].released_in == first.release_id
    assert by_name["land_a"].released_in == second.release_id
    assert version_of_files(home) == 1
    for old in first.tables:
        assert by_name[old.name].sha256 == old.sha256
    third = release(2)
    assert third.by_name["land_a"].released_in == second.release_id


def test_a_failed_theme_leaves_the_others_alone(home: Path) -> None:
    release(1)
    table = other_theme()
    draft(table, land_rows(1))
    settings = load_settings()
    failed = RuleResult(
        rule="key_is_unique",
        because="",
        is_blocking=True,
        is_passed=False,
        unexpected_count=1,
        examples=["row_code=1"],
    )
    store_audit(settings, table.name, Store.of(settings).sha256(table.name), [failed])
    with pytest.raises(BlockedReleaseError, match="key_is_unique"):
        publish(settings, "land", [table], {}, nothing, {})
    assert release(2).previous_release_id
    assert version_of_files(home) == 2


def test_another_territory_carries_nothing_over(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    release(1)
    monkeypatch.setenv("OBSERVATORY_TERRITORY", "84")
    draft(other_theme(), land_rows(1))
    made = publish(load_settings(), "land", [other_theme()], {}, nothing, {})
    assert [t.name for t in made.tables] == ["land_a"]
    assert made.previous_release_id is None


def test_a_column_without_declaration_is_refused(home: Path) -> None:
    prepare(1)
    frame = Store.of(load_settings()).read("labour_a").with_columns(owner=pl.lit("Dupont"))
    draft(TABLES[0], frame)
    with pytest.raises(BlockedReleaseError, match="without a declaration of sensitivity"):
        publish(load_settings(), "labour", TABLES, {}, nothing, {})
    assert current_folder(load_settings()) is None


def with_owner() -> Table:
    owner = replace(
        TABLES[0].columns[0],
        name="owner",
        kind="text",
        null_means=Text(fr="retenu", en="withheld"),
    )
    siren = replace(owner, name="siren", kind="code")
    name = replace(owner, name="firm_name", identifies="siren")
    category = replace(owner, name="legal_category_code", kind="code")
    columns = (*TABLES[0].columns, replace(owner, sensitive=True), siren, name, category)
    return replace(TABLES[0], columns=columns)


OWNED = {
    "row_code": ["1", "2"],
    "version": [1, 1],
    "is_fictitious": [True, True],
    "owner": ["Jeanne Dupont", "Paul Martin"],
    "siren": ["111111111", "222222222"],
    "firm_name": ["Fictive SARL", "Exemple SA"],
    "legal_category_code": ["5499", "5599"],
}


def everything(folder: Path) -> str:
    """All that a release's files say, databases and workbooks included."""
    text = "".join(p.read_text(errors="ignore") for p in folder.iterdir() if p.suffix != ".xlsx")
    sheet = calamine.CalamineWorkbook.from_path(folder / "labour.xlsx").get_sheet_by_name("a")
    text += str(pl.read_parquet(folder / "labour_a.parquet").to_dicts())
    return text + str(sheet.to_python())


def test_a_sensitive_column_is_in_no_file(home: Path) -> None:
    draft(with_owner(), pl.DataFrame(OWNED))
    publish(load_settings(), "labour", [with_owner()], {}, nothing, {})
    folder = current_folder(load_settings())
    assert folder is not None
    said = everything(folder)
    assert "Dupont" not in said
    assert "owner" not in pl.read_csv(folder / "labour_a.csv").columns
    assert "Fictive SARL" in said


def test_restore_follows_todays_diffusion_status_and_the_old_release_goes(home: Path) -> None:
    table = with_owner()
    draft(table, pl.DataFrame(OWNED))
    old = publish(load_settings(), "labour", [table], {}, nothing, {})
    release(2)
    Store.of(load_settings()).write(REGISTER, pl.DataFrame({"identifier": ["111111111"]}))
    made = restore(load_settings(), find(load_settings(), old.release_id), {}, {})
    assert made.restored_from == old.release_id
    folder = current_folder(load_settings())
    assert folder is not None
    assert folder.name == made.release_id
    assert "Fictive SARL" not in everything(folder)
    assert "Exemple SA" in everything(folder)
    assert not (home / "releases" / old.release_id).exists()
    assert read_tombstones(load_settings())[old.release_id].replaced_by == made.release_id


def test_restore_of_the_other_world_is_refused(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = release(1)
    monkeypatch.setenv("OBSERVATORY_INPUT", "archive")
    with pytest.raises(InputError, match="OBSERVATORY_INPUT=sample"):
        restore(load_settings(), home / "releases" / made.release_id, {}, {})


def test_prune_keeps_the_newest_and_the_current(home: Path) -> None:
    names = [release(v).release_id for v in range(1, 6)]
    assert prune(load_settings(), 2) == names[:3]
    assert [f.name for f in list_folders(load_settings())] == names[3:]
    restored = restore(load_settings(), find(load_settings(), names[3]), {}, {})
    assert prune(load_settings(), 1) == names[3:]
    assert version_of_files(home) == 4
    assert [f.name for f in list_folders(load_settings())] == [restored.release_id]


def test_names_of_releases_may_be_cut_but_not_guessed(home: Path) -> None:
    first, second = release(1).release_id, release(2).release_id
    settings = load_settings()
    assert find(settings, first[:22]).name == first
    assert find(settings, "current").name == second
    assert find(settings, "previous").name == first
    for wanted in ("20", "nothing", "", "../archive"):
        with pytest.raises(InputError, match="Known:"):
            find(settings, wanted)


def test_commands_on_releases(home: Path) -> None:
    first, second = release(1).release_id, release(2).release_id
    run = command_in(home)
    assert second in run("releases", "list").stdout
    shown = run("releases", "show", "previous").stdout
    assert first in shown
    assert "labour_shapes" in shown
    diff = run("releases", "diff", "previous", "current", "--format", "json")
    changes = {t["name"]: t for t in json.loads(diff.stdout)["tables"]}
    assert changes["labour_a"]["changed"] == 400
    assert "400 of 400 rows that stayed have changed" in changes["labour_a"]["breaches"]
    assert "version 1 → 2" in run("releases", "diff", first, second).stdout
    restored = run("releases", "restore", first)
    assert restored.returncode == 0, restored.stderr
    assert version_of_files(home) == 1
    assert "2 releases removed" in run("releases", "prune", "--keep", "1").stdout
    done = run("releases", "diff", "nothing", "current")
    assert done.returncode == 2
    assert "no release is called 'nothing'" in done.stderr
    assert "Traceback" not in done.stderr


def test_changes_beyond_the_bounds_warn_and_are_published(home: Path) -> None:
    release(1)
    made = release(2)
    assert "labour_a" in made.changes_beyond_bounds
    folder = current_folder(load_settings())
    assert folder is not None
    assert "rows that stayed have changed" in (folder / "changes.md").read_text()


def test_a_second_publication_waits_and_says_so(
    home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    prepare(1)
    settings = load_settings()
    order = []
    with caplog.at_level(logging.WARNING), publishing.publishing(settings):
        other = threading.Thread(
            target=lambda: order.append(publish(settings, "labour", TABLES, {}, nothing, {}))
        )
        other.start()
        time.sleep(1)
        assert not order
    other.join(60)
    assert len(order) == 1
    assert "waiting for it to end" in caplog.text


def test_an_interrupted_publication_is_undone_or_finished(home: Path) -> None:
    first = release(1).release_id
    settings = load_settings()
    journal = Journal(settings.releases)
    # killed before the link moved: the folder was never published
    shutil.copytree(settings.releases / first, settings.releases / "29990101T000000Z")
    journal.begin("29990101T000000Z", "none")
    (settings.releases / ".building-x").mkdir()
    publishing.recover(settings, None)
    assert [p.name for p in settings.releases.iterdir() if p.name != ".lock"] == [first]
    # killed after the link moved: the release stays
    journal.begin(first, "none")
    publishing.recover(settings, None)
    assert version_of_files(home) == 1
    # killed while the first line was written
    journal.path.write_text('{"release_')
    publishing.recover(settings, None)
    assert not journal.path.exists()


def test_a_database_in_a_folder_that_is_not_there_makes_no_folder(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OBSERVATORY_DATABASE_URL", f"sqlite:///{tmp_path / 'typo' / 'a.db'}")
    with pytest.raises(InputError, match="there is no folder"):
        release(1)
    assert not (tmp_path / "typo").exists()


def test_a_database_by_sqlalchemy_alone_receives_the_attribute_tables(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "attributes.db"
    monkeypatch.setenv("OBSERVATORY_DATABASE_URL", f"sqlite:///{path}")
    names = [release(v).release_id for v in (1, 2, 3)]
    with sqlite3.connect(path) as database:
        rows = database.execute("SELECT count(*), max(version) FROM labour_a").fetchone()
        assert rows == (400, 3)
        assert database.execute("SELECT count(*) FROM observatory_releases").fetchone() == (3,)
        columns = [r[1] for r in database.execute("PRAGMA table_info(labour_shapes)")]
        assert "geometry" not in columns
    database.close()
    prune(load_settings(), 1)
    engine = sa.create_engine(f"sqlite:///{path}")
    tables = {n for n in sa.inspect(engine).get_table_names() if "__" in n}
    assert {n.split("__")[1] for n in tables} == {names[2].lower().replace("-", "")}
    engine.dispose()


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("mysql://root:secret@localhost/x", "commits each table definition"),
        ("nonsense", "not an SQLAlchemy address"),
        ("postgresql://u:secret@127.0.0.1:1/x", "refused or was lost"),
        ("firebird://u:secret@h/x", "No driver for firebird"),
    ],
)
def test_a_database_that_cannot_be_used_is_one_message_without_password(
    home: Path, monkeypatch: pytest.MonkeyPatch, url: str, expected: str
) -> None:
    prepare(1)
    monkeypatch.setenv("OBSERVATORY_DATABASE_URL", url)
    with pytest.raises(ObservatoryError, match=expected) as raised:
        publish(load_settings(), "labour", TABLES, {}, nothing, {})
    assert "secret" not in str(raised.value)
    assert ":secret" not in repr(load_settings())


def test_the_manifest_of_something_else_is_said(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text("{}")
    seal(tmp_path)
    with pytest.raises(InputError, match="not the manifest of a release"):
        read_manifest(tmp_path)


WITHHELD = pl.DataFrame({"identifier": ["111111111"]})


def by_siren() -> Table:
    """A table whose key is a SIREN."""
    table = with_owner()
    siren = replace(table.columns[4], null_means=None)
    columns = (*table.columns[:3], siren, *table.columns[5:])
    return replace(table, key=("siren",), columns=columns)


def owned(**changes: object) -> pl.DataFrame:
    return pl.DataFrame({**OWNED, **changes}).select(c.name for c in by_siren().columns)


def test_what_changed_names_nobody_who_is_withheld(home: Path) -> None:
    draft(by_siren(), owned())
    first = publish(load_settings(), "labour", [by_siren()], {}, nothing, {})
    Store.of(load_settings()).write(REGISTER, WITHHELD)
    with pytest.raises(InputError, match="observatory releases forget"):
        require_nobody_withheld(load_settings(), find(load_settings(), "current"))
    draft(by_siren(), owned(version=[777, 888]))
    made = publish(load_settings(), "labour", [by_siren()], {}, nothing, {})
    folder = current_folder(load_settings())
    assert folder is not None
    said = everything(folder)
    assert "111111111" not in said
    assert "222222222" in said
    assert made.tables[0].withheld_row_count == 1
    assert "not compared" in said
    assert "777" not in (folder / "changes.md").read_text("utf-8")
    assert [f.name for f in list_folders(load_settings())] == [made.release_id]
    stone = read_tombstones(load_settings())[first.release_id]
    assert stone.replaced_by == made.release_id
    assert "111111111" not in (home / "releases" / TOMBSTONES).read_text("utf-8")
    gone = command_in(home)("releases", "restore", first.release_id)
    assert (gone.returncode, "was taken away on" in gone.stderr) == (2, True)


def test_a_kept_release_that_names_who_objects_goes_within_the_hour(home: Path) -> None:
    draft(by_siren(), owned())
    first = publish(load_settings(), "labour", [by_siren()], {}, nothing, {})
    draft(by_siren(), owned().filter(pl.col("siren") != "111111111"))
    made = publish(load_settings(), "labour", [by_siren()], {}, nothing, {})
    (home / "exports").mkdir()
    assert forget(load_settings()) == ([], False)
    (home / "withheld.csv").write_text("identifier\n11111111100017\n111111111\n")
    assert forget(load_settings()) == ([first.release_id], False)
    assert [f.name for f in list_folders(load_settings())] == [made.release_id]
    assert not (home / "exports").exists()
    (home / "withheld.csv").write_text("identifier\n222222222\n")
    assert forget(load_settings()) == ([], True)  # what readers see is replaced, not taken away
    assert current_folder(load_settings()) is not None


def test_a_change_of_a_row_about_somebody_is_not_listed(home: Path) -> None:
    draft(by_siren(), owned())
    publish(load_settings(), "labour", [by_siren()], {}, nothing, {})
    draft(by_siren(), owned(version=[777, 888]))
    publish(load_settings(), "labour", [by_siren()], {}, nothing, {})
    folder = current_folder(load_settings())
    assert folder is not None
    report = (folder / "changes.md").read_text("utf-8")
    assert "| labour_a | changed |" in report
    assert "111111111" not in report


def test_rows_that_are_blanked_are_counted(home: Path) -> None:
    Store.of(load_settings()).write(REGISTER, WITHHELD)
    draft(with_owner(), pl.DataFrame(OWNED))
    made = publish(load_settings(), "labour", [with_owner()], {}, nothing, {})
    assert made.tables[0].withheld_row_count == 1


def test_nobody_is_named_before_the_register_was_read(home: Path) -> None:
    draft(with_owner(), pl.DataFrame(OWNED))
    Store.of(load_settings()).path(REGISTER).unlink()
    with pytest.raises(InputError, match="run the register's assets"):
        publish(load_settings(), "labour", [with_owner()], {}, nothing, {})


def test_todays_contract_holds_for_what_is_carried_over_and_restored(home: Path) -> None:
    owner = replace(
        TABLES[0].columns[0],
        name="owner",
        kind="text",
        null_means=Text(fr="retenu", en="withheld"),
    )
    lax = replace(TABLES[0], columns=(*TABLES[0].columns, owner))
    strict = replace(lax, columns=(*TABLES[0].columns, replace(owner, sensitive=True)))
    rows = pl.DataFrame(OWNED).select("row_code", "version", "is_fictitious", "owner")
    draft(lax, rows)
    first = publish(load_settings(), "labour", [lax], {}, nothing, {})
    draft(other_theme(), land_rows(1))
    catalogue = {"labour_a": strict, "land_a": other_theme()}
    publish(load_settings(), "land", [other_theme()], {}, nothing, catalogue)
    folder = current_folder(load_settings())
    assert folder is not None
    assert "Dupont" not in everything(folder)
    assert pl.read_csv(folder / "labour_a.csv").columns == ["row_code", "version", "is_fictitious"]
    restore(load_settings(), find(load_settings(), first.release_id), {}, catalogue)
    folder = current_folder(load_settings())
    assert folder is not None
    assert "Dupont" not in everything(folder)
    internal = {"labour_a": replace(strict, publish_level="internal")}
    made = restore(load_settings(), find(load_settings(), first.release_id), {}, internal)
    assert made.tables == ()
    assert made.not_carried == {"labour_a": "internal today"}


def test_an_interrupted_publication_is_judged_where_it_was_published(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    release(1)
    prepare(2)
    settings = load_settings()
    Journal(settings.releases).begin("29990101T000000Z", "postgresql://somewhere/else")
    with pytest.raises(InputError, match="Run once with that database"):
        publish(settings, "labour", TABLES, {}, nothing, {})
    assert version_of_files(home) == 1


def test_a_key_of_another_kind_is_counted_not_compared(home: Path) -> None:
    release(1)
    code = replace(TABLES[0].columns[0], kind="integer", unit=RANK)
    table = replace(TABLES[0], columns=(code, *TABLES[0].columns[1:]))
    rows = land_rows(1).with_columns(pl.col("row_code").cast(pl.Int64))
    draft(table, rows)
    publish(load_settings(), "labour", [table], {}, nothing, {})
    folder = current_folder(load_settings())
    assert folder is not None
    assert "rows cannot be compared" in (folder / "changes.md").read_text()


def test_two_homes_may_publish_into_one_sqlite_file(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "attributes.db"
    with sqlite3.connect(path) as database:
        database.execute("CREATE VIEW labour_mine AS SELECT 1 AS one")
    database.close()
    monkeypatch.setenv("OBSERVATORY_DATABASE_URL", f"sqlite:///{path}")
    for version, name in enumerate(("one", "two", "one", "two"), start=1):
        monkeypatch.setenv("OBSERVATORY_HOME", str(tmp_path / name))
        release(version)
        with sqlite3.connect(path) as database:
            assert database.execute("SELECT max(version) FROM labour_a").fetchone() == (version,)
            assert database.execute("SELECT one FROM labour_mine").fetchone() == (1,)
        database.close()


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u:hunter@secret@127.0.0.1/x",
        "postgresql://u@127.0.0.1:1/x?password=secret",
        "postgresql://u:secret@127.0.0.1:1/x?options=-csecret%3Dsecret",
        "postgresql+psycopg://secret:secret@127.0.0.1:1/x",
        "sqlite:////nowhere/at/all.db?key=secret",
        "secret",
        "mssql+pyodbc:///?odbc_connect=PWD%3Dsecret",
    ],
)
def test_no_form_of_an_address_gives_its_password_away(
    home: Path, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    prepare(1)
    monkeypatch.setenv("OBSERVATORY_DATABASE_URL", url)
    with pytest.raises(ObservatoryError) as raised:
        publish(load_settings(), "labour", TABLES, {}, nothing, {})
    assert "secret" not in str(raised.value)
    assert len(str(raised.value)) > 20


# a table as versions wrote it whose contracts had English phrases alone
EARLIER_CONTRACTS = json.dumps(
    {"labour_a": {"name": "labour_a", "theme": "labour", "grain": "One row per EPCI"}}
).encode()


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("manifest.json", b"{}", "Field required"),
        ("manifest.json", b"[1, 2]", "should be an object"),
        ("manifest.json", b"{", "EOF while parsing"),
        ("manifest.json", b"[" * 100_000, "recursion limit"),
        ("contracts.json", b"[]", "cannot be read by this version"),
        ("contracts.json", b"[" * 100_000, "cannot be read by this version"),
        ("contracts.json", EARLIER_CONTRACTS, "cannot be read by this version"),
        ("contracts.json", b"{}", "no Parquet file or no contract"),
        ("labour_a.parquet", None, "no Parquet file or no contract"),
        ("labour_a.parquet", b"PAR1", "its content is not what was released"),
    ],
)
def test_a_release_of_another_version_is_said_and_the_current_one_stays(
    home: Path, name: str, content: bytes | None, expected: str
) -> None:
    old, new = release(1).release_id, release(2).release_id
    path = home / "releases" / old / name
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    seal(path.parent)
    with pytest.raises(InputError, match=expected):
        restore(load_settings(), home / "releases" / old, {}, {})
    assert version_of_files(home) == 2
    listed = command_in(home)("releases", "list")
    assert listed.returncode == 0
    assert new in listed.stdout


@pytest.mark.parametrize(
    "line", ['{"release_id": "."}', '{"release_id": "../../victim"}', "no json", "3"]
)
def test_a_journal_that_is_none_removes_nothing(home: Path, line: str) -> None:
    release(1)
    settings = load_settings()
    (settings.releases / ".journal").write_text(f"{line}\n")
    with pytest.raises(InputError, match="is not the journal of a publication"):
        publishing.recover(settings, None)
    assert version_of_files(home) == 1


def folders(home: Path) -> list[str]:
    return sorted(path.name for path in (home / "releases").iterdir() if path.is_dir())


def test_a_release_with_nothing_new_is_not_made(home: Path) -> None:
    first = release(1)
    draft(other_theme(), land_rows(7))
    both = publish(load_settings(), "land", [other_theme()], {}, nothing, {})
    assert release(1).release_id == both.release_id
    again = publish(load_settings(), "land", [other_theme()], {}, nothing, {})
    assert again == both
    assert folders(home) == [first.release_id, both.release_id]
    assert not Journal(load_settings().releases).path.exists()
    assert release(2).previous_release_id == both.release_id


def no_layers(*_: object) -> None:
    msg = "layers are written"
    raise ObservatoryError(msg)


def rows_of(database: Path, statement: str) -> list[tuple[object, ...]]:
    with contextlib.closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)) as opened:
        return opened.execute(statement).fetchall()


def test_layers_that_stay_are_copied_and_a_table_that_goes_leaves_no_trace(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    release(1)
    left = land_rows(7).with_columns(row_code=pl.lit("PARTI-SANS-TRACE"))
    draft(other_theme(), left)
    publish(load_settings(), "land", [other_theme()], {}, nothing, {})
    assert b"PARTI-SANS-TRACE" in (home / "observatory.gpkg").read_bytes()
    monkeypatch.setattr(building, "write_layers", no_layers)
    draft(other_theme(), land_rows(8))
    made = publish(load_settings(), "land", [other_theme()], {}, nothing, {})
    database = (home / "observatory.gpkg").resolve()
    assert b"PARTI-SANS-TRACE" not in database.read_bytes()
    assert rows_of(database, "SELECT row_code, version FROM land_a") == [("1", 8)]
    assert rows_of(database, "SELECT release_id, theme FROM release") == [(made.release_id, "land")]
    shapes = "SELECT count(*), min(version), max(version) FROM labour_shapes"
    assert rows_of(database, shapes) == [(400, 1, 1)]
    names = {name for (name,) in rows_of(database, "SELECT table_name FROM gpkg_contents")}
    tables = {"labour_a", "labour_b", "labour_shapes", "land_a"}
    assert names == {*tables, "layer_styles", "release"}
    assert rows_of(database, "SELECT f_table_name FROM layer_styles") == [("labour_shapes",)]


def test_layers_are_written_again_where_they_or_those_named_changed(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    release(1)
    tables = [replace(with_owner(), name="land_a", title_fr="land_a")]
    draft(tables[0], pl.DataFrame(OWNED))
    publish(load_settings(), "land", tables, {}, nothing, {})
    monkeypatch.setattr(building, "write_layers", no_layers)
    draft(tables[0], pl.DataFrame(OWNED).head(1))
    with pytest.raises(ObservatoryError, match="layers are written"):
        publish(load_settings(), "land", tables, {}, nothing, {})
    with pytest.raises(ObservatoryError, match="layers are written"):
        release(2)


def test_other_contents_of_the_same_rows_are_new(home: Path) -> None:
    first = release(1)
    wider = replace(TABLES[0], reference_period=Text(fr="Deux ans", en="Two years"))
    second = release(1, [wider, *TABLES[1:]])
    assert second.release_id != first.release_id


def test_a_release_that_is_damaged_is_made_again(home: Path) -> None:
    first = release(1)
    path = home / "releases" / first.release_id / "labour.xlsx"
    path.chmod(0o644)
    path.write_bytes(b"damaged")
    assert release(1).release_id != first.release_id


def test_a_database_that_lacks_the_release_has_it_made(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = release(1)
    monkeypatch.setenv("OBSERVATORY_DATABASE_URL", f"sqlite:///{tmp_path}/other.db")
    second = release(1)
    assert second.release_id != first.release_id
    assert release(1).release_id == second.release_id


def test_a_disk_that_is_full_when_polars_writes_is_said(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = release(1)
    full = Path("/dev/full")

    def write(*_: object) -> None:
        pl.LazyFrame({"a": ["x" * 1_000] * 10_000}).sink_csv(full)

    monkeypatch.setattr("observatory.release.building._write_csv", write)
    with pytest.raises(ObservatoryError, match=r"The disk is full .* the previous release stays"):
        release(2)
    assert folders(home) == [first.release_id]
