"""Land units occupied, vacant, free or undetermined; establishments in them; what was seen."""

import geopandas as gpd
import numpy as np
import polars as pl
import shapely

from assets.land.brownfields import REAL_BROWNFIELDS
from assets.land.contracts.occupants import ESTABLISHMENTS, OCCUPATION_COMPARISON, VACANCY_BY_SITE
from assets.land.contracts.places import UNITS
from assets.land.units import NOWHERE
from observatory.disclosure.withholding import REGISTER, may_be_named
from observatory.geography.joins import measure_overlaps, points_in_areas
from observatory.geography.layers import as_geodataframe, drop_geometry
from observatory.ingest.shapes import POLYGONAL
from observatory.land.activities import bound_jobs, classify_vocation
from observatory.land.balance import defer_closed_zones, split_stock
from observatory.land.density import is_densifiable
from observatory.land.occupation import (
    classify_occupation,
    compare_with_survey,
    count_evidence,
    count_vacancy,
    find_presence,
)
from observatory.land.parcels import commune_of_parcel
from observatory.land.streets import find_units_in_active_streets
from observatory.land.sums import share_of_ground
from observatory.pipeline.drafts import draft_asset, empty_draft
from observatory.pipeline.run_settings import RunSettings
from observatory.pipeline.steps import LAYER, Out, step
from observatory.settings import Settings
from observatory.storage.frames import Coverage

# share of a unit's parcels that listed brownfields must hold
BROWNFIELD_SHARE = 0.5
# share of a unit's parcels that must have been seen
MAJORITY = 0.5


@step(
    Out(
        name="_land_occupation",
        group="land",
        description="Land units with owner, occupation, density and constraints.",
        kinds=LAYER,
    ),
    is_parted=True,
)
def _land_occupation(
    _land_units: gpd.GeoDataFrame,
    _land_unit_parcels: pl.DataFrame,
    _land_placed: pl.DataFrame,
    _land_undisclosed: pl.DataFrame,
    _land_observations: pl.DataFrame,
    _land_constraints: pl.DataFrame,
    _land_brownfields: gpd.GeoDataFrame,
    clean_insee__sirene_stock: Coverage,
    clean_insee__sirene_legal_units: Coverage,
    clean_cerema__brownfields: Coverage,
    clean_cnig__brownfields: Coverage,
    geography_communes: pl.DataFrame,
    settings: RunSettings,
) -> gpd.GeoDataFrame:
    """Every land unit with owner, occupation, density and constraints."""
    is_untold = clean_insee__sirene_stock.is_absent or clean_insee__sirene_legal_units.is_absent
    units = _in_active_streets(_land_units, _land_unit_parcels, _land_placed).join(
        _land_constraints.drop("commune_code", "area_m2"),
        on="unit_id",
        how="left",
        maintain_order="left",
    )
    rows = occupied(
        units,
        links=_land_unit_parcels,
        placed=None if is_untold else _land_placed,
        in_register=clean_insee__sirene_stock.names(pl.col("commune_code")),
        undisclosed=_land_undisclosed["parcel_id"],
        seen=_land_observations,
        brownfields=None
        if clean_cerema__brownfields.is_absent and clean_cnig__brownfields.is_absent
        else _covered(_land_units, _land_unit_parcels, _land_brownfields),
        settings=settings,
    )
    rows = named(rows, geography_communes)
    return as_geodataframe(rows, _land_units.geometry.to_numpy())


