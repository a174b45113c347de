"""Parquet and GeoParquet: the frames that steps hand to each other, drafts included."""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import geopandas as gpd
import polars as pl
import pyarrow.parquet as pq

from observatory.errors import InputError
from observatory.geography.cog import ARRONDISSEMENTS, department_of
from observatory.metadata.tables import Table
from observatory.settings import Settings, Thresholds
from observatory.storage.archive import sha256

Frame: TypeAlias = pl.DataFrame | gpd.GeoDataFrame


@dataclass(frozen=True, kw_only=True)
class HandedOver:
    """The clean rows of a source, and which of its parts were handed over.

    ``parts``: nothing where no file was, a blank for a file that names no part, else the codes of
    départements, communes or sheets. A source without a file has no rows, and all its columns.
    """

    rows: Any
    parts: tuple[str, ...]

    @property
    def is_absent(self) -> bool:
        """Whether nobody handed the source over."""
        return not self.parts

    def names(self, commune_code: pl.Expr) -> pl.Expr:
        """Whether a part that was handed over is the commune, or its département, by its name.

        A city is named where all its municipal arrondissements are.
        """
        whole = [c for c, inside in ARRONDISSEMENTS.items() if set(inside) <= set(self.parts)]
        parts = pl.Series([*self.parts, *whole], dtype=pl.String).implode()
        named = commune_code.is_in(parts) | department_of(commune_code).is_in(parts)
        return named.fill_null(value=False)

    def covers(self, commune_code: pl.Expr) -> pl.Expr:
        """Whether the file that would hold a commune was handed over."""
        return pl.lit(value="" in self.parts) | self.names(commune_code)


class Store:
    """Frames by asset name, each a Parquet file of one folder (sample or real).

    ``thresholds`` are those of secrecy that the rules on the frames hold them against.
    """

    def __init__(self, root: Path, thresholds: Thresholds | None = None) -> None:
        self.root, self.thresholds = root, thresholds or Thresholds()

    @classmethod
    def of(cls, settings: Settings) -> "Store":
        """The store of the world (sample or real) that ``settings`` choose."""
        return cls(settings.work, settings.thresholds)

    def path(self, name: str) -> Path:
        """Where the frame of asset ``name`` is kept."""
        return self.root / f"{name}.parquet"

    def write(
        self,
        name: str,
        frame: Frame,
        *,
        made_under: dict[str, str] | None = None,
        parts: tuple[str, ...] | None = None,
    ) -> None:
        """Replace a frame in one step: readers see the old file or the new one.

        Beside it stand the settings it was made under, and of a source the parts handed over. A
        frame without them was not written whole.
        """
        path = self.path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        about = self._about(name)
        about.unlink(missing_ok=True)
        temporary = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            write_parquet(frame, temporary)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
        told = {"made_under": made_under or {}, "parts": parts}
        about.write_text(json.dumps(told, sort_keys=True), "utf-8")

    def require_made_under(self, name: str, wanted: dict[str, str]) -> None:
        """Refuse a frame that was made under other settings than those ``wanted``; InputError."""
        made = self._told(name)["made_under"]
        if made and made != wanted:
            here, there = (
                ", ".join(f"{key} {facts[key]}" for key in sorted(facts, reverse=True))
                for facts in (wanted, made)
            )
            msg = (
                f"{name} was made for {there}, and this run is for {here}: make it again under "
                "the settings of this run (the job of its theme does), or run under its own."
            )
            raise InputError(msg)

    def read_handed_over(self, name: str) -> "HandedOver":
        """The clean rows of a source, and which of its parts were handed over."""
        return HandedOver(rows=self.read_as_kept(name), parts=self.parts(name))

    def parts(self, name: str) -> tuple[str, ...]:
        """Which parts of a source its clean frame stands for; none where nobody handed it over."""
        return tuple(self._told(name)["parts"] or ())

    def read_as_kept(self, name: str) -> Frame:
        """A frame with its geometry where it has one, else its rows."""
        is_layer = b"geo" in (pq.read_schema(self._existing(name)).metadata or {})
        return self.read_geometry(name) if is_layer else self.read(name)

    def _told(self, name: str) -> dict[str, Any]:
        """What stands beside a frame; InputError where the frame was not written whole."""
        about = self._about(name)
        if not about.exists():
            self._existing(name)
            msg = f"{name} was not written whole: materialise it again (`observatory run`)."
            raise InputError(msg)
        return json.loads(about.read_text("utf-8"))  # type: ignore[no-any-return]

    def _about(self, name: str) -> Path:
        return self.root / f"{name}.about.json"

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

    def version(self, name: str) -> str:
        """Content hash of a clean frame, and the parts it stands for."""
        return f"{self.sha256(name)} {' '.join(self.parts(name))}".strip()

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
            **{name: self.version(name) for name in clean if self.path(name).exists()},
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
