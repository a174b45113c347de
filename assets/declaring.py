"""How a theme declares a table: its columns by name, its licence from its sources."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Literal

from observatory.errors import DeclarationError
from observatory.geography.crs import METROPOLITAN
from observatory.metadata.columns.registry import Named, columns_of
from observatory.metadata.dictionary import resulting_licence
from observatory.metadata.tables import Caveat, Exemption, Secrecy, Table
from observatory.metadata.texts import Text
from sources import CARDS


def table(
    name: str,
    *,
    title_fr: str,
    title_en: str,
    grain_fr: str,
    grain_en: str,
    key: tuple[str, ...],
    columns: Iterable[Named],
    reference_period: Text,
    publish_level: Literal["public", "internal"],
    secrecy: tuple[Secrecy, ...] | Exemption,
    sources: tuple[str, ...] = (),
    one_of_each: tuple[tuple[str, ...], ...] = (),
    optional_sources: tuple[str, ...] = (),
    cog_year: int | None = None,
    geometry_type: str | None = None,
    caveats: tuple[Caveat, ...] = (),
    may_be_empty: bool = False,
) -> Table:
    """The contract of a table; ValueError says which of its columns or sources is not known.

    A string among ``columns`` names one declared column or several, a blank between them; a
    column that this table alone has is written out where it stands.
    """
    declared = Table(
        name=name,
        title_fr=title_fr,
        title_en=title_en,
        grain=Text(fr=grain_fr, en=grain_en),
        key=key,
        columns=columns_of(name, columns),
        sources=sources,
        one_of_each=one_of_each,
        optional_sources=optional_sources,
        licence="",
        reference_period=reference_period,
        publish_level=publish_level,
        secrecy=secrecy,
        cog_year=cog_year,
        geometry_type=geometry_type,
        crs=METROPOLITAN if geometry_type else None,
        caveats=caveats,
        may_be_empty=may_be_empty,
    )
    _require_sources(declared)
    return replace(declared, licence=_licence(declared))


def _require_sources(table: Table) -> None:
    """DeclarationError for a source that has no card, or that null rests on and no one declares."""
    if unknown := sorted(set(table.all_sources) - set(CARDS)):
        msg = f"{table.name}: no card of a source is called {', '.join(unknown)}"
        raise DeclarationError(msg)
    for column in table.columns:
        groups = column.null_means.without if column.null_means else ()
        if strange := sorted({key for group in groups for key in group} - set(table.all_sources)):
            msg = (
                f"{table.name}, {column.name}: what null means names {', '.join(strange)}, which "
                "is no source of the table"
            )
            raise DeclarationError(msg)


def _licence(table: Table) -> str:
    """The licence that results from those of all sources, as their cards have it."""
    return resulting_licence([CARDS[key].licence for key in table.all_sources])
