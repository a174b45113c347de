"""Finds the code of a place that somebody asked for by its name."""

import re
import unicodedata
from collections.abc import Mapping

from observatory.errors import InputError, did_you_mean

ARTICLES = {"l", "la", "le", "les"}
SHORT = {"st": "saint", "ste": "sainte"}
NOT_LETTERS = re.compile(r"[^a-z0-9]+")


def list_words(name: str) -> list[str]:
    """List the words of a name without case, accents and punctuation."""
    letters = unicodedata.normalize("NFKD", name.casefold().replace("œ", "oe"))
    bare = "".join(c for c in letters if not unicodedata.combining(c))
    return [SHORT.get(word, word) for word in NOT_LETTERS.split(bare) if word]


def plain_name(name: str) -> str:
    """Write the words of a name without its leading article, for comparison.

    Example:
        >>> plain_name("Les Pennes-Mirabeau")
        'pennes mirabeau'

    """
    words = list_words(name)
    return " ".join(words[1:] if len(words) > 1 and words[0] in ARTICLES else words)


def find_code(asked: str, names: Mapping[str, str | None], *, where: str) -> str:
    """Find the code of a place by its code or its name; ``names`` has the name of each code.

    Two places whose names differ by their article alone are told apart by it. Raises InputError
    for a name that no place bears, or that several do; ``where`` says what asked for it.
    """
    if asked in names:
        return asked
    labels = {code: label for code, label in names.items() if label}
    same = [code for code, label in labels.items() if label.casefold() == asked.casefold()]
    wanted = plain_name(asked)
    found = same or [code for code, label in labels.items() if plain_name(label) == wanted]
    if len(found) == 1:
        return found[0]
    if found:
        msg = f"{where} {asked!r}: {len(found)} places bear this name: {', '.join(sorted(found))}."
        raise InputError(msg)
    near = did_you_mean(wanted, {plain_name(v): f"{v} ({k})" for k, v in labels.items()})
    msg = f"{where} {asked!r}: not in the release; expected its code or its name.{near}"
    raise InputError(msg)
