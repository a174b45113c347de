"""Finds land for firms outside of economic sites: zones to be opened (AU), and brownfields.

Sources: code de l'urbanisme R151-20 (zones AU: some are open, others open once the plan is changed)
and L153-31, 4° (a zone not opened within six years of its creation asks for a revision of the plan,
unless the commune, the EPCI or their operator made significant acquisitions in it). What a plan
holds today was there when it was approved: a zone is at least as old as that.
"""

import datetime as dt
import hashlib

import numpy as np
import polars as pl
import shapely

from observatory.geography.joins import cut_overlaps
from observatory.land.constraints import FUTURE_ZONES, is_closed_zone, is_economic_zone
from observatory.land.sites import count_once, cut_off, keep_ground
from observatory.land.sums import sum_steadily

ZONE_KINDS = ("au_open", "au_closed")
RESERVE_KINDS = (*ZONE_KINDS, "brownfield")
PROCEDURES = ("none", "plan_change", "revision_unless_acquired")
UNOPENED_YEARS = 6
# ground narrower than twice this is what a zone is wider than a park by
HALF_WIDTH_M = 20.0
# who buys for the commune or the EPCI
ACQUIRERS = ("commune", "epci", "public_establishment", "mixed_economy_company")


def select_future_zones(zones: pl.DataFrame) -> pl.Series:
    """Tell which zones are to be opened for firms."""
    columns = (pl.col(c) for c in ("zone_type", "zone_label", "zone_long_label", "destination"))
    future = pl.col("zone_type").str.contains(FUTURE_ZONES).fill_null(value=False)
    return zones.select((future & is_economic_zone(*columns)).alias("is_future"))["is_future"]


def draw_reserve(
    zones: pl.DataFrame,
    shapes: np.ndarray,
    *,
    sites: np.ndarray,
    communes: pl.DataFrame,
    outlines: np.ndarray,
) -> tuple[pl.DataFrame, np.ndarray]:
    """Draw what zones to be opened for firms hold outside of sites, commune by commune.

    ``zones`` has ``zone_type``, ``zone_label``, ``zone_long_label``, ``destination`` and
    ``approved_date``, row by row with ``shapes``; ``communes`` has ``commune_code`` with
    ``outlines``. Of zones that overlap the newest plan's counts, then the smaller. Returned:
    ``zone_id``, ``commune_code``, ``zone_label``, ``reserve_kind``, ``approved_date``, ``area_m2``.
    """
    wanted = select_future_zones(zones).to_numpy().astype(bool)
    own = zones.filter(pl.Series(wanted, dtype=pl.Boolean)).cast({"approved_date": pl.Date})
    ground = keep_ground(cut_off(shapes[wanted], sites), HALF_WIDTH_M)
    order = (
        own.with_columns(_area=pl.Series(shapely.area(ground), dtype=pl.Float64))
        .with_row_index("_at")
        .sort("approved_date", "_area", "_at", descending=[True, False, False], nulls_last=True)
    )["_at"]
    ground = keep_ground(count_once(ground, order.to_numpy()), HALF_WIDTH_M)
    zone, commune, pieces = cut_overlaps(ground, outlines)
    pieces = keep_ground(pieces, HALF_WIDTH_M)
    kept = ~shapely.is_empty(pieces)
    zone, commune, pieces = zone[kept], commune[kept], pieces[kept]
    closed = is_closed_zone(pl.col("zone_type"), pl.col("zone_label"))
    rows = own[zone].select(
        "zone_label",
        "approved_date",
        commune_code=communes["commune_code"][commune],
        reserve_kind=pl.when(closed).then(pl.lit("au_closed")).otherwise(pl.lit("au_open")),
        area_m2=pl.Series(shapely.area(pieces), dtype=pl.Float64),
    )
    return rows.with_columns(zone_id=_name_zones(rows["commune_code"], pieces)), pieces


def _name_zones(communes: pl.Series, shapes: np.ndarray) -> pl.Series:
    """Name zones by commune and place: those of plans have no lasting identifier."""
    points = np.round(shapely.get_coordinates(shapely.point_on_surface(shapes)))
    places = [hashlib.sha256(f"{x:.0f} {y:.0f}".encode()).hexdigest()[:8] for x, y in points]
    names = [f"{code}_AU_{place}" for code, place in zip(communes, places, strict=True)]
    return pl.Series("zone_id", names, dtype=pl.String)


def find_procedure(as_of: dt.date) -> pl.Expr:
    """Find how a zone opens: as it is, by a change of the plan, or by its revision.

    By revision where the plan that holds it closed is six years old at 1 January of the year, or
    older, unless significant acquisitions were made, which no file tells for certain.
    """
    limit = dt.date(as_of.year - UNOPENED_YEARS, 1, 1)
    old = (pl.col("approved_date") <= limit).fill_null(value=False)
    return (
        pl.when(pl.col("reserve_kind") == "au_open")
        .then(pl.lit("none"))
        .when(old)
        .then(pl.lit("revision_unless_acquired"))
        .otherwise(pl.lit("plan_change"))
    )


def measure_outside(
    brownfields: pl.DataFrame, parcels: pl.DataFrame, in_sites: pl.Series
) -> pl.DataFrame:
    """Measure listed brownfields outside of sites: those left, with ``outside_m2``.

    ``brownfields`` has ``brownfield_id``, ``site_id`` (null outside of sites), ``parcel_ids`` and
    ``declared_area_m2``; ``parcels`` has ``parcel_id`` and ``area_m2``; ``in_sites`` lists the
    parcels of units. The area is that of its parcels, each once and none of a site, where all of
    them are known; else as the source says, else null.
    """
    listed = (
        brownfields.drop_nulls("parcel_ids")
        .select("brownfield_id", parcel_id=pl.col("parcel_ids").str.split("|"))
        .explode("parcel_id")
        .join(parcels.select("parcel_id", "area_m2"), on="parcel_id", how="left")
        .with_columns(_in=pl.col("parcel_id").is_in(in_sites.implode()))
        .sort("brownfield_id", "parcel_id")
        .with_columns(_first=pl.col("parcel_id").is_first_distinct())
    )
    area = pl.col("area_m2")
    own = listed.group_by("brownfield_id").agg(
        _drawn=pl.when(area.is_not_null().all()).then(
            sum_steadily(area.filter(~pl.col("_in"), pl.col("_first")))
        ),
        _all_in=pl.col("_in").all(),
    )
    outside = pl.col("site_id").is_null() & ~pl.col("_all_in").fill_null(value=False)
    return (
        brownfields.join(own, on="brownfield_id", how="left", maintain_order="left")
        .filter(outside)
        .with_columns(outside_m2=pl.coalesce("_drawn", "declared_area_m2"))
        .drop("_drawn", "_all_in")
    )
