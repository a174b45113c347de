"""Contract of what serves an economic site: roads and stops, as the crow flies."""

from assets.declaring import table
from assets.land.contracts.inputs import COMMUNES, PERIMETERS, shape
from observatory.metadata.columns.making import code, flag, metres, text
from observatory.metadata.texts import Text

NO_ROAD = Text(
    fr="aucune route fournie",
    en="no road was handed over",
    without=(("ign/roads",),),
)
NO_NUMBER = NO_ROAD | Text(fr="la route n'a pas de numéro", en="the road has no number")
NO_MOTORWAY = NO_ROAD | Text(fr="aucune autoroute fournie", en="no motorway was handed over")
NO_STOP = Text(
    fr="aucun arrêt fourni",
    en="no stop was handed over",
    without=(("transport/stops",),),
)

SITE_ACCESS = table(
    "land_site_access",
    title_fr="Desserte des sites économiques",
    title_en="Access to economic sites",
    grain_fr="Une ligne par site économique du territoire",
    grain_en="One row per economic site of the territory",
    key=("site_id",),
    columns=(
        "site_id",
        text(
            "main_road_number",
            "Route principale",
            "Numéro de la route principale la plus proche (importance 1 ou 2).",
            "Number of the nearest main road (importance 1 or 2).",
            NO_NUMBER,
        ),
        metres(
            "main_road_m",
            "Distance à la route principale",
            "Distance à vol d'oiseau du périmètre à cette route.",
            "Distance from the perimeter to that road as the crow flies.",
            NO_ROAD,
        ),
        text(
            "motorway_number",
            "Autoroute",
            "Numéro de l'autoroute la plus proche.",
            "Number of the nearest motorway.",
            NO_MOTORWAY,
        ),
        metres(
            "motorway_m",
            "Distance à l'autoroute",
            "Distance à vol d'oiseau à l'autoroute, non à un échangeur.",
            "Distance to the motorway as the crow flies, not to a junction.",
            NO_MOTORWAY,
        ),
        metres(
            "site_stop_m",
            "Distance à un arrêt",
            "Distance à vol d'oiseau du périmètre à un arrêt de transport en commun.",
            "Distance from the perimeter to a stop of public transport as the crow flies.",
            NO_STOP,
        ),
        "is_fictitious",
    ),
    one_of_each=(("ign/roads", "transport/stops"), PERIMETERS),
    optional_sources=(*PERIMETERS, *COMMUNES, "ign/roads", "transport/stops"),
    reference_period=Text(fr="Éditions des routes et des arrêts", en="Editions of roads and stops"),
    publish_level="public",
    secrecy="no_figures_on_firms",
    may_be_empty=True,
)

MAIN_ROADS = table(
    "land_main_roads",
    title_fr="Routes principales",
    title_en="Main roads",
    grain_fr="Une ligne par numéro de route d'importance 1 ou 2 des fichiers fournis",
    grain_en="One row per number of a road of importance 1 or 2 in the files handed over",
    key=("road_number",),
    columns=(
        code(
            "road_number",
            "Numéro de route",
            "Numéro de la route ; « sans numéro » réunit les autres.",
            "Number of the road; « sans numéro » puts the others together.",
        ),
        flag(
            "is_motorway",
            "Autoroute",
            "Son numéro est celui d'une autoroute.",
            "Its number is that of a motorway.",
        ),
        "is_fictitious",
        shape("Axe de la route, ses tronçons réunis.", "Axis of the road, its parts together."),
    ),
    sources=("ign/roads",),
    reference_period=Text(fr="Édition des routes", en="Edition of roads"),
    publish_level="public",
    secrecy="no_figures_on_firms",
    geometry_type="MultiLineString",
    caveats=("partial_coverage",),
    may_be_empty=True,
)
