"""Sirene of all France as Parquet: row groups sorted by SIREN, départements mixed in each.

What was drawn of some départements lies among invented establishments of the others, so that
reading one département out of the files is measured.
"""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow.parquet as pq
import shapely

from benchmarks.drawn.places import counted, french_communes, generator, outlines
from benchmarks.drawn.register import (
    FIRST_OCCUPANT,
    LAST_OCCUPANT,
    VINTAGE,
    geolocated,
    history,
    identified,
    legal_units,
    stock,
)

ROW_GROUP = 122_880
CLOSED = 0.55
NAMES = {
    "insee/sirene_stock": "StockEtablissement_utf8.parquet",
    "insee/sirene_history": "StockEtablissementHistorique_utf8.parquet",
    "insee/sirene_legal_units": "StockUniteLegale_utf8.parquet",
    "insee/sirene_geolocated": "GeolocalisationEtablissement_Sirene.parquet",
}


def write_national(
    folder: Path, own: pl.DataFrame, owners: pl.DataFrame, rows: int
) -> list[tuple[str, Path, str]]:
    """The four files of the register with ``rows`` establishments; keys, paths and vintages."""
    groups = max(1, round(rows / ROW_GROUP))
    step = (LAST_OCCUPANT - FIRST_OCCUPANT) // groups
    rng = generator("national", rows)
    shares = np.array_split(rng.permutation(len(own)), groups)
    elsewhere = _Elsewhere(set(own["commune_code"].str.slice(0, 2)))
    paths = {key: folder / name for key, name in NAMES.items()}
    with contextlib.ExitStack() as stack:
        writers = {key: stack.enter_context(_appending(path)) for key, path in paths.items()}
        writers["insee/sirene_legal_units"].write(legal_units(identified(own.clear()), owners))
        for at, share in enumerate(shares):
            first = FIRST_OCCUPANT + at * step
            fill = max(0, round(rows / groups) - len(share))
            drawn = pl.concat([own[share], elsewhere.draw(fill, at)])
            group = identified(drawn, first, first + step - 1)
            writers["insee/sirene_stock"].write(stock(group))
            writers["insee/sirene_history"].write(history(group))
            writers["insee/sirene_legal_units"].write(legal_units(group, owners.clear()))
            writers["insee/sirene_geolocated"].write(geolocated(group))
    return [(key, path, VINTAGE) for key, path in paths.items()]


class _Appending:
    """A Parquet file to which each frame is a row group."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.writer: pq.ParquetWriter | None = None

    def write(self, frame: pl.DataFrame) -> None:
        """Append a row group."""
        table = frame.to_arrow()
        if self.writer is None:
            self.writer = pq.ParquetWriter(self.path, table.schema, compression="zstd")
        self.writer.write_table(table.cast(self.writer.schema), row_group_size=ROW_GROUP)


@contextlib.contextmanager
def _appending(path: Path) -> Iterator[_Appending]:
    file = _Appending(path)
    yield file
    if file.writer is not None:
        file.writer.close()


class _Elsewhere:
    """Establishments of the communes of the other départements, somewhere in their outlines."""

    def __init__(self, drawn: set[str]) -> None:
        others = counted().filter(~pl.col("department_code").is_in(list(drawn)))["department_code"]
        shapes = {code: shape for d in others for code, shape in outlines(d).items()}
        communes = french_communes().filter(pl.col("commune_code").is_in(list(shapes)))
        self.codes = communes["commune_code"]
        people = communes["population_count"].to_numpy()
        self.share = people / people.sum()
        self.bounds = shapely.bounds([shapes[code] for code in self.codes])

    def draw(self, count: int, at: int) -> pl.DataFrame:
        """So many establishments, in the columns of those drawn."""
        rng = generator("elsewhere", at, count)
        chosen = rng.choice(len(self.codes), count, p=self.share)
        left, bottom, right, top = self.bounds[chosen].T
        return pl.DataFrame(
            {
                "is_closed": rng.random(count) < CLOSED,
                "is_in_park": np.zeros(count, dtype=bool),
                "x": np.round(rng.uniform(left, right), 2),
                "y": np.round(rng.uniform(bottom, top), 2),
                "quality": rng.choice(["11", "21", "12", "33"], count, p=[0.85, 0.05, 0.05, 0.05]),
            }
        ).with_columns(commune_code=self.codes[chosen])
