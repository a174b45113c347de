"""Chooses the perimeter that serves each commune; locates and names the economic sites.

Best first: the EPCI's own inventory, the regional file, the national FUSAC, BD TOPO. The inventory
holds the EPCI's parks alone, so others are added beside it; of the others, a commune is served by
the best that has a site in it. The same ground counts once: a site loses to a better one what they
share, and of one source the larger loses it to the smaller, which is drawn more closely. What is
left of it is a site as long as it is ground; strips along the other's border are not.
"""

import hashlib
import re
from collections.abc import Sequence

import numpy as np
import polars as pl
import shapely

from observatory.geography.joins import each, find_meeting, measure_overlaps, unite

SITE_TYPES = (
    "zone d'activité économique",
    "site économique historique hors ZAE",
    "établissement économique isolé",
    "zone AU à vocation économique",
    "inconnu",
)
ZAE = SITE_TYPES[0]
CNIG_SITE = r"^(?:\d{5}|2[AB]\d{3})_SITE-ECO_\w+$"
INVENTORY_RANK = 0
SHARE_OF_COMMUNE = 0.01
# two outlines of one border differ by less than this: m², and m of half a strip's width
LEAST_OVERLAP_M2 = 1.0
LEAST_GROUND_M2 = 2_000.0
HALF_STRIP_M = 10.0
POLYGON = 3
PLACES = ("commune_code", "commune_codes")
CUTS = pl.Schema(
    {
        "source_key": pl.String(),
        "source_sha256": pl.String(),
        "source_sheet": pl.String(),
        "source_line": pl.Int64(),
        "area_m2": pl.Float64(),
        "shared_m2": pl.Float64(),
        "lost_m2": pl.Float64(),
        "is_site_kept": pl.Boolean(),
    }
)


def choose_sites(
    layers: Sequence[tuple[pl.DataFrame, np.ndarray]],
    *,
    communes: pl.DataFrame,
    outlines: np.ndarray,
    local: pl.Series | None,
) -> tuple[pl.DataFrame, np.ndarray, pl.DataFrame]:
    """Choose the sites of the territory, with ``site_id``, ``commune_code``, ``commune_codes``.

    ``layers`` are rows and shapes (metres) of each source, best first and the inventory first
    of all; ``communes`` has ``commune_code`` row by row with ``outlines``; ``local`` lists the
    communes of the territory. Where no outline of the territory is known, sites that lie in no
    outline at all are kept, without a commune. Returned last: the cuts (``CUTS``), with the line
    of each perimeter, its area, what it shared, and what of the rest is too thin to be a site.
    """
    if local is not None and not communes["commune_code"].is_in(local.implode()).any():
        local = None
    chosen_rows = [pl.DataFrame(schema=SITE_SCHEMA)]
    chosen_shapes = [np.array([], dtype=object)]
    cuts = [pl.DataFrame(schema=CUTS)]
    served: set[str] = set()
    for rank, (rows, shapes) in enumerate(layers):
        if not len(rows):
            continue
        placed = _locate_sites(rows, shapes, communes, outlines)
        is_chosen = _find_wanted(placed["commune_code"], local, served, chosen_rows)
        own, left, cut = _cut_sites(
            placed.filter(pl.Series(is_chosen)), shapes[is_chosen], np.concatenate(chosen_shapes)
        )
        if cut.height:  # most of what is left of a site may lie in another commune
            again = _locate_sites(own.drop(PLACES), left, communes, outlines)
            stays = True if local is None else pl.col("commune_code").is_in(local.implode())
            own = again.with_columns(pl.when(stays).then("commune_code").otherwise(own[PLACES[0]]))
        cuts.append(cut)
        chosen_rows.append(own)
        chosen_shapes.append(left)
        if rank != INVENTORY_RANK:
            served |= set(own["commune_code"].drop_nulls())
    every = pl.concat(chosen_rows, how="diagonal")
    return *_name_sites(every, np.concatenate(chosen_shapes)), pl.concat(cuts)


def _find_wanted(
    communes: pl.Series, local: pl.Series | None, served: set[str], chosen: list[pl.DataFrame]
) -> np.ndarray:
    """Find the sites of the territory in communes that no better source serves."""
    if local is None:  # what lies in a known commune lies in another territory
        is_unplaced: np.ndarray = communes.is_null().to_numpy() & (not sum(map(len, chosen)))
        return is_unplaced
    inside = communes.is_in(local.implode()).fill_null(value=False)
    is_fresh = ~communes.is_in(list(served)).fill_null(value=False)
    return (inside & is_fresh).to_numpy()


