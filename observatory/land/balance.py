"""Sums the supply of economic land, its consumption, and how long the one lasts for the other.

Sources: article 194 of loi n° 2021-1104 (consumption halved 2021–2031), Cerema (consumption of
natural, agricultural and forest land), debates of the États généraux du foncier économique.
Each m² of a park is in one state, by this order: common ground, forbidden, brownfield, vacant or
free (deferred in a zone AU that opens only once the plan is changed), divisible remainder of a
densifiable unit, occupied, undetermined.
"""

import polars as pl

from observatory.geography.crs import M2_PER_HA
from observatory.land.coverage import LEAST_CONSUMED_HA
from observatory.land.occupation import TOLD_FROM, can_be_common, can_be_told
from observatory.land.sums import sum_steadily

SCOPES = ("all_sites", "without_port_airport_large")
SCENARIOS = (
    "past_consumption",
    "past_consumption_slowest",
    "past_consumption_fastest",
    "jobs",
    "stated_target",
)
EXTENSION = SCENARIOS[:3]
LEVELS = ("low", "central", "high")
STOCK_STATES = (
    "common_area",
    "forbidden",
    "deferred",
    "brownfield",
    "vacant",
    "free",
    "densifiable",
    "occupied",
    "undetermined",
    "permitted",
)
SHORT_YEARS = 3
LONG_YEARS = 10
REFERENCE_FIRST, REFERENCE_LAST = 2011, 2020
TARGET_FIRST, TARGET_LAST = 2021, 2030


def split_stock(units: pl.DataFrame) -> pl.DataFrame:
    """Split the area of each unit (m²) by state; the states of ``STOCK_STATES`` add up to it.

    ``units`` has ``area_m2``, ``forbidden_m2``, ``occupation_state``, ``is_brownfield``,
    ``is_densifiable``, ``divisible_m2`` (net of what is forbidden) and what ``TOLD_FROM`` names. A
    state whose source was not handed over (no register, no plan, no list of brownfields, no
    building) is null. Ground that only a plan, a list or a building would tell apart counts under
    ``occupation_state``.
    """
    state, area = pl.col("occupation_state"), pl.col("area_m2")
    is_common = state == "common_area"
    forbidden = pl.when(pl.col("forbidden_m2").is_not_null()).then(
        pl.when(is_common).then(0.0).otherwise(pl.min_horizontal("forbidden_m2", area))
    )
    net = area - forbidden.fill_null(0.0)
    is_brown = pl.col("is_brownfield") & (state != "occupied")
    kind = (
        pl.when(is_common)
        .then(pl.lit("common_area"))
        .when(is_brown)
        .then(pl.lit("brownfield"))
        .otherwise(state)
    )
    densifiable = _measure_densifiable(kind, net)
    rest = net - densifiable.fill_null(0.0)
    states = {
        name: pl.when(kind == name).then(rest).otherwise(0.0)
        for name in ("brownfield", "vacant", "free", "occupied", "undetermined")
    }
    told = {name: can_be_told(name) for name in TOLD_FROM}
    told["brownfield"] = pl.col("is_brownfield").is_not_null()
    states |= {name: pl.when(known).then(states[name]) for name, known in told.items()}
    return units.with_columns(
        common_area_m2=pl.when(can_be_common()).then(
            pl.when(kind == "common_area").then(area).otherwise(0.0)
        ),
        forbidden_stock_m2=forbidden,
        densifiable_m2=densifiable,
        deferred_m2=pl.lit(0.0),
        permitted_m2=pl.lit(0.0),
        **{f"{name}_m2": value for name, value in states.items()},
    )


def defer_closed_zones(units: pl.DataFrame) -> pl.DataFrame:
    """Set apart what is free or vacant in a closed zone AU (``is_closed_zone``): no supply yet.

    ``units`` come from ``split_stock``; where no zone is known of a unit, nor is ``deferred_m2``.
    Nothing of such a zone is on offer.
    """
    closed = pl.col("is_closed_zone")
    ready = pl.col("free_m2").fill_null(0.0) + pl.col("vacant_m2").fill_null(0.0)
    return units.with_columns(
        deferred_m2=pl.when(closed).then(ready).when(~closed).then(0.0),
        is_for_sale=_withdrawn(closed),
        **{
            name: pl.when(closed.fill_null(value=False) & pl.col(name).is_not_null())
            .then(0.0)
            .otherwise(name)
            for name in ("free_m2", "vacant_m2")
        },
    )


