"""Resolves the territory of the observatory, and measures how far other areas lie in it."""

import re
from dataclasses import dataclass
from typing import Literal

import polars as pl

from observatory.errors import InputError
from observatory.geography.cog import DEPARTMENTS

EPCI_SIREN = re.compile(r"^\d{9}$")
SHOWN_FROM_PCT = 95.0
EXPECTED = "give the SIREN of an EPCI, départements such as 13,84, or FR"


@dataclass(frozen=True, kw_only=True)
class Territory:
    """The communes that the observatory calls local: an EPCI's, some départements', or all."""

    level: Literal["epci", "departments", "country"]
    code: str
    label: str
    commune_codes: tuple[str, ...]


def resolve_territory(setting: str, communes: pl.DataFrame) -> Territory:
    """Resolve ``OBSERVATORY_TERRITORY`` into its communes.

    ``communes`` has ``commune_code``, ``department_code``, ``epci_code`` and ``epci_label``.
    Raises InputError where none is found.
    """
    if setting == "FR":
        members, level, label = communes, "country", "France"
    elif EPCI_SIREN.match(setting):
        members, level = communes.filter(pl.col("epci_code") == setting), "epci"
        label = str(members["epci_label"].first())
    else:
        require_departments(setting)
        codes = setting.split(",")
        members, level = communes.filter(pl.col("department_code").is_in(codes)), "departments"
        label = ", ".join(DEPARTMENTS[code][0] for code in codes)
    if members.is_empty():
        raise InputError(describe_missing_communes(setting))
    return Territory(
        level=level,  # type: ignore[arg-type]
        code=setting,
        label=label,
        commune_codes=tuple(members["commune_code"].sort()),
    )


def require_departments(setting: str) -> None:
    """Refuse a territory that names a département that France has not, before anything is read."""
    if setting == "FR" or EPCI_SIREN.match(setting):
        return
    if unknown := [code for code in setting.split(",") if code not in DEPARTMENTS]:
        msg = f"OBSERVATORY_TERRITORY={setting}: no département {', '.join(unknown)}: {EXPECTED}."
        raise InputError(msg)


def describe_missing_communes(setting: str) -> str:
    """Say that none of the communes read lies in the territory, and what may be set instead."""
    return (
        f"OBSERVATORY_TERRITORY={setting}: no commune of it among those read: {EXPECTED} "
        "(the sample knows Provence-Alpes-Côte d'Azur and Corse only)."
    )


def keep_whole_epci(communes: pl.DataFrame) -> pl.DataFrame:
    """Keep communes of the EPCI that lie wholly in the territory: a part is not the EPCI."""
    whole = pl.col("is_in_territory").all().over("epci_code")
    return communes.drop_nulls("epci_code").filter(whole)


def measure_overlaps(communes: pl.DataFrame, *, area: str, label: str) -> pl.DataFrame:
    """Measure how far each ``area`` lies in the territory, in communes and in population.

    ``communes`` has ``area`` and ``label`` columns, ``population_count`` and
    ``is_in_territory``. An area is shown as part of the territory from 95 % of its
    population inside; nothing is ever prorated. Shares are in percent.
    """
    inside = pl.col("is_in_territory")
    population = pl.col("population_count").fill_null(0)
    total_inside = communes.filter(inside)["population_count"].sum() or 0
    return (
        communes.drop_nulls(area)
        .group_by(area)
        .agg(
            pl.col(label).first(),
            commune_count=pl.len().cast(pl.Int64),
            commune_in_territory_count=inside.sum().cast(pl.Int64),
            population_count=population.sum(),
            population_in_territory_count=population.filter(inside).sum(),
        )
        .with_columns(
            commune_in_territory_share_pct=100
            * pl.col("commune_in_territory_count")
            / pl.col("commune_count"),
            population_in_territory_share_pct=pl.when(pl.col("population_count") > 0).then(
                100 * pl.col("population_in_territory_count") / pl.col("population_count")
            ),
            territory_population_share_pct=100
            * pl.col("population_in_territory_count")
            / (total_inside or 1),
        )
        .with_columns(
            is_shown_as_territory=(
                pl.col("population_in_territory_share_pct") >= SHOWN_FROM_PCT
            ).fill_null(value=False)
        )
        .sort(area)
    )
