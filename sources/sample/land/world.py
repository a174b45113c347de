"""The invented parks, drawn once: sites, parcels, owners, buildings and who truly is there.

Everything is drawn first as it is; producers' files are lossy observations of it, made by the
writers beside this module. Areas are in m², coordinates in EPSG:2154. Names are invented.
"""

import functools
from dataclasses import dataclass

import numpy as np
import polars as pl
import shapely

from observatory.geography.joins import unite
from sources.sample.land.parks import commune_of, members, park_sites
from sources.sample.land.plots import Box, bent, cut_park, draw_phases, drawn
from sources.sample.world import generator

# a parcel may go beyond its site that far (m), a street be that long
BEYOND, STREET = 22.0, 600.0
GOES_BEYOND = 0.12
OWNERS = {
    "civil_company": 0.34,
    "company": 0.27,
    "natural_person": 0.16,
    "public_body": 0.11,
    "association": 0.04,
    "co_ownership": 0.08,
}
# what is true of a unit, and how it can be seen: share, whether open data can tell
FATES = {
    ("occupied", "clear"): (0.600, True),
    ("occupied", "street_only"): (0.050, True),
    ("occupied", "outside_cfe"): (0.030, False),
    ("occupied", "partial_only"): (0.035, False),
    ("occupied", "unplaced_only"): (0.045, False),
    ("occupied", "yard"): (0.025, True),
    ("occupied", "depot"): (0.020, False),
    ("occupied", "car_park"): (0.015, False),
    ("occupied", "field"): (0.015, False),
    ("vacant", "closed_known"): (0.066, True),
    ("vacant", "late_closure"): (0.008, True),
    ("vacant", "owner_company_only"): (0.014, True),
    ("vacant", "no_trace"): (0.020, False),
    ("free", "unbuilt"): (0.080, True),
    ("free", "plot_for_sale"): (0.0, True),
    ("free", "ruin"): (0.012, False),
}
SALE, LEFT = ("free", "plot_for_sale"), ("vacant", "closed_known")
FOR_SALE = 0.6
COMMON = ("road", "path", "basin")
# without a building: yards have their firm's address, the others that are used have none
BARE = ("unbuilt", "plot_for_sale", "yard", "depot", "car_park", "field")
# of one parcel
WHOLE = ("plot", "path", "basin", "beside")


@dataclass(frozen=True, kw_only=True)
class World:
    """Sites, units and parcels with their shapes, row by row.

    ``sites``: site, name, commune_code, vocation, is_park. ``units``: unit, site, kind,
    commune_code, owner_kind, state, trace, is_decidable, is_common, built_share, is_inside, street
    (row of ``street_shapes``, the middle of each). ``parcels``: parcel_id, unit, cadastre_code: a
    parcel may go beyond its unit, out of the site. ``buildings``: unit.
    """

    sites: pl.DataFrame
    site_shapes: np.ndarray
    units: pl.DataFrame
    unit_shapes: np.ndarray
    parcels: pl.DataFrame
    parcel_shapes: np.ndarray
    buildings: pl.DataFrame
    building_shapes: np.ndarray
    street_shapes: np.ndarray

    @property
    def park_shapes(self) -> np.ndarray:
        """Outlines of the parks: the first sites; the others are firms' ground elsewhere."""
        return self.site_shapes[: self.sites["is_park"].sum()]


@functools.cache
def world() -> World:
    """The one world of the sample."""
    sites, corners = park_sites()
    units, blocks, of_block = _units(sites, corners)
    parcels, parcel_boxes = _parcels(units, blocks, of_block, corners)
    phases = draw_phases(generator("land/bends"), len(corners))
    of_unit, of_parcel = units["site"].to_numpy(), parcels["unit"].to_numpy()
    outlines = _boxes(corners)
    site = np.concatenate([of_unit[of_parcel], of_unit[of_block], np.arange(len(corners))])
    every = np.concatenate([parcel_boxes, blocks, outlines])
    shapes = _placed(drawn(every, site, phases), corners, site)
    first, second = len(parcel_boxes), len(parcel_boxes) + len(blocks)
    parcel_shapes, site_shapes = shapes[:first], shapes[second:]
    unit_shapes = unite(shapes[first:second], of_block)
    units = units.with_columns(commune_code=pl.Series(_commune(unit_shapes)))
    parcels = _numbered(parcels, parcel_shapes)
    kept = _inside(sites, units, parcels, unit_shapes)
    buildings, building_shapes = _buildings(units, blocks, of_block, corners, phases)
    covered = np.zeros(len(units))
    covered[buildings["unit"].to_numpy()] = shapely.area(building_shapes)
    streets, street_shapes = _streets(units, blocks, of_block, corners, phases)
    return World(
        sites=sites,
        site_shapes=site_shapes,
        units=units.with_columns(
            is_inside=pl.Series(kept),
            built_share=pl.Series(covered / shapely.area(unit_shapes)),
            street=pl.Series(streets),
        ),
        unit_shapes=unit_shapes,
        parcels=parcels,
        parcel_shapes=parcel_shapes,
        buildings=buildings,
        building_shapes=building_shapes,
        street_shapes=street_shapes,
    )


