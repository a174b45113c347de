"""Puts a source's file in the archive: from the sample, from its producer, or not at all."""

import contextlib
import datetime as dt
import logging
import tempfile
import time
import traceback
from dataclasses import replace
from pathlib import Path

from polars.exceptions import PanicException
from pydantic import TypeAdapter

from observatory.errors import InputError, ObservatoryError
from observatory.ingest.reading import read_table
from observatory.metadata.cards import Card
from observatory.settings import Settings
from observatory.storage.archive import Archive, check_integrity
from observatory.storage.attempts import Attempt, Attempts, Outcome, now
from observatory.storage.integrity import read_json, write_json
from sources.addresses import COMMUNES_ASKED, NOWHERE, Remote, Where, remotes
from sources.fetching import LONGEST_SECONDS, Fetched, download
from sources.france_travail.offer_files import CARD as OFFERS
from sources.france_travail.offer_files import require_offers
from sources.paging import gather_features, gather_records
from sources.web import Web, open_web, refuse_astray, without_secrets, writable

# the version of the code that wrote the sample's files, and the hash of each vintage
INVENTED = TypeAdapter(tuple[str, list[tuple[str, str]]])
log = logging.getLogger("observatory.fetching")
# an ETag is believed so long; then the file is read again, and its hash alone says what it is
BELIEVED = dt.timedelta(days=31)
# whatever one file does to a reader; what panics in Polars is no Exception
FAULTS = (Exception, PanicException)
LONGEST_REASON = 200


def provide(card: Card, settings: Settings, where: Where = NOWHERE) -> list[Attempt]:
    """Make sure the archive holds what ``settings.input`` promises for ``card``.

    ``sample`` writes the invented file, unless it is there as today's code writes it; ``live``
    fetches each part where the card has an address, and says what became of it; ``archive`` uses
    what was handed over. What cannot be fetched, or comes unusable, changes nothing in the archive.
    """
    archive = Archive(settings.archive)
    if settings.is_sample:
        _invent(card, archive)
    elif settings.input == "live" and card.address and card.address.kind != "service":
        return fetch(card, settings, where)
    return []


def _invent(card: Card, archive: Archive) -> None:
    """Write the invented files of a source; what the same code has written before stays."""
    from sources.sample import write_sample, writers_version

    note = archive.root / "sample" / f"{card.stem}.json"
    kept = archive.newest(card, sample=True)
    with contextlib.suppress(InputError):  # a note or a file that is damaged is written again
        version, files = read_json(note, INVENTED, "the next run writes it again.")
        whole = (v in kept and archive.content(kept[v]) and kept[v].sha256 == d for v, d in files)
        if version == writers_version() and all(whole):
            return
    with tempfile.TemporaryDirectory() as folder:
        added = [
            archive.add(card, path, vintage=vintage, origin="sample")
            for path, vintage in write_sample(card.key, Path(folder))
        ]
    write_json(note, (writers_version(), [(entry.vintage, entry.sha256) for entry in added]))


def fetch(card: Card, settings: Settings, where: Where = NOWHERE) -> list[Attempt]:
    """Fetch each part of a source; one that fails does not keep the others from coming."""
    address, attempts = card.require_address(), Attempts(settings)
    with attempts.one_at_a_time(card.key):
        with open_web(per_second=address.per_second, per_minute=address.per_minute) as web:
            before = attempts.of(card.key)
            try:
                parts = remotes(web, card, settings, where)
            except FAULTS as error:
                # which parts there are cannot be told: what is known of them stays
                whole = Remote(part="", vintage="", url=address.url)
                done = [a for part, a in before.items() if part]
                done.append(_attempt(card, whole, "failed", None, reason(card, "", error)))
            else:
                done = [_part(web, card, p, settings, where, before.get(p.part)) for p in parts]
        attempts.record(done)
    for attempt in done:
        say = log.warning if attempt.outcome == "failed" else log.info
        say("%s %s: %s", card.key, attempt.part, attempt.message or attempt.outcome)
    return done


def _part(
    web: Web,
    card: Card,
    remote: Remote,
    settings: Settings,
    where: Where,
    before: Attempt | None,
) -> Attempt:
    try:
        return _tried(web, card, remote, settings, where, before)
    except FAULTS as error:
        return _attempt(card, remote, "failed", before, reason(card, remote.part, error))


