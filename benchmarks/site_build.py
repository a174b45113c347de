"""The land part of the site as units grow: tiles and commune drawings of 1 to 4 times the sample.

    python -m benchmarks.site_build HOME

HOME holds a release of the sample. Units are the released ones, set beside themselves further east
under other identifiers; each size in a process of its own. Growth is linear where the factor
follows the number of units.
"""

import tempfile
import time
from pathlib import Path

import geopandas as gpd
import pandas as pd

from benchmarks.measuring import module, options, record, summarise, take_turns, tell
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


def build(home: Path, times: int) -> None:
    """Build once to warm up and once more; tell seconds, units and megabytes."""
    found = open_published(Settings(home=home))
    grown = Grown(found.folder, found.manifest, found.contracts, found.settings)
    grown.times = times
    for _ in range(2):
        with tempfile.TemporaryDirectory() as folder:
            begun = time.perf_counter()
            write_map(grown, Path(folder))
            gather_commune_pages(grown, None)
            seconds = time.perf_counter() - begun
            size = (Path(folder) / TILES).stat().st_size / 1e6
    tell(units=found.table("land_units").height * times, tiles_mb=size, building_s=seconds)


def main() -> None:
    """One size, or the table of all."""
    parser = options(__doc__)
    parser.add_argument("home", type=Path)
    parser.add_argument("--times", type=int)
    given = parser.parse_args()
    if given.times:
        build(given.home, given.times)
        return
    cases = {
        f"{times} times": module("benchmarks.site_build", given.home, "--times", times)
        for times in TIMES
    }
    text = summarise(take_turns(cases, given.rounds), by="building_s")
    print(text)
    if given.record:
        record("The site as units grow", "python -m benchmarks.site_build", text)


if __name__ == "__main__":
    main()
