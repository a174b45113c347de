"""Parquet and GeoParquet: the frames that steps hand to each other, drafts included."""

import contextlib
import functools
import hashlib
import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, TypeAlias

import geopandas as gpd
import pandas as pd
import polars as pl
import pyarrow.parquet as pq
import pyproj
import shapely
from pydantic import TypeAdapter

from observatory.errors import InputError
from observatory.geography.cog import ARRONDISSEMENTS, department_of
from observatory.geography.crs import METROPOLITAN_FRANCE, Projection, projection_of
from observatory.metadata.tables import Table
from observatory.settings import Settings, Thresholds
from observatory.storage.integrity import (
    damaged,
    explained,
    read_json,
    remove,
    replacing,
    require_unchanged,
    sha256,
    write_json,
)

Frame: TypeAlias = pl.DataFrame | gpd.GeoDataFrame
COMMUNES = "geography_communes"
# the part of a territory without any
NOWHERE = "00"


@dataclass(frozen=True, kw_only=True)
class Coverage:
    """Which parts of a source were handed over, without its rows.

    ``parts``: nothing where no file was, a blank for a file that names no part, else the codes of
    départements, communes or sheets.
    """

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


@dataclass(frozen=True, kw_only=True)
class HandedOver(Coverage):
    """The rows of a source, and which of its parts were handed over.

    ``files``: the vintage of each file that was read, by its hash. A source without a file has no
    rows, and all its columns.
    """

    rows: Any
    files: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What stands beside a frame: its hash, the settings it was made under, its files by part.

    ``made_of``: version of each thing that it was made of, code and settings included. ``cost``:
    seconds and megabytes of the step that made it. A product that is no frame has no file.
    """

    made_under: dict[str, str]
    parts: tuple[str, ...] | None = None
    files: dict[str, str] | None = None
    sha256: str | None = None
    made_of: dict[str, str] | None = None
    cost: dict[str, float] | None = None
    is_frame: bool = True


FACTS, INPUTS = TypeAdapter(Facts), TypeAdapter(dict[str, str])


class Store:
    """Frames by asset name, each a Parquet file of one folder (sample or real).

    ``thresholds`` are those of secrecy that the rules on the frames hold them against. A frame
    that was made under other settings than ``made_under`` is refused. A frame that is made
    département by département is a folder of such files: the store of a ``part`` reads and writes
    that one, any other reads those of the territory, in the order of their codes.
    """

    def __init__(
        self,
        root: Path,
        thresholds: Thresholds | None = None,
        made_under: dict[str, str] | None = None,
        part: str | None = None,
    ) -> None:
        self.root, self.thresholds = root, thresholds or Thresholds()
        self.made_under, self.part = made_under, part

    @classmethod
    def of(cls, settings: Settings) -> "Store":
        """The store of the world (sample or real) that ``settings`` choose."""
        return cls(settings.work, settings.thresholds, settings.made_under)

    @classmethod
    def of_any_day(cls, settings: Settings) -> "Store":
        """The same store, where a frame that was made on another day for the territory will do.

        What is asked of a producer today rests on the communes that an earlier run made.
        """
        return cls(settings.work, settings.thresholds, {"territory": settings.territory})

    def of_part(self, part: str) -> "Store":
        """The same store, for what is made of one département."""
        return Store(self.root, self.thresholds, self.made_under, part)

    def path(self, name: str) -> Path:
        """Where the frame of asset ``name`` is kept; of a part, in the folder of that name."""
        return self.root / f"{name}.parquet"

    def place(self, name: str) -> str:
        """What this store writes a frame as: of a part, its code in the folder of that name."""
        return f"{name}/{self.part}" if self.part else name

    def places(self, name: str) -> list[str]:
        """What a frame is kept as: itself, or its part, or the parts of the whole territory."""
        if not (self.root / name).is_dir():
            return [name]
        parts = [self.part] if self.part else self.departments()
        return [f"{name}/{part}" for part in parts]

    def departments(self) -> list[str]:
        """Codes of the départements that the territory reaches into, in their order.

        ``NOWHERE`` alone where no commune of it is known: what is made of it has no rows.
        """
        if self.made_under is not None:
            self._require_same_run(COMMUNES)
        found = _departments(self._existing(COMMUNES), self._facts(COMMUNES).sha256 or "")
        return [*found] or [NOWHERE]

    @property
    def projection(self) -> Projection:
        """That of the territory; of metropolitan France while its communes are not known."""
        try:
            return projection_of(self.departments())
        except InputError:
            return METROPOLITAN_FRANCE

    def write(
        self,
        name: str,
        frame: Frame,
        *,
        handed_over: HandedOver | None = None,
        made_of: dict[str, str] | None = None,
    ) -> None:
        """Replace a frame in one step: readers see the old file or the new one.

        Beside it stand the settings it was made under, and of a source what was handed over. A
        frame without them was not written whole. What it was made of is ``made_of``.
        """
        place = self.place(name)
        with replacing(self.path(place)) as fresh:
            fresh.touch(mode=0o600)  # frames hold what a release leaves out
            write_parquet(frame, fresh)
            digest = sha256(fresh)
            # what takes long is done: the old frame is whole until now
            remove(self._about(place))
            remove(self.root / name if self.part is None else self.path(name))
        _remember(self.path(place), digest, frame)
        self._write_facts(
            place,
            Facts(
                sha256=digest,
                made_under=self.made_under or {},
                parts=handed_over.parts if handed_over else None,
                files=handed_over.files if handed_over else None,
                made_of=made_of,
            ),
        )

    def note(self, name: str, version: str, made_of: dict[str, str] | None = None) -> None:
        """Remember a product that is no frame: its version, and what it was made of."""
        place = self.place(name)
        under = self.made_under or {}
        facts = Facts(sha256=version, made_under=under, made_of=made_of, is_frame=False)
        self._write_facts(place, facts)

    def stamp(self, name: str, cost: dict[str, float] | None = None) -> None:
        """Say of a frame that it is what this run would make; or what it has cost to make."""
        for place in self.places(name):
            facts = self._facts(place)
            fresh = replace(facts, made_under=self.made_under or {}, cost=cost or facts.cost)
            if fresh != facts:
                self._write_facts(place, fresh)

    def forget(self, name: str) -> None:
        """No longer say what a frame or product was made of: the next run makes it again."""
        kept = [self._about(name), *(self.root / name).glob("*.about.json")]
        for about in kept:
            if about.is_file():
                facts = read_json(about, FACTS, _again(name))
                write_json(about, asdict(replace(facts, made_of=None)))

    def made_of(self, name: str) -> dict[str, str] | None:
        """What a frame, or product, was made of; None where that is not known or it is not whole.

        A frame whose file is not as it was written is not whole.
        """
        place = self.place(name)
        try:
            facts = self._facts(place)
            if facts.is_frame:
                require_unchanged(self._existing(place), facts.sha256, _again(name))
        except InputError:
            return None
        return facts.made_of

    def cost(self, name: str) -> dict[str, float]:
        """Seconds and megabytes that making it took the last time; nothing where not known."""
        place = self.place(name)
        try:
            return self._facts(place).cost or {}
        except InputError:
            return {}

    def _write_facts(self, place: str, facts: Facts) -> None:
        write_json(self._about(place), asdict(facts))

    def require_same_run(self, name: str) -> None:
        """Refuse a frame that was made under other settings than this store's; InputError."""
        for place in self.places(name):
            self._require_same_run(place)

    def _require_same_run(self, place: str) -> None:
        """Refuse a frame that was made under other settings than this store's; InputError."""
        made, wanted = self._facts(place).made_under, self.made_under or {}
        if made and any(made.get(key) != value for key, value in wanted.items()):
            here, there = (
                ", ".join(f"{key} {facts[key]}" for key in sorted(facts, reverse=True))
                for facts in (wanted, made)
            )
            msg = (
                f"{place} was made for {there}, and this run is for {here}: make it again under "
                "the settings of this run (the job of its theme does), or run under its own."
            )
            raise InputError(msg)

    def read_coverage(self, name: str) -> Coverage:
        """Which parts of a source its clean frame stands for; its rows are not read."""
        for place in self.places(name):
            self._existing(place)
            self._require_same_run(place)
        return Coverage(parts=self.parts(name))

    def read_handed_over(self, name: str) -> HandedOver:
        """The clean rows of a source, and which of its parts were handed over."""
        rows = self.read_as_kept(name)
        return HandedOver(rows=rows, parts=self.parts(name), files=self.files(name))

    def files(self, name: str) -> dict[str, str]:
        """The vintage of each file that a frame of a source was read from, by its hash."""
        return {
            sha: vintage
            for place in self.places(name)
            for sha, vintage in (self._facts(place).files or {}).items()
        }

    def parts(self, name: str) -> tuple[str, ...]:
        """Which parts of a source its clean frame stands for; none where nobody handed it over."""
        places = self.places(name)
        found = [part for place in places for part in self._facts(place).parts or ()]
        return tuple(found) if len(places) == 1 else tuple(sorted(set(found)))

    def read_as_kept(self, name: str) -> Frame:
        """A frame with its geometry where it has one, else its rows."""
        path = self._existing(self.places(name)[0])
        with explained(path, _again(name)):
            is_layer = b"geo" in (pq.read_schema(path).metadata or {})
        return self.read_geometry(name) if is_layer else self.read(name)

    def _facts(self, place: str) -> Facts:
        """What stands beside a frame; InputError where the frame was not written whole."""
        about = self._about(place)
        if not os.path.lexists(about):
            raise damaged(self._existing(place), "it was not written whole", _again(place))
        return read_json(about, FACTS, _again(place))

    def _about(self, place: str) -> Path:
        return self.root / f"{place}.about.json"

    def has(self, name: str) -> bool:
        """Whether a frame of this name is there, all the parts of it that are asked for."""
        return all(self.path(place).exists() for place in self.places(name))

    def read(self, name: str, columns: Sequence[str] | None = None) -> pl.DataFrame:
        """A frame's attributes, or some ``columns`` of them; a geometry column comes as WKB."""
        frames = [self._read(place, columns) for place in self.places(name)]
        return pl.concat(frames) if len(frames) > 1 else frames[0]

    def _read(self, place: str, columns: Sequence[str] | None) -> pl.DataFrame:
        with explained(self.path(place), _again(place)):
            frame = pl.read_parquet(self._readable(place), columns=[*columns] if columns else None)
        shapes = [c for c, kind in frame.schema.items() if isinstance(kind, pl.BaseExtension)]
        return frame.with_columns(pl.col(c).ext.storage() for c in shapes)

    def read_geometry(self, name: str) -> gpd.GeoDataFrame:
        """A frame with its geometry and CRS."""
        frames = []
        for place in self.places(name):
            with explained(self.path(place), _again(place)):
                frames.append(_layer(self._readable(place), self._facts(place).sha256))
        return pd.concat(frames, ignore_index=True) if len(frames) > 1 else frames[0]

    def scan(self, name: str) -> pl.LazyFrame:
        """A frame's attributes, to be read in part."""
        return pl.scan_parquet([self._readable(place) for place in self.places(name)])

    def sha256(self, name: str) -> str:
        """Content hash of a frame's file: the version that audits and releases speak of."""
        found = self.hashes(name)
        return found[0] if len(found) == 1 else hashlib.sha256(" ".join(found).encode()).hexdigest()

    def hashes(self, name: str) -> list[str]:
        """Content hash of each file that a frame is kept in."""
        return [sha256(self._existing(place)) for place in self.places(name)]

    def version(self, name: str) -> str:
        """Content hash of a clean frame, and the parts it stands for."""
        return f"{self.sha256(name)} {' '.join(self.parts(name))}".strip()

    def noted(self, name: str) -> str:
        """The version of a frame or product as it was noted when it was made; not read again."""
        facts = [self._facts(place) for place in self.places(name)]
        return "\n".join(
            " ".join(
                [str(f.sha256), *(f.parts or ()), *map(":".join, sorted((f.files or {}).items()))]
            )
            for f in facts
        )

    def remember_inputs(self, name: str, inputs: dict[str, str]) -> None:
        """Write beside a frame what it was made from: hashes of frames, and settings."""
        write_json(self._inputs(name), inputs)

    def inputs(self, name: str) -> dict[str, str]:
        """What the frame was made from; nothing where that was not written."""
        path = self._inputs(name)
        return read_json(path, INPUTS, _again(name)) if os.path.lexists(path) else {}

    def made_from(self, table: Table, settings: Settings) -> dict[str, str]:
        """What ``table`` would be made from now: clean rows by hash, and settings."""
        clean = [f"clean_{key.replace('/', '__')}" for key in table.all_sources]
        return {
            **{name: self.version(name) for name in clean if self.has(name)},
            "territory": settings.territory,
            "as_of_year": str(settings.as_of.year),
            **({"thresholds": str(settings.thresholds)} if table.protections else {}),
            **({k: str(v) for k, v in settings.land.items()} if table.theme == "land" else {}),
        }

    def _inputs(self, name: str) -> Path:
        return self.root / f"{name}.inputs.json"

    def _readable(self, place: str) -> Path:
        """Where a frame is that this store's run may read, seen to be as it was written."""
        path = self._existing(place)
        if self.made_under is not None:
            self._require_same_run(place)
        return require_unchanged(path, self._facts(place).sha256, _again(place))

    def _existing(self, place: str) -> Path:
        path = self.path(place)
        if not os.path.lexists(path):
            msg = f"{place} has not been made yet: materialise it, or use `observatory run`."
            raise InputError(msg)
        return require_unchanged(path, None, _again(place))


