"""GeoJSON, GeoPackage, gzip and zip files of the sample, the same bytes each time."""

import functools
import gzip
import zipfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import polars as pl
import pyogrio
import pyproj

FIXED_DAY = (2024, 1, 1, 0, 0, 0)


@functools.cache
def to_web() -> pyproj.Transformer:
    """From Lambert-93 to longitudes and latitudes; to look it up takes longer than to use it."""
    return pyproj.Transformer.from_crs("EPSG:2154", "EPSG:4326", always_xy=True)


def layer(rows: pl.DataFrame, shapes: np.ndarray) -> gpd.GeoDataFrame:
    """Attributes and shapes as one layer in Lambert-93."""
    return gpd.GeoDataFrame(rows.to_pandas(), geometry=shapes, crs="EPSG:2154")


def geojson(path: Path, frame: gpd.GeoDataFrame, *, web: bool = True) -> Path:
    """One layer as GeoJSON, in longitudes and latitudes unless told otherwise."""
    drawn = frame.to_crs("EPSG:4326") if web else frame
    pyogrio.write_dataframe(drawn, path, driver="GeoJSON", COORDINATE_PRECISION=7)
    return path


def gzipped(path: Path) -> Path:
    """The same file packed beside itself."""
    target = path.with_name(f"{path.name}.gz")
    with target.open("wb") as out, gzip.GzipFile("", "wb", 6, out, mtime=0) as packed:
        packed.write(path.read_bytes())
    return target


def packed(target: Path, *members: Path) -> Path:
    """Files in a zip, without the time they were made."""
    with zipfile.ZipFile(target, "w") as archive:
        for member in members:
            info = zipfile.ZipInfo(member.name, FIXED_DAY)
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, member.read_bytes())
    return target


def geopackage(path: Path, frame: gpd.GeoDataFrame, name: str) -> Path:
    """One layer of a GeoPackage, without the time it was made."""
    before = pyogrio.get_gdal_config_option("OGR_CURRENT_DATE")
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": "2024-01-01T00:00:00.000Z"})
    try:
        pyogrio.write_dataframe(frame, path, layer=name, driver="GPKG")
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": before})
    return path
