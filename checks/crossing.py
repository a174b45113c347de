"""What must hold of what joins jobs and land, beyond contracts and secrecy."""

import polars as pl

from assets.catalogue import of_theme
from assets.crossing.contracts.employment import EMPLOYMENT_BY_SITE
from assets.crossing.contracts.land_demand import LAND_DEMAND_BY_PLACE, LAND_DEMAND_BY_SECTOR
from assets.crossing.contracts.occupations import (
    OCCUPATIONS_BY_COMMUNE,
    OCCUPATIONS_BY_SITE,
    PLACES_BY_OCCUPATION,
)
from observatory.crossing.land_demand import DEMAND, SUPPLY
from observatory.crossing.occupations import IN_TENSION, ROUNDED_TO
from observatory.crossing.sectors import ALL
from observatory.metadata.tables import Table
from observatory.pipeline.audits import build_checks
from observatory.pipeline.rules import Expectation, Observe, Rule
from observatory.storage.frames import Store
from sources import CARDS

HA_APART = 1e-6
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


def in_order(frame: pl.DataFrame, _: Store) -> pl.DataFrame:
    """Whether what is asked for at the least is no more than what is at the most."""
    low, central, high = map(pl.col, DEMAND)
    is_right = (low >= 0) & (low <= central) & (central <= high)
    return frame.with_columns(is_right=is_right.fill_null(value=True))


def vocations(frame: pl.DataFrame, _: Store) -> pl.DataFrame:
    """Whether the vocations of each place make its total, at each horizon."""
    whole = pl.col("dominant_vocation") == ALL
    return _adds_up(frame, whole, ["place_level", "place_code", "horizon_years"])


def communes(frame: pl.DataFrame, _: Store) -> pl.DataFrame:
    """Whether communes make the territory, for each vocation and horizon."""
    whole = pl.col("place_level") == "territory"
    return _adds_up(frame, whole, ["dominant_vocation", "horizon_years"])


def _adds_up(frame: pl.DataFrame, whole: pl.Expr, keys: list[str]) -> pl.DataFrame:
    figures = [pl.col(f).fill_null(0.0) for f in (*DEMAND, *SUPPLY)]
    apart = [(f.filter(~whole).sum() - f.filter(whole).sum()).abs() for f in figures]
    return frame.group_by(keys).agg(is_right=pl.max_horizontal(apart) < HA_APART)


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
    LAND_DEMAND_BY_SECTOR.name: [
        _holds(
            "bounds_are_in_order",
            "A low demand above a high one means that bounds were taken for each other.",
            in_order,
        )
    ],
    LAND_DEMAND_BY_PLACE.name: [
        _holds(
            "vocations_make_their_place",
            "A sector or a site that is lost between vocations would show here.",
            vocations,
        ),
        _holds(
            "communes_make_the_territory",
            "A commune that is lost, or land counted in two, would change the balance.",
            communes,
        ),
    ],
}
audits = [
    build_checks(table, RULES.get(table.name, []), CARDS, __name__)
    for table in of_theme("crossing")
]
