"""Columns by name: each is declared once, tables name it and say only what differs there."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import TypedDict, Unpack

from observatory.errors import DeclarationError
from observatory.metadata.tables import Column
from observatory.metadata.texts import Text


class Changes(TypedDict, total=False):
    """What a table may say otherwise of a column: its name, kind and unit stay."""

    label: str
    fr: str
    en: str
    null_means: Text | None
    allowed: tuple[str, ...]
    pattern: str | None
    minimum: float | None
    maximum: float | None
    identifies: str | None


@dataclass(frozen=True)
class Variation:
    """Declared columns as one table has them."""

    names: str
    changes: Changes
    or_null: Text | None = None


Named = str | Column | Variation
_SHARED: dict[str, tuple[Column, str]] = {}
_OF_TABLES: dict[str, tuple[Column, str]] = {}


def declare(module: str, *columns: Column) -> str:
    """Declare columns that any table may name; returns their names, a blank between them."""
    for column in columns:
        _refuse_another(column, module)
        _SHARED[column.name] = (column, module)
    return " ".join(column.name for column in columns)


def declared(name: str, by: str) -> Column:
    """The column of that name; ``by`` is who asks, for the error."""
    if name not in _SHARED:
        near = " or ".join(get_close_matches(name, _SHARED, n=3))
        msg = (
            f"{by}: no column is called {name}{f' (is it {near}?)' if near else ''}; declare it "
            "in observatory/metadata/columns, or write it out at the one table that has it."
        )
        raise DeclarationError(msg)
    return _SHARED[name][0]


def vary(names: str, **changes: Unpack[Changes]) -> Variation:
    """Declared columns with what differs at this table."""
    return Variation(names, changes)


def optional(names: str, null_means: Text) -> Variation:
    """Declared columns where they may be null, with what null means at this table."""
    return Variation(names, {"null_means": null_means})


def also_null(names: str, null_means: Text) -> Variation:
    """Declared columns where null may mean this too."""
    return Variation(names, {}, or_null=null_means)


def required(names: str) -> Variation:
    """Declared columns where they are never null."""
    return Variation(names, {"null_means": None})


def like(name: str, new_name: str, **changes: Unpack[Changes]) -> Column:
    """A column of its own, of the kind, unit and form of a declared one."""
    return replace(declared(name, new_name), name=new_name, **changes)


def columns_of(table: str, named: Iterable[Named]) -> tuple[Column, ...]:
    """The columns that a table names, in its order; those it writes out itself are declared."""
    found: list[Column] = []
    for item in named:
        if isinstance(item, Column):
            _refuse_another(item, table)
            _OF_TABLES[item.name] = (item, table)
            found.append(item)
        elif isinstance(item, Variation):
            found += [_varied(declared(name, table), item) for name in item.names.split()]
        else:
            found += [declared(name, table) for name in item.split()]
    return tuple(found)


def _varied(column: Column, variation: Variation) -> Column:
    varied = replace(column, **variation.changes)
    if variation.or_null is None:
        return varied
    known = varied.null_means
    return replace(varied, null_means=known | variation.or_null if known else variation.or_null)


def _refuse_another(column: Column, where: str) -> None:
    """ValueError where the name is taken by a column that is not the same."""
    known, place = _SHARED.get(column.name) or _OF_TABLES.get(column.name) or (column, where)
    if known != column:
        msg = (
            f"{where}: column {column.name} is declared with other content in {place}. The same "
            "quantity is declared once, in observatory/metadata/columns; a table says what "
            f'differs there: vary("{column.name}", …). Another quantity has another name.'
        )
        raise DeclarationError(msg)
