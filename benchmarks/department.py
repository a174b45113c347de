"""One département from end to end, beside the plain script and the bare reading of its inputs.

    python -m benchmarks.department FOLDER --rounds 3 --record
    python -m benchmarks.department FOLDER --again --record

FOLDER is what ``benchmarks.true_size`` drew of one département. ``observatory run --theme land`` in
a home that was handed the files and has never run (audit, release and workbooks included), in turn
with ``benchmarks.plain_department``, which does neither, and ``benchmarks.inputs_once``.
``--again`` runs a home a second time: with nothing changed, and with the parcels of one commune
changed.
"""

import gzip
import os
import re
import shutil
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq

from benchmarks.measuring import (
    Measure,
    measure,
    module,
    options,
    ratio,
    record,
    summarise,
    take_turns,
)
from benchmarks.true_size import HANDOVER, hand_over

OURS, PLAIN, READING = "observatory run", "plain GeoPandas", "inputs read once"
TABLES = ("land_units", "land_establishments", "quality_issues")


class Homes:
    """Homes that hold the same archive: handed over once, copied by links for each run."""

    def __init__(self, folder: Path, territory: str, work: Path) -> None:
        self.work, self.territory, self.count = work, territory, 0
        shutil.rmtree(work, ignore_errors=True)
        hand_over(work / "handed", folder)

    def fresh(self) -> Path:
        """A home that has never run."""
        self.count += 1
        home = self.work / f"home{self.count}"
        shutil.copytree(self.work / "handed", home, copy_function=_linked)
        shutil.rmtree(self.work / f"home{self.count - 1}", ignore_errors=True)
        return home

    def command(self, home: Path) -> list[str]:
        """The command that runs the land theme in a home."""
        told = {"HOME": home, "INPUT": "archive", "TERRITORY": self.territory}
        setting = [f"OBSERVATORY_{name}={value}" for name, value in told.items()]
        return ["env", *setting, *module("observatory.cli.main", "run", "--theme", "land")]

    def newest(self) -> Path:
        """The home that ran last."""
        return self.work / f"home{self.count}"


def _linked(source: str, target: str) -> None:
    """A link to content that never changes, a copy of what does."""
    if Path(source).name.startswith("index") or Path(source).stat().st_mode & 0o222:
        shutil.copy2(source, target)
    else:
        os.link(source, target)


def released(home: Path) -> dict[str, int]:
    """Rows of some tables of the current release."""
    paths = {name: home / "current" / f"{name}.parquet" for name in TABLES}
    return {n: pq.read_metadata(p).num_rows for n, p in paths.items() if p.exists()}


def territory_of(folder: Path) -> str:
    """The départements of which parcels were drawn."""
    rows = pl.read_csv(folder / HANDOVER, separator="\t", infer_schema=False)
    own = rows.filter(pl.col("source") == "dgfip/legal_person_parcels")["vintage"]
    return ",".join(own.str.split(".").list.last().unique().sort())


def compare(folder: Path, work: Path, rounds: int) -> dict[str, list[Measure]]:
    """Ours, the plain script and the bare reading, in turn."""
    homes = Homes(folder, territory_of(folder), work)
    plain = module("benchmarks.plain_department", folder, "--to", work / "plain")
    cases = {
        OURS: lambda: homes.command(homes.fresh()),
        PLAIN: [*plain, "--department", homes.territory],
        READING: module("benchmarks.inputs_once", folder),
    }
    found = take_turns(cases, rounds)
    found[OURS][-1].told.update(released(homes.newest()))
    return found


def again(folder: Path, work: Path, rounds: int) -> dict[str, list[Measure]]:
    """A first run, one with nothing changed, one with the parcels of one commune changed."""
    homes = Homes(folder, territory_of(folder), work)
    found: dict[str, list[Measure]] = {"first run": [], "unchanged": [], "one commune changed": []}
    for _ in range(rounds):
        home = homes.fresh()
        command = homes.command(home)
        found["first run"].append(measure(command))
        found["unchanged"].append(measure(command))
        _hand_over_changed(folder, home, work)
        found["one commune changed"].append(measure(command))
    found["one commune changed"][-1].told.update(released(home))
    return found


def _hand_over_changed(folder: Path, home: Path, work: Path) -> None:
    """Parcels of one commune of a middling size drawn anew: one in ten is gone."""
    rows = pl.read_csv(folder / HANDOVER, separator="\t", infer_schema=False)
    parcels = rows.filter(pl.col("source") == "cadastre/parcels")
    name, vintage = parcels.select("file", "vintage").row(len(parcels) // 2)
    lines = gzip.decompress((folder / name).read_bytes()).split(b"\n")
    found = re.findall(rb'"commune":"(\w+)"', lines[len(lines) // 2])
    own = [at for at, line in enumerate(lines[:-2]) if b'"commune":"%s"' % found[0] in line]
    gone = set(own[1::10])
    kept = [line for at, line in enumerate(lines) if at not in gone]
    changed = work / "changed"
    changed.mkdir(exist_ok=True)
    (changed / name).write_bytes(gzip.compress(b"\n".join(kept), 1, mtime=0))
    told = f"file\tsource\tvintage\n{name}\tcadastre/parcels\t{vintage}\n"
    (changed / HANDOVER).write_text(told, "utf-8")
    hand_over(home, changed)


def main() -> None:
    """Measure, print, and keep the results where asked."""
    parser = options(__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--work", type=Path, default=Path("var/benchmark"))
    parser.add_argument("--again", action="store_true", help="second runs instead")
    given = parser.parse_args()
    work = given.work.resolve()
    if given.again:
        found = again(given.folder, work, given.rounds)
        title = "A second run of one département"
    else:
        found = compare(given.folder, work, given.rounds)
        title = "One département from end to end"
    text = f"{summarise(found)}\n{_sentence(found)}"
    print(text)
    if given.record:
        record(title, "python -m benchmarks.department", text)


def _sentence(found: dict[str, list[Measure]]) -> str:
    if OURS in found:
        return (
            f"\nWall time of ours over the plain script's: {ratio(found, OURS, PLAIN):.2f}; "
            f"over the bare reading's: {ratio(found, OURS, READING):.2f}."
        )
    parts = {name: ratio(found, name, "first run") for name in list(found)[1:]}
    return "\n" + "; ".join(f"{n}: {100 * r:.0f} % of a first run" for n, r in parts.items()) + "."


if __name__ == "__main__":
    main()
