"""The register of the roadmap that a home goes by."""

import hashlib
from pathlib import Path

import sources
from observatory.roadmap.register import HOME_FILE, Register, load_register
from observatory.settings import Settings

SHIPPED = Path(sources.__file__).parent / HOME_FILE


def register_path(settings: Settings) -> Path:
    """The home's own register, else the one that is shipped."""
    own = settings.home / HOME_FILE
    return own if own.is_file() else SHIPPED


def register_of(settings: Settings) -> Register | None:
    """The register of the territory; None where none speaks of it."""
    register = load_register(register_path(settings))
    return register if register.territory == settings.territory else None


def register_facts(settings: Settings) -> dict[str, str]:
    """What tells one register from another."""
    digest = hashlib.sha256(register_path(settings).read_bytes()).hexdigest()[:16]
    return {"roadmap register": digest, "territory": settings.territory}