@functools.lru_cache(maxsize=8)
def _departments(path: Path, digest: str) -> tuple[str, ...]:
    """Départements of the communes of a territory; asked for at each frame, and read once."""
    require_unchanged(path, digest or None, _again(COMMUNES))
    communes = pl.scan_parquet(path).filter("is_in_territory")
    codes = communes.select(pl.col("department_code").unique().sort()).collect()
    return tuple(codes["department_code"].drop_nulls())


# layers that several steps of a run read one after the other: drawing a million shapes anew
# takes seconds each time; of what this process wrote, the shapes alone, which are read as written
_READ: dict[tuple[Path, str], gpd.GeoDataFrame | gpd.GeoSeries] = {}
LARGE_LAYER, MOST_LAYERS = 10_000_000, 2


def _layer(path: Path, digest: str | None) -> gpd.GeoDataFrame:
    """A layer with its geometry; of the large ones, the last two stay in memory for the run."""
    if digest is None or path.stat().st_size < LARGE_LAYER:
        return _drawn(path)
    found = _READ.pop((path, digest), None)
    if not isinstance(found, gpd.GeoDataFrame):
        found = _drawn(path, found)
    _keep_read(path, digest, found)
    return found.copy(deep=False)


def _drawn(path: Path, shapes: gpd.GeoSeries | None = None) -> gpd.GeoDataFrame:
    """A layer as ``write_parquet`` has written it; shapes that are at hand are not drawn anew.

    GeoPandas would take 40 ms of each layer in WGS 84: it leaves out the numbers of what that is
    made of, and PROJ looks for their names.
    """
    schema = pq.read_schema(path)
    about = json.loads((schema.metadata or {}).get(b"geo", b""))
    name = about["primary_column"]
    if shapes is not None:
        rows = pq.read_table(path, columns=[c for c in schema.names if c != name])
        return gpd.GeoDataFrame(rows.to_pandas(), geometry=shapes.to_numpy(), crs=shapes.crs)
    table = pq.read_table(path)
    drawn = shapely.from_wkb(table.column(name).to_numpy())
    frame = table.drop_columns(name).to_pandas()
    frame.insert(table.column_names.index(name), name, drawn)
    crs = _crs_of(json.dumps(about["columns"][name]["crs"]))
    return gpd.GeoDataFrame(frame, geometry=name, crs=crs)


