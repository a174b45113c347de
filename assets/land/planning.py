"""Zoning, risks, nature, installations, roads and stops: as their producers drew them."""

import polars as pl

from assets.ground import ON_GROUND
from assets.ingestion import ingest, ingest_layer
from assets.land.points import Columns, lambert
from assets.parts import CONTOURS, shapes_near_part
from observatory.ingest.cleaning import squeeze
from observatory.ingest.issues import LINE, ORIGIN, IssueLog
from observatory.ingest.restating import restate_codes
from observatory.ingest.shapes import Layer
from observatory.land.constraints import (
    classify_easement,
    classify_plan_zone,
    classify_zone,
)
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


def clean_zoning(layer: Layer, log: IssueLog) -> pl.DataFrame:
    """Zones of local plans with what they do to firms."""
    rows = restate_codes(layer.rows, log, is_kept=True)
    kind = squeeze("zone_type")
    odd = kind.is_null() | ~kind.str.contains(ZONE_TYPES).fill_null(value=False)
    log.add(rows.filter(odd), column="zone_type", issue_type="unknown_code", kept=True)
    return rows.select(
        "_at",
        *LINE,
        zone_type=kind,
        zone_label=squeeze("zone_label"),
        zone_long_label=squeeze("zone_long_label"),
        destination=squeeze("destination"),
        commune_code="commune_code",
        effect=classify_zone(kind.fill_null("")),
    )


def clean_easements(layer: Layer, log: IssueLog) -> pl.DataFrame:
    """Easements of risk plans; those of other kinds say nothing here and are left aside."""
    effect = classify_easement(pl.col("easement_type").fill_null(""))
    rows = log.reject(
        layer.rows, effect.is_null(), column="easement_type", issue_type="not_in_scope"
    )
    return rows.select(
        "_at", *LINE, "easement_type", easement_name=squeeze("easement_name"), effect=effect
    )


def clean_risk_plans(layer: Layer, log: IssueLog) -> pl.DataFrame:
    """Zones of risk plans, forbidden or under conditions; a plan without a polygon stays listed."""
    rows = restate_codes(layer.rows, log, is_kept=True)
    return rows.select(
        "_at",
        *LINE,
        plan_type=squeeze("plan_type"),
        zone_label=squeeze("zone_label"),
        commune_code="commune_code",
        effect=classify_plan_zone(squeeze("zone_label"), squeeze("rule_type")),
    )


def clean_protected_areas(layer: Layer, log: IssueLog) -> pl.DataFrame:
    """Outlines of protected areas."""
    return layer.rows.select("_at", *LINE, area_name=squeeze("area_name"))


def clean_roads(layer: Layer, log: IssueLog) -> pl.DataFrame:
    """Main roads: importance 1 and 2; the others are left aside."""
    small = ~squeeze("importance").is_in(MAIN_ROADS).fill_null(value=False)
    rows = log.reject(layer.rows, small, column="importance", issue_type="not_in_scope")
    return rows.select("_at", *LINE, road_number=squeeze("road_number"))


def clean_installations(rows: pl.DataFrame, log: IssueLog) -> pl.DataFrame:
    """Classified installations with their place, null where it is not told."""
    places = Columns(longitude="longitude", latitude="latitude", x="x", y="y")
    rows = restate_codes(lambert(rows, log, places), log, is_kept=True)
    seveso = squeeze("seveso").str.to_lowercase()
    return rows.select(
        *ORIGIN,
        installation_id=squeeze("installation_id"),
        commune_code="commune_code",
        is_seveso=(seveso.str.contains("seuil|seveso") & ~seveso.str.contains("non")).fill_null(
            value=False
        ),
        regime=squeeze("regime"),
        x_m="x_m",
        y_m="y_m",
    )


def clean_stops(rows: pl.DataFrame, log: IssueLog) -> pl.DataFrame:
    """Stops with their place; one without coordinates is left out."""
    rows = lambert(rows, log, Columns(longitude="longitude", latitude="latitude"), kept=False)
    return rows.select(*ORIGIN, stop_id=squeeze("stop_id"), x_m="x_m", y_m="y_m")


zoning = ingest_layer(ZONING, clean_zoning, shapes_near_part, (CONTOURS, *ON_GROUND))
easements = ingest_layer(EASEMENTS, clean_easements, shapes_near_part, (CONTOURS, *ON_GROUND))
risk_plans = ingest_layer(
    RISK_PLANS, clean_risk_plans, shapes_near_part, (CONTOURS, *ON_GROUND), blank_is_kept=True
)
protected_areas = ingest_layer(PROTECTED, clean_protected_areas, reads=ON_GROUND)
roads = ingest_layer(ROADS, clean_roads, reads=ON_GROUND)
installations = ingest(INSTALLATIONS, clean_installations, reads=ON_GROUND)
stops = ingest(STOPS, clean_stops, reads=ON_GROUND)
