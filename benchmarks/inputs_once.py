"""Reads each input of a département once, with the fastest reader measured, and nothing more.

    python -m benchmarks.inputs_once FOLDER

FOLDER is what ``benchmarks.true_size`` drew. Only the columns that cards name, kept in memory as
Arrow or Polars columns; shapes as they are, neither checked nor projected. What no step can be
faster than. ``--each`` sets other readers of the same file beside (orjson: twice as slow as GDAL).
"""

import argparse
import gzip
import re
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import polars as pl
import pyogrio
import python_calamine
import shapely

from benchmarks.measuring import tell
from benchmarks.true_size import HANDOVER
from observatory.metadata.cards import Layout
from sources import card

GEOJSON = (".geojson", ".json.gz")


def served(layout: Layout, headers: list[str]) -> list[str]:
    """Headers that the card names, in the order of the file."""
    match = layout.match(headers)
    named = {h for found in match.columns.values() for h in found}
    named |= {h for found in match.repeated.values() for h in found.values()}
    return [h for h in headers if h in named]


def _address(path: Path) -> str:
    if path.suffix == ".gz":
        return f"/vsigzip/{path}"
    return f"/vsizip/{path}" if path.suffix == ".zip" else str(path)


def by_gdal(path: Path, layout: Layout) -> int:
    """Layers through GDAL's columnar reader."""
    place, rows = _address(path), 0
    for name, _ in pyogrio.list_layers(place) if path.suffix == ".gpkg" else [(None, None)]:
        fields = _properties(path) or list(pyogrio.read_info(place, layer=name)["fields"])
        _, table = pyogrio.read_arrow(place, layer=name, columns=served(layout, fields))
        rows += table.num_rows
    return rows


def _properties(path: Path) -> list[str]:
    """Attributes of the first feature of a GeoJSON: asking GDAL would parse the file once more."""
    if not path.name.endswith(GEOJSON):
        return []
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
        head = file.read(2**16)
    found = re.search(
        rb'"properties"\s*:\s*(\{[^{}]*\})\s*[,}]\s*["\]\n,{]', head[head.index(b'"Feature"') :]
    )
    return list(orjson.loads(found.group(1))) if found else []


def by_orjson(path: Path, layout: Layout) -> int:
    """GeoJSON parsed whole, polygons built from their coordinates at once."""
    data = path.read_bytes()
    found = orjson.loads(gzip.decompress(data) if path.suffix == ".gz" else data)["features"]
    names = served(layout, list(found[0]["properties"]))
    pl.DataFrame({n: [f["properties"].get(n) for f in found] for n in names}, strict=False)
    simple = [f["geometry"] for f in found if f["geometry"]["type"] == "Polygon"]
    rings = [ring for shape in simple for ring in shape["coordinates"] if len(ring) > 3]
    points = np.array([point for ring in rings for point in ring])
    shapely.linearrings(points, indices=np.repeat(np.arange(len(rings)), [len(r) for r in rings]))
    return len(found)


def by_polars(path: Path, layout: Layout) -> int:
    """Parquet and CSV, packed or not, projected."""
    if path.suffix == ".parquet":
        headers = list(pl.read_parquet_schema(path))
        return len(pl.read_parquet(path, columns=served(layout, headers)))
    data = _unpacked(path)
    encoding = "utf8" if _is_utf_8(data) else "latin1"
    text = data if encoding == "utf8" else data.decode("latin-1").encode()
    head = text[: text.index(b"\n")].decode().strip("\ufeff\r")
    separator = max(";,|\t", key=head.count)
    options: dict[str, Any] = {"separator": separator, "infer_schema": False}
    headers = pl.read_csv(text, n_rows=0, **options).columns
    return len(pl.read_csv(text, columns=served(layout, headers), **options))


def _unpacked(path: Path) -> bytes:
    if path.suffix == ".gz":
        return gzip.decompress(path.read_bytes())
    if path.suffix == ".zip":
        with zipfile.ZipFile(path) as archive:
            return archive.read(archive.namelist()[0])
    return path.read_bytes()


def _is_utf_8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def by_calamine(path: Path, _: Layout) -> int:
    """Workbooks."""
    book = python_calamine.CalamineWorkbook.from_path(path)
    return len(book.get_sheet_by_index(0).to_python())


def by_json(path: Path, _: Layout) -> int:
    """Lists of records."""
    return len(orjson.loads(path.read_bytes()))


def readers(path: Path, layout: Layout) -> list[Callable[[Path, Layout], int]]:
    """The readers of a file, the fastest first."""
    if layout.format == "layer":
        return [by_gdal, by_orjson] if path.name.endswith(GEOJSON) else [by_gdal]
    if path.suffix == ".json":
        return [by_json]
    return [by_calamine] if path.suffix == ".xlsx" else [by_polars]


def main() -> None:
    """Read every file; tell how many rows, and CPU seconds of readers alone."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--each", action="store_true", help="every reader of each file")
    given = parser.parse_args()
    listed = pl.read_csv(given.folder / HANDOVER, separator="\t", infer_schema=False).rows()
    total, rows = 0.0, 0
    for name, key, _ in listed:
        seconds = {}
        tried = readers(given.folder / name, card(key).layout)
        for read in tried if given.each else tried[:1]:
            begun = time.process_time()
            count = read(given.folder / name, card(key).layout)
            seconds[read.__name__] = time.process_time() - begun
        total, rows = total + min(seconds.values()), rows + count
        if given.each:
            print(f"{key:30} {name:45} {count:9,}", {k: round(v, 2) for k, v in seconds.items()})
    tell(rows=rows, reading_cpu_s=round(total, 2))


if __name__ == "__main__":
    main()
