"""The sheets around the tables of a workbook: what is where, sources and cautions, dictionary."""

import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from observatory.metadata.dictionary import dictionary_rows, secrecy_sentence
from observatory.metadata.french import NARROW, write_editions
from observatory.metadata.manifest import AppliedCorrection, InputFile, Manifest, ReleasedTable
from observatory.metadata.tables import CAVEATS, Table
from observatory.release.sheet_cutting import Sheet
from observatory.release.sheet_rows import TableSheet

INDEX, NOTES, WORDS = "sommaire", "sources et précautions", "dictionnaire"
SOURCES = "quality_sources"
NOTE_WIDTH, LINE_HEIGHT = 110, 15
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


def print_wide(sheet: Any, *, fits: bool = True) -> None:
    """Print a sheet on A4 pages laid wide, all columns on one where they fit."""
    sheet.set_landscape()
    sheet.set_paper(9)
    if fits:
        sheet.fit_to_pages(1, 0)
    sheet.set_footer("&L&A&R&P / &N")


def write_title(manifest: Manifest) -> str:
    """The title of a workbook, with the notice where figures are invented."""
    notice = f" ({manifest.notice})" if manifest.notice else ""
    return f"Observatoire, publication {manifest.release_id}{notice}"


def write_index(
    book: Any,
    tables: Sequence[Table],
    sheets: Mapping[str, Sequence[Sheet]],
    manifest: Manifest,
    formats: Mapping[str, Any],
) -> None:
    """Write what each sheet holds, with a link to it."""
    sheet = book.add_worksheet(INDEX)
    for at, width in enumerate((80, 34, 34, 12, 40)):
        sheet.set_column(at, at, width)
    print_wide(sheet)
    sheet.write(0, 0, write_title(manifest), formats["title"])
    heads = ("Contenu", "Feuille", "Territoire", "Lignes", "Table")
    sheet.write_row(2, 0, heads, formats["header"])
    sheet.freeze_panes(3, 0)
    line = 3
    for table in tables:
        for at, one in enumerate(sheets[table.name] or [None]):
            sheet.write(line, 0, table.title_fr if at == 0 else "", formats["wrap"])
            if one is None:
                sheet.write(line, 1, f"fichier {table.name}.csv", formats["wrap"])
            else:
                target = one.name.replace("'", "''")
                sheet.write_url(line, 1, f"internal:'{target}'!A1", formats["link"], one.name)
                sheet.write(line, 2, one.area or "", formats["wrap"])
                sheet.write(line, 3, one.row_count, formats["count"])
            sheet.write(line, 4, table.name if at == 0 else "", formats["code"])
            line += 1


def write_notes(
    book: Any,
    tables: Sequence[Table],
    sheets: Mapping[str, Sequence[Sheet]],
    manifest: Manifest,
    folder: Path,
    formats: Mapping[str, Any],
) -> None:
    """Write what is to be known before a figure is cited, table by table."""
    sheet = book.add_worksheet(NOTES)
    sheet.set_column(0, 0, 42)
    sheet.set_column(1, 1, NOTE_WIDTH)
    print_wide(sheet)
    lines: list[tuple[str, str]] = [
        ("Publication", write_title(manifest)),
        ("Publiée le", manifest.released_at),
        ("Territoire", manifest.territory),
        (
            "Lire",
            "Cellule vide : inconnu, masqué ou sans objet (voir le dictionnaire), jamais zéro.",
        ),
        (
            "Filtrer",
            (
                "Dans chaque table, la première ligne dit en français ce que contient la colonne, "
                "la deuxième porte son nom et le filtre ; les données commencent à la troisième."
            ),
        ),
        ("Sources, contrôles", "classeur quality.xlsx ; ce qui a changé : changes.md"),
    ]
    if manifest.notice:
        lines.insert(0, (manifest.notice.upper(), "Chiffres inventés, à ne pas citer."))
    titles = _read_titles(folder)
    described = manifest.by_name
    for table in tables:
        lines += _list_notes(table, described[table.name], sheets[table.name], titles)
    for line, (name, text) in enumerate(lines):
        form = formats["head" if name in described else "wrap"]
        sheet.set_row(line, LINE_HEIGHT * math.ceil(max(len(text), 1) / NOTE_WIDTH))
        sheet.write(line, 0, name, form)
        sheet.write(line, 1, text, form)


