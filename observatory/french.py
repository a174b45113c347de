"""French of what contracts say in English: units, grains, periods, caveats, codes, null.

Contracts write each phrase once, in English; readers of the dictionary see both. A phrase that
is not in ``french.toml`` cannot be published.
"""

import tomllib
from pathlib import Path

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
    return "inconnu" if code is None else VALUES[column][code]


def french(phrase: str) -> str:
    """The French of a phrase of a contract; KeyError for one that was never translated."""
    return JOIN_FR.join(PHRASES[part] for part in phrase.split(JOIN))
