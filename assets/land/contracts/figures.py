"""Contracts of figures by commune, EPCI and vocation: prices, consumption, supply, balance."""

from assets.declaring import table
from assets.land.contracts.inputs import CADASTRE, COMMUNES, FIRMS, PERIMETERS, PERIOD, UNIT_SOURCES
from observatory.land.balance import SCENARIOS, SCOPES
from observatory.land.prices import LAND_NATURES, MARKETS, SALE_SETTINGS
from observatory.metadata import units
from observatory.metadata.columns.land_coverage import (
    BELOW_FLOOR,
    GROUND,
    REGISTER_DATE,
    WHY_NO_BENCHMARK,
    WHY_NO_DENSITY,
    WHY_NO_PRICE,
    WHY_NO_SUPPLY,
    WHY_NO_YEARS,
)
from observatory.metadata.columns.land_supply import SALE_KNOWN, STOCK, SUPPLY
from observatory.metadata.columns.making import (
    code,
    count,
    flag,
    hectares,
    number,
    share,
    text,
    year,
)
from observatory.metadata.columns.registry import also_null, optional, required, vary
from observatory.metadata.tables import Column, Secrecy, Statistic
from observatory.metadata.texts import Text

FEWER_THAN_FIVE_SALES = Text(
    fr="moins de cinq ventes, ou le reste de l'EPCI en aurait moins de cinq ; ou ventes fournies "
    "pour trop peu de communes",
    en="fewer than five sales, or the rest of the EPCI would have fewer than five; or sales of too "
    "few communes were handed over",
)
FEWER_THAN_TWENTY_SALES = Text(
    fr="moins de vingt ventes, ou le reste de l'EPCI en aurait moins de cinq ; ou ventes fournies "
    "pour trop peu de communes",
    en="fewer than twenty sales, or the rest of the EPCI would have fewer than five; or sales of "
    "too few communes were handed over",
)
PRICED = (
    ("price_median_eur_m2", "Prix médian", "Médiane", "Median", 1),
    ("price_q1_eur_m2", "Prix, premier quartile", "Premier quartile", "First quartile", 4),
    ("price_q3_eur_m2", "Prix, troisième quartile", "Troisième quartile", "Third quartile", 4),
)


def _price(name: str, label: str, fr: str, en: str, times: int) -> Column:
    return number(
        name,
        label,
        f"{fr} du prix au m² (terrain vendu, ou surface bâtie), € TTC hors frais, à deux chiffres.",
        f"{en} of the price per m² (of land sold, or of premises), VAT included, fees not, to two "
        "figures.",
        FEWER_THAN_FIVE_SALES if times == 1 else FEWER_THAN_TWENTY_SALES,
        unit=units.EUR_PER_M2,
    )


SCOPE = code(
    "perimeter_scope",
    "Périmètre",
    "Tous les sites, ou sans ports, aéroports et grands sites d'un seul établissement.",
    "All sites, or without ports, airports and large sites of one establishment.",
    allowed=SCOPES,
)

NO_DEMAND = Text(
    fr="consommation non fournie, ou scénario sans chiffre",
    en="no consumption was handed over, or the scenario has no figure",
)
NO_FLOWS = Text(
    fr="consommation non fournie, ou de trop peu de communes",
    en="no consumption was handed over, or of too few communes",
    without=(("cerema/land_consumption",),),
)
LEVELS_FR = (("low", "basse"), ("central", "centrale"), ("high", "haute"))
NO_LEVEL = Text(
    fr="pas d'offre de ce niveau, ou trop peu de parcelles fournies",
    en="no supply of that level, or too few parcels were handed over",
)
NO_BALANCE = Text(
    fr="pas de demande, ou pas d'offre de ce niveau", en="no demand, or no supply of that level"
)
NO_OBJECTIVE = Text(
    fr="aucun objectif remis pour cet EPCI", en="no objective of this EPCI was handed over"
)
NO_DECADE = Text(
    fr="la décennie n'est pas complète, ou trop peu de communes ont un chiffre",
    en="the decade is not complete, or too few communes have a figure",
    without=(("cerema/land_consumption",),),
)

FILES_FR = (
    ("parcels", "les parcelles", "parcels"),
    ("buildings", "les bâtiments", "buildings"),
    ("owners", "les propriétaires", "owners"),
    ("register", "le répertoire", "the register"),
    ("brownfields", "les friches", "brownfields"),
    ("zoning", "le zonage", "zoning"),
    ("risk_plans", "les plans de risque", "risk plans"),
    ("sales", "les ventes", "sales"),
    ("consumption", "la consommation", "consumption"),
)

