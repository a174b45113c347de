"""What is of one département: rows by their code, shapes by where they lie."""

from collections.abc import Callable, Iterable, Mapping
from itertools import pairwise

import geopandas as gpd
import numpy as np
import polars as pl
import shapely

from observatory.geography.cog import DEPARTMENTS, department_of
from observatory.geography.ground import GROUND
from observatory.geography.joins import find_meeting
from observatory.ingest.cleaning import bare_code
from observatory.ingest.delimited import Keep
from observatory.ingest.issues import IssueLog
from observatory.ingest.shapes import Layer
from observatory.ingest.values import as_text
from observatory.metadata.cards import normalise
from observatory.storage.frames import Store

CONTOURS = "geography_commune_contours"
# what of a shape is no ground, when a newer one was cut out of it
LEAST_M2, SLIVER_SHARE = 1.0, 0.01
# what lies so far across the border is read with a part: ground that its units touch
HALO_M = 1_000.0
LONGEST_DEPARTMENT = 3


def rows_of_part(column: str) -> Callable[[Store], Keep]:
    """Rows of the part by the code of a commune or département in the producer's ``column``."""

    def code(names: list[str]) -> pl.Expr:
        text = bare_code(next(name for name in names if normalise(name).startswith(column)))
        # of a commune or a département, without the zero that spreadsheets drop
        is_commune = text.str.len_chars() > LONGEST_DEPARTMENT
        return text.str.zfill(pl.when(is_commune).then(5).otherwise(2))

    return rows_by_code(code)


def rows_by_code(code: Callable[[list[str]], pl.Expr]) -> Callable[[Store], Keep]:
    """Rows of the part by the ``code`` that is told by the columns of the producer's names.

    A row whose code tells no département is of the first part of the territory.
    """

    def of_part(store: Store) -> Keep:
        is_first = _is_first(store)

        def keep(rows: pl.LazyFrame) -> pl.LazyFrame:
            department = department_of(code(rows.collect_schema().names()))
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
            rows = rows.with_columns(as_text(name, pl.String()) for name in key)
            return rows.join(own(rows).select(key).unique(), on=key, how="semi", nulls_equal=True)

        return keep

    return of_part


def shapes_near_part(frame: gpd.GeoDataFrame, store: Store) -> np.ndarray:
    """Which shapes lie in the communes of the part, or no farther than a kilometre from them."""
    drawn = store.read_geometry(CONTOURS)
    own = drawn[department_codes(drawn["commune_code"]) == store.part]
    ground = shapely.buffer(shapely.union_all(own.geometry.to_numpy()), HALO_M)
    outline = gpd.GeoSeries([ground], crs=drawn.crs).to_crs(frame.crs or drawn.crs)[0]
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


def of_older_edition(
    rows: pl.DataFrame, place: pl.Expr, files: Mapping[str, str], log: IssueLog
) -> pl.Series:
    """Which rows are of an older edition than the newest that holds their place; each is said.

    ``files`` are the vintages by hash: 2021.13 for a département, 2025.13029 for a commune of it.
    A row of no place is of none.
    """
    editions = {sha: vintage.partition(".")[0] for sha, vintage in files.items()}
    edition = pl.col("source_sha256").replace_strict(editions, default=None, return_dtype=pl.String)
    told = rows.with_columns(_place=place, _edition=edition).with_columns(
        _newest=pl.col("_edition").max().over("_place")
    )
    is_older = pl.col("_place").is_not_null() & (pl.col("_edition") < pl.col("_newest"))
    older = told.select(is_older.fill_null(value=False)).to_series()
    log.add(
        told.filter(older),
        column="edition",
        value="_edition",
        issue_type="older_edition",
        kept=False,
        replaced_by=pl.col("_newest"),
    )
    return older


def serve_newest(layer: Layer, rows: pl.DataFrame, log: IssueLog) -> pl.DataFrame:
    """Rows whose ground no newer edition of the source covers; the others are cut, or left out.

    Of shapes that lie side by side, such as the zones of a plan: what a newer file draws serves
    there alone. Each cut is said with the m² that are left.
    """
    editions = rows["source_sha256"].replace_strict(
        {sha: vintage.partition(".")[0] for sha, vintage in GROUND.get().vintages.items()},
        default="",
        return_dtype=pl.String,
    )
    newest_first = sorted(editions.unique(), reverse=True)
    if len(newest_first) <= 1:
        return rows
    at = rows["_at"].to_numpy()
    before, newer = shapely.area(layer.shapes[at]), np.array([], dtype=object)
    for newer_edition, edition in pairwise(newest_first):
        drawn = layer.shapes[at[(editions == newer_edition).to_numpy()]]
        newer = np.array([shapely.union_all([*newer, *drawn])], dtype=object)
        own = at[(editions == edition).to_numpy()]
        layer.shapes[own] = polygons_of(shapely.difference(layer.shapes[own], newer[0]))
    return say_cuts(layer, rows, before, log, issue_type="older_edition")


def say_cuts(
    layer: Layer, rows: pl.DataFrame, before_m2: np.ndarray, log: IssueLog, *, issue_type: str
) -> pl.DataFrame:
    """Rows of which ground is left, each cut said with the m² that are."""
    left = shapely.area(layer.shapes[rows["_at"].to_numpy()])
    told = rows.with_columns(
        _left=pl.Series(left).round().cast(pl.Int64).cast(pl.String),
        _is_cut=pl.Series(before_m2 - left > LEAST_M2),
        _is_gone=pl.Series(left <= np.maximum(LEAST_M2, SLIVER_SHARE * before_m2))
        & pl.Series(before_m2 > LEAST_M2),
    )
    for is_gone in (False, True):
        log.add(
            told.filter(pl.col("_is_cut"), pl.col("_is_gone") == is_gone),
            column="geometry",
            issue_type=issue_type,
            kept=not is_gone,
            replaced_by=pl.format("{} m²", "_left"),
        )
    return told.filter(~(pl.col("_is_cut") & pl.col("_is_gone"))).drop(
        "_left", "_is_cut", "_is_gone"
    )


def polygons_of(shapes: np.ndarray) -> np.ndarray:
    """The polygons of shapes, without the lines and points that a cut leaves."""
    return np.array(
        [
            shapely.multipolygons([p for p in shapely.get_parts(s) if p.geom_type == "Polygon"])
            for s in shapes
        ],
        dtype=object,
    )


def _is_first(store: Store) -> bool:
    """Whether the part is the first of the territory, with which goes what tells no département."""
    return store.part == next(iter(store.departments()), None)


def department_codes(codes: Iterable[str]) -> np.ndarray:
    """The département of each commune, or of what begins with a commune's code."""
    text = pl.Series(codes, dtype=pl.String).str.strip_chars().str.slice(0, 5).str.to_uppercase()
    found = text.to_frame("code").select(department_of(pl.col("code")))["code"]
    return found.fill_null("").to_numpy().astype(str)
