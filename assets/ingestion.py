"""What every source has in the graph: its file, its rows as text, its clean rows and issues."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import dagster as dg
import geopandas as gpd
import pandas as pd
import polars as pl

from assets.source_files import Fetch, source_asset, version_of
from observatory.errors import InputError
from observatory.ingest.cleaning import Clean, Cleaned, cleaned, cleaned_as_named
from observatory.ingest.corrections import Correction, apply_corrections
from observatory.ingest.delimited import Keep
from observatory.ingest.issues import ORIGIN, IssueLog
from observatory.ingest.layers import empty_layer, read_layer
from observatory.ingest.reading import read_table
from observatory.ingest.shapes import Layer, cleaned_layer
from observatory.metadata.cards import Card, normalise
from observatory.pipeline.drafts import OWNERS, content_version, preview
from observatory.pipeline.run_settings import RunSettings
from observatory.settings import Settings
from observatory.storage.archive import Archive, Entry
from observatory.storage.frames import Frame, HandedOver, Store
from sources import corrections_of
from sources.addresses import COMMUNES_ASKED

CleanLayer: TypeAlias = Callable[[Layer, IssueLog], pl.DataFrame]


@dataclass(frozen=True, kw_only=True)
class Scope:
    """Which rows of a national register are read: told from the frames that ``reads`` names."""

    reads: tuple[str, ...]
    within: Callable[[Store], Keep]


@dataclass(frozen=True, kw_only=True)
class Reading:
    """How files that may not be kept as they are become rows: hashed, and cut to ``columns``."""

    reads: tuple[str, ...]
    columns: pl.Schema
    run: Callable[[Path, Settings, str, str], pl.DataFrame]


def ingest(
    card: Card,
    clean: Clean,
    scope: Scope | None = None,
    fetch: Fetch | None = None,
    reading: Reading | None = None,
    key: Sequence[str] = (),
) -> list[dg.AssetsDefinition]:
    """The three nodes of a table source: file, raw rows, clean rows with their issues.

    ``clean`` takes the rows under our names of columns and the log of issues, and returns typed
    rows. Of a national register, ``scope`` keeps the rows of the territory's départements;
    ``fetch`` asks a service for the file; ``reading`` reads one that may not be kept as it is.
    ``key``, the year of the edition first, is what two files must not both hold.
    """
    if reading:
        raw, layout = _raw_private_asset(card, reading), None
    else:
        raw, layout = _raw_rows_asset(card, scope), card.layout

    def run(frame: pl.DataFrame, settings: Settings, files: dict[str, str]) -> Cleaned:
        if layout is None:
            return cleaned_as_named(frame, clean)
        found = clean_corrected(card, clean, frame, settings, files)
        if len(files) > 1 and key:
            refuse_doubled(card, found.rows, key, settings)
        return found

    return [source_asset(card, fetch), raw, _clean_asset(card, run)]


def ingest_layer(card: Card, clean: CleanLayer, **usability: Any) -> list[dg.AssetsDefinition]:
    """The three nodes of a map layer: file, raw shapes, clean shapes with their issues.

    ``usability`` says what makes a shape usable, as ``usable`` takes it.
    """

    def run(frame: gpd.GeoDataFrame, _: Settings, __: dict[str, str]) -> Cleaned:
        return cleaned_layer(frame, card, clean, **usability)

    return [source_asset(card), _raw_layer_asset(card), _clean_asset(card, run)]


def _raw_asset(
    card: Card,
    read: Callable[[Settings, Archive, list[Entry]], Frame],
    *,
    kind: str = "polars",
    told: str = "every row as the producer wrote it, as text, with its line.",
    reads: tuple[str, ...] = (),
) -> dg.AssetsDefinition:
    @dg.asset(
        name=f"raw_{card.stem}",
        deps=[dg.AssetKey(name) for name in (card.identifier, *reads)],
        group_name="raw",
        kinds={kind, "parquet"},
        owners=OWNERS,
        tags={"layer": "raw"},
        description=f"{card.title} ({card.producer}): {told}",
    )
    def raw(settings: RunSettings) -> dg.MaterializeResult[Any]:
        archive = Archive(settings.archive)
        entries = archive.latest(card, sample=settings.is_sample)
        frame = read(settings, archive, entries)
        handed = HandedOver(
            rows=frame,
            parts=parts_of(card, entries),
            files={entry.sha256: entry.vintage for entry in entries},
        )
        return dg.MaterializeResult(
            value=handed,
            data_version=dg.DataVersion(version_of(entries)),
            metadata={"preview": preview(frame, unshown=unshown(card, list(frame.columns)))},
        )

    return raw


def _raw_rows_asset(card: Card, scope: Scope | None) -> dg.AssetsDefinition:
    def read(settings: Settings, archive: Archive, entries: list[Entry]) -> pl.DataFrame:
        keep = scope.within(Store.of(settings)) if scope and entries else None
        return read_entries(archive, card, entries, keep)

    return _raw_asset(card, read, reads=scope.reads if scope else ())


def _raw_private_asset(card: Card, reading: Reading) -> dg.AssetsDefinition:
    def read_private(settings: Settings, archive: Archive, entries: list[Entry]) -> pl.DataFrame:
        frames = [reading.run(archive.content(e), settings, e.file_name, e.sha256) for e in entries]
        return pl.concat([pl.DataFrame(schema=reading.columns), *frames])

    told = "every record with its line, without text, name or identifier."
    return _raw_asset(card, read_private, told=told, reads=reading.reads)


def _raw_layer_asset(card: Card) -> dg.AssetsDefinition:
    def read_shapes(_: Settings, archive: Archive, entries: list[Entry]) -> gpd.GeoDataFrame:
        return _one_layer(
            [
                read_layer(archive.content(e), card, name=e.file_name, sha256=e.sha256)
                for e in entries
            ]
        )

    told = "every shape as the producer drew it, attributes as text."
    return _raw_asset(card, read_shapes, kind="geopandas", told=told)


def read_entries(
    archive: Archive, card: Card, entries: list[Entry], keep: Keep | None = None
) -> pl.DataFrame:
    """The rows of all vintages one below the other; no rows where nothing is archived.

    A file that is archived under two vintages is read once.
    """
    once = {e.sha256: e for e in entries}.values()
    frames = [
        read_table(archive.content(e), card, name=e.file_name, sha256=e.sha256, keep=keep)
        for e in once
    ]
    return pl.concat(frames, how="diagonal") if frames else pl.DataFrame(schema=ORIGIN)


def _one_layer(frames: list[gpd.GeoDataFrame]) -> gpd.GeoDataFrame:
    """Layers one below the other, in the CRS of the first; no shape where there is none."""
    if len(frames) <= 1:
        return frames[0] if frames else empty_layer()
    same = [frame.to_crs(frames[0].crs) for frame in frames]
    return gpd.GeoDataFrame(pd.concat(same, ignore_index=True), crs=frames[0].crs)


def _clean_outs(card: Card, kind: str, what: str) -> dict[str, dg.AssetOut]:
    """The two outputs of every cleaning: rows, and what was repaired or rejected."""
    return {
        f"clean_{card.stem}": dg.AssetOut(
            group_name="clean",
            kinds={kind, "parquet"},
            owners=OWNERS,
            tags={"layer": "clean"},
            description=f"{card.title}: {what}",
        ),
        f"issues_{card.stem}": dg.AssetOut(
            group_name="issues",
            kinds={"polars", "parquet"},
            owners=OWNERS,
            tags={"layer": "issues"},
            description=f"{card.title}: what was repaired or rejected, with its line.",
        ),
    }


def _clean_asset(card: Card, run: Callable[..., Cleaned]) -> dg.AssetsDefinition:
    is_layer = card.layout.format == "layer"
    what = (
        "valid shapes in the projected CRS, typed and coded." if is_layer else "typed, coded rows."
    )

    @dg.multi_asset(
        name=f"clean_{card.stem}",
        outs=_clean_outs(card, "geopandas" if is_layer else "polars", what),
        ins={"raw": dg.AssetIn(f"raw_{card.stem}")},
    )
    def clean_and_issues(
        raw: HandedOver, settings: RunSettings
    ) -> tuple[dg.Output[HandedOver], dg.Output[pl.DataFrame]]:
        return _cleaned(card, run, raw, settings)

    return clean_and_issues


def _cleaned(
    card: Card, run: Callable[..., Cleaned], raw: HandedOver, settings: Settings
) -> tuple[dg.Output[HandedOver], dg.Output[pl.DataFrame]]:
    """Clean rows with the parts they stand for, and the issues."""
    found = run(raw.rows, settings, raw.files)
    handed = HandedOver(rows=found.rows, parts=raw.parts, files=raw.files)
    version = f"{content_version(found.rows)} {' '.join(handed.parts)}".strip()
    return (
        dg.Output(
            handed,
            output_name=f"clean_{card.stem}",
            data_version=dg.DataVersion(version),
            metadata={"preview": preview(found.rows, unshown=unshown(card, found.rows.columns))},
        ),
        dg.Output(
            found.issues,
            output_name=f"issues_{card.stem}",
            data_version=dg.DataVersion(content_version(found.issues)),
            metadata={
                "preview": preview(found.issues, unshown=unshown(card, found.issues.columns))
            },
        ),
    )


def parts_of(card: Card, entries: Sequence[Entry]) -> tuple[str, ...]:
    """The parts that were handed over, each once.

    Of a file that was asked for the territory, the communes that were asked; else what follows the
    point of a vintage, and a blank for a file that names no part.
    """
    parts: set[str] = set()
    for entry in entries:
        asked = entry.headers.get(COMMUNES_ASKED)
        if asked is not None:
            parts.update(asked.split())
        else:
            parts.add(entry.vintage.partition(".")[2] if card.vintages == "parts" else "")
    return tuple(sorted(parts))


def clean_corrected(
    card: Card, clean: Clean, raw: pl.DataFrame, settings: Settings, files: dict[str, str]
) -> Cleaned:
    """Apply the corrections of a source, then clean its rows; both leave their issues."""
    if raw.is_empty():
        return cleaned(raw, card.layout, clean)
    corrected, issues = apply_corrections(
        raw,
        card,
        corrections_of(card.key, settings),
        vintages=files,
        as_of=settings.as_of,
    )
    found = cleaned(corrected, card.layout, clean)
    return Cleaned(rows=found.rows, issues=pl.concat([issues, found.issues]))


def refuse_doubled(card: Card, rows: pl.DataFrame, key: Sequence[str], settings: Settings) -> None:
    """InputError where two files hold the same year of the same thing: it names both."""
    held = rows.group_by(key).agg(pl.col("source_sha256").unique().sort())
    twice = held.filter(pl.col("source_sha256").list.len() > 1).sort(key)
    if twice.is_empty():
        return
    entries = {
        e.sha256: e for e in Archive(settings.archive).latest(card, sample=settings.is_sample)
    }
    first, second, *_ = (entries[sha] for sha in twice["source_sha256"][0])
    msg = (
        f"{card.key}: {first.file_name} (vintage {first.vintage}) and {second.file_name} (vintage "
        f"{second.vintage}) both hold {twice[key[0]][0]}, with {twice.height} rows in common: keep "
        f'one (`observatory archive withdraw {card.key} {second.vintage} --because "…"`).'
    )
    raise InputError(msg)


def unshown(card: Card, columns: Sequence[str]) -> set[str]:
    """Columns of a source whose values are shown in no preview, by our name or the producer's."""
    if card.is_restricted:
        return set(columns) - set(ORIGIN)
    patterns = [card.layout.all_columns.get(name, name) for name in card.layout.sensitive]
    hidden = {c for c in columns for p in patterns if re.fullmatch(p, normalise(c))}
    return (
        hidden
        | ({*card.layout.sensitive} & set(columns))
        | ({"value", "replacement"} & set(columns) if card.layout.sensitive else set())
    )


def try_corrections(
    settings: Settings, listed: Sequence[Correction], cards: dict[str, Card]
) -> dict[str, str]:
    """What each correction would do to the archived files, by its place; nothing is changed.

    They are tried together, after those of the cards, as a run applies them. Raises InputError
    for one that names no row, a row twice, another value, or a date that has passed.
    """
    found: dict[str, str] = {}
    archive = Archive(settings.archive)
    for key in sorted({correction.source for correction in listed}):
        own = [c for c in listed if c.source == key]
        card = cards[key]
        entries = archive.latest(card, sample=settings.is_sample)
        vintages = {e.sha256: e.vintage for e in entries}
        raw = read_entries(archive, card, entries)
        beside = [c for c in corrections_of(key, settings) if not c.is_from_home]
        usable = [c for c in own if c.vintage in vintages.values()]
        _, issues = apply_corrections(
            raw, card, [*beside, *usable], vintages=vintages, as_of=settings.as_of
        )
        lines = issues["source_line"].to_list()[-len(usable) :] if usable else []
        found |= {c.place: "no: no file of this vintage" for c in own if c not in usable}
        found |= {c.place: f"yes: line {line}" for c, line in zip(usable, lines, strict=True)}
    return found
