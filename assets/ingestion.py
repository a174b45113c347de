"""What every source has in the graph: its file, its rows as text, its clean rows and issues."""

import datetime as dt
import re
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import dagster as dg
import geopandas as gpd
import pandas as pd
import polars as pl

from observatory.errors import InputError, MissingCredentialsError
from observatory.geography.crs import METROPOLITAN
from observatory.ingest.cleaning import ORIGIN, Cleaned, normalise
from observatory.ingest.corrections import Correction, apply_corrections
from observatory.ingest.large_tables import scanned
from observatory.ingest.layers import empty_layer, read_layer
from observatory.ingest.tables import empty_raw, read_table
from observatory.metadata.cards import Cadence, Card
from observatory.pipeline.drafts import OWNERS, content_version, preview
from observatory.settings import Settings, load_settings
from observatory.storage.archive import Archive, Entry
from observatory.storage.attempts import Attempt, Attempts, now
from observatory.storage.erasure import erase_due
from observatory.storage.frames import Frame, Store
from sources import CARDS, corrections_of
from sources.addresses import NOWHERE, Where
from sources.providing import provide

OVERDUE: dict[Cadence, dt.timedelta] = {
    "daily": dt.timedelta(days=2),
    "monthly": dt.timedelta(days=45),
    "quarterly": dt.timedelta(days=120),
    "yearly": dt.timedelta(days=400),
    "irregular": dt.timedelta(days=1100),
}
Keep: TypeAlias = Callable[[pl.LazyFrame], pl.LazyFrame]
CleanedLayer: TypeAlias = tuple[gpd.GeoDataFrame, pl.DataFrame]
# how long before its announced day a source may have been looked at last
LOOKED_AT = dt.timedelta(days=35)
TERRITORY = ("geography_communes", "geography_commune_contours")
RETRY = dg.RetryPolicy(
    max_retries=3, delay=5, backoff=dg.Backoff.EXPONENTIAL, jitter=dg.Jitter.FULL
)


@dataclass(frozen=True, kw_only=True)
class Scope:
    """Which rows of a national register are read: told from the frames that ``reads`` names."""

    reads: tuple[str, ...]
    within: Callable[[Store], Keep]


@dataclass(frozen=True, kw_only=True)
class Reading:
    """How files that may not be kept as they are become rows: hashed, and cut to what is needed."""

    reads: tuple[str, ...]
    run: Callable[[Path, Settings, str, str], pl.DataFrame]


@dataclass(frozen=True, kw_only=True)
class Fetch:
    """How a file that answers a question of ours is had in live mode; None: nothing to ask."""

    reads: tuple[str, ...]
    run: Callable[[Settings, Path], Path | None]


def ingest(
    card: Card,
    clean: Callable[[pl.DataFrame], Cleaned],
    scope: Scope | None = None,
    fetch: Fetch | None = None,
    reading: Reading | None = None,
) -> list[dg.AssetsDefinition]:
    """The three nodes of a table source: file, raw rows, clean rows with their issues.

    Of a national register, ``scope`` keeps the rows of the territory's départements; ``fetch``
    asks a service for the file; ``reading`` reads one that may not be kept as it is.
    """
    raw = _raw_private_asset(card, reading) if reading else _raw_rows_asset(card, scope)
    return [source_asset(card, fetch), raw, _clean_asset(card, clean)]


def ingest_layer(
    card: Card, clean: Callable[[gpd.GeoDataFrame], CleanedLayer]
) -> list[dg.AssetsDefinition]:
    """The three nodes of a map layer: file, raw shapes, clean shapes with their issues."""
    return [source_asset(card), _raw_layer_asset(card), _clean_layer_asset(card, clean)]


def source_asset(card: Card, fetch: Fetch | None = None) -> dg.AssetsDefinition:
    """The producer's file in the archive; in live mode, fetched when it has changed."""

    @dg.asset(
        name=card.identifier,
        deps=[dg.AssetKey(name) for name in _reads(card, fetch)],
        group_name="sources",
        kinds={"file"},
        owners=OWNERS,
        tags={"layer": "source", "cadence": card.cadence},
        description=f"{card.title} ({card.producer}). {card.use}.",
        metadata={
            "landing_page": dg.MetadataValue.url(str(card.landing_page)),
            "licence": dg.MetadataValue.url(str(card.licence_url)),
            "reference_period": card.reference_period,
        },
        freshness_policy=_freshness(card),
        retry_policy=RETRY,
        pool=card.address.pool if card.address else None,
    )
    def source() -> dg.MaterializeResult[None]:
        settings = load_settings()
        # whichever source runs, what is due of any goes
        erase_due(settings, CARDS, dt.datetime.now(dt.UTC))
        done = _ask(card, fetch, settings) if fetch else provide(card, settings, _where(card))
        entries = Archive(settings.archive).latest(card, sample=settings.is_sample)
        return dg.MaterializeResult(
            data_version=dg.DataVersion(_version(entries)),
            metadata={
                "files": dg.MetadataValue.md(
                    "\n".join(f"- {e.vintage}: {e.file_name} `{e.sha256[:12]}`" for e in entries)
                    or f"nothing archived: `observatory archive add {card.key} FILE`"
                ),
                "not_fetched": [f"{a.part}: {a.message}".strip(": ") for a in done if a.message],
            },
        )

    return source


