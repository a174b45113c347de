"""Writes the spatial layers of a release, in a process of its own that exits when done.

GDAL and Python each carry a SQLite library whose locks do not see each other: whatever else
opens the GeoPackage must wait until this process has gone. Called as
``python -m observatory.database.layers`` with a ``LayerPlan`` as one line of JSON on standard
input, which stays open: the process ends as soon as the one that called it has gone.
"""

import json
import os
import sys
from dataclasses import asdict, dataclass
from subprocess import PIPE, Popen
from threading import Thread

if __name__ == "__main__":  # of no use here, and half of the time until the first layer
    from observatory.ingest.sandboxed import WithoutPandas

    sys.meta_path.insert(0, WithoutPandas())

import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio

from observatory.errors import ObservatoryError

# the newest version that GDAL 3.6 (Debian 12) opens without a warning
GEOPACKAGE_VERSION = "1.3"
BATCH = 20_000


@dataclass(frozen=True, kw_only=True)
class Layer:
    """One GeoParquet file and the names it takes in the GeoPackage."""

    parquet: str
    name: str
    title: str
    geometry_type: str


@dataclass(frozen=True, kw_only=True)
class LayerPlan:
    """A GeoPackage to write: the row that says what the release is, then its layers."""

    geopackage: str
    release: dict[str, str | int]
    layers: list[Layer]


def write_layers(plan: LayerPlan) -> None:
    """Run the writing in a child process; raises ObservatoryError with what it printed."""
    command = [sys.executable, "-m", "observatory.database.layers"]
    with Popen(command, stdin=PIPE, stderr=PIPE, text=True) as child:  # noqa: S603
        if child.stdin is None or child.stderr is None:
            msg = "The spatial layers could not be written: no way to talk to their process."
            raise ObservatoryError(msg)
        child.stdin.write(json.dumps(asdict(plan)) + "\n")
        child.stdin.flush()
        printed = child.stderr.read()
    if child.returncode:
        msg = f"The spatial layers could not be written:\n{_last_line(printed)}"
        raise ObservatoryError(msg)


def _last_line(printed: str) -> str:
    """What went wrong, without the traceback above it."""
    return printed.strip().rsplit("\n", 1)[-1]


def _end_with_caller() -> None:
    """Standard input closes when the caller has gone; a half-written file must not outlive it."""
    while os.read(sys.stdin.fileno(), 1):
        pass
    os._exit(1)


def _write(plan: LayerPlan) -> None:
    pyogrio.write_arrow(
        pa.Table.from_pylist([plan.release]),
        plan.geopackage,
        layer="release",
        driver="GPKG",
        dataset_options={"VERSION": GEOPACKAGE_VERSION},
        layer_options={"DESCRIPTION": "What this release is"},
    )
    for layer in plan.layers:
        with pq.ParquetFile(layer.parquet) as file:
            schema = file.schema_arrow
            described = json.loads(schema.metadata[b"geo"])
            geometry = described["primary_column"]
            crs = described["columns"][geometry]["crs"]
            known = crs.get("id")
            pyogrio.write_arrow(
                pa.RecordBatchReader.from_batches(schema, file.iter_batches(BATCH)),
                plan.geopackage,
                layer=layer.name,
                driver="GPKG",
                append=True,
                geometry_name=geometry,
                geometry_type=layer.geometry_type,
                crs=f"{known['authority']}:{known['code']}" if known else json.dumps(crs),
                layer_options={"IDENTIFIER": layer.title, "GEOMETRY_NAME": "geometry"},
            )


if __name__ == "__main__":
    read = json.loads(sys.stdin.readline())
    Thread(target=_end_with_caller, daemon=True).start()
    _write(LayerPlan(**{**read, "layers": [Layer(**layer) for layer in read["layers"]]}))
