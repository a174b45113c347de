"""Job offers: private snapshots in, a private ledger beside, monthly aggregates out."""

import contextlib
import datetime as dt
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

import geopandas as gpd
import polars as pl

from assets.ingestion import Reading, ingest
from assets.labour.contracts.offers import OFFER_FLOWS_BY_BASSIN
from assets.labour.occupations import ROME_PATTERN, with_fap_labels
from assets.source_files import Fetch
from assets.territory import known_territory
from observatory.geography.cog import commune_of_arrondissement, is_arrondissement
from observatory.geography.crs import EVERYWHERE, WGS84
from observatory.geography.joins import points_in_areas
from observatory.home import private_folder
from observatory.ingest.cleaning import bare_code
from observatory.ingest.issues import ORIGIN, IssueLog
from observatory.labour.offer_flows import add_occupations, count_flows
from observatory.labour.offers import (
    DAYS_APART,
    LEDGER_SCHEMA,
    RECENT_SCHEMA,
    is_durable,
    keep_words,
    update_ledger,
)
from observatory.pipeline.drafts import draft_asset
from observatory.pipeline.run_settings import RunSettings
from observatory.pipeline.steps import Made, Out, step
from observatory.settings import Settings
from observatory.storage.archive import Archive, Entry
from observatory.storage.attempts import Attempts
from observatory.storage.frames import Store, read_private, write_private
from observatory.storage.integrity import explained, sha256
from sources import CARDS
from sources.addresses import DEPARTMENTS_ASKED
from sources.france_travail.offers import snapshot
from sources.france_travail.snapshots import home_key, read_snapshot

KEPT = {
    "ledger": LEDGER_SCHEMA,
    "recent": RECENT_SCHEMA,
    "days": pl.Schema({"day": pl.Date()}),
}
# what the ledger did not have, and had in its stead, before offers that come back had a row
SINCE, FORMER_MARK = ("is_return", "duplicate_date"), "is_duplicate"
CARD = CARDS["france_travail/offers"]
COMMUNES, CONTOURS = "geography_communes", "geography_commune_contours"
LEDGER_NODE = "_labour_offer_ledger"
FRANCE = "FR"
# what each row of a snapshot is reduced to before it is kept as a frame
SNAPSHOT = pl.Schema(
    {
        **ORIGIN,
        "offer_id": pl.String(),
        "created": pl.String(),
        "rome_code": pl.String(),
        "qualification_code": pl.String(),
        "contract": pl.String(),
        "contract_label": pl.String(),
        "working_time": pl.String(),
        "is_lacking_candidates": pl.Boolean(),
        "department_code": pl.String(),
        "bassin_code": pl.String(),
        "placed_by": pl.String(),
        "is_arrondissement": pl.Boolean(),
        "is_swapped": pl.Boolean(),
    }
)


def _crawl(settings: Settings, folder: Path, _: Store) -> Path:
    """Today's snapshot, in the private store until it is whole."""
    crawls, today = private_folder(settings, "crawl"), settings.as_of.isoformat()
    target = folder / f"offres-{settings.as_of}.ndjson.gz"
    snapshot(CARD, settings, known_territory(settings), crawls / today, target)
    return target


def _asked(settings: Settings) -> dict[str, str]:
    """Which départements today's snapshot holds all offers of; « FR » is all of them."""
    departments = known_territory(settings).departments
    whole = [FRANCE] if settings.territory == FRANCE else departments
    return {DEPARTMENTS_ASKED: " ".join(whole)}


def _read(path: Path, settings: Settings, name: str, sha256: str) -> pl.DataFrame:
    """Rows without text, name or identifier, each in its bassin; word sets go to the store."""
    store = Store.of_any_day(settings)
    parts = read_snapshot(path, home_key(settings), name=name, sha256=sha256)
    places = store.read(COMMUNES), store.read_geometry(CONTOURS)
    return reduced(parts, *places, words_to=_words_of(sha256, settings))


