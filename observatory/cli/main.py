"""The command line: run, hand files over, read what was released.

Nothing slow is imported before a command needs it, so that help is instant.
"""

import sys

if __name__ == "__main__":  # before the imports: a signal ends these in one line too
    from observatory.cli.stopping import main

    main()
    sys.exit()

import io
import os
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import click

from observatory.cli.completion import complete_sources, complete_tables
from observatory.cli.crossing import whatif
from observatory.cli.init import init
from observatory.cli.labour import bridge
from observatory.cli.land import deliver, inventory, sheet, truth
from observatory.cli.output import Command, grid, paragraph
from observatory.cli.parts import ground, merge, part, plan
from observatory.cli.ports import LOOPBACK, listen
from observatory.cli.publications import atlas, export, serve, site
from observatory.cli.publishing import publish
from observatory.cli.releases import releases
from observatory.cli.roadmap import roadmap
from observatory.cli.sources import doctor, fetch
from observatory.cli.stopping import main  # the program, by its former address
from observatory.cli.working import HomeCommand, begin_beside, close_runs
from observatory.errors import BlockedReleaseError, ObservatoryError, did_you_mean

if TYPE_CHECKING:
    from observatory.metadata.tables import Table
    from observatory.storage.archive import Entry

BLOCKED, MISTAKE = 1, 2
GRACE = 1.0


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="observatory")
def cli() -> None:
    """Observatory of in-demand jobs and economic land.

    State lives under OBSERVATORY_HOME (default ./var).
    """


cli.add_command(releases)
for command in (
    init,
    plan,
    ground,
    part,
    merge,
    bridge,
    whatif,
    sheet,
    deliver,
    inventory,
    truth,
    fetch,
    doctor,
    site,
    serve,
    export,
    atlas,
    publish,
    roadmap,
):
    cli.add_command(command)


@cli.command(cls=HomeCommand, epilog="observatory run --theme labour --input sample")
@click.option(
    "--theme", type=click.Choice(["labour", "land"]), help="One theme only (default: all)."
)
@click.option(
    "--input",
    "source",
    type=click.Choice(["sample", "archive", "live"]),
    help="Where the bytes come from (default: OBSERVATORY_INPUT, else sample).",
)
@click.option("--fresh", is_flag=True, help="Make everything again, unchanged or not.")
def run(theme: str | None, source: str | None, *, fresh: bool) -> None:
    """Make, check and release the tables: what has changed, and what follows from it.

    Exit status: 0 released, 1 stopped by a blocking check, 2 a mistake in a file or setting,
    3 a fault of the program.
    """
    if source:
        os.environ["OBSERVATORY_INPUT"] = source
    begin_beside()
    from observatory.cli.running import run_and_report

    raise SystemExit(run_and_report(theme, fresh=fresh))


@cli.command(cls=Command, epilog="observatory ui --port 3000")
@click.option(
    "--port",
    default=3000,
    show_default=True,
    type=click.IntRange(1, 65535),
    help="Port on the loopback address.",
)
def ui(port: int) -> None:
    """Open the Dagster UI on this home (telemetry off)."""
    from observatory.home import prepare_home
    from observatory.settings import load_settings

    settings = load_settings()
    # taken and given back: Dagster would say that it is in use after its address
    listen(port).close()
    prepare_home(settings)
    close_runs(say=click.echo)
    os.environ["OBSERVATORY_HOME"] = str(settings.home)
    dagster = str(Path(sys.executable).with_name("dagster"))
    workspace = Path(__file__).parents[2] / "workspace.yaml"
    command = [dagster, "dev", "-w", str(workspace), "-h", LOOPBACK, "-p", str(port)]
    os.execv(dagster, command)  # noqa: S606


@cli.group()
def archive() -> None:
    """Producers' files kept under their hash; a run reads nothing else."""


@archive.command(
    cls=HomeCommand,
    epilog="observatory archive add france_travail/bmo BMO_2024.xlsx --vintage 2024",
)
@click.argument("source", shell_complete=complete_sources)
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--vintage", help="Edition of the file (default: the year, or day, in its name).")
def add(source: str, file: Path, vintage: str | None) -> None:
    """Hand a file over under a source key."""
    from observatory.home import require_world
    from observatory.settings import load_settings
    from observatory.storage.archive import Archive
    from sources import card
    from sources.addresses import vintage_of
    from sources.providing import require_readable

    settings = load_settings()
    require_readable(card(source), file)
    vintage = vintage_of(card(source), file.name, vintage, settings)
    require_world(settings, "real")
    kept = Archive(settings.archive)
    before = kept.latest(card(source), sample=False)
    entry = kept.add(
        card(source),
        file,
        vintage=vintage,
        origin="handed_over",
    )
    click.echo(f"{entry.source} {entry.vintage}: {entry.file_name} kept as {entry.sha256[:12]}")
    after = kept.latest(card(source), sample=False)
    for old in (e for e in before if e not in after):
        click.echo(f"It is read in place of {old.file_name} ({old.vintage}).")
    if card(source).vintages == "parts" and "." not in entry.vintage:
        click.echo(
            "It is taken for the whole territory. If it is of a département or a commune, hand it "
            f"over as that part: --vintage {entry.vintage}.13"
        )


