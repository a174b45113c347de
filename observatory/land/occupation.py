"""Classifies land units as occupied, vacant or free, with the evidence and its confidence.

Sources: code de l'urbanisme L318-8-2 (vacant: no activity subject to CFE for two years at
1 January, and unoccupied over them); code général des impôts, article 1447. Sirene stands in for
CFE: what it cannot tell is ``undetermined``, never guessed. Civil companies (6540 to 6544) hold
walls and do not occupy them.
"""

import datetime as dt

import polars as pl

from observatory.land.parcels import PUBLIC
from observatory.land.units import UNBUILT_SHARE

OCCUPATION_STATES = ("occupied", "vacant", "free", "undetermined", "common_area")
OCCUPATION_CONFIDENCES = ("surveyed", "high", "medium", "low", "none")
OCCUPATION_EVIDENCES = (
    "survey",
    "declaration",
    "epci_inventory",
    "active_establishment_on_the_parcel",
    "active_establishment_near_or_probable",
    "active_establishment_in_the_street",
    "closed_establishment",
    "closed_establishment_and_brownfield",
    "brownfield",
    "neither_building_nor_establishment",
    "closed_but_activity_outside_cfe_possible",
    "closed_but_active_establishment_in_the_street",
    "no_evidence_that_decides",
    "buildings_not_known",
    "narrow_public_ground_without_building",
    "register_not_known",
    "owner_not_known",
)
# what must be known of a unit for its state to be told: the register, and buildings
TOLD_FROM = {
    "occupied": ("closed_establishment_count",),
    "vacant": ("closed_establishment_count",),
    "free": ("closed_establishment_count", "built_m2"),
}
SCI = ("6540", "6541", "6542", "6543", "6544")
VACANCY_YEARS = 2
UNBUILT_SHARE_PCT = 100 * UNBUILT_SHARE
SMALLEST_SITE_RATE = 10
OUTSIDE_CFE = (*PUBLIC, "association")


def choose_reference_year(as_of: dt.date, processed: pl.Series) -> int:
    """Choose the year whose 1 January counts: that of ``as_of``, or of an older register.

    A register of January 2026 says nothing of 2027. ``processed`` are the dates at which the
    register treated its rows, possibly all null.
    """
    last = processed.drop_nulls().max()
    return min(as_of.year, last.year) if isinstance(last, dt.date) else as_of.year


def summarise_periods(history: pl.DataFrame, stock: pl.DataFrame, year: int) -> pl.DataFrame:
    """Summarise each establishment: ``is_active_in_window``, ``closed_date``, ``is_known_before``.

    ``history`` (Sirene) has ``siret``, ``start_date`` (null: unknown), ``end_date`` and
    ``is_active``; ``stock`` has ``siret``, ``is_active`` (null: not written), ``created_date`` and
    ``since_date``, for establishments that have no history. The window is the two years before
    1 January of ``year``.
    """
    end = dt.date(year, 1, 1)
    begin = dt.date(year - VACANCY_YEARS, 1, 1)
    from_stock = (
        stock.join(history.select("siret").unique(), on="siret", how="anti")
        .with_columns(_shut=pl.col("is_active").not_().fill_null(value=False))
        # closed, nobody knows when: neither active nor vacant for two years can be told
        .filter(~pl.col("_shut") | pl.col("since_date").is_not_null())
        .select(
            "siret",
            start_date="created_date",
            end_date=pl.when("_shut").then("since_date"),
            is_active=pl.lit(value=True),
        )
    )
    every = pl.concat([history.select(from_stock.columns), from_stock])
    open_ = every.filter("is_active")
    starts = pl.col("start_date").fill_null(dt.date(1900, 1, 1))
    stops = pl.col("end_date").fill_null(dt.date(9999, 1, 1))
    return (
        open_.group_by("siret")
        .agg(
            is_active_in_window=((starts <= end) & (stops >= begin)).any(),
            is_known_before=(starts <= end).any(),
            _last=stops.max(),
        )
        .with_columns(closed_date=pl.when(pl.col("_last") <= end).then("_last"))
        .drop("_last")
    )


