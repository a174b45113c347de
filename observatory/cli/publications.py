"""Commands that make what people open: the site, exports, the atlas."""

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING

import click

from observatory.cli.completion import complete_communes, complete_tables
from observatory.cli.output import Command
from observatory.cli.places import find_place
from observatory.cli.ports import LOOPBACK, listen
from observatory.cli.working import HomeCommand
from observatory.errors import InputError

if TYPE_CHECKING:
    from starlette.applications import Starlette


@click.group()
def site() -> None:
    """The web observatory."""


@site.command(cls=HomeCommand, epilog="observatory site build")
def build() -> None:
    """Make the site from the current release; it needs no server of its own."""
    from observatory.release.published import open_published
    from observatory.settings import load_settings
    from observatory.web import build_site

    click.echo(f"{build_site(open_published(load_settings()))}/index.html")


@click.command(cls=Command, epilog="observatory serve --port 8000")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
def serve(port: int) -> None:
    """Show the site on this machine; browsers refuse maps opened as files."""
    import uvicorn

    from observatory.settings import load_settings
    from observatory.web import SITE_FOLDER

    folder = load_settings().home / SITE_FOLDER
    if not (folder / "index.html").exists():
        msg = "No site in this home: run `observatory site build` first."
        raise InputError(msg)
    app = serve_folder(folder)
    # ^C is how a reader ends it
    with listen(port) as listener, contextlib.suppress(KeyboardInterrupt):
        click.echo(f"http://{LOOPBACK}:{port}")
        uvicorn.Server(uvicorn.Config(app, log_level="warning")).run(sockets=[listener])


def serve_folder(folder: Path) -> "Starlette":
    """The site as a server has it: its page 404.html answers where there is nothing."""
    from starlette.applications import Starlette
    from starlette.routing import Mount
    from starlette.staticfiles import StaticFiles

    return Starlette(routes=[Mount("/", StaticFiles(directory=folder, html=True))])


@click.command(
    cls=HomeCommand, epilog="observatory export land_units --commune 13039 --to martigues"
)
@click.argument("layers", nargs=-1, shell_complete=complete_tables)
@click.option("--to", "folder", required=True, type=click.Path(path_type=Path, file_okay=False))
@click.option(
    "--format",
    "form",
    default="gpkg",
    show_default=True,
    type=click.Choice(["gpkg", "geojson", "fgb", "parquet", "shp", "csv", "xlsx"]),
)
@click.option(
    "--commune",
    "communes",
    multiple=True,
    help="Insee code or name; may be given again.",
    shell_complete=complete_communes,
)
@click.option("--epci", help="SIREN or name of an EPCI.")
@click.option("--site", help="Identifier or name of a site (land_sites).")
@click.option(
    "--polygon", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="A drawn file."
)
@click.option("--box", "sides", help="west,south,east,north in degrees.")
@click.option("--crs", help="EPSG code; by default that of the release (EPSG:2154, or overseas).")
def export(
    layers: tuple[str, ...],
    folder: Path,
    form: str,
    communes: tuple[str, ...],
    epci: str | None,
    site: str | None,
    polygon: Path | None,
    sides: str | None,
    crs: str | None,
) -> None:
    """Write LAYERS of the current release (default: all) into a folder of their own.

    labour_offers_and_candidates, alone and as xlsx, is the list of occupations by département.
    """
    from observatory.maps import exports
    from observatory.release.published import open_published
    from observatory.release.volume_workbook import TABLE
    from observatory.settings import load_settings
    from observatory.storage.leftovers import filled_at_once

    if polygon and sides:
        msg = "--polygon and --box: give one or the other."
        raise InputError(msg)
    if folder.exists() and any(folder.iterdir()):
        msg = f"--to {folder}: the folder holds files already; give another."
        raise InputError(msg)
    if TABLE in layers:
        _export_list(layers, folder, form, is_cut=any((communes, epci, site, polygon, sides)))
        return
    asked = exports.read_crs(crs) if crs else None
    area = exports.read_area(polygon) if polygon else _box(sides)
    settings = load_settings()
    published = open_published(settings)
    cut = exports.Cut(
        communes=tuple(find_place(published, "commune", name) or name for name in communes),
        epci=find_place(published, "epci", epci),
        site=find_place(published, "site", site),
        area=area,
    )
    found = exports.cut_layers(published, layers, cut)
    if published.notice:
        click.echo(published.notice)
    with filled_at_once(settings.home, folder) as fresh:
        wanted = asked or next(iter(found.values())).crs
        written = exports.export(published, found, form, fresh, wanted)  # type: ignore[arg-type]
    for path in written:
        click.echo(str(folder / path.name))
    for name in sorted(set(layers) - set(found)):
        click.echo(f"{name}: nothing there, left out.")


