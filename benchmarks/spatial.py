"""Points in areas and overlay, by the observatory and by what else does it, on one invented map.

    python -m benchmarks.spatial --rounds 5
    python -m benchmarks.spatial --task overlay --engines ours sedonadb

Zones are cells with jagged borders, parcels tile the same ground, points lie anywhere: an engine is
given arrays of coordinates and shapes in memory and hands back pairs of rows, with square metres
where it overlays. Each case runs in a process of its own, in turn; its seconds are those of the
task, conversions into the engine's own form included (``query_s`` without them, where an engine
has one). All must find the same rows, and the same areas to a square metre. DuckDB and PostGIS are
left out where their extension or server is not installed.
"""

import argparse
import dataclasses
import importlib.util
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import geopandas as gpd
import numpy as np
import polars as pl
import pyarrow as pa
import shapely

from benchmarks.measuring import Measure, module, options, record, summarise, take_turns, tell
from observatory.geography.crs import METROPOLITAN
from observatory.geography.joins import measure_overlaps, points_in_areas
from tests.servers import find_binaries, postgres

SPAN_M = 100_000.0
SIZES = {"points": (5_000_000, 4_417, 100), "overlay": (500_000, 20_000, 40)}
TITLE = "Points in areas, and overlay"
PACKAGES = ("shapely", "geopandas", "sedonadb", "numpy", "polars")
# an engine's rows: how many, and the sum of what each shares with its area
Found = tuple[int, float]


def zones(count: int, corners: int) -> np.ndarray:
    """Cells around scattered seeds, their shared borders jagged alike on both sides."""
    seeds = np.random.default_rng(7).uniform(0, SPAN_M, (count, 2))
    ground = shapely.box(0, 0, SPAN_M, SPAN_M)
    cells = shapely.get_parts(shapely.voronoi_polygons(shapely.multipoints(seeds)))
    step = 4 * SPAN_M / np.sqrt(count) / corners
    drawn = shapely.segmentize(shapely.intersection(cells, ground), step)

    def jag(places: np.ndarray) -> np.ndarray:
        x, y = places.T
        moved = np.column_stack([np.sin(0.7 * x + 0.3 * y), np.cos(0.2 * x - 0.9 * y)])
        return places + 0.4 * step * moved

    jagged = shapely.make_valid(shapely.transform(drawn, jag))
    parts, owner = shapely.get_parts(jagged, return_index=True)
    largest = np.lexsort((-shapely.area(parts), owner))
    return parts[largest[np.unique(owner[largest], return_index=True)[1]]]


def parcels(count: int) -> np.ndarray:
    """Six-sided parcels that tile the ground."""
    side = int(np.sqrt(count))
    width, random = SPAN_M / side, np.random.default_rng(13)
    x, y = np.meshgrid(*[np.arange(side + 1) * width] * 2, indexing="ij")
    x, y = (axis + random.uniform(-0.25, 0.25, axis.shape) * width for axis in (x, y))
    bent = (x[:-1] + x[1:]) / 2 + random.uniform(-0.05, 0.05, (side, side + 1)) * width
    middle = (y[:-1] + y[1:]) / 2
    rings = [
        np.stack([a[:-1, :-1], b[:, :-1], a[1:, :-1], a[1:, 1:], b[:, 1:], a[:-1, 1:]], -1)
        for a, b in ((x, bent), (y, middle))
    ]
    return shapely.polygons(np.stack(rings, -1).reshape(-1, 6, 2))


def points(count: int) -> np.ndarray:
    """Points anywhere on the ground."""
    return np.random.default_rng(84).uniform(0, SPAN_M, (count, 2))


def our_points(places: np.ndarray, areas: np.ndarray) -> Found:
    """The observatory's own room."""
    point, area = points_in_areas(*places.T.copy(), areas, with_border=False)
    return len(point), float(area.sum())


def our_overlay(shapes: np.ndarray, areas: np.ndarray) -> Found:
    """The observatory's own room."""
    _, _, shared = measure_overlaps(shapes, areas)
    return int((shared > 0).sum()), float(shared.sum())


