"""Places establishments on parcels by their coordinates, and rates how far to trust it.

Sources: Insee, geolocation of Sirene for statistical studies (qualite_xy: 11 and 21 house number
found, 12 and 22 somewhere in the street, 33 somewhere in the commune); BAN, result_type and
result_score of the geocoder.
"""

import numpy as np
import polars as pl
import shapely

from observatory.geography.joins import find_nearest, points_in_areas

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
    then the geocoder's. In metres.
    """
    quality, by = pl.col("quality_code"), pl.col("placed_by")
    is_insee_address = (by == "insee") & quality.is_in(ADDRESS)
    is_ban_address = (by == "ban") & (pl.col("ban_kind") == "housenumber")
    return establishments.with_columns(placed_by=_choose_origin()).with_columns(
        x_m=_choose_axis("x_m"),
        y_m=_choose_axis("y_m"),
        precision=pl.when(is_insee_address | (by == "register") | is_ban_address)
        .then(pl.lit("address"))
        .when(by.is_in(["insee", "ban"]))
        .then(pl.lit("street"))
        .otherwise(pl.lit("commune")),
        _trust=pl.when((by == "insee") & (quality == "11"))
        .then(pl.lit("high"))
        .when((by == "ban") & (pl.col("ban_score") < GOOD_SCORE))
        .then(pl.lit("low"))
        .otherwise(pl.lit("medium")),
    )


def _choose_origin() -> pl.Expr:
    """Whose coordinates are used: Insee's, the register's, the geocoder's, or nobody's."""
    insee = pl.col("insee_x_m").is_not_null() & pl.col("quality_code").is_in([*ADDRESS, *STREET])
    ban = (
        pl.col("ban_x_m").is_not_null()
        & (pl.col("ban_score") >= TRUSTED_SCORE)
        & pl.col("ban_kind").is_in(["housenumber", "street"])
    )
    return (
        pl.when(insee)
        .then(pl.lit("insee"))
        .when(pl.col("own_x_m").is_not_null())
        .then(pl.lit("register"))
        .when(ban)
        .then(pl.lit("ban"))
        .otherwise(pl.lit("commune"))
    )


def _choose_axis(axis: str) -> pl.Expr:
    """The coordinate (m) of the origin that ``placed_by`` names."""
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
    ``parcel_id`` and ``commune_code``, row by row with their shapes (metres). A point in no
    parcel goes to the nearest within 15 m; a point in another commune than the register's is
    not believed.
    """
    rows = establishments.with_row_index("_row")
    joined = rows.join(_find_parcels(rows, parcels, parcel_shapes), on="_row", how="left")
    is_believed = pl.col("_parcel_commune") == pl.col("commune_code")
    is_address = pl.col("precision") == "address"
    is_located = pl.col("precision").is_in(["address", "street"])
    level = (
        pl.when(is_believed & is_address & (pl.col("distance_m") == 0))
        .then(pl.lit("parcel"))
        .when(is_believed & is_address)
        .then(pl.lit("near_parcel"))
        .when(is_located & is_believed.fill_null(value=True))
        .then(pl.lit("street"))
        .otherwise(pl.lit("commune"))
    )
    placed = pl.col("placement_level")
    return (
        joined.with_columns(placement_level=level)
        .with_columns(
            parcel_id=pl.when(placed != "commune").then("parcel_id"),
            distance_m=pl.when(placed != "commune").then("distance_m"),
            placement_trust=pl.when(placed == "commune")
            .then(pl.lit("none"))
            .when(placed == "street")
            .then(pl.lit("low"))
            .when((placed == "near_parcel") & (pl.col("_trust") == "high"))
            .then(pl.lit("medium"))
            .otherwise("_trust"),
        )
        .drop("_row", "_parcel_commune", "_trust")
    )


def _find_parcels(
    rows: pl.DataFrame, parcels: pl.DataFrame, parcel_shapes: np.ndarray
) -> pl.DataFrame:
    """Find the parcel each point lies in, or the nearest within 15 m; ``distance_m`` to it."""
    located = rows.filter(pl.col("x_m").is_not_null(), pl.col("precision") != "commune")
    index, x, y = (located[name].to_numpy() for name in ("_row", "x_m", "y_m"))
    hit, at = points_in_areas(x, y, parcel_shapes, with_border=True)
    inside = _link_points(index[hit], at, np.zeros(len(hit)), parcels)
    outside = np.flatnonzero(np.bincount(hit, minlength=len(index)) == 0)
    a, b, away = find_nearest(
        shapely.points(x[outside], y[outside]), parcel_shapes, within_m=SNAP_M
    )
    return pl.concat([inside, _link_points(index[outside[a]], b, away, parcels)])


def _link_points(
    row: np.ndarray, at: np.ndarray, away: np.ndarray, parcels: pl.DataFrame
) -> pl.DataFrame:
    """Link each point to one parcel: the first by identifier where it lies on an edge."""
    frame = pl.DataFrame(
        {"_row": row, "_at": at, "distance_m": away},
        schema={"_row": pl.UInt32, "_at": pl.Int64, "distance_m": pl.Float64},
    )
    named = parcels.with_row_index("_at").select(
        pl.col("_at").cast(pl.Int64), "parcel_id", _parcel_commune="commune_code"
    )
    links = frame.join(named, on="_at", how="left").sort("_row", "distance_m", "parcel_id")
    return links.unique("_row", keep="first", maintain_order=True).drop("_at")
