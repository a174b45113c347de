"""Zoning, perimeters of sites, risks, roads and other layers over the ground of a département."""

from collections.abc import Iterable
from pathlib import Path

import geopandas as gpd
import numpy as np
import orjson
import polars as pl
import pyogrio
import shapely

from benchmarks.drawn.ground import BLOCK_M, Ground, block_shapes
from benchmarks.drawn.places import Volume, generator
from benchmarks.drawn.text import features, filled, geometry_texts, to_web
from benchmarks.drawn.tiling import warped
from sources.sample.land.files import geopackage, layer, packed

YEAR = "2026"
File = tuple[str, Path, str]
SITE_TYPES = ("zone d'activité économique", "site économique historique hors ZAE")
VOCATIONS = ("industrielle", "commerciale", "tertiaire", "artisanale", "logistique")
REGION_SUD = ("04", "05", "06", "13", "83", "84")
ECONOMIC = ("UE1", "UEa", "UX", "UI2", "UEb1")
OTHERS = (("U", "UA"), ("U", "UD1"), ("AUc", "1AU"), ("AUs", "2AU"), ("A", "A"), ("N", "Nl"))
OTHER_SHARES = (0.12, 0.28, 0.05, 0.05, 0.25, 0.25)
ZONE_STEPS, ZONE_BEND_M = 12, 9.0
INVENTORIED = 0.05
EASEMENTS = ("pm1", "pm3", "ac1", "t7", "as1", "i4")


def write_surroundings(
    folder: Path, department: str, grounds: list[Ground], volume: Volume
) -> list[File]:
    """Layers that are one file a département."""
    blocks = np.concatenate([g.blocks for g in grounds])
    codes = np.repeat([g.place.code for g in grounds], [len(g.blocks) for g in grounds])
    sites = np.concatenate([g.block_sites for g in grounds])
    zoning = _zoning(department, blocks, codes, sites, volume)
    return [
        (
            "gpu/zoning",
            _geojson(folder / f"zone_urba-{department}.geojson", *zoning),
            _of(department),
        ),
        _easements(folder, department, blocks),
        _risk_plans(folder, department, blocks, codes),
        _roads(folder, department, blocks),
        _stops(folder, department, blocks),
    ]


def _of(department: str) -> str:
    return f"{YEAR}.{department}"


def _geojson(path: Path, rows: pl.DataFrame, shapes: np.ndarray) -> Path:
    """One feature a line, attributes as text."""
    properties = [orjson.dumps(row).decode() for row in rows.iter_rows(named=True)]
    frame = pl.DataFrame({"shape": geometry_texts(shapes), "properties": properties})
    line = filled('{"type":"Feature","geometry":@,"properties":@}', "shape", "properties")
    with path.open("wb") as file, features(file) as collection:
        collection.write(frame.select(line).to_series())
    return path


