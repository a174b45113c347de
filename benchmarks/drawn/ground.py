"""The ground of one commune: parcels, who owns them, buildings, sites for firms, as they are."""

from dataclasses import dataclass

import numpy as np
import polars as pl
import shapely

from benchmarks.drawn.places import Place, Volume, generator, places
from benchmarks.drawn.tiling import (
    CELL_M,
    LANE,
    PARK,
    ROAD_M,
    Cut,
    buildings,
    cut_cells,
    even,
    polygons,
    warped,
)

BLOCK_M = 2 * CELL_M
CORNERS = np.array([(0, 0), (1, 0), (0, 1), (1, 1)]) * CELL_M
COUNTRY, TOWN = np.array([0.7, 0.3, 0.0, 0.0]), np.array([0.0, 0.2, 0.3, 0.5])
LAYOUTS: tuple[Cut, ...] = (even(2, 2), even(3, 4), even(5, 6), even(8, 10), PARK)
SIZES = np.array([(len(rows) - 1) * (len(columns) - 1) for rows, columns in LAYOUTS])
IN_PARK = len(LAYOUTS) - 1
BUILT = np.array([0.35, 0.6, 0.85, 0.8, 0.92])
SECOND = np.array([0.15, 0.25, 0.3, 0.15, 0.15])
# cells of a block that a site takes: one, two beside, two above, all four
SITE_CELLS = np.array([(1, 0, 0, 0), (1, 1, 0, 0), (1, 0, 1, 0), (1, 1, 1, 1)], dtype=bool)
SITE_SHARES = (0.6, 0.15, 0.13, 0.12)
OWNED_ELSEWHERE, NEXT_OWNER = 0.18, 0.31
STATES = ("occupied", "vacant", "silent", "free")
STATE_SHARES = (0.68, 0.09, 0.13, 0.10)
KINDS = ("civil_company", "company", "natural_person", "public_body", "association", "co_ownership")
KIND_SHARES = (0.34, 0.27, 0.16, 0.11, 0.04, 0.08)
OWNERS_A_DEPARTMENT = 200_000
POOL = 40_000


