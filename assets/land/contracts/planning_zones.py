"""Contract of what plans say of ground, as maps draw it."""

from assets.declaring import table
from assets.land.contracts.inputs import COMMUNES, PERIMETERS, shape
from observatory.land.planning_zones import KINDS
from observatory.metadata.columns.making import code
from observatory.metadata.columns.registry import vary
from observatory.metadata.texts import Text

PLANS = ("gpu/zoning", "ddtm/risk_plans")

PLANNING_ZONES = table(
    "land_planning_zones",
    title_fr="Zones d'activité des plans et zones des plans de risque, par commune",
    title_en="Zones for firms of local plans and zones of risk plans, by commune",
    grain_fr="Une ligne par commune du territoire et nature de zone",
    grain_en="One row per commune of the territory and kind of zone",
    key=("commune_code", "planning_zone_kind"),
    columns=(
        "commune_code commune_label epci_code",
        code(
            "planning_zone_kind",
            "Nature de la zone",
            "Zone d'activité du plan (U ou AU ouverte, AU fermée), zone d'un plan de risque "
            "(interdit, sous conditions), ou ce qui n'est pas connu : commune entière là où aucun "
            "plan n'a été fourni, ou dont un plan de risque n'a pas de tracé, et zone d'un plan de "
            "risque à la règle inconnue. Servitudes non comprises.",
            "Zone for firms of the local plan (U or open AU, closed AU), zone of a risk plan "
            "(forbidden, conditional), or what is not known: the whole commune where no plan was "
            "handed over or where a risk plan has no outline, and zones of risk plans whose rule "
            "is not known. Easements are left out.",
            allowed=KINDS,
        ),
        vary(
            "area_m2",
            fr="Surface dans la commune, avant que le contour ne soit simplifié ; deux natures "
            "peuvent se recouvrir, leurs surfaces ne s'ajoutent pas.",
            en="Area in the commune, before the outline is simplified; two kinds may overlap, "
            "their areas do not add up.",
        ),
        "is_fictitious",
        shape(
            "Zone, limitée à la commune, simplifiée à un mètre : pour regarder, non pour décider "
            "d'une parcelle.",
            "Zone within the commune, simplified to a metre: to look at, not to decide on a "
            "parcel by.",
        ),
    ),
    sources=COMMUNES,
    one_of_each=(PLANS,),
    optional_sources=(*PERIMETERS, *PLANS),
    reference_period=Text(
        fr="Documents d'urbanisme et plans de risque au jour de leurs fichiers",
        en="Local plans and risk plans at the day of their files",
    ),
    publish_level="public",
    secrecy="no_figures_on_firms",
    geometry_type="MultiPolygon",
    caveats=("partial_coverage",),
    may_be_empty=True,
)
