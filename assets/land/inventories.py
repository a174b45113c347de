"""The legal inventory of ZAE (L318-8-2): its steps and deadlines, and its units through time."""

import datetime as dt

import geopandas as gpd
import polars as pl
import shapely

from assets.ground import ON_GROUND
from assets.ingestion import ingest, ingest_layer
from assets.land.contracts.inventories import INVENTORIES, UNIT_HISTORY
from assets.land.perimeters import INVENTORY_STATES, INVENTORY_UNSAID
from observatory.geography.cog import commune_of_arrondissement
from observatory.geography.layers import drop_geometry
from observatory.ingest.cleaning import (
    bare_code,
    read_days,
    reject_conflicting_duplicates,
    squeeze,
)
from observatory.ingest.issues import ORIGIN, IssueLog
from observatory.ingest.restating import restate_lists
from observatory.ingest.shapes import Layer
from observatory.land.inventories import (
    CONSULTATION_DAYS,
    LAW_IN_FORCE,
    add_deadlines,
    apply_to_sites,
    date_inventories,
    follow_units,
)
from observatory.land.occupation import OCCUPATION_CONFIDENCES, OCCUPATION_STATES
from observatory.land.sites import CNIG_SITE, ZAE
from observatory.pipeline.drafts import draft_asset, empty_draft
from observatory.storage.frames import Coverage
from sources import CARDS

STEPS = CARDS["epci/inventories"]
FORMER = CARDS["epci/former_inventory"]
DAYS = ("started", "consulted", "decided")
COMMON = "common_area"
COMMUNE_LENGTH = 5


def clean_steps(rows: pl.DataFrame, log: IssueLog) -> pl.DataFrame:
    """One row per inventory: EPCI, site (null: each of its ZAE), and the day of each step.

    A day that cannot be read, an arrêté older than the law or of a day to come and a line without a
    day are rejected: a deadline would be wrong. Steps out of order, or an arrêté before the thirty
    days of the consultation are over, are kept as the EPCI wrote them, and said.
    """
    rows = read_days(rows, log, *DAYS, unread_is_kept=False).with_columns(
        _epci=bare_code("epci_code"),
        _site=squeeze("site_id"),
        **{f"{name}_date": pl.col(f"_{name}") for name in DAYS},
    )
    for column, bad, kind in (
        ("epci_code", ~pl.col("_epci").str.contains(r"^[0-9]{9}$"), "unknown_code"),
        ("site_id", pl.col("_site").str.contains(CNIG_SITE).not_(), "unknown_code"),
        *((name, _is_unread(name), "unknown_mark") for name in DAYS),
        ("decided", pl.col("decided_date") < LAW_IN_FORCE, "dates_out_of_order"),
        ("decided", pl.col("decided_date") > dt.datetime.now(dt.UTC).date(), "future_date"),
    ):
        missing = column == "epci_code"
        rows = log.reject(rows, bad.fill_null(value=missing), column=column, issue_type=kind)
    undated = pl.all_horizontal(pl.col(f"{name}_date").is_null() for name in DAYS)
    rows = log.reject(rows, undated, column="started", issue_type="missing_value")
    odd = rows.filter(_is_out_of_order())
    log.add(odd, column="decided", issue_type="dates_out_of_order", kept=True, severity="warning")
    return rows.select(
        *ORIGIN, *(f"{name}_date" for name in DAYS), epci_code="_epci", site_id="_site"
    )


def _is_unread(column: str) -> pl.Expr:
    return squeeze(column).is_not_null() & pl.col(f"{column}_date").is_null()


def _is_out_of_order() -> pl.Expr:
    begun, asked, decided = (pl.col(f"{name}_date") for name in DAYS)
    heard = asked.dt.offset_by(f"{CONSULTATION_DAYS}d")
    return pl.any_horizontal(begun > asked, begun > decided, heard > decided).fill_null(value=False)