@dataclass(frozen=True, kw_only=True)
class Ground:
    """Parcels, buildings and sites of a commune, row by row with their shapes (EPSG:2154).

    ``parcels``: parcel_id, section, number, layout, owner (number in the département, or null),
    owner_kind, run (parcels of a park that one owner holds side by side), state, is_common,
    building_count. ``building_parcels``: row of the parcel each building stands in. ``blocks`` and
    ``block_sites``: lower left corner and kind of site (-1: none) of each block of 600 m, in axes
    not yet warped.
    """

    place: Place
    parcels: pl.DataFrame
    parcel_shapes: np.ndarray
    building_shapes: np.ndarray
    building_parcels: np.ndarray
    site_shapes: np.ndarray
    blocks: np.ndarray
    block_sites: np.ndarray


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is drawn in each commune of a département: its blocks and number of sites."""

    department: str
    places: list[Place]
    blocks: list[np.ndarray]
    sites: np.ndarray
    town_share: float


def plan_department(department: str, volume: Volume, scale: float) -> Plan:
    """Blocks of every commune, near its middle first, and how dense they must be."""
    own = places(department)
    blocks = [_blocks(place.outline, scale) for place in own]
    cells = 4 * sum(map(len, blocks))
    wanted = volume.parcels / cells
    country, town = COUNTRY @ SIZES[:4], TOWN @ SIZES[:4]
    return Plan(
        department=department,
        places=own,
        blocks=blocks,
        sites=_share_sites(department, volume.sites, own, blocks),
        town_share=float(np.clip((wanted - country) / (town - country), 0, 1)),
    )


def _share_sites(
    department: str, count: int, own: list[Place], blocks: list[np.ndarray]
) -> np.ndarray:
    """Number of sites of each commune, by people; what has no room there goes where there is."""
    rng = generator("sites", department)
    room = np.array([len(b) for b in blocks])
    weight = np.array([p.people**0.5 for p in own]) * (room > 0)
    sites = np.minimum(rng.multinomial(count, weight / weight.sum()), room)
    left = room - sites
    more = min(count - int(sites.sum()), int(left.sum()))
    shared: np.ndarray = sites + rng.multivariate_hypergeometric(left, more)
    return shared


def _blocks(outline: shapely.Geometry, scale: float) -> np.ndarray:
    """Lower left corners of the blocks that lie in an outline, at least one."""
    left, bottom, right, top = np.array(outline.bounds) // BLOCK_M * BLOCK_M
    x, y = np.meshgrid(np.arange(left, right + 1, BLOCK_M), np.arange(bottom, top + 1, BLOCK_M))
    low = np.column_stack((x.ravel(), y.ravel()))
    shapely.prepare(outline)
    inside = shapely.contains(outline, shapely.box(*low.T, *(low + BLOCK_M).T))
    if not inside.any():
        inside = shapely.intersects_xy(outline, *(low + CELL_M).T)
    middle = shapely.get_coordinates(shapely.point_on_surface(outline))
    low = low[inside]
    near = np.argsort(np.hypot(*(low + CELL_M - middle).T), kind="stable")
    return low[near[: max(1, round(scale * len(low)))]] if len(low) else low


def draw_ground(plan: Plan, at: int) -> Ground:
    """Draw one commune of a plan."""
    place, blocks = plan.places[at], plan.blocks[at]
    rng = generator("ground", plan.department, place.code)
    site = np.full(len(blocks), -1)
    chosen = rng.choice(len(blocks), int(plan.sites[at]), replace=False)
    site[chosen] = rng.choice(len(SITE_CELLS), len(chosen), p=SITE_SHARES)
    cells = (blocks[:, None] + CORNERS).reshape(-1, 2)
    in_site = (SITE_CELLS[site] & (site >= 0)[:, None]).ravel()
    layout = _layouts(len(cells), plan.town_share, rng)
    layout[in_site] = IN_PARK
    return _cut(plan, place, cells, layout, blocks, site, rng)


def _layouts(count: int, town_share: float, rng: np.random.Generator) -> np.ndarray:
    """How finely each cell is cut: the nearer to the middle the finer, with exceptions."""
    shares = (1 - town_share) * COUNTRY + town_share * TOWN
    rank = (np.arange(count) + 0.5) / max(count, 1) + rng.normal(0, 0.12, count)
    order = np.argsort(np.argsort(rank)) / max(count, 1)
    return 3 - np.searchsorted(np.cumsum(shares[::-1]), order, side="right").clip(0, 3)


def _cut(
    plan: Plan,
    place: Place,
    cells: np.ndarray,
    layout: np.ndarray,
    blocks: np.ndarray,
    site: np.ndarray,
    rng: np.random.Generator,
) -> Ground:
    rows, rings, points, corners = [], [], [], []
    for kind, cut in enumerate(LAYOUTS):
        own = np.flatnonzero(layout == kind)
        if not len(own):
            continue
        ring, kept, corner = cut_cells(cells[own], cut, rng)
        rings.append(ring)
        points.append(kept)
        corners.append(corner)
        spots = np.tile(np.arange(SIZES[kind]), len(own))
        cell = np.repeat(own, SIZES[kind])
        rows.append(pl.DataFrame({"cell": cell, "spot": spots}).with_columns(layout=pl.lit(kind)))
    frame = pl.concat(rows)
    order = frame.with_row_index("_at").sort("cell", "spot")["_at"].to_numpy()
    ring, kept, corner = (np.concatenate(p)[order] for p in (rings, points, corners))
    parcels = _owned(_numbered(frame[order], place.code), plan.department, place, rng)
    shapes, standing = _built(parcels, corner, rng)
    counts = np.bincount(standing, minlength=len(parcels))
    return Ground(
        place=place,
        parcels=parcels.with_columns(building_count=pl.Series(counts)),
        parcel_shapes=polygons(ring, kept),
        building_shapes=shapes,
        building_parcels=standing,
        site_shapes=_sites(blocks[site >= 0], site[site >= 0], rng),
        blocks=blocks,
        block_sites=site,
    )


def _numbered(parcels: pl.DataFrame, code: str) -> pl.DataFrame:
    """Identifiers of 14 characters, four hundred parcels a section."""
    letters = "ABCDEFGHIJKLMNOPRSTUVWXYZ"
    names = pl.Series([f"{a}{b}" for a in letters for b in letters])
    at = np.arange(len(parcels))
    numbered = parcels.with_columns(
        section=names[at // 400 % len(names)], number=pl.Series(at % 400 + 1)
    )
    number = pl.col("number").cast(pl.String).str.zfill(4)
    prefix = pl.Series(at // (400 * len(names))).cast(pl.String).str.zfill(3)
    return numbered.with_columns(prefix=prefix).with_columns(
        parcel_id=pl.concat_str(pl.lit(code), "prefix", "section", number)
    )


def _owned(
    parcels: pl.DataFrame, department: str, place: Place, rng: np.random.Generator
) -> pl.DataFrame:
    """Owners: one a run of parcels in parks, a few with many parcels elsewhere."""
    size = len(parcels)
    columns = len(PARK[1]) - 1
    in_park = (parcels["layout"] == IN_PARK).to_numpy()
    spot = parcels["spot"].to_numpy()
    lane = in_park & (spot // columns == LANE)
    begins = (spot % columns == 0) | (~lane & (rng.random(size) < NEXT_OWNER))
    run = np.where(in_park, np.cumsum(begins & in_park), 0)
    kinds = rng.choice(KINDS, run.max() + 1, p=KIND_SHARES)
    states = rng.choice(STATES, run.max() + 1, p=STATE_SHARES)
    own_number = rng.integers(POOL, OWNERS_A_DEPARTMENT, run.max() + 1)
    elsewhere = rng.random(size) < OWNED_ELSEWHERE
    pool = (POOL * rng.random(size) ** 2).astype(np.int64)
    number = np.where(in_park, own_number[run], pool)
    kind = np.where(lane, "public_body", np.where(in_park, kinds[run], _kind_of(pool)))
    known = (in_park | elsewhere) & (kind != "natural_person")
    return parcels.with_columns(
        run=pl.when(pl.Series(in_park)).then(pl.Series(run)),
        state=pl.when(pl.Series(in_park & ~lane)).then(pl.Series(states[run])),
        is_common=pl.Series(lane),
        owner=pl.when(pl.Series(known)).then(pl.Series(number)),
        owner_kind=pl.when(pl.Series(known)).then(pl.Series(kind)),
    )


def _kind_of(owner: np.ndarray) -> np.ndarray:
    """What an owner of the pool is; the first ones, who own most, are public bodies."""
    others = np.array([k for k in KINDS if k != "natural_person"])
    return np.where(owner < POOL // 20, "public_body", others[owner % len(others)])


def _built(
    parcels: pl.DataFrame, corners: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Buildings and the row of the parcel each stands in; none on free ground and lanes."""
    layout = parcels["layout"].to_numpy()
    bare = (parcels["is_common"] | (parcels["state"] == "free").fill_null(value=False)).to_numpy()
    built = (rng.random(len(parcels)) < BUILT[layout]) & ~bare
    twice = built & (rng.random(len(parcels)) < SECOND[layout])
    first, second = np.flatnonzero(built), np.flatnonzero(twice)
    shapes = [buildings(corners[first], 0, rng), buildings(corners[second], 1, rng)]
    return np.concatenate(shapes), np.concatenate([first, second])


