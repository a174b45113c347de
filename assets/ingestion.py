"""What every source has in the graph: its file, its clean rows and what was said of the others."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import dagster as dg
import geopandas as gpd
import numpy as np
import pandas as pd
import polars as pl

from assets.ground import ON_GROUND, ground_of
from assets.parts import of_older_edition
from assets.source_files import (
    RETRY,
    Fetch,
    bring,
    department_named,
    entries_of,
    file_facts,
    file_reads,
    file_spec,
    must_look,
    source_file,
)
from observatory.errors import InputError
from observatory.geography.ground import Ground, projection, standing_on
from observatory.geography.layers import drop_geometry
from observatory.ingest.cleaning import Clean, Cleaned, cleaned, cleaned_as_named
from observatory.ingest.corrections import Correction, apply_corrections
from observatory.ingest.delimited import Keep
from observatory.ingest.issues import ALIKE, LINE, ORIGIN, IssueLog
from observatory.ingest.layers import empty_layer, read_layer
from observatory.ingest.reading import name_columns, read_table
from observatory.ingest.shapes import Layer, cleaned_layer
from observatory.metadata.cards import Card, normalise
from observatory.pipeline.accounting import BECAUSE, account, lines_of
from observatory.pipeline.audits import RuleResult, check_result, load_audit, store_audit
from observatory.pipeline.code import code_of
from observatory.pipeline.measuring import measured
from observatory.pipeline.run_settings import RunSettings
from observatory.pipeline.steps import (
    PARTS,
    STEPS,
    TAKE,
    Made,
    Out,
    RunStore,
    Step,
    finished,
    keep,
    unchanged,
)
from observatory.settings import Settings
from observatory.storage.archive import Archive, Entry
from observatory.storage.frames import Frame, HandedOver, Store
from sources import corrections_of
from sources.addresses import COMMUNES_ASKED

CleanLayer: TypeAlias = Callable[[Layer, IssueLog], pl.DataFrame]
ReadFiles: TypeAlias = Callable[[Settings, Store, Archive, list[Entry]], Frame]
OfPart: TypeAlias = Callable[[gpd.GeoDataFrame, Store], np.ndarray]
Run: TypeAlias = Callable[[Frame, Settings, dict[str, str]], Cleaned]
ACCOUNTING = "observatory.pipeline.accounting"
READER = "observatory.ingest.layers"
# days that a cleaning compares with its own: when a plan ended, when an inventory was decided
ENDS, DECIDED = "plan_ended", "decided"


@dataclass(frozen=True, kw_only=True)
class Scope:
    """Which rows of a national register are read: told from the frames that ``reads`` names.

    ``is_parted``: those of one département at a time, whose store it is told.
    """

    reads: tuple[str, ...]
    within: Callable[[Store], Keep]
    is_parted: bool = False


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
    of_part: Callable[[Store], Keep] | None = None,
    reads: tuple[str, ...] = (),
    place: pl.Expr | None = None,
) -> list[dg.AssetsDefinition]:
    """The step of a table source: its file, clean rows and their issues.

    ``clean`` takes the rows under our names of columns and the log of issues, and returns typed
    rows. Of a national register, ``scope`` keeps the rows of the territory's départements;
    ``fetch`` asks a service for the file; ``reading`` reads one that may not be kept as it is.
    ``key``, the year of the edition first, is what two files must not both hold. A source that is
    cleaned département by département says by ``of_part`` which rows of a file of several are of
    one; a scope says so itself. ``place`` is what the newest edition that holds it serves alone.
    """

    def read(settings: Settings, store: Store, archive: Archive, entries: list[Entry]) -> Frame:
        if reading:
            files = [(archive.content(e), settings, e.file_name, e.sha256) for e in entries]
            frames = [reading.run(*file) for file in files]
            return pl.concat([pl.DataFrame(schema=reading.columns), *frames])
        if not entries:
            return pl.DataFrame(schema=ORIGIN)
        if of_part is None:
            return read_entries(archive, card, entries, scope.within(store) if scope else None)
        named = [e for e in entries if department_named(card, e)]
        others = [e for e in entries if not department_named(card, e)]
        found = [
            read_entries(archive, card, named),
            read_entries(archive, card, others, of_part(store)),
        ]
        return pl.concat(found, how="diagonal")

    def run(frame: pl.DataFrame, settings: Settings, files: dict[str, str]) -> Cleaned:
        if reading:
            return cleaned_as_named(frame, clean)
        rows, superseded = _newest(frame, card, place, files)
        found = clean_corrected(card, clean, rows, settings, files)
        if len(files) > 1 and key:
            refuse_doubled(card, found.rows, key, settings)
        return Cleaned(rows=found.rows, issues=pl.concat([superseded, found.issues]))

    reads += (scope.reads if scope else ()) + (reading.reads if reading else ())
    is_parted = of_part is not None or (scope is not None and scope.is_parted)
    return _source_steps(card, read, run, clean.__module__, reads, fetch, is_parted=is_parted)


def ingest_layer(
    card: Card,
    clean: CleanLayer,
    of_part: OfPart | None = None,
    reads: tuple[str, ...] = (),
    place: pl.Expr | None = None,
    **usability: Any,
) -> list[dg.AssetsDefinition]:
    """The step of a map layer: its file, clean shapes and their issues.

    ``usability`` says what makes a shape usable, as ``usable`` takes it. ``of_part`` says which
    shapes of a file that names no département are of one, from the frames ``reads``. ``place`` is
    what the newest edition that holds it serves alone.
    """

    def read(
        settings: Settings, store: Store, archive: Archive, entries: list[Entry]
    ) -> gpd.GeoDataFrame:
        frames = []
        for e in entries:
            # one of several may change alone; one of all départements is read for each
            is_for_others = not department_named(card, e) and len(store.departments()) > 1
            frame = (
                _read_once(settings, archive, card, e)
                if of_part and (len(entries) > 1 or is_for_others)
                else _read_layer(archive, card, e, is_alone=len(entries) == 1)
            )
            if of_part and not department_named(card, e):
                own = of_part(frame, store)
                if usability.get("blank_is_kept"):  # it speaks for its commune, wherever that is
                    own |= frame.geometry.isna().to_numpy()
                frame = frame[own].reset_index(drop=True)
            frames.append(frame)
        _forget_others(settings, card)
        return _one_layer(frames)

    def run(frame: gpd.GeoDataFrame, settings: Settings, files: dict[str, str]) -> Cleaned:
        rows, superseded = _newest(frame, card, place, files)
        rows, corrected = _corrected_layer(rows, card, settings, files)
        found = cleaned_layer(rows, card, clean, **usability)
        return Cleaned(rows=found.rows, issues=pl.concat([superseded, corrected, found.issues]))

    return _source_steps(card, read, run, clean.__module__, reads, is_parted=of_part is not None)


def _source_steps(
    card: Card,
    read: ReadFiles,
    run: Run,
    code: str,
    reads: tuple[str, ...] = (),
    fetch: Fetch | None = None,
    *,
    is_parted: bool,
) -> list[dg.AssetsDefinition]:
    """One step from the producer's file to clean rows, or two where cleaning goes in parts."""
    rows, issues = _outs(card)
    # a service is asked for each part; what a producer publishes comes for all at once
    has_file = is_parted and fetch is None

    def facts(settings: Settings, store: Store) -> Mapping[str, str]:
        entries = entries_of(card, settings, store.part)
        told = {**file_facts(card, entries), **_corrections(card, settings)}
        # what the day decides of a file is looked at again each day: its figures rest on it
        is_of_day = {ENDS, DECIDED} & card.layout.all_columns.keys()
        return told | ({"day": str(settings.as_of)} if is_of_day else {})

    def work(settings: Settings, store: Store) -> Iterator[Any]:
        if not has_file:
            yield bring(card, fetch, settings, store)
        yield from _clean(own, card, settings, store, read, run)

    own = Step(
        name=rows.name,
        outs=(rows, issues),
        reads=reads,
        code=code,
        facts=facts,
        is_parted=is_parted,
        work=work,
        must_look=_never if has_file else (lambda settings: must_look(card, settings)),
        asks=not has_file,
        file=None if has_file else card.identifier,
        waits_for=(card.identifier,) if has_file else file_reads(card, fetch),
    )
    STEPS[own.name] = own
    specs = [out.spec((card.identifier, *reads), is_parted=is_parted) for out in (rows, issues)]
    if not has_file:
        specs.insert(0, file_spec(card, fetch, PARTS if is_parted else None))
    accounts = [
        dg.AssetCheckSpec(rule, asset=rows.name, description=because, blocking=True)
        for rule, because in BECAUSE.items()
    ]

    @dg.multi_asset(
        name=rows.name,
        specs=specs,
        check_specs=accounts,
        can_subset=not has_file,
        retry_policy=RETRY if not has_file else None,
        pool=card.address.pool if card.address and not has_file else None,
    )
    def source(
        context: dg.AssetExecutionContext, settings: RunSettings, store: RunStore
    ) -> Iterator[Any]:
        """Bring the file, read it, clean it; nothing of what did not change."""
        store = store.of_part(context.partition_key) if is_parted else store
        selected = {key.to_user_string() for key in context.selected_asset_keys}
        if selected == {card.identifier}:
            yield bring(card, fetch, settings, store)
            return
        made_before = TAKE.get()(own.name)
        for told in work(settings, store) if made_before is None else made_before:
            if told.asset_key.to_user_string() in selected:
                yield told

    return [*([source_file(card)] if has_file else []), source]