def describe_sheets(table: str, row_count: int, sheets: Sequence[Sheet]) -> str:
    """Say on which sheets a table is, what was cut from it, and where the whole is."""
    if not sheets:
        return f"trop longue pour un tableur ({_count(row_count)} lignes) : fichier {table}.csv"
    first, names = sheets[0], ", ".join(sheet.name for sheet in sheets)
    if first.kept is None:
        return names
    shown = sum(sheet.row_count for sheet in sheets)
    spread = ", une feuille par territoire" if len(sheets) > 1 else ""
    return (
        f"{names}, coupée au territoire{spread} : {_count(shown)} lignes sur {_count(row_count)} "
        f"({first.kept}) ; la table entière : fichier {table}.csv"
    )


def _count(rows: int) -> str:
    return f"{rows:,}".replace(",", NARROW)


def _read_titles(folder: Path) -> dict[str, str]:
    """Title and producer of each source, where the release lists them."""
    path = folder / f"{SOURCES}.parquet"
    if not path.exists():
        return {}
    rows = pl.read_parquet(path, columns=["source_key", "title", "producer"])
    return {key: f"{title} ({producer})" for key, title, producer in rows.unique().iter_rows()}


def _list_notes(
    table: Table, described: ReleasedTable, sheets: Sequence[Sheet], titles: Mapping[str, str]
) -> list[tuple[str, str]]:
    """List what is to be known of a table, after a blank line."""
    return [
        ("", ""),
        (table.name, f"{table.title_fr}. {table.grain.fr}."),
        ("Feuille", describe_sheets(table.name, described.row_count, sheets)),
        ("Période", table.reference_period.fr),
        ("Sources", " ; ".join(name_sources(described.sources, titles)) or "–"),
        ("Licence", table.licence),
        ("Secret", secrecy_sentence(table).fr),
        ("À savoir", " ".join(CAVEATS[c].fr for c in table.caveats) or "–"),
        *(("Corrigé", _describe_correction(c)) for c in described.corrections),
        ("Fichiers", ", ".join(f"{s.file} ({s.vintage})" for s in described.sources)),
        ("Avertissements", ", ".join(described.warnings) or "aucun"),
    ]


def name_sources(files: Iterable[InputFile], titles: Mapping[str, str]) -> list[str]:
    """Name each source once, with all editions that the table was made from."""
    editions: dict[str, list[str]] = {}
    for file in files:
        editions.setdefault(file.source, []).append(file.vintage)
    return [
        f"{titles.get(source, source)}, {write_editions(told)}"
        for source, told in sorted(editions.items())
    ]


def _describe_correction(c: AppliedCorrection) -> str:
    """Describe one correction in one line."""
    where = f"{c.source_key}, ligne {c.source_line}, {c.column}"
    return f"{where} : {c.value} → {c.replacement} ; {c.note} ({c.evidence})"


def write_dictionary(book: Any, tables: Sequence[Table], formats: Mapping[str, Any]) -> None:
    """Write what each column means, in both languages."""
    sheet = book.add_worksheet(WORDS, TableSheet)
    print_wide(sheet)
    sheet.repeat_rows(0)
    sheet.freeze_panes(1, 2)
    sheet.set_column(0, 1, 34)
    sheet.set_column(2, len(DICTIONARY) - 1, 40)
    rows = dictionary_rows(tables).select(DICTIONARY)
    sheet.autofilter(0, 0, len(rows), len(DICTIONARY) - 1)
    wrapped = dict.fromkeys(DICTIONARY, formats["wrap"])
    sheet.add_rows([(DICTIONARY, formats["header"])], [rows], len(rows), wrapped)
