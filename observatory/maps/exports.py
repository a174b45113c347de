"""Layers of the current release for other programmes: cut to a place, in the form asked for."""

import datetime as dt
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import geopandas as gpd
import pandas as pd
import polars as pl
import pyogrio
import shapely
import xlsxwriter
from pyproj import CRS
from pyproj.exceptions import CRSError

from observatory.contracts import Column, Table
from observatory.database.layers import Layer, LayerPlan, write_layers
from observatory.errors import InputError
from observatory.french import french
from observatory.geography.crs import WEB
from observatory.maps import qgis
from observatory.maps.layers import THEMES
from observatory.maps.tiles import communes
from observatory.published import Published

Form = Literal["gpkg", "geojson", "fgb", "parquet", "shp", "csv", "xlsx"]
FORMS: tuple[Form, ...] = ("gpkg", "geojson", "fgb", "parquet", "shp", "csv", "xlsx")
# layers, the lowest last, and the group they are in
LAYERS = {
    "land_brownfields": "Friches",
    "land_units": "Unités foncières",
    "land_establishments": "Établissements",
    "land_sites": "Sites et pôles",
    "land_poles": "Sites et pôles",
    "land_commune_sheets": "Communes",
    "geography_commune_contours": "Communes",
}
SHEETS = "land_commune_sheets"
# drawn only when asked for: they would cover the rest
HIDDEN = {"land_establishments", "land_poles"}
SHORT_NAME, LONGEST_TEXT = 10, 254
SHEET_NAME, LONGEST_CELL = 31, 32_000
README, LICENCE, NAMES = "LISEZMOI.txt", "LICENCES.txt", "noms-des-colonnes.csv"
FORMULA = r"^\s*[=+\-@\t\r]"


@dataclass(frozen=True, kw_only=True)
class Cut:
    """What an export is cut to; parts that are given all hold."""

    communes: tuple[str, ...] = ()
    epci: str | None = None
    site: str | None = None
    area: gpd.GeoSeries | None = None


def read_area(path: Path) -> gpd.GeoSeries:
    """The polygons of a drawn file, with their CRS; InputError where it holds none."""
    try:
        drawn = gpd.read_file(path)
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, OSError) as error:
        msg = f"{path}: not a file of polygons that can be read ({error}): draw it again."
        raise InputError(msg) from None
    shapes = drawn.geometry[drawn.geometry.geom_type.isin(["Polygon", "MultiPolygon"])]
    if shapes.empty or drawn.crs is None:
        msg = f"{path}: expected polygons with a coordinate system; found none."
        raise InputError(msg)
    return shapes.make_valid()


def box(west: float, south: float, east: float, north: float) -> gpd.GeoSeries:
    """A box in degrees (EPSG:4326); InputError where it is none."""
    if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):  # noqa: PLR2004
        msg = "--box: expected west,south,east,north in degrees, such as 5.0,43.2,5.6,43.6."
        raise InputError(msg)
    return gpd.GeoSeries([shapely.box(west, south, east, north)], crs=WEB)


def wanted_crs(text: str) -> CRS:
    """The CRS asked for; InputError where nobody knows it."""
    try:
        found = CRS.from_user_input(text)
    except CRSError:
        found = None
    if found is None or found.to_epsg() is None:
        msg = f"--crs {text!r}: expected an EPSG code, such as EPSG:2154 or EPSG:4326."
        raise InputError(msg)
    return found


def cut_layers(published: Published, names: Sequence[str], cut: Cut) -> dict[str, gpd.GeoDataFrame]:
    """The rows of each layer that are in the place asked for; whole shapes, never clipped.

    Raises InputError for a layer, commune, EPCI or site that is not in the release, and where
    nothing is left.
    """
    known = [n for n in LAYERS if n in published.contracts]
    for name in names:
        if name not in known:
            msg = f"{name!r} is no layer of the current release. It has: {', '.join(known)}."
            raise InputError(msg)
    codes = _communes(published, cut)
    place = _place(published, cut)
    found = {}
    for name in names or known:
        drawn = communes(published) if name == SHEETS else published.shapes(name)
        if codes is not None:
            drawn = drawn[drawn["commune_code"].isin(codes)]
        if place is not None and len(drawn):
            near = drawn.geometry.intersects(place.to_crs(drawn.crs).union_all())
            drawn = drawn[drawn["site_id"] == cut.site] if _by_site(drawn, cut) else drawn[near]
        if len(drawn):
            found[name] = drawn.reset_index(drop=True)
    if not found:
        msg = "Nothing of these layers lies there: widen the place, or ask for other layers."
        raise InputError(msg)
    return found