def _corrected_layer(
    frame: gpd.GeoDataFrame, card: Card, settings: Settings, files: dict[str, str]
) -> tuple[gpd.GeoDataFrame, pl.DataFrame]:
    """A layer whose rows can be corrected one by one, with the corrections of its source."""
    listed = corrections_of(card.key, settings) if card.layout.shapes and len(frame) else []
    rows = drop_geometry(frame).cast(dict(ORIGIN)) if listed else pl.DataFrame()  # type: ignore[arg-type]
    corrected, issues = apply_corrections(rows, card, listed, vintages=files, as_of=settings.as_of)
    return frame.assign(**corrected.drop(LINE, strict=False).to_dict()), issues


def _newest(
    frame: Frame, card: Card, place: pl.Expr | None, files: Mapping[str, str]
) -> tuple[Any, pl.DataFrame]:
    """What of a source is not superseded by a newer edition of the same place; and what is."""
    log = IssueLog()
    if place is None or len({vintage.partition(".")[0] for vintage in files.values()}) <= 1:
        return frame, log.table()
    if isinstance(frame, gpd.GeoDataFrame):
        rows = drop_geometry(frame).cast(dict(ORIGIN))  # type: ignore[arg-type]
        older = of_older_edition(name_columns(rows, card.layout), place, files, log)
        return frame[~older.to_numpy()].reset_index(drop=True), log.table()
    older = of_older_edition(name_columns(frame, card.layout), place, files, log)
    return frame.filter(~older), log.table()


