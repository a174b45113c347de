"""Counts monthly flows of job offers from daily snapshots, each offer once.

Sources: Dares, « Les tensions sur le marché du travail », method: offers of one ROME code,
département and employer that appear within 14 days and whose descriptions are alike above 0.95 are
one. Alikeness is that of Jaccard on sets of words. France Travail, reuse licence of offers: a
closed offer keeps a hashed identifier, its ROME code, contract, dates and bassin, nothing else.
"""

import datetime as dt

import polars as pl

from observatory.labour.crosswalks import weigh_rome_codes

DAYS_APART = 14
# alike above 0.95, in whole numbers: 20 × shared words > 19 × all words
ALIKE, OF = 19, 20
WORDS_AT_ONCE = 4_000_000
DURABLE_MONTHS = 6
# how many of each make a month
A_MONTH = {"jour": 365 / 12, "semaine": 365 / 84, "mois": 1.0, "an": 1 / 12}

LEDGER_SCHEMA = pl.Schema(
    {
        "offer_id": pl.String(),
        "created_date": pl.Date(),
        "first_seen_date": pl.Date(),
        "last_seen_date": pl.Date(),
        "closed_date": pl.Date(),
        "rome_code": pl.String(),
        "qualification_code": pl.String(),
        "department_code": pl.String(),
        "bassin_code": pl.String(),
        "contract": pl.String(),
        "is_durable": pl.Boolean(),
        "is_full_time": pl.Boolean(),
        "is_lacking_candidates": pl.Boolean(),
        "is_return": pl.Boolean(),
        "duplicate_date": pl.Date(),
    }
)
RECENT_SCHEMA = pl.Schema(
    {
        "offer_id": pl.String(),
        "created_date": pl.Date(),
        "block": pl.String(),
        "words": pl.List(pl.UInt64()),
    }
)
FLOW_KEY = ("month_date", "bassin_code", "fap_nomenclature", "fap_level", "fap_code")


