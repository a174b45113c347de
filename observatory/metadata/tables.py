"""Table contracts: the one declaration of a table's columns, units, meaning and rights.

Data only. SQL types, Dagster schemas, baseline rules and the dictionary are projections
made elsewhere from what is written here.
"""

from dataclasses import dataclass, replace
from typing import Literal

from observatory.errors import DeclarationError
from observatory.metadata.texts import Text
from observatory.metadata.units import Unit

Kind = Literal["code", "text", "integer", "number", "date", "datetime", "boolean", "geometry"]
Caveat = Literal[
    "aggregation_hazard",
    "approximate_bridge",
    "break_in_series",
    "declared_intentions",
    "partial_coverage",
    "provisional",
    "rounded",
    "stated_qualifications",
    "suppressed_small_counts",
]
CAVEATS: dict[Caveat, Text] = {
    "aggregation_hazard": Text(
        fr="Ne pas additionner sans précaution : les lignes se recouvrent ou pèsent inégalement.",
        en="Do not add up without care: rows overlap or weigh unequally.",
    ),
    "approximate_bridge": Text(
        fr="Passage approché entre deux nomenclatures, pour contexte seulement.",
        en="Approximate bridge between two nomenclatures, for context only.",
    ),
    "break_in_series": Text(
        fr="Rupture de série : deux éditions ou nomenclatures ne se comparent pas.",
        en="Break in series: two editions or nomenclatures cannot be compared.",
    ),
    "declared_intentions": Text(
        fr="Intentions déclarées par les employeurs, ni offres ni postes vacants.",
        en="Intentions declared by employers, neither offers nor vacant posts.",
    ),
    "partial_coverage": Text(
        fr="Couverture partielle : l'absence de ligne n'est pas un zéro.",
        en="Partial coverage: a missing row is not a zero.",
    ),
    "provisional": Text(fr="Données provisoires, à réviser.", en="Provisional, to be revised."),
    "rounded": Text(
        fr="Valeurs arrondies par le producteur.", en="Values rounded by the producer."
    ),
    "stated_qualifications": Text(
        fr="Un code ROME qui mène à plusieurs métiers est réparti selon les offres qui disent leur "
        "qualification, surtout celles déposées à France Travail : les autres peuvent différer. "
        "Ce qui n'est pas réparti n'est dans aucun métier.",
        en="A ROME code that leads to several occupations is split by the offers that state a "
        "qualification, mostly those filed with France Travail: the others may differ. What is "
        "not split is in no occupation.",
    ),
    "suppressed_small_counts": Text(
        fr="Petits effectifs masqués par le producteur : masqué, manquant et nul sont trois "
        "choses.",
        en="Small counts hidden by the producer: hidden, missing and zero are three things.",
    ),
}
Exemption = Literal[
    "no_figures_on_firms",
    "open_register_counts",
    "published_by_producer",
    "suppressed_by_producer",
]
EXEMPTIONS: dict[Exemption, Text] = {
    "no_figures_on_firms": Text(
        fr="aucun chiffre ne porte sur des entreprises", en="no figure is about firms"
    ),
    "open_register_counts": Text(
        fr="simples décomptes du répertoire ouvert Sirene",
        en="plain counts of the open Sirene register",
    ),
    "published_by_producer": Text(
        fr="chiffres que le producteur publie tels quels",
        en="figures that the producer publishes as they are",
    ),
    "suppressed_by_producer": Text(
        fr="secret appliqué par le producteur ; rien n'est recalculé de ce qu'il masque",
        en="secrecy applied by the producer; nothing it hides is computed back",
    ),
}
LEGAL_CATEGORY = "legal_category_code"


@dataclass(frozen=True, kw_only=True)
class Statistic:
    """A figure that is no sum: a median or quartile, a share, or a part of a count.

    ``of`` names the counts of the units that it is made from, added up; it is hidden with any of
    them. A quantile needs ``times`` the threshold of units; a share (percent) needs as many units
    as the threshold on both its sides; a part is a count of some of them and may be none or all.
    Printed to ``figures`` significant figures, or in multiples of ``step``.
    """

    name: str
    kind: Literal["quantile", "share", "part"]
    of: tuple[str, ...]
    times: int = 1
    figures: int | None = None
    step: float | None = None


@dataclass(frozen=True, kw_only=True)
class Flow:
    """Periods that follow each other: a ``stock`` is the last one, plus ``gained``, less ``lost``.

    A period without a row is one of zeros.
    """

    period: str
    stock: str
    gained: str
    lost: str


