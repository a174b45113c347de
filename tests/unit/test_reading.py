"""Reading producers' files: every layout as text, every line numbered, every trap refused."""

import datetime as dt
import json
import zipfile
from pathlib import Path

import polars as pl
import pytest
import xlsxwriter

from observatory.errors import InputError
from observatory.ingest import delimited, reading
from observatory.ingest.headers import require_served
from observatory.ingest.issues import IssueLog
from observatory.ingest.reading import read_table, rename_columns
from observatory.metadata.cards import Layout
from sources import CARDS
from sources.sample.files import zipped
from sources.sample.labour import bmo_layout, bmo_table, write_bmo
from tests.cleaning import clean_bmo
from tests.unit.test_workbooks import ods

BMO = CARDS["france_travail/bmo"]
ROW = ["2024", "A0X40", "Agriculteurs", "Z", "Autres", "93", "PACA", "13", "BdR", "9306", "M"]
HEADER = list(bmo_layout(2024).values())


def read(path: Path, key: str = "france_travail/bmo") -> pl.DataFrame:
    return read_table(path, CARDS[key], name=path.name, sha256="0" * 64)


def workbook(path: Path, *sheets: list[list[object]]) -> Path:
    with xlsxwriter.Workbook(path) as book:
        for rows in sheets:
            sheet = book.add_worksheet()
            for line, row in enumerate(rows):
                sheet.write_row(line, 0, row)
    return path


@pytest.mark.parametrize("year", range(2019, 2027))
def test_every_layout_of_the_survey_is_read_alike(tmp_path: Path, year: int) -> None:
    cleaned = clean_bmo(read(write_bmo(tmp_path, year)))
    drawn = bmo_table(year)
    assert cleaned.rows.height == drawn.height
    assert cleaned.rows["year"].unique().to_list() == [year]
    starred = (drawn["project_count"] == "*").sum()
    assert cleaned.rows["is_project_count_suppressed"].sum() == starred
    assert cleaned.rows["bassin_label"].null_count() == 0
    assert cleaned.issues["severity"].unique().to_list() == ["notice"]


def test_lines_are_those_a_spreadsheet_shows(tmp_path: Path) -> None:
    path = workbook(
        tmp_path / "f.xlsx", [[], ["DONNÉES"], HEADER, [*ROW, 7, "*", "*"], [], [*ROW, 8, 5, 5]]
    )
    assert read(path)["source_line"].to_list() == [4, 6]


def test_columns_may_be_reordered_added_and_the_sheet_renamed(tmp_path: Path) -> None:
    line = dict(zip(HEADER, [*ROW, 95, 31, "*"], strict=True))
    order = sorted(HEADER, reverse=True)
    path = workbook(
        tmp_path / "f.xlsx", [["notes"]], [[*order, "neuf"], [*(line[h] for h in order), "x"]]
    )
    row = rename_columns(read(path), BMO.layout).row(0, named=True)
    assert (row["project_count"], row["bassin_code"], row["department_code"]) == (
        "95",
        "9306",
        "13",
    )
    assert "neuf" in read(path).columns


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1", "cp1252", "utf-16"])
@pytest.mark.parametrize("separator", [";", ",", "\t"])
def test_a_text_table_is_read_in_any_usual_dress(
    tmp_path: Path, encoding: str, separator: str
) -> None:
    path = tmp_path / "f.csv"
    lines = [HEADER, [*ROW, "95", "31", "*"]]
    path.write_bytes("\r\n".join(separator.join(line) for line in lines).encode(encoding))
    found = read(path)
    assert found["Code métier BMO"].to_list() == ["A0X40"]
    assert found["source_line"].to_list() == [2]