def _by_site(drawn: gpd.GeoDataFrame, cut: Cut) -> bool:
    return cut.site is not None and "site_id" in drawn.columns


def _communes(published: Published, cut: Cut) -> set[str] | None:
    every = published.table("geography_communes")
    own: set[str] | None = None
    if cut.epci:
        own = set(every.filter(pl.col("epci_code") == cut.epci)["commune_code"])
        if not own:
            msg = f"--epci {cut.epci}: no commune of this EPCI is in the release."
            raise InputError(msg)
    if cut.communes:
        unknown = sorted(set(cut.communes) - set(every["commune_code"]))
        if unknown:
            msg = f"--commune {unknown[0]}: not a commune of the release; expected an Insee code."
            raise InputError(msg)
        own = set(cut.communes) if own is None else own & set(cut.communes)
    return own


def _place(published: Published, cut: Cut) -> gpd.GeoSeries | None:
    if cut.site is None:
        return cut.area
    sites = published.shapes("land_sites")
    own = sites[sites["site_id"] == cut.site]
    if own.empty:
        msg = f"--site {cut.site}: no such site in the release; see land_sites.site_id."
        raise InputError(msg)
    return own.geometry if cut.area is None else cut.area


def export(
    published: Published, layers: dict[str, gpd.GeoDataFrame], form: Form, folder: Path, crs: CRS
) -> list[Path]:
    """Write ``layers`` into ``folder`` with what a receiver must know; the files, in order."""
    folder.mkdir(parents=True, exist_ok=True)
    moved = {name: drawn.to_crs(crs) for name, drawn in layers.items()}
    together = {"gpkg": _geopackage, "shp": _shapefiles, "csv": _texts, "xlsx": _workbook}
    if form in together:
        written = together[form](published, moved, folder, crs)
    else:
        written = [_file(published, n, d, form, folder) for n, d in moved.items()]
    return [*written, *_notes(published, moved, form, folder, crs)]


def _suffix(published: Published) -> str:
    return "-donnees-fictives" if published.notice else ""


def columns_of(published: Published, name: str) -> list[Column]:
    """The columns of a layer as its contract declares them, geometry last."""
    return list(published.contracts[name].columns)


def _arranged(published: Published, name: str, drawn: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    wanted = [c.name for c in columns_of(published, name) if c.kind != "geometry"]
    return drawn[[*wanted, "geometry"]]


def title_of(published: Published, name: str) -> str:
    """The French title of a layer, with the mark of invented figures."""
    mark = f" – {published.notice}" if published.notice else ""
    return f"{published.contracts[name].title_fr}{mark}"


def drawn_layers(published: Published, layers: dict[str, gpd.GeoDataFrame]) -> list[qgis.Drawn]:
    """Layers as QGIS draws them: once by theme, or plain where no theme is about them."""
    found = []
    mark = f" – {published.notice}" if published.notice else ""
    for name, group in LAYERS.items():
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
        found += [
            qgis.Drawn(**common, title=f"{t.title}{mark}", theme=t, is_shown=t.is_shown)
            for t in themes
        ]
        if not themes:
            title = title_of(published, name)
            is_shown = name not in HIDDEN
            found.append(qgis.Drawn(**common, title=title, theme=None, is_shown=is_shown))
    return found


def _geopackage(
    published: Published, layers: dict[str, gpd.GeoDataFrame], folder: Path, crs: CRS
) -> list[Path]:
    """One GeoPackage with its styles, and a project that opens it."""
    path = folder / f"observatoire{_suffix(published)}.gpkg"
    path.unlink(missing_ok=True)
    about = published.manifest
    with tempfile.TemporaryDirectory(dir=folder) as kept:
        plan = []
        for name, drawn in layers.items():
            file = Path(kept) / f"{name}.parquet"
            _arranged(published, name, drawn).to_parquet(file)
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
            k: str(about[k] or "") for k in ("release_id", "released_at", "territory", "notice")
        }
        write_layers(LayerPlan(geopackage=str(path), release=release, layers=plan))
    drawn_as = drawn_layers(published, layers)
    stamp = about["released_at"].replace("Z", ".000Z")
    qgis.store_styles(path, drawn_as, stamp)
    bounds = shapely.total_bounds([shapely.box(*d.total_bounds) for d in layers.values()])
    title = f"Observatoire, publication du {published.date_fr}"
    mark = f" – {published.notice}" if published.notice else ""
    project = folder / f"observatoire{_suffix(published)}.qgs"
    text = qgis.project(title + mark, crs, [float(v) for v in bounds], drawn_as, path.name)
    project.write_text(text, "utf-8")
    return [path, project]