def geopandas_points(places: np.ndarray, areas: np.ndarray) -> Found:
    """``sjoin`` of points within zones."""
    left = gpd.GeoDataFrame(geometry=shapely.points(places), crs=METROPOLITAN)
    right = gpd.GeoDataFrame(geometry=areas, crs=METROPOLITAN)
    joined = gpd.sjoin(left, right, predicate="within")
    return len(joined), float(joined["index_right"].sum())


def geopandas_overlay(shapes: np.ndarray, areas: np.ndarray) -> Found:
    """``overlay`` of parcels and zones."""
    left, right = (gpd.GeoDataFrame(geometry=g, crs=METROPOLITAN) for g in (shapes, areas))
    pieces = gpd.overlay(left, right, how="intersection", keep_geom_type=True)
    return len(pieces), float(pieces.area.sum())


def shapely_points(places: np.ndarray, areas: np.ndarray) -> Found:
    """A tree of the zones, and prepared zones that are asked for each point in their bounds."""
    shapely.prepare(areas)
    drawn = shapely.points(places)
    point, area = shapely.STRtree(areas).query(drawn)
    inside = shapely.contains_xy(areas[area], *places[point].T)
    return int(inside.sum()), float(area[inside].sum())


def shapely_overlay(shapes: np.ndarray, areas: np.ndarray) -> Found:
    """A tree of the parcels, prepared zones, containment first."""
    shapely.prepare(areas)
    area, shape = shapely.STRtree(shapes).query(areas, predicate="intersects")
    pieces = shapes[shape]
    cut = ~shapely.covers(areas[area], pieces)
    pieces[cut] = shapely.intersection(pieces[cut], areas[area[cut]])
    shared = shapely.area(pieces)
    return int((shared > 0).sum()), float(shared.sum())


COUNT_POINTS = "select count(*), sum(z.j) from p join z on ST_Within(p.g, z.g)"
SUM_AREAS = (
    "select count(*), sum(a) from (select ST_Area(ST_Intersection(p.g, z.g)) a from p"
    " join z on ST_Intersects(p.g, z.g)) t where a > 0"
)


def as_table(shapes: np.ndarray, name: str) -> pa.Table:
    """Row numbers and WKB."""
    return pa.table({name: np.arange(len(shapes)), "w": shapely.to_wkb(shapes)})


def sedona_points(places: np.ndarray, areas: np.ndarray) -> Found:
    """SedonaDB's join; pairs come back as Arrow."""
    pairs = _ask_sedona(
        {"p": pa.table({"i": np.arange(len(places)), "x": places[:, 0], "y": places[:, 1]})},
        areas,
        "select p.i, z.j from (select i, ST_Point(x, y) g from p) p join"
        " (select j, ST_GeomFromWKB(w) g from z) z on ST_Within(p.g, z.g)",
    )
    return pairs.height, float(pairs["j"].sum())


def sedona_overlay(shapes: np.ndarray, areas: np.ndarray) -> Found:
    """SedonaDB's join and intersection; pairs come back as Arrow."""
    pairs = _ask_sedona(
        {"p": as_table(shapes, "i")},
        areas,
        "select p.i, z.j, ST_Area(ST_Intersection(p.g, z.g)) a"
        " from (select i, ST_GeomFromWKB(w) g from p) p join"
        " (select j, ST_GeomFromWKB(w) g from z) z on ST_Intersects(p.g, z.g)",
    ).filter(pl.col("a") > 0)
    return pairs.height, float(pairs["a"].sum())


def _ask_sedona(tables: dict[str, pa.Table], areas: np.ndarray, query: str) -> pl.DataFrame:
    import sedonadb

    engine = sedonadb.connect()
    for name, table in {**tables, "z": as_table(areas, "j")}.items():
        engine.create_data_frame(table).to_view(name)
    with _asked():
        return pl.DataFrame(pa.table(engine.sql(query)))