def clean_former(layer: Layer, log: IssueLog) -> pl.DataFrame:
    """Units of the earlier inventory, with the state that it gave them; common ground left out."""
    text = {name: squeeze(name) for name in ("unit_id", "site_id", "parcel_ids")}
    rows = layer.rows.with_columns(
        pl.col(
            "unit_id", "site_id", "parcel_ids", "state", "updated", "is_useful", "confidence"
        ).cast(pl.String)
    ).with_columns(**text, _said=pl.col("state").str.to_lowercase().str.strip_chars())
    rows = log.reject(
        rows, pl.col("unit_id").is_null(), column="unit_id", issue_type="missing_value"
    )
    rows = reject_conflicting_duplicates(rows, log, key=["unit_id"], column="unit_id")
    states = {**INVENTORY_STATES, **{state: state for state in OCCUPATION_STATES}}
    unknown = pl.col("_said").is_not_null() & ~pl.col("_said").is_in([*states, *INVENTORY_UNSAID])
    log.add(rows.filter(unknown), column="state", issue_type="unknown_code", kept=True)
    sure = squeeze("confidence")
    told = pl.col("_said").replace_strict(states, default=None, return_dtype=pl.String)
    rows = log.reject(
        rows.with_columns(_state=told),
        (pl.col("_state") == COMMON) | (squeeze("is_useful").str.to_lowercase() == "non"),
        column="state",
        issue_type="not_in_scope",
    )
    rows = restate_lists(rows, log, column="parcel_ids")
    return rows.select(
        "_at",
        *ORIGIN,
        "unit_id",
        "site_id",
        "parcel_ids",
        former_state="_state",
        former_confidence=pl.when(sure.is_in(OCCUPATION_CONFIDENCES)).then(sure),
        former_date=pl.col("updated").str.slice(0, 10).str.to_date(strict=False),
    )


steps = ingest(STEPS, clean_steps)
former = ingest_layer(FORMER, clean_former, reads=ON_GROUND)


@draft_asset(INVENTORIES)
def land_inventories(
    clean_epci__inventories: pl.DataFrame,
    land_sites: gpd.GeoDataFrame,
    land_units: gpd.GeoDataFrame,
    geography_communes: pl.DataFrame,
) -> pl.DataFrame:
    """Where the inventory of each ZAE stands, and by when its next arrêté is due."""
    sites = drop_geometry(land_sites) if len(land_sites) else empty_sites()
    units = drop_geometry(land_units)
    return dated_sites(clean_epci__inventories, sites, units, geography_communes)


def empty_sites() -> pl.DataFrame:
    """No site, with the columns that a deadline is told by."""
    text = ("site_id", "site_name", "site_type", "commune_code", "commune_label", "epci_code")
    return pl.DataFrame(schema={**dict.fromkeys(text, pl.String), "unit_count": pl.Int64})


def dated_sites(
    handed: pl.DataFrame, sites: pl.DataFrame, units: pl.DataFrame, communes: pl.DataFrame
) -> pl.DataFrame:
    """Rows of ``land_inventories``: every ZAE, and every other site that the EPCI's file names.

    A site of the territory that no perimeter has keeps its line: its clock runs all the same.
    """
    dates = date_inventories(apply_to_sites(handed.drop(ORIGIN), sites))
    columns = ("site_id", "site_name", "commune_code", "commune_label", "unit_count")
    seen = (pl.col("occupation_confidence") == "surveyed") & (pl.col("occupation_state") != COMMON)
    surveyed = units.group_by("site_id").agg(_seen=seen.sum().cast(pl.Int64))
    is_zae = pl.col("site_type") == ZAE
    own = sites.filter(is_zae | pl.col("site_id").is_in(dates["site_id"].implode()))
    rows = own.select(*columns, _epci="epci_code").join(
        dates, on="site_id", how="full", coalesce=True
    )
    place = commune_of_arrondissement(pl.col("site_id").str.slice(0, COMMUNE_LENGTH))
    own = rows.with_columns(commune_code=pl.coalesce("commune_code", place))
    counted = (
        local(own, communes)
        .join(surveyed, on="site_id", how="left")
        .with_columns(
            epci_code=pl.coalesce("epci_code", "_epci"),
            commune_label=pl.coalesce("commune_label", "_label"),
            surveyed_unit_count=pl.when(pl.col("unit_count").is_not_null()).then(
                pl.col("_seen").fill_null(0)
            ),
        )
    )
    return add_deadlines(counted)


