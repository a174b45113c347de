"""Cuts long tables to the territory, and spreads them over one sheet an area."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from observatory.database.geopackage import attribute_batches
from observatory.metadata.frames import polars_schema
from observatory.metadata.french import alphabetical
from observatory.metadata.tables import Table

# a table of more rows is cut to the territory, and one of more is in no workbook
LONG_ROWS, MOST_ROWS = 10_000, 100_000
# what is left of a long table and has more rows than these has a sheet an area
MANY_ROWS = 2_000
# the longest name of a sheet, and what no name holds
SHEET_NAME = 31
# the least that is left of an area's label
LABEL = 13
NO_NAME = str.maketrans(dict.fromkeys("[]:*?/\\\t\r\n", " "))
BATCH = 10_000
COMMUNES = "geography_communes"
# a long table is cut level by level, from the widest, as far as a sheet holds them
LEVELS = {
    "country": "France",
    "departments": "ses départements réunis",
    "region": "ses régions",
    "department": "ses départements",
    "employment_zone": "ses zones d'emploi",
    "epci": "ses EPCI",
    "bassin": "ses bassins d'emploi",
}
AREAS = ("commune", "bassin", "epci", "employment_zone", "department", "region")
# levels that share a sheet: they are what the others are compared with
WIDE, WIDE_LABEL = ("country", "region", "departments"), "France et région"
# areas of which there are fewer rows share a sheet
FEW_ROWS, OTHERS = 20, "autres"
# the areas that a table of smaller ones is spread over, the first that tells rows apart
SPREAD = ("bassin", "epci", "department")


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """Rows of a table on one sheet: all, those of the territory, or those of one of its areas."""

    name: str
    row_count: int
    frames: Iterable[pl.DataFrame]
    kept: str | None = None
    area: str | None = None


def make_sheets(table: Table, folder: Path, row_count: int) -> list[Sheet]:
    """Take a table for its sheets: whole, or cut where it is long; none where it is too long.

    One that speaks of the territory alone, or of no area, stays whole as far as a sheet holds it.
    """
    name = table.name.removeprefix(f"{table.theme}_")
    parquet, communes = folder / f"{table.name}.parquet", folder / f"{COMMUNES}.parquet"
    if row_count > LONG_ROWS and communes.exists():
        schema = polars_schema(table)
        own = pl.read_parquet(communes).filter("is_in_territory")
        cut, kept = cut_to_territory(pl.scan_parquet(parquet).select(schema.names()), own)
        if len(cut):
            parts = spread_over_areas(cut.cast(schema), own)
            told = kept if len(cut) < row_count else None
            return [
                Sheet(name=name, row_count=len(rows), frames=[rows], kept=told, area=label)
                for label, rows in parts
            ]
    if row_count > MOST_ROWS:
        return []
    return [Sheet(name=name, row_count=row_count, frames=attribute_batches(parquet, table, BATCH))]


def spread_over_areas(
    rows: pl.DataFrame, communes: pl.DataFrame
) -> list[tuple[str | None, pl.DataFrame]]:
    """Spread rows over the areas they speak of, each under its label; no label for one part.

    Rows of France and of the région are together and come first; those of areas of which there is
    little to say, or which are not known, come last.
    """
    areas = _name_areas(rows, communes) if len(rows) > MANY_ROWS else None
    if areas is None:
        return [(None, rows)]
    own = pl.concat([rows, areas], how="horizontal")
    is_small = (pl.len().over("_key") < FEW_ROWS) | pl.col("_area").is_null()
    own = own.with_columns(
        pl.when(is_small).then(pl.lit(OTHERS)).otherwise(name).alias(name)
        for name in ("_key", "_area")
    )
    order = own.select("_key", "_area").unique("_key")
    order = order.sort(
        pl.col("_area") == OTHERS, pl.col("_area") != WIDE_LABEL, alphabetical("_area"), "_key"
    )
    return [
        (label, own.filter(pl.col("_key") == key).drop("_key", "_area"))
        for key, label in order.iter_rows()
    ]


def _name_areas(rows: pl.DataFrame, communes: pl.DataFrame) -> pl.DataFrame | None:
    """Name the area of each row: what tells it from others (``_key``), and its label (``_area``).

    None where all rows are of one area, or no column tells it.
    """
    if "territory_level" in rows.columns:
        is_wide = pl.col("territory_level").is_in(WIDE)
        key = pl.concat_str("territory_level", "territory_code", separator=" ")
        return rows.select(
            _key=pl.when(is_wide).then(pl.lit(WIDE_LABEL)).otherwise(key),
            _area=pl.when(is_wide).then(pl.lit(WIDE_LABEL)).otherwise("territory_label"),
        )
    for area in SPREAD:
        code, label = f"{area}_code", f"{area}_label"
        by = code if code in rows.columns else "commune_code"
        if by not in rows.columns:
            continue
        shown = label if label in communes.columns else code
        named = communes.select(_by=by, _key=code, _area=shown).unique("_by")
        areas = rows.select(_by=by).join(named, on="_by", how="left", maintain_order="left")
        if areas["_key"].n_unique() > 1:
            return areas.select("_key", "_area")
    return None


def cut_to_territory(rows: pl.LazyFrame, communes: pl.DataFrame) -> tuple[pl.DataFrame, str]:
    """Keep the rows of the areas that the territory's ``communes`` lie in, and say which.

    Of a table of territories, level by level from France down, as long as ``MOST_ROWS`` holds
    them; of one of communes, bassins or départements, those of the territory, if so few.
    """
    names = rows.collect_schema().names()
    if "territory_level" in names:
        return _cut_by_level(rows, communes)
    area = next((f"{a}_code" for a in AREAS if f"{a}_code" in names), None)
    is_local = pl.col(area).is_in(_codes(communes, area)) if area else pl.lit(value=False)
    cut = rows.filter(is_local).head(MOST_ROWS + 1).collect()
    return (cut if len(cut) <= MOST_ROWS else cut.clear()), "celles du territoire"


def _cut_by_level(rows: pl.LazyFrame, communes: pl.DataFrame) -> tuple[pl.DataFrame, str]:
    kept = pl.lit(value=False)
    for level in LEVELS:
        at_level = pl.col("territory_level") == level
        if level in AREAS:
            at_level &= pl.col("territory_code").is_in(_codes(communes, f"{level}_code"))
        wider = kept | at_level
        if rows.filter(wider).select(pl.len()).collect().item() > MOST_ROWS:
            break
        kept = wider
    cut = rows.filter(kept).collect()
    present = cut["territory_level"].unique()
    return cut, ", ".join(what for level, what in LEVELS.items() if level in present)


def _codes(communes: pl.DataFrame, area: str) -> list[str]:
    return communes[area].drop_nulls().unique().to_list()


def name_sheets(names: Sequence[tuple[str, str | None]], taken: Iterable[str]) -> list[str]:
    """Name sheets after a table and an area: no name twice, whatever its case, none too long.

    The area is kept as far as it goes: it is what tells the sheets of a table apart.
    """
    used = {name.casefold() for name in taken}
    made = []
    for table, area in names:
        name = _cut_name(table, area)
        at = 1
        while name.casefold() in used:
            at += 1
            name = f"{_shorten(_cut_name(table, area), SHEET_NAME - len(str(at)) - 1)}_{at}"
        used.add(name.casefold())
        made.append(name)
    return made


def _cut_name(table: str, area: str | None) -> str:
    table, area = (" ".join((t or "").translate(NO_NAME).split()) for t in (table, area))
    if not area:
        return _shorten(table, SHEET_NAME) or "feuille"
    label = _shorten(area, max(SHEET_NAME - len(table) - 1, LABEL))
    room = SHEET_NAME - 1 - _units(label)
    if _units(table) > room:
        end = room // 2
        table = f"{table[: room - end - 1]}…{table[-end:]}"
    return f"{table} {label}".strip(" '")


def _shorten(text: str, most: int) -> str:
    """Cut text to so many units of UTF-16, as spreadsheets count."""
    return text.encode("utf-16-le")[: 2 * most].decode("utf-16-le", "ignore").strip(" '")


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2
