"""Candidates for the consultation: units with a potential, scored by the planner's weights."""

import geopandas as gpd
import polars as pl
import shapely

from assets.land.balance import taken_by
from assets.land.constraints import distances
from assets.land.contracts.potential import CANDIDATES
from assets.land.occupation import stocked
from assets.land.planner_files import candidate_weights
from observatory.land.balance import take_permits
from observatory.land.candidates import rank_candidates, score_criteria
from observatory.land.prices import BUILDING_PLOT
from observatory.pipeline.drafts import draft_asset, empty_draft
from observatory.pipeline.run_settings import RunSettings
from observatory.storage.frames import HandedOver


@draft_asset(CANDIDATES, facts=lambda settings: {"weights": str(candidate_weights(settings))})
def land_candidates(
    land_units: gpd.GeoDataFrame,
    land_prices_by_commune: pl.DataFrame,
    clean_transport__stops: pl.DataFrame,
    clean_sdes__sitadel_premises: HandedOver,
    geography_communes: pl.DataFrame,
    settings: RunSettings,
) -> pl.DataFrame:
    """Units with a potential that nothing forbids, scored by the planner's weights.

    What is under a permit is taken.
    """
    if land_units.empty:
        return empty_draft(CANDIDATES)
    shapes = land_units.geometry.to_numpy()
    placed = clean_transport__stops
    stops = shapely.points(placed["x_m"].to_numpy(), placed["y_m"].to_numpy())
    stock = stocked(land_units).with_columns(stop_m=distances(shapes, stops))
    rows = with_potential(take_permits(stock, taken_by(clean_sdes__sitadel_premises, stock)))
    rows = rows.join(
        price_ratios(land_prices_by_commune, geography_communes), on="commune_code", how="left"
    )
    return rank_candidates(score_criteria(rows), candidate_weights(settings))


def with_potential(units: pl.DataFrame) -> pl.DataFrame:
    """Units that could take a firm, with ``potential`` and ``usable_m2``; what forbids is out."""
    order = ("brownfield", "free", "vacant", "densifiable")
    potential = pl.lit(None, pl.String)
    usable: pl.Expr = pl.lit(0.0)
    for name in reversed(order):
        there = pl.col(f"{name}_m2") > 0
        potential = pl.when(there).then(pl.lit(name)).otherwise(potential)
        usable = pl.when(there).then(f"{name}_m2").otherwise(usable)
    return units.with_columns(potential=potential, usable_m2=usable).filter(
        pl.col("potential").is_not_null(), pl.col("constraint_outcome") != "forbidden"
    )


def price_ratios(prices: pl.DataFrame, communes: pl.DataFrame) -> pl.DataFrame:
    """Land price of each commune over that of its EPCI; null where either is."""
    land = prices.filter((pl.col("land_nature") == BUILDING_PLOT) & (pl.col("setting") == "park"))
    own = land.filter(pl.col("territory_level") == "commune").select(
        commune_code="territory_code", _own="price_median_eur_m2"
    )
    epci = land.filter(pl.col("territory_level") == "epci").select(
        epci_code="territory_code", _epci="price_median_eur_m2"
    )
    return (
        communes.select("commune_code", "epci_code")
        .join(own, on="commune_code", how="left")
        .join(epci, on="epci_code", how="left")
        .select("commune_code", price_ratio=pl.col("_own") / pl.col("_epci"))
    )
