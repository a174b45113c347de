"""The page for economists asks three questions in five languages: all give the same answers."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from observatory.database.query import query

pytestmark = pytest.mark.xdist_group("sample")
PAGE = (Path(__file__).parents[2] / "docs" / "economists.md").read_text("utf-8")
TOKEN = re.compile(r"[A-Z][A-Z\d][A-Z]\d\d|[a-z_]+/[a-z_0-9]+|\b\d+(?:\.\d)?\b")
# polars and pandas print sizes and ranks of rows that are no part of an answer
SKIPPED = re.compile(r"^(?:shape|│ (?:---|str|u?[if]\d\d)|[┌╞└])", re.MULTILINE)


def block(title: str) -> str:
    (found,) = re.findall(rf"### {title}\n(?:[^\n`]*\n)?```\w+\n(.*?)```", PAGE, re.DOTALL)
    return found


@pytest.fixture(scope="module")
def place(sample_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder where ``var`` is the home."""
    folder = tmp_path_factory.mktemp("economist")
    (folder / "var").symlink_to(sample_home)
    return folder


@pytest.fixture(scope="module")
def answers(sample_home: Path) -> list[list[tuple]]:
    """What SQL answers, the others' reference."""
    statements = [s for s in block("SQL").split(";") if s.strip()]
    database = sample_home / "current" / "observatory.gpkg"
    return [query(database, statement).rows() for statement in statements]


def test_sql_answers_all_three(answers: list[list[tuple]]) -> None:
    assert [len(rows) > 0 for rows in answers] == [True, True, True]
    assert len(answers[0]) == 3
    assert [rank for _, rank in answers[1]] == [1, 2, 3]


def printed(command: list[object], place: Path) -> str:
    done = subprocess.run(
        [*map(str, command)], cwd=place, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def values(text: str) -> list[str]:
    lines = [line for line in text.split("\n") if not SKIPPED.match(line)]
    return [plain(token) for token in TOKEN.findall("\n".join(lines))]


def plain(token: object) -> str:
    """Numbers without the decimals that each language adds or leaves out."""
    text = str(token)
    return f"{float(text):g}" if re.fullmatch(r"\d+(?:\.\d)?", text) else text


def in_order(wanted: list[str], found: list[str]) -> bool:
    """Whether all of ``wanted`` stand in ``found`` in their order."""
    rest = iter(found)
    return all(any(value == other for other in rest) for value in wanted)


def expected(answers: list[list[tuple]]) -> list[str]:
    return [plain(value) for rows in answers for row in rows for value in row]


@pytest.mark.parametrize("language", ["Polars", "DuckDB", "pandas"])
def test_python_gives_the_same_answers(
    answers: list[list[tuple]], place: Path, language: str
) -> None:
    script = place / f"ask_{language}.py"
    script.write_text(block(language))
    found = values(printed([sys.executable, script], place))
    assert in_order(expected(answers), found), (expected(answers), found)


@pytest.mark.skipif(shutil.which("Rscript") is None, reason="R is not installed")
def test_r_gives_the_same_answers(answers: list[list[tuple]], place: Path) -> None:
    script = place / "answers.R"
    script.write_text(block("R"))
    found = values(printed(["Rscript", "--vanilla", script], place))
    assert in_order(expected(answers), found), (expected(answers), found)


def test_the_origin_of_a_figure_is_one_query_away(sample_home: Path) -> None:
    (statement,) = re.findall(r"## Where a figure.*?```sql\n(.*?)```", PAGE, re.DOTALL)
    (row,) = query(sample_home / "current" / "observatory.gpkg", statement).to_dicts()
    assert row["difficult_count"] == 38
    assert row["file_name"] == "Base_open_data_BMO_2024_donnees-fictives.xlsx"
    assert (row["read"], row["replacement_value"]) == ("388", "38")
