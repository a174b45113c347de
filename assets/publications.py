"""What people open: the site, the exports, the atlas; all from the current release."""

import base64
from pathlib import Path

import dagster as dg

from observatory.maps.atlas import draw_preview, write_atlas
from observatory.maps.exports import Cut, cut_layers, export
from observatory.pipeline.drafts import OWNERS
from observatory.pipeline.run_settings import RunSettings
from observatory.release.forgetting import read_tombstones
from observatory.release.published import Published, open_published
from observatory.storage.switching import built_anew, remove_former
from observatory.web import build_site

RELEASES = ["labour_release", "land_release"]
LAND = "land_sites"


@dg.asset(
    deps=RELEASES,
    group_name="publication",
    kinds={"html"},
    owners=OWNERS,
    tags={"layer": "publication"},
)
def site(settings: RunSettings) -> dg.MaterializeResult[None]:
    """The web observatory of the current release: static pages under ``<home>/site``."""
    published = open_published(settings)
    folder = build_site(published)
    if read_tombstones(settings):  # the pages before may tell of who has left
        remove_former(settings.home)
    files = [path for path in folder.rglob("*") if path.is_file()]
    return dg.MaterializeResult(
        metadata={
            "index": dg.MetadataValue.path(folder / "index.html"),
            "pages": len([path for path in files if path.suffix == ".html"]),
            "megabytes": round(sum(path.stat().st_size for path in files) / 1e6, 1),
            **_preview(published),
        }
    )


@dg.asset(
    deps=["land_release"],
    group_name="publication",
    kinds={"gpkg"},
    owners=OWNERS,
    tags={"layer": "publication", "theme": "land"},
)
def map_export(settings: RunSettings) -> dg.MaterializeResult[None]:
    """All map layers of the current release as a GeoPackage with its QGIS project."""
    published = open_published(settings)
    written: list[Path] = []
    if published.has(LAND):
        layers = cut_layers(published, (), Cut())
        crs = next(iter(layers.values())).crs
        with built_anew(settings.home, f"exports/observatoire{published.suffix}") as folder:
            written = export(published, layers, "gpkg", folder, crs)
    return dg.MaterializeResult(
        metadata={"files": dg.MetadataValue.md("\n".join(f"- {path.name}" for path in written))}
    )


@dg.asset(
    deps=["land_release"],
    group_name="publication",
    kinds={"pdf"},
    owners=OWNERS,
    tags={"layer": "publication", "theme": "land"},
)
def land_atlas(settings: RunSettings) -> dg.MaterializeResult[None]:
    """The atlas of all communes of the territory as a PDF."""
    published = open_published(settings)
    if not published.has("land_commune_sheets"):
        return dg.MaterializeResult(metadata={"sheets": 0})
    path = settings.home / "atlas" / f"atlas-territoire{published.suffix}.pdf"
    sheets = write_atlas(published, path)
    return dg.MaterializeResult(
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
