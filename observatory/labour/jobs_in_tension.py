"""Joins what is known of an occupation in a territory: tension, recruitment needs, stand-ins.

Sources: Dares, tension index; France Travail, enquête Besoins en main-d'œuvre (BMO).
"""

import polars as pl

from observatory.labour.keys import OCCUPATION_KEY, TERRITORY_AND_OCCUPATION, TERRITORY_KEY
from observatory.labour.tension import TENSION_FACTORS

STAND_IN_COLUMNS = (
    "parent_fap_level",
    "parent_fap_code",
    *(
        f"{name}_{field}"
        for name in ("parent", "wider")
        for field in ("territory_level", "territory_code", "tension_index", "tension_class")
    ),
)
TENSION_COLUMNS = (
    "edition_year",
    "tension_index",
    "tension_class",
    "is_imputed",
    "tension_rank",
    "imputed_from",
    *(f"{factor}_{kind}" for kind in ("index", "class") for factor in TENSION_FACTORS),
    *STAND_IN_COLUMNS,
)


def select_latest_tension(tension: pl.DataFrame) -> pl.DataFrame:
    """Select the last year that the last edition of each nomenclature holds at each level.

    ``tension`` is ``labour_tension_by_territory``; ``class_year`` is the year that was selected.
    """
    newest = tension.filter(
        pl.col("edition_year") == pl.col("edition_year").max().over("fap_nomenclature")
    )
    level = ["fap_nomenclature", "territory_level", "fap_level"]
    newest = newest.filter(pl.col("year") == pl.col("year").max().over(level))
    return newest.select(*TERRITORY_AND_OCCUPATION, *TENSION_COLUMNS, class_year="year")


def select_latest_needs(needs: pl.DataFrame) -> pl.DataFrame:
    """Select the last edition of the BMO survey per nomenclature; ``needs_year`` is its year."""
    return needs.filter(pl.col("year") == pl.col("year").max().over("fap_nomenclature")).rename(
        {"year": "needs_year"}
    )


def assemble(
    *,
    tension: pl.DataFrame,
    needs: pl.DataFrame,
    wider: pl.DataFrame,
    bridge: pl.DataFrame,
    as_of_year: int,
) -> pl.DataFrame:
    """Join tension and needs: one row per territory and occupation that either source has.

    ``tension`` comes from ``select_latest_tension``, ``needs`` from ``select_latest_needs``.
    ``wider`` gives, for bassins and the EPCI (``TERRITORY_KEY``), the département whose tension
    is shown for them (``department_code``). ``bridge`` gives for a FAP 2021 occupation the one
    FAP 2009 occupation it mostly stems from (``fap_2021_code``, ``fap_2009_code``,
    ``bridge_share_pct``, in percent). A row's own value comes first, then that of the wider
    territory, then the bridged one, for context only; only own, measured values are ranked.
    """
    rows = needs.join(
        tension, on=list(TERRITORY_AND_OCCUPATION), how="full", coalesce=True
    ).with_columns(
        has_recruitment_needs=pl.col("needs_year").is_not_null(),
        _own=pl.col("class_year").is_not_null(),
    )
    located = rows.join(wider, on=list(TERRITORY_KEY), how="left")
    located = _fill(located, _pack_tension(tension, "_wide"), _wider_place(), "_wide")
    old = bridge.rename({"fap_2021_code": "_new_code", "fap_2009_code": "_old_code"})
    located = located.with_columns(
        _new_code=pl.when(
            (pl.col("fap_nomenclature") == "fap_2021") & (pl.col("fap_level") == "fap228")
        ).then("fap_code")
    ).join(old, on="_new_code", how="left")
    located = _fill(located, _pack_tension(tension, "_old"), _bridged_place(), "_old")
    return _choose_tension(located, as_of_year)


def _pack_tension(tension: pl.DataFrame, prefix: str) -> pl.DataFrame:
    """Pack each measured row into one struct, beside key columns that bear ``prefix``."""
    measured = tension.filter(~pl.col("is_imputed") & pl.col("tension_class").is_not_null())
    return measured.select(
        *(pl.col(k).alias(f"{prefix}_{k}") for k in TERRITORY_AND_OCCUPATION),
        pl.struct(*TERRITORY_KEY, "class_year", *TENSION_COLUMNS).alias(f"{prefix}_value"),
    )


