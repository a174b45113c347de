"""Brownfields: from the national file and local inventories to points of the territory."""

import geopandas as gpd
import numpy as np
import polars as pl
import pyproj
import shapely

from assets.ground import ON_GROUND
from assets.ingestion import ingest
from assets.land.contracts.potential import BROWNFIELDS
from observatory.geography.cog import commune_of_arrondissement, is_arrondissement
from observatory.geography.crs import WGS84
from observatory.geography.ground import projection
from observatory.geography.joins import points_in_areas
from observatory.geography.layers import as_geodataframe, drop_geometry
from observatory.ingest.cleaning import number, squeeze, whole
from observatory.ingest.issues import LINE, ORIGIN, IssueLog
from observatory.ingest.restating import restate_codes, restated_list
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


BROWNFIELD_UNSAID = ("inconnu", "autre", "sans objet", "_X_")


def clean_brownfields(rows: pl.DataFrame, log: IssueLog) -> pl.DataFrame:
    """Brownfields with status, parcels as ``a|b`` and a point; what is said to be unknown is null.

    Names of owners are not kept.
    """
    rows = log.reject(
        rows, squeeze("source_id").is_null(), column="source_id", issue_type="missing_value"
    )
    again = ~pl.col("source_id").is_first_distinct()
    rows = log.reject(rows, again, column="source_id", issue_type="conflicting_duplicate")
    status = squeeze("status").str.to_lowercase()
    unknown = status.is_not_null() & ~status.is_in([*STATUSES, *BROWNFIELD_UNSAID])
    log.add(rows.filter(unknown), column="status", issue_type="unknown_code", kept=True)
    rows = restate_codes(rows, log, is_kept=True)
    rows = rows.with_columns(
        _parcels=squeeze("parcel_ids")
        .str.strip_chars("{}")
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
    braced = squeeze("parcel_ids").str.contains(r"[{},]")
    log.add(
        rows.filter(braced.fill_null(value=False)),
        column="parcel_ids",
        issue_type="repaired_code",
        kept=True,
        replaced_by=pl.col("_parcels"),
    )
    for column in ("building_count", "area_m2"):
        decimal = squeeze(column).str.contains(r"\.0+$")
        log.add(
            rows.filter(decimal.fill_null(value=False)),
            column=column,
            issue_type="repaired_code",
            kept=True,
            replaced_by=whole(column).cast(pl.String),
        )
    shared = listed.filter(pl.col("_parcel").is_duplicated() & pl.col("_parcel").is_not_null())
    log.add(
        shared.unique(LINE, keep="first", maintain_order=True),
        column="parcel_ids",
        value="_parcel",
        issue_type="overlapping_area",
        kept=True,
    )
    point = squeeze("geompoint").str.extract_groups(r"(?i)POINT\s*\(\s*(-?[\d.]+)\s+(-?[\d.]+)")
    return rows.select(
        *ORIGIN,
        brownfield_id=squeeze("source_id"),
        brownfield_name=squeeze("site_name"),
        commune_code="commune_code",
        brownfield_type=_said("site_type"),
        brownfield_status=status.replace_strict(STATUSES, default=None, return_dtype=pl.String),
        updated_date=squeeze("updated").str.slice(0, 10).str.to_date("%Y-%m-%d", strict=False),
        soil_pollution=_said("soil_pollution"),
        building_count=whole("building_count"),
        declared_area_m2=number("area_m2"),
        parcel_ids=restated_list(pl.col("_parcels")),
        producer=_said("source_producer"),
        longitude=point.struct.field("1").cast(pl.Float64, strict=False),
        latitude=point.struct.field("2").cast(pl.Float64, strict=False),
    )


def _said(column: str) -> pl.Expr:
    text = squeeze(column)
    return pl.when(~text.is_in(BROWNFIELD_UNSAID)).then(text)


brownfields = ingest(CARTOFRICHES, clean_brownfields, reads=ON_GROUND)


local_brownfields = ingest(LOCAL_BROWNFIELDS, clean_brownfields, reads=ON_GROUND)


REAL_BROWNFIELDS = ("without_project", "with_project")


@step(
    Out(
        name="_land_brownfields",
        group="land",
        kinds=LAYER,
    )
)
def _land_brownfields(
    clean_cerema__brownfields: pl.DataFrame, clean_cnig__brownfields: pl.DataFrame
) -> gpd.GeoDataFrame:
    """Listed brownfields as points; those of a local inventory win over the national file."""
    return all_brownfields(clean_cnig__brownfields, clean_cerema__brownfields)


def all_brownfields(local: pl.DataFrame, national: pl.DataFrame) -> gpd.GeoDataFrame:
    """Both inventories, a national record left out where a local one bears its identifier."""
    both = pl.concat([local, national])
    rows = both.unique("brownfield_id", keep="first", maintain_order=True)
    told = (rows["longitude"].is_not_null() & rows["latitude"].is_not_null()).to_numpy()
    to_metres = pyproj.Transformer.from_crs(WGS84, projection().crs, always_xy=True)
    own = rows.filter(pl.Series(told))
    x, y = to_metres.transform(own["longitude"].to_numpy(), own["latitude"].to_numpy())
    points = np.full(len(rows), shapely.Point(), dtype=object)
    points[told] = shapely.points(x, y)
    named_rows = rows.rename({"source_key": "brownfield_source_key"})
    return as_geodataframe(named_rows.drop("source_sha256", "source_sheet", "source_line"), points)


@draft_asset(BROWNFIELDS)
def land_brownfields(
    _land_brownfields: gpd.GeoDataFrame,
    _land_sites: gpd.GeoDataFrame,
    geography_communes: pl.DataFrame,
) -> gpd.GeoDataFrame:
    """Brownfields of the territory, with the site they lie in."""
    local = geography_communes.filter("is_in_territory").select("commune_code", "commune_label")
    rows = drop_geometry(_land_brownfields).with_row_index("_at").join(local, on="commune_code")
    shapes = _land_brownfields.geometry.to_numpy()[rows["_at"].to_numpy()]
    at, site = points_in_areas(
        shapely.get_x(shapes),
        shapely.get_y(shapes),
        _land_sites.geometry.to_numpy(),
        with_border=False,
    )
    inside = pl.DataFrame(
        {
            "_row": pl.Series(at, dtype=pl.UInt32),
            "site_id": pl.Series(_land_sites["site_id"].to_numpy()[site], dtype=pl.String),
        }
    ).unique("_row", keep="first", maintain_order=True)
    if rows.is_empty():
        return empty_draft(BROWNFIELDS)
    full = (
        rows.drop("_at")
        .with_row_index("_row")
        .join(inside, on="_row", how="left", maintain_order="left")
    )
    return as_geodataframe(full.drop("_row"), shapes)
