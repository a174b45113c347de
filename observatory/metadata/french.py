"""French of what contracts say in English: units, grains, periods, caveats, codes, null.

Contracts write each phrase once, in English; readers of the dictionary see both. A phrase that
is not in ``french.toml`` cannot be published.
"""

import tomllib
from pathlib import Path

from observatory.geography.crs import M2_PER_HA
from observatory.metadata.tables import Column

UNKNOWN = "inconnu"
NARROW = "\u202f"
JOIN = "; or "
JOIN_FR = " ; ou "
_WRITTEN = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))
PHRASES: dict[str, str] = _WRITTEN["phrases"]
CAVEATS: dict[str, tuple[str, str]] = {k: (fr, en) for k, (fr, en) in _WRITTEN["caveats"].items()}
EXEMPTIONS: dict[str, tuple[str, str]] = {
    k: (fr, en) for k, (fr, en) in _WRITTEN["exemptions"].items()
}

VALUES: dict[str, dict[str, str]] = _WRITTEN["values"]


def french_value(column: str, code: str | None) -> str:
    """What readers call a code of a column; « inconnu » where there is none."""
    return UNKNOWN if code is None else VALUES[column][code]


def written(value: float, digits: int = 0) -> str:
    """A number as it is written in French."""
    return f"{value:,.{digits}f}".replace(",", NARROW).replace(".", ",")


def scale_of(column: Column) -> float:
    """What a figure is multiplied by to be read: areas in m² are read in hectares."""
    return 1 / M2_PER_HA if column.unit == "m²" else 1


def unit_of(column: Column) -> str | None:
    """The unit a figure is read in; None for a count, whose label names what is counted."""
    if column.unit is None or column.kind == "integer":
        return None
    return {"m²": "ha", "ha": "ha", "percent": "%"}.get(column.unit) or french(column.unit)


def unknown_of(column: Column) -> str:
    """What a missing value of a column means."""
    return french(column.null_means) if column.null_means else UNKNOWN


def french(phrase: str) -> str:
    """The French of a phrase of a contract; KeyError for one that was never translated."""
    return JOIN_FR.join(PHRASES[part] for part in phrase.split(JOIN))
