"""Computes prices of economic land and premises by mutation from DVF, in €/m².

Sources: DGFiP, notice of « Demandes de valeurs foncières » (price per disposition, a mutation is
the sum of its dispositions); Cerema, DVF guides (VAT included, fees not). €/m² TTC, hors frais.
"""

import polars as pl

from observatory.land.sums import sum_steadily

SALE_NATURES = ("vente", "vente terrain à bâtir")
SYMBOLIC_EUR = 100.0
WINDOW_YEARS = 5
INDUSTRIAL_OR_COMMERCIAL = "4"
MARKETS = ("land", "premises_under_300_m2", "premises_300_to_1000_m2", "premises_over_1000_m2")
SALE_SETTINGS = ("park", "city")
SMALL_M2, MEDIUM_M2 = 300, 1_000
# natures of ground (DVF); none is priced with another, and premises have none
BUILDING_PLOT = "AB"
LAND_NATURES = (
    *("AB", "AG", "B", "BF", "BM", "BO", "BP", "BR", "BS", "BT", "CA", "CH", "E", "J", "L", "LB"),
    *("P", "PA", "PC", "PE", "PH", "PP", "S", "T", "TP", "VE", "VI"),
    "unknown",
    "none",
)


def number_mutations(rows: pl.DataFrame) -> pl.DataFrame:
    """Add ``mutation_id`` to raw lines in the order of the file, and ``is_ambiguous``.

    A mutation is a run of consecutive lines of one date and nature; it ends where the disposition
    number falls back, or where one disposition has another price. Lines of one run that differ in
    département with the same disposition and price could be one sale or two: ambiguous.
    ``rows`` has ``source_sha256``, ``source_line``, ``date``, ``nature``, ``disposition``,
    ``price_eur`` and ``department_code``.
    """
    ordered = rows.sort("source_sha256", "source_line")
    before = {c: pl.col(c).shift() for c in ("source_sha256", "date", "nature")}
    new_run = pl.any_horizontal(pl.col(c).ne_missing(b) for c, b in before.items())
    disposition, price = pl.col("disposition"), pl.col("price_eur")
    falls_back = disposition < disposition.shift()
    other_price = disposition.eq_missing(disposition.shift()) & price.ne_missing(price.shift())
    starts = (new_run | falls_back.fill_null(value=False) | other_price).fill_null(value=True)
    numbered = ordered.with_columns(_run=starts.cast(pl.Int64).cum_sum())
    key = ["source_sha256", "_run"]
    return numbered.with_columns(
        mutation_id=pl.format("{}-{}", pl.col("source_sha256").str.slice(0, 8), "_run"),
        is_ambiguous=pl.col("department_code").n_unique().over(key) > 1,
    ).drop("_run")


def tell_sales_apart(rows: pl.DataFrame) -> pl.DataFrame:
    """Give each sale that one identifier stands for a ``mutation_id`` of its own.

    The lines of a disposition follow each other in the file; one that begins again after others is
    of another sale of that day and price. The identifier as read stays in ``file_mutation_id``.
    ``rows`` has ``source_sha256``, ``source_line``, ``mutation_id`` and ``disposition``.
    """
    part = ["source_sha256", "mutation_id", "disposition"]
    ordered = rows.sort("source_sha256", "source_line")
    begins = pl.any_horizontal(pl.col(c).ne_missing(pl.col(c).shift()) for c in part)
    told = ordered.with_columns(_begins=begins).with_columns(
        _time=pl.col("_begins").cast(pl.Int64).cum_sum().over(part)
    )
    return told.with_columns(
        file_mutation_id="mutation_id",
        mutation_id=pl.when(pl.col("_time") > 1)
        .then(pl.format("{}#{}", "mutation_id", "_time"))
        .otherwise("mutation_id"),
    ).drop("_begins", "_time")


def is_ambiguous_mutation() -> pl.Expr:
    """Whether lines that share an identifier cannot be one sale, nor be told apart.

    Another date, another nature, one disposition under two prices, or a parcel that would be of
    two of its sales. The frame has ``mutation_id``, ``file_mutation_id``, ``date``, ``nature``,
    ``disposition``, ``parcel_id`` and ``price_eur``.
    """
    file_id, own = "file_mutation_id", "mutation_id"
    grounds = pl.struct(own, "parcel_id").n_unique() - pl.col("parcel_id").n_unique()
    return (
        (grounds.over(file_id) > 0)
        | (pl.col("date").n_unique().over(file_id) > 1)
        | (pl.col("nature").n_unique().over(file_id) > 1)
        | (pl.col("price_eur").n_unique().over(own, "disposition") > 1)
    )


