"""The invented parks, drawn once: sites, parcels, owners, buildings and who truly is there.

Everything is drawn first as it is; producers' files are lossy observations of it, made by the
writers beside this module. Areas are in m², coordinates in EPSG:2154. Names are invented.
"""

import functools
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import polars as pl
import shapely

from sources.sample.world import REFERENCE, SAMPLE_EPCI, communes, generator

SITES = 390
GIANT_COMMUNE = "13039"
GIANT = (7_000.0, 5_000.0)
STRADDLING = 0.06
ROAD_WIDTH = 12.0
VOCATIONS = ("industrielle", "commerciale", "tertiaire", "artisanale", "logistique")
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
    ("occupied", "clear"): (0.640, True),
    ("occupied", "street_only"): (0.050, True),
    ("occupied", "outside_cfe"): (0.030, False),
    ("occupied", "partial_only"): (0.035, False),
    ("occupied", "unplaced_only"): (0.045, False),
    ("vacant", "closed_known"): (0.066, True),
    ("vacant", "late_closure"): (0.008, True),
    ("vacant", "owner_company_only"): (0.014, True),
    ("vacant", "no_trace"): (0.020, False),
    ("free", "unbuilt"): (0.080, True),
    ("free", "ruin"): (0.012, False),
}


@dataclass(frozen=True, kw_only=True)
class World:
    """Sites, units and parcels with their shapes, row by row.

    ``sites``: site, name, commune_code, vocation. ``units``: unit, site, commune_code, owner,
    owner_kind, state, trace, is_decidable, is_common, built_share. ``parcels``: parcel_id, unit,
    commune_code. ``buildings``: unit.
    """

    sites: pl.DataFrame
    site_shapes: np.ndarray
    units: pl.DataFrame
    unit_shapes: np.ndarray
    parcels: pl.DataFrame
    parcel_shapes: np.ndarray
    buildings: pl.DataFrame
    building_shapes: np.ndarray


@functools.cache
def contours() -> gpd.GeoDataFrame:
    """Outlines of communes and arrondissements in the projected CRS."""
    frame = gpd.read_file(REFERENCE / "contours.geojson").to_crs("EPSG:2154")
    frame["code"] = frame["code"].astype(str)
    return frame


@functools.cache
def members() -> gpd.GeoDataFrame:
    """Communes of the Métropole, Marseille whole, with population and label."""
    own = communes().filter(
        (pl.col("epci_code") == SAMPLE_EPCI) & (pl.col("commune_type") == "COM")
    )
    facts = own.select("commune_code", "commune_label", "population_count").to_pandas()
    shapes = contours()[["code", "geometry"]]
    return gpd.GeoDataFrame(
        facts.merge(shapes, left_on="commune_code", right_on="code").sort_values("commune_code"),
        crs=shapes.crs,
    ).reset_index(drop=True)


def commune_of(points: np.ndarray, *, arrondissements: bool = False) -> np.ndarray:
    """Code of the commune (or the arrondissement, where there are) each point lies in."""
    frame = contours()
    codes = frame["code"].to_numpy()
    cut = np.char.startswith(codes.astype(str), "132")
    chosen = cut | (codes != "13055") if arrondissements else ~cut
    tree = shapely.STRtree(frame.geometry.to_numpy()[chosen])
    found = np.full(len(points), "", dtype=object)
    hit, area = tree.query(points, predicate="within")
    found[hit] = codes[chosen][area]
    return found.astype(str)


@functools.cache
def world() -> World:
    """The one world of the sample."""
    sites, corners = _sites()
    units, unit_boxes = _units(sites, corners)
    parcels, parcel_boxes = _parcels(units, unit_boxes)
    site_shapes = _placed(_boxes(corners), corners, np.arange(len(corners)))
    unit_shapes = _placed(_boxes(unit_boxes), corners, units["site"].to_numpy())
    owner = units["site"].to_numpy()[parcels["unit"].to_numpy()]
    parcel_shapes = _placed(_boxes(parcel_boxes), corners, owner)
    units = units.with_columns(commune_code=pl.Series(_commune(unit_shapes)))
    parcels = _numbered(parcels, parcel_shapes)
    kept = _inside(sites, units, parcels, unit_shapes)
    buildings, building_shapes = _buildings(units, unit_boxes, corners)
    return World(
        sites=sites,
        site_shapes=site_shapes,
        units=units.with_columns(is_inside=pl.Series(kept)),
        unit_shapes=unit_shapes,
        parcels=parcels,
        parcel_shapes=parcel_shapes,
        buildings=buildings,
        building_shapes=building_shapes,
    )


