"""Finds the land units of streets where a firm is active, and nobody knows on which parcel.

Source: Insee, geolocation of Sirene (qualite_xy 12 and 22: somewhere in the street; 33: somewhere
in the commune, whose street the register may name). Such a firm may be on any unit of its street:
none of these is surely vacant.
"""

import numpy as np
import polars as pl
import shapely

from observatory.geography.joins import find_near

# where a street is not named: units that near to the point may stand in it
NEAR_M = 100.0
STRONG = ("parcel", "near_parcel")
ACCENTS, SIGNS = r"\p{M}", r"[^A-Z0-9]+"


def name_street(commune_code: pl.Expr, street: pl.Expr) -> pl.Expr:
    """Name a street of a commune, however it is spelled; null where it is not known."""
    plain = street.str.normalize("NFKD").str.replace_all(ACCENTS, "").str.to_uppercase()
    spaced = plain.str.replace_all(SIGNS, " ").str.strip_chars()
    return pl.when(spaced != "").then(pl.concat_str(commune_code, spaced, separator=" "))


def find_units_in_active_streets(
    firms: pl.DataFrame, unit_ids: pl.Series, shapes: np.ndarray
) -> pl.Series:
    """Find the units of streets where a firm is active that is placed on no parcel for sure.

    ``firms`` has ``unit_id`` (null where on none), ``commune_code``, ``street``, ``x_m``, ``y_m``,
    ``placement_level``, ``is_active``, ``is_active_in_window``, ``is_known_before`` and
    ``is_civil_company``; who opened since the reference day counts too. A
    unit stands in the streets of whoever is or was on its parcels. Where either street has no
    name, a firm placed somewhere in the street counts for the units within 100 m of its point.
    """
    is_strong = pl.col("placement_level").is_in(STRONG)
    opened_since = pl.col("is_active").fill_null(value=False) & ~pl.col("is_known_before")
    is_active = (pl.col("is_active_in_window") & pl.col("is_known_before")) | opened_since
    is_loose = ~is_strong & is_active & ~pl.col("is_civil_company")
    stands = _name_streets(firms.filter(is_strong, pl.col("unit_id").is_not_null()))
    stands = stands.drop_nulls("_street")
    loose = _name_streets(firms.filter(is_loose))
    by_name = stands.join(loose, on="_street", how="semi")["unit_id"]
    placed = loose.filter(pl.col("placement_level") == "street")
    on_it = placed["unit_id"].drop_nulls()
    near = _find_near(placed, stands["unit_id"], unit_ids, shapes)
    return pl.concat([by_name, on_it, near]).unique().sort()


def _name_streets(firms: pl.DataFrame) -> pl.DataFrame:
    return firms.with_columns(_street=name_street(pl.col("commune_code"), pl.col("street")))


def _find_near(
    loose: pl.DataFrame, named_units: pl.Series, unit_ids: pl.Series, shapes: np.ndarray
) -> pl.Series:
    """Units near to a point, where the street of the one or of the other has no name."""
    located = loose.drop_nulls(["x_m", "y_m"])
    points = shapely.points(located["x_m"].to_numpy(), located["y_m"].to_numpy())
    has_name = unit_ids.is_in(named_units.unique().implode()).to_numpy()
    nameless = located["_street"].is_null().to_numpy()
    found = []
    for own, others in ((nameless, np.ones_like(has_name)), (~nameless, ~has_name)):
        at = np.flatnonzero(others)
        _, near = find_near(points[own], shapes[at], NEAR_M)
        found.append(unit_ids[at[near]])
    return pl.concat(found)