def _freshness(card: Card) -> dg.FreshnessPolicy:
    """By the day the producer announces its edition for, else by its cadence."""
    if card.expected_by is None:
        return dg.FreshnessPolicy.time_window(fail_window=OVERDUE[card.cadence])
    month, day = card.expected_by.split("-")
    return dg.FreshnessPolicy.cron(
        deadline_cron=f"0 6 {int(day)} {int(month)} *",
        lower_bound_delta=LOOKED_AT,
        timezone="Europe/Paris",
    )


def _reads(card: Card, fetch: Fetch | None) -> tuple[str, ...]:
    """What must be known before a source is asked: the territory, or what its client sends."""
    if fetch:
        return fetch.reads
    return TERRITORY if card.address and card.address.is_local else ()


def _ask(card: Card, fetch: Fetch, settings: Settings) -> list[Attempt]:
    """Archive what a service answers today; where it is not asked, what there is stays."""
    if settings.input != "live" or card.address is None:
        return provide(card, settings)
    attempts = Attempts(settings)
    with attempts.one_at_a_time(card.key), tempfile.TemporaryDirectory() as folder:
        done = _asked(card, fetch, settings, Path(folder))
        attempts.record([done])
    return [done]


def _asked(card: Card, fetch: Fetch, settings: Settings, folder: Path) -> Attempt:
    """What a client of its own brought; one that fails leaves the archive as it was."""
    url = card.require_address().url
    told = {"source": card.key, "part": "", "at": now(), "url": url}
    today = settings.as_of.isoformat()
    archive = Archive(settings.archive)
    had = archive.latest(card, sample=False)
    if any(e.vintage == today and e.origin == "fetched" for e in had):
        return Attempt(outcome="unchanged", message="Asked for today already.", **told)
    try:
        path = fetch.run(settings, folder)
        if path is None:
            return Attempt(outcome="not_asked", message="Nothing to ask for.", **told)
        entry = archive.add(card, path, vintage=today, origin="fetched", url=url)
    except MissingCredentialsError as error:
        return Attempt(outcome="not_asked", message=str(error), **told)
    except InputError as error:
        return Attempt(outcome="failed", message=str(error), **told)
    is_known = entry.sha256 in {e.sha256 for e in had}
    return Attempt(outcome="unchanged" if is_known else "new", **told)


def territory(settings: Settings) -> Where:
    """The territory as producers are asked for it; empty where its communes are not known yet."""
    store, (communes_, contours_) = Store.of(settings), TERRITORY
    if not store.has(communes_) or (communes := store.read(communes_)).is_empty():
        return NOWHERE
    local = communes.filter("is_in_territory")
    codes = local["commune_code"].sort().to_list()
    box = None
    if store.has(contours_) and len(drawn := store.read_geometry(contours_)):
        own = drawn[drawn["commune_code"].isin(codes)].to_crs(METROPOLITAN)
        box = tuple(own.total_bounds) if len(own) else None
    return Where(
        departments=tuple(local["department_code"].unique().sort().to_list()),
        communes=tuple(codes),
        box=box,
        bassins=tuple(local["bassin_code"].drop_nulls().unique().sort().to_list()),
    )


def known_territory(settings: Settings) -> Where:
    """The territory; InputError where its communes are not known, before anything is asked."""
    where = territory(settings)
    if not where.communes:
        msg = (
            "The territory's communes are not known yet: materialize geography_communes and "
            "geography_commune_contours first (`observatory run`)."
        )
        raise InputError(msg)
    return where


def _where(card: Card) -> Where:
    settings = load_settings()
    asked = settings.input == "live" and card.address and card.address.is_local
    return territory(settings) if asked else NOWHERE


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
    def raw() -> dg.MaterializeResult[Any]:
        settings = load_settings()
        archive = Archive(settings.archive)
        entries = archive.latest(card, sample=settings.is_sample)
        frame = read(settings, archive, entries)
        return dg.MaterializeResult(
            value=frame,
            data_version=dg.DataVersion(_version(entries)),
            metadata={"preview": preview(frame, unshown=unshown(card, list(frame.columns)))},
        )

    return raw


def _raw_rows_asset(card: Card, scope: Scope | None) -> dg.AssetsDefinition:
    def read(settings: Settings, archive: Archive, entries: list[Entry]) -> pl.DataFrame:
        keep = scope.within(Store.of(settings)) if scope and entries else None
        return read_entries(archive, card, entries, keep)

    return _raw_asset(card, read, reads=scope.reads if scope else ())