def _zoning(
    department: str, blocks: np.ndarray, codes: np.ndarray, sites: np.ndarray, volume: Volume
) -> tuple[pl.DataFrame, np.ndarray]:
    """Zones of local plans that tile the blocks; those of sites are for firms."""
    rng = generator("zoning", department)
    wanted = np.clip(volume.zones / max(len(blocks), 1), 1, 4)
    parts = np.floor(wanted + rng.random(len(blocks))).astype(int)
    halves = np.array([0, 1, 0, 2])  # how a site of each kind splits its block: across, down, not
    split = np.where(sites >= 0, halves[sites], rng.integers(0, 2, len(blocks)))
    parts = np.where(sites >= 0, np.where(sites == 3, 1, 2), parts)
    own = np.repeat(np.arange(len(blocks)), parts)
    rank = np.concatenate([np.arange(n) for n in parts]) if len(parts) else np.empty(0, int)
    step = BLOCK_M / parts[own]
    low, high = blocks[own].copy(), blocks[own] + BLOCK_M
    axis = np.where(split[own] == 1, 1, 0)
    at = np.arange(len(own))
    low[at, axis] = blocks[own, axis] + rank * step
    high[at, axis] = low[at, axis] + step
    firms = (sites[own] >= 0) & (rank == 0) & (rng.random(len(own)) < 0.92)
    other = rng.choice(len(OTHERS), len(own), p=OTHER_SHARES)
    kind = np.where(firms, "U", np.array([k for k, _ in OTHERS])[other])
    label = np.where(firms, rng.choice(ECONOMIC, len(own)), np.array([n for _, n in OTHERS])[other])
    commune = pl.Series(codes[own])
    blank = pl.lit(None, pl.String)
    rows = pl.DataFrame({"libelle": label, "typezone": kind}).select(
        gid=pl.int_range(pl.len()),
        partition=pl.lit("DU_") + commune,
        idurba=commune + "_PLU_20240101",
        libelle="libelle",
        libelong=pl.format("Zone {} du plan inventé", "libelle"),
        typezone="typezone",
        destdomi=blank,
        nomfic=blank,
        urlfic=blank,
        insee=commune,
        datappro=pl.lit("20240101"),
        datvalid=blank,
        gpu_doc_id=pl.lit("0123456789abcdef"),
        gpu_status=pl.lit("document.production"),
    )
    return rows, block_shapes(low, high, ZONE_STEPS, ZONE_BEND_M)


def _spots(rng: np.random.Generator, blocks: np.ndarray, every: float) -> np.ndarray:
    """Rows of blocks, one in so many, at least one."""
    return rng.integers(0, len(blocks), max(1, round(len(blocks) / every)))


def _discs(
    rng: np.random.Generator, low: np.ndarray, smallest: float, largest: float
) -> np.ndarray:
    middle = warped(low + BLOCK_M * rng.random(low.shape))
    radius = rng.uniform(smallest, largest, len(low))
    discs: np.ndarray = shapely.buffer(shapely.points(middle), radius, quad_segs=24)
    return discs


def _easements(folder: Path, department: str, blocks: np.ndarray) -> File:
    rng = generator("easements", department)
    own = _spots(rng, blocks, 10)
    shapes = _discs(rng, blocks[own], 60, 700)
    kind = rng.choice(EASEMENTS, len(own), p=(0.15, 0.05, 0.4, 0.15, 0.15, 0.1))
    rows = pl.DataFrame({"suptype": kind}).select(
        idass=pl.int_range(pl.len()),
        suptype="suptype",
        nomsuplitt=pl.format("Servitude inventée {}", "suptype"),
        partition=pl.lit("SUP"),
    )
    path = folder / f"assiette-sup-s-{department}.geojson"
    return "gpu/easements", _geojson(path, rows, shapes), _of(department)


def _risk_plans(folder: Path, department: str, blocks: np.ndarray, codes: np.ndarray) -> File:
    """Red zones, and blue ones around them, as COVADIS writes them."""
    rng = generator("risks", department)
    own = _spots(rng, blocks, 8)
    red = _discs(rng, blocks[own], 60, 300)
    blue = shapely.difference(shapely.buffer(red, 180, quad_segs=24), red)
    plan = rng.choice(["PPRI", "PPRIF"], len(own))
    rows = [
        pl.DataFrame({"nom": plan, "id_gaspar": codes[own]}).with_columns(
            codezone=pl.lit(zone), typereg=pl.lit(rule)
        )
        for zone, rule in (("R", "03"), ("B1", "02"))
    ]
    frame = layer(pl.concat(rows), np.concatenate([red, blue]))
    path = folder / f"n_zone_reg_pprn_s_{department.lower()}.shp"
    pyogrio.write_dataframe(frame, path, encoding="UTF-8", DBF_DATE_LAST_UPDATE="2026-01-01")
    members = sorted(folder.glob(f"{path.stem}.*"))
    target = packed(folder / f"ppr-{department}.zip", *members)
    for member in members:
        member.unlink()
    return "ddtm/risk_plans", target, _of(department)


