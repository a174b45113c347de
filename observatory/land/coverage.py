"""Measures what land figures rest on: the ground that was looked at, the files that were read.

The ground of a site is looked at where parcels of it were handed over. Streets have no number in
the cadastre: ground between parcels, up to 40 m wide, is looked at with them. Where the file of the
whole commune was handed over, what is left without a parcel is public ground too (avenues, water),
as long as four fifths are not; under that the file is not whole, whatever its name says.

A total that rests on less than its floor is null: what was not looked at is not zero.
"""

from collections.abc import Iterable

import numpy as np
import polars as pl
import shapely

from observatory.geography.cog import department_of
from observatory.geography.crs import M2_PER_HA
from observatory.geography.joins import cut_overlaps, each, find_near, repair, unite
from observatory.land.sums import sum_steadily

HALF_STREET_M = 20.0
# share of a site in parcels from which the file of a commune is whole
WHOLE_FROM = 0.8
# of a site, less than that in a commune is how outlines are drawn
SHARE_OF_COMMUNE = 0.01
# share of a département's communes from which a file without a name is that of all of it
MOST = 0.5

SUPPLY_REASONS = (
    "no_site",
    "parcels_below_floor",
    "register_missing",
    "buildings_missing",
    "brownfields_missing",
)
YEARS_REASONS = ("supply_unknown", "consumption_below_floor", "little_consumed", "no_demand")
BENCHMARK_REASONS = ("consumption_below_floor", "decade_incomplete")
DENSITY_REASONS = ("parcels_below_floor",)
PRICE_REASONS = ("sales_below_floor",)
LEAST_CONSUMED_HA = 1.0

GROUND = pl.Schema(
    {
        "site_id": pl.String(),
        "commune_code": pl.String(),
        "area_m2": pl.Float64(),
        "parcel_m2": pl.Float64(),
    }
)


def measure_ground(
    sites: pl.Series,
    shapes: np.ndarray,
    *,
    communes: pl.Series,
    outlines: np.ndarray,
    parcels: np.ndarray,
) -> pl.DataFrame:
    """Measure each site in each commune: ``area_m2``, and ``parcel_m2`` of it that parcels tell of.

    ``shapes`` are those of the sites, ``outlines`` those of the communes.
    """
    at, commune, pieces = cut_overlaps(shapes, outlines)
    areas = shapely.area(pieces)
    is_drawn = areas >= SHARE_OF_COMMUNE * shapely.area(shapes)[at]
    at, commune, pieces, areas = (c[is_drawn] for c in (at, commune, pieces, areas))
    return pl.DataFrame(
        {
            "site_id": sites.gather(at),
            "commune_code": communes.gather(commune),
            "area_m2": areas,
            "parcel_m2": measure_looked_at(pieces, parcels),
        },
        schema=GROUND,
    )


def measure_looked_at(pieces: np.ndarray, parcels: np.ndarray) -> np.ndarray:
    """Measure how much (m²) of each piece lies in parcels, or in a street between them."""
    looked_at = np.zeros(len(pieces))
    at, parcel = find_near(pieces, parcels, HALF_STREET_M)
    if not len(at):
        return looked_at
    order = np.argsort(at, kind="stable")
    found, group = np.unique(at[order], return_inverse=True)
    ground = unite(parcels[parcel[order]], group)
    closed = _widen(_widen(ground, HALF_STREET_M), -HALF_STREET_M)
    whole = each(shapely.union, repair(closed), ground)
    looked_at[found] = shapely.area(each(shapely.intersection, pieces[found], whole))
    return np.minimum(looked_at, shapely.area(pieces))


def _widen(shapes: np.ndarray, distance_m: float) -> np.ndarray:
    return each(lambda some: shapely.buffer(some, distance_m, quad_segs=2), shapes)


def grant_public_ground(ground: pl.DataFrame, is_whole_file: pl.Expr) -> pl.DataFrame:
    """Count what has no parcel as looked at, where the file of the whole commune was."""
    parcels, area = pl.col("parcel_m2"), pl.col("area_m2")
    is_public = is_whole_file & (parcels >= WHOLE_FROM * area)
    return ground.with_columns(parcel_m2=pl.when(is_public).then(area).otherwise(parcels))


def sum_ground(ground: pl.DataFrame, *by: str, told_by: Iterable[str] = ()) -> pl.DataFrame:
    """Sum the ground of each ``by``: its hectares, and the share of it that was looked at.

    Of each file of ``told_by``, the share of the ground that it tells of (``has_<file>``) as well.
    """
    area = pl.col("area_m2")

    def share(part: pl.Expr) -> pl.Expr:
        return 100 * (sum_steadily(part) / sum_steadily(area)).clip(0, 1)

    return (
        ground.drop_nulls(by)
        .group_by(by)
        .agg(
            # a product: Polars divides one row and several by other roundings
            site_area_ha=sum_steadily(area) * (1 / M2_PER_HA),
            parcel_share_pct=share(pl.col("parcel_m2")),
            **{f"{name}_share_pct": share(area.filter(f"has_{name}")) for name in told_by},
        )
        .sort(by)
    )


