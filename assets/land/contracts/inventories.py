"""Contracts of the legal inventory of ZAE: its steps and deadlines, and its units through time."""

from assets.declaring import table
from assets.land.contracts.inputs import (
    CADASTRE,
    LOCAL,
    NO_OUTLINE,
    PERIMETERS,
    UNIT_SOURCES,
)
from observatory.land.inventories import CHANGES, DUE_BASES, STAGES
from observatory.land.occupation import OCCUPATION_CONFIDENCES, OCCUPATION_STATES
from observatory.metadata.columns.land import NO_NAME
from observatory.metadata.columns.land_coverage import BELOW_FLOOR
from observatory.metadata.columns.making import area, code, date, flag, text
from observatory.metadata.columns.registry import optional
from observatory.metadata.texts import Text

STEPS = "epci/inventories"
FORMER = "epci/former_inventory"
PERIOD = Text(
    fr="étapes connues au jour du fichier de l'EPCI ; unités de la publication",
    en="steps known on the day of the EPCI's file; units of the release",
)
NO_STEP = Text(
    fr="l'EPCI n'a pas donné de date pour cette étape",
    en="the EPCI gave no day for this step",
    without=((STEPS,),),
)
NO_PERIMETER = Text(
    fr="aucun périmètre fourni ne porte cet identifiant",
    en="no perimeter that was handed over has this identifier",
)

INVENTORIES = table(
    "land_inventories",
    title_fr="Inventaires des zones d'activité économique : étapes et échéances",
    title_en="Inventories of business parks under the law: steps and deadlines",
    grain_fr="Une ligne par zone d'activité économique (ZAE), ou site que l'EPCI nomme",
    grain_en="One row per business park of the EPCI (ZAE), or site that the EPCI names",
    key=("site_id",),
    columns=(
        "site_id",
        optional("site_name", NO_NAME | NO_PERIMETER),
        optional("commune_code commune_label", NO_OUTLINE | NO_PERIMETER),
        "epci_code",
        optional("unit_count surveyed_unit_count", NO_PERIMETER | BELOW_FLOOR),
        code(
            "inventory_stage",
            "Étape",
            "Dernière étape datée du dernier inventaire de la zone.",
            "Last step of the park's newest inventory that has a day.",
            allowed=STAGES,
        ),
        date(
            "started_date",
            "Lancement",
            "Jour du lancement du dernier inventaire.",
            "Day on which the newest inventory was begun.",
            NO_STEP,
        ),
        date(
            "consulted_date",
            "Consultation",
            "Premier jour de la consultation des propriétaires et occupants.",
            "First day of the consultation of owners and occupants.",
            NO_STEP,
        ),
        date(
            "consultation_until_date",
            "Fin de la consultation",
            "Trente jours après le début de la consultation (art. L318-8-2).",
            "Thirty days after the beginning of the consultation (article L318-8-2).",
            NO_STEP,
        ),
        date(
            "last_decided_date",
            "Dernier arrêté",
            "Jour du dernier arrêté de l'inventaire de la zone.",
            "Day of the last arrêté of the park's inventory.",
            NO_STEP,
        ),
        date(
            "update_due_date",
            "Prochain arrêté, au plus tard",
            "Six ans après le dernier arrêté ; sans arrêté fourni, 24 août 2029.",
            "Six years after the last arrêté; 24 August 2029 where none was handed over.",
        ),
        code(
            "due_basis",
            "Échéance comptée de",
            "L'arrêté fourni, ou le calendrier de la loi.",
            "The arrêté that was handed over, or the law's own calendar.",
            allowed=DUE_BASES,
        ),
        "is_fictitious",
    ),
    one_of_each=((*PERIMETERS, STEPS),),
    optional_sources=(*PERIMETERS, *CADASTRE, *UNIT_SOURCES, STEPS),
    reference_period=PERIOD,
    publish_level="public",
    secrecy="no_figures_on_firms",
    caveats=("partial_coverage",),
    may_be_empty=True,
)

