"""Write one workbook per theme."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl
import xlsxwriter
from xlsxwriter.exceptions import XlsxFileError

from observatory.database.geopackage import attribute_batches
from observatory.errors import ObservatoryError
from observatory.metadata.dictionary import dictionary_rows, secrecy_sentence
from observatory.metadata.manifest import AppliedCorrection, Manifest, ReleasedTable
from observatory.metadata.tables import CAVEATS, Table

MOST_ROWS = 100_000
SHEET_NAME = 31
BATCH = 10_000
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


def write_workbook(path: Path, tables: Sequence[Table], folder: Path, manifest: Manifest) -> None:
    """Write notes, one sheet per table with typed cells, then a dictionary.

    A table of more than ``MOST_ROWS`` rows is not put into a spreadsheet; the notes say where
    it is. Temporary files stay in the release's own folder. Raises ObservatoryError when the
    disk does not take it.
    """
    try:
        _fill_workbook(path, tables, folder, manifest)
    except XlsxFileError as error:
        msg = f"{path.name} cannot be written: {error}"
        raise ObservatoryError(msg) from None


def _fill_workbook(path: Path, tables: Sequence[Table], folder: Path, manifest: Manifest) -> None:
    described = manifest.by_name
    options = {"constant_memory": True, "tmpdir": str(folder), "strings_to_urls": False}
    options |= {"strings_to_formulas": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(path, options) as book:
        book.set_properties({"title": _write_title(manifest), "comments": manifest.notice or ""})
        formats = {
            "header": book.add_format({"bold": True, "bg_color": "#EEF2F5", "text_wrap": True}),
            "date": book.add_format({"num_format": "yyyy-mm-dd"}),
            "wrap": book.add_format({"text_wrap": True, "valign": "top"}),
        }
        sheets = {
            table.name: _name_sheet(table.name.removeprefix(f"{table.theme}_"), rank)
            for rank, table in enumerate(tables, start=1)
            if described[table.name].row_count <= MOST_ROWS
        }
        _write_notes(book, tables, sheets, manifest, formats)
        for table in tables:
            if table.name in sheets:
                rows = described[table.name].row_count
                _write_table(book, sheets[table.name], table, folder, rows, formats)
        _write_dictionary(book, tables, formats)


def _write_title(manifest: Manifest) -> str:
    notice = f" ({manifest.notice})" if manifest.notice else ""
    return f"Observatoire, publication {manifest.release_id}{notice}"


def _name_sheet(name: str, rank: int) -> str:
    """Cut a sheet's name to 31 characters; names that are cut end with their rank."""
    return name if len(name) <= SHEET_NAME else f"{name[: SHEET_NAME - 3]}_{rank:02d}"


def _write_table(
    book: Any, name: str, table: Table, folder: Path, rows: int, formats: Mapping[str, Any]
) -> None:
    columns = [c for c in table.columns if c.kind != "geometry"]
    sheet = book.add_worksheet(name)
    sheet.freeze_panes(1, 0)
    for at, column in enumerate(columns):
        width = min(max(WIDTH, len(column.label)), WIDEST_HEADER)
        sheet.set_column(at, at, width, formats["date"] if column.kind == "date" else None)
    sheet.write_row(0, 0, [c.name for c in columns], formats["header"])
    if rows:
        sheet.autofilter(0, 0, rows, len(columns) - 1)
    writers = {
        "boolean": sheet.write_boolean,
        "integer": sheet.write_number,
        "number": sheet.write_number,
        "date": sheet.write_datetime,
    }
    write = [writers.get(c.kind, sheet.write_string) for c in columns]
    line = 0
    for frame in attribute_batches(folder / f"{table.name}.parquet", table, BATCH):
        for row in _write_times_as_text(frame).iter_rows():
            line += 1
            for at, value in enumerate(row):
                if value is not None:
                    write[at](line, at, value)


def _write_times_as_text(frame: pl.DataFrame) -> pl.DataFrame:
    """Write date and time as text: a spreadsheet has no time zone."""
    return frame.with_columns(pl.col(pl.Datetime).dt.to_string("%Y-%m-%dT%H:%M:%SZ"))


def _write_dictionary(book: Any, tables: Sequence[Table], formats: Mapping[str, Any]) -> None:
    sheet = book.add_worksheet("dictionnaire")
    sheet.freeze_panes(1, 0)
    sheet.set_column(0, 1, 34)
    sheet.set_column(2, len(DICTIONARY) - 1, 40)
    sheet.write_row(0, 0, DICTIONARY, formats["header"])
    rows = dictionary_rows(tables).select(DICTIONARY)
    for line, row in enumerate(rows.iter_rows(), start=1):
        sheet.write_row(line, 0, row, formats["wrap"])


def _write_notes(
    book: Any,
    tables: Sequence[Table],
    sheets: Mapping[str, str],
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


def _list_notes(table: Table, described: ReleasedTable, sheet: str | None) -> list[tuple[str, str]]:
    """List what is to be known of a table, after a blank line."""
    too_long = f"trop longue pour un tableur ({described.row_count} lignes) : fichier CSV"
    return [
        ("", ""),
        (table.name, f"{table.title_fr}. {table.grain.fr}."),
        ("Feuille", sheet or too_long),
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
