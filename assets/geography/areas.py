"""Bassins d'emploi and zones d'emploi: how far each lies in the territory."""

import polars as pl

from assets.geography.contracts import BASSINS, EMPLOYMENT_ZONES
from observatory.geography.territories import measure_overlaps
from observatory.pipeline.drafts import draft_asset


@draft_asset(BASSINS)
def geography_bassins(geography_communes: pl.DataFrame) -> pl.DataFrame:
    """Bassins with the share of their communes and population that is local."""
    return measure_overlaps(geography_communes, area="bassin_code", label="bassin_label")


@draft_asset(EMPLOYMENT_ZONES)
def geography_employment_zones(geography_communes: pl.DataFrame) -> pl.DataFrame:
    """Zones d'emploi with the share of their communes and population that is local."""
    return measure_overlaps(
        geography_communes, area="employment_zone_code", label="employment_zone_label"
    )