def _commune(shapes: np.ndarray) -> list[str]:
    return list(commune_of(shapely.point_on_surface(shapes)))


def _units(sites: pl.DataFrame, corners: np.ndarray) -> tuple[pl.DataFrame, np.ndarray, np.ndarray]:
    """Each site cut into units, their owners and fates drawn; the blocks, and the unit of each."""
    rng = generator("land/units")
    site: list[int] = []
    kinds: list[str] = []
    blocks: list[Box] = []
    of_block: list[int] = []
    cut = [_cut(rng, number, corner, sites) for number, corner in enumerate(corners)]
    for number, found in enumerate(cut):
        for kind, own in found:
            blocks += own
            of_block += [len(kinds)] * len(own)
            site.append(number)
            kinds.append(kind)
    return _with_fates(rng, site, np.array(kinds)), np.array(blocks), np.array(of_block)


def _cut(
    rng: np.random.Generator, number: int, corner: np.ndarray, sites: pl.DataFrame
) -> list[tuple[str, list[Box]]]:
    """The units of one site; what lies outside of parks is whole."""
    width, height = corner[2:4]
    if not sites["is_park"][number]:
        return [("left", [tuple(_boxes(corner[None])[0])])]
    smallest = 4_500 if width * height < 600_000 else 22_000
    return list(cut_park(rng, width, height, 150_000 if number == 0 else smallest))


def _with_fates(rng: np.random.Generator, site: list[int], kind: np.ndarray) -> pl.DataFrame:
    """Owner, state and trace of each unit, by its kind where that decides."""
    size = len(kind)
    owners = rng.choice(list(OWNERS), size, p=list(OWNERS.values()))
    keys, chances = list(FATES), np.array([share for share, _ in FATES.values()])
    fate = rng.choice(len(keys), size, p=chances / chances.sum())
    for_sale = (kind == "plot") & (rng.random(size) < FOR_SALE)
    fate[for_sale], fate[kind == "left"] = keys.index(SALE), keys.index(LEFT)
    is_common = np.isin(kind, COMMON)
    share = 0.05 + 0.6 * rng.beta(1.6, 3.0, size)
    states, traces = np.array(keys)[fate].T
    decidable = np.array([told for _, told in FATES.values()])[fate]
    bare = is_common | np.isin(traces, BARE)
    return pl.DataFrame(
        {
            "unit": range(size),
            "site": site,
            "kind": kind,
            "owner_kind": np.where(is_common | for_sale, "public_body", owners),
            "state": np.where(is_common, "common", states),
            "trace": np.where(is_common, kind, traces),
            "is_decidable": np.where(is_common, kind != "basin", decidable),
            "is_common": is_common,
            "built_share": np.where(bare, 0.0, np.where(traces == "ruin", 0.06, share)),
        }
    )


def _parcels(
    units: pl.DataFrame, blocks: np.ndarray, of_block: np.ndarray, corners: np.ndarray
) -> tuple[pl.DataFrame, np.ndarray]:
    """Blocks of one parcel, or cut in two or three across their longer side; some go beyond.

    A parcel at the upper or lower edge of its site may lie outside in part.
    """
    rng = generator("land/parcels")
    many = rng.choice([1, 2, 3], len(blocks), p=[0.7, 0.22, 0.08])
    owners, kinds = (units[name].to_numpy()[of_block] for name in ("owner_kind", "kind"))
    many[(owners == "natural_person") & (rng.random(len(blocks)) < 0.8)] = 1
    many[np.isin(kinds, WHOLE)] = 1
    block = np.repeat(np.arange(len(blocks)), many)
    part = np.concatenate([np.arange(m) for m in many])
    whole, count = blocks[block], many[block]
    wide = (whole[:, 2] - whole[:, 0]) >= (whole[:, 3] - whole[:, 1])
    cut = whole.copy()
    for across, (low, high) in ((wide, (0, 2)), (~wide, (1, 3))):
        step = (whole[:, high] - whole[:, low]) / count
        cut[across, low] = np.round(whole[:, low] + part * step, 2)[across]
        cut[across, high] = np.round(whole[:, low] + (part + 1) * step, 2)[across]
    site = units["site"].to_numpy()[of_block[block]]
    top = np.round(corners[site, 3] / 2, 2)
    beyond = (rng.random(len(cut)) < GOES_BEYOND) & (kinds[block] == "plain")
    cut[:, 3] += np.round(rng.uniform(1, BEYOND, len(cut)), 2) * (beyond & (cut[:, 3] == top))
    cut[:, 1] -= np.round(rng.uniform(1, BEYOND, len(cut)), 2) * (beyond & (cut[:, 1] == -top))
    return pl.DataFrame({"unit": of_block[block]}), cut


