"""The published database: written by SQLAlchemy, read without any way to change it."""

import sqlite3
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl
import sqlalchemy as sa

from observatory.contracts import Kind, Table
from observatory.errors import InputError

SQL: dict[Kind, type[sa.types.TypeEngine[Any]]] = {
    "code": sa.Text,
    "text": sa.Text,
    "integer": sa.Integer,
    "number": sa.REAL,
    "date": sa.Text,
    "datetime": sa.Text,
    "boolean": sa.Integer,
}
READ_ACTIONS = {
    sqlite3.SQLITE_SELECT,
    sqlite3.SQLITE_READ,
    sqlite3.SQLITE_FUNCTION,
    sqlite3.SQLITE_RECURSIVE,
}
QUERY_SECONDS = 60
BATCH = 20_000
MOST_ROWS = 1_000_000
LONGEST_VALUE = 20_000_000


def sql_table(table: Table, metadata: sa.MetaData) -> sa.Table:
    """A contract as a GeoPackage attribute table: ``fid``, plain types, UNIQUE on the key."""
    return sa.Table(
        table.name,
        metadata,
        sa.Column("fid", sa.Integer, primary_key=True),
        *(
            sa.Column(c.name, SQL[c.kind](), nullable=c.nullable, comment=c.en)
            for c in table.columns
            if c.kind != "geometry"
        ),
        sa.UniqueConstraint(*table.key),
        comment=table.title_fr,
    )


def write_attributes(
    geopackage: Path, drafts: Sequence[tuple[Table, pl.DataFrame, str]], released_at: str
) -> None:
    """Add attribute tables to a GeoPackage that no other process holds open.

    ``drafts`` are contract, rows and the title shown in QGIS. Ends with an integrity check.
    """
    engine = sa.create_engine(f"sqlite:///{geopackage}")
    try:
        with engine.begin() as connection:
            connection.exec_driver_sql("PRAGMA journal_mode=DELETE")
            for table, frame, title in drafts:
                target = sql_table(table, sa.MetaData())
                target.create(connection)
                values = sql_values(frame)
                insert = (
                    target.insert()
                    .values(dict.fromkeys(values.columns))
                    .compile(dialect=engine.dialect)
                )
                for part in values.iter_slices(BATCH):
                    connection.exec_driver_sql(str(insert), part.rows())
                connection.execute(
                    sa.text(
                        "INSERT INTO gpkg_contents"
                        " (table_name, data_type, identifier, description, last_change, srs_id)"
                        " VALUES (:name, 'attributes', :title, :grain, :at, 0)"
                    ),
                    {"name": table.name, "title": title, "grain": table.grain, "at": released_at},
                )
        with engine.connect() as connection:
            verdict = connection.exec_driver_sql("PRAGMA integrity_check").scalar()
    finally:
        engine.dispose()
    if verdict != "ok":
        msg = f"The database of the release is damaged: {verdict}"
        raise RuntimeError(msg)


def sql_values(frame: pl.DataFrame) -> pl.DataFrame:
    """Values as a GeoPackage keeps them: booleans 0 and 1, dates as ISO text."""
    return frame.select(pl.exclude(pl.Binary)).with_columns(
        pl.col(pl.Boolean).cast(pl.Int64),
        pl.col(pl.Date).dt.to_string("%Y-%m-%d"),
        pl.col(pl.Datetime).dt.to_string("%Y-%m-%dT%H:%M:%SZ"),
    )


def query(database: Path, statement: str, *, seconds: float = QUERY_SECONDS) -> pl.DataFrame:
    """Rows of one SELECT on a published database.

    Read-only by construction: the file is opened read-only, and everything but reading
    (writes, PRAGMA, ATTACH, a second statement) is refused before it runs. Raises InputError.
    """
    if not database.exists():
        msg = "Nothing has been released yet: run `observatory run` first."
        raise InputError(msg)
    connection = sqlite3.connect(f"{database.resolve().as_uri()}?mode=ro&immutable=1", uri=True)
    try:
        deadline = time.monotonic() + seconds
        connection.set_authorizer(_reading_only)
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LONGEST_VALUE)
        connection.set_progress_handler(lambda: int(time.monotonic() > deadline), 10_000)
        cursor = connection.execute(statement)
        if cursor.description is None:
            msg = "Only a SELECT can be run on published tables."
            raise InputError(msg)
        names = [d[0] for d in cursor.description]
        rows = [tuple(map(_shown, row)) for row in cursor.fetchmany(MOST_ROWS + 1)]
    except (sqlite3.Error, sqlite3.Warning, UnicodeError) as error:
        raise InputError(_explain(error, seconds)) from None
    finally:
        connection.close()
    if len(rows) > MOST_ROWS:
        msg = f"The answer has more than {MOST_ROWS} rows: add LIMIT, or read the Parquet files."
        raise InputError(msg)
    if twice := sorted({n for n in names if names.count(n) > 1}):
        msg = f"Two columns of the answer are called {twice[0]}: name them with AS."
        raise InputError(msg)
    return pl.DataFrame(rows, schema=names, orient="row", infer_schema_length=None, strict=False)


def _shown(value: object) -> object:
    """A geometry is shown as hexadecimal text."""
    return value.hex() if isinstance(value, bytes) else value


def _reading_only(action: int, first: str | None, *_: object) -> int:
    if action not in READ_ACTIONS:
        return sqlite3.SQLITE_DENY
    if action == sqlite3.SQLITE_FUNCTION and first and first.lower() == "load_extension":
        return sqlite3.SQLITE_DENY
    return sqlite3.SQLITE_OK


def _explain(error: Exception, seconds: float) -> str:
    text = str(error)
    if "not authorized" in text or "prohibited" in text or "readonly" in text:
        return "Published tables can only be read: one SELECT, nothing else."
    if "interrupted" in text:
        return f"The query took more than {seconds:.0f} seconds: narrow it with WHERE or LIMIT."
    return f"SQL: {text}"
