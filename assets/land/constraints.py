"""What lies over and around each land unit: zoning, risk, nature, Seveso, roads."""

import dagster as dg
import geopandas as gpd
import numpy as np
import polars as pl
import shapely

from observatory.ingest.layers import attributes
from observatory.land.constraints import (
    constrained,
    is_economic_zone,
    outcome,
)
from observatory.land.density import overlap_m2
from observatory.pipeline.drafts import OWNERS

SEVESO_M = 300.0


@dg.asset(group_name="land", kinds={"polars", "parquet"}, owners=OWNERS)
def _land_constraints(
    _land_units: gpd.GeoDataFrame,
    clean_gpu__zoning: gpd.GeoDataFrame,
    clean_gpu__easements: gpd.GeoDataFrame,
    clean_ddtm__risk_plans: gpd.GeoDataFrame,
    clean_inpn__protected_areas: gpd.GeoDataFrame,
    clean_georisques__installations: pl.DataFrame,
    clean_ign__roads: gpd.GeoDataFrame,
) -> pl.DataFrame:
    """Per unit: what forbids, what sets conditions, what is unknown, and how far roads are."""
    units = attributes(_land_units).select("unit_id", "commune_code", "area_m2")
    shapes = _land_units.geometry.to_numpy()
    rows = pl.concat(
        [
            units,
            _zoning_of(shapes, units, clean_gpu__zoning),
            _risks_of(shapes, units, clean_ddtm__risk_plans, clean_gpu__easements),
            _nature_of(shapes, units, clean_inpn__protected_areas),
        ],
        how="horizontal",
    )
    rows = rows.with_columns(
        seveso_count=_near(shapes, _points(clean_georisques__installations, seveso=True), SEVESO_M),
        installation_count=_near(shapes, _points(clean_georisques__installations), 0.0),
        road_m=distances(shapes, clean_ign__roads.geometry.to_numpy()),
        forbidden_m2=pl.Series(
            _union_m2(shapes, clean_gpu__zoning, clean_ddtm__risk_plans), dtype=pl.Float64
        ),
    )
    return with_outcome(rows)


def with_outcome(rows: pl.DataFrame) -> pl.DataFrame:
    """Add ``constraint_outcome`` from zoning, risk, nature and the neighbourhood of Seveso."""
    conditional = pl.max_horizontal(
        "zone_conditional_m2", "risk_conditional_m2", "protected_m2", pl.lit(0.0)
    )
    near = (pl.col("seveso_count") > 0).fill_null(value=False)
    unknown = (pl.col("zone_outcome") == "undetermined") | (
        pl.col("risk_outcome") == "undetermined"
    )
    told = outcome(
        forbidden_m2=pl.col("forbidden_m2"),
        conditional_m2=conditional,
        area_m2=pl.col("area_m2"),
        is_open=unknown,
    )
    return rows.with_columns(
        constraint_outcome=pl.when((told == "none_known") & near)
        .then(pl.lit("conditional"))
        .otherwise(told)
    )


def _zoning_of(shapes: np.ndarray, units: pl.DataFrame, zones: gpd.GeoDataFrame) -> pl.DataFrame:
    """Zone that covers most of each unit, and what zoning forbids or defers."""
    size = len(units)
    if not len(zones):
        return pl.DataFrame(
            {
                "zone_label": pl.Series([None] * size, dtype=pl.String),
                "is_economic_zone": pl.Series([None] * size, dtype=pl.Boolean),
                "zone_forbidden_m2": pl.Series([None] * size, dtype=pl.Float64),
                "zone_conditional_m2": pl.Series([None] * size, dtype=pl.Float64),
                "zone_outcome": pl.Series(["undetermined"] * size, dtype=pl.String),
            }
        )
    rows, areas = attributes(zones), zones.geometry.to_numpy()
    red, conditional = constrained(shapes, rows["effect"], areas)
    at, zone = shapely.STRtree(areas).query(shapes, predicate="intersects")
    cover = shapely.area(shapely.intersection(shapes[at], areas[zone]))
    links = pl.DataFrame({"_at": at, "_zone": zone, "_cover": cover}).sort(
        "_at", "_cover", "_zone", descending=[False, True, False]
    )
    best = links.unique("_at", keep="first", maintain_order=True)
    told = rows.select(
        "zone_label",
        is_economic_zone=is_economic_zone(
            pl.col("zone_type"),
            pl.col("zone_label"),
            pl.col("zone_long_label"),
            pl.col("destination"),
        ),
    )[best["_zone"].to_numpy()].with_columns(_at=best["_at"].cast(pl.Int64))
    named = pl.DataFrame({"_at": range(size)}).join(told, on="_at", how="left")
    covered = np.zeros(size)
    np.add.at(covered, at, cover)
    area = units["area_m2"].to_numpy()
    return (
        named.drop("_at")
        .with_columns(
            zone_forbidden_m2=pl.Series(red),
            zone_conditional_m2=pl.Series(conditional),
            _area=pl.Series(area),
            _open=pl.Series(covered < 0.5 * area),
        )
        .with_columns(
            zone_outcome=outcome(
                forbidden_m2=pl.col("zone_forbidden_m2"),
                conditional_m2=pl.col("zone_conditional_m2"),
                area_m2=pl.col("_area"),
                is_open=pl.col("_open"),
            )
        )
        .drop("_area", "_open")
    )


