"""What became of each fetch: the last of every part of every source, and when it last went well."""

import contextlib
import datetime as dt
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from pydantic import TypeAdapter

from observatory.settings import Settings
from observatory.storage.integrity import read_json, write_json
from observatory.storage.locks import hold

Outcome = Literal["new", "unchanged", "failed", "not_asked"]


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """The last fetch of one part of a source; ``well_at`` is the last that did not fail."""

    source: str
    part: str
    at: str
    outcome: Outcome
    message: str | None = None
    url: str | None = None
    etag: str | None = None
    read_at: str | None = None
    well_at: str | None = None


ATTEMPTS = TypeAdapter(list[Attempt])


class Attempts:
    """One small file a source under ``<home>/attempts/``."""

    def __init__(self, settings: Settings) -> None:
        self.root = settings.home / "attempts"

    def of(self, source: str) -> dict[str, Attempt]:
        """The last attempt on each part of ``source``."""
        path = self._path(source)
        if not os.path.lexists(path):
            return {}
        found = read_json(path, ATTEMPTS, "delete it; nothing else is lost.")
        return {attempt.part: attempt for attempt in found}

    def record(self, attempts: list[Attempt]) -> None:
        """Keep the last attempt of each part; parts that are not asked for any more are dropped."""
        if not attempts:
            return
        source = attempts[0].source
        before = self.of(source)
        kept = [
            asdict(a) | {"well_at": a.at}
            if a.outcome in {"new", "unchanged"}
            else asdict(a) | {"well_at": before[a.part].well_at if a.part in before else None}
            for a in attempts
        ]
        write_json(self._path(source), kept)

    def failing(self, sources: list[str]) -> list[Attempt]:
        """Parts of ``sources`` whose last fetch failed."""
        return [a for s in sources for a in self.of(s).values() if a.outcome == "failed"]

    @contextlib.contextmanager
    def one_at_a_time(self, source: str) -> Iterator[None]:
        """One fetch of a source at a time, whatever process it runs in; a second one waits."""
        self.root.mkdir(parents=True, exist_ok=True)
        with hold(self._path(source).with_suffix(".lock")):
            yield

    def _path(self, source: str) -> Path:
        return self.root / f"{source.replace('/', '__')}.json"


def now() -> str:
    """The present moment, as it is written in attempts."""
    return dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
