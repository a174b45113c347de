"""Exports layers of the current release for other programmes, cut to a place."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import polars as pl
import shapely
from pyproj import CRS
from pyproj.exceptions import CRSError

from observatory.database import styles
from observatory.errors import InputError, did_you_mean
from observatory.geography.crs import WGS84
from observatory.ingest.layers import read_drawn
from observatory.maps.forms import (
    LAYER_GROUPS,
    LONGEST_TEXT,
    SHORT_NAMES_FILE,
    Form,
    write_csv_files,
    write_geopackage,
    write_one_file,
    write_shapefiles,
    write_workbook,
)
from observatory.maps.tiles import join_commune_sheets
from observatory.metadata.tables import Table
from observatory.release.published import Published
from observatory.release.sheet_rows import LONGEST_CELL
from observatory.storage.leftovers import scratch

SHEETS = "land_commune_sheets"
README, LICENCE = "LISEZMOI.txt", "LICENCES.txt"


@dataclass(frozen=True, kw_only=True)
class Cut:
    """The place an export is cut to; a row must satisfy all the parts that are given."""

    communes: tuple[str, ...] = ()
    epci: str | None = None
    site: str | None = None
    area: gpd.GeoSeries | None = None


def read_area(path: Path) -> gpd.GeoSeries:
    """Read the polygons of a drawn file, with their CRS; InputError where it holds none."""
    try:
        drawn = read_drawn(path)
    except (InputError, OSError) as error:
        msg = f"{path}: not a file of polygons that can be read ({error}): draw it again."
        raise InputError(msg) from None
    shapes = drawn[drawn.geom_type.isin(["Polygon", "MultiPolygon"])]
    if shapes.empty:
        msg = f"{path}: expected polygons with a coordinate system; found none."
        raise InputError(msg)
    return shapes.make_valid()


def make_box(west: float, south: float, east: float, north: float) -> gpd.GeoSeries:
    """Make a box in degrees (EPSG:4326); InputError where it is none."""
    if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):  # noqa: PLR2004
        msg = "--box: expected west,south,east,north in degrees, such as 5.0,43.2,5.6,43.6."
        raise InputError(msg)
    return gpd.GeoSeries([shapely.box(west, south, east, north)], crs=WGS84)


def read_crs(text: str) -> CRS:
    """Read an EPSG code; InputError where it names no coordinate system."""
    try:
        crs = CRS.from_user_input(text)
    except CRSError:
        crs = None
    if crs is None or crs.to_epsg() is None:
        msg = f"--crs {text!r}: expected an EPSG code, such as EPSG:2154 or EPSG:4326."
        raise InputError(msg)
    return crs


def cut_layers(published: Published, names: Sequence[str], cut: Cut) -> dict[str, gpd.GeoDataFrame]:
    """Select the rows of each layer that lie in the place; whole shapes, never clipped.

    Raises InputError for a layer, commune, EPCI or site that is not in the release, and where
    nothing is left.
    """
    available = [n for n in LAYER_GROUPS if n in published.contracts]
    for name in names:
        if name not in available:
            near = did_you_mean(name, {layer: layer for layer in available})
            told = near or f" It has: {', '.join(available)}."
            msg = f"{name!r} is no layer of the current release.{told}"
            raise InputError(msg)
    codes = _list_communes(published, cut)
    place = _find_place(published, cut)
    layers = {}
    for name in names or available:
        drawn = join_commune_sheets(published) if name == SHEETS else published.shapes(name)
        if codes is not None:
            drawn = drawn[drawn["commune_code"].isin(codes)]
        if place is not None and len(drawn):
            near = drawn.geometry.intersects(place.to_crs(drawn.crs).union_all())
            drawn = (
                drawn[drawn["site_id"] == cut.site] if _is_cut_by_site(drawn, cut) else drawn[near]
            )
        if len(drawn):
            layers[name] = drawn.reset_index(drop=True)
    if not layers:
        msg = "Nothing of these layers lies there: widen the place, or ask for other layers."
        raise InputError(msg)
    return layers


def _is_cut_by_site(drawn: gpd.GeoDataFrame, cut: Cut) -> bool:
    return cut.site is not None and "site_id" in drawn.columns


def _list_communes(published: Published, cut: Cut) -> set[str] | None:
    """List the communes of the cut; None where it names neither commune nor EPCI."""
    every = published.table("geography_communes")
    chosen: set[str] | None = None
    if cut.epci:
        chosen = set(every.filter(pl.col("epci_code") == cut.epci)["commune_code"])
        if not chosen:
            msg = f"--epci {cut.epci}: no commune of this EPCI is in the release."
            raise InputError(msg)
    if cut.communes:
        unknown = sorted(set(cut.communes) - set(every["commune_code"]))
        if unknown:
            msg = f"--commune {unknown[0]}: not a commune of the release; expected an Insee code."
            raise InputError(msg)
        chosen = set(cut.communes) if chosen is None else chosen & set(cut.communes)
    return chosen


def _find_place(published: Published, cut: Cut) -> gpd.GeoSeries | None:
    """Find the shape that rows must touch: that of the site, else the drawn area."""
    if cut.site is None:
        return cut.area
    sites = published.shapes("land_sites")
    site = sites[sites["site_id"] == cut.site]
    if site.empty:
        msg = f"--site {cut.site}: no such site in the release; see land_sites.site_id."
        raise InputError(msg)
    return site.geometry if cut.area is None else cut.area


def export(
    published: Published, layers: dict[str, gpd.GeoDataFrame], form: Form, folder: Path, crs: CRS
) -> list[Path]:
    """Write ``layers`` into ``folder`` with what a receiver must know; return the files.

    They are written beside it, and come into it when all are whole.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    with scratch(published.settings.home, folder.parent) as beside:
        written = _write_files(published, layers, form, beside, crs)
        if not folder.exists() or not any(folder.iterdir()):
            beside.chmod(0o755)
            beside.rename(folder)
        else:
            for path in beside.iterdir():
                path.replace(folder / path.name)
    return [folder / path.name for path in written]