def reduced(
    parts: Iterable[pl.DataFrame],
    communes: pl.DataFrame,
    contours: gpd.GeoDataFrame,
    *,
    words_to: Path,
) -> pl.DataFrame:
    """Offers of a snapshot as ``SNAPSHOT`` says, each in its bassin; their words go to a file."""
    block = pl.concat_str("rome_code", "department_code", "employer", separator=" ")
    frames = []

    def words() -> Iterator[pl.DataFrame]:
        for rows in parts:
            placed = placed_offers(rows, communes, contours)
            frames.append(placed.select(SNAPSHOT.names()).cast(dict(SNAPSHOT)))  # type: ignore[arg-type]
            told = placed.select(
                "offer_id", created_date=_day(pl.col("created")), block=block, words=pl.col("words")
            )
            yield told.cast(dict(RECENT_SCHEMA))  # type: ignore[arg-type]

    write_private(words(), words_to)
    return pl.concat(frames)


def placed_offers(
    rows: pl.DataFrame, communes: pl.DataFrame, contours: gpd.GeoDataFrame
) -> pl.DataFrame:
    """Add ``department_code``, ``bassin_code`` and how each offer was placed.

    By the commune it names (an arrondissement is its commune), else by its point, put right where
    latitude and longitude were exchanged, else in the département that its label begins with.
    """
    named = commune_of_arrondissement(pl.col("commune_code"))
    north, east = pl.col("latitude"), pl.col("longitude")
    swapped = pl.any_horizontal(
        north.is_between(*part.longitudes) & east.is_between(*part.latitudes) for part in EVERYWHERE
    )
    told = rows.with_columns(
        _commune=named,
        is_arrondissement=is_arrondissement(pl.col("commune_code")).fill_null(value=False),
        is_swapped=swapped.fill_null(value=False),
        _north=pl.when(swapped).then(east).otherwise(north),
        _east=pl.when(swapped).then(north).otherwise(east),
    )
    known = pl.col("_commune").is_in(communes["commune_code"].implode()).fill_null(value=False)
    by_point = _communes_at(told.filter(~known), contours)
    told = told.join(by_point, on=["source_sha256", "source_line"], how="left").with_columns(
        placed_by=pl.when(known)
        .then(pl.lit("commune"))
        .when(pl.col("_at").is_not_null())
        .then(pl.lit("point"))
        .when(pl.col("place").is_not_null())
        .then(pl.lit("department"))
        .otherwise(pl.lit("none")),
        _commune=pl.when(known).then("_commune").otherwise("_at"),
    )
    codes = communes.select("commune_code", "bassin_code", _own="department_code")
    return told.join(
        codes, left_on="_commune", right_on="commune_code", how="left", maintain_order="left"
    ).with_columns(department_code=pl.coalesce("_own", pl.col("place").str.to_uppercase()))


def _communes_at(rows: pl.DataFrame, contours: gpd.GeoDataFrame) -> pl.DataFrame:
    """The commune that each point lies in; nothing where it lies in none of those drawn."""
    seen = rows.drop_nulls(["_north", "_east"])
    points = gpd.points_from_xy(seen["_east"], seen["_north"], crs=WGS84)
    points = points.to_crs(contours.crs) if len(contours) else points
    areas = contours.geometry.to_numpy()
    at, commune = points_in_areas(points.x, points.y, areas, with_border=False)
    found: pl.DataFrame = seen[at].select("source_sha256", "source_line")
    named = found.with_columns(
        _at=pl.Series(contours["commune_code"].to_numpy()[commune], dtype=pl.String)
    )
    return named.unique(["source_sha256", "source_line"], keep="first", maintain_order=True)


def _day(text: pl.Expr) -> pl.Expr:
    return text.str.slice(0, 10).str.to_date("%Y-%m-%d", strict=False)


