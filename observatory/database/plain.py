"""Any other database SQLAlchemy speaks to: attribute tables per release, views in front.

Only databases whose table definitions can be rolled back: elsewhere readers could see a mix.
"""

import contextlib
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from observatory.database.geopackage import attribute_batches
from observatory.database.target import LoadedTable, Step, explained
from observatory.errors import InputError, ObservatoryError
from observatory.metadata.manifest import Manifest
from observatory.metadata.tables import Kind, Table
from observatory.storage.locks import hold

COMMITS_EACH_DEFINITION = {"mysql", "mariadb", "oracle"}
TYPES: dict[Kind, type[sa.types.TypeEngine[Any]]] = {
    "code": sa.Text,
    "text": sa.Text,
    "integer": sa.BigInteger,
    "number": sa.Double,
    "date": sa.Date,
    "datetime": sa.DateTime,
    "boolean": sa.Boolean,
}
RELEASES = sa.Table(
    "observatory_releases",
    sa.MetaData(),
    sa.Column("release_id", sa.String(64), primary_key=True),
    sa.Column("released_at", sa.String(32), nullable=False),
    sa.Column("theme", sa.String(32), nullable=False),
    sa.Column("territory", sa.Text, nullable=False),
    sa.Column("is_fictitious", sa.Boolean, nullable=False),
    sa.Column("is_current", sa.Boolean, nullable=False),
    sa.Column("view_names", sa.Text, nullable=False),
)


@contextlib.contextmanager
def open_plain(url: sa.URL) -> Iterator["PlainTarget"]:
    """Hold the database for one publication."""
    if url.get_backend_name() in COMMITS_EACH_DEFINITION:
        msg = (
            f"{url.get_backend_name()} commits each table definition by itself, so that readers "
            "could see two releases at once: use PostgreSQL or SQLite."
        )
        raise InputError(msg)
    with explained(url), _one_at_a_time(url):
        engine = sa.create_engine(url)
        if engine.dialect.name == "sqlite":
            _with_whole_transactions(engine)
        try:
            with engine.begin() as connection:
                RELEASES.metadata.create_all(connection)
            yield PlainTarget(url, engine)
        finally:
            engine.dispose()


@contextlib.contextmanager
def _one_at_a_time(url: sa.URL) -> Iterator[None]:
    """Two homes that publish into one SQLite file wait for each other."""
    if url.get_backend_name() != "sqlite" or not url.database or url.database == ":memory:":
        yield
        return
    lock = Path(f"{url.database}.publishing")
    if not lock.parent.is_dir():
        msg = f"OBSERVATORY_DATABASE_URL: there is no folder {lock.parent}; make it first."
        raise InputError(msg)
    with hold(lock):
        yield


def _with_whole_transactions(engine: sa.Engine) -> None:
    """Python's SQLite driver begins no transaction before a table definition: do it here."""

    @sa.event.listens_for(engine, "connect")
    def leave_it_to_us(connection: Any, _: object) -> None:
        connection.isolation_level = None
        connection.execute("PRAGMA busy_timeout = 60000")
        # what is dropped is gone from the file
        connection.execute("PRAGMA secure_delete = ON")

    @sa.event.listens_for(engine, "begin")
    def begin(connection: sa.Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def _suffix(release_id: str) -> str:
    return "__" + re.sub(r"[^a-z0-9]+", "", release_id.lower())


def sql_table(table: Table, release_id: str) -> sa.Table:
    """A contract as a table named after the release; geometry is left out."""
    return sa.Table(
        table.name + _suffix(release_id),
        sa.MetaData(),
        *(
            sa.Column(c.name, TYPES[c.kind](), nullable=c.nullable)
            for c in table.columns
            if c.kind != "geometry"
        ),
        sa.UniqueConstraint(*table.key),
    )


class PlainTarget:
    """One database reached by SQLAlchemy alone."""

    def __init__(self, url: sa.URL, engine: sa.Engine) -> None:
        self.url = url
        self.engine = engine

    def renew(self) -> None:
        """Every use opens a connection of its own: there is nothing to renew."""

    def current(self) -> str | None:
        """The release that the views show."""
        with explained(self.url), self.engine.connect() as connection:
            shown = sa.select(RELEASES.c.release_id).where(RELEASES.c.is_current)
            return connection.scalar(shown)

    def load(self, manifest: Manifest, tables: Sequence[LoadedTable], step: Step) -> None:
        """Write each table in a transaction of its own."""
        with explained(self.url):
            for loaded in tables:
                step(f"database table {loaded.table.name}")
                target = sql_table(loaded.table, manifest.release_id)
                insert = target.insert()
                with self.engine.begin() as connection:
                    target.create(connection)
                    for frame in attribute_batches(loaded.parquet, loaded.table):
                        if frame.height:
                            connection.execute(insert, frame.to_dicts())

    def publish(self, manifest: Manifest, tables: Sequence[LoadedTable], step: Step) -> None:
        """Move all views and write the release's row, in one transaction."""
        release_id = manifest.release_id
        with explained(self.url):
            step("before commit")
            with self.engine.begin() as connection:
                shown = sa.select(RELEASES.c.view_names).where(RELEASES.c.is_current)
                for name in (connection.scalar(shown) or "").split():
                    connection.execute(sa.text(f"DROP VIEW {name}"))
                for loaded in tables:
                    target = sql_table(loaded.table, release_id)
                    columns = ", ".join(f'"{c.name}"' for c in target.columns)
                    view = f"CREATE VIEW {loaded.table.name} AS SELECT {columns} FROM {target.name}"
                    connection.execute(sa.text(view))
                connection.execute(sa.update(RELEASES).values(is_current=False))
                connection.execute(
                    sa.insert(RELEASES).values(
                        release_id=manifest.release_id,
                        released_at=manifest.released_at,
                        theme=manifest.theme,
                        territory=manifest.territory,
                        is_fictitious=manifest.is_fictitious,
                        is_current=True,
                        view_names=" ".join(t.table.name for t in tables),
                    )
                )
            step("after commit")

    def remove_orphans(self) -> None:
        """Drop tables of releases that have no row: they were never published."""
        with explained(self.url), self.engine.begin() as connection:
            known = {_suffix(r) for r in connection.scalars(sa.select(RELEASES.c.release_id))}
            for name in sa.inspect(connection).get_table_names():
                release = re.search(r"__\d{8}t[0-9a-z]+$", name)
                if release and release.group() not in known:
                    connection.execute(sa.text(f"DROP TABLE {name}"))

    def releases(self) -> list[str]:
        """Releases the database holds, oldest first."""
        with explained(self.url), self.engine.connect() as connection:
            held = sa.select(RELEASES.c.release_id).order_by(RELEASES.c.release_id)
            return list(connection.scalars(held))

    def drop(self, release_id: str) -> None:
        """Drop a release's tables and row; the current one is refused."""
        if release_id == self.current():
            msg = f"{release_id} is what the database shows: it cannot be removed."
            raise ObservatoryError(msg)
        with explained(self.url), self.engine.begin() as connection:
            for name in sa.inspect(connection).get_table_names():
                if name.endswith(_suffix(release_id)):
                    connection.execute(sa.text(f"DROP TABLE {name}"))
            connection.execute(sa.delete(RELEASES).where(RELEASES.c.release_id == release_id))