def assemble_sales(rows: pl.DataFrame) -> pl.DataFrame:
    """Assemble one row per mutation: price (€), area (m²), market, and why it is priced or not.

    ``rows`` has ``mutation_id``, ``date``, ``nature``, ``disposition``, ``price_eur``,
    ``parcel_id``, ``commune_code``, ``local_type``, ``built_m2``, ``land_nature``,
    ``special_nature``, ``land_m2``, ``is_repeated`` (a building written twice), and where each
    parcel lies: ``is_located``, ``is_in_site``, ``is_in_economic_zone``.
    """
    mutations = rows.group_by("mutation_id").agg(pl.col("date").first(), pl.col("nature").first())
    joined = (
        mutations.join(_sum_prices(rows), on="mutation_id")
        .join(_sum_grounds(rows), on="mutation_id")
        .join(_sum_premises(rows), on="mutation_id", how="left")
    )
    is_bare = pl.col("_kinds").is_null()
    size = pl.when(is_bare).then("land_m2").otherwise("built_m2")
    return joined.sort("mutation_id").select(
        "mutation_id",
        "date",
        "commune_code",
        "price_eur",
        sold_m2=size,
        market=_classify_market(is_bare),
        land_nature=pl.when(is_bare)
        .then(pl.col("_nature").fill_null("unknown"))
        .otherwise(pl.lit("none")),
        setting=pl.when("_all_in").then(pl.lit("park")).otherwise(pl.lit("city")),
        reason=_decide_reason(is_bare, size),
    )


def _sum_prices(rows: pl.DataFrame) -> pl.DataFrame:
    """Sum the prices (€) of the dispositions of each mutation, each written on several lines."""
    return (
        rows.unique(["mutation_id", "disposition"], keep="first", maintain_order=True)
        .group_by("mutation_id")
        .agg(
            price_eur=sum_steadily(pl.col("price_eur")),
            _unpriced=pl.col("price_eur").is_null().any(),
        )
    )


def _sum_grounds(rows: pl.DataFrame) -> pl.DataFrame:
    """Sum the ground (m²) of each mutation, each part once, and tell where it lies."""
    grounds = rows.unique(
        ["mutation_id", "parcel_id", "land_nature", "special_nature", "land_m2"],
        keep="first",
        maintain_order=True,
    ).with_columns(_economic=pl.col("is_in_site") | pl.col("is_in_economic_zone"))
    # a blank area is a parcel that only buildings are sold on: it adds nothing
    return grounds.group_by("mutation_id").agg(
        land_m2=pl.when(pl.col("land_m2").is_not_null().any()).then(
            sum_steadily(pl.col("land_m2"))
        ),
        _natures=pl.col("land_nature").filter(pl.col("land_m2").is_not_null()).n_unique(),
        _nature=pl.col("land_nature").filter(pl.col("land_m2").is_not_null()).first(),
        _all_in=pl.col("_economic").all(),
        _any_in=pl.col("_economic").any(),
        _all_located=pl.col("is_located").all(),
        # the commune of the largest part, the first by code where two are as large
        commune_code=pl.col("commune_code")
        .sort_by("land_m2", "commune_code", descending=[True, False], nulls_last=True)
        .first(),
    )


def _sum_premises(rows: pl.DataFrame) -> pl.DataFrame:
    """Sum the floor area (m²) of the premises of each mutation; list their kinds."""
    return (
        rows.filter(pl.col("local_type").is_not_null())
        .group_by("mutation_id")
        .agg(
            built_m2=pl.when(pl.col("built_m2").is_not_null().all()).then(
                sum_steadily(pl.col("built_m2"))
            ),
            _kinds=pl.col("local_type").unique().sort().str.join(","),
            _repeated=pl.col("is_repeated").any(),
        )
    )