def _commune(shapes: np.ndarray) -> list[str]:
    return list(commune_of(shapely.point_on_surface(shapes)))


def _sites() -> tuple[pl.DataFrame, np.ndarray]:
    """Rectangles (centre, width, height, angle) that do not touch, many of them in clusters."""
    rng = generator("land/sites")
    places = members()
    whole = shapely.union_all(places.geometry.to_numpy()).buffer(1)
    weight = places["population_count"].to_numpy() ** 0.5
    counts = rng.multinomial(SITES - 1, weight / weight.sum())
    giant = places.index[places["commune_code"] == GIANT_COMMUNE][0]
    centre = places.geometry.iloc[giant].centroid
    drawn: list[tuple[float, ...]] = [(centre.x, centre.y, *GIANT, 0.3)]
    owners = [giant]
    for index, count in enumerate(counts):
        outline = places.geometry.iloc[index]
        for _ in range(count):
            found = _place(rng, outline, whole, drawn, [o == index for o in owners])
            if found is not None:
                drawn.append(found)
                owners.append(index)
    rank = pl.Series(range(1, len(drawn) + 1))
    codes = places["commune_code"].to_numpy()[owners]
    labels = places["commune_label"].to_numpy()[owners]
    vocation = rng.choice(VOCATIONS, len(drawn), p=[0.28, 0.2, 0.16, 0.2, 0.16])
    words = ("Parc Imaginaire", "Zone Fictive", "Pôle Inventé", "Espace Chimère", "ZAC Exemple")
    names = [
        f"{words[r % len(words)]} {r} ({label})" for r, label in zip(rank, labels, strict=True)
    ]
    names[0] = "Grand port imaginaire du Golfe (fictif)"
    vocation[0] = "industrielle"
    sites = pl.DataFrame(
        {"site": range(len(drawn)), "name": names, "commune_code": codes, "vocation": vocation}
    )
    return sites, np.array(drawn)


def _place(
    rng: np.random.Generator,
    outline: shapely.Geometry,
    whole: shapely.Geometry,
    drawn: list[tuple[float, ...]],
    own: list[bool],
) -> tuple[float, ...] | None:
    """A free rectangle in a commune, near another of its parks more often than not."""
    straddles = rng.random() < STRADDLING
    prepared = outline.buffer(900) if straddles else outline
    shapely.prepare(prepared)
    left, bottom, right, top = outline.bounds
    before = np.array(drawn)
    radius = np.hypot(before[:, 2], before[:, 3]) / 2
    area = float(np.clip(rng.lognormal(np.log(60_000), 1.0), 8_000, 2_500_000))
    for attempt in range(60):
        shrunk = area * 0.93**attempt
        ratio = rng.uniform(1.0, 2.4)
        width, height = np.sqrt(shrunk * ratio), np.sqrt(shrunk / ratio)
        reach = np.hypot(width, height) / 2
        if straddles:
            edge = outline.boundary
            point = edge.interpolate(rng.random(), normalized=True)
            x, y = point.x, point.y
        elif any(own[1:]) and rng.random() < 0.6:
            near = before[rng.choice(np.flatnonzero(own))]
            turn = rng.uniform(0, 2 * np.pi)
            away = np.hypot(near[2], near[3]) / 2 + reach + rng.uniform(30, 900)
            x, y = near[0] + away * np.cos(turn), near[1] + away * np.sin(turn)
        else:
            x, y = rng.uniform(left, right), rng.uniform(bottom, top)
        clear = np.hypot(before[:, 0] - x, before[:, 1] - y) > radius + reach + 25
        box = shapely.box(x - reach, y - reach, x + reach, y + reach)
        if clear.all() and prepared.contains(box) and whole.contains(box):
            return (x, y, width, height, rng.uniform(0, np.pi))
    return None