def _sites(low: np.ndarray, kind: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Outlines of sites, as somebody drew them: near the roads, in places across parcels."""
    size = np.array([(1, 1), (2, 1), (1, 2), (2, 2)])[kind] * CELL_M
    start, end = low + ROAD_M / 2, low + size - ROAD_M / 2
    cut = rng.random((len(low), 2)) < 0.15
    end = end - cut * rng.uniform(15, 55, (len(low), 2))
    along = np.linspace(0, 1, 7)[:-1]
    ahead, still = along, np.zeros(6)
    u = np.concatenate((ahead, still + 1, 1 - ahead, still))
    v = np.concatenate((still, ahead, still + 1, 1 - ahead))
    spots = np.stack((u, v), axis=-1)
    ring = start[:, None] + (end - start)[:, None] * spots
    ring += rng.uniform(-2.0, 2.0, ring.shape)
    return polygons(ring, np.ones(ring.shape[:2], dtype=bool))


def block_shapes(low: np.ndarray, high: np.ndarray, steps: int, bend_m: float) -> np.ndarray:
    """Rectangles with ragged edges: the same edge is ragged the same way for both its sides."""
    along = np.arange(steps) / steps
    still = np.zeros(steps)
    u = np.concatenate((along, still + 1, 1 - along, still))
    v = np.concatenate((still, along, still + 1, 1 - along))
    ring = low[:, None] + (high - low)[:, None] * np.stack((u, v), axis=-1)
    wave = np.sin(ring[..., :1] * 12.9898 + ring[..., 1:] * 78.233) * 43_758.5453
    moved = ring + bend_m * 2 * (np.stack((wave % 1, wave * 7 % 1), -1)[..., 0, :] - 0.5)
    shape = moved.reshape(-1, 2)
    own = np.repeat(np.arange(len(low)), 4 * steps)
    drawn: np.ndarray = shapely.polygons(shapely.linearrings(warped(shape), indices=own))
    return drawn
