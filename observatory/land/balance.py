"""Supply of land, consumption of it, and the one against the other.

Sources: article 194 of loi n° 2021-1104 (consumption halved 2021–2031), Cerema (consumption of
natural, agricultural and forest land), debates of the États généraux du foncier économique.
Each m² of a park is in one state, by this order: common ground, forbidden, brownfield, vacant,
free, divisible remainder of a densifiable unit, occupied, undetermined.
"""

import polars as pl

from observatory.geography.crs import M2_PER_HA

SCOPES = ("all_sites", "without_port_airport_large")
SCENARIOS = (
    "past_consumption",
    "past_consumption_slowest",
    "past_consumption_fastest",
    "jobs",
    "stated_target",
)
STOCK_STATES = (
    "common_area",
    "forbidden",
    "brownfield",
    "vacant",
    "free",
    "densifiable",
    "occupied",
    "undetermined",
)
SHORT_YEARS = 3
LONG_YEARS = 10
REFERENCE_FIRST, REFERENCE_LAST = 2011, 2020
TARGET_FIRST, TARGET_LAST = 2021, 2030


def split_stock(units: pl.DataFrame) -> pl.DataFrame:
    """Add ``<state>_m2`` for each state of ``STOCK_STATES``: they sum up to the unit's area.

    ``units`` has ``area_m2``, ``forbidden_m2``, ``occupation_state``, ``is_brownfield``,
    ``is_densifiable`` and ``divisible_m2``. What nobody was asked (no plan, no list of brownfields,
    no building) is null, and the ground counts under its state.
    """
    state, area = pl.col("occupation_state"), pl.col("area_m2")
    common = state == "common_area"
    asked = pl.when(pl.col("forbidden_m2").is_not_null()).then(
        pl.min_horizontal("forbidden_m2", area)
    )
    told = pl.when(common).then(0.0).otherwise(asked)
    forbidden = told.fill_null(0.0)
    net = area - forbidden
    brown = pl.col("is_brownfield") & (state != "occupied")
    kind = (
        pl.when(common)
        .then(pl.lit("common_area"))
        .when(brown)
        .then(pl.lit("brownfield"))
        .otherwise(state)
    )
    # where the remainder lies is not told against what is forbidden: that much less may be free
    free = (pl.col("divisible_m2").fill_null(0.0) - forbidden).clip(0)
    divided = pl.col("is_densifiable") & kind.is_in(["occupied", "undetermined"])
    spare = pl.when(pl.col("is_densifiable").is_not_null()).then(
        pl.when(divided).then(pl.min_horizontal(free, net)).otherwise(0.0)
    )
    rest = net - spare.fill_null(0.0)
    states = {
        name: pl.when(kind == name).then(rest).otherwise(0.0)
        for name in ("brownfield", "vacant", "free", "occupied", "undetermined")
    }
    states["brownfield"] = pl.when(common | brown.is_not_null()).then(states["brownfield"])
    return units.with_columns(
        common_area_m2=pl.when(kind == "common_area").then(area).otherwise(0.0),
        forbidden_stock_m2=told,
        densifiable_m2=spare,
        **{f"{name}_m2": value for name, value in states.items()},
    )


def sum_supply(units: pl.DataFrame, by: str, *, mobilisation_pct: float) -> pl.DataFrame:
    """Hectares by state, and supply low, central and high, of each ``by`` and scope.

    Low is what is offered for sale, null unless an inventory says it of every unit's commune
    (``is_sale_known``); central adds what is free or vacant; high adds the share
    ``mobilisation_pct`` of brownfields and divisible remainders. A sum is null where a part of it
    is. ``units`` come from ``split_stock``, with ``is_for_sale``, ``is_sale_known`` and
    ``is_set_apart``.
    """
    apart = units.filter(~pl.col("is_set_apart")).with_columns(perimeter_scope=pl.lit(SCOPES[1]))
    every = pl.concat([units.with_columns(perimeter_scope=pl.lit(SCOPES[0])), apart])
    ready = pl.col("free_m2") + pl.col("vacant_m2")
    on_offer = pl.col("is_for_sale") & (pl.col("common_area_m2") == 0)
    forbidden = pl.col("forbidden_stock_m2").fill_null(0.0)
    offered = pl.when(on_offer).then(pl.col("area_m2") - forbidden)
    more = pl.when(on_offer).then(offered - ready).otherwise(0.0)
    weak = pl.col("occupation_confidence") == "low"
    later = (
        pl.when(on_offer).then(0.0).otherwise(pl.col("brownfield_m2") + pl.col("densifiable_m2"))
    )

    def hectares(area: pl.Expr) -> pl.Expr:
        return pl.when(area.is_not_null().all()).then(area.sum() / M2_PER_HA)

    central = ready + more.clip(0)
    return (
        every.group_by(by, "perimeter_scope")
        .agg(
            unit_count=pl.len().cast(pl.Int64),
            area_ha=hectares(pl.col("area_m2")),
            common_area_ha=hectares(pl.col("common_area_m2")),
            forbidden_ha=hectares(pl.col("forbidden_stock_m2")),
            brownfield_ha=hectares(pl.col("brownfield_m2")),
            vacant_ha=hectares(pl.col("vacant_m2")),
            free_ha=hectares(pl.col("free_m2")),
            densifiable_ha=hectares(pl.col("densifiable_m2")),
            occupied_ha=hectares(pl.col("occupied_m2")),
            undetermined_ha=hectares(pl.col("undetermined_m2")),
            supply_low_ha=pl.when(pl.col("is_sale_known").all()).then(
                hectares(offered.fill_null(0.0))
            ),
            free_on_offer_ha=pl.when(pl.col("is_sale_known").all()).then(
                hectares(pl.when(on_offer).then("free_m2").otherwise(0.0))
            ),
            supply_central_ha=hectares(central),
            supply_high_ha=hectares(central + later * mobilisation_pct / 100),
            central_low_confidence_ha=hectares(pl.when(weak).then(ready).otherwise(0.0)),
        )
        .sort(by, "perimeter_scope")
    )


