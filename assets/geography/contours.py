"""Outlines of communes and municipal arrondissements, valid and in the projected CRS."""

from typing import Any

import dagster as dg
import geopandas as gpd
import numpy as np
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
POLYGONAL = (3, 6)

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
        frame = read_contours(
            archive.content(entry), CARD, name=entry.file_name, sha256=entry.sha256
        )
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


def clean_contours(raw: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, pl.DataFrame]:
    """Valid multipolygons in EPSG:2154 with ``area_ha``, and what was repaired or left out.

    ``is_arrondissement`` is told by the code. A repair that leaves no surface is an error.
    """
    log = IssueLog()
    frame = raw.to_crs(METROPOLITAN)
    shapes = frame.geometry.to_numpy()
    drawn = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    valid = shapely.is_valid(shapes)
    repaired = shapely.make_valid(shapes, method="structure", keep_collapsed=False)
    polygonal = np.isin(shapely.get_type_id(repaired), POLYGONAL)
    usable = drawn & polygonal & ~shapely.is_empty(repaired)
    coded = frame["commune_code"].notna().to_numpy()
    reasons = [str(reason) for reason in shapely.is_valid_reason(shapes)]
    table = pl.from_pandas(frame.drop(columns="geometry")).cast(dict(ORIGIN))
    table = table.with_columns(_reason=pl.Series(reasons, dtype=pl.String))
    for mask, column, issue_type, kept in (
        (~usable, "geometry", "unusable_geometry", False),
        (usable & ~coded, "commune_code", "missing_value", False),
        (usable & coded & ~valid, "geometry", "repaired_geometry", True),
    ):
        found = table.filter(pl.Series(mask, dtype=pl.Boolean))
        value = "_reason" if column == "geometry" else column
        log.add(found, column=column, value=value, issue_type=issue_type, kept=kept)
    kept_rows = frame[usable & coded].copy()
    polygons = [_as_multipolygon(shape) for shape in repaired[usable & coded]]
    kept_rows = kept_rows.set_geometry(gpd.GeoSeries(polygons, kept_rows.index, kept_rows.crs))
    kept_rows["area_ha"] = kept_rows.geometry.area / SQUARE_METRES_PER_HECTARE
    cities = _cities(kept_rows, "commune_code")
    kept_rows["is_arrondissement"] = kept_rows["commune_code"].to_numpy() != np.array(cities)
    return kept_rows.reset_index(drop=True), log.table().cast(ISSUES)


def _as_multipolygon(shape: Any) -> Any:
    """The shape as one multipolygon, whatever it was drawn as."""
    return shapely.MultiPolygon([shape]) if shape.geom_type == "Polygon" else shape
