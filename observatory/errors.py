"""Errors a user can act on: printed as one message, never as a traceback."""


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
