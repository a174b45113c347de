"""What must hold of pay, ages, the projection, the legal list and the comparison of volumes."""

import polars as pl

from assets.labour.contracts.ages import AGE_BANDS, OLDER_WORKERS
from assets.labour.contracts.employing_sectors import EMPLOYING_SECTORS
from assets.labour.contracts.legal_shortage import SHORTAGE_LIST
from assets.labour.contracts.offers_and_candidates import OFFERS_AND_CANDIDATES
from assets.labour.contracts.pay import MEDIAN_PAY, PAY_BANDS
from assets.labour.contracts.projections import JOB_PROJECTIONS
from observatory.pipeline.rules import Expectation, Observe, Rule
from observatory.storage.frames import Store

# the producers' own figures are rounded
SAME_THOUSANDS, SAME_PCT, SAME_EUR = 0.01, 0.5, 1
OCCUPATION = ["fap_level", "fap_code"]


def _holds(
    name: str, because: str, observe: Observe, *, blocking: bool = True, reads: tuple[str, ...] = ()
) -> Rule:
    """A rule on the column ``is_right`` that ``observe`` adds."""
    right = Expectation("ExpectColumnValuesToBeInSet", {"column": "is_right", "value_set": [True]})
    return Rule(
        name=name,
        expectations=(right,),
        because=because,
        observe=observe,
        blocking=blocking,
        reads=reads,
    )


def _bands(frame: pl.DataFrame, _: Store) -> pl.DataFrame:
    return _sums(frame, "pay_band_share_pct")


def _ages(frame: pl.DataFrame, _: Store) -> pl.DataFrame:
    return _sums(frame, "age_share_pct")


def _sums(frame: pl.DataFrame, share: str) -> pl.DataFrame:
    """Whether the shares of each occupation make 100 %, where all are known."""
    known = frame.filter(pl.col(share).count().over(OCCUPATION) == pl.len().over(OCCUPATION))
    return known.group_by(OCCUPATION).agg(is_right=(pl.col(share).sum() - 100).abs() < SAME_PCT)


def median_in_band(frame: pl.DataFrame, store: Store) -> pl.DataFrame:
    """Whether the median of each occupation lies in the band where half of its people are reached.

    Of one period, and where every band is known; a half that two bands share is right for both.
    """
    place = [*OCCUPATION, "period_first_year", "period_last_year"]
    median = store.read(MEDIAN_PAY.name).select(*place, "median_pay_eur").drop_nulls()
    share = pl.col("pay_band_share_pct")
    below, pay = share.cum_sum().over(OCCUPATION, order_by="pay_from_eur"), pl.col("median_pay_eur")
    return (
        frame.filter(share.count().over(OCCUPATION) == pl.len().over(OCCUPATION))
        .with_columns(_below=below)
        .filter(
            pl.col("_below") >= 50 - SAME_PCT,
            (pl.col("_below") - share) <= 50 + SAME_PCT,
            share > 0,
        )
        .join(median, on=place, how="inner")
        .group_by(OCCUPATION)
        .agg(
            is_right=(
                (pay >= pl.col("pay_from_eur") - SAME_EUR)
                & (pay <= pl.col("pay_below_eur").fill_null(float("inf")) + SAME_EUR)
            ).any()
        )
    )


def _sectors(frame: pl.DataFrame, _: Store) -> pl.DataFrame:
    """Whether the sectors of each occupation make 100 %, where all are known."""
    return _sums(frame, "occupation_share_pct")


def _older(frame: pl.DataFrame, _: Store) -> pl.DataFrame:
    """Whether those of 55 or more are at most those of 50 or more."""
    older = pl.col("aged_55_share_pct") <= pl.col("aged_50_share_pct")
    return frame.with_columns(is_right=older.fill_null(value=True))


def _posts(frame: pl.DataFrame, _: Store) -> pl.DataFrame:
    """Whether posts to fill are jobs created and ends of career."""
    made = pl.col("job_creation_thousands") + pl.col("career_end_thousands")
    gap = (pl.col("posts_to_fill_thousands") - made).abs()
    return frame.with_columns(is_right=gap < SAME_THOUSANDS)


def _in_force(frame: pl.DataFrame, _: Store) -> pl.DataFrame:
    """Whether one edition alone is in force."""
    dates = pl.col("list_date").filter(pl.col("list_status") == "in_force")
    return frame.select(is_right=dates.n_unique() <= 1)


def _larger(frame: pl.DataFrame, _: Store) -> pl.DataFrame:
    """Whether the larger volume is the larger, and a missing one has its reason."""
    offers, seekers = pl.col("offer_volume_count"), pl.col("job_seeker_volume_count")
    side = pl.col("larger_volume")
    known = offers.is_not_null() & seekers.is_not_null()
    right = (
        pl.when(side == "offers")
        .then(offers > seekers)
        .when(side == "job_seekers")
        .then(offers < seekers)
        .otherwise(offers == seekers)
    )
    explained = pl.col("missing_volume_reason").is_not_null() & side.is_null()
    return frame.with_columns(is_right=pl.when(known).then(right).otherwise(explained))


PROSPECTS: dict[str, list[Rule]] = {
    PAY_BANDS.name: [
        _holds(
            "bands_of_pay_make_the_whole",
            "A band that is lost or read twice would change every share.",
            _bands,
        ),
        _holds(
            "the_median_lies_in_the_band_of_the_half",
            "The producer's last two bands did not agree with its medians, and were merged.",
            median_in_band,
            # the bands' file names no period: it may be of another than the medians
            blocking=False,
            reads=(MEDIAN_PAY.name,),
        ),
    ],
    AGE_BANDS.name: [
        _holds(
            "ages_make_the_whole",
            "Shares are of all ages together; where one is missing there are none.",
            _ages,
        )
    ],
    EMPLOYING_SECTORS.name: [
        _holds(
            "sectors_make_the_whole",
            "They weigh estimated jobs: a sector that is lost or read twice would move every one.",
            _sectors,
        )
    ],
    OLDER_WORKERS.name: [
        _holds(
            "those_of_55_are_among_those_of_50",
            "Who is 55 or more is 50 or more.",
            _older,
        )
    ],
    JOB_PROJECTIONS.name: [
        _holds(
            "posts_to_fill_are_jobs_created_and_ends_of_career",
            "So the exercise defines them: columns that are mixed up show here.",
            _posts,
        )
    ],
    SHORTAGE_LIST.name: [
        _holds(
            "one_edition_is_in_force",
            "A list holds until the next one replaces it.",
            _in_force,
        )
    ],
    OFFERS_AND_CANDIDATES.name: [
        _holds(
            "the_larger_volume_is_the_larger",
            "Readers take the list for what it says; a missing volume has its reason.",
            _larger,
        )
    ],
}
