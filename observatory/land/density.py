"""Measures built footprint, what is left to build on, and land per job.

Sources: CES is the footprint of buildings over the area of the unit (code de l'urbanisme R420-1
for the footprint); thresholds of 1 500 m² and 0.30 follow the AURG study of Pays Voironnais. The
divisible remainder is a buffer test: what stays after buildings and 5 m around them are taken
away, and what is forbidden, where a strip of 30 m wide fits; the largest part of it.
"""

from functools import partial

import numpy as np
import polars as pl
import shapely

from observatory.geography.crs import M2_PER_HA
from observatory.geography.joins import cut_overlaps, each, find_meeting, find_near, repair, unite
from observatory.land.units import UNBUILT_SHARE

BUILDING_MARGIN_M = 5.0
HALF_WIDTH_M = 15.0
# a corner of what is widened is at most that many times as far out as its sides
MITRE_LIMIT = 5.0
# buildings further off leave a unit as it is
NEAR_M = MITRE_LIMIT * BUILDING_MARGIN_M


def measure_overlap_m2(shapes: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Measure the area of each shape that is under any of ``others``, each m² counted once."""
    covered = np.zeros(len(shapes))
    at, _, pieces = cut_overlaps(shapes, others)
    under, covered_by = _unite_by_shape(at, pieces)
    covered[under] = shapely.area(covered_by)
    return covered


def find_divisible(shapes: np.ndarray, buildings: np.ndarray) -> np.ndarray:
    """Find the free ground of each shape that is at least 30 m wide, away from buildings."""
    return _keep_wide(_without(shapes, *_find_kept_clear(shapes, buildings)))


def measure_divisible_m2(divisible: np.ndarray, forbidden: np.ndarray) -> np.ndarray:
    """Measure the largest part (m²) of divisible ground that is still as wide off forbidden ground.

    Ground that is missing measures nothing (NaN): its buildings are not known.
    """
    left = divisible.copy()
    at, area = find_meeting(divisible, forbidden)
    met = np.unique(at)
    left[met] = _keep_wide(_without(divisible, at, forbidden[area])[met])
    parts, owner = shapely.get_parts(left, return_index=True)
    largest = np.where(shapely.is_missing(divisible), np.nan, 0.0)
    np.maximum.at(largest, owner, shapely.area(parts))
    return largest


def _without(shapes: np.ndarray, at: np.ndarray, taken: np.ndarray) -> np.ndarray:
    """Shapes without what is taken of them, each piece of it listed with the shape it is at."""
    free = shapes.copy()
    found, united = _unite_by_shape(at, taken)
    free[found] = each(shapely.difference, shapes[found], united)
    return free


def _keep_wide(free: np.ndarray) -> np.ndarray:
    """What of each shape is at least 30 m wide."""
    wide = _widen(_widen(free, -HALF_WIDTH_M), HALF_WIDTH_M)
    return each(shapely.intersection, wide, free)


def _find_kept_clear(shapes: np.ndarray, buildings: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Find the ground kept clear near each shape: buildings and 5 m around them."""
    near = buildings[np.unique(find_near(shapes, buildings, NEAR_M)[1])]
    kept_clear = _widen(near, BUILDING_MARGIN_M)
    at, around = find_meeting(shapes, kept_clear)
    return at, kept_clear[around]


def _widen(shapes: np.ndarray, distance_m: float) -> np.ndarray:
    """Move the sides of shapes out or in, corners kept; what comes out invalid is repaired."""
    grow = partial(shapely.buffer, distance=distance_m, join_style="mitre", mitre_limit=MITRE_LIMIT)
    return repair(each(grow, shapes))


def _unite_by_shape(at: np.ndarray, pieces: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Unite the pieces of each shape that has any: their indices, and what they cover."""
    order = np.argsort(at, kind="stable")
    found, group = np.unique(at[order], return_inverse=True)
    return found, unite(pieces[order], group)


def is_densifiable(*, smallest_m2: float, highest_built_share_pct: float) -> pl.Expr:
    """Whether a unit is to be looked at: large, little built, with a part to divide or build on.

    ``divisible_m2`` is net of what is forbidden. Occupied or undetermined units only, and of these
    no bare one: it may be a field. Null where buildings are not known.
    """
    built, state = pl.col("built_share_pct"), pl.col("occupation_state")
    is_bare = built < 100 * UNBUILT_SHARE
    return pl.when(built.is_not_null()).then(
        (pl.col("area_m2") >= smallest_m2)
        & (built < highest_built_share_pct)
        & (pl.col("divisible_m2") > 0)
        & ((state == "occupied") | ((state == "undetermined") & ~is_bare))
    )


def compute_land_per_job(sites: pl.DataFrame) -> pl.DataFrame:
    """Compute hectares per 1 000 jobs of the territory's parks by vocation: median, quartiles.

    ``sites`` has ``dominant_vocation``, ``area_m2``, ``job_count_low`` and ``job_count_high``; a
    park without a known job is not counted. Jobs are the middle of their bounds.
    """
    jobs = (pl.col("job_count_low") + pl.col("job_count_high")) / 2
    value = pl.col("area_m2") / M2_PER_HA / jobs * 1_000
    known = sites.filter(jobs > 0).with_columns(_value=value)
    return (
        known.group_by("dominant_vocation")
        .agg(
            site_count=pl.len().cast(pl.Int64),
            land_per_1000_jobs_ha=pl.col("_value").median(),
            land_per_1000_jobs_q1_ha=pl.col("_value").quantile(0.25, "linear"),
            land_per_1000_jobs_q3_ha=pl.col("_value").quantile(0.75, "linear"),
        )
        .sort("dominant_vocation")
    )