def _units(sites: pl.DataFrame, corners: np.ndarray) -> tuple[pl.DataFrame, np.ndarray]:
    """Each site cut into a road and units by successive halvings; owners and fates drawn."""
    rng = generator("land/units")
    boxes: list[tuple[float, ...]] = []
    site: list[int] = []
    common: list[bool] = []
    for number, (_, _, width, height, _) in enumerate(corners):
        middle = ROAD_WIDTH / 2
        boxes.append((-width / 2, -middle, width / 2, middle))
        own = 1
        smallest = 4_500 if width * height < 600_000 else 22_000
        smallest = 150_000 if number == 0 else smallest
        for low, high in ((-height / 2, -middle), (middle, height / 2)):
            parts = _halved(rng, (-width / 2, low, width / 2, high), smallest)
            boxes += parts
            own += len(parts)
        site += [number] * own
        common += [True] + [False] * (own - 1)
    size = len(boxes)
    kinds = rng.choice(list(OWNERS), size, p=list(OWNERS.values()))
    keys, chances = list(FATES), np.array([share for share, _ in FATES.values()])
    fate = rng.choice(len(keys), size, p=chances / chances.sum())
    is_common = np.array(common)
    units = pl.DataFrame(
        {
            "unit": range(size),
            "site": site,
            "owner_kind": np.where(is_common, "public_body", kinds),
            "state": ["common" if c else keys[f][0] for c, f in zip(is_common, fate, strict=True)],
            "trace": ["none" if c else keys[f][1] for c, f in zip(is_common, fate, strict=True)],
            "is_decidable": [
                bool(c) or FATES[keys[f]][1] for c, f in zip(is_common, fate, strict=True)
            ],
            "is_common": is_common,
        }
    )
    share = 0.05 + 0.6 * rng.beta(1.6, 3.0, size)
    bare = (pl.col("trace") == "unbuilt") | pl.col("is_common")
    ruined = pl.col("trace") == "ruin"
    units = units.with_columns(_drawn=pl.Series(share)).with_columns(
        built_share=pl.when(bare).then(0.0).when(ruined).then(0.06).otherwise("_drawn")
    )
    return units.drop("_drawn"), np.array(boxes)


def _halved(
    rng: np.random.Generator, box: tuple[float, ...], smallest: float
) -> list[tuple[float, ...]]:
    """The rectangle cut across its longer side until pieces are near a drawn size."""
    x0, y0, x1, y1 = box
    width, height = x1 - x0, y1 - y0
    if width * height < smallest * rng.lognormal(0.5, 0.55) or min(width, height) < 22:
        return [box]
    at = rng.uniform(0.38, 0.62)
    if width > height:
        first, second = (x0, y0, x0 + at * width, y1), (x0 + at * width, y0, x1, y1)
    else:
        first, second = (x0, y0, x1, y0 + at * height), (x0, y0 + at * height, x1, y1)
    return _halved(rng, first, smallest) + _halved(rng, second, smallest)


def _parcels(units: pl.DataFrame, boxes: np.ndarray) -> tuple[pl.DataFrame, np.ndarray]:
    """Units of one parcel, or cut in two or three across their longer side."""
    rng = generator("land/parcels")
    many = rng.choice([1, 2, 3], len(boxes), p=[0.7, 0.22, 0.08])
    person = (units["owner_kind"] == "natural_person").to_numpy()
    many[person & (rng.random(len(boxes)) < 0.8)] = 1
    unit = np.repeat(np.arange(len(boxes)), many)
    part = np.concatenate([np.arange(m) for m in many])
    whole, count = boxes[unit], many[unit]
    wide = (whole[:, 2] - whole[:, 0]) >= (whole[:, 3] - whole[:, 1])
    cut = whole.copy()
    for across, (low, high) in ((wide, (0, 2)), (~wide, (1, 3))):
        step = (whole[:, high] - whole[:, low]) / count
        cut[across, low] = (whole[:, low] + part * step)[across]
        cut[across, high] = (whole[:, low] + (part + 1) * step)[across]
    return pl.DataFrame({"unit": unit}), cut


def _boxes(values: np.ndarray) -> np.ndarray:
    """Rectangles in the site's own axes: sites by centre and size, others by corners."""
    if values.shape[1] == 5:
        half = values[:, 2:4] / 2
        return shapely.box(-half[:, 0], -half[:, 1], half[:, 0], half[:, 1])
    return shapely.box(*values.T)


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
    units: pl.DataFrame, boxes: np.ndarray, corners: np.ndarray
) -> tuple[pl.DataFrame, np.ndarray]:
    """One building a unit, of the drawn share of its area, somewhere inside."""
    rng = generator("land/buildings")
    built = np.flatnonzero(units["built_share"].to_numpy() > 0)
    own, share = boxes[built], units["built_share"].to_numpy()[built]
    size = own[:, 2:] - own[:, :2]
    inner = size * np.sqrt(share)[:, None]
    low = own[:, :2] + (size - inner) * rng.uniform(0.15, 0.85, (len(built), 2))
    shapes = _placed(
        shapely.box(*low.T, *(low + inner).T), corners, units["site"].to_numpy()[built]
    )
    return pl.DataFrame({"unit": built}), shapes
