"""Columns that several tables share, by theme: same quantity, same unit, same name."""

from importlib import import_module
from pkgutil import iter_modules

# those of several themes first: a theme may have columns like them
for _name in sorted((m.name for m in iter_modules(__path__)), key=lambda name: name != "shared"):
    import_module(f"{__name__}.{_name}")
