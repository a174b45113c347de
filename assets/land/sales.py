"""Sales: from geo-DVF and raw DVF to prices by commune, never a single sale."""

import datetime as dt

import geopandas as gpd
import numpy as np
import pandas as pd
import polars as pl
import shapely

from assets.ground import ON_GROUND
from assets.ingestion import ingest
from assets.land.cadastre import with_shapes
from assets.land.contracts.figures import PRICES_BY_COMMUNE
from assets.land.points import Columns, lambert
from assets.parts import sales_of_part
from observatory.geography.cog import department_of
from observatory.geography.joins import points_in_areas
from observatory.geography.layers import drop_geometry
from observatory.geography.territories import keep_whole_epci
from observatory.ingest.cleaning import bare_code, number, read_days, squeeze, whole
from observatory.ingest.issues import ORIGIN, IssueLog
from observatory.ingest.restating import restate_codes, restate_parcels
from observatory.land.constraints import is_economic_zone
from observatory.land.parcels import PARCEL_PATTERN, build_parcel_id
from observatory.land.prices import (
    assemble_sales,
    compute_prices,
    is_ambiguous_mutation,
    number_mutations,
    tell_sales_apart,
)
from observatory.pipeline.drafts import draft_asset
from observatory.pipeline.run_settings import RunSettings
from observatory.pipeline.steps import Out, step
from observatory.storage.frames import Store
from sources import CARDS

GEOLOCATED = CARDS["dgfip/dvf_geolocated"]
RAW = CARDS["dgfip/dvf_raw"]
CONTENT = (
    "mutation_id",
    "disposition",
    "parcel_id",
    "local_type",
    "built_m2",
    "land_nature",
    "special_nature",
    "land_m2",
    "lot_count",
)
BUILDING = ("mutation_id", "disposition", "parcel_id", "local_type", "built_m2")
SALE_COLUMNS = (
    "mutation_id",
    "date",
    "nature",
    "disposition",
    "price_eur",
    "parcel_id",
    "commune_code",
    "local_type",
    "built_m2",
    "land_nature",
    "special_nature",
    "land_m2",
    "is_repeated",
    "x_m",
    "y_m",
)


def clean_geolocated_sales(rows: pl.DataFrame, log: IssueLog) -> pl.DataFrame:
    """Lines of geo-DVF, typed; lines of one identifier that cannot be one sale are left out."""
    rows = read_days(rows, log, "date", unread_is_kept=False)
    rows = rows.with_columns(_parcel=squeeze("parcel_id").str.to_uppercase())
    rows = _refused(rows, log)
    rows = lambert(rows, log, Columns(longitude="longitude", latitude="latitude"))
    rows = restate_codes(rows, log, is_kept=True)
    typed = _typed(rows).with_columns(
        mutation_id=squeeze_series(rows, "mutation"),
        commune_code=rows["commune_code"],
        x_m=rows["x_m"],
        y_m=rows["y_m"],
    )
    apart = tell_sales_apart(_of_one_file(typed, log))
    kept = log.reject(
        apart, is_ambiguous_mutation(), column="mutation_id", issue_type="ambiguous_sale"
    )
    log.add_each(
        kept.filter(pl.col("mutation_id") != pl.col("file_mutation_id")),
        column="mutation_id",
        issue_type="sales_told_apart",
        replaced_by=pl.col("mutation_id"),
    )
    return _without_repeats(kept, log)


def _of_one_file(rows: pl.DataFrame, log: IssueLog) -> pl.DataFrame:
    """Lines of each sale from one file; what two files number alike is apart.

    Each edition numbers sales anew: one may bear two identifiers, and one be of two sales.
    """
    if rows["source_sha256"].n_unique() <= 1:
        return rows
    rows = rows.with_columns(_again=_is_in_another_file())
    again = pl.col("_again").any().over("source_sha256", "mutation_id")
    kept = log.reject(rows, again, column="mutation_id", issue_type="exact_duplicate")
    is_alike = pl.col("source_sha256").n_unique().over("mutation_id") > 1
    own = pl.format("{}-{}", pl.col("source_sha256").str.slice(0, 8), "mutation_id")
    return kept.with_columns(mutation_id=pl.when(is_alike).then(own).otherwise("mutation_id")).drop(
        "_again"
    )


# what tells that lines of two files are of one sale
PART = ["date", "parcel_id", "disposition", "price_eur"]


def _is_in_another_file() -> pl.Expr:
    """Whether another file tells the part of a sale on a line: of two, the last by its hash."""
    return pl.col("source_sha256") != pl.col("source_sha256").max().over(PART)