def _decide_reason(is_bare: pl.Expr, size: pl.Expr) -> pl.Expr:
    """The first reason not to price a sale, or ``priced``."""
    is_sale = pl.col("nature").str.to_lowercase().is_in(SALE_NATURES).fill_null(value=False)
    only_firms = pl.col("_kinds") == INDUSTRIAL_OR_COMMERCIAL
    reasons = (
        (~is_sale, "exchange_auction_or_off_plan"),
        (~pl.col("_all_located") | pl.col("commune_code").is_null(), "unknown_place"),
        (pl.col("_unpriced"), "no_price"),
        (pl.col("price_eur") < SYMBOLIC_EUR, "symbolic_price"),
        (~is_bare & ~only_firms, "other_premises"),
        (~is_bare & pl.col("_repeated"), "repeated_premises"),
        (is_bare & (pl.col("_natures") > 1), "land_of_several_natures"),
        (size.is_null() | (size <= 0), "no_area"),
        (is_bare & ~pl.col("_any_in"), "land_outside_economic_areas"),
        (pl.col("_any_in") & ~pl.col("_all_in"), "partly_in_economic_areas"),
    )
    reason: pl.Expr = pl.lit("priced")
    for holds, name in reversed(reasons):
        reason = pl.when(holds).then(pl.lit(name)).otherwise(reason)
    return reason


def _classify_market(is_bare: pl.Expr) -> pl.Expr:
    """The market of a sale: bare land, or premises by floor area."""
    return (
        pl.when(is_bare)
        .then(pl.lit(MARKETS[0]))
        .when(pl.col("built_m2") < SMALL_M2)
        .then(pl.lit(MARKETS[1]))
        .when(pl.col("built_m2") <= MEDIUM_M2)
        .then(pl.lit(MARKETS[2]))
        .otherwise(pl.lit(MARKETS[3]))
    )


def compute_prices(
    priced: pl.DataFrame, places: pl.DataFrame, read: pl.DataFrame, *, floor_pct: float
) -> pl.DataFrame:
    """Compute median and quartiles of €/m² by territory, market, nature of land and setting.

    ``priced`` are sales whose reason is ``priced``; ``places`` gives for each ``commune_code`` the
    territories it counts in (``territory_level``, ``territory_code``, ``territory_label``, and the
    ``epci_code`` in which a commune counts too). ``read`` has for each commune ``has_sales``,
    ``sales_first_year`` and ``sales_last_year``: of the files that tell of it. The window is the
    five calendar years up to the last of them; ``sale_count`` is the number of sales. A territory
    has no price where the sales of fewer than ``floor_pct`` (%) of its communes are known.
    """
    year, last = pl.col("date").dt.year(), pl.col("sales_last_year")
    place = ["territory_level", "territory_code", "territory_label", "epci_code"]
    keys = [*place, "market", "land_nature", "setting"]
    value = pl.col("price_eur") / pl.col("sold_m2")
    known = places.join(read, on="commune_code", how="left")
    first = pl.max_horizontal("sales_first_year", last - WINDOW_YEARS + 1)
    told = known.group_by(place).agg(
        told_communes_share_pct=100 * pl.col("has_sales").fill_null(value=False).mean(),
        first_year=first.filter("has_sales").min().cast(pl.Int32),
        last_year=last.filter("has_sales").max().cast(pl.Int32),
    )
    recent = priced.join(read, on="commune_code").filter(year > last - WINDOW_YEARS)
    located = recent.with_columns(_eur_m2=value).join(places, on="commune_code")
    rows = located.group_by(keys).agg(
        sale_count=pl.len().cast(pl.Int64),
        price_median_eur_m2=pl.col("_eur_m2").median(),
        price_q1_eur_m2=pl.col("_eur_m2").quantile(0.25, "linear"),
        price_q3_eur_m2=pl.col("_eur_m2").quantile(0.75, "linear"),
    )
    is_enough = pl.col("told_communes_share_pct") >= floor_pct
    return (
        rows.join(told, on=place, nulls_equal=True)
        .with_columns(
            *(pl.when(is_enough).then(name).alias(name) for name in PRICES),
            missing_price_reason=pl.when(~is_enough).then(pl.lit("sales_below_floor")),
        )
        .select(list(PRICE_SCHEMA))
        .sort(keys)
    )


PRICES = ("price_median_eur_m2", "price_q1_eur_m2", "price_q3_eur_m2")
PRICE_SCHEMA = pl.Schema(
    {
        "territory_level": pl.String(),
        "territory_code": pl.String(),
        "territory_label": pl.String(),
        "epci_code": pl.String(),
        "market": pl.String(),
        "land_nature": pl.String(),
        "setting": pl.String(),
        "sale_count": pl.Int64(),
        "price_median_eur_m2": pl.Float64(),
        "price_q1_eur_m2": pl.Float64(),
        "price_q3_eur_m2": pl.Float64(),
        "first_year": pl.Int32(),
        "last_year": pl.Int32(),
        "told_communes_share_pct": pl.Float64(),
        "missing_price_reason": pl.String(),
    }
)