@draft_asset(UNITS, deps=[REGISTER])
def land_units(_land_occupation: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Every land unit of the territory, département by département."""
    return empty_draft(UNITS) if _land_occupation.empty else _land_occupation


def _in_active_streets(
    units: gpd.GeoDataFrame, links: pl.DataFrame, placed: pl.DataFrame
) -> pl.DataFrame:
    """Units, and whether a firm may be on them of which the register knows the street alone."""
    rows = drop_geometry(units)
    found = find_units_in_active_streets(
        with_units(placed, links), rows["unit_id"], units.geometry.to_numpy()
    )
    return rows.with_columns(is_in_active_street=pl.col("unit_id").is_in(found.implode()))


def named(rows: pl.DataFrame, communes: pl.DataFrame) -> pl.DataFrame:
    """Names of communes; owners that may not be named lose name, SIREN and nothing else.

    One without a SIREN is not named: nobody could look up whether it may be.
    """
    labels = communes.select("commune_code", "commune_label", "epci_code")
    shown = may_be_named(pl.col("legal_category_code")) & pl.col("owner_siren").is_not_null()
    joined = rows.join(labels, on="commune_code", how="left", maintain_order="left")
    return joined.with_columns(
        owner_siren=pl.when(shown).then("owner_siren"),
        owner_name=pl.when(shown).then("owner_name"),
    )


def occupied(
    units: pl.DataFrame,
    *,
    links: pl.DataFrame,
    placed: pl.DataFrame | None,
    undisclosed: pl.Series,
    seen: pl.DataFrame,
    brownfields: pl.Series | None,
    settings: Settings,
    in_register: pl.Expr = NOWHERE,
) -> pl.DataFrame:
    """Units with occupation, jobs and whether they are to be looked at.

    ``placed`` are the register's establishments and ``brownfields`` the units that listed ones
    cover; None where nobody handed the register, or a list, over: its columns are null then.
    ``undisclosed`` are the parcels where somebody is who may not be told of; of who is
    on a parcel, all of it is taken, though one unit counts him, or none yet. A register tells of
    the communes it names (``in_register``) and of those it has somebody in: elsewhere nobody knows
    who is there. ``units`` say if they are in a street where somebody is, nobody knows where
    (``is_in_active_street``).
    """
    there = undisclosed if placed is None else pl.concat([undisclosed, find_presence(placed)])
    covered = None if brownfields is None else pl.col("unit_id").is_in(brownfields.implode())
    rows = units.with_columns(
        is_brownfield=pl.lit(None, pl.Boolean) if covered is None else covered,
        has_undisclosed=_has_any(links, there),
    ).join(_seen_by_unit(seen, links), on="unit_id", how="left", maintain_order="left")
    if placed is None:
        known, is_told = rows.with_columns(**UNKNOWN_REGISTER), pl.lit(value=False)
    else:
        known = _with_register(rows, with_units(placed, links), settings)
        is_told = in_register | pl.col("commune_code").is_in(_communes(placed, undisclosed))
    told = classify_occupation(
        known.with_columns(pl.when(is_told).then(name).alias(name) for name in REGISTER_COLUMNS)
    )
    return _untold(told, ~is_told).with_columns(
        # what an inventory saw as a brownfield is one, whatever lists say
        is_brownfield=pl.col("is_brownfield") | pl.col("is_seen_brownfield").fill_null(value=False),
        is_densifiable=is_densifiable(
            smallest_m2=settings.land_densifiable_from_m2,
            highest_built_share_pct=settings.land_densifiable_below_built_pct,
        ),
        active_establishment_count=pl.col("sure_active_count") + pl.col("probable_active_count"),
        street_establishment_count="street_active_count",
        closed_establishment_count="closed_count",
    )


COUNTS = (
    "sure_active_count",
    "probable_active_count",
    "on_parcel_active_count",
    "street_active_count",
    "closed_count",
)
REGISTER_COLUMNS: dict[str, type[pl.DataType]] = {
    **dict.fromkeys((*COUNTS, "reference_year"), pl.Int64),
    "last_closed_date": pl.Date,
    "job_count_low": pl.Int64,
    "job_count_high": pl.Int64,
    "is_in_active_street": pl.Boolean,
}
UNKNOWN_REGISTER = {name: pl.lit(None, kind) for name, kind in REGISTER_COLUMNS.items()}


def _with_register(rows: pl.DataFrame, firms: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """What the register says of each unit: counts are zero where it holds nobody."""
    for counted in (count_evidence(firms), _jobs_by(firms, "unit_id", settings)):
        rows = rows.join(counted, on="unit_id", how="left", maintain_order="left")
    return rows.with_columns(
        pl.col(*COUNTS).fill_null(0),
        reference_year=pl.lit(firms["reference_year"].first(), pl.Int64),
    )


def _communes(placed: pl.DataFrame, undisclosed: pl.Series) -> pl.Expr:
    """Communes that the register has somebody in, whether he may be told of or not."""
    hidden = undisclosed.to_frame("parcel_id").select(commune_of_parcel(pl.col("parcel_id")))
    return pl.lit(pl.concat([placed["commune_code"], hidden.to_series()]).unique()).implode()


def _untold(told: pl.DataFrame, is_untold: pl.Expr) -> pl.DataFrame:
    """Units of which no register tells: nothing tells occupied from vacant there."""
    open_ = is_untold & pl.col("open_data_state").is_in(["occupied", "vacant", "free"])
    seen = pl.col("seen_state").is_not_null()
    is_common = pl.col("occupation_state") == "common_area"
    is_lane_or_lot = pl.col("occupation_evidence") == "owner_not_known"
    return told.with_columns(
        open_data_state=pl.when(open_).then(pl.lit("undetermined")).otherwise("open_data_state"),
        occupation_state=pl.when(open_ & ~seen)
        .then(pl.lit("undetermined"))
        .otherwise("occupation_state"),
        occupation_confidence=pl.when(open_ & ~seen)
        .then(pl.lit("none"))
        .otherwise("occupation_confidence"),
        occupation_evidence=pl.when(~is_untold | seen | is_common | is_lane_or_lot)
        .then("occupation_evidence")
        .otherwise(pl.lit("register_not_known")),
        open_data_confidence=pl.when(is_untold)
        .then(pl.lit("none"))
        .otherwise("open_data_confidence"),
    )


def _has_any(links: pl.DataFrame, parcels: pl.Series) -> pl.Expr:
    """Whether any parcel of a unit is among ``parcels``."""
    own = links.filter(pl.col("parcel_id").is_in(parcels.implode()))["unit_id"]
    return pl.col("unit_id").is_in(own.implode())


def with_units(placed: pl.DataFrame, links: pl.DataFrame) -> pl.DataFrame:
    """Establishments with the unit their parcel belongs to; the first where it was cut in two."""
    own = links.sort("parcel_id", "unit_id").unique("parcel_id", keep="first", maintain_order=True)
    own = own.select("parcel_id", "unit_id")
    return placed.join(own, on="parcel_id", how="left", maintain_order="left")


def _jobs_by(firms: pl.DataFrame, by: str, settings: Settings) -> pl.DataFrame:
    """Jobs of active establishments placed at parcel quality; null where no size is known."""
    low, high = bound_jobs(pl.col("size_class"), open_class_cap=settings.land_open_class_cap)
    own = firms.drop_nulls(by).filter(
        pl.col("placement_level").is_in(["parcel", "near_parcel"]),
        pl.col("is_active").fill_null(value=False),
        ~pl.col("is_civil_company"),
    )
    counted = own.with_columns(_low=low, _high=high)
    known = pl.col("_low").is_not_null()
    return counted.group_by(by).agg(
        job_count_low=pl.when(known.any()).then(pl.col("_low").sum()),
        job_count_high=pl.when(known.any()).then(pl.col("_high").sum()),
    )


def _seen_by_unit(seen: pl.DataFrame, links: pl.DataFrame) -> pl.DataFrame:
    """What was seen of a unit, from what was seen of its parcels.

    A unit is occupied where any of its parcels is. It is vacant, free or for sale only where most
    of its ground was seen, and all of that so; else nothing is said of it. It is a brownfield
    where most of its ground was seen as one. ``links`` has ``parcel_m2``.
    """
    joined = links.join(seen, on="parcel_id", how="left")
    state, sale = pl.col("seen_state"), pl.col("is_for_sale")
    most, said = (share_of_ground(c.is_not_null()) > MAJORITY for c in (state, sale))
    occupied_ = (state == "occupied").any()
    same = state.drop_nulls().n_unique() == 1
    told = joined.group_by("unit_id").agg(
        seen_state=pl.when(occupied_)
        .then(pl.lit("occupied"))
        .when(most & same)
        .then(state.drop_nulls().first()),
        seen_origin=pl.col("seen_origin").drop_nulls().sort().last(),
        seen_date=pl.col("seen_date").max(),
        is_seen_brownfield=share_of_ground(pl.col("is_seen_brownfield")) > MAJORITY,
        is_for_sale=pl.when(said).then(sale.drop_nulls().all()),
    )
    unsaid = pl.col("seen_state").is_null()
    return told.with_columns(
        pl.when(~unsaid).then(name).alias(name) for name in ("seen_origin", "seen_date")
    )


def _covered(
    units: gpd.GeoDataFrame, links: pl.DataFrame, brownfields: gpd.GeoDataFrame
) -> pl.Series:
    """Units of which listed brownfields, neither potential nor reconverted, hold half the ground.

    A brownfield that names no parcel counts for the units that its outline covers by half, or for
    the one its point lies in.
    """
    rows = drop_geometry(brownfields).with_row_index("_at")
    real = rows.filter(pl.col("brownfield_status").is_in(REAL_BROWNFIELDS))
    listed = (
        real.drop_nulls("parcel_ids")
        .select(parcel_id=pl.col("parcel_ids").str.split("|"))
        .explode("parcel_id")
        .unique()
    )
    share = (
        links.with_columns(_is_listed=pl.col("parcel_id").is_in(listed["parcel_id"].implode()))
        .group_by("unit_id")
        .agg(_share=share_of_ground(pl.col("_is_listed")))
    )
    named_units = share.filter(pl.col("_share") >= BROWNFIELD_SHARE)["unit_id"]
    silent = real.filter(pl.col("parcel_ids").is_null())
    shapes = brownfields.geometry.to_numpy()[silent["_at"].to_numpy()]
    points = np.where(np.isin(shapely.get_type_id(shapes), POLYGONAL), None, shapes)
    _, at = points_in_areas(
        shapely.get_x(points), shapely.get_y(points), units.geometry.to_numpy(), with_border=False
    )
    outlined = _covered_by_half(units.geometry.to_numpy(), shapes)
    drawn = pl.Series(
        "unit_id", units["unit_id"].to_numpy()[np.append(at, outlined)], dtype=pl.String
    )
    return pl.concat([named_units, drawn]).unique().sort()


def _covered_by_half(units: np.ndarray, outlines: np.ndarray) -> np.ndarray:
    """Which units brownfields cover by half or more."""
    drawn = outlines[np.isin(shapely.get_type_id(outlines), POLYGONAL)]
    if not len(drawn):
        return np.array([], dtype=np.int64)
    at, _, shared = measure_overlaps(units, np.array([shapely.union_all(drawn)], dtype=object))
    return at[shared >= BROWNFIELD_SHARE * shapely.area(units[at])]


@draft_asset(ESTABLISHMENTS, deps=[REGISTER])
def land_establishments(
    _land_placed: pl.DataFrame,
    _land_unit_parcels: pl.DataFrame,
    _land_units: gpd.GeoDataFrame,
    geography_communes: pl.DataFrame,
    settings: RunSettings,
) -> gpd.GeoDataFrame:
    """Establishments open to diffusion that are placed in a land unit of a site."""
    sites = drop_geometry(_land_units).select("unit_id", "site_id")
    rows = (
        with_units(_land_placed, _land_unit_parcels)
        .filter(
            "is_shown",
            pl.col("unit_id").is_not_null(),
            pl.col("placement_level").is_in(["parcel", "near_parcel"]),
        )
        .join(sites, on="unit_id")
        .join(
            geography_communes.select("commune_code", "commune_label"),
            on="commune_code",
            how="left",
        )
    )
    low, high = bound_jobs(pl.col("size_class"), open_class_cap=settings.land_open_class_cap)
    shown = may_be_named(pl.col("legal_category_code"))
    rows = rows.with_columns(
        establishment_name=pl.when(shown).then(pl.coalesce("brand", "unit_name")),
        establishment_address=pl.when(shown).then("address"),
        vocation=classify_vocation(pl.col("naf_code"), pl.col("naf_2025_code")),
        job_count_low=low,
        job_count_high=high,
    )
    points = shapely.points(rows["x_m"].to_numpy(), rows["y_m"].to_numpy())
    return as_geodataframe(rows, points)


@draft_asset(VACANCY_BY_SITE)
def land_vacancy_by_site(
    land_units: gpd.GeoDataFrame, land_sites: gpd.GeoDataFrame, settings: RunSettings
) -> pl.DataFrame:
    """Counts by state and shares, low and high, of each site; null below the floor of parcels."""
    units = drop_geometry(land_units)
    if units.is_empty():
        return empty_draft(VACANCY_BY_SITE)
    sites = drop_geometry(land_sites).select(
        "site_id", "site_name", "commune_code", "commune_label", "parcel_share_pct"
    )
    rows = count_vacancy(units, "site_id").join(sites, on="site_id")
    known = pl.col("parcel_share_pct") >= settings.land_parcels_floor_pct
    counts = [c for c in rows.columns if c.endswith(("_count", "_low_pct", "_high_pct"))]
    return rows.with_columns(pl.when(known).then(c).alias(c) for c in counts)


@draft_asset(OCCUPATION_COMPARISON)
def land_occupation_comparison(
    land_units: gpd.GeoDataFrame,
    _land_unit_parcels: pl.DataFrame,
    _land_observations: pl.DataFrame,
) -> pl.DataFrame:
    """What was seen beside what open data alone says, unit by unit."""
    units = drop_geometry(land_units)
    if units.is_empty():
        return empty_draft(OCCUPATION_COMPARISON)
    seen = _seen_by_unit(_land_observations, _land_unit_parcels).drop("is_for_sale")
    return compare_with_survey(units.join(seen, on="unit_id", how="left"))


def stocked(units: gpd.GeoDataFrame) -> pl.DataFrame:
    """Units with each m² in one state."""
    return defer_closed_zones(split_stock(drop_geometry(units)))
