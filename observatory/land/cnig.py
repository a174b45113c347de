"""Released tables as deliveries in the national standards « Sites économiques » and « Friches ».

Sources: CNIG, « Sites économiques » v2024-10 (Table Schema v1.0.1) and « Friches » v1.0.6. Areas
are hectares in the first and m² in the second; shapes are GeoJSON in EPSG:2154, points are
longitude and latitude where the schema asks for a geopoint.

Two defects of the schemas are handled: the pattern of ``terr_refcad`` knows no Corsican parcel, so
identifiers are written as they are and only such a parcel is refused by a validator; the CSV says
``SIRET`` and ``ban-id`` where the GeoPackage template says ``siret`` and ``ban_id``. The four
fields on sales of a terrain may not be published: the CSV keeps their headers, which validators
ask for, and never a value; the GeoPackage has no such column.
"""

import datetime as dt

import polars as pl

from observatory.land.activities import UNKNOWN
from observatory.land.sites import ZAE

SQUARE_METRES_PER_HECTARE = 10_000
POLE = [
    "pole_id",
    "pole_nom",
    "pole_vocadomi",
    "pole_identif_date",
    "pole_actu_date",
    "pole_nb_site",
    "pole_nb_etab",
    "pole_nb_emploi",
    "pole_surface",
    "pole_geompoint",
    "pole_rayonnement",
]
SITE = [
    "site_id",
    "pole_id",
    "site_nom",
    "site_type",
    "site_vocadomi",
    "site_etat",
    "site_surf_brute",
    "site_surf_utile",
    "site_creation_date",
    "site_identif_date",
    "site_actu_date",
    "source_producteur",
    "site_description",
    "site_quali_territoire",
    "site_evol_urba",
    "site_url",
    "site_epci_nom",
    "site_epci_siren",
    "site_comm_nom",
    "site_comm_insee",
    "site_moa_type",
    "site_moa_nom",
    "site_moa_amngt",
    "site_moa_comm",
    "site_uf_nbre",
    "site_uf_vacant_nbre",
    "site_taux_vacance",
    "site_uf_bati_nbre",
    "site_nb_etab",
    "site_nb_emploi",
    "site_geomsurf",
    "site_geompoint",
    "site_media",
    "site_surf_comm_dispo",
    "site_surf_projet",
    "site_voca_industrielle",
    "site_voca_commerciale",
    "site_voca_tertiaire",
    "site_voca_artisanale",
    "site_voca_touristique",
    "site_voca_portuaire",
    "site_voca_aeroportuaire",
    "reseau_eau_pluviale",
    "reseau_eau_potable",
    "reseau_assainissement",
    "reseau_gaz",
    "reseau_electrique",
    "reseau_fibre_optique",
    "reseau_fret_ferroviaire",
    "reseau_fluvial",
    "desserte_tc",
    "desserte_route_nom",
    "autoroute_nom",
    "autoroute_echang_dist",
    "gare_nom",
    "gare_dist",
    "gare_fret_nom",
    "gare_fret_dist",
    "aeroport_nom",
    "aeroport_dist",
    "port_nom",
    "port_dist",
]
TERRAIN = [
    "terr_id",
    "site_id",
    "terr_refcad",
    "terr_surf_brute",
    "terr_utile",
    "terr_identif_date",
    "terr_actu_date",
    "terr_maitrise_fonc",
    "terr_stade_amngt",
    "terr_stade_comm",
    "terr_etat_occup",
    "terr_usage",
    "terr_url_cartofriches",
    "terr_geomsurf",
    "terr_cle_en_main",
    "terr_acquereur",
    "terr_cession_date",
    "terr_vente_montant",
    "terr_m2_prix",
]
UNPUBLISHABLE = ("terr_acquereur", "terr_cession_date", "terr_vente_montant", "terr_m2_prix")
ESTABLISHMENT = [
    "SIRET",
    "SIREN",
    "terr_id",
    "ban-id",
    "bat-id",
    "etab_adresse",
    "etab_raison_sociale",
    "etab_nat_juridique",
    "etab_nom",
    "epci_nom",
    "epci_siren",
    "comm_nom",
    "comm_insee",
    "etab_siege",
    "etab_creation_date",
    "etab_identif_date",
    "etab_actu_date",
    "etab_actif",
    "etab_fermeture_date",
    "etab_description",
    "etab_activite_code",
    "etab_activite_libelle",
    "etab_effectif_code",
    "etab_effectif_libelle",
    "etab_effectif_annee",
    "etab_source_info",
    "geocodage_qualite",
    "etab_geompoint",
    "etab_contact_mail",
    "etab_contact_tel",
]
BROWNFIELD = [
    "site_id",
    "site_nom",
    "site_type",
    "site_adresse",
    "site_identif_date",
    "site_actu_date",
    "site_url",
    "site_ademe_url",
    "site_securite",
    "site_occupation",
    "site_statut",
    "site_projet_url",
    "site_reconv_annee",
    "site_reconv_type",
    "activite_libelle",
    "activite_code",
    "activite_fin_annee",
    "comm_nom",
    "comm_insee",
    "bati_type",
    "bati_nombre",
    "bati_surface",
    "bati_pollution",
    "bati_vacance",
    "bati_patrimoine",
    "bati_etat",
    "local_ancien_annee",
    "local_recent_annee",
    "proprio_type",
    "proprio_personne",
    "proprio_nom",
    "sol_pollution_annee",
    "sol_pollution_existe",
    "sol_pollution_origine",
    "sol_pollution_commentaire",
    "sol_depollution_fiche",
    "unite_fonciere_surface",
    "unite_fonciere_refcad",
    "urba_zone_type",
    "urba_zone_lib",
    "urba_zone_formdomi",
    "urba_zaer",
    "urba_doc_type",
    "desserte_distance",
    "desserte_commentaire",
    "source_nom",
    "source_url",
    "source_producteur",
    "source_contact",
    "geompoint",
    "geomsurf",
]
OWNERS = {
    "state": "Etat",
    "region": "région",
    "department": "département",
    "commune": "commune",
    "epci": "structure intercommunale",
    "public_establishment": "autre",
    "mixed_economy_company": "SEM ou SPLA",
    "social_housing": "OLS",
    "commercial_company": "investisseur professionnel",
    "civil_company": "organisation de gestion foncière et immobilière",
    "association": "autre",
    "co_ownership": "organisation de gestion foncière et immobilière",
    "other_legal_person": "autre",
    "several_owners": "autre",
    "natural_persons_or_unknown": "inconnu",
}
OCCUPATION = {
    "occupied": "occupé",
    "vacant": "vacant",
    "free": "inoccupé",
    "undetermined": "inconnu",
    "common_area": "sans objet",
}
STATUSES = {
    "potential": "friche potentielle",
    "without_project": "friche sans projet",
    "with_project": "friche avec projet",
    "reconverted": "friche reconvertie",
}
GEOCODING = {"parcel": "parcelle", "near_parcel": "plaque adresse"}
SIZES = {
    "NN": "non employeuse ou effectif inconnu",
    "00": "0 salarié",
    "01": "1 ou 2 salariés",
    "02": "3 à 5 salariés",
    "03": "6 à 9 salariés",
    "11": "10 à 19 salariés",
    "12": "20 à 49 salariés",
    "21": "50 à 99 salariés",
    "22": "100 à 199 salariés",
    "31": "200 à 249 salariés",
    "32": "250 à 499 salariés",
    "41": "500 à 999 salariés",
    "42": "1 000 à 1 999 salariés",
    "51": "2 000 à 4 999 salariés",
    "52": "5 000 à 9 999 salariés",
    "53": "10 000 salariés et plus",
}
# sections of NAF rév. 2 (Insee, 2008) by division
SECTIONS = {
    (1, 3): "Agriculture, sylviculture et pêche",
    (5, 9): "Industries extractives",
    (10, 33): "Industrie manufacturière",
    (35, 35): "Production et distribution d'électricité, de gaz, de vapeur et d'air conditionné",
    (36, 39): "Production et distribution d'eau, assainissement, gestion des déchets",
    (41, 43): "Construction",
    (45, 47): "Commerce, réparation d'automobiles et de motocycles",
    (49, 53): "Transports et entreposage",
    (55, 56): "Hébergement et restauration",
    (58, 63): "Information et communication",
    (64, 66): "Activités financières et d'assurance",
    (68, 68): "Activités immobilières",
    (69, 75): "Activités spécialisées, scientifiques et techniques",
    (77, 82): "Activités de services administratifs et de soutien",
    (84, 84): "Administration publique",
    (85, 85): "Enseignement",
    (86, 88): "Santé humaine et action sociale",
    (90, 93): "Arts, spectacles et activités récréatives",
    (94, 96): "Autres activités de services",
    (97, 98): "Activités des ménages",
    (99, 99): "Activités extra-territoriales",
}
UNNAMED = "non nommé (personne physique ou société civile)"


