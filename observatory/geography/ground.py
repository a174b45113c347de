"""What a run lies on: the projected CRS of its territory, communes in force, files, and its day.

Whatever reads a producer's file needs both, and no file tells them: a step sets its ``GROUND``
before it works.
"""

import datetime as dt
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

import polars as pl

from observatory.geography.crs import METROPOLITAN_FRANCE, Projection

CHANGES = pl.Schema({"former_commune_code": pl.String(), "current_commune_code": pl.String()})


@dataclass(frozen=True, kw_only=True)
class Ground:
    """The projection, the communes in force with what older codes lead to, and each file's vintage.

    No commune where nobody handed the list over. ``listed_in`` is the vintage of the list;
    ``vintages`` those of the files that are read, by hash. What ends is in force ``as_of`` a day.
    """

    projection: Projection = METROPOLITAN_FRANCE
    communes: pl.Series = field(default_factory=lambda: pl.Series(dtype=pl.String))
    changes: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=CHANGES))
    listed_in: str = ""
    vintages: Mapping[str, str] = field(default_factory=dict)
    as_of: dt.date = field(default_factory=lambda: dt.datetime.now(dt.UTC).date())


METROPOLITAN_GROUND = Ground()
GROUND: ContextVar[Ground] = ContextVar("ground", default=METROPOLITAN_GROUND)


@contextmanager
def standing_on(ground: Ground) -> Iterator[None]:
    """Work on a ground; that of before comes back."""
    token = GROUND.set(ground)
    try:
        yield
    finally:
        GROUND.reset(token)


def projection() -> Projection:
    """The projected CRS of the territory of the run."""
    return GROUND.get().projection