def clean_raw_sales(rows: pl.DataFrame, log: IssueLog) -> pl.DataFrame:
    """Lines of raw DVF, put together as sales in the order of the file."""
    rows = rows.with_columns(
        _date=squeeze("date").str.to_date("%d/%m/%Y", strict=False),
        _parcel=build_parcel_id(
            pl.col("department_code"),
            pl.col("cadastre_commune"),
            pl.col("prefix"),
            pl.col("section"),
            pl.col("plan"),
        ),
    )
    rows = _refused(rows, log).with_columns(commune_code=pl.col("_parcel").str.slice(0, 5))
    rows = restate_codes(rows, log, is_kept=True)
    typed = _typed(rows).with_columns(
        commune_code=rows["commune_code"],
        department_code=department_of(pl.col("parcel_id").str.slice(0, 5)),
        x_m=pl.lit(None, pl.Float64),
        y_m=pl.lit(None, pl.Float64),
    )
    grouped = number_mutations(typed)
    kept = log.reject(
        grouped, pl.col("is_ambiguous"), column="mutation_id", issue_type="ambiguous_sale"
    )
    return _without_repeats(kept, log)


def squeeze_series(rows: pl.DataFrame, column: str) -> pl.Series:
    """A column without surplus blanks."""
    return rows.select(squeeze(column)).to_series()


def _refused(rows: pl.DataFrame, log: IssueLog) -> pl.DataFrame:
    """Leave out lines without a date or a price that can be read; log parcels that are not one.

    A line whose parcel is unreadable stays: without it the rest of its sale would bear the whole
    price. Such a sale lies in no known place and prices nothing.
    """
    bad = ~pl.col("_parcel").str.contains(PARCEL_PATTERN).fill_null(value=False)
    log.add(
        rows.filter(bad), column="parcel_id", value="_parcel", issue_type="unknown_code", kept=True
    )
    rows = restate_parcels(rows, log, column="_parcel")
    rows = log.reject(rows, pl.col("_date").is_null(), column="date", issue_type="unknown_mark")
    # it would end the years of which prices are told
    is_later = pl.col("_date") > dt.datetime.now(dt.UTC).date()
    rows = log.reject(rows, is_later, column="date", issue_type="future_date")
    price = squeeze("price")
    unread = price.is_not_null() & number("price").is_null()
    return log.reject(rows, unread, column="price", issue_type="unknown_mark")


def _typed(rows: pl.DataFrame) -> pl.DataFrame:
    local = bare_code("local_type")
    return rows.select(
        *ORIGIN,
        date="_date",
        nature=squeeze("nature"),
        disposition=whole("disposition"),
        price_eur=number("price"),
        parcel_id="_parcel",
        local_type=pl.when(local.str.len_chars() > 0).then(local),
        built_m2=number("built_m2"),
        land_nature=squeeze("land_nature"),
        special_nature=squeeze("special_nature"),
        land_m2=number("land_m2"),
        lot_count=whole("lot_count"),
    )


def _without_repeats(rows: pl.DataFrame, log: IssueLog) -> pl.DataFrame:
    """The same line twice is kept once; a building that stands twice is marked, and not priced.

    DVF repeats a building on each fiscal subdivision of its parcel, and two like buildings are
    written alike: nothing tells the one from the other.
    """
    key, building = pl.struct(CONTENT), pl.struct(BUILDING)
    twice = building.is_duplicated() & pl.col("local_type").is_not_null()
    marked = rows.with_columns(is_repeated=twice)
    again = ~key.is_first_distinct()
    kept = log.reject(marked, again, column="mutation_id", issue_type="exact_duplicate")
    return kept.select(*ORIGIN, *SALE_COLUMNS)


DEPARTMENT, DATE = "code_departement", "date_mutation"
geolocated_sales = ingest(
    GEOLOCATED,
    clean_geolocated_sales,
    of_part=sales_of_part(DEPARTMENT, DATE, "id_mutation"),
    reads=ON_GROUND,
)
raw_sales = ingest(
    RAW,
    clean_raw_sales,
    of_part=sales_of_part(DEPARTMENT, DATE, "valeur_fonciere"),
    reads=ON_GROUND,
)


@step(
    Out(
        name="_land_sales",
        group="land",
    ),
    is_parted=True,
)
def _land_sales(
    clean_dgfip__dvf_geolocated: pl.DataFrame,
    clean_dgfip__dvf_raw: pl.DataFrame,
    clean_gpu__zoning: gpd.GeoDataFrame,
    _land_parcels: pl.DataFrame,
    clean_cadastre__parcels: gpd.GeoDataFrame,
    clean_cadastre__edigeo: gpd.GeoDataFrame,
    _land_sites: gpd.GeoDataFrame,
    store: Store,
) -> pl.DataFrame:
    """Every sale once, with what it is priced at or why it is not. Never published.

    One over several départements is of that in which its commune is.
    """
    lines = sale_lines(clean_dgfip__dvf_geolocated, clean_dgfip__dvf_raw)
    parcels = with_shapes(_land_parcels, clean_cadastre__parcels, clean_cadastre__edigeo)
    sold = assemble_sales(
        with_areas(lines, parcels=parcels, sites=_land_sites, zoning=clean_gpu__zoning)
    )
    elsewhere = department_of(pl.col("commune_code")) != store.part
    return sold.filter(~elsewhere.fill_null(value=False))