def _export_list(layers: tuple[str, ...], folder: Path, form: str, *, is_cut: bool) -> None:
    """Write the list of offers beside job seekers, which is a workbook and no layer."""
    from observatory.release.published import open_published
    from observatory.release.volume_workbook import TABLE, write_volume_workbook
    from observatory.settings import load_settings
    from observatory.storage.leftovers import filled_at_once

    if len(layers) > 1 or form != "xlsx" or is_cut:
        msg = (
            f"{TABLE} is no layer of a map: ask for it alone, with --format xlsx, and without a "
            "cut: it has two sheets a département."
        )
        raise InputError(msg)
    settings = load_settings()
    published = open_published(settings)
    if published.notice:
        click.echo(published.notice)
    with filled_at_once(settings.home, folder) as fresh:
        written = write_volume_workbook(published, fresh)
        if written is None:
            msg = (
                f"{TABLE} is empty in the current release: hand over or fetch "
                "france_travail/labour_market and run again."
            )
            raise InputError(msg)
    click.echo(str(folder / written.name))


def _box(sides: str | None) -> object:
    from observatory.maps.exports import make_box

    if sides is None:
        return None
    try:
        west, south, east, north = (float(side) for side in sides.split(","))
    except ValueError:
        msg = f"--box {sides!r}: expected four numbers, west,south,east,north in degrees."
        raise InputError(msg) from None
    return make_box(west, south, east, north)


@click.command(cls=HomeCommand, epilog="observatory atlas --epci 200054807 --to atlas.pdf")
@click.option("--epci", help="SIREN or name of an EPCI: a page for each of its communes.")
@click.option(
    "--commune",
    help="Insee code or name of a commune: its page, and one for each of its sites.",
    shell_complete=complete_communes,
)
@click.option("--parks/--no-parks", default=None, help="Whether each site has a page.")
@click.option("--paper", type=click.Choice(["a4", "a3"]), default="a4", show_default=True)
@click.option(
    "--to",
    "target",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The file (default: in the home's atlas folder).",
)
def atlas(
    epci: str | None, commune: str | None, parks: bool | None, paper: str, target: Path | None
) -> None:
    """Write the atlas of economic land as a PDF (default: all communes of the territory)."""
    from observatory.maps.atlas import write_atlas
    from observatory.release.published import open_published
    from observatory.settings import load_settings

    if epci and commune:
        msg = "--epci and --commune: give one or the other."
        raise InputError(msg)
    settings = load_settings()
    published = open_published(settings)
    epci, commune = find_place(published, "epci", epci), find_place(published, "commune", commune)
    place = commune or epci or settings.territory.replace(",", "-")
    path = target or settings.home / "atlas" / f"atlas-{place}{published.suffix}.pdf"
    maps = write_atlas(
        published,
        path,
        epci=epci,
        commune=commune,
        with_parks=bool(commune) if parks is None else parks,
        paper=paper,  # type: ignore[arg-type]
    )
    if published.notice:
        click.echo(published.notice)
    click.echo(f"{path} (sheets of {maps} communes)")
