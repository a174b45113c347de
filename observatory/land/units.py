"""Builds land units (unités foncières): contiguous parcels of one owner inside a site.

Source: code de l'urbanisme L318-8-2; topology rules of the UF-ECO model of Bourgogne-Franche-Comté
(a unit lies inside a site, is covered by its parcels, overlaps no other, has one part, may have
holes). An owner without open identity (natural persons, unknown) keeps each parcel apart.
"""

from functools import partial

import numpy as np
import polars as pl
import shapely

from observatory.geography.joins import (
    cut_overlaps,
    each,
    find_meeting,
    find_near,
    number_groups,
    repair,
    unite,
)

INSIDE_SHARE = 0.5
INSIDE_M2 = 2_000.0
SLIVER_M2 = 20.0
# less than this is how corners are rounded
SHARED_M2 = 1.0
GAP_M = 0.05
SHARED_EDGE_M = 1.0
# a strip of public land this narrow and that many times as long is a road, a path or a ditch
COMMON_WIDTH_M, COMMON_ELONGATION = 16.0, 4.0
# what fills less of the oriented rectangle around it is bent or forks
BENT_SHARE = 0.5
# under this built share a unit counts as without building: sheds, transformers, walls
UNBUILT_SHARE = 0.02
POLYGON = 3


def select_parcels_in_sites(
    parcels: pl.DataFrame,
    parcel_shapes: np.ndarray,
    sites: pl.DataFrame,
    site_shapes: np.ndarray,
) -> tuple[pl.DataFrame, np.ndarray]:
    """Select the parcels that lie in a site, with ``site_id`` and the shape of what is inside.

    ``parcels`` has ``parcel_id`` and ``owner_account``, ``sites`` has ``site_id``. A parcel counts
    from half of its area, or 2 000 m² of it, inside; of two sites the one that holds more has it.
    Ground that two parcels hold is the first one's.
    """
    parcel, site, inside = cut_overlaps(parcel_shapes, site_shapes)
    area = shapely.area(inside)
    whole = shapely.area(parcel_shapes[parcel])
    counts = (area >= INSIDE_SHARE * whole) | (area >= INSIDE_M2)
    links = (
        pl.DataFrame({"_parcel": parcel, "_site": site, "_area": area, "_link": range(len(area))})
        .filter(pl.Series(counts, dtype=pl.Boolean))
        .sort("_parcel", "_area", "_site", descending=[False, True, False])
        .unique("_parcel", keep="first", maintain_order=True)
    )
    rows = parcels[links["_parcel"].to_numpy()].with_columns(
        site_id=sites["site_id"][links["_site"].to_numpy()]
    )
    return rows, _share_out(inside[links["_link"].to_numpy()])


def _share_out(shapes: np.ndarray) -> np.ndarray:
    """Cut what parcels share: the ground of two counts once, with the first of them."""
    a, b = find_meeting(shapes, shapes)
    a, b = a[a < b], b[a < b]
    # neighbours touch: their common ground is none, and need not be cut out
    apart = each(shapely.touches, shapes[a], shapes[b])
    a, b = a[~apart], b[~apart]
    twice = shapely.area(each(shapely.intersection, shapes[a], shapes[b])) >= SHARED_M2
    cut = shapes.copy()
    for first, second in zip(a[twice], b[twice], strict=True):
        cut[[second]] = each(shapely.difference, cut[[second]], cut[[first]])
    return cut


def build_units(
    parcels: pl.DataFrame, shapes: np.ndarray
) -> tuple[pl.DataFrame, np.ndarray, pl.DataFrame]:
    """Build the units, their shapes, and the links of each to its parcels.

    ``parcels`` (from ``select_parcels_in_sites``) has ``parcel_id``, ``site_id``,
    ``owner_account`` (null where nobody is known) and ``commune_code``. Units have ``unit_id``,
    ``site_id``, ``commune_code``, ``owner_account``, ``area_m2`` (m²), ``parcel_count`` and
    ``parcel_ids``.
    """
    rows = parcels.with_row_index("_at").with_columns(
        _owner=pl.coalesce("owner_account", pl.format("parcel {}", "parcel_id"))
    )
    groups = _group_parcels(rows, shapes)
    rows = rows.with_columns(_unit=pl.Series(groups, dtype=pl.Int64))
    order = np.argsort(groups, kind="stable")
    parts, owner = shapely.get_parts(_merge_groups(shapes[order], groups[order]), return_index=True)
    is_solid = (shapely.get_type_id(parts) == POLYGON) & (shapely.area(parts) >= SLIVER_M2)
    parts, owner = parts[is_solid], owner[is_solid]
    described = rows.group_by("_unit").agg(
        pl.col("parcel_id").sort(),
        pl.col("site_id").first(),
        pl.col("owner_account").first(),
        pl.col("commune_code").sort().first(),
    )
    pieces = pl.DataFrame(
        {"_unit": owner, "_piece": range(len(owner)), "area_m2": shapely.area(parts)},
        schema={"_unit": pl.Int64, "_piece": pl.Int64, "area_m2": pl.Float64},
    ).join(described, on="_unit")
    units = _name_units(_assign_parcels_to_pieces(pieces, parts, rows, shapes))
    links = units.select("unit_id", "parcel_id").explode("parcel_id")
    columns = ("unit_id", "site_id", "commune_code", "owner_account", "area_m2")
    return (
        units.select(*columns, "parcel_count", "parcel_ids"),
        parts[units["_piece"].to_numpy()],
        links,
    )


