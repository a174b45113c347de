"""Record which release is being published, and the steps begun so far.

The journal is the first file that a publication writes and the last it removes. A journal found
at the start of the next run belongs to a publication that was killed: it names what to undo.
"""

import datetime as dt
import json
import os
import re
from pathlib import Path

from observatory.errors import InputError

NAME = ".journal"
RELEASE = re.compile(r"^\d{8}T\d{6,12}Z[a-z-]*$")


class Journal:
    """One JSON line per step in ``<releases>/.journal``."""

    def __init__(self, releases: Path) -> None:
        self.path = releases / NAME

    def begin(self, release_id: str, database: str) -> None:
        """Record the release to be made, flushed to disk before anything of it is written.

        ``database`` also receives the release, and tells whether readers have moved to it.
        """
        self._write({"release_id": release_id, "database": database}, durable=True)

    def step(self, name: str) -> None:
        """Record that a step begins."""
        self._write({"step": name, "at": dt.datetime.now(dt.UTC).isoformat()}, durable=False)

    def end(self) -> None:
        """Remove the journal: the publication is finished or undone."""
        self.path.unlink(missing_ok=True)

    def release_id(self) -> str | None:
        """Read the release that an interrupted publication was making; None where none was."""
        return self._begun().get("release_id")

    def database(self) -> str | None:
        """Read the database that the interrupted publication was writing to."""
        return self._begun().get("database")

    def _begun(self) -> dict[str, str]:
        return next((line for line in self._lines() if "release_id" in line), {})

    def steps(self) -> list[str]:
        """Read the steps begun so far."""
        return [line["step"] for line in self._lines() if "step" in line]

    def _write(self, line: dict[str, str], *, durable: bool) -> None:
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
            file.flush()
            if durable:
                os.fsync(file.fileno())

    def _lines(self) -> list[dict[str, str]]:
        """Read the whole lines; the last may be cut off, where its writer was killed."""
        if not self.path.exists():
            return []
        *whole, _ = self.path.read_text("utf-8", errors="replace").split("\n")
        try:
            lines = [dict(json.loads(line)) for line in whole if line]
        except (ValueError, TypeError):
            lines = [{"release_id": ""}]
        if any(not RELEASE.match(str(n["release_id"])) for n in lines if "release_id" in n):
            msg = f"{self.path} is not the journal of a publication: look at it, then remove it."
            raise InputError(msg)
        return lines
