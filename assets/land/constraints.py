"""What lies over and around each land unit: zoning, risk, nature, Seveso, roads."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import polars as pl
import shapely

from assets.land.coverage import communes_with
from observatory.geography.joins import find_near, find_nearest, measure_overlaps
from observatory.geography.layers import drop_geometry
from observatory.land.constraints import (
    TRACE_SHARE,
    decide_outcome,
    is_closed_zone,
    is_economic_zone,
    measure_constraints,
)
from observatory.land.density import measure_divisible_m2, measure_overlap_m2
from observatory.land.plan_rules import UNKNOWN
from observatory.pipeline.steps import Out, step
from observatory.storage.frames import HandedOver

SEVESO_M = 300.0


@step(
    Out(
        name="_land_constraints",
        group="land",
    ),
    is_parted=True,
)
def _land_constraints(
    _land_units: gpd.GeoDataFrame,
    _land_divisible: gpd.GeoDataFrame,
    clean_gpu__zoning: HandedOver,
    clean_gpu__easements: HandedOver,
    clean_ddtm__risk_plans: HandedOver,
    clean_inpn__protected_areas: HandedOver,
    clean_georisques__installations: HandedOver,
    clean_ign__roads: HandedOver,
    _land_plans: pl.DataFrame,
) -> pl.DataFrame:
    """Per unit: what forbids, sets conditions or is unknown, what is left to divide, and roads."""
    units = drop_geometry(_land_units).select("unit_id", "commune_code", "area_m2")
    shapes = _land_units.geometry.to_numpy()
    zoning, plans = clean_gpu__zoning, clean_ddtm__risk_plans
    red = _forbidding(zoning.rows, plans.rows)
    divisible = measure_divisible_m2(_land_divisible.geometry.to_numpy(), red)
    rows = pl.concat(
        [
            units,
            _zoning_of(shapes, units, zoning.rows),
            _risks_of(shapes, units, plans.rows, clean_gpu__easements.rows),
        ],
        how="horizontal",
    ).with_columns(
        protected_m2=overlap_series(shapes, clean_inpn__protected_areas.rows.geometry.to_numpy()),
        seveso_count=_near(
            shapes, _points(clean_georisques__installations.rows, seveso=True), SEVESO_M
        ),
        installation_count=_near(shapes, _points(clean_georisques__installations.rows), 0.0),
        road_m=distances(shapes, clean_ign__roads.rows.geometry.to_numpy()),
        forbidden_m2=overlap_series(shapes, red),
        divisible_m2=pl.Series(divisible, dtype=pl.Float64).fill_nan(None),
    )
    asked = Asked(
        zoned=communes_with("zoning", _land_plans),
        planned=communes_with("risk_plans", _land_plans),
        easements=clean_gpu__easements,
        nature=clean_inpn__protected_areas,
        installations=clean_georisques__installations,
        roads=clean_ign__roads,
    )
    return with_outcome(without_answers(rows, asked))


@dataclass(frozen=True, kw_only=True)
class Asked:
    """The sources that say what may be done on a unit's ground, and how far roads are.

    ``zoned`` and ``planned`` are the communes of which zoning, or a list of risk plans, tells.
    """

    zoned: pl.Series
    planned: pl.Series
    easements: HandedOver
    nature: HandedOver
    installations: HandedOver
    roads: HandedOver


def without_answers(rows: pl.DataFrame, asked: Asked) -> pl.DataFrame:
    """Blank what a source that was not handed over for the unit's commune cannot have said.

    An outcome is never « none known » where one of the sources it rests on was not asked; of
    zoning, ground that no zone covers is undetermined as it is. What zoning or a plan forbids is
    known where either does, and is zero only where both were asked.
    """
    code = pl.col("commune_code")
    zoned = code.is_in(asked.zoned.implode()) | (pl.col("zone_outcome") != "undetermined")
    planned = code.is_in(asked.planned.implode())
    eased, seen = asked.easements.covers(code), asked.installations.covers(code)
    told = pl.col("risk_outcome")
    return rows.with_columns(
        protected_m2=pl.when(asked.nature.covers(code)).then("protected_m2"),
        seveso_count=pl.when(seen).then("seveso_count"),
        installation_count=pl.when(seen).then("installation_count"),
        road_m=pl.when(asked.roads.covers(code)).then("road_m"),
        forbidden_m2=pl.when((zoned & planned) | (pl.col("forbidden_m2") > 0)).then("forbidden_m2"),
        risk_outcome=pl.when((told != "none_known") | (planned & eased))
        .then(told)
        .otherwise(pl.lit("undetermined")),
    )


def with_outcome(rows: pl.DataFrame) -> pl.DataFrame:
    """Add ``constraint_outcome`` from zoning, risk, nature and the neighbourhood of Seveso."""
    conditional = pl.max_horizontal(
        "zone_conditional_m2", "risk_conditional_m2", "protected_m2", pl.lit(0.0)
    )
    near = (pl.col("seveso_count") > 0).fill_null(value=False)
    unknown = (
        (pl.col("zone_outcome") == "undetermined")
        | (pl.col("risk_outcome") == "undetermined")
        | pl.col("protected_m2").is_null()
        | pl.col("seveso_count").is_null()
    )
    told = decide_outcome(
        forbidden_m2=pl.col("forbidden_m2").fill_null(0.0),
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
    """Zone that covers most of each unit, and what zoning forbids or defers.

    Ground under no zone, or under one of a type that is not known, leaves it open.
    """
    size = len(units)
    rows, areas = drop_geometry(zones), zones.geometry.to_numpy()
    red, conditional = measure_constraints(shapes, rows["effect"], areas)
    at, zone, cover = measure_overlaps(shapes, areas)
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
        is_closed_zone=is_closed_zone(pl.col("zone_type"), pl.col("zone_label")),
    )[best["_zone"].to_numpy()].with_columns(_at=best["_at"].cast(pl.Int64))
    named = pl.DataFrame({"_at": range(size)}).join(told, on="_at", how="left")
    is_open = (rows["effect"] == UNKNOWN).to_numpy()[zone]
    covered = np.bincount(at, cover, minlength=size)
    in_doubt = np.bincount(at[is_open], cover[is_open], minlength=size)
    area = units["area_m2"].to_numpy()
    return (
        named.drop("_at")
        .with_columns(
            zone_forbidden_m2=pl.Series(red),
            zone_conditional_m2=pl.Series(conditional),
            _area=pl.Series(area),
            _open=pl.Series((covered < 0.5 * area) | (in_doubt > TRACE_SHARE * area)),
        )
        .with_columns(
            zone_outcome=decide_outcome(
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
    easements: gpd.GeoDataFrame,
) -> pl.DataFrame:
    """Red and blue of risk plans and easements.

    A plan without polygon leaves it open in its commune, a zone without a known rule where it lies.
    """
    listed, drawn = drop_geometry(plans), plans.geometry.to_numpy()
    there = ~shapely.is_missing(drawn)
    effects = [listed["effect"].filter(pl.Series(there, dtype=pl.Boolean))]
    effects.append(drop_geometry(easements)["effect"])
    open_communes = listed.filter(pl.Series(~there, dtype=pl.Boolean))["commune_code"]
    areas = np.concatenate([drawn[there], easements.geometry.to_numpy()])
    effect = pl.concat(effects)
    red, conditional = measure_constraints(shapes, effect, areas)
    untold = overlap_series(shapes, areas[(effect == UNKNOWN).to_numpy()])
    is_untold = untold > TRACE_SHARE * units["area_m2"]
    frame = units.select("commune_code", "area_m2").with_columns(
        risk_forbidden_m2=pl.Series(red), risk_conditional_m2=pl.Series(conditional)
    )
    return frame.with_columns(
        risk_outcome=decide_outcome(
            forbidden_m2=pl.col("risk_forbidden_m2"),
            conditional_m2=pl.col("risk_conditional_m2"),
            area_m2=pl.col("area_m2"),
            is_open=pl.col("commune_code").is_in(open_communes.drop_nulls().implode()) | is_untold,
        )
    ).select("risk_forbidden_m2", "risk_conditional_m2", "risk_outcome")


def overlap_series(shapes: np.ndarray, areas: np.ndarray) -> pl.Series:
    """Area of each shape that is under any of the areas, each m² once."""
    return pl.Series(measure_overlap_m2(shapes, areas), dtype=pl.Float64)


def _forbidding(zones: gpd.GeoDataFrame, plans: gpd.GeoDataFrame) -> np.ndarray:
    """Areas where zoning or a risk plan forbids building."""
    red = []
    for layer in (zones, plans):
        drawn = layer.geometry.to_numpy()
        forbids = (layer["effect"] == "forbidden").to_numpy(dtype=bool)
        red.append(drawn[forbids & ~shapely.is_missing(drawn)])
    return np.concatenate(red)


def _points(installations: pl.DataFrame, *, seveso: bool = False) -> np.ndarray:
    """Where installations are, or those under the Seveso directive alone."""
    own = installations.filter(pl.col("x_m").is_not_null())
    own = own.filter("is_seveso") if seveso else own
    return shapely.points(own["x_m"].to_numpy(), own["y_m"].to_numpy())


def _near(shapes: np.ndarray, points: np.ndarray, distance: float) -> pl.Series:
    """How many points lie within a distance of each shape."""
    at, _ = find_near(shapes, points, distance)
    return pl.Series(np.bincount(at, minlength=len(shapes)), dtype=pl.Int64)


def distances(shapes: np.ndarray, others: np.ndarray) -> pl.Series:
    """Metres from each shape to the nearest of others, as the crow flies; null where none."""
    at, _, away = find_nearest(shapes, others)
    found = np.full(len(shapes), np.nan)
    found[at] = away
    return pl.Series(found, dtype=pl.Float64).fill_nan(None)
