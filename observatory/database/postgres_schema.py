"""Contracts as PostgreSQL tables: types, comments, rows for COPY, and rights taken away."""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import shapely
import sqlalchemy as sa
from geoalchemy2 import Geometry
from sqlalchemy.dialects import postgresql as pg

from observatory.database.target import LoadedTable
from observatory.metadata.dictionary import column_comment, table_comment
from observatory.metadata.tables import Column, Kind, Table

OBSERVATORY_SCHEMA = "observatory"
PREFIX = "release_"
BATCH = 65_536
TYPES: dict[Kind, Callable[[], sa.types.TypeEngine[Any]]] = {
    "code": sa.Text,
    "text": sa.Text,
    "integer": sa.BigInteger,
    "number": pg.DOUBLE_PRECISION,
    "date": sa.Date,
    "datetime": lambda: sa.TIMESTAMP(timezone=True),
    "boolean": sa.Boolean,
}
ARROW: dict[Kind, pa.DataType] = {
    "code": pa.string(),
    "text": pa.string(),
    "integer": pa.int64(),
    "number": pa.float64(),
    "date": pa.date32(),
    "datetime": pa.timestamp("us", tz="UTC"),
    "boolean": pa.bool_(),
    "geometry": pa.binary(),
}
RELEASES = sa.Table(
    "releases",
    sa.MetaData(schema=OBSERVATORY_SCHEMA),
    sa.Column("release_id", sa.Text, primary_key=True, comment="Name of the release"),
    sa.Column("schema_name", sa.Text, nullable=False, comment="Schema that holds its tables"),
    sa.Column("released_at", sa.TIMESTAMP(timezone=True), nullable=False),
    sa.Column("theme", sa.Text, nullable=False, comment="Theme that was released"),
    sa.Column("territory", sa.Text, nullable=False),
    sa.Column("code_version", sa.Text, nullable=False),
    sa.Column("restored_from", sa.Text, comment="Earlier release whose content it has"),
    sa.Column("is_fictitious", sa.Boolean, nullable=False, comment="Invented figures"),
    sa.Column("is_current", sa.Boolean, nullable=False, comment="What the views show"),
    comment="Releases published in this database",
)
# temporary tables, objects in the public schema and large objects are open to all by default;
# what this user may not revoke stays as the administrator set it
REVOKED_HERE = (
    "DO $$ BEGIN EXECUTE 'REVOKE TEMPORARY, CREATE ON DATABASE ' || quote_ident(current_database())"
    " || ' FROM PUBLIC'; END $$"
)
REVOKED = (
    REVOKED_HERE,
    "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
    *(
        f"REVOKE EXECUTE ON FUNCTION {function} FROM PUBLIC"
        for function in (
            "lo_creat(integer)",
            "lo_create(oid)",
            "lo_from_bytea(oid, bytea)",
            "lo_put(oid, bigint, bytea)",
            "lowrite(integer, bytea)",
            "lo_unlink(oid)",
        )
    ),
)


def schema_of(release_id: str) -> str:
    """Name of the schema of a release."""
    return PREFIX + re.sub(r"[^a-z0-9]+", "_", release_id.lower()).strip("_")


def sql_table(table: Table, schema: str) -> sa.Table:
    """A contract as a PostgreSQL table with comments; key and indexes come after the rows."""
    return sa.Table(
        table.name,
        sa.MetaData(schema=schema),
        *(
            sa.Column(c.name, _type(c, table), nullable=c.nullable, comment=column_comment(c))
            for c in table.columns
        ),
        comment=table_comment(table),
    )


def _type(column: Column, table: Table) -> sa.types.TypeEngine[Any]:
    if column.kind == "geometry":
        shape: sa.types.TypeEngine[Any] = Geometry(
            table.geometry_type, srid=_srid(table), spatial_index=False
        )
        return shape
    return TYPES[column.kind]()


def _srid(table: Table) -> int:
    return int((table.crs or "EPSG:0").rpartition(":")[2])


def arrow_rows(loaded: LoadedTable) -> pa.RecordBatchReader:
    """Rows of a released Parquet file, some at a time, geometry as EWKB with its SRID."""
    table = loaded.table
    schema = pa.schema([(c.name, ARROW[c.kind]) for c in table.columns])

    def batches() -> Iterator[pa.RecordBatch]:
        with pq.ParquetFile(loaded.parquet) as file:
            for batch in file.iter_batches(BATCH, columns=schema.names):
                yield pa.record_batch(
                    [_array(batch.column(c.name), c, table) for c in table.columns], schema=schema
                )

    return pa.RecordBatchReader.from_batches(schema, batches())


def _array(values: pa.Array, column: Column, table: Table) -> pa.Array:
    if column.kind != "geometry":
        return values.cast(ARROW[column.kind])
    shapes = shapely.set_srid(shapely.from_wkb(values.to_numpy(zero_copy_only=False)), _srid(table))
    return pa.array(shapely.to_wkb(shapes, include_srid=True), pa.binary())


def quoted(names: Sequence[str]) -> list[str]:
    """Names as PostgreSQL wants them written."""
    prepare = pg.dialect().identifier_preparer  # type: ignore[no-untyped-call]
    return [prepare.quote(name) for name in names]


def literal(text: str) -> str:
    """Text as an SQL literal of a statement whose percent signs the driver reads."""
    return "'" + text.replace("'", "''").replace("%", "%%") + "'"
