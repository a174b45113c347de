"""Establishments on parcels, with when they were active; who is withheld."""

import dagster as dg
import geopandas as gpd
import polars as pl

from assets.land.register import OPEN, PARTIAL
from observatory.disclosure.withholding import COLUMN, REGISTER
from observatory.ingest.cleaning import (
    LINE,
)
from observatory.land.occupation import SCI, periods, reference_year
from observatory.land.placement import (
    best_coordinates,
    place,
)
from observatory.pipeline.drafts import OWNERS
from observatory.settings import load_settings


@dg.asset(name=REGISTER, group_name="land", kinds={"polars", "parquet"}, owners=OWNERS)
def withheld(
    clean_insee__sirene_stock: pl.DataFrame, clean_insee__sirene_legal_units: pl.DataFrame
) -> pl.DataFrame:
    """SIREN and SIRET under partial diffusion today; no figure or name of theirs leaves."""
    found = [pl.Series(COLUMN, [], dtype=pl.String)]
    for frame, code in (
        (clean_insee__sirene_stock, "siret"),
        (clean_insee__sirene_legal_units, "siren"),
    ):
        if code in frame.columns:
            found.append(frame.filter(pl.col("diffusion") == PARTIAL)[code].alias(COLUMN))
    return pl.concat(found).unique().sort().to_frame()


@dg.asset(group_name="land", kinds={"polars", "parquet"}, owners=OWNERS)
def _land_placed(
    clean_insee__sirene_stock: pl.DataFrame,
    clean_insee__sirene_history: pl.DataFrame,
    clean_insee__sirene_legal_units: pl.DataFrame,
    clean_insee__sirene_geolocated: pl.DataFrame,
    clean_ban__geocoding: pl.DataFrame,
    _land_parcels: gpd.GeoDataFrame,
) -> pl.DataFrame:
    """Every establishment with its parcel where it can be told, and when it was active."""
    if clean_insee__sirene_stock.is_empty():
        return pl.DataFrame()
    return placed(
        clean_insee__sirene_stock,
        history=clean_insee__sirene_history,
        legal_units=clean_insee__sirene_legal_units,
        geolocated=clean_insee__sirene_geolocated,
        geocoded=clean_ban__geocoding,
        parcels=_land_parcels,
    )


def placed(
    stock: pl.DataFrame,
    *,
    history: pl.DataFrame,
    legal_units: pl.DataFrame,
    geolocated: pl.DataFrame,
    geocoded: pl.DataFrame,
    parcels: gpd.GeoDataFrame,
) -> pl.DataFrame:
    """The register with place, periods and legal category; absent files add nothing."""
    own = stock.drop(*LINE)
    own = _joined(own, geolocated, ["insee_x_m", "insee_y_m", "quality_code"])
    own = _joined(own, geocoded, ["ban_x_m", "ban_y_m", "ban_kind", "ban_score"])
    own = own.with_columns(siren=pl.col("siret").str.slice(0, 9))
    units = legal_units if len(legal_units) else _no_legal_units()
    own = own.join(
        units.select("siren", "legal_category_code", unit_name="name", unit_diffusion="diffusion"),
        on="siren",
        how="left",
        maintain_order="left",
    )
    year = reference_year(load_settings().as_of, own["processed_date"])
    past = history if len(history) else _no_history()
    known = pl.from_pandas(parcels[["parcel_id", "commune_code"]].astype(str))
    located = place(best_coordinates(own), known, parcels.geometry.to_numpy())
    return (
        located.join(periods(past, own, year), on="siret", how="left", maintain_order="left")
        .with_columns(
            pl.col("is_active_in_window").fill_null(value=False),
            pl.col("is_known_before").fill_null(value=False),
            is_civil_company=pl.col("legal_category_code").is_in(SCI).fill_null(value=False),
            is_shown=(
                (pl.col("diffusion") == OPEN) & (pl.col("unit_diffusion") != PARTIAL)
            ).fill_null(value=False),
            reference_year=pl.lit(year),
        )
        .drop("quality_code", "ban_kind", "ban_score", "own_x_m", "own_y_m")
    )


def _joined(own: pl.DataFrame, other: pl.DataFrame, columns: list[str]) -> pl.DataFrame:
    """Columns of another file by SIRET; null where it was not handed over."""
    if len(other):
        return own.join(
            other.select("siret", *columns), on="siret", how="left", maintain_order="left"
        )
    numbers = [c for c in columns if c.endswith(("_m", "_score"))]
    return own.with_columns(
        pl.lit(None, pl.Float64 if c in numbers else pl.String).alias(c) for c in columns
    )


def _no_history() -> pl.DataFrame:
    return pl.DataFrame(
        schema={
            "siret": pl.String,
            "start_date": pl.Date,
            "end_date": pl.Date,
            "is_active": pl.Boolean,
        }
    )


def _no_legal_units() -> pl.DataFrame:
    return pl.DataFrame(
        schema=dict.fromkeys(("siren", "legal_category_code", "name", "diffusion"), pl.String)
    )
