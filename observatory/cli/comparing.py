"""Two releases side by side, or what the drafts would change, told on the terminal."""

from collections.abc import Mapping, Sequence
from typing import TypeAlias

import click

from assets.release import THEMES, Theme
from observatory.cli.output import paragraph
from observatory.disclosure.withholding import names_anyone, read_withheld_identifiers
from observatory.errors import BlockedReleaseError, InputError, NothingToReleaseError
from observatory.metadata.anomalies import RULES
from observatory.release import current_folder
from observatory.release.accepting import NOTHING_RELEASED
from observatory.release.carrying import read_versions
from observatory.release.comparison import NOBODY, TableChange, compare, compare_surroundings
from observatory.release.forgetting import require_nobody_withheld
from observatory.release.history import find_all
from observatory.release.manifest import read_manifest
from observatory.release.previewing import Preview
from observatory.settings import Settings
from observatory.storage.leftovers import at_work

Around: TypeAlias = Mapping[str, list[str]]
Compared: TypeAlias = tuple[Sequence[TableChange], str | None, str, Around]


def compare_releases(settings: Settings, before: str, after: str) -> Compared:
    """What changed from one release to the other, by their names."""
    old, new = find_all(settings, before, after)
    for folder in (old, new):
        require_nobody_withheld(settings, folder)
    was, now = read_versions(old), read_versions(new)
    naming = any(names_anyone(v.table) for v in (*was.values(), *now.values()))
    changes = compare(was, now, read_withheld_identifiers(settings) if naming else NOBODY)
    around = compare_surroundings(read_manifest(old), read_manifest(new))
    return changes, old.name, new.name, around


def compare_drafts(settings: Settings, *_: str) -> Compared:
    """What the drafts of all themes would change, were they released now."""
    with at_work(settings.home):
        looked_at = [_look(settings, theme) for theme in THEMES]
    previews = [found for found in looked_at if isinstance(found, Preview)]
    refused = [found for found in looked_at if isinstance(found, str)]
    for line in refused:
        click.echo(line, err=True)
    if refused and not previews:
        msg = "No draft can be compared: run `observatory run` first."
        raise InputError(msg)
    current = current_folder(settings)
    names = ", ".join(each.draft for each in previews) or "no draft says anything new"
    return _together(previews), current.name if current else None, names, _around(previews)


def _look(settings: Settings, theme: Theme) -> Preview | str | None:
    """What the drafts of a theme would change, or why they cannot be released."""
    try:
        return theme.preview(settings)
    except NothingToReleaseError:
        return None
    except (BlockedReleaseError, InputError) as error:
        first, *more = str(error).removeprefix(NOTHING_RELEASED).splitlines()
        told = f" (and {len(more)} more)" if more else ""
        return f"{theme.name}: {first.removeprefix('- ')}{told}"


def _together(previews: Sequence[Preview]) -> list[TableChange]:
    """Each table once: geography is released with each theme."""
    changes: dict[str, TableChange] = {}
    for change in (change for each in previews for change in each.changes):
        if change.name not in changes or changes[change.name].state == "same":
            changes[change.name] = change
    return [*changes.values()]


def _around(previews: Sequence[Preview]) -> Around:
    around: dict[str, list[str]] = {}
    for title, lines in (item for each in previews for item in each.around.items()):
        around[title] = [*around.get(title, []), *lines]
    return {title: list(dict.fromkeys(lines)) for title, lines in around.items()}


def write_text(
    changes: Sequence[TableChange], before: str | None, after: str, around: Around
) -> None:
    """Tell the changes on the terminal: what is unusual first."""
    paragraph(f"From {before or 'nothing'} to {after}")
    found = [(change, anomaly) for change in changes for anomaly in change.anomalies]
    click.secho(f"\nTo look at: {len(found)}", bold=True)
    for change, anomaly in found:
        click.echo(f"{change.name}.{anomaly.column}: {anomaly.count} rows")
        for told in (RULES[anomaly.rule].en, *anomaly.examples):
            paragraph(told, "  ")
    click.secho("\nTables", bold=True)
    moved = [c for c in changes if c.state != "same"]
    for c in moved:
        paragraph(
            f"{c.name}: {c.state}, {c.before:,} → {c.after:,} rows ({c.added:,} added, "
            f"{c.removed:,} removed, {c.changed:,} changed)"
        )
    click.echo(f"{len(changes) - len(moved)} tables are the same.")
    for line in [line for change in changes for line in _details(change)]:
        paragraph(line)
    for title, lines in around.items():
        click.secho(f"\n{title}", bold=True)
        for line in lines:
            paragraph(line)


def _details(change: TableChange) -> list[str]:
    """What goes beyond the bounds, of the columns, and the largest moves of a table."""
    lines = [*change.breaches, *change.schema]
    lines += [f"{m.column} {m.before:g} → {m.after:g} ({m.key})" for m in change.moves]
    return [f"{change.name}: {line}" for line in lines]
