"""Parcels, buildings and owners of a commune as Etalab and DGFiP write them, faults included."""

import json
from pathlib import Path

import numpy as np
import polars as pl
import shapely

from benchmarks.drawn.ground import Ground
from benchmarks.drawn.places import generator, rank_of
from benchmarks.drawn.text import Features, failing, filled, geometry_texts
from sources.sample.land.cadastre import HEADERS, LEGAL_FORMS

YEAR = "2026"
FIRST_OWNER, OWNERS_A_DEPARTMENT = 20_000_000, 200_000
# faults of a shape or of a row, each at the share of rows that real files show, or near it
TWICE, OVERLAPPING, CROSSED, SLIVERS, NAMELESS = 2e-5, 2e-5, 1e-4, 1e-4, 1e-5
TWO_POINTS = 2e-6
ODD_AREA, BLANK_AREA = 0.02, 0.004
TWO_RINGS = '{"type":"Polygon","coordinates":[[[%s],[%s],[%s]]]}'
NAMES = {
    "civil_company": "SCI FAMILLE IMAGINAIRE ",
    "company": "ENTREPRISE FICTIVE ",
    "public_body": "COLLECTIVITE INVENTEE ",
    "association": "ASSOCIATION CHIMERE ",
    "co_ownership": "COP DE L IMMEUBLE FICTIF ",
}
WITHOUT_SIREN, MISSING_OWNER, SUBDIVIDED, LEASED = 0.02, 0.03, 0.15, 0.01


def siren_of_owner(number: np.ndarray, department: str) -> pl.Series:
    """SIREN of owners that a département numbers."""
    return failing(FIRST_OWNER + rank_of(department) * OWNERS_A_DEPARTMENT + number, 9)


def _few(rng: np.random.Generator, size: int, share: float) -> np.ndarray:
    """Rows that bear a fault: the share, by chance."""
    return rng.choice(size, min(rng.binomial(size, share), size), replace=False)


def write_parcels(file: Features, ground: Ground, *, all_faults: bool) -> None:
    """The parcels of a commune; ``all_faults``: at least one of each."""
    rng = generator("parcels", ground.place.code)
    shapes, size = ground.parcel_shapes.copy(), len(ground.parcels)
    least = int(all_faults)

    def few(share: float) -> np.ndarray:
        found = _few(rng, size, share)
        return found if len(found) >= least else rng.choice(size, least, replace=False)

    area = np.round(shapely.area(shapes))
    odd, blank = rng.random(size) < ODD_AREA, rng.random(size) < BLANK_AREA
    area[odd] = np.round(area[odd] * rng.uniform(0.4, 2.0, int(odd.sum())))
    twisted = few(CROSSED)
    shapes[twisted] = [crossed(s) for s in shapes[twisted]]
    again, over = few(TWICE), few(OVERLAPPING)
    thin = few(SLIVERS)
    rows = ground.parcels.select("parcel_id", "prefix", "section", "number").with_columns(
        contenance=pl.when(pl.Series(~blank)).then(pl.Series(area.astype(np.int64)))
    )
    added = pl.concat([rows[again], rows[over], _new_names(rows[thin])])
    moved = shapely.transform(shapes[over], lambda xy: xy + np.array([3.0, -2.0]))
    slivers = np.array([_sliver(s) for s in shapes[thin]], dtype=object)
    shapes = np.concatenate([shapes, shapes[again], moved, slivers])
    rows = pl.concat([rows, added])
    nameless = np.zeros(len(rows), dtype=bool)
    nameless[few(NAMELESS)] = True
    texts = geometry_texts(shapes)
    flat = few(TWO_POINTS)
    texts = texts.scatter(flat, [_two_points(texts[int(at)]) for at in flat])
    file.write(_parcel_lines(rows, texts, nameless, ground.place.code))


def _parcel_lines(
    rows: pl.DataFrame, texts: pl.Series, nameless: np.ndarray, commune: str
) -> pl.Series:
    identifier = pl.when(pl.Series(nameless)).then(pl.lit("")).otherwise("parcel_id")
    area = pl.lit(',"contenance":') + pl.col("contenance").cast(pl.String)
    line = filled(
        '{"type":"Feature","id":"@","geometry":@,"properties":{"id":"@","commune":"@",'
        '"prefixe":"@","section":"@","numero":"@"@,"arpente":false,'
        '"created":"2006-10-11","updated":"2022-02-24"}}',
        identifier,
        "shape",
        identifier,
        pl.lit(commune),
        "prefix",
        "section",
        "number",
        area.fill_null(""),
    )
    return rows.with_columns(shape=texts).select(line).to_series()


def crossed(shape: shapely.Polygon) -> shapely.Polygon:
    """The second half of the corners in the wrong order."""
    ring = shapely.get_coordinates(shape)[:-1]
    half = len(ring) // 2
    return shapely.Polygon(np.concatenate([ring[:half], ring[half:][::-1]]))


