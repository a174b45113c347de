"""Where an invented département lies: its communes, their outlines, and how much is in each.

Numbers of communes and people are those of the COG 2026 (Etalab, Insee; Licence Ouverte 2.0). The
Bouches-du-Rhône have their real outlines; every other département is a square of its own, on
a chessboard over metropolitan France, cut into as many rectangles as it has communes.
"""

import functools
import hashlib
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import polars as pl
import shapely

from observatory.geography.cog import DEPARTMENTS
from sources.sample.world import REFERENCE, communes

SEED = 16
SIDE_M = 72_000
# corners on multiples of a block, so that ground goes on across the borders of départements
BOARD = range(81_000, 1_200_000, SIDE_M), range(6_030_000, 7_060_000, SIDE_M)
REAL = "13"
MARSEILLE = "13055"
COUNTED = Path(__file__).parent / "departments.csv"
# what the Bouches-du-Rhône hold; elsewhere in proportion to people, parcels to communes as well
PEOPLE = 2_087_658
FRENCH_PARCELS, BY_COMMUNE = 90_000_000, 0.7
PARCELS, ESTABLISHMENTS, SALE_LINES, SITES = 1_000_000, 600_000, 125_000, 1_400
PARCELS_A_ZONE = 50


@dataclass(frozen=True, kw_only=True)
class Volume:
    """How many rows a département has in each register."""

    parcels: int
    establishments: int
    sale_lines: int
    sites: int
    zones: int


@dataclass(frozen=True, kw_only=True)
class Place:
    """A commune, or an arrondissement of Marseille, with its share of the département's people."""

    code: str
    commune_code: str
    people: float
    outline: shapely.Geometry


def generator(*names: object) -> np.random.Generator:
    """A generator of its own for each thing drawn."""
    words = "/".join(str(name) for name in names)
    return np.random.default_rng([SEED, int(hashlib.sha256(words.encode()).hexdigest()[:12], 16)])


@functools.cache
def counted() -> pl.DataFrame:
    """Communes and people of each metropolitan département."""
    types = {"department_code": pl.String}
    return pl.read_csv(COUNTED, schema_overrides=types).with_row_index("rank")


def rank_of(department: str) -> int:
    """The number of a département among the metropolitan ones."""
    return int(counted().filter(pl.col("department_code") == department)["rank"][0])


def volume(department: str, scale: float) -> Volume:
    """What is to be drawn of a département."""
    row = counted().row(rank_of(department), named=True)
    people = row["population_count"] / PEOPLE
    parcels = PARCELS
    if department != REAL:
        of_communes = row["commune_count"] / counted()["commune_count"].sum()
        of_people = row["population_count"] / counted()["population_count"].sum()
        share = BY_COMMUNE * of_communes + (1 - BY_COMMUNE) * of_people
        parcels = round(FRENCH_PARCELS * share)
    return Volume(
        parcels=round(scale * parcels),
        establishments=round(scale * people * ESTABLISHMENTS),
        sale_lines=round(scale * people * SALE_LINES),
        sites=max(2, round(scale * people * SITES)),
        zones=round(scale * parcels / PARCELS_A_ZONE),
    )


@functools.cache
def french_communes() -> pl.DataFrame:
    """Every commune (COM) and arrondissement (ARM), in the columns of the sample's reference.

    Codes and people are real where the sample knows them, and invented elsewhere.
    """
    known = communes()
    invented = [
        _invented(
            row["rank"], row["department_code"], row["commune_count"], row["population_count"]
        )
        for row in counted().to_dicts()
        if row["department_code"] not in known["department_code"]
    ]
    return pl.concat([known, *(frame.select(known.columns) for frame in invented)])


def _invented(rank: int, department: str, count: int, people: int) -> pl.DataFrame:
    share = generator("communes", department).lognormal(0, 1.3, count)
    at = pl.Series(range(1, count + 1), dtype=pl.Int64).cast(pl.String).str.zfill(3)
    return pl.DataFrame(
        {
            "commune_code": department + at,
            "commune_label": "Commune-Imaginaire-" + at,
            "population_count": (people * share / share.sum()).round().astype(np.int64) + 20,
        }
    ).with_columns(
        commune_type=pl.lit("COM"),
        department_code=pl.lit(department),
        region_code=pl.lit(DEPARTMENTS[department][1]),
        parent_commune_code=pl.lit(None, pl.String),
        epci_code=pl.format(
            "299{}{}",
            pl.lit(f"{rank:02d}"),
            (pl.int_range(pl.len()) // 25).cast(pl.String).str.zfill(4),
        ),
        bassin_code=pl.lit(f"7{rank:03d}"),
        employment_zone_code=pl.lit(f"8{rank:03d}"),
    )


@functools.cache
def _real_outlines() -> dict[str, shapely.Geometry]:
    frame = gpd.read_file(REFERENCE / "contours.geojson").to_crs("EPSG:2154")
    codes = frame["code"].astype(str)
    own = codes.str.startswith(REAL).to_numpy()
    return dict(zip(codes[own], frame.geometry[own], strict=True))


@functools.cache
def _squares() -> list[tuple[int, int]]:
    """Lower left corners of the board that are free of the real outlines."""
    taken = shapely.box(*shapely.total_bounds(list(_real_outlines().values())))
    corners = [(x, y) for y in BOARD[1] for x in BOARD[0]]
    boxes = shapely.box(*np.array([(x, y, x + SIDE_M, y + SIDE_M) for x, y in corners]).T)
    return [c for c, hit in zip(corners, shapely.intersects(boxes, taken), strict=True) if not hit]


def outlines(department: str) -> dict[str, shapely.Geometry]:
    """Outline of each commune and arrondissement of a département."""
    if department == REAL:
        return _real_outlines()
    own = french_communes().filter(
        pl.col("department_code") == department, pl.col("commune_type") == "COM"
    )
    left, bottom = _squares()[rank_of(department)]
    columns = np.array_split(own["commune_code"].to_numpy(), round(len(own) ** 0.5))
    found = {}
    for at, codes in enumerate(columns):
        x, width = left + at * SIDE_M / len(columns), SIDE_M / len(columns)
        for rank, code in enumerate(codes):
            y, height = bottom + rank * SIDE_M / len(codes), SIDE_M / len(codes)
            found[str(code)] = shapely.box(x, y, x + width, y + height)
    return found


def places(department: str) -> list[Place]:
    """Communes of a département, Marseille by its arrondissements."""
    own = french_communes().filter(
        pl.col("department_code") == department, pl.col("commune_code") != MARSEILLE
    )
    total = own["population_count"].sum()
    shapes = outlines(department)
    return [
        Place(
            code=row["commune_code"],
            commune_code=row["parent_commune_code"] or row["commune_code"],
            people=row["population_count"] / total,
            outline=shapes[row["commune_code"]],
        )
        for row in own.sort("commune_code").to_dicts()
    ]
