"""The quality tables of a release, composed from what the release accepted."""

import datetime as dt
from collections.abc import Sequence

import polars as pl

from assets.quality.contracts import (
    QUALITY_CHECKS,
    QUALITY_ISSUE_TYPES,
    QUALITY_ISSUES,
    QUALITY_SOURCES,
)
from observatory.ingest.issue_types import ISSUE_TYPES
from observatory.ingest.issues import ACROSS, ACROSS_BROWNFIELDS, ACROSS_PERIMETERS, ISSUES
from observatory.metadata.cards import Card
from observatory.metadata.frames import polars_schema
from observatory.metadata.tables import Table
from observatory.release.parts import CORRECTED, Accepted
from observatory.storage.archive import Entry
from observatory.storage.frames import Store

REPAIRED = "repaired_"
NO_VINTAGE = "none"


def compose_quality(accepted: Accepted) -> list[tuple[Table, pl.DataFrame]]:
    """Issues, their types, checks and sources; rows of what is carried over come along."""
    read = [_found_in(accepted.cards[key], accepted.store) for key in accepted.files]
    read += _found_later(accepted)
    issues = ranked(
        _with_carried(
            QUALITY_ISSUES,
            shown_issues(pl.concat([pl.DataFrame(schema=ISSUES), *read]), accepted.cards),
            accepted,
        )
    )
    return [
        (QUALITY_ISSUES, issues),
        (QUALITY_ISSUE_TYPES, issue_types(issues)),
        (QUALITY_CHECKS, _with_carried(QUALITY_CHECKS, checks(accepted), accepted)),
        (QUALITY_SOURCES, _with_carried(QUALITY_SOURCES, sources(accepted), accepted)),
    ]


def _found_in(card: Card, store: Store) -> pl.DataFrame:
    """Issues of a source, each once: what lies at a border is read with both départements."""
    name = f"issues_{card.stem}"
    found = store.read(name)
    return found.unique(maintain_order=True) if len(store.places(name)) > 1 else found


def _found_later(accepted: Accepted) -> list[pl.DataFrame]:
    """Issues that only show where sources meet, of the files that were accepted."""
    files = {e.sha256 for entries in accepted.files.values() for e in entries}
    own = pl.col("source_key").is_in([*accepted.files]) & pl.col("source_sha256").is_in([*files])
    every = (ACROSS, ACROSS_PERIMETERS, ACROSS_BROWNFIELDS)
    made = [name for name in every if accepted.store.has(name)]
    return [accepted.store.read(name).filter(own) for name in made]


def _with_carried(table: Table, frame: pl.DataFrame, accepted: Accepted) -> pl.DataFrame:
    """The rows with those of the previous release that still hold, in the same columns."""
    kept = accepted.carried.get(table.name)
    if kept is None:
        return frame
    common = [c for c in frame.columns if c in kept.columns]
    return pl.concat([frame, kept.select(common).cast(frame.select(common).schema)], how="diagonal")


def shown_issues(issues: pl.DataFrame, cards: dict[str, Card]) -> pl.DataFrame:
    """Issues with who can act and what was done; values that may not be shown are null."""
    known = pl.DataFrame(
        [
            {"issue_type": name, "responsible": kind.responsible}
            for name, kind in ISSUE_TYPES.items()
        ]
    )
    distinct = issues.select("source_key", "column").unique()
    shown = distinct.with_columns(
        _is_shown=pl.Series(
            [cards[r["source_key"]].shows(r["column"]) for r in distinct.to_dicts()],
            dtype=pl.Boolean,
        )
    )
    kind = pl.col("issue_type")
    return (
        issues.join(known, on="issue_type", how="left")
        .join(shown, on=["source_key", "column"], how="left")
        .select(
            "source_key",
            "source_sha256",
            "source_sheet",
            "source_line",
            "column",
            pl.when("_is_shown").then("value").alias("value"),
            "issue_type",
            "severity",
            "responsible",
            pl.when(~pl.col("is_row_kept"))
            .then(pl.lit("left_out"))
            .when(kind == CORRECTED)
            .then(pl.lit("corrected"))
            .when(kind.str.starts_with(REPAIRED))
            .then(pl.lit("repaired"))
            .otherwise(pl.lit("noted"))
            .alias("action"),
            pl.when("_is_shown").then("replacement").alias("replacement_value"),
            "note",
            "evidence",
            valid_until_date="until",
        )
    )