def _cut_sites(
    rows: pl.DataFrame, shapes: np.ndarray, better: np.ndarray
) -> tuple[pl.DataFrame, np.ndarray, pl.DataFrame]:
    """Cut off what better sites and smaller ones of the same source hold; and what was cut."""
    left = cut_off(shapes, better)
    order = np.argsort(shapely.area(left), kind="stable")
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    larger, smaller = find_meeting(left, left)
    is_first = rank[smaller] < rank[larger]
    left = _take_away(left, larger[is_first], left[smaller[is_first]])
    whole, rest = shapely.area(shapes), shapely.area(left)
    is_cut = whole - rest >= LEAST_OVERLAP_M2
    ground = np.where(is_cut, keep_ground(left), shapes)
    is_kept = ~shapely.is_empty(ground)
    cut = rows.select(pl.col(name) for name in list(CUTS)[:4]).with_columns(
        area_m2=pl.Series(whole),
        shared_m2=pl.Series(whole - rest),
        lost_m2=pl.Series(rest - shapely.area(ground)),
        is_site_kept=pl.Series(is_kept, dtype=pl.Boolean),
    )
    cut = cut.filter(pl.Series(is_cut, dtype=pl.Boolean)).cast(CUTS)
    return rows.filter(pl.Series(is_kept, dtype=pl.Boolean)), ground[is_kept], cut


def cut_off(shapes: np.ndarray, better: np.ndarray) -> np.ndarray:
    """Take away from each shape what lies in any of ``better``."""
    at, by = find_meeting(shapes, better)
    return _take_away(shapes, at, better[by])


def _take_away(shapes: np.ndarray, at: np.ndarray, taken: np.ndarray) -> np.ndarray:
    """Take pieces away from the shapes at indices ``at``."""
    left = shapes.copy()
    order = np.argsort(at, kind="stable")
    found, group = np.unique(at[order], return_inverse=True)
    if len(found):
        united = unite(taken[order], group)
        left[found] = each(shapely.difference, shapes[found], united)
    return left


def keep_ground(shapes: np.ndarray, half_width_m: float = HALF_STRIP_M) -> np.ndarray:
    """Keep the parts of each shape that are ground, not strips: 2 000 m², wide enough somewhere."""
    parts, owner = shapely.get_parts(shapes, return_index=True)
    is_large = (shapely.get_type_id(parts) == POLYGON) & (shapely.area(parts) >= LEAST_GROUND_M2)
    parts, owner = parts[is_large], owner[is_large]
    is_wide = ~shapely.is_empty(shapely.buffer(parts, -half_width_m, join_style="mitre"))
    parts, owner = parts[is_wide], owner[is_wide]
    kept = np.full(len(shapes), shapely.MultiPolygon(), dtype=object)
    found, group = np.unique(owner, return_inverse=True)
    if len(found):
        kept[found] = shapely.multipolygons(parts, indices=group)
    return kept


def _name_sites(rows: pl.DataFrame, shapes: np.ndarray) -> tuple[pl.DataFrame, np.ndarray]:
    """Give each site its ``site_id``, and sort rows and shapes by it."""
    rows = rows.with_columns(site_id=pl.Series(_identify_sites(rows, shapes), dtype=pl.String))
    order = rows["site_id"].arg_sort().to_numpy()
    return rows[order].select(list(SITE_SCHEMA)).cast(SITE_SCHEMA), shapes[order]


SITE_SCHEMA = pl.Schema(
    {
        "site_id": pl.String(),
        "source_key": pl.String(),
        "source_id": pl.String(),
        "site_name": pl.String(),
        "site_type": pl.String(),
        "declared_vocation": pl.String(),
        "commune_code": pl.String(),
        "commune_codes": pl.String(),
    }
)


def _locate_sites(
    rows: pl.DataFrame, shapes: np.ndarray, communes: pl.DataFrame, outlines: np.ndarray
) -> pl.DataFrame:
    """Add the commune that holds most of each site, and all that hold one percent of it."""
    site, commune, area = measure_overlaps(shapes, outlines)
    links = pl.DataFrame({"_site": site, "_commune": commune, "_area": area}).with_columns(
        _whole=pl.Series(shapely.area(shapes)[site])
    )
    codes = communes["commune_code"]
    links = links.filter(pl.col("_area") >= SHARE_OF_COMMUNE * pl.col("_whole"))
    named = links.with_columns(commune_code=codes[links["_commune"].to_numpy()])
    best = (
        named.sort("_site", "_area", "commune_code", descending=[False, True, False])
        .group_by("_site", maintain_order=True)
        .agg(
            pl.col("commune_code").first(),
            commune_codes=pl.col("commune_code").sort().str.join("|"),
        )
    )
    numbered = rows.with_columns(_site=pl.int_range(len(rows), dtype=pl.Int64))
    return numbered.join(
        best.with_columns(pl.col("_site").cast(pl.Int64)), on="_site", how="left"
    ).drop("_site")


def _identify_sites(rows: pl.DataFrame, shapes: np.ndarray) -> list[str]:
    """List identifiers in the form of the standard; a site without one is named by its place."""
    points = np.round(shapely.get_coordinates(shapely.point_on_surface(shapes)))
    identifiers: list[str] = []
    used: set[str] = set()
    for (source, commune), (x, y) in zip(
        rows.select("source_id", "commune_code").rows(), points, strict=True
    ):
        place = hashlib.sha256(f"{x:.0f} {y:.0f}".encode()).hexdigest()[:8]
        bare = "".join(c for c in source or "" if c.isalnum() or c == "_") or place
        is_standard = source and re.match(CNIG_SITE, source)
        name = source if is_standard else f"{commune or '00000'}_SITE-ECO_{bare}"
        name = name if name not in used else f"{name}_{place}"
        used.add(name)
        identifiers.append(name)
    return identifiers
