"""Declares what the web map shows of each layer, and of a place."""

import polars as pl

from observatory.release.published import Published

# what the sheet of a site takes from the table of vacancy
VACANCY_TABLE = "land_vacancy_by_site"
VACANCY_COLUMNS = (
    "vacant_unit_count",
    "free_unit_count",
    "undetermined_unit_count",
    "vacancy_share_low_pct",
    "vacancy_share_high_pct",
)
PLANNING_ZONES = "land_planning_zones"
PLANNING_ZONE_COLUMNS = ("planning_zone_kind", "commune_label", "area_m2", "commune_code")
# layer of the web map → the table it comes from, its title, and the columns of its sheet
WEB_MAP_LAYERS: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "units": (
        "land_units",
        "Unité foncière",
        (
            "unit_id",
            "commune_label",
            "area_m2",
            "occupation_state",
            "occupation_confidence",
            "occupation_evidence",
            "active_establishment_count",
            "built_share_pct",
            "is_densifiable",
            "is_brownfield",
            "owner_category",
            "zone_label",
            "constraint_outcome",
            "site_id",
            "commune_code",
        ),
    ),
    "establishments": (
        "land_establishments",
        "Établissement",
        (
            "establishment_name",
            "commune_label",
            "is_active",
            "vocation",
            "naf_code",
            "job_count_low",
            "job_count_high",
            "site_id",
            "commune_code",
        ),
    ),
    "parks": (
        "land_sites",
        "Site économique",
        (
            "site_name",
            "site_type",
            "commune_label",
            "dominant_vocation",
            "area_m2",
            "useful_m2",
            "unit_count",
            *VACANCY_COLUMNS,
            "establishment_count",
            "job_count_low",
            "job_count_high",
            "built_share_pct",
            "parcel_share_pct",
            "site_id",
            "commune_code",
        ),
    ),
    "brownfields": (
        "land_brownfields",
        "Friche",
        (
            "brownfield_name",
            "commune_label",
            "brownfield_type",
            "brownfield_status",
            "soil_pollution",
            "declared_area_m2",
            "site_id",
            "commune_code",
        ),
    ),
    "risks": (PLANNING_ZONES, "Plan de prévention des risques", PLANNING_ZONE_COLUMNS),
    "zoning": (PLANNING_ZONES, "Zone du plan d'urbanisme", PLANNING_ZONE_COLUMNS),
    "communes": (
        "land_commune_sheets",
        "Commune",
        (
            "commune_label",
            "population_count",
            "site_count",
            "unit_count",
            "vacancy_share_low_pct",
            "vacancy_share_high_pct",
            "free_ha",
            "vacant_ha",
            "brownfield_ha",
            "densifiable_ha",
            "land_price_median_eur_m2",
            "land_sale_count",
            "activity_consumed_10_years_ha",
            "parcel_share_pct",
            "commune_code",
        ),
    ),
}
# the ground, lowest first: all that is drawn of what was read
GROUND_LAYERS = {"land": "geography_commune_contours", "roads": "land_main_roads"}
GROUND_COLUMNS = {"roads": ["road_number"]}


def select_spare_units(units: pl.DataFrame, column: str, code: str) -> pl.DataFrame:
    """Select units of a place that are free, presumed vacant or brownfield, largest (m²) first."""
    spare = pl.col("occupation_state").is_in(["vacant", "free"]) | pl.col("is_brownfield")
    return units.filter(pl.col(column) == code, spare).sort("area_m2", descending=True)


def select_site_vacancy(published: Published) -> pl.DataFrame:
    """Select the units presumed vacant of each site; no row where no unit was made."""
    table = published.table(VACANCY_TABLE)
    if table.is_empty():
        unknown = dict.fromkeys(VACANCY_COLUMNS, pl.Float64)
        return pl.DataFrame(schema={"site_id": pl.String, **unknown})
    return table.select("site_id", *VACANCY_COLUMNS)
