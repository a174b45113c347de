"""Who is in a commune and what was sold there: rows as they are, before any file is written."""

import numpy as np
import polars as pl
import shapely

from benchmarks.drawn.ground import Ground
from benchmarks.drawn.places import Volume, generator
from benchmarks.drawn.text import to_web

# Insee's quality code: house number, street, commune's centre
QUALITIES, QUALITY_SHARES = ("11", "21", "12", "22", "33"), (0.80, 0.05, 0.05, 0.02, 0.08)
ELSEWHERE_CLOSED, STRAY_M = 0.45, 12.0
LAND_PRICE, PREMISES_FACTOR = 150.0, 5.0
YEARS = np.arange(2021, 2026)
NATURES = ("Vente", "Vente en l'état futur d'achèvement", "Echange", "Adjudication")
NATURE_SHARES = (0.93, 0.03, 0.02, 0.02)
LINES_A_SALE = np.array([0.45, 0.3, 0.15, 0.07, 0.03])
MEAN_LINES = float(LINES_A_SALE @ np.arange(1, 6))


def establishments(ground: Ground, volume: Volume) -> pl.DataFrame:
    """Establishments of a commune: place in Lambert-93, quality of it, whether closed, in a park.

    In parks by what is true of each run of parcels; elsewhere in any building.
    """
    rng = generator("establishments", ground.place.code)
    in_parks = _in_parks(ground, rng)
    count = round(volume.establishments * ground.place.people)
    elsewhere = max(0, count - len(in_parks)) if len(ground.building_shapes) else 0
    chosen = rng.integers(0, max(len(ground.building_shapes), 1), elsewhere)
    own = pl.DataFrame(
        {
            "building": chosen,
            "is_closed": rng.random(elsewhere) < ELSEWHERE_CLOSED,
            "is_in_park": np.zeros(elsewhere, dtype=bool),
        }
    )
    every = pl.concat([in_parks, own])
    middle = shapely.get_coordinates(shapely.centroid(ground.building_shapes))
    spots = middle[every["building"].to_numpy()] if len(every) else np.empty((0, 2))
    quality = rng.choice(QUALITIES, len(every), p=QUALITY_SHARES)
    stray = np.isin(quality, ("12", "22"))
    spots[stray] += rng.normal(0, STRAY_M, (int(stray.sum()), 2))
    spots[quality == "33"] = shapely.get_coordinates(shapely.point_on_surface(ground.place.outline))
    return every.select(
        "is_closed",
        "is_in_park",
        x=pl.Series(np.round(spots[:, 0], 2)),
        y=pl.Series(np.round(spots[:, 1], 2)),
        quality=pl.Series(quality),
        commune_code=pl.lit(ground.place.code),
    )


def _in_parks(ground: Ground, rng: np.random.Generator) -> pl.DataFrame:
    """Active ones where a run is occupied; closed ones where it is vacant, or was another's."""
    standing = ground.building_parcels
    rows = ground.parcels[standing].with_columns(building=pl.Series(np.arange(len(standing))))
    first = rows.filter(pl.col("state").is_in(["occupied", "vacant"])).unique(
        "run", keep="first", maintain_order=True
    )
    state, building = first["state"].to_numpy(), first["building"].to_numpy()
    active = np.where(state == "occupied", np.minimum(rng.geometric(0.55, len(first)), 9), 0)
    closed = np.where(state == "vacant", 1, 0) + rng.poisson(0.4, len(first))
    at = np.concatenate([np.repeat(building, active), np.repeat(building, closed)])
    shut = np.repeat([False, True], [active.sum(), closed.sum()])
    return pl.DataFrame(
        {"building": at, "is_closed": shut, "is_in_park": np.ones(len(at), dtype=bool)}
    )


