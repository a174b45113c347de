"""Delimited text: the same rows, lines and refusals for a small file as for a large one."""

from pathlib import Path

import polars as pl
import pytest

from observatory.errors import InputError
from observatory.ingest import delimited
from observatory.ingest.reading import read_table
from sources import CARDS

KEY = "dares/rome_fap_2009"
HEADER = "FAP;ROME;Qualification\n"
ROWS = "".join(f"F{n};R{n};Q{n}\n" for n in range(300))


@pytest.fixture(params=["small", "large"])
def size(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Read as a small file, or as a large one in blocks that cut records in two."""
    if request.param == "large":
        monkeypatch.setattr(delimited, "LARGE", 0)
        monkeypatch.setattr(delimited, "BLOCK", 600)
    return str(request.param)


def read(folder: Path, text: str, key: str = KEY) -> pl.DataFrame:
    path = folder / "f.csv"
    path.write_bytes(text.encode())
    return read_table(path, CARDS[key], name=path.name, sha256="0" * 64)


def found(folder: Path, text: str) -> list[tuple[object, ...]]:
    return read(folder, text).select("source_line", "FAP", "ROME", "Qualification").rows()


@pytest.mark.usefixtures("size")
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_are_exact_below_values_with_line_breaks(tmp_path: Path, end: str) -> None:
    rows = [f'F{n};"un\r\ndeux";Q{n}' if n % 3 else f"F{n};R;Q{n}" for n in range(200)]
    text = end.join(["FAP;ROME;Qualification", *rows])
    line, expected = 2, []
    for n in range(200):
        expected.append((line, f"F{n}", "un\r\ndeux" if n % 3 else "R", f"Q{n}"))
        line += 2 if n % 3 else 1
    assert found(tmp_path, text) == expected


@pytest.mark.usefixtures("size")
@pytest.mark.parametrize("above", ["", "Un titre\n", "Titre;2024\n\nSource : Dares\n"])
def test_a_header_may_stand_below_titles(tmp_path: Path, above: str) -> None:
    assert found(tmp_path, above + HEADER + "a;b;c\n") == [(2 + above.count("\n"), "a", "b", "c")]


@pytest.mark.usefixtures("size")
@pytest.mark.parametrize(("in_header", "in_rows"), [(2, 2), (2, 0), (0, 2)])
def test_blank_columns_at_the_end_are_nothing(tmp_path: Path, in_header: int, in_rows: int) -> None:
    text = HEADER.replace("\n", ";" * in_header + "\n") + ROWS.replace("\n", ";" * in_rows + "\n")
    rows = read(tmp_path, text)
    assert rows.columns[-3:] == ["FAP", "ROME", "Qualification"]
    assert rows.equals(read(tmp_path, HEADER + ROWS))


@pytest.mark.usefixtures("size")
@pytest.mark.parametrize(
    ("bad", "expected"),
    [
        ("F;R", "2 values for 3 columns"),
        ("F", "1 values for 3 columns"),
        ("F;R;Q;more", "4 values for 3 columns"),
        ('F;"R;Q', "damaged or truncated"),
        ('F;"R"x;Q', "damaged or truncated"),
        ("F;" + "R" * 200_000 + ";Q", "field larger|a value of over"),
        ("Ouvriers du bâtiment", "1 values for 3 columns"),
    ],
)
def test_a_damaged_row_is_refused_with_its_line(
    tmp_path: Path, bad: str, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if len(bad) > 600:
        monkeypatch.setattr(delimited, "BLOCK", 2**20)
    with pytest.raises(InputError, match=rf"f\.csv, line 303: .*({expected})"):
        read(tmp_path, f"{HEADER}\n{ROWS}{bad}\n{ROWS}")


@pytest.mark.usefixtures("size")
def test_a_damaged_row_is_named_by_its_line_below_line_breaks(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"line 5: 2 values"):
        read(tmp_path, HEADER + '"a\nb\nc";R;Q\nF;R\n' + ROWS)


@pytest.mark.usefixtures("size")
def test_notes_at_the_foot_are_rows_and_blank_lines_none(tmp_path: Path) -> None:
    rows = found(tmp_path, f"{HEADER}\n  \na;b;c\n;;\nSource : Dares\nUne note ; très longue\n")
    assert [row[0] for row in rows] == [4, 6, 7]
    assert rows[1][1:] == ("Source : Dares", None, None)


@pytest.mark.usefixtures("size")
def test_quotes_in_a_value_are_kept(tmp_path: Path) -> None:
    rows = found(tmp_path, HEADER + 'tube 12";"dit ""le Grand""";x "y" z\n')
    assert rows == [(2, 'tube 12"', 'dit "le Grand"', 'x "y" z')]


@pytest.mark.usefixtures("size")
def test_between_bars_a_quote_is_a_letter(tmp_path: Path) -> None:
    header = "siret|codeCommuneEtablissement|enseigne1Etablissement\n"
    rows = read(tmp_path, header + '1|13001|"L\n2|13001|b\n' * 200, "insee/sirene_stock")
    assert rows.height == 400
    assert rows["enseigne1Etablissement"][0] == '"L'


@pytest.mark.usefixtures("size")
def test_the_separator_is_the_one_that_splits_the_most(tmp_path: Path) -> None:
    rows = read(tmp_path, "code;nom;type;membres;a,b\n1;x;M;[];x,y\n", "etalab/epci")
    assert rows["a,b"].to_list() == ["x,y"]


def test_rows_are_filtered_block_by_block(tmp_path: Path, size: str) -> None:
    path = tmp_path / "f.csv"
    path.write_text(HEADER + ROWS)
    kept = read_table(
        path,
        CARDS[KEY],
        name=path.name,
        sha256="0" * 64,
        keep=lambda rows: rows.filter(pl.col("FAP") == "F250"),
    )
    assert (size, kept["source_line"].to_list()) == (size, [252])
