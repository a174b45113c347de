"""The file of each source in the archive: from the sample, from its producer, or as it is."""

import datetime as dt
import hashlib
import re
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg

from assets.territory import TERRITORY_TABLES, territory
from observatory.errors import InputError, MissingCredentialsError
from observatory.metadata.cards import Cadence, Card
from observatory.pipeline.code import code_of
from observatory.pipeline.run_settings import RunSettings
from observatory.pipeline.steps import OWNERS, STEPS, TAKE, Out, RunStore, Step
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
# a département, a commune or a sheet of the cadastre, as a part is called
DEPARTMENT_NAMED = re.compile(
    r"^(97[1-8]|2[AB]|\d{2})(?:\d{2,3}|\d{6}[0-9A-Z]{2}\d{2})?$", re.IGNORECASE
)
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
    run: Callable[[Settings, Path, Store], Path | None]
    told: Callable[[Settings], dict[str, str]] = lambda _: {}


def file_spec(
    card: Card, fetch: Fetch | None = None, parts: dg.PartitionsDefinition | None = None
) -> dg.AssetSpec:
    """The producer's file in the archive, as the UI shows it."""
    return dg.AssetSpec(
        card.identifier,
        partitions_def=parts,
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
    done = _brought(card, fetch, settings, store) if must_look(card, settings) else []
    entries = entries_of(card, settings, store.part)
    step = STEPS.get(card.identifier)
    made_of = step.made_of(settings, store) if step else {SAMPLE: code_of(SAMPLE)}
    # a file is one for all parts
    Store.of(settings).note(card.identifier, version_of(entries), made_of)
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
    if made and code_of(SAMPLE) in made.values():
        return None
    return "not written yet" if made is None else "the sample is written in another way"


def source_file(card: Card) -> dg.AssetsDefinition:
    """The step of a file whose rows are cleaned département by département."""

    def work(settings: Settings, store: Store) -> Iterator[Any]:
        yield bring(card, None, settings, store)

    STEPS[card.identifier] = Step(
        name=card.identifier,
        outs=(Out(name=card.identifier, group="sources", description=card.title),),
        reads=(),
        code=SAMPLE,
        facts=lambda settings, _: file_facts(card, entries_of(card, settings)),
        work=work,
        asks=True,
        must_look=lambda settings: must_look(card, settings),
        waits_for=file_reads(card, None),
    )

    @dg.multi_asset(
        name=card.identifier,
        specs=[file_spec(card)],
        retry_policy=RETRY,
        pool=card.address.pool if card.address else None,
    )
    def source(settings: RunSettings, store: RunStore) -> Iterator[Any]:
        """Have the file in the archive."""
        made_before = TAKE.get()(card.identifier)
        yield from work(settings, store) if made_before is None else made_before

    return source


def entries_of(card: Card, settings: Settings, part: str | None = None) -> list[Entry]:
    """The files of a source that are read; of a part, its own and those that name no part."""
    entries = Archive(settings.archive).latest(card, sample=settings.is_sample)
    return [e for e in entries if part is None or department_named(card, e) in {part, ""}]


def department_named(card: Card, entry: Entry) -> str:
    """The département that a file is of by its vintage (2026.13, 2026.13055); a blank without."""
    named = DEPARTMENT_NAMED.search(entry.vintage.partition(".")[2])
    return named.group(1).upper() if named and card.vintages != "latest" else ""


def file_facts(card: Card, entries: list[Entry]) -> dict[str, str]:
    """What the rows of a source rest on beside code: its card, and each file that is read."""
    files = [(e.sha256, e.vintage, e.file_name, e.headers.get(COMMUNES_ASKED)) for e in entries]
    told = {"card": card.model_dump_json(), "files": str(files)}
    return {name: hashlib.sha256(text.encode()).hexdigest()[:16] for name, text in told.items()}


def _brought(card: Card, fetch: Fetch | None, settings: Settings, store: Store) -> list[Attempt]:
    """What became of each part of a source; a mistake stays one, however often it is retried."""
    try:
        if fetch:
            return _ask(card, fetch, settings, store)
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


def _ask(card: Card, fetch: Fetch, settings: Settings, store: Store) -> list[Attempt]:
    """Archive what a service answers today; where it is not asked, what there is stays."""
    if settings.input != "live" or card.address is None:
        return provide(card, settings)
    attempts = Attempts(settings)
    with attempts.one_at_a_time(card.key), tempfile.TemporaryDirectory() as folder:
        done = _asked(card, fetch, settings, store, Path(folder))
        attempts.record([done])
    return [done]


def _asked(card: Card, fetch: Fetch, settings: Settings, store: Store, folder: Path) -> Attempt:
    """What a client of its own brought; one that fails leaves the archive as it was."""
    url = without_secrets(card.require_address().url)
    told = {"source": card.key, "part": store.part or "", "at": now(), "url": url}
    today = settings.as_of.isoformat() + (f".{store.part}" if store.part else "")
    archive = Archive(settings.archive)
    had = archive.latest(card, sample=False)
    if any(e.vintage == today and e.origin == "fetched" for e in had):
        return Attempt(outcome="unchanged", message="Asked for today already.", **told)
    try:
        path = fetch.run(settings, folder, store)
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
