"""Columns of the land tables, declared once: same quantity, same unit, same name everywhere."""

from typing import Any

from observatory.land.activities import VOCATIONS
from observatory.land.candidates import CRITERIA
from observatory.land.constraints import OUTCOMES
from observatory.land.occupation import CONFIDENCES, EVIDENCES, STATES
from observatory.land.parcels import OWNER_CATEGORIES
from observatory.land.placement import LEVELS, TRUSTS
from observatory.metadata.columns import EPCI_CODE as EPCI
from observatory.metadata.columns import count, flag, optional, share
from observatory.metadata.tables import Column, Kind

NO_PLAN = "no plan covers half of the unit, or zoning was not handed over"
NO_BUILDING = "no building of the commune was handed over"
NOT_ASKED = "the source was not handed over"
NO_JOB = "no establishment of a known size class"
NO_VOCATION = "no establishment whose activity tells a vocation"


def column(name: str, kind: Kind, label: str, fr: str, en: str, **more: Any) -> Column:
    """A column that may be published; ``null`` says what null means."""
    null = more.pop("null", None)
    return Column(
        name=name,
        kind=kind,
        label=label,
        fr=fr,
        en=en,
        sensitive=False,
        nullable=null is not None,
        null_means=null,
        **more,
    )


def area(name: str, label: str, fr: str, en: str, null: str | None = None) -> Column:
    """An area in square metres, never negative."""
    return column(name, "number", label, fr, en, unit="m²", minimum=0, null=null)


def hectares(name: str, label: str, fr: str, en: str, null: str | None = None) -> Column:
    """An area in hectares, never negative."""
    return column(name, "number", label, fr, en, unit="ha", minimum=0, null=null)


def metres(name: str, label: str, fr: str, en: str, null: str | None = None) -> Column:
    """A distance as the crow flies."""
    return column(name, "number", label, fr, en, unit="m", minimum=0, null=null)


def code(name: str, label: str, fr: str, en: str, **more: Any) -> Column:
    """A code."""
    return column(name, "code", label, fr, en, **more)


def text(name: str, label: str, fr: str, en: str, null: str | None = None) -> Column:
    """A text."""
    return column(name, "text", label, fr, en, null=null)


