"""Every table contract, found in the packages of the themes."""

import re
from importlib import import_module
from pathlib import Path

from observatory.metadata.tables import Table

ROOT = Path(__file__).parent
DECLARATION = re.compile(r"^[A-Z][A-Z0-9_]* = table\($", re.MULTILINE)


def _modules() -> list[str]:
    """Modules of the themes in which a line declares a table; no other need be imported."""
    paths = [p for p in ROOT.glob("*/**/*.py") if DECLARATION.search(p.read_text("utf-8"))]
    return sorted(".".join(p.relative_to(ROOT.parent).with_suffix("").parts) for p in paths)


def _tables() -> dict[str, Table]:
    """Contracts by theme, then module, then as they stand in it."""
    found: dict[str, Table] = {}
    for module in _modules():
        theme = module.split(".")[1]
        for value in vars(import_module(module)).values():
            if not isinstance(value, Table) or found.get(value.name) is value:
                continue
            if value.theme != theme or value.name in found:
                msg = f"{module}: {value.name} is declared twice, or is not a name of {theme}"
                raise ValueError(msg)
            found[value.name] = value
    return found


TABLES = _tables()


def of_theme(theme: str) -> list[Table]:
    """The contracts of one theme."""
    return [table for table in TABLES.values() if table.theme == theme]
