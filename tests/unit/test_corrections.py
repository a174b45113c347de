"""Corrections: applied to one row, for a reason, and loud once the file has changed."""

import csv
import datetime as dt
from pathlib import Path

import polars as pl
import pytest

from observatory.errors import InputError
from observatory.ingest.corrections import (
    Correction,
    apply_corrections,
    load_corrections,
    read_corrections,
)
from sources import CARDS

CARD = CARDS["france_travail/bmo"]
HEADER = "source,vintage,row,column,expected,corrected,because,evidence,until\n"
GOOD = (
    "france_travail/bmo,2024,fap_code=A0X40;bassin_code=9306,project_count,120,210,"
    "a swap of digits,letter of 3 March,2027-01-01\n"
)
VINTAGES = {"a" * 64: "2024", "b" * 64: "2023"}
TODAY = dt.date(2026, 11, 25)


@pytest.fixture
def raw() -> pl.DataFrame:
    return pl.DataFrame(
        {
            "source_key": [CARD.key] * 3,
            "source_sha256": ["a" * 64, "a" * 64, "b" * 64],
            "source_sheet": ["data"] * 3,
            "source_line": [2, 3, 2],
            "Code métier BMO": ["A0X40", "A0X41", "A0X40"],
            "BE24": ["9306", "9306", None],
            "BE23": [None, None, "9306"],
            "met": ["120 ", "15", "120"],
        }
    )


def correction(**changes: object) -> Correction:
    values = {
        "source": CARD.key,
        "vintage": "2024",
        "row": {"fap_code": "A0X40", "bassin_code": "9306"},
        "column": "project_count",
        "expected": "120",
        "corrected": "210",
        "because": "a swap of digits",
        "evidence": "letter of 3 March",
        "until": dt.date(2027, 1, 1),
        "place": "here",
    }
    return Correction(**{**values, **changes})  # type: ignore[arg-type]


def apply(raw: pl.DataFrame, *corrections: Correction) -> tuple[pl.DataFrame, pl.DataFrame]:
    return apply_corrections(raw, CARD, corrections, vintages=VINTAGES, as_of=TODAY)


def test_one_value_of_one_file_is_replaced_and_logged(raw: pl.DataFrame) -> None:
    after, issues = apply(raw, correction())
    assert after["met"].to_list() == ["210", "15", "120"]
    assert raw["met"].to_list() == ["120 ", "15", "120"]
    (issue,) = issues.to_dicts()
    assert (issue["source_line"], issue["value"], issue["replacement"]) == (2, "120 ", "210")
    assert issue["issue_type"] == "corrected_value"
    assert (issue["note"], issue["evidence"]) == ("a swap of digits", "letter of 3 March")
    assert issue["until"] == dt.date(2027, 1, 1)


def test_a_vintage_that_was_not_read_is_left_alone(raw: pl.DataFrame) -> None:
    after, issues = apply(raw, correction(vintage="2019"))
    assert after.equals(raw)
    assert issues.is_empty()


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"until": dt.date(2026, 11, 24)}, "valid until 2026-11-24, which has passed"),
        ({"corrected": "120", "expected": "99"}, "the producer has mended"),
        ({"expected": "119"}, "is now '120', not the one expected"),
        ({"row": {"bassin_code": "9306"}}, "2 rows of france_travail/bmo 2024"),
        ({"row": {"fap_code": "Z9Z99"}}, "0 rows of"),
    ],
)
def test_a_correction_that_no_longer_holds_is_loud(
    raw: pl.DataFrame, changes: dict[str, object], expected: str
) -> None:
    with pytest.raises(InputError, match=expected):
        apply(raw, correction(**changes))


def test_two_corrections_of_one_value_are_refused(raw: pl.DataFrame) -> None:
    with pytest.raises(InputError, match="corrects the same value already"):
        apply(raw, correction(), correction(corrected="211"))


def test_a_vintage_nobody_reads_is_said_of_a_correction_from_the_field(raw: pl.DataFrame) -> None:
    with pytest.raises(InputError, match="no file of france_travail/bmo 2042 is read"):
        apply(raw, correction(vintage="2042", is_from_home=True))


def test_a_column_no_file_has_cannot_be_corrected(raw: pl.DataFrame) -> None:
    with pytest.raises(InputError, match="have no column 'seasonal_count'"):
        apply(raw, correction(column="seasonal_count", expected=""))


