"""Outlines of communes and municipal arrondissements, valid and in the projected CRS."""

from typing import Any

import dagster as dg
import geopandas as gpd
import numpy as np
import polars as pl

from assets.geography.contracts import ARRONDISSEMENT_CONTOURS, COMMUNE_CONTOURS
from assets.ingestion import ingest_layer
from observatory.geography.cog import commune_of_arrondissement
from observatory.geography.crs import M2_PER_HA
from observatory.ingest.cleaning import ISSUES, IssueLog
from observatory.ingest.layers import as_multipolygons, usable
from observatory.pipeline.drafts import draft, draft_asset
from sources import CARDS

CARD = CARDS["ign/commune_contours"]


def clean_contours(raw: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, pl.DataFrame]:
    """Valid multipolygons in EPSG:2154 with ``area_ha``, and what was repaired or left out.

    ``is_arrondissement`` is told by the code. A repair that leaves no surface is an error.
    """
    log = IssueLog()
    layer = usable(raw, CARD, log, severity="error", in_metropolitan_france=False)
    rows = log.reject(
        layer.rows,
        pl.col("commune_code").is_null(),
        column="commune_code",
        issue_type="missing_value",
    )
    kept = layer.with_rows(rows)
    kept = kept.set_geometry(as_multipolygons(kept.geometry))
    kept["area_ha"] = kept.geometry.area / M2_PER_HA
    cities = _cities(kept, "commune_code")
    kept["is_arrondissement"] = kept["commune_code"].to_numpy() != np.array(cities)
    return kept, log.table().cast(ISSUES)


contours = ingest_layer(CARD, clean_contours)


@draft_asset(COMMUNE_CONTOURS)
def geography_commune_contours(
    clean_ign__commune_contours: gpd.GeoDataFrame,
) -> dg.MaterializeResult[Any]:
    """Communes, big cities whole."""
    frame = clean_ign__commune_contours
    return draft(COMMUNE_CONTOURS, frame[~frame["is_arrondissement"]])


@draft_asset(ARRONDISSEMENT_CONTOURS)
def geography_arrondissement_contours(
    clean_ign__commune_contours: gpd.GeoDataFrame,
) -> dg.MaterializeResult[Any]:
    """Municipal arrondissements; they cover the same ground as their commune."""
    frame = clean_ign__commune_contours
    found = frame[frame["is_arrondissement"]].rename(
        columns={
            "commune_code": "arrondissement_code",
            "commune_label": "arrondissement_label",
        }
    )
    return draft(ARRONDISSEMENT_CONTOURS, found.assign(commune_code=_cities(found)))


def _cities(frame: gpd.GeoDataFrame, column: str = "arrondissement_code") -> list[str | None]:
    """The commune each code stands in: another one for a municipal arrondissement."""
    codes = pl.DataFrame({"code": frame[column].to_list()}, schema={"code": pl.String})
    return codes.select(commune_of_arrondissement(pl.col("code"))).to_series().to_list()
