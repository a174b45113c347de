"""Opens the configured database, whichever it is."""

import contextlib
from collections.abc import Iterator

from observatory.database.target import Target, parsed
from observatory.settings import Settings


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
