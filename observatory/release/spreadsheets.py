"""Write one workbook per theme."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import xlsxwriter
from xlsxwriter.exceptions import XlsxFileError

from observatory.database.geopackage import attribute_batches
from observatory.errors import ObservatoryError
from observatory.metadata.dictionary import dictionary_rows, secrecy_sentence
from observatory.metadata.frames import polars_schema
from observatory.metadata.manifest import AppliedCorrection, Manifest, ReleasedTable
from observatory.metadata.tables import CAVEATS, Table
from observatory.release.sheet_rows import TableSheet

# a table of more rows is cut to the territory, and one of more is in no workbook
LONG_ROWS, MOST_ROWS = 10_000, 100_000
SHEET_NAME = 31
BATCH = 10_000
COMMUNES = "geography_communes"
# a long table is cut level by level, from the widest, as far as a sheet holds them
LEVELS = {
    "country": "France",
    "departments": "ses départements réunis",
    "region": "ses régions",
    "department": "ses départements",
    "employment_zone": "ses zones d'emploi",
    "epci": "ses EPCI",
    "bassin": "ses bassins d'emploi",
}
AREAS = ("commune", "bassin", "epci", "employment_zone", "department", "region")
WIDTH, WIDEST_HEADER = 14, 40
DICTIONARY = [
    "table",
    "column",
    "label_fr",
    "description_fr",
    "unit_fr",
    "null_means_fr",
    "allowed_values",
    "kind",
    "description_en",
    "unit_en",
    "null_means_en",
]


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """A table as a workbook shows it: whole, or the rows of the territory's own areas."""

    name: str
    row_count: int
    frames: Iterable[pl.DataFrame]
    kept: str | None = None


def write_workbook(path: Path, tables: Sequence[Table], folder: Path, manifest: Manifest) -> None:
    """Write notes, one sheet per table with typed cells, then a dictionary.

    Of a table of more than ``LONG_ROWS`` rows, those of the territory and of the areas it lies in
    are put into the workbook; the notes say what was cut and where the whole is. Temporary files
    stay in the release's own folder. Raises ObservatoryError when the disk does not take it.
    """
    try:
        _fill_workbook(path, tables, folder, manifest)
    except XlsxFileError as error:
        msg = f"{path.name} cannot be written: {error}"
        raise ObservatoryError(msg) from None


def _fill_workbook(path: Path, tables: Sequence[Table], folder: Path, manifest: Manifest) -> None:
    described = manifest.by_name
    safe = dict.fromkeys((f"strings_to_{what}" for what in ("urls", "formulas", "numbers")), False)
    options = {"tmpdir": str(folder), **safe}
    with xlsxwriter.Workbook(path, options) as book:
        released = dt.datetime.fromisoformat(manifest.released_at).replace(tzinfo=None)
        about = {"title": _write_title(manifest), "comments": manifest.notice or ""}
        book.set_properties({**about, "created": released})
        formats = {
            "header": book.add_format({"bold": True, "bg_color": "#EEF2F5", "text_wrap": True}),
            "date": book.add_format({"num_format": "yyyy-mm-dd"}),
            "wrap": book.add_format({"text_wrap": True, "valign": "top"}),
        }
        sheets = {
            table.name: sheet
            for rank, table in enumerate(tables, start=1)
            if (sheet := _make_sheet(table, rank, folder, described[table.name].row_count))
        }
        _write_notes(book, tables, sheets, manifest, formats)
        for table in tables:
            if table.name in sheets:
                _write_table(book, sheets[table.name], table, formats)
        _write_dictionary(book, tables, formats)


def _write_title(manifest: Manifest) -> str:
    notice = f" ({manifest.notice})" if manifest.notice else ""
    return f"Observatoire, publication {manifest.release_id}{notice}"


def _name_sheet(name: str, rank: int) -> str:
    """Cut a sheet's name to 31 characters; names that are cut end with their rank."""
    return name if len(name) <= SHEET_NAME else f"{name[: SHEET_NAME - 3]}_{rank:02d}"


def _make_sheet(table: Table, rank: int, folder: Path, row_count: int) -> Sheet | None:
    """Take a table for a sheet: whole, or cut where it is long; None where even so it is too long.

    One that speaks of the territory alone, or of no area, stays whole as far as a sheet holds it.
    """
    name = _name_sheet(table.name.removeprefix(f"{table.theme}_"), rank)
    parquet, communes = folder / f"{table.name}.parquet", folder / f"{COMMUNES}.parquet"
    if row_count > LONG_ROWS and communes.exists():
        schema = polars_schema(table)
        rows = pl.scan_parquet(parquet).select(schema.names())
        cut, kept = cut_to_territory(rows, pl.read_parquet(communes).filter("is_in_territory"))
        if 0 < len(cut) < row_count:
            return Sheet(name=name, row_count=len(cut), frames=[cut.cast(schema)], kept=kept)
    if row_count > MOST_ROWS:
        return None
    frames = attribute_batches(parquet, table, BATCH)
    return Sheet(name=name, row_count=row_count, frames=frames)


def cut_to_territory(rows: pl.LazyFrame, communes: pl.DataFrame) -> tuple[pl.DataFrame, str]:
    """Keep the rows of the areas that the territory's ``communes`` lie in, and say which.

    Of a table of territories, level by level from France down, as long as ``MOST_ROWS`` holds
    them; of one of communes, bassins or départements, those of the territory, if so few.
    """
    names = rows.collect_schema().names()
    if "territory_level" in names:
        return _cut_by_level(rows, communes)
    area = next((f"{a}_code" for a in AREAS if f"{a}_code" in names), None)
    is_local = pl.col(area).is_in(_codes(communes, area)) if area else pl.lit(value=False)
    cut = rows.filter(is_local).head(MOST_ROWS + 1).collect()
    return (cut if len(cut) <= MOST_ROWS else cut.clear()), "celles du territoire"


