"""Deliveries in the national standards, written from the current release and from nothing else."""

import datetime as dt
import json
import re
from dataclasses import dataclass
from pathlib import Path

import dagster as dg
import geopandas as gpd
import numpy as np
import polars as pl
import pyogrio
import shapely

from assets.land.contracts.access import SITE_ACCESS
from assets.land.contracts.brownfields import BROWNFIELDS, OUTLINES
from assets.land.contracts.occupants import ESTABLISHMENTS, OCCUPATION_COMPARISON
from assets.land.contracts.places import POLES, SITES, UNITS
from assets.land.contracts.site_inventory import SITE_INVENTORY, UNIT_INVENTORY
from assets.released import open_released, release_facts, released
from observatory.errors import InputError
from observatory.geography.crs import WGS84
from observatory.geography.layers import drop_geometry
from observatory.land import cnig
from observatory.land.cnig_brownfields import build_brownfields
from observatory.land.cnig_fields import UNPUBLISHABLE
from observatory.metadata.cells import as_cells
from observatory.metadata.frames import polars_schema
from observatory.metadata.iso import Record, build_record
from observatory.metadata.manifest import Manifest
from observatory.metadata.tables import Table
from observatory.pipeline.steps import Made, Out, step
from observatory.release.files import read_rows
from observatory.release.published import Published
from observatory.settings import Settings
from observatory.storage.switching import built_anew

FOLDER, ABOUT = "deliveries", "delivery.json"
COMMUNES = "geography_communes"
# what a delivery is made from; each file is written where its own table was released
DELIVERED = (SITES, POLES, UNITS, ESTABLISHMENTS, BROWNFIELDS)
GEOPACKAGE = "sites_economiques.gpkg"
FICTITIOUS = "données fictives"
PRODUCER = "Observatoire du foncier économique"
SIREN = re.compile(r"\d{9}")
WHOLE = (
    "pole_nb_site",
    "pole_nb_etab",
    "pole_nb_emploi",
    "site_uf_nbre",
    "site_uf_vacant_nbre",
    "site_taux_vacance",
    "site_uf_bati_nbre",
    "site_nb_etab",
    "site_nb_emploi",
    "autoroute_echang_dist",
    "gare_dist",
    "gare_fret_dist",
    "aeroport_dist",
    "port_dist",
)


@step(
    Out(
        name="land_cnig_deliveries",
        group="release",
        kinds=("csv", "gpkg"),
        tags={"layer": "delivery", "theme": "land"},
    ),
    deps=["land_release"],
    # a release of labour alone changes none
    facts=lambda settings, store: {
        **release_facts(settings, store),
        "release": str(released(settings, "land")),
    },
    is_there=lambda settings, _: (settings.home / FOLDER / ABOUT).is_file(),
    lateness=2,
)
def land_cnig_deliveries(settings: Settings) -> Made:
    """CNIG « Sites économiques » and « Friches » of the current release, under the home."""
    # a territory whose parks nobody handed over has a release, and nothing to deliver
    published = open_released(settings)
    written = write_deliveries(published) if published and has_land(published) else {}
    return Made(
        metadata={
            "files": dg.MetadataValue.md("\n".join(f"- {n}: {r} rows" for n, r in written.items()))
        }
    )


def has_land(published: Published) -> bool:
    """Whether a release holds a table that a delivery is made from."""
    return any(table.name in published.contracts for table in DELIVERED)


def write_deliveries(published: Published) -> dict[str, int]:
    """Write all files from a release, then put them in place; rows by file name.

    They hold what the release holds, but for who is withheld today. Raises InputError where it
    holds nothing that is delivered.
    """
    if not has_land(published):
        listed = ", ".join(table.name for table in DELIVERED)
        msg = (
            f"The current release holds none of {listed}: hand over perimeters of economic areas, "
            "a cadastre or an inventory of brownfields, then `observatory run --theme land`."
        )
        raise InputError(msg)
    with built_anew(published.settings.home, FOLDER) as fresh:
        return _write(published, fresh)


def _write(published: Published, fresh: Path) -> dict[str, int]:
    day = dt.datetime.fromisoformat(published.manifest.released_at).date()
    made = _sites_and_more(published, day)
    rows: dict[str, int] = {}
    for name, (table, layer, shapes) in made.items():
        as_cells(table).write_csv(fresh / f"{name}.csv", separator=";")
        rows[f"{name}.csv"] = table.height
        _layer(fresh / GEOPACKAGE, name, table, layer, shapes)
    listed = _layer_of(published, BROWNFIELDS)
    if listed is not None:
        table = build_brownfields(_with_wkt(published, listed), day)
        as_cells(table).write_csv(fresh / "friches.csv")
        rows["friches.csv"] = table.height
    left_out = {
        "establishments_without_creation_date": (ESTABLISHMENTS, rows.get("etablissement.csv")),
        "brownfields_without_point": (BROWNFIELDS, rows.get("friches.csv")),
    }
    _write_about(published, fresh, rows, left_out)
    drawn = [layer for _, layer, _ in made.values()]
    if drawn:
        _write_metadata(published, fresh, SITES_THEME, drawn, day)
    if listed is not None:
        _write_metadata(published, fresh, BROWNFIELDS_THEME, [listed], day)
    return rows


