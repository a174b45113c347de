"""Contracts of figures by commune, EPCI and vocation: prices, consumption, supply, balance."""

from assets.land.contracts import columns as c
from assets.land.contracts.places import (
    CADASTRE,
    COMMUNES,
    OPEN_LICENCE,
    PERIMETERS,
    PERIOD,
    UNIT_SOURCES,
)
from observatory.land.balance import SCENARIOS, SCOPES
from observatory.land.prices import MARKETS, SETTINGS
from observatory.metadata.columns import (
    COMMUNE_CODE,
    COMMUNE_LABEL,
    EPCI_CODE,
    IS_FICTITIOUS,
    TERRITORY_CODE,
    TERRITORY_LABEL,
    TERRITORY_LEVEL,
    YEAR,
    count,
    flag,
    optional,
    share,
)
from observatory.metadata.tables import Column, Secrecy, Table

HIDDEN = "fewer than five sales"
PRICED = (
    ("price_median_eur_m2", "Prix médian", "Médiane", "Median"),
    ("price_q1_eur_m2", "Prix, premier quartile", "Premier quartile", "First quartile"),
    ("price_q3_eur_m2", "Prix, troisième quartile", "Troisième quartile", "Third quartile"),
)


def _year(name: str, label: str, fr: str, en: str, null: str | None = None) -> Column:
    return c.column(
        name, "integer", label, fr, en, unit="year", minimum=2000, maximum=2100, null=null
    )


def _price(name: str, label: str, fr: str, en: str) -> Column:
    return c.column(
        name,
        "number",
        label,
        f"{fr} du prix au m² (terrain vendu, ou surface bâtie), € TTC hors frais.",
        f"{en} of the price per m² (of land sold, or of premises), VAT included, fees not.",
        unit="EUR/m²",
        minimum=0,
        null=HIDDEN,
    )


SCOPE = c.code(
    "perimeter_scope",
    "Périmètre",
    "Tous les sites, ou sans ports, aéroports et grands sites d'un seul établissement.",
    "All sites, or without ports, airports and large sites of one establishment.",
    allowed=SCOPES,
)

PRICES_BY_COMMUNE = Table(
    name="land_prices_by_commune",
    theme="land",
    title_fr="Prix du foncier et des locaux d'activité par commune et EPCI",
    title_en="Prices of business land and premises by commune and EPCI",
    grain="One row per territory, market and setting with a priced sale in the window",
    key=("territory_level", "territory_code", "market", "setting"),
    columns=(
        TERRITORY_LEVEL,
        TERRITORY_CODE,
        TERRITORY_LABEL,
        c.code(
            "market",
            "Marché",
            "Terrain, ou locaux par classe de surface bâtie.",
            "Land, or premises by class of built area.",
            allowed=MARKETS,
        ),
        c.code(
            "setting",
            "Cadre",
            "Parc ou zonage économique, ou tissu urbain.",
            "Park or economic zoning, or city fabric.",
            allowed=SETTINGS,
        ),
        count("sale_count", "sales", "Ventes", "Ventes de la fenêtre.", "Sales of the window."),
        *(_price(*told) for told in PRICED),
        *(
            flag(
                f"is_{name}_suppressed",
                f"{label} : secret",
                "Vrai sous cinq ventes.",
                "True under five sales.",
            )
            for name, label, _, _ in PRICED
        ),
        _year(
            "first_year",
            "Première année",
            "Première année de la fenêtre.",
            "First year of the window.",
        ),
        _year(
            "last_year",
            "Dernière année",
            "Dernière année de la fenêtre.",
            "Last year of the window.",
        ),
        IS_FICTITIOUS,
    ),
    sources=(),
    one_of_each=(("dgfip/dvf_geolocated", "dgfip/dvf_raw"), (*PERIMETERS, "gpu/zoning")),
    optional_sources=(
        *CADASTRE,
        "dgfip/legal_person_parcels",
        *PERIMETERS,
        "gpu/zoning",
        *COMMUNES,
    ),
    licence=OPEN_LICENCE,
    reference_period="Five calendar years up to the last sale",
    publish_level="public",
    secrecy=Secrecy(
        basis="sales", unit_count="sale_count", measures=tuple(name for name, *_ in PRICED)
    ),
    caveats=("partial_coverage",),
    may_be_empty=True,
)