def _never(_: Settings) -> None:
    """What is cleaned apart from its file has nothing to look for."""


def _outs(card: Card) -> tuple[Out, Out]:
    """The two frames of every cleaning: rows, and what was repaired or rejected."""
    is_layer = card.layout.format == "layer"
    what = (
        "valid shapes in the projected CRS, typed and coded." if is_layer else "typed, coded rows."
    )
    rows = Out(
        name=f"clean_{card.stem}",
        group="clean",
        kinds=("geopandas" if is_layer else "polars", "parquet"),
        tags={"layer": "clean"},
        description=f"{card.title} ({card.producer}): {what}",
        hidden=lambda columns: unshown(card, columns),
    )
    issues = Out(
        name=f"issues_{card.stem}",
        group="issues",
        tags={"layer": "issues"},
        description=f"{card.title}: what was repaired or rejected, with its line.",
        hidden=lambda columns: unshown(card, columns),
    )
    return rows, issues


def _corrections(card: Card, settings: Settings) -> dict[str, str]:
    """Corrections of the source, and the day that ends some; nothing where there is none."""
    listed = corrections_of(card.key, settings)
    return {"corrections": str(listed), "day": str(settings.as_of)} if listed else {}


def _clean(
    own: Step, card: Card, settings: Settings, store: Store, read: ReadFiles, run: Run
) -> Iterator[Any]:
    """Clean; what fails fails once: asked again, it is the same file."""
    try:
        yield from _clean_rows(own, card, settings, store, read, run)
    except dg.Failure:
        raise
    except Exception as error:  # of whatever kind
        raise dg.Failure(str(error), allow_retries=False) from error


