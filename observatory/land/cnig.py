"""Builds deliveries in the national standard « Sites économiques ».

Source: CNIG, « Sites économiques » v2024-10 (Table Schema v1.0.1). Areas are hectares; shapes are
GeoJSON in the legal projection, points are longitude and latitude where the schema asks for a
geopoint. What an inventory says of a site or a terrain is passed on; what is presumed of a unit is
« inconnu »: read back, a delivery must not turn presumption into what somebody saw.

Two defects of the schemas are handled: the pattern of ``terr_refcad`` knows no Corsican parcel, so
identifiers are written as they are and only such a parcel is refused by a validator; the CSV says
``SIRET`` and ``ban-id`` where the GeoPackage template says ``siret`` and ``ban_id``. The four
fields on sales of a terrain may not be published: the CSV keeps their headers, which validators
ask for, and never a value; the GeoPackage has no such column.
"""

import datetime as dt

import polars as pl

from observatory.geography.crs import M2_PER_HA
from observatory.land.activities import CNIG_UNKNOWN
from observatory.land.cnig_fields import (
    CNIG_GEOCODING,
    CNIG_OCCUPATIONS,
    CNIG_OWNERS,
    CNIG_SIZES,
    ESTABLISHMENT_FIELDS,
    NAF_SECTIONS,
    POLE_FIELDS,
    SITE_FIELDS,
    TERRAIN_FIELDS,
)
from observatory.land.sites import ZAE
from observatory.land.sums import sum_steadily

CARTOFRICHES = "cerema/brownfields"
PAGE = "https://cartofriches.cerema.fr/cartofriches/?site={}"
# a walk of some minutes to a stop
WALK_M = 500.0
UNNAMED = "non nommé (personne physique ou société civile)"


def arrange_fields(frame: pl.DataFrame, fields: list[str]) -> pl.DataFrame:
    """Arrange exactly the standard's fields, in its order; those that nothing fills are blank."""
    missing = [pl.lit(None, pl.String).alias(f) for f in fields if f not in frame.columns]
    return frame.with_columns(*missing).select(fields)


def _middle(low: str, high: str) -> pl.Expr:
    """Jobs at the middle of their bounds, whole."""
    return ((pl.col(low) + pl.col(high)) / 2).round().cast(pl.Int64)


def _hectares(column: str) -> pl.Expr:
    return (pl.col(column) / M2_PER_HA).round(4)


def _yes(flag: pl.Expr) -> pl.Expr:
    return pl.when(flag).then(pl.lit("oui")).when(~flag).then(pl.lit("non"))


def build_poles(released: pl.DataFrame, sites: pl.DataFrame, day: dt.date) -> pl.DataFrame:
    """Build the rows of POLE-ECO from ``land_poles``, in hectares.

    ``released`` has ``geompoint`` (longitude, latitude) beside its columns. A pole bears the name
    of its largest site.
    """
    largest = sites.sort("area_m2", "site_id", descending=[True, False]).unique(
        "pole_id", keep="first", maintain_order=True
    )
    rows = released.join(largest.select("pole_id", "site_name"), on="pole_id", how="left")
    return arrange_fields(
        rows.select(
            "pole_id",
            pole_nom=pl.coalesce("site_name", "pole_id"),
            pole_vocadomi=pl.col("dominant_vocation").fill_null(CNIG_UNKNOWN),
            pole_identif_date=pl.lit(day),
            pole_actu_date=pl.lit(day),
            pole_nb_site="site_count",
            pole_nb_etab="establishment_count",
            pole_nb_emploi=_middle("job_count_low", "job_count_high"),
            pole_surface=_hectares("area_m2"),
            pole_geompoint="geompoint",
            pole_rayonnement=pl.lit(CNIG_UNKNOWN),
        ),
        POLE_FIELDS,
    )


