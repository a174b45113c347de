"""Scores candidates for the consultation by several criteria, each shown beside the score.

A unit's score is the mean of the criteria that are known, by the planner's weights; the
reliability index is the share of the weights that is known, lowered where occupation is only
presumed. No criterion is filled in where nothing is known.
"""

import polars as pl

from observatory.land.sums import add_up

CRITERIA = ("area", "state", "access", "zoning", "risk", "price", "density")
STATE_SCORES = {"brownfield": 100.0, "free": 90.0, "vacant": 75.0, "densifiable": 45.0}
OUTCOME_SCORES = {"none_known": 100.0, "conditional": 40.0, "forbidden": 0.0}
CERTAINTY = {"surveyed": 1.0, "high": 1.0, "medium": 0.8, "low": 0.5, "none": 0.4}
SMALLEST_M2, LARGEST_M2 = 500.0, 50_000.0
NEAR_ROAD_M, FAR_ROAD_M = 500.0, 5_000.0
NEAR_STOP_M, FAR_STOP_M = 300.0, 1_500.0


def _score_falling(value: pl.Expr, near: float, far: float) -> pl.Expr:
    """Score 100 up to ``near``, 0 from ``far``, in a straight line between."""
    return (100 * (far - value) / (far - near)).clip(0, 100)


def score_criteria(units: pl.DataFrame) -> pl.DataFrame:
    """Add ``<criterion>_score`` (0 to 100, null where unknown) for each of ``CRITERIA``.

    ``units`` has ``usable_m2``, ``potential``, ``road_m``, ``stop_m``, ``zone_outcome``,
    ``risk_outcome``, ``price_ratio`` (price of the commune over that of the EPCI) and
    ``built_share_pct``. The larger of 500 m² and 5 ha is 100 by the logarithm of the area.
    """
    area = pl.col("usable_m2").clip(SMALLEST_M2, LARGEST_M2).log()
    low, high = pl.lit(SMALLEST_M2).log(), pl.lit(LARGEST_M2).log()
    road = _score_falling(pl.col("road_m"), NEAR_ROAD_M, FAR_ROAD_M)
    stop = _score_falling(pl.col("stop_m"), NEAR_STOP_M, FAR_STOP_M)

    def outcome(column: str) -> pl.Expr:
        return pl.col(column).replace_strict(OUTCOME_SCORES, default=None, return_dtype=pl.Float64)

    return units.with_columns(
        area_score=100 * (area - low) / (high - low),
        state_score=pl.col("potential").replace_strict(
            STATE_SCORES, default=None, return_dtype=pl.Float64
        ),
        access_score=pl.mean_horizontal(road, stop),
        zoning_score=outcome("zone_outcome"),
        risk_score=outcome("risk_outcome"),
        price_score=_score_falling(pl.col("price_ratio"), 0.5, 2.0),
        density_score=(100 - pl.col("built_share_pct") / 0.3).clip(0, 100),
    )


def rank_candidates(units: pl.DataFrame, weights: dict[str, float]) -> pl.DataFrame:
    """Add ``candidate_score``, ``reliability_pct`` and ``candidate_rank`` (1 is best).

    ``weights`` holds one for each of ``CRITERIA``, not all zero. A score is from 0 to 100.
    """
    total = sum(weights.values())
    values = {name: pl.col(f"{name}_score") for name in CRITERIA}
    known = add_up(
        pl.when(value.is_not_null()).then(weights[name]).otherwise(0.0)
        for name, value in values.items()
    )
    weighed = add_up(value * weights[name] for name, value in values.items())
    sure = pl.col("occupation_confidence").replace_strict(
        CERTAINTY, default=0.4, return_dtype=pl.Float64
    )
    return (
        units.with_columns(
            candidate_score=pl.when(known > 0).then(weighed / known),
            reliability_pct=100 * known / total * sure,
        )
        .with_columns(
            candidate_rank=pl.struct(pl.col("candidate_score").fill_null(-1), "unit_id")
            .rank("ordinal", descending=True)
            .cast(pl.Int64)
        )
        .sort("candidate_rank")
    )
