"""Commands about producers: fetch now, and what needs somebody."""

import datetime as dt

import click
from rich.console import Console
from rich.table import Table as Grid
from rich.text import Text

from observatory.cli.output import Command
from observatory.errors import InputError

HOSTS_SECONDS = (5, 10)
DONE, SOMETHING_TO_DO = 0, 1


@click.command(cls=Command, epilog="observatory fetch france_travail/bmo insee/sirene_stock")
@click.argument("sources", nargs=-1)
def fetch(sources: tuple[str, ...]) -> None:
    """Fetch SOURCES from their producers now (default: all that have an address)."""
    import dagster as dg

    from assets.watch import FOLDED
    from observatory.cli.territory import require_territory
    from observatory.definitions import definitions
    from observatory.home import prepare_home, relax_history
    from observatory.settings import load_settings
    from observatory.storage.attempts import Attempts
    from sources import CARDS, card

    settings = load_settings()
    if settings.input != "live":
        msg = (
            f"OBSERVATORY_INPUT={settings.input}: producers are asked with OBSERVATORY_INPUT=live."
        )
        raise InputError(msg)
    asked = [card(key) for key in sources] or [c for c in CARDS.values() if c.address]
    for each in asked:
        each.require_address()
    require_territory(settings)
    prepare_home(settings)
    relax_history(settings)
    console = Console(markup=False, soft_wrap=True)
    job = definitions(settings).resolve_job_def("everything")
    # what is erased after a day is folded into the ledger at once
    steps = FOLDED if any(each.cadence == "daily" for each in asked) else []
    with dg.DagsterInstance.get() as instance, console.status(f"Asking for {len(asked)} sources…"):
        job.execute_in_process(
            instance=instance,
            raise_on_error=False,
            asset_selection=[dg.AssetKey(n) for n in (*(c.identifier for c in asked), *steps)],
            run_config={"loggers": {"console": {"config": {"log_level": "ERROR"}}}},
        )
    attempts, bad = Attempts(settings), False
    for each in asked:
        for attempt in attempts.of(each.key).values():
            bad |= attempt.outcome == "failed"
            message = (attempt.message or "").removeprefix(f"{each.key}: ")
            told = f": {message}" if message else ""
            console.print(Text(f"{each.key} {attempt.part}".strip() + f" {attempt.outcome}{told}"))
    raise SystemExit(SOMETHING_TO_DO if bad else DONE)


@click.command(cls=Command, epilog="observatory doctor --reach")
@click.option("--reach", is_flag=True, help="Ask each producer's host whether it answers.")
def doctor(*, reach: bool) -> None:
    """Say what is configured, failing, late or missing, and what to do; erase what is due."""
    from observatory.settings import load_settings
    from observatory.storage.archive import Archive
    from observatory.storage.erasure import erase_due
    from observatory.storage.overdue import findings
    from sources import CARDS
    from sources.france_travail.client import has_credentials

    settings = load_settings()
    console = Console(markup=False, soft_wrap=True)
    archive = Archive(settings.archive)
    erased = erase_due(settings, CARDS, dt.datetime.now(dt.UTC))
    had = [c for c in CARDS.values() if archive.latest(c, sample=settings.is_sample)]
    grid = Grid(box=None, show_header=False, pad_edge=False)
    for name, value in (
        ("home", str(settings.home)),
        ("input", settings.input),
        ("territory", settings.territory),
        ("database", "set" if settings.database_url else "not set: releases are files and SQLite"),
        ("France Travail", "credentials set" if has_credentials(settings) else "no credentials"),
        ("told of failures", "set" if settings.notify else "nobody: set OBSERVATORY_NOTIFY"),
        ("sources archived", f"{len(had)} of {len(CARDS)}"),
        ("erased now", ", ".join(erased) or "nothing was due"),
        ("archive", "; ".join(archive.verify()) or "as it was kept"),
        (
            "current release",
            settings.current.resolve().name if settings.current.exists() else "none",
        ),
    ):
        grid.add_row(name, value)
    console.print(grid)
    found = findings(settings, CARDS)
    for finding in (f for f in found if f.kind != "absent"):
        console.print(Text(f"{finding.kind.replace('_', ' ')}: {finding.line}"))
    if absent := [f.source for f in found if f.kind == "absent"]:
        console.print(Text(f"nothing archived (observatory archive add): {', '.join(absent)}"))
    silent = _silent_hosts() if reach else []
    for line in silent:
        console.print(Text(line))
    urgent = [f for f in found if f.kind in {"failing", "gone", "late"}]
    if not urgent and not silent:
        console.print("Nothing fails and nothing is late.")
    raise SystemExit(SOMETHING_TO_DO if urgent or silent else DONE)


def _silent_hosts() -> list[str]:
    """Hosts of cards that do not answer at all; any status is an answer."""
    import requests

    from sources import CARDS
    from sources.web import host_of, open_web

    urls = {host_of(c.address.url): c.address.url for c in CARDS.values() if c.address}
    silent = []
    with open_web() as web:
        web.mount("https://", requests.adapters.HTTPAdapter())
        for host, url in sorted(urls.items()):
            try:
                web.head(url.partition("{")[0], timeout=HOSTS_SECONDS, allow_redirects=False)
            except requests.RequestException as error:
                silent.append(f"unreachable: {host} ({type(error).__name__})")
    return silent
