"""Contracts of the geography tables."""

from assets.declaring import table
from observatory.metadata import units
from observatory.metadata.columns.making import code, count, share
from observatory.metadata.columns.registry import like, optional, required, vary
from observatory.metadata.texts import Text

COG_YEAR = 2026
PERIOD = Text(fr="1er janvier du millésime du COG", en="1 January of the COG vintage")
OUTLINES_PERIOD = Text(fr="Millésime du fichier de contours", en="Vintage of the file of outlines")
NO_EPCI = Text(
    fr="la commune n'appartient à aucun EPCI à fiscalité propre",
    en="the commune belongs to no EPCI with its own taxes",
)
NO_BASSIN = Text(
    fr="aucun fichier de bassins ne nomme cette commune, ou ses anciennes communes se contredisent",
    en="no file of bassins names this commune, or its former communes disagree",
    without=(("france_travail/bassins",),),
)
NO_ZONE = Text(
    fr="aucun fichier de zones d'emploi ne nomme cette commune, ou ses anciennes communes se "
    "contredisent",
    en="no file of zones d'emploi names this commune, or its former communes disagree",
    without=(("insee/employment_zones",),),
)

COMMUNES = table(
    "geography_communes",
    title_fr="Communes et leurs zonages",
    title_en="Communes and the areas they belong to",
    grain_fr="Une ligne par commune en vigueur",
    grain_en="One row per commune in force",
    key=("commune_code",),
    columns=(
        "commune_code commune_label department_code",
        optional(
            "region_code",
            Text(
                fr="collectivité d'outre-mer hors région",
                en="an overseas collectivity outside the régions",
            ),
        ),
        optional("epci_code epci_label", NO_EPCI),
        optional("bassin_code bassin_label", NO_BASSIN),
        optional("employment_zone_code employment_zone_label", NO_ZONE),
        "population_count is_in_territory is_fictitious",
    ),
    sources=("etalab/communes", "etalab/epci"),
    optional_sources=("france_travail/bassins", "insee/employment_zones", "insee/commune_changes"),
    reference_period=PERIOD,
    publish_level="public",
    secrecy="no_figures_on_firms",
    cog_year=COG_YEAR,
)

ARRONDISSEMENTS = table(
    "geography_municipal_arrondissements",
    title_fr="Arrondissements municipaux et leur commune",
    title_en="Municipal arrondissements and their commune",
    grain_fr="Une ligne par arrondissement municipal de Paris, Lyon et Marseille",
    grain_en="One row per municipal arrondissement of Paris, Lyon and Marseille",
    key=("arrondissement_code",),
    columns=(
        "arrondissement_code arrondissement_label commune_code population_count is_fictitious",
    ),
    sources=("etalab/communes",),
    reference_period=PERIOD,
    may_be_empty=True,
    publish_level="public",
    secrecy="no_figures_on_firms",
    cog_year=COG_YEAR,
)

COMMUNE_CHANGES = table(
    "geography_commune_changes",
    title_fr="Anciens codes de communes et communes actuelles",
    title_en="Former commune codes and the communes in force",
    grain_fr="Une ligne par ancien code et commune en vigueur à laquelle il conduit",
    grain_en="One row per former code and commune in force that it leads to",
    key=("former_commune_code", "current_commune_code"),
    columns=(
        like(
            "commune_code",
            "former_commune_code",
            label="Ancien code",
            fr="Code qui n'est plus celui de la commune qu'il désignait.",
            en="Code that no longer stands for the commune it stood for.",
        ),
        like(
            "commune_code",
            "current_commune_code",
            label="Code actuel",
            fr="Commune en vigueur à laquelle l'ancien code conduit.",
            en="Commune in force that the former code leads to.",
        ),
        code(
            "change_type",
            "Changement",
            "merge : un seul successeur ; split : plusieurs, aucun n'est « le » successeur, même "
            "si l'un a gardé le code.",
            "merge: a single successor; split: several, none of them is the successor, be it that "
            "one kept the code.",
            allowed=("merge", "split"),
        ),
        "is_fictitious",
    ),
    sources=("insee/commune_changes", "etalab/communes"),
    reference_period=PERIOD,
    may_be_empty=True,
    publish_level="public",
    secrecy="no_figures_on_firms",
    cog_year=COG_YEAR,
)

EPCIS = table(
    "geography_epci",
    title_fr="EPCI à fiscalité propre",
    title_en="EPCI with their own taxes",
    grain_fr="Une ligne par EPCI",
    grain_en="One row per EPCI",
    key=("epci_code",),
    columns=(
        required("epci_code"),
        "epci_label",
        code(
            "epci_type",
            "Type",
            "Nature juridique : communauté de communes, d'agglomération, urbaine, métropole.",
            "Legal form: community of communes, agglomeration, urban community, métropole.",
            allowed=("CC", "CA", "CU", "METRO", "MET69"),
        ),
        vary("commune_count", fr="Communes membres.", en="Member communes."),
        "population_count is_fictitious",
    ),
    sources=("etalab/epci", "etalab/communes"),
    reference_period=PERIOD,
    publish_level="public",
    secrecy="no_figures_on_firms",
    cog_year=COG_YEAR,
)

