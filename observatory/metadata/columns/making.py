"""Columns of each kind in a short form: name, label, French, English, what null means.

All of them may be published; a sensitive one is written out as a ``Column``.
"""

from functools import partial

from observatory.metadata import units
from observatory.metadata.tables import Column, Kind
from observatory.metadata.texts import Text
from observatory.metadata.units import Unit


def column(
    name: str,
    label: str,
    fr: str,
    en: str,
    null_means: Text | None = None,
    *,
    kind: Kind,
    unit: Unit | None = None,
    allowed: tuple[str, ...] = (),
    pattern: str | None = None,
    minimum: float | None = None,
    maximum: float | None = None,
    identifies: str | None = None,
) -> Column:
    """A column of any kind that may be published."""
    return Column(
        name=name,
        kind=kind,
        label=label,
        fr=fr,
        en=en,
        sensitive=False,
        unit=unit,
        null_means=null_means,
        allowed=allowed,
        pattern=pattern,
        minimum=minimum,
        maximum=maximum,
        identifies=identifies,
    )


code = partial(column, kind="code")
text = partial(column, kind="text")
flag = partial(column, kind="boolean")
date = partial(column, kind="date")
year = partial(column, kind="integer", unit=units.YEAR, minimum=2000, maximum=2100)
rank = partial(column, kind="integer", unit=units.RANK, minimum=1)
count = partial(column, kind="integer", minimum=0)
number = partial(column, kind="number", minimum=0)
share = partial(number, unit=units.PERCENT, maximum=100)
area = partial(number, unit=units.M2)
hectares = partial(number, unit=units.HA)
metres = partial(number, unit=units.M)
