"""Establishments on parcels, with when they were active; who is withheld leaves here."""

import datetime as dt

import geopandas as gpd
import polars as pl

from assets.land.cadastre import with_shapes
from assets.land.register import OPEN, PARTIAL
from observatory.disclosure.withholding import (
    IDENTIFIER_COLUMN,
    REGISTER,
    is_withheld,
    list_version,
    may_be_named,
    read_withheld_identifiers,
)
from observatory.ingest.issues import LINE
from observatory.land.occupation import SCI, choose_reference_year, summarise_periods
from observatory.land.placement import (
    choose_coordinates,
    place_establishments,
)
from observatory.pipeline.run_settings import RunSettings
from observatory.pipeline.steps import Out, step
from observatory.settings import Settings
from observatory.storage.frames import HandedOver, Store


@step(
    Out(
        name=REGISTER,
        group="land",
    ),
    is_parted=True,
)
def withheld(
    clean_insee__sirene_stock: pl.DataFrame, clean_insee__sirene_legal_units: pl.DataFrame
) -> pl.DataFrame:
    """SIREN and SIRET under partial diffusion today; no figure or name of theirs leaves."""
    hidden = pl.col("diffusion") == PARTIAL
    found = [
        clean_insee__sirene_stock.filter(hidden)["siret"],
        clean_insee__sirene_legal_units.filter(hidden)["siren"],
    ]
    return pl.concat(codes.alias(IDENTIFIER_COLUMN) for codes in found).unique().sort().to_frame()


@step(
    Out(
        name="_land_placed",
        group="land",
        description="Establishments that may be told of today, with parcel and periods.",
    ),
    Out(
        name="_land_undisclosed",
        group="land",
        description="Parcels where somebody is who may not be told of today: no more of them.",
    ),
    name="_land_placed_and_undisclosed",
    deps=[REGISTER],
    facts=lambda settings, store: {"who is withheld": list_version(settings, store)},
    is_parted=True,
)
def placed_and_undisclosed(
    clean_insee__sirene_stock: pl.DataFrame,
    clean_insee__sirene_history: pl.DataFrame,
    clean_insee__sirene_legal_units: HandedOver,
    clean_insee__sirene_geolocated: pl.DataFrame,
    clean_ban__geocoding: pl.DataFrame,
    _land_parcels: pl.DataFrame,
    clean_cadastre__parcels: gpd.GeoDataFrame,
    clean_cadastre__edigeo: gpd.GeoDataFrame,
    settings: RunSettings,
    store: Store,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Every establishment with its parcel where it can be told, and when it was active.

    Who is withheld today leaves before anything is counted. None without the file of legal units:
    it alone tells civil companies, which hold walls and occupy nothing, from firms.
    """
    has_units = not clean_insee__sirene_legal_units.is_absent
    rows = placed(
        clean_insee__sirene_stock if has_units else clean_insee__sirene_stock.clear(),
        history=clean_insee__sirene_history,
        legal_units=clean_insee__sirene_legal_units.rows,
        geolocated=clean_insee__sirene_geolocated,
        geocoded=clean_ban__geocoding,
        parcels=with_shapes(_land_parcels, clean_cadastre__parcels, clean_cadastre__edigeo),
        as_of=settings.as_of,
    )
    return part_withheld(rows, read_withheld_identifiers(settings, store))


def part_withheld(rows: pl.DataFrame, withheld: pl.Series) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Establishments that may be told of, and the parcels where one is that may not.

    Of those there is left that somebody is there, so that nobody takes the place for vacant.
    """
    hidden = is_withheld("siret", withheld)
    matter = hidden & pl.col("is_known_before") & ~pl.col("is_civil_company")
    parcels = rows.filter(matter).select("parcel_id").drop_nulls().unique().sort("parcel_id")
    return rows.filter(~hidden), parcels


def counted_in_units(settings: Settings) -> pl.Series:
    """SIRET that land tables count, in a unit by parcel or by street, whether listed or not."""
    store = Store.of(settings)
    if not (store.has("_land_placed") and store.has("_land_unit_parcels")):
        return pl.Series("siret", [], dtype=pl.String)
    own = store.read("_land_unit_parcels", ["parcel_id"])["parcel_id"]
    placed_ = store.read("_land_placed", ["siret", "parcel_id"])
    return placed_.filter(pl.col("parcel_id").is_in(own.implode()))["siret"]


def placed(
    stock: pl.DataFrame,
    *,
    history: pl.DataFrame,
    legal_units: pl.DataFrame,
    geolocated: pl.DataFrame,
    geocoded: pl.DataFrame,
    parcels: gpd.GeoDataFrame,
    as_of: dt.date,
) -> pl.DataFrame:
    """The register with place, periods and legal category; absent files add nothing."""
    own = stock.drop(*LINE).with_columns(siren=pl.col("siret").str.slice(0, 9))
    insee = geolocated.select("siret", "insee_x_m", "insee_y_m", "quality_code")
    ban = geocoded.select("siret", "ban_x_m", "ban_y_m", "ban_kind", "ban_score")
    units = legal_units.select("siren", "legal_category_code", unit_name="name")
    for more, key in ((insee, "siret"), (ban, "siret"), (units, "siren")):
        own = own.join(more, on=key, how="left", maintain_order="left")
    year = choose_reference_year(as_of, own["processed_date"])
    known = pl.from_pandas(parcels[["parcel_id", "commune_code"]].astype(str))
    located = place_establishments(choose_coordinates(own), known, parcels.geometry.to_numpy())
    return (
        located.join(
            summarise_periods(history, own, year), on="siret", how="left", maintain_order="left"
        )
        .with_columns(
            pl.col("is_active_in_window").fill_null(value=False),
            pl.col("is_known_before").fill_null(value=False),
            is_civil_company=pl.col("legal_category_code").is_in(SCI).fill_null(value=False),
            is_shown=(pl.col("diffusion") == OPEN).fill_null(value=False),
            brand=pl.when(may_be_named(pl.col("legal_category_code"))).then("brand"),
            reference_year=pl.lit(year),
        )
        .drop("quality_code", "ban_kind", "ban_score", "own_x_m", "own_y_m")
        .drop("street_number")
    )