BALANCE_BY_EPCI = table(
    "land_balance_by_epci",
    title_fr="Bilan entre offre et demande de foncier économique par EPCI",
    title_en="Balance of supply and demand of business land by EPCI",
    grain_fr="Une ligne par EPCI, périmètre et scénario de demande",
    grain_en="One row per EPCI, perimeter scope and demand scenario",
    key=("epci_code", "perimeter_scope", "demand_scenario"),
    columns=(
        required("epci_code"),
        vary("epci_label", fr="Nom de l'EPCI."),
        SCOPE,
        code(
            "demand_scenario",
            "Scénario de demande",
            "Rythme passé (moyen, lent, rapide), emplois attendus, ou cible débattue localement.",
            "Past pace (mean, slow, fast), expected jobs, or the target debated locally.",
            allowed=SCENARIOS,
        ),
        number(
            "demand_ha_per_year",
            "Demande annuelle",
            "Foncier d'activité par an selon le scénario.",
            "Business land per year in the scenario.",
            NO_DEMAND,
            unit=units.HA_PER_YEAR,
        ),
        GROUND,
        also_null(STOCK, BELOW_FLOOR),
        also_null(SUPPLY, BELOW_FLOOR),
        SALE_KNOWN,
        WHY_NO_SUPPLY,
        *(
            hectares(
                f"compared_{level}_ha",
                f"Offre comparée, {fr}",
                f"Offre {fr} que la ligne rapporte à la demande ; à un rythme passé d'extension, "
                "les terrains inoccupés (présumé) seuls, d'un seul niveau.",
                f"Supply ({level}) that the row sets against demand; against a past pace of "
                "extension free land alone, at one level.",
                NO_LEVEL,
            )
            for level, fr in LEVELS_FR
        ),
        *(
            number(
                f"years_{level}",
                f"Années, offre {fr}",
                f"Offre comparée ({fr}) sur demande annuelle ; à un rythme passé d'extension, "
                "« années au rythme d'extension », rien sous 1 ha consommé en dix ans.",
                f"Supply compared ({level}) over yearly demand; against a past pace of extension, "
                "nothing below 1 ha consumed in ten years.",
                NO_BALANCE,
                unit=units.YEARS,
            )
            for level, fr in LEVELS_FR
        ),
        WHY_NO_YEARS,
        hectares(
            "reference_consumed_ha",
            "Consommation 2011-2020",
            "Consommation totale 2011-2020, toutes destinations.",
            "Total consumption 2011–2020, all destinations.",
            NO_DECADE,
        ),
        hectares(
            "allowed_2021_2030_ha",
            "Repère national −50 %, non opposable",
            "Moitié de la consommation 2011-2020, calculée sur l'EPCI (réglage daté).",
            "Half of the consumption 2011–2020, computed on the EPCI (a dated setting).",
            NO_DECADE,
        ),
        WHY_NO_BENCHMARK,
        hectares(
            "objective_2021_2030_ha",
            "Objectif du SRADDET ou du SCoT",
            "Consommation 2021-2030 que le SRADDET ou le SCoT retient pour l'EPCI, s'il a été "
            "remis.",
            "Consumption 2021–2030 that the SRADDET or SCoT sets for the EPCI, if handed over.",
            NO_OBJECTIVE,
        ),
        text(
            "objective_source",
            "Texte de l'objectif",
            "Texte et date de l'objectif.",
            "Text and date of the objective.",
            NO_OBJECTIVE,
        ),
        hectares(
            "used_since_2021_ha",
            "Consommé depuis 2021",
            "Consommation totale depuis 2021, toutes destinations.",
            "Total consumption since 2021, all destinations.",
            NO_FLOWS,
        ),
        number(
            "used_share_pct",
            "Part du repère consommée",
            "Consommé depuis 2021 sur le repère.",
            "Used since 2021 over the benchmark.",
            NO_DECADE,
            unit=units.PERCENT,
        ),
        share(
            "activity_share_pct",
            "Part des activités",
            "Part des activités dans la consommation depuis 2021.",
            "Share of firms in the consumption since 2021.",
            NO_FLOWS,
        ),
        year(
            "last_consumption_year",
            "Dernière année de consommation",
            "Dernière année de la consommation, provisoire.",
            "Last year of consumption, provisional.",
            NO_FLOWS,
        ),
        text(
            "benchmark_source",
            "Texte du repère",
            "Texte et date du repère.",
            "Text and date of the benchmark.",
        ),
        *(
            share(
                f"{name}_communes_share_pct",
                f"Communes : {fr}",
                f"Part des communes de l'EPCI dont {fr} ont été fournis.",
                f"Share of the EPCI's communes of which {en} were handed over.",
            )
            for name, fr, en in FILES_FR
        ),
        "is_fictitious",
    ),
    one_of_each=(PERIMETERS, CADASTRE),
    optional_sources=(
        *PERIMETERS,
        *UNIT_SOURCES,
        "cerema/land_consumption",
        "sdes/sitadel_premises",
        "dgfip/dvf_geolocated",
        "dgfip/dvf_raw",
    ),
    reference_period=PERIOD,
    publish_level="public",
    secrecy="no_figures_on_firms",
    caveats=("provisional", "partial_coverage"),
    may_be_empty=True,
)

