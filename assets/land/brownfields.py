"""Brownfields: from the national file and local inventories to places of the territory."""

import re

import geopandas as gpd
import numpy as np
import pandas as pd
import polars as pl
import shapely

from assets.ground import ON_GROUND
from assets.ingestion import ingest_layer
from assets.land.contracts.brownfields import BROWNFIELDS, OUTLINES
from observatory.geography.cog import commune_of_arrondissement, is_arrondissement
from observatory.geography.joins import points_in_areas
from observatory.geography.layers import as_geodataframe, as_multipolygons, drop_geometry
from observatory.ingest.cleaning import number, read_days, squeeze, whole
from observatory.ingest.issues import ACROSS_BROWNFIELDS, LINE, IssueLog
from observatory.ingest.restating import restate_codes, restate_lists
from observatory.ingest.shapes import POLYGONAL, Layer
from observatory.ingest.values import each_as_text
from observatory.land.parcels import PARCEL_PATTERN
from observatory.pipeline.drafts import draft_asset, empty_draft
from observatory.pipeline.steps import LAYER, Out, step
from sources import CARDS

CARTOFRICHES = CARDS["cerema/brownfields"]
LOCAL_BROWNFIELDS = CARDS["cnig/brownfields"]
STATUSES = {
    "friche potentielle": "potential",
    "friche sans projet": "without_project",
    "friche avec projet": "with_project",
    "friche reconvertie": "reconverted",
}
NOT_SAID = ("inconnu", "_X_")
BROWNFIELD_UNSAID = (*NOT_SAID, "autre", "sans objet")
# passed on as they are said: our column, and that of the card where it has another name
TEXTS = {
    **{
        name: name
        for name in (
            "address",
            "page_url",
            "ademe_url",
            "safety_measures",
            "site_occupation",
            "project_url",
            "reconversion_type",
            "former_activity",
            "former_activity_code",
            "building_type",
            "building_pollution",
            "building_vacancy",
            "building_heritage",
            "building_condition",
            "owner_types",
            "owner_kind",
            "soil_pollution_origin",
            "soil_pollution_comment",
            "soil_cleanup_url",
            "dominant_form",
            "renewable_zone",
            "document_type",
            "access_distances",
            "access_comment",
        )
    },
    "declared_status": "status",
    "declared_zone_type": "zone_type",
    "declared_zone_label": "zone_label",
    "inventory_name": "source_name",
    "inventory_url": "source_url",
}
# where free text could name a person: codes of Cerema's classification, kinds, an address of a page
FORMS = {
    "owner_types": r"^(?:(?:[A-Z]\d[a-z]?|inconnu|autre|sans objet)(?:\||$))+$",
    "owner_kind": r"^(?:(?:personne physique|personne morale|inconnu|autre|sans objet)(?:\||$))+$",
    "project_url": r"^(?:https?://[^\s@]+|inconnu|autre|sans objet)$",
}
YEARS = (
    "reconversion_year",
    "activity_end_year",
    "oldest_premises_year",
    "newest_premises_year",
    "soil_pollution_year",
)
# a producer is named where it is told for an organisation: some contributors are persons
ORGANISATION = re.compile(
    r"\d|cerema|foncier|friche|appel|observatoire|agence|[ée]tat|minist|r[ée]gion|m[ée]tropole|"
    r"communaut|commune|ville|d[ée]partement|syndicat|\b(?:ddtm?|dreal|epf\w*|epci|cci|ademe|brgm)\b",
    re.IGNORECASE,
)
FEW_WORDS = (2, 3)
# contours of communes are simplified
STRAY_M = 1_000.0