def sale_lines(ground: Ground, department: str, volume: Volume) -> pl.DataFrame:
    """Lines of sales of a commune in the columns of geo-DVF that are filled, price repeated."""
    rng = generator("sales", ground.place.code)
    share = len(ground.parcels) / max(volume.parcels, 1)
    count = int(volume.sale_lines * share / MEAN_LINES + rng.random())
    if not count or not len(ground.parcels):
        return pl.DataFrame()
    first = rng.integers(0, len(ground.parcels), count)
    in_park = np.flatnonzero(ground.parcels["run"].is_not_null().to_numpy())
    if len(in_park):
        chosen = rng.random(count) < 0.08
        first[chosen] = rng.choice(in_park, int(chosen.sum()))
    many = rng.choice(np.arange(1, 6), count, p=LINES_A_SALE)
    parcel = np.minimum(
        np.repeat(first, many) + np.concatenate([np.arange(m) for m in many]) * 2 // 3,
        len(ground.parcels) - 1,
    )
    return _lines(ground, department, np.repeat(np.arange(count), many), parcel, rng)


def _lines(
    ground: Ground, department: str, sale: np.ndarray, parcel: np.ndarray, rng: np.random.Generator
) -> pl.DataFrame:
    count, size = int(sale.max()) + 1, len(parcel)
    area = np.round(shapely.area(ground.parcel_shapes[parcel]))
    middle = shapely.get_coordinates(shapely.centroid(ground.parcel_shapes[parcel]))
    place = to_web(middle, 6)
    nowhere = rng.random(size) < 0.01
    own = ground.parcels[parcel]
    built = (own["building_count"] > 0).to_numpy() & (rng.random(size) < 0.8)
    is_park = own["run"].is_not_null().to_numpy()
    local = np.where(built, np.where(is_park, "4", rng.choice(["1", "2", "3", "4"], size)), "")
    footprint = np.round(40 + 0.35 * area)
    day = rng.integers(0, 365, count)
    year = rng.choice(YEARS, count)
    dates = (year - 1970).astype("datetime64[Y]").astype("datetime64[D]") + day
    level = LAND_PRICE * np.exp(rng.normal(0, 0.35, count))
    worth = np.where(built, PREMISES_FACTOR * footprint, area)
    price = np.round(level * np.bincount(sale, worth, count), 2)
    nature = rng.choice(NATURES, count, p=NATURE_SHARES)
    return own.select("parcel_id", "section").with_columns(
        sale=pl.Series(sale),
        date=pl.Series(dates[sale]),
        nature=pl.Series(nature[sale]),
        price=pl.Series(price[sale]),
        local=pl.Series(local),
        built_m2=pl.when(pl.Series(built)).then(pl.Series(footprint.astype(np.int64))),
        land_m2=pl.Series(area.astype(np.int64)),
        land=pl.Series(np.where(built, "S", np.where(is_park, "AB", "T"))),
        longitude=pl.when(~pl.Series(nowhere)).then(pl.Series(place[:, 0])),
        latitude=pl.when(~pl.Series(nowhere)).then(pl.Series(place[:, 1])),
        code=pl.lit(ground.place.code),
        department=pl.lit(department),
    )


def brownfields(ground: Ground) -> pl.DataFrame:
    """Vacant runs that the national list knows: parcels, area, place."""
    rng = generator("brownfields", ground.place.code)
    columns = {"commune_code": pl.String, "parcels": pl.String, "area": pl.Float64}
    columns |= {"longitude": pl.Float64, "latitude": pl.Float64, "is_real": pl.Boolean}
    vacant = (
        ground.parcels.with_columns(area=pl.Series(shapely.area(ground.parcel_shapes)))
        .with_row_index("_at")
        .filter(pl.col("state") == "vacant")
        .group_by("run", maintain_order=True)
        .agg(pl.col("parcel_id").sort().str.join(","), pl.col("area").sum(), pl.col("_at").first())
    )
    vacant = vacant.filter(pl.Series(rng.random(len(vacant)) < 0.5, dtype=pl.Boolean))
    if vacant.is_empty():
        return pl.DataFrame(schema=columns)
    shapes = ground.parcel_shapes[vacant["_at"].to_numpy()]
    spots = to_web(shapely.get_coordinates(shapely.point_on_surface(shapes)), 6)
    return vacant.select(
        commune_code=pl.lit(ground.place.commune_code),
        parcels=pl.concat_str(pl.lit("{"), "parcel_id", pl.lit("}")),
        area=pl.col("area").round(1),
        longitude=pl.Series(spots[:, 0]),
        latitude=pl.Series(spots[:, 1]),
        is_real=pl.Series(rng.random(len(vacant)) < 0.75),
    )
