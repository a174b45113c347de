"""In which sectors an occupation works: weights of employment, never of hirings."""

import polars as pl

from assets.ingestion import ingest
from assets.labour.contracts.employing_sectors import EMPLOYING_SECTORS
from assets.labour.occupations import with_fap_labels
from assets.labour.portraits import ALL, coded, figures
from observatory.ingest.cleaning import (
    bare_code,
    drop_exact_duplicates,
    reject_conflicting_duplicates,
    squeeze,
)
from observatory.ingest.issues import ORIGIN, IssueLog
from observatory.labour.keys import OCCUPATION_KEY
from observatory.labour.sectors import UNNAMED, add_sector_shares
from observatory.pipeline.drafts import draft_asset
from sources import CARDS

# Dares, documentation of the portraits of occupations: the file itself names no period
YEARS = (2017, 2019)
SECTOR = r"^[A-Z][A-Z]$"
# this file alone writes all occupations so
SHORT_ALL = "ENS"


def clean_sectors(rows: pl.DataFrame, log: IssueLog) -> pl.DataFrame:
    """One row per occupation and sector that the file names; the others are together."""
    written = bare_code("fap_code")
    rows = rows.with_columns(
        fap_code=pl.when(written == SHORT_ALL).then(pl.lit(ALL)).otherwise("fap_code")
    )
    rows = coded(rows, log)
    bad = ~bare_code("sector_code").str.contains(SECTOR).fill_null(value=False)
    rows = log.reject(rows, bad, column="sector_code", issue_type="unknown_mark")
    rows = figures(rows, log, "employed", "share")
    rows = drop_exact_duplicates(rows, log, column="fap_code")
    rows = rows.with_columns(sector_code=bare_code("sector_code"))
    key = (*OCCUPATION_KEY, "sector_code")
    rows = reject_conflicting_duplicates(rows, log, key=key, column="sector_code")
    return rows.select(
        *ORIGIN,
        *key,
        sector_label=squeeze("sector_label"),
        sector_employed_thousands="employed",
        occupation_share_pct="share",
    )


sectors = ingest(CARDS["dares/sectors"], clean_sectors)


@draft_asset(EMPLOYING_SECTORS)
def labour_employing_sectors(
    clean_dares__sectors: pl.DataFrame, labour_occupations: pl.DataFrame
) -> pl.DataFrame:
    """The sectors of each occupation as published, with the share of each in its sector."""
    first, last = YEARS
    shared = add_sector_shares(clean_dares__sectors)
    return with_fap_labels(shared, labour_occupations).with_columns(
        period_first_year=first,
        period_last_year=last,
        is_named_sector=~pl.col("sector_code").is_in(UNNAMED),
    )
