"""Ranks communes and parks by free land, vacancy, consumption and price."""

import polars as pl

from observatory.metadata.french import alphabetical
from observatory.metadata.themes import PRINTED_THEMES

MEASURES = tuple(theme.column for theme in PRINTED_THEMES)
SITE_MEASURES = ("free_ha", "vacant_ha")
RANK = "_rank"


def rank_rows(rows: pl.DataFrame, measures: tuple[str, ...], *names: str) -> pl.DataFrame:
    """Add the rank of each measure, 1 for the highest; a missing value has none.

    Rows are in the order of the first measure, then of their names; missing ones come last.
    """
    ranks = [pl.col(m).rank("min", descending=True).alias(f"{m}{RANK}") for m in measures]
    return rows.with_columns(ranks).sort(
        pl.col(measures[0]),
        *(alphabetical(name) for name in names),
        descending=[True, *[False] * len(names)],
        nulls_last=True,
    )


def order_by(rows: pl.DataFrame, measure: str) -> pl.DataFrame:
    """Ranked rows of which a measure is known, the highest first."""
    return rows.filter(pl.col(measure).is_not_null()).sort(f"{measure}{RANK}", maintain_order=True)


def measure_sites(sites: pl.DataFrame, units: pl.DataFrame, communes: pl.DataFrame) -> pl.DataFrame:
    """Add the hectares of the units of each site that are free, and presumed vacant.

    Whole units, as they are listed. Null where units are not known, nor what tells their state in
    the commune.
    """
    state = pl.col("occupation_state")
    hectares = pl.col("area_m2") / 10_000
    sums = units.group_by("site_id").agg(
        _free=hectares.filter(state == "free").sum(),
        _vacant=hectares.filter(state == "vacant").sum(),
    )
    known = communes.select(
        "commune_code",
        _free_known=pl.col("free_ha").is_not_null(),
        _vacant_known=pl.col("vacant_ha").is_not_null(),
    )
    has_units = pl.col("unit_count").is_not_null()
    return (
        sites.join(sums, on="site_id", how="left", maintain_order="left")
        .join(known, on="commune_code", how="left", maintain_order="left")
        .with_columns(
            free_ha=pl.when(has_units & pl.col("_free_known")).then(pl.col("_free").fill_null(0.0)),
            vacant_ha=pl.when(has_units & pl.col("_vacant_known")).then(
                pl.col("_vacant").fill_null(0.0)
            ),
        )
        .drop("_free", "_vacant", "_free_known", "_vacant_known")
    )