@dataclass(frozen=True, kw_only=True)
class Secrecy:
    """Which figures of a table statistical secrecy protects, and what an attacker may add up.

    ``counts`` are numbers of units, hidden below the threshold of ``basis``. ``measures`` are sums
    over units, hidden where ``unit_count`` is below it, or where one unit makes up too much of
    them (``largest_share``, percent of what another unit does not know), printed to
    ``significant_figures``. ``statistics`` are no sums. ``derived`` are computed from figures that
    another table protects, once they are. ``window`` names the column with the beginning of the
    years that measures are summed over: within one, two releases must not tell a unit apart.

    Relations: a row whose ``totals`` column holds the given code is the sum of the rows that agree
    with it on all the rest of the key; by ``parents`` (column, column of the parent's code) the row
    of a parent is the sum of the rows that name it, whatever the key columns ``levels`` say;
    ``flow`` links periods. ``unit_count`` is None where it is not among the columns any more.
    """

    basis: Literal["firms", "sales", "offers", "applicants"]
    counts: tuple[str, ...] = ()
    unit_count: str | None = None
    measures: tuple[str, ...] = ()
    significant_figures: int | None = None
    largest_share: str | None = None
    statistics: tuple[Statistic, ...] = ()
    derived: tuple[str, ...] = ()
    totals: tuple[tuple[str, str], ...] = ()
    parents: tuple[tuple[str, str], ...] = ()
    levels: tuple[str, ...] = ()
    flow: Flow | None = None
    window: str | None = None

    @property
    def figures(self) -> tuple[str, ...]:
        """All that may be hidden, counts first: each has a mark that says whether it is."""
        return (*self.counts, *self.measures, *(s.name for s in self.statistics))

    @property
    def columns(self) -> set[str]:
        """Every column that the rule names."""
        named = {*self.figures, *map(suppression_mark, self.figures), *self.levels}
        named |= {*self.derived}
        named |= {column for statistic in self.statistics for column in statistic.of}
        named |= {column for column, _ in self.totals}
        named |= {column for pair in self.parents for column in pair}
        if self.flow:
            named |= {self.flow.period, self.flow.stock, self.flow.gained, self.flow.lost}
        return named | {c for c in (self.unit_count, self.largest_share, self.window) if c}

    def within(self, names: set[str]) -> "Secrecy":
        """The rule where only the columns ``names`` are left."""
        return replace(
            self,
            unit_count=self.unit_count if self.unit_count in names else None,
            largest_share=self.largest_share if self.largest_share in names else None,
        )


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column, described once.

    ``label`` and ``fr`` are shown to French readers, ``en`` to engineers. A number has a
    ``unit``; one that may be null says what null means; ``sensitive`` has no default: a sensitive
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
    unit: Unit | None = None
    null_means: Text | None = None
    allowed: tuple[str, ...] = ()
    pattern: str | None = None
    minimum: float | None = None
    maximum: float | None = None
    identifies: str | None = None

    def __post_init__(self) -> None:
        if self.kind in {"integer", "number"} and not self.unit:
            msg = f"{self.name}: a number needs a unit"
            raise DeclarationError(msg)

    @property
    def nullable(self) -> bool:
        """Whether a value may be missing: only where the column says what that means."""
        return self.null_means is not None


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table and what its readers may rely on.

    ``sources`` are needed to make the table, and at least one of each group of ``one_of_each``;
    ``optional_sources`` add evidence when they are there. ``licence`` is the licence that results
    from all of them; ``secrecy`` says which figures statistical secrecy protects, or why it
    protects none.
    """

    name: str
    title_fr: str
    title_en: str
    grain: Text
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    sources: tuple[str, ...]
    licence: str
    reference_period: Text
    publish_level: Literal["public", "internal"]
    secrecy: tuple[Secrecy, ...] | Exemption
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
            raise DeclarationError(msg)
        if missing := set(self.key) - set(names):
            msg = f"{self.name}: key columns not declared: {sorted(missing)}"
            raise DeclarationError(msg)
        if any(c.kind == "geometry" for c in self.columns) != bool(self.geometry_type and self.crs):
            msg = f"{self.name}: a geometry column goes with a geometry type and a CRS"
            raise DeclarationError(msg)
        if unknown := sorted(self._referred() - set(names)):
            msg = f"{self.name}: columns referred to but not declared: {', '.join(unknown)}"
            raise DeclarationError(msg)
        if any(c.identifies for c in self.columns) and LEGAL_CATEGORY not in names:
            msg = f"{self.name}: a table that names somebody has a column {LEGAL_CATEGORY}"
            raise DeclarationError(msg)
        blank = self.identities - set(self.key)
        if fixed := [c.name for c in self.columns if c.name in blank and not c.nullable]:
            msg = f"{self.name}: {fixed[0]} may be withheld, so it must be nullable"
            raise DeclarationError(msg)
        if any(c.sensitive for c in self.columns if c.name in self.key):
            msg = f"{self.name}: a sensitive column cannot be part of the key"
            raise DeclarationError(msg)

    def _referred(self) -> set[str]:
        """Columns that other declarations of the table name."""
        found = {c.identifies for c in self.columns if c.identifies}
        return found.union(*(rule.columns for rule in self.protections))

    @property
    def theme(self) -> str:
        """The theme, with which the name begins."""
        return self.name.split("_", 1)[0]

    @property
    def published(self) -> "Table":
        """The table as readers get it: without its sensitive columns."""
        kept = tuple(c for c in self.columns if not c.sensitive)
        names = {c.name for c in kept}
        secrecy = tuple(rule.within(names) for rule in self.protections) or self.secrecy
        return replace(self, columns=kept, secrecy=secrecy)

    @property
    def protections(self) -> tuple[Secrecy, ...]:
        """The rules of secrecy; none where the contract says why there is none."""
        return () if isinstance(self.secrecy, str) else self.secrecy

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
