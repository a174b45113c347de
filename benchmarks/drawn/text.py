"""Text of many rows at once: GeoJSON features, packed files, numbers that are nobody's."""

import contextlib
import gzip
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import numpy as np
import polars as pl
import pyproj
import shapely

LAMBERT, WEB = "EPSG:2154", "EPSG:4326"
FIXED_DAY = (2026, 1, 1, 0, 0, 0)
TO_WEB = pyproj.Transformer.from_crs(LAMBERT, WEB, always_xy=True)


def to_web(points: np.ndarray, digits: int = 7) -> np.ndarray:
    """Longitudes and latitudes of points (EPSG:2154), rounded."""
    return np.round(np.column_stack(TO_WEB.transform(*points.T)), digits)


def geometry_texts(shapes: np.ndarray) -> pl.Series:
    """Shapes (EPSG:2154) as GeoJSON in longitudes and latitudes of a centimetre."""
    drawn = shapely.transform(shapes, to_web)
    return pl.Series(shapely.to_geojson(drawn), dtype=pl.String)


@contextlib.contextmanager
def gzipped(path: Path) -> Iterator[IO[bytes]]:
    """A gzip file to write in; the same bytes each time."""
    with path.open("wb") as out, gzip.GzipFile("", "wb", 4, out, mtime=0) as packed:
        yield packed


@contextlib.contextmanager
def zipped(path: Path, member: str) -> Iterator[IO[bytes]]:
    """The only file of a zip to write in; the same bytes each time."""
    info = zipfile.ZipInfo(member, FIXED_DAY)
    info.compress_type = zipfile.ZIP_DEFLATED
    with (
        zipfile.ZipFile(path, "w", compresslevel=4) as archive,
        archive.open(info, "w", force_zip64=True) as file,
    ):
        yield file


class Features:
    """A FeatureCollection that is written some features at a time, one a line."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file = file
        self.between = b""
        file.write(b'{"type":"FeatureCollection","features":[\n')

    def write(self, lines: pl.Series) -> None:
        """Append features, each a text of its own."""
        if len(lines):
            self.file.write(self.between + ",\n".join(lines.to_list()).encode())
            self.between = b",\n"

    def close(self) -> None:
        """End the collection."""
        self.file.write(b"\n]}\n")


@contextlib.contextmanager
def features(file: IO[bytes]) -> Iterator[Features]:
    """A collection to append to, ended on the way out."""
    collection = Features(file)
    yield collection
    collection.close()


def filled(template: str, *values: pl.Expr | str) -> pl.Expr:
    """Text with each ``@`` of the template replaced; ``pl.format`` would mind the braces."""
    first, *others = template.split("@")
    parts: list[pl.Expr | str] = [pl.lit(first)]
    for value, text in zip(values, others, strict=True):
        parts += [value, pl.lit(text)]
    return pl.concat_str(parts)


def failing(numbers: np.ndarray, width: int) -> pl.Series:
    """Numbers with a last digit that fails the Luhn check, so that they are nobody's."""
    digits = numbers[:, None] // 10 ** np.arange(width - 2, -1, -1) % 10
    doubled = digits[:, ::-1].copy()
    doubled[:, ::2] *= 2
    total = (doubled // 10 + doubled % 10).sum(axis=1)
    wrong = (-total + 1) % 10
    return pl.Series(numbers * 10 + wrong).cast(pl.String).str.zfill(width)
