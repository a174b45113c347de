"""Measures built footprint, what is left to build on, and land per job.

Sources: CES is the footprint of buildings over the area of the unit (code de l'urbanisme R420-1
for the footprint); thresholds of 1 500 m² and 0.30 follow the AURG study of Pays Voironnais. The
divisible remainder is a buffer test: what stays after buildings and 5 m around them are taken
away, where a strip of 30 m wide fits; the largest part of it.
"""

import numpy as np
import polars as pl
import shapely

from observatory.geography.crs import M2_PER_HA

BUILDING_MARGIN_M = 5.0
HALF_WIDTH_M = 15.0


def measure_overlap_m2(shapes: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Measure the area of each shape that is under any of ``others``, each m² counted once."""
    covered = np.zeros(len(shapes))
    if not len(shapes) or not len(others):
        return covered
    tree = shapely.STRtree(others)
    at, other = tree.query(shapes, predicate="intersects")
    if not len(at):
        return covered
    pieces = shapely.intersection(shapes[at], others[other])
    order = np.argsort(at, kind="stable")
    at, pieces = at[order], pieces[order]
    starts = np.flatnonzero(np.diff(at, prepend=-1))
    counts = np.diff(np.append(starts, len(at)))
    single = counts == 1
    covered[at[starts[single]]] = shapely.area(pieces[starts[single]])
    for start, count in zip(starts[~single], counts[~single], strict=True):
        covered[at[start]] = shapely.area(shapely.union_all(pieces[start : start + count]))
    return covered


def measure_divisible_m2(shapes: np.ndarray, buildings: np.ndarray) -> np.ndarray:
    """Measure the largest free part (m²) of each shape that is at least 30 m wide."""
    free = shapes.copy()
    if len(buildings) and len(shapes):
        kept_clear = shapely.buffer(buildings, BUILDING_MARGIN_M, join_style="mitre")
        at, other = shapely.STRtree(kept_clear).query(shapes, predicate="intersects")
        for index in np.unique(at):
            taken = shapely.union_all(kept_clear[other[at == index]])
            free[index] = shapely.difference(shapes[index], taken)
    core = shapely.buffer(free, -HALF_WIDTH_M, join_style="mitre")
    opened = shapely.intersection(shapely.buffer(core, HALF_WIDTH_M, join_style="mitre"), free)
    parts, owner = shapely.get_parts(opened, return_index=True)
    largest = np.zeros(len(shapes))
    np.maximum.at(largest, owner, shapely.area(parts))
    return largest


def is_densifiable(*, smallest_m2: float, highest_built_share_pct: float) -> pl.Expr:
    """Whether a unit is to be looked at: large, little built, occupied or undetermined.

    Null where its buildings are not known.
    """
    built = pl.col("built_share_pct")
    return pl.when(built.is_not_null()).then(
        (pl.col("area_m2") >= smallest_m2)
        & (built < highest_built_share_pct)
        & pl.col("occupation_state").is_in(["occupied", "undetermined"])
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
