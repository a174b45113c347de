"""Outlines of communes and municipal arrondissements, valid and in the projected CRS."""

import geopandas as gpd
import polars as pl
import shapely

from assets.geography.contracts import ARRONDISSEMENT_CONTOURS, COMMUNE_CONTOURS
from assets.ground import ON_GROUND
from assets.ingestion import ingest_layer
from observatory.geography.cog import commune_of_arrondissement, is_arrondissement
from observatory.geography.crs import M2_PER_HA
from observatory.geography.layers import as_multipolygons, drop_geometry
from observatory.ingest.issues import IssueLog
from observatory.ingest.restating import restate_codes
from observatory.ingest.shapes import Layer
from observatory.pipeline.drafts import draft_asset
from sources import CARDS

CARD = CARDS["ign/commune_contours"]


def clean_contours(layer: Layer, log: IssueLog) -> pl.DataFrame:
    """Communes and municipal arrondissements with ``area_ha``, told apart by the code."""
    rows = log.reject(
        layer.rows,
        pl.col("commune_code").is_null(),
        column="commune_code",
        issue_type="missing_value",
    )
    rows = rows.with_columns(_read="commune_code")
    whole = ~is_arrondissement(pl.col("commune_code"))
    own = restate_codes(rows.filter(whole), log, is_kept=True)
    # the outline of a split commune, or of one that the list lacks, stays that of its code
    kept = own.with_columns(pl.coalesce("commune_code", "_read"))
    rows = pl.concat([kept, rows.filter(~whole)]).drop("_read").sort("_at")
    area = shapely.area(layer.shapes[rows["_at"].to_numpy()])
    return rows.with_columns(
        area_ha=pl.Series(area, dtype=pl.Float64) / M2_PER_HA,
        is_arrondissement=is_arrondissement(pl.col("commune_code")),
    )


# a repair that leaves no surface is an error: a commune would be missing from every map
contours = ingest_layer(
    CARD, clean_contours, reads=ON_GROUND, severity="error", in_metropolitan_france=False
)


@draft_asset(COMMUNE_CONTOURS)
def geography_commune_contours(
    clean_ign__commune_contours: gpd.GeoDataFrame,
    clean_etalab__communes: pl.DataFrame,
) -> gpd.GeoDataFrame:
    """Communes, big cities whole; those that were merged since under the code in force."""
    frame = clean_ign__commune_contours
    return _drawn(named(as_one(frame[~frame["is_arrondissement"]]), clean_etalab__communes))


def named(frame: gpd.GeoDataFrame, communes: pl.DataFrame) -> gpd.GeoDataFrame:
    """Communes under their whole name: files of outlines leave the article of some out."""
    in_force = communes.filter(pl.col("commune_type") == "commune")
    names = dict(in_force.select("commune_code", "commune_label").iter_rows())
    whole = frame["commune_code"].map(names).fillna(frame["commune_label"])
    return frame.assign(commune_label=whole)


def as_one(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Each commune once: outlines of one code are put together, under the name of the largest."""
    if not frame["commune_code"].duplicated().any():
        return frame
    largest = frame.sort_values("area_ha", ascending=False, kind="stable")
    joined = largest.dissolve("commune_code", as_index=False, method="unary")
    return joined.assign(area_ha=joined.geometry.area / M2_PER_HA)


@draft_asset(ARRONDISSEMENT_CONTOURS)
def geography_arrondissement_contours(
    clean_ign__commune_contours: gpd.GeoDataFrame,
) -> gpd.GeoDataFrame:
    """Municipal arrondissements; they cover the same ground as their commune."""
    frame = clean_ign__commune_contours
    found = frame[frame["is_arrondissement"]].rename(
        columns={
            "commune_code": "arrondissement_code",
            "commune_label": "arrondissement_label",
        }
    )
    cities = drop_geometry(found).select(commune_of_arrondissement(pl.col("arrondissement_code")))
    return _drawn(found).assign(commune_code=cities.to_series())


def _drawn(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return frame.set_geometry(as_multipolygons(frame.geometry))