CONSUMPTION_BY_COMMUNE = table(
    "land_consumption_by_commune",
    title_fr="Consommation d'espaces par commune, année et destination",
    title_en="Land consumed by commune, year and destination",
    grain_fr="Une ligne par commune, année et destination, total compris",
    grain_en="One row per commune, year and destination, the total among them",
    key=("commune_code", "year", "destination"),
    columns=(
        "commune_code commune_label epci_code year",
        code(
            "destination",
            "Destination",
            "Destination du sol consommé, ou total.",
            "Destination of the land consumed, or the total.",
            allowed=("total", "activity", "housing", "mixed", "road", "rail", "unknown"),
        ),
        vary(
            "area_m2",
            label="Surface consommée",
            fr="Espaces naturels, agricoles et forestiers consommés dans l'année.",
            en="Natural, agricultural and forest land consumed within the year.",
            null_means=Text(
                fr="le producteur ne donne pas de chiffre", en="the producer gives no figure"
            ),
            minimum=None,
        ),
        "is_fictitious",
    ),
    sources=("cerema/land_consumption", "etalab/communes", "etalab/epci"),
    reference_period=Text(
        fr="Du 1er janvier au 1er janvier de chaque année", en="1 January to 1 January of each year"
    ),
    publish_level="public",
    secrecy="published_by_producer",
    caveats=("provisional", "break_in_series"),
)

DENSITY_BY_VOCATION = table(
    "land_density_by_vocation",
    title_fr="Foncier par emploi selon la vocation",
    title_en="Land per job by vocation",
    grain_fr="Une ligne par vocation dominante des sites du territoire",
    grain_en="One row per dominant vocation of the territory's own sites",
    key=("dominant_vocation",),
    columns=(
        vary("dominant_vocation", null_means=None, allowed=()),
        vary(
            "site_count",
            fr="Sites de cette vocation dont l'emploi est connu.",
            en="Sites of this vocation whose jobs are known.",
        ),
        *(
            number(
                f"land_per_1000_jobs{part}_ha",
                f"Hectares pour 1 000 emplois, {fr}",
                f"{fr.capitalize()} des sites, emplois au milieu des bornes.",
                f"{en} of the sites, jobs at the middle of their bounds.",
                BELOW_FLOOR,
                unit=units.HA_PER_1000_JOBS,
            )
            for part, fr, en in (
                ("", "médiane", "Median"),
                ("_q1", "premier quartile", "First quartile"),
                ("_q3", "troisième quartile", "Third quartile"),
            )
        ),
        vary(
            "parcel_share_pct",
            fr="Part de la surface des sites courants du territoire dont les parcelles ont été "
            "fournies.",
            en="Share of the ground of the territory's usual sites of which parcels were handed "
            "over.",
        ),
        WHY_NO_DENSITY,
        "is_fictitious",
    ),
    sources=FIRMS,
    one_of_each=(PERIMETERS, CADASTRE),
    optional_sources=tuple(k for k in UNIT_SOURCES if k not in FIRMS),
    reference_period=PERIOD,
    publish_level="public",
    secrecy="open_register_counts",
    caveats=("partial_coverage",),
    may_be_empty=True,
)

