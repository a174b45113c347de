"""How commands speak: help with examples, and tables that fit the screen."""

import itertools
import math
import re
import shutil
import textwrap
from collections.abc import Callable, Sequence

import click

CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]+")
# whole numbers that are read digit by digit: their thousands are not set apart
NAMED_AS_CODE = re.compile(r"(^|_)(year|annee|code|id|siren|siret)$", re.IGNORECASE)
YEARS = range(1900, 2101)
GAP = 2
# texts that would wrap over more lines in most rows have a line of their own in a block for each
LEAST_TEXT, MOST_LINES = 10, 6


class Command(click.Command):
    """A command whose help keeps the lines of its examples."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Print the example under the options."""
        if self.epilog:
            with formatter.section("Example"):
                formatter.write_text(self.epilog)


def grid(header: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print rows under their header; each as a block of its own where they are too wide.

    Long text wraps, names and codes are never cut; one long text among short ones leaves the rows
    in columns. Without a terminal and without ``COLUMNS`` a line has 80 columns.
    """
    width = shutil.get_terminal_size().columns
    values = [[row[at] for row in rows] for at in range(len(header))]
    columns = [_column(name, own) for name, own in zip(header, values, strict=True)]
    widths = _widths(header, columns, width - GAP * (len(header) - 1))
    if widths is not None and _is_tall(columns, widths):
        widths = None
    if not rows:
        click.echo("No rows.")
    elif widths is None:
        _print_records(header, columns, width)
    else:
        _print_grid(header, columns, widths, list(map(_is_numeric, values)))


def paragraph(text: str, begin: str = "") -> None:
    """Print a text in lines that fit the screen, those after the first set in."""
    width = shutil.get_terminal_size().columns
    click.echo(click.wrap_text(text, width, begin, f"{begin}  "))


def _print_grid(
    header: Sequence[str],
    columns: Sequence[list[str]],
    widths: Sequence[int],
    numeric: Sequence[bool],
) -> None:
    aligned = [str.rjust if is_numeric else str.ljust for is_numeric in numeric]
    for at, row in enumerate([tuple(header), *zip(*columns, strict=True)]):
        wrapped = [_wrapped(cell, width) for cell, width in zip(row, widths, strict=True)]
        for line in itertools.zip_longest(*wrapped, fillvalue=""):
            told = _line(line, widths, aligned)
            click.echo(told if at else click.style(told, bold=True))


def _line(
    cells: Sequence[str], widths: Sequence[int], aligned: Sequence[Callable[[str, int], str]]
) -> str:
    parts = (align(cell, w) for cell, w, align in zip(cells, widths, aligned, strict=True))
    return (" " * GAP).join(parts).rstrip()


def _wrapped(cell: str, width: int) -> list[str]:
    return textwrap.wrap(cell, width, break_on_hyphens=False) or [""]


def _widths(header: Sequence[str], columns: Sequence[list[str]], room: int) -> list[int] | None:
    """A width for each column, the widest texts wrapped first; None where there is no room."""
    least = [_least(name, cells) for name, cells in zip(header, columns, strict=True)]
    wanted = [max(map(len, [name, *cells])) for name, cells in zip(header, columns, strict=True)]
    widths = [max(needed, min(w, room)) for needed, w in zip(least, wanted, strict=True)]
    spare = [width - needed for width, needed in zip(widths, least, strict=True)]
    while sum(widths) > room:
        widest = max((w for w, left in zip(widths, spare, strict=True) if left), default=None)
        if widest is None:
            return None
        at = next(i for i, w in enumerate(widths) if w == widest and spare[i])
        widths[at] -= 1
        spare[at] -= 1
    return widths


def _column(name: str, values: Sequence[object]) -> list[str]:
    """The cells of a column as they are read: thousands apart, as many decimals as are of use."""
    whole = [v for v in values if isinstance(v, int)]
    if NAMED_AS_CODE.search(name) or (whole and all(v in YEARS for v in whole)):
        return [CONTROL.sub(" ", "" if v is None else str(v)) for v in values]
    parted = [v for v in values if isinstance(v, float) and math.isfinite(v) and v % 1]
    form = "," if not parted else ",.2f" if max(map(abs, parted)) >= 1 else ".3g"
    return [_cell(value, form) for value in values]


def _cell(value: object, form: str) -> str:
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return CONTROL.sub(" ", str(value))
    if form == "," and math.isfinite(value):
        return f"{int(value):,}"
    return f"{value:{form}}"


def _is_numeric(values: Sequence[object]) -> bool:
    known = [value for value in values if value is not None]
    return bool(known) and all(isinstance(value, int | float) for value in known)


def _least(name: str, cells: Sequence[str]) -> int:
    """The width a column needs: a text may wrap, a name or a code may not."""
    needed = max(map(len, cells), default=0)
    words = [word for cell in cells if " " in cell for word in cell.split()]
    if needed > LEAST_TEXT and words:
        bare = [cell for cell in cells if " " not in cell]
        needed = max(LEAST_TEXT, *map(len, [*words, *bare]))
    return max(needed, *map(len, [*name.split(), ""]))


def _is_tall(columns: Sequence[list[str]], widths: Sequence[int]) -> bool:
    """Whether more than half of the rows would have more lines than can be read."""
    tall = [
        any(len(cell) > width * MOST_LINES for cell, width in zip(row, widths, strict=True))
        for row in zip(*columns, strict=True)
    ]
    return sum(tall) > len(tall) / 2


def _print_records(header: Sequence[str], columns: Sequence[list[str]], width: int) -> None:
    """A block for each row, a line for each of its values."""
    names = max(map(len, header))
    space = max(width - names - GAP, LEAST_TEXT)
    for number, row in enumerate(zip(*columns, strict=True), start=1):
        click.echo(f"─[ {number} ]".ljust(width, "─"))
        for name, cell in zip(header, row, strict=True):
            first, *more = _wrapped(cell, space)
            click.echo(f"{name:<{names + GAP}}{first}".rstrip())
            for line in more:
                click.echo(" " * (names + GAP) + line)
