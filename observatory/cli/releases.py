"""Commands on releases: list, show, compare, accept, restore, prune."""

from typing import TYPE_CHECKING

import click

from observatory.cli.output import Command, grid
from observatory.cli.working import HomeCommand, begin_beside
from observatory.errors import DamagedFileError, InputError

if TYPE_CHECKING:
    from observatory.metadata.manifest import ReleasedTable
    from observatory.settings import Settings


@click.group()
def releases() -> None:
    """Releases kept in this home; each can be shown, compared and restored.

    A release is named by the beginning of its name, by “current” or by “previous”.
    """


@releases.command("list", cls=Command, epilog="observatory releases list")
def list_releases() -> None:
    """List the releases, newest first, and the drafts that are held back."""
    from observatory.release import current_folder
    from observatory.release.forgetting import read_tombstones
    from observatory.release.history import read_manifests
    from observatory.release.holding import held_drafts

    settings, current = _settings(), None
    try:
        current = current_folder(settings)
    except DamagedFileError as error:  # what is kept is listed all the same
        click.echo(str(error), err=True)
    rows = [
        (
            "→" if current is not None and m.release_id == current.name else "",
            m.release_id,
            m.theme,
            m.territory,
            len(m.tables),
            f"{sum(t.row_count for t in m.tables):,}",
            m.warning_count,
            m.restored_from or "",
        )
        for m in reversed(read_manifests(settings))
    ]
    for draft, since in held_drafts(settings).items():
        click.echo(f"Held back since {since}: {draft}.")
    if not rows:
        click.echo("Nothing has been released yet: run `observatory run` first.")
        return
    header = ("current", "release", "theme", "territory", "tables", "rows", "warnings")
    grid([*header, "restored from"], rows)
    for stone in read_tombstones(settings).values():
        click.echo(f"Taken away on {stone.removed_at}: {stone.release_id}, {stone.because}.")


@releases.command(cls=Command, epilog="observatory releases show current")
@click.argument("release", default="current")
def show(release: str) -> None:
    """What a release holds: tables, files read, corrections, warnings."""
    from observatory.release.history import find
    from observatory.release.manifest import read_manifest

    manifest = read_manifest(find(_settings(), release))
    notice = f" ({manifest.notice.upper()})" if manifest.notice else ""
    click.echo(f"Release {manifest.release_id}{notice}, {manifest.released_at}")
    click.echo(f"Territory {manifest.territory}, code {manifest.code_version}")
    if manifest.restored_from:
        click.echo(f"Restored from {manifest.restored_from}")
    grid(
        ["table", "rows", "withheld", "licence", "released in", "checks", "warnings"],
        [_table_row(t, manifest.release_id) for t in manifest.tables],
    )
    click.echo("\nFiles read:")
    grid(
        ["source", "vintage", "file", "sha256", "archived"],
        [(i.source, i.vintage, i.file, i.sha256[:12], i.archived_at) for i in manifest.inputs],
    )
    for correction in manifest.corrections:
        click.echo(
            f"Corrected: {correction.source_key}, line {correction.source_line}, "
            f"{correction.column}: {correction.value} → {correction.replacement}; "
            f"{correction.note} ({correction.evidence}; until {correction.until})"
        )
    for name, absent in manifest.left_out.items():
        click.echo(f"Left out: {name} (no file for {', '.join(absent)})")
    for name, reason in manifest.not_carried.items():
        click.echo(f"Not carried over: {name}: {reason}")
    for name, lines in manifest.changes_beyond_bounds.items():
        click.echo(f"Changed beyond the stated bounds: {name}: {'; '.join(lines)}")


def _table_row(table: "ReleasedTable", release_id: str) -> tuple[object, ...]:
    own = "this one" if table.released_in == release_id else table.released_in
    return (
        table.name,
        f"{table.row_count:,}",
        table.withheld_row_count or "",
        table.licence,
        own,
        len(table.checks),
        ", ".join(table.warnings) or "–",
    )