def _withdrawn(is_apart: pl.Expr) -> pl.Expr:
    """Whether a unit is for sale; one that is apart is not, whatever was declared."""
    said = pl.col("is_for_sale")
    return pl.when(said & is_apart.fill_null(value=False)).then(pl.lit(value=False)).otherwise(said)


def _measure_densifiable(kind: pl.Expr, net: pl.Expr) -> pl.Expr:
    """Divisible remainder (m²) of densifiable units; null where no building was handed over."""
    free = pl.col("divisible_m2").fill_null(0.0)
    is_divided = pl.col("is_densifiable") & kind.is_in(["occupied", "undetermined"])
    return pl.when(pl.col("is_densifiable").is_not_null()).then(
        pl.when(is_divided).then(pl.min_horizontal(free, net)).otherwise(0.0)
    )


def take_permits(units: pl.DataFrame, taken: pl.DataFrame | None) -> pl.DataFrame:
    """Set apart what is free or vacant under a permit (``permitted_m2``): it is no supply.

    A permis de construire consumes the land, a permis d'aménager makes it « en projet »; what is
    declared for sale and built upon meanwhile is sold. ``taken`` has the land (m², null: all of it)
    of each ``unit_id`` under one; None where no file tells of any. ``units`` come from
    ``split_stock``.
    """
    if taken is None:
        return units.with_columns(permitted_m2=pl.lit(None, pl.Float64))
    names = ("free_m2", "vacant_m2")
    rows = units.join(
        taken.select("unit_id", "land_m2", _is_taken=pl.lit(value=True)),
        on="unit_id",
        how="left",
        maintain_order="left",
    )
    ready = pl.sum_horizontal(names)
    under = pl.when("_is_taken").then(pl.min_horizontal(ready, pl.col("land_m2").fill_null(ready)))
    left = pl.when(ready > 0).then(1 - pl.col("permitted_m2") / ready).otherwise(1.0)
    return (
        rows.with_columns(
            permitted_m2=under.fill_null(0.0), is_for_sale=_withdrawn(pl.col("_is_taken"))
        )
        .with_columns((pl.col(name) * left).alias(name) for name in names)
        .drop("land_m2", "_is_taken")
    )


def sum_supply(
    units: pl.DataFrame, by: str, *, mobilisation_pct: float, floor_pct: float = 100
) -> pl.DataFrame:
    """Sum hectares by state, and the supply low, central and high, of each ``by`` and scope.

    Low is what is declared for sale, null where an inventory says of less than ``floor_pct`` (%)
    of the land whether it is (``is_sale_known``); central adds what is free or vacant; high adds
    the share ``mobilisation_pct`` (%) of brownfields and divisible remainders. A sum is null where
    a part of it is; of what plans tell (forbidden, deferred) it is of the units that they tell of,
    for ``blank_below_floor`` to judge. ``units`` come from ``split_stock``, with ``is_for_sale``,
    ``is_sale_known`` and ``is_set_apart``.
    """
    apart = units.filter(~pl.col("is_set_apart")).with_columns(perimeter_scope=pl.lit(SCOPES[1]))
    both_scopes = pl.concat([units.with_columns(perimeter_scope=pl.lit(SCOPES[0])), apart])
    areas = {
        f"{name.removesuffix('_m2')}_ha": _sum_hectares(pl.col(name))
        for name in (
            "area_m2",
            "common_area_m2",
            "brownfield_m2",
            "vacant_m2",
            "free_m2",
            "densifiable_m2",
            "occupied_m2",
            "undetermined_m2",
            "permitted_m2",
        )
    }
    counted = pl.col("occupation_state") != "common_area"
    # where nobody knows what is free, nor does anybody what of it is apart
    ready = (pl.col("free_m2") + pl.col("vacant_m2")).is_not_null().all()
    areas["permitted_ha"] = pl.when(ready).then(areas["permitted_ha"])
    return (
        both_scopes.group_by(by, "perimeter_scope")
        .agg(
            unit_count=counted.sum().cast(pl.Int64),
            **areas,
            forbidden_ha=_sum_known_hectares(pl.col("forbidden_stock_m2")),
            deferred_ha=pl.when(ready).then(_sum_known_hectares(pl.col("deferred_m2"))),
            **_supplies(mobilisation_pct, floor_pct),
        )
        .sort(by, "perimeter_scope")
    )


