"""What must hold of what joins jobs and land, beyond contracts and secrecy."""

import polars as pl

from assets.catalogue import of_theme
from assets.crossing.contracts.employment import EMPLOYMENT_BY_SITE
from assets.crossing.contracts.occupations import (
    OCCUPATIONS_BY_COMMUNE,
    OCCUPATIONS_BY_SITE,
    PLACES_BY_OCCUPATION,
)
from observatory.crossing.occupations import IN_TENSION, ROUNDED_TO
from observatory.crossing.sectors import ALL
from observatory.metadata.tables import Table
from observatory.pipeline.audits import build_checks
from observatory.pipeline.rules import Expectation, Observe, Rule
from observatory.storage.frames import Store
from sources import CARDS

FIGURES = ("establishment_count", "job_count_low", "job_count_high")


def _holds(name: str, because: str, observe: Observe) -> Rule:
    right = Expectation("ExpectColumnValuesToBeInSet", {"column": "is_right", "value_set": [True]})
    return Rule(name=name, expectations=(right,), because=because, observe=observe)


def sectors(frame: pl.DataFrame, _: Store) -> pl.DataFrame:
    """Whether the sectors of each place add up to its total."""
    whole = pl.col("sector_code") == ALL
    sums = [pl.col(f).filter(~whole).sum() == pl.col(f).filter(whole).sum() for f in FIGURES]
    return frame.group_by("place_level", "place_code").agg(is_right=pl.all_horizontal(sums))


def occupations(frame: pl.DataFrame, _: Store) -> pl.DataFrame:
    """Whether the occupations of each place make its jobs, within what rounding does."""
    place, whole = frame.columns[0], pl.col("fap_level") == "all"
    low, high = (pl.col(f"estimated_job_count_{end}") for end in ("low", "high"))
    is_one = ~pl.col("fap_level").is_in(["all", "none"])
    apart = high.filter(is_one).sum() - high.filter(whole).sum()
    is_right = apart.is_between(-ROUNDED_TO, ROUNDED_TO * pl.len()) & (
        low.filter(is_one).sum() <= low.filter(whole).sum() + ROUNDED_TO
    )
    return frame.group_by(place).agg(is_right=is_right)


def in_tension(frame: pl.DataFrame, _: Store) -> pl.DataFrame:
    """Whether each occupation is of a class in tension."""
    return frame.with_columns(is_right=pl.col("tension_class") >= IN_TENSION)


def _of_occupations(table: Table) -> dict[str, list[Rule]]:
    rule = _holds(
        "occupations_make_the_jobs_of_their_place",
        "Weights that are lost or read twice would show here.",
        occupations,
    )
    return {table.name: [rule]}


RULES: dict[str, list[Rule]] = {
    EMPLOYMENT_BY_SITE.name: [
        _holds(
            "sectors_make_their_place",
            "A sector that is lost, or an establishment in two, would change what is estimated.",
            sectors,
        )
    ],
    **_of_occupations(OCCUPATIONS_BY_SITE),
    **_of_occupations(OCCUPATIONS_BY_COMMUNE),
    PLACES_BY_OCCUPATION.name: [
        _holds(
            "every_occupation_is_in_tension",
            "Readers take the list for that of occupations in tension.",
            in_tension,
        )
    ],
}
audits = [
    build_checks(table, RULES.get(table.name, []), CARDS, __name__)
    for table in of_theme("crossing")
]