def in_order(frame: pl.DataFrame, fields: list[str]) -> pl.DataFrame:
    """Exactly the standard's fields, in its order; those that nothing fills are blank."""
    missing = [pl.lit(None, pl.String).alias(f) for f in fields if f not in frame.columns]
    return frame.with_columns(*missing).select(fields)


def _middle(low: str, high: str) -> pl.Expr:
    """Jobs at the middle of their bounds, whole."""
    return ((pl.col(low) + pl.col(high)) / 2).round().cast(pl.Int64)


def _hectares(column: str) -> pl.Expr:
    return (pl.col(column) / SQUARE_METRES_PER_HECTARE).round(4)


def _yes(flag: pl.Expr) -> pl.Expr:
    return pl.when(flag).then(pl.lit("oui")).when(~flag).then(pl.lit("non"))


def poles(released: pl.DataFrame, sites: pl.DataFrame, day: dt.date) -> pl.DataFrame:
    """POLE-ECO; ``released`` has ``geompoint`` (longitude, latitude) beside its columns.

    A pole bears the name of its largest site.
    """
    largest = sites.sort("area_m2", "site_id", descending=[True, False]).unique(
        "pole_id", keep="first", maintain_order=True
    )
    rows = released.join(largest.select("pole_id", "site_name"), on="pole_id", how="left")
    return in_order(
        rows.select(
            "pole_id",
            pole_nom=pl.coalesce("site_name", "pole_id"),
            pole_vocadomi=pl.col("dominant_vocation").fill_null(UNKNOWN),
            pole_identif_date=pl.lit(day),
            pole_actu_date=pl.lit(day),
            pole_nb_site="site_count",
            pole_nb_etab="establishment_count",
            pole_nb_emploi=_middle("job_count_low", "job_count_high"),
            pole_surface=_hectares("area_m2"),
            pole_geompoint="geompoint",
            pole_rayonnement=pl.lit(UNKNOWN),
        ),
        POLE,
    )


