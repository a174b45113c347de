"""Bounds jobs by size class, and classifies activities by the vocations of the CNIG standard.

Sources: Insee, Sirene variable trancheEffectifsEtablissement; CNIG, « Sites économiques »
v2024-10, list of site_vocadomi and its note on the dominant vocation (60 % of employees).
"""

import polars as pl

SIZE_CLASSES: dict[str, tuple[int, int | None]] = {
    "00": (0, 0),
    "01": (1, 2),
    "02": (3, 5),
    "03": (6, 9),
    "11": (10, 19),
    "12": (20, 49),
    "21": (50, 99),
    "22": (100, 199),
    "31": (200, 249),
    "32": (250, 499),
    "41": (500, 999),
    "42": (1_000, 1_999),
    "51": (2_000, 4_999),
    "52": (5_000, 9_999),
    "53": (10_000, None),
}
DOMINANT_SHARE = 0.6
MIXED = "mixte, sans dominante"
CNIG_UNKNOWN = "inconnu"
VOCATIONS = (
    "industrielle",
    "commerciale",
    "tertiaire",
    "artisanale",
    "touristique",
    "portuaire",
    "aéroportuaire, aéronautique",
    "entrepôts, logistique",
    MIXED,
    CNIG_UNKNOWN,
)
# divisions of NAF rév. 2 by vocation; more precise codes go before
_DIVISIONS = {
    "industrielle": [*range(5, 34), *range(35, 40)],
    "artisanale": [41, 42, 43, 95, 96],
    "commerciale": [45, 46, 47, 56],
    "entrepôts, logistique": [49, 52, 53],
    "portuaire": [50],
    "aéroportuaire, aéronautique": [51],
    "touristique": [55, 79, 90, 91, 93],
    "tertiaire": [*range(58, 76), 77, 78, *range(80, 89), 92, 94, 99],
}
_PRECISE = {
    "45.20": "artisanale",
    "52.22": "portuaire",
    "52.23": "aéroportuaire, aéronautique",
    "30.30": "aéroportuaire, aéronautique",
}


def bound_jobs(size_class: pl.Expr, *, open_class_cap: int) -> tuple[pl.Expr, pl.Expr]:
    """Bound the number of employees of a size class; null where it is unknown.

    ``NN``, ``99`` and blank are unknown, not zero; the open class is capped.
    """
    low = {code: bounds[0] for code, bounds in SIZE_CLASSES.items()}
    high = {
        code: open_class_cap if bounds[1] is None else bounds[1]
        for code, bounds in SIZE_CLASSES.items()
    }
    return (
        size_class.replace_strict(low, default=None, return_dtype=pl.Int64),
        size_class.replace_strict(high, default=None, return_dtype=pl.Int64),
    )


def classify_vocation(naf: pl.Expr) -> pl.Expr:
    """Classify a NAF rév. 2 code, with or without its point, by vocation; null where none fits."""
    plain = naf.str.replace(".", "", literal=True)
    by_division = {
        f"{division:02d}": name for name, codes in _DIVISIONS.items() for division in codes
    }
    precise = {code.replace(".", ""): name for code, name in _PRECISE.items()}
    return pl.coalesce(
        plain.str.slice(0, 4).replace_strict(precise, default=None, return_dtype=pl.String),
        plain.str.slice(0, 2).replace_strict(by_division, default=None, return_dtype=pl.String),
    )


def find_dominant_vocations(occupants: pl.DataFrame, by: str) -> pl.DataFrame:
    """Find the vocation with more than 60 % of the jobs of each ``by``, else mixed.

    ``occupants`` has ``by``, ``vocation``, ``job_count_low`` and ``job_count_high``. A firm of
    unknown size weighs one job, so that a park of small firms has a vocation too.
    """
    middle = (pl.col("job_count_low") + pl.col("job_count_high")) / 2
    weight = pl.max_horizontal(middle.fill_null(1.0), pl.lit(1.0))
    weighed = occupants.drop_nulls([by, "vocation"]).group_by(by, "vocation").agg(_w=weight.sum())
    share = pl.col("_w") / pl.col("_w").sum().over(by)
    best = (
        weighed.with_columns(_share=share)
        .sort("_share", "vocation", descending=[True, False])
        .unique(by, keep="first", maintain_order=True)
    )
    return best.select(
        by,
        dominant_vocation=pl.when(pl.col("_share") > DOMINANT_SHARE)
        .then("vocation")
        .otherwise(pl.lit(MIXED)),
    )
