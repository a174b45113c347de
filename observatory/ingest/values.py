"""Typed values of map layers and Parquet as text: the same text as a table of text would hold."""

import json
from collections.abc import Callable, Sequence
from typing import Any

import polars as pl

WHOLE_BELOW = 2**53


def as_text(name: str, kind: pl.DataType) -> pl.Expr:
    """A column as text: a whole number kept as a decimal is whole again, a blank text is null.

    Lists, records and bytes are text by then: ``spelled_out``.
    """
    value = pl.col(name)
    if kind.is_float():
        number = value.cast(pl.Float64)
        is_whole = (number == number.floor()) & (number.abs() < WHOLE_BELOW)
        whole = number.cast(pl.Int64, strict=False).cast(pl.String)
        return pl.when(is_whole).then(whole).otherwise(value.cast(pl.String)).alias(name)
    if kind == pl.Duration:
        return value.dt.to_string("polars")
    text = value.cast(pl.String)
    return pl.when(text != "").then(text).alias(name) if kind == pl.String else text


def first_written(headers: Sequence[str]) -> pl.Expr:
    """The first of some columns that has a text, row by row; an empty one is none."""
    return pl.coalesce(*(as_text(h, pl.String()) for h in headers), pl.lit(None, pl.String))


def is_blank(name: str, kind: pl.DataType) -> pl.Expr:
    """Whether a column has no value, or an empty text."""
    value = pl.col(name)
    return value.is_null() | (value == "") if kind == pl.String else value.is_null()


def spelled_out(frame: pl.DataFrame) -> pl.DataFrame:
    """Lists and records as JSON; bytes as their text, or as hexadecimal digits."""
    spelled = {
        name: each_as_text(frame[name], _decoded if kind == pl.Binary else _json)
        for name, kind in frame.schema.items()
        if is_spelled_out(kind)
    }
    return frame.with_columns(**spelled)


def is_spelled_out(kind: pl.DataType) -> bool:
    """Whether values of a kind are no text before they are spelled out."""
    return kind == pl.Binary or kind.is_nested()


def each_as_text(values: pl.Series, written: Callable[[Any], str | None]) -> pl.Series:
    """What a function of ours makes of each value; a blank stays one.

    Here and not inside of an expression: Polars calls those from threads of its own, which would
    wait for Python's lock while who holds it waits for them.
    """
    texts = [None if value is None else written(value) for value in values]
    return pl.Series(values.name, texts, dtype=pl.String)


def _json(value: object) -> str:
    plain = value.to_list() if isinstance(value, pl.Series) else value
    return json.dumps(plain, ensure_ascii=False, default=str)


def _decoded(value: bytes) -> str | None:
    try:
        return value.decode() or None
    except UnicodeDecodeError:
        return value.hex()
