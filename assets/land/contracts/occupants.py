"""Contracts of who is in land units: establishments, vacancy, what was seen."""

from assets.declaring import table
from assets.land.contracts.inputs import (
    BROWN,
    BUILDINGS,
    CADASTRE,
    COMMUNES,
    FIRMS,
    LOCAL,
    OWNED,
    PERIMETERS,
    PERIOD,
    REGISTER,
    UNIT_SOURCES,
    shape,
)
from observatory.land.activities import NOMENCLATURES
from observatory.land.placement import PLACEMENT_LEVELS, PLACEMENT_TRUSTS
from observatory.metadata import units
from observatory.metadata.columns.land import NO_COMMON, NOT_KNOWN, UNITS_BY_STATE, VACANCY_SHARES
from observatory.metadata.columns.land_coverage import BELOW_FLOOR, PARCEL_SHARE
from observatory.metadata.columns.making import code, count, date, flag, metres, text, year
from observatory.metadata.columns.registry import also_null, optional, vary
from observatory.metadata.texts import Text

ESTABLISHMENTS = table(
    "land_establishments",
    title_fr="Établissements des sites économiques",
    title_en="Establishments of economic sites",
    grain_fr="Une ligne par établissement diffusible placé dans une unité foncière",
    grain_en="One row per establishment open to diffusion that is placed in a land unit",
    key=("siret",),
    columns=(
        code("siret", "SIRET", "Identifiant Insee.", "Insee identifier.", pattern=r"^\d{14}$"),
        text(
            "establishment_name",
            "Nom",
            "Enseigne ou dénomination ; jamais celle d'une personne ou d'une société civile.",
            "Brand or name; never that of a person or of a civil company.",
            Text(
                fr="ni société ni personne publique, ou sans nom",
                en="neither a company nor a public body, or without a name",
            ),
            identifies="siret",
        ),
        text(
            "establishment_address",
            "Adresse",
            "Adresse au répertoire ; jamais celle d'une personne ou d'une société civile.",
            "Address in the register; never that of a person or of a civil company.",
            Text(
                fr="ni société ni personne publique, ou sans voie",
                en="neither a company nor a public body, or without a street",
            ),
            identifies="siret",
        ),
        flag(
            "is_seat",
            "Siège",
            "Vrai pour le siège de l'entreprise.",
            "True for the seat of the firm.",
            Text(fr="le répertoire ne le dit pas", en="the register does not say"),
        ),
        "legal_category_code unit_id site_id",
        code(
            "parcel_id",
            "Parcelle",
            "Parcelle où il est placé.",
            "Parcel where it is placed.",
            pattern=r"^[0-9A-Z]{14}$",
        ),
        LOCAL,
        vary(
            "naf_code",
            label="NAF rév. 2",
            fr="Activité principale.",
            en="Main activity.",
            null_means=NOT_KNOWN,
            pattern=None,
        ),
        code(
            "naf_2025_code",
            "NAF 2025",
            "Activité principale, nomenclature en vigueur à partir de 2027.",
            "Main activity, in the nomenclature in force from 2027.",
            NOT_KNOWN,
        ),
        code(
            "former_naf_code",
            "Code d'une nomenclature antérieure",
            "Activité principale dans la nomenclature du répertoire, si elle n'est plus en "
            "vigueur.",
            "Main activity in the register's nomenclature, where that is no longer in force.",
            Text(
                fr="l'activité est dans une nomenclature en vigueur, ou inconnue",
                en="the activity is in a nomenclature in force, or not known",
            ),
        ),
        code(
            "naf_nomenclature",
            "Nomenclature du répertoire",
            "Nomenclature dans laquelle le répertoire écrit l'activité.",
            "Nomenclature in which the register writes the activity.",
            NOT_KNOWN,
            allowed=tuple(dict.fromkeys(NOMENCLATURES.values())),
        ),
        code(
            "vocation",
            "Vocation",
            "Vocation de son activité.",
            "Vocation of its activity.",
            Text(
                fr="l'activité n'a pas de vocation dans la liste du standard, ou son code est "
                "d'une nomenclature antérieure",
                en="the activity has no vocation of the standard's list, or its code is of an "
                "older nomenclature",
            ),
        ),
        flag(
            "is_active",
            "Actif",
            "Actif au répertoire.",
            "Active in the register.",
            Text(fr="le répertoire ne le dit pas", en="the register does not say"),
        ),
        date("created_date", "Création", "Date de création.", "Date of creation.", NOT_KNOWN),
        date(
            "closed_date",
            "Fermeture",
            "Date de fermeture.",
            "Date of closing.",
            Text(
                fr="non fermé avant la date de référence", en="not closed before the reference day"
            ),
        ),
        code(
            "size_class",
            "Tranche d'effectif",
            "Code Insee ; NN : non employeur ou inconnu.",
            "Insee code; NN: not an employer, or unknown.",
            NOT_KNOWN,
        ),
        year(
            "size_year",
            "Année de l'effectif",
            "Année de la tranche d'effectif.",
            "Year of the size class.",
            NOT_KNOWN,
            minimum=1990,
        ),
        "job_count_low job_count_high",
        code(
            "placement_level",
            "Niveau de placement",
            "Parcelle, parcelle voisine (15 m), rue, ou commune seulement.",
            "Parcel, near parcel (15 m), street, or commune only.",
            allowed=PLACEMENT_LEVELS,
        ),
        code(
            "placement_trust",
            "Confiance du placement",
            "Forte, moyenne, faible ou aucune.",
            "High, medium, low or none.",
            allowed=PLACEMENT_TRUSTS,
        ),
        code(
            "placed_by",
            "Source du placement",
            "Géolocalisation Insee, coordonnées du répertoire, ou géocodage BAN.",
            "Insee geolocation, the register's own coordinates, or BAN geocoding.",
            allowed=("insee", "register", "ban"),
        ),
        metres(
            "distance_m",
            "Écart à la parcelle",
            "Distance entre le point et la parcelle où il est placé.",
            "Distance from the point to the parcel where it is placed.",
        ),
        "is_fictitious",
        shape("Point de l'établissement.", "Point of the establishment."),
    ),
    sources=FIRMS,
    one_of_each=(PERIMETERS, CADASTRE),
    optional_sources=(*PERIMETERS, *BUILDINGS, *OWNED, *REGISTER[len(FIRMS) :], *COMMUNES),
    reference_period=PERIOD,
    publish_level="public",
    secrecy="open_register_counts",
    geometry_type="Point",
    caveats=("partial_coverage",),
    may_be_empty=True,
)