def find_duplicates(offers: pl.DataFrame) -> pl.Series:
    """Find the identifiers of offers that repeat an earlier one.

    ``offers`` has ``offer_id``, ``created_date``, ``block`` (one ROME code, département and
    employer; null where the employer is not known: never compared) and ``words`` (hashes, a set).
    Two offers of a block are one where they were created at most 14 days apart and share more than
    0.95 of their words; the later one, by date then identifier, is the duplicate. Exact: pairs are
    left out only where the rarest words of both (prefix filter) or their sizes rule them out.
    """
    size = pl.col("words").list.len()
    rows = (
        offers.drop_nulls("block")
        .with_columns(_size=size.cast(pl.Int64))
        .filter((pl.col("_size") > 0) & (pl.len().over("block") > 1))
        .sort("block", "created_date", "offer_id")
        .with_row_index("_at")
        .with_columns(pl.col("block").rank("dense").cast(pl.UInt32))
    )
    batch = (pl.col("_size").cum_sum() // WORDS_AT_ONCE).min().over("block")
    copies = [pl.Series("offer_id", [], dtype=pl.String)]
    for part in rows.with_columns(_batch=batch).partition_by("_batch", maintain_order=True):
        later = _select_alike(part, _pair_candidates(part))
        copies.append(part.join(later, on="_at", how="semi")["offer_id"])
    return pl.concat(copies).sort()


def _pair_candidates(rows: pl.DataFrame) -> pl.LazyFrame:
    """Pair offers of a block that share one of their rarest words and are near in time and size."""
    words = rows.lazy().select("_at", "block", "_size", "created_date", "words").explode("words")
    rare = (
        words.with_columns(_count=pl.len().over("block", "words"))
        .sort("_at", "_count", "words")
        .with_columns(_rank=pl.int_range(pl.len()).over("_at"))
        # of n words, two sets alike from 0.95 share one of the first n - ceil(0.95 n) + 1
        .filter(pl.col("_rank") <= pl.col("_size") - (ALIKE * pl.col("_size") + OF - 1) // OF)
        .filter(pl.col("_count") > 1)
    )
    first = rare.select("_at", "block", "words", "_size", "created_date")
    apart = (pl.col("created_date_right") - pl.col("created_date")).dt.total_days()
    small = pl.min_horizontal("_size", "_size_right")
    large = pl.max_horizontal("_size", "_size_right")
    return (
        first.join(first, on=["block", "words"], how="inner")
        .filter(
            (pl.col("_at") < pl.col("_at_right"))
            & (apart <= DAYS_APART)
            & (OF * small >= ALIKE * large)
        )
        .select("_at", "_at_right")
        .unique()
    )


def _select_alike(rows: pl.DataFrame, pairs: pl.LazyFrame) -> pl.DataFrame:
    """Select the positions of the later offers of ``pairs`` that share more than 0.95 of words."""
    sets = rows.lazy().select("_at", "words", "_size")
    shared = pl.col("words").list.set_intersection("words_right").list.len().cast(pl.Int64)
    union = pl.col("_size") + pl.col("_size_right") - pl.col("_shared")
    return (
        pairs.join(sets, on="_at")
        .join(sets.rename({"_at": "_at_right"}), on="_at_right", suffix="_right")
        .with_columns(_shared=shared)
        .filter(OF * pl.col("_shared") > ALIKE * union)
        .select(_at="_at_right")
        .unique()
        .collect(engine="streaming")
    )


def is_durable(contract: pl.Expr, label: pl.Expr) -> pl.Expr:
    """Whether a contract is open-ended or longer than six months; null where neither is written.

    ``label`` may hold a length in days, weeks, months or years, as France Travail writes it.
    """
    length = label.str.extract_groups(r"(?i)(\d+)\s*(jour|semaine|mois|an)").struct
    a_month = (
        length.field("2")
        .str.to_lowercase()
        .replace_strict(A_MONTH, default=None, return_dtype=pl.Float64)
    )
    months = length.field("1").cast(pl.Int64, strict=False) / a_month
    return (
        pl.when(contract == "CDI")
        .then(pl.lit(value=True))
        .when(months.is_not_null())
        .then(months > DURABLE_MONTHS)
    )


def update_ledger(
    ledger: pl.DataFrame,
    recent: pl.DataFrame,
    snapshot: pl.DataFrame,
    words: pl.DataFrame,
    day: dt.date,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Enter the snapshot of one day; return the ledger and the word sets still to be compared.

    ``snapshot`` has the columns of the ledger that an offer brings; ``words`` those of
    ``RECENT_SCHEMA``. An offer of a département that the snapshot covers and that is not in it is
    closed that day. One that comes back within the month is open again; later it has a further
    row, and so it is with a copy that is found out late: what an ended month counted stays. A day
    that the ledger holds already changes nothing.
    """
    if len(ledger) and day <= ledger["last_seen_date"].max():  # type: ignore[operator]
        return ledger, recent
    fresh = snapshot.join(ledger, on="offer_id", how="anti")
    is_recent = pl.col("created_date") >= day - dt.timedelta(days=2 * DAYS_APART)
    compared = pl.concat([recent, words.join(fresh.select("offer_id"), on="offer_id", how="semi")])
    # an original that comes late makes a copy of what was there
    is_copy = pl.col("offer_id").is_in(find_duplicates(compared).implode())
    copied = pl.when(is_copy).then(pl.lit(day))
    came_back = _find_returns(ledger, day).join(
        snapshot.drop("is_return", "duplicate_date", strict=False), on="offer_id", how="inner"
    )
    before = _date_offers(ledger, snapshot, day).with_columns(
        duplicate_date=pl.coalesce("duplicate_date", copied)
    )
    added = [
        fresh.with_columns(is_return=pl.lit(value=False), duplicate_date=copied),
        came_back.with_columns(is_return=pl.lit(value=True)),
    ]
    begun = [
        rows.with_columns(
            first_seen_date=pl.lit(day),
            last_seen_date=pl.lit(day),
            closed_date=pl.lit(None, pl.Date),
        )
        .select(LEDGER_SCHEMA.names())
        .cast(LEDGER_SCHEMA)
        for rows in added
    ]
    return (
        pl.concat([before, *begun]).sort("offer_id", "first_seen_date"),
        compared.filter(is_recent),
    )


def _find_returns(ledger: pl.DataFrame, day: dt.date) -> pl.DataFrame:
    """Find the offers that were gone by the end of a month before that of ``day``."""
    last = ledger.sort("first_seen_date").unique("offer_id", keep="last")
    is_past = pl.col("closed_date") < day.replace(day=1)
    return last.filter(is_past).select("offer_id", "duplicate_date")


def _date_offers(ledger: pl.DataFrame, snapshot: pl.DataFrame, day: dt.date) -> pl.DataFrame:
    """Set the day an offer was last seen, and the day it was gone, from the snapshot of ``day``.

    What was gone by the end of an earlier month stays as it is.
    """
    is_settled = (pl.col("closed_date") < day.replace(day=1)).fill_null(value=False)
    is_here = pl.col("offer_id").is_in(snapshot["offer_id"].implode()) & ~is_settled
    covered = snapshot["department_code"].unique().implode()
    is_covered = pl.col("department_code").is_in(covered, nulls_equal=True)
    is_gone = ~is_here & is_covered & pl.col("closed_date").is_null()
    return ledger.with_columns(
        last_seen_date=pl.when(is_here).then(pl.lit(day)).otherwise("last_seen_date"),
        closed_date=pl.when(is_gone).then(pl.lit(day)).when(~is_here).then("closed_date"),
    )


def add_occupations(ledger: pl.DataFrame, links: pl.DataFrame) -> pl.DataFrame:
    """Give each offer the occupations it may be, one row each, with their ``weight``.

    By qualification where it is known and leads to one occupation; else by the weights of the ROME
    code (``is_ambiguous``). An offer whose ROME code leads to no occupation has no row. ``links``
    as in ``weigh_rome_codes``.
    """
    keys = ["fap_nomenclature", "fap_level"]
    exact = links.select(*keys, "rome_code", "qualification_code", "fap_code").unique()
    ledger = ledger.with_row_index("_row")
    qualified = ledger.join(
        exact, on=["rome_code", "qualification_code"], how="inner"
    ).with_columns(weight=pl.lit(1.0), is_ambiguous=pl.lit(value=False))
    rest = ledger.join(qualified.select("_row"), on="_row", how="anti")
    weighted = rest.join(
        weigh_rome_codes(links).select(*keys, "rome_code", "fap_code", "weight", "is_ambiguous"),
        on="rome_code",
        how="inner",
    )
    return pl.concat([qualified, weighted.select(qualified.columns)]).drop("_row")


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
