"""What must hold before land tables are published, beyond their contracts."""

import numpy as np
import polars as pl
import shapely

from assets.catalogue import of_theme
from assets.land.contracts.figures import BALANCE_BY_EPCI, CONSUMPTION_BY_COMMUNE, SUPPLY_BY_COMMUNE
from assets.land.contracts.jobs import JOBS_CHECK_BY_COMMUNE
from assets.land.contracts.occupants import ESTABLISHMENTS, OCCUPATION_COMPARISON, VACANCY_BY_SITE
from assets.land.contracts.places import UNITS
from observatory.disclosure.withholding import REGISTER
from observatory.geography.joins import find_meeting
from observatory.land.balance import STOCK_STATES
from observatory.land.jobs import VERDICTS
from observatory.land.occupation import SMALLEST_SITE_RATE, TOLD_FROM
from observatory.pipeline.audits import build_checks
from observatory.pipeline.rules import Expectation, Observe, Rule
from observatory.storage.frames import Store
from sources import CARDS

PARCELS, PLACED, PERIMETERS = "_land_parcels", "_land_placed", "_land_sites"
# centimetres along an edge come from how outlines are rounded, they are not ground
TOUCH_M = 0.2
SLIVER_M2 = 1.0
ROUNDING_HA = 0.01
ROUNDING_M2 = 3
ROUNDING_YEARS = 1e-6
ONE_PART = 1


def topology(frame: pl.DataFrame, store: Store) -> pl.DataFrame:
    """Of each unit: one valid part, inside its site, and how much of it another unit covers."""
    drawn_as = shapely.from_wkb(frame["geometry"].to_numpy())
    units = shapely.make_valid(drawn_as)  # an invalid one is found, and must not stop the others
    sites = store.read_geometry(PERIMETERS)
    place = dict(zip(sites["site_id"], range(len(sites)), strict=True))
    at_site = np.array([place.get(s, -1) for s in frame["site_id"]], dtype=np.int64)
    own = pl.Series(at_site >= 0, dtype=pl.Boolean)
    outlines = shapely.buffer(sites.geometry.to_numpy(), TOUCH_M)
    shapely.prepare(outlines)
    around = np.append(outlines, [None])[at_site]  # the last is nowhere
    a, b = find_meeting(units, units)
    a, b = a[a < b], b[a < b]
    common = shapely.intersection(units[a], units[b])
    drawn = np.maximum(shapely.length(common), 1.0)
    thick = 2 * shapely.area(common) / drawn > TOUCH_M
    held = np.where(thick, shapely.area(common), 0.0)
    shared = pl.DataFrame({"_at": np.append(a, b), "_m2": np.append(held, held)})
    most = shared.group_by("_at").agg(overlap_m2=pl.col("_m2").max())
    parts = pl.Series(shapely.get_num_geometries(drawn_as), dtype=pl.Int64)
    valid = pl.Series(shapely.is_valid(drawn_as), dtype=pl.Boolean)
    return (
        frame.select("unit_id")
        .with_row_index("_at")
        .with_columns(
            pl.col("_at").cast(pl.Int64),
            is_one_part=(parts == ONE_PART) & valid,
            is_inside=own & pl.Series(shapely.covers(around, units), dtype=pl.Boolean),
        )
        .join(most.with_columns(pl.col("_at").cast(pl.Int64)), on="_at", how="left")
        .with_columns(is_alone=pl.col("overlap_m2").fill_null(0) <= SLIVER_M2)
    )


def covered_by_parcels(frame: pl.DataFrame, store: Store) -> pl.DataFrame:
    """Units, and whether their area is at most that of the parcels they name."""
    parcels = store.read(PARCELS, ["parcel_id", "area_m2"]).rename({"area_m2": "_drawn"})
    named = frame.select("unit_id", "area_m2", parcel_id=pl.col("parcel_ids").str.split("|"))
    summed = (
        named.explode("parcel_id")
        .join(parcels, on="parcel_id", how="left")
        .group_by("unit_id", "area_m2")
        .agg(pl.col("_drawn").sum(), _lost=pl.col("_drawn").is_null().any())
    )
    margin = pl.max_horizontal(0.01 * pl.col("_drawn"), pl.lit(SLIVER_M2))
    return summed.with_columns(
        is_covered=~pl.col("_lost") & (pl.col("area_m2") <= pl.col("_drawn") + margin)
    )


def occupation_evidence(frame: pl.DataFrame, _: Store) -> pl.DataFrame:
    """Whether the evidence of each unit bears out its state."""
    state = pl.col("occupation_state")
    active = pl.col("active_establishment_count").fill_null(0)
    open_ = pl.col("occupation_confidence") != "surveyed"
    shut, brown = pl.col("closed_establishment_count") > 0, pl.col("is_brownfield")
    closed = shut.fill_null(value=False) | brown.fill_null(value=False)
    undetermined = state == "undetermined"
    return frame.with_columns(
        is_vacancy_right=~(open_ & (state == "vacant")) | (closed & (active == 0)),
        is_free_right=~(open_ & (state == "free")) | ((active == 0) & ~closed),
        is_remainder_right=~pl.col("is_densifiable").fill_null(value=False)
        | (pl.col("divisible_m2") > 0).fill_null(value=False),
        is_doubt_right=~open_
        | (undetermined == (pl.col("occupation_confidence") == "none"))
        | (state == "common_area"),
    )


