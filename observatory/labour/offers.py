"""Keeps the ledger of job offers from daily snapshots, each offer once.

Sources: Dares, « Les tensions sur le marché du travail », method: offers of one ROME code,
département and employer that appear within 14 days and whose descriptions are alike above 0.95 are
one. Alikeness is that of Jaccard on sets of words. France Travail, reuse licence of offers: a
closed offer keeps a hashed identifier, its ROME code, contract, dates and bassin, nothing else.
"""

import datetime as dt
from collections.abc import Sequence

import polars as pl

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
    asked: Sequence[str] | None = (),
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Enter the snapshot of one day; return the ledger and the word sets still to be compared.

    ``snapshot`` has the columns of the ledger that an offer brings; ``words`` those of
    ``RECENT_SCHEMA``. An offer of a département that the snapshot covers and that is not in it is
    closed that day: it covers those of its offers, and those that were ``asked`` whole, though
    they have none left (None: all of them). One that comes back within the month is open again;
    later it has a further row, and so it is with a copy that is found out late: what an ended
    month counted stays. A day that the ledger holds already changes nothing.
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
    covered = snapshot["department_code"] if asked is not None else ledger["department_code"]
    covered = pl.concat([covered, pl.Series(asked or (), dtype=pl.String)]).unique()
    before = _date_offers(ledger, snapshot, covered, day).with_columns(
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


def _date_offers(
    ledger: pl.DataFrame, snapshot: pl.DataFrame, covered: pl.Series, day: dt.date
) -> pl.DataFrame:
    """Set the day an offer was last seen, and the day it was gone, from the snapshot of ``day``.

    What was gone by the end of an earlier month stays as it is.
    """
    is_settled = (pl.col("closed_date") < day.replace(day=1)).fill_null(value=False)
    is_here = pl.col("offer_id").is_in(snapshot["offer_id"].implode()) & ~is_settled
    is_covered = pl.col("department_code").is_in(covered.implode(), nulls_equal=True)
    is_gone = ~is_here & is_covered & pl.col("closed_date").is_null()
    return ledger.with_columns(
        last_seen_date=pl.when(is_here).then(pl.lit(day)).otherwise("last_seen_date"),
        closed_date=pl.when(is_gone).then(pl.lit(day)).when(~is_here).then("closed_date"),
    )