def _cut_by_level(rows: pl.LazyFrame, communes: pl.DataFrame) -> tuple[pl.DataFrame, str]:
    kept = pl.lit(value=False)
    for level in LEVELS:
        at_level = pl.col("territory_level") == level
        if level in AREAS:
            at_level &= pl.col("territory_code").is_in(_codes(communes, f"{level}_code"))
        wider = kept | at_level
        if rows.filter(wider).select(pl.len()).collect().item() > MOST_ROWS:
            break
        kept = wider
    cut = rows.filter(kept).collect()
    present = cut["territory_level"].unique()
    return cut, ", ".join(what for level, what in LEVELS.items() if level in present)


def _codes(communes: pl.DataFrame, area: str) -> list[str]:
    return communes[area].drop_nulls().unique().to_list()


def _write_table(book: Any, made: Sheet, table: Table, formats: Mapping[str, Any]) -> None:
    columns = [c for c in table.columns if c.kind != "geometry"]
    sheet = book.add_worksheet(made.name, TableSheet)
    sheet.freeze_panes(1, 0)
    days = {c.name: formats["date"] for c in columns if c.kind == "date"}
    for at, column in enumerate(columns):
        width = min(max(WIDTH, len(column.label)), WIDEST_HEADER)
        sheet.set_column(at, at, width, days.get(column.name))
    if made.row_count:
        sheet.autofilter(0, 0, made.row_count, len(columns) - 1)
    frames = map(_write_times_as_text, made.frames)
    names = [c.name for c in columns]
    sheet.add_rows(names, formats["header"], frames, made.row_count, days)


def _write_times_as_text(frame: pl.DataFrame) -> pl.DataFrame:
    """Write date and time as text: a spreadsheet has no time zone."""
    return frame.with_columns(pl.col(pl.Datetime).dt.to_string("%Y-%m-%dT%H:%M:%SZ"))


def _write_dictionary(book: Any, tables: Sequence[Table], formats: Mapping[str, Any]) -> None:
    sheet = book.add_worksheet("dictionnaire", TableSheet)
    sheet.freeze_panes(1, 0)
    sheet.set_column(0, 1, 34)
    sheet.set_column(2, len(DICTIONARY) - 1, 40)
    rows = dictionary_rows(tables).select(DICTIONARY)
    wrapped = dict.fromkeys(DICTIONARY, formats["wrap"])
    sheet.add_rows(DICTIONARY, formats["header"], [rows], len(rows), wrapped)


def _write_notes(
    book: Any,
    tables: Sequence[Table],
    sheets: Mapping[str, Sheet],
    manifest: Manifest,
    formats: Mapping[str, Any],
) -> None:
    sheet = book.add_worksheet("notes")
    sheet.set_column(0, 0, 42)
    sheet.set_column(1, 1, 110)
    lines: list[tuple[str, str]] = [
        ("Publication", _write_title(manifest)),
        ("Publiée le", manifest.released_at),
        ("Territoire", manifest.territory),
        (
            "Lire",
            "Cellule vide : inconnu, masqué ou sans objet (voir le dictionnaire), jamais zéro.",
        ),
        ("Sources, contrôles", "classeur quality.xlsx ; ce qui a changé : changes.md"),
    ]
    if manifest.notice:
        lines.insert(0, (manifest.notice.upper(), "Chiffres inventés, à ne pas citer."))
    described = manifest.by_name
    for table in tables:
        lines += _list_notes(table, described[table.name], sheets.get(table.name))
    for line, pair in enumerate(lines):
        sheet.write_row(line, 0, pair, formats["wrap"])


def describe_sheet(table: str, row_count: int, sheet: Sheet | None) -> str:
    """Say on which sheet a table is, what was cut from it, and where the whole is."""
    if sheet is None:
        return f"trop longue pour un tableur ({row_count} lignes) : fichier {table}.csv"
    if sheet.kept is None:
        return sheet.name
    return (
        f"{sheet.name}, coupée au territoire : {sheet.row_count} lignes sur {row_count} "
        f"({sheet.kept}) ; la table entière : fichier {table}.csv"
    )


def _list_notes(
    table: Table, described: ReleasedTable, sheet: Sheet | None
) -> list[tuple[str, str]]:
    """List what is to be known of a table, after a blank line."""
    return [
        ("", ""),
        (table.name, f"{table.title_fr}. {table.grain.fr}."),
        ("Feuille", describe_sheet(table.name, described.row_count, sheet)),
        ("Période", table.reference_period.fr),
        ("Licence", table.licence),
        ("Secret", secrecy_sentence(table).fr),
        ("À savoir", " ".join(CAVEATS[c].fr for c in table.caveats) or "–"),
        *(("Corrigé", _describe_correction(c)) for c in described.corrections),
        ("Fichiers", ", ".join(f"{s.file} ({s.vintage})" for s in described.sources)),
        ("Avertissements", ", ".join(described.warnings) or "aucun"),
    ]


def _describe_correction(c: AppliedCorrection) -> str:
    """Describe one correction in one line."""
    where = f"{c.source_key}, ligne {c.source_line}, {c.column}"
    return f"{where} : {c.value} → {c.replacement} ; {c.note} ({c.evidence})"
