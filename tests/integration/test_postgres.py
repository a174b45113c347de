"""A real PostgreSQL with PostGIS: what is loaded, who may read it, what a reader never sees."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import polars as pl
import psycopg
import pytest

from observatory.database import postgres_schema as module
from observatory.disclosure.withholding import REGISTER
from observatory.errors import InputError, ObservatoryError
from observatory.release.history import find, prune
from observatory.release.publishing import publish, restore
from observatory.settings import load_settings
from observatory.storage.frames import Store
from tests.faults.publisher import TABLES, prepare
from tests.integration.test_publication import OWNED, draft, nothing, release, with_owner
from tests.servers import MISSING, Server, find_binaries, postgres

pytestmark = [
    pytest.mark.xdist_group("postgres"),
    pytest.mark.skipif(find_binaries() is None, reason=MISSING),
]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with postgres(tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest.fixture
def database(
    server: Server, request: pytest.FixtureRequest, home: Path, monkeypatch: pytest.MonkeyPatch
) -> str:
    """An empty database of its own, configured."""
    name = f"d{abs(hash(request.node.name))}"
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    url = server.as_role("postgres", name)
    monkeypatch.setenv("OBSERVATORY_DATABASE_URL", url)
    return url


def ask(url: str, query: str, role: str | None = None) -> list[tuple]:
    with psycopg.connect(url) as connection:
        if role:
            connection.execute(f"SET ROLE {role}")
        return connection.execute(query).fetchall()


def test_views_show_the_newest_release_and_geometry(database: str) -> None:
    release(1)
    made = release(2)
    rows = ask(database, "SELECT count(*), min(version), max(version) FROM observatory.labour_a")
    assert rows == [(400, 2, 2)]
    shapes = "SELECT DISTINCT ST_SRID(geometry), ST_GeometryType(geometry), ST_IsValid(geometry)"
    assert ask(database, f"{shapes} FROM observatory.labour_shapes") == [(2154, "ST_Polygon", True)]
    known = ask(database, "SELECT release_id, is_current FROM observatory.releases ORDER BY 1")
    assert known[-1] == (made.release_id, True)
    assert [current for _, current in known] == [False, True]
    view = "SELECT type, srid FROM geometry_columns WHERE f_table_schema = 'observatory'"
    assert ask(database, view) == [("POLYGON", 2154)]


def test_every_table_and_column_has_its_comment(database: str) -> None:
    made = release(1)
    schema = module.schema_of(made.release_id)
    missing = """
        SELECT c.relname, a.attname FROM pg_class c
        JOIN pg_namespace n ON n.oid = c.relnamespace
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
        WHERE n.nspname = ANY(%s) AND c.relkind IN ('r', 'v') AND c.relname LIKE 'labour%%'
          AND (col_description(c.oid, a.attnum) IS NULL OR obj_description(c.oid) IS NULL)
    """
    with psycopg.connect(database) as connection:
        assert connection.execute(missing, [[schema, "observatory"]]).fetchall() == []
        comment = connection.execute(
            "SELECT obj_description('observatory.labour_a'::regclass)"
        ).fetchone()
    assert comment is not None
    assert "données fictives" in comment[0]


def test_keys_codes_and_geometry_are_indexed(database: str) -> None:
    schema = module.schema_of(release(1).release_id)
    found = ask(database, f"SELECT indexdef FROM pg_indexes WHERE schemaname = '{schema}'")
    definitions = " ".join(row[0] for row in found)
    assert definitions.count("UNIQUE INDEX") == 3
    assert "USING gist (geometry)" in definitions


WRITES = [
    "INSERT INTO observatory.labour_a VALUES ('x', 1, true)",
    "UPDATE observatory.labour_a SET version = 0",
    "DELETE FROM observatory.labour_a",
    "DROP VIEW observatory.labour_a",
    "DELETE FROM observatory.releases",
    "CREATE TABLE observatory.x (a int)",
    "CREATE TABLE public.x (a int)",
    "CREATE TEMP TABLE x (a int)",
    "CREATE SCHEMA x",
    "SELECT lo_create(0)",
    "SELECT lo_from_bytea(0, 'x')",
    "SELECT setval('observatory.x', 1)",
    "COPY (SELECT 1) TO '/tmp/x'",
    "TRUNCATE observatory.releases",
]


@pytest.mark.parametrize("statement", WRITES)
def test_the_reader_can_write_nothing(server: Server, statement: str, reader_database: str) -> None:
    with pytest.raises(psycopg.Error):
        ask(reader_database, statement)


@pytest.fixture(scope="module")
def reader_database(server: Server, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A database with two releases and a sensitive column, seen as a login of the reader role."""
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute("CREATE DATABASE reading")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OBSERVATORY_HOME", str(tmp_path_factory.mktemp("reading") / "home"))
        patch.setenv("OBSERVATORY_INPUT", "sample")
        patch.setenv("OBSERVATORY_DATABASE_URL", server.as_role("postgres", "reading"))
        release(1)
        draft(with_owner(), pl.DataFrame(OWNED))
        publish(load_settings(), "labour", [with_owner(), *TABLES[1:]], {}, nothing, {})
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute("CREATE ROLE economist LOGIN IN ROLE observatory_reader")
    return server.as_role("economist", "reading")