def _file(
    published: Published, name: str, drawn: gpd.GeoDataFrame, form: Form, folder: Path
) -> Path:
    path = folder / f"{name}{_suffix(published)}.{form}"
    frame = _arranged(published, name, drawn)
    if form == "parquet":
        frame.to_parquet(path, schema_version="1.1.0", compression="zstd")
        return path
    path.unlink(missing_ok=True)
    options: dict[str, Any] = {}
    if form == "geojson" and frame.crs.to_epsg() == CRS(WEB).to_epsg():
        options = {"RFC7946": "YES", "COORDINATE_PRECISION": "7"}
    driver = {"geojson": "GeoJSON", "fgb": "FlatGeobuf"}[form]
    layer = f"{name}{_suffix(published)}"
    pyogrio.write_dataframe(
        frame, path, driver=driver, layer=layer, use_arrow=True, layer_options=options
    )
    return path


def short_names(columns: Sequence[str]) -> dict[str, str]:
    """Names of ten characters at most, each another, for the shapefile."""
    given: dict[str, str] = {}
    for column in columns:
        short, rank = column[:SHORT_NAME], 1
        while short in given.values():
            rank += 1
            short = f"{column[: SHORT_NAME - len(str(rank))]}{rank}"
        given[column] = short
    return given


def _shapefiles(
    published: Published, layers: dict[str, gpd.GeoDataFrame], folder: Path, _: CRS
) -> list[Path]:
    """A shapefile a layer, and the table of what its short names stand for."""
    written, names = [], []
    for name, drawn in layers.items():
        frame = _arranged(published, name, drawn)
        short = short_names([c for c in frame.columns if c != "geometry"])
        path = folder / f"{name}{_suffix(published)}.shp"
        pyogrio.write_dataframe(
            _shortened(frame.rename(columns=short)),
            path,
            driver="ESRI Shapefile",
            encoding="UTF-8",
            use_arrow=True,
        )
        written.append(path)
        labels = {c.name: qgis.alias(c) for c in columns_of(published, name)}
        names += [
            {"couche": name, "nom": s, "colonne": c, "libelle": labels[c]} for c, s in short.items()
        ]
    path = folder / NAMES
    pl.DataFrame(names).write_csv(path, include_bom=True, line_terminator="\r\n")
    return [*written, path]