def clean_brownfields(layer: Layer, log: IssueLog) -> pl.DataFrame:
    """Brownfields with status, parcels as ``a|b`` and what else is said of them.

    What is said to be unknown is null where it is computed with. Names of owners are not kept.
    """
    rows = layer.rows
    rows = log.reject(
        rows, squeeze("source_id").is_null(), column="source_id", issue_type="missing_value"
    )
    again = ~pl.col("source_id").is_first_distinct()
    rows = log.reject(rows, again, column="source_id", issue_type="conflicting_duplicate")
    status = squeeze("status").str.to_lowercase()
    status = (
        pl.when(status.is_in([s.removeprefix("friche ") for s in STATUSES]))
        .then(pl.format("friche {}", status))
        .otherwise(status)
    )
    unknown = status.is_not_null() & ~status.is_in([*STATUSES, *BROWNFIELD_UNSAID])
    log.add(rows.filter(unknown), column="status", issue_type="unknown_code", kept=True)
    unplaced = rows.filter(squeeze("commune_code").is_null())
    log.add(unplaced, column="commune_code", issue_type="missing_value", kept=True)
    rows = restate_codes(rows, log, is_kept=True)
    rows = rows.with_columns(
        _parcels=squeeze("parcel_ids")
        .str.replace_all(r"[{}\[\]\"']", "")
        .str.replace_all(r"[,;|\s]+", "|")
        .str.to_uppercase()
    )
    listed = rows.select(*LINE, pl.col("_parcels").str.split("|").alias("_parcel")).explode(
        "_parcel"
    )
    bad = listed.filter(
        pl.col("_parcel").is_not_null() & ~pl.col("_parcel").str.contains(PARCEL_PATTERN)
    )
    log.add(bad, column="parcel_ids", value="_parcel", issue_type="unknown_code", kept=True)
    log.add_once(
        listed.filter(
            is_arrondissement(pl.col("_parcel").str.slice(0, 5)),
        ).rename({"_parcel": "parcel_ids"}),
        column="parcel_ids",
        issue_type="repaired_code",
        replaced_by=commune_of_arrondissement(pl.col("parcel_ids").str.slice(0, 5)),
    )
    braced = squeeze("parcel_ids").str.contains(r"[{},\[]")
    log.add(
        rows.filter(braced.fill_null(value=False)),
        column="parcel_ids",
        issue_type="repaired_code",
        kept=True,
        replaced_by=pl.col("_parcels"),
    )
    for column in ("building_count", "area_m2", *YEARS):
        decimal = squeeze(column).str.contains(r"\.0+$")
        log.add(
            rows.filter(decimal.fill_null(value=False)),
            column=column,
            issue_type="repaired_code",
            kept=True,
            replaced_by=whole(column).cast(pl.String),
        )
    for column in ("building_count", "area_m2", "declared_built_m2"):
        said = squeeze(column)
        unread = said.is_not_null() & ~said.is_in(BROWNFIELD_UNSAID) & number(column).is_null()
        log.add(
            rows.filter(unread),
            column=column,
            issue_type="unknown_mark",
            kept=True,
            severity="warning",
        )
    shared = listed.filter(pl.col("_parcel").is_duplicated() & pl.col("_parcel").is_not_null())
    log.add(
        shared.unique(LINE, keep="first", maintain_order=True),
        column="parcel_ids",
        value="_parcel",
        issue_type="overlapping_area",
        kept=True,
    )
    rows = restate_lists(rows, log, column="_parcels")
    rows = read_days(_without_free_text(rows, log), log, "updated", "identified")
    return rows.select(
        "_at",
        *LINE,
        brownfield_id=squeeze("source_id"),
        brownfield_name=squeeze("site_name"),
        commune_code="commune_code",
        brownfield_type=_said("site_type"),
        brownfield_status=status.replace_strict(STATUSES, default=None, return_dtype=pl.String),
        updated_date="_updated",
        identified_date="_identified",
        soil_pollution=_said("soil_pollution"),
        building_count=whole("building_count"),
        declared_area_m2=number("area_m2"),
        declared_built_m2=number("declared_built_m2"),
        parcel_ids="_parcels",
        inventory_producer=each_as_text(rows["source_producer"], _organisation),
        **{name: squeeze(column) for name, column in TEXTS.items()},
        **{name: _year(name) for name in YEARS},
    )


def _without_free_text(rows: pl.DataFrame, log: IssueLog) -> pl.DataFrame:
    """Rows without what is in none of ``FORMS``; said, but for the text itself."""
    odd = {c: ~squeeze(c).str.contains(form).fill_null(value=True) for c, form in FORMS.items()}
    for column, is_odd in odd.items():
        log.add(
            rows.filter(is_odd).drop(column),
            column=column,
            issue_type="unknown_mark",
            kept=True,
            severity="warning",
        )
    return rows.with_columns(pl.when(~is_odd).then(c).alias(c) for c, is_odd in odd.items())


def _year(column: str) -> pl.Expr:
    """A year as four digits; 0 stands for none."""
    year = squeeze(column).str.slice(0, 4)
    return pl.when(year.str.contains(r"^\d{4}$") & (year != "0000")).then(year)


def _organisation(text: str) -> str | None:
    plain = " ".join(text.split())
    may_be_a_person = len(plain.split()) in FEW_WORDS and not ORGANISATION.search(plain)
    return None if may_be_a_person or plain in BROWNFIELD_UNSAID else plain or None


def _said(column: str) -> pl.Expr:
    text = squeeze(column)
    return pl.when(~text.is_in(NOT_SAID)).then(text)


brownfields = ingest_layer(CARTOFRICHES, clean_brownfields, reads=ON_GROUND, blank_is_kept=True)
local_brownfields = ingest_layer(
    LOCAL_BROWNFIELDS, clean_brownfields, reads=ON_GROUND, blank_is_kept=True
)
REAL_BROWNFIELDS = ("without_project", "with_project")


