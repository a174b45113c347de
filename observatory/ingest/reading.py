"""A producer's file as rows of text: one reader, which tells by the content what a file is."""

import re
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import polars as pl
import pyarrow as pa
import pyarrow.parquet

from observatory.errors import InputError
from observatory.ingest.delimited import Keep, read_delimited
from observatory.ingest.headers import require_served
from observatory.ingest.issues import LINE, ORIGIN, header_of
from observatory.ingest.records import read_records
from observatory.ingest.unpacking import kind_of, require_plain, unpacked
from observatory.ingest.values import as_text, is_blank, is_spelled_out, spelled_out
from observatory.ingest.workbooks import read_workbook
from observatory.metadata.cards import Card, Layout, normalise
from observatory.storage.archive import require_content

# real files have about one cell a byte; small ones of one value repeated do no harm
MOST_CELLS_A_BYTE, FEW_CELLS = 20, 5_000_000
MOST_NAMED = 20
SPREADSHEETS = (".xlsx", ".ods", ".xls")


def read(
    path: Path, card: Card, *, name: str, sha256: str, keep: Keep | None = None
) -> pl.DataFrame | gpd.GeoDataFrame:
    """A file as its card describes it: a table of text, or a map layer."""
    if card.layout.format == "layer":
        from observatory.ingest.layers import read_layer

        return read_layer(path, card, name=name, sha256=sha256)
    return read_table(path, card, name=name, sha256=sha256, keep=keep)


def read_table(
    path: Path, card: Card, *, name: str, sha256: str, keep: Keep | None = None
) -> pl.DataFrame:
    """Rows of ``path`` with the producer's own headers, all text, plus the columns of ``ORIGIN``.

    Delimited text, a spreadsheet, JSON records or Parquet, packed or not. ``name`` is the file's
    name as its producer gave it, for messages; ``keep`` filters rows as they are read. Lines
    count from 1 as a spreadsheet or an editor shows them; of JSON and Parquet they are ranks.
    Raises InputError that names file, sheet, line, columns found and columns expected.
    """
    require_content(path, name)
    with unpacked(path, name) as files:
        if len(files) != 1:
            listed = ", ".join(f.name for f in files[:MOST_NAMED]) or "nothing"
            more = f" and {len(files) - MOST_NAMED} others" if len(files) > MOST_NAMED else ""
            msg = (
                f"{name}: expected one file inside, found {listed}{more}: hand over the one meant."
            )
            raise InputError(msg)
        (inner,) = files
        inner_name = name if inner.stem == "data" else f"{name} › {inner.name}"
        require_content(inner, inner_name)
        require_plain(inner, inner_name)
        cut = _only_served(card.layout, keep) if card.is_personal else keep
        frame = _read(inner, card.layout, inner_name, cut)
    if frame.is_empty() and keep is None:
        msg = f"{name} has headers but no rows: download it again."
        raise InputError(msg)
    origin = {"source_key": pl.lit(card.key), "source_sha256": pl.lit(sha256)}
    return frame.with_columns(**origin).select(*LINE, pl.exclude(LINE)).cast(dict(ORIGIN))  # type: ignore[arg-type]


def _only_served(layout: Layout, keep: Keep | None) -> Keep:
    """Rows cut to the columns that the card names: no other is read of a file about persons."""

    def cut(rows: pl.LazyFrame) -> pl.LazyFrame:
        kept = keep(rows) if keep else rows
        names = kept.collect_schema().names()
        found = layout.match(name for name in names if name not in LINE)
        served = {header for headers in found.columns.values() for header in headers}
        served |= {header for headers in found.repeated.values() for header in headers.values()}
        return kept.select(name for name in names if name in LINE or name in served)

    return cut


def _read(path: Path, layout: Layout, name: str, keep: Keep | None) -> pl.DataFrame:
    readers: dict[str, Callable[[Path, Layout, str], pl.DataFrame]] = {
        **dict.fromkeys(SPREADSHEETS, read_workbook),
        ".geojson": read_records,
    }
    kind = kind_of(path)
    if kind == ".parquet":
        return _read_parquet(path, layout, name, keep)
    if kind in readers:
        frame = readers[kind](path, layout, name)
        return keep(frame.lazy()).collect() if keep else frame
    return read_delimited(path, layout, name, keep)


