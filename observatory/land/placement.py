"""Places establishments on parcels: by their coordinates, and says how far to trust it.

Sources: Insee, geolocation of Sirene for statistical studies (qualite_xy: 11 and 21 house number
found, 12 and 22 somewhere in the street, 33 somewhere in the commune); BAN, result_type and
result_score of the geocoder.
"""

import numpy as np
import polars as pl
import shapely

ADDRESS, STREET = ("11", "21"), ("12", "22")
TRUSTED_SCORE, GOOD_SCORE = 0.7, 0.9
SNAP_M = 15.0
PLACEMENT_LEVELS = ("parcel", "near_parcel", "street", "commune")
PLACEMENT_TRUSTS = ("high", "medium", "low", "none")


def choose_coordinates(establishments: pl.DataFrame) -> pl.DataFrame:
    """Add ``x_m``, ``y_m``, ``placed_by``, ``precision`` and ``_trust`` (before any parcel).

    ``establishments`` has ``siret``, ``insee_x_m``, ``insee_y_m``, ``quality_code``, ``own_x_m``,
    ``own_y_m``, ``ban_x_m``, ``ban_y_m``, ``ban_kind`` and ``ban_score``, each possibly null.
    Insee's coordinates go first, unless they are the commune's centre; then the register's own,
    then the geocoder's.
    """
    quality = pl.col("quality_code")
    insee = pl.col("insee_x_m").is_not_null() & quality.is_in([*ADDRESS, *STREET])
    own = pl.col("own_x_m").is_not_null()
    ban = (
        pl.col("ban_x_m").is_not_null()
        & (pl.col("ban_score") >= TRUSTED_SCORE)
        & pl.col("ban_kind").is_in(["housenumber", "street"])
    )
    placed_by = (
        pl.when(insee)
        .then(pl.lit("insee"))
        .when(own)
        .then(pl.lit("register"))
        .when(ban)
        .then(pl.lit("ban"))
        .otherwise(pl.lit("commune"))
    )
    found = establishments.with_columns(placed_by=placed_by)
    by = pl.col("placed_by")
    house = pl.col("ban_kind") == "housenumber"
    return found.with_columns(
        x_m=_choose_axis("x_m"),
        y_m=_choose_axis("y_m"),
        precision=pl.when(by == "insee")
        .then(pl.when(quality.is_in(ADDRESS)).then(pl.lit("address")).otherwise(pl.lit("street")))
        .when(by == "register")
        .then(pl.lit("address"))
        .when((by == "ban") & house)
        .then(pl.lit("address"))
        .when(by == "ban")
        .then(pl.lit("street"))
        .otherwise(pl.lit("commune")),
        _trust=pl.when((by == "insee") & (quality == "11"))
        .then(pl.lit("high"))
        .when((by == "ban") & (pl.col("ban_score") < GOOD_SCORE))
        .then(pl.lit("low"))
        .otherwise(pl.lit("medium")),
    )


def _choose_axis(axis: str) -> pl.Expr:
    by = pl.col("placed_by")
    return (
        pl.when(by == "insee")
        .then(f"insee_{axis}")
        .when(by == "register")
        .then(f"own_{axis}")
        .when(by == "ban")
        .then(f"ban_{axis}")
    )


def place_establishments(
    establishments: pl.DataFrame, parcels: pl.DataFrame, parcel_shapes: np.ndarray
) -> pl.DataFrame:
    """Add ``parcel_id``, ``placement_level``, ``placement_trust`` and ``distance_m``.

    ``establishments`` come from ``choose_coordinates`` with ``commune_code``; ``parcels`` has
    ``parcel_id`` and ``commune_code``, row by row with their shapes (EPSG:2154). A point in no
    parcel goes to the nearest within 15 m; a point in another commune than the register's is
    not believed.
    """
    rows = establishments.with_row_index("_row")
    seen = rows.filter(pl.col("x_m").is_not_null(), pl.col("precision") != "commune")
    points = shapely.points(seen["x_m"].to_numpy(), seen["y_m"].to_numpy())
    index = seen["_row"].to_numpy()
    tree = shapely.STRtree(parcel_shapes)
    hit, at = tree.query(points, predicate="intersects")
    inside = _link_points(index[hit], at, np.zeros(len(hit)), parcels)
    lost = np.setdiff1d(np.arange(len(points)), hit)
    near = np.array([], dtype=int), np.array([], dtype=int), np.array([])
    if len(lost) and len(parcel_shapes):
        (a, b), away = tree.query_nearest(
            points[lost], max_distance=SNAP_M, return_distance=True, all_matches=False
        )
        near = index[lost[a]], b, away
    links = pl.concat([inside, _link_points(*near, parcels)])
    joined = rows.join(links, on="_row", how="left")
    believed = pl.col("_parcel_commune") == pl.col("commune_code")
    address = pl.col("precision") == "address"
    level = (
        pl.when(believed & address & (pl.col("distance_m") == 0))
        .then(pl.lit("parcel"))
        .when(believed & address)
        .then(pl.lit("near_parcel"))
        .when(pl.col("precision").is_in(["address", "street"]) & believed.fill_null(value=True))
        .then(pl.lit("street"))
        .otherwise(pl.lit("commune"))
    )
    placed = joined.with_columns(placement_level=level)
    told = pl.col("placement_level")
    return placed.with_columns(
        parcel_id=pl.when(told != "commune").then("parcel_id"),
        distance_m=pl.when(told != "commune").then("distance_m"),
        placement_trust=pl.when(told == "commune")
        .then(pl.lit("none"))
        .when(told == "street")
        .then(pl.lit("low"))
        .when((told == "near_parcel") & (pl.col("_trust") == "high"))
        .then(pl.lit("medium"))
        .otherwise("_trust"),
    ).drop("_row", "_parcel_commune", "_trust")


def _link_points(
    row: np.ndarray, at: np.ndarray, away: np.ndarray, parcels: pl.DataFrame
) -> pl.DataFrame:
    """One parcel for each point: the first by identifier where a point lies on an edge."""
    frame = pl.DataFrame(
        {"_row": row, "_at": at, "distance_m": away},
        schema={"_row": pl.UInt32, "_at": pl.Int64, "distance_m": pl.Float64},
    )
    named = parcels.with_row_index("_at").select(
        pl.col("_at").cast(pl.Int64), "parcel_id", _parcel_commune="commune_code"
    )
    found = frame.join(named, on="_at", how="left").sort("_row", "distance_m", "parcel_id")
    return found.unique("_row", keep="first", maintain_order=True).drop("_at")
