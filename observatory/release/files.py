"""Files of a release, read as they were released or not at all: each has its SHA-256."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from observatory.errors import DamagedFileError, InputError
from observatory.storage.integrity import damaged, explained, require_unchanged

if TYPE_CHECKING:
    import geopandas as gpd

CHECKSUMS = "SHA256SUMS"
SUM = re.compile(r"([0-9a-f]{64})  ([^/]+)")


def require_whole(folder: Path, name: str) -> Path:
    """A file of the release in ``folder``, once its content was seen to be what was released.

    Raises DamagedFileError, and InputError where the release was removed since it was looked up.
    """
    return require_unchanged(folder / name, _read_sums(folder).get(name, ""), again(folder))


def read_rows(folder: Path, table: str, columns: Sequence[str] | None = None) -> pl.DataFrame:
    """The rows of a released table."""
    path = require_whole(folder, f"{table}.parquet")
    with explained(path, again(folder)):
        return pl.read_parquet(path, columns=None if columns is None else list(columns))


def read_shapes(folder: Path, table: str) -> "gpd.GeoDataFrame":
    """The rows of a released layer, with their shapes."""
    import geopandas as gpd

    path = require_whole(folder, f"{table}.parquet")
    with explained(path, again(folder)):
        return gpd.read_parquet(path)


def again(folder: Path) -> str:
    """What to do about a release that is damaged."""
    return (
        "`observatory releases list` shows what is kept, and `observatory releases restore ID` "
        f"publishes an intact one again; where there is none, move {folder.name} out of "
        f"{folder.parent} and run all themes."
    )


def find_damage(folder: Path) -> list[str]:
    """What is wrong with a release: one sentence per file, none when all is well."""
    found = []
    try:
        names = list(_read_sums(folder))
    except InputError as error:
        return [str(error)]
    for name in names:
        try:
            require_whole(folder, name)
        except DamagedFileError as error:
            found.append(str(error))
    return found


def _read_sums(folder: Path) -> dict[str, str]:
    """The hash of each file of a release, by name."""
    path = folder / CHECKSUMS
    if not folder.is_dir():
        msg = f"Release {folder.name} is not there any more (pruned?): run the command again."
        raise InputError(msg)
    with explained(require_unchanged(path, None, again(folder)), again(folder)):
        lines = path.read_text("utf-8").splitlines()
    sums = [SUM.fullmatch(line) for line in lines]
    if not sums or None in sums:
        raise damaged(path, "not a list of hashes", again(folder))
    return {found[2]: found[1] for found in sums if found}
