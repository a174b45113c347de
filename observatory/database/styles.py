"""Writes styles into a GeoPackage, so that QGIS opens its layers drawn, in French.

Form: QML as QGIS 3.22 and later read it; OGC GeoPackage 1.3, extension ``schema``. Each property of
a symbol is written twice, as QGIS before and after 3.26 asks for it.
"""

import contextlib
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree.ElementTree import Element, SubElement, tostring

from observatory.metadata.tables import Column, Table
from observatory.metadata.themes import THEMES, Class, Theme

DOCTYPE = "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
VERSION = "3.22.0"
OUTLINE = "70,80,90,255"
PLAIN = "#1d3f72"
QGIS_GEOMETRY_CODES = {"Polygon": "2", "Line": "1", "Point": "0"}
SCHEMA_EXTENSION = "http://www.geopackage.org/spec130/#extension_schema"
TABLES = """
CREATE TABLE layer_styles (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, f_table_catalog TEXT(256),
  f_table_schema TEXT(256), f_table_name TEXT(256), f_geometry_column TEXT(256),
  styleName TEXT(30), styleQML TEXT, styleSLD TEXT, useAsDefault BOOLEAN, description TEXT,
  owner TEXT(30), ui TEXT(30), update_time DATETIME DEFAULT CURRENT_TIMESTAMP);
CREATE TABLE IF NOT EXISTS gpkg_data_columns (
  table_name TEXT NOT NULL, column_name TEXT NOT NULL, name TEXT, title TEXT, description TEXT,
  mime_type TEXT, constraint_name TEXT,
  CONSTRAINT pk_gdc PRIMARY KEY (table_name, column_name),
  CONSTRAINT gdc_tn UNIQUE (table_name, name));
CREATE TABLE IF NOT EXISTS gpkg_data_column_constraints (
  constraint_name TEXT NOT NULL, constraint_type TEXT NOT NULL, value TEXT, min NUMERIC,
  min_is_inclusive BOOLEAN, max NUMERIC, max_is_inclusive BOOLEAN, description TEXT,
  CONSTRAINT gdcc_ntv UNIQUE (constraint_name, constraint_type, value));
CREATE TABLE IF NOT EXISTS gpkg_extensions (
  table_name TEXT, column_name TEXT, extension_name TEXT NOT NULL, definition TEXT NOT NULL,
  scope TEXT NOT NULL, CONSTRAINT ge_tce UNIQUE (table_name, column_name, extension_name));
"""


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """One layer of a project: the table it draws, by which theme, under which title."""

    table: str
    title: str
    group: str
    geometry: str
    columns: Sequence[Column]
    theme: Theme | None
    is_shown: bool = True


def draw_table(table: Table, title: str) -> list[Drawn]:
    """A released layer as QGIS draws it: once by theme, or plain where no theme is about it."""
    drawn = table.geometry_type or ""
    kind = next((kind for kind in ("Point", "Line") if kind in drawn), "Polygon")
    themes = tuple(theme for theme in THEMES if theme.table == table.name)
    return [
        Drawn(
            table=table.name,
            title=title if theme is None else theme.title,
            group="",
            geometry=kind,
            columns=table.columns,
            theme=theme,
        )
        for theme in themes or (None,)
    ]


def name_column(column: Column) -> str:
    """Name a column as QGIS shows it: its French label, with its unit."""
    return f"{column.label} ({column.unit.fr})" if column.unit else column.label


def build_style(layer: Drawn) -> Element:
    """Build the QML of a layer: its colours by class, and its columns in French."""
    root = Element("qgis", version=VERSION, styleCategories="Symbology|Fields")
    for part in build_style_parts(layer):
        root.append(part)
    return root


def build_style_parts(layer: Drawn) -> list[Element]:
    """Build what a style and a layer of a project have in common."""
    aliases = Element("aliases")
    names = [("fid", "")] + [
        (c.name, name_column(c)) for c in layer.columns if c.kind != "geometry"
    ]
    for at, (name, said) in enumerate(names):
        SubElement(aliases, "alias", field=name, index=str(at), name=said)
    kind = Element("layerGeometryType")
    kind.text = QGIS_GEOMETRY_CODES[layer.geometry]
    return [_build_renderer(layer), aliases, kind]


def _build_renderer(layer: Drawn) -> Element:
    """Build the renderer of a layer: one plain symbol, steps of figures, or codes."""
    theme = layer.theme
    common = {"enableorderby": "0", "forceraster": "0", "symbollevels": "0"}
    if theme is None:
        renderer = Element("renderer-v2", {"type": "singleSymbol", **common})
        symbols = SubElement(renderer, "symbols")
        symbols.append(_build_symbol(layer.geometry, "0", PLAIN, is_filled=False))
        return renderer
    classes = [c for c in theme.classes if c.value is not None]
    renderer = Element("renderer-v2", {"attr": theme.column, **common})
    if theme.is_graduated:
        renderer.attrib |= {"type": "graduatedSymbol", "graduatedMethod": "GraduatedColor"}
        _add_ranges(renderer, classes)
    else:
        renderer.attrib |= {"type": "categorizedSymbol"}
        _add_categories(renderer, classes)
    symbols = SubElement(renderer, "symbols")
    for at, one in enumerate(classes):
        symbols.append(_build_symbol(layer.geometry, str(at), one.colour))
    return renderer


