"""What lies over and around the invented parks: zoning, risks, nature, roads, brownfields."""

import functools
from collections.abc import Iterator

import numpy as np
import polars as pl
import shapely

from sources.sample.land.parks import commune_of, members
from sources.sample.land.world import world
from sources.sample.world import generator

WITHOUT_ZONING = ("13005", "13042", "13046")
FUTURE_ZONES = (
    *[("AUc", "1AUE", "Zone à urbaniser à vocation d'activités économiques")] * 8,
    *[("AUs", "2AUE", "Zone à urbaniser fermée à vocation d'activités")] * 7,
    ("AUc", "1AUh", "Zone à urbaniser pour l'habitat"),
)


@functools.cache
def zoning() -> tuple[pl.DataFrame, np.ndarray]:
    """Zones of local plans around each park: economic, to be opened later, or forbidden in part."""
    rng = generator("land/zoning")
    rows, shapes = [], []
    for site, shape in zip(world().sites.to_dicts(), world().site_shapes, strict=True):
        if site["commune_code"] in WITHOUT_ZONING:
            continue
        around = shape.buffer(30, join_style="mitre")
        if not site["is_park"]:
            rows.append(_zone(site, "U", "UB", "Zone urbaine mixte"))
            shapes.append(around)
            continue
        fate = rng.random()
        left, bottom, right, top = around.bounds
        half = shapely.box(left, bottom, (left + right) / 2, top)
        if fate < 0.06:
            rows += [_zone(site, "N", "N", "Zone naturelle"), _zone(site, "U", "UE", "Activités")]
            shapes += [around & half, around - half]
        elif fate < 0.12:
            rows.append(_zone(site, "AUs", "2AUE", "Extension future d'activités"))
            shapes.append(around)
        elif fate < 0.2:
            rows.append(_zone(site, "AUc", "1AUE", "Extension d'activités"))
            shapes.append(around)
        else:
            label = str(rng.choice(["UE1", "UEa", "UX", "UI2", "UEb1"]))
            rows.append(_zone(site, "U", label, "Zone d'activités économiques"))
            shapes.append(around)
    for zone, shape in _future_zones():
        rows.append(zone)
        shapes.append(shape)
    return pl.DataFrame(rows), np.array(shapes)


def _future_zones() -> Iterator[tuple[dict[str, object], shapely.Polygon]]:
    """Zones to be opened for firms away from every park, and one for houses."""
    rng = generator("land/zoning/future")
    parks = shapely.STRtree(world().site_shapes)
    sites = world().sites.to_dicts()
    for kind, label, long in FUTURE_ZONES:
        for _ in range(20):
            at = int(rng.integers(1, len(sites)))
            x, y = shapely.get_coordinates(shapely.centroid(world().site_shapes[at]))[0]
            x, y = x + rng.uniform(300, 900), y + rng.uniform(300, 900)
            width, height = rng.uniform(120, 420, 2)
            shape = shapely.box(x, y, x + width, y + height)
            commune = commune_of(shapely.points([shapely.get_coordinates(shape).mean(axis=0)]))[0]
            is_clear = not len(parks.query(shape, predicate="dwithin", distance=60))
            if is_clear and commune in set(members()["commune_code"]) - {*WITHOUT_ZONING}:
                yield _zone({"commune_code": commune}, kind, label, long), shape
                break


def _zone(site: dict[str, object], kind: str, label: str, long: str) -> dict[str, object]:
    return {
        "commune_code": site["commune_code"],
        "typezone": kind,
        "libelle": label,
        "libelong": f"{long} (plan fictif)",
    }