def _name_units(pieces: pl.DataFrame) -> pl.DataFrame:
    """Name each piece after its first parcel; further pieces of it get a number, by area."""
    rank = pl.int_range(pl.len()).over("_first")
    suffix = pl.when(rank > 0).then(pl.format("-{}", rank + 1)).otherwise(pl.lit(""))
    return (
        pieces.with_columns(_first=pl.col("parcel_id").list.first())
        .sort("_first", "area_m2", "_piece", descending=[False, True, False])
        .with_columns(
            unit_id=pl.format("{}_TERRAIN-ECO_{}{}", "commune_code", "_first", suffix),
            parcel_count=pl.col("parcel_id").list.len().cast(pl.Int64),
            parcel_ids=pl.col("parcel_id").list.join("|"),
        )
        .sort("unit_id")
    )


def _group_parcels(rows: pl.DataFrame, shapes: np.ndarray) -> np.ndarray:
    """Number the groups of parcels of one site and owner that share an edge of a metre."""
    size = len(rows)
    if not size:
        return np.array([], dtype=np.int64)
    account = rows.select(pl.struct("site_id", "_owner").rank("dense")).to_series().to_numpy()
    a, b = find_near(shapes, shapes, GAP_M)
    same = (a < b) & (account[a] == account[b])
    a, b = a[same], b[same]
    strip = each(partial(shapely.buffer, distance=GAP_M, quad_segs=1), shapes[b])
    edge = shapely.length(each(shapely.intersection, shapely.boundary(shapes[a]), strip))
    touching = edge >= SHARED_EDGE_M
    return number_groups(a[touching], b[touching], size)


def _merge_groups(shapes: np.ndarray, group: np.ndarray) -> np.ndarray:
    """Unite the shapes of each group (sorted); gaps of a few centimetres are closed."""
    several = np.bincount(group)[group] > 1
    merged = np.empty(group.max(initial=-1) + 1, dtype=object)
    merged[group[~several]] = shapes[~several]
    numbers, united = np.unique(group[several], return_inverse=True)
    unions = unite(shapes[several], united)
    apart = shapely.get_num_geometries(unions) > 1
    for distance in (GAP_M, -GAP_M):
        close = partial(shapely.buffer, distance=distance, join_style="mitre")
        unions[apart] = repair(each(close, unions[apart]))
    merged[numbers] = unions
    return merged


def _assign_parcels_to_pieces(
    pieces: pl.DataFrame, parts: np.ndarray, rows: pl.DataFrame, shapes: np.ndarray
) -> pl.DataFrame:
    """Assign its own parcels to each piece of a unit that came out in several pieces."""
    several = pieces.filter(pl.col("_unit").is_duplicated() & (pl.col("parcel_id").list.len() > 1))
    if several.is_empty():
        return pieces
    pairs = several.select("_unit", "_piece").join(
        rows.select("_unit", "_at", pl.col("parcel_id").alias("_parcel")), on="_unit"
    )
    piece, parcel = (pairs[name].to_numpy() for name in ("_piece", "_at"))
    overlap = shapely.area(each(shapely.intersection, parts[piece], shapes[parcel]))
    held = (
        pairs.with_columns(_overlap=pl.Series(overlap))
        .filter(pl.col("_overlap") > 1)
        .group_by("_piece", maintain_order=True)
        .agg(_held=pl.col("_parcel").sort())
    )
    return pieces.join(held, on="_piece", how="left").with_columns(
        parcel_id=pl.coalesce("_held", "parcel_id")
    )


def is_common_area(
    is_public_owner: pl.Series, shapes: np.ndarray, built_m2: pl.Series
) -> pl.Series:
    """Whether a unit is a road, a path or a ditch: public, bare, and a strip by its shape.

    Null where all that is known agrees, and the owner or the buildings (m²) are not known. A shed
    or a transformer makes no plot of a road.
    """
    bare = built_m2 < pl.Series(UNBUILT_SHARE * shapely.area(shapes), dtype=pl.Float64)
    may_be = is_public_owner & bare
    at = np.flatnonzero(may_be.fill_null(value=True).to_numpy())
    is_strip = np.zeros(len(shapes), dtype=bool)
    is_strip[at] = _are_strips(shapes[at])
    return may_be & pl.Series(is_strip, dtype=pl.Boolean)


def _are_strips(shapes: np.ndarray) -> np.ndarray:
    """Which shapes are narrow and long, straight or not: in no case a plot, however small.

    Width is that of the rectangle of the same area and perimeter: exact for a rectangle, and that
    of a strip however it bends or forks. A straight strip fills an oriented rectangle that is long;
    a bent one fills little of its own.
    """
    area, half = shapely.area(shapes), shapely.length(shapes) / 2
    width = (half - np.sqrt(np.maximum(half**2 - 4 * area, 0))) / 2
    narrow = (width > 0) & (width < COMMON_WIDTH_M)
    narrow &= area >= COMMON_ELONGATION * width**2
    found = np.zeros(len(shapes), dtype=bool)
    at = np.flatnonzero(narrow)
    around = shapely.oriented_envelope(shapes[at])
    held = shapely.area(around)
    across = shapely.length(around) / 2
    short = (across - np.sqrt(np.maximum(across**2 - 4 * held, 0))) / 2
    found[at] = (held >= COMMON_ELONGATION * short**2) | (area[at] < BENT_SHARE * held)
    return found
