"""Series: needs and tension over the years, inside one nomenclature and one edition."""

import polars as pl

from assets.labour.contracts.series import NEEDS_SERIES, TENSION_SERIES
from observatory.labour.series import follow_needs, follow_tension
from observatory.pipeline.drafts import draft_asset


@draft_asset(NEEDS_SERIES)
def labour_needs_series_by_territory(
    labour_recruitment_needs_by_territory: pl.DataFrame,
    labour_recruitment_needs_by_bassin: pl.DataFrame,
) -> pl.DataFrame:
    """Needs of each year of a nomenclature, and their change over a year as an interval."""
    return follow_needs(labour_recruitment_needs_by_territory, labour_recruitment_needs_by_bassin)


@draft_asset(TENSION_SERIES)
def labour_tension_series_by_territory(
    labour_tension_by_territory: pl.DataFrame,
) -> pl.DataFrame:
    """Index and class of each year of an edition, and their change over a year."""
    return follow_tension(labour_tension_by_territory)