def build_sites(
    released: pl.DataFrame,
    units: pl.DataFrame,
    epci: pl.DataFrame,
    producer: str,
    day: dt.date,
    *,
    said: pl.DataFrame,
    firms: pl.DataFrame,
    access: pl.DataFrame,
) -> pl.DataFrame:
    """Build the rows of SITE-ECO from ``land_sites`` and ``land_units``, in hectares.

    ``released`` has ``geompoint`` and ``geomsurf`` (GeoJSON) beside its columns, ``said`` is
    ``land_site_inventory``, ``firms`` ``land_establishments`` and ``access`` ``land_site_access``.
    Distances by road are the inventory's alone. Counts of vacant units and their rate are filled
    only for a ZAE all of whose units were seen on the ground, declared or inventoried: presumption
    is not the legal rate.
    """
    is_legal = (pl.col("site_type") == ZAE) & (pl.col("_seen") == pl.col("_counted"))
    is_legal = is_legal & (pl.col("_counted") > 0)
    rows = released.join(_count_units(units), on="site_id", how="left").join(
        epci, on="epci_code", how="left"
    )
    rows = rows.join(_list_vocations(firms), on="site_id", how="left")
    rows = rows.join(access.drop("is_fictitious", strict=False), on="site_id", how="left")
    described = rows.select(
        "site_id",
        "pole_id",
        **_name_site(),
        site_identif_date=pl.lit(day),
        site_actu_date=pl.lit(day),
        source_producteur=pl.lit(producer),
        site_surf_brute=_hectares("area_m2"),
        site_surf_utile=_hectares("useful_m2"),
        site_surf_comm_dispo=_hectares("_sale"),
        site_uf_nbre="unit_count",
        site_uf_vacant_nbre=pl.when(is_legal).then("_vacant"),
        site_taux_vacance=pl.when(is_legal).then(
            (100 * pl.col("_vacant") / pl.col("_counted")).round().cast(pl.Int64)
        ),
        site_uf_bati_nbre="_built",
        site_nb_etab="establishment_count",
        site_nb_emploi=_middle("job_count_low", "job_count_high"),
        site_geomsurf="geomsurf",
        site_geompoint="geompoint",
        desserte_tc=_yes(pl.col("site_stop_m") <= WALK_M),
        desserte_route_nom="main_road_number",
        autoroute_nom="motorway_number",
        **_tell_vocations(),
    )
    whole = _with_said(described, said, before=SAID_BEFORE_OURS)
    return arrange_fields(whole, SITE_FIELDS).with_columns(
        pl.col("site_moa_type", "site_etat").fill_null(CNIG_UNKNOWN)
    )


def _with_said(
    ours: pl.DataFrame, said: pl.DataFrame, *, before: tuple[str, ...] = ()
) -> pl.DataFrame:
    """Fields with what an inventory says where we say nothing, or ``before`` what we say.

    ``said`` has our key and fields of the standard under their own names.
    """
    key = ours.columns[0]
    told = said.select(key, pl.exclude(key, "is_fictitious", "source_producteur").name.suffix("_"))
    rows = ours.join(told, on=key, how="left", maintain_order="left")
    fields = [c.removesuffix("_") for c in told.columns if c != key]
    both = {
        f: pl.coalesce(*((f"{f}_", f) if f in before else (f, f"{f}_")))
        if f in ours.columns
        else pl.col(f"{f}_")
        for f in fields
    }
    return rows.with_columns(**both).drop(f"{f}_" for f in fields)


# field of the standard → vocation that a firm of the site has
SITE_VOCATIONS = {
    "site_voca_industrielle": "industrielle",
    "site_voca_commerciale": "commerciale",
    "site_voca_tertiaire": "tertiaire",
    "site_voca_artisanale": "artisanale",
    "site_voca_touristique": "touristique",
    "site_voca_portuaire": "portuaire",
    "site_voca_aeroportuaire": "aéroportuaire, aéronautique",
}
SAID_BEFORE_OURS = (
    *SITE_VOCATIONS,
    *("site_etat", "site_identif_date", "desserte_tc", "desserte_route_nom", "autoroute_nom"),
)


def _list_vocations(firms: pl.DataFrame) -> pl.DataFrame:
    """Vocations of the active firms of each site."""
    active = firms.filter(pl.col("is_active").fill_null(value=False))
    return active.group_by("site_id").agg(_vocations=pl.col("vocation").drop_nulls().unique())


def _tell_vocations() -> dict[str, pl.Expr]:
    """Whether a site holds a firm of each vocation; blank where no firm is known there."""
    return {
        field: _yes(pl.col("_vocations").list.contains(vocation))
        for field, vocation in SITE_VOCATIONS.items()
    }