@step(
    Out(
        name="_land_brownfields",
        group="land",
        kinds=LAYER,
    ),
    Out(
        name=ACROSS_BROWNFIELDS,
        group="issues",
        tags={"layer": "issues"},
        description="Brownfields that lie far from the commune they name, with their line.",
    ),
    name="_land_brownfields_and_strays",
)
def _land_brownfields_and_strays(
    clean_cerema__brownfields: gpd.GeoDataFrame,
    clean_cnig__brownfields: gpd.GeoDataFrame,
    geography_commune_contours: gpd.GeoDataFrame,
) -> tuple[gpd.GeoDataFrame, pl.DataFrame]:
    """Listed brownfields, drawn or as points; those of a local inventory win over the national."""
    listed = all_brownfields(clean_cnig__brownfields, clean_cerema__brownfields)
    kept, issues = without_strays(listed, geography_commune_contours)
    named = kept.rename(columns={"source_key": "brownfield_source_key"})
    return named.drop(columns=["source_sha256", "source_sheet", "source_line"]), issues


def all_brownfields(local: gpd.GeoDataFrame, national: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Both inventories, a national record left out where a local one bears its identifier."""
    both = gpd.GeoDataFrame(pd.concat([local, national], ignore_index=True), crs=local.crs)
    return both[~both["brownfield_id"].duplicated()].reset_index(drop=True)


def without_strays(
    listed: gpd.GeoDataFrame, contours: gpd.GeoDataFrame
) -> tuple[gpd.GeoDataFrame, pl.DataFrame]:
    """Brownfields without the places that are not in their commune, and an issue for each."""
    own = contours.set_index("commune_code").geometry
    around = own.reindex(listed["commune_code"]).to_numpy()
    shapes = listed.geometry.to_numpy().copy()
    astray = np.nan_to_num(shapely.distance(shapes, around)) > STRAY_M
    log = IssueLog()
    log.add(
        drop_geometry(listed).filter(pl.Series(astray)),
        column="geometry",
        value="commune_code",
        issue_type="outside_commune",
        kept=True,
    )
    shapes[astray] = None
    return listed.set_geometry(gpd.GeoSeries(shapes, crs=listed.crs)), log.table()


@draft_asset(BROWNFIELDS)
def land_brownfields(
    _land_brownfields: gpd.GeoDataFrame,
    _land_sites: gpd.GeoDataFrame,
    geography_communes: pl.DataFrame,
) -> gpd.GeoDataFrame:
    """Brownfields of the territory as points, with the site they lie in."""
    return located(_land_brownfields, _land_sites, geography_communes)


def located(
    brownfields: gpd.GeoDataFrame, sites: gpd.GeoDataFrame, communes: pl.DataFrame
) -> gpd.GeoDataFrame:
    """Those of the territory's communes: a point of each, none where nothing places it."""
    rows, shapes = _local(brownfields, communes)
    if rows.is_empty():
        return empty_draft(BROWNFIELDS)
    points = shapely.point_on_surface(shapes)
    at, site = points_in_areas(
        shapely.get_x(points),
        shapely.get_y(points),
        sites.geometry.to_numpy(),
        with_border=False,
    )
    inside = pl.DataFrame(
        {
            "_row": pl.Series(at, dtype=pl.UInt32),
            "site_id": pl.Series(sites["site_id"].to_numpy()[site], dtype=pl.String),
        }
    ).unique("_row", keep="first", maintain_order=True)
    full = rows.with_row_index("_row").join(inside, on="_row", how="left", maintain_order="left")
    return as_geodataframe(full.drop("_row"), points)


@draft_asset(OUTLINES)
def land_brownfield_outlines(
    _land_brownfields: gpd.GeoDataFrame, geography_communes: pl.DataFrame
) -> gpd.GeoDataFrame:
    """Outlines of the brownfields of the territory that an inventory draws."""
    return outlined(_land_brownfields, geography_communes)


def outlined(brownfields: gpd.GeoDataFrame, communes: pl.DataFrame) -> gpd.GeoDataFrame:
    """Those of the territory's communes that are drawn, as multipolygons."""
    rows, shapes = _local(brownfields, communes)
    drawn = np.isin(shapely.get_type_id(shapes), POLYGONAL)
    if not drawn.any():
        return empty_draft(OUTLINES)
    outlines = as_multipolygons(gpd.GeoSeries(shapes[drawn], crs=brownfields.crs))
    own = rows.filter(pl.Series(drawn)).with_columns(drawn_m2=pl.Series(outlines.area.to_numpy()))
    return as_geodataframe(own, outlines.to_numpy())


def _local(
    brownfields: gpd.GeoDataFrame, communes: pl.DataFrame
) -> tuple[pl.DataFrame, np.ndarray]:
    """Those of the territory's communes, with the commune's name; and their shapes."""
    local = communes.filter("is_in_territory").select("commune_code", "commune_label")
    rows = drop_geometry(brownfields).with_row_index("_at").join(local, on="commune_code")
    return rows.drop("_at"), brownfields.geometry.to_numpy()[rows["_at"].to_numpy()]
