"""Parquet and GeoParquet: the frames that steps hand to each other, drafts included."""

import json
import os
from pathlib import Path
from typing import TypeAlias

import geopandas as gpd
import polars as pl

from observatory.errors import InputError
from observatory.metadata.tables import Table
from observatory.settings import Settings
from observatory.storage.archive import sha256

Frame: TypeAlias = "pl.DataFrame | gpd.GeoDataFrame"


class Store:
    """Frames by asset name, each a Parquet file of one folder (sample or real)."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @classmethod
    def of(cls, settings: Settings) -> "Store":
        """The store of the world (sample or real) that ``settings`` choose."""
        return cls(settings.work)

    def path(self, name: str) -> Path:
        """Where the frame of asset ``name`` is kept."""
        return self.root / f"{name}.parquet"

    def write(self, name: str, frame: Frame) -> None:
        """Replace a frame in one step: readers see the old file or the new one."""
        path = self.path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            write_parquet(frame, temporary)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)

    def has(self, name: str) -> bool:
        """Whether a frame of this name is there."""
        return self.path(name).exists()

    def read(self, name: str) -> pl.DataFrame:
        """A frame's attributes; a geometry column comes as WKB."""
        frame = pl.read_parquet(self._existing(name))
        shapes = [c for c, kind in frame.schema.items() if isinstance(kind, pl.BaseExtension)]
        return frame.with_columns(pl.col(c).ext.storage() for c in shapes)

    def read_geometry(self, name: str) -> gpd.GeoDataFrame:
        """A frame with its geometry and CRS."""
        return gpd.read_parquet(self._existing(name))

    def sha256(self, name: str) -> str:
        """Content hash of a frame's file: the version that audits and releases speak of."""
        return sha256(self._existing(name))

    def remember_inputs(self, name: str, inputs: dict[str, str]) -> None:
        """Write beside a frame what it was made from: hashes of frames, and settings."""
        path = self._inputs(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(inputs, sort_keys=True), "utf-8")

    def inputs(self, name: str) -> dict[str, str]:
        """What the frame was made from; nothing where that was not written."""
        path = self._inputs(name)
        return json.loads(path.read_text("utf-8")) if path.exists() else {}

    def made_from(self, table: Table, settings: Settings) -> dict[str, str]:
        """What ``table`` would be made from now: clean rows by hash, territory and year."""
        clean = [f"clean_{key.replace('/', '__')}" for key in table.all_sources]
        return {
            **{name: self.sha256(name) for name in clean if self.path(name).exists()},
            "territory": settings.territory,
            "as_of_year": str(settings.as_of.year),
            **({k: str(v) for k, v in settings.land.items()} if table.theme == "land" else {}),
        }

    def _inputs(self, name: str) -> Path:
        return self.root / f"{name}.inputs.json"

    def _existing(self, name: str) -> Path:
        path = self.path(name)
        if not path.exists():
            msg = f"{name} has not been made yet: materialise it, or use `observatory run`."
            raise InputError(msg)
        return path


def write_parquet(frame: Frame, path: Path) -> None:
    """Write one frame; the same frame gives the same bytes."""
    if isinstance(frame, gpd.GeoDataFrame):
        frame.to_parquet(path, compression="zstd", index=False, schema_version="1.1.0")
    else:
        frame.rechunk().write_parquet(path, compression="zstd", statistics=True)
