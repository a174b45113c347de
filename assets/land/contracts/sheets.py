"""Contract of commune sheets."""

from assets.declaring import table
from assets.land.contracts.inputs import CADASTRE, COMMUNES, PERIMETERS, PERIOD, UNIT_SOURCES
from observatory.metadata import units
from observatory.metadata.columns.land import (
    NO_BUILDING,
    NO_LIST,
    UNITS_BY_STATE,
    UNTOLD,
    VACANCY_SHARES,
)
from observatory.metadata.columns.land_coverage import (
    BELOW_FLOOR,
    GROUND,
    NO_SITE,
    REGISTER_DATE,
    WHY_NO_SUPPLY,
    WHY_NO_YEARS,
)
from observatory.metadata.columns.land_supply import STOCK, SUPPLY
from observatory.metadata.columns.making import area, count, flag, hectares, number, text, year
from observatory.metadata.columns.registry import also_null, optional, vary
from observatory.metadata.tables import Column, Secrecy, Statistic
from observatory.metadata.texts import Text, not_handed_over

SALES = ("dgfip/dvf_geolocated", "dgfip/dvf_raw")
NOT_LOOKED_AT = NO_SITE | BELOW_FLOOR
PRICE = Statistic(
    name="land_price_median_eur_m2", kind="quantile", of=("land_sale_count",), figures=2
)
APPLICANTS = count(
    "authorised_applicant_count",
    "Demandeurs",
    "Demandeurs distincts des locaux autorisés ; ceux que Sitadel ne nomme pas comptent pour un.",
    "Distinct applicants of premises authorised; those that Sitadel does not name count as one.",
    Text(
        fr="masqué par le secret, aucun permis, ou permis non fournis",
        en="hidden by secrecy, no permit, or no file of permits",
        without=(("sdes/sitadel_premises",),),
    ),
    unit=units.APPLICANTS,
)
SINCE = year(
    "authorised_since_year",
    "Locaux autorisés depuis",
    "Première des trois années des locaux autorisés.",
    "First of the three years of premises authorised.",
    Text(
        fr="aucun permis, ou permis non fournis",
        en="no permit, or no file of permits",
        without=(("sdes/sitadel_premises",),),
    ),
)
LARGEST = Column(
    name="authorised_largest_share_pct",
    kind="number",
    label="Part du premier",
    fr="Part du premier demandeur dans ce que le second ne connaît pas.",
    en="Share of the largest applicant in what the second does not know.",
    sensitive=True,
    unit=units.PERCENT,
    null_means=Text(fr="aucun permis", en="no permit"),
)

