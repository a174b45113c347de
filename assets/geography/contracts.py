"""Contracts of the geography tables."""

from observatory.metadata.columns import (
    BASSIN_CODE,
    BASSIN_LABEL,
    COMMUNE_CODE,
    COMMUNE_LABEL,
    DEPARTMENT_CODE,
    EMPLOYMENT_ZONE_CODE,
    EMPLOYMENT_ZONE_LABEL,
    EPCI_CODE,
    IS_FICTITIOUS,
    IS_IN_TERRITORY,
    POPULATION,
    REGION_CODE,
    count,
    flag,
    optional,
    share,
)
from observatory.metadata.tables import Column, Table

OPEN_LICENCE = "Licence Ouverte 2.0"
COG_YEAR = 2026
PERIOD = "1 January of the COG vintage"

EPCI_LABEL = Column(
    name="epci_label",
    kind="text",
    label="EPCI",
    fr="Nom de l'EPCI à fiscalité propre.",
    en="Name of the EPCI.",
    sensitive=False,
)
NO_EPCI = "the commune belongs to no EPCI with its own taxes"
NO_BASSIN = "no file of bassins names this commune, or its former communes disagree"
NO_ZONE = "no file of zones d'emploi names this commune, or its former communes disagree"
ARRONDISSEMENT_CODE = Column(
    name="arrondissement_code",
    kind="code",
    label="Code arrondissement municipal",
    fr="Code Insee de l'arrondissement municipal (Paris, Lyon, Marseille).",
    en="Insee code of the municipal arrondissement (Paris, Lyon, Marseille).",
    sensitive=False,
    pattern=r"^(?:751|6938|132)\d{1,2}$",
)
ARRONDISSEMENT_LABEL = Column(
    name="arrondissement_label",
    kind="text",
    label="Arrondissement municipal",
    fr="Nom de l'arrondissement municipal.",
    en="Name of the municipal arrondissement.",
    sensitive=False,
)
GEOMETRY = Column(
    name="geometry",
    kind="geometry",
    label="Contour",
    fr="Contour simplifié, pour les cartes ; pas pour situer un point près d'une limite.",
    en="Simplified outline, for maps; not for placing a point near a border.",
    sensitive=False,
)
AREA = Column(
    name="area_ha",
    kind="number",
    unit="ha",
    label="Surface",
    fr="Surface du contour simplifié.",
    en="Area of the simplified outline.",
    sensitive=False,
    minimum=0,
)

COMMUNES = Table(
    name="geography_communes",
    theme="geography",
    title_fr="Communes et leurs zonages",
    title_en="Communes and the areas they belong to",
    grain="One row per commune in force",
    key=("commune_code",),
    columns=(
        COMMUNE_CODE,
        COMMUNE_LABEL,
        DEPARTMENT_CODE,
        optional(REGION_CODE, "an overseas collectivity outside the régions"),
        optional(EPCI_CODE, NO_EPCI),
        optional(EPCI_LABEL, NO_EPCI),
        optional(BASSIN_CODE, NO_BASSIN),
        optional(BASSIN_LABEL, NO_BASSIN),
        optional(EMPLOYMENT_ZONE_CODE, NO_ZONE),
        optional(EMPLOYMENT_ZONE_LABEL, NO_ZONE),
        POPULATION,
        IS_IN_TERRITORY,
        IS_FICTITIOUS,
    ),
    sources=("etalab/communes", "etalab/epci"),
    optional_sources=(
        "france_travail/bassins",
        "insee/employment_zones",
        "insee/commune_changes",
    ),
    licence=OPEN_LICENCE,
    reference_period=PERIOD,
    publish_level="public",
    secrecy="no_figures_on_firms",
    cog_year=COG_YEAR,
)