@functools.lru_cache(maxsize=16)
def _crs_of(text: str) -> pyproj.CRS | None:
    return pyproj.CRS(text) if text != "null" else None


def _remember(path: Path, digest: str, frame: Frame) -> None:
    """Keep the shapes of a large layer that was written: what follows reads it."""
    if not isinstance(frame, gpd.GeoDataFrame) or path.stat().st_size < LARGE_LAYER:
        return
    if frame.columns[-1] == frame.geometry.name:  # as a layer is put together again
        _keep_read(path, digest, frame.geometry)


def _keep_read(path: Path, digest: str, found: gpd.GeoDataFrame | gpd.GeoSeries) -> None:
    _READ[(path, digest)] = found
    while len(_READ) > MOST_LAYERS:
        _READ.pop(next(iter(_READ)), None)


def forget_read() -> None:
    """Keep no layer in memory any more."""
    _READ.clear()


def _again(name: str) -> str:
    return f"`observatory run` makes {name} again."


def write_parquet(frame: Frame, path: Path) -> None:
    """Write one frame; the same frame gives the same bytes."""
    if isinstance(frame, gpd.GeoDataFrame):
        frame.to_parquet(path, compression="zstd", index=False, schema_version="1.1.0")
    else:
        frame.rechunk().write_parquet(path, compression="zstd", statistics=True)