def test_the_reader_sees_released_views_only(reader_database: str) -> None:
    readable = ask(
        reader_database,
        "SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE c.relkind IN ('r', 'v', 'm') AND n.nspname NOT IN ('pg_catalog',"
        " 'information_schema', 'public') AND has_schema_privilege(n.oid, 'USAGE')"
        " AND has_table_privilege(c.oid, 'SELECT') ORDER BY 2",
    )
    assert readable == [
        ("observatory", "labour_a"),
        ("observatory", "labour_b"),
        ("observatory", "labour_shapes"),
        ("observatory", "releases"),
    ]


def test_no_sensitive_column_and_no_draft_is_in_the_database(reader_database: str) -> None:
    columns = ask(
        reader_database,
        "SELECT DISTINCT attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid"
        " WHERE c.relname LIKE 'labour%' AND attnum > 0",
    )
    assert ("owner",) not in columns
    assert ("firm_name",) in columns
    schema = ask(reader_database, "SELECT schema_name FROM observatory.releases")[0][0]
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        ask(reader_database, f"SELECT * FROM {schema}.labour_a")


def test_a_reader_in_a_transaction_keeps_one_release_and_the_publication_waits(
    database: str,
) -> None:

    release(1)
    prepare(2)
    settings = load_settings()
    done = []
    with psycopg.connect(database) as reader:
        first = reader.execute("SELECT max(version) FROM observatory.labour_a").fetchone()
        other = threading.Thread(
            target=lambda: done.append(publish(settings, "labour", TABLES, {}, nothing, {}))
        )
        other.start()
        other.join(6)
        assert not done
        second = reader.execute("SELECT max(version) FROM observatory.labour_b").fetchone()
        assert first == second == (1,)
        reader.commit()
        other.join(60)
        assert done
        assert reader.execute("SELECT max(version) FROM observatory.labour_b").fetchone() == (2,)


def test_a_view_whose_columns_change_is_made_again(database: str) -> None:
    release(1)
    draft(with_owner(), pl.DataFrame(OWNED))
    publish(load_settings(), "labour", [with_owner()], {}, nothing, {})
    assert ask(database, "SELECT count(firm_name) FROM observatory.labour_a") == [(2,)]
    views = ask(database, "SELECT viewname FROM pg_views WHERE schemaname = 'observatory'")
    assert views == [("labour_a",)]


def test_somebodys_own_view_is_never_dropped(database: str) -> None:
    release(1)
    with psycopg.connect(database) as connection:
        connection.execute("CREATE VIEW mine AS SELECT version FROM observatory.labour_a")
    release(2)
    assert ask(database, "SELECT max(version) FROM mine") == [(2,)]
    narrower = replace(
        TABLES[0], columns=tuple(c for c in TABLES[0].columns if c.name != "version")
    )
    draft(narrower, pl.DataFrame({"row_code": ["1"], "is_fictitious": [True]}))
    with pytest.raises(ObservatoryError, match="other objects depend on it"):
        publish(load_settings(), "labour", [narrower], {}, nothing, {})
    assert ask(database, "SELECT max(version) FROM mine") == [(2,)]