def clean_offers(rows: pl.DataFrame, log: IssueLog) -> pl.DataFrame:
    """One row per offer of a snapshot; what was repaired, or placed by less, is logged."""
    rows = rows.with_columns(created_date=_day(pl.col("created")), rome_code=bare_code("rome_code"))
    for column, good in (
        ("offer_id", pl.col("offer_id").is_not_null()),
        ("created", pl.col("created_date").is_not_null()),
        # codes that lead nowhere are told in public: no other text may stand there
        ("rome_code", pl.col("rome_code").str.contains(ROME_PATTERN)),
    ):
        bad = ~good.fill_null(value=False)
        rows = log.reject(rows, bad, column=column, issue_type="unknown_mark", severity="warning")
    again = ~pl.struct("source_sha256", "offer_id").is_first_distinct()
    rows = log.reject(rows, again, column="offer_id", issue_type="exact_duplicate")
    for column, kind in (
        ("is_arrondissement", "repaired_code"),
        ("is_swapped", "repaired_coordinates"),
    ):
        log.add_once(rows.filter(column), column=column, issue_type=kind)
    nowhere = rows.filter(pl.col("bassin_code").is_null())
    is_placed = pl.col("placed_by").is_in(["commune", "point"])
    log.add_once(nowhere.filter(~is_placed), column="bassin_code", issue_type="no_bassin")
    log.add_once(nowhere.filter(is_placed), column="bassin_code", issue_type="outside_zoning")
    time = pl.col("working_time").str.to_lowercase()
    return rows.select(
        *ORIGIN,
        "offer_id",
        "created_date",
        "rome_code",
        qualification_code=pl.col("qualification_code").str.extract(r"^(\d)$"),
        department_code="department_code",
        bassin_code="bassin_code",
        contract="contract",
        is_durable=is_durable(pl.col("contract"), pl.col("contract_label")),
        is_full_time=pl.when(time.str.contains("plein"))
        .then(pl.lit(value=True))
        .when(time.str.contains("partiel"))
        .then(pl.lit(value=False)),
        is_lacking_candidates=pl.col("is_lacking_candidates").fill_null(value=False),
    )


offers = ingest(
    CARD,
    clean_offers,
    reading=Reading(reads=(COMMUNES, CONTOURS), columns=SNAPSHOT, run=_read),
    fetch=Fetch(reads=(COMMUNES, CONTOURS), run=_crawl, told=_asked),
)


@step(
    Out(
        name=LEDGER_NODE,
        group="labour",
        description="Every offer seen, under a hashed identifier: dates, ROME, contract and "
        "bassin. Kept in the private store; nothing of it is published but monthly aggregates.",
    ),
    deps=[f"clean_{CARD.stem}"],
    is_there=lambda settings, version: _ledger_version(settings) == version,
)
def labour_offer_ledger(settings: Settings) -> Made:
    """Fold the snapshots that the ledger does not know yet into it, oldest first."""
    with Attempts(settings).one_at_a_time(LEDGER_NODE):
        return _folded(settings)


def _ledger_version(settings: Settings) -> str:
    """A hash of the ledger and of the days that are in it."""
    kept = [_private(settings) / f"{name}.parquet" for name in ("ledger", "days")]
    return " ".join(sha256(path)[:16] if path.is_file() else "none" for path in kept)


def _folded(settings: Settings) -> Made:
    clean = Store.of(settings).read(f"clean_{CARD.stem}")
    ledger, recent, days = read_ledger(settings)
    for entry, day in snapshots(settings):
        asked = entry.headers.get(DEPARTMENTS_ASKED, "").split()
        own = clean.filter(pl.col("source_sha256") == entry.sha256)
        words = _words_of(entry.sha256, settings)
        is_past = bool(taken := days.to_list()) and day <= max(taken)
        # an empty file tells something only where it is known what was asked for
        if is_past or not words.exists() or (own.is_empty() and not asked):
            continue
        remedy = f"remove it; the snapshot of {day} is left out."
        is_new = ~pl.col("offer_id").is_in(ledger["offer_id"].implode())
        kept = read_private(words, RECENT_SCHEMA, remedy, where=is_new)
        covered = None if FRANCE in asked else asked or known_territory(settings).departments
        ledger, recent = update_ledger(ledger, recent, own, kept, day, covered)
        days = pl.concat([days, pl.Series("day", [day], dtype=pl.Date)]).unique().sort()
    is_kept = pl.col("created_date") >= settings.as_of - dt.timedelta(days=2 * DAYS_APART)
    recent = recent if settings.is_sample else keep_words(recent, is_kept)
    for name, frame in (("ledger", ledger), ("recent", recent), ("days", days.to_frame())):
        write_private([frame], _private(settings) / f"{name}.parquet")
    for path in (_private(settings) / "words").glob("*.parquet"):
        path.unlink()
    return Made(
        version=_ledger_version(settings),
        metadata={
            "offers": ledger.height,
            "open": ledger["closed_date"].null_count(),
            "said_twice": int(ledger["duplicate_date"].count()),
            "snapshots": len(days),
        },
    )