@archive.command(
    cls=HomeCommand,
    epilog="observatory archive withdraw france_travail/bmo 2024 --because 'wrong file'",
)
@click.argument("source", shell_complete=complete_sources)
@click.argument("vintage")
@click.option("--because", required=True, help="Why; kept in the index.")
def withdraw(source: str, vintage: str, because: str) -> None:
    """Stop reading the newest file of a vintage; the one before answers again."""
    from observatory.settings import load_settings
    from observatory.storage.archive import Archive
    from sources import card

    entry = Archive(load_settings().archive).withdraw(card(source), vintage, because)
    click.echo(f"{entry.source} {entry.vintage}: {entry.file_name} is not read any more")


@archive.command("list", cls=Command, epilog="observatory archive list")
def list_entries() -> None:
    """List what is archived, tombstones included."""
    from observatory.settings import load_settings
    from observatory.storage.archive import Archive
    from sources import CARDS

    entries = Archive(load_settings().archive).entries()
    rows = [
        (e.source, e.vintage, e.origin, e.archived_at, f"{e.size:,}", e.sha256[:12], _state(e))
        for e in entries
    ]
    grid(["source", "vintage", "origin", "archived", "bytes", "sha256", "file"], rows)
    absent = sorted(set(CARDS) - {e.source for e in entries if e.erased_at is None})
    if absent:
        click.echo(f"Nothing archived for: {', '.join(absent)}")


@archive.command(cls=Command, epilog="observatory archive verify")
def verify() -> None:
    """Recompute every hash; tombstones are accepted. Exit status 1 if something is wrong."""
    from observatory.settings import load_settings
    from observatory.storage.archive import Archive

    kept = Archive(load_settings().archive)
    problems = kept.verify()
    for problem in problems:
        click.echo(problem, err=True)
    click.echo(f"{len(kept.entries())} entries, {len(problems)} problems")
    raise SystemExit(BLOCKED if problems else 0)


@cli.group()
def corrections() -> None:
    """Values known to be wrong, replaced for a reason that is published."""


@corrections.command(cls=Command, epilog="observatory corrections check var/corrections.csv")
@click.argument("file", type=click.Path(path_type=Path))
def check(file: Path) -> None:
    """Try a file of corrections on what is archived; nothing is changed."""
    from assets.ingestion import try_corrections
    from observatory.ingest.corrections import read_corrections
    from observatory.settings import load_settings
    from sources import CARDS

    settings = load_settings()
    listed = read_corrections(file, CARDS)
    applied = try_corrections(settings, listed, CARDS)
    grid(
        ["place", "source", "vintage", "column", "now", "becomes", "applies"],
        [
            (c.place, c.source, c.vintage, c.column, c.expected, c.corrected, applied[c.place])
            for c in listed
        ],
    )
    click.echo(f"{len(listed)} corrections are well formed.")


@cli.command(cls=Command, epilog="observatory tables")
def tables() -> None:
    """List the tables of the current release."""
    from observatory.release.manifest import read_manifest, require_current
    from observatory.settings import load_settings

    manifest = read_manifest(require_current(load_settings()))
    if manifest.notice:
        click.echo(manifest.notice.upper())
    grid(
        ["table", "rows", "title"],
        [(t.name, t.row_count, t.title) for t in manifest.tables],
    )
    licences = Counter(t.licence for t in manifest.tables)
    told = ", ".join(f"{licence} ({count})" for licence, count in licences.most_common())
    click.echo(f"Licences (see `observatory describe TABLE`): {told}")
    for name, absent in manifest.left_out.items():
        click.echo(f"Left out: {name} (no file for {', '.join(absent)})")


@cli.command(cls=Command, epilog="observatory describe labour_jobs_in_tension")
@click.argument("table", shell_complete=complete_tables)
def describe(table: str) -> None:
    """Grain, columns, units, sources, licence and caveats of a table."""
    from assets.catalogue import TABLES

    if table not in TABLES:
        near = did_you_mean(table, {name: name for name in TABLES})
        told = near or f" Known tables: {', '.join(TABLES)}."
        msg = f"Unknown table {table!r}.{told}"
        raise ObservatoryError(msg)
    _describe(TABLES[table])