def test_restore_and_prune_reach_the_database(database: str) -> None:
    names = [release(v).release_id for v in (1, 2, 3)]
    restore(load_settings(), find(load_settings(), names[0]), {}, {})
    assert ask(database, "SELECT max(version) FROM observatory.labour_a") == [(1,)]
    prune(load_settings(), 2)
    schemas = ask(database, "SELECT nspname FROM pg_namespace WHERE nspname LIKE 'release%'")
    assert len(schemas) == 2
    assert len(ask(database, "SELECT 1 FROM observatory.releases")) == 2


def test_a_release_that_names_who_objects_goes_from_the_database(database: str) -> None:
    draft(with_owner(), pl.DataFrame(OWNED))
    publish(load_settings(), "labour", [with_owner()], {}, nothing, {})
    Store.of(load_settings()).write(REGISTER, pl.DataFrame({"identifier": ["111111111"]}))
    made = publish(load_settings(), "labour", [with_owner()], {}, nothing, {})
    schemas = ask(database, "SELECT nspname FROM pg_namespace WHERE nspname LIKE 'release%'")
    assert len(schemas) == 1
    assert ask(database, "SELECT release_id FROM observatory.releases") == [(made.release_id,)]
    assert ask(database, "SELECT count(firm_name) FROM observatory.labour_a") == [(1,)]