def _roads(folder: Path, department: str, blocks: np.ndarray) -> File:
    """Two stretches of road beside each block; one in five is a main one."""
    rng = generator("roads", department)
    low = np.repeat(blocks, 2, axis=0)
    along = np.linspace(0, BLOCK_M, 11)
    start = low.astype(float)
    direction = np.tile([[1.0, 0.0], [0.0, 1.0]], (len(blocks), 1))
    points = start[:, None] + along[None, :, None] * direction[:, None]
    own = np.repeat(np.arange(len(low)), len(along))
    lines = shapely.linestrings(warped(points.reshape(-1, 2)), indices=own)
    importance = rng.choice(["1", "2", "3", "4", "5"], len(low), p=(0.05, 0.15, 0.2, 0.3, 0.3))
    rows = pl.DataFrame({"importance": importance}).select(
        cleabs=pl.format("TRONROUT{}", pl.int_range(pl.len()).cast(pl.String).str.zfill(16)),
        nature=pl.lit("Route à 1 chaussée"),
        importance="importance",
        fictif=pl.lit("false"),
        etat_de_l_objet=pl.lit("En service"),
        largeur_de_chaussee=pl.lit(5.0),
        sens_de_circulation=pl.lit("Double sens"),
        cpx_numero=pl.format("D {}X", pl.int_range(pl.len()) % 90 + 1),
    )
    path = folder / f"troncon_de_route-{department}.gpkg"
    return "ign/roads", geopackage(path, layer(rows, lines), "troncon_de_route"), _of(department)


def _stops(folder: Path, department: str, blocks: np.ndarray) -> File:
    rng = generator("stops", department)
    own = _spots(rng, blocks, 1)
    place = to_web(warped(blocks[own] + BLOCK_M * rng.random((len(own), 2))), 6)
    frame = pl.DataFrame({"stop_lat": place[:, 1], "stop_lon": place[:, 0]}).select(
        stop_id=pl.format("INVENTE:{}", pl.int_range(pl.len())),
        stop_name=pl.lit("Arrêt imaginaire"),
        stop_lat="stop_lat",
        stop_lon="stop_lon",
        location_type=pl.lit("0"),
    )
    path = folder / f"stops-{department}.txt"
    frame.write_csv(path)
    return "transport/stops", path, _of(department)


def sites_of(grounds: Iterable[Ground], department: str) -> gpd.GeoDataFrame:
    """Sites of a département, numbered, with a name, a type and a vocation."""
    rng = generator("perimeters", department)
    own = [(g.place.commune_code, shape) for g in grounds for shape in g.site_shapes]
    codes = [code for code, _ in own]
    rank = [f"{department}{at:05d}" for at in range(len(own))]
    return gpd.GeoDataFrame(
        {
            "site": rank,
            "name": [f"Zone Fictive {r}" for r in rank],
            "commune_code": codes,
            "vocation": rng.choice(VOCATIONS, len(own)),
            "type": rng.choice(SITE_TYPES, len(own), p=(0.72, 0.28)),
            "is_inventoried": rng.random(len(own)) < INVENTORIED,
        },
        geometry=[shape for _, shape in own],
        crs="EPSG:2154",
    )


def write_perimeters(folder: Path, sites: gpd.GeoDataFrame) -> list[File]:
    """Perimeters of all départements drawn, as each producer has them: off by a metre or two."""
    return [
        _regional(folder, sites),
        _fusac(folder, sites),
        _activity_areas(folder, sites),
        _inventory(folder, sites),
    ]


def _redrawn(sites: gpd.GeoDataFrame, name: str) -> np.ndarray:
    rng = generator("perimeters", name)
    off = rng.uniform(0.1, 0.8, len(sites))
    drawn: np.ndarray = shapely.buffer(sites.geometry.to_numpy(), off, join_style="mitre")
    return drawn


