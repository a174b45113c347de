"""Writes the vector tiles of the current release (one PMTiles file) and their description."""

import dataclasses
import hashlib
import importlib.metadata
import json
import shutil
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import geopandas as gpd
import polars as pl
import shapely

from observatory.disclosure.withholding import list_version
from observatory.geography.crs import WGS84
from observatory.land.planning_zones import RISK_KINDS, ZONING_KINDS
from observatory.maps.layers import (
    GROUND_COLUMNS,
    GROUND_LAYERS,
    PLANNING_ZONES,
    VACANCY_TABLE,
    WEB_MAP_LAYERS,
    select_site_vacancy,
)
from observatory.metadata.french import VALUES, scale_of, unit_of, unknown_of
from observatory.metadata.manifest import Manifest
from observatory.metadata.tables import Column
from observatory.metadata.themes import THEMES
from observatory.pipeline.code import code_of
from observatory.release.published import Published
from observatory.settings import Settings
from observatory.storage.frames import Store
from observatory.storage.locks import hold
from observatory.storage.switching import built_anew

TILES, CONTENT = "carte.pmtiles", "carte.json"
# where tiles are kept for the sites to come, and beside them what they were made of
KEPT, MADE_OF = "tiles", "made_of.txt"
ZOOMS = (7, 14)
# where a layer is only seen from near
FIRST_ZOOMS = {"establishments": 14}
BASE = {
    "tiles": "https://data.geopf.fr/wmts?SERVICE=WMTS&REQUEST=GetTile&VERSION=1.0.0"
    "&LAYER=GEOGRAPHICALGRIDSYSTEMS.PLANIGNV2&STYLE=normal&FORMAT=image/png&TILEMATRIXSET=PM"
    "&TILEMATRIX={z}&TILEROW={y}&TILECOL={x}",
    "attribution": "© IGN, Plan IGN",
}
# how far the ground is drawn beside the territory, in parts of its longer side
BESIDE = 0.25
PEOPLE_TABLE = "geography_communes"
GROUND_FR = {"land": "contours des communes", "roads": "grandes routes"}
# said by the sheet's title or its links
SAID_BY_TITLE_OR_LINK = {"site_id", "commune_code", "site_name"}
# communes first: a name that sites bear too is looked for as that of the commune
PLACE_KEYS = {"communes": ("commune_code", "commune_label"), "parks": ("site_id", "site_name")}
# what the names of places are thinned out by: the largest stay
SIZES = {"communes": "population_count", "parks": "area_m2"}


def select_map_layers(published: Published) -> dict[str, gpd.GeoDataFrame]:
    """Select the layers of the web map by name; a layer without a shape is left out."""
    layers = {}
    for name, (table, _, columns) in WEB_MAP_LAYERS.items():
        if not published.has(table):
            continue
        drawn = SPECIAL[name](published) if name in SPECIAL else published.shapes(table)
        layers[name] = drawn[[*(c for c in columns if c in drawn.columns), "geometry"]]
    for name in PLACE_KEYS:
        if name in layers:
            layers[f"{name.removesuffix('s')}_names"] = _place_names(layers[name], name)
    for name, table in GROUND_LAYERS.items():
        if published.has(table):
            drawn = published.shapes(table)[[*GROUND_COLUMNS.get(name, ()), "geometry"]]
            around = layers.get("communes", drawn)
            layers[name] = keep_around(drawn, around) if len(around) else drawn
    return {name: frame for name, frame in layers.items() if len(frame)}