GONE = Text(
    fr="aucune unité d'un site n'est plus sur ce sol", en="no unit of a site is on that ground now"
)
CAME = Text(
    fr="l'inventaire antérieur n'avait pas d'unité sur ce sol",
    en="the earlier inventory had no unit on that ground",
)
UNTOLD = Text(
    fr="l'inventaire antérieur ne dit pas l'état",
    en="the earlier inventory does not tell the state",
)

UNIT_HISTORY = table(
    "land_unit_history",
    title_fr="Unités foncières d'un inventaire au suivant",
    title_en="Land units from one inventory to the next",
    grain_fr="Une ligne par couple d'une unité de l'inventaire antérieur et d'une unité actuelle "
    "qui en tient le sol, par unité nouvelle et par unité disparue",
    grain_en="One row per pair of a unit of the earlier inventory and a unit that holds its ground "
    "now, per new unit and per unit that is gone",
    key=("link_id",),
    columns=(
        code(
            "link_id",
            "Lien",
            "Unité antérieure, puis unité actuelle, séparées par >.",
            "Earlier unit, then unit of today, a > between them.",
        ),
        LOCAL,
        code(
            "unit_change",
            "Devenir",
            "Conservée, modifiée, divisée, réunie, redécoupée, nouvelle, disparue, ou non suivie "
            "(cadastre de la commune non fourni).",
            "Kept, reshaped, cut, joined, recut, new, gone, or not followed (no cadastre of the "
            "commune).",
            allowed=CHANGES,
        ),
        text(
            "former_unit_id",
            "Unité antérieure",
            "Identifiant de l'unité dans l'inventaire antérieur.",
            "Identifier of the unit in the earlier inventory.",
            CAME,
        ),
        text(
            "former_site_id",
            "Site antérieur",
            "Site de l'unité dans l'inventaire antérieur.",
            "Site of the unit in the earlier inventory.",
            CAME | Text(fr="le fichier ne dit pas le site", en="the file does not tell the site"),
        ),
        optional("unit_id site_id", GONE),
        date(
            "former_date",
            "Date antérieure",
            "Jour de l'état antérieur.",
            "Day of the earlier state.",
            CAME | Text(fr="le fichier ne donne pas de date", en="the file gives no day"),
        ),
        code(
            "former_state",
            "État antérieur",
            "Occupation selon l'inventaire antérieur.",
            "Occupation according to the earlier inventory.",
            CAME | UNTOLD,
            allowed=OCCUPATION_STATES,
        ),
        code(
            "former_confidence",
            "Confiance antérieure",
            "Confiance dans l'état antérieur, si l'inventaire est un export de l'observatoire.",
            "Confidence in the earlier state, where the inventory is an export of the observatory.",
            CAME | Text(fr="le fichier ne la dit pas", en="the file does not tell it"),
            allowed=OCCUPATION_CONFIDENCES,
        ),
        code(
            "current_state",
            "État actuel",
            "Occupation de l'unité dans cette publication ; voir la confiance.",
            "Occupation of the unit in this release; see the confidence.",
            GONE,
            allowed=OCCUPATION_STATES,
        ),
        optional("occupation_confidence", GONE),
        flag(
            "has_state_changed",
            "État changé",
            "Vrai si l'état diffère d'un inventaire à l'autre.",
            "True where the state differs from one inventory to the other.",
            GONE
            | CAME
            | UNTOLD
            | Text(fr="l'un des états est indéterminé", en="one of the states is undetermined"),
        ),
        area(
            "former_area_m2",
            "Surface antérieure",
            "Surface dessinée de l'unité antérieure.",
            "Drawn area of the earlier unit.",
            CAME,
        ),
        optional("area_m2", GONE),
        area(
            "shared_m2",
            "Surface commune",
            "Surface que les deux unités ont en commun.",
            "Area that the two units share.",
            GONE | CAME,
        ),
        "is_fictitious",
    ),
    sources=(FORMER,),
    one_of_each=(PERIMETERS, CADASTRE),
    optional_sources=(*PERIMETERS[1:], *CADASTRE, *UNIT_SOURCES),
    reference_period=PERIOD,
    publish_level="public",
    secrecy="no_figures_on_firms",
    caveats=("partial_coverage",),
    may_be_empty=True,
)
