"""How commands speak: help with examples, and tables."""

import sys
from collections.abc import Sequence

import click


class Command(click.Command):
    """A command whose help keeps the lines of its examples."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Print the example under the options."""
        if self.epilog:
            with formatter.section("Example"):
                formatter.write_text(self.epilog)


def grid(header: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print rows under their header."""
    from rich.console import Console
    from rich.table import Table as Grid
    from rich.text import Text

    console = Console(width=None if sys.stdout.isatty() else 200)
    shown = Grid(box=None, pad_edge=False, header_style="bold")
    for name in header:
        shown.add_column(Text(name))
    for row in rows:
        shown.add_row(*(Text("" if v is None else str(v)) for v in row))
    console.print(shown)
