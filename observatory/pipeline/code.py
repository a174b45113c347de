"""Which code a step is made by: its own module and those it imports, not the whole tree."""

import functools
import hashlib
import os
import re
from importlib import metadata
from pathlib import Path

import observatory

ROOT = Path(observatory.__file__).parent.parent
PACKAGES = ("observatory", "sources", "assets", "checks")
# what a step's figures rest on beside our own code
LIBRARIES = (
    *("polars", "pyarrow", "pandas", "numpy", "scipy", "shapely", "geopandas", "pyogrio", "pyproj"),
    "great_expectations",
)
IMPORTED = re.compile(
    rf"^\s*(?:from\s+((?:{'|'.join(PACKAGES)})[\w.]*)\s+import\s+(\([^)]*\)|[^\n]*)"
    rf"|import\s+((?:{'|'.join(PACKAGES)})[\w.]*))",
    re.MULTILINE,
)
# declarations beside a module that it reads; the cards are told apart, each is one source's
DATA = (".toml", ".csv", ".geojson")


def _read_code(root: Path) -> dict[Path, bytes]:
    """Every module and declaration of the project, in one order."""
    found = {}
    for package in PACKAGES:
        for folder, inside, files in os.walk(root / package):
            inside[:] = sorted({*inside} - {"node_modules", "__pycache__"})
            for path in (Path(folder, name) for name in sorted(files)):
                if path.suffix in {".py", *DATA}:
                    found[path] = path.read_bytes()
    return found


# as it was when this process began: what it has imported is not what an upgrade writes meanwhile
_CODE = _read_code(ROOT)


@functools.cache
def code_version() -> str:
    """A hash of all the code that reads, computes and checks, source cards included."""
    digest = hashlib.sha256()
    for path, content in _CODE.items():
        digest.update(path.relative_to(ROOT).as_posix().encode())
        digest.update(content)
    return digest.hexdigest()[:16]


@functools.cache
def code_of(module: str) -> str:
    """A hash of a module, of all that it imports of this project, and of the libraries' versions.

    ``module`` may be a package: all its modules count.
    """
    path = ROOT / module.replace(".", "/")
    inside = [module]
    if path / "__init__.py" in _CODE:
        inside = [_name(p) for p in _CODE if p.suffix == ".py" and p.is_relative_to(path)]
    digest = hashlib.sha256(_libraries().encode())
    for name in sorted(_closure(tuple(sorted(inside)))):
        digest.update(name.encode())
        digest.update(_hash(name))
    return digest.hexdigest()[:16]


def _closure(modules: tuple[str, ...]) -> set[str]:
    found: set[str] = set()
    left = [*modules]
    while left:
        name = left.pop()
        if name not in found:
            found.add(name)
            left.extend(_imports(name))
    return found


@functools.cache
def _imports(name: str) -> frozenset[str]:
    """Modules of the project that a module imports, its packages among them."""
    path = _file(name)
    found = {name.rpartition(".")[0]} if "." in name else set()
    for base, listed, whole in IMPORTED.findall(_CODE[path].decode()):
        found.add(base or whole)
        for each in re.findall(r"\w+(?:\s+as\s+\w+)?", listed):
            found.add(f"{base}.{each.split()[0]}")
    return frozenset(n for n in found if _file(n) in _CODE)


def _file(name: str) -> Path:
    folder = ROOT / name.replace(".", "/")
    package = folder / "__init__.py"
    return package if package in _CODE else folder.with_suffix(".py")


def _name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


@functools.cache
def _declarations(folder: Path) -> list[Path]:
    return [path for path in _CODE if path.suffix in DATA and path.parent == folder]


@functools.cache
def _hash(name: str) -> bytes:
    """Of a module, and of the declarations that lie beside it."""
    path = _file(name)
    digest = hashlib.sha256(_CODE[path])
    if not name.startswith("sources") or name.startswith("sources.sample"):
        for beside in _declarations(path.parent):
            digest.update(beside.name.encode())
            digest.update(_CODE[beside])
    return digest.digest()


@functools.cache
def looks_of(*packages: str) -> str:
    """A hash of the templates, scripts, styles and fonts of packages: no module imports them."""
    digest = hashlib.sha256()
    for package in packages:
        for path in sorted((ROOT / package.replace(".", "/")).rglob("*")):
            if (
                path.is_file()
                and path.suffix not in {".py", ".pyc"}
                and "node_modules" not in path.parts
            ):
                digest.update(path.relative_to(ROOT).as_posix().encode())
                digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


@functools.cache
def _libraries() -> str:
    return " ".join(f"{name} {metadata.version(name)}" for name in LIBRARIES)