def _add_ranges(renderer: Element, classes: Sequence[Class]) -> None:
    ranges = SubElement(renderer, "ranges")
    uppers = [float(c.value or 0) for c in classes[1:]] + [1e9]
    for at, (one, upper) in enumerate(zip(classes, uppers, strict=True)):
        SubElement(
            ranges,
            "range",
            lower=f"{float(one.value or 0):.6f}",
            upper=f"{upper:.6f}",
            symbol=str(at),
            label=one.label,
            render="true",
        )


def _add_categories(renderer: Element, classes: Sequence[Class]) -> None:
    categories = SubElement(renderer, "categories")
    for at, one in enumerate(classes):
        SubElement(
            categories,
            "category",
            value=str(one.value),
            type="string",
            symbol=str(at),
            label=one.label,
            render="true",
        )


def _build_symbol(geometry: str, name: str, colour: str, *, is_filled: bool = True) -> Element:
    """Build the symbol of a class; its properties are written as options and as ``prop``."""
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    paint = f"{red},{green},{blue},255"
    fill = {
        "color": paint,
        "style": "solid" if is_filled else "no",
        "outline_color": OUTLINE if is_filled else paint,
        "outline_style": "solid",
        "outline_width": "0.1" if is_filled else "0.4",
        "outline_width_unit": "MM",
    }
    marker = {
        "color": paint,
        "name": "circle",
        "size": "2.6",
        "size_unit": "MM",
        "outline_color": OUTLINE,
        "outline_style": "solid",
        "outline_width": "0.2",
    }
    line = {
        "line_color": paint,
        "line_style": "solid",
        "line_width": "0.5",
        "line_width_unit": "MM",
    }
    kind, layer_class, properties = {
        "Line": ("line", "SimpleLine", line),
        "Polygon": ("fill", "SimpleFill", fill),
        "Point": ("marker", "SimpleMarker", marker),
    }[geometry]
    symbol = Element("symbol", type=kind, name=name, alpha="1", clip_to_extent="1", force_rhr="0")
    layer = SubElement(
        symbol, "layer", {"class": layer_class, "enabled": "1", "locked": "0", "pass": "0"}
    )
    options = SubElement(layer, "Option", type="Map")
    for key, value in properties.items():
        SubElement(options, "Option", type="QString", name=key, value=value)
        SubElement(layer, "prop", k=key, v=value)
    return symbol


def store_styles(geopackage: Path, layers: Sequence[Drawn], stamp: str) -> None:
    """Store the style of each layer inside a GeoPackage that nothing else has open.

    The first style of a table is the one it opens with; the others are offered by QGIS.
    """
    with contextlib.closing(sqlite3.connect(geopackage)) as database, database:
        database.executescript(TABLES)
        database.execute(
            "INSERT INTO gpkg_contents (table_name, data_type, identifier, description, "
            "last_change, srs_id) VALUES ('layer_styles', 'attributes', 'layer_styles', '', ?, 0)",
            (stamp,),
        )
        database.executemany(
            "INSERT OR IGNORE INTO gpkg_extensions VALUES (?, NULL, ?, ?, 'read-write')",
            [
                (table, "gpkg_schema", SCHEMA_EXTENSION)
                for table in ("gpkg_data_columns", "gpkg_data_column_constraints")
            ],
        )
        styled: set[str] = set()
        for layer in layers:
            _store_style(database, layer, stamp, is_default=layer.table not in styled)
            styled.add(layer.table)


def _store_style(
    database: sqlite3.Connection, layer: Drawn, stamp: str, *, is_default: bool
) -> None:
    """Store one style; with the default one, the French names of the table's columns."""
    qml = DOCTYPE + tostring(build_style(layer), encoding="unicode")
    database.execute(
        "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, "
        "f_geometry_column, styleName, styleQML, styleSLD, useAsDefault, description, "
        "owner, ui, update_time) "
        "VALUES ('', '', ?, 'geometry', ?, ?, '', ?, ?, '', NULL, ?)",
        (layer.table, layer.title[:30], qml, is_default, layer.title, stamp),
    )
    if is_default:
        database.executemany(
            "INSERT OR REPLACE INTO gpkg_data_columns (table_name, column_name, name, "
            "title, description) VALUES (?, ?, ?, ?, ?)",
            [
                (layer.table, c.name, c.name, name_column(c), c.fr)
                for c in layer.columns
                if c.kind != "geometry"
            ],
        )
