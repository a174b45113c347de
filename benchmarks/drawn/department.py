"""One département: its own files, and its rows of the files that all départements share."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import polars as pl

from benchmarks.drawn import cadastre
from benchmarks.drawn.ground import Ground, draw_ground, plan_department
from benchmarks.drawn.occupants import brownfields, establishments, sale_lines
from benchmarks.drawn.places import volume
from benchmarks.drawn.records import write_sales
from benchmarks.drawn.surroundings import sites_of, write_surroundings
from benchmarks.drawn.text import Features, features, gzipped, zipped
from sources.sample.land.cadastre import LEGAL_FORMS

File = tuple[str, Path, str]


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """What was drawn of a département: files (key, path, vintage), and rows for shared files."""

    files: list[File]
    sites: gpd.GeoDataFrame
    firms: pl.DataFrame
    owners: pl.DataFrame
    brownfields: pl.DataFrame


@dataclass(kw_only=True)
class Rows:
    """Rows of communes as they are drawn."""

    grounds: list[Ground] = field(default_factory=list)
    firms: list[pl.DataFrame] = field(default_factory=list)
    sales: list[pl.DataFrame] = field(default_factory=list)
    brownfields: list[pl.DataFrame] = field(default_factory=list)
    owners: list[pl.DataFrame] = field(default_factory=list)


def draw_department(folder: Path, department: str, scale: float, *, by_commune: bool) -> Drawn:
    """Draw a département commune by commune, and write what is its own."""
    size = volume(department, scale)
    plan = plan_department(department, size, scale)
    largest = int(np.argmax([len(b) for b in plan.blocks]))
    owned = folder / f"PM_26_{department}0.zip"
    files: list[File] = [("dgfip/legal_person_parcels", owned, _of(department))]
    found = Rows()
    with contextlib.ExitStack() as stack:
        text = stack.enter_context(zipped(owned, f"PM_26_{department}0.txt"))
        text.write(cadastre.owner_header())
        if not by_commune:
            parcels, buildings = stack.enter_context(_plan(folder, department, files))
        for at, place in enumerate(plan.places):
            ground = draw_ground(plan, at)
            with contextlib.ExitStack() as own:
                if by_commune:
                    parcels, buildings = own.enter_context(_plan(folder, place.code, files))
                cadastre.write_parcels(parcels, ground, all_faults=at == largest)
                cadastre.write_buildings(buildings, ground, all_faults=at == largest)
            text.write(cadastre.owner_lines(ground, department))
            found.firms.append(establishments(ground, size))
            found.sales.append(sale_lines(ground, department, size))
            found.brownfields.append(brownfields(ground))
            found.owners.append(ground.parcels.select("owner", "owner_kind").drop_nulls().unique())
            found.grounds.append(_light(ground))
    files += write_surroundings(folder, department, found.grounds, size)
    files += write_sales(folder, department, pl.concat([x for x in found.sales if len(x)]))
    return Drawn(
        files=files,
        sites=sites_of(found.grounds, department),
        firms=pl.concat(found.firms),
        owners=_legal_units(pl.concat(found.owners), department),
        brownfields=pl.concat(found.brownfields),
    )


def _of(part: str) -> str:
    return f"{cadastre.YEAR}.{part}"


@contextlib.contextmanager
def _plan(folder: Path, part: str, files: list[File]) -> Iterator[tuple[Features, Features]]:
    """Parcels and buildings of a département or a commune, to write in."""
    names = {"cadastre/parcels": "parcelles", "cadastre/buildings": "batiments"}
    paths = [folder / f"cadastre-{part}-{name}.json.gz" for name in names.values()]
    files += [(key, path, _of(part)) for key, path in zip(names, paths, strict=True)]
    with contextlib.ExitStack() as stack:
        first, second = (
            stack.enter_context(features(stack.enter_context(gzipped(path)))) for path in paths
        )
        yield first, second


def _light(ground: Ground) -> Ground:
    """A commune without the shapes that are written already."""
    none = np.empty(0, dtype=object)
    return replace(
        ground,
        parcels=ground.parcels.clear(),
        parcel_shapes=none,
        building_shapes=none,
        building_parcels=none,
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