def _risks_of(
    shapes: np.ndarray,
    units: pl.DataFrame,
    plans: gpd.GeoDataFrame,
    easements_: gpd.GeoDataFrame,
) -> pl.DataFrame:
    """Red and blue of risk plans and easements; a plan without polygon leaves it open."""
    effects: list[pl.Series] = []
    areas: list[np.ndarray] = []
    open_communes: list[str] = []
    for layer in (plans, easements_):
        if not len(layer):
            continue
        rows, drawn = attributes(layer), layer.geometry.to_numpy()
        there = ~shapely.is_missing(drawn)
        effects.append(rows["effect"].filter(pl.Series(there)))
        areas.append(drawn[there])
        if "commune_code" in rows.columns:
            open_communes += rows.filter(pl.Series(~there))["commune_code"].drop_nulls().to_list()
    nothing_read = not areas
    if nothing_read:
        red = conditional = np.zeros(len(units))
    else:
        red, conditional = constrained(shapes, pl.concat(effects), np.concatenate(areas))
    frame = units.select("commune_code", "area_m2").with_columns(
        risk_forbidden_m2=pl.Series(red), risk_conditional_m2=pl.Series(conditional)
    )
    is_open = pl.lit(nothing_read) | pl.col("commune_code").is_in(open_communes)
    return frame.with_columns(
        risk_outcome=outcome(
            forbidden_m2=pl.col("risk_forbidden_m2"),
            conditional_m2=pl.col("risk_conditional_m2"),
            area_m2=pl.col("area_m2"),
            is_open=is_open,
        )
    ).select("risk_forbidden_m2", "risk_conditional_m2", "risk_outcome")


def _nature_of(shapes: np.ndarray, units: pl.DataFrame, areas: gpd.GeoDataFrame) -> pl.DataFrame:
    if not len(areas):
        return pl.DataFrame({"protected_m2": pl.Series([None] * len(units), dtype=pl.Float64)})
    return pl.DataFrame({"protected_m2": overlap_m2(shapes, areas.geometry.to_numpy())})


def _union_m2(shapes: np.ndarray, zones: gpd.GeoDataFrame, plans: gpd.GeoDataFrame) -> np.ndarray:
    """What zoning or a risk plan forbids, each m² once."""
    red = []
    for layer in (zones, plans):
        if len(layer):
            drawn = layer.geometry.to_numpy()
            forbids = (layer["effect"] == "forbidden").to_numpy()
            red.append(drawn[forbids & ~shapely.is_missing(drawn)])
    return overlap_m2(shapes, np.concatenate(red) if red else np.array([], dtype=object))


def _points(installations_: pl.DataFrame, *, seveso: bool = False) -> np.ndarray | None:
    """Where installations are; None where nobody was asked."""
    if "x_m" not in installations_.columns:
        return None
    own = installations_.filter(pl.col("x_m").is_not_null())
    own = own.filter("is_seveso") if seveso else own
    return shapely.points(own["x_m"].to_numpy(), own["y_m"].to_numpy())


def _near(shapes: np.ndarray, points: np.ndarray | None, distance: float) -> pl.Series:
    """How many points lie within a distance of each shape; null where nobody was asked."""
    if points is None:
        return pl.Series([None] * len(shapes), dtype=pl.Int64)
    counts = np.zeros(len(shapes), dtype=np.int64)
    if len(points):
        at, _ = shapely.STRtree(points).query(shapes, predicate="dwithin", distance=distance)
        np.add.at(counts, at, 1)
    return pl.Series(counts)


def distances(shapes: np.ndarray, others: np.ndarray) -> pl.Series:
    """Metres from each shape to the nearest of others, as the crow flies; null where none."""
    if not len(others) or not len(shapes):
        return pl.Series([None] * len(shapes), dtype=pl.Float64)
    (at, _), away = shapely.STRtree(others).query_nearest(
        shapes, return_distance=True, all_matches=False
    )
    found = np.full(len(shapes), np.nan)
    found[at] = away
    return pl.Series(found).fill_nan(None)