CONSUMPTION_BY_COMMUNE = Table(
    name="land_consumption_by_commune",
    theme="land",
    title_fr="Consommation d'espaces par commune, année et destination",
    title_en="Land consumed by commune, year and destination",
    grain="One row per commune, year and destination, the total among them",
    key=("commune_code", "year", "destination"),
    columns=(
        COMMUNE_CODE,
        COMMUNE_LABEL,
        c.EPCI_CODE,
        YEAR,
        c.code(
            "destination",
            "Destination",
            "Destination du sol consommé, ou total.",
            "Destination of the land consumed, or the total.",
            allowed=("total", "activity", "housing", "mixed", "road", "rail", "unknown"),
        ),
        c.column(
            "area_m2",
            "number",
            "Surface consommée",
            "Espaces naturels, agricoles et forestiers consommés dans l'année.",
            "Natural, agricultural and forest land consumed within the year.",
            unit="m²",
            null="the producer gives no figure",
        ),
        IS_FICTITIOUS,
    ),
    sources=("cerema/land_consumption", "etalab/communes", "etalab/epci"),
    licence=OPEN_LICENCE,
    reference_period="1 January to 1 January of each year",
    publish_level="public",
    secrecy="published_by_producer",
    caveats=("provisional", "break_in_series"),
)

SUPPLY_BY_COMMUNE = Table(
    name="land_supply_by_commune",
    theme="land",
    title_fr="Offre foncière économique par commune",
    title_en="Supply of business land by commune",
    grain="One row per commune with a land unit, and perimeter scope",
    key=("commune_code", "perimeter_scope"),
    columns=(
        COMMUNE_CODE,
        optional(COMMUNE_LABEL, "the list of communes was not handed over"),
        c.EPCI_CODE,
        SCOPE,
        c.UNIT_COUNT,
        c.hectares("area_ha", "Surface", "Surface des unités foncières.", "Area of land units."),
        *c.STOCK,
        *c.SUPPLY,
        c.CENTRAL_LOW_CONFIDENCE,
        IS_FICTITIOUS,
    ),
    sources=(),
    one_of_each=(PERIMETERS, CADASTRE),
    optional_sources=(*PERIMETERS, *UNIT_SOURCES),
    licence=OPEN_LICENCE,
    reference_period=PERIOD,
    publish_level="public",
    secrecy="no_figures_on_firms",
    caveats=("partial_coverage",),
    may_be_empty=True,
)

