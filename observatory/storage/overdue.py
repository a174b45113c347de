"""What needs somebody: sources that fail, are late, or want credentials; and who is told."""

import datetime as dt
import json
import logging
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from observatory.metadata.cards import Card
from observatory.settings import Settings
from observatory.storage.archive import Archive
from observatory.storage.attempts import Attempts

log = logging.getLogger("observatory.storage.overdue")
TOLD = "told.json"
TITLE = "Observatoire"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that needs somebody; ``message`` says what to do."""

    kind: Literal["failing", "gone", "late", "not_configured", "absent"]
    source: str
    part: str
    message: str

    @property
    def line(self) -> str:
        """As it is listed and sent."""
        message = self.message.removeprefix(f"{self.source}: ")
        return f"{self.source} {self.part}".strip() + f": {message}"


def findings(settings: Settings, cards: dict[str, Card]) -> list[Finding]:
    """Parts that fail, editions that are late, credentials that lack; the worst first."""
    attempts, archive = Attempts(settings), Archive(settings.archive)
    found = []
    for key, card in cards.items():
        for attempt in attempts.of(key).values() if settings.input == "live" else ():
            told = attempt.message or ""
            if attempt.outcome == "failed":
                kind: Literal["gone", "failing"] = "gone" if "is gone" in told else "failing"
                found.append(Finding(kind=kind, source=key, part=attempt.part, message=told))
            elif attempt.outcome == "not_asked" and "credentials" in told:
                found.append(Finding(kind="not_configured", source=key, part="", message=told))
        found += _late(card, archive, settings)
    order = ("gone", "failing", "late", "not_configured", "absent")
    return sorted(found, key=lambda f: (order.index(f.kind), f.source, f.part))


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
    before = set(json.loads(path.read_text("utf-8"))) if path.exists() else set()
    return [f for f in found if f.line not in before]


def remember_told(settings: Settings, found: Sequence[Finding]) -> None:
    """These are told; what has passed may be told again when it comes back."""
    path = Attempts(settings).root / TOLD
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(sorted(f.line for f in found), ensure_ascii=False), "utf-8")


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