@releases.command(cls=Command, epilog="observatory releases diff draft current")
@click.argument("before")
@click.argument("after", default="current")
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "html", "markdown", "json"]),
    default="table",
    help="A page (html) and data go to standard output.",
)
def diff(before: str, after: str, form: str) -> None:
    """What changed, and what is unusual in it: rows by key, anomalies by column, schemas.

    “draft” stands for what the drafts of this home would change, were they released now.
    """
    from observatory.cli.comparing import compare_drafts, compare_releases, write_text
    from observatory.release.reporting import as_html, as_json, as_markdown

    both = (before, after)
    if "draft" in both and {*both} - {"draft", "current"}:
        msg = "A draft is compared with the current release: observatory releases diff draft."
        raise InputError(msg)
    compared = compare_drafts if "draft" in both else compare_releases
    changes, old, new, around = compared(_settings(), *both)
    write = {"html": as_html, "markdown": as_markdown, "json": as_json}.get(form)
    if write is None:
        write_text(changes, old, new, around)
    else:
        click.echo(write(changes, old, new, around=around))


@releases.command(cls=HomeCommand, epilog="observatory releases accept labour-1f0c2b9a7d")
@click.argument("drafts", nargs=-1, required=True)
def accept(drafts: tuple[str, ...]) -> None:
    """Publish drafts that are held back (OBSERVATORY_HOLD_RELEASES), just as they were shown."""
    begin_beside()
    from observatory.cli.running import run_releases
    from observatory.release.holding import accept_draft

    settings = _settings()
    themes = {accept_draft(settings, draft) for draft in drafts}
    raise SystemExit(run_releases(themes))


@releases.command(cls=HomeCommand, epilog="observatory releases drop labour-1f0c2b9a7d")
@click.argument("drafts", nargs=-1, required=True)
def drop(drafts: tuple[str, ...]) -> None:
    """Have drafts that are held back wait no more: they are not published."""
    from observatory.release.holding import drop_draft

    for draft in drafts:
        drop_draft(_settings(), draft)
        click.echo(f"{draft} is not published; the last release stays.")


@releases.command(cls=HomeCommand, epilog="observatory releases restore previous")
@click.argument("release")
def restore(release: str) -> None:
    """Publish the content of an earlier release again, under today's diffusion status."""
    from assets.catalogue import TABLES
    from observatory.release.history import find
    from observatory.release.publishing import restore as publish_again
    from sources import CARDS

    settings = _settings()
    manifest = publish_again(settings, find(settings, release), CARDS, TABLES)
    withheld = sum(t.withheld_row_count for t in manifest.tables)
    click.echo(f"Release {manifest.release_id} has the content of {manifest.restored_from}.")
    if withheld:
        click.echo(f"{withheld} rows are withheld under today's diffusion status.")


@releases.command(cls=HomeCommand, epilog="observatory releases prune --keep 5")
@click.option("--keep", type=click.IntRange(min=1), required=True, help="How many newest to keep.")
def prune(keep: int) -> None:
    """Remove old releases, files and database alike; the current one always stays."""
    from observatory.release.history import prune as remove_old

    removed = remove_old(_settings(), keep)
    for name in removed:
        click.echo(f"Removed {name}")
    click.echo(f"{len(removed)} releases removed.")


@releases.command(cls=Command, epilog="observatory releases forget")
def forget() -> None:
    """Take away what releases hold of somebody who may not be told of any more.

    Where the current release holds something, it is made again without them and published, and
    with it go the kept releases that do. Put who objects to the observatory itself into
    withheld.csv first. The sensor of the hourly erasure does the same.
    """
    from observatory.release.history import forget as forget_withheld

    removed, must_renew = forget_withheld(_settings())
    for name in removed:
        click.echo(f"Taken away: {name}")
    if must_renew:
        _renew()
    elif not removed:
        click.echo("No release holds anybody who is withheld today.")


def _renew() -> None:
    """Make the current release again; where that fails, publish it without what counts them."""
    from assets.catalogue import TABLES

    begin_beside()
    from observatory.cli.running import run_without_withheld
    from observatory.release.history import find
    from observatory.release.published import open_published
    from observatory.release.publishing import restore as publish_again
    from observatory.storage.switching import remove_former
    from observatory.web import build_site
    from sources import CARDS

    if not run_without_withheld():
        return
    settings = _settings()
    manifest = publish_again(settings, find(settings, "current"), CARDS, TABLES)
    click.echo(f"Release {manifest.release_id} was published without what counts them:")
    for name, reason in manifest.not_carried.items():
        click.echo(f"{name}: {reason}")
    build_site(open_published(settings))
    remove_former(settings.home)
    click.echo("The site is without them too. `observatory run` makes those tables again.")
    raise SystemExit(1)


def _settings() -> "Settings":
    from observatory.settings import load_settings

    return load_settings()
