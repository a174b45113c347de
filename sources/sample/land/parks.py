"""Where the invented parks lie in the communes of the Métropole, and firms' ground outside."""

import functools

import geopandas as gpd
import numpy as np
import polars as pl
import shapely

from sources.sample.world import REFERENCE, SAMPLE_EPCI, communes, generator

SITES = 390
# plots left by firms outside of parks
OUTSIDE = 28
GIANT_COMMUNE = "13039"
GIANT = (7_000.0, 5_000.0)
STRADDLING = 0.06
# metres between two sites at least
APART = 60.0
VOCATIONS = ("industrielle", "commerciale", "tertiaire", "artisanale", "logistique")


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


def park_sites() -> tuple[pl.DataFrame, np.ndarray]:
    """Rectangles (centre, width, height, angle) that do not touch, many of them in clusters.

    The last ones are no parks: single firms' ground elsewhere, left by them.
    """
    rng = generator("land/sites")
    places = members()
    whole = shapely.union_all(places.geometry.to_numpy()).buffer(1)
    weight = places["population_count"].to_numpy() ** 0.5
    counts = rng.multinomial(SITES - 1, weight / weight.sum())
    giant = places.index[places["commune_code"] == GIANT_COMMUNE][0]
    centre = places.geometry.iloc[giant].centroid
    found: list[tuple[float, ...]] = [(centre.x, centre.y, *GIANT, 0.3)]
    owners = [giant]
    for index, count in enumerate(counts):
        for _ in range(count):
            area = float(np.clip(rng.lognormal(np.log(60_000), 1.0), 8_000, 2_500_000))
            own = [o == index for o in owners]
            spot = _place(rng, places.geometry.iloc[index], whole, found, own, area)
            if spot is not None:
                found.append(spot)
                owners.append(index)
    parks = len(found)
    lone = generator("land/outside")
    for index in lone.choice(len(places), OUTSIDE, p=weight / weight.sum()):
        area = float(lone.uniform(2_500, 20_000))
        spot = _place(lone, places.geometry.iloc[index], whole, found, [False] * len(found), area)
        if spot is not None:
            found.append(spot)
            owners.append(index)
    rank = pl.Series(range(1, len(found) + 1))
    codes = places["commune_code"].to_numpy()[owners]
    labels = places["commune_label"].to_numpy()[owners]
    vocation = rng.choice(VOCATIONS, len(found), p=[0.28, 0.2, 0.16, 0.2, 0.16])
    words = ("Parc Imaginaire", "Zone Fictive", "Pôle Inventé", "Espace Chimère", "ZAC Exemple")
    names = [
        f"{words[r % len(words)]} {r} ({label})" for r, label in zip(rank, labels, strict=True)
    ]
    names[0] = "Grand port imaginaire du Golfe (fictif)"
    vocation[0] = "industrielle"
    sites = pl.DataFrame(
        {
            "site": range(len(found)),
            "name": names,
            "commune_code": codes,
            "vocation": vocation,
            "is_park": [at < parks for at in range(len(found))],
        }
    )
    return sites, np.array(found)


def _place(
    rng: np.random.Generator,
    outline: shapely.Geometry,
    whole: shapely.Geometry,
    drawn: list[tuple[float, ...]],
    own: list[bool],
    area: float,
) -> tuple[float, ...] | None:
    """A free rectangle in a commune, near another of its parks more often than not."""
    straddles = rng.random() < STRADDLING
    prepared = outline.buffer(900) if straddles else outline
    shapely.prepare(prepared)
    left, bottom, right, top = outline.bounds
    before = np.array(drawn)
    radius = np.hypot(before[:, 2], before[:, 3]) / 2
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
        clear = np.hypot(before[:, 0] - x, before[:, 1] - y) > radius + reach + APART
        box = shapely.box(x - reach, y - reach, x + reach, y + reach)
        if clear.all() and prepared.contains(box) and whole.contains(box):
            return (x, y, width, height, rng.uniform(0, np.pi))
    return None