def test_a_user_who_may_not_create_roles_is_told_what_to_ask(
    server: Server, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute("CREATE ROLE writer LOGIN")
        connection.execute("CREATE DATABASE modest OWNER writer")
    monkeypatch.setenv("OBSERVATORY_DATABASE_URL", server.as_role("writer", "modest"))
    monkeypatch.setenv("OBSERVATORY_READER_ROLE", "nobody_yet")
    prepare(1)
    with pytest.raises(InputError, match="CREATE EXTENSION postgis"):
        publish(load_settings(), "labour", TABLES, {}, nothing, {})
    with psycopg.connect(server.as_role("postgres", "modest"), autocommit=True) as connection:
        connection.execute("CREATE EXTENSION postgis")
    with pytest.raises(InputError, match="CREATE ROLE nobody_yet NOLOGIN"):
        publish(load_settings(), "labour", TABLES, {}, nothing, {})
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute("CREATE ROLE nobody_yet NOLOGIN")
    publish(load_settings(), "labour", TABLES, {}, nothing, {})


def test_somebodys_view_in_our_schema_stays(database: str) -> None:
    release(1)
    with psycopg.connect(database) as connection:
        connection.execute("CREATE VIEW observatory.theirs AS SELECT 1 AS one")
    release(2)
    assert ask(database, "SELECT one FROM observatory.theirs") == [(1,)]
    assert ask(database, "SELECT max(version) FROM observatory.labour_a") == [(2,)]


def test_a_percent_sign_in_a_comment_stays_one(database: str) -> None:
    label = replace(TABLES[0].columns[1], fr="À partir de 95 % ; d'usage.")
    table = replace(TABLES[0], columns=(TABLES[0].columns[0], label, *TABLES[0].columns[2:]))
    prepare(1)
    publish(load_settings(), "labour", [table], {}, nothing, {})
    ((comment,),) = ask(database, "SELECT col_description('observatory.labour_a'::regclass, 2)")
    assert "95 % ; d'usage." in comment


def test_schemas_and_views_of_others_are_left_alone(database: str) -> None:
    first = release(1).release_id
    with psycopg.connect(database) as connection:
        connection.execute("CREATE SCHEMA release_notes; CREATE TABLE release_notes.mine (a int)")
        schema = module.schema_of(first)
        connection.execute(f"CREATE VIEW old_mine AS SELECT version FROM {schema}.labour_a")
    for version in (2, 3):
        release(version)
    assert ask(database, "SELECT count(*) FROM release_notes.mine") == [(0,)]
    with pytest.raises(ObservatoryError, match="view old_mine depends on"):
        prune(load_settings(), 1)
    assert ask(database, "SELECT max(version) FROM old_mine") == [(1,)]
    with psycopg.connect(database) as connection:
        connection.execute("DROP VIEW old_mine")
    prune(load_settings(), 1)
    assert len(ask(database, "SELECT 1 FROM observatory.releases")) == 1


def test_a_column_that_comes_leaves_views_of_others_alone(database: str) -> None:
    release(1)
    with psycopg.connect(database) as connection:
        connection.execute("CREATE VIEW mine AS SELECT version FROM observatory.labour_a")
    extra = replace(TABLES[0].columns[1], name="aaa_count")
    wider = replace(TABLES[0], columns=(TABLES[0].columns[0], extra, *TABLES[0].columns[1:]))
    rows = {"row_code": ["1"], "aaa_count": [5], "version": [2], "is_fictitious": [True]}
    draft(wider, pl.DataFrame(rows))
    publish(load_settings(), "labour", [wider], {}, nothing, {})
    assert ask(database, "SELECT version FROM mine") == [(2,)]
    assert ask(database, "SELECT aaa_count FROM observatory.labour_a") == [(5,)]


@pytest.mark.parametrize("isolation", ["READ COMMITTED", "REPEATABLE READ"])
def test_who_has_read_the_list_of_releases_keeps_the_release_it_named(
    database: str, isolation: str
) -> None:
    release(1)
    prepare(2)
    settings = load_settings()
    with psycopg.connect(database) as reader:
        reader.execute(f"SET TRANSACTION ISOLATION LEVEL {isolation}")
        named = "SELECT release_id FROM observatory.releases WHERE is_current"
        (first,) = reader.execute(named).fetchone() or ()
        other = threading.Thread(
            target=lambda: publish(settings, "labour", TABLES, {}, nothing, {})
        )
        other.start()
        other.join(6)
        count = "SELECT count(*), max(version) FROM observatory.labour_a"
        assert reader.execute(count).fetchone() == (400, 1)
        assert reader.execute(named).fetchone() == (first,)
        reader.commit()
        other.join(60)
        assert reader.execute(count).fetchone() == (400, 2)


def test_a_reader_role_that_may_write_is_refused(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare(1)
    monkeypatch.setenv("OBSERVATORY_READER_ROLE", "postgres")
    with pytest.raises(InputError, match="may do more than read"):
        publish(load_settings(), "labour", TABLES, {}, nothing, {})


def test_an_owner_without_more_rights_revokes_what_he_may(
    server: Server, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute("CREATE ROLE owner LOGIN CREATEROLE")
        connection.execute("CREATE DATABASE owned OWNER owner")
        connection.execute("CREATE ROLE guest LOGIN")
    with psycopg.connect(server.as_role("postgres", "owned"), autocommit=True) as connection:
        connection.execute("CREATE EXTENSION postgis")
    monkeypatch.setenv("OBSERVATORY_DATABASE_URL", server.as_role("owner", "owned"))
    monkeypatch.setenv("OBSERVATORY_READER_ROLE", "reader_of_owned")
    release(1)
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        ask(server.as_role("guest", "owned"), "CREATE TEMP TABLE x (a int)")


def test_a_database_that_lags_behind_the_files_is_put_right_by_prune(
    database: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [release(v).release_id for v in (1, 2)]
    monkeypatch.delenv("OBSERVATORY_DATABASE_URL")
    names += [release(v).release_id for v in (3, 4)]
    monkeypatch.setenv("OBSERVATORY_DATABASE_URL", database)
    prune(load_settings(), 1)
    held = ask(database, "SELECT release_id, is_current FROM observatory.releases")
    assert held == [(names[1], True)]
    assert ask(database, "SELECT max(version) FROM observatory.labour_a") == [(2,)]
