"""A database that receives each release beside the files: PostgreSQL, or another by SQLAlchemy."""

import contextlib
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import sqlalchemy as sa

from observatory.errors import InputError, ObservatoryError
from observatory.metadata.manifest import Manifest
from observatory.metadata.tables import Table
from observatory.settings import Settings

Step = Callable[[str], None]
SECRET = re.compile(r"pass|pwd|secret|token|key|odbc_connect|options", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class LoadedTable:
    """One table of the release: its contract, its released rows, the warnings to be said."""

    table: Table
    parquet: Path
    warnings: list[str] = field(default_factory=list)


class Target(Protocol):
    """What a publication asks of a database; every failure is an ObservatoryError."""

    def renew(self) -> None:
        """Connect again where the connection was lost."""

    def current(self) -> str | None:
        """The release that readers see; None before the first."""

    def load(self, manifest: Manifest, tables: Sequence[LoadedTable], step: Step) -> None:
        """Write the tables of a release where no reader looks."""

    def publish(self, manifest: Manifest, tables: Sequence[LoadedTable], step: Step) -> None:
        """Move readers to the release in one transaction."""

    def remove_orphans(self) -> None:
        """Take away tables of releases that were never published."""

    def releases(self) -> list[str]:
        """Releases the database holds."""

    def drop(self, release_id: str) -> None:
        """Take away a published release that readers have left; the current one is refused."""


def parsed(settings: Settings) -> sa.URL | None:
    """The address of the database; InputError that repeats no password."""
    if settings.database_url is None:
        return None
    try:
        url = sa.make_url(settings.database_url.get_secret_value())
    except (sa.exc.ArgumentError, ValueError):
        msg = (
            "OBSERVATORY_DATABASE_URL is not an SQLAlchemy address, such as "
            "postgresql://user@host/database."
        )
        raise InputError(msg) from None
    if "@" in (url.host or ""):
        msg = "OBSERVATORY_DATABASE_URL: write an @ inside the user or the password as %40."
        raise InputError(msg)
    if url.get_backend_name() == "sqlite" and url.database in {None, "", ":memory:"}:
        msg = "OBSERVATORY_DATABASE_URL: a database in memory is gone with the run; name a file."
        raise InputError(msg)
    return url


def place(url: sa.URL | None) -> str:
    """Which database an address names, without user, password or options."""
    if url is None:
        return "none"
    host = f"//{url.host}{f':{url.port}' if url.port else ''}/" if url.host else "///"
    return f"{url.get_backend_name()}:{host}{url.database or ''}"


def _without_secrets(text: str, url: sa.URL) -> str:
    """A driver's message, with whatever the address holds in confidence taken out."""
    secrets = [str(url.password or "")]
    secrets += [str(value) for key, value in url.query.items() if SECRET.search(key)]
    for secret in sorted((s for s in secrets if s), key=len, reverse=True):
        text = text.replace(secret, "…")
    return text


@contextlib.contextmanager
def explained(url: sa.URL) -> Iterator[None]:
    """Failures of the database as one message without a password."""
    try:
        yield
    except sa.exc.DBAPIError as error:
        lines = [line for line in str(error.orig).strip().split("\n") if line.strip()]
        said = " ".join(line for line in lines[:1] + [s for s in lines[1:] if "DETAIL" in s])
        msg = f"The database {place(url)} refused or was lost: {_without_secrets(said, url)}"
        raise ObservatoryError(msg) from None
    except sa.exc.PendingRollbackError:
        msg = f"The connection to the database {place(url)} was lost."
        raise ObservatoryError(msg) from None
    except sa.exc.NoSuchModuleError:
        msg = f"No driver for {url.drivername} is installed."
        raise InputError(msg) from None
    except ModuleNotFoundError as error:
        msg = f"The driver of {url.drivername} is not installed ({error.name})."
        raise InputError(msg) from None
