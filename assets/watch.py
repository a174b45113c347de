"""Watching producers: a standing check of what fails, a look for new editions, and alarms."""

import datetime as dt
import hashlib
import json
import time
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin

import dagster as dg
import requests

from observatory.errors import BlockedReleaseError, DamagedFileError, InputError
from observatory.metadata.cards import Cadence, Card
from observatory.pipeline.steps import GROUND_JOB, OWNERS, shown
from observatory.release.history import forget
from observatory.settings import load_settings
from observatory.storage.erasure import erase_due
from observatory.storage.overdue import findings, new_findings, notify, remember_told
from sources import CARDS
from sources.addresses import listed
from sources.providing import FAULTS, reason
from sources.web import call, open_web, refusal

WATCH = "sources_watch"
RULE = "every_source_is_fetched_in_time"
SHOWN = 50
MISTAKES = {kind.__name__ for kind in (InputError, DamagedFileError, BlockedReleaseError)}
AT_ONCE = 4
# a tick has 60 s: no source is looked at that could outlast it
LOOK_SECONDS, MOST_SECONDS = (5, 10), 40
DATA = (".csv", ".xlsx", ".xls", ".zip", ".7z", ".gz", ".parquet", ".gpkg", ".geojson", ".json")
# Europe/Paris; Sirene comes out on the 1st, its geolocation about the 21st of a month
CRONS: dict[Cadence, str] = {
    "daily": "30 3 * * *",
    "monthly": "0 4 2,22 * *",
    "quarterly": "0 4 5 * *",
    "yearly": "0 4 6 * *",
    "irregular": "0 4 7 * *",
}
PARIS = "Europe/Paris"
# services that a run asks for the establishments of each département
ASKED_BY_PART = ("ban/geocoding",)
# raw offers are erased after a day: they are folded into the ledger at once
FOLDED = [
    "clean_france_travail__offers",
    "issues_france_travail__offers",
    "_labour_offer_ledger",
]


@dg.asset(
    name=WATCH,
    deps=[
        dg.AssetKey(c.identifier)
        for c in CARDS.values()
        if c.address and c.key not in ASKED_BY_PART
    ],
    group_name="watch",
    kinds={"python"},
    owners=OWNERS,
    description="What needs somebody: sources that fail, editions that are late, credentials that "
    "lack. Those who are to be told are told of what is new.",
    check_specs=[
        dg.AssetCheckSpec(
            RULE,
            asset=WATCH,
            description="No part of a source fails now, and no edition is later than announced.",
            blocking=False,
        )
    ],
)
def sources_watch(context: dg.AssetExecutionContext) -> Iterator[Any]:
    """List what needs somebody, and tell what is new of it."""
    settings = load_settings()
    found = [f for f in findings(settings, CARDS) if f.kind != "absent"]
    fresh = new_findings(settings, found)
    told = notify(settings, f"{len(fresh)} sources", [f.line for f in fresh])
    if told:
        remember_told(settings, found)
    for finding in found:
        context.log.warning(finding.line)
    yield dg.MaterializeResult(metadata={"findings": len(found), "new": len(fresh), "told": told})
    judged = dg.AssetCheckResult(
        check_name=RULE,
        passed=not found,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={
            "unexpected_count": len(found),
            "examples": dg.MetadataValue.json([f.line for f in found[:SHOWN]]),
        },
    )
    yield from shown(context, WATCH, [judged])


def _of(cadence: Cadence) -> list[Card]:
    """Sources of one cadence that a schedule fetches; what a run asks for part by part is none."""
    found = [c for c in CARDS.values() if c.cadence == cadence and c.address is not None]
    return [c for c in found if c.key not in ASKED_BY_PART]


def _fetch_job(cadence: Cadence) -> Any:
    """Sources of one cadence, what is folded from them day by day, and the watch."""
    names = [card.identifier for card in _of(cadence)]
    steps = FOLDED if cadence == "daily" else []
    chosen = dg.AssetSelection.assets(*names, *steps, WATCH).required_multi_asset_neighbors()
    return dg.define_asset_job(
        f"fetch_{cadence}",
        selection=chosen,
        tags={"cadence": cadence},
        description=f"Fetch what producers renew {cadence}.",
    )


FETCH_JOBS = {cadence: _fetch_job(cadence) for cadence in CRONS if _of(cadence)}
FETCH_SCHEDULES = [
    dg.ScheduleDefinition(
        name=f"fetch_{cadence}",
        job=job,
        cron_schedule=CRONS[cadence],
        execution_timezone=PARIS,
        description=f"Sources that producers renew {cadence}; what has not changed is not sent.",
    )
    for cadence, job in FETCH_JOBS.items()
]