def _read_parquet(path: Path, layout: Layout, name: str, keep: Keep | None) -> pl.DataFrame:
    """Rows of a Parquet file as text, filtered while they are read."""
    try:
        about = pa.parquet.read_metadata(path)
        most = MOST_CELLS_A_BYTE * path.stat().st_size + FEW_CELLS
        if about.num_rows * about.num_columns > most:
            msg = f"{name} would unpack to {about.num_rows} rows: refused as a possible trap."
            raise InputError(msg)
        lazy = pl.scan_parquet(path, row_index_name="source_line", row_index_offset=1)
        schema = lazy.collect_schema()
        names = [column for column in schema if column != "source_line"]
        require_served(names, layout, name)
        if any(map(is_spelled_out, schema.values())):
            lazy = spelled_out(lazy.collect(engine="streaming")).lazy()
            schema = lazy.collect_schema()
        if not _has_a_full_column(about):  # to look for blank rows is to read every column
            lazy = lazy.filter(~pl.all_horizontal(is_blank(n, schema[n]) for n in names))
        # texts stay as they are until rows are kept: only then are the others passed over unread
        rows = lazy.select(
            pl.lit(None, pl.String).alias("source_sheet"),
            "source_line",
            *(pl.col(n) if schema[n] == pl.String else as_text(n, schema[n]) for n in names),
        )
        kept = keep(rows) if keep else rows
        return kept.with_columns(
            as_text(n, pl.String()) for n in kept.collect_schema().names() if n not in LINE
        ).collect(engine="streaming")
    except (
        pl.exceptions.PolarsError,
        pl.exceptions.PanicException,
        pa.ArrowException,
        OSError,
    ) as error:
        reason = str(error).split("\n", 1)[0][:200]
        msg = f"{name} is no Parquet file that can be read ({reason}): download it again."
        raise InputError(msg) from None


def _has_a_full_column(about: pa.parquet.FileMetaData) -> bool:
    """Whether the file says of a column that each row has a value in it: then no row is blank."""
    groups = [about.row_group(at) for at in range(about.num_row_groups)]
    return any(
        all(_is_full(group.column(at).statistics) for group in groups)
        for at in range(about.num_columns)
    )


def _is_full(said: pa.parquet.Statistics | None) -> bool:
    if said is None or not (said.has_null_count and said.has_min_max):
        return False
    return bool(said.null_count == 0 and said.min not in {"", b""})


def rename_columns(raw: pl.DataFrame, layout: Layout) -> pl.DataFrame:
    """The raw rows under our names of columns; one that a file does not have is null.

    Columns that stand once a period become rows, file by file.
    """
    if not layout.repeated or raw.is_empty():
        return name_columns(raw, layout)
    files = raw.partition_by("source_sha256", maintain_order=True)
    own = [raw] if len(files) == 1 else [_filled(file) for file in files]
    return pl.concat([_in_periods(file, layout) for file in own])


def name_columns(raw: pl.DataFrame, layout: Layout) -> pl.DataFrame:
    """Row by row, what stands under our names of columns.

    Headers that differ between vintages (``BE23``, ``BE24``) are laid over each other, and what
    they tell becomes a column of its own.
    """
    columns = layout.match(c for c in raw.columns if c not in LINE).columns
    named = {ours: _first_of(headers) for ours, headers in columns.items()}
    told = {group: _told_by_header(group, layout, columns) for group in layout.groups}
    repeated = {ours: _first_of([]) for ours in layout.repeated if ours not in named}
    headers = {header_of(ours): _first_of([]) for ours in layout.repeated}
    return raw.select(*LINE, **named, **told, **repeated, **headers)


def _first_of(headers: list[str]) -> pl.Expr:
    return pl.coalesce(headers) if headers else pl.lit(None, pl.String)


def _filled(raw: pl.DataFrame) -> pl.DataFrame:
    """One file's own columns, of those of all files that were read."""
    return raw.select(*LINE, *(c for c in raw.columns if c not in LINE and raw[c].count()))


def _in_periods(raw: pl.DataFrame, layout: Layout) -> pl.DataFrame:
    """A row for each period that columns of the file stand for; as it is where none does."""
    named = name_columns(raw, layout)
    periods = layout.match(c for c in raw.columns if c not in LINE).repeated
    if not periods:
        return named
    return pl.concat(
        named.with_columns(
            *(pl.lit(value, pl.String).alias(group) for group, value in period),
            *(raw[header].alias(ours) for ours, header in headers.items()),
            **{header_of(ours): pl.lit(header) for ours, header in headers.items()},
        )
        for period, headers in periods.items()
    )


def _told_by_header(group: str, layout: Layout, columns: dict[str, list[str]]) -> pl.Expr:
    """What the header under which a row's value stands says of it; null where it says nothing."""
    said = [
        pl.when(pl.col(header).is_not_null()).then(pl.lit(value, pl.String))
        for ours, headers in columns.items()
        for header in headers
        if (found := re.fullmatch(layout.all_columns[ours], normalise(header)))
        and (value := found.groupdict().get(group)) is not None
    ]
    return pl.coalesce(said) if said else pl.lit(None, pl.String)
