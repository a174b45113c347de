"""Attribute tables of a GeoPackage, written by SQLAlchemy once GDAL has let go of the file."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow.parquet as pq
import sqlalchemy as sa

from observatory.errors import ObservatoryError
from observatory.metadata.frames import polars_schema
from observatory.metadata.tables import Kind, Table

SQL: dict[Kind, type[sa.types.TypeEngine[Any]]] = {
    "code": sa.Text,
    "text": sa.Text,
    "integer": sa.Integer,
    "number": sa.REAL,
    "date": sa.Text,
    "datetime": sa.Text,
    "boolean": sa.Integer,
}
BATCH = 20_000


@dataclass(frozen=True, kw_only=True)
class Attributes:
    """One table without geometry: contract, rows, and the names QGIS shows."""

    table: Table
    parquet: Path
    title: str
    grain: str


def sql_table(table: Table, metadata: sa.MetaData) -> sa.Table:
    """A contract as a GeoPackage attribute table: ``fid``, plain types, UNIQUE on the key."""
    return sa.Table(
        table.name,
        metadata,
        sa.Column("fid", sa.Integer, primary_key=True),
        *(
            sa.Column(c.name, SQL[c.kind](), nullable=c.nullable)
            for c in table.columns
            if c.kind != "geometry"
        ),
        sa.UniqueConstraint(*table.key),
    )


def write_attributes(
    geopackage: Path,
    tables: Sequence[Attributes],
    released_at: str,
    *,
    gone: Sequence[str] = (),
    release: Mapping[str, str | int] | None = None,
) -> None:
    """Add attribute tables to a GeoPackage that no other process holds open.

    ``gone`` are taken out before, without a trace; ``release`` is what the file then says of its
    release. Ends with an integrity check; raises ObservatoryError where it fails.
    """
    engine = sa.create_engine(f"sqlite:///{geopackage}")
    try:
        with engine.begin() as connection:
            connection.exec_driver_sql("PRAGMA journal_mode=DELETE")
            connection.exec_driver_sql("PRAGMA secure_delete=ON")
            for name in gone:
                connection.exec_driver_sql(f'DROP TABLE "{name}"')
                contents = sa.text("DELETE FROM gpkg_contents WHERE table_name = :name")
                connection.execute(contents, {"name": name})
            if release is not None:
                row = sa.table("release", *(sa.column(name) for name in release))
                connection.execute(row.update().values(release))
            for attributes in tables:
                _write(connection, attributes, released_at)
        with engine.connect() as connection:
            verdict = connection.exec_driver_sql("PRAGMA integrity_check").scalar()
    except sa.exc.DBAPIError as error:
        msg = f"The database of the release cannot be written: {error.orig}"
        raise ObservatoryError(msg) from None
    finally:
        engine.dispose()
    if verdict != "ok":
        msg = f"The database of the release is damaged: {verdict}"
        raise ObservatoryError(msg)


def _write(connection: sa.Connection, attributes: Attributes, released_at: str) -> None:
    table = attributes.table
    target = sql_table(table, sa.MetaData())
    target.create(connection)
    for values in sql_batches(attributes.parquet, table):
        insert = target.insert().values(dict.fromkeys(values.columns))
        statement = str(insert.compile(dialect=connection.dialect))
        connection.exec_driver_sql(statement, values.rows())
    connection.execute(
        sa.text(
            "INSERT INTO gpkg_contents"
            " (table_name, data_type, identifier, description, last_change, srs_id)"
            " VALUES (:name, 'attributes', :title, :grain, :at, 0)"
        ),
        {
            "name": table.name,
            "title": attributes.title,
            "grain": attributes.grain,
            "at": released_at,
        },
    )


def attribute_batches(path: Path, table: Table, size: int = BATCH) -> Iterator[pl.DataFrame]:
    """The attributes of a released Parquet file, some rows at a time, typed as the contract."""
    schema = polars_schema(table)
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(size, columns=list(schema)):
            yield pl.DataFrame(pl.from_arrow(batch)).cast(schema)


def sql_batches(path: Path, table: Table) -> Iterator[pl.DataFrame]:
    """The same with values as SQLite keeps them: booleans 0 and 1, dates as ISO text."""
    for frame in attribute_batches(path, table):
        yield frame.with_columns(
            pl.col(pl.Boolean).cast(pl.Int64),
            pl.col(pl.Date).dt.to_string("%Y-%m-%d"),
            pl.col(pl.Datetime).dt.to_string("%Y-%m-%dT%H:%M:%SZ"),
        )