def test_a_value_with_line_breaks_keeps_the_line_it_begins_on(tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    first, second = [*ROW, "95", "31", "*"], [*ROW, "8", "5", "5"]
    first[2] = '"Agri\nculteurs"'
    path.write_text("\n".join(";".join(line) for line in (HEADER, first, second)))
    assert read(path)["source_line"].to_list() == [2, 4]


def test_a_zip_around_the_file_is_opened(tmp_path: Path) -> None:
    path = workbook(tmp_path / "f.xlsx", [HEADER, [*ROW, 95, 31, "*"]])
    assert read(zipped(path)).height == 1


def test_a_zip_with_two_files_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "f.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.csv", "x")
        archive.writestr("b.csv", "x")
    with pytest.raises(InputError, match=r"expected one file inside, found a\.csv, b\.csv"):
        read(path)


def renamed(path: Path) -> Path:
    return workbook(path, [[h if h != "xmet" else "difficiles" for h in HEADER], [*ROW, 1, 2, 3]])


def twice(path: Path) -> Path:
    return workbook(path, [[*HEADER, "met"], [*ROW, 1, 2, 3, 4]])


def ambiguous(path: Path) -> Path:
    return workbook(path, [[*HEADER, "BE25"], [*ROW, 1, 2, 3, 4]])


def no_rows(path: Path) -> Path:
    return workbook(path, [HEADER])


def empty(path: Path) -> Path:
    return workbook(path, [[]])


def two_sheets(path: Path) -> Path:
    return workbook(path, [HEADER, [*ROW, 1, 2, 3]], [HEADER, [*ROW, 1, 2, 3]])


def truncated(path: Path) -> Path:
    whole = workbook(path, [HEADER, [*ROW, 1, 2, 3]]).read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    return path


def web_page(path: Path) -> Path:
    path.write_text("<!DOCTYPE html><html><body>Accès refusé</body></html>")
    return path


def binary(path: Path) -> Path:
    path.write_bytes(b"\x7fELF\x00\x00\x00\x01" * 50)
    return path


def open_quote(path: Path) -> Path:
    path.write_text(";".join(HEADER) + '\n"2024;A0X40;Agriculteurs')
    return path


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (renamed, r"Missing: difficult_count \(“xmet”\)"),
        (twice, "“met” stands twice"),
        (ambiguous, "several columns look like"),
        (no_rows, "has headers but no rows"),
        (empty, "it holds no record and names no column"),
        (two_sheets, "several sheets hold the expected columns"),
        (truncated, "truncated or damaged"),
        (web_page, "is a web page, not data"),
        (binary, "is binary"),
        (open_quote, "line 2: .*the file is damaged or truncated"),
    ],
)
def test_what_cannot_be_read_is_one_clear_error(tmp_path: Path, make, expected: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(InputError, match=expected) as caught:
        read(make(tmp_path / "f.xlsx"))
    assert "f.xlsx" in str(caught.value)


def test_values_beyond_the_last_column_are_an_error(tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    path.write_text(";".join(HEADER) + "\n" + ";".join([*ROW, "1", "2", "3", "4"]))
    with pytest.raises(InputError, match="line 2: 15 values for 14 columns"):
        read(path)


def test_values_under_a_blank_header_are_kept(tmp_path: Path) -> None:
    path = workbook(tmp_path / "f.xlsx", [[*HEADER, ""], [*ROW, 1, 2, 3, "perdu ?"]])
    assert read(path)["column_15"].to_list() == ["perdu ?"]


def test_json_records_keep_nested_values_as_text(tmp_path: Path) -> None:
    path = tmp_path / "epci.json"
    record = {"code": "1", "nom": "X", "type": "CC", "membres": [{"code": "13001"}]}
    path.write_text(json.dumps([record]))
    assert json.loads(read(path, "etalab/epci")["membres"].item()) == [{"code": "13001"}]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('[{"code": ', "damaged or truncated"),
        ('{"code": 1}', "array of records"),
        ("[]", "no record"),
    ],
)
def test_unusable_json_is_one_clear_error(tmp_path: Path, text: str, expected: str) -> None:
    path = tmp_path / "epci.json"
    path.write_text(text)
    with pytest.raises(InputError, match=expected):
        read(path, "etalab/epci")


