"""Spreadsheets: XLSX and ODS alike, whatever stands around the table."""

import datetime as dt
import zipfile
from collections.abc import Sequence
from pathlib import Path
from xml.sax.saxutils import escape

import polars as pl
import pytest
import xlsxwriter

from observatory.errors import InputError
from observatory.ingest.reading import read_table
from sources import CARDS
from tests.faults.hostile_files import Around, Hostile, workbooks

HEADER = ["FAP", "ROME", "Qualification"]
NAMESPACE = "urn:oasis:names:tc:opendocument:xmlns"
MIME = "application/vnd.oasis.opendocument.spreadsheet"


def read(path: Path, key: str = "dares/rome_fap_2009") -> pl.DataFrame:
    return read_table(path, CARDS[key], name=path.name, sha256="0" * 64)


def xlsx(path: Path, rows: Sequence[Sequence[object]]) -> Path:
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("Feuille")
        for line, row in enumerate(rows):
            sheet.write_row(line, 0, row)
    return path


def ods(path: Path, rows: Sequence[Sequence[object]]) -> Path:
    """An OpenDocument sheet as LibreOffice writes one: the rest of the grid is a repeated blank."""
    blank = '<table:table-cell table:number-columns-repeated="16000"/>'
    lines = "".join(
        f"<table:table-row>{''.join(map(_cell, row))}{blank}</table:table-row>" for row in rows
    )
    spaces = " ".join(f'xmlns:{n}="{NAMESPACE}:{n}:1.0"' for n in ("office", "table", "text"))
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {spaces}><office:body>'
        f'<office:spreadsheet><table:table table:name="Feuille">{lines}'
        f'<table:table-row table:number-rows-repeated="1048000">{blank}</table:table-row>'
        "</table:table></office:spreadsheet></office:body></office:document-content>"
    )
    manifest = f'<manifest:manifest xmlns:manifest="{NAMESPACE}:manifest:1.0"/>'
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", MIME)
        archive.writestr("content.xml", content)
        archive.writestr("META-INF/manifest.xml", manifest)
    return path


def _cell(value: object) -> str:
    if isinstance(value, dt.date):
        kind = f'office:value-type="date" office:date-value="{value}"'
    elif isinstance(value, int | float):
        kind = f'office:value-type="float" office:value="{value}"'
    else:
        kind = 'office:value-type="string"'
    text = escape(str(value))
    return (
        f"<table:table-cell {kind}><text:p>{text}</text:p></table:table-cell>"
        if text
        else ("<table:table-cell/>")
    )


@pytest.mark.parametrize("write", [xlsx, ods])
def test_values_of_a_sheet_are_text_with_the_lines_it_shows(tmp_path: Path, write) -> None:  # type: ignore[no-untyped-def]
    rows = [
        ["Correspondance 2009"],
        [],
        [*HEADER, "note"],
        ["Technopôle 2.0", 62002, 0.5, "a & b"],
        [" ", "", ""],
        ["", 10.0, "Z"],
    ]
    found = read(write(tmp_path / "f.bin", rows))
    assert found.select("source_sheet", "source_line", *HEADER, "note").rows() == [
        ("Feuille", 4, "Technopôle 2.0", "62002", "0.5", "a & b"),
        ("Feuille", 6, None, "10", "Z", None),
    ]


def test_days_and_truths_of_a_sheet_are_written_as_elsewhere(tmp_path: Path) -> None:
    path = tmp_path / "f.xlsx"
    with xlsxwriter.Workbook(path, {"default_date_format": "dd/mm/yyyy"}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, HEADER)
        sheet.write_row(1, 0, [dt.date(2024, 1, 2), True, 1e20])
    assert read(path).select(HEADER).row(0) == ("2024-01-02", "true", "1" + "0" * 20)
    assert read(ods(tmp_path / "f.ods", [HEADER, [dt.date(2024, 1, 2), 1, 2]]))[
        "FAP"
    ].to_list() == ["2024-01-02"]


def test_a_value_in_the_far_corner_is_refused_before_it_fills_the_memory(tmp_path: Path) -> None:
    path = tmp_path / "f.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, HEADER)
        sheet.write_row(1, 0, "abc")
        sheet.write(1_048_575, 16_383, "x")
    with pytest.raises(InputError, match=r"f\.xlsx holds a value in column XFD.*1048576"):
        read(path)


def test_a_merged_title_a_chart_and_a_blank_column_do_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "f.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        sheet.merge_range(0, 1, 0, 5, "Titre")
        sheet.write_row(1, 1, HEADER)
        sheet.write_row(2, 1, "abc")
        book.add_chartsheet()
    found = read(path)
    assert found["source_line"].to_list() == [3]
    assert found.columns[-3:] == HEADER


def test_a_file_is_what_it_holds_whatever_its_name_says(tmp_path: Path) -> None:
    assert read(xlsx(tmp_path / "f.csv", [HEADER, ["a", "b", "c"]])).height == 1
    text = tmp_path / "f.xlsx"
    text.write_text("FAP;ROME;Qualification\na;b;c\n")
    assert read(text).height == 1


@pytest.mark.parametrize("cut", [0.3, 0.9])
@pytest.mark.parametrize("write", [xlsx, ods])
def test_a_cut_workbook_is_one_clear_error(tmp_path: Path, write, cut: float) -> None:  # type: ignore[no-untyped-def]
    path = write(tmp_path / "f.bin", [HEADER, ["a", "b", "c"]])
    content = path.read_bytes()
    path.write_bytes(content[: int(cut * len(content))])
    with pytest.raises(InputError, match=r"f\.bin is truncated or damaged"):
        read(path)


@pytest.mark.parametrize("case", list(workbooks()), ids=lambda case: case.what)
def test_a_workbook_made_to_do_harm_ends_alone(tmp_path: Path, case: Hostile) -> None:
    """Far corners ask for hundreds of GB, entities for as many: their reader dies, not the run."""
    outside = tmp_path / "outside.csv"
    outside.write_text("told")
    path = tmp_path / case.name
    path.write_bytes(case.make(Around(secret="", layer=outside, table=outside, url="")))
    try:
        rows = read(path)
    except InputError as error:
        refused = str(error)
        assert refused.startswith((f"{case.name} holds", f"{case.name} cannot be"))
    else:
        assert case.may_be_read
        assert "told" not in str(rows.rows())
