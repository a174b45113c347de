"""A run taken apart: what it would do, one département alone, and what is made of them all."""

import click

from observatory.cli.output import Command, paragraph
from observatory.cli.working import HomeCommand, begin_beside

THEME = click.option(
    "--theme", type=click.Choice(["labour", "land"]), help="One theme only (default: all)."
)
MEGA, TEN = 1e6, 10


@click.command(cls=Command, epilog="observatory plan --theme land")
@THEME
def plan(theme: str | None) -> None:
    """What a run would do and why, what is up to date, and what it took the last time."""
    from observatory.cli.running import planned_parts, ready

    settings = ready()
    every = [(part, each) for part, steps in planned_parts(settings, theme) for each in steps]
    begun = [(part, each) for part, each in every if each.why]
    reasons = dict.fromkeys(str(each.why) for _, each in begun)
    for why in reasons:
        click.secho(f"{why}:", bold=True)
        for part, each in begun:
            if str(each.why) == why:
                name = f"{part} {each.step.name}".strip()
                cost = f"{_number(each.seconds):>6} s {_number(each.megabytes):>6} MB"
                click.echo(f"  {name:<54} {cost}")
    new = sum(each.seconds is None for _, each in begun)
    kept = sum(path.stat().st_size for path in settings.work.rglob("*") if path.is_file())
    paragraph(
        f"{len(begun)} steps would begin, {len(every) - len(begun)} are up to date. By earlier "
        f"runs: {sum(each.seconds or 0 for _, each in begun):.0f} s, at most "
        f"{max((each.megabytes or 0 for _, each in begun), default=0):,.0f} MB of memory"
        f"{f', and {new} steps that were never measured' if new else ''}; "
        f"the frames that are kept take {kept / MEGA:,.0f} MB of disk."
    )


def _number(value: float | None) -> str:
    return "?" if value is None else f"{value:,.1f}" if value < TEN else f"{value:,.0f}"


@click.command(cls=HomeCommand, epilog="observatory ground")
def ground() -> None:
    """Make what all départements rest on, and share it with the machines that make them.

    It goes to OBSERVATORY_STORE. Exit status as for `observatory run`.
    """
    begin_beside()
    from observatory.cli.running import run_ground_alone

    raise SystemExit(run_ground_alone())


@click.command(cls=HomeCommand, epilog="observatory part 13")
@click.argument("department")
def part(department: str) -> None:
    """Make what is made of one département, on this machine; unchanged, nothing.

    Several may be made at once, by machines that share OBSERVATORY_STORE; `observatory merge`
    makes the release of them all. Exit status as for `observatory run`.
    """
    begin_beside()
    from observatory.cli.running import run_part

    raise SystemExit(run_part(department))


@click.command(cls=HomeCommand, epilog="observatory merge")
@THEME
def merge(theme: str | None) -> None:
    """Make the release from what was made of each département; none is made again here.

    Exit status as for `observatory run`.
    """
    begin_beside()
    from observatory.cli.running import run_merge

    raise SystemExit(run_merge(theme))