def _sites_and_more(
    published: Published, day: dt.date
) -> dict[str, tuple[pl.DataFrame, gpd.GeoDataFrame, gpd.GeoSeries]]:
    """Rows, layer and shapes of each table of « Sites économiques » whose own was released."""
    manifest = published.manifest
    layers = {table.name: _layer_of(published, table) for table in DELIVERED}
    sites, poles, units, firms = (layers[t.name] for t in (SITES, POLES, UNITS, ESTABLISHMENTS))
    communes = _communes(published.folder, manifest)
    producer = f"{PRODUCER} ({FICTITIOUS})" if manifest.is_fictitious else PRODUCER
    epci = communes.select("epci_code", "epci_label").unique("epci_code").drop_nulls()
    site_rows, unit_rows, firm_rows = (
        _rows_of(published, table) for table in (SITES, UNITS, ESTABLISHMENTS)
    )
    made = {}
    if poles is not None:
        own = drop_geometry(poles).with_columns(geompoint=_points(poles))
        table = cnig.build_poles(own, site_rows, day)
        made["pole-eco"] = (table, poles, poles.geometry.representative_point())
    if sites is not None:
        own = drop_geometry(sites).with_columns(geompoint=_points(sites), geomsurf=_geojson(sites))
        said = _rows_of(published, SITE_INVENTORY)
        access = _rows_of(published, SITE_ACCESS)
        table = cnig.build_sites(
            own, unit_rows, epci, producer, day, said=said, firms=firm_rows, access=access
        )
        made["site-eco"] = (table, sites, sites.geometry)
    if units is not None:
        table = cnig.build_terrains(
            unit_rows.with_columns(geomsurf=_geojson(units)),
            day,
            seen=_rows_of(published, OCCUPATION_COMPARISON),
            said=_rows_of(published, UNIT_INVENTORY),
            brownfields=_rows_of(published, BROWNFIELDS),
        )
        made["terrain-eco"] = (table, units, units.geometry)
    if firms is not None:
        table = _establishments(firms, unit_rows, communes, day)
        made["etablissement"] = (table, firms, firms.geometry)
    return made


def _layer_of(published: Published, table: Table) -> gpd.GeoDataFrame | None:
    """A released layer; None where it was left out."""
    return published.shapes(table.name) if table.name in published.manifest.by_name else None


def _rows_of(published: Published, table: Table) -> pl.DataFrame:
    """The rows of a released table; none, in its columns, where it was left out.

    A column that a release of before does not have is null.
    """
    schema = polars_schema(table)
    if table.name not in published.manifest.by_name:
        return pl.DataFrame(schema=schema)
    rows = published.table(table.name)
    missing = {n: pl.lit(None, k) for n, k in schema.items() if n not in rows.columns}
    return rows.with_columns(**missing)


def _with_wkt(published: Published, listed: gpd.GeoDataFrame) -> pl.DataFrame:
    """Brownfields with their point, and their outline where an inventory draws it, as WKT."""
    rows = _rows_of(published, BROWNFIELDS).with_columns(geompoint=_wkt(listed))
    outlines = _layer_of(published, OUTLINES)
    if outlines is None:
        return rows.with_columns(geomsurf=pl.lit(None, pl.String))
    drawn = drop_geometry(outlines).select("brownfield_id", geomsurf=_wkt(outlines))
    return rows.join(drawn, on="brownfield_id", how="left", maintain_order="left")


def _write_about(
    published: Published,
    fresh: Path,
    rows: dict[str, int],
    left_out: dict[str, tuple[Table, int | None]],
) -> None:
    manifest = published.manifest
    about: dict[str, object] = {
        "release_id": manifest.release_id,
        "notice": manifest.notice,
        "standard": "CNIG Sites économiques v2024-10, CNIG Friches v1.0.6",
        "presumption": "terr_etat_occup est « inconnu » pour un terrain que personne n'a vu",
        "rows": rows,
    }
    for name, (table, count) in left_out.items():
        if count is not None:
            about[name] = published.table(table.name).height - count
    (fresh / ABOUT).write_text(json.dumps(about, ensure_ascii=False, indent=1) + "\n", "utf-8")


@dataclass(frozen=True, kw_only=True)
class Theme:
    """How a standard calls what it is about, in the names of files and of metadata."""

    code: str
    title: str
    abstract: str
    tables: tuple[Table, ...]
    formats: tuple[tuple[str, str], ...]


SITES_THEME = Theme(
    code="SITE-ECO",
    title="Sites économiques",
    abstract="Pôles, sites, terrains et établissements économiques au standard CNIG Sites "
    "économiques v2024-10. L'état d'occupation d'un terrain que personne n'a vu est « inconnu ».",
    tables=(SITES, POLES, UNITS, ESTABLISHMENTS),
    formats=(("GeoPackage", "1.3"), ("CSV", "Table Schema 1.0.1")),
)
BROWNFIELDS_THEME = Theme(
    code="FRICHES",
    title="Friches recensées",
    abstract="Friches recensées au standard CNIG Friches v1.0.6, telles que Cartofriches "
    "et les inventaires locaux les disent.",
    tables=(BROWNFIELDS, OUTLINES),
    formats=(("CSV", "Table Schema 1.0.6"),),
)


