"""Keeps the ledger of job offers from daily snapshots, each offer once.

Sources: Dares, « Les tensions sur le marché du travail », method: offers of one ROME code,
département and employer that appear within 14 days and whose descriptions are alike above 0.95 are
one. Alikeness is that of Jaccard on sets of words. France Travail, reuse licence of offers: a
closed offer keeps a hashed identifier, its ROME code, contract, dates and bassin, nothing else.
"""

import datetime as dt
from collections.abc import Iterator, Sequence

import numpy as np
import polars as pl

DAYS_APART = 14
# alike above 0.95, in whole numbers: 20 × shared words > 19 × all words
ALIKE, OF = 19, 20
WORDS_AT_ONCE = 1_000_000
PAIRS_AT_ONCE, SETS_AT_ONCE = 1_000_000, 50_000
NEAREST = 3
FARTHEST_DAY = 2**24
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
    left out only where the rarest words of both (prefix filter) or their sizes rule them out. So
    many words are held at once as ``WORDS_AT_ONCE`` says, however large a block is.
    """
    rows = (
        offers.lazy()
        .with_row_index("_row")
        .select("_row", "offer_id", "created_date", "block", _size=pl.col("words").list.len())
        .drop_nulls("block")
        .filter((pl.col("_size") > 0) & (pl.len().over("block") > 1))
        .sort("block", "created_date", "offer_id")
        .with_columns(pl.col("block").rank("dense"), pl.col("_size").cast(pl.Int64))
        .collect()
    )
    copies = [pl.Series("offer_id", [], dtype=pl.String)]
    for before, own in _compared(rows):
        both = pl.concat([before, own])
        words = offers["words"].gather(both["_row"])
        is_copy = _mark_copies(both.with_columns(words), before.height)
        copies.append(both["offer_id"].filter(pl.Series(is_copy)))
    return pl.concat(copies).unique().sort()


def _compared(rows: pl.DataFrame) -> Iterator[tuple[pl.DataFrame, pl.DataFrame]]:
    """Offers that are compared at once, and some before them that they may repeat.

    Blocks are taken together up to ``WORDS_AT_ONCE``; one that is larger is cut into runs, each
    beside the runs before it that are near in time.
    """
    sizes = rows.group_by("block", maintain_order=True).agg(pl.col("_size").sum())
    batch = (pl.col("_size").cum_sum() - pl.col("_size")) // WORDS_AT_ONCE
    batches = rows.join(
        sizes.select("block", _batch=batch), on="block", maintain_order="left"
    ).partition_by("_batch", maintain_order=True, include_key=False)
    for part in batches:
        run = pl.col("_size").cum_sum() // (2 * WORDS_AT_ONCE)
        runs = part.with_columns(_run=run).partition_by(
            "_run", maintain_order=True, include_key=False
        )
        for at, own in enumerate(runs):
            yield own.clear(), own
            yield from ((earlier, own) for earlier in runs[:at] if _are_near(earlier, own))


def _are_near(earlier: pl.DataFrame, own: pl.DataFrame) -> bool:
    """Whether offers of one run may repeat some of an earlier one."""
    last, first = earlier.row(-1, named=True), own.row(0, named=True)
    days = (first["created_date"] - last["created_date"]).days
    return bool(first["block"] == last["block"] and days <= DAYS_APART)


def _mark_copies(rows: pl.DataFrame, since: int) -> np.ndarray:
    """Mark the offers from row ``since`` on that repeat one above them.

    First each beside the few before it that share a rare word; what repeats one of these, as
    nearly all copies do, is not compared any further.
    """
    row, first = _rare_words(rows)
    is_copy = np.zeros(rows.height, dtype=bool)
    at = np.arange(len(row))
    for begin in (np.maximum(first, at - NEAREST), first):
        later = np.flatnonzero((row >= since) & (begin < at))
        ends = np.cumsum(at[later] - begin[later])
        for part in np.split(later, np.flatnonzero(np.diff(ends // PAIRS_AT_ONCE)) + 1):
            left = part[~is_copy[row[part]]]
            is_copy[_select_alike(rows, _pair(row, begin[left], left))] = True
    return is_copy


def _rare_words(rows: pl.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """The rarest words of each offer, those of one word and block together, in order of time.

    Of each, the row of its offer; and where those begin that hold the same word, of offers that
    were created at most 14 days before.
    """
    # of n words, two sets alike from 0.95 share one of the first n - ceil(0.95 n) + 1
    most = pl.col("_size") - (ALIKE * pl.col("_size") + OF - 1) // OF + 1
    day = pl.col("created_date").to_physical()
    rare = (
        rows.lazy()
        .select("block", "words", _day=day, _most=most, _row=pl.int_range(pl.len(), dtype=pl.Int32))
        .explode("words")
        .with_columns(_count=pl.len().over("block", "words"))
        # a word that no other offer holds takes its place among the rarest, and pairs nothing
        .with_columns(_most=pl.col("_most") - (pl.col("_count") == 1).sum().over("_row"))
        .filter((pl.col("_count") > 1) & (pl.col("_most") > 0))
        .sort("_row", "_count", "words")
        .filter(pl.int_range(pl.len()).over("_row") < pl.col("_most"))
        .sort("block", "words", "_row")
        .select("_row", "_day", _word=pl.struct("block", "words").rle_id().cast(pl.Int64))
        .collect()
    )
    time = (rare["_word"] * FARTHEST_DAY + rare["_day"]).to_numpy()
    return rare["_row"].to_numpy(), np.searchsorted(time, time - DAYS_APART)


def _pair(row: np.ndarray, begin: np.ndarray, end: np.ndarray) -> np.ndarray:
    """The rows of two offers that share a word, each pair once: all from ``begin`` to ``end``."""
    counts = end - begin
    skipped = np.cumsum(counts) - counts
    earlier = row[np.arange(counts.sum()) + np.repeat(begin - skipped, counts)]
    later = np.repeat(row[end], counts)
    pairs = np.unique(earlier.astype(np.int64) << 32 | later)
    return np.stack([pairs >> 32, pairs & (2**32 - 1)])


def _select_alike(rows: pl.DataFrame, pairs: np.ndarray) -> np.ndarray:
    """Select the later rows of ``pairs`` that share more than 0.95 of words with the earlier."""
    size = rows["_size"].to_numpy()
    small, large = np.sort(size[pairs], axis=0)
    earlier, later = pairs[:, OF * small >= ALIKE * large]
    found = [np.array([], dtype=np.int64)]
    for at in range(0, len(later), SETS_AT_ONCE):
        a, b = earlier[at : at + SETS_AT_ONCE], later[at : at + SETS_AT_ONCE]
        sets = pl.DataFrame(
            [rows["words"].gather(a).alias("a"), rows["words"].gather(b).alias("b")]
        )
        both = sets.select(pl.col("a").list.set_intersection("b").list.len().cast(pl.Int64))
        shared = both.to_series().to_numpy()
        found.append(b[OF * shared > ALIKE * (size[a] + size[b] - shared)])
    return np.concatenate(found)


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
    is_fresh = pl.col("offer_id").is_in(fresh["offer_id"].implode())
    compared = pl.concat([recent, keep_words(words, is_fresh)])
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
        keep_words(compared, is_recent),
    )


def keep_words(words: pl.DataFrame, is_kept: pl.Expr) -> pl.DataFrame:
    """Keep some offers with their words; all of them as they are: a copy takes as much again."""
    is_whole = words.select(is_kept.fill_null(value=False).all()).item()
    return words if is_whole else words.filter(is_kept)


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