def count_evidence(placed: pl.DataFrame) -> pl.DataFrame:
    """Count the establishments of each unit by state and by strength of placement.

    ``placed`` has ``unit_id``, ``placement_level``, ``placement_trust``, ``is_active_in_window``,
    ``is_known_before``, ``closed_date``, ``is_civil_company`` (all not null but the date).
    """
    firms = placed.drop_nulls("unit_id").filter(~pl.col("is_civil_company"), "is_known_before")
    strong = pl.col("placement_level").is_in(["parcel", "near_parcel"])
    sure = (pl.col("placement_level") == "parcel") & (pl.col("placement_trust") == "high")
    active = pl.col("is_active_in_window")
    return firms.group_by("unit_id").agg(
        sure_active_count=(active & sure).sum().cast(pl.Int64),
        probable_active_count=(active & strong & ~sure).sum().cast(pl.Int64),
        on_parcel_active_count=(active & (pl.col("placement_level") == "parcel"))
        .sum()
        .cast(pl.Int64),
        street_active_count=(active & ~strong).sum().cast(pl.Int64),
        closed_count=(~active & strong).sum().cast(pl.Int64),
        last_closed_date=pl.col("closed_date").filter(~active & strong).max(),
    )


def find_presence(placed: pl.DataFrame) -> pl.Series:
    """Find the parcels where a firm is: none of their ground is vacant or free for having no count.

    Who opened after the reference day is in no count of that day; of a parcel that a site's outline
    cut in two, one unit alone counts the firm. ``placed`` is that of ``count_evidence``, with
    ``parcel_id`` and ``is_active``.
    """
    level, known = pl.col("placement_level"), pl.col("is_known_before")
    opened_since = pl.col("is_active").fill_null(value=False) & ~known
    on_it = pl.col("is_active_in_window") & known & (level == "parcel")
    is_there = on_it | (opened_since & level.is_in(["parcel", "near_parcel"]))
    found = placed.filter(is_there, ~pl.col("is_civil_company"))
    return found["parcel_id"].drop_nulls().unique().sort()


def classify_occupation(units: pl.DataFrame) -> pl.DataFrame:
    """Add ``occupation_state``, ``occupation_evidence`` and ``occupation_confidence``.

    ``units`` has the counts of ``count_evidence`` (zero where none), ``built_share_pct``,
    ``owner_category``, ``is_common_area``, ``is_brownfield``, ``is_in_active_street`` (a firm may
    be there that only its street places), ``has_undisclosed`` (somebody is there who may not be
    told of: in no count, but it is not vacant for that), and ``seen_state`` and ``seen_origin``
    where somebody looked.
    """
    seen = pl.col("seen_state").is_not_null()
    state = pl.lit("undetermined")
    evidence = pl.lit("no_evidence_that_decides")
    confidence: pl.Expr = pl.lit("none")
    for holds, then_state, then_evidence, then_confidence in reversed(_list_rules()):
        is_met = holds.fill_null(value=False)
        state = pl.when(is_met).then(pl.lit(then_state)).otherwise(state)
        evidence = pl.when(is_met).then(pl.lit(then_evidence)).otherwise(evidence)
        confidence = pl.when(is_met).then(pl.lit(then_confidence)).otherwise(confidence)
    return (
        units.with_columns(open_data_state=state, _evidence=evidence, _confidence=confidence)
        .with_columns(
            occupation_state=pl.when(seen).then("seen_state").otherwise("open_data_state"),
            occupation_evidence=pl.when(seen).then("seen_origin").otherwise("_evidence"),
            occupation_confidence=pl.when(seen).then(pl.lit("surveyed")).otherwise("_confidence"),
            open_data_confidence="_confidence",
        )
        .drop("_evidence", "_confidence")
    )


