"""Counts monthly flows of job offers from their ledger, by bassin and occupation.

What leads to no occupation is counted too, beside them.
"""

import datetime as dt

import polars as pl

from observatory.labour.keys import SURVEYED_LEVELS

# offers that lead to no occupation, or to several that nothing tells apart
NO_OCCUPATION = ("none", "NONE")
SURVEYED = next(iter(SURVEYED_LEVELS.items()))
FLOW_KEY = ("month_date", "bassin_code", "fap_nomenclature", "fap_level", "fap_code")


def add_occupations(ledger: pl.DataFrame, crosswalk: pl.DataFrame) -> pl.DataFrame:
    """Give each offer the occupations it may be, one row each, with their ``weight``.

    By qualification where it is known and leads to one occupation; else by the weights of the ROME
    code. An offer whose code leads to no occupation, or is not split over those it leads to, has
    one row of its own kind (``NO_OCCUPATION``): none is lost. ``crosswalk`` is
    ``labour_rome_fap_crosswalk``.
    """
    keys = ["fap_nomenclature", "fap_level", "fap_code"]
    nomenclature, level = SURVEYED
    links = crosswalk.filter(
        (pl.col("fap_nomenclature") == nomenclature) & (pl.col("fap_level") == level)
    )
    exact = links.select(
        *keys, "rome_code", qualification_code=pl.col("qualification_codes").str.split("")
    ).explode("qualification_code")
    ledger = ledger.with_row_index("_row")
    qualified = ledger.join(
        exact, on=["rome_code", "qualification_code"], how="inner"
    ).with_columns(weight=pl.lit(1.0))
    rest = ledger.join(qualified.select("_row"), on="_row", how="anti")
    weighted = rest.join(
        links.filter(pl.col("weight") > 0).select(*keys, "rome_code", "weight"),
        on="rome_code",
        how="inner",
    )
    none = rest.join(weighted.select("_row"), on="_row", how="anti").with_columns(
        fap_nomenclature=pl.lit(nomenclature),
        fap_level=pl.lit(NO_OCCUPATION[0]),
        fap_code=pl.lit(NO_OCCUPATION[1]),
        weight=pl.lit(1.0),
    )
    parts = (qualified, weighted, none)
    return pl.concat([part.select(qualified.columns) for part in parts]).drop("_row")


def select_qualified(ledger: pl.DataFrame, days: pl.Series) -> pl.DataFrame:
    """Select the offers that weights are measured on: each once, of the ended months.

    And those of the first snapshot. So weights move once a month, by all of a month's offers: day
    by day, the difference of two releases would tell the qualification of single ones.
    """
    if days.is_empty():
        return ledger.clear()
    seen = pl.col("first_seen_date")
    is_settled = (seen < pl.lit(days.max()).dt.month_start()) | (seen == days.min())
    return ledger.filter(is_settled & pl.col("duplicate_date").is_null()).unique(
        "offer_id", keep="first", maintain_order=True
    )


def count_flows(offers: pl.DataFrame, days: pl.Series, *, least: int) -> pl.DataFrame:
    """Count offers by month, bassin and occupation: new, open and closed, with their features.

    ``offers`` come from ``add_occupations``; ``days`` are those of the snapshots. Duplicates and
    offers without a bassin are not counted. Counts are sums of the weights of ROME codes, rounded;
    shares are in percent, ages in days. Marked as suppressed is here what the rounded figures do
    not tell: a sum of weights below ``least``, and a share with fewer offers on one of its sides,
    of those that say so or of those that say otherwise. The rest is up to the rule of secrecy.
    """
    if days.is_empty():
        return pl.DataFrame(schema=FLOW_SCHEMA)
    counted = offers.filter(pl.col("bassin_code").is_not_null())
    months = _list_months(days)
    weight = pl.col("weight")
    grouped = (
        _repeat_by_month(counted, months, days)
        .sort("_age")
        .group_by(FLOW_KEY)
        .agg(
            *_sum_known("is_durable"),
            *_sum_known("is_full_time"),
            new_offer_count=weight.filter("_new").sum(),
            closed_offer_count=weight.filter("_closed").sum(),
            open_offer_count=weight.filter(~pl.col("_closed")).sum(),
            median_open_days=_weighted_median(
                pl.col("_age").filter("_closed"), weight.filter("_closed")
            ),
            lacking_candidates_offer_count=weight.filter("is_lacking_candidates").sum(),
        )
        .join(months.drop("_last"), on="month_date")
    )
    return (
        grouped.with_columns(
            *_share_pct("is_durable", "durable_share_pct", least),
            *_share_pct("is_full_time", "full_time_share_pct", least),
        )
        .with_columns(
            ((pl.col(count) > 0) & (pl.col(count) < least)).alias(f"is_{count}_suppressed")
            for count in FLOW_COUNTS
        )
        .with_columns(pl.col(count).round() for count in FLOW_COUNTS)
        .select(FLOW_SCHEMA.names())
        .cast(FLOW_SCHEMA)
    )


