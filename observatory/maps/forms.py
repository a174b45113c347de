"""Writes the files of an export, one form each."""

import datetime as dt
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import geopandas as gpd
import pandas as pd
import polars as pl
import pyogrio
import shapely
import xlsxwriter
from pyproj import CRS

from observatory.database import styles
from observatory.database.layers import Layer, LayerPlan, write_layers
from observatory.geography.crs import WGS84
from observatory.maps import qgis
from observatory.metadata.cells import as_cells
from observatory.metadata.tables import Column
from observatory.metadata.themes import THEMES
from observatory.release.published import Published
from observatory.release.sheet_cutting import SHEET_NAME, Sheet
from observatory.release.spreadsheets import add_formats, write_sheet

Form = Literal["gpkg", "geojson", "fgb", "parquet", "shp", "csv", "xlsx"]
# layers, the lowest last, and the group they are in
LAYER_GROUPS = {
    "land_brownfields": "Friches",
    "land_brownfield_outlines": "Friches",
    "land_units": "Unités foncières",
    "land_establishments": "Établissements",
    "land_sites": "Sites et pôles",
    "land_reserve_zones": "Réserve",
    "land_poles": "Sites et pôles",
    "land_planning_zones": "Zonage et risques",
    "land_commune_sheets": "Communes",
    "geography_commune_contours": "Communes",
}
# drawn only when asked for: they would cover the rest
HIDDEN_AT_OPENING = {"land_establishments", "land_poles"}
SHORT_NAME, LONGEST_TEXT = 10, 254
SHORT_NAMES_FILE = "noms-des-colonnes.csv"


def columns_of(published: Published, name: str) -> list[Column]:
    """The columns of a layer as its contract declares them, geometry last."""
    return list(published.contracts[name].columns)