def share_looked_at(sites: pl.DataFrame) -> float:
    """Share (%) of the ground of all ``sites`` that was looked at."""
    area = pl.col("area_m2")
    seen = sum_steadily(area * pl.col("parcel_share_pct").fill_null(0))
    share = (seen / sum_steadily(area)).clip(0, 100)
    return float(sites.select(share.fill_null(0.0)).item() or 0.0)


def is_told_of(codes: Iterable[str], communes: pl.DataFrame, *, has_sites: pl.Expr) -> pl.Expr:
    """Whether a file of rows by commune (``codes``) tells of each of ``communes``.

    A commune with a site in it has a row, or the file is not of it. Of one without, the file tells
    where it holds most communes of the département.
    """
    own = pl.Series([*codes], dtype=pl.String)
    code = pl.col("commune_code")
    is_held = code.is_in(own.implode())
    most = communes.group_by(_d=department_of(code)).agg(_share=is_held.mean())
    held = most.filter(pl.col("_share") >= MOST)["_d"]
    return (is_held | (~has_sites & department_of(code).is_in(held.implode()))).fill_null(
        value=False
    )


def read_years(sold: pl.DataFrame, communes: pl.DataFrame) -> pl.DataFrame:
    """First and last year of the files of sales that tell of each commune, whatever it sold.

    A file tells of the communes it holds; one that holds most of those of a département that sell,
    of them all. ``sold`` has ``commune_code``, ``date`` and ``source_sha256``, a row for each line.
    """
    year = pl.col("date").dt.year().cast(pl.Int64)
    code = pl.col("commune_code")
    lines = sold.drop_nulls("commune_code").with_columns(_d=department_of(code))
    spans = lines.group_by("source_sha256").agg(_first=year.min(), _last=year.max())
    held = lines.select("source_sha256", "_d", "commune_code").unique()
    counted = held.group_by("source_sha256", "_d").agg(_n=pl.len())
    most = counted.join(
        held.group_by("_d").agg(_all=pl.col("commune_code").n_unique()), on="_d"
    ).filter(pl.col("_n") >= MOST * pl.col("_all"))
    every = communes.select("commune_code", _d=department_of(code))
    told = pl.concat(
        [
            held.select("commune_code", "source_sha256"),
            every.join(most, on="_d").select("commune_code", "source_sha256"),
        ]
    )
    return (
        told.unique()
        .join(spans, on="source_sha256")
        .group_by("commune_code")
        .agg(sales_first_year=pl.col("_first").min(), sales_last_year=pl.col("_last").max())
    )


def share_of_communes(coverage: pl.DataFrame, by: str, flags: Iterable[str]) -> pl.DataFrame:
    """Share (%) of the communes of each ``by`` of which each kind of file was handed over."""
    return (
        coverage.drop_nulls(by)
        .group_by(by)
        .agg(
            **{
                f"{flag.removeprefix('has_')}_communes_share_pct": 100 * pl.col(flag).mean()
                for flag in flags
            }
        )
        .sort(by)
    )


def explain_supply(floor_pct: float) -> pl.Expr:
    """Why the supply of a row is null, by what it lacks first; null where it is all there.

    The row has the shares of ``sum_ground``, ``free_ha``, ``brownfield_ha`` and
    ``supply_central_ha``.
    """
    without_parcels, without_register, without_list = (
        pl.col(f"{name}_share_pct").fill_null(0) < floor_pct
        for name in ("parcel", "register", "brownfields")
    )
    return (
        pl.when(without_parcels)
        .then(pl.lit("parcels_below_floor"))
        .when(without_register)
        .then(pl.lit("register_missing"))
        .when(pl.col("free_ha").is_null() | pl.col("supply_central_ha").is_null())
        .then(pl.lit("buildings_missing"))
        .when(without_list | pl.col("brownfield_ha").is_null())
        .then(pl.lit("brownfields_missing"))
    )


TOLD_BY = {
    "register": (
        "occupied_ha",
        "vacant_ha",
        "free_ha",
        "free_on_offer_ha",
        "deferred_ha",
        "permitted_ha",
        "supply_central_ha",
        "supply_high_ha",
        "central_low_confidence_ha",
    ),
    "brownfields": ("brownfield_ha", "supply_high_ha"),
    "zoning": ("deferred_ha",),
}


def blank_below_floor(rows: pl.DataFrame, floor_pct: float, figures: Iterable[str]) -> pl.DataFrame:
    """Blank the figures of rows that rest on less ground than the floor, and say why.

    Those that the register, a list of brownfields or zoning tells are blank too where these do not
    tell of the ground.
    """

    def is_known(figure: str) -> pl.Expr:
        kinds = ["parcel", *(kind for kind, told in TOLD_BY.items() if figure in told)]
        return pl.all_horizontal(
            pl.col(f"{kind}_share_pct").fill_null(0) >= floor_pct for kind in kinds
        )

    return rows.with_columns(missing_supply_reason=explain_supply(floor_pct)).with_columns(
        pl.when(is_known(name)).then(name).alias(name) for name in figures
    )
