"""Outlines of communes and municipal arrondissements, valid and in the projected CRS."""

from typing import Any

import dagster as dg
import geopandas as gpd
import polars as pl
import shapely

from assets.geography.contracts import ARRONDISSEMENT_CONTOURS, COMMUNE_CONTOURS
from assets.ingestion import source_asset
from observatory.archive import Archive
from observatory.cleaning import ISSUES, ORIGIN, IssueLog
from observatory.geography.cog import commune_of_arrondissement
from observatory.geography.crs import METROPOLITAN
from observatory.lineage import OWNERS, content_version, draft, draft_asset, preview
from observatory.settings import load_settings
from sources import CARDS
from sources.ign.commune_contours import no_contours, read_contours

CARD = CARDS["ign/commune_contours"]
RAW, CLEAN, ISSUE_FRAME = f"raw_{CARD.stem}", f"clean_{CARD.stem}", f"issues_{CARD.stem}"
SQUARE_METRES_PER_HECTARE = 10_000

contours = source_asset(CARD)


@dg.asset(
    name=RAW,
    deps=[dg.AssetKey(CARD.identifier)],
    group_name="raw",
    kinds={"geopandas", "parquet"},
    owners=OWNERS,
    tags={"layer": "raw"},
)
def raw_ign__commune_contours() -> dg.MaterializeResult[gpd.GeoDataFrame]:
    """The outlines as the producer drew them, attributes as text, each with its rank."""
    settings = load_settings()
    archive = Archive(settings.archive)
    entries = archive.latest(CARD, sample=settings.is_sample)
    frame = no_contours()
    for entry in entries:
        frame = read_contours(archive.path(entry), CARD, name=entry.file_name, sha256=entry.sha256)
    return dg.MaterializeResult(
        value=frame,
        data_version=dg.DataVersion("+".join(e.sha256[:12] for e in entries) or "absent"),
        metadata={"preview": preview(frame)},
    )


@dg.multi_asset(
    name=CLEAN,
    outs={
        CLEAN: dg.AssetOut(
            group_name="clean",
            kinds={"geopandas", "parquet"},
            owners=OWNERS,
            tags={"layer": "clean"},
            description="Valid outlines in Lambert-93, with their area.",
        ),
        ISSUE_FRAME: dg.AssetOut(
            group_name="issues",
            kinds={"polars", "parquet"},
            owners=OWNERS,
            tags={"layer": "issues"},
            description="Outlines that were repaired or cannot be used.",
        ),
    },
    ins={"raw": dg.AssetIn(RAW)},
)
def clean_ign__commune_contours_and_issues(
    raw: gpd.GeoDataFrame,
) -> tuple[dg.Output[gpd.GeoDataFrame], dg.Output[pl.DataFrame]]:
    """Clean outlines and issues, from the same reading."""
    rows, issues = clean_contours(raw)
    return (
        dg.Output(rows, data_version=dg.DataVersion(content_version(rows))),
        dg.Output(issues, data_version=dg.DataVersion(content_version(issues))),
    )


@draft_asset(COMMUNE_CONTOURS)
def geography_commune_contours(
    clean_ign__commune_contours: gpd.GeoDataFrame,
) -> dg.MaterializeResult[Any]:
    """Communes, big cities whole."""
    frame = clean_ign__commune_contours
    return draft(COMMUNE_CONTOURS, frame[frame["commune_type"] != "ARM"])


@draft_asset(ARRONDISSEMENT_CONTOURS)
def geography_arrondissement_contours(
    clean_ign__commune_contours: gpd.GeoDataFrame,
) -> dg.MaterializeResult[Any]:
    """Municipal arrondissements; they cover the same ground as their commune."""
    frame = clean_ign__commune_contours
    found = frame[frame["commune_type"] == "ARM"].rename(
        columns={
            "commune_code": "arrondissement_code",
            "commune_label": "arrondissement_label",
        }
    )
    codes = pl.DataFrame(
        {"code": found["arrondissement_code"].to_list()}, schema={"code": pl.String}
    )
    cities = codes.select(commune_of_arrondissement(pl.col("code"))).to_series()
    return draft(ARRONDISSEMENT_CONTOURS, found.assign(commune_code=cities.to_list()))


def clean_contours(raw: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, pl.DataFrame]:
    """Valid multipolygons in EPSG:2154 with ``area_ha``, and what was repaired or left out."""
    log = IssueLog()
    frame = raw.to_crs(METROPOLITAN)
    shapes = frame.geometry.to_numpy()
    usable = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    valid = shapely.is_valid(shapes)
    table = pl.from_pandas(frame.drop(columns="geometry")).with_columns(
        pl.Series("_reason", shapely.is_valid_reason(shapes), dtype=pl.String)
    )
    table = table.cast(dict(ORIGIN))
    log.add(
        table.filter(pl.Series(~usable)),
        column="geometry",
        value="_reason",
        issue_type="unusable_geometry",
        kept=False,
    )
    log.add(
        table.filter(pl.Series(usable & ~valid)),
        column="geometry",
        value="_reason",
        issue_type="repaired_geometry",
        kept=True,
    )
    kept = frame[usable].copy()
    repaired = shapely.make_valid(kept.geometry.to_numpy(), method="structure")
    kept = kept.set_geometry(gpd.GeoSeries(_as_multipolygons(repaired), kept.index, kept.crs))
    kept["area_ha"] = kept.geometry.area / SQUARE_METRES_PER_HECTARE
    return kept.reset_index(drop=True), log.table().cast(ISSUES)


def _as_multipolygons(shapes: Any) -> list[Any]:
    """Each shape as one multipolygon, whatever it was drawn as."""
    return [shapely.MultiPolygon([p]) if p.geom_type == "Polygon" else p for p in shapes]
