"""Reads the occupations of a sector from the sectors of each occupation.

Source: Dares, portraits statistiques des métiers, mean of 2017 to 2019. The producer names the
main sectors of an occupation and puts the others together (« Autres secteurs »): what a sector
employs of an occupation that does not name it is not known.
"""

import polars as pl

# the others of an occupation together, and what has no sector
UNNAMED = ("AU", "ZZ")
LEVEL = ["fap_nomenclature", "fap_level"]


def add_sector_shares(rows: pl.DataFrame) -> pl.DataFrame:
    """Add the share (%) of each occupation among those that name the sector, at its level.

    ``named_share_pct`` says how much of the level's employment has a named sector: so much is
    known of a sector, if what is not named spreads over the sectors as what is named.
    """
    is_named = ~pl.col("sector_code").is_in(UNNAMED) & (pl.col("fap_level") != "all")
    named = pl.col("sector_employed_thousands").filter(is_named)
    of_sector = pl.when(is_named).then("sector_employed_thousands")
    of_level = pl.col("sector_employed_thousands").sum().over(LEVEL)
    in_sector = of_sector.sum().over([*LEVEL, "sector_code"])
    share = pl.when(in_sector > 0).then(100 * of_sector / in_sector)
    known = 100 * named.sum().over(LEVEL) / of_level
    return rows.with_columns(
        sector_share_pct=share.clip(0, 100),
        named_share_pct=pl.when((pl.col("fap_level") != "all") & (of_level > 0))
        .then(known)
        .clip(0, 100),
    )
