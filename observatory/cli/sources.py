"""Commands about producers: fetch now, and what needs somebody."""

import datetime as dt
import os
import shutil
import textwrap
import warnings
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from observatory.cli.completion import complete_sources
from observatory.cli.output import CONTROL
from observatory.cli.working import HomeCommand, is_alone
from observatory.errors import InputError

if TYPE_CHECKING:
    from observatory.metadata.cards import Card
    from observatory.settings import Settings
    from observatory.storage.attempts import Attempts

HOSTS_SECONDS = (5, 10)
DONE, SOMETHING_TO_DO = 0, 1
LABEL, LEAST_TEXT = 18, 24
OUTCOMES = ("new", "unchanged", "not_asked", "failed")


@dataclass(frozen=True, kw_only=True)
class Told:
    """What became of one part of a source, or of what is made from it at once."""

    outcome: str
    name: str
    part: str
    message: str


@click.command(cls=HomeCommand, epilog="observatory fetch france_travail/bmo insee/sirene_stock")
@click.argument("sources", nargs=-1, shell_complete=complete_sources)
def fetch(sources: tuple[str, ...]) -> None:
    """Fetch SOURCES from their producers now (default: all that have an address).

    Exit status: 0 all came or had not changed, 1 a part failed, 2 a mistake in a setting.
    """
    from observatory.cli.territory import require_territory
    from observatory.home import prepare_home, require_world
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
    require_world(settings)
    prepare_home(settings)
    result = _ask(asked, settings)
    told = [*_told(asked, Attempts(settings)), *_failed_steps(asked, result)]
    _tell(told)
    raise SystemExit(SOMETHING_TO_DO if any(t.outcome == "failed" for t in told) else DONE)


def _ask(asked: "list[Card]", settings: "Settings") -> Any:
    """Run the steps that ask for ``asked``; what was wrong with them is told by the caller."""
    import dagster as dg
    from rich.console import Console

    from assets.watch import FOLDED
    from observatory.cli.running import one_run
    from observatory.definitions import definitions
    from observatory.pipeline.history import EMBEDDED

    job = definitions(settings).resolve_job_def("everything")
    # what is erased after a day is folded into the ledger at once
    steps = FOLDED if any(each.cadence == "daily" for each in asked) else []
    waiting = Console().status(f"Asking for {len(asked)} sources…")
    ours = one_run(settings, click.echo, alone=is_alone())
    with warnings.catch_warnings(), ours as instance, waiting:
        warnings.simplefilter("ignore")  # of libraries, to their developers
        return job.execute_in_process(
            instance=instance,
            raise_on_error=False,
            tags=EMBEDDED,
            asset_selection=[dg.AssetKey(n) for n in (*(c.identifier for c in asked), *steps)],
            run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
        )


def _told(asked: "list[Card]", attempts: "Attempts") -> Iterator[Told]:
    for each in asked:
        try:
            parts = attempts.of(each.key)
        except InputError:  # the step of the source has failed for that, and says it
            continue
        for attempt in parts.values():
            message = (attempt.message or "").removeprefix(f"{each.key}: ")
            yield Told(outcome=attempt.outcome, name=each.key, part=attempt.part, message=message)


def _failed_steps(asked: "list[Card]", result: Any) -> Iterator[Told]:
    """Steps, or the whole run, that ended before a source's attempt was recorded."""
    from observatory.cli.summary import MISTAKES, cause_of

    keys = {card.identifier: card.key for card in asked}
    steps = [e for e in result.all_events if e.event_type_value == "STEP_FAILURE"]
    run = [e for e in result.all_events if e.event_type_value == "PIPELINE_FAILURE"]
    for event in steps or run:
        kind, message = cause_of(event.event_specific_data.error)
        said = message if kind in MISTAKES else f"this program failed ({kind}: {message})"
        name = keys.get(str(event.step_key), event.step_key or "the run")
        yield Told(outcome="failed", name=name, part="", message=said)


def _tell(told: list[Told]) -> None:
    """Parts that share a source, an outcome and a reason in one paragraph; failures last."""
    groups: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for each in sorted(told, key=lambda t: OUTCOMES.index(t.outcome)):
        groups[each.outcome, each.name, each.message].append(each.part)
    for (outcome, name, message), parts in groups.items():
        _print(outcome.replace("_", " "), f"{name} {', '.join(parts)}".strip(), message)
    if failed := sum(t.outcome == "failed" for t in told):
        click.echo(f"{failed} of {len(told)} failed: what was archived before stays in use.")


def _print(label: str, *paragraphs: str) -> None:
    """A label, and beside it text that wraps to the screen; words are never cut."""
    width = max(shutil.get_terminal_size().columns - LABEL, LEAST_TEXT)
    for paragraph in paragraphs:
        plain = CONTROL.sub(" ", paragraph)
        for line in textwrap.wrap(plain, width, break_long_words=False, break_on_hyphens=False):
            click.echo(f"{label:<{LABEL}}{line}")
            label = ""