def sale_lines(geolocated: pl.DataFrame, raw: pl.DataFrame) -> pl.DataFrame:
    """Lines of both files, each sale from one: the geolocated, or the raw where it knows more.

    The raw one knows more of a sale that the other lacks, left out as ambiguous, or holds under
    one identifier with another sale; its ground is then placed as the other file places it.
    """
    # of two raw files that hold a sale, one tells it
    told_again = raw.filter(_is_in_another_file())["mutation_id"]
    raw = raw.filter(~pl.col("mutation_id").is_in(told_again.implode()))
    apart = (
        geolocated.join(raw.select(*PART, _raw="mutation_id"), on=PART, nulls_equal=True)
        .group_by("mutation_id")
        .agg(pl.col("_raw").n_unique())
        .filter(pl.col("_raw") > 1)["mutation_id"]
    )
    told = geolocated.filter(~pl.col("mutation_id").is_in(apart.implode()))
    served = raw.join(told.select("date", "parcel_id"), on=["date", "parcel_id"], how="semi")
    known = raw["mutation_id"].is_in(served["mutation_id"].implode())
    places = geolocated.group_by("parcel_id").agg(pl.col("x_m", "y_m").drop_nulls().first())
    fresh = raw.filter(~known).drop("x_m", "y_m").join(places, on="parcel_id", how="left")
    return pl.concat([told.select(SALE_COLUMNS), fresh.select(SALE_COLUMNS)])


def with_areas(
    lines: pl.DataFrame,
    *,
    parcels: gpd.GeoDataFrame,
    sites: gpd.GeoDataFrame,
    zoning: gpd.GeoDataFrame,
) -> pl.DataFrame:
    """Add whether the parcel of each line lies in a site, and in economic zoning.

    By a point in the parcel's shape; by the line's own coordinates where the parcel is unknown.
    """
    sold = lines.group_by("parcel_id").agg(
        pl.col("x_m").drop_nulls().first(), pl.col("y_m").drop_nulls().first()
    )
    at = pd.Index(parcels["parcel_id"]).get_indexer(sold["parcel_id"].to_numpy())
    points = np.full(len(sold), None, dtype=object)
    drawn = at >= 0
    points[drawn] = shapely.point_on_surface(parcels.geometry.to_numpy()[at[drawn]])
    told = ~drawn & sold["x_m"].is_not_null().to_numpy()
    own = sold.filter(pl.Series(told))
    points[told] = shapely.points(own["x_m"].to_numpy(), own["y_m"].to_numpy())
    chosen = drop_geometry(zoning).select(
        chosen=is_economic_zone(
            pl.col("zone_type"),
            pl.col("zone_label"),
            pl.col("zone_long_label"),
            pl.col("destination"),
        )
    )["chosen"]
    zones = zoning.geometry.to_numpy()[chosen.to_numpy()]
    located = sold.select(
        "parcel_id",
        is_located=pl.Series(drawn | told),
        is_in_site=pl.Series(_inside(points, sites.geometry.to_numpy())),
        is_in_economic_zone=pl.Series(_inside(points, zones)),
    )
    return lines.join(located, on="parcel_id", how="left", maintain_order="left")


def _inside(points: np.ndarray, areas: np.ndarray) -> np.ndarray:
    found = np.zeros(len(points), dtype=bool)
    x, y = shapely.get_x(points), shapely.get_y(points)
    found[points_in_areas(x, y, areas, with_border=True)[0]] = True
    return found


@draft_asset(PRICES_BY_COMMUNE)
def land_prices_by_commune(
    _land_sales: pl.DataFrame,
    land_coverage_by_commune: pl.DataFrame,
    geography_communes: pl.DataFrame,
    settings: RunSettings,
) -> pl.DataFrame:
    """Median and quartiles by commune and EPCI of the territory, nature of land by nature."""
    return compute_prices(
        _land_sales.filter(pl.col("reason") == "priced"),
        places(geography_communes),
        land_coverage_by_commune.select(
            "commune_code", "has_sales", "sales_first_year", "sales_last_year"
        ),
        floor_pct=settings.land_communes_floor_pct,
    )


def places(communes: pl.DataFrame) -> pl.DataFrame:
    """Communes of the territory, and all those of the EPCI that lie wholly in it.

    An EPCI of which a part alone is in the territory has no figure: it would be that part's.
    """
    local = communes.filter("is_in_territory")
    own = local.select(
        "commune_code",
        territory_level=pl.lit("commune"),
        territory_code="commune_code",
        territory_label="commune_label",
    )
    whole = keep_whole_epci(communes)
    epci = whole.select(
        "commune_code",
        territory_level=pl.lit("epci"),
        territory_code="epci_code",
        territory_label="epci_label",
        epci_code=pl.lit(None, pl.String),
    )
    counted_in = whole.select("commune_code", "epci_code")
    return pl.concat([own.join(counted_in, on="commune_code", how="left"), epci])