def _name_site() -> dict[str, pl.Expr]:
    """What a site is called, what it is for and where it lies, by the standard's field."""
    return {
        "site_nom": pl.coalesce("site_name", "site_id"),
        "site_type": pl.col("site_type"),
        "site_vocadomi": pl.coalesce(
            "dominant_vocation", "declared_vocation", pl.lit(CNIG_UNKNOWN)
        ),
        "site_etat": pl.when(pl.col("establishment_count") > 0).then(pl.lit("existant et actif")),
        "site_epci_nom": pl.col("epci_label").fill_null(CNIG_UNKNOWN),
        "site_epci_siren": pl.col("epci_code").fill_null(CNIG_UNKNOWN),
        "site_comm_nom": pl.col("commune_label").fill_null(CNIG_UNKNOWN),
        "site_comm_insee": pl.col("commune_code").fill_null(CNIG_UNKNOWN),
    }


def _count_units(units: pl.DataFrame) -> pl.DataFrame:
    """Count the units of each site: built, vacant, seen, in all; and what is for sale (m²).

    Built ones are null where the buildings of a unit are not known.
    """
    is_counted = pl.col("occupation_state") != "common_area"
    is_surveyed = pl.col("occupation_confidence") == "surveyed"
    is_known = pl.col("is_for_sale").is_not_null()
    return units.group_by("site_id").agg(
        _built=pl.when(pl.col("built_m2").is_not_null().all()).then(
            ((pl.col("built_m2") > 0) & is_counted).sum()
        ),
        _vacant=(pl.col("occupation_state") == "vacant").sum(),
        _seen=(is_surveyed & is_counted).sum(),
        _counted=is_counted.sum(),
        _sale=pl.when((is_known | ~is_counted).all() & is_known.any()).then(
            sum_steadily(pl.col("area_m2").filter(pl.col("is_for_sale").fill_null(value=False)))
        ),
    )


def build_terrains(
    released: pl.DataFrame,
    day: dt.date,
    *,
    seen: pl.DataFrame,
    said: pl.DataFrame,
    brownfields: pl.DataFrame,
) -> pl.DataFrame:
    """Build the rows of TERRAIN-ECO from ``land_units``: one terrain per land unit, in hectares.

    ``released`` has ``geomsurf`` beside its columns; ``seen`` is ``land_occupation_comparison``,
    ``said`` ``land_unit_inventory`` and ``brownfields`` ``land_brownfields``. The state is what
    somebody saw, on the day of it; all that is presumed is « inconnu ».
    """
    state = pl.col("occupation_state")
    common = state == "common_area"
    is_seen = pl.col("occupation_confidence") == "surveyed"
    rows = released.join(
        seen.select("unit_id", "seen_date", "is_seen_brownfield"), on="unit_id", how="left"
    ).join(_page_by_unit(released, brownfields), on="unit_id", how="left", maintain_order="left")
    told = rows.select(
        terr_id="unit_id",
        site_id="site_id",
        terr_refcad="parcel_ids",
        terr_surf_brute=_hectares("area_m2"),
        terr_utile=_yes(~common),
        terr_identif_date=pl.coalesce("seen_date", pl.lit(day)),
        terr_actu_date=pl.coalesce("seen_date", pl.lit(day)),
        terr_maitrise_fonc=_unless_unknown(pl.col("owner_category").replace_strict(CNIG_OWNERS)),
        terr_stade_comm=pl.when(pl.col("is_for_sale")).then(pl.lit("en vente")),
        terr_etat_occup=pl.when(common & ~is_seen)
        .then(pl.lit("sans objet"))
        .when(~is_seen)
        .then(pl.lit(CNIG_UNKNOWN))
        .when((state == "vacant") & pl.col("is_seen_brownfield"))
        .then(pl.lit("friche"))
        .otherwise(state.replace_strict(CNIG_OCCUPATIONS)),
        terr_usage=pl.when(common).then(pl.lit("voirie ou infrastructure")),
        terr_url_cartofriches="_page",
        terr_geomsurf="geomsurf",
    )
    whole = _with_said(told, said.rename({"unit_id": "terr_id"}), before=("terr_utile",))
    unknown = ("terr_maitrise_fonc", "terr_stade_amngt", "terr_stade_comm", "terr_usage")
    return arrange_fields(whole, TERRAIN_FIELDS).with_columns(
        pl.col(field).fill_null(CNIG_UNKNOWN) for field in unknown
    )