def _sliver(shape: shapely.Polygon) -> shapely.Polygon:
    """A strip of two centimetres along a side."""
    (a, b), aside = shapely.get_coordinates(shape)[:2], [0.02, 0.02]
    return shapely.Polygon([a, b, b + aside, a + aside])


def _two_points(text: str) -> str:
    first, second = json.loads(text)["coordinates"][0][:2]
    a, b = (f"{x},{y}" for x, y in (first, second))
    return TWO_RINGS % (a, b, a)


def _new_names(rows: pl.DataFrame) -> pl.DataFrame:
    """Numbers that no other parcel of the section has."""
    number = pl.col("number") + 5_000
    return rows.with_columns(
        number=number, parcel_id=pl.col("parcel_id").str.slice(0, 10) + number.cast(pl.String)
    )


def write_buildings(file: Features, ground: Ground, *, all_faults: bool) -> None:
    """The buildings of a commune; one in thirty is not drawn yet, a few stand twice."""
    rng = generator("buildings", ground.place.code)
    size = len(ground.building_shapes)
    chosen = np.concatenate([np.arange(size), _few(rng, size, 1e-3)])
    shapes = ground.building_shapes[chosen]
    twisted = _few(rng, size, CROSSED) if not all_faults else np.array([0])
    shapes[twisted] = [crossed(s) for s in shapes[twisted]]
    kinds = np.where(rng.random(len(chosen)) < 0.93, "01", "02")
    line = filled(
        '{"type":"Feature","geometry":@,"properties":{"type":"@","nom":null,"commune":"@",'
        '"created":"2006-10-11","updated":"2022-02-24"}}',
        "shape",
        "kind",
        pl.lit(ground.place.code),
    )
    frame = pl.DataFrame({"shape": geometry_texts(shapes), "kind": kinds})
    file.write(frame.select(line).to_series())


def owner_header() -> bytes:
    """The first line of the file of owners."""
    return (";".join(f'"{h}"' for h in HEADERS) + "\r\n").encode("latin-1")


def owner_lines(ground: Ground, department: str) -> bytes:
    """Parcels of legal persons of a commune: one line a fiscal subdivision and right holder."""
    rng = generator("owners", ground.place.code)
    held = ground.parcels.with_columns(
        area=pl.Series(np.round(shapely.area(ground.parcel_shapes)).astype(np.int64))
    ).filter(pl.col("owner").is_not_null())
    held = held.filter(pl.Series(rng.random(len(held)) >= MISSING_OWNER))
    owner = held["owner"].to_numpy()
    siren = siren_of_owner(owner, department)
    nameless = pl.Series(owner % 50 == 0)
    held = held.with_columns(
        right=pl.lit("P"),
        siren=pl.when(nameless).then("U" + siren.str.slice(1)).otherwise(siren),
        name=pl.col("owner_kind").replace_strict(NAMES) + pl.col("owner").cast(pl.String),
        suf=pl.lit(""),
        **{
            name: pl.col("owner_kind").replace_strict({k: f[at] for k, f in LEGAL_FORMS.items()})
            for at, name in enumerate(("form", "short", "group"))
        },
    )
    tenant = siren_of_owner((owner * 7 + 13) % OWNERS_A_DEPARTMENT, department)
    leased = held.with_columns(
        siren=tenant,
        right=pl.lit("E"),
        name=pl.format("PRENEUR FICTIF {}", "owner"),
        form=pl.lit("5499"),
        short=pl.lit("SARL"),
        group=pl.lit("0"),
    ).filter(pl.Series(rng.random(len(held)) < LEASED))
    parts = held.filter(pl.Series(rng.random(len(held)) < SUBDIVIDED))
    rows = pl.concat([held, leased, parts.with_columns(suf=pl.lit("A"))])
    return _owner_text(rows.sort("parcel_id", "right", "suf"), ground.place.code, department)


def _owner_text(rows: pl.DataFrame, commune: str, department: str) -> bytes:
    blank = pl.lit("")
    columns: list[pl.Expr] = [
        pl.lit(department),
        pl.lit("0"),
        pl.lit(commune[2:]),
        pl.lit("COMMUNE FICTIVE"),
        pl.when(pl.col("prefix") == "000").then(pl.lit("   ")).otherwise("prefix"),
        pl.col("section"),
        pl.col("number").cast(pl.String),
        *(blank,) * 6,
        pl.col("area").cast(pl.String),
        pl.col("suf"),
        pl.lit("S"),
        pl.col("area").cast(pl.String),
        pl.col("right"),
        pl.lit("P") + pl.col("siren").str.slice(0, 5),
        pl.col("siren"),
        pl.col("group"),
        pl.col("form"),
        pl.col("short"),
        pl.col("name"),
    ]
    line = pl.lit('"') + pl.concat_str(columns, separator='";"') + pl.lit('"\r\n')
    return rows.select(line.str.join("")).item().encode("latin-1") if len(rows) else b""


def parcels_path(folder: Path, department: str) -> Path:
    """Where the parcels of a département are written."""
    return folder / f"cadastre-{department}-parcelles.json.gz"