def shown_establishments(frame: pl.DataFrame, store: Store) -> pl.DataFrame:
    """Establishments, and whether each may be shown: none under partial diffusion."""
    withheld = store.read(REGISTER)["identifier"]
    listed = pl.lit(withheld).implode()
    siret = pl.col("siret")
    return frame.with_columns(is_open=~(siret.is_in(listed) | siret.str.slice(0, 9).is_in(listed)))


def rates(frame: pl.DataFrame, _: Store) -> pl.DataFrame:
    """Whether counts add up, and no rate stands on fewer than ten units.

    Where a state cannot be told, the counts of the others are at most all units.
    """
    counts = [f"{name}_unit_count" for name in ("occupied", "vacant", "free", "undetermined")]
    parts = pl.sum_horizontal(counts)
    told = pl.all_horizontal(pl.col(c).is_not_null() for c in counts)
    few = pl.col("unit_count") < SMALLEST_SITE_RATE
    low, high = pl.col("vacancy_share_low_pct"), pl.col("vacancy_share_high_pct")
    return frame.with_columns(
        is_sum_right=pl.when(told)
        .then(parts == pl.col("unit_count"))
        .otherwise(parts <= pl.col("unit_count")),
        is_rate_right=pl.when(few)
        .then(low.is_null() & high.is_null())
        .otherwise((low <= high).fill_null(value=False) | ~told),
    )


def stock_sums(frame: pl.DataFrame, _: Store) -> pl.DataFrame:
    """Whether each m² is in one state, and the supplies are in order.

    Where a state cannot be told, the others hold at most all the land.
    """
    total = pl.sum_horizontal(f"{name}_ha" for name in STOCK_STATES)
    known = (*TOLD_FROM, "forbidden", "deferred")
    told = pl.all_horizontal(pl.col(f"{name}_ha").is_not_null() for name in known)
    excess_ha = total - pl.col("area_ha")
    low, central = pl.col("supply_low_ha"), pl.col("supply_central_ha")
    return frame.with_columns(
        is_sum_right=(excess_ha <= ROUNDING_HA) & ((excess_ha >= -ROUNDING_HA) | ~told),
        is_order_right=(low.fill_null(0) <= central + ROUNDING_HA).fill_null(value=True)
        & (central <= pl.col("supply_high_ha") + ROUNDING_HA).fill_null(value=True),
    )


def gaps(frame: pl.DataFrame, _: Store) -> pl.DataFrame:
    """Whether a supply is null where a reason says so, and given where none does."""
    reason = pl.col("missing_supply_reason")
    unknown = reason.is_in(["parcels_below_floor", "register_missing", "buildings_missing"])
    given = pl.col("supply_central_ha").is_not_null()
    return frame.with_columns(is_gap_right=given != unknown.fill_null(value=False))


def years(frame: pl.DataFrame, _: Store) -> pl.DataFrame:
    """Whether the years of a row are its supply over its demand."""
    told = pl.col("compared_central_ha") / pl.col("demand_ha_per_year")
    apart = (pl.col("years_central") - told).abs() > ROUNDING_YEARS
    return frame.with_columns(is_quotient_right=~apart.fill_null(value=False))


def excess(frame: pl.DataFrame, _: Store) -> pl.DataFrame:
    """How much more the high supply is than all the land."""
    total = pl.sum_horizontal(f"{name}_ha" for name in STOCK_STATES)
    return frame.with_columns(_excess_ha=pl.col("supply_high_ha") - total)


def destinations(frame: pl.DataFrame, _: Store) -> pl.DataFrame:
    """Per commune and year: whether the six destinations add up to the total."""
    area, kind = pl.col("area_m2"), pl.col("destination")
    return (
        frame.group_by("commune_code", "year")
        .agg(
            _total=area.filter(kind == "total").sum(),
            _parts=area.filter(kind != "total").sum(),
            _has_parts=(kind != "total").any(),
        )
        .with_columns(
            is_sum_right=~pl.col("_has_parts")
            | ((pl.col("_total") - pl.col("_parts")).abs() <= ROUNDING_M2)
        )
    )


def agreement(frame: pl.DataFrame, _: Store) -> pl.DataFrame:
    """One row: how often what was seen differs from what open data said with any confidence."""
    told = frame.filter(pl.col("agreement") != "open_data_cannot_tell")
    return told.select(different_pct=100 * (pl.col("agreement") == "different").mean()).drop_nulls()


def placement(_: pl.DataFrame, store: Store) -> pl.DataFrame:
    """One row: share of active establishments that a parcel could be given."""
    placed = store.read(PLACED)
    if placed.is_empty():
        return pl.DataFrame(schema={"placed_pct": pl.Float64})
    active = placed.filter(pl.col("is_active").fill_null(value=False))
    good = pl.col("placement_level").is_in(["parcel", "near_parcel"])
    return active.select(placed_pct=100 * good.mean()).drop_nulls()


