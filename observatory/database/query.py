"""Reading the published database without any way to change it."""

import re
import sqlite3
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import polars as pl
import polars.selectors as cs

from observatory.errors import InputError, did_you_mean

READ_ACTIONS = {
    sqlite3.SQLITE_SELECT,
    sqlite3.SQLITE_READ,
    sqlite3.SQLITE_FUNCTION,
    sqlite3.SQLITE_RECURSIVE,
}
QUERY_SECONDS = 60
MOST_ROWS = 1_000_000
LONGEST_VALUE = 20_000_000
MOST_BYTES = 500_000_000
INTERRUPTED = "interrupted"
NOT_THERE = re.compile(r"no such (table|column): (\S+)")
NAMES = "SELECT name FROM sqlite_master WHERE type IN ('table', 'view')"
COLUMNS = "SELECT name FROM pragma_table_info(?)"
INTERNAL = ("gpkg_", "rtree_", "sqlite_")


def query(
    database: Path,
    statement: str,
    *,
    seconds: float = QUERY_SECONDS,
    most_rows: int = MOST_ROWS,
) -> pl.DataFrame:
    """Rows of one SELECT on a published database.

    Read-only by construction: the file is opened read-only, and everything but reading
    (writes, PRAGMA, ATTACH, a second statement) is refused before it runs. Raises InputError.
    """
    if not database.exists():
        msg = "Nothing has been released yet: run `observatory run` first."
        raise InputError(msg)
    connection = sqlite3.connect(f"{database.resolve().as_uri()}?mode=ro&immutable=1", uri=True)
    return _answer(connection, statement, seconds, most_rows)


def query_frames(frames: Mapping[str, pl.DataFrame], statement: str) -> pl.DataFrame:
    """Rows of one SELECT on frames, as the same statement gives on the database they become.

    Of each frame only the columns that the statement names are there. Raises InputError.
    """
    connection = sqlite3.connect(":memory:")
    for name, frame in frames.items():
        rows = frame.select(c for c in frame.columns if re.search(rf"\b{c}\b", statement))
        rows = rows.with_columns(cs.temporal().cast(pl.String)) if rows.width else frame
        columns = ", ".join(f'"{c}"' for c in rows.columns)
        connection.execute(f'CREATE TABLE "{name}" ({columns})')
        marks = ", ".join("?" * rows.width)
        insert = f'INSERT INTO "{name}" VALUES ({marks})'  # noqa: S608  # a table's own name
        connection.executemany(insert, rows.iter_rows())
    return _answer(connection, statement, QUERY_SECONDS, MOST_ROWS)


def _answer(
    connection: sqlite3.Connection, statement: str, seconds: float, most_rows: int
) -> pl.DataFrame:
    """The rows of a SELECT as a frame; closes the connection."""
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
        rows = list(_fetched(cursor, most_rows, deadline))
    except (sqlite3.Error, sqlite3.Warning, UnicodeError) as error:
        raise InputError(
            _explain(error, seconds) + _suggest(connection, statement, error)
        ) from None
    finally:
        connection.close()
    if len(rows) > most_rows:
        msg = f"The answer has more than {most_rows} rows: add LIMIT, or read the Parquet files."
        raise InputError(msg)
    if twice := sorted({n for n in names if names.count(n) > 1}):
        msg = f"Two columns of the answer are called {twice[0]}: name them with AS."
        raise InputError(msg)
    return pl.DataFrame(rows, schema=names, orient="row", infer_schema_length=None, strict=False)


def _fetched(
    cursor: sqlite3.Cursor, most_rows: int, deadline: float
) -> Iterator[tuple[object, ...]]:
    """Rows as they are shown, one more than allowed at most; bounded in time and in bytes."""
    size = 0
    for count, row in enumerate(cursor, start=1):
        size += sum(len(value) for value in row if isinstance(value, (str, bytes)))
        if size > MOST_BYTES:
            msg = f"The answer has more than {MOST_BYTES} bytes: ask for fewer rows or columns."
            raise InputError(msg)
        if time.monotonic() > deadline:
            raise sqlite3.OperationalError(INTERRUPTED)
        yield tuple(map(_shown, row))
        if count > most_rows:
            return


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
    if INTERRUPTED in text:
        return f"The query took more than {seconds:g} seconds: narrow it with WHERE or LIMIT."
    return f"SQL: {text}"


def _suggest(connection: sqlite3.Connection, statement: str, error: Exception) -> str:
    """Ask which table or column was meant, where the statement names one that there is not.

    Columns are those of the tables that it names.
    """
    found = NOT_THERE.search(str(error))
    if found is None:
        return ""
    connection.set_authorizer(None)
    connection.set_progress_handler(None, 0)
    kind, asked = found.groups()
    tell = "`observatory tables` lists what there is"
    tables = [str(name) for (name,) in connection.execute(NAMES)]
    own = [name for name in tables if not name.startswith(INTERNAL)]
    if kind == "column":
        named = [name for name in own if re.search(rf"\b{re.escape(name)}\b", statement)]
        rows = (connection.execute(COLUMNS, [name]) for name in named)
        own = [str(name) for columns in rows for (name,) in columns]
        table = named[0] if len(named) == 1 else "TABLE"
        tell = f"`observatory describe {table}` lists the columns of a table"
    near = did_you_mean(asked.rpartition(".")[2], {name: name for name in own})
    return f".{near or f' {tell}.'}"
