"""The first rows of a frame, as Dagster shows them."""

from collections.abc import Set

import dagster as dg
import geopandas as gpd
import polars as pl

from observatory.storage.frames import Frame

PREVIEW_ROWS = 5
PREVIEW_COLUMNS = 10


def preview(frame: Frame, *, unshown: Set[str] = frozenset()) -> dg.MarkdownMetadataValue:
    """The first rows as a Markdown table; geometry and columns ``unshown`` are left out."""
    if isinstance(frame, gpd.GeoDataFrame):
        frame = pl.from_pandas(frame.drop(columns=frame.geometry.name).head(PREVIEW_ROWS))
    frame = frame.select(pl.exclude(list(unshown)))
    shown = frame.head(PREVIEW_ROWS).select(frame.columns[:PREVIEW_COLUMNS])
    lines = ["| " + " | ".join(shown.columns) + " |", "|" + "---|" * shown.width]
    for row in shown.iter_rows():
        cells = ["" if v is None else str(v).replace("|", "\\|").replace("\n", " ") for v in row]
        lines.append("| " + " | ".join(cells) + " |")
    return dg.MetadataValue.md("\n".join(lines))
