"""Writes the steps of invented inventories of ZAE, and an earlier one to follow units from."""

from pathlib import Path

import numpy as np
import polars as pl
import shapely

from sources.sample.land.files import geopackage, layer
from sources.sample.land.perimeters import CNIG_STATES, INVENTORIED, is_zae
from sources.sample.land.world import world
from sources.sample.world import FICTITIOUS, SAMPLE_EPCI, generator

# by turns: nothing but a start, a consultation that goes on, two inventories one after the other
STEPS = (
    ("2026-09-01", "", ""),
    ("2026-03-02", "2026-11-16", ""),
    ("2022-06-01", "2023-02-06", "2023-06-28"),
)
FIRST = ("2022-03-01", "2022-10-03", "2022-12-15")
EARLIER = "2022-12-15"
# communes whose parks were inventoried then, and whose new inventory nobody has handed over yet
NOT_YET_AGAIN = ("13096", "83120", "84089")
STATE_CHANGED = 0.12


def _inventoried() -> pl.DataFrame:
    """ZAE of the communes that have had an inventory, under the identifier that it gives them."""
    sites = world().sites.filter("is_park").with_columns(is_zae=pl.Series(is_zae()))
    number = pl.col("site").cast(pl.String).str.zfill(4)
    inventoried = pl.col("commune_code").is_in([*INVENTORIED, *NOT_YET_AGAIN])
    return sites.filter("is_zae", inventoried).with_columns(
        site_id=pl.format("{}_SITE-ECO_EAE{}", "commune_code", number)
    )


def write_steps(folder: Path) -> list[tuple[Path, str]]:
    """The observatory's own form: a line per inventory, some parks under way again."""
    lines = ["epci;site;debut;consultation;arrete"]
    for rank, site in enumerate(_inventoried()["site_id"]):
        steps = STEPS[rank % len(STEPS)]
        rows = [FIRST, steps] if rank % 2 else [steps]
        lines += [";".join((SAMPLE_EPCI, site, *row)) for row in rows]
    path = folder / f"arretes-zae-2026-{FICTITIOUS}.csv"
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return [(path, "2026")]


def write_former(folder: Path) -> list[tuple[Path, str]]:
    """An earlier delivery in the CNIG standard: some units were one, or two, or are new since."""
    rng = generator("land/former-inventory")
    sites = _inventoried().select("site", "site_id")
    parcels = world().parcels.group_by("unit").agg(pl.col("parcel_id").sort())
    units = (
        world()
        .units.filter(~pl.col("is_common"), "is_inside")
        .join(sites, on="site")
        .join(parcels, on="unit")
        .sort("unit")
    )
    rows, shapes = [], []
    for rank, unit in enumerate(units.iter_rows(named=True)):
        shape = world().unit_shapes[unit["unit"]]
        if rank % 17 == 0:  # new since
            continue
        state = CNIG_STATES[unit["state"]]
        if rng.random() < STATE_CHANGED:
            state = str(rng.choice(["occupé", "vacant", "inoccupé", "inconnu"]))
        pieces = _halves(shape) if rank % 11 == 0 else [shape]
        for at, piece in enumerate(pieces):
            shapes.append(piece)
            rows.append(
                {
                    "terr_id": f"{unit['commune_code']}_TERRAIN-ECO_A{unit['unit']}-{at}",
                    "site_id": unit["site_id"],
                    "terr_refcad": "|".join(unit["parcel_id"]) if len(pieces) == 1 else "",
                    "terr_etat_occup": state,
                    "terr_actu_date": EARLIER,
                }
            )
    path = folder / f"inventaire-zae-2022-{FICTITIOUS}.gpkg"
    geopackage(path, layer(pl.DataFrame(rows), np.array(shapes, dtype=object)), "terrain_eco")
    return [(path, "2022")]


def _halves(shape: shapely.Geometry) -> list[shapely.Geometry]:
    """A unit as two: what lies left and right of its middle."""
    left, bottom, right, top = shape.bounds
    middle = (left + right) / 2
    boxes = (shapely.box(left, bottom, middle, top), shapely.box(middle, bottom, right, top))
    return [shapely.intersection(shape, box) for box in boxes]


WRITERS = {"epci/inventories": write_steps, "epci/former_inventory": write_former}