def ranked(issues: pl.DataFrame) -> pl.DataFrame:
    """Issues numbered in a stable order."""
    order = [
        "source_key",
        "source_sha256",
        "source_sheet",
        "source_line",
        "column",
        "issue_type",
        "value",
    ]
    return issues.sort(order, nulls_last=False, maintain_order=True).with_row_index(
        "issue_rank", offset=1
    )


def issue_types(issues: pl.DataFrame) -> pl.DataFrame:
    """The catalogue of issue types, with how many there are of each."""
    counted = dict(issues.group_by("issue_type").len().iter_rows())
    return pl.DataFrame(
        [
            {
                "issue_type": name,
                "severity": kind.severity,
                "responsible": kind.responsible,
                "meaning_fr": kind.meaning.fr,
                "meaning_en": kind.meaning.en,
                "remedy_fr": kind.remedy.fr,
                "remedy_en": kind.remedy.en,
                "issue_count": counted.get(name, 0),
            }
            for name, kind in ISSUE_TYPES.items()
        ]
    )


def checks(accepted: Accepted) -> pl.DataFrame:
    """Every rule of every table and source that was accepted."""
    rows = [
        {
            "subject": subject,
            "rule": result.rule,
            "because": result.because,
            "is_blocking": result.is_blocking,
            "is_passed": result.is_passed,
            "unexpected_count": result.unexpected_count,
            "examples": " | ".join(result.examples) or None,
            "error": result.error,
        }
        for subject, results in accepted.checks.items()
        for result in results
    ]
    columns = [c for c in polars_schema(QUALITY_CHECKS) if c != "is_fictitious"]
    schema = {c: polars_schema(QUALITY_CHECKS)[c] for c in columns}
    return pl.DataFrame(rows, schema=schema)


def sources(accepted: Accepted) -> pl.DataFrame:
    """Every file that was read, and every source that had none."""
    rows = []
    for key, entries in accepted.files.items():
        card = accepted.cards[key]
        counts = _rows_by_file(card, accepted.store) if entries else {}
        rows += [_source_row(card, e, entries, accepted, counts.get(e.sha256, 0)) for e in entries]
    rows += [_source_row(accepted.cards[key], None, [], accepted, 0) for key in accepted.unread]
    columns = [c for c in polars_schema(QUALITY_SOURCES) if c != "is_fictitious"]
    schema = {c: polars_schema(QUALITY_SOURCES)[c] for c in columns}
    return pl.DataFrame(rows, schema=schema)


def _source_row(
    card: Card,
    entry: Entry | None,
    entries: Sequence[Entry],
    accepted: Accepted,
    row_count: int,
) -> dict[str, object]:
    """One file of a source; only its newest vintage can be overdue."""
    expected = None
    if entry is not None and entry.origin != "sample":
        archived = dt.datetime.fromisoformat(entry.archived_at).date()
        if entry.vintage == max(e.vintage for e in entries):
            expected = card.next_expected(entry.vintage, archived)
    return {
        "source_key": card.key,
        "vintage": entry.vintage if entry else NO_VINTAGE,
        "title": card.title,
        "producer": card.producer,
        "licence": card.licence,
        "landing_page_url": str(card.landing_page),
        "cadence": card.cadence,
        "reference_period": card.reference_period,
        "file_name": entry.file_name if entry else None,
        "source_sha256": entry.sha256 if entry else None,
        "origin": entry.origin if entry else None,
        "archived_date": dt.datetime.fromisoformat(entry.archived_at).date() if entry else None,
        "fetched_url": entry.url if entry else None,
        "row_count": row_count,
        "next_expected_date": expected,
        "is_overdue": None if expected is None else expected < accepted.settings.as_of,
        "is_restricted": card.is_restricted,
    }


def _rows_by_file(card: Card, store: Store) -> dict[str, int]:
    """How many clean rows came of each file of a source, by the file's hash."""
    name = f"clean_{card.stem}"
    # what lies at a border is read with the départements on both sides of it
    is_parted = len(store.places(name)) > 1
    count = pl.struct("source_sheet", "source_line").n_unique() if is_parted else pl.len()
    found = store.scan(name).group_by("source_sha256").agg(count).collect()
    return dict(found.iter_rows())
