"""Tension: which territory a row is of, and that none is taken for a wider one."""

from pathlib import Path

import polars as pl
import pytest

from observatory.ingest.reading import read_table
from sources import CARDS
from tests.cleaning import clean_tension


def read(path: Path) -> pl.DataFrame:
    return read_table(path, CARDS["dares/tension"], name=path.name, sha256="0" * 64)


def test_codes_of_departments_are_read_under_their_other_names(tension_2024: pl.DataFrame) -> None:
    rows = tension_2024
    expected = clean_tension(rows).rows
    for written in ("Code dép.", "Département", "Num dép", "Code departement"):
        renamed = rows.rename({"Code département": written, "Code région": "Région"}).with_columns(
            pl.lit("Aude").alias("Libellé département")
        )
        found = clean_tension(renamed)
        assert found.rows.equals(expected), written
        assert found.issues.is_empty(), written


@pytest.mark.parametrize(
    ("lost", "level", "column"),
    [
        ("Code département", "department", "department_code"),
        ("Code région", "region", "region_code"),
    ],
)
def test_a_sheet_whose_place_is_not_understood_is_no_france(
    tension_2024: pl.DataFrame, lost: str, level: str, column: str
) -> None:
    rows = tension_2024
    one_each = rows.filter(pl.col("Code FAP 228").is_not_null()).unique(
        ["source_sheet", "Année", "Code FAP 228"], maintain_order=True
    )
    found = clean_tension(one_each.rename({lost: "Lieu"}))
    (issue,) = found.issues.filter(severity="error").to_dicts()
    assert (issue["severity"], issue["column"]) == ("error", column)
    assert lost in issue["note"]
    assert issue["source_sheet"] in issue["note"]
    kept = clean_tension(one_each).rows.filter(pl.col("territory_level") != level)
    assert found.rows.equals(kept)


def test_departments_are_not_taken_for_their_region(tension_2024: pl.DataFrame) -> None:
    rows = tension_2024.filter(source_sheet="FAP 228 x dep")
    found = clean_tension(
        rows.rename({"Code département": "Lieu"}).with_columns(pl.lit("93").alias("Code région"))
    )
    assert set(found.issues["issue_type"]) == {"unplaced_rows"}
    assert found.issues.height == rows.height
    assert found.issues["is_row_kept"].any() is False
    assert found.rows.is_empty()


@pytest.mark.parametrize("title", ["Feuille 7", None])
def test_rows_that_stand_several_times_are_no_france(
    tension_2024: pl.DataFrame, title: str | None
) -> None:
    rows = tension_2024.filter(source_sheet="FAP 228 x dep")
    lost = rows.with_columns(source_sheet=pl.lit(title, pl.String)).drop("Code département")
    issues = clean_tension(lost).issues.filter(severity="error").to_dicts()
    assert [issue["issue_type"] for issue in issues] == ["unplaced_rows"]
    assert "« Code département »" in issues[0]["note"]


@pytest.mark.parametrize(
    ("title", "header"), [("FAP 228 x ZE", "Code"), ("Feuille 9", "Code zone d'emploi")]
)
def test_employment_zones_are_refused(tension_2024: pl.DataFrame, title: str, header: str) -> None:
    rows = tension_2024.filter(source_sheet="FAP 228 x nat")
    zones = rows.with_columns(pl.lit("9312").alias(header), source_sheet=pl.lit(title))
    found = clean_tension(zones)
    (issue,) = found.issues.filter(severity="error").to_dicts()
    assert (issue["issue_type"], issue["severity"]) == ("unplaced_rows", "error")
    assert f"feuille « {title} »" in issue["note"]
    assert "zones d'emploi" in issue["note"]
    assert found.rows.is_empty()


def test_a_name_is_no_code(tension_2024: pl.DataFrame) -> None:
    rows = tension_2024.drop("Code département")
    named = rows.filter(source_sheet="FAP 228 x dep").with_columns(Département=pl.lit("Aude"))
    (issue,) = clean_tension(named).issues.filter(severity="error").to_dicts()
    assert (issue["issue_type"], issue["value"]) == ("unplaced_rows", "AUDE")
    assert "un code de département" in issue["note"]


@pytest.mark.parametrize(
    ("place", "mark", "imputed"),
    [
        ("13", "FAP228 x DEP", False),
        ("13", "FAP 228 - département", False),
        ("13", "FAP228", False),
        ("13", "FAP228 x REG", True),
        ("13", "FAP 228 × région", True),
        ("13", "FAP228 x NAT", True),
        ("13", "FAP228 x France", True),
        ("13", "FAP86 x DEP", True),
        ("93", "FAP228 x REG", False),
        ("93", "FAP228xREG", False),
        ("93", "FAP228xNAT", True),
        ("93", "FAP228 x France", True),
        ("FR", "FAP228 x NAT", False),
    ],
)
def test_a_value_of_a_wider_level_is_imputed(
    tension_2024: pl.DataFrame, place: str, mark: str, imputed: bool
) -> None:
    sheet = {"13": "FAP 228 x dep", "93": "FAP 228 x reg", "FR": "FAP 228 x nat"}[place]
    rows = tension_2024.filter(source_sheet=sheet)
    measured = rows.filter(pl.col("Tension - discret") != "n.d.").head(1)
    marked = measured.with_columns(pl.lit(mark).alias("Croisement où volumétrie suffisante"))
    (row,) = clean_tension(marked).rows.to_dicts()
    assert row["tension_class"] is not None
    assert row["is_imputed"] is imputed
