"""What must hold of pay, ages, the projection, the legal list and the comparison of volumes."""

import polars as pl

from assets.labour.contracts.ages import AGE_BANDS, OLDER_WORKERS
from assets.labour.contracts.legal_shortage import SHORTAGE_LIST
from assets.labour.contracts.offers_and_candidates import OFFERS_AND_CANDIDATES
from assets.labour.contracts.pay import PAY_BANDS
from assets.labour.contracts.projections import JOB_PROJECTIONS
from observatory.pipeline.rules import Expectation, Observe, Rule
from observatory.storage.frames import Store

# the producers' own figures are rounded
SAME_THOUSANDS, SAME_PCT = 0.01, 0.5
OCCUPATION = ["fap_level", "fap_code"]


def _holds(name: str, because: str, observe: Observe) -> Rule:
    """A rule on the column ``is_right`` that ``observe`` adds."""
    right = Expectation("ExpectColumnValuesToBeInSet", {"column": "is_right", "value_set": [True]})
    return Rule(name=name, expectations=(right,), because=because, observe=observe)


def _bands(frame: pl.DataFrame, _: Store) -> pl.DataFrame:
    return _sums(frame, "pay_band_share_pct")


def _ages(frame: pl.DataFrame, _: Store) -> pl.DataFrame:
    return _sums(frame, "age_share_pct")


def _sums(frame: pl.DataFrame, share: str) -> pl.DataFrame:
    """Whether the shares of each occupation make 100 %, where all are known."""
    known = frame.filter(pl.col(share).count().over(OCCUPATION) == pl.len().over(OCCUPATION))
    return known.group_by(OCCUPATION).agg(is_right=(pl.col(share).sum() - 100).abs() < SAME_PCT)


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
        )
    ],
    AGE_BANDS.name: [
        _holds(
            "ages_make_the_whole",
            "Shares are of all ages together; where one is missing there are none.",
            _ages,
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