PRICES_BY_COMMUNE = table(
    "land_prices_by_commune",
    title_fr="Prix du foncier et des locaux d'activité par commune et EPCI",
    title_en="Prices of business land and premises by commune and EPCI",
    grain_fr="Une ligne par territoire, marché, nature de terrain et cadre ayant une vente retenue",
    grain_en="One row per territory, market, nature of land and setting with a priced sale",
    key=("territory_level", "territory_code", "market", "land_nature", "setting"),
    columns=(
        "territory_level territory_code territory_label",
        vary(
            "epci_code",
            fr="EPCI de la commune, où elle compte aussi.",
            en="EPCI of the commune, in which it counts too.",
            null_means=Text(
                fr="la ligne est celle d'un EPCI, ou il n'est qu'en partie dans le territoire",
                en="the row is that of an EPCI, or it lies in the territory in part only",
            ),
        ),
        code(
            "market",
            "Marché",
            "Terrain, ou locaux par classe de surface bâtie.",
            "Land, or premises by class of built area.",
            allowed=MARKETS,
        ),
        code(
            "land_nature",
            "Nature du terrain",
            "Nature de culture du terrain vendu (DVF : AB terrain à bâtir, S sols, T terres…) ; "
            "none pour un local. Les natures ne sont jamais mêlées dans une médiane.",
            "Nature of the land sold (DVF: AB building plot, S ground, T farmland…); none for "
            "premises. Natures are never mixed in one median.",
            allowed=LAND_NATURES,
        ),
        code(
            "setting",
            "Cadre",
            "Parc ou zonage économique, ou tissu urbain.",
            "Park or economic zoning, or city fabric.",
            allowed=SALE_SETTINGS,
        ),
        count(
            "sale_count",
            "Ventes",
            "Ventes de la fenêtre.",
            "Sales of the window.",
            unit=units.SALES,
        ),
        *(_price(*told) for told in PRICED),
        *(
            flag(
                f"is_{name}_suppressed",
                f"{label} : secret",
                "Vrai si le secret des ventes masque le prix.",
                "True if the secrecy of sales hides the price.",
            )
            for name, label, *_ in PRICED
        ),
        year(
            "first_year",
            "Première année",
            "Première année de la fenêtre.",
            "First year of the window.",
        ),
        year(
            "last_year",
            "Dernière année",
            "Dernière année de la fenêtre.",
            "Last year of the window.",
        ),
        share(
            "told_communes_share_pct",
            "Communes dont les ventes sont fournies",
            "Part des communes du territoire de la ligne dont les ventes ont été fournies.",
            "Share of the communes of the row's territory of which sales were handed over.",
        ),
        WHY_NO_PRICE,
        "is_fictitious",
    ),
    one_of_each=(("dgfip/dvf_geolocated", "dgfip/dvf_raw"), (*PERIMETERS, "gpu/zoning")),
    optional_sources=(
        *CADASTRE,
        "dgfip/legal_person_parcels",
        *PERIMETERS,
        "gpu/zoning",
        *COMMUNES,
    ),
    reference_period=Text(
        fr="Au plus cinq années civiles, jusqu'à la dernière des fichiers lus de chaque commune",
        en="At most five calendar years, up to the last of the files read of each commune",
    ),
    publish_level="public",
    secrecy=(
        Secrecy(
            basis="sales",
            statistics=tuple(
                Statistic(name=name, kind="quantile", of=("sale_count",), times=times, figures=2)
                for name, *_, times in PRICED
            ),
            parents=(("territory_code", "epci_code"),),
            levels=("territory_level",),
        ),
    ),
    caveats=("partial_coverage",),
    may_be_empty=True,
)

SUPPLY_BY_COMMUNE = table(
    "land_supply_by_commune",
    title_fr="Offre foncière économique par commune",
    title_en="Supply of business land by commune",
    grain_fr="Une ligne par commune ayant un site économique, et par périmètre",
    grain_en="One row per commune with an economic site, and perimeter scope",
    key=("commune_code", "perimeter_scope"),
    columns=(
        "commune_code",
        optional(
            "commune_label",
            Text(
                fr="liste des communes non fournie", en="the list of communes was not handed over"
            ),
        ),
        "epci_code",
        SCOPE,
        GROUND,
        REGISTER_DATE,
        optional("unit_count", BELOW_FLOOR),
        vary(
            "area_ha",
            fr="Surface des unités foncières.",
            en="Area of land units.",
            null_means=BELOW_FLOOR,
        ),
        also_null(STOCK, BELOW_FLOOR),
        also_null(SUPPLY, BELOW_FLOOR),
        also_null("central_low_confidence_ha", BELOW_FLOOR),
        SALE_KNOWN,
        WHY_NO_SUPPLY,
        "is_fictitious",
    ),
    one_of_each=(PERIMETERS, CADASTRE),
    optional_sources=(*PERIMETERS, *UNIT_SOURCES, "sdes/sitadel_premises"),
    reference_period=PERIOD,
    publish_level="public",
    secrecy="no_figures_on_firms",
    caveats=("partial_coverage",),
    may_be_empty=True,
)