def duckdb_points(places: np.ndarray, areas: np.ndarray) -> Found:
    """DuckDB's spatial join; pairs come back as Arrow."""
    table = pa.table({"i": np.arange(len(places)), "x": places[:, 0], "y": places[:, 1]})
    pairs = _ask_duckdb(
        {"points": table, "areas": as_table(areas, "j")},
        "create table p as select i, ST_Point(x, y) g from points",
        "select p.i, z.j from p join z on ST_Within(p.g, z.g)",
    )
    return pairs.height, float(pairs["j"].sum())


def duckdb_overlay(shapes: np.ndarray, areas: np.ndarray) -> Found:
    """DuckDB's spatial join and intersection; pairs come back as Arrow."""
    pairs = _ask_duckdb(
        {"shapes": as_table(shapes, "i"), "areas": as_table(areas, "j")},
        "create table p as select i, ST_GeomFromWKB(w) g from shapes",
        "select p.i, z.j, ST_Area(ST_Intersection(p.g, z.g)) a from p"
        " join z on ST_Intersects(p.g, z.g)",
    ).filter(pl.col("a") > 0)
    return pairs.height, float(pairs["a"].sum())


def _ask_duckdb(tables: dict[str, pa.Table], prepare: str, query: str) -> pl.DataFrame:
    import duckdb

    with duckdb.connect(config={"allow_unsigned_extensions": "true"}) as engine:
        engine.load_extension(str(_find_extension()))
        for name, table in tables.items():
            engine.register(name, table)
        engine.execute("create table z as select j, ST_GeomFromWKB(w) g from areas")
        engine.execute(prepare)
        with _asked():
            return engine.execute(query).pl()


def _find_extension() -> Path | None:
    """DuckDB's spatial extension of its own version, from its wheel."""
    if any(importlib.util.find_spec(name) is None for name in EXTENSION):
        return None
    import duckdb

    wheel = importlib.util.find_spec(EXTENSION[1])
    places = wheel.submodule_search_locations if wheel else None
    found = [Path(p) / f"extensions/v{duckdb.__version__}/{NAME}" for p in places or ()]
    return next((path for path in found if path.exists()), None)


EXTENSION, NAME = ("duckdb", "duckdb_extension_spatial"), "spatial.duckdb_extension"


def postgis_points(places: np.ndarray, areas: np.ndarray) -> Found:
    """PostGIS, loaded by COPY and indexed; its task ends with a count of the pairs."""
    copied = ((i, x, y) for i, (x, y) in enumerate(places.tolist()))
    return _ask_postgis(
        copied,
        "create table p as select i, ST_Point(a, b) g from raw",
        areas,
        COUNT_POINTS,
        "double precision",
    )


def postgis_overlay(shapes: np.ndarray, areas: np.ndarray) -> Found:
    """PostGIS, loaded by COPY and indexed; its task ends with a sum over the pairs."""
    copied = ((i, w, None) for i, w in enumerate(shapely.to_wkb(shapes, hex=True)))
    return _ask_postgis(
        copied, "create table p as select i, a::geometry g from raw", areas, SUM_AREAS, "text"
    )


def _ask_postgis(
    rows: Iterator[tuple[object, ...]], make: str, areas: np.ndarray, query: str, kind: str
) -> Found:
    import psycopg

    with (
        tempfile.TemporaryDirectory() as folder,
        postgres(Path(folder)) as server,
        psycopg.connect(server.url, autocommit=True) as engine,
    ):
        engine.execute("create extension postgis")
        engine.execute(f"create table raw (i int, a {kind}, b {kind})")
        engine.execute("create table areas (j int, w text)")
        for target, lines in (
            ("raw", rows),
            ("areas", enumerate(shapely.to_wkb(areas, hex=True))),
        ):
            with engine.cursor().copy(f"copy {target} from stdin") as copy:
                for line in lines:
                    copy.write_row(line)
        engine.execute(make)
        engine.execute("create table z as select j, w::geometry g from areas")
        engine.execute("create index on z using gist (g)")
        engine.execute("create index on p using gist (g)")
        engine.execute("analyze")
        with _asked():
            found = engine.execute(query).fetchone()
    return (int(found[0]), float(found[1])) if found else (0, 0.0)