def _supplies(mobilisation_pct: float, floor_pct: float) -> dict[str, pl.Expr]:
    """The supply of a group of units, in hectares, by the column it is published under."""
    ready = pl.col("free_m2") + pl.col("vacant_m2")
    is_on_offer = pl.col("is_for_sale") & (pl.col("occupation_state") != "common_area")
    forbidden = pl.col("forbidden_stock_m2").fill_null(0.0)
    offered = pl.when(is_on_offer).then(pl.col("area_m2") - forbidden)
    more = pl.when(is_on_offer).then(offered - ready).otherwise(0.0)
    central = ready + more.clip(0)
    later = (
        pl.when(is_on_offer).then(0.0).otherwise(pl.col("brownfield_m2") + pl.col("densifiable_m2"))
    )
    area = pl.col("area_m2")
    sale_share = 100 * sum_steadily(area.filter("is_sale_known")) / sum_steadily(area)
    is_sale_known = sale_share >= floor_pct
    free_on_offer = pl.when(is_on_offer).then("free_m2").otherwise(0.0)
    is_weak = pl.col("occupation_confidence") == "low"
    return {
        "sale_known_share_pct": sale_share.clip(0, 100),
        "supply_low_ha": pl.when(is_sale_known).then(_sum_hectares(offered.fill_null(0.0))),
        "free_on_offer_ha": pl.when(is_sale_known).then(_sum_hectares(free_on_offer)),
        "supply_central_ha": _sum_hectares(central),
        "supply_high_ha": _sum_hectares(central + later * mobilisation_pct / 100),
        "central_low_confidence_ha": _sum_hectares(
            pl.when(is_weak | ready.is_null()).then(ready).otherwise(0.0)
        ),
    }


def _sum_hectares(area: pl.Expr) -> pl.Expr:
    """Sum square metres as hectares; null where any of them is."""
    return pl.when(area.is_not_null().all()).then(sum_steadily(area) / M2_PER_HA)


def _sum_known_hectares(area: pl.Expr) -> pl.Expr:
    """Sum square metres as hectares, those that are known; null where none is."""
    return pl.when(area.is_not_null().any()).then(sum_steadily(area.drop_nulls()) / M2_PER_HA)


def _sum_known(area: pl.Expr, destination: str, floor_pct: float) -> pl.Expr:
    """Sum the area of a destination; null where too few of the communes have a figure."""
    areas = area.filter(pl.col("destination") == destination)
    least = pl.col("commune_count").first() * floor_pct / 100
    return pl.when((areas.count() > 0) & (areas.count() >= least)).then(sum_steadily(areas))


def sum_consumption(
    flows: pl.DataFrame, by: str, members: pl.DataFrame, *, floor_pct: float = 100
) -> pl.DataFrame:
    """Sum the land consumed by year of each ``by``, in hectares: in all, and for activity.

    ``flows`` (Cerema) has ``by``, ``year``, ``destination`` (``total`` or one of six), ``area_m2``,
    a row for each commune. A year in which fewer than ``floor_pct`` (%) of the communes of a
    ``by`` (``members``: ``by``, ``commune_count``) have a figure has none.
    """
    hectares = pl.col("area_m2") / M2_PER_HA
    return (
        flows.join(members, on=by)
        .group_by(by, "year")
        .agg(
            consumed_ha=_sum_known(hectares, "total", floor_pct),
            activity_ha=_sum_known(hectares, "activity", floor_pct),
        )
        .sort(by, "year")
    )


def estimate_demand(yearly: pl.DataFrame, by: str) -> pl.DataFrame:
    """Estimate yearly demand (ha a year) from the land consumed for activity.

    The mean of the last ten years, and the slowest and fastest mean of three years in a row;
    nothing where a year of the ten has no figure. ``yearly`` comes from ``sum_consumption``.
    """
    last = yearly.sort(by, "year").group_by(by, maintain_order=True).tail(LONG_YEARS)
    is_whole = pl.col("activity_ha").count() == LONG_YEARS
    rolled = last.with_columns(
        _three=pl.col("activity_ha").rolling_mean(SHORT_YEARS, min_samples=SHORT_YEARS).over(by)
    )
    paces = rolled.group_by(by, maintain_order=True).agg(
        past_consumption=pl.when(is_whole).then(pl.col("activity_ha").mean()),
        past_consumption_slowest=pl.when(is_whole).then(pl.col("_three").min()),
        past_consumption_fastest=pl.when(is_whole).then(pl.col("_three").max()),
        demand_first_year=pl.col("year").min(),
        demand_last_year=pl.col("year").max(),
    )
    return paces.unpivot(
        index=[by, "demand_first_year", "demand_last_year"],
        on=list(EXTENSION),
        variable_name="demand_scenario",
        value_name="demand_ha_per_year",
    )


