"""Contracts as Polars frames: types, order and sorting."""

import polars as pl

from observatory.metadata.tables import Kind, Table

POLARS: dict[Kind, pl.DataType] = {
    "code": pl.String(),
    "text": pl.String(),
    "integer": pl.Int64(),
    "number": pl.Float64(),
    "date": pl.Date(),
    "datetime": pl.Datetime("us", "UTC"),
    "boolean": pl.Boolean(),
}


def polars_schema(table: Table) -> pl.Schema:
    """Polars types of a contract's columns, geometry left out."""
    return pl.Schema({c.name: POLARS[c.kind] for c in table.columns if c.kind != "geometry"})


def conform(frame: pl.DataFrame, table: Table) -> pl.DataFrame:
    """Exactly the contract's columns in the contract's order, strictly cast and sorted by key."""
    schema = polars_schema(table)
    if missing := [name for name in schema if name not in frame.columns]:
        msg = f"{table.name}: columns missing from the draft: {', '.join(missing)}"
        raise ValueError(msg)
    return frame.select(list(schema)).cast(schema).sort(list(table.key), nulls_last=True)
