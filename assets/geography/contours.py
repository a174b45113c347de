"""Outlines of communes and municipal arrondissements, valid and in the projected CRS."""

import geopandas as gpd
import polars as pl
import shapely

from assets.geography.contracts import ARRONDISSEMENT_CONTOURS, COMMUNE_CONTOURS
from assets.ingestion import ingest_layer
from observatory.geography.cog import commune_of_arrondissement, is_arrondissement
from observatory.geography.crs import M2_PER_HA
from observatory.geography.layers import as_multipolygons, drop_geometry
from observatory.ingest.issues import IssueLog
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
    area = shapely.area(layer.shapes[rows["_at"].to_numpy()])
    return rows.with_columns(
        area_ha=pl.Series(area, dtype=pl.Float64) / M2_PER_HA,
        is_arrondissement=is_arrondissement(pl.col("commune_code")),
    )


# a repair that leaves no surface is an error: a commune would be missing from every map
contours = ingest_layer(CARD, clean_contours, severity="error", in_metropolitan_france=False)


@draft_asset(COMMUNE_CONTOURS)
def geography_commune_contours(
    clean_ign__commune_contours: gpd.GeoDataFrame,
) -> gpd.GeoDataFrame:
    """Communes, big cities whole."""
    frame = clean_ign__commune_contours
    return _drawn(frame[~frame["is_arrondissement"]])


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