ARRONDISSEMENTS = Table(
    name="geography_municipal_arrondissements",
    theme="geography",
    title_fr="Arrondissements municipaux et leur commune",
    title_en="Municipal arrondissements and their commune",
    grain="One row per municipal arrondissement of Paris, Lyon and Marseille",
    key=("arrondissement_code",),
    columns=(
        ARRONDISSEMENT_CODE,
        ARRONDISSEMENT_LABEL,
        COMMUNE_CODE,
        POPULATION,
        IS_FICTITIOUS,
    ),
    sources=("etalab/communes",),
    licence=OPEN_LICENCE,
    reference_period=PERIOD,
    may_be_empty=True,
    publish_level="public",
    secrecy="no_figures_on_firms",
    cog_year=COG_YEAR,
)

COMMUNE_CHANGES = Table(
    name="geography_commune_changes",
    theme="geography",
    title_fr="Anciens codes de communes et communes actuelles",
    title_en="Former commune codes and the communes in force",
    grain="One row per former code and commune in force that it leads to",
    key=("former_commune_code", "current_commune_code"),
    columns=(
        Column(
            name="former_commune_code",
            kind="code",
            label="Ancien code",
            fr="Code qui n'est plus celui d'une commune seule.",
            en="Code that no longer stands for a commune of its own.",
            sensitive=False,
            pattern=COMMUNE_CODE.pattern,
        ),
        Column(
            name="current_commune_code",
            kind="code",
            label="Code actuel",
            fr="Commune en vigueur à laquelle l'ancien code conduit.",
            en="Commune in force that the former code leads to.",
            sensitive=False,
            pattern=COMMUNE_CODE.pattern,
        ),
        Column(
            name="change_type",
            kind="code",
            label="Changement",
            fr="merge : un seul successeur ; split : plusieurs, aucun n'est « le » successeur.",
            en="merge: a single successor; split: several, none of them is the successor.",
            sensitive=False,
            allowed=("merge", "split"),
        ),
        IS_FICTITIOUS,
    ),
    sources=("insee/commune_changes", "etalab/communes"),
    licence=OPEN_LICENCE,
    reference_period=PERIOD,
    publish_level="public",
    secrecy="no_figures_on_firms",
    cog_year=COG_YEAR,
)

EPCIS = Table(
    name="geography_epci",
    theme="geography",
    title_fr="EPCI à fiscalité propre",
    title_en="EPCI with their own taxes",
    grain="One row per EPCI",
    key=("epci_code",),
    columns=(
        EPCI_CODE,
        EPCI_LABEL,
        Column(
            name="epci_type",
            kind="code",
            label="Type",
            fr="Nature juridique : communauté de communes, d'agglomération, urbaine, métropole.",
            en="Legal form: community of communes, agglomeration, urban community, métropole.",
            sensitive=False,
            allowed=("CC", "CA", "CU", "METRO", "MET69"),
        ),
        count("commune_count", "communes", "Communes", "Communes membres.", "Member communes."),
        POPULATION,
        IS_FICTITIOUS,
    ),
    sources=("etalab/epci", "etalab/communes"),
    licence=OPEN_LICENCE,
    reference_period=PERIOD,
    publish_level="public",
    secrecy="no_figures_on_firms",
    cog_year=COG_YEAR,
)

OVERLAP = (
    count("commune_count", "communes", "Communes", "Communes de la zone.", "Communes in the area."),
    count(
        "commune_in_territory_count",
        "communes",
        "Communes du territoire",
        "Communes de la zone qui sont dans le territoire.",
        "Communes of the area that lie in the territory.",
    ),
    share(
        "commune_in_territory_share_pct",
        "Part des communes dans le territoire",
        "Part des communes de la zone situées dans le territoire.",
        "Share of the area's communes that lie in the territory.",
    ),
    POPULATION,
    count(
        "population_in_territory_count",
        "inhabitants",
        "Population dans le territoire",
        "Habitants de la zone qui vivent dans le territoire.",
        "Inhabitants of the area who live in the territory.",
    ),
    share(
        "population_in_territory_share_pct",
        "Part de la population dans le territoire",
        "Part de la population de la zone qui vit dans le territoire.",
        "Share of the area's population that lives in the territory.",
        "the area has no population",
    ),
    share(
        "territory_population_share_pct",
        "Part de la population du territoire",
        "Part de la population du territoire qui vit dans la zone.",
        "Share of the territory's population that lives in the area.",
    ),
    flag(
        "is_shown_as_territory",
        "Représente le territoire",
        "Vrai à partir de 95 % de la population dans le territoire ; jamais de prorata.",
        "True from 95 % of the population inside the territory; nothing is prorated.",
    ),
)

