"""Tells which FAP the codes of a file are of, and at which level: 2009 or 2021."""

import polars as pl

# levels by the number of characters of a code
LEVELS = {
    "fap_2009": {1: "fap22", 3: "fap87", 5: "fap225"},
    "fap_2021": {1: "fap22", 3: "fap86", 5: "fap228"},
}


def tell_nomenclature(code: pl.Expr) -> pl.Expr:
    """Tell the FAP of a file's codes: 2009 throughout where any has Z in third place, else 2021."""
    old = (code.str.slice(2, 1) == "Z").any().over("source_sha256")
    return pl.when(old).then(pl.lit("fap_2009")).otherwise(pl.lit("fap_2021"))


def tell_level(code: pl.Expr, nomenclature: pl.Expr) -> pl.Expr:
    """Tell the level of each code (``fap22`` to ``fap228``); null where no level has its length."""
    size = code.str.len_chars()
    old, new = (
        size.replace_strict(levels, default=None, return_dtype=pl.String)
        for levels in LEVELS.values()
    )
    return pl.when(nomenclature == "fap_2009").then(old).otherwise(new)
