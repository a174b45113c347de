"""The invented land scenario: a world drawn first, then lossy files of it, each in its layout.

EDIGEO exchanges and local brownfield inventories are not invented: the Etalab conversion and
the national file stand for them.
"""

from collections.abc import Callable
from pathlib import Path

from sources.sample.land import cadastre, perimeters, planning, records, register

WRITERS: dict[str, Callable[[Path], list[tuple[Path, str]]]] = {
    **cadastre.WRITERS,
    **perimeters.WRITERS,
    **planning.WRITERS,
    **records.WRITERS,
    **register.WRITERS,
    "cadastre/edigeo": lambda _: [],
    "cnig/brownfields": lambda _: [],
}
