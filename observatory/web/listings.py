"""Makes the tables of a page: what a cell shows, and the published values it stands for."""

import datetime as dt
import functools
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import polars as pl
from markupsafe import Markup, escape

from observatory.geography.crs import M2_PER_HA
from observatory.metadata.french import HIDDEN_FR, UNKNOWN_FR, french_value, written

# a row by the names of its columns
Row = Mapping[str, Any]


class Cell(NamedTuple):
    """What is shown, and the published values of its columns, in their order."""

    shown: str
    values: tuple[str, ...]
    is_number: bool = False
    href: str | None = None
    mark: str | None = None

    @property
    def raw(self) -> str | None:
        """The published values as the page keeps them; None where they are what is shown."""
        joined = "|".join(self.values)
        return None if joined == self.shown else joined


@dataclass(frozen=True, kw_only=True)
class Head:
    """A column of a page's table: its title, the published columns it shows, how it is shown."""

    title: str
    columns: tuple[str, ...]
    show: Callable[..., str]
    is_number: bool = False
    is_filter: bool = False
    has_least: bool = False
    href: Callable[[Row], str] | None = None
    mark: Callable[[Row], str | None] | None = None


@dataclass(frozen=True, kw_only=True)
class Listing:
    """A table of a page; ``name`` is that of the file it is handed on as."""

    name: str
    caption: str
    heads: tuple[Head, ...]
    rows: list[tuple[Cell, ...]]


def make_listing(name: str, caption: str, heads: Sequence[Head], rows: pl.DataFrame) -> Listing:
    """Make a page's table of published ``rows``."""
    used = _Columns(rows)
    columns = [_make_cells(head, used) for head in heads]
    return Listing(
        name=name, caption=caption, heads=tuple(heads), rows=list(zip(*columns, strict=True))
    )


class _Columns(dict[str, list[Any]]):
    """Columns by name, each read when it is asked for: a table has many that no page shows."""

    def __init__(self, rows: pl.DataFrame) -> None:
        super().__init__()
        self.rows = rows

    def __missing__(self, name: str) -> list[Any]:
        if name not in self.rows.columns:
            raise KeyError(name)
        self[name] = self.rows[name].to_list()
        return self[name]


class _Row(Mapping[str, Any]):
    """A row as its columns name it."""

    def __init__(self, columns: _Columns, at: int) -> None:
        self.columns, self.at = columns, at

    def __getitem__(self, name: str) -> Any:
        return self.columns[name][self.at]

    def __iter__(self) -> Iterator[str]:
        return iter(self.columns.rows.columns)

    def __len__(self) -> int:
        return self.columns.rows.width


def _make_cells(head: Head, columns: _Columns) -> list[Cell]:
    values = zip(*(columns[name] for name in head.columns), strict=True)
    if head.href or head.mark:
        return [_make_cell(head, own, _Row(columns, at)) for at, own in enumerate(values)]
    made: dict[tuple[Any, ...], Cell] = {}
    return [made.get(own) or made.setdefault(own, _make_cell(head, own)) for own in values]


def _make_cell(head: Head, own: tuple[Any, ...], row: Row | None = None) -> Cell:
    return Cell(
        shown=head.show(*own),
        values=tuple(map(write_raw, own)),
        is_number=head.is_number,
        href=head.href(row) if head.href and row is not None else None,
        mark=head.mark(row) if head.mark and row is not None else None,
    )


def write_heads(heads: Iterable[Head], has_tools: bool) -> Markup:
    """Write the heads of a table as HTML; with the columns that its tools read."""
    return Markup("".join(_write_head(head, has_tools=has_tools) for head in heads))  # noqa: S704


def _write_head(head: Head, *, has_tools: bool) -> str:
    number = ' class="n"' if head.is_number else ""
    choice = " data-filter" if head.is_filter and has_tools else ""
    least = " data-least" if head.has_least and has_tools else ""
    columns, title = _escape(" ".join(head.columns)), _escape(head.title)
    return f'<th scope="col"{number} data-columns="{columns}"{choice}{least}>{title}</th>\n'


