"""Chooses the perimeter that serves each commune; locates and names the economic sites.

Best first: the EPCI's own inventory, the regional file, the national FUSAC, BD TOPO. The inventory
holds the EPCI's parks alone, so others are added beside it; of the others, a commune is served by
the best that has a site in it. A site that overlaps a better one is left out.
"""

import hashlib
import re
from collections.abc import Sequence

import numpy as np
import polars as pl
import shapely

from observatory.geography.joins import measure_overlaps

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
OVERLAP_SHARE = 0.1
SHARE_OF_COMMUNE = 0.01


def choose_sites(
    layers: Sequence[tuple[pl.DataFrame, np.ndarray]],
    *,
    communes: pl.DataFrame,
    outlines: np.ndarray,
    local: pl.Series | None,
) -> tuple[pl.DataFrame, np.ndarray]:
    """Choose the sites of the territory, with ``site_id``, ``commune_code``, ``commune_codes``.

    ``layers`` are rows and shapes (metres) of each source, best first and the inventory first
    of all; ``communes`` has ``commune_code`` row by row with ``outlines``; ``local`` lists the
    communes of the territory. Where no outline of the territory is known, sites that lie in no
    outline at all are kept, without a commune.
    """
    if local is not None and not communes["commune_code"].is_in(local.implode()).any():
        local = None
    chosen_rows: list[pl.DataFrame] = []
    chosen_shapes: list[np.ndarray] = []
    served: set[str] = set()
    for rank, (rows, shapes) in enumerate(layers):
        if not len(rows):
            continue
        placed = _locate_sites(rows, shapes, communes, outlines)
        if local is not None:
            inside = placed["commune_code"].is_in(local.implode()).fill_null(value=False)
            fresh = ~placed["commune_code"].is_in(list(served)).fill_null(value=False)
            is_chosen = (inside & fresh).to_numpy()
        else:  # what lies in a known commune lies in another territory
            is_chosen = placed["commune_code"].is_null().to_numpy() & (not chosen_rows)
        if chosen_shapes:
            is_chosen &= ~_find_overlapping(shapes, np.concatenate(chosen_shapes))
        chosen_rows.append(placed.filter(pl.Series(is_chosen)))
        chosen_shapes.append(shapes[is_chosen])
        if rank != INVENTORY_RANK:
            served |= set(chosen_rows[-1]["commune_code"].drop_nulls())
    if not chosen_rows:
        return pl.DataFrame(schema=SITE_SCHEMA), np.array([], dtype=object)
    return _name_sites(pl.concat(chosen_rows), np.concatenate(chosen_shapes))


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


def _find_overlapping(shapes: np.ndarray, better: np.ndarray) -> np.ndarray:
    """Find the shapes of which more than a tenth lies in ``better`` ones."""
    at, _, shared = measure_overlaps(shapes, better)
    covered = np.bincount(at, shared, minlength=len(shapes))
    return covered > OVERLAP_SHARE * shapely.area(shapes)


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
