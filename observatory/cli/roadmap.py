"""Commands on the roadmap: its values in the State's formats, out and in."""

from pathlib import Path

import click

from observatory.cli.output import Command, grid
from observatory.cli.working import HomeCommand
from observatory.errors import InputError

PILOTE_FILE = "pilote-import"


@click.group()
def roadmap() -> None:
    """The roadmap in the formats of PILOTE and of the Baromètre."""


@roadmap.command(cls=HomeCommand, epilog="observatory roadmap export --to feuille-de-route")
@click.option("--to", "folder", required=True, type=click.Path(path_type=Path, file_okay=False))
def export(folder: Path) -> None:
    """Write initial, current and target values in PILOTE's import format, and each series.

    The format knows no EPCI: indicators of one are left out, and named; so are values that are
    known by bounds alone.
    """
    from observatory.release.published import open_published
    from observatory.roadmap.barometre import write_series
    from observatory.roadmap.pilote import count_bounded, records_of, write_file
    from observatory.settings import load_settings

    published = open_published(load_settings())
    if not published.has("roadmap_kpis"):
        msg = "The current release has no roadmap: run `observatory run` first."
        raise InputError(msg)
    if folder.exists() and any(folder.iterdir()):
        msg = f"--to {folder}: the folder holds files already; give another."
        raise InputError(msg)
    codes = published.table("roadmap_indicators").select("kpi_code", "pilote_code").rows()
    current = published.table("roadmap_kpis").to_dicts()
    records, left_out = records_of(current, dict(codes))
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{PILOTE_FILE}{published.suffix}.csv"
    write_file(path, records)
    click.echo(f"{path}: {len(records)} values")
    if left_out:
        click.echo(f"Left out, of an EPCI, which the format does not know: {', '.join(left_out)}.")
    if bounded := count_bounded(current):
        click.echo(
            f"Left out, known by bounds alone, which the format does not know: {bounded} values."
        )
    if published.has("roadmap_barometre_series"):
        series = published.table("roadmap_barometre_series")
        for (code,), rows in series.group_by("pilote_code", maintain_order=True):
            path = folder / f"barometre-{str(code).lower()}{published.suffix}.csv"
            write_series(path, rows.sort("source_line"))
            click.echo(f"{path}: {rows.height} rows")


@roadmap.command(cls=HomeCommand, epilog="observatory roadmap sheets --to feuille-de-route.pdf")
@click.option(
    "--to",
    "target",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The file (default: in the home's feuille-de-route folder).",
)
def sheets(target: Path | None) -> None:
    """Write the sheets as a PDF: the whole, then a page for each priority."""
    from observatory.release.published import open_published
    from observatory.settings import load_settings
    from observatory.web.roadmap_sheets import write_sheets

    settings = load_settings()
    published = open_published(settings)
    default = settings.home / "feuille-de-route" / f"feuille-de-route{published.suffix}.pdf"
    count = write_sheets(published, target or default)
    if published.notice:
        click.echo(published.notice)
    click.echo(f"{target or default} ({count} sheets)")


@roadmap.command(cls=Command, epilog="observatory roadmap read pilote-import.csv")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
def read(file: Path) -> None:
    """Check FILE against PILOTE's import format and show what it says.

    To have it computed with, hand it over: observatory archive add chamber/declared_values FILE.
    """
    from assets.roadmap.register import register_of
    from observatory.roadmap.pilote import read_file
    from observatory.settings import load_settings

    records = read_file(file)
    register = register_of(load_settings())
    titles = {kpi.indicator: kpi.title for kpi in register.kpis} if register else {}
    header = ("indicator", "title", "zone", "date", "type", "value")
    rows = [
        (r.indicator, titles.get(r.indicator), r.zone, r.date, r.type, r.value) for r in records
    ]
    grid(header, rows)
    if unknown := sorted({r.indicator for r in records} - set(titles)):
        click.echo(f"Not in the register: {', '.join(unknown)}.")