def test_the_last_day_still_counts(raw: pl.DataFrame) -> None:
    after, _ = apply(raw, correction(until=TODAY))
    assert after["met"][0] == "210"


def test_a_blank_is_expected_and_filled_like_any_value(raw: pl.DataFrame) -> None:
    blank = raw.with_columns(met=pl.when(pl.col("source_line") == 3).then(None).otherwise("met"))
    mended, _ = apply(blank, correction(row={"fap_code": "A0X41"}, expected="", corrected="15"))
    assert mended["met"].to_list() == ["120 ", "15", "120"]


@pytest.mark.parametrize("separator", [",", "\t", ";"])
def test_a_file_from_the_field_is_read(tmp_path: Path, separator: str) -> None:
    path = tmp_path / "corrections.csv"
    text = (
        (HEADER + GOOD)
        .replace("fap_code=A0X40;", '"fap_code=A0X40;')
        .replace("9306,project", '9306",project')
    )
    if separator == "\t":
        path.write_text(HEADER + GOOD)
    else:
        path.write_text("\ufeff" + text.replace(",", separator))
    (found,) = read_corrections(path, CARDS)
    assert found.row == {"fap_code": "A0X40", "bassin_code": "9306"}
    assert found.until == dt.date(2027, 1, 1)
    assert found.place == "corrections.csv, line 2"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("source,vintage\nx,y\n", "columns missing: row, column"),
        (HEADER + GOOD.replace("france_travail/bmo", "nobody/knows"), "line 2, source: unknown"),
        (HEADER + GOOD.replace("fap_code=", "fap_code:"), "line 2, row: expected column=value"),
        (HEADER + GOOD.replace("project_count", "projects"), "has no column 'projects'"),
        (HEADER + GOOD.replace("2027-01-01", "soon"), "line 2, until"),
        (HEADER + GOOD.replace("a swap of digits", ""), "line 2, because"),
        (HEADER + GOOD.replace(",letter of 3 March", ""), "not as many values as columns"),
        (HEADER + GOOD.strip() + ",more\n", "not as many values as columns"),
        (HEADER + 'france_travail/bmo,"open', "corrections.csv, line"),
        (
            HEADER + GOOD.replace("france_travail/bmo", "ign/commune_contours"),
            "not corrected one by one",
        ),
        (HEADER.replace("until", "until,row") + GOOD, "column row stands twice"),
        (HEADER + GOOD.replace("bassin_code=", "fap_code="), "a column is named twice"),
        (HEADER + GOOD.replace(",120,", ",*,"), "hides by secrecy is not corrected"),
        (HEADER + GOOD.replace("a swap", "a\x1bswap"), "cannot be printed"),
        pytest.param("x" * 200_000 + HEADER, "line 1: field larger", id="endless header"),
        pytest.param(HEADER + "x" * 100_000 + GOOD, r"'x{79}\. Known", id="long value"),
    ],
)
def test_a_mistake_in_a_file_names_line_and_column(
    tmp_path: Path, text: str, expected: str
) -> None:
    path = tmp_path / "corrections.csv"
    path.write_text(text)
    with pytest.raises(InputError, match=expected):
        read_corrections(path, CARDS)


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        read_corrections(tmp_path / "absent.csv", CARDS)
    assert load_corrections(tmp_path / "absent.toml", CARD) == []


def test_a_mistake_beside_a_card_names_the_correction(tmp_path: Path) -> None:
    path = tmp_path / "bmo.corrections.toml"
    path.write_text('[[correction]]\nvintage = "2024"\n')
    with pytest.raises(InputError, match=r"bmo\.corrections\.toml, correction 1, row"):
        load_corrections(path, CARD)
    path.write_text("[[correction]\n")
    with pytest.raises(InputError, match=r"bmo\.corrections\.toml"):
        load_corrections(path, CARD)


def test_a_header_of_no_end_is_refused_whatever_limit_a_library_has_set(tmp_path: Path) -> None:
    path = tmp_path / "corrections.csv"
    path.write_text("x" * 200_000 + HEADER)
    before = csv.field_size_limit(10**9)
    try:
        with pytest.raises(InputError, match="line 1: field larger"):
            read_corrections(path, CARDS)
    finally:
        csv.field_size_limit(before)