def _wider_place() -> dict[str, pl.Expr]:
    """The key under which a row's wider territory is looked up."""
    return {
        "territory_level": pl.when(pl.col("department_code").is_not_null()).then(
            pl.lit("department")
        ),
        "territory_code": pl.col("department_code"),
        **{name: pl.col(name) for name in OCCUPATION_KEY},
    }


def _bridged_place() -> dict[str, pl.Expr]:
    """The key under which a row's FAP 2009 occupation is looked up."""
    local = pl.col("department_code").is_not_null()
    return {
        "territory_level": pl.when(local).then(pl.lit("department")).otherwise("territory_level"),
        "territory_code": pl.when(local).then("department_code").otherwise("territory_code"),
        "fap_nomenclature": pl.lit("fap_2009"),
        "fap_level": pl.lit("fap225"),
        "fap_code": pl.col("_old_code"),
    }


def _fill(
    rows: pl.DataFrame, values: pl.DataFrame, place: dict[str, pl.Expr], prefix: str
) -> pl.DataFrame:
    """Join ``values`` to ``rows`` by the key that ``place`` computes; null where none fits."""
    wanted = rows.with_columns(**{f"{prefix}_{name}": expr for name, expr in place.items()})
    return wanted.join(values, on=[f"{prefix}_{k}" for k in TERRITORY_AND_OCCUPATION], how="left")


def _choose_tension(rows: pl.DataFrame, as_of_year: int) -> pl.DataFrame:
    """Add the tension that is shown, what it is, and where and when it was measured.

    ``class_age_years`` counts whole years from the year of the class to ``as_of_year``.
    """
    wide, old = pl.col("_wide_value"), pl.col("_old_value")
    rows = rows.with_columns(tension_evidence=_classify_evidence())
    evidence = pl.col("tension_evidence")

    def pick(name: str) -> pl.Expr:
        return (
            pl.when(evidence == "wider_territory")
            .then(wide.struct.field(name))
            .when(evidence == "bridged")
            .then(old.struct.field(name))
            .when(evidence != "none")
            .then(pl.col(name))
        )

    copied = [
        n for n in TENSION_COLUMNS if n not in {"is_imputed", "tension_rank", *STAND_IN_COLUMNS}
    ]
    bridged = evidence == "bridged"
    return (
        rows.with_columns(
            **{name: pick(name) for name in (*copied, "class_year")},
            tension_territory_level=pick("territory_level"),
            tension_territory_code=pick("territory_code"),
            tension_rank=pl.when(evidence == "measured").then("tension_rank"),
            bridged_fap_2009_code=pl.when(bridged).then("_old_code"),
            bridge_share_pct=pl.when(bridged).then("bridge_share_pct"),
            has_tension=evidence != "none",
        )
        .with_columns(class_age_years=(as_of_year - pl.col("class_year")).clip(lower_bound=0))
        .drop("^_.*$")
    )


def _classify_evidence() -> pl.Expr:
    """Where the tension of a row comes from: the row itself, a wider territory, or the bridge."""
    own = pl.col("_own")
    return (
        pl.when(own & pl.col("is_imputed"))
        .then(pl.lit("imputed"))
        .when(own & pl.col("tension_class").is_not_null())
        .then(pl.lit("measured"))
        .when(own)
        .then(pl.lit("none"))
        .when(pl.col("_wide_value").is_not_null())
        .then(pl.lit("wider_territory"))
        .when(pl.col("_old_value").is_not_null())
        .then(pl.lit("bridged"))
        .otherwise(pl.lit("none"))
    )


def select_dominant_bridge(bridge: pl.DataFrame, least_pct: float = 50.0) -> pl.DataFrame:
    """Select the FAP 2009 occupation that makes up more than ``least_pct`` % of a FAP 2021 one."""
    ordered = bridge.filter(pl.col("share_of_fap_2021_pct") > least_pct)
    return ordered.select(
        "fap_2021_code", "fap_2009_code", bridge_share_pct="share_of_fap_2021_pct"
    ).unique("fap_2021_code", keep="none")
