"""How cost grows from one département to eight, and what France would cost.

    python -m benchmarks.slope --scale 0.1 --rounds 1 --record

Eight départements as near to a million parcels each as there are, in one archive (their national
files are one each). ``observatory run --theme land`` with the first of them as territory, then with
all eight, each in a home that has never run. The slope is cost a parcel of eight over that of one;
the projection takes it for all parcels of metropolitan France and stands on what it says.
"""

import gzip
import shutil
from pathlib import Path

import pyarrow.parquet as pq

from benchmarks.department import Homes
from benchmarks.drawn.places import FRENCH_PARCELS, counted, volume
from benchmarks.measuring import Measure, measure, options, record, spread, summarise
from benchmarks.true_size import draw

NEAR = 1_000_000
ASSUMED = (
    f"The projection takes cost a parcel of the larger run for {FRENCH_PARCELS:,} parcels: the "
    "rest (establishments, sales, zones, sites) follows parcels as it does in those drawn, one "
    "machine works on one département at a time, and overseas départements cost as much a parcel "
    "as others. Workers on more machines divide the wall time."
)


def near_a_million(count: int) -> list[str]:
    """Départements of about a million parcels, the nearest first."""
    every = counted()["department_code"].to_list()
    return sorted(every, key=lambda code: abs(volume(code, 1.0).parcels - NEAR))[:count]


def compare(work: Path, scale: float, count: int, rounds: int) -> dict[str, list[Measure]]:
    """Runs of one and of all départements, in turn."""
    departments = near_a_million(count)
    folder = work / "files"
    shutil.rmtree(folder, ignore_errors=True)
    draw(folder, departments, scale)
    found: dict[str, list[Measure]] = {"1 département": [], f"{count} départements": []}
    territories = dict(zip(found, (departments[:1], departments), strict=True))
    homes = Homes(folder, "", work / "homes")
    parcels = {d: count_parcels(folder / f"cadastre-{d}-parcelles.json.gz") for d in departments}
    for _ in range(rounds):
        for name, own in territories.items():
            homes.territory = ",".join(own)
            home = homes.fresh()
            one = measure(homes.command(home))
            one.told["parcels"] = sum(parcels[d] for d in own)
            one.told["units"] = pq.read_metadata(home / "current" / "land_units.parquet").num_rows
            found[name].append(one)
    return found


def count_parcels(path: Path) -> int:
    """Features of a file, one a line."""
    with gzip.open(path) as file:
        return sum(line.startswith(b'{"type":"Feature",') for line in file)


def describe(found: dict[str, list[Measure]]) -> str:
    """The slope, and all of France from it."""
    one, many = found.values()

    def a_parcel(runs: list[Measure], kind: str) -> list[float]:
        return [getattr(m, kind) / m.told["parcels"] for m in runs]

    lines = []
    for kind, name in (("wall_s", "wall time"), ("cpu_s", "CPU")):
        slopes = [b / a for a, b in zip(a_parcel(one, kind), a_parcel(many, kind), strict=True)]
        hours = [FRENCH_PARCELS * value / 3_600 for value in a_parcel(many, kind)]
        lines.append(
            f"- {name}: slope {spread(slopes, 2)}; France {spread(hours, 1)} hours on this machine"
        )
    peak = [b.peak_mb / a.peak_mb for a, b in zip(one, many, strict=True)]
    lines.append(f"- memory: {spread(peak, 2)} times that of one département")
    return "\n".join([*lines, "", ASSUMED])


def main() -> None:
    """Measure, print, and keep the results where asked."""
    parser = options(__doc__, rounds=1)
    parser.add_argument("--scale", type=float, default=0.1)
    parser.add_argument("--count", type=int, default=8)
    parser.add_argument("--work", type=Path, default=Path("var/benchmark"))
    given = parser.parse_args()
    found = compare(given.work.resolve(), given.scale, given.count, given.rounds)
    text = f"{summarise(found)}\n\n{describe(found)}"
    print(text)
    if given.record:
        record("From one département to eight", "python -m benchmarks.slope", text)


if __name__ == "__main__":
    main()
