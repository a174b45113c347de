"""JSON records and Parquet: typed values as the text that a table of text would hold."""

import datetime as dt
import decimal
import json
from pathlib import Path

import polars as pl
import pytest

from observatory.errors import InputError
from observatory.ingest.reading import read_table
from sources import CARDS

HEADER = ["FAP", "ROME", "Qualification"]
RECORD = {"FAP": "a", "ROME": "é", "Qualification": "c"}


def read(path: Path) -> pl.DataFrame:
    return read_table(path, CARDS["dares/rome_fap_2009"], name=path.name, sha256="0" * 64)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_records_are_read_in_any_alphabet_that_is_proved(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "f.json"
    path.write_bytes(json.dumps([{}, RECORD], ensure_ascii=False).encode(encoding))
    found = read(path)
    assert found.select("source_line", *HEADER).rows() == [(2, "a", "é", "c")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"{json.dumps(RECORD)}\n{json.dumps(RECORD)}", "line 2: Extra data"),
        ('[{"FAP": "a",\n"ROME"', "line 2: "),
        ('[{"FAP": "a", "FAP": "b", "ROME": 1, "Qualification": 1}]', "“FAP” stands twice"),
        (f'[{{"FAP": {"9" * 5000}, "ROME": 1, "Qualification": 1}}]', "digits"),
        (r'[{"FAP": "\ud800", "ROME": 1, "Qualification": 1}]', "record 1: "),
        (r'[{"FAP": "a\u0000", "ROME": 1, "Qualification": 1}]', "record 1: "),
        (f"{'[' * 100_000}", "nested too deeply"),
        ('[{"source_line": 1}]', "a name kept for where rows stand"),
    ],
)
def test_a_damaged_record_is_one_clear_error(tmp_path: Path, text: str, expected: str) -> None:
    path = tmp_path / "f.json"
    path.write_text(text)
    with pytest.raises(InputError, match=rf"f\.json.*{expected}"):
        read(path)


def test_values_of_parquet_are_text(tmp_path: Path) -> None:
    values = {
        "whole": (62002.0, "62002"),
        "decimal": (decimal.Decimal("1.50"), "1.50"),
        "day": (dt.date(2024, 1, 2), "2024-01-02"),
        "list": ([1, 2], "[1, 2]"),
        "record": ({"a": "é"}, '{"a": "é"}'),
        "truth": (True, "true"),
        "text": ("Technopôle 2.0", "Technopôle 2.0"),
        "blank": ("", None),
        "bytes": (b"\xff\x00", "ff00"),
        "text_as_bytes": ("é".encode(), "é"),
        "nothing": (None, None),
    }
    path = tmp_path / "f.parquet"
    frame = pl.DataFrame(
        {**{key: ["x"] for key in HEADER}, **{k: [v] for k, (v, _) in values.items()}}
    )
    frame.write_parquet(path)
    assert read(path).select(*values).row(0) == tuple(text for _, text in values.values())


def test_a_blank_row_of_parquet_is_left_out_and_those_below_keep_their_line(tmp_path: Path) -> None:
    path = tmp_path / "f.parquet"
    pl.DataFrame({key: ["x", None, "y"] for key in HEADER}).write_parquet(path)
    assert read(path)["source_line"].to_list() == [1, 3]


def test_a_filter_of_parquet_leaves_blank_cells_null_and_lines_as_in_the_file(
    tmp_path: Path,
) -> None:
    path = tmp_path / "f.parquet"
    codes = ["13001", None, "", None, "84007", "13001"]
    rows = pl.DataFrame({**{key: ["x"] * 6 for key in HEADER}, "code": codes})
    rows.write_parquet(path, row_group_size=2)

    def keep(found: pl.LazyFrame) -> pl.LazyFrame:
        return found.filter((pl.col("code") != "84007").fill_null(value=True))

    card = CARDS["dares/rome_fap_2009"]
    found = read_table(path, card, name=path.name, sha256="0" * 64, keep=keep)
    assert found["source_line"].to_list() == [1, 2, 3, 4, 6]
    assert found["code"].to_list() == ["13001", None, None, None, "13001"]


def test_a_column_of_parquet_named_as_lines_are_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "f.parquet"
    pl.DataFrame({**{key: ["x"] for key in HEADER}, "source_line": ["7"]}).write_parquet(path)
    with pytest.raises(InputError, match=r"f\.parquet.*source_line"):
        read(path)