def _unless_unknown(told: pl.Expr) -> pl.Expr:
    return pl.when(told != CNIG_UNKNOWN).then(told)


def _page_by_unit(units: pl.DataFrame, brownfields: pl.DataFrame) -> pl.DataFrame:
    """The page in Cartofriches of the brownfield that lists a parcel of a brownfield unit."""
    listed = (
        brownfields.filter(pl.col("brownfield_source_key") == CARTOFRICHES)
        .select("brownfield_id", parcel_id=pl.col("parcel_ids").str.split("|"))
        .explode("parcel_id")
        .drop_nulls()
    )
    own = units.filter(pl.col("is_brownfield").fill_null(value=False))
    links = own.select("unit_id", parcel_id=pl.col("parcel_ids").str.split("|"))
    return (
        links.explode("parcel_id")
        .join(listed, on="parcel_id")
        .group_by("unit_id")
        .agg(_page=pl.format(PAGE, pl.col("brownfield_id").min()))
    )


def build_establishments(
    released: pl.DataFrame, communes: pl.DataFrame, year: int, day: dt.date
) -> pl.DataFrame:
    """Build the rows of ETABLISSEMENT from ``land_establishments``.

    ``released`` has ``geojson`` beside its columns. The standard requires a date of creation: an
    establishment without one is left out.
    """
    rows = released.drop_nulls("created_date").join(
        communes.select("commune_code", "epci_code", "epci_label"), on="commune_code", how="left"
    )
    name = pl.coalesce("establishment_name", pl.lit(UNNAMED))
    described = rows.select(
        SIRET="siret",
        SIREN=pl.col("siret").str.slice(0, 9),
        terr_id="unit_id",
        etab_adresse="establishment_address",
        etab_siege=_yes(pl.col("is_seat")),
        etab_raison_sociale=name,
        etab_nat_juridique=pl.col("legal_category_code").fill_null(CNIG_UNKNOWN),
        etab_nom=name,
        epci_nom=pl.col("epci_label").fill_null(CNIG_UNKNOWN),
        epci_siren=pl.col("epci_code").fill_null(CNIG_UNKNOWN),
        comm_nom=pl.col("commune_label").fill_null(CNIG_UNKNOWN),
        comm_insee=pl.col("commune_code").fill_null(CNIG_UNKNOWN),
        etab_creation_date="created_date",
        etab_identif_date=pl.lit(day),
        etab_actu_date=pl.lit(day),
        etab_actif=_yes(pl.col("is_active")),
        etab_fermeture_date="closed_date",
        **_describe_activity(year),
        etab_source_info=pl.lit("Insee, répertoire Sirene"),
        geocodage_qualite=pl.col("placement_level").replace_strict(CNIG_GEOCODING),
        etab_geompoint="geojson",
    )
    return arrange_fields(described, ESTABLISHMENT_FIELDS)


def _describe_activity(year: int) -> dict[str, pl.Expr]:
    """Activity and size class of an establishment, by the standard's field."""
    section = {
        f"{division:02d}": label
        for (first, last), label in NAF_SECTIONS.items()
        for division in range(first, last + 1)
    }
    naf = pl.col("naf_code")
    size = pl.col("size_class").fill_null("NN")
    return {
        "etab_activite_code": naf.str.replace(".", "", literal=True).fill_null(CNIG_UNKNOWN),
        "etab_activite_libelle": naf.str.slice(0, 2)
        .replace_strict(section, default=CNIG_UNKNOWN, return_dtype=pl.String)
        .fill_null(CNIG_UNKNOWN),
        "etab_effectif_code": size,
        "etab_effectif_libelle": size.replace_strict(CNIG_SIZES, default=CNIG_SIZES["NN"]),
        "etab_effectif_annee": pl.col("size_year").fill_null(year).cast(pl.Int64).cast(pl.String),
    }