def test_a_sheet_that_lacks_one_column_is_not_passed_over(tmp_path: Path) -> None:
    path = workbook(
        tmp_path / "tension.xlsx",
        [["Code FAP 225", "Année", "Tension - discret"], ["A0Z40", 2019, 5]],
        [["Code FAP 225", "Année", "Tension, quintile"], ["A0Z40", 2019, 5]],
    )
    with pytest.raises(InputError, match=r"tension_class .*Sheet2"):
        read(path, "dares/tension")


def test_one_damaged_byte_does_not_change_the_alphabet(tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    lines = [";".join(HEADER), ";".join([*ROW[:2], "Éleveurs salariés", *ROW[3:], "1", "2", "3"])]
    path.write_bytes("\n".join(lines).encode() + b"\n\xff")
    with pytest.raises(InputError, match="line 3: damaged text"):
        read(path)


def test_a_row_cut_short_is_an_error_and_a_note_is_not(tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    path.write_text("\n".join([";".join(HEADER), ";".join(ROW[:9]), "Source : enquête"]))
    with pytest.raises(InputError, match="line 2: 9 values for 14 columns"):
        read(path)


def test_a_column_cannot_take_the_name_of_our_own(tmp_path: Path) -> None:
    path = workbook(tmp_path / "f.xlsx", [[*HEADER, "source_line"], [*ROW, 1, 2, 3, 4]])
    with pytest.raises(InputError, match="source_line"):
        read(path)


def test_a_huge_value_is_one_clear_error(tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    path.write_text("x" * 200_000)
    with pytest.raises(InputError, match="line 1"):
        read(path)


@pytest.fixture(params=["small", "large"])
def _size(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "large":
        monkeypatch.setattr(delimited, "LARGE", 0)


def through_card(path: Path, key: str) -> pl.DataFrame:
    found = reading.read(path, CARDS[key], name=path.name, sha256="0" * 64)
    assert isinstance(found, pl.DataFrame)
    return found


def test_a_survey_sheet_of_opendocument_is_read(tmp_path: Path) -> None:
    rows = [
        ["parcel_id", "state", "observed_on", "origin"],
        ["13029000AB0001", "vacant", dt.date(2025, 3, 4), "field"],
    ]
    found = through_card(ods(tmp_path / "releve.ods", rows), "survey/occupation")
    assert found["observed_on"].to_list() == ["2025-03-04"]
    assert found["source_line"].to_list() == [2]


@pytest.mark.usefixtures("_size")
def test_sales_of_which_a_row_is_cut_are_refused_with_its_line(tmp_path: Path) -> None:
    columns = list(CARDS["dgfip/dvf_geolocated"].layout.columns.values())
    whole = ",".join(str(n) for n in range(len(columns)))
    path = tmp_path / "dvf.csv"
    path.write_text(f"{','.join(columns)}\n{whole}\n2023-0,2023-05-10,1,Vente\n{whole}\n")
    with pytest.raises(InputError, match=r"dvf\.csv, line 3: 4 values for 11 columns"):
        through_card(path, "dgfip/dvf_geolocated")


@pytest.mark.usefixtures("_size")
@pytest.mark.parametrize("key", ["insee/sirene_stock", "insee/sirene_legal_units"])
def test_a_register_with_one_western_line_is_refused_with_it(tmp_path: Path, key: str) -> None:
    columns = ["nom", *CARDS[key].layout.columns.values()]
    header = ",".join(columns).replace("(etablissement)?", "")
    rows = [f"{name},1,2" for name in ("Chaudronnerie de la Crèche", "Forge", "CAFX")]
    path = tmp_path / "stock.csv"
    path.write_bytes("\n".join([header, *rows]).encode().replace(b"CAFX", b"CAF\xc9"))
    with pytest.raises(InputError, match=r"stock\.csv, line 4: damaged text"):
        through_card(path, key)


@pytest.mark.usefixtures("_size")
def test_blank_columns_that_a_spreadsheet_adds_to_a_register_are_nothing(tmp_path: Path) -> None:
    path = tmp_path / "stock.csv"
    path.write_text(
        "siret;codeCommuneEtablissement;etatAdministratifEtablissement;;\n1;13029;A;;\n"
    )
    found = through_card(path, "insee/sirene_stock")
    assert found.columns[-1] == "etatAdministratifEtablissement"
    assert found["etatAdministratifEtablissement"].to_list() == ["A"]


def test_a_column_for_each_year_becomes_a_row_for_each_year() -> None:
    layout = Layout(
        format="table",
        columns={"commune_code": "codgeo"},
        repeated={
            "employee_count": r"effectifs_salaries_(?P<year>\d{4})",
            "firm_count": r"etablissements_(?P<year>\d{4})",
        },
    )
    assert layout.match(["CODGEO"]).missing == ["employee_count", "firm_count"]
    assert layout.match(["CODGEO", "Effectifs salariés 2006"]).missing == ["firm_count"]
    raw = pl.DataFrame(
        {
            "source_key": "k",
            "source_sha256": "0",
            "source_sheet": None,
            "source_line": [2, 3],
            "CODGEO": ["13001", "13002"],
            "Effectifs salariés 2006": ["10", None],
            "Effectifs salariés 2007": ["11", "21"],
            "Établissements 2007": ["1", "2"],
        }
    )
    found = rename_columns(raw, layout).sort("year", "source_line")
    ours = found.select("source_line", "commune_code", "year", "employee_count", "firm_count")
    assert ours.rows() == [
        (2, "13001", "2006", "10", None),
        (3, "13002", "2006", None, None),
        (2, "13001", "2007", "11", "1"),
        (3, "13002", "2007", "21", "2"),
    ]


YEARLY = Layout(
    format="table",
    columns={"commune_code": "codgeo"},
    repeated={
        "employee_count": r"effectifs_(?P<year>\d{4})",
        "firm_count": r"etablissements_(?P<year>\d{4})",
    },
)


def of_years(*years: int) -> list[str]:
    return ["codgeo", *(f"{m}_{y}" for y in years for m in ("effectifs", "etablissements"))]


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ([*of_years(2019, 2021), "effectifs_2020"], "no column of year 2020 for firm_count"),
        (
            of_years(2018, 2019, 2021, 2022),
            "2019 and 2021 are there, and none of the years between",
        ),
        (["codgeo", "effectifs_2019"], "Missing: firm_count"),
    ],
)
def test_a_year_that_vanished_is_no_silence(headers: list[str], expected: str) -> None:
    with pytest.raises(InputError, match=expected):
        require_served(headers, YEARLY, "f.csv")


def test_a_rhythm_of_years_is_no_gap() -> None:
    assert require_served(of_years(2007, 2012, 2017), YEARLY, "f.csv").missing == []


def test_an_issue_of_a_yearly_value_names_its_column() -> None:
    raw = pl.DataFrame(
        {
            "source_key": "k",
            "source_sha256": "0",
            "source_sheet": None,
            "source_line": [2],
            "codgeo": ["13001"],
            **{header: ["NC"] for header in of_years(2019, 2020)[1:]},
        }
    )
    log = IssueLog()
    log.add(rename_columns(raw, YEARLY), column="firm_count", issue_type="unknown_mark", kept=True)
    assert sorted(log.table()["note"]) == [
        "colonne etablissements_2019",
        "colonne etablissements_2020",
    ]


def test_a_pattern_that_is_none_names_its_column() -> None:
    with pytest.raises(ValueError, match="layout, commune_code: “\\(codgeo” is no pattern"):
        Layout(format="table", columns={"commune_code": "(codgeo"})
