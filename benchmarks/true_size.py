"""Any département at its true size, invented, in the layouts of the producers' files.

    python -m benchmarks.true_size FOLDER --department 13
    python -m benchmarks.true_size FOLDER --department 13 --department 84 --scale 0.1
    python -m benchmarks.true_size FOLDER --department 13 --national 44000000
    python -m benchmarks.true_size HOME --hand-over FOLDER

Bouches-du-Rhône: 1 million parcels, 870 000 buildings, 600 000 establishments, 125 000 lines of
sales, 20 000 zones, 1 400 sites for firms; others in proportion. The same bytes each time. Each
file is told on a line of ``handover.tsv``; ``--hand-over`` fills the archive of a home with them.
``--scale`` draws the middle of each commune only, as densely; ``--by-commune`` writes parcels and
buildings in a file a commune; ``--national`` the register of all France, in which the drawn ones
lie among so many others.
"""

import argparse
import os
import shlex
from pathlib import Path

import pandas as pd
import polars as pl

from benchmarks.drawn.administrative import write_administrative
from benchmarks.drawn.department import File, draw_department
from benchmarks.drawn.national import write_national
from benchmarks.drawn.records import write_records
from benchmarks.drawn.register import identified, write_register
from benchmarks.drawn.surroundings import write_perimeters

HANDOVER = "handover.tsv"


def draw(
    folder: Path,
    departments: list[str],
    scale: float = 1.0,
    *,
    by_commune: bool = False,
    national: int | None = None,
) -> list[File]:
    """Write every file of some départements; keys of sources, paths and vintages."""
    folder.mkdir(parents=True, exist_ok=True)
    files = write_administrative(folder, departments)
    drawn = [draw_department(folder, d, scale, by_commune=by_commune) for d in departments]
    files += [file for own in drawn for file in own.files]
    firms = pl.concat(own.firms for own in drawn)
    owners = pl.concat(own.owners for own in drawn).unique("siren").sort("siren")
    files += write_perimeters(folder, pd.concat([own.sites for own in drawn], ignore_index=True))
    parks = firms.filter("is_in_park").select("x", "y", "commune_code")
    brownfields = pl.concat(own.brownfields for own in drawn)
    files += write_records(folder, departments, scale, brownfields, parks)
    if national is None:
        files += write_register(folder, identified(firms), owners)
    else:
        files += write_national(folder, firms, owners, national)
    lines = [f"{path.name}\t{key}\t{vintage}\n" for key, path, vintage in files]
    (folder / HANDOVER).write_text("file\tsource\tvintage\n" + "".join(lines), "utf-8")
    return files


def hand_over(home: Path, folder: Path) -> int:
    """Fill the archive of a home with what ``handover.tsv`` lists."""
    os.environ["OBSERVATORY_HOME"] = str(home)
    from observatory.home import require_home, require_world
    from observatory.settings import load_settings
    from observatory.storage.archive import Archive
    from sources import card

    settings = load_settings()
    require_home(settings)
    require_world(settings, "real")
    archive = Archive(settings.archive)
    listed = pl.read_csv(folder / HANDOVER, separator="\t", infer_schema=False).rows()
    for name, key, vintage in listed:
        archive.add(card(key), folder / name, vintage=vintage, origin="handed_over")
    return len(listed)


def main() -> None:
    """Draw files, or hand them over."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, help="where files are written, or the home")
    parser.add_argument("--department", action="append", help="may be repeated; 13 by default")
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--by-commune", action="store_true")
    parser.add_argument("--national", type=int, metavar="ROWS")
    parser.add_argument("--hand-over", type=Path, metavar="FOLDER", help="fill a home with files")
    given = parser.parse_args()
    if given.hand_over:
        print(f"{hand_over(given.folder, given.hand_over)} files handed over")
        return
    files = draw(
        given.folder,
        given.department or ["13"],
        given.scale,
        by_commune=given.by_commune,
        national=given.national,
    )
    for key, path, vintage in files:
        print(f"observatory archive add {key} {shlex.quote(str(path))} --vintage {vintage}")


if __name__ == "__main__":
    main()