def _tried(
    web: Web, card: Card, remote: Remote, settings: Settings, where: Where, before: Attempt | None
) -> Attempt:
    incoming = settings.home / "incoming" / card.stem
    archive = Archive(settings.archive)
    had = {e.sha256 for e in archive.latest(card, sample=False)}
    has_file = remote.vintage in archive.newest(card, sample=False)
    known = before if before and _is_believed(before, remote, has_file) else None
    fetched = _fetched(web, card, remote, where, incoming, known)
    if fetched is None:
        return _attempt(card, remote, "unchanged", before)
    try:
        require_readable(card, fetched.path)
        entry = archive.add(
            card,
            fetched.path,
            vintage=remote.vintage,
            origin="fetched",
            url=fetched.url,
            headers=fetched.headers,
        )
    finally:
        fetched.path.unlink(missing_ok=True)
    outcome: Outcome = "unchanged" if entry.sha256 in had else "new"
    done = _attempt(card, remote, outcome, None)
    return replace(done, etag=fetched.headers.get("etag"), read_at=done.at)


def _attempt(
    card: Card, remote: Remote, outcome: Outcome, read: Attempt | None, message: str | None = None
) -> Attempt:
    """What became of a part now; of the file that was ``read`` the ETag is not forgotten."""
    return Attempt(
        source=card.key,
        part=remote.part,
        at=now(),
        outcome=outcome,
        message=message,
        url=without_secrets(remote.url),
        etag=read.etag if read else None,
        read_at=read.read_at if read else None,
    )


def reason(card: Card, part: str, error: BaseException) -> str:
    """What is told of a fetch that failed; the log alone has the traceback of a fault of ours.

    Of files with people in them, and of services that want a secret, only code is told.
    """
    if isinstance(error, ObservatoryError):
        return writable(error)
    if isinstance(error, RecursionError):
        return f"{card.key}: what came is nested deeper than any record is: refused."
    is_open = not card.is_restricted and card.require_address().kind != "service"
    trace = (
        traceback.format_exception(error) if is_open else traceback.format_tb(error.__traceback__)
    )
    log.warning("%s: a fault of the program\n%s", f"{card.key} {part}".strip(), "".join(trace))
    text = " ".join(str(error).split())[:LONGEST_REASON] if is_open else ""
    return (
        f"{card.key}: this program failed on it ({type(error).__name__}{text and ': '}{text}). The "
        "log of the run (`observatory ui`) has the details; what was archived stays in use, and "
        f"another file may be handed over (`observatory archive add {card.key} FILE`)."
    )


def _is_believed(before: Attempt, remote: Remote, has_file: bool) -> bool:
    """Whether the ETag of the last fetch may spare another: same address, not too long ago."""
    if not (
        has_file and before.url == without_secrets(remote.url) and before.etag and before.read_at
    ):
        return False
    age = dt.datetime.now(dt.UTC) - dt.datetime.fromisoformat(before.read_at)
    return age < BELIEVED


def _fetched(
    web: Web,
    card: Card,
    remote: Remote,
    where: Where,
    incoming: Path,
    known: Attempt | None,
) -> Fetched | None:
    address = card.require_address()
    web.until = time.monotonic() + LONGEST_SECONDS
    if address.kind in {"file", "data_gouv"}:
        refuse_astray(address.url, remote.url)
        return download(
            web,
            remote.url,
            key=card.key,
            incoming=incoming,
            known_etag=known.etag if known else None,
            file_name=remote.file_name or address.file_name,
        )
    incoming.mkdir(parents=True, exist_ok=True)
    if address.kind == "wfs":
        path = gather_features(web, card, where, incoming / f"{card.stem}.geojson")
    else:
        path = gather_records(web, card, where, incoming / f"{card.stem}.json")
    asked = {COMMUNES_ASKED: " ".join(where.communes)}
    return Fetched(path=path, url=without_secrets(remote.url), headers=asked)


def require_readable(card: Card, path: Path) -> None:
    """Refuse, before it is archived, a file that the reader of ``card`` cannot read.

    Of a large GeoJSON, its text, beginning and end: each of its features is read by the run alone.
    """
    check_integrity(path)
    if card.key == OFFERS.key:
        require_offers(path, path.name)
        return
    if card.layout.format == "layer":
        from observatory.ingest.layers import read_layer

        read_layer(path, card, name=path.name, sha256="", is_head=True)
        return
    first = read_table(path, card, name=path.name, sha256="", keep=lambda rows: rows.head(1))
    if first.is_empty():
        msg = f"{path.name} has headers but no rows: download it again."
        raise InputError(msg)