def sites(
    released: pl.DataFrame, units: pl.DataFrame, epci: pl.DataFrame, producer: str, day: dt.date
) -> pl.DataFrame:
    """SITE-ECO; ``released`` has ``geompoint`` and ``geomsurf`` (GeoJSON) beside its columns.

    Counts of vacant units and their rate are filled only for a ZAE all of whose units were seen
    on the ground, declared or inventoried: presumption is not the legal rate.
    """
    counted = pl.col("occupation_state") != "common_area"
    vacant = pl.col("occupation_state") == "vacant"
    surveyed = pl.col("occupation_confidence") == "surveyed"
    known = pl.col("is_for_sale").is_not_null()
    by_site = units.group_by("site_id").agg(
        _built=((pl.col("built_m2") > 0) & counted).sum(),
        _vacant=vacant.sum(),
        _seen=(surveyed & counted).sum(),
        _counted=counted.sum(),
        _sale=pl.when((known | ~counted).all() & known.any()).then(
            pl.col("area_m2").filter(pl.col("is_for_sale").fill_null(value=False)).sum()
        ),
    )
    legal = (pl.col("site_type") == ZAE) & (pl.col("_seen") == pl.col("_counted"))
    legal = legal & (pl.col("_counted") > 0)
    rows = released.join(by_site, on="site_id", how="left").join(epci, on="epci_code", how="left")
    return in_order(
        rows.select(
            "site_id",
            "pole_id",
            site_nom=pl.coalesce("site_name", "site_id"),
            site_type="site_type",
            site_vocadomi=pl.coalesce("dominant_vocation", "declared_vocation", pl.lit(UNKNOWN)),
            site_etat=pl.when(pl.col("establishment_count") > 0)
            .then(pl.lit("existant et actif"))
            .otherwise(pl.lit(UNKNOWN)),
            site_surf_brute=_hectares("area_m2"),
            site_surf_utile=_hectares("useful_m2"),
            site_identif_date=pl.lit(day),
            site_actu_date=pl.lit(day),
            source_producteur=pl.lit(producer),
            site_epci_nom=pl.col("epci_label").fill_null(UNKNOWN),
            site_epci_siren=pl.col("epci_code").fill_null(UNKNOWN),
            site_comm_nom=pl.col("commune_label").fill_null(UNKNOWN),
            site_comm_insee=pl.coalesce(
                pl.col("commune_codes").str.split("|").list.join("|"), pl.lit(UNKNOWN)
            ),
            site_moa_type=pl.lit(UNKNOWN),
            site_uf_nbre="unit_count",
            site_uf_vacant_nbre=pl.when(legal).then("_vacant"),
            site_taux_vacance=pl.when(legal).then(
                (100 * pl.col("_vacant") / pl.col("_counted")).round().cast(pl.Int64)
            ),
            site_uf_bati_nbre="_built",
            site_nb_etab="establishment_count",
            site_nb_emploi=_middle("job_count_low", "job_count_high"),
            site_geomsurf="geomsurf",
            site_geompoint="geompoint",
            site_surf_comm_dispo=_hectares("_sale"),
        ),
        SITE,
    )


