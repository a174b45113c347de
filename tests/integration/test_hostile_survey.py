"""A bad file handed over is one clear error, and the last good release stays published."""

import os
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
import xlsxwriter

from sources.sample.labour import bmo_layout, bmo_table
from sources.sample.nomenclatures import write_fap_2021
from tests.homes import Command, command_in

pytestmark = pytest.mark.xdist_group("real")
YEAR = 2024


def survey(path: Path, change: Callable[[pl.DataFrame], pl.DataFrame] = lambda t: t) -> Path:
    table = change(bmo_table(YEAR).head(400).cast({"year": pl.String}))
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        for index, (ours, header) in enumerate(bmo_layout(YEAR).items()):
            sheet.write_column(0, index, [header, *table[ours].to_list()])
    return path


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a survey released alone: tables that need more are left out."""
    folder = tmp_path_factory.mktemp("hostile")
    home, run = folder / "home", command_in(folder / "home", INPUT="archive")
    good = survey(folder / "BMO_2024.xlsx")
    assert run("archive", "add", "france_travail/bmo", good).returncode == 0
    assert run("archive", "add", "dares/fap_2021", write_fap_2021(folder)).returncode == 0
    done = run("run")
    assert done.returncode == 0, done.stdout + done.stderr
    (home / "printed.txt").write_text(done.stdout)
    return home


@pytest.fixture
def run(home: Path) -> Command:
    return command_in(home, INPUT="archive")


def test_what_lacks_a_file_is_left_out_and_named(home: Path) -> None:
    printed = (home / "printed.txt").read_text()
    assert "observatory archive add SOURCE FILE" in printed
    assert "labour_tension_by_territory: dares/tension" in printed
    assert "labour_recruitment_needs_by_bassin" in printed
    lacking = printed.partition("without optional sources")[2].partition("Left out")[0]
    assert "france_travail/bassins" in lacking
    assert "dares/fap_2009" in lacking


def test_a_file_that_takes_the_place_of_another_says_so(tmp_path: Path) -> None:
    """Owners are a file a département: a second one without a part would hide the first."""
    run = command_in(tmp_path / "home", INPUT="archive")
    key, owner = "dgfip/legal_person_parcels", "Propriétaire(s) parcelle"
    header = (
        "Département (Champ géographique);Code Commune (Champ géographique);"
        "Préfixe (Références cadastrales);Section (Références cadastrales);"
        "N° plan (Références cadastrales);"
        f"Code droit ({owner});N° SIREN ({owner});Groupe personne ({owner})"
    )
    first, second = (tmp_path / f"PM_{department}.csv" for department in ("13", "84"))
    for path, department in ((first, "13"), (second, "84")):
        path.write_text(f"{header}\n{department};001;000;AB;1;P;123456789;5\n", "utf-8")
    assert "in place of" not in run("archive", "add", key, first, "--vintage", "2024").stdout
    said = run("archive", "add", key, second, "--vintage", "2024").stdout
    assert "in place of PM_13.csv (2024)" in said
    assert "--vintage 2024.13" in said
    assert "in place of" not in run("archive", "add", key, first, "--vintage", "2024.13").stdout


def first(column: str, value: str) -> Callable[[pl.DataFrame], pl.DataFrame]:
    at = pl.int_range(pl.len()) == 7
    return lambda t: t.with_columns(pl.when(at).then(pl.lit(value)).otherwise(column).alias(column))


def contradicted(table: pl.DataFrame) -> pl.DataFrame:
    printed = table.filter(pl.col("project_count") != "*").head(1)
    return pl.concat([table, printed.with_columns(project_count=pl.lit("9999"))])


def above(table: pl.DataFrame) -> pl.DataFrame:
    at = pl.int_range(pl.len()) == 7
    return table.with_columns(
        project_count=pl.when(at).then(pl.lit("10")).otherwise("project_count"),
        difficult_count=pl.when(at).then(pl.lit("11")).otherwise("difficult_count"),
    )


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (first("project_count", "n.c."), "line 9, project_count = 'n.c.'"),
        (contradicted, "key_is_unique"),
        (above, "difficult_projects_are_at_most_all_projects"),
        (first("fap_code", "Z9X99"), "every_occupation_is_in_its_nomenclature"),
        (first("project_count", "-5"), "values_are_in_range"),
    ],
)
def test_a_survey_that_cannot_be_trusted_stops_the_release(
    home: Path, run: Command, tmp_path: Path, change: Callable, expected: str
) -> None:
    before = os.readlink(home / "current")  # noqa: PTH115
    bad = survey(tmp_path / "BMO_2024.xlsx", change)
    assert run("archive", "add", "france_travail/bmo", bad).returncode == 0
    done = run("run", "--theme", "labour")
    assert done.returncode == 1, done.stdout + done.stderr
    assert expected in done.stdout
    assert "Traceback" not in done.stdout + done.stderr
    assert "the last release stays published" in done.stdout
    assert os.readlink(home / "current") == before  # noqa: PTH115


@pytest.mark.parametrize("content", [b"", b"<!doctype html><p>Erreur 503", b"PK\x03\x04 cut"])
def test_a_file_that_is_no_survey_is_refused_at_the_door(
    run: Command, tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "BMO_2024.xlsx"
    path.write_bytes(content)
    done = run("archive", "add", "france_travail/bmo", path)
    assert done.returncode == 2
    assert "BMO_2024.xlsx" in done.stderr
    assert "Traceback" not in done.stderr