def snapshots(settings: Settings) -> Iterator[tuple[Entry, dt.date]]:
    """Each archived snapshot and its day, oldest first; its vintage is its day."""
    for entry in Archive(settings.archive).latest(CARD, sample=settings.is_sample):
        with contextlib.suppress(ValueError):
            yield entry, dt.date.fromisoformat(entry.vintage)


def _private(settings: Settings) -> Path:
    return private_folder(settings, "offers")


def _words_of(sha256: str, settings: Settings) -> Path:
    return private_folder(settings, "offers", "words") / f"{sha256}.parquet"


def read_ledger(settings: Settings) -> tuple[pl.DataFrame, pl.DataFrame, pl.Series]:
    """The ledger, the word sets of recent offers, and the days of the snapshots folded in."""
    folder = _private(settings)
    paths = {name: folder / f"{name}.parquet" for name in KEPT}
    if not any(os.path.lexists(path) for path in paths.values()):
        ledger, recent, days = (pl.DataFrame(schema=schema) for schema in KEPT.values())
        return ledger, recent, days["day"]
    remedy = (
        f"restore {folder} from a backup, or move {', '.join(p.name for p in paths.values())} out "
        "of it and run again: the ledger then begins anew."
    )
    recent, days = (read_private(paths[n], KEPT[n], remedy) for n in ("recent", "days"))
    return _read_offers(paths["ledger"], remedy), recent, days["day"]


def _read_offers(path: Path, remedy: str) -> pl.DataFrame:
    """Offers of the ledger; one written before those that come back had a row of their own too."""
    with explained(path, remedy):
        if not path.is_file() or FORMER_MARK not in pl.read_parquet_schema(path):
            return read_private(path, LEDGER_SCHEMA, remedy)
    kept = {name: kind for name, kind in LEDGER_SCHEMA.items() if name not in SINCE}
    former = read_private(path, pl.Schema({**kept, FORMER_MARK: pl.Boolean()}), remedy)
    return former.with_columns(
        is_return=pl.lit(value=False),
        duplicate_date=pl.when(FORMER_MARK).then("first_seen_date"),
    ).select(LEDGER_SCHEMA.names())


@draft_asset(OFFER_FLOWS_BY_BASSIN, deps=[LEDGER_NODE])
def labour_offer_flows_by_bassin(
    labour_rome_fap_crosswalk: pl.DataFrame,
    labour_occupations: pl.DataFrame,
    geography_bassins: pl.DataFrame,
    settings: RunSettings,
) -> pl.DataFrame:
    """New, open and closed offers by month, bassin and occupation, and those without one."""
    ledger, _, days = read_ledger(settings)
    occupied = add_occupations(ledger, labour_rome_fap_crosswalk)
    rows = count_flows(occupied, days, least=settings.secrecy_least_offers)
    labels = geography_bassins.select("bassin_code", "bassin_label")
    key = ["fap_nomenclature", "fap_level", "fap_code"]
    shared = labour_rome_fap_crosswalk.group_by(key).agg(
        has_shared_rome_code=pl.col("is_ambiguous").any()
    )
    return (
        with_fap_labels(rows, labour_occupations)
        .join(labels, on="bassin_code", how="left")
        .join(shared, on=key, how="left")
        .with_columns(pl.col("has_shared_rome_code").fill_null(value=False))
    )
