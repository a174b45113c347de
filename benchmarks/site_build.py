"""The land part of the site as units grow: tiles and commune drawings of 1 to 4 times the sample.

    python -m benchmarks.site_build HOME

HOME holds a release of the sample. Units are the released ones, set beside themselves further east
under other identifiers. Prints seconds and megabytes, and their ratio to those of one time: growth
is linear where the ratio follows the number of units.
"""

import sys
import tempfile
import time
from pathlib import Path

import geopandas as gpd
import pandas as pd

from observatory.maps.tiles import TILES, write_map
from observatory.release.published import Published, open_published
from observatory.settings import Settings
from observatory.web.communes import gather_commune_pages

EAST = 3_000
TIMES = (1, 2, 4)


class Grown(Published):
    """A release whose units are there several times."""

    times = 1

    def shapes(self, name: str) -> gpd.GeoDataFrame:
        """The released layer, units repeated."""
        own = super().shapes(name)
        if name != "land_units":
            return own
        copies = []
        for at in range(self.times):
            copy = own.copy()
            copy["unit_id"] = copy["unit_id"] + f"_{at}"
            copy["geometry"] = copy.geometry.translate(at * EAST, 0)
            copies.append(copy)
        return gpd.GeoDataFrame(pd.concat(copies, ignore_index=True), crs=own.crs)


def main() -> int:
    """Build at each size and print the table."""
    home = Path(sys.argv[1])
    found = open_published(Settings(home=home))
    print(f"{'times':>5} {'units':>7} {'seconds':>8} {'ratio':>6} {'MB':>6} {'ratio':>6}")
    first = (0.0, 0.0)
    for times in (TIMES[0], *TIMES):
        grown = Grown(found.folder, found.manifest, found.contracts, found.settings)
        grown.times = times
        with tempfile.TemporaryDirectory() as folder:
            since = time.perf_counter()
            write_map(grown, Path(folder))
            gather_commune_pages(grown, None)
            seconds = time.perf_counter() - since
            size = (Path(folder) / TILES).stat().st_size / 1e6
        if first == (0.0, 0.0):
            first = (-1.0, -1.0)  # the first round warms up
            continue
        if first[0] < 0:
            first = (seconds, size)
        units = found.table("land_units").height * times
        print(
            f"{times:5d} {units:7d} {seconds:8.2f} {seconds / first[0]:6.2f} "
            f"{size:6.2f} {size / first[1]:6.2f}"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
