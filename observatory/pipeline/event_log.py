"""Dagster's history of a home, written by one run at the pace of one open file."""

import contextlib
import sqlite3
from collections.abc import Iterator

import dagster as dg
import sqlalchemy as sa
from dagster._core.storage.event_log import SqliteEventLogStorage


class KeptEventLog(SqliteEventLogStorage):
    """Dagster's own event log, that keeps one connection a file instead of one an event.

    A run of the command line writes thousands of events, and nobody else writes into its file.
    The disk is not waited for: a history can be begun anew, a release is never in it.
    """

    def __init__(self, base_dir: str) -> None:
        self._kept: dict[str, sa.Engine] = {}
        self._there: set[str] = set()
        super().__init__(base_dir)

    @contextlib.contextmanager
    def _connect(self, shard: str) -> Iterator[sa.Connection]:
        with self._db_lock:
            engine = self._engine(shard)
            with engine.connect() as connection, connection.begin():
                yield connection

    def _engine(self, shard: str) -> sa.Engine:
        if shard not in self._kept:
            engine = sa.create_engine(
                self.conn_string_for_shard(shard),
                poolclass=sa.StaticPool,
                connect_args={"timeout": 60, "check_same_thread": False},
            )
            sa.event.listen(engine, "connect", _relax)
            self._initdb(engine)
            self._kept[shard] = engine
        return self._kept[shard]

    def has_table(self, table_name: str) -> bool:
        """Whether the index has a table; one that was there is not looked for at each event."""
        if table_name not in self._there and super().has_table(table_name):
            self._there.add(table_name)
        return table_name in self._there

    def _has_asset_key_col_on_connection(self, conn: sa.Connection, column_name: str) -> bool:
        if column_name not in self._there and super()._has_asset_key_col_on_connection(
            conn, column_name
        ):
            self._there.add(column_name)
        return column_name in self._there

    @classmethod
    def serve(cls, instance: dg.DagsterInstance) -> None:
        """Write the events of ``instance`` here, where it keeps them in files of its home."""
        storage = instance.event_log_storage
        if type(storage) is SqliteEventLogStorage:
            kept = cls(storage.path_for_shard("").removesuffix(".db"))
            kept.register_instance(instance)
            instance._event_storage = kept  # no other way to choose it for one run

    def delete_events(self, run_id: str) -> None:
        """Forget a run, its open file included."""
        super().delete_events(run_id)
        self._close(run_id)

    def _close(self, shard: str) -> None:
        if engine := self._kept.pop(shard, None):
            engine.dispose()

    def dispose(self) -> None:
        """Close every file."""
        for shard in [*self._kept]:
            self._close(shard)
        super().dispose()


def _relax(connection: sqlite3.Connection, _: object) -> None:
    connection.execute("PRAGMA synchronous=OFF")