COMMUNE_SHEETS = table(
    "land_commune_sheets",
    title_fr="Fiches communales du foncier économique",
    title_en="Commune sheets on business land",
    grain_fr="Une ligne par commune du territoire",
    grain_en="One row per commune of the territory",
    key=("commune_code",),
    columns=(
        "commune_code commune_label epci_code",
        vary(
            "site_count",
            fr="Sites dont la commune est principale.",
            en="Sites of which it is the main commune.",
        ),
        GROUND,
        REGISTER_DATE,
        optional("unit_count", NOT_LOOKED_AT),
        also_null(UNITS_BY_STATE, NOT_LOOKED_AT),
        also_null(VACANCY_SHARES, NOT_LOOKED_AT),
        also_null(STOCK, NOT_LOOKED_AT),
        also_null(SUPPLY, NOT_LOOKED_AT),
        also_null("central_low_confidence_ha", NOT_LOOKED_AT),
        WHY_NO_SUPPLY,
        hectares(
            "conditional_ha",
            "Sous conditions",
            "Surface inoccupée (présumé), en vacance présumée ou en friche, sous conditions.",
            "Area of free, vacant or brownfield units under conditions.",
            NOT_LOOKED_AT | UNTOLD | NO_BUILDING,
        ),
        hectares(
            "unknown_constraint_ha",
            "Contrainte indéterminée",
            "Surface des mêmes dont la contrainte est indéterminée.",
            "Area of the same whose constraint is undetermined.",
            NOT_LOOKED_AT | UNTOLD | NO_BUILDING,
        ),
        count(
            "brownfield_count",
            "Friches recensées",
            "Friches recensées dans la commune, en site ou non.",
            "Brownfields listed in the commune.",
            NO_LIST,
            unit=units.BROWNFIELDS,
        ),
        number(
            "land_price_median_eur_m2",
            "Prix médian du terrain",
            "Médiane du terrain d'activité, € TTC hors frais par m², à deux chiffres.",
            "Median of business land, VAT included, fees not, to two figures.",
            Text(
                fr="masqué par le secret des ventes, aucune vente, ou ventes non fournies",
                en="hidden by the secrecy of sales, no sale, or no file of sales",
                without=(SALES,),
            ),
            unit=units.EUR_PER_M2,
        ),
        flag(
            "is_land_price_median_eur_m2_suppressed",
            "Prix médian du terrain : secret",
            "Vrai si le secret des ventes masque le prix.",
            "True if the secrecy of sales hides the price.",
        ),
        count(
            "land_sale_count",
            "Ventes de terrain",
            "Ventes de terrain de la fenêtre.",
            "Land sales of the window.",
            not_handed_over(
                SALES,
                fr="ventes de la commune non fournies",
                en="the sales of the commune were not handed over",
            ),
            unit=units.SALES,
        ),
        hectares(
            "activity_consumed_10_years_ha",
            "Consommé par les activités",
            "Espaces consommés par les activités sur les dix dernières années connues.",
            "Land consumed by firms over the last ten known years.",
            Text(
                fr="consommation non fournie pour la commune, ou pour dix ans",
                en="the commune's consumption was not handed over, or not of ten years",
                without=(("cerema/land_consumption",),),
            ),
        ),
        hectares(
            "extension_free_ha",
            "Inoccupé (présumé), hors ports et très grands sites",
            "Terrains inoccupés (présumé) rapportés au rythme d'extension : ports, aéroports et "
            "très grands sites exclus.",
            "Free land set against the pace of extension: ports, airports and very large sites "
            "left out.",
            NOT_LOOKED_AT | UNTOLD | NO_BUILDING,
        ),
        number(
            "extension_years",
            "Années au rythme d'extension",
            "Ces terrains sur la consommation annuelle moyenne des activités en dix ans ; "
            "rien sous 1 ha consommé.",
            "That free land over the mean yearly consumption by firms in ten years; nothing below "
            "1 ha consumed.",
            Text(
                fr="offre ou consommation inconnue, ou moins de 1 ha consommé en dix ans",
                en="supply or consumption is not known, or less than 1 ha was consumed in ten "
                "years",
                without=(("cerema/land_consumption",),),
            ),
            unit=units.YEARS,
        ),
        WHY_NO_YEARS,
        area(
            "authorised_premises_m2",
            "Locaux autorisés",
            "Surface de locaux d'activité autorisée sur trois ans, permis annulés exclus, à deux "
            "chiffres ; inchangée, avec les demandeurs, tant que moins de trois sont venus ou "
            "partis depuis la publication précédente.",
            "Premises for firms authorised over three years, cancelled permits left out, to two "
            "figures; unchanged, with the applicants, while fewer than three have come or gone "
            "since the last release.",
            Text(
                fr="permis non fournis, aucun permis, ou moins de demandeurs que n'en demande le "
                "secret",
                en="no file of permits, no permit, or fewer applicants than secrecy asks for",
                without=(("sdes/sitadel_premises",),),
            ),
        ),
        APPLICANTS,
        flag(
            "is_authorised_applicant_count_suppressed",
            "Demandeurs : secret",
            "Vrai si le secret des demandeurs masque leur nombre.",
            "True if the secrecy of applicants hides their number.",
        ),
        LARGEST,
        SINCE,
        flag(
            "is_authorised_premises_m2_suppressed",
            "Locaux autorisés : secret",
            "Vrai si le secret des demandeurs masque la surface.",
            "True if the secrecy of applicants hides the area.",
        ),
        text(
            "evidence_fr",
            "Sur quels indices",
            "Ce sur quoi repose l'occupation.",
            "What occupation rests on, in French.",
        ),
        text(
            "potential_fr",
            "Ce que cela peut devenir",
            "Potentiel de la commune, en clair.",
            "Potential of the commune, in French.",
        ),
        text(
            "obstacles_fr",
            "Ce qui s'y oppose",
            "Contraintes de la commune, en clair.",
            "Constraints of the commune, in French.",
        ),
        text(
            "coverage_fr",
            "Sur quoi reposent les chiffres",
            "Part des sites regardée, jour du répertoire, sources non fournies.",
            "Share of the sites looked at, day of the register, sources not handed over.",
        ),
        "is_fictitious",
    ),
    sources=("etalab/communes", "etalab/epci"),
    one_of_each=(PERIMETERS, CADASTRE),
    optional_sources=(
        "ign/commune_contours",
        *PERIMETERS,
        *(key for key in UNIT_SOURCES if key not in COMMUNES),
        *SALES,
        "cerema/land_consumption",
        "sdes/sitadel_premises",
    ),
    reference_period=PERIOD,
    publish_level="public",
    secrecy=(
        Secrecy(basis="sales", statistics=(PRICE,)),
        Secrecy(
            basis="applicants",
            counts=(APPLICANTS.name,),
            unit_count=APPLICANTS.name,
            window=SINCE.name,
            largest_share=LARGEST.name,
            measures=("authorised_premises_m2",),
            significant_figures=2,
        ),
    ),
    caveats=("partial_coverage",),
    may_be_empty=True,
)
