"""The file of each source in the archive: from the sample, from its producer, or as it is."""

import datetime as dt
import hashlib
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg

from assets.territory import TERRITORY_TABLES, territory
from observatory.errors import InputError, MissingCredentialsError
from observatory.metadata.cards import Cadence, Card
from observatory.pipeline.code import code_of
from observatory.pipeline.steps import OWNERS
from observatory.settings import Settings
from observatory.storage.archive import Archive, Entry
from observatory.storage.attempts import Attempt, Attempts, now
from observatory.storage.erasure import erase_due
from observatory.storage.frames import Store
from sources import CARDS
from sources.addresses import COMMUNES_ASKED, NOWHERE, Where
from sources.providing import FAULTS, provide, reason
from sources.web import without_secrets

SAMPLE = "sources.sample"
OVERDUE: dict[Cadence, dt.timedelta] = {
    "daily": dt.timedelta(days=2),
    "monthly": dt.timedelta(days=45),
    "quarterly": dt.timedelta(days=120),
    "yearly": dt.timedelta(days=400),
    "irregular": dt.timedelta(days=1100),
}
# how long before its announced day a source may have been looked at last
LOOKED_AT = dt.timedelta(days=35)
RETRY = dg.RetryPolicy(
    max_retries=3, delay=5, backoff=dg.Backoff.EXPONENTIAL, jitter=dg.Jitter.FULL
)


@dataclass(frozen=True, kw_only=True)
class Fetch:
    """How a file that answers a question of ours is had in live mode; None: nothing to ask.

    ``told`` is kept beside the file in the archive: what was asked for.
    """

    reads: tuple[str, ...]
    run: Callable[[Settings, Path], Path | None]
    told: Callable[[Settings], dict[str, str]] = lambda _: {}


def file_spec(card: Card, fetch: Fetch | None = None) -> dg.AssetSpec:
    """The producer's file in the archive, as the UI shows it."""
    return dg.AssetSpec(
        card.identifier,
        deps=file_reads(card, fetch),
        group_name="sources",
        kinds={"file"},
        owners=OWNERS,
        tags={"layer": "source", "cadence": card.cadence},
        description=f"{card.title} ({card.producer}). {card.use}.",
        metadata={
            "landing_page": dg.MetadataValue.url(str(card.landing_page)),
            "licence": dg.MetadataValue.url(str(card.licence_url)),
            "reference_period": card.reference_period,
        },
        freshness_policy=_freshness(card),
    )


def bring(
    card: Card, fetch: Fetch | None, settings: Settings, store: Store
) -> dg.MaterializeResult[Any]:
    """Have the file in the archive; in live mode, fetched when it has changed."""
    # whichever source runs, what is due of any goes
    erase_due(settings, CARDS, dt.datetime.now(dt.UTC))
    done = _brought(card, fetch, settings) if must_look(card, settings) else []
    entries = Archive(settings.archive).latest(card, sample=settings.is_sample)
    if settings.is_sample:
        store.note(card.identifier, version_of(entries), {SAMPLE: code_of(SAMPLE)})
    return dg.MaterializeResult(
        asset_key=card.identifier,
        data_version=dg.DataVersion(version_of(entries)),
        metadata={
            "files": dg.MetadataValue.md(
                "\n".join(f"- {e.vintage}: {e.file_name} `{e.sha256[:12]}`" for e in entries)
                or f"nothing archived: `observatory archive add {card.key} FILE`"
            ),
            "not_fetched": [f"{a.part}: {a.message}".strip(": ") for a in done if a.message],
        },
    )


def must_look(card: Card, settings: Settings) -> str | None:
    """Why the producer has to be asked, or the sample to be written; None where not."""
    if not settings.is_sample:
        return "its producer is asked" if settings.input == "live" and card.address else None
    made = Store.of(settings).made_of(card.identifier)
    if made == {SAMPLE: code_of(SAMPLE)}:
        return None
    return "not written yet" if made is None else "the sample is written in another way"


def file_facts(card: Card, settings: Settings) -> dict[str, str]:
    """What the rows of a source rest on beside code: its card, and each file that is read."""
    files = [
        (e.sha256, e.vintage, e.file_name, e.headers.get(COMMUNES_ASKED))
        for e in Archive(settings.archive).latest(card, sample=settings.is_sample)
    ]
    told = {"card": card.model_dump_json(), "files": str(files)}
    return {name: hashlib.sha256(text.encode()).hexdigest()[:16] for name, text in told.items()}


def _brought(card: Card, fetch: Fetch | None, settings: Settings) -> list[Attempt]:
    """What became of each part of a source; a mistake stays one, however often it is retried."""
    try:
        if fetch:
            return _ask(card, fetch, settings)
        return provide(card, settings, _where(card, settings))
    except InputError as error:
        raise dg.Failure(str(error), allow_retries=False) from error


def _freshness(card: Card) -> dg.FreshnessPolicy:
    """By the day the producer announces its edition for, else by its cadence."""
    if card.expected_by is None:
        return dg.FreshnessPolicy.time_window(fail_window=OVERDUE[card.cadence])
    month, day = card.expected_by.split("-")
    return dg.FreshnessPolicy.cron(
        deadline_cron=f"0 6 {int(day)} {int(month)} *",
        lower_bound_delta=LOOKED_AT,
        timezone="Europe/Paris",
    )


def file_reads(card: Card, fetch: Fetch | None) -> tuple[str, ...]:
    """What must be known before a source is asked: the territory, or what its client sends."""
    if fetch:
        return fetch.reads
    return TERRITORY_TABLES if card.address and card.address.is_local else ()


def _ask(card: Card, fetch: Fetch, settings: Settings) -> list[Attempt]:
    """Archive what a service answers today; where it is not asked, what there is stays."""
    if settings.input != "live" or card.address is None:
        return provide(card, settings)
    attempts = Attempts(settings)
    with attempts.one_at_a_time(card.key), tempfile.TemporaryDirectory() as folder:
        done = _asked(card, fetch, settings, Path(folder))
        attempts.record([done])
    return [done]


def _asked(card: Card, fetch: Fetch, settings: Settings, folder: Path) -> Attempt:
    """What a client of its own brought; one that fails leaves the archive as it was."""
    url = without_secrets(card.require_address().url)
    told = {"source": card.key, "part": "", "at": now(), "url": url}
    today = settings.as_of.isoformat()
    archive = Archive(settings.archive)
    had = archive.latest(card, sample=False)
    if any(e.vintage == today and e.origin == "fetched" for e in had):
        return Attempt(outcome="unchanged", message="Asked for today already.", **told)
    try:
        path = fetch.run(settings, folder)
        if path is None:
            return Attempt(outcome="not_asked", message="Nothing to ask for.", **told)
        headers = fetch.told(settings)
        entry = archive.add(card, path, vintage=today, origin="fetched", url=url, headers=headers)
    except MissingCredentialsError as error:
        return Attempt(outcome="not_asked", message=str(error), **told)
    except FAULTS as error:
        return Attempt(outcome="failed", message=reason(card, "", error), **told)
    is_known = entry.sha256 in {e.sha256 for e in had}
    return Attempt(outcome="unchanged" if is_known else "new", **told)


def _where(card: Card, settings: Settings) -> Where:
    asked = settings.input == "live" and card.address and card.address.is_local
    return territory(settings) if asked else NOWHERE


def version_of(entries: list[Entry]) -> str:
    """The version of a source: the hashes of the files that are read."""
    return "+".join(e.sha256[:12] for e in entries) or "absent"