def _regional(folder: Path, sites: gpd.GeoDataFrame) -> File:
    """One outline crosses itself, as drawn outlines do."""
    own = sites[sites["site"].str[:2].isin(REGION_SUD)]
    own = own if len(own) else sites[:1]
    shapes = _redrawn(own, "regional")
    shapes[-1] = _with_loop(shapes[-1])
    rows = pl.DataFrame(
        {
            "id_eae": ("EAE" + own["site"]).tolist(),
            "nom_eae": own["name"].tolist(),
            "type_eae": own["type"].tolist(),
            "vocation": own["vocation"].tolist(),
        }
    )
    path = _geojson(folder / "perimetres-eae-2025.geojson", rows, shapes)
    return "region_sud/economic_areas", path, "2025"


def _with_loop(shape: shapely.Polygon) -> shapely.Polygon:
    """A corner drawn past itself."""
    ring = shapely.get_coordinates(shape)[:-1]
    return shapely.Polygon([*ring, ring[0] + 0.02 * (ring[0] - ring.mean(axis=0)), ring[1]])


def _fusac(folder: Path, sites: gpd.GeoDataFrame) -> File:
    vocation = sites["vocation"].replace({"logistique": "entrepôts, logistique"})
    rows = pl.DataFrame(
        {
            "site_id": (sites["commune_code"] + "_SITE-ECO_F" + sites["site"]).tolist(),
            "site_nom": sites["name"].tolist(),
            "site_type": ["inconnu"] * len(sites),
            "site_vocadomi": vocation.tolist(),
            "site_comm_insee": sites["commune_code"].tolist(),
        }
    )
    path = folder / "fusac-2024.gpkg"
    geopackage(path, layer(rows, _redrawn(sites, "fusac")), "fusac_site_eco")
    return "cerema/fusac", path, "2024"


def _activity_areas(folder: Path, sites: gpd.GeoDataFrame) -> File:
    """A zipped shapefile of BD TOPO; one area in five is of another kind."""
    rng = generator("perimeters", "kinds")
    kind = np.where(rng.random(len(sites)) < 0.2, "Sport", "Industriel et commercial")
    rows = pl.DataFrame(
        {
            "cleabs": ("SURFACTI" + sites["site"].str.zfill(16)).tolist(),
            "categorie": kind,
            "nature": ["Zone industrielle"] * len(sites),
            "toponyme": sites["name"].tolist(),
        }
    )
    path = folder / "zone_d_activite_ou_d_interet.shp"
    frame = layer(rows, _redrawn(sites, "bdtopo"))
    pyogrio.write_dataframe(frame, path, encoding="UTF-8", DBF_DATE_LAST_UPDATE="2026-01-01")
    members = sorted(folder.glob("zone_d_activite_ou_d_interet.*"))
    target = packed(folder / "bdtopo-activites-2025.zip", *members)
    for member in members:
        member.unlink()
    return "ign/activity_areas", target, "2025"


def _inventory(folder: Path, sites: gpd.GeoDataFrame) -> File:
    """The inventory that some EPCI handed over: sites alone, no terrain seen."""
    own = sites[sites["is_inventoried"]]
    own = own if len(own) else sites[:1]
    rows = pl.DataFrame(
        {
            "site_id": (own["commune_code"] + "_SITE-ECO_EAE" + own["site"]).tolist(),
            "site_nom": own["name"].tolist(),
            "site_type": own["type"].tolist(),
            "site_vocadomi": own["vocation"]
            .replace({"logistique": "entrepôts, logistique"})
            .tolist(),
            "site_actu_date": ["2025-06-30"] * len(own),
        }
    )
    path = folder / "inventaire-zae-2025.gpkg"
    geopackage(path, layer(rows, own.geometry.to_numpy()), "site_eco")
    return "cnig/economic_sites", path, "2025"