def _raw_private_asset(card: Card, reading: Reading) -> dg.AssetsDefinition:
    def read(settings: Settings, archive: Archive, entries: list[Entry]) -> pl.DataFrame:
        frames = [reading.run(archive.content(e), settings, e.file_name, e.sha256) for e in entries]
        return pl.concat(frames) if frames else empty_raw()

    told = "every record with its line, without text, name or identifier."
    return _raw_asset(card, read, told=told, reads=reading.reads)


def _raw_layer_asset(card: Card) -> dg.AssetsDefinition:
    def read(_: Settings, archive: Archive, entries: list[Entry]) -> gpd.GeoDataFrame:
        return _one_layer(
            [
                read_layer(archive.content(e), card, name=e.file_name, sha256=e.sha256)
                for e in entries
            ]
        )

    told = "every shape as the producer drew it, attributes as text."
    return _raw_asset(card, read, kind="geopandas", told=told)


def read_entries(
    archive: Archive, card: Card, entries: list[Entry], keep: Keep | None = None
) -> pl.DataFrame:
    """The rows of all vintages one below the other; no rows where nothing is archived."""
    frames = []
    for entry in entries:
        path, named = archive.content(entry), {"name": entry.file_name, "sha256": entry.sha256}
        if card.layout.format != "large_table":
            frames.append(read_table(path, card, **named))
            continue
        with scanned(path, card, **named) as lazy:
            frames.append((keep(lazy) if keep else lazy).collect(engine="streaming"))
    return pl.concat(frames, how="diagonal") if frames else empty_raw()


def _one_layer(frames: list[gpd.GeoDataFrame]) -> gpd.GeoDataFrame:
    """Layers one below the other, in the CRS of the first; no shape where there is none."""
    if len(frames) <= 1:
        return frames[0] if frames else empty_layer()
    same = [frame.to_crs(frames[0].crs) for frame in frames]
    return gpd.GeoDataFrame(pd.concat(same, ignore_index=True), crs=frames[0].crs)


def _clean_layer_asset(
    card: Card, clean: Callable[[gpd.GeoDataFrame], CleanedLayer]
) -> dg.AssetsDefinition:
    rows, issues = f"clean_{card.stem}", f"issues_{card.stem}"

    @dg.multi_asset(
        name=rows,
        outs=_clean_outs(card, "geopandas", "valid shapes in the projected CRS, typed and coded."),
        ins={"raw": dg.AssetIn(f"raw_{card.stem}")},
    )
    def clean_and_issues(
        raw: gpd.GeoDataFrame,
    ) -> tuple[dg.Output[gpd.GeoDataFrame], dg.Output[pl.DataFrame]]:
        cleaned, found = clean(raw)
        return (
            dg.Output(cleaned, output_name=rows, data_version=_content(cleaned)),
            dg.Output(found, output_name=issues, data_version=_content(found)),
        )

    return clean_and_issues


def _content(frame: Frame) -> dg.DataVersion:
    return dg.DataVersion(content_version(frame))


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


def _clean_asset(card: Card, clean: Callable[[pl.DataFrame], Cleaned]) -> dg.AssetsDefinition:

    @dg.multi_asset(
        name=f"clean_{card.stem}",
        outs=_clean_outs(card, "polars", "typed and coded rows."),
        ins={"raw": dg.AssetIn(f"raw_{card.stem}")},
    )
    def clean_and_issues(
        raw: pl.DataFrame,
    ) -> tuple[dg.Output[pl.DataFrame], dg.Output[pl.DataFrame]]:
        cleaned = clean_corrected(card, clean, raw, load_settings())
        return _output(cleaned.rows, card), _output(cleaned.issues, card)

    return clean_and_issues


def clean_corrected(
    card: Card, clean: Callable[[pl.DataFrame], Cleaned], raw: pl.DataFrame, settings: Settings
) -> Cleaned:
    """Apply the corrections of a source, then clean its rows; both leave their issues."""
    if raw.is_empty():
        return clean(raw)
    entries = Archive(settings.archive).latest(card, sample=settings.is_sample)
    corrected, issues = apply_corrections(
        raw,
        card,
        corrections_of(card.key, settings),
        vintages={e.sha256: e.vintage for e in entries},
        as_of=settings.as_of,
    )
    cleaned = clean(corrected)
    return Cleaned(rows=cleaned.rows, issues=pl.concat([issues, cleaned.issues]))


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


def _output(frame: pl.DataFrame, card: Card) -> dg.Output[pl.DataFrame]:
    return dg.Output(
        frame,
        data_version=dg.DataVersion(content_version(frame)),
        metadata={"preview": preview(frame, unshown=unshown(card, frame.columns))},
    )


def _version(entries: list[Entry]) -> str:
    return "+".join(e.sha256[:12] for e in entries) or "absent"