def _write_metadata(
    published: Published, fresh: Path, theme: Theme, layers: list[gpd.GeoDataFrame], day: dt.date
) -> None:
    """Write the record that the standard asks for, under the name it asks for."""
    manifest = published.manifest
    who = manifest.territory if SIREN.fullmatch(manifest.territory) else manifest.territory.lower()
    identifier = f"fr-{who}-{theme.code}{day:%Y%m%d}"
    bounds = shapely.total_bounds(
        [shapely.box(*layer.to_crs(WGS84).total_bounds) for layer in layers if len(layer)]
    )
    west, south, east, north = (float(side) for side in bounds)
    names = [t.name for t in theme.tables if t.name in manifest.by_name]
    licences = sorted({published.contracts[name].licence for name in names})
    record = Record(
        identifier=identifier,
        title=f"{theme.title} – territoire {manifest.territory}{published.mark}",
        abstract=theme.abstract,
        organisation=PRODUCER,
        day=day,
        keywords=("données ouvertes", "foncier économique", "CNIG", theme.code),
        epsg=str(layers[0].crs.to_epsg()),
        box=(west, east, south, north),
        licence=", ".join(licences),
        lineage=f"Publication {manifest.release_id} de l'observatoire, faite de : "
        + " ; ".join(published.sources_of(*names)),
        formats=theme.formats,
    )
    (fresh / f"{identifier}.xml").write_text(build_record(record), "utf-8")


def _establishments(
    firms: gpd.GeoDataFrame, units: pl.DataFrame, communes: pl.DataFrame, day: dt.date
) -> pl.DataFrame:
    year = units["reference_year"].drop_nulls().max()
    return cnig.build_establishments(
        drop_geometry(firms).with_columns(geojson=_geojson(firms)),
        communes,
        year if isinstance(year, int) else day.year,
        day,
    )


def _communes(folder: Path, manifest: Manifest) -> pl.DataFrame:
    columns = ["commune_code", "epci_code", "epci_label"]
    if COMMUNES not in manifest.by_name:
        return pl.DataFrame(schema=dict.fromkeys(columns, pl.String))
    return read_rows(folder, COMMUNES, columns)


def _points(frame: gpd.GeoDataFrame) -> pl.Series:
    """A point in each shape as the schema's geopoint: longitude, latitude."""
    inside = frame.geometry.representative_point().to_crs(WGS84)
    x, y = (np.char.mod("%.6f", axis.to_numpy()) for axis in (inside.x, inside.y))
    return pl.select(pl.format("{}, {}", pl.Series(x), pl.Series(y))).to_series()


def _wkt(frame: gpd.GeoDataFrame) -> pl.Series:
    """Shapes as WKT, longitude first; null where there is none."""
    found = shapely.to_wkt(frame.geometry.to_crs(WGS84).to_numpy(), rounding_precision=6)
    return pl.Series(list(found), dtype=pl.String)


def _geojson(frame: gpd.GeoDataFrame) -> pl.Series:
    """Shapes in the projection of the territory, to the centimetre."""
    drawn = shapely.set_precision(frame.geometry.to_numpy(), 0.01, mode="pointwise")
    return pl.Series(list(shapely.to_geojson(drawn)), dtype=pl.String)


def _layer(
    path: Path, name: str, table: pl.DataFrame, own: gpd.GeoDataFrame, shapes: gpd.GeoSeries
) -> None:
    """One layer of the GeoPackage, under the template's names of layers and fields."""
    key = {"pole-eco": "pole_id", "site-eco": "site_id", "terrain-eco": "unit_id"}
    drawn = shapes.set_axis(own[key.get(name, "siret")])
    geometry = [c for c in table.columns if c.endswith(("_geomsurf", "_geompoint"))]
    rows = table.drop(*geometry, *(c for c in UNPUBLISHABLE if c in table.columns))
    whole = [c for c in WHOLE if c in rows.columns]
    rows = rows.with_columns(pl.col(c).round().cast(pl.Int32) for c in whole)
    rows = rows.with_columns(pl.col(pl.Date).cast(pl.String))
    rows = rows.rename({c: c.lower().replace("-", "_") for c in rows.columns})
    found = drawn.loc[rows.to_series().to_numpy()].to_numpy()
    if name == "etablissement":
        found = shapely.multipoints(found, indices=np.arange(len(found)))
    kinds = {"pole-eco": "Point", "site-eco": "MultiPolygon", "terrain-eco": "Polygon"}
    frame = gpd.GeoDataFrame(rows.to_pandas(), geometry=found, crs=own.crs)
    pyogrio.write_dataframe(
        frame,
        path,
        layer=name.replace("-", "_"),
        driver="GPKG",
        append=path.exists(),
        geometry_type=kinds.get(name, "MultiPoint"),
        dataset_options={} if path.exists() else {"VERSION": "1.3"},
        layer_options={"GEOMETRY_NAME": "geom"},
    )