def _repeat_by_month(offers: pl.DataFrame, months: pl.DataFrame, days: pl.Series) -> pl.DataFrame:
    """Repeat each offer in every month it was seen in, with what it was in that month.

    An offer of a month's last hours is seen in the next one: it is new where it is seen first, and
    where it comes back. A copy is in no month where it is found out in its first one, and gone in
    that one later: stocks follow from flows, and what remains tells of no single offer.
    """
    found_out = pl.col("duplicate_date")
    offers = offers.filter(
        (found_out.dt.month_start() > pl.col("first_seen_date").dt.month_start()).fill_null(
            value=True
        )
    ).with_columns(closed_date=pl.min_horizontal("closed_date", found_out))
    repeated = offers.with_columns(
        _until=pl.col("closed_date").fill_null(pl.lit(dt.date.max))
    ).join_where(
        months,
        pl.col("first_seen_date") <= pl.col("_last"),
        pl.col("_until") >= pl.col("month_date"),
    )
    seen, gone = (pl.col(f"{what}_date").dt.month_start() for what in ("first_seen", "closed"))
    is_closed = (gone == pl.col("month_date")) & (pl.col("closed_date") <= pl.col("_last"))
    return repeated.with_columns(
        _new=(seen == pl.col("month_date"))
        & ((pl.col("created_date") >= days.min()) | (pl.col("first_seen_date") > days.min())),
        _closed=is_closed.fill_null(value=False),
        _age=(pl.col("closed_date") - pl.col("created_date")).dt.total_days(),
    )


def _share_pct(column: str, name: str, least: int) -> list[pl.Expr]:
    """Share (%) of the new offers that say ``column`` for which it is true, and its mark."""
    known, true = pl.col(f"_{column}_of"), pl.col(f"_{column}")
    share = pl.when(known > 0).then(100 * true / known)
    is_few = (true < least) | (known - true < least)
    return [share.alias(name), is_few.alias(f"is_{name}_suppressed")]


def _list_months(days: pl.Series) -> pl.DataFrame:
    """List the ended months with a snapshot: its last day, their number, whether it is partial.

    The running month is left out: published day by day, the difference of two releases would give
    single offers back.
    """
    day = pl.col("day")
    begins = day.min() == days.min()
    is_running = (day.max() == days.max()) & (day.max() < day.max().dt.month_end())
    return (
        pl.DataFrame({"day": days.sort()})
        .group_by(month_date=day.dt.month_start())
        .agg(
            snapshot_day_count=pl.len().cast(pl.Int64),
            _last=day.max(),
            is_partial_month=begins & (day.min().dt.day() > 1),
            _is_running=is_running,
        )
        .filter(~pl.col("_is_running"))
        .drop("_is_running")
    )


def _sum_known(column: str) -> list[pl.Expr]:
    """Sum the weight of new offers that say ``column``, and of those for which it is true."""
    is_known = pl.col("_new") & pl.col(column).is_not_null()
    weight = pl.col("weight")
    return [
        weight.filter(is_known).sum().alias(f"_{column}_of"),
        weight.filter(is_known & pl.col(column)).sum().alias(f"_{column}"),
    ]


def _weighted_median(values: pl.Expr, weight: pl.Expr) -> pl.Expr:
    """The first value, in order, at which half of the weight is reached."""
    return values.filter(weight.cum_sum() * 2 >= weight.sum()).first()


FLOW_MEASURES = (
    "new_offer_count",
    "open_offer_count",
    "closed_offer_count",
    "median_open_days",
    "durable_share_pct",
    "full_time_share_pct",
    "lacking_candidates_offer_count",
)
FLOW_COUNTS = tuple(m for m in FLOW_MEASURES if m.endswith("_count"))
FLOW_MARKED = (*FLOW_COUNTS, "durable_share_pct", "full_time_share_pct")
FLOW_SCHEMA = pl.Schema(
    {
        "month_date": pl.Date(),
        "bassin_code": pl.String(),
        "fap_nomenclature": pl.String(),
        "fap_level": pl.String(),
        "fap_code": pl.String(),
        **{m: pl.Int64() if m in FLOW_COUNTS else pl.Float64() for m in FLOW_MEASURES},
        **{f"is_{m}_suppressed": pl.Boolean() for m in FLOW_MARKED},
        "snapshot_day_count": pl.Int64(),
        "is_partial_month": pl.Boolean(),
    }
)
