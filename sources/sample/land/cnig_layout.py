"""Layers and fields of the CNIG template « Sites économiques » (v2024-10), as it is published."""

import polars as pl

# fmt: off
# fields of the standard's template, in its order
SITE_ECO_NAMES = (
    "site_id", "pole_id", "site_nom", "site_type", "site_vocadomi", "site_etat",
    "site_surf_brute", "site_surf_utile", "site_creation_date", "site_identif_date",
    "site_actu_date", "site_description", "source_producteur", "site_quali_territoire",
    "site_evol_urba", "site_url", "site_epci_nom", "site_epci_siren", "site_comm_nom",
    "site_comm_insee", "site_moa_type", "site_moa_nom", "site_moa_amngt", "site_moa_comm",
    "site_uf_nbre", "site_uf_vacant_nbre", "site_taux_vacance", "site_uf_bati_nbre",
    "site_nb_etab", "site_nb_emploi", "site_media", "site_surf_comm_dispo", "site_surf_projet",
    "site_voca_industrielle", "site_voca_commerciale", "site_voca_tertiaire",
    "site_voca_artisanale", "site_voca_touristique", "site_voca_portuaire",
    "site_voca_aeroportuaire", "reseau_eau_pluviale", "reseau_eau_potable",
    "reseau_assainissement", "reseau_gaz", "reseau_electrique", "reseau_fibre_optique",
    "reseau_fret_ferroviaire", "reseau_fluvial", "desserte_tc", "desserte_route_nom",
    "autoroute_nom", "autoroute_echang_dist", "gare_nom", "gare_dist", "gare_fret_nom",
    "gare_fret_dist", "aeroport_nom", "aeroport_dist", "port_nom", "port_dist",
)
# fmt: on
SITE_ECO_NUMBERS: dict[str, pl.DataType] = {
    "site_surf_brute": pl.Float64(),
    "site_surf_utile": pl.Float64(),
    "site_uf_nbre": pl.Int32(),
    "site_uf_vacant_nbre": pl.Int32(),
    "site_taux_vacance": pl.Int32(),
    "site_uf_bati_nbre": pl.Int32(),
    "site_nb_etab": pl.Int32(),
    "site_nb_emploi": pl.Int32(),
    "site_surf_comm_dispo": pl.Float64(),
    "site_surf_projet": pl.Float64(),
    "autoroute_echang_dist": pl.Int32(),
    "gare_dist": pl.Int32(),
    "gare_fret_dist": pl.Int32(),
    "aeroport_dist": pl.Int32(),
    "port_dist": pl.Int32(),
}
SITE_ECO = {name: SITE_ECO_NUMBERS.get(name, pl.String()) for name in SITE_ECO_NAMES}
# fmt: off
TERRAIN_ECO_NAMES = (
    "terr_id", "site_id", "terr_refcad", "terr_surf_brute", "terr_utile", "terr_identif_date",
    "terr_actu_date", "terr_maitrise_fonc", "terr_stade_amngt", "terr_stade_comm",
    "terr_etat_occup", "terr_usage", "terr_cle_en_main", "terr_acquereur", "terr_cession_date",
    "terr_vente_montant", "terr_m2_prix",
)
# fmt: on
TERRAIN_ECO_NUMBERS: dict[str, pl.DataType] = {
    "terr_surf_brute": pl.Float64(),
    "terr_vente_montant": pl.Int32(),
    "terr_m2_prix": pl.Int32(),
}
TERRAIN_ECO = {name: TERRAIN_ECO_NUMBERS.get(name, pl.String()) for name in TERRAIN_ECO_NAMES}