def _clean_rows(
    own: Step, card: Card, settings: Settings, store: Store, read: ReadFiles, run: Run
) -> Iterator[Any]:
    """Clean rows with the parts they stand for, their issues, and the account of both."""
    rows, issues = own.outs
    archive, entries = Archive(settings.archive), entries_of(card, settings, store.part)
    now = own.made_of(settings, store)
    if own.is_made(settings, store, now) and (results := _audited(own, settings, store)):
        yield from unchanged(own.outs, settings, store)
    else:
        with measured() as cost:
            files = {entry.sha256: entry.vintage for entry in entries}
            names = {entry.sha256: entry.file_name for entry in entries}
            is_grounded = {*ON_GROUND} <= {*own.reads}
            with standing_on(ground_of(store, files, settings.as_of) if is_grounded else Ground()):
                raw = read(settings, store, archive, entries)
                told = {"rows_read": len(raw)}
                lines = lines_of(raw)
                found = run(raw, settings, files)
            del raw
            results = account(lines, lines_of(found.rows), found.issues, card, names)
            handed = HandedOver(rows=found.rows, parts=parts_of(card, entries), files=files)
            made = [
                keep(rows, Made(rows=handed, metadata=told), settings, store, now),
                keep(issues, _of_part(found.issues, store.part), settings, store, now),
            ]
            reads = {store.place(issues.name): store.noted(issues.name)}
            version = store.sha256(rows.name)
            store_audit(settings, rows.name, version, results, reads, ACCOUNTING)
        for result in made:
            yield from finished(result, store, cost)
    for each in results:
        yield check_result(rows.name, each, None if entries else "no file")


def _of_part(issues: pl.DataFrame, part: str | None) -> pl.DataFrame:
    """Issues of a département: what counts lines of a file says that it is of that one."""
    counts = pl.col("note").str.ends_with(ALIKE)
    told = pl.format("{} Département {}.", "note", pl.lit(part))
    note = pl.when(counts).then(told).otherwise("note") if part else pl.col("note")
    return issues.with_columns(note=note)


def _audited(own: Step, settings: Settings, store: Store) -> list[RuleResult]:
    """The account of the rows as it was stored; nothing where it is of others."""
    name = own.outs[0].name
    audit = load_audit(settings, name, store.sha256(name))
    return audit.results if audit else []


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


def _read_layer(archive: Archive, card: Card, entry: Entry, **how: bool) -> gpd.GeoDataFrame:
    return read_layer(
        archive.content(entry), card, name=entry.file_name, sha256=entry.sha256, **how
    )


def _as_read(settings: Settings, card: Card) -> Store:
    """Files of a layer as they were read, by their hash: one of a hundred changes at a time."""
    return Store(settings.work / "read" / card.stem)


def _read_once(settings: Settings, archive: Archive, card: Card, entry: Entry) -> gpd.GeoDataFrame:
    """A file as it was read before; read anew where it, its card or the code is another."""
    kept = _as_read(settings, card)
    told = {
        "card": card.model_dump_json(),
        "name": entry.file_name,
        "crs": str(projection().epsg),
        "code": code_of(READER),
    }
    if kept.made_of(entry.sha256) != told:
        kept.write(entry.sha256, _read_layer(archive, card, entry), made_of=told)
    return kept.read_geometry(entry.sha256)


def _forget_others(settings: Settings, card: Card) -> None:
    """Keep of a layer the files that are read now, of all départements, and no other."""
    named = {e.sha256 for e in entries_of(card, settings)}
    for path in _as_read(settings, card).root.glob("*"):
        # what begins with a point is being written, by whoever reads another département
        if not path.name.startswith(".") and path.name.partition(".")[0] not in named:
            path.unlink(missing_ok=True)


def _one_layer(frames: list[gpd.GeoDataFrame]) -> gpd.GeoDataFrame:
    """Layers one below the other, in the CRS of the first; no shape where there is none."""
    if len(frames) <= 1:
        return frames[0] if frames else empty_layer()
    same = [frame.to_crs(frames[0].crs) for frame in frames]
    return gpd.GeoDataFrame(pd.concat(same, ignore_index=True), crs=frames[0].crs)


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
        raw = _read_any(archive, card, entries)
        beside = [c for c in corrections_of(key, settings) if not c.is_from_home]
        usable = [c for c in own if c.vintage in vintages.values()]
        _, issues = apply_corrections(
            raw, card, [*beside, *usable], vintages=vintages, as_of=settings.as_of
        )
        lines = issues["source_line"].to_list()[-len(usable) :] if usable else []
        found |= {c.place: "no: no file of this vintage" for c in own if c not in usable}
        found |= {c.place: f"yes: line {line}" for c, line in zip(usable, lines, strict=True)}
    return found


def _read_any(archive: Archive, card: Card, entries: list[Entry]) -> pl.DataFrame:
    """The rows of a table, or of a layer without its shapes."""
    if card.layout.format == "table":
        return read_entries(archive, card, entries)
    frames = [_read_layer(archive, card, entry) for entry in entries]
    return drop_geometry(_one_layer(frames)).cast(dict(ORIGIN))  # type: ignore[arg-type]