SITE_ID = code(
    "site_id",
    "Identifiant du site",
    "Identifiant du site économique, à la forme du standard CNIG.",
    "Identifier of the economic site, in the form of the CNIG standard.",
    pattern=r"^\w{5}_SITE-ECO_\w+$",
)
POLE_ID = code(
    "pole_id",
    "Identifiant du pôle",
    "Pôle : sites à moins de 800 m les uns des autres (distance réglable).",
    "Pole: sites closer than 800 m to one another (the distance is a setting).",
    pattern=r"^\w{5}_POLE-ECO_\w+$",
)
UNIT_ID = code(
    "unit_id",
    "Identifiant de l'unité foncière",
    "Commune, puis première parcelle de l'unité foncière.",
    "Commune, then first parcel of the land unit.",
    pattern=r"^\w{5}_TERRAIN-ECO_[0-9A-Z]{14}(-\d+)?$",
)
SITE_NAME = text(
    "site_name",
    "Nom du site",
    "Nom du site, tel que sa source l'écrit.",
    "Name of the site as its source writes it.",
    "the source gives no name",
)
SITE_SOURCE = code(
    "site_source_key",
    "Source du périmètre",
    "Source qui sert le périmètre : inventaire de l'EPCI, fichier régional, FUSAC ou BD TOPO.",
    "Source that serves the perimeter: EPCI inventory, regional file, FUSAC or BD TOPO.",
)
SITE_TYPE = code(
    "site_type",
    "Type de site",
    "Type au sens du standard CNIG ; inconnu si la source ne le dit pas.",
    "Type in the CNIG standard; unknown where the source does not say.",
)
COMMUNE_CODES = text(
    "commune_codes",
    "Communes du site",
    "Communes qui portent au moins un centième du site, séparées par |.",
    "Communes that hold at least one percent of the site, separated by |.",
    "the site lies in no known outline",
)
DECLARED_VOCATION = code(
    "declared_vocation",
    "Vocation déclarée",
    "Vocation selon la source du périmètre.",
    "Vocation according to the source of the perimeter.",
    null="the source gives no vocation of the standard's list",
)
DOMINANT_VOCATION = code(
    "dominant_vocation",
    "Vocation dominante",
    "Vocation de plus de 60 % des emplois des établissements placés, sinon mixte.",
    "Vocation of more than 60 % of the jobs of placed establishments, else mixed.",
    null=NO_VOCATION,
    allowed=VOCATIONS,
)
AREA_M2 = area("area_m2", "Surface", "Surface géométrique (EPSG:2154).", "Drawn area (EPSG:2154).")
UNIT_COUNT = count(
    "unit_count",
    "land units",
    "Unités foncières",
    "Unités foncières, voiries et espaces communs exclus.",
    "Land units, roads and common ground left out.",
)
UNITS_BY_STATE = tuple(
    count(f"{name}_unit_count", "land units", label, f"Unités {fr}.", f"Units {en}.")
    for name, label, fr, en in (
        ("occupied", "Unités occupées", "occupées", "occupied"),
        ("vacant", "Unités présumées vacantes", "présumées vacantes", "presumed vacant"),
        ("free", "Unités libres", "libres sans occupation antérieure", "never occupied"),
        ("undetermined", "Unités indéterminées", "indéterminées", "undetermined"),
        ("surveyed", "Unités relevées", "vues sur le terrain ou déclarées", "surveyed"),
    )
)
VACANCY_SHARES = (
    share(
        "vacancy_share_low_pct",
        "Part présumée vacante, basse",
        "Unités présumées vacantes sur toutes (un compte, non une surface) ; indéterminées "
        "comptées non vacantes. Ce n'est pas le taux légal.",
        "Units presumed vacant over all (a count, not an area); undetermined ones taken for "
        "not vacant. This is not the legal rate.",
        "fewer than ten units",
    ),
    share(
        "vacancy_share_high_pct",
        "Part présumée vacante, haute",
        "La même, les unités indéterminées comptées vacantes.",
        "The same, undetermined units taken for vacant.",
        "fewer than ten units",
    ),
)
ESTABLISHMENTS = count(
    "establishment_count",
    "establishments",
    "Établissements actifs placés",
    "Établissements actifs placés à la parcelle, SCI exclues.",
    "Active establishments placed on a parcel, civil property companies left out.",
    "the register was not handed over",
)
JOBS_LOW = count(
    "job_count_low",
    "jobs",
    "Emplois, borne basse",
    "Somme des bornes basses des tranches d'effectif connues.",
    "Sum of the lower bounds of known size classes.",
    NO_JOB,
)
JOBS_HIGH = count(
    "job_count_high",
    "jobs",
    "Emplois, borne haute",
    "Somme des bornes hautes des tranches connues ; la tranche ouverte est plafonnée.",
    "Sum of the upper bounds of known size classes; the open class is capped.",
    NO_JOB,
)
UNKNOWN_SIZE = count(
    "unknown_size_count",
    "establishments",
    "Établissements d'effectif inconnu",
    "Établissements actifs placés dont la tranche d'effectif est vide, NN ou 99.",
    "Placed active establishments whose size class is blank, NN or 99.",
    "the register was not handed over",
)
BUILT_M2 = area(
    "built_m2",
    "Emprise bâtie",
    "Emprise au sol des bâtiments du cadastre, chaque m² une fois.",
    "Footprint of cadastral buildings, each m² once.",
    NO_BUILDING,
)
BUILT_SHARE = share(
    "built_share_pct",
    "CES",
    "Coefficient d'emprise au sol : emprise bâtie sur surface.",
    "Built footprint ratio: footprint over area.",
    NO_BUILDING,
)
IS_SET_APART = flag(
    "is_set_apart",
    "Hors totaux courants",
    "Port, aéroport, ou site de plus de 100 ha d'un seul établissement.",
    "Port, airport, or site above 100 ha with a single establishment.",
)
PARCEL_IDS = text(
    "parcel_ids",
    "Parcelles",
    "Identifiants cadastraux (14 caractères), séparés par |.",
    "Cadastral identifiers (14 characters), separated by |.",
)
PARCEL_COUNT = count(
    "parcel_count",
    "parcels",
    "Nombre de parcelles",
    "Parcelles de l'unité.",
    "Parcels of the unit.",
)
CONTENANCE = area(
    "contenance_m2",
    "Contenance cadastrale",
    "Somme des contenances des parcelles ; qualité, non surface de calcul.",
    "Sum of the areas on paper of the parcels; a quality figure, not the area computed with.",
    "a parcel has no area on paper",
)
CONTENANCE_RATIO = column(
    "contenance_ratio",
    "number",
    "Contenance sur surface",
    "Contenance des parcelles sur leur surface dessinée.",
    "Area on paper of the parcels over their drawn area.",
    unit="ratio",
    minimum=0,
    null="a parcel has no area on paper",
)
OWNER_CATEGORY = code(
    "owner_category",
    "Catégorie de propriétaire",
    "Catégorie de qui dispose de l'unité ; les personnes physiques ne sont pas identifiables.",
    "Category of who can dispose of the unit; natural persons cannot be identified.",
    allowed=OWNER_CATEGORIES,
)
NOT_NAMED = "neither a public body nor a commercial company, or not known, or withheld"
OWNER_SIREN = code(
    "owner_siren",
    "SIREN du propriétaire",
    "Personnes publiques et sociétés commerciales seulement.",
    "Public bodies and commercial companies only.",
    null=NOT_NAMED,
    pattern=r"^\d{9}$",
)
OWNER_NAME = text(
    "owner_name",
    "Propriétaire",
    "Personnes publiques et sociétés commerciales seulement.",
    "Public bodies and commercial companies only.",
    NOT_NAMED,
)
LEGAL_CATEGORY = code(
    "legal_category_code",
    "Catégorie juridique",
    "Catégorie juridique (Insee, quatre chiffres).",
    "Legal category (Insee, four digits).",
    null="not known",
    pattern=r"^\d{4}$",
)
LONG_LEASE = column(
    "has_long_lease",
    "boolean",
    "Bail de longue durée",
    "Vrai si un tiers tient l'unité par bail emphytéotique, à réhabilitation ou occupation longue.",
    "True where a third party holds the unit by a long lease or long occupation.",
    null="no legal person is known to own the unit",
)
STATE = code(
    "occupation_state",
    "Occupation",
    "Occupée, présumée vacante (art. 220), libre sans occupation antérieure, indéterminée, "
    "ou espace commun ; une observation de terrain l'emporte.",
    "Occupied, presumed vacant (article 220), free without earlier activity, undetermined, or "
    "common ground; what somebody saw wins.",
    allowed=STATES,
)
CONFIDENCE = code(
    "occupation_confidence",
    "Confiance",
    "Relevé de terrain, forte, moyenne, faible, ou aucune (indéterminé).",
    "Surveyed, high, medium, low, or none (undetermined).",
    allowed=CONFIDENCES,
)
EVIDENCE = code(
    "occupation_evidence",
    "Indice",
    "Ce sur quoi repose l'état d'occupation.",
    "What the state of occupation rests on.",
    allowed=EVIDENCES,
)
OPEN_STATE = code(
    "open_data_state",
    "Occupation selon les données ouvertes",
    "État que les seules données ouvertes donnent.",
    "State that open data alone gives.",
    allowed=STATES,
)
OPEN_CONFIDENCE = code(
    "open_data_confidence",
    "Confiance des données ouvertes",
    "Confiance dans l'état que les seules données ouvertes donnent.",
    "Confidence in the state that open data alone gives.",
    allowed=CONFIDENCES,
)
ACTIVE_COUNT = count(
    "active_establishment_count",
    "establishments",
    "Établissements actifs sur deux ans",
    "Établissements hors SCI, actifs au cours des deux ans avant le 1er janvier, sur la parcelle.",
    "Establishments but civil companies active within two years before 1 January, on the parcel.",
)
STREET_COUNT = count(
    "street_establishment_count",
    "establishments",
    "Établissements actifs dans la rue",
    "Établissements actifs que seule la rue situe : indice faible.",
    "Active establishments located by their street alone: weak evidence.",
)
CLOSED_COUNT = count(
    "closed_establishment_count",
    "establishments",
    "Établissements fermés",
    "Établissements hors SCI fermés avant les deux ans.",
    "Establishments but civil companies closed before the two years.",
)
LAST_CLOSED = column(
    "last_closed_date",
    "date",
    "Dernière fermeture",
    "Dernière fermeture connue d'un établissement placé sur l'unité.",
    "Last known closing of an establishment placed on the unit.",
    null="no closed establishment is placed on the unit",
)
UNPLACED = count(
    "unplaced_count",
    "establishments",
    "Établissements non placés de la commune",
    "Établissements actifs de la commune sans parcelle, diffusion partielle comprise.",
    "Active establishments of the commune without a parcel, partial diffusion included.",
)
REFERENCE_YEAR = column(
    "reference_year",
    "integer",
    "Année de référence",
    "Année dont le 1er janvier est la date de référence de l'occupation.",
    "Year whose 1 January is the reference day of occupation.",
    unit="year",
    minimum=2000,
    maximum=2100,
    null="the register was not handed over",
)
IS_BROWNFIELD = flag(
    "is_brownfield",
    "Friche",
    "Vrai si une friche recensée (ni potentielle ni reconvertie) couvre l'unité.",
    "True where a listed brownfield (neither potential nor reconverted) covers the unit.",
)
IS_DENSIFIABLE = flag(
    "is_densifiable",
    "À examiner pour densification",
    "Vrai au-dessus de 1 500 m² et sous 30 % de CES (réglables) : à examiner, rien de plus.",
    "True above 1 500 m² and below 30 % built (settings): to be looked at, no more.",
)
DIVISIBLE = area(
    "divisible_m2",
    "Reste divisible",
    "Plus grande partie libre d'au moins 30 m de large, à 5 m des bâtiments.",
    "Largest free part at least 30 m wide, 5 m away from buildings.",
    NO_BUILDING,
)
FORBIDDEN_M2 = area(
    "forbidden_m2",
    "Surface interdite",
    "Surface où le zonage ou un plan de risque interdit de construire.",
    "Area where zoning or a risk plan forbids building.",
)
ZONE_LABEL = text(
    "zone_label", "Zone du PLU", "Libellé de la zone dominante.", "Label of the main zone.", NO_PLAN
)
IS_ECONOMIC_ZONE = column(
    "is_economic_zone",
    "boolean",
    "Zonage économique",
    "Vrai si la zone dominante est destinée aux activités.",
    "True where the main zone is meant for firms.",
    null=NO_PLAN,
)
ZONE_OUTCOME = code(
    "zone_outcome",
    "Zonage",
    "Interdit, sous conditions, sans contrainte connue ou indéterminé.",
    "Forbidden, under conditions, none known or undetermined.",
    allowed=OUTCOMES,
)
RISK_OUTCOME = code(
    "risk_outcome",
    "Risques",
    "Interdit (rouge), sous conditions (bleu, PM1, PM3), sans contrainte connue ou indéterminé.",
    "Forbidden (red), under conditions (blue, PM1, PM3), none known or undetermined.",
    allowed=OUTCOMES,
)
PROTECTED = area(
    "protected_m2",
    "Surface protégée",
    "Surface sous un espace naturel protégé.",
    "Area under a protected natural area.",
    NOT_ASKED,
)
SEVESO = count(
    "seveso_count",
    "installations",
    "Installations Seveso proches",
    "Installations Seveso à moins de 300 m.",
    "Seveso installations closer than 300 m.",
    NOT_ASKED,
)
INSTALLATIONS = count(
    "installation_count",
    "installations",
    "Installations classées",
    "Installations classées sur l'unité.",
    "Classified installations on the unit.",
    NOT_ASKED,
)
OUTCOME = code(
    "constraint_outcome",
    "Contrainte",
    "Ensemble des contraintes ; seul « interdit » est soustrait des surfaces.",
    "All constraints together; only what is forbidden is subtracted from areas.",
    allowed=OUTCOMES,
)
ROAD_M = metres(
    "road_m",
    "Distance à une route principale",
    "Distance à vol d'oiseau à une route d'importance 1 ou 2.",
    "Distance as the crow flies to a road of importance 1 or 2.",
    NOT_ASKED,
)
STOP_M = metres(
    "stop_m",
    "Distance à un arrêt",
    "Distance à vol d'oiseau à un arrêt de transport en commun.",
    "Distance as the crow flies to a public-transport stop.",
    NOT_ASKED,
)
IS_FOR_SALE = column(
    "is_for_sale",
    "boolean",
    "En vente",
    "Vrai si l'inventaire de l'EPCI dit l'unité en vente.",
    "True where the EPCI's inventory says that the unit is for sale.",
    null="no inventory says it",
)
EPCI_CODE = optional(EPCI, "the commune is in no EPCI")
PLACEMENT_LEVEL = code(
    "placement_level",
    "Niveau de placement",
    "Parcelle, parcelle voisine (15 m), rue, ou commune seulement.",
    "Parcel, near parcel (15 m), street, or commune only.",
    allowed=LEVELS,
)
PLACEMENT_TRUST = code(
    "placement_trust",
    "Confiance du placement",
    "Forte, moyenne, faible ou aucune.",
    "High, medium, low or none.",
    allowed=TRUSTS,
)
STOCK_FR = {
    "brownfield": ("Friches", "en friche", "brownfield"),
    "vacant": ("Présumé vacant", "présumée vacante", "presumed vacant"),
    "free": ("Libre", "libre sans occupation antérieure", "free without earlier activity"),
    "densifiable": ("Divisible, à examiner", "divisible à examiner", "divisible, to be looked at"),
    "occupied": ("Occupé", "occupée", "occupied"),
    "undetermined": ("Indéterminé", "dont l'occupation est indéterminée", "undetermined"),
    "common_area": ("Espaces communs", "en voirie ou espace commun", "road or common ground"),
    "forbidden": ("Interdit", "où construire est interdit", "where building is forbidden"),
}
STOCK = tuple(
    hectares(f"{name}_ha", label, f"Surface {fr}.", f"Area {en}.")
    for name, (label, fr, en) in STOCK_FR.items()
)
SUPPLY = (
    hectares(
        "supply_low_ha",
        "Offre, basse",
        "Foncier offert à la vente, net d'interdit.",
        "Land offered for sale, net of what is forbidden.",
        "no inventory says what is for sale everywhere: unknown is not zero",
    ),
    hectares(
        "supply_central_ha",
        "Offre, centrale",
        "Offre basse, plus ce qui est libre ou vacant, net d'interdit.",
        "Low supply, plus what is free or vacant, net of what is forbidden.",
    ),
    hectares(
        "supply_high_ha",
        "Offre, haute",
        "Offre centrale, plus une part (réglable) des friches et du reste densifiable.",
        "Central supply, plus a share (a setting) of brownfields and divisible remainders.",
    ),
)
CENTRAL_LOW_CONFIDENCE = hectares(
    "central_low_confidence_ha",
    "Offre centrale de faible confiance",
    "Part de l'offre centrale dont l'occupation n'est connue qu'avec une faible confiance.",
    "Part of the central supply whose occupation is known with low confidence only.",
)
CRITERION_FR = {
    "area": "surface",
    "state": "état",
    "access": "accès",
    "zoning": "zonage",
    "risk": "risques",
    "price": "prix",
    "density": "densité",
}
SCORES = tuple(
    column(
        f"{name}_score",
        "number",
        f"Critère : {CRITERION_FR[name]}",
        f"Note de 0 à 100 du critère {CRITERION_FR[name]}.",
        f"Score from 0 to 100 of the criterion {name}.",
        unit="points (0 to 100)",
        minimum=0,
        maximum=100,
        null="nothing is known of this criterion",
    )
    for name in CRITERIA
)