def _list_rules() -> list[tuple[pl.Expr, str, str, str]]:
    """List the rules of occupation, the strongest first: condition, state, evidence, confidence."""
    unbuilt = pl.col("built_share_pct") < UNBUILT_SHARE_PCT
    sure, probable = pl.col("sure_active_count") > 0, pl.col("probable_active_count") > 0
    street, closed = pl.col("street_active_count") > 0, pl.col("closed_count") > 0
    outside = pl.col("owner_category").is_in(OUTSIDE_CFE)
    brown = pl.col("is_brownfield")
    undisclosed, lively = pl.col("has_undisclosed"), pl.col("is_in_active_street")
    on_it = (pl.col("on_parcel_active_count") > 0).fill_null(value=False)
    is_strip = pl.col("is_common_area") & ~on_it & ~undisclosed
    # narrow and bare: common ground if its owner, of whom nobody handed the file over, is public
    is_lane_or_lot = pl.col("is_common_area").is_null()
    shut_brown = closed & brown & ~undisclosed
    return [
        (is_strip, "common_area", "narrow_public_ground_without_building", "none"),
        (sure, "occupied", "active_establishment_on_the_parcel", "high"),
        (probable, "occupied", "active_establishment_near_or_probable", "medium"),
        (shut_brown & ~lively, "vacant", "closed_establishment_and_brownfield", "medium"),
        (shut_brown, "vacant", "closed_establishment_and_brownfield", "low"),
        (
            closed & street,
            "undetermined",
            "closed_but_active_establishment_in_the_street",
            "none",
        ),
        (street, "occupied", "active_establishment_in_the_street", "low"),
        (closed & outside, "undetermined", "closed_but_activity_outside_cfe_possible", "none"),
        (undisclosed, "undetermined", "no_evidence_that_decides", "none"),
        (closed & lively, "vacant", "closed_but_active_establishment_in_the_street", "low"),
        (closed, "vacant", "closed_establishment", "medium"),
        (brown, "vacant", "brownfield", "low"),
        (is_lane_or_lot & unbuilt, "undetermined", "owner_not_known", "none"),
        (unbuilt, "free", "neither_building_nor_establishment", "low"),
        (pl.col("built_share_pct").is_null(), "undetermined", "buildings_not_known", "none"),
    ]


def can_be_told(state: str) -> pl.Expr:
    """Whether the sources that tell ``state`` were handed over for the commune of a unit."""
    return pl.all_horizontal(pl.col(name).is_not_null() for name in TOLD_FROM[state])


def can_be_common() -> pl.Expr:
    """Whether it can be told of a unit if it is common ground: bare, and of a public owner."""
    return pl.col("built_m2").is_not_null() & (pl.col("occupation_evidence") != "owner_not_known")


def _count_told(state: str) -> pl.Expr:
    """Count the units in a state; null where of any unit it cannot be told."""
    found = (pl.col("occupation_state") == state).sum().cast(pl.Int64)
    return pl.when(can_be_told(state).all()).then(found)


def count_vacancy(units: pl.DataFrame, by: str) -> pl.DataFrame:
    """Count units by state, and the share (%) presumed vacant, low and high.

    Common areas are out of the denominator. The low bound takes undetermined units for not
    vacant, the high one for vacant; there is none below 10 units. Rounded to whole percents, as
    the CNIG standard asks. What rests on a source that was not handed over is null.
    """
    state = pl.col("occupation_state")
    counted = state != "common_area"
    counts = units.group_by(by).agg(
        unit_count=counted.sum().cast(pl.Int64),
        **{f"{name}_unit_count": _count_told(name) for name in TOLD_FROM},
        undetermined_unit_count=(state == "undetermined").sum().cast(pl.Int64),
        common_area_count=pl.when(can_be_common().all()).then((~counted).sum().cast(pl.Int64)),
        surveyed_unit_count=(pl.col("occupation_confidence") == "surveyed")
        .filter(counted)
        .sum()
        .cast(pl.Int64),
    )
    enough = pl.col("unit_count") >= SMALLEST_SITE_RATE
    possible = pl.col("vacant_unit_count") + pl.col("undetermined_unit_count")

    def rate(part: pl.Expr) -> pl.Expr:
        return pl.when(enough).then((100 * part / pl.col("unit_count")).round())

    return counts.with_columns(
        vacancy_share_low_pct=rate(pl.col("vacant_unit_count")),
        vacancy_share_high_pct=rate(possible),
    )


def compare_with_survey(units: pl.DataFrame) -> pl.DataFrame:
    """Compare, for units that somebody saw, what was seen with what open data alone say."""
    seen = units.filter(pl.col("seen_state").is_not_null())
    undecided = pl.col("open_data_state") == "undetermined"
    return seen.with_columns(
        agreement=pl.when(undecided)
        .then(pl.lit("open_data_cannot_tell"))
        .when(pl.col("open_data_state") == pl.col("seen_state"))
        .then(pl.lit("same"))
        .otherwise(pl.lit("different"))
    )
