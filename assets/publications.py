"""What people open: the site, the exports, the atlas; all from the current release."""

import base64
from pathlib import Path

import dagster as dg

from assets.released import NOTHING, RELEASES, open_released, release_facts
from observatory.maps.atlas import draw_preview, write_atlas
from observatory.maps.exports import Cut, cut_layers, export
from observatory.maps.tiles import has_tiles, keep_tiles, version_of_tiles
from observatory.pipeline.code import looks_of
from observatory.pipeline.steps import Made, Out, step
from observatory.release import current_manifest
from observatory.release.forgetting import read_tombstones
from observatory.release.published import Published
from observatory.settings import Settings
from observatory.storage.frames import Store
from observatory.storage.switching import built_anew, remove_former
from observatory.web import build_site

LAND = "land_sites"
AFTER = (*RELEASES, "crossing_release")


def _facts(settings: Settings, store: Store) -> dict[str, str]:
    """What the pages rest on beside the release."""
    looks = looks_of("observatory.web", "observatory.maps")
    return {**release_facts(settings, store), **settings.site, "looks": looks}


def _count(folder: Path) -> int:
    """How many files there are: one that somebody took away is missed."""
    return sum(path.is_file() for path in folder.rglob("*"))


def _tiles_facts(settings: Settings, _: Store) -> dict[str, str]:
    manifest = current_manifest(settings)
    return {"layers": version_of_tiles(settings, manifest) if manifest else NOTHING}


@step(
    Out(
        name="map_tiles",
        group="publication",
        kinds=("pmtiles",),
        tags={"layer": "publication", "theme": "land"},
    ),
    after=("land_release",),
    facts=_tiles_facts,
    is_there=lambda settings, version: version == NOTHING or has_tiles(settings, version),
    lateness=1,
)
def map_tiles(settings: Settings) -> Made:
    """The vector tiles of the site's map, kept until a layer of it changes."""
    published = open_released(settings)
    return Made(version=(keep_tiles(published) if published else None) or NOTHING)


@step(
    Out(
        name="site",
        group="publication",
        kinds=("html",),
        tags={"layer": "publication"},
    ),
    after=AFTER,
    facts=_facts,
    is_there=lambda settings, version: (
        version == NOTHING or _count(settings.home / "site") >= int(version or 0)
    ),
)
def site(settings: Settings) -> Made:
    """The web observatory of the current release: static pages under ``<home>/site``."""
    published = open_released(settings)
    # pages are of places: without the list of communes there is none
    if published is None or not published.has("geography_communes"):
        return Made(version=NOTHING, metadata={"pages": 0})
    folder = build_site(published)
    if read_tombstones(settings):  # the pages before may tell of who has left
        remove_former(settings.home)
    files = [path for path in folder.rglob("*") if path.is_file()]
    return Made(
        version=str(len(files)),
        metadata={
            "index": dg.MetadataValue.path(folder / "index.html"),
            "pages": len([path for path in files if path.suffix == ".html"]),
            "megabytes": round(sum(path.stat().st_size for path in files) / 1e6, 1),
            **_preview(published),
        },
    )


@step(
    Out(
        name="map_export",
        group="publication",
        kinds=("gpkg",),
        tags={"layer": "publication", "theme": "land"},
    ),
    after=AFTER,
    facts=_facts,
    is_there=lambda settings, version: version == NOTHING or (settings.home / "exports").is_dir(),
)
def map_export(settings: Settings) -> Made:
    """All map layers of the current release as a GeoPackage with its QGIS project."""
    published = open_released(settings)
    if published is None or not published.has(LAND):
        return Made(version=NOTHING, metadata={"files": "none"})
    layers = cut_layers(published, (), Cut())
    crs = next(iter(layers.values())).crs
    with built_anew(settings.home, f"exports/observatoire{published.suffix}") as folder:
        written = export(published, layers, "gpkg", folder, crs)
    return Made(
        metadata={"files": dg.MetadataValue.md("\n".join(f"- {path.name}" for path in written))}
    )


@step(
    Out(
        name="land_atlas",
        group="publication",
        kinds=("pdf",),
        tags={"layer": "publication", "theme": "land"},
    ),
    after=AFTER,
    facts=_facts,
    is_there=lambda settings, version: version == NOTHING or (settings.home / "atlas").is_dir(),
)
def land_atlas(settings: Settings) -> Made:
    """The atlas of all communes of the territory as a PDF."""
    published = open_released(settings)
    if published is None or not published.has("land_commune_sheets"):
        return Made(version=NOTHING, metadata={"sheets": 0})
    path = settings.home / "atlas" / f"atlas-territoire{published.suffix}.pdf"
    sheets = write_atlas(published, path)
    return Made(
        metadata={
            "file": dg.MetadataValue.path(path),
            "sheets": sheets,
            "megabytes": round(path.stat().st_size / 1e6, 1),
            **_preview(published),
        }
    )


def _preview(published: Published) -> dict[str, dg.MetadataValue]:
    """The overview map as a small picture, where there is land to draw."""
    if not published.has(LAND):
        return {}
    picture = base64.b64encode(draw_preview(published)).decode()
    return {"preview": dg.MetadataValue.md(f"![Carte](data:image/png;base64,{picture})")}