@click.command(cls=HomeCommand, epilog="observatory doctor --reach")
@click.option("--reach", is_flag=True, help="Ask each producer's host whether it answers.")
def doctor(*, reach: bool) -> None:
    """Say what is configured, failing, late or missing, and what to do; erase what is due."""
    from observatory.settings import load_settings
    from observatory.storage.overdue import findings
    from sources import CARDS

    settings = load_settings()
    broken = _describe(settings)
    _require_its_world(settings)
    found = findings(settings, CARDS)
    groups: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for finding in (f for f in found if f.kind != "absent"):
        groups[finding.kind, finding.source, finding.advice, finding.when].append(finding.part)
    for (kind, source, advice, when), parts in groups.items():
        click.echo()
        _print(kind.replace("_", " "), f"{source} {', '.join(parts)}".strip(), advice, when)
    if absent := [f.source for f in found if f.kind == "absent"]:
        click.echo()
        how = "" if settings.is_sample else " (`observatory archive add`)"
        some = "" if len(absent) == 1 else "s"
        _print("absent", f"{len(absent)} source{some} without a file{how}:", ", ".join(absent))
    click.echo()
    silent = _silent_hosts() if reach else []
    for line in silent:
        _print("unreachable", line)
    failing = len({f.source for f in found if f.kind in {"failing", "gone"}})
    late = len({f.source for f in found if f.kind == "late"})
    if failing or late:
        click.echo(f"Sources that fail: {failing}. Sources that are late: {late}.")
    elif not silent and not broken:
        click.echo("Nothing fails and nothing is late.")
    raise SystemExit(SOMETHING_TO_DO if failing or late or silent or broken else DONE)


def _require_its_world(settings: "Settings") -> None:
    """InputError where the home holds what the input does not read: nothing true could be said."""
    from observatory.home import WORLD, read_world

    mark = settings.home / WORLD
    if os.path.lexists(mark) and (world := read_world(mark)) != settings.world:
        wanted = "sample" if world == "sample" else "live or archive"
        msg = f"This home is read with OBSERVATORY_INPUT={wanted}, and it is {settings.input}."
        raise InputError(msg)


def _describe(settings: "Settings") -> list[str]:
    """Print what is configured and kept, and erase what is due; what is damaged is returned."""
    from observatory.release.history import find_damaged
    from observatory.storage.archive import Archive
    from observatory.storage.erasure import erase_due
    from sources import CARDS
    from sources.france_travail.client import has_credentials

    archive = Archive(settings.archive)
    erased = erase_due(settings, CARDS, dt.datetime.now(dt.UTC))
    had = [c for c in CARDS.values() if archive.latest(c, sample=settings.is_sample)]
    archived, (current, damaged) = archive.verify(), find_damaged(settings)
    for name, *value in (
        ("home", str(settings.home)),
        ("runs", _runs(settings)),
        ("input", settings.input),
        ("territory", settings.territory),
        ("database", "set" if settings.database_url else "not set: releases are files and SQLite"),
        ("France Travail", "credentials set" if has_credentials(settings) else "no credentials"),
        ("told of failures", "set" if settings.notify else "nobody: set OBSERVATORY_NOTIFY"),
        ("legal notices", _notices(settings)),
        ("sources archived", f"{len(had)} of {len(CARDS)}"),
        ("erased now", ", ".join(erased) or "nothing was due"),
        ("archive", *(archived or ["as it was kept"])),
        ("current release", current),
        ("releases", *(damaged or ["as they were released"])),
    ):
        _print(name, *value)
    return [*archived, *damaged]


def _notices(settings: "Settings") -> str:
    """Which settings of the site's legal pages are not filled in."""
    from observatory.web.legal import list_missing_notices

    missing = [f"OBSERVATORY_{name.upper()}" for name in list_missing_notices(settings)]
    if not missing:
        return "filled in"
    return f"not filled in, and the site's pages say so: set {', '.join(missing)}"


def _runs(settings: "Settings") -> str:
    """What Dagster's history holds of runs that are no more."""
    from observatory.home import RUN_LOCK, prepare_home
    from observatory.storage.locks import hold_if_free

    if not (settings.home / "dagster" / "history").exists():
        return "none yet"
    prepare_home(settings)
    with hold_if_free(settings.home / RUN_LOCK) as is_free:
        if not is_free:
            return "one is going on"
        from observatory.pipeline.history import find_dead, open_history

        with open_history(settings, click.echo) as instance:
            dead = find_dead(instance, alone=is_alone())
    if not dead:
        return "none is going on"
    pools = sorted({pool for each in dead for pool in each.pools})
    held = f" and hold places at {', '.join(pools)}" if pools else ""
    return f"{len(dead)} ended without a word{held}: the next run or fetch closes them"


def _silent_hosts() -> list[str]:
    """Hosts of cards that do not answer at all; any status is an answer."""
    import requests

    from sources import CARDS
    from sources.web import host_of, open_web

    urls = {host_of(c.address.url): c.address.url for c in CARDS.values() if c.address}
    silent = []
    with open_web(tries=0) as web:
        for host, url in sorted(urls.items()):
            try:
                web.head(url.partition("{")[0], timeout=HOSTS_SECONDS, allow_redirects=False)
            except requests.RequestException as error:
                silent.append(f"{host} ({type(error).__name__})")
            except InputError as error:
                silent.append(f"{host}: {error}")
    return silent
