"""Any département at its true size, invented, in the layouts of the producers' files.

    python -m benchmarks.true_size FOLDER --department 13
    python -m benchmarks.true_size FOLDER --department 13 --department 84 --scale 0.1
    python -m benchmarks.true_size HOME --hand-over FOLDER

Bouches-du-Rhône: 1 million parcels, 870 000 buildings, 600 000 establishments, 125 000 lines of
sales, 20 000 zones, 1 400 sites for firms; others in proportion. The same bytes each time. Each
file is told on a line of ``handover.tsv``; ``--hand-over`` fills the archive of a home with them.
``--scale`` draws the middle of each commune only, as densely.
"""

import argparse
import contextlib
import shlex
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import polars as pl

from benchmarks.drawn import cadastre
from benchmarks.drawn.administrative import write_administrative
from benchmarks.drawn.ground import Ground, draw_ground, plan_department
from benchmarks.drawn.occupants import brownfields, establishments, sale_lines
from benchmarks.drawn.places import volume
from benchmarks.drawn.records import write_records, write_sales
from benchmarks.drawn.register import identified, write_register
from benchmarks.drawn.surroundings import sites_of, write_perimeters, write_surroundings
from benchmarks.drawn.text import features, gzipped, zipped
from sources.sample.land.cadastre import LEGAL_FORMS

File = tuple[str, Path, str]
HANDOVER = "handover.tsv"


def draw(folder: Path, departments: list[str], scale: float) -> list[File]:
    """Write every file of some départements; keys of sources, paths and vintages."""
    folder.mkdir(parents=True, exist_ok=True)
    files = write_administrative(folder, departments)
    sites, firms, owners, fallow = [], [], [], []
    for department in departments:
        own = _Department(folder, department, scale)
        files += own.files
        sites.append(own.sites)
        firms.append(own.firms)
        owners.append(own.owners)
        fallow.append(own.brownfields)
    every, listed = pl.concat(firms), pl.concat(fallow)
    files += write_perimeters(folder, pd.concat(sites, ignore_index=True))
    parks = every.filter("is_in_park").select("x", "y", "commune_code")
    files += write_records(folder, departments, scale, listed, parks)
    files += write_register(
        folder, identified(every), pl.concat(owners).unique("siren").sort("siren")
    )
    lines = [f"{path.name}\t{key}\t{vintage}\n" for key, path, vintage in files]
    (folder / HANDOVER).write_text("file\tsource\tvintage\n" + "".join(lines), "utf-8")
    return files


class _Department:
    """Files of one département, and its rows of the files that all départements share."""

    def __init__(self, folder: Path, department: str, scale: float) -> None:
        self.department = department
        size = volume(department, scale)
        plan = plan_department(department, size, scale)
        grounds: list[Ground] = []
        firms, lines, listed, holders = [], [], [], []
        paths = _paths(folder, department)
        with contextlib.ExitStack() as stack:
            parcels, buildings = (
                stack.enter_context(features(stack.enter_context(gzipped(path))))
                for path in paths[:2]
            )
            text = stack.enter_context(zipped(paths[2], f"PM_26_{department}0.txt"))
            text.write(cadastre.owner_header())
            largest = int(np.argmax([len(b) for b in plan.blocks]))
            for at in range(len(plan.places)):
                ground = draw_ground(plan, at)
                cadastre.write_parcels(parcels, ground, all_faults=at == largest)
                cadastre.write_buildings(buildings, ground, all_faults=at == largest)
                text.write(cadastre.owner_lines(ground, department))
                firms.append(establishments(ground, size))
                lines.append(sale_lines(ground, department, size))
                listed.append(brownfields(ground))
                holders.append(ground.parcels.select("owner", "owner_kind").drop_nulls().unique())
                grounds.append(_light(ground))
        self.firms, self.brownfields = pl.concat(firms), pl.concat(listed)
        self.owners = _legal_units(pl.concat(holders), department)
        self.sites: gpd.GeoDataFrame = sites_of(grounds, department)
        vintage = f"{cadastre.YEAR}.{department}"
        keys = ("cadastre/parcels", "cadastre/buildings", "dgfip/legal_person_parcels")
        self.files: list[File] = [(k, p, vintage) for k, p in zip(keys, paths, strict=True)]
        self.files += write_surroundings(folder, department, grounds, size)
        self.files += write_sales(folder, department, pl.concat([x for x in lines if len(x)]))


def _paths(folder: Path, department: str) -> tuple[Path, Path, Path]:
    return (
        folder / f"cadastre-{department}-parcelles.json.gz",
        folder / f"cadastre-{department}-batiments.json.gz",
        folder / f"PM_26_{department}0.zip",
    )


def _light(ground: Ground) -> Ground:
    """A commune without the shapes that are written already."""
    none = np.empty(0, dtype=object)
    return Ground(
        place=ground.place,
        parcels=ground.parcels.clear(),
        parcel_shapes=none,
        building_shapes=none,
        building_parcels=none,
        site_shapes=ground.site_shapes,
        blocks=ground.blocks,
        block_sites=ground.block_sites,
    )


def _legal_units(holders: pl.DataFrame, department: str) -> pl.DataFrame:
    """SIREN, legal form and name of the owners of a département."""
    own = holders.unique("owner", keep="first", maintain_order=True).sort("owner")
    forms = {kind: form[0] for kind, form in LEGAL_FORMS.items()}
    return own.select(
        siren=cadastre.siren_of_owner(own["owner"].to_numpy(), department),
        form=pl.col("owner_kind").replace_strict(forms),
        name=pl.col("owner_kind").replace_strict(cadastre.NAMES) + pl.col("owner").cast(pl.String),
    )


def hand_over(home: Path, folder: Path) -> int:
    """Fill the archive of a home with what ``handover.tsv`` lists."""
    import os

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
    parser.add_argument("--hand-over", type=Path, metavar="FOLDER", help="fill a home with files")
    given = parser.parse_args()
    if given.hand_over:
        print(f"{hand_over(given.folder, given.hand_over)} files handed over")
        return
    departments = given.department or ["13"]
    for key, path, vintage in draw(given.folder, departments, given.scale):
        print(f"observatory archive add {key} {shlex.quote(str(path))} --vintage {vintage}")


if __name__ == "__main__":
    main()