BASSINS = Table(
    name="geography_bassins",
    theme="geography",
    title_fr="Bassins d'emploi (BMO) et leur recouvrement avec le territoire",
    title_en="Bassins d'emploi (BMO) and how far they lie in the territory",
    grain="One row per bassin d'emploi",
    key=("bassin_code",),
    columns=(BASSIN_CODE, BASSIN_LABEL, *OVERLAP, IS_FICTITIOUS),
    sources=("france_travail/bassins", "etalab/communes", "etalab/epci"),
    optional_sources=("insee/commune_changes",),
    licence=OPEN_LICENCE,
    reference_period="BMO zoning of the file, restated in the communes in force",
    publish_level="public",
    secrecy="no_figures_on_firms",
    cog_year=COG_YEAR,
)

EMPLOYMENT_ZONES = Table(
    name="geography_employment_zones",
    theme="geography",
    title_fr="Zones d'emploi 2020 et leur recouvrement avec le territoire",
    title_en="Zones d'emploi 2020 and how far they lie in the territory",
    grain="One row per zone d'emploi",
    key=("employment_zone_code",),
    columns=(EMPLOYMENT_ZONE_CODE, EMPLOYMENT_ZONE_LABEL, *OVERLAP, IS_FICTITIOUS),
    sources=("insee/employment_zones", "etalab/communes", "etalab/epci"),
    optional_sources=("insee/commune_changes",),
    licence=OPEN_LICENCE,
    reference_period="Zoning of 2020, restated in the communes in force",
    publish_level="public",
    secrecy="no_figures_on_firms",
    cog_year=COG_YEAR,
)

COMMUNE_CONTOURS = Table(
    name="geography_commune_contours",
    theme="geography",
    title_fr="Contours simplifiés des communes",
    title_en="Simplified outlines of communes",
    grain="One row per commune with an outline; Marseille, Lyon and Paris whole",
    key=("commune_code",),
    columns=(COMMUNE_CODE, COMMUNE_LABEL, AREA, IS_FICTITIOUS, GEOMETRY),
    sources=("ign/commune_contours",),
    licence=OPEN_LICENCE,
    reference_period="Vintage of the file of outlines",
    publish_level="public",
    secrecy="no_figures_on_firms",
    geometry_type="MultiPolygon",
    crs="EPSG:2154",
    caveats=("partial_coverage",),
)

ARRONDISSEMENT_CONTOURS = Table(
    name="geography_arrondissement_contours",
    theme="geography",
    title_fr="Contours simplifiés des arrondissements municipaux",
    title_en="Simplified outlines of municipal arrondissements",
    grain="One row per municipal arrondissement with an outline",
    key=("arrondissement_code",),
    columns=(
        ARRONDISSEMENT_CODE,
        ARRONDISSEMENT_LABEL,
        COMMUNE_CODE,
        AREA,
        IS_FICTITIOUS,
        GEOMETRY,
    ),
    sources=("ign/commune_contours",),
    licence=OPEN_LICENCE,
    reference_period="Vintage of the file of outlines",
    may_be_empty=True,
    publish_level="public",
    secrecy="no_figures_on_firms",
    geometry_type="MultiPolygon",
    crs="EPSG:2154",
    caveats=("partial_coverage",),
)