@cli.command(
    cls=Command,
    epilog="observatory query 'SELECT count(*) FROM labour_jobs_in_tension' --format json",
)
@click.argument("sql")
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "csv", "json", "parquet"]),
    default="table",
    show_default=True,
)
@click.option(
    "--output", type=click.Path(path_type=Path), help="File to write instead of the screen."
)
@click.option(
    "--seconds",
    type=click.FloatRange(min=0.01, max=3600),
    default=60,
    show_default=True,
    help="Longest time the query may take.",
)
@click.option(
    "--rows",
    type=click.IntRange(min=1, max=10_000_000),
    default=1_000_000,
    show_default=True,
    help="Most rows the answer may have.",
)
def query(sql: str, form: str, output: Path | None, seconds: float, rows: int) -> None:
    """Run one SELECT on the current release, read-only."""
    from observatory.database.query import query as run_query
    from observatory.release import DATABASE
    from observatory.release.files import require_whole
    from observatory.release.forgetting import require_nobody_withheld
    from observatory.release.manifest import require_current
    from observatory.release.published import require_as_secret
    from observatory.settings import load_settings

    if not seconds > 0:
        msg = "--seconds: expected a number of seconds."
        raise ObservatoryError(msg)
    settings = load_settings()
    folder = require_current(settings)
    require_nobody_withheld(settings, folder)
    require_as_secret(settings, folder)
    database = require_whole(folder, DATABASE)
    _end_at(seconds + GRACE)
    frame = run_query(database, sql, seconds=seconds, most_rows=rows)
    if form == "table" and output is None:
        grid(frame.columns, frame.rows())
        return
    if form == "parquet":
        if output is None and sys.stdout.isatty():
            msg = "Parquet is not for the screen: say where with --output FILE."
            raise ObservatoryError(msg)
        content = io.BytesIO()
        frame.write_parquet(content)
        if output is None:
            sys.stdout.buffer.write(content.getvalue())
            sys.stdout.buffer.flush()
        else:
            output.write_bytes(content.getvalue())
    elif form == "json":
        _write(frame.write_json(), output)
    else:
        from observatory.metadata.cells import as_cells

        _write(as_cells(frame).write_csv(line_terminator="\r\n"), output)


def _end_at(seconds: float) -> None:
    """End this process then, whatever SQLite is busy with: it cannot be stopped in a function."""
    import threading

    def end() -> None:
        click.echo(f"The query took more than {seconds - GRACE:g} seconds: narrow it.", err=True)
        os._exit(MISTAKE)

    watchdog = threading.Timer(seconds, end)
    watchdog.daemon = True
    watchdog.start()


def _state(entry: "Entry") -> str:
    if entry.erased_at is not None:
        return f"{entry.file_name} (erased {entry.erased_at}: {entry.erased_because})"
    if entry.withdrawn_because is not None:
        return f"{entry.file_name} (withdrawn: {entry.withdrawn_because})"
    return entry.file_name


def _write(text: str, output: Path | None) -> None:
    if output is None:
        click.echo(text, nl=not text.endswith("\n"))
    else:
        output.write_text(text, "utf-8", newline="")


def _describe(table: "Table") -> None:
    told = [
        f"{table.name}: {table.title_fr} ({table.title_en})",
        f"Grain: {table.grain.en}. Key: {', '.join(table.key)}.",
        f"Period: {table.reference_period.en}.",
        f"Sources: {', '.join(table.sources) or 'none'}.",
        *(f"At least one of: {', '.join(group)}." for group in table.one_of_each),
        f"Optional sources: {', '.join(table.optional_sources) or 'none'}.",
        f"Licence: {table.licence}. Publication: {table.publish_level}.",
        f"Caveats: {', '.join(table.caveats) or 'none'}.",
        *([f"Geometry: {table.geometry_type}, {table.crs}."] if table.crs else []),
    ]
    for line in told:
        paragraph(line)
    for column in table.columns:
        unit = f", {column.unit.en}" if column.unit else ""
        null = column.null_means.en if column.null_means else "never"
        click.secho(f"{column.name}", bold=True, nl=False)
        click.echo(f"  ({column.kind}{unit})")
        paragraph(column.fr, "    ")
        paragraph(f"null: {null}", "    ")


def run_command_line() -> None:
    """Run the command line; a user's mistake is one message and exit status 2."""
    try:
        cli(standalone_mode=True)
    except BlockedReleaseError as error:
        click.echo(str(error), err=True)
        raise SystemExit(BLOCKED) from None
    except ObservatoryError as error:
        click.echo(str(error), err=True)
        raise SystemExit(MISTAKE) from None
    except UnicodeError as error:
        click.echo(f"The text cannot be read: {error}", err=True)
        raise SystemExit(MISTAKE) from None
    except MemoryError:
        click.echo("Not enough memory for this: ask for less.", err=True)
        raise SystemExit(MISTAKE) from None
    except BrokenPipeError:
        sys.stderr.close()
        raise SystemExit(0) from None
    except OSError as error:
        said = error.strerror or str(error)
        click.echo(f"{error.filename or ''}: {said}".lstrip(": "), err=True)
        raise SystemExit(MISTAKE) from None
