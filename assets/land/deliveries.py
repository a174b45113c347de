"""Deliveries in the national standards, written from the current release and from nothing else."""

import datetime as dt
import json
from pathlib import Path

import dagster as dg
import geopandas as gpd
import numpy as np
import polars as pl
import pyogrio
import shapely

from assets.released import release_facts, released
from observatory.errors import InputError
from observatory.geography.crs import WGS84
from observatory.geography.layers import drop_geometry
from observatory.land import cnig
from observatory.land.cnig_fields import UNPUBLISHABLE
from observatory.metadata.cells import as_cells
from observatory.metadata.manifest import Manifest
from observatory.pipeline.steps import Made, Out, step
from observatory.release.files import read_rows, read_shapes
from observatory.release.published import Published, open_published
from observatory.settings import Settings
from observatory.storage.switching import built_anew

FOLDER = "deliveries"
NEEDED = ("land_sites", "land_poles", "land_units")
# released where the register was handed over
FIRMS, BROWNFIELDS, COMMUNES = "land_establishments", "land_brownfields", "geography_communes"
GEOPACKAGE = "sites_economiques.gpkg"
FICTITIOUS = "données fictives"
PRODUCER = "Observatoire du foncier économique"
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
    is_there=lambda settings, _: (settings.home / FOLDER).is_dir(),
)
def land_cnig_deliveries(settings: Settings) -> Made:
    """CNIG « Sites économiques » and « Friches » of the current release, under the home."""
    # a territory whose parks nobody handed over has a release, and nothing to deliver
    published = open_published(settings)
    written = write_deliveries(published) if has_land(published) else {}
    return Made(
        metadata={
            "files": dg.MetadataValue.md("\n".join(f"- {n}: {r} rows" for n, r in written.items()))
        }
    )


def has_land(published: Published) -> bool:
    """Whether a release holds the tables that a delivery is made from."""
    return set(NEEDED) <= published.contracts.keys()


def write_deliveries(published: Published) -> dict[str, int]:
    """Write all files from a release, then put them in place; rows by file name.

    They hold what the release holds, but for who is withheld today. Raises InputError where no
    land table has been released.
    """
    if not has_land(published):
        msg = "No land table has been released yet: run `observatory run --theme land` first."
        raise InputError(msg)
    with built_anew(published.settings.home, FOLDER) as fresh:
        return _write(published, fresh)


def _write(published: Published, fresh: Path) -> dict[str, int]:
    folder, manifest = published.folder, published.manifest
    day = dt.datetime.fromisoformat(manifest.released_at).date()
    sites, poles, units = (published.shapes(name) for name in NEEDED)
    communes = _communes(folder, manifest)
    producer = f"{PRODUCER} ({FICTITIOUS})" if manifest.is_fictitious else PRODUCER
    epci = communes.select("epci_code", "epci_label").unique("epci_code").drop_nulls()
    unit_rows = drop_geometry(units)
    tables = {
        "pole-eco": cnig.build_poles(
            drop_geometry(poles).with_columns(geompoint=_points(poles)), drop_geometry(sites), day
        ),
        "site-eco": cnig.build_sites(
            drop_geometry(sites).with_columns(geompoint=_points(sites), geomsurf=_geojson(sites)),
            unit_rows,
            epci,
            producer,
            day,
        ),
        "terrain-eco": cnig.build_terrains(unit_rows.with_columns(geomsurf=_geojson(units)), day),
    }
    shapes = {
        "pole-eco": (poles, poles.geometry.representative_point()),
        "site-eco": (sites, sites.geometry),
        "terrain-eco": (units, units.geometry),
    }
    rows = {}
    firms = published.shapes(FIRMS) if FIRMS in manifest.by_name else None
    if firms is not None:
        tables["etablissement"] = _establishments(firms, unit_rows, communes, day)
        shapes["etablissement"] = (firms, firms.geometry)
    for name, table in tables.items():
        as_cells(table).write_csv(fresh / f"{name}.csv", separator=";")
        rows[f"{name}.csv"] = table.height
        _layer(fresh / GEOPACKAGE, name, table, *shapes[name])
    if BROWNFIELDS in manifest.by_name:
        rows |= _write_brownfields(folder, fresh, day)
    _write_about(fresh, manifest, rows, firms)
    return rows


def _write_brownfields(folder: Path, fresh: Path, day: dt.date) -> dict[str, int]:
    listed = read_shapes(folder, BROWNFIELDS)
    table = cnig.build_brownfields(drop_geometry(listed).with_columns(wkt=_wkt(listed)), day)
    as_cells(table).write_csv(fresh / "friches.csv")
    return {"friches.csv": table.height}


def _write_about(
    fresh: Path, manifest: Manifest, rows: dict[str, int], firms: gpd.GeoDataFrame | None
) -> None:
    about: dict[str, object] = {
        "release_id": manifest.release_id,
        "notice": manifest.notice,
        "standard": "CNIG Sites économiques v2024-10, CNIG Friches v1.0.6",
        "rows": rows,
    }
    if firms is not None:
        without_date = len(firms) - rows["etablissement.csv"]
        about["establishments_without_creation_date"] = without_date
    (fresh / "delivery.json").write_text(
        json.dumps(about, ensure_ascii=False, indent=1) + "\n", "utf-8"
    )


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
    rows = rows.with_columns(pl.col(c).cast(pl.Int32) for c in WHOLE if c in rows.columns)
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