OVERLAP = (
    "commune_count",
    count(
        "commune_in_territory_count",
        "Communes du territoire",
        "Communes de la zone qui sont dans le territoire.",
        "Communes of the area that lie in the territory.",
        unit=units.COMMUNES,
    ),
    share(
        "commune_in_territory_share_pct",
        "Part des communes dans le territoire",
        "Part des communes de la zone situées dans le territoire.",
        "Share of the area's communes that lie in the territory.",
    ),
    "population_count",
    count(
        "population_in_territory_count",
        "Population dans le territoire",
        "Habitants de la zone qui vivent dans le territoire.",
        "Inhabitants of the area who live in the territory.",
        unit=units.INHABITANTS,
    ),
    share(
        "population_in_territory_share_pct",
        "Part de la population dans le territoire",
        "Part de la population de la zone qui vit dans le territoire.",
        "Share of the area's population that lives in the territory.",
        Text(fr="la zone n'a pas d'habitants", en="the area has no population"),
    ),
    share(
        "territory_population_share_pct",
        "Part de la population du territoire",
        "Part de la population du territoire qui vit dans la zone.",
        "Share of the territory's population that lives in the area.",
    ),
)

BASSINS = table(
    "geography_bassins",
    title_fr="Bassins d'emploi (BMO) et leur recouvrement avec le territoire",
    title_en="Bassins d'emploi (BMO) and how far they lie in the territory",
    grain_fr="Une ligne par bassin d'emploi",
    grain_en="One row per bassin d'emploi",
    key=("bassin_code",),
    columns=("bassin_code bassin_label", *OVERLAP, "is_fictitious"),
    sources=("france_travail/bassins", "etalab/communes", "etalab/epci"),
    optional_sources=("insee/commune_changes",),
    reference_period=Text(
        fr="Zonage BMO du fichier, exprimé dans les communes en vigueur",
        en="BMO zoning of the file, restated in the communes in force",
    ),
    publish_level="public",
    secrecy="no_figures_on_firms",
    cog_year=COG_YEAR,
)

EMPLOYMENT_ZONES = table(
    "geography_employment_zones",
    title_fr="Zones d'emploi 2020 et leur recouvrement avec le territoire",
    title_en="Zones d'emploi 2020 and how far they lie in the territory",
    grain_fr="Une ligne par zone d'emploi",
    grain_en="One row per zone d'emploi",
    key=("employment_zone_code",),
    columns=("employment_zone_code employment_zone_label", *OVERLAP, "is_fictitious"),
    sources=("insee/employment_zones", "etalab/communes", "etalab/epci"),
    optional_sources=("insee/commune_changes",),
    reference_period=Text(
        fr="Zonage de 2020, exprimé dans les communes en vigueur",
        en="Zoning of 2020, restated in the communes in force",
    ),
    publish_level="public",
    secrecy="no_figures_on_firms",
    cog_year=COG_YEAR,
)

COMMUNE_CONTOURS = table(
    "geography_commune_contours",
    title_fr="Contours simplifiés des communes",
    title_en="Simplified outlines of communes",
    grain_fr="Une ligne par commune dessinée ; Marseille, Lyon et Paris entières",
    grain_en="One row per commune with an outline; Marseille, Lyon and Paris whole",
    key=("commune_code",),
    columns=("commune_code commune_label area_ha is_fictitious geometry",),
    sources=("ign/commune_contours", "etalab/communes"),
    reference_period=OUTLINES_PERIOD,
    publish_level="public",
    secrecy="no_figures_on_firms",
    geometry_type="MultiPolygon",
    caveats=("partial_coverage",),
)

ARRONDISSEMENT_CONTOURS = table(
    "geography_arrondissement_contours",
    title_fr="Contours simplifiés des arrondissements municipaux",
    title_en="Simplified outlines of municipal arrondissements",
    grain_fr="Une ligne par arrondissement municipal dessiné",
    grain_en="One row per municipal arrondissement with an outline",
    key=("arrondissement_code",),
    columns=(
        "arrondissement_code arrondissement_label commune_code area_ha is_fictitious geometry",
    ),
    sources=("ign/commune_contours",),
    reference_period=OUTLINES_PERIOD,
    may_be_empty=True,
    publish_level="public",
    secrecy="no_figures_on_firms",
    geometry_type="MultiPolygon",
    caveats=("partial_coverage",),
)
