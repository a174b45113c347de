"""Zoning, risks, nature, installations, roads and stops: as their producers drew them."""

import polars as pl
import shapely

from assets.ground import ON_GROUND
from assets.ingestion import ENDS, ingest, ingest_layer
from assets.land.points import Columns, lambert
from assets.parts import CONTOURS, polygons_of, say_cuts, serve_newest, shapes_near_part
from observatory.geography.ground import GROUND
from observatory.geography.joins import points_in_areas
from observatory.ingest.cleaning import squeeze
from observatory.ingest.issues import LINE, ORIGIN, IssueLog
from observatory.ingest.restating import restate_codes
from observatory.ingest.shapes import Layer
from observatory.ingest.values import each_as_text
from observatory.land.constraints import classify_easement, classify_zone
from observatory.land.plan_rules import (
    UNKNOWN,
    classify_plan_zone,
    is_in_force,
    zone_type_of_label,
)
from observatory.metadata.cards import normalise
from sources import CARDS

ZONING = CARDS["gpu/zoning"]
EASEMENTS = CARDS["gpu/easements"]
RISK_PLANS = CARDS["ddtm/risk_plans"]
PROTECTED = CARDS["inpn/protected_areas"]
INSTALLATIONS = CARDS["georisques/installations"]
ROADS = CARDS["ign/roads"]
STOPS = CARDS["transport/stops"]
# as the standards of plans and of cartes communales write them
ZONE_TYPES = r"^(U|AU[cs]|A[hc]?|N[hdc]?|Zc|Zca|ZCa|ZnC|Znc)$"
# what tells the kind of a plan in the names of its layers: N_ZONE_REG_PPRN_20180003_S_038
# and in those of easements: PM1_ASSIETTE_SUP_S_013
EASEMENT_KIND = r"(?:^|_)([a-z]{1,3}\d{1,2})_(?:.*_)?assiette_?sup"
PLAN_KIND = r"(?:^|_)(ppr[a-z]{0,3})(?:_|$)"
PLAN = squeeze("plan_id").str.to_uppercase()
# a plan de sauvegarde stands in place of the local plan (L313-1), whichever is the younger
SAFEGUARD = "(?i)_PSMV(_|$)"
MAIN_ROADS = ("1", "2")


def clean_zoning(layer: Layer, log: IssueLog) -> pl.DataFrame:
    """Zones of local plans with what they do to firms.

    A type that is missing, or that is a label in truth, is told by the label where that is certain;
    a zone whose type is not known, nor whether it is open to building, is undetermined.
    """
    rows = restate_codes(layer.rows, log, is_kept=True)
    rows = _of_plans_in_force(rows, log, plan="document")
    rows = rows.with_columns(
        _approved=pl.coalesce(
            _day("approved"), _day("validated"), _day_of_document(squeeze("document"))
        )
    )
    rows = _serve_newest_plan(layer, serve_newest(layer, rows, log), log)
    written = squeeze("zone_type").replace({"AUC": "AUc", "AUS": "AUs"})
    label = squeeze("zone_label")
    known = written.str.contains(ZONE_TYPES).fill_null(value=False)
    by_type, by_label = zone_type_of_label(written), zone_type_of_label(label)
    told = pl.when(by_type != "AU").then(by_type).otherwise(pl.coalesce(by_label, by_type))
    rows = rows.with_columns(_kind=pl.when(known).then(written).otherwise(told))
    kind = pl.col("_kind")
    log.add_once(
        rows.filter(~known & kind.is_not_null()),
        column="zone_type",
        issue_type="type_told_by_label",
        replaced_by=kind,
    )
    is_open = (kind.is_null() | (kind == "AU")).fill_null(value=True)
    log.add(rows.filter(is_open), column="zone_type", issue_type="unknown_code", kept=True)
    return rows.select(
        "_at",
        *LINE,
        zone_type=pl.coalesce(kind, written),
        zone_label=label,
        zone_long_label=squeeze("zone_long_label"),
        destination=squeeze("destination"),
        commune_code="commune_code",
        effect=pl.when(is_open)
        .then(pl.lit(UNKNOWN))
        .otherwise(classify_zone(kind, label, squeeze("zone_long_label"), squeeze("destination"))),
        approved_date="_approved",
    )


def _serve_newest_plan(layer: Layer, rows: pl.DataFrame, log: IssueLog) -> pl.DataFrame:
    """Rows whose ground no other plan, approved later, covers: a PLUi replaces the PLU under it.

    Plans overlap where a point within a zone of one lies in a zone of the other: neighbours, whose
    borders are drawn twice, do not.
    """
    at = rows["_at"].to_numpy()
    drawn = layer.shapes[at].copy()
    inside = shapely.point_on_surface(drawn)
    x, y = shapely.get_x(inside), shapely.get_y(inside)
    plans = rows.select(plan=squeeze("document"), day="_approved")
    pairs = [plans[index] for index in points_in_areas(x, y, drawn, with_border=False)]
    both = pl.concat(
        [pairs[0], pairs[1].rename({"plan": "other", "day": "other_day"})], how="horizontal"
    )
    back = both.select(plan="other", day="other_day", other="plan", other_day="day")
    replaced = (
        pl.concat([both, back])
        .filter(pl.col("plan") != pl.col("other"), pl.col("day") < pl.col("other_day"))
        .filter(~pl.col("plan").str.contains(SAFEGUARD))
        .group_by("plan", maintain_order=True)
        .agg(pl.col("other").unique())
    )
    for plan, others in replaced.iter_rows():
        newer = shapely.union_all(
            drawn[plans["plan"].is_in(others).fill_null(value=False).to_numpy()]
        )
        own = (plans["plan"] == plan).fill_null(value=False).to_numpy()
        layer.shapes[at[own]] = polygons_of(shapely.difference(layer.shapes[at[own]], newer))
    return say_cuts(layer, rows, shapely.area(drawn), log, issue_type="older_plan")


