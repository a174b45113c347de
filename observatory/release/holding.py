"""Drafts that wait for a release manager: held back, accepted or dropped, one for each theme.

What was decided is one file a theme, replaced in one step. A draft is named by its content: what
was accepted is published, and nothing that was made since. Stopped between the decision and the
publication, the next run publishes.
"""

import contextlib
import datetime as dt
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from pydantic import TypeAdapter

from observatory.errors import InputError
from observatory.home import private_folder
from observatory.settings import Settings
from observatory.storage.integrity import read_json, write_json
from observatory.storage.locks import hold as locked

HELD = "held"
AGAIN = "remove it, and the next run holds its draft back again."


@dataclass(frozen=True, kw_only=True)
class Decision:
    """Of one theme: the draft that waits and since when, and those last accepted and dropped."""

    held: str | None = None
    since: str | None = None
    accepted: str | None = None
    dropped: str | None = None


DECISION = TypeAdapter(Decision)


def hold_back(settings: Settings, theme: str, draft: str | None) -> bool:
    """Have a draft wait, unless it was accepted; whether it waits, or was dropped.

    None where the drafts say nothing new: then none of the theme waits any more.
    """
    with _deciding(settings, theme) as decision:
        if draft is None or draft == decision.accepted:
            if decision.held:
                _write(settings, theme, replace(decision, held=None, since=None))
            return False
        if draft not in {decision.held, decision.dropped}:
            since = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
            _write(settings, theme, replace(decision, held=draft, since=since))
    return True


def accept_draft(settings: Settings, draft: str) -> str:
    """Have the next run publish a draft that waits; returns its theme."""
    theme = _theme_of(settings, draft)
    with _deciding(settings, theme) as decision:
        _write(settings, theme, replace(decision, held=None, since=None, accepted=draft))
    return theme


def drop_draft(settings: Settings, draft: str) -> str:
    """Have a draft wait no more: it is not published; returns its theme."""
    theme = _theme_of(settings, draft)
    with _deciding(settings, theme) as decision:
        _write(settings, theme, replace(decision, held=None, since=None, dropped=draft))
    return theme


def held_drafts(settings: Settings) -> dict[str, str]:
    """The drafts that wait, and since when; none where releases are not held back."""
    if not settings.hold_releases:
        return {}
    themes = sorted(path.stem for path in _folder(settings).glob("*.json"))
    found = [read_decision(settings, theme) for theme in themes]
    return {each.held: each.since or "" for each in found if each.held}


def read_decision(settings: Settings, theme: str) -> Decision:
    """What was decided of a theme's drafts; nothing where none was held back."""
    path = _path(settings, theme)
    return read_json(path, DECISION, AGAIN) if path.exists() else Decision()


def told_of_decision(settings: Settings, theme: str) -> dict[str, str]:
    """What a release rests on where drafts wait: the one that was accepted."""
    if not settings.hold_releases:
        return {}
    return {"accepted": read_decision(settings, theme).accepted or "none"}


def _theme_of(settings: Settings, draft: str) -> str:
    waiting = held_drafts(settings)
    if draft not in waiting:
        listed = ", ".join(waiting) or "none"
        if not settings.hold_releases:
            listed = "none, as OBSERVATORY_HOLD_RELEASES is not set"
        msg = f"No draft {draft!r} is held back. Held back: {listed}."
        raise InputError(msg)
    return draft.rpartition("-")[0]


@contextlib.contextmanager
def _deciding(settings: Settings, theme: str) -> Iterator[Decision]:
    with locked(_folder(settings) / ".lock", lambda: None):
        yield read_decision(settings, theme)


def _write(settings: Settings, theme: str, decision: Decision) -> None:
    write_json(_path(settings, theme), asdict(decision))


def _path(settings: Settings, theme: str) -> Path:
    return _folder(settings) / f"{theme}.json"


def _folder(settings: Settings) -> Path:
    return private_folder(settings, HELD)
