"""Table contracts: the one declaration of a table's columns, units, meaning and rights.

Data only. SQL types, Dagster schemas, baseline rules and the dictionary are projections
made elsewhere from what is written here.
"""

from dataclasses import dataclass
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


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column, described once.

    ``label`` and ``fr`` are shown to French readers, ``en`` to engineers. A number has a
    ``unit``; a nullable column says what null means; ``sensitive`` has no default.
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

    ``sources`` are needed to make the table; ``optional_sources`` add evidence when they
    are there. ``licence`` is the licence that results from all of them.
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
    optional_sources: tuple[str, ...] = ()
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

    @property
    def is_spatial(self) -> bool:
        """Whether rows have a geometry."""
        return self.geometry_type is not None

    @property
    def all_sources(self) -> tuple[str, ...]:
        """Required, then optional source keys."""
        return self.sources + self.optional_sources