def _sum_known(area: pl.Expr, destination: str) -> pl.Expr:
    """The sum of a destination; unknown where it has no figure, or where any is missing."""
    own = area.filter(pl.col("destination") == destination)
    return pl.when((own.len() > 0) & (own.null_count() == 0)).then(own.sum())


def sum_consumption(flows: pl.DataFrame, by: str) -> pl.DataFrame:
    """Land consumed by year of each ``by``: hectares in all, and by firms.

    ``flows`` has ``by``, ``year``, ``destination`` (``total`` or one of six) and ``area_m2``.
    """
    own = pl.col("area_m2") / M2_PER_HA
    return (
        flows.group_by(by, "year")
        .agg(
            consumed_ha=_sum_known(own, "total"),
            activity_ha=_sum_known(own, "activity"),
        )
        .sort(by, "year")
    )


def estimate_demand(yearly: pl.DataFrame, by: str) -> pl.DataFrame:
    """Land that firms took each year: the mean of ten years, and the slowest and fastest three.

    ``yearly`` comes from ``sum_consumption``. Fewer years than three give no slow or fast pace.
    """
    last = yearly.sort(by, "year").group_by(by, maintain_order=True).tail(LONG_YEARS)
    rolled = last.with_columns(
        _three=pl.col("activity_ha").rolling_mean(SHORT_YEARS, min_samples=SHORT_YEARS).over(by)
    )
    paces = rolled.group_by(by, maintain_order=True).agg(
        past_consumption=pl.col("activity_ha").mean(),
        past_consumption_slowest=pl.col("_three").min(),
        past_consumption_fastest=pl.col("_three").max(),
        demand_first_year=pl.col("year").min(),
        demand_last_year=pl.col("year").max(),
    )
    return paces.unpivot(
        index=[by, "demand_first_year", "demand_last_year"],
        on=list(SCENARIOS[:3]),
        variable_name="demand_scenario",
        value_name="demand_ha_per_year",
    )


def compute_halving(
    yearly: pl.DataFrame, by: str, *, kept_pct: float, guarantee_ha: float
) -> pl.DataFrame:
    """The benchmark « −50 % »: consumed 2011–2020, allowed 2021–2030, used since 2021.

    Computed on each ``by`` as it is: an EPCI's allowance is not the sum of its communes'. It is
    null where the reference decade is not complete.
    """
    year, consumed = pl.col("year"), pl.col("consumed_ha")
    reference = year.is_between(REFERENCE_FIRST, REFERENCE_LAST)
    since = year.is_between(TARGET_FIRST, TARGET_LAST)
    whole = (reference & consumed.is_not_null()).sum() == REFERENCE_LAST - REFERENCE_FIRST + 1
    used_known = consumed.filter(since).is_not_null().all() & since.any()
    activity_known = pl.col("activity_ha").filter(since).is_not_null().all() & since.any()
    found = yearly.group_by(by).agg(
        reference_consumed_ha=pl.when(whole).then(consumed.filter(reference).sum()),
        used_since_2021_ha=pl.when(used_known).then(consumed.filter(since).sum()),
        activity_since_2021_ha=pl.when(activity_known).then(
            pl.col("activity_ha").filter(since).sum()
        ),
        last_consumption_year=year.max(),
    )
    allowed = pl.max_horizontal(
        pl.col("reference_consumed_ha") * kept_pct / 100, pl.lit(guarantee_ha)
    )
    used, used_ha = pl.col("used_since_2021_ha"), pl.col("activity_since_2021_ha")
    return found.with_columns(
        allowed_2021_2030_ha=pl.when(pl.col("reference_consumed_ha").is_not_null()).then(allowed)
    ).with_columns(
        used_share_pct=pl.when(pl.col("allowed_2021_2030_ha") > 0).then(
            100 * used / pl.col("allowed_2021_2030_ha")
        ),
        activity_share_pct=pl.when(used > 0).then(100 * used_ha / used),
    )


def compute_years_left(supply_ha: pl.Expr, demand_ha: pl.Expr) -> pl.Expr:
    """Years that a supply lasts at a yearly demand; null where there is no demand."""
    return pl.when(demand_ha > 0).then(supply_ha / demand_ha)
