"""Tables on the screen: what fits stands in columns, what does not in a block for each row."""

from types import SimpleNamespace

import pytest

from observatory.cli.output import grid
from observatory.cli.summary import count_checks
from observatory.pipeline.rules import NOT_LOOKED_AT

NAME = "labour_recruitment_needs_by_territory"
SENTENCE = "Besoins de recrutement des employeurs par territoire, enquête de l'année"


@pytest.fixture
def shown(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> object:
    def show(header: list[str], *rows: tuple[object, ...], width: int | None = None) -> list[str]:
        monkeypatch.delenv("COLUMNS", raising=False)
        if width:
            monkeypatch.setenv("COLUMNS", str(width))
        grid(header, rows)
        return capsys.readouterr().out.splitlines()

    return show


def test_what_fits_stands_in_columns_with_numbers_to_the_right(shown) -> None:
    assert shown(["code", "projects"], ("13", 38285), ("2A", 7), ("974", None)) == [
        "code  projects",
        "13      38,285",
        "2A           7",
        "974",
    ]


def test_what_is_too_wide_is_a_block_for_each_row(shown) -> None:
    header = [f"a_column_with_a_long_name_{at}" for at in range(5)]
    lines = shown(header, (1, 2, 3, 4, None), (6, 7, 8, 9, 10))
    assert [line.rstrip("─") for line in lines if line.startswith("─")] == ["─[ 1 ]", "─[ 2 ]"]
    assert lines[1:6] == [
        *(f"a_column_with_a_long_name_{at}  {at + 1}" for at in range(4)),
        "a_column_with_a_long_name_4",
    ]
    assert max(map(len, lines)) == 80


def test_a_long_text_wraps_and_a_name_is_never_cut(shown) -> None:
    lines = shown(["table", "rows", "title"], (NAME, 16275, SENTENCE))
    assert all(len(line) <= 80 for line in lines)
    assert lines[1].startswith(f"{NAME}  16,275  Besoins")
    assert " ".join(line.removeprefix(f"{NAME}  16,275").strip() for line in lines[1:]) == SENTENCE


def test_a_name_longer_than_the_screen_is_shown_whole(shown) -> None:
    lines = shown(["table", "title"], (NAME, SENTENCE), width=44)
    assert lines[1] == f"table  {NAME}"
    assert " ".join(line.removeprefix("title").strip() for line in lines[2:]) == SENTENCE
    assert all(len(line) <= 44 for line in lines)


def test_a_header_of_words_wraps_over_narrow_columns(shown) -> None:
    header, row = ["FAP", "métier", "classe de tension"], ("A0Z", "Agriculteurs", 5)
    assert shown(header, row) == [
        "FAP  métier        classe de tension",
        "A0Z  Agriculteurs                  5",
    ]
    assert shown(header, row, width=26) == [
        "FAP  métier         classe",
        "                        de",
        "                   tension",
        "A0Z  Agriculteurs        5",
    ]


def test_a_text_of_many_lines_is_a_block(shown) -> None:
    lines = shown(["a", "b", "c"], (NAME, SENTENCE, SENTENCE * 5), width=80)
    assert lines[0].startswith("─[ 1 ]")


@pytest.mark.parametrize(("long", "is_in_blocks"), [(1, False), (2, False), (3, True)])
def test_rows_are_blocks_where_most_of_them_would_be_too_tall(
    shown, long: int, is_in_blocks: bool
) -> None:
    texts = [SENTENCE * 5] * long + ["18,7"] * (4 - long)
    lines = shown(["figure", "value"], *((NAME, text) for text in texts))
    assert lines[0].startswith("─[ 1 ]") == is_in_blocks
    assert all(len(line) <= 80 for line in lines)


@pytest.mark.parametrize(
    ("name", "values", "expected"),
    [
        ("needs_year", [2024], ["2024"]),
        ("y", [2023, 2024], ["2023", "2024"]),
        ("commune_code", [13055], ["13055"]),
        ("projects", [2024, 38285], ["2,024", "38,285"]),
        ("share", [0.1 + 0.2], ["0.3"]),
        ("share_pct", [56.98765, 58.7], ["56.99", "58.70"]),
        ("area", [12345.0, 6.0], ["12,345", "6"]),
        ("area", [1234567.891], ["1,234,567.89"]),
        ("ratio", [0.000123456], ["0.000123"]),
        ("ratio", [float("inf")], ["inf"]),
        ("label", ["2024", "38285"], ["2024", "38285"]),
        ("label", ["two\nlines \x1b[31mred"], ["two lines  [31mred"]),
    ],
)
def test_numbers_are_written_to_be_read(
    shown, name: str, values: list[object], expected: list[str]
) -> None:
    assert [line.strip() for line in shown([name], *((v,) for v in values))[1:]] == expected


def test_no_row_is_said(shown) -> None:
    assert shown(["a", "b"]) == ["No rows."]


def test_checks_of_what_nobody_handed_over_are_not_counted() -> None:
    found = [
        SimpleNamespace(passed=True, metadata={"unexpected_count": 0}),
        SimpleNamespace(passed=False, metadata={"unexpected_count": 1}),
        SimpleNamespace(passed=True, metadata={NOT_LOOKED_AT: "left out: no file"}),
        SimpleNamespace(passed=False, metadata={NOT_LOOKED_AT: "no row"}),
    ]
    assert count_checks(found) == (1, 2)
