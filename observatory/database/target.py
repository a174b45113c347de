"""A database that receives each release beside the files: PostgreSQL, or another by SQLAlchemy."""

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import sqlalchemy as sa

from observatory.contracts import Table
from observatory.errors import InputError, ObservatoryError
from observatory.settings import Settings

Step = Callable[[str], None]


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

    def load(self, manifest: Mapping[str, Any], tables: Sequence[LoadedTable], step: Step) -> None:
        """Write the tables of a release where no reader looks."""

    def publish(
        self, manifest: Mapping[str, Any], tables: Sequence[LoadedTable], step: Step
    ) -> None:
        """Move readers to the release in one transaction."""

    def remove_orphans(self) -> None:
        """Take away tables of releases that were never published."""

    def drop(self, release_id: str) -> None:
        """Take away a published release that readers have left."""


def parsed(settings: Settings) -> sa.URL | None:
    """The address of the database; InputError that repeats no password."""
    if settings.database_url is None:
        return None
    try:
        return sa.make_url(settings.database_url.get_secret_value())
    except (sa.exc.ArgumentError, ValueError):
        msg = (
            "OBSERVATORY_DATABASE_URL is not an SQLAlchemy address, such as "
            "postgresql://user@host/database."
        )
        raise InputError(msg) from None


@contextlib.contextmanager
def open_target(settings: Settings) -> Iterator[Target | None]:
    """The configured database, held for one publication; None where there is none."""
    url = parsed(settings)
    if url is None:
        yield None
        return
    if url.get_backend_name() == "postgresql":
        from observatory.database.postgres import open_postgres

        with open_postgres(url, settings) as postgres:
            yield postgres
    else:
        from observatory.database.plain import open_plain

        with open_plain(url) as plain:
            yield plain


@contextlib.contextmanager
def explained(url: sa.URL) -> Iterator[None]:
    """Failures of the database as one message without a password."""
    try:
        yield
    except sa.exc.DBAPIError as error:
        place = url.render_as_string(hide_password=True)
        first = str(error.orig).strip().split("\n", 1)[0]
        msg = f"The database {place} refused or was lost: {first}"
        raise ObservatoryError(msg) from None
    except sa.exc.NoSuchModuleError:
        msg = f"No driver for {url.drivername} is installed."
        raise InputError(msg) from None
    except ModuleNotFoundError as error:
        msg = f"The driver of {url.drivername} is not installed ({error.name})."
        raise InputError(msg) from None
