"""Series in the layout of the Baromètre des résultats de l'action publique."""

from pathlib import Path

import polars as pl

COLUMNS = {
    "pilote_code": "indic_id",
    "series_zone_code": "enforce_zone_id",
    "value_date": "metric_enforce_date",
    "zone_level": "maille",
    "initial_value": "indic_vi",
    "series_value": "indic_va",
    "target_value": "indic_vc",
    "progress_rate": "indic_ta",
}
HEADER = tuple(COLUMNS.values())


def write_series(path: Path, rows: pl.DataFrame) -> None:
    """Write a series as it is published, value by value: blanks stay blank, days are ISO."""
    rows.select(pl.col(ours).alias(theirs) for ours, theirs in COLUMNS.items()).write_csv(path)
