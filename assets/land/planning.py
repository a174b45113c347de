"""Zoning, risks, nature, installations, roads and stops: what lies over and around land units."""

import dagster as dg
import geopandas as gpd
import numpy as np
import polars as pl
import shapely

from assets.ingestion import ingest, ingest_layer
from assets.land.points import Columns, lambert
from observatory.cleaning import LINE, ORIGIN, Cleaned, IssueLog, squeeze
from observatory.geography.cog import commune_of_arrondissement
from observatory.land.constraints import (
    constrained,
    easement_effect,
    is_economic_zone,
    outcome,
    plan_effect,
    zone_effect,
)
from observatory.land.density import overlap_m2
from observatory.lineage import OWNERS
from observatory.reading import rename_columns
from observatory.shapes import attributes, usable
from sources import CARDS

ZONING = CARDS["gpu/zoning"]
EASEMENTS = CARDS["gpu/easements"]
RISK_PLANS = CARDS["ddtm/risk_plans"]
PROTECTED = CARDS["inpn/protected_areas"]
INSTALLATIONS = CARDS["georisques/installations"]
ROADS = CARDS["ign/roads"]
STOPS = CARDS["transport/stops"]
ZONE_TYPES = r"^(U|AU[cs]?|A[hc]?|N[hdc]?|Zc|Zca|ZCa|ZnC|Znc|\d?AU.*)$"
MAIN_ROADS = ("1", "2")
SEVESO_M = 300.0
Layered = tuple[gpd.GeoDataFrame, pl.DataFrame]


def clean_zoning(raw: gpd.GeoDataFrame) -> Layered:
    """Zones of local plans with what they do to firms."""
    log = IssueLog()
    layer = usable(raw, ZONING, log)
    kind = squeeze("zone_type")
    odd = kind.is_null() | ~kind.str.contains(ZONE_TYPES).fill_null(value=False)
    log.add(layer.rows.filter(odd), column="zone_type", issue_type="unknown_code", kept=True)
    rows = layer.rows.select(
        "_at",
        *LINE,
        zone_type=kind,
        zone_label=squeeze("zone_label"),
        zone_long_label=squeeze("zone_long_label"),
        destination=squeeze("destination"),
        commune_code=commune_of_arrondissement(squeeze("commune_code")),
        effect=zone_effect(kind.fill_null("")),
    )
    return layer.with_rows(rows), log.table()


def clean_easements(raw: gpd.GeoDataFrame) -> Layered:
    """Easements of risk plans; those of other kinds say nothing here and are left aside."""
    log = IssueLog()
    layer = usable(raw, EASEMENTS, log)
    effect = easement_effect(pl.col("easement_type").fill_null(""))
    rows = log.reject(
        layer.rows, effect.is_null(), column="easement_type", issue_type="not_in_scope"
    )
    kept = rows.select(
        "_at", *LINE, "easement_type", easement_name=squeeze("easement_name"), effect=effect
    )
    return layer.with_rows(kept), log.table()


def clean_risk_plans(raw: gpd.GeoDataFrame) -> Layered:
    """Zones of risk plans, forbidden or under conditions; a plan without a polygon stays listed."""
    log = IssueLog()
    layer = usable(raw, RISK_PLANS, log, blank_is_kept=True)
    rows = layer.rows.select(
        "_at",
        *LINE,
        plan_type=squeeze("plan_type"),
        zone_label=squeeze("zone_label"),
        commune_code=commune_of_arrondissement(squeeze("commune_code")),
        effect=plan_effect(squeeze("zone_label"), squeeze("rule_type")),
    )
    return layer.with_rows(rows), log.table()


def clean_protected_areas(raw: gpd.GeoDataFrame) -> Layered:
    """Outlines of protected areas."""
    log = IssueLog()
    layer = usable(raw, PROTECTED, log)
    rows = layer.rows.select("_at", *LINE, area_name=squeeze("area_name"))
    return layer.with_rows(rows), log.table()


def clean_roads(raw: gpd.GeoDataFrame) -> Layered:
    """Main roads: importance 1 and 2; the others are left aside."""
    log = IssueLog()
    layer = usable(raw, ROADS, log)
    small = ~squeeze("importance").is_in(MAIN_ROADS).fill_null(value=False)
    rows = log.reject(layer.rows, small, column="importance", issue_type="not_in_scope")
    kept = rows.select("_at", *LINE, road_number=squeeze("road_number"))
    return layer.with_rows(kept), log.table()


def clean_installations(raw: pl.DataFrame) -> Cleaned:
    """Classified installations with their place in EPSG:2154, null where it is not told."""
    log = IssueLog()
    rows = rename_columns(raw, INSTALLATIONS.layout)
    places = Columns(longitude="longitude", latitude="latitude", x="x", y="y")
    rows = lambert(rows, log, places)
    seveso = squeeze("seveso").str.to_lowercase()
    typed = rows.select(
        *ORIGIN,
        installation_id=squeeze("installation_id"),
        commune_code=commune_of_arrondissement(squeeze("commune_code")),
        is_seveso=(seveso.str.contains("seuil|seveso") & ~seveso.str.contains("non")).fill_null(
            value=False
        ),
        regime=squeeze("regime"),
        x_m="x_m",
        y_m="y_m",
    )
    return Cleaned(rows=typed, issues=log.table())


def clean_stops(raw: pl.DataFrame) -> Cleaned:
    """Stops in EPSG:2154; one without coordinates is left out."""
    log = IssueLog()
    rows = rename_columns(raw, STOPS.layout)
    rows = lambert(rows, log, Columns(longitude="longitude", latitude="latitude"), kept=False)
    return Cleaned(
        rows=rows.select(*ORIGIN, stop_id=squeeze("stop_id"), x_m="x_m", y_m="y_m"),
        issues=log.table(),
    )


zoning = ingest_layer(ZONING, clean_zoning)
easements = ingest_layer(EASEMENTS, clean_easements)
risk_plans = ingest_layer(RISK_PLANS, clean_risk_plans)
protected_areas = ingest_layer(PROTECTED, clean_protected_areas)
roads = ingest_layer(ROADS, clean_roads)
installations = ingest(INSTALLATIONS, clean_installations)
stops = ingest(STOPS, clean_stops)


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
