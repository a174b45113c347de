"""Adds to shapes what another table of the same delivery says of the document they are of."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import geopandas as gpd
import pandas as pd
import polars as pl

from observatory.ingest.delimited import read_delimited
from observatory.ingest.issues import LINE
from observatory.ingest.opening import attributes_of, open_gdal, open_layer, told_of
from observatory.ingest.sandbox import Ask
from observatory.ingest.values import as_text, spelled_out
from observatory.metadata.cards import Beside, Card, Layout, normalise

DRIVERS = {".gpkg": "GPKG", ".dbf": "ESRI Shapefile"}
TEXTS = (".csv", ".txt")
KEY = "_key"


def with_table_beside(
    frames: Sequence[gpd.GeoDataFrame], files: Sequence[Path], card: Card, name: str
) -> list[gpd.GeoDataFrame]:
    """Layers with the columns that the card's ``beside`` table tells, under the table's headers.

    Lines of one key that do not agree tell nothing; a blank agrees with all. Without such a table
    layers stay as they are. Raises InputError where it is there and cannot be read.
    """
    layout, beside = card.layout, card.layout.beside
    if beside is None:
        return [*frames]
    found = (_serving(table, layout, beside) for table in _tables(files, layout, beside, name))
    told = [table for table in found if table.width > 1]
    if not told:
        return [*frames]
    lines = pl.concat(told, how="diagonal")
    said = pl.exclude(KEY).drop_nulls()
    agreed = lines.group_by(KEY).agg(pl.when(said.n_unique() == 1).then(said.first()))
    return [_joined(frame, agreed, layout, beside) for frame in frames]


def _joined(
    frame: gpd.GeoDataFrame, told: pl.DataFrame, layout: Layout, beside: Beside
) -> gpd.GeoDataFrame:
    """A layer with what is told of its key, but for what it says itself."""
    own = layout.match(frame.columns).columns
    if not own[beside.on]:
        return frame
    said = {header for ours in beside.tells if own[ours] for header in _headers(told, layout, ours)}
    keys = pl.DataFrame({KEY: frame[own[beside.on][0]].to_numpy(dtype=object)}, {KEY: pl.String})
    rows = keys.select(_comparable(KEY)).join(
        told.drop(*said), on=KEY, how="left", maintain_order="left"
    )
    told_here = rows.drop(KEY).to_pandas().set_index(frame.index)
    return gpd.GeoDataFrame(pd.concat([frame, told_here], axis=1), crs=frame.crs)


def _comparable(key: str) -> pl.Expr:
    """A key as two tables of one delivery may write it: in either case, with blanks around."""
    return pl.col(key).str.strip_chars().str.to_uppercase().alias(KEY)


def _headers(table: pl.DataFrame, layout: Layout, ours: str) -> list[str]:
    return layout.match(table.columns).columns[ours]


def _serving(table: pl.DataFrame, layout: Layout, beside: Beside) -> pl.DataFrame:
    """The key of a table and the columns that it tells; nothing where it has no key."""
    keys = _headers(table, layout, beside.on)
    if not keys:
        return pl.DataFrame()
    tells = [header for ours in beside.tells for header in _headers(table, layout, ours)[:1]]
    return table.select(_comparable(keys[0]), *tells).drop_nulls(KEY)


def _tables(
    files: Sequence[Path], layout: Layout, beside: Beside, name: str
) -> Iterator[pl.DataFrame]:
    """The tables of a delivery that bear the name of the one that is wanted, as text."""
    for file in sorted(files):
        suffix = file.suffix.lower()
        is_named = re.fullmatch(beside.tables, normalise(file.stem)) is not None
        if suffix in TEXTS and is_named:
            headers = {c: layout.all_columns[c] for c in (beside.on, *beside.tells)}
            form = Layout(
                format="table", columns={beside.on: headers.pop(beside.on)}, optional=headers
            )
            yield read_delimited(file, form, f"{name} › {file.name}", None).drop(LINE, strict=False)
        elif suffix == ".gpkg" or (suffix == ".dbf" and is_named):
            with told_of(name), open_gdal(DRIVERS[suffix]) as ask:
                for table in _listed(ask, file, beside):
                    about, read = open_layer(ask, file, table, name, {})
                    shape = [c for c in (about["geometry"],) if c in read.column_names]
                    rows = spelled_out(pl.DataFrame(attributes_of(read.drop(shape))))
                    yield rows.select(as_text(c, kind) for c, kind in rows.schema.items())


def _listed(ask: Ask, file: Path, beside: Beside) -> list[str | None]:
    """The tables of a GeoPackage that are wanted; of a file of records, its only one."""
    if file.suffix.lower() != ".gpkg":
        return [None]
    named = ask("list_tables", file=str(file))
    return [name for name in named if re.fullmatch(beside.tables, normalise(name))]
