"""Bounds jobs by size class, and classifies activities by the vocations of the CNIG standard.

Sources: Insee, Sirene variables trancheEffectifsEtablissement and
nomenclatureActivitePrincipaleEtablissement; Insee, NAF rév. 2 (in force until 31 December 2026)
and NAF 2025 (from 1 January 2027); CNIG, « Sites économiques » v2024-10, list of site_vocadomi and
its note on the dominant vocation (60 % of employees).
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
# as the register names them; a code of an older one has no division in those in force
NOMENCLATURES = {
    "nafrev2": "naf_rev2",
    "nafrev1": "naf_rev1",
    "naf1993": "naf_1993",
    "nap": "nap",
    "nap600": "nap",
    "naf2025": "naf_2025",
    "naf25": "naf_2025",
}
IN_FORCE = ("naf_rev2", "naf_2025")
# both in force are written so; NAF 1993 and rév. 1 have one figure less (52.1F)
SUBCLASS = r"^\d{2}\.?\d{2}[A-Z]$"
# divisions of NAF rév. 2 and NAF 2025 by vocation; more precise codes go before. In NAF 2025 there
# is no division 45: repair of vehicles is 95.3, their sale 46.7 and 47.8
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
_PRECISE_2025 = {
    "52.22": "portuaire",
    "52.23": "aéroportuaire, aéronautique",
    "30.31": "aéroportuaire, aéronautique",
    "30.32": "aéroportuaire, aéronautique",
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


def name_nomenclature(written: pl.Expr, code: pl.Expr) -> pl.Expr:
    """Name the nomenclature a code is of, as the register says; NAF rév. 2 where it does not.

    Null where the register says a nomenclature in force of a code that cannot be of it, or one
    that is not known.
    """
    plain = written.str.to_lowercase().str.replace_all(r"[^a-z0-9]", "")
    said = plain.replace_strict(NOMENCLATURES, default=None, return_dtype=pl.String)
    named = pl.when(written.is_null()).then(pl.lit("naf_rev2")).otherwise(said)
    can_be = ~named.is_in(IN_FORCE) | code.str.contains(SUBCLASS)
    return pl.when(code.is_not_null() & can_be).then(named)


def classify_vocation(naf: pl.Expr, naf_2025: pl.Expr) -> pl.Expr:
    """Classify an activity by vocation, by its NAF rév. 2 code, else by its NAF 2025 code.

    Codes may lack their point; null where none fits.
    """
    return pl.coalesce(_find_vocation(naf, _PRECISE), _find_vocation(naf_2025, _PRECISE_2025))


def _find_vocation(naf: pl.Expr, precise_codes: dict[str, str]) -> pl.Expr:
    """Find the vocation of the four figures of a code, else that of its division."""
    plain = naf.str.replace(".", "", literal=True)
    by_division = {
        f"{division:02d}": name for name, codes in _DIVISIONS.items() for division in codes
    }
    precise = {code.replace(".", ""): name for code, name in precise_codes.items()}
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
