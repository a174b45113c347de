"""Columns of several land tables: sites, units, occupation, supply."""

from observatory.land.activities import VOCATIONS
from observatory.land.constraints import OUTCOMES
from observatory.land.occupation import OCCUPATION_CONFIDENCES, OCCUPATION_STATES
from observatory.land.reserve import RESERVE_KINDS
from observatory.metadata import units
from observatory.metadata.columns.making import area, code, count, metres, share, text
from observatory.metadata.columns.registry import declare
from observatory.metadata.texts import Text, not_handed_over

# both of its files: establishments, and the legal units that tell firms from civil companies
REGISTER = (("insee/sirene_stock",), ("insee/sirene_legal_units",))
BUILDINGS = ("cadastre/buildings", "cadastre/edigeo")
BROWNFIELDS = ("cerema/brownfields", "cnig/brownfields")
NO_BUILDING = not_handed_over(
    BUILDINGS,
    fr="bâtiments de la commune non fournis",
    en="the buildings of the commune were not handed over",
)
NO_COMMON = Text(
    fr="bâtiments ou propriétaires de la commune non fournis",
    en="the buildings or the owners of the commune were not handed over",
    without=(BUILDINGS,),
)
NO_LIST = not_handed_over(
    BROWNFIELDS,
    fr="aucune liste de friches fournie",
    en="no list of brownfields was handed over",
)
# a brownfield is listed, or somebody saw one
NO_BROWNFIELD = not_handed_over(
    (*BROWNFIELDS, "cnig/economic_sites", "survey/occupation"),
    fr="aucune liste de friches fournie, et personne n'y a vu de friche",
    en="no list of brownfields was handed over, and nobody saw one there",
)
NO_PLAN = Text(
    fr="zonage ou plan de risque non fourni pour la commune",
    en="zoning or the risk plans of the commune were not handed over",
    without=(("gpu/zoning", "ddtm/risk_plans"),),
)
NO_ZONING = Text(
    fr="aucune zone connue des unités, ou zonage non fourni",
    en="no zone of the units is known, or zoning was not handed over",
    without=(("gpu/zoning",),),
)
NO_NAME = Text(fr="la source ne donne pas de nom", en="the source gives no name")
NO_REGISTER = not_handed_over(
    *REGISTER, fr="répertoire non fourni", en="the register was not handed over"
)
# what somebody saw on the ground may be counted where the register is there and holds nothing
UNTOLD = Text(fr="répertoire non fourni", en="the register was not handed over", without=REGISTER)
NOT_KNOWN = Text(fr="inconnu", en="not known")
NO_JOB = Text(
    fr="aucun établissement de tranche d'effectif connue",
    en="no establishment of a known size class",
    without=REGISTER,
)
NO_VOCATION = Text(
    fr="aucun établissement dont l'activité dise une vocation",
    en="no establishment whose activity tells a vocation",
    without=REGISTER,
)


def not_asked(*sources: str) -> Text:
    """Null exactly where none of the sources was handed over."""
    return not_handed_over(sources, fr="source non fournie", en="the source was not handed over")


FEW_UNITS = Text(fr="moins de dix unités", en="fewer than ten units")

