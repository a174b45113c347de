"""Parcels, land units and placement at the size of a large département, beside GeoPandas.

    python -m benchmarks.land_department --parcels 1000000 --establishments 500000

An invented grid of parcels, sites over one parcel in twenty. Each case runs in a process of its
own on the same grid: seconds, peak memory of the process (MB), and the factor against GeoPandas
doing the same step (``overlay`` and ``dissolve`` for units, ``sjoin_nearest`` for placement).
"""

import argparse
import json
import resource
import subprocess
import sys
import time

import geopandas as gpd
import numpy as np
import polars as pl
import shapely

from observatory.geography.crs import METROPOLITAN
from observatory.land.placement import place_establishments
from observatory.land.units import build_units, select_parcels_in_sites

SIDE_M = 50.0
PARCELS_A_SITE = 100
CASES = {"units": ("geopandas_units", "land_units"), "places": ("geopandas_places", "land_places")}


def grid(count: int) -> tuple[pl.DataFrame, np.ndarray]:
    """Square parcels of 2 500 m², owners in runs of three, a fifth of them unknown."""
    width = int(count**0.5)
    at = np.arange(count)
    x, y = (at % width) * SIDE_M + 800_000, (at // width) * SIDE_M + 6_200_000
    known = at // 3 % 5 > 0
    owner = np.where(known, np.char.add("owner ", (at // 3).astype(str)), None)
    rows = pl.DataFrame({"parcel_id": np.char.mod("13001000AB%07d", at), "commune_code": "13001"})
    return rows.with_columns(owner_account=pl.Series(owner.tolist(), dtype=pl.String)), shapely.box(
        x, y, x + SIDE_M, y + SIDE_M
    )


def sites(count: int) -> tuple[pl.DataFrame, np.ndarray]:
    """Square sites of about a hundred parcels, their edges across parcels."""
    number = count // 20 // PARCELS_A_SITE
    width, step = SIDE_M * PARCELS_A_SITE**0.5, SIDE_M * int(count**0.5)
    random = np.random.default_rng(13)
    x = 800_000 + random.uniform(0, step - width, number)
    y = 6_200_000 + random.uniform(0, step - width, number)
    names = pl.DataFrame({"site_id": [f"site {i}" for i in range(number)]})
    return names, shapely.box(x, y, x + width, y + width)


def establishments(parcels: int, count: int) -> pl.DataFrame:
    """Points all over the grid, one in ten just beside it."""
    step = SIDE_M * int(parcels**0.5)
    random = np.random.default_rng(84)
    return pl.DataFrame(
        {
            "siret": np.char.mod("%014d", np.arange(count)),
            "commune_code": "13001",
            "x_m": 800_000 + random.uniform(0, step * 1.001, count),
            "y_m": 6_200_000 + random.uniform(0, step, count),
            "placed_by": "insee",
            "precision": "address",
            "_trust": "high",
        }
    )


def frame(rows: pl.DataFrame, shapes: np.ndarray) -> gpd.GeoDataFrame:
    """As GeoPandas holds it."""
    return gpd.GeoDataFrame(rows.to_pandas(), geometry=shapes, crs=METROPOLITAN)


def run(case: str, parcel_count: int, establishment_count: int) -> int:
    """The rows that one case makes."""
    parcels, shapes = grid(parcel_count)
    if case in CASES["places"]:
        points = establishments(parcel_count, establishment_count)
        if case == "land_places":
            placed = place_establishments(points, parcels, shapes)
            return placed["parcel_id"].count()
        seen = frame(points, shapely.points(points["x_m"], points["y_m"]))
        near = gpd.sjoin_nearest(seen, frame(parcels, shapes), max_distance=15)
        return int(near["siret"].nunique())
    names, outlines = sites(parcel_count)
    if case == "land_units":
        rows, inside = select_parcels_in_sites(parcels, shapes, names, outlines)
        return len(build_units(rows, inside)[0])
    cut = gpd.overlay(frame(parcels, shapes), frame(names, outlines))
    own = cut["owner_account"].fillna(cut["parcel_id"])
    return len(cut.assign(own=own).dissolve(["site_id", "own"]).explode())


def measured(case: str, parcel_count: int, establishment_count: int) -> dict[str, float]:
    """One case in a process of its own."""
    arguments = (str(parcel_count), str(establishment_count))
    command = [sys.executable, "-m", "benchmarks.land_department", "--case", case]
    command += ["--parcels", arguments[0], "--establishments", arguments[1]]
    done = subprocess.run(command, capture_output=True, check=True, text=True)
    result: dict[str, float] = json.loads(done.stdout)
    return result


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parcels", type=int, default=1_000_000)
    parser.add_argument("--establishments", type=int, default=500_000)
    parser.add_argument("--case", choices=[c for pair in CASES.values() for c in pair])
    given = parser.parse_args()
    sizes = (given.parcels, given.establishments)
    if given.case:
        before = time.perf_counter()
        rows = run(given.case, *sizes)
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(json.dumps({"s": time.perf_counter() - before, "mb": memory, "rows": rows}))
        return
    print(f"{'case':18} {'rows':>9} {'s':>7} {'MB':>7} {'factor':>7}")
    for alternative, ours in CASES.values():
        base = measured(alternative, *sizes)
        for case, found in ((alternative, base), (ours, measured(ours, *sizes))):
            factor = found["s"] / base["s"]
            print(
                f"{case:18} {found['rows']:9.0f} {found['s']:7.1f} {found['mb']:7.0f} {factor:7.2f}"
            )


if __name__ == "__main__":
    main()