def _true(
    column: str, name: str, because: str, observe: Observe, reads: tuple[str, ...] = ()
) -> Rule:
    return Rule(
        name=name,
        expectations=(
            Expectation("ExpectColumnValuesToBeInSet", {"column": column, "value_set": [True]}),
        ),
        because=because,
        observe=observe,
        reads=reads,
    )


GAP = "What was not looked at is neither zero nor a figure."
ORDER = "Low, central and high supply are each part of the next."
RULES: dict[str, list[Rule]] = {
    UNITS.name: [
        _true(
            "is_one_part",
            "every_unit_is_one_valid_part",
            "The standard knows no unit in several pieces.",
            topology,
            (PERIMETERS,),
        ),
        _true(
            "is_inside",
            "every_unit_lies_inside_its_site",
            "What lies outside of a site is not business land.",
            topology,
            (PERIMETERS,),
        ),
        _true(
            "is_alone",
            "no_two_units_overlap",
            "An overlap would count ground twice.",
            topology,
            (PERIMETERS,),
        ),
        _true(
            "is_covered",
            "every_unit_is_covered_by_its_parcels",
            "A unit is made of the parcels it names, and of nothing else.",
            covered_by_parcels,
            (PARCELS,),
        ),
        _true(
            "is_vacancy_right",
            "presumed_vacancy_has_evidence",
            "Vacant means an activity that ended, and none that goes on.",
            occupation_evidence,
        ),
        _true(
            "is_free_right",
            "free_land_was_never_occupied",
            "Free land without earlier activity is not vacancy.",
            occupation_evidence,
        ),
        _true(
            "is_remainder_right",
            "what_is_looked_at_can_be_divided",
            "Nothing is to be densified where no part is free, wide and allowed.",
            occupation_evidence,
        ),
        _true(
            "is_doubt_right",
            "what_cannot_be_told_claims_no_confidence",
            "Undetermined is an answer; it has no confidence class.",
            occupation_evidence,
        ),
    ],
    ESTABLISHMENTS.name: [
        _true(
            "is_open",
            "no_establishment_is_under_partial_diffusion",
            "Code de commerce, article R123-232: nothing of them is published.",
            shown_establishments,
            (REGISTER,),
        ),
        Rule(
            name="most_active_establishments_are_placed",
            expectations=(
                Expectation(
                    "ExpectColumnValuesToBeBetween", {"column": "placed_pct", "min_value": 60}
                ),
            ),
            because="Where few are placed, built units look empty that are not.",
            blocking=False,
            observe=placement,
            reads=(PLACED,),
        ),
    ],
    VACANCY_BY_SITE.name: [
        _true("is_sum_right", "states_add_up_to_units", "Each unit has one state.", rates),
        _true(
            "is_rate_right",
            "no_rate_stands_on_few_units",
            "A share of fewer than ten units misleads.",
            rates,
        ),
    ],
    SUPPLY_BY_COMMUNE.name: [
        _true(
            "is_sum_right",
            "each_square_metre_is_in_one_state",
            "Supply is not a sum of lists that overlap.",
            stock_sums,
        ),
        _true("is_order_right", "supplies_are_in_order", ORDER, stock_sums),
        _true("is_gap_right", "what_is_not_known_says_why", GAP, gaps),
    ],
    BALANCE_BY_EPCI.name: [
        _true("is_gap_right", "what_is_not_known_says_why", GAP, gaps),
        _true(
            "is_quotient_right",
            "years_are_supply_over_demand",
            "A reader divides what stands beside the years.",
            years,
        ),
        Rule(
            name="supply_is_at_most_the_land_there_is",
            expectations=(
                Expectation(
                    "ExpectColumnValuesToBeBetween", {"column": "_excess_ha", "max_value": 0.01}
                ),
            ),
            because="More supply than land would be counted twice.",
            observe=excess,
        ),
    ],
    CONSUMPTION_BY_COMMUNE.name: [
        _true(
            "is_sum_right",
            "destinations_add_up_to_the_total",
            "The producer's six destinations make up its total; else a column is misread.",
            destinations,
        )
    ],
    JOBS_CHECK_BY_COMMUNE.name: [
        Rule(
            name="parks_hold_no_more_jobs_than_their_commune",
            expectations=(
                Expectation(
                    "ExpectColumnValuesToNotBeInSet",
                    {"column": "jobs_check", "value_set": [VERDICTS[1]]},
                ),
            ),
            because="More jobs placed in parks, at the least, than Urssaf counts employees in all: "
            "establishments are misplaced, or sizes out of date.",
            blocking=False,
        )
    ],
    OCCUPATION_COMPARISON.name: [
        Rule(
            name="open_data_and_field_mostly_agree",
            expectations=(
                Expectation(
                    "ExpectColumnValuesToBeBetween", {"column": "different_pct", "max_value": 25}
                ),
            ),
            because="More disagreement than one in four means that presumption fails here.",
            blocking=False,
            observe=agreement,
        )
    ],
}
audits = [
    build_checks(table, RULES.get(table.name, []), CARDS, __name__) for table in of_theme("land")
]
