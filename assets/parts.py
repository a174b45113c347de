"""What is of one département: rows by their code, shapes by where they lie."""

from collections.abc import Callable, Iterable

import geopandas as gpd
import numpy as np
import polars as pl
import shapely

from observatory.geography.cog import DEPARTMENTS, department_of
from observatory.geography.crs import METROPOLITAN
from observatory.geography.joins import find_meeting
from observatory.ingest.cleaning import bare_code
from observatory.ingest.delimited import Keep
from observatory.metadata.cards import normalise
from observatory.storage.frames import Store

CONTOURS = "geography_commune_contours"
# what lies so far across the border is read with a part: ground that its units touch
HALO_M = 1_000.0
LONGEST_DEPARTMENT = 3


def rows_of_part(column: str) -> Callable[[Store], Keep]:
    """Rows of the part by the code of a commune or département in the producer's ``column``.

    A row whose code tells no département is of the first part of the territory.
    """

    def of_part(store: Store) -> Keep:
        is_first = _is_first(store)

        def keep(rows: pl.LazyFrame) -> pl.LazyFrame:
            names = rows.collect_schema().names()
            code = next(name for name in names if normalise(name).startswith(column))
            text = bare_code(code)
            # of a commune or a département, without the zero that spreadsheets drop
            is_commune = text.str.len_chars() > LONGEST_DEPARTMENT
            department = department_of(text.str.zfill(pl.when(is_commune).then(5).otherwise(2)))
            is_known = department.is_in([*DEPARTMENTS]).fill_null(value=False)
            return rows.filter(pl.when(is_known).then(department == store.part).otherwise(is_first))

        return keep

    return of_part


def sales_of_part(column: str, *one_sale: str) -> Callable[[Store], Keep]:
    """Rows of the part, and those of other départements that are of one sale with them.

    ``one_sale`` are the producer's columns that rows of a sale have in common: its price is that of
    all its ground, and would be told of a part of it else.
    """

    def of_part(store: Store) -> Keep:
        own = rows_of_part(column)(store)

        def keep(rows: pl.LazyFrame) -> pl.LazyFrame:
            names = rows.collect_schema().names()
            key = [name for name in names if normalise(name) in one_sale]
            return rows.join(own(rows).select(key).unique(), on=key, how="semi", nulls_equal=True)

        return keep

    return of_part


def shapes_near_part(frame: gpd.GeoDataFrame, store: Store) -> np.ndarray:
    """Which shapes lie in the communes of the part, or no farther than a kilometre from them."""
    drawn = store.read_geometry(CONTOURS)
    own = drawn[department_codes(drawn["commune_code"]) == store.part]
    ground = shapely.buffer(shapely.union_all(own.geometry.to_numpy()), HALO_M)
    outline = gpd.GeoSeries([ground], crs=METROPOLITAN).to_crs(frame.crs or METROPOLITAN)[0]
    shapes = frame.geometry.to_numpy()
    # what cannot be drawn is told of once, with the first part
    found = shapely.is_missing(shapes) & _is_first(store)
    found[find_meeting(shapes, np.array([outline]))[0]] = True
    return np.asarray(found)


def parcels_of_part(frame: gpd.GeoDataFrame, store: Store) -> np.ndarray:
    """Which parcels are of the part by their identifier, which begins with the commune's code.

    One whose identifier tells no département is of the first part, which tells of it.
    """
    found = department_codes(frame["id"])
    is_first = _is_first(store)
    return np.asarray((found == store.part) | (is_first & ~np.isin(found, [*DEPARTMENTS])))


def _is_first(store: Store) -> bool:
    """Whether the part is the first of the territory, with which goes what tells no département."""
    return store.part == next(iter(store.departments()), None)


def department_codes(codes: Iterable[str]) -> np.ndarray:
    """The département of each commune, or of what begins with a commune's code."""
    text = pl.Series(codes, dtype=pl.String).str.strip_chars().str.slice(0, 5).str.to_uppercase()
    found = text.to_frame("code").select(department_of(pl.col("code")))["code"]
    return found.fill_null("").to_numpy().astype(str)