def _of_plans_in_force(rows: pl.DataFrame, log: IssueLog, *, plan: str) -> pl.DataFrame:
    """Rows but those of plans that are not in force yet, or no more; an unknown state is said.

    Of a ``plan`` that stands in several files, the newest edition that says its state is right.
    """
    state, ended = squeeze("plan_state"), _day(ENDS)
    rows = rows.with_columns(_binds=is_in_force(state, ended, today=GROUND.get().as_of))
    log.add_once(
        rows.filter(pl.col("_binds").is_null() & state.is_not_null()),
        column="plan_state",
        issue_type="unknown_code",
    )
    editions = {sha: vintage.partition(".")[0] for sha, vintage in GROUND.get().vintages.items()}
    edition = pl.col("source_sha256").replace_strict(editions, default="", return_dtype=pl.String)
    last = pl.col("_binds").sort_by(edition).drop_nulls().last().over(plan)
    is_over = ~pl.when(pl.col(plan).is_null()).then("_binds").otherwise(last)
    kept = log.reject(rows, is_over, column="plan_state", issue_type="plan_not_in_force")
    return kept.drop("_binds")


def _day(column: str) -> pl.Expr:
    """A day as plans write it: 20240131, 2024-01-31, with or without a time."""
    digits = squeeze(column).str.replace_all("-", "").str.slice(0, 8)
    return digits.str.to_date("%Y%m%d", strict=False)


def _day_of_document(name: pl.Expr) -> pl.Expr:
    """The day that ends the identifier of a document: 13001_PLU_20240131."""
    return name.str.extract(r"_((?:19|20)\d{6})(?:_[A-Z])?$").str.to_date("%Y%m%d", strict=False)


def clean_easements(layer: Layer, log: IssueLog) -> pl.DataFrame:
    """Easements of risk plans; those of other kinds say nothing here and are left aside."""
    sheet = each_as_text(layer.rows["source_sheet"], normalise).str.extract(EASEMENT_KIND)
    rows = layer.rows.with_columns(easement_type=pl.coalesce(squeeze("easement_type"), sheet))
    effect = classify_easement(pl.col("easement_type").fill_null(""))
    rows = log.reject(rows, effect.is_null(), column="easement_type", issue_type="not_in_scope")
    return rows.select(
        "_at", *LINE, "easement_type", easement_name=squeeze("easement_name"), effect=effect
    )


def clean_risk_plans(layer: Layer, log: IssueLog) -> pl.DataFrame:
    """Zones of risk plans, in either standard; a plan without a polygon stays listed.

    What a rule in neither standard's list means is not guessed: the zone is undetermined, as is one
    that says nothing.
    """
    rows = _of_plans_in_force(restate_codes(layer.rows, log, is_kept=True), log, plan="plan_id")
    effect = classify_plan_zone(
        squeeze("rule_type"), squeeze("cnig_rule_type"), squeeze("zone_name"), squeeze("zone_label")
    )
    is_drawn = ~pl.Series(shapely.is_missing(layer.shapes[rows["_at"].to_numpy()]))
    rows = rows.with_columns(effect=effect, _rule=pl.coalesce("rule_type", "cnig_rule_type"))
    log.add(
        rows.filter((pl.col("effect") == UNKNOWN) & is_drawn),
        column="rule_type",
        value="_rule",
        issue_type="unknown_code",
        kept=True,
    )
    sheet = each_as_text(rows["source_sheet"], normalise).str.extract(PLAN_KIND)
    return rows.select(
        "_at",
        *LINE,
        "effect",
        plan_type=pl.coalesce(squeeze("plan_type"), sheet.str.to_uppercase()),
        plan_id=PLAN,
        zone_label=squeeze("zone_label"),
        commune_code="commune_code",
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
# of a plan that stands in several files, the newest edition
risk_plans = ingest_layer(
    RISK_PLANS,
    clean_risk_plans,
    shapes_near_part,
    (CONTOURS, *ON_GROUND),
    place=PLAN,
    blank_is_kept=True,
)
protected_areas = ingest_layer(PROTECTED, clean_protected_areas, reads=ON_GROUND)
roads = ingest_layer(ROADS, clean_roads, reads=ON_GROUND)
installations = ingest(INSTALLATIONS, clean_installations, reads=ON_GROUND)
stops = ingest(STOPS, clean_stops, reads=ON_GROUND)