# a file is read so many rows at once: a whole of it would take twice as much
ROWS_AT_ONCE = 20_000


def write_private(frames: Iterable[pl.DataFrame], path: Path) -> None:
    """Replace a frame that its owner alone may read; each of its pages has a checksum.

    It comes in parts, one at least, of which one is held at a time.
    """
    with replacing(path) as fresh, contextlib.ExitStack() as opened:
        fresh.touch(mode=0o600)
        file: pq.ParquetWriter | None = None
        for frame in frames:
            table = frame.to_arrow()
            if file is None:
                options = {"compression": "zstd", "write_page_checksum": True}
                file = opened.enter_context(pq.ParquetWriter(fresh, table.schema, **options))
            file.write_table(table, row_group_size=ROWS_AT_ONCE)


def read_private(
    path: Path, schema: pl.Schema, remedy: str, *, where: pl.Expr | None = None
) -> pl.DataFrame:
    """A frame that was kept in private, or its rows ``where`` something holds.

    Raises DamagedFileError where it has not the columns it must have.
    """
    require_unchanged(path, None, remedy)
    keep = pl.lit(value=True) if where is None else where
    with explained(path, remedy), pq.ParquetFile(path, page_checksum_verification=True) as kept:
        empty = pl.DataFrame(pl.from_arrow(kept.schema_arrow.empty_table()))
        if empty.schema == schema:
            groups = map(kept.read_row_group, range(kept.num_row_groups))
            return pl.concat([empty, *(pl.DataFrame(group).filter(keep) for group in groups)])
    raise damaged(path, "its columns are not those that were kept", remedy)
