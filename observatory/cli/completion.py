"""What the shell completes: tables, sources, communes; it never fails, it says nothing instead."""

import contextlib
from collections.abc import Callable, Iterable, Iterator

import click
from click.shell_completion import CompletionItem

Found = tuple[str, str]
Complete = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]


def _completing(list_names: Callable[[], Iterable[Found]]) -> Complete:
    """Make the completion of a parameter from names, each with what is said beside it."""

    def complete(_: click.Context, __: click.Parameter, incomplete: str) -> list[CompletionItem]:
        begun = incomplete.casefold()
        with contextlib.suppress(Exception):
            return [
                CompletionItem(name, help=said)
                for name, said in dict(list_names()).items()
                if name.casefold().startswith(begun)
            ]
        return []

    return complete


def _list_tables() -> Iterator[Found]:
    from assets.catalogue import TABLES

    return ((name, table.title_en) for name, table in TABLES.items())


def _list_sources() -> Iterator[Found]:
    from sources import CARDS

    return ((key, card.title) for key, card in CARDS.items())


def _list_communes() -> Iterator[Found]:
    """List the communes of the territory: by name, with and without article, then by code.

    A name is written without blanks, accents and apostrophes, which shells do not complete.
    """
    import polars as pl

    from observatory.geography.naming import list_words, plain_name
    from observatory.release.files import read_rows
    from observatory.release.manifest import require_current
    from observatory.settings import load_settings

    rows = read_rows(require_current(load_settings()), "geography_communes")
    local = rows.filter(pl.col("is_in_territory")).select("commune_code", "commune_label").rows()
    for code, label in local:
        for words in (list_words(label), plain_name(label).split()):
            yield "-".join(words), f"{label} ({code})"
    yield from local


complete_tables = _completing(_list_tables)
complete_sources = _completing(_list_sources)
complete_communes = _completing(_list_communes)