def _arrange_columns(published: Published, name: str, drawn: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    wanted = [c.name for c in columns_of(published, name) if c.kind != "geometry"]
    return drawn[[*wanted, "geometry"]]


def title_of(published: Published, name: str) -> str:
    """The French title of a layer, with the mark of invented figures."""
    return f"{published.contracts[name].title_fr}{published.mark}"


def list_drawn_layers(
    published: Published, layers: dict[str, gpd.GeoDataFrame]
) -> list[styles.Drawn]:
    """List layers as QGIS draws them: once by theme, or plain where no theme is about them."""
    styled = []
    for name, group in LAYER_GROUPS.items():
        if name not in layers:
            continue
        points = set(layers[name].geometry.geom_type) <= {"Point", "MultiPoint"}
        common: dict[str, Any] = {
            "table": name,
            "group": group,
            "geometry": "Point" if points else "Polygon",
            "columns": columns_of(published, name),
        }
        themes = [t for t in THEMES if t.table == name]
        styled += [
            styles.Drawn(**common, title=f"{t.title}{published.mark}", theme=t, is_shown=t.is_shown)
            for t in themes
        ]
        if not themes:
            title = title_of(published, name)
            is_shown = name not in HIDDEN_AT_OPENING
            styled.append(styles.Drawn(**common, title=title, theme=None, is_shown=is_shown))
    return styled


def write_geopackage(
    published: Published, layers: dict[str, gpd.GeoDataFrame], folder: Path, crs: CRS
) -> list[Path]:
    """Write one GeoPackage with its styles, and a project that opens it."""
    path = folder / f"observatoire{published.suffix}.gpkg"
    path.unlink(missing_ok=True)
    about = published.manifest
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        plan = []
        for name, drawn in layers.items():
            file = Path(scratch) / f"{name}.parquet"
            _arrange_columns(published, name, drawn).to_parquet(file)
            points = set(drawn.geometry.geom_type) <= {"Point"}
            plan.append(
                Layer(
                    parquet=str(file),
                    name=name,
                    title=title_of(published, name),
                    geometry_type="Point" if points else "MultiPolygon",
                )
            )
        release: dict[str, str | int] = {
            "release_id": about.release_id,
            "released_at": about.released_at,
            "territory": about.territory,
            "notice": about.notice or "",
        }
        write_layers(LayerPlan(geopackage=str(path), release=release, layers=plan))
    drawn_as = list_drawn_layers(published, layers)
    stamp = about.released_at.replace("Z", ".000Z")
    styles.store_styles(path, drawn_as, stamp)
    bounds = shapely.total_bounds([shapely.box(*d.total_bounds) for d in layers.values()])
    title = f"Observatoire, publication du {published.date_fr}"
    project = folder / f"observatoire{published.suffix}.qgs"
    text = qgis.build_project(
        title + published.mark, crs, [float(v) for v in bounds], drawn_as, path.name
    )
    project.write_text(text, "utf-8")
    return [path, project]


def write_one_file(
    published: Published, name: str, drawn: gpd.GeoDataFrame, form: Form, folder: Path
) -> Path:
    """Write one layer as GeoJSON, FlatGeobuf or GeoParquet."""
    path = folder / f"{name}{published.suffix}.{form}"
    frame = _arrange_columns(published, name, drawn)
    if form == "parquet":
        frame.to_parquet(path, schema_version="1.1.0", compression="zstd")
        return path
    path.unlink(missing_ok=True)
    options: dict[str, Any] = {}
    if form == "geojson" and frame.crs.to_epsg() == CRS(WGS84).to_epsg():
        options = {"RFC7946": "YES", "COORDINATE_PRECISION": "7"}
    driver = {"geojson": "GeoJSON", "fgb": "FlatGeobuf"}[form]
    layer = f"{name}{published.suffix}"
    pyogrio.write_dataframe(
        frame, path, driver=driver, layer=layer, use_arrow=True, layer_options=options
    )
    return path


def shorten_names(columns: Sequence[str]) -> dict[str, str]:
    """Shorten names to ten characters at most, each another, for the shapefile."""
    given: dict[str, str] = {}
    for column in columns:
        short, rank = column[:SHORT_NAME], 1
        while short in given.values():
            rank += 1
            short = f"{column[: SHORT_NAME - len(str(rank))]}{rank}"
        given[column] = short
    return given


def write_shapefiles(
    published: Published, layers: dict[str, gpd.GeoDataFrame], folder: Path, _: CRS
) -> list[Path]:
    """Write a shapefile a layer, and the table of what its short names stand for."""
    written, names = [], []
    for name, drawn in layers.items():
        frame = _arrange_columns(published, name, drawn)
        short = shorten_names([c for c in frame.columns if c != "geometry"])
        path = folder / f"{name}{published.suffix}.shp"
        pyogrio.write_dataframe(
            _shorten_texts(frame.rename(columns=short)),
            path,
            driver="ESRI Shapefile",
            encoding="UTF-8",
            use_arrow=True,
        )
        written.append(path)
        labels = {c.name: styles.name_column(c) for c in columns_of(published, name)}
        names += [
            {"couche": name, "nom": s, "colonne": c, "libelle": labels[c]} for c, s in short.items()
        ]
    path = folder / SHORT_NAMES_FILE
    as_cells(pl.DataFrame(names)).write_csv(path, include_bom=True, line_terminator="\r\n")
    return [*written, path]


def _shorten_texts(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Cut texts to the 254 bytes that a shapefile takes, between two letters."""
    cut = frame.copy()
    for name in frame.columns:
        if pd.api.types.is_string_dtype(frame[name]) or frame[name].dtype == object:
            cut[name] = [
                v.encode()[:LONGEST_TEXT].decode(errors="ignore") if isinstance(v, str) else v
                for v in frame[name]
            ]
    return cut


def _list_attributes(published: Published, name: str, drawn: gpd.GeoDataFrame) -> pl.DataFrame:
    """List the columns of a layer without its shape, with a point of it (units of the CRS)."""
    frame = _arrange_columns(published, name, drawn)
    points = frame.geometry.representative_point()
    rows: pl.DataFrame = pl.from_pandas(frame.drop(columns="geometry"))
    return rows.with_columns(
        point_x=pl.Series(points.x.to_numpy()).round(6),
        point_y=pl.Series(points.y.to_numpy()).round(6),
    )


def write_csv_files(
    published: Published, layers: dict[str, gpd.GeoDataFrame], folder: Path, _: CRS
) -> list[Path]:
    """Write a CSV a layer; what a spreadsheet would take for a formula is marked as text."""
    written = []
    for name, drawn in layers.items():
        rows = as_cells(_list_attributes(published, name, drawn))
        path = folder / f"{name}{published.suffix}.csv"
        rows.write_csv(path, include_bom=True, line_terminator="\r\n")
        written.append(path)
    return written


def write_workbook(
    published: Published, layers: dict[str, gpd.GeoDataFrame], folder: Path, _: CRS
) -> list[Path]:
    """Write one workbook, a sheet a layer, columns named in French above their own names."""
    path = folder / f"observatoire{published.suffix}.xlsx"
    safe = {f"strings_to_{what}": False for what in ("formulas", "urls", "numbers")}
    with xlsxwriter.Workbook(path, {**safe, "tmpdir": str(folder)}) as book:
        released = dt.datetime.fromisoformat(published.manifest.released_at).replace(tzinfo=None)
        book.set_properties({"title": published.notice or "Observatoire", "created": released})
        formats = add_formats(book)
        for name, drawn in layers.items():
            rows = _list_attributes(published, name, drawn)
            declared = {c.name: c for c in columns_of(published, name)}
            sheet = Sheet(name=name[:SHEET_NAME], row_count=len(rows), frames=[rows])
            columns = {c: declared.get(c) for c in rows.columns}
            write_sheet(book, sheet, columns, rows.lazy(), formats)
    return [path]