def keep_around(drawn: gpd.GeoDataFrame, communes: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Keep the parts of ``drawn`` that meet the box of ``communes``, widened on all sides.

    In the CRS of ``drawn``. Files, and roads as one shape, go through all of France.
    """
    left, bottom, right, top = communes.to_crs(drawn.crs).total_bounds
    margin = BESIDE * max(right - left, top - bottom)
    parts = drawn.explode(ignore_index=True)
    return parts.cx[left - margin : right + margin, bottom - margin : top + margin]


def _place_names(layer: gpd.GeoDataFrame, name: str) -> gpd.GeoDataFrame:
    """Place the names of communes or sites, each once, with their rank: 1 for the largest."""
    points = layer[[*PLACE_KEYS[name], "geometry"]].copy()
    points["geometry"] = points.geometry.representative_point()
    points["rank"] = layer[SIZES[name]].fillna(0).rank(method="first", ascending=False).astype(int)
    return points


def list_communes(published: Published) -> gpd.GeoDataFrame:
    """List every commune of the territory with its people and, where it has one, its land sheet."""
    people = published.table("geography_communes")
    local = people.filter("is_in_territory").select(
        "commune_code", "commune_label", "population_count"
    )
    sheets = published.table("land_commune_sheets").drop("commune_label")
    named = local.join(sheets, on="commune_code", how="left").to_pandas()
    outlines = published.shapes("geography_commune_contours")[["commune_code", "geometry"]]
    return outlines.merge(named, on="commune_code", how="inner")


def join_commune_sheets(published: Published) -> gpd.GeoDataFrame:
    """Join the outlines of communes with the figures of their land sheet."""
    sheets = published.table("land_commune_sheets").to_pandas()
    outlines = published.shapes("geography_commune_contours")[["commune_code", "geometry"]]
    return outlines.merge(sheets, on="commune_code", how="inner")


def join_site_vacancy(published: Published) -> gpd.GeoDataFrame:
    """Join the sites with the counts and share of their units presumed vacant."""
    shares = select_site_vacancy(published).to_pandas()
    return published.shapes("land_sites").merge(shares, on="site_id", how="left")


def select_zones(published: Published, kinds: Sequence[str]) -> gpd.GeoDataFrame:
    """Select what plans say of ground, of some kinds."""
    zones = published.shapes(PLANNING_ZONES)
    return zones[zones["planning_zone_kind"].isin(kinds)]


SPECIAL: dict[str, Callable[[Published], gpd.GeoDataFrame]] = {
    "communes": list_communes,
    "parks": join_site_vacancy,
    "zoning": partial(select_zones, kinds=ZONING_KINDS),
    "risks": partial(select_zones, kinds=RISK_KINDS),
}


def write_tiles(layers: dict[str, gpd.GeoDataFrame], path: Path) -> None:
    """Write one PMTiles file; polygons are for looking at, never for measuring."""
    from freestiler import freestile, freestile_layer

    low, high = ZOOMS
    freestile(
        {
            name: freestile_layer(drawn, min_zoom=FIRST_ZOOMS.get(name, low), max_zoom=high)
            for name, drawn in layers.items()
        },
        path,
        min_zoom=low,
        max_zoom=high,
        quiet=True,
    )


def describe_map(published: Published, layers: dict[str, gpd.GeoDataFrame]) -> dict[str, Any]:
    """Describe the map to its script: bounds, themes and colours, labels, places to look for."""
    bounds = layers["communes"].to_crs(WGS84).total_bounds
    tables = [WEB_MAP_LAYERS[name][0] for name in WEB_MAP_LAYERS if name in layers]
    return {
        "tiles": TILES,
        "bounds": [round(float(v), 5) for v in bounds],
        "base": BASE if published.settings.site_base_map == "ign" else None,
        "attribution": " ; ".join(published.producers_of(*tables)),
        "notice": published.notice,
        "layers": list(layers),
        "titles": {name: title for name, (_, title, _) in WEB_MAP_LAYERS.items()},
        "themes": [
            {
                "id": theme.name,
                "title": theme.title,
                "layer": theme.layer,
                "column": theme.column,
                "is_graduated": theme.is_graduated,
                "is_shown": theme.is_shown,
                "note": theme.note,
                "classes": [
                    {"value": c.value, "label": c.label, "colour": c.colour} for c in theme.classes
                ],
            }
            for theme in THEMES
            if theme.layer in layers
        ],
        "fields": {
            name: _describe_fields(published, name) for name in WEB_MAP_LAYERS if name in layers
        },
        "places": list_places(layers),
    }


def _describe_fields(published: Published, name: str) -> list[dict[str, Any]]:
    """Describe the columns of a layer's sheet, but those that its title or links show."""
    table, _, columns = WEB_MAP_LAYERS[name]
    tables = [t for t in (PEOPLE_TABLE, VACANCY_TABLE, table) if t in published.contracts]
    declared = {c.name: c for t in tables for c in published.contracts[t].columns}
    return [
        _describe_field(declared[column])
        for column in columns
        if column in declared and column not in SAID_BY_TITLE_OR_LINK
    ]


def _describe_field(column: Column) -> dict[str, Any]:
    """Describe how the values of a column are shown: label, unit, scale, words for codes."""
    return {
        "name": column.name,
        "label": column.label,
        "unit": unit_of(column),
        "scale": scale_of(column),
        "values": VALUES.get(column.name),
        "unknown": unknown_of(column),
    }


def list_places(layers: dict[str, gpd.GeoDataFrame]) -> list[dict[str, Any]]:
    """List all places that can be searched, in the order in which they are found."""
    return [p for name in PLACE_KEYS if name in layers for p in _list_places(layers[name], name)]


def _list_places(layer: gpd.GeoDataFrame, name: str) -> list[dict[str, Any]]:
    """List the places of a layer that can be searched, with their box (degrees) and facts."""
    key, label = PLACE_KEYS[name]
    boxes = shapely.bounds(layer.to_crs(WGS84).geometry.to_numpy()).round(5).tolist()
    facts = pl.from_pandas(layer.drop(columns="geometry")).to_dicts()
    return [
        {
            "kind": name.removesuffix("s"),
            "id": row[key],
            "label": row[label],
            "box": box,
            "facts": {k: v for k, v in row.items() if v is not None},
        }
        for row, box in zip(facts, boxes, strict=True)
    ]


def name_ground(published: Published) -> str:
    """Name what the ground of the map is made of: no more than was read."""
    named = [said for name, said in GROUND_FR.items() if published.has(GROUND_LAYERS[name])]
    return ", ".join(named) or "aucun"


def version_of_tiles(settings: Settings, manifest: Manifest) -> str:
    """Tell what tiles are made of: rows, code, and who is withheld from them today."""
    tables = {table for table, *_ in WEB_MAP_LAYERS.values()} | {*GROUND_LAYERS.values()}
    tables |= {PEOPLE_TABLE, VACANCY_TABLE}
    told = [f"{t.name} {t.sha256}" for t in manifest.tables if t.name in tables]
    told += [code_of(__name__), f"freestiler {importlib.metadata.version('freestiler')}"]
    told += [list_version(settings, Store.of_any_day(settings))]
    return hashlib.sha256("\n".join(told).encode()).hexdigest()


def has_tiles(settings: Settings, version: str) -> bool:
    """Tell whether the tiles of this version are kept."""
    kept = settings.home / KEPT
    made_of = kept / MADE_OF
    return (kept / TILES).is_file() and made_of.is_file() and made_of.read_text() == version


def keep_tiles(published: Published) -> str | None:
    """Write the tiles of the map under the home, unless they are there; tell their version.

    Who comes while another writes them waits, and takes those. None where there is no land to draw.
    """
    settings = published.settings
    version = version_of_tiles(settings, published.manifest)
    with hold(settings.home / f".{KEPT}.lock"):
        if not has_tiles(settings, version):
            # who is withheld is read again: not before the list that the version tells of
            layers = select_map_layers(dataclasses.replace(published))
            if "communes" not in layers:
                return None
            with built_anew(settings.home, KEPT) as folder:
                write_tiles(layers, folder / TILES)
                (folder / MADE_OF).write_text(version)
    return version


def write_map_tiles(published: Published, folder: Path) -> None:
    """Write the tiles of the map: those of the layers that its description lists."""
    keep_tiles(published)
    shutil.copyfile(published.settings.home / KEPT / TILES, folder / TILES)


def write_map(published: Published, folder: Path) -> bool:
    """Write the description where there is land to draw, nothing otherwise; tell if there is."""
    layers = select_map_layers(published)
    if "communes" not in layers:
        return False
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(describe_map(published, layers), ensure_ascii=False, separators=(",", ":"))
    (folder / CONTENT).write_text(text, "utf-8")
    return True