NO_DEMAND = "no consumption was handed over, or the scenario has no figure"
BALANCE_BY_EPCI = Table(
    name="land_balance_by_epci",
    theme="land",
    title_fr="Bilan entre offre et demande de foncier économique par EPCI",
    title_en="Balance of supply and demand of business land by EPCI",
    grain="One row per EPCI, perimeter scope and demand scenario",
    key=("epci_code", "perimeter_scope", "demand_scenario"),
    columns=(
        EPCI_CODE,
        c.text("epci_label", "EPCI", "Nom de l'EPCI.", "Name of the EPCI."),
        SCOPE,
        c.code(
            "demand_scenario",
            "Scénario de demande",
            "Rythme passé (moyen, lent, rapide), emplois attendus, ou cible débattue localement.",
            "Past pace (mean, slow, fast), expected jobs, or the target debated locally.",
            allowed=SCENARIOS,
        ),
        c.column(
            "demand_ha_per_year",
            "number",
            "Demande annuelle",
            "Foncier d'activité par an selon le scénario.",
            "Business land per year in the scenario.",
            unit="ha per year",
            minimum=0,
            null=NO_DEMAND,
        ),
        *c.STOCK,
        *c.SUPPLY,
        *(
            c.column(
                f"years_{level}",
                "number",
                f"Années, offre {fr}",
                f"Offre {fr} sur demande annuelle ; pour un rythme passé d'extension, les "
                "terrains libres seuls (années au rythme d'extension).",
                f"Supply ({level}) over yearly demand; against a past pace of extension, free "
                "land alone.",
                unit="years",
                minimum=0,
                null="no demand, or no supply of that level",
            )
            for level, fr in (("low", "basse"), ("central", "centrale"), ("high", "haute"))
        ),
        c.hectares(
            "reference_consumed_ha",
            "Consommation 2011-2020",
            "Consommation totale 2011-2020, toutes destinations.",
            "Total consumption 2011–2020, all destinations.",
            "the decade is not complete",
        ),
        c.hectares(
            "allowed_2021_2030_ha",
            "Repère −50 % (non opposable)",
            "Moitié de la consommation 2011-2020, calculée sur l'EPCI (réglage daté).",
            "Half of the consumption 2011–2020, computed on the EPCI (a dated setting).",
            "the decade is not complete",
        ),
        c.hectares(
            "used_since_2021_ha",
            "Consommé depuis 2021",
            "Consommation totale depuis 2021, toutes destinations.",
            "Total consumption since 2021, all destinations.",
            NO_DEMAND,
        ),
        c.column(
            "used_share_pct",
            "number",
            "Part du repère consommée",
            "Consommé depuis 2021 sur le repère.",
            "Used since 2021 over the benchmark.",
            unit="percent",
            minimum=0,
            null="the decade is not complete",
        ),
        share(
            "activity_share_pct",
            "Part des activités",
            "Part des activités dans la consommation depuis 2021.",
            "Share of firms in the consumption since 2021.",
            NO_DEMAND,
        ),
        _year(
            "last_consumption_year",
            "Dernière année de consommation",
            "Dernière année de la consommation, provisoire.",
            "Last year of consumption, provisional.",
            NO_DEMAND,
        ),
        c.text(
            "benchmark_source",
            "Texte du repère",
            "Texte et date du repère.",
            "Text and date of the benchmark.",
        ),
        IS_FICTITIOUS,
    ),
    sources=(),
    one_of_each=(PERIMETERS, CADASTRE),
    optional_sources=(*PERIMETERS, *UNIT_SOURCES, "cerema/land_consumption"),
    licence=OPEN_LICENCE,
    reference_period=PERIOD,
    publish_level="public",
    secrecy="no_figures_on_firms",
    caveats=("provisional", "partial_coverage"),
    may_be_empty=True,
)

DENSITY_BY_VOCATION = Table(
    name="land_density_by_vocation",
    theme="land",
    title_fr="Foncier par emploi selon la vocation",
    title_en="Land per job by vocation",
    grain="One row per dominant vocation of the territory's own sites",
    key=("dominant_vocation",),
    columns=(
        c.code(
            "dominant_vocation",
            c.DOMINANT_VOCATION.label,
            c.DOMINANT_VOCATION.fr,
            c.DOMINANT_VOCATION.en,
        ),
        count(
            "site_count",
            "sites",
            "Nombre de sites",
            "Sites de cette vocation dont l'emploi est connu.",
            "Sites of this vocation whose jobs are known.",
        ),
        *(
            c.column(
                f"land_per_1000_jobs{part}_ha",
                "number",
                f"Hectares pour 1 000 emplois, {fr}",
                f"{fr.capitalize()} des sites, emplois au milieu des bornes.",
                f"{en} of the sites, jobs at the middle of their bounds.",
                unit="ha per 1 000 jobs",
                minimum=0,
            )
            for part, fr, en in (
                ("", "médiane", "Median"),
                ("_q1", "premier quartile", "First quartile"),
                ("_q3", "troisième quartile", "Third quartile"),
            )
        ),
        IS_FICTITIOUS,
    ),
    sources=("insee/sirene_stock",),
    one_of_each=(PERIMETERS,),
    optional_sources=(*CADASTRE, *(k for k in UNIT_SOURCES if k != "insee/sirene_stock")),
    licence=OPEN_LICENCE,
    reference_period=PERIOD,
    publish_level="public",
    secrecy="open_register_counts",
    caveats=("partial_coverage",),
    may_be_empty=True,
)
