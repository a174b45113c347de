"""Contracts of what has a place: sites, poles, units, establishments, brownfields, candidates."""

from dataclasses import replace

from assets.land.contracts import columns as c
from observatory.metadata.columns import (
    COMMUNE_CODE,
    COMMUNE_LABEL,
    IS_FICTITIOUS,
    count,
    optional,
)
from observatory.metadata.tables import Column, Table

OPEN_LICENCE = "Licence Ouverte 2.0"
CRS = "EPSG:2154"
PERIMETERS = (
    "cnig/economic_sites",
    "region_sud/economic_areas",
    "cerema/fusac",
    "ign/activity_areas",
)
COMMUNES = ("etalab/communes", "etalab/epci", "ign/commune_contours")
CADASTRE = ("cadastre/parcels", "cadastre/edigeo")
BUILDINGS = ("cadastre/buildings",)
OWNED = ("dgfip/legal_person_parcels",)
REGISTER = (
    "insee/sirene_stock",
    "insee/sirene_history",
    "insee/sirene_legal_units",
    "insee/sirene_geolocated",
    "ban/geocoding",
)
SEEN = ("survey/occupation",)
BROWN = ("cerema/brownfields", "cnig/brownfields")
AROUND = (
    "gpu/zoning",
    "gpu/easements",
    "ddtm/risk_plans",
    "inpn/protected_areas",
    "georisques/installations",
    "ign/roads",
)
NO_OUTLINE = "the site lies in no known outline"
PERIOD = "1 January of the register's year; perimeters and cadastre of their editions"
# what a unit's figures need: sites and parcels, whichever source has them
UNIT_SOURCES = (*BUILDINGS, *OWNED, *REGISTER, *SEEN, *BROWN, *AROUND, *COMMUNES)


def geometry(fr: str, en: str) -> Column:
    """The shape of a row, in Lambert-93."""
    return c.column("geometry", "geometry", "Géométrie", fr, en)


LOCAL = (optional(COMMUNE_CODE, NO_OUTLINE), optional(COMMUNE_LABEL, NO_OUTLINE))

SITES = Table(
    name="land_sites",
    theme="land",
    title_fr="Sites économiques",
    title_en="Economic sites",
    grain="One row per economic site of the territory",
    key=("site_id",),
    columns=(
        c.SITE_ID,
        c.SITE_NAME,
        c.SITE_SOURCE,
        c.SITE_TYPE,
        *LOCAL,
        c.COMMUNE_CODES,
        c.EPCI_CODE,
        c.POLE_ID,
        c.DECLARED_VOCATION,
        c.DOMINANT_VOCATION,
        c.AREA_M2,
        c.area(
            "useful_m2",
            "Surface utile",
            "Somme des unités foncières, voiries et espaces communs exclus.",
            "Sum of the land units, roads and common ground left out.",
        ),
        c.UNIT_COUNT,
        c.ESTABLISHMENTS,
        c.JOBS_LOW,
        c.JOBS_HIGH,
        c.UNKNOWN_SIZE,
        c.BUILT_M2,
        c.BUILT_SHARE,
        c.IS_SET_APART,
        IS_FICTITIOUS,
        geometry("Périmètre du site.", "Perimeter of the site."),
    ),
    sources=(),
    one_of_each=(PERIMETERS,),
    optional_sources=(*CADASTRE, *UNIT_SOURCES),
    licence=OPEN_LICENCE,
    reference_period=PERIOD,
    publish_level="public",
    secrecy="open_register_counts",
    geometry_type="MultiPolygon",
    crs=CRS,
    caveats=("break_in_series", "partial_coverage"),
)

POLES = Table(
    name="land_poles",
    theme="land",
    title_fr="Pôles économiques",
    title_en="Economic poles",
    grain="One row per group of sites closer than the pole distance",
    key=("pole_id",),
    columns=(
        c.POLE_ID,
        *LOCAL,
        count("site_count", "sites", "Nombre de sites", "Sites du pôle.", "Sites of the pole."),
        c.DOMINANT_VOCATION,
        c.AREA_M2,
        c.ESTABLISHMENTS,
        c.JOBS_LOW,
        c.JOBS_HIGH,
        IS_FICTITIOUS,
        geometry("Réunion des périmètres des sites.", "Union of the perimeters of the sites."),
    ),
    sources=(),
    one_of_each=(PERIMETERS,),
    optional_sources=(*CADASTRE, *UNIT_SOURCES),
    licence=OPEN_LICENCE,
    reference_period=PERIOD,
    publish_level="public",
    secrecy="open_register_counts",
    geometry_type="MultiPolygon",
    crs=CRS,
    caveats=("partial_coverage",),
)

UNITS = Table(
    name="land_units",
    theme="land",
    title_fr="Unités foncières des sites économiques",
    title_en="Land units of economic sites",
    grain="One row per land unit: contiguous parcels of one owner inside a site",
    key=("unit_id",),
    columns=(
        c.UNIT_ID,
        c.SITE_ID,
        *LOCAL,
        c.AREA_M2,
        c.PARCEL_COUNT,
        c.PARCEL_IDS,
        c.CONTENANCE,
        c.CONTENANCE_RATIO,
        c.OWNER_CATEGORY,
        c.OWNER_SIREN,
        replace(c.OWNER_NAME, identifies="owner_siren"),
        c.LEGAL_CATEGORY,
        c.LONG_LEASE,
        c.STATE,
        c.CONFIDENCE,
        c.EVIDENCE,
        c.OPEN_STATE,
        c.OPEN_CONFIDENCE,
        c.REFERENCE_YEAR,
        c.ACTIVE_COUNT,
        c.STREET_COUNT,
        c.CLOSED_COUNT,
        c.LAST_CLOSED,
        c.UNPLACED,
        c.JOBS_LOW,
        c.JOBS_HIGH,
        c.BUILT_M2,
        c.BUILT_SHARE,
        c.IS_BROWNFIELD,
        c.IS_DENSIFIABLE,
        c.DIVISIBLE,
        c.IS_FOR_SALE,
        c.FORBIDDEN_M2,
        c.ZONE_LABEL,
        c.IS_ECONOMIC_ZONE,
        c.ZONE_OUTCOME,
        c.RISK_OUTCOME,
        c.PROTECTED,
        c.SEVESO,
        c.INSTALLATIONS,
        c.OUTCOME,
        c.ROAD_M,
        IS_FICTITIOUS,
        geometry("Unité foncière.", "Land unit."),
    ),
    sources=(),
    one_of_each=(PERIMETERS, CADASTRE),
    optional_sources=(*PERIMETERS, *UNIT_SOURCES),
    licence=OPEN_LICENCE,
    reference_period=PERIOD,
    publish_level="public",
    secrecy="open_register_counts",
    geometry_type="Polygon",
    crs=CRS,
    caveats=("partial_coverage",),
    may_be_empty=True,
)