class _Links(HTMLParser):
    """Addresses of data files on a page."""

    def __init__(self, base: str) -> None:
        super().__init__()
        self.base, self.found = base, set[str]()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep what a link to a file points to."""
        href = dict(attrs).get("href") if tag == "a" else None
        if href and href.lower().partition("?")[0].endswith(DATA):
            self.found.add(urljoin(self.base, href))


def listing(card: Card) -> str:
    """A hash of what a producer lists for a source: its resources, or the files of its page.

    Dates are left out: they change without a new edition, and stay the same with one.
    """
    with open_web(per_second=1, tries=0) as web:
        web.until = time.monotonic() + sum(LOOK_SECONDS)
        if card.address is not None and card.address.kind == "data_gouv":
            resources = listed(web, card, timeout=LOOK_SECONDS)
            own = [f"{r['id']} {r['title']} {r['url']}" for r in resources]
        else:
            url = str(card.landing_page)
            answer = call(web, "GET", url, key=card.key, timeout=LOOK_SECONDS)
            if answer.status_code != requests.codes.ok:
                raise InputError(refusal(card.key, answer))
            links = _Links(url)
            links.feed(answer.content.decode("utf-8", "replace"))
            own = sorted(links.found)
    return hashlib.sha256("\n".join(own).encode()).hexdigest()[:16]


@dg.sensor(
    name="new_editions",
    jobs=list(FETCH_JOBS.values()),
    minimum_interval_seconds=900,
    description="Looks at a few sources at a time for a new resource on data.gouv.fr, or another "
    "list of files on the producer's page, and fetches what changed.",
)
def new_editions(context: dg.SensorEvaluationContext) -> dg.SensorResult:
    """Ask for a fetch of each source whose listing is another than at the last look."""
    known: dict[str, str] = json.loads(context.cursor or "{}")
    watched = [c for c in CARDS.values() if c.address and c.address.kind != "service"]
    at = int(known.get("at", 0)) % len(watched)
    if load_settings().input != "live":
        return dg.SensorResult(skip_reason="OBSERVATORY_INPUT is not live.")
    wanted, began = [], time.monotonic()
    for card in (watched[at:] + watched[:at])[:AT_ONCE]:
        if time.monotonic() - began > MOST_SECONDS:
            break
        at += 1
        try:
            seen = listing(card)
        except FAULTS as error:  # the next one is looked at all the same
            context.log.warning(reason(card, "", error))
            continue
        if known.get(card.key, seen) != seen:
            wanted.append(
                dg.RunRequest(
                    job_name=f"fetch_{card.cadence}",
                    asset_selection=[dg.AssetKey(card.identifier)],
                )
            )
        known[card.key] = seen
    known["at"] = str(at % len(watched))
    return dg.SensorResult(run_requests=wanted, cursor=json.dumps(known, sort_keys=True))


@dg.sensor(
    name="erase_what_is_due",
    minimum_interval_seconds=3600,
    default_status=dg.DefaultSensorStatus.RUNNING,
    job_name=GROUND_JOB,
    description="Erases, hour by hour, what a licence or privacy gives a day: raw offers, word "
    "sets, what an interrupted crawl left; and kept releases that hold somebody who is withheld "
    "today. Where readers are shown somebody, a run makes what is in force again without them.",
)
def erase_what_is_due(context: dg.SensorEvaluationContext) -> dg.SkipReason | dg.RunRequest:
    """Erase what is due without a run; ask for one where the current release must be replaced."""
    settings, now_ = load_settings(), dt.datetime.now(dt.UTC)
    erased = erase_due(settings, CARDS, now_)
    for name in erased:
        context.log.info("erased: %s", name)
    removed, must_renew = forget(settings)
    for name in removed:
        context.log.info("release taken away: %s", name)
    if must_renew:
        # asked for again an hour later, should the run have failed
        return dg.RunRequest(run_key=f"forget {now_:%Y-%m-%dT%H}")
    return dg.SkipReason(f"{len(erased) + len(removed)} erased.")


@dg.run_failure_sensor(
    name="failed_runs",
    description="Tells the addresses of OBSERVATORY_NOTIFY of a run that failed, and which "
    "blocking checks stopped it.",
)
def failed_runs(context: dg.RunFailureSensorContext) -> None:
    """Tell that a run failed: its job, its identifier, and the steps that stopped it."""
    steps = [
        f"{e.step_key}: {_cause(e.event_specific_data)}" for e in context.get_step_failure_events()
    ]
    run = context.dagster_run
    lines = [
        f"job {run.job_name}, run {run.run_id}",
        *(steps or [context.failure_event.message or ""]),
    ]
    notify(load_settings(), f"{run.job_name} failed", lines)


def _cause(data: Any) -> str:
    """The message that tells a mistake, else the innermost, in one line."""
    error = getattr(data, "error", None)
    while error is not None and error.cause is not None and error.cls_name not in MISTAKES:
        error = error.cause
    return error.message.strip().split("\n", 1)[0] if error is not None else "failed"


SENSORS = [new_editions, erase_what_is_due, failed_runs]
