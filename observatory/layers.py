"""Writes the spatial layers of a release, in a process of its own that exits when done.

GDAL and Python each carry a SQLite library whose locks do not see each other: whatever else
opens the GeoPackage must wait until this process has gone. Called as
``python -m observatory.layers`` with a ``LayerPlan`` as JSON on standard input.
"""

import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from subprocess import run

import geopandas as gpd
import pandas as pd
import pyogrio

from observatory.errors import ObservatoryError


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
    command = [sys.executable, "-m", "observatory.layers"]
    done = run(command, input=json.dumps(asdict(plan)), text=True, capture_output=True, check=False)  # noqa: S603
    if done.returncode:
        msg = f"The spatial layers could not be written:\n{done.stderr.strip()}"
        raise ObservatoryError(msg)


def _write(plan: LayerPlan) -> None:
    pyogrio.write_dataframe(
        pd.DataFrame([plan.release]),
        plan.geopackage,
        layer="release",
        driver="GPKG",
        layer_options={"DESCRIPTION": "What this release is"},
    )
    for layer in plan.layers:
        pyogrio.write_dataframe(
            gpd.read_parquet(layer.parquet),
            plan.geopackage,
            layer=layer.name,
            driver="GPKG",
            append=Path(plan.geopackage).exists(),
            geometry_type=layer.geometry_type,
            layer_options={"IDENTIFIER": layer.title, "GEOMETRY_NAME": "geometry"},
        )


if __name__ == "__main__":
    read = json.load(sys.stdin)
    _write(LayerPlan(**{**read, "layers": [Layer(**layer) for layer in read["layers"]]}))