def local(rows: pl.DataFrame, communes: pl.DataFrame) -> pl.DataFrame:
    """Rows of communes of the territory, with their names; all where nobody listed communes."""
    named = communes.filter("is_in_territory").select("commune_code", _label="commune_label")
    if named.is_empty():
        return rows.with_columns(_label=pl.lit(None, pl.String))
    return rows.join(named, on="commune_code", how="inner", maintain_order="left")


@draft_asset(UNIT_HISTORY)
def land_unit_history(
    clean_epci__former_inventory: gpd.GeoDataFrame,
    land_units: gpd.GeoDataFrame,
    geography_communes: pl.DataFrame,
    clean_cadastre__parcels: Coverage,
) -> pl.DataFrame:
    """What became of each unit of the earlier inventory, and which units are new."""
    if clean_epci__former_inventory.empty or land_units.empty:
        return empty_draft(UNIT_HISTORY)
    return followed(
        clean_epci__former_inventory,
        land_units[land_units["occupation_state"] != COMMON],
        geography_communes,
        clean_cadastre__parcels,
    )


def followed(
    earlier: gpd.GeoDataFrame,
    units: gpd.GeoDataFrame,
    communes: pl.DataFrame,
    parcels: Coverage,
) -> pl.DataFrame:
    """Rows of ``land_unit_history``; new units are those of the sites that were inventoried."""
    before, after = _former_side(earlier), _current_side(units)
    links = follow_units(
        drop_geometry(earlier), earlier.geometry.to_numpy(), after, units.geometry.to_numpy()
    )
    both = links.join(before, on="_former", how="left").join(
        after.drop("parcel_ids"), on="_unit", how="left"
    )
    known = [before["former_site_id"], both.filter(pl.col("_former").is_not_null())["site_id"]]
    inventoried = pl.concat(known).drop_nulls().unique()
    told = after["commune_code"].unique().drop_nulls()
    is_told = pl.col("_commune").is_in(told.implode()) | parcels.names(pl.col("_commune"))
    is_gone = pl.col("unit_change") == "gone"
    rows = both.filter(
        pl.col("_former").is_not_null() | pl.col("site_id").is_in(inventoried.implode())
    ).with_columns(
        unit_change=pl.when(is_gone & ~is_told)
        .then(pl.lit("not_followed"))
        .otherwise("unit_change"),
        commune_code=pl.coalesce("commune_code", "_commune"),
        has_state_changed=_has_changed("former_state", "current_state"),
        link_id=pl.format(
            "{}>{}", pl.col("former_unit_id").fill_null(""), pl.col("unit_id").fill_null("")
        ),
    )
    return local(rows, communes).with_columns(commune_label="_label")


def _has_changed(before: str, after: str) -> pl.Expr:
    """Whether a state has changed; null where nobody knew, then or now."""
    is_known = pl.all_horizontal(pl.col(state) != "undetermined" for state in (before, after))
    return pl.when(is_known).then(pl.col(before) != pl.col(after))


def _former_side(earlier: gpd.GeoDataFrame) -> pl.DataFrame:
    """Units of the earlier inventory, each with the commune of its first parcel."""
    rows = drop_geometry(earlier).with_row_index("_former")
    place = pl.coalesce(
        pl.col("parcel_ids").str.extract(r"^\s*(\d{5}|2[AB]\d{3})"),
        pl.col("unit_id").str.extract(r"^(\d{5}|2[AB]\d{3})_"),
    )
    return rows.select(
        pl.col("_former").cast(pl.Int64),
        "former_state",
        "former_confidence",
        former_unit_id="unit_id",
        former_site_id="site_id",
        former_date=pl.col("former_date").cast(pl.Date),
        former_area_m2=pl.Series(shapely.area(earlier.geometry.to_numpy())),
        _commune=commune_of_arrondissement(place),
    )


def _current_side(units: gpd.GeoDataFrame) -> pl.DataFrame:
    rows = drop_geometry(units).with_row_index("_unit")
    return rows.select(
        pl.col("_unit").cast(pl.Int64),
        "unit_id",
        "site_id",
        "commune_code",
        "parcel_ids",
        "occupation_confidence",
        "area_m2",
        current_state="occupation_state",
    )
