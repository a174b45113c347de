"""PostgreSQL with PostGIS: a schema per release, stable views in front, a role that only reads.

Rows are loaded by ADBC (COPY in binary form). One transaction replaces all views and writes the
row of the release; a reader who has touched one view holds the others back until he is done, so
that no query sees two releases.
"""

import contextlib
import logging
from collections.abc import Iterator, Sequence

import adbc_driver_manager
import sqlalchemy as sa
from adbc_driver_postgresql import dbapi as adbc

from observatory.database.postgres_schema import (
    OBSERVATORY_SCHEMA,
    RELEASES,
    REVOKED,
    arrow_rows,
    literal,
    quoted,
    schema_of,
    sql_table,
)
from observatory.database.target import LoadedTable, Step, explained
from observatory.errors import InputError, ObservatoryError
from observatory.metadata.dictionary import column_comment, table_comment
from observatory.metadata.manifest import Manifest
from observatory.metadata.tables import Table
from observatory.settings import Settings

LOG = logging.getLogger(__name__)
LOCK = 7_261_032_025
MARK = "A release of the observatory"
NAMED = r"^release_\d{8}t\d{12}z(_[a-z0-9_]+)?$"
MOVE_SECONDS = 120
RECONNECT = "15s"
BUSY = {"55P03", "40P01"}
NO_RIGHT = "42501"


@contextlib.contextmanager
def open_postgres(url: sa.URL, settings: Settings) -> Iterator["PostgresTarget"]:
    """Hold the database for one publication; a second one waits, and says so."""
    with explained(url):
        target = PostgresTarget(url, settings.reader_role)
        try:
            target.prepare()
            yield target
        finally:
            target.connection.close()


