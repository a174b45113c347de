"""Draws by commune what plans say of ground, for maps: zones for firms, and zones of risk plans.

Sources: zones U and AU of local plans (code de l'urbanisme R151-18 and R151-20), told to be for
firms as ``constraints`` does; zones of risk plans (code de l'environnement L562-1). A commune that
no plan was handed over for is drawn whole, as not known: nothing drawn there would read as none.
"""

import numpy as np
import polars as pl
import shapely

from observatory.geography.joins import cut_overlaps
from observatory.land.constraints import is_closed_zone, is_economic_zone

ZONING_KINDS = ("economic_open", "economic_closed", "zoning_unknown")
RISK_KINDS = ("risk_forbidden", "risk_conditional", "risk_unknown")
KINDS = (*ZONING_KINDS, *RISK_KINDS)
KIND_OF_EFFECT = {
    "forbidden": "risk_forbidden",
    "conditional": "risk_conditional",
    "undetermined": "risk_unknown",
}
# how far a drawn outline may lie from that of its source
SIMPLIFIED_M = 1.0
LEAST_M2 = 1.0


def choose_zoning_kind(zones: pl.DataFrame) -> pl.Series:
    """Choose what each zone of a local plan is drawn as; null for one that is not for firms."""
    columns = (pl.col(c) for c in ("zone_type", "zone_label", "zone_long_label", "destination"))
    closed = is_closed_zone(pl.col("zone_type"), pl.col("zone_label"))
    kind = pl.when(closed).then(pl.lit("economic_closed")).otherwise(pl.lit("economic_open"))
    return zones.select(kind=pl.when(is_economic_zone(*columns)).then(kind))["kind"]


def choose_risk_kind(effects: pl.Series) -> pl.Series:
    """Choose what each zone of a risk plan is drawn as, by its effect; null where it has none."""
    return effects.replace_strict(KIND_OF_EFFECT, default=None, return_dtype=pl.String)


def draw_zones(
    kinds: pl.Series, shapes: np.ndarray, communes: pl.DataFrame, outlines: np.ndarray
) -> tuple[pl.DataFrame, np.ndarray]:
    """Draw ground of each kind by commune, each m² once.

    ``kinds`` stands row by row with ``shapes``, which may be missing: a plan that is known without
    its outline leaves its kind to the caller. ``communes`` has ``commune_code``, ``has_zoning``
    and ``has_risk_plans``, row by row with ``outlines``; where one is false the commune is drawn
    whole, as unknown. Returned: ``commune_code``, ``planning_zone_kind`` and ``area_m2`` (before
    outlines are simplified to a metre), with the shapes.
    """
    wanted = kinds.is_not_null().to_numpy() & ~shapely.is_missing(shapes)
    zone, commune, pieces = cut_overlaps(shapes[wanted], outlines)
    drawn = pl.DataFrame(
        {
            "planning_zone_kind": kinds.filter(pl.Series(wanted, dtype=pl.Boolean))[zone],
            "_commune": commune,
        }
    )
    for column, kind in (("has_zoning", "zoning_unknown"), ("has_risk_plans", "risk_unknown")):
        untold = np.flatnonzero(~communes[column].to_numpy())
        more = pl.DataFrame({"_commune": untold}, schema_overrides={"_commune": pl.Int64})
        drawn = pl.concat(
            [drawn, more.select(pl.lit(kind).alias("planning_zone_kind"), "_commune")],
            how="vertical_relaxed",
        )
        pieces = np.append(pieces, outlines[untold])
    return _dissolve(drawn, pieces, communes["commune_code"])


def _dissolve(
    drawn: pl.DataFrame, pieces: np.ndarray, codes: pl.Series
) -> tuple[pl.DataFrame, np.ndarray]:
    """Put together the pieces of each commune and kind, without what is no ground."""
    grouped = (
        drawn.with_row_index("_at")
        .group_by("_commune", "planning_zone_kind")
        .agg("_at")
        .sort("_commune", "planning_zone_kind")
    )
    whole = np.array(
        [shapely.union_all(pieces[at.to_numpy()]) for at in grouped["_at"]], dtype=object
    )
    parts, owner = shapely.get_parts(whole, return_index=True)
    is_ground = shapely.area(parts) >= LEAST_M2
    ground = np.full(len(whole), shapely.MultiPolygon(), dtype=object)
    found, group = np.unique(owner[is_ground], return_inverse=True)
    if len(found):
        ground[found] = shapely.multipolygons(parts[is_ground], indices=group)
    rows = grouped[found].select(
        "planning_zone_kind",
        commune_code=codes.gather(grouped["_commune"][found]),
        area_m2=pl.Series(shapely.area(ground[found]), dtype=pl.Float64),
    )
    return rows, _as_multipolygons(shapely.simplify(ground[found], SIMPLIFIED_M))


def _as_multipolygons(shapes: np.ndarray) -> np.ndarray:
    """Multipolygons of valid ground, whatever simplifying left of a shape."""
    parts, owner = shapely.get_parts(shapely.make_valid(shapes), return_index=True)
    parts, inner = shapely.get_parts(parts, return_index=True)
    owner = owner[inner]
    is_area = shapely.get_dimensions(parts) == 2  # noqa: PLR2004
    return np.asarray(shapely.multipolygons(parts[is_area], indices=owner[is_area]))