def _write_files(
    published: Published, layers: dict[str, gpd.GeoDataFrame], form: Form, folder: Path, crs: CRS
) -> list[Path]:
    moved = {name: drawn.to_crs(crs) for name, drawn in layers.items()}
    together = {
        "gpkg": write_geopackage,
        "shp": write_shapefiles,
        "csv": write_csv_files,
        "xlsx": write_workbook,
    }
    if form in together:
        written = together[form](published, moved, folder, crs)
    else:
        written = [write_one_file(published, n, d, form, folder) for n, d in moved.items()]
    return [*written, *_write_notes(published, moved, form, folder, crs)]


def _write_notes(
    published: Published, layers: dict[str, gpd.GeoDataFrame], form: Form, folder: Path, crs: CRS
) -> list[Path]:
    """Write what is inside and what may be done with it, in plain French."""
    lines = [f"Observatoire, publication du {published.date_fr} ({published.manifest.release_id})"]
    if published.notice:
        lines += ["", f"{published.notice} : chiffres inventés, à ne pas citer ni diffuser."]
    lines += ["", f"Système de coordonnées : EPSG:{crs.to_epsg()} ({crs.name}).", *HINTS[form], ""]
    for name, drawn in layers.items():
        contract: Table = published.contracts[name]
        lines += [
            f"{name} : {contract.title_fr}. {len(drawn)} objets. {contract.grain.fr}.",
            f"  Période : {contract.reference_period.fr}. Licence : {contract.licence}.",
            *(f"  {c.name} : {styles.name_column(c)}. {c.fr}" for c in contract.columns),
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
        f"Noms de dix caractères au plus : voir {SHORT_NAMES_FILE}.",
        f"Textes coupés à {LONGEST_TEXT} octets.",
        "Préférer le GeoPackage.",
    ],
    "csv": [
        "Sans les formes : point_x et point_y sont un point de l'objet.",
        "Un texte qui commence par = + - ou @ est précédé d'une apostrophe.",
    ],
    "xlsx": [
        "Première ligne : colonnes en français ; deuxième : leurs noms, avec le filtre.",
        "Sans les formes : point_x et point_y sont un point de l'objet.",
        f"Textes coupés à {LONGEST_CELL} signes.",
    ],
}