OCCUPATION_COMPARISON = table(
    "land_occupation_comparison",
    title_fr="Occupation : observations de terrain et données ouvertes, unité par unité",
    title_en="Occupation: what was seen and what open data says, unit by unit",
    grain_fr="Une ligne par unité foncière vue, déclarée ou inventoriée",
    grain_en="One row per land unit that somebody saw, declared or inventoried",
    key=("unit_id",),
    columns=(
        "unit_id site_id",
        LOCAL,
        code(
            "seen_state",
            "État observé",
            "État vu ou déclaré.",
            "State seen or declared.",
            allowed=("occupied", "vacant", "free"),
        ),
        flag(
            "is_seen_brownfield",
            "Vu comme friche",
            "Vrai si la plupart des parcelles ont été vues ou inventoriées comme friche.",
            "True where most of the parcels were seen or inventoried as a brownfield.",
        ),
        code(
            "seen_origin",
            "Origine",
            "Enquête, déclaration ou inventaire de l'EPCI.",
            "Survey, declaration or inventory of the EPCI.",
            allowed=("survey", "declaration", "epci_inventory"),
        ),
        date(
            "seen_date",
            "Date",
            "Jour de l'observation.",
            "Day of the observation.",
            Text(fr="l'inventaire ne donne pas de date", en="the inventory gives no date"),
        ),
        "open_data_state open_data_confidence",
        code(
            "agreement",
            "Accord",
            "Même état, autre état, ou indécidable en données ouvertes.",
            "Same state, another one, or open data cannot tell.",
            allowed=("same", "different", "open_data_cannot_tell"),
        ),
        "is_fictitious",
    ),
    one_of_each=(("survey/occupation", "cnig/economic_sites"), PERIMETERS, CADASTRE),
    optional_sources=(*CADASTRE, *PERIMETERS[1:], *BUILDINGS, *OWNED, *REGISTER, *BROWN, *COMMUNES),
    reference_period=PERIOD,
    publish_level="public",
    secrecy="no_figures_on_firms",
    may_be_empty=True,
)

VACANCY_BY_SITE = table(
    "land_vacancy_by_site",
    title_fr="Part d'unités en vacance présumée par site",
    title_en="Share of units presumed vacant by site",
    grain_fr="Une ligne par site économique qui contient une unité foncière",
    grain_en="One row per economic site that holds a land unit",
    key=("site_id",),
    columns=(
        "site_id site_name",
        LOCAL,
        PARCEL_SHARE,
        optional("unit_count", BELOW_FLOOR),
        also_null(UNITS_BY_STATE, BELOW_FLOOR),
        count(
            "common_area_count",
            "Voirie et espaces communs",
            "Voirie et espaces communs, hors du dénominateur.",
            "Roads and common ground, out of the denominator.",
            NO_COMMON | BELOW_FLOOR,
            unit=units.LAND_UNITS,
        ),
        also_null(VACANCY_SHARES, BELOW_FLOOR),
        "is_fictitious",
    ),
    one_of_each=(PERIMETERS, CADASTRE),
    optional_sources=(*PERIMETERS, *UNIT_SOURCES),
    reference_period=PERIOD,
    publish_level="public",
    secrecy="open_register_counts",
    caveats=("partial_coverage", "rounded"),
    may_be_empty=True,
)
