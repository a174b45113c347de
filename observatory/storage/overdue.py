"""What needs somebody: sources that fail, are late, or want credentials; and who is told."""

import datetime as dt
import logging
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from pydantic import TypeAdapter

from observatory.errors import DamagedFileError
from observatory.metadata.cards import Card
from observatory.settings import Settings
from observatory.storage.archive import Archive
from observatory.storage.attempts import Attempt, Attempts
from observatory.storage.integrity import read_json, write_json

log = logging.getLogger("observatory.storage.overdue")
TOLD = "told.json"
LINES = TypeAdapter(list[str])
TITLE = "Observatoire"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that needs somebody; ``message`` says what to do, ``when`` since when it is so."""

    kind: Literal["failing", "gone", "late", "not_configured", "absent"]
    source: str
    part: str
    message: str
    when: str = ""

    @property
    def line(self) -> str:
        """As it is listed and sent."""
        return f"{self.source} {self.part}".strip() + f": {self.advice}"

    @property
    def advice(self) -> str:
        """What is wrong and what to do, where the source is named already."""
        return self.message.removeprefix(f"{self.source}: ")


def findings(settings: Settings, cards: dict[str, Card]) -> list[Finding]:
    """Parts that fail, editions that are late, credentials that lack; the worst first."""
    attempts, archive = Attempts(settings), Archive(settings.archive)
    found = []
    for key, card in cards.items():
        if not settings.is_sample:  # a run that reads the archive lives on what was fetched
            found += _failing(list(attempts.of(key).values()))
        found += _late(card, archive, settings)
    order = ("gone", "failing", "late", "not_configured", "absent")
    return sorted(found, key=lambda f: (order.index(f.kind), f.source, f.part))


def _failing(attempts: list[Attempt]) -> list[Finding]:
    found = []
    for attempt in attempts:
        told, own = attempt.message or "", {"source": attempt.source, "part": attempt.part}
        if attempt.outcome == "failed":
            # which parts there are could not be told: the source itself failed
            parts = [a for a in attempts if attempt.part in {"", a.part}]
            well = max((a.well_at for a in parts if a.well_at), default=None)
            before = f"last fetched on {well[:10]}" if well else "never fetched before"
            kind: Literal["gone", "failing"] = "gone" if "is gone" in told else "failing"
            when = f"Failed on {attempt.at[:10]}, {before}."
            found.append(Finding(kind=kind, message=told, when=when, **own))
        elif attempt.outcome == "not_asked" and "credentials" in told:
            found.append(Finding(kind="not_configured", message=told, **own))
    return found


def _late(card: Card, archive: Archive, settings: Settings) -> list[Finding]:
    entries = archive.latest(card, sample=settings.is_sample)
    if not entries:
        how = f"nothing archived: `observatory archive add {card.key} FILE`"
        return [Finding(kind="absent", source=card.key, part="", message=how)]
    if settings.is_sample:  # invented files have the age that their producers' layouts have
        return []
    newest = entries[-1]
    archived = dt.datetime.fromisoformat(newest.archived_at).date()
    expected = card.next_expected(newest.vintage, archived)
    if expected is None or expected >= settings.as_of:
        return []
    message = (
        f"the edition after {newest.vintage} was expected by {expected}: see {card.landing_page}"
    )
    return [Finding(kind="late", source=card.key, part="", message=message)]


def new_findings(settings: Settings, found: Sequence[Finding]) -> list[Finding]:
    """Those nobody was told of yet."""
    path = Attempts(settings).root / TOLD
    try:
        before = read_json(path, LINES, "") if path.exists() else []
    except DamagedFileError:  # everything is told once more, and the file made again
        before = []
    return [f for f in found if f.line not in before]


def remember_told(settings: Settings, found: Sequence[Finding]) -> None:
    """These are told; what has passed may be told again when it comes back."""
    path = Attempts(settings).root / TOLD
    write_json(path, sorted(f.line for f in found))


def notify(settings: Settings, subject: str, lines: Sequence[str]) -> bool:
    """Tell the addresses of the settings, by whatever way they name; whether all were reached.

    Without an address nothing is sent. The addresses hold passwords: they are in no message.
    """
    if settings.notify is None or not lines:
        return True
    wanted = settings.notify.get_secret_value().split()
    with warnings.catch_warnings():  # the library still imports what Python 3.13 drops
        warnings.simplefilter("ignore", DeprecationWarning)
        import apprise

        logging.getLogger("apprise").setLevel(logging.CRITICAL)
        told = apprise.Apprise()
        usable = [told.add(address) for address in wanted]
        sent = bool(all(usable) and told.notify(title=f"{TITLE}: {subject}", body="\n".join(lines)))
    if not sent:
        log.warning("OBSERVATORY_NOTIFY: %d addresses, not all could be told.", len(wanted))
    return sent
