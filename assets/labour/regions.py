"""Régions that a producer names in full, brought to their code."""

import polars as pl

from observatory.geography.cog import REGIONS
from observatory.metadata.cards import normalise

WHOLE_COUNTRY = ("france", "france_entiere")
CODES = {
    **{normalise(label): code for code, label in REGIONS.items()},
    **dict.fromkeys(WHOLE_COUNTRY, "FR"),
}


def region_of(rows: pl.DataFrame, column: str) -> pl.Expr:
    """Code of the région a row names, whatever its case, accents and hyphens; FR for all France."""
    names = {
        name: CODES.get(normalise(name.replace("’", "'")))
        for name in rows[column].drop_nulls().unique()
    }
    return pl.col(column).replace_strict(names, default=None, return_dtype=pl.String)
