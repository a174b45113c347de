"""Typed values of map layers and Parquet as text: the same text as a table of text would hold."""

import json

import polars as pl

WHOLE_BELOW = 2**53


def as_text(name: str, kind: pl.DataType) -> pl.Expr:
    """A column as text: a whole number kept as a decimal is whole again, a blank text is null.

    Lists and records become JSON, bytes that are no text hexadecimal digits.
    """
    value = pl.col(name)
    if kind == pl.Binary:
        return value.map_elements(_decoded, return_dtype=pl.String)
    if kind.is_float():
        number = value.cast(pl.Float64)
        is_whole = (number == number.floor()) & (number.abs() < WHOLE_BELOW)
        whole = number.cast(pl.Int64, strict=False).cast(pl.String)
        return pl.when(is_whole).then(whole).otherwise(value.cast(pl.String)).alias(name)
    if kind.is_nested():
        return value.map_elements(_json, return_dtype=pl.String)
    if kind == pl.Duration:
        return value.dt.to_string("polars")
    text = value.cast(pl.String)
    return pl.when(text != "").then(text).alias(name) if kind == pl.String else text


def _json(value: object) -> str:
    plain = value.to_list() if isinstance(value, pl.Series) else value
    return json.dumps(plain, ensure_ascii=False, default=str)


def _decoded(value: bytes) -> str | None:
    try:
        return value.decode() or None
    except UnicodeDecodeError:
        return value.hex()