def terrains(released: pl.DataFrame, day: dt.date) -> pl.DataFrame:
    """TERRAIN-ECO: one terrain per land unit; ``released`` has ``geomsurf`` beside its columns.

    A vacant unit that is a listed brownfield is « friche », which needs works before reuse.
    """
    state = pl.col("occupation_state")
    common = state == "common_area"
    return in_order(
        released.select(
            terr_id="unit_id",
            site_id="site_id",
            terr_refcad="parcel_ids",
            terr_surf_brute=_hectares("area_m2"),
            terr_utile=_yes(~common),
            terr_identif_date=pl.lit(day),
            terr_actu_date=pl.lit(day),
            terr_maitrise_fonc=pl.col("owner_category").replace_strict(OWNERS),
            terr_stade_amngt=pl.lit(UNKNOWN),
            terr_stade_comm=pl.when(pl.col("is_for_sale"))
            .then(pl.lit("en vente"))
            .otherwise(pl.lit(UNKNOWN)),
            terr_etat_occup=pl.when((state == "vacant") & pl.col("is_brownfield"))
            .then(pl.lit("friche"))
            .otherwise(state.replace_strict(OCCUPATION)),
            terr_usage=pl.when(common)
            .then(pl.lit("voirie ou infrastructure"))
            .otherwise(pl.lit(UNKNOWN)),
            terr_geomsurf="geomsurf",
        ),
        TERRAIN,
    )


def establishments(
    released: pl.DataFrame, communes: pl.DataFrame, year: int, day: dt.date
) -> pl.DataFrame:
    """ETABLISSEMENT; ``released`` has ``geojson`` beside its columns.

    The standard requires a date of creation: an establishment without one is left out.
    """
    section = {
        f"{division:02d}": label
        for (first, last), label in SECTIONS.items()
        for division in range(first, last + 1)
    }
    name = pl.coalesce("establishment_name", pl.lit(UNNAMED))
    size = pl.col("size_class").fill_null("NN")
    rows = released.drop_nulls("created_date").join(
        communes.select("commune_code", "epci_code", "epci_label"), on="commune_code", how="left"
    )
    rows = rows.select(
        SIRET="siret",
        SIREN=pl.col("siret").str.slice(0, 9),
        terr_id="unit_id",
        etab_raison_sociale=name,
        etab_nat_juridique=pl.col("legal_category_code").fill_null(UNKNOWN),
        etab_nom=name,
        epci_nom=pl.col("epci_label").fill_null(UNKNOWN),
        epci_siren=pl.col("epci_code").fill_null(UNKNOWN),
        comm_nom=pl.col("commune_label").fill_null(UNKNOWN),
        comm_insee=pl.col("commune_code").fill_null(UNKNOWN),
        etab_creation_date="created_date",
        etab_identif_date=pl.lit(day),
        etab_actu_date=pl.lit(day),
        etab_actif=_yes(pl.col("is_active")),
        etab_fermeture_date="closed_date",
        etab_activite_code=pl.col("naf_code").str.replace(".", "", literal=True).fill_null(UNKNOWN),
        etab_activite_libelle=pl.col("naf_code")
        .str.slice(0, 2)
        .replace_strict(section, default=UNKNOWN, return_dtype=pl.String)
        .fill_null(UNKNOWN),
        etab_effectif_code=size,
        etab_effectif_libelle=size.replace_strict(SIZES, default=SIZES["NN"]),
        etab_effectif_annee=pl.col("size_year").fill_null(year).cast(pl.Int64).cast(pl.String),
        etab_source_info=pl.lit("Insee, répertoire Sirene"),
        geocodage_qualite=pl.col("placement_level").replace_strict(GEOCODING),
        etab_geompoint="geojson",
    )
    renamed = rows.with_columns(
        **{f: pl.lit(None, pl.String) for f in ESTABLISHMENT if f not in rows.columns}
    )
    return renamed.select(ESTABLISHMENT)


def brownfields(released: pl.DataFrame, day: dt.date) -> pl.DataFrame:
    """The standard on brownfields, in m²; ``released`` has ``wkt`` (longitude, latitude)."""
    date = pl.coalesce("updated_date", pl.lit(day))
    return in_order(
        released.select(
            site_id="brownfield_id",
            site_nom=pl.coalesce("brownfield_name", "brownfield_id"),
            site_type=pl.col("brownfield_type").fill_null(UNKNOWN),
            site_identif_date=date,
            site_actu_date=date,
            site_statut=pl.col("brownfield_status")
            .replace_strict(STATUSES, default=None, return_dtype=pl.String)
            .fill_null(UNKNOWN),
            comm_nom="commune_label",
            comm_insee="commune_code",
            bati_nombre="building_count",
            sol_pollution_existe=pl.col("soil_pollution").fill_null(UNKNOWN),
            unite_fonciere_surface=pl.col("declared_area_m2").round().cast(pl.Int64),
            unite_fonciere_refcad="parcel_ids",
            urba_zaer=pl.lit(UNKNOWN),
            source_nom="brownfield_source_key",
            geompoint="wkt",
        ),
        BROWNFIELD,
    )
