"""Builds deliveries in the national standard « Friches » (CNIG, v1.0.6); areas are m².

What the inventories say is passed on without loss, but for the names of owners and contacts, which
are not read. A value that the standard's list does not have is « autre », and a form that it does
not allow is left out.
"""

import datetime as dt

import polars as pl

from observatory.land.activities import CNIG_UNKNOWN
from observatory.land.cnig import arrange_fields
from observatory.land.cnig_fields import BROWNFIELD_FIELDS

CNIG_BROWNFIELD_STATUSES = {
    "potential": "friche potentielle",
    "without_project": "friche sans projet",
    "with_project": "friche avec projet",
    "reconverted": "friche reconvertie",
}

UNSAID = ("inconnu", "autre", "sans objet")
# what the standard « Friches » lets a field say, beside what is unsaid
BROWNFIELD_VALUES = {
    "site_type": (
        "friche industrielle",
        "friche commerciale",
        "friche hospitalière",
        "friche agro-industrielle",
        "friche carrière ou mine",
        "friche militaire",
        "friche d'habitat",
        "friche d'équipement public",
        "friche portuaire",
        "friche aéroportuaire",
        "friche ferroviaire",
        "friche logistique",
        "friche loisir tourisme hôtellerie",
        "friche enseignement",
        "friche cultuelle",
        "mixte - dominante habitat",
        "mixte - autre",
    ),
    "site_securite": (
        "évacuation des produits dangereux et déchets présents sur le site",
        "interdictions ou limitations d'accès au site",
        "suppression des risques d'incendie et d'explosion",
        "surveillance des effets de l'installation sur son environnement",
        "mesures de gestion de pollution ou restrictions temporaires",
        "existence d'une attestation de mise en sécurité",
    ),
    "site_occupation": (
        "totalement inoccupé",
        "partiellement inoccupé",
        "occupation transitoire ou temporaire",
        "occupation illicite supposée",
        "occupation illicite avérée",
    ),
    "site_statut": (
        "friche potentielle",
        "friche sans projet",
        "friche avec projet",
        "friche reconvertie",
    ),
    "site_reconv_type": (
        "habitat",
        "bureau",
        "commerce",
        "industrie",
        "autres activités économiques",
        "équipement public",
        "aménagement d'espace public",
        "renaturation",
        "panneaux photovoltaïques",
        "énergie, hors photovoltaïque",
        "mixte",
    ),
    "bati_pollution": (
        "amiante",
        "plomb",
    ),
    "bati_vacance": (
        "occupé",
        "partiellement occupé",
        "vacant",
    ),
    "bati_patrimoine": (
        "aucun",
        "présence d'un bâtiment d'intérêt",
        "présence d'un bâtiment classé",
    ),
    "bati_etat": (
        "dégradation inexistante ou faible",
        "dégradation moyenne",
        "dégradation très importante",
        "dégradation hétérogène",
    ),
    "sol_pollution_existe": (
        "pollution inexistante",
        "pollution traitée",
        "pollution peu probable",
        "pollution supposée",
        "pollution avérée",
    ),
    "sol_pollution_origine": (
        "dépôt de déchets, stockages de produits",
        "pollution due au fonctionnement de l'installation",
        "origine accidentelle (transport, transbordement, manipulation,...)",
        "retombées atmosphériques",
    ),
    "urba_zone_type": (
        "U",
        "AUc",
        "AUs",
        "A",
        "N",
        "Zc",
        "ZCa",
        "ZnC",
        "RNU",
    ),
    "urba_zaer": (
        "oui",
        "non",
    ),
    "urba_doc_type": (
        "RNU",
        "CC",
        "PLU",
        "PLUI",
        "PSMV",
    ),
}