def _shortened(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Texts as long as a shapefile takes them, cut between two letters."""
    cut = frame.copy()
    for name in frame.columns:
        if pd.api.types.is_string_dtype(frame[name]) or frame[name].dtype == object:
            cut[name] = [
                v.encode()[:LONGEST_TEXT].decode(errors="ignore") if isinstance(v, str) else v
                for v in frame[name]
            ]
    return cut


def _attributes(published: Published, name: str, drawn: gpd.GeoDataFrame) -> pl.DataFrame:
    """Columns of a layer without its shape: where it is, is said by a point."""
    frame = _arranged(published, name, drawn)
    points = frame.geometry.representative_point()
    rows: pl.DataFrame = pl.from_pandas(frame.drop(columns="geometry"))
    return rows.with_columns(
        point_x=pl.Series(points.x.to_numpy()).round(6),
        point_y=pl.Series(points.y.to_numpy()).round(6),
    )


def _texts(
    published: Published, layers: dict[str, gpd.GeoDataFrame], folder: Path, _: CRS
) -> list[Path]:
    """A CSV a layer; what a spreadsheet would take for a formula is marked as text."""
    written = []
    for name, drawn in layers.items():
        rows = _attributes(published, name, drawn).with_columns(
            pl.when(pl.col(pl.String).str.contains(FORMULA))
            .then("'" + pl.col(pl.String))
            .otherwise(pl.col(pl.String))
            .name.keep()
        )
        path = folder / f"{name}{_suffix(published)}.csv"
        rows.write_csv(path, include_bom=True, line_terminator="\r\n")
        written.append(path)
    return written


def _workbook(
    published: Published, layers: dict[str, gpd.GeoDataFrame], folder: Path, _: CRS
) -> list[Path]:
    """One workbook, a sheet a layer, its columns named in French under their own names."""
    path = folder / f"observatoire{_suffix(published)}.xlsx"
    safe = {f"strings_to_{what}": False for what in ("formulas", "urls", "numbers")}
    with xlsxwriter.Workbook(path, {**safe, "constant_memory": True}) as book:
        released = dt.datetime.fromisoformat(published.manifest["released_at"]).replace(tzinfo=None)
        book.set_properties({"title": published.notice or "Observatoire", "created": released})
        bold, day = book.add_format({"bold": True}), book.add_format({"num_format": "yyyy-mm-dd"})
        for name, drawn in layers.items():
            sheet = book.add_worksheet(name[:SHEET_NAME])
            rows = _attributes(published, name, drawn)
            labels = {c.name: qgis.alias(c) for c in columns_of(published, name)}
            sheet.write_row(0, 0, [labels.get(c, c) for c in rows.columns], bold)
            sheet.write_row(1, 0, rows.columns, bold)
            sheet.freeze_panes(2, 0)
            for line, row in enumerate(rows.iter_rows(), start=2):
                for at, value in enumerate(row):
                    if isinstance(value, str):
                        sheet.write_string(line, at, value[:LONGEST_CELL])
                    elif isinstance(value, dt.date):
                        sheet.write_datetime(line, at, value, day)
                    elif value is not None:
                        sheet.write(line, at, value)
    return [path]


def _notes(
    published: Published, layers: dict[str, gpd.GeoDataFrame], form: Form, folder: Path, crs: CRS
) -> list[Path]:
    """What is inside and what may be done with it, in plain French."""
    lines = [
        f"Observatoire, publication du {published.date_fr} ({published.manifest['release_id']})"
    ]
    if published.notice:
        lines += ["", f"{published.notice} : chiffres inventés, à ne pas citer ni diffuser."]
    lines += ["", f"Système de coordonnées : EPSG:{crs.to_epsg()} ({crs.name}).", *HINTS[form], ""]
    for name, drawn in layers.items():
        contract: Table = published.contracts[name]
        lines += [
            f"{name} : {contract.title_fr}. {len(drawn)} objets. {french(contract.grain)}.",
            f"  Période : {french(contract.reference_period)}. Licence : {contract.licence}.",
            *(f"  {c.name} : {qgis.alias(c)}. {c.fr}" for c in contract.columns),
            "",
        ]
    readme = folder / README
    readme.write_text("\n".join(lines), "utf-8")
    licences = folder / LICENCE
    listed = "\n".join(f"- {source}" for source in published.sources_of(*layers))
    each = "\n".join(f"{n} : {published.contracts[n].licence}" for n in layers)
    licences.write_text(
        f"{each}\n\nÀ citer, avec la date de la publication ({published.date_fr}) :\n{listed}\n",
        "utf-8",
    )
    return [readme, licences]


HINTS: dict[Form, list[str]] = {
    "gpkg": ["Ouvrir le fichier .qgs dans QGIS : couches dessinées et groupées."],
    "geojson": ["Hors EPSG:4326, ce GeoJSON porte son système de coordonnées (ancienne forme)."],
    "fgb": ["FlatGeobuf range les objets par voisinage : leur ordre n'est pas celui de la table."],
    "parquet": ["GeoParquet 1.1."],
    "shp": [
        f"Noms de dix caractères au plus : voir {NAMES}. Textes coupés à 254 caractères.",
        "Préférer le GeoPackage.",
    ],
    "csv": [
        "Sans les formes : point_x et point_y sont un point de l'objet.",
        "Un texte qui commence par = + - ou @ est précédé d'une apostrophe.",
    ],
    "xlsx": ["Sans les formes : point_x et point_y sont un point de l'objet."],
}
