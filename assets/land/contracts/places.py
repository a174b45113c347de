"""Contracts of what has a place: poles, sites, land units."""

from assets.declaring import table
from assets.land.contracts.inputs import (
    CADASTRE,
    LOCAL,
    NO_OUTLINE,
    PERIMETERS,
    PERIOD,
    UNIT_SOURCES,
    shape,
)
from observatory.land.constraints import OUTCOMES
from observatory.land.occupation import OCCUPATION_EVIDENCES, OCCUPATION_STATES
from observatory.land.parcels import OWNER_CATEGORIES
from observatory.metadata import units
from observatory.metadata.columns.land import (
    NO_BROWNFIELD,
    NO_BUILDING,
    NO_REGISTER,
    not_asked,
)
from observatory.metadata.columns.land_coverage import BELOW_FLOOR, PARCEL_SHARE
from observatory.metadata.columns.making import area, code, count, date, flag, number, text, year
from observatory.metadata.columns.registry import also_null, optional
from observatory.metadata.texts import Text

POLES = table(
    "land_poles",
    title_fr="Pôles économiques",
    title_en="Economic poles",
    grain_fr="Une ligne par groupe de sites plus proches que la distance de pôle",
    grain_en="One row per group of sites closer than the pole distance",
    key=("pole_id",),
    columns=(
        "pole_id",
        LOCAL,
        "site_count",
        "dominant_vocation area_m2",
        also_null("establishment_count job_count_low job_count_high", BELOW_FLOOR),
        "is_fictitious",
        shape("Réunion des périmètres des sites.", "Union of the perimeters of the sites."),
    ),
    one_of_each=(PERIMETERS,),
    optional_sources=(*CADASTRE, *UNIT_SOURCES),
    reference_period=PERIOD,
    publish_level="public",
    secrecy="open_register_counts",
    geometry_type="MultiPolygon",
    caveats=("partial_coverage",),
)

SITES = table(
    "land_sites",
    title_fr="Sites économiques",
    title_en="Economic sites",
    grain_fr="Une ligne par site économique du territoire",
    grain_en="One row per economic site of the territory",
    key=("site_id",),
    columns=(
        "site_id site_name",
        code(
            "site_source_key",
            "Source du périmètre",
            "Source qui sert le périmètre : inventaire de l'EPCI, fichier régional, FUSAC ou BD "
            "TOPO.",
            "Source that serves the perimeter: EPCI inventory, regional file, FUSAC or BD TOPO.",
        ),
        code(
            "site_type",
            "Type de site",
            "Type au sens du standard CNIG ; inconnu si la source ne le dit pas.",
            "Type in the CNIG standard; unknown where the source does not say.",
        ),
        LOCAL,
        text(
            "commune_codes",
            "Communes du site",
            "Communes qui portent au moins un centième du site, séparées par |.",
            "Communes that hold at least one percent of the site, separated by |.",
            NO_OUTLINE,
        ),
        "epci_code pole_id",
        code(
            "declared_vocation",
            "Vocation déclarée",
            "Vocation selon la source du périmètre.",
            "Vocation according to the source of the perimeter.",
            Text(
                fr="la source ne donne pas de vocation de la liste du standard",
                en="the source gives no vocation of the standard's list",
            ),
        ),
        also_null("dominant_vocation", BELOW_FLOOR),
        "area_m2",
        area(
            "useful_m2",
            "Surface utile",
            "Somme des unités foncières, voirie et espaces communs exclus.",
            "Sum of the land units, roads and common ground left out.",
            BELOW_FLOOR,
        ),
        optional("unit_count", BELOW_FLOOR),
        also_null("establishment_count job_count_low job_count_high", BELOW_FLOOR),
        count(
            "unknown_size_count",
            "Établissements d'effectif inconnu",
            "Établissements actifs placés dont la tranche d'effectif est vide, NN ou 99.",
            "Placed active establishments whose size class is blank, NN or 99.",
            NO_REGISTER | BELOW_FLOOR,
            unit=units.ESTABLISHMENTS,
        ),
        also_null("built_m2 built_share_pct", BELOW_FLOOR),
        PARCEL_SHARE,
        flag(
            "is_set_apart",
            "Hors totaux courants",
            "Port, aéroport, ou site de plus de 100 ha d'un seul établissement.",
            "Port, airport, or site above 100 ha with a single establishment.",
        ),
        "is_fictitious",
        shape("Périmètre du site.", "Perimeter of the site."),
    ),
    one_of_each=(PERIMETERS,),
    optional_sources=(*CADASTRE, *UNIT_SOURCES),
    reference_period=PERIOD,
    publish_level="public",
    secrecy="open_register_counts",
    geometry_type="MultiPolygon",
    caveats=("break_in_series", "partial_coverage"),
)

