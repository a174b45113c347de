"""Contracts of what an inventory in the CNIG standard says of sites and of units beside the rest.

Columns bear the standard's own names: what is handed over is passed on, never computed with.
"""

from assets.declaring import table
from assets.land.contracts.inputs import (
    BUILDINGS,
    CADASTRE,
    COMMUNES,
    FIRMS,
    OWNED,
    PERIMETERS,
    SEEN,
)
from observatory.metadata import units
from observatory.metadata.columns.making import code, date, hectares, number, text
from observatory.metadata.texts import Text

INVENTORIES = ("cnig/economic_sites", "cerema/fusac")
NOT_SAID = Text(fr="l'inventaire ne le dit pas", en="the inventory does not say")
YES_NO = ("oui", "non")
# French, English
SITE_TEXTS = {
    "site_etat": ("État du site", "State of the site"),
    "site_creation_date": ("Année de création", "Year of creation"),
    "source_producteur": ("Producteur", "Producer"),
    "site_description": ("Description", "Description"),
    "site_quali_territoire": ("Label", "Label"),
    "site_evol_urba": ("Type d'urbanisation", "Kind of urban growth"),
    "site_url": ("Page du site", "Page of the site"),
    "site_moa_type": ("Type de maîtrise d'ouvrage", "Kind of developer"),
    "site_moa_nom": ("Maîtrise d'ouvrage", "Developer"),
    "site_moa_amngt": ("Maîtrise d'ouvrage de l'aménagement", "Developer of the works"),
    "site_moa_comm": ("Maîtrise d'ouvrage de la commercialisation", "Developer of the sales"),
    "site_media": ("Photo ou vidéo", "Picture or film"),
    "desserte_route_nom": ("Desserte routière principale", "Main road"),
    "autoroute_nom": ("Autoroute la plus proche", "Nearest motorway"),
    "gare_nom": ("Gare de voyageurs la plus proche", "Nearest railway station"),
    "gare_fret_nom": ("Gare de fret la plus proche", "Nearest freight station"),
    "aeroport_nom": ("Aéroport le plus proche", "Nearest airport"),
    "port_nom": ("Port le plus proche", "Nearest port"),
}
SITE_FLAGS = {
    "site_voca_industrielle": ("Activité industrielle", "Industrial activity"),
    "site_voca_commerciale": ("Activité commerciale", "Retail activity"),
    "site_voca_tertiaire": ("Activité tertiaire", "Service activity"),
    "site_voca_artisanale": ("Activité artisanale", "Craft activity"),
    "site_voca_touristique": ("Activité touristique", "Tourist activity"),
    "site_voca_portuaire": ("Activité portuaire", "Port activity"),
    "site_voca_aeroportuaire": ("Activité aéroportuaire", "Airport activity"),
    "reseau_eau_pluviale": ("Réseau d'eau pluviale", "Rainwater network"),
    "reseau_eau_potable": ("Réseau d'eau potable", "Drinking water network"),
    "reseau_assainissement": ("Réseau d'assainissement", "Sewers"),
    "reseau_gaz": ("Réseau de gaz", "Gas network"),
    "reseau_electrique": ("Réseau électrique", "Electricity network"),
    "reseau_fibre_optique": ("Fibre optique", "Optical fibre"),
    "reseau_fret_ferroviaire": ("Embranchement ferroviaire", "Railway siding"),
    "reseau_fluvial": ("Quai fluvial", "River quay"),
    "desserte_tc": ("Transport en commun", "Public transport"),
}
SITE_DISTANCES = {
    "autoroute_echang_dist": ("Distance à l'échangeur", "Distance to the motorway junction"),
    "gare_dist": ("Distance à la gare", "Distance to the railway station"),
    "gare_fret_dist": ("Distance à la gare de fret", "Distance to the freight station"),
    "aeroport_dist": ("Distance à l'aéroport", "Distance to the airport"),
    "port_dist": ("Distance au port", "Distance to the port"),
}
SITE_DATES = {
    "site_identif_date": ("Identification", "Day of identification"),
    "site_actu_date": ("Actualisation", "Day of the update"),
}
SITE_AREAS = {
    "site_surf_comm_dispo": ("Surface disponible à la vente", "Area to be sold"),
    "site_surf_projet": ("Surface réservée", "Area kept for projects"),
}
TERRAIN_TEXTS = {
    "terr_maitrise_fonc": ("Maîtrise foncière", "Who controls the land"),
    "terr_stade_amngt": ("Stade d'aménagement", "Stage of development"),
    "terr_stade_comm": ("Stade de commercialisation", "Stage of sale"),
    "terr_usage": ("Usage", "Use"),
    "terr_url_cartofriches": ("Fiche Cartofriches", "Page in Cartofriches"),
}
TERRAIN_FLAGS = {
    "terr_utile": ("Surface utile", "Counts as useful area"),
    "terr_cle_en_main": ("Clé en main", "Ready to build"),
}


def _said(fr: str, en: str) -> tuple[str, str, str, Text]:
    """Label, both descriptions, and what null means."""
    return fr, f"{fr}, selon l'inventaire remis.", f"{en}, as the inventory says.", NOT_SAID


SITE_INVENTORY = table(
    "land_site_inventory",
    title_fr="Sites économiques : ce que dit l'inventaire remis",
    title_en="Economic sites: what the inventory handed over says",
    grain_fr="Une ligne par site qu'un inventaire au standard CNIG décrit",
    grain_en="One row per site that an inventory in the CNIG standard describes",
    key=("site_id",),
    columns=(
        "site_id",
        *(text(name, *_said(*told)) for name, told in SITE_TEXTS.items()),
        *(code(name, *_said(*told), allowed=YES_NO) for name, told in SITE_FLAGS.items()),
        *(number(name, *_said(*told), unit=units.KM) for name, told in SITE_DISTANCES.items()),
        *(date(name, *_said(*told)) for name, told in SITE_DATES.items()),
        *(hectares(name, *_said(*told)) for name, told in SITE_AREAS.items()),
        "is_fictitious",
    ),
    one_of_each=(INVENTORIES,),
    optional_sources=(*PERIMETERS, *COMMUNES),
    reference_period=Text(fr="Jour de l'inventaire", en="Day of the inventory"),
    publish_level="public",
    secrecy="no_figures_on_firms",
    may_be_empty=True,
)

UNIT_INVENTORY = table(
    "land_unit_inventory",
    title_fr="Unités foncières : ce que dit l'inventaire remis",
    title_en="Land units: what the inventory handed over says",
    grain_fr="Une ligne par unité foncière qu'un terrain d'inventaire couvre pour l'essentiel",
    grain_en="One row per land unit that a terrain of an inventory covers for the most part",
    key=("unit_id",),
    columns=(
        "unit_id",
        *(text(name, *_said(*told)) for name, told in TERRAIN_TEXTS.items()),
        *(code(name, *_said(*told), allowed=YES_NO) for name, told in TERRAIN_FLAGS.items()),
        "is_fictitious",
    ),
    one_of_each=(("cnig/economic_sites",), CADASTRE),
    optional_sources=(*PERIMETERS, *CADASTRE, *BUILDINGS, *OWNED, *FIRMS, *SEEN, *COMMUNES),
    reference_period=Text(fr="Jour de l'inventaire", en="Day of the inventory"),
    publish_level="public",
    secrecy="no_figures_on_firms",
    may_be_empty=True,
)
