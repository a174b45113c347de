"""Errors a user can act on: printed as one message, never as a traceback."""

from collections.abc import Mapping
from difflib import get_close_matches

SHOWN = 3
LEAST_LETTERS, MOST_LETTERS = 3, 100


class ObservatoryError(Exception):
    """Something outside the code is wrong; the message says what and what to do."""


class InputError(ObservatoryError):
    """A file, setting or argument that cannot be used as it is."""


class DamagedFileError(InputError):
    """A file of the home that is not as it was written: which, and how to make it again."""


class MissingCredentialsError(InputError):
    """A producer that wants credentials, and none are set: the message says how to ask for them."""


class NothingToReleaseError(InputError):
    """A theme for which no file was handed over that any of its tables could be made from."""


class BlockedReleaseError(ObservatoryError):
    """A release that was refused because a draft has no stored, passing audit."""


class DeclarationError(ObservatoryError, ValueError):
    """A table, a column or a text that is declared wrong: said with its place, at import."""


def did_you_mean(asked: str, known: Mapping[str, str]) -> str:
    """Ask whether one of the nearest names was meant; nothing where none is near.

    ``known`` has what is said of each name. Near are those that hold what was asked, then those
    written almost alike, as a whole or by the part after the last slash.
    """
    wanted = asked.casefold()[:MOST_LETTERS]
    forms: dict[str, list[str]] = {}
    for name in known:
        for form in {name.casefold(), name.casefold().rpartition("/")[2]}:
            forms.setdefault(form, []).append(name)
    is_long = len(wanted) >= LEAST_LETTERS
    near = sorted((n for n in known if is_long and wanted in n.casefold()), key=len)
    near += [name for form in get_close_matches(wanted, forms, SHOWN) for name in forms[form]]
    found = [known[name] for name in dict.fromkeys(near)][:SHOWN]
    return f" Did you mean {' or '.join(found)}?" if found else ""
