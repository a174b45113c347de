"""Rules: what must hold for a table, from its contract for free or written for a theme."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from observatory.disclosure.withholding import may_be_named
from observatory.metadata.dictionary import secrecy_sentence
from observatory.metadata.tables import LEGAL_CATEGORY, Column, Table
from observatory.storage.frames import Store

MISSING_COLUMN = "missing_column"
MADE_OF = "made_of_nothing"
# metadata of a check that passes because there is nothing to look at, with the reason
NOT_LOOKED_AT = "not_looked_at"
Observe = Callable[[pl.DataFrame, Store], pl.DataFrame]


@dataclass(frozen=True)
class Expectation:
    """One Great Expectations class by name, and its arguments."""

    kind: str
    arguments: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Rule:
    """What must hold, named as a sentence that is true when it passes.

    ``observe`` turns the draft into the frame the expectations look at: derived scalars,
    totals, or a comparison with other frames of the store, which ``reads`` names.
    """

    name: str
    expectations: tuple[Expectation, ...]
    because: str
    blocking: bool = True
    observe: Observe | None = None
    reads: tuple[str, ...] = ()


def rules_from_contract(table: Table) -> list[Rule]:
    """Rules every table gets for free from its contract, one per kind of promise."""
    columns = [c for c in table.columns if c.kind != "geometry"]
    rules = [
        _rows(table),
        _key(table),
        Rule(
            name="required_values_are_present",
            expectations=(Expectation("ExpectColumnValuesToBeNull", {"column": MISSING_COLUMN}),),
            because="The contract has no meaning for a blank in these columns.",
            observe=_missing_values(table),
        ),
        *_rules_of_values(columns),
    ]
    if resting := [c for c in columns if c.null_means and c.null_means.without]:
        rules.append(
            Rule(
                name="nothing_is_told_of_what_nobody_handed_over",
                expectations=(Expectation("ExpectColumnValuesToBeNull", {"column": MADE_OF}),),
                because="A figure made without its source is made of nothing.",
                observe=_told_without_source(resting),
            )
        )
    if named := [c.name for c in table.columns if c.identifies]:
        rules.append(
            _truth(
                "only_companies_and_public_bodies_are_named",
                "Natural persons are never named, nor civil companies, which bear names.",
                _naming(named),
            )
        )
    if any(rule.figures for rule in table.protections):
        rules.append(
            _truth(
                "secrecy_holds",
                f"No figure on too few units is shown or given back: {secrecy_sentence(table).en}.",
                _secrecy(table),
                "is_secret",
            )
        )
    return rules


def _rows(table: Table) -> Rule:
    least = 0 if table.may_be_empty else 1
    return Rule(
        name="table_has_rows",
        expectations=(Expectation("ExpectTableRowCountToBeBetween", {"min_value": least}),),
        because="A table without rows tells readers that there is nothing; nobody found that.",
    )


def _key(table: Table) -> Rule:
    columns = list(table.key)
    unique = (
        Expectation("ExpectCompoundColumnsToBeUnique", {"column_list": columns})
        if len(columns) > 1
        else Expectation("ExpectColumnValuesToBeUnique", {"column": columns[0]})
    )
    because = f"The grain is: {table.grain.en}."
    return Rule(name="key_is_unique", expectations=(unique,), because=because)


def _rules_of_values(columns: Sequence[Column]) -> list[Rule]:
    """Form, allowed values and range of each column that declares one."""
    well_formed = [
        Expectation("ExpectColumnValuesToMatchRegex", {"column": c.name, "regex": c.pattern})
        for c in columns
        if c.pattern
    ]
    allowed = [
        Expectation("ExpectColumnValuesToBeInSet", {"column": c.name, "value_set": [*c.allowed]})
        for c in columns
        if c.allowed
    ]
    in_range = [
        Expectation(
            "ExpectColumnValuesToBeBetween",
            {"column": c.name, "min_value": c.minimum, "max_value": c.maximum},
        )
        for c in columns
        if c.minimum is not None or c.maximum is not None
    ]
    return [
        Rule(name=name, expectations=tuple(expectations), because=because)
        for name, expectations, because in (
            ("codes_are_well_formed", well_formed, "A code of another form is of another system."),
            ("values_are_known", allowed, "Readers rely on the listed values and no others."),
            ("values_are_in_range", in_range, "A value outside the contract's range is misread."),
        )
        if expectations
    ]


def _truth(name: str, because: str, observe: Observe, column: str = "is_right") -> Rule:
    """A rule that holds where a column of the view is true in every row."""
    right = Expectation("ExpectColumnValuesToBeInSet", {"column": column, "value_set": [True]})
    return Rule(name=name, expectations=(right,), because=because, observe=observe)


def _told_without_source(columns: Sequence[Column]) -> Observe:
    """One row per column that is filled though none of the sources it rests on was handed over."""

    def told(frame: pl.DataFrame, store: Store) -> pl.DataFrame:
        made_of = [
            f"{column.name} without {' or '.join(group)}"
            for column in columns
            if column.null_means
            for group in column.null_means.without
            if frame[column.name].count() and not _any_handed_over(group, store)
        ]
        return pl.DataFrame({MADE_OF: made_of}, schema={MADE_OF: pl.String})

    return told


def _any_handed_over(sources: Sequence[str], store: Store) -> bool:
    """Whether a file of one of the sources was read; true where none was read in this store."""
    names = [f"clean_{key.replace('/', '__')}" for key in sources]
    read = [name for name in names if store.has(name)]
    return not read or any(store.parts(name) for name in read)


def _naming(named: Sequence[str]) -> Observe:
    """Rows, and whether those that name somebody name one who may be."""

    def naming(frame: pl.DataFrame, _: Store) -> pl.DataFrame:
        blank = pl.all_horizontal(pl.col(name).is_null() for name in named)
        return frame.with_columns(is_right=blank | may_be_named(pl.col(LEGAL_CATEGORY)))

    return naming


def _secrecy(table: Table) -> Observe:
    """Rows that must be secret, and whether each is, sums that are published included."""

    def secrets(frame: pl.DataFrame, store: Store) -> pl.DataFrame:
        from observatory.disclosure.suppression import find_unsafe_rows

        unsafe = find_unsafe_rows(frame, table, store.thresholds)
        return frame.with_columns(is_secret=~pl.Series(unsafe, dtype=pl.Boolean))

    return secrets


def _missing_values(table: Table) -> Observe:
    """A view with one row per blank in a required column: its key, and the column's name."""
    required = [c.name for c in table.columns if not c.nullable and c.kind != "geometry"]

    def missing_values(frame: pl.DataFrame, _: Store) -> pl.DataFrame:
        parts = [
            frame.filter(pl.col(name).is_null()).select(
                pl.col(table.key).cast(pl.String), pl.lit(name).alias(MISSING_COLUMN)
            )
            for name in required
        ]
        return pl.concat(parts)

    return missing_values
