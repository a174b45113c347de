"""Columns and figures that pages on jobs and land share."""

from dataclasses import dataclass
from typing import Any

from observatory.crossing.sectors import A38_FR, ALL, UNKNOWN
from observatory.metadata.french import HIDDEN_FR, UNKNOWN_FR
from observatory.web.figures import Figure
from observatory.web.listings import (
    Head,
    Listing,
    amount,
    show_between,
    show_decimal,
    show_number,
)

# bars of a picture
FIRST = 15


@dataclass(frozen=True, kw_only=True)
class Page:
    """A page on jobs and land: figures, one picture, tables, and the tables it is made of.

    What it says in words is in its template, ``crossing_<slug>.html``.
    """

    slug: str
    title: str
    figures: list[Figure]
    picture: Listing
    listings: list[Listing]
    tables: tuple[str, ...]


def show_sector(code: str) -> str:
    """Show a sector by its code and name."""
    named = {ALL: "tous", UNKNOWN: "inconnu"}.get(code)
    return named or f"{A38_FR[code]} ({code})"


def show_vocation(vocation: str) -> str:
    """Show a vocation; all of them together as such."""
    return "toutes" if vocation == ALL else vocation


def show_codes(codes: str | None) -> str:
    """Show the codes of what is left out, or that nothing is."""
    return "aucun" if codes is None else codes.replace("|", ", ")


def show_outside(low: int | None, high: int | None, is_hidden: bool | None) -> str:
    """Show what the sites leave of a commune's employees, or why it is not told."""
    return HIDDEN_FR if is_hidden else show_between(low, high)


def sectors(**more: Any) -> Head:
    """Make the column of sectors."""
    return Head(title="Secteur", columns=("sector_code",), show=show_sector, **more)


def vocations(**more: Any) -> Head:
    """Make the column of vocations."""
    return Head(title="Vocation", columns=("dominant_vocation",), show=show_vocation, **more)


def ranged(title: str, low: str, high: str) -> Head:
    """Make a column that a chart draws too: from the low bound to the high one."""
    return amount(title, low, low, high, show=lambda _, least, most: show_between(least, most))


def three(title: str, name: str) -> Head:
    """Make a column of hectares, central with low and high."""
    columns = [f"{name}_{end}_ha" for end in ("central", "low", "high")]
    return amount(title, *columns, show=show_three)


def show_three(central: float | None, low: float | None, high: float | None) -> str:
    """Show a central figure between its bounds."""
    if central is None or low is None or high is None:
        return UNKNOWN_FR
    return f"{show_decimal(central)} ({show_decimal(low)} à {show_decimal(high)})"


def show_hidden(value: float | None, is_hidden: bool | None) -> str:
    """Show a number, that secrecy hides it, or that it is not known."""
    return HIDDEN_FR if is_hidden else show_number(value)


def show_class(tension: int | None, year: int | None) -> str:
    """Show a class with its year; one that is not published is not known."""
    return UNKNOWN_FR if tension is None else f"{tension} ({year})"


def left_out(title: str, column: str) -> Head:
    """Make a column of the codes of sectors that are left out."""
    return Head(title=title, columns=(column,), show=show_codes)