NO_ZONE = Text(
    fr="aucune zone ne couvre l'unité, ou zonage non fourni",
    en="no zone covers the unit, or zoning was not handed over",
    without=(("gpu/zoning",),),
)
NOT_NAMED = Text(
    fr="ni personne publique ni société commerciale, ou inconnu, ou retenu",
    en="neither a public body nor a commercial company, or not known, or withheld",
)
NO_PAPER_AREA = Text(fr="une parcelle est sans contenance", en="a parcel has no area on paper")

UNITS = table(
    "land_units",
    title_fr="Unités foncières des sites économiques",
    title_en="Land units of economic sites",
    grain_fr="Une ligne par unité foncière : parcelles contiguës d'un même propriétaire dans un "
    "site",
    grain_en="One row per land unit: contiguous parcels of one owner inside a site",
    key=("unit_id",),
    columns=(
        "unit_id site_id",
        LOCAL,
        "area_m2",
        count(
            "parcel_count",
            "Nombre de parcelles",
            "Parcelles de l'unité.",
            "Parcels of the unit.",
            unit=units.PARCELS,
        ),
        "parcel_ids",
        area(
            "contenance_m2",
            "Contenance cadastrale",
            "Somme des contenances des parcelles ; qualité, non surface de calcul.",
            "Sum of the areas on paper of the parcels; a quality figure, not the area computed "
            "with.",
            NO_PAPER_AREA,
        ),
        number(
            "contenance_ratio",
            "Contenance sur surface",
            "Contenance des parcelles sur leur surface dessinée.",
            "Area on paper of the parcels over their drawn area.",
            NO_PAPER_AREA,
            unit=units.RATIO,
        ),
        code(
            "owner_category",
            "Catégorie de propriétaire",
            "Catégorie de qui dispose de l'unité, selon le groupe de la DGFiP, la catégorie "
            "juridique et l'activité du propriétaire ; les personnes physiques ne sont pas "
            "identifiables.",
            "Category of who can dispose of the unit, by the group of the DGFiP, the legal "
            "category and the owner's activity; natural persons cannot be identified.",
            allowed=OWNER_CATEGORIES,
        ),
        code(
            "owner_siren",
            "SIREN du propriétaire",
            "Personnes publiques et sociétés commerciales seulement.",
            "Public bodies and commercial companies only.",
            NOT_NAMED,
            pattern=r"^\d{9}$",
        ),
        text(
            "owner_name",
            "Propriétaire",
            "Personnes publiques et sociétés commerciales seulement.",
            "Public bodies and commercial companies only.",
            NOT_NAMED,
            identifies="owner_siren",
        ),
        "legal_category_code",
        flag(
            "has_long_lease",
            "Bail de longue durée",
            "Vrai si un tiers tient l'unité par bail emphytéotique, à réhabilitation ou "
            "occupation longue.",
            "True where a third party holds the unit by a long lease or long occupation.",
            Text(
                fr="aucune personne morale n'est connue comme propriétaire",
                en="no legal person is known to own the unit",
            ),
        ),
        code(
            "occupation_state",
            "Occupation",
            "Occupée, vacance présumée (art. 220), inoccupé (présumé), indéterminée, ou voirie et "
            "espaces communs ; une observation de terrain l'emporte.",
            "Occupied, presumed vacant (article 220), free without earlier activity, "
            "undetermined, or "
            "common ground; what somebody saw wins.",
            allowed=OCCUPATION_STATES,
        ),
        "occupation_confidence",
        code(
            "occupation_evidence",
            "Indice",
            "Ce sur quoi repose l'état d'occupation.",
            "What the state of occupation rests on.",
            allowed=OCCUPATION_EVIDENCES,
        ),
        "open_data_state open_data_confidence",
        year(
            "reference_year",
            "Année de référence",
            "Année dont le 1er janvier est la date de référence de l'occupation.",
            "Year whose 1 January is the reference day of occupation.",
            NO_REGISTER,
        ),
        count(
            "active_establishment_count",
            "Établissements actifs sur deux ans",
            "Établissements hors SCI, actifs au cours des deux ans avant le 1er janvier, sur la "
            "parcelle.",
            "Establishments but civil companies active within two years before 1 January, on the "
            "parcel.",
            NO_REGISTER,
            unit=units.ESTABLISHMENTS,
        ),
        count(
            "street_establishment_count",
            "Établissements actifs dans la rue",
            "Établissements actifs que seule la rue situe : indice faible.",
            "Active establishments located by their street alone: weak evidence.",
            NO_REGISTER,
            unit=units.ESTABLISHMENTS,
        ),
        count(
            "closed_establishment_count",
            "Établissements fermés",
            "Établissements hors SCI fermés avant les deux ans.",
            "Establishments but civil companies closed before the two years.",
            NO_REGISTER,
            unit=units.ESTABLISHMENTS,
        ),
        date(
            "last_closed_date",
            "Dernière fermeture",
            "Dernière fermeture connue d'un établissement placé sur l'unité.",
            "Last known closing of an establishment placed on the unit.",
            Text(
                fr="aucun établissement fermé n'est placé sur l'unité",
                en="no closed establishment is placed on the unit",
            ),
        ),
        "job_count_low job_count_high built_m2 built_share_pct",
        flag(
            "is_brownfield",
            "Friche",
            "Vrai si une friche recensée (ni potentielle ni reconvertie) couvre l'unité, ou si "
            "quelqu'un l'a vue ou inventoriée comme friche.",
            "True where a listed brownfield (neither potential nor reconverted) covers the unit, "
            "or somebody saw or inventoried it as one.",
            NO_BROWNFIELD,
        ),
        flag(
            "is_densifiable",
            "À examiner pour densification",
            "Vrai au-dessus de 1 500 m² et sous 30 % de CES (réglables), s'il y a un reste "
            "divisible : à examiner, rien de plus. Jamais un terrain nu d'occupation indéterminée.",
            "True above 1 500 m² and below 30 % built (settings), with a divisible remainder: to "
            "be looked at, no more. Never bare ground of which nothing is known.",
            NO_BUILDING,
        ),
        area(
            "divisible_m2",
            "Reste divisible",
            "Plus grande partie non bâtie d'au moins 30 m de large, à 5 m des bâtiments et hors de "
            "ce qui est interdit.",
            "Largest free part at least 30 m wide, 5 m away from buildings and off what is "
            "forbidden.",
            NO_BUILDING,
        ),
        flag(
            "is_for_sale",
            "En vente",
            "Vrai si l'inventaire de l'EPCI dit l'unité en vente.",
            "True where the EPCI's inventory says that the unit is for sale.",
            Text(fr="aucun inventaire ne le dit", en="no inventory says it"),
        ),
        "forbidden_m2",
        optional("zone_label", NO_ZONE),
        flag(
            "is_economic_zone",
            "Zonage économique",
            "Vrai si la zone dominante est destinée aux activités.",
            "True where the main zone is meant for firms.",
            NO_ZONE,
        ),
        flag(
            "is_closed_zone",
            "Zone AU fermée",
            "Vrai si la zone dominante n'ouvre qu'après un changement du plan (AUs).",
            "True where the main zone opens only once the plan is changed (AUs).",
            NO_ZONE,
        ),
        code(
            "zone_outcome",
            "Zonage",
            "Interdit, sous conditions, sans contrainte connue ou indéterminé.",
            "Forbidden, under conditions, none known or undetermined.",
            allowed=OUTCOMES,
        ),
        code(
            "risk_outcome",
            "Risques",
            "Interdit (rouge), sous conditions (bleu, PM1, PM3), sans contrainte connue ou "
            "indéterminé.",
            "Forbidden (red), under conditions (blue, PM1, PM3), none known or undetermined.",
            allowed=OUTCOMES,
        ),
        area(
            "protected_m2",
            "Surface protégée",
            "Surface sous un espace naturel protégé.",
            "Area under a protected natural area.",
            not_asked("inpn/protected_areas"),
        ),
        count(
            "seveso_count",
            "Installations Seveso proches",
            "Installations Seveso à moins de 300 m.",
            "Seveso installations closer than 300 m.",
            not_asked("georisques/installations"),
            unit=units.INSTALLATIONS,
        ),
        count(
            "installation_count",
            "Installations classées",
            "Installations classées sur l'unité.",
            "Classified installations on the unit.",
            not_asked("georisques/installations"),
            unit=units.INSTALLATIONS,
        ),
        "constraint_outcome road_m is_fictitious",
        shape("Unité foncière.", "Land unit."),
    ),
    one_of_each=(PERIMETERS, CADASTRE),
    optional_sources=(*PERIMETERS, *UNIT_SOURCES),
    reference_period=PERIOD,
    publish_level="public",
    secrecy="open_register_counts",
    geometry_type="Polygon",
    caveats=("partial_coverage",),
    may_be_empty=True,
)