@functools.cache
def risks() -> tuple[pl.DataFrame, np.ndarray]:
    """Areas of risk plans and easements; ``shape`` is None for a plan without a polygon."""
    rng = generator("land/risks")
    centres = shapely.get_coordinates(shapely.centroid(world().park_shapes))
    plans = {
        "PPRI": ("Rouge", "Bleu"),
        "PPRIF": ("R", "B1"),
        "PM1": (None,),
        "PM3": (None,),
    }
    rows, shapes = [], []
    for plan, zones in plans.items():
        for _ in range(14):
            site = int(rng.integers(0, len(centres)))
            middle = shapely.Point(centres[site] + rng.normal(0, 180, 2))
            for ring, zone in enumerate(zones):
                radius = float(rng.uniform(60, 160)) * (1 if ring == 0 else 2.2)
                rows.append(
                    {
                        "plan": plan,
                        "zone": zone,
                        "commune_code": world().sites["commune_code"][site],
                    }
                )
                shapes.append(middle.buffer(radius, quad_segs=6))
                if ring:
                    shapes[-1] = shapes[-1] - shapes[-2]
    for code in ("13022", "13014"):
        rows.append({"plan": "PPRIF", "zone": "Rouge", "commune_code": code})
        shapes.append(None)
    return pl.DataFrame(rows), np.array(shapes, dtype=object)


@functools.cache
def protected() -> np.ndarray:
    """Protected areas, a few of which reach into parks."""
    rng = generator("land/protected")
    outlines = members().geometry.to_numpy()
    chosen = rng.choice(len(outlines), 18, replace=False)
    spots = shapely.get_coordinates(shapely.point_on_surface(outlines[chosen]))
    spots[:4] = shapely.get_coordinates(shapely.centroid(world().site_shapes[[11, 40, 90, 200]]))
    return shapely.buffer(shapely.points(spots), rng.uniform(150, 700, 18), quad_segs=8)


@functools.cache
def installations() -> pl.DataFrame:
    """Classified installations in parks, some of them Seveso."""
    rng = generator("land/installations")
    units = world().units.filter(pl.col("state") == "occupied", "is_inside")
    chosen = units.filter(pl.Series(rng.random(len(units)) < 0.03))
    centre = shapely.get_coordinates(shapely.centroid(world().unit_shapes[chosen["unit"]]))
    seveso = rng.choice(
        ["Non Seveso", "Seveso seuil bas", "Seveso seuil haut"], len(chosen), p=[0.86, 0.07, 0.07]
    )
    return chosen.select("unit", "commune_code").with_columns(
        x=pl.Series(centre[:, 0]), y=pl.Series(centre[:, 1]), seveso=pl.Series(seveso)
    )


@functools.cache
def roads() -> tuple[list[str], np.ndarray]:
    """A motorway and main roads through the parks: names and lines."""
    rng = generator("land/roads")
    centres = shapely.get_coordinates(shapely.centroid(world().park_shapes))
    order = np.argsort(centres[:, 0])
    lines, names = [], []
    for index, group in enumerate(np.array_split(order, 22)):
        path = centres[group[np.argsort(centres[group, 1])]][::3] + rng.normal(0, 350, 2)
        if len(path) > 1:
            lines.append(shapely.LineString(path))
            names.append("A99X" if index % 7 == 0 else f"D9{index:02d}X")
    return names, np.array(lines)


@functools.cache
def stops() -> np.ndarray:
    """Stops of public transport near two parks in three."""
    rng = generator("land/stops")
    centres = shapely.get_coordinates(shapely.centroid(world().park_shapes))
    served = centres[rng.random(len(centres)) < 0.66]
    return served + rng.normal(0, 350, served.shape)


@functools.cache
def brownfields() -> pl.DataFrame:
    """True brownfields: some vacant, built units of parks, and what firms left elsewhere.

    Whether Cartofriches knows them.
    """
    rng = generator("land/brownfields")
    vacant = world().units.filter(pl.col("state") == "vacant", "is_inside")
    is_left = pl.col("kind") == "left"
    own = vacant.filter(is_left | pl.Series(rng.random(len(vacant)) < 0.16))
    return own.select(
        "unit",
        "commune_code",
        "is_decidable",
        is_known=is_left | pl.Series(rng.random(len(own)) < 0.6),
    )