def compute_halving(
    yearly: pl.DataFrame, by: str, *, kept_pct: float, guarantee_ha: float
) -> pl.DataFrame:
    """Compute the benchmark « −50 % »: consumed 2011–2020, allowed 2021–2030, used since 2021.

    In hectares, shares in percent. ``kept_pct`` of the reference decade may be consumed, at least
    ``guarantee_ha``. Computed on each ``by`` as it is: an EPCI's allowance is not the sum of its
    communes'. It is null where the reference decade is not complete, and says why: too few communes
    have a figure, or a year has none.
    """
    year, consumed = pl.col("year"), pl.col("consumed_ha")
    reference = year.is_between(REFERENCE_FIRST, REFERENCE_LAST)
    since = year.is_between(TARGET_FIRST, TARGET_LAST)
    whole = (reference & consumed.is_not_null()).sum() == REFERENCE_LAST - REFERENCE_FIRST + 1
    used_known = consumed.filter(since).is_not_null().all() & since.any()
    activity_known = pl.col("activity_ha").filter(since).is_not_null().all() & since.any()
    totals = yearly.group_by(by).agg(
        reference_consumed_ha=pl.when(whole).then(sum_steadily(consumed.filter(reference))),
        used_since_2021_ha=pl.when(used_known).then(sum_steadily(consumed.filter(since))),
        activity_since_2021_ha=pl.when(activity_known).then(
            sum_steadily(pl.col("activity_ha").filter(since))
        ),
        last_consumption_year=year.filter(consumed.is_not_null()).max(),
        missing_benchmark_reason=pl.when(whole)
        .then(None)
        .when(reference.sum() == REFERENCE_LAST - REFERENCE_FIRST + 1)
        .then(pl.lit("consumption_below_floor"))
        .otherwise(pl.lit("decade_incomplete")),
    )
    allowed = pl.max_horizontal(
        pl.col("reference_consumed_ha") * kept_pct / 100, pl.lit(guarantee_ha)
    )
    used, used_ha = pl.col("used_since_2021_ha"), pl.col("activity_since_2021_ha")
    return totals.with_columns(
        allowed_2021_2030_ha=pl.when(pl.col("reference_consumed_ha").is_not_null()).then(allowed)
    ).with_columns(
        used_share_pct=pl.when(pl.col("allowed_2021_2030_ha") > 0).then(
            100 * used / pl.col("allowed_2021_2030_ha")
        ),
        activity_share_pct=pl.when(used > 0).then(100 * used_ha / used),
    )


def compare_supply() -> dict[str, pl.Expr]:
    """The supply that is set against the demand of a scenario, by level.

    Against a pace of extension that is free land alone, at one level: what is vacant, brownfield or
    divisible renews land and takes none. A row has ``demand_scenario``.
    """
    past = pl.col("demand_scenario").is_in(EXTENSION)
    return {
        "compared_low_ha": pl.when(past).then("free_on_offer_ha").otherwise("supply_low_ha"),
        "compared_central_ha": pl.when(past).then("free_ha").otherwise("supply_central_ha"),
        "compared_high_ha": pl.when(~past).then("supply_high_ha"),
    }


def compute_years(rows: pl.DataFrame) -> pl.DataFrame:
    """Add the supply compared, ``years_<level>`` and why the central ones are null.

    A pace of extension of less than a hectare in ten years gives no years.
    """
    past = pl.col("demand_scenario").is_in(EXTENSION)
    demand, years = pl.col("demand_ha_per_year"), pl.col("years_central")
    least = pl.when(past).then(LEAST_CONSUMED_HA / LONG_YEARS).otherwise(0.0)
    little = past & (demand < least)
    compared = rows.with_columns(**compare_supply())
    return compared.with_columns(
        pl.when((demand > 0) & ~little)
        .then(pl.col(f"compared_{level}_ha") / demand)
        .alias(f"years_{level}")
        for level in LEVELS
    ).with_columns(
        missing_years_reason=pl.when(years.is_not_null())
        .then(None)
        .when(demand.is_null() & ~past)
        .then(pl.lit("no_demand"))
        .when(pl.col("compared_central_ha").is_null())
        .then(pl.lit("supply_unknown"))
        .when(demand.is_null())
        .then(pl.lit("consumption_below_floor"))
        .otherwise(pl.lit("little_consumed"))
    )
