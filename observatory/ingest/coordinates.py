"""The one door of coordinates: in which order and system they stand, or that they lie nowhere.

A part of France lies in one box in degrees and in one in metres, which share no value with each
other or with themselves turned round: what is written in another order or system than its file
says is put right for certain. In Guyane alone are some eastings as large as some northings: what
may be either is as it is written. All else is nowhere (0, 0; not finite; blank) or away.
"""

from enum import IntEnum

import numpy as np
import pyproj

from observatory.geography.crs import WGS84, Bounds, Projection

ORIGIN_M = 1.0


class Written(IntEnum):
    """How coordinates are written."""

    NOWHERE = 0
    AWAY = 1
    DEGREES = 2
    TURNED_DEGREES = 3
    METRES = 4
    TURNED_METRES = 5


TURNED = (Written.TURNED_DEGREES, Written.TURNED_METRES)
IN_DEGREES = (Written.DEGREES, Written.TURNED_DEGREES)
USABLE = (*IN_DEGREES, Written.METRES, Written.TURNED_METRES)


def tell_written(bounds: np.ndarray, where: Projection) -> np.ndarray:
    """How shapes or points are written, from their bounds (left, bottom, right, top)."""
    left, bottom, right, top = bounds.T
    boxes = (
        (Written.TURNED_DEGREES, where.latitudes, where.longitudes),
        (Written.TURNED_METRES, where.northings, where.eastings),
        (Written.DEGREES, where.longitudes, where.latitudes),
        (Written.METRES, where.eastings, where.northings),
    )
    told = np.full(len(bounds), Written.AWAY)
    with np.errstate(invalid="ignore"):
        for written, first, second in boxes:
            told[_meets(left, right, first) & _meets(bottom, top, second)] = written
        at_origin = (np.abs(bounds) < ORIGIN_M).all(axis=1)
    # a degree off the Gulf of Guinea is no place in France either
    told[~np.isfinite(bounds).all(axis=1) | at_origin] = Written.NOWHERE
    return told


def _meets(low: np.ndarray, high: np.ndarray, sides: Bounds) -> np.ndarray:
    return np.asarray((low >= sides[0]) & (high <= sides[1]))


def put_right(
    first: np.ndarray, second: np.ndarray, written: np.ndarray, where: Projection
) -> tuple[np.ndarray, np.ndarray]:
    """Eastings and northings of coordinates that are ``written`` so; NaN where not usable."""
    turned = np.isin(written, TURNED)
    east, north = np.where(turned, second, first), np.where(turned, first, second)
    degrees = np.isin(written, IN_DEGREES)
    if degrees.any():
        to_metres = pyproj.Transformer.from_crs(WGS84, where.crs, always_xy=True)
        east[degrees], north[degrees] = to_metres.transform(east[degrees], north[degrees])
    usable = np.isin(written, USABLE)
    return np.where(usable, east, np.nan), np.where(usable, north, np.nan)