# field of « Friches » → column of ``land_brownfields`` that is passed on as it is said
BROWNFIELD_SAID = {
    "site_adresse": "address",
    "site_url": "page_url",
    "site_ademe_url": "ademe_url",
    "site_securite": "safety_measures",
    "site_occupation": "site_occupation",
    "site_projet_url": "project_url",
    "site_reconv_annee": "reconversion_year",
    "site_reconv_type": "reconversion_type",
    "activite_libelle": "former_activity",
    "activite_code": "former_activity_code",
    "activite_fin_annee": "activity_end_year",
    "bati_type": "building_type",
    "bati_pollution": "building_pollution",
    "bati_vacance": "building_vacancy",
    "bati_patrimoine": "building_heritage",
    "bati_etat": "building_condition",
    "local_ancien_annee": "oldest_premises_year",
    "local_recent_annee": "newest_premises_year",
    "proprio_type": "owner_types",
    "proprio_personne": "owner_kind",
    "sol_pollution_annee": "soil_pollution_year",
    "sol_pollution_existe": "soil_pollution",
    "sol_pollution_origine": "soil_pollution_origin",
    "sol_pollution_commentaire": "soil_pollution_comment",
    "sol_depollution_fiche": "soil_cleanup_url",
    "urba_zone_type": "declared_zone_type",
    "urba_zone_lib": "declared_zone_label",
    "urba_zone_formdomi": "dominant_form",
    "urba_zaer": "renewable_zone",
    "urba_doc_type": "document_type",
    "desserte_distance": "access_distances",
    "desserte_commentaire": "access_comment",
    "source_nom": "inventory_name",
    "source_url": "inventory_url",
    "source_producteur": "inventory_producer",
}

# where a field must say something
REQUIRED = ("site_type", "site_statut", "sol_pollution_existe", "urba_zaer", "source_nom")
URL = r"^https?://[^|\s]*$"
PATTERNS = {
    "site_url": r"^(https?://[^|\s]*\|)*https?://[^|\s]*$",
    "site_ademe_url": URL,
    "site_projet_url": URL,
    "bati_type": r"^((industriel|commercial|résidentiel|secteur tertiaire|inconnu|autre|sans objet)"
    r"(\||$))+$",
    "proprio_personne": r"^((personne physique|personne morale|inconnu|autre|sans objet)(\||$))+$",
    "desserte_distance": r"^\d+\|\d+\|\d+$",
    "activite_code": r"^([A-Z]\d\d.\d\d[A-Z](\||$))+$",
}
SYNONYMS = {"site_type": {"mixte": "mixte - autre"}}


def build_brownfields(released: pl.DataFrame, day: dt.date) -> pl.DataFrame:
    """Build the rows of the standard « Friches » from ``land_brownfields``, in m².

    ``released`` has ``geompoint`` and ``geomsurf`` (WKT, longitude and latitude) beside its
    columns. The standard requires a point: a brownfield without one is left out.
    """
    updated = pl.coalesce("updated_date", "identified_date", pl.lit(day))
    placed = released.filter(pl.col("geompoint").is_not_null())
    told = placed.select(
        site_id="brownfield_id",
        site_nom=pl.coalesce("brownfield_name", "brownfield_id"),
        site_type="brownfield_type",
        site_identif_date=pl.coalesce("identified_date", updated),
        site_actu_date=updated,
        site_statut=pl.coalesce(
            pl.col("brownfield_status").replace_strict(
                CNIG_BROWNFIELD_STATUSES, default=None, return_dtype=pl.String
            ),
            "declared_status",
        ),
        comm_nom="commune_label",
        comm_insee="commune_code",
        bati_nombre="building_count",
        bati_surface=pl.col("declared_built_m2").round().cast(pl.Int64),
        unite_fonciere_surface=pl.col("declared_area_m2").round().cast(pl.Int64),
        unite_fonciere_refcad="parcel_ids",
        geompoint="geompoint",
        geomsurf="geomsurf",
        **{field: pl.col(column) for field, column in BROWNFIELD_SAID.items()},
    )
    allowed = told.with_columns(
        *(_of_list(field) for field in BROWNFIELD_VALUES),
        *(_of_form(field, pattern) for field, pattern in PATTERNS.items()),
    )
    filled = allowed.with_columns(pl.col(field).fill_null(CNIG_UNKNOWN) for field in REQUIRED)
    return arrange_fields(filled, BROWNFIELD_FIELDS)


def _of_list(field: str) -> pl.Expr:
    """A value of the standard's list; « autre » for another, where the list has that."""
    value = pl.col(field).replace(SYNONYMS.get(field, {}))
    other = CNIG_UNKNOWN if field == "urba_zaer" else "autre"
    known = value.is_in([*BROWNFIELD_VALUES[field], *UNSAID])
    told = pl.when(known).then(value).otherwise(pl.lit(other))
    return pl.when(value.is_not_null()).then(told).alias(field)


def _of_form(field: str, pattern: str) -> pl.Expr:
    """A value in the form that the standard asks for, else none."""
    return pl.when(pl.col(field).str.contains(pattern)).then(field)