@contextmanager
def _asked() -> Iterator[None]:
    """Tell how long the query alone took."""
    begun = time.perf_counter()
    yield
    tell(query_s=time.perf_counter() - begun)


Engine = Callable[[np.ndarray, np.ndarray], Found]
ENGINES: dict[str, dict[str, Engine]] = {
    "geopandas": {"points": geopandas_points, "overlay": geopandas_overlay},
    "ours": {"points": our_points, "overlay": our_overlay},
    "shapely": {"points": shapely_points, "overlay": shapely_overlay},
    "sedonadb": {"points": sedona_points, "overlay": sedona_overlay},
    "duckdb": {"points": duckdb_points, "overlay": duckdb_overlay},
    "postgis": {"points": postgis_points, "overlay": postgis_overlay},
}


def draw(task: str, share: float) -> tuple[np.ndarray, np.ndarray]:
    """What a task joins: points or parcels, and zones; a ``share`` of its full size."""
    count, zone_count, corners = SIZES[task]
    drawn = zones(max(4, int(zone_count * share)), corners)
    left = points if task == "points" else parcels
    return left(int(count * share)), drawn


def run(task: str, engine: str, share: float) -> None:
    """One case in this process: tells its seconds, rows and sum."""
    left, areas = draw(task, share)
    begun = time.perf_counter(), time.process_time()
    rows, total = ENGINES[engine][task](left, areas)
    seconds = time.perf_counter() - begun[0]
    tell(task_s=seconds, task_cpu_s=time.process_time() - begun[1], rows=rows, total=total)


def compare(task: str, engines: list[str], rounds: int, share: float) -> dict[str, list[Measure]]:
    """All engines in turn, by the seconds of the task; raises where they do not agree."""
    cases = {
        name: module("benchmarks.spatial", "--task", task, "--run", name, "--share", share)
        for name in engines
    }
    found = {
        name: [
            dataclasses.replace(m, wall_s=m.told["task_s"], cpu_s=m.told["task_cpu_s"])
            for m in runs
        ]
        for name, runs in take_turns(cases, rounds).items()
    }
    first = next(iter(found.values()))[0].told
    for name, runs in found.items():
        told = runs[0].told
        margin = 1.0 if task == "overlay" else 0.0
        if told["rows"] != first["rows"] or abs(told["total"] - first["total"]) > margin:
            msg = f"{name} found {told}, {engines[0]} {first}: not the same rows."
            raise AssertionError(msg)
    return found


def installed() -> list[str]:
    """The engines that can run here."""
    absent = {"duckdb": _find_extension() is None, "postgis": find_binaries() is None}
    return [name for name in ENGINES if not absent.get(name)]


def main() -> None:
    parser = options(__doc__)
    parser.add_argument("--task", choices=SIZES, action="append")
    parser.add_argument("--engines", nargs="+", choices=ENGINES)
    parser.add_argument("--share", type=float, default=1.0, help="of the full size")
    parser.add_argument("--run", choices=ENGINES, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.run:
        run(asked.task[0], asked.run, asked.share)
        return
    texts = []
    for task in asked.task or SIZES:
        engines = asked.engines or installed()
        found = compare(task, engines, asked.rounds, asked.share)
        best = min(statistics.median(m.wall_s for m in runs) for runs in found.values())
        count, zone_count, _ = (int(n * asked.share) for n in SIZES[task])
        title = f"{task}: {count:,} over {zone_count:,} zones; the best took {best:.1f} s"
        texts.append(f"**{title}**\n\n{summarise(found)}")
    text = "\n\n".join(texts)
    print(text)
    if asked.record:
        record(TITLE, "python -m benchmarks.spatial", text, PACKAGES)


if __name__ == "__main__":
    main()