def _boxes(corners: np.ndarray) -> np.ndarray:
    """Outlines of sites in their own axes, as corners."""
    half = np.round(corners[:, 2:4] / 2, 2)
    return np.column_stack((-half, half))


def _placed(shapes: np.ndarray, corners: np.ndarray, site: np.ndarray) -> np.ndarray:
    """Shapes in the site's own axes, turned and moved to where the site lies."""
    coordinates, index = shapely.get_coordinates(shapes, return_index=True)
    x, y, _, _, angle = corners[site[index]].T
    turned = np.column_stack(
        (
            x + coordinates[:, 0] * np.cos(angle) - coordinates[:, 1] * np.sin(angle),
            y + coordinates[:, 0] * np.sin(angle) + coordinates[:, 1] * np.cos(angle),
        )
    )
    return shapely.set_coordinates(shapes.copy(), np.round(turned, 2))


def _numbered(parcels: pl.DataFrame, shapes: np.ndarray) -> pl.DataFrame:
    """Cadastral identifiers of 14 characters; Marseille by its arrondissements."""
    codes = commune_of(shapely.point_on_surface(shapes), arrondissements=True)
    frame = parcels.with_columns(cadastre_code=pl.Series(codes)).with_row_index("_at")
    rank = pl.int_range(pl.len()).over("cadastre_code")
    letters = "ABCDEFGHIJKLMNPRSTUVWXYZ"
    section = [f"{a}{b}" for a in letters for b in letters]
    numbered = frame.with_columns(_rank=rank).with_columns(
        section=(pl.col("_rank") // 400).replace_strict(dict(enumerate(section))),
        number=pl.col("_rank") % 400 + 1,
    )
    return numbered.select(
        "unit",
        "cadastre_code",
        "section",
        "number",
        parcel_id=pl.format(
            "{}000{}{}",
            "cadastre_code",
            "section",
            pl.col("number").cast(pl.String).str.zfill(4),
        ),
    )


def _inside(
    sites: pl.DataFrame, units: pl.DataFrame, parcels: pl.DataFrame, shapes: np.ndarray
) -> np.ndarray:
    """Units that lie in a commune of the Métropole, whose parcels have an identifier."""
    known = set(members()["commune_code"])
    nameless = set(parcels.filter(pl.col("cadastre_code") == "")["unit"])
    return np.array(
        [c in known and u not in nameless for u, c in units.select("unit", "commune_code").rows()]
    )


def _buildings(
    units: pl.DataFrame,
    blocks: np.ndarray,
    of_block: np.ndarray,
    corners: np.ndarray,
    phases: np.ndarray,
) -> tuple[pl.DataFrame, np.ndarray]:
    """One building a unit, of the drawn share of its first block, somewhere inside."""
    rng = generator("land/buildings")
    built = np.flatnonzero(units["built_share"].to_numpy() > 0)
    own, share = blocks[np.searchsorted(of_block, built)], units["built_share"].to_numpy()[built]
    site = units["site"].to_numpy()[built]
    size = own[:, 2:] - own[:, :2]
    inner = size * np.sqrt(share)[:, None]
    low = own[:, :2] + (size - inner) * rng.uniform(0.15, 0.85, (len(built), 2))
    shapes = shapely.box(*low.T, *(low + inner).T)
    points, index = shapely.get_coordinates(shapes, return_index=True)
    moved = shapely.set_coordinates(shapes, bent(points, site[index], phases))
    return pl.DataFrame({"unit": built}), _placed(moved, corners, site)


def _streets(
    units: pl.DataFrame,
    blocks: np.ndarray,
    of_block: np.ndarray,
    corners: np.ndarray,
    phases: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """The street each unit stands in, and the middle of each: a site's road, or a part of it."""
    site = units["site"].to_numpy()
    own = blocks[np.searchsorted(of_block, np.arange(len(units)))]
    parts = np.maximum(1, np.rint(corners[:, 2] / STREET)).astype(np.int64)
    first = np.cumsum(parts) - parts
    along = (own[:, 0] + own[:, 2]) / 2 / corners[site, 2] + 0.5
    street = first[site] + np.minimum(parts[site] - 1, (along * parts[site]).astype(np.int64))
    of_street = np.repeat(np.arange(len(corners)), parts)
    part = np.arange(len(of_street)) - first[of_street]
    steps = np.linspace(0, 1, 9)
    at = ((part[:, None] + steps) / parts[of_street][:, None] - 0.5) * corners[of_street, 2:3]
    index = np.repeat(np.arange(len(of_street)), len(steps))
    points = bent(np.column_stack((at.ravel(), np.zeros(at.size))), of_street[index], phases)
    return street, _placed(shapely.linestrings(points, indices=index), corners, of_street)
