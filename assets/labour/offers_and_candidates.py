"""Occupations with more offers than job seekers, and the reverse, by département."""

import polars as pl

from assets.labour.contracts.offers_and_candidates import OFFERS_AND_CANDIDATES
from observatory.labour.offers_and_candidates import compare_volumes
from observatory.pipeline.drafts import draft_asset


@draft_asset(OFFERS_AND_CANDIDATES)
def labour_offers_and_candidates(labour_jobs_in_tension: pl.DataFrame) -> pl.DataFrame:
    """The volumes of the last quarter side by side; a missing one with its reason."""
    return compare_volumes(labour_jobs_in_tension)