def write_rows(rows: Iterable[Iterable[Cell]]) -> Markup:
    """Write rows as HTML; each cell keeps the published values that it stands for."""
    lines = (f"<tr>{''.join(map(_write_cell, cells))}</tr>\n" for cells in rows)
    return Markup("".join(lines))  # noqa: S704  # texts are escaped below


@functools.lru_cache(maxsize=100_000)
def _write_cell(cell: Cell) -> str:
    """A cell as HTML; the same names, classes and figures stand on many pages."""
    shown, raw = _escape(cell.shown), cell.raw
    if cell.href:
        shown = f'<a href="{_escape(cell.href)}">{shown}</a>'
    elif cell.mark:
        shown = f'<span class="{_escape(cell.mark)}">{shown}</span>'
    number = ' class="n"' if cell.is_number else ""
    kept = "" if raw is None else f' data-v="{_escape(raw)}"'
    return f"<td{number}{kept}>{shown}</td>"


def _escape(text: str) -> str:
    return str(escape(text))


def write_raw(value: Any) -> str:
    """Write a published value as a file holds it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return value.isoformat() if isinstance(value, dt.date) else str(value)


def show_text(value: str | None) -> str:
    """Show text, or that it is not known."""
    return UNKNOWN_FR if value is None else value


def show_number(value: float | None, digits: int = 0) -> str:
    """Show a number as it is written in French."""
    return UNKNOWN_FR if value is None else written(value, digits)


def show_or_hidden(value: float | None, is_hidden: bool) -> str:
    """Show a number, or that secrecy hides it."""
    return HIDDEN_FR if is_hidden else show_number(value)


def show_decimal(value: float | None) -> str:
    """Show a number with one digit after the comma."""
    return show_number(value, 1)


def show_bounded(value: float | None, low: float | None, high: float | None) -> str:
    """Show a figure, the range that secrecy leaves, or that it is not known."""
    if value is not None and (low is None or low == high):
        return show_number(value)
    if low is None or high is None:
        return UNKNOWN_FR if value is None else show_number(value)
    if show_number(low) == show_number(high):
        return show_number(low)
    return f"de {show_number(low)} à {show_number(high)}"


def show_share(value: float | None, low: float | None, high: float | None) -> str:
    """Show a share in percent, or the range that secrecy leaves, rounded outwards."""
    if low is None or high is None or low == high or value is not None:
        return show_decimal(low if value is None else value)
    below, above = math.floor(round(10 * low, 6)) / 10, math.ceil(round(10 * high, 6)) / 10
    return f"entre {show_decimal(below)} et {show_decimal(above)}"


def show_year(value: int | None) -> str:
    """Show a year, or that it is not known."""
    return UNKNOWN_FR if value is None else str(value)


def show_day(value: dt.date | None) -> str:
    """Show a day as it is written in French."""
    return UNKNOWN_FR if value is None else value.strftime("%d/%m/%Y")


def show_yes_or_no(value: bool | None) -> str:
    """Show yes, no, or that it is not known."""
    return UNKNOWN_FR if value is None else ("oui" if value else "non")


def show_hectares(value: float | None) -> str:
    """Show square metres in hectares."""
    return UNKNOWN_FR if value is None else written(value / M2_PER_HA, 2)


def show_between(low: float | None, high: float | None) -> str:
    """Show a figure that is known by a low and a high bound."""
    return show_bounded(None, low, high)


def word(title: str, column: str, **more: Any) -> Head:
    """Make a column of text."""
    return Head(title=title, columns=(column,), **{"show": show_text, **more})


def coded(title: str, column: str, **more: Any) -> Head:
    """Make a column of codes, shown in French."""
    return Head(title=title, columns=(column,), show=partial(french_value, column), **more)


def lacking(title: str, column: str) -> Head:
    """Make a column of reasons; empty where nothing is missing."""
    return word(title, column, show=lambda code: "" if code is None else french_value(column, code))


def amount(
    title: str, *columns: str, show: Callable[..., str] = show_number, has_least: bool = False
) -> Head:
    """Make a column of figures; of several columns for one that is known by its bounds.

    With ``has_least`` a reader asks for lines of some amount, as it is shown, at the least.
    """
    return Head(title=title, columns=columns, show=show, is_number=True, has_least=has_least)
