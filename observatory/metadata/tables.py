"""Table contracts: the one declaration of a table's columns, units, meaning and rights.

Data only. SQL types, Dagster schemas, baseline rules and the dictionary are projections
made elsewhere from what is written here.
"""

from dataclasses import dataclass, replace
from typing import Literal

Kind = Literal["code", "text", "integer", "number", "date", "datetime", "boolean", "geometry"]
Theme = Literal["geography", "labour", "land", "quality"]
Caveat = Literal[
    "aggregation_hazard",
    "approximate_bridge",
    "break_in_series",
    "declared_intentions",
    "partial_coverage",
    "provisional",
    "rounded",
    "suppressed_small_counts",
]
LEGAL_CATEGORY = "legal_category_code"
Exemption = Literal[
    "no_figures_on_firms",
    "open_register_counts",
    "published_by_producer",
    "suppressed_by_producer",
]


@dataclass(frozen=True, kw_only=True)
class Secrecy:
    """Which figures of a table statistical secrecy protects, and what tells whether it does.

    ``measures`` are hidden where ``unit_count`` is below the threshold of ``basis``, or where
    one unit makes up too much of them (``largest_share``, percent). Hidden cells must not come
    back from sums: a row whose ``totals`` column holds the given code is the sum of the rows
    that agree with it on all the rest of the key; by ``parents`` (column, column of the
    parent's code) the row of a parent is the sum of the rows that name it, whatever the key
    columns ``levels`` say. ``unit_count`` is None where it is not among the columns any more.
    """

    basis: Literal["firms", "sales", "offers"]
    unit_count: str | None
    measures: tuple[str, ...]
    largest_share: str | None = None
    totals: tuple[tuple[str, str], ...] = ()
    parents: tuple[tuple[str, str], ...] = ()
    levels: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column, described once.

    ``label`` and ``fr`` are shown to French readers, ``en`` to engineers. A number has a
    ``unit``; a nullable column says what null means; ``sensitive`` has no default: a sensitive
    column is never published. ``identifies`` names the column with the SIREN or SIRET of whom
    this one speaks about: it is withheld with its bearer, and blank for natural persons and
    civil companies, whose names are those of natural persons.
    """

    name: str
    kind: Kind
    label: str
    fr: str
    en: str
    sensitive: bool
    unit: str | None = None
    nullable: bool = False
    null_means: str | None = None
    allowed: tuple[str, ...] = ()
    pattern: str | None = None
    minimum: float | None = None
    maximum: float | None = None
    identifies: str | None = None

    def __post_init__(self) -> None:
        if self.kind in {"integer", "number"} and not self.unit:
            msg = f"{self.name}: a number needs a unit"
            raise ValueError(msg)
        if self.nullable != bool(self.null_means):
            msg = f"{self.name}: a nullable column, and only that, says what null means"
            raise ValueError(msg)


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table and what its readers may rely on.

    ``sources`` are needed to make the table, and at least one of each group of ``one_of_each``;
    ``optional_sources`` add evidence when they are there. ``licence`` is the licence that results
    from all of them; ``secrecy`` says which figures statistical secrecy protects, or why it
    protects none.
    """

    name: str
    theme: Theme
    title_fr: str
    title_en: str
    grain: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    sources: tuple[str, ...]
    licence: str
    reference_period: str
    publish_level: Literal["public", "internal"]
    secrecy: Secrecy | Exemption
    optional_sources: tuple[str, ...] = ()
    one_of_each: tuple[tuple[str, ...], ...] = ()
    cog_year: int | None = None
    geometry_type: str | None = None
    crs: str | None = None
    caveats: tuple[Caveat, ...] = ()
    may_be_empty: bool = False

    def __post_init__(self) -> None:
        names = [c.name for c in self.columns]
        if len(set(names)) != len(names):
            msg = f"{self.name}: a column is declared twice"
            raise ValueError(msg)
        if missing := set(self.key) - set(names):
            msg = f"{self.name}: key columns not declared: {sorted(missing)}"
            raise ValueError(msg)
        if any(c.kind == "geometry" for c in self.columns) != bool(self.geometry_type and self.crs):
            msg = f"{self.name}: a geometry column goes with a geometry type and a CRS"
            raise ValueError(msg)
        if unknown := sorted(self._referred() - set(names)):
            msg = f"{self.name}: columns referred to but not declared: {', '.join(unknown)}"
            raise ValueError(msg)
        if any(c.identifies for c in self.columns) and LEGAL_CATEGORY not in names:
            msg = f"{self.name}: a table that names somebody has a column {LEGAL_CATEGORY}"
            raise ValueError(msg)
        blank = self.identities - set(self.key)
        if fixed := [c.name for c in self.columns if c.name in blank and not c.nullable]:
            msg = f"{self.name}: {fixed[0]} may be withheld, so it must be nullable"
            raise ValueError(msg)
        if any(c.sensitive for c in self.columns if c.name in self.key):
            msg = f"{self.name}: a sensitive column cannot be part of the key"
            raise ValueError(msg)

    def _referred(self) -> set[str]:
        """Columns that other declarations of the table name."""
        found = {c.identifies for c in self.columns if c.identifies}
        if isinstance(self.secrecy, Secrecy):
            found |= {*self.secrecy.measures, *self.secrecy.levels}
            found |= {suppression_mark(m) for m in self.secrecy.measures}
            found |= {column for column, _ in self.secrecy.totals}
            found |= {column for pair in self.secrecy.parents for column in pair}
            found |= {c for c in (self.secrecy.unit_count, self.secrecy.largest_share) if c}
        return found

    @property
    def published(self) -> "Table":
        """The table as readers get it: without its sensitive columns."""
        kept = tuple(c for c in self.columns if not c.sensitive)
        names, secrecy = {c.name for c in kept}, self.secrecy
        if isinstance(secrecy, Secrecy):
            secrecy = replace(
                secrecy,
                unit_count=secrecy.unit_count if secrecy.unit_count in names else None,
                largest_share=secrecy.largest_share if secrecy.largest_share in names else None,
            )
        return replace(self, columns=kept, secrecy=secrecy)

    @property
    def identities(self) -> set[str]:
        """Columns that name somebody, or hold the code of whom they name."""
        naming = {c.name for c in self.columns if c.identifies}
        return naming | {c.identifies for c in self.columns if c.identifies}

    @property
    def unshown(self) -> set[str]:
        """Columns whose values are in no log, preview or example."""
        return self.identities | {c.name for c in self.columns if c.sensitive}

    @property
    def is_spatial(self) -> bool:
        """Whether rows have a geometry."""
        return self.geometry_type is not None

    @property
    def all_sources(self) -> tuple[str, ...]:
        """Required, alternative, then optional source keys."""
        groups = tuple(key for group in self.one_of_each for key in group)
        return tuple(dict.fromkeys(self.sources + groups + self.optional_sources))


def suppression_mark(measure: str) -> str:
    """Name of the column that says whether a figure is hidden by secrecy."""
    return f"is_{measure}_suppressed"