class PostgresTarget:
    """One database, its lock held by ``connection`` for as long as the object is used."""

    def __init__(self, url: sa.URL, reader: str) -> None:
        self.url = url
        self.reader = reader
        address = url.set(drivername="postgresql+psycopg")
        self.engine = sa.create_engine(
            address, poolclass=sa.NullPool, connect_args={"application_name": "observatory"}
        )
        self.connection = self._connect(patience="0")

    def _connect(self, patience: str) -> sa.Connection:
        """A connection that holds the lock; ``patience`` is PostgreSQL's, 0 for no end."""
        connection = self.engine.connect()
        connection.execution_options(isolation_level="AUTOCOMMIT")
        if not connection.scalar(sa.select(sa.func.pg_try_advisory_lock(LOCK))):
            LOG.warning("Another publication holds the database: waiting for it to end.")
            connection.exec_driver_sql(f"SET lock_timeout = '{patience}'")
            connection.execute(sa.select(sa.func.pg_advisory_lock(LOCK)))
            connection.exec_driver_sql("RESET lock_timeout")
        return connection

    def renew(self) -> None:
        """Connect again where the connection was lost, to see what became of the publication."""
        with explained(self.url):
            try:
                self.connection.exec_driver_sql("SELECT 1")
            except sa.exc.SQLAlchemyError:
                self.connection.close()
                self.connection = self._connect(RECONNECT)

    def prepare(self) -> None:
        """Create what every release needs: PostGIS, the schema of the views, the reader."""
        run = self.connection.exec_driver_sql
        if not self._has_postgis():
            try:
                run("CREATE EXTENSION IF NOT EXISTS postgis")
            except sa.exc.DBAPIError as error:
                msg = (
                    "PostGIS is not in this database and could not be added "
                    f"({str(error.orig).strip().splitlines()[0]}): ask its administrator for "
                    "CREATE EXTENSION postgis."
                )
                raise InputError(msg) from None
        run(f"CREATE SCHEMA IF NOT EXISTS {OBSERVATORY_SCHEMA}")
        RELEASES.metadata.create_all(self.connection)
        self._prepare_reader()

    def _has_postgis(self) -> bool:
        found = sa.text("SELECT 1 FROM pg_extension WHERE extname = 'postgis'")
        return self.connection.scalar(found) is not None

    def _prepare_reader(self) -> None:
        """A role without login that reads the views and can write nothing, not even for itself."""
        run = self.connection.exec_driver_sql
        known = sa.text(
            "SELECT rolsuper OR rolcreaterole OR rolcreatedb OR rolbypassrls OR rolreplication"
            " OR pg_has_role(rolname, current_user, 'MEMBER') FROM pg_roles WHERE rolname = :name"
        )
        can_write = self.connection.scalar(known, {"name": self.reader})
        if can_write:
            msg = (
                f"OBSERVATORY_READER_ROLE={self.reader}: this role may do more than read; name one "
                "of its own, such as observatory_reader."
            )
            raise InputError(msg)
        if can_write is None:
            try:
                run(f'CREATE ROLE "{self.reader}" NOLOGIN')
            except sa.exc.DBAPIError as error:
                if getattr(error.orig, "sqlstate", None) != NO_RIGHT:
                    raise
                msg = (
                    f"The role {self.reader} is missing and this user may not create it: ask the "
                    f"administrator for CREATE ROLE {self.reader} NOLOGIN."
                )
                raise InputError(msg) from None
        run(f'GRANT USAGE ON SCHEMA {OBSERVATORY_SCHEMA} TO "{self.reader}"')
        run(f'GRANT SELECT ON {OBSERVATORY_SCHEMA}.releases TO "{self.reader}"')
        for statement in REVOKED:
            try:
                run(statement)
            except sa.exc.DBAPIError as error:
                if getattr(error.orig, "sqlstate", None) != NO_RIGHT:
                    raise
                LOG.warning("Every user keeps a right to write here: %s was refused", statement)

    def current(self) -> str | None:
        """The release that the views show."""
        with explained(self.url):
            shown = sa.select(RELEASES.c.release_id).where(RELEASES.c.is_current)
            return self.connection.scalar(shown)

    def load(self, manifest: Manifest, tables: Sequence[LoadedTable], step: Step) -> None:
        """Write the tables into a schema of their own, then keys and indexes."""
        schema = schema_of(manifest.release_id)
        with explained(self.url):
            step("database schema")
            # one statement, one transaction: a schema of ours never stands without its mark
            self.connection.exec_driver_sql(
                f"CREATE SCHEMA {schema}; COMMENT ON SCHEMA {schema} IS '{MARK}'"
            )
            with _adbc(self.url) as loader:
                for loaded in tables:
                    step(f"database table {loaded.table.name}")
                    self._load_table(schema, loaded, loader)
            for loaded in tables:
                step(f"database index {loaded.table.name}")
                self._index(schema, loaded.table)

    def _load_table(self, schema: str, loaded: LoadedTable, loader: adbc.Connection) -> None:
        target = sql_table(loaded.table, schema)
        target.create(self.connection)
        with loader.cursor() as cursor:
            rows = arrow_rows(loaded)
            cursor.adbc_ingest(target.name, rows, mode="append", db_schema_name=schema)
        loader.commit()

    def _index(self, schema: str, table: Table) -> None:
        """The key, and an index on each code and geometry that the key does not begin with."""
        target = sql_table(table, schema)
        name = f"{schema}.{table.name}"
        run = self.connection.exec_driver_sql
        run(f"ALTER TABLE {name} ADD PRIMARY KEY ({', '.join(quoted(table.key))})")
        for column in table.columns:
            if column.kind == "geometry":
                run(f"CREATE INDEX ON {name} USING gist ({quoted([column.name])[0]})")
            elif column.kind == "code" and column.name != table.key[0]:
                run(f"CREATE INDEX ON {name} ({quoted([column.name])[0]})")
        run(f"ANALYZE {target.fullname}")

    def publish(self, manifest: Manifest, tables: Sequence[LoadedTable], step: Step) -> None:
        """Move all views and write the release's row, in one transaction."""
        from tenacity import Retrying, retry_if_exception, stop_after_delay, wait_random

        schema = schema_of(manifest.release_id)
        with explained(self.url):
            step("before commit")
            attempts = Retrying(
                retry=retry_if_exception(_is_busy),
                stop=stop_after_delay(MOVE_SECONDS),
                wait=wait_random(0.05, 0.5),
                reraise=True,
            )
            for attempt in attempts:
                with attempt:
                    self._move(schema, manifest, tables)
            step("after commit")

    def _move(self, schema: str, manifest: Manifest, tables: Sequence[LoadedTable]) -> None:
        self.connection.exec_driver_sql("BEGIN")
        try:
            self.connection.exec_driver_sql("SET LOCAL lock_timeout = '400ms'")
            # who has read the list of releases goes on seeing the release it named
            self.connection.exec_driver_sql(
                f"LOCK TABLE {OBSERVATORY_SCHEMA}.releases IN ACCESS EXCLUSIVE MODE"
            )
            shown = self._views()
            for name in sorted(shown.keys() - {t.table.name for t in tables}):
                self.connection.exec_driver_sql(f"DROP VIEW {OBSERVATORY_SCHEMA}.{name}")
            for loaded in sorted(tables, key=lambda t: t.table.name):
                self._show(schema, loaded, shown.get(loaded.table.name), manifest.notice)
            self.connection.execute(sa.update(RELEASES).values(is_current=False))
            self.connection.execute(
                sa.insert(RELEASES).values(
                    schema_name=schema,
                    is_current=True,
                    release_id=manifest.release_id,
                    released_at=manifest.released_at,
                    theme=manifest.theme,
                    territory=manifest.territory,
                    code_version=manifest.code_version,
                    restored_from=manifest.restored_from,
                    is_fictitious=manifest.is_fictitious,
                )
            )
            self.connection.exec_driver_sql("COMMIT")
        except BaseException:
            with contextlib.suppress(sa.exc.SQLAlchemyError):
                self.connection.exec_driver_sql("ROLLBACK")
            raise

    def _views(self) -> dict[str, list[tuple[str, str]]]:
        """Views that a release put into the schema, with their columns and types."""
        found = self.connection.execute(
            sa.text(
                "SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod)"
                " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
                " JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0"
                " WHERE n.nspname = :schema AND c.relkind = 'v'"
                " AND pg_get_viewdef(c.oid) ~ 'FROM release_[0-9a-z_]+\\.'"
                " ORDER BY c.relname, a.attnum"
            ),
            {"schema": OBSERVATORY_SCHEMA},
        )
        views: dict[str, list[tuple[str, str]]] = {}
        for view, column, kind in found:
            views.setdefault(view, []).append((column, kind))
        return views

    def _show(
        self,
        schema: str,
        loaded: LoadedTable,
        shown: list[tuple[str, str]] | None,
        notice: str | None,
    ) -> None:
        """One view over one table.

        Columns that were shown keep their place, new ones follow: views that others built on
        ours stay. Only where a column goes, or changes type, is the view dropped first.
        """
        table = loaded.table
        name = f"{OBSERVATORY_SCHEMA}.{table.name}"
        run = self.connection.exec_driver_sql
        wanted = self.connection.execute(
            sa.text(
                "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute"
                " WHERE attrelid = CAST(:name AS regclass) AND attnum > 0 ORDER BY attnum"
            ),
            {"name": f"{schema}.{table.name}"},
        )
        kinds = {row[0]: row[1] for row in wanted}
        kept = [] if shown is None else [c for c, kind in shown if kinds.get(c) == kind]
        if shown is not None and len(kept) < len(shown):
            run(f"DROP VIEW {name}")
            kept = []
        order = [*kept, *(c.name for c in table.columns if c.name not in kept)]
        columns = ", ".join(quoted(order))
        run(f"CREATE OR REPLACE VIEW {name} AS SELECT {columns} FROM {schema}.{table.name}")
        comments = [(f"VIEW {name}", table_comment(table, notice, loaded.warnings))]
        comments += [
            (f"COLUMN {name}.{quoted([c.name])[0]}", column_comment(c)) for c in table.columns
        ]
        run("; ".join(f"COMMENT ON {what} IS {literal(text)}" for what, text in comments))
        run(f'GRANT SELECT ON {name} TO "{self.reader}"')

    def remove_orphans(self) -> None:
        """Drop schemas of releases that have no row: they were never published."""
        with explained(self.url):
            known = set(self.connection.scalars(sa.select(RELEASES.c.schema_name)))
            ours = self.connection.scalars(
                sa.text(
                    "SELECT nspname FROM pg_namespace WHERE nspname ~ :named"
                    " AND obj_description(oid, 'pg_namespace') = :mark"
                ),
                {"mark": MARK, "named": NAMED},
            )
            for schema in sorted(set(ours) - known):
                self._drop_schema(schema)

    def _drop_schema(self, schema: str) -> None:
        """Drop a schema of ours and its tables; nothing of anybody else's goes with it."""
        tables = self.connection.scalars(
            sa.text("SELECT tablename FROM pg_tables WHERE schemaname = :schema"),
            {"schema": schema},
        )
        named = ", ".join(f"{schema}.{name}" for name in quoted(sorted(tables)))
        if named:
            self.connection.exec_driver_sql(f"DROP TABLE {named}")
        self.connection.exec_driver_sql(f"DROP SCHEMA IF EXISTS {schema}")

    def releases(self) -> list[str]:
        """Releases the database holds, oldest first."""
        with explained(self.url):
            held = sa.select(RELEASES.c.release_id).order_by(RELEASES.c.release_id)
            return list(self.connection.scalars(held))

    def drop(self, release_id: str) -> None:
        """Drop a release's schema and row; the current one is refused."""
        with explained(self.url):
            if release_id == self.current():
                msg = f"{release_id} is what the database shows: it cannot be removed."
                raise ObservatoryError(msg)
            self.connection.exec_driver_sql("BEGIN")
            try:
                self._drop_schema(schema_of(release_id))
                row = sa.delete(RELEASES).where(RELEASES.c.release_id == release_id)
                self.connection.execute(row)
                self.connection.exec_driver_sql("COMMIT")
            except BaseException:
                with contextlib.suppress(sa.exc.SQLAlchemyError):
                    self.connection.exec_driver_sql("ROLLBACK")
                raise


@contextlib.contextmanager
def _adbc(url: sa.URL) -> Iterator[adbc.Connection]:
    """A connection that loads in bulk; its failures are those of any database."""
    address = url.set(drivername="postgresql").render_as_string(hide_password=False)
    try:
        with adbc.connect(address) as connection:
            yield connection
    except adbc_driver_manager.Error as error:
        raise sa.exc.OperationalError("COPY", None, error) from None


def _is_busy(error: BaseException) -> bool:
    """Whether readers hold the views: try again once they have read."""
    return isinstance(error, sa.exc.DBAPIError) and getattr(error.orig, "sqlstate", None) in BUSY