declare(
    __name__,
    code(
        "site_id",
        "Identifiant du site",
        "Identifiant du site économique, à la forme du standard CNIG.",
        "Identifier of the economic site, in the form of the CNIG standard.",
        pattern=r"^\w{5}_SITE-ECO_\w+$",
    ),
    code(
        "pole_id",
        "Identifiant du pôle",
        "Pôle : sites à moins de 800 m les uns des autres (distance réglable).",
        "Pole: sites closer than 800 m to one another (the distance is a setting).",
        pattern=r"^\w{5}_POLE-ECO_\w+$",
    ),
    code(
        "unit_id",
        "Identifiant de l'unité foncière",
        "Commune, puis première parcelle de l'unité foncière.",
        "Commune, then first parcel of the land unit.",
        pattern=r"^\w{5}_TERRAIN-ECO_[0-9A-Z]{14}(-\d+)?$",
    ),
    text(
        "site_name",
        "Nom du site",
        "Nom du site, tel que sa source l'écrit.",
        "Name of the site as its source writes it.",
        NO_NAME,
    ),
    code(
        "dominant_vocation",
        "Vocation dominante",
        "Vocation de plus de 60 % des emplois des établissements placés, sinon mixte.",
        "Vocation of more than 60 % of the jobs of placed establishments, else mixed.",
        NO_VOCATION,
        allowed=VOCATIONS,
    ),
    area(
        "area_m2",
        "Surface",
        "Surface géométrique, dans la projection légale du territoire.",
        "Drawn area, in the legal projection of the territory.",
    ),
    count(
        "unit_count",
        "Unités foncières",
        "Unités foncières, voirie et espaces communs exclus.",
        "Land units, roads and common ground left out.",
        unit=units.LAND_UNITS,
    ),
    count(
        "establishment_count",
        "Établissements actifs placés",
        "Établissements actifs placés à la parcelle, SCI exclues.",
        "Active establishments placed on a parcel, civil property companies left out.",
        NO_REGISTER,
        unit=units.ESTABLISHMENTS,
    ),
    count(
        "job_count_low",
        "Emplois, borne basse",
        "Somme des bornes basses des tranches d'effectif connues.",
        "Sum of the lower bounds of known size classes.",
        NO_JOB,
        unit=units.JOBS,
    ),
    count(
        "job_count_high",
        "Emplois, borne haute",
        "Somme des bornes hautes des tranches connues ; la tranche ouverte est plafonnée.",
        "Sum of the upper bounds of known size classes; the open class is capped.",
        NO_JOB,
        unit=units.JOBS,
    ),
    area(
        "built_m2",
        "Emprise bâtie",
        "Emprise au sol des bâtiments du cadastre, chaque m² une fois.",
        "Footprint of cadastral buildings, each m² once.",
        NO_BUILDING,
    ),
    share(
        "built_share_pct",
        "CES",
        "Coefficient d'emprise au sol : emprise bâtie sur surface.",
        "Built footprint ratio: footprint over area.",
        NO_BUILDING,
    ),
    text(
        "parcel_ids",
        "Parcelles",
        "Identifiants cadastraux (14 caractères), séparés par |.",
        "Cadastral identifiers (14 characters), separated by |.",
    ),
    code(
        "legal_category_code",
        "Catégorie juridique",
        "Catégorie juridique (Insee, quatre chiffres).",
        "Legal category (Insee, four digits).",
        NOT_KNOWN,
        pattern=r"^\d{4}$",
    ),
    code(
        "occupation_confidence",
        "Confiance",
        "Relevé de terrain, forte, moyenne, faible, ou aucune (indéterminé).",
        "Surveyed, high, medium, low, or none (undetermined).",
        allowed=OCCUPATION_CONFIDENCES,
    ),
    code(
        "open_data_state",
        "Occupation selon les données ouvertes",
        "État que les seules données ouvertes donnent.",
        "State that open data alone gives.",
        allowed=OCCUPATION_STATES,
    ),
    code(
        "open_data_confidence",
        "Confiance des données ouvertes",
        "Confiance dans l'état que les seules données ouvertes donnent.",
        "Confidence in the state that open data alone gives.",
        allowed=OCCUPATION_CONFIDENCES,
    ),
    code(
        "constraint_outcome",
        "Contrainte",
        "Ensemble des contraintes ; seul « interdit » est soustrait des surfaces.",
        "All constraints together; only what is forbidden is subtracted from areas.",
        allowed=OUTCOMES,
    ),
    area(
        "forbidden_m2",
        "Surface interdite",
        "Surface où le zonage ou un plan de risque interdit de construire.",
        "Area where zoning or a risk plan forbids building.",
        NO_PLAN,
    ),
    text("zone_label", "Zone du PLU", "Libellé de la zone dominante.", "Label of the main zone."),
    code(
        "reserve_kind",
        "Réserve",
        "Zones AU ouvertes (AUc), zones AU fermées jusqu'à un changement du plan (AUs), ou "
        "friches ; aucune n'est dans l'offre centrale.",
        "Open zones AU (AUc), zones AU that are closed until the plan is changed (AUs), or "
        "brownfields; none is in the central supply.",
        allowed=RESERVE_KINDS,
    ),
    metres(
        "road_m",
        "Distance à une route principale",
        "Distance à vol d'oiseau à une route d'importance 1 ou 2.",
        "Distance as the crow flies to a road of importance 1 or 2.",
        Text(
            fr="aucune route principale fournie pour la commune",
            en="no main road of the commune was handed over",
            without=(("ign/roads",),),
        ),
    ),
    count(
        "site_count", "Nombre de sites", "Sites du pôle.", "Sites of the pole.", unit=units.SITES
    ),
)
UNITS_BY_STATE = declare(
    __name__,
    *(
        count(
            f"{name}_unit_count",
            label,
            f"Unités {fr}.",
            f"Units {en}.",
            null,
            unit=units.LAND_UNITS,
        )
        for name, label, fr, en, null in (
            ("occupied", "Unités occupées", "occupées", "occupied", UNTOLD),
            (
                "vacant",
                "Unités en vacance présumée",
                "en vacance présumée",
                "presumed vacant",
                UNTOLD,
            ),
            (
                "free",
                "Unités inoccupées (présumé)",
                "inoccupées (présumé) : ni bâtiment ni établissement connus",
                "never occupied",
                UNTOLD | NO_BUILDING,
            ),
            ("undetermined", "Unités indéterminées", "indéterminées", "undetermined", None),
            ("surveyed", "Unités relevées", "vues sur le terrain ou déclarées", "surveyed", None),
        )
    ),
)
VACANCY_SHARES = declare(
    __name__,
    share(
        "vacancy_share_low_pct",
        "Vacance présumée, part basse",
        "Unités en vacance présumée sur toutes (un compte, non une surface) ; indéterminées "
        "comptées non vacantes. Ce n'est pas le taux légal.",
        "Units presumed vacant over all (a count, not an area); undetermined ones taken for "
        "not vacant. This is not the legal rate.",
        FEW_UNITS | UNTOLD,
    ),
    share(
        "vacancy_share_high_pct",
        "Vacance présumée, part haute",
        "La même, les unités indéterminées comptées vacantes.",
        "The same, undetermined units taken for vacant.",
        FEW_UNITS | UNTOLD,
    ),
)
