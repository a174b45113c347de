"""Tension: the published index in its three layouts, stand-ins and ranks."""

from pathlib import Path

import polars as pl
import pytest

from assets.labour.tension import REGION_OF
from observatory.ingest.reading import read_table
from observatory.labour.tension import add_fallbacks, rank_occupations
from sources import CARDS
from sources.sample.tension import (
    tension,
    write_tension_2019,
    write_tension_2019_workbook,
    write_tension_2024,
)
from tests.cleaning import clean_tension

CARD = CARDS["dares/tension"]
KEY = ["territory_level", "territory_code", "fap_level", "fap_code"]


def cleaned(path: Path) -> pl.DataFrame:
    found = clean_tension(read_table(path, CARD, name=path.name, sha256="0" * 64))
    assert (found.issues["severity"] == "error").sum() == 0
    return found.rows


@pytest.mark.parametrize(
    ("write", "edition", "nomenclature", "levels"),
    [
        (write_tension_2019, 2019, "fap_2009", {"fap225", "fap87"}),
        (write_tension_2019_workbook, 2019, "fap_2009", {"fap225", "fap87"}),
        (write_tension_2024, 2024, "fap_2021", {"fap228", "fap86"}),
    ],
)
def test_every_layout_says_the_same(  # type: ignore[no-untyped-def]
    tmp_path: Path, write, edition: int, nomenclature: str, levels: set[str]
) -> None:
    rows, drawn = cleaned(write(tmp_path)), tension(edition)
    assert rows.height == drawn.height
    assert set(rows["fap_level"]) == levels
    assert set(rows["fap_nomenclature"]) == {nomenclature}
    assert set(rows["edition_year"]) == {edition}
    assert set(rows["territory_level"]) == {"country", "region", "department"}
    assert rows["is_imputed"].sum() == drawn["imputed"].sum()
    assert rows.filter("is_imputed")["tension_class"].null_count() == drawn["imputed"].sum()
    assert set(rows.filter(pl.col("territory_level") == "region")["territory_code"]) == {"93", "94"}
    assert rows.select(KEY).is_unique().all()


def test_both_layouts_of_one_edition_agree_cell_by_cell(tmp_path: Path) -> None:
    flat = cleaned(write_tension_2019(tmp_path)).drop("^source_.*$").sort(KEY)
    sheets = cleaned(write_tension_2019_workbook(tmp_path)).drop("^source_.*$").sort(KEY)
    assert flat.drop("tension_index").equals(sheets.drop("tension_index"))
    assert (flat["tension_index"] - sheets["tension_index"]).abs().max() < 1e-9  # type: ignore[operator]


def line(**changes: str | None) -> pl.DataFrame:
    written = {
        "fap": "A0Z40",
        "Tension ": "0.5",
        "Catégorie Tension": "4.0",
        "Intensité d'embauches": "5.0",
        "Année": "2019",
        "niveau_geo": "dep",
        "dep": "13",
        "reg": None,
        **changes,
    }
    origin = {"source_key": "dares/tension", "source_sha256": "0" * 64, "source_line": 9}
    return pl.DataFrame(
        {**{k: [v] for k, v in origin.items()}, "source_sheet": [None]}
        | {k: [v] for k, v in written.items()},
        schema_overrides={**dict.fromkeys(written, pl.String), "source_sheet": pl.String},
    )


@pytest.mark.parametrize(
    ("index", "written_class", "value", "imputed"),
    [
        ("0.5", "4.0", 0.5, False),
        ("0.5", None, 0.5, True),
        (None, None, None, False),
        ("n.d.", "n.d.", None, False),
        ("0", "3.0", 0.0, False),
    ],
)
def test_measured_imputed_missing_and_zero_stay_apart(
    index: str | None, written_class: str | None, value: float | None, imputed: bool
) -> None:
    found = clean_tension(line(**{"Tension ": index, "Catégorie Tension": written_class}))
    row = found.rows.row(0, named=True)
    assert (row["tension_index"], row["is_imputed"]) == (value, imputed)


def test_an_unknown_mark_is_an_error() -> None:
    found = clean_tension(line(**{"Tension ": "environ 0,5"}))
    assert found.rows.is_empty()
    assert found.issues["issue_type"].to_list() == ["unknown_mark"]


def test_a_factor_that_is_no_class_is_left_blank_and_logged() -> None:
    found = clean_tension(line(**{"Intensité d'embauches": "0.37"}))
    assert found.rows["hiring_intensity_class"].item() is None
    assert found.issues["issue_type"].to_list() == ["not_a_class"]


def test_a_region_written_as_a_decimal_is_repaired_and_logged() -> None:
    found = clean_tension(line(niveau_geo="reg ", dep=None, reg="4.0"))
    assert found.rows.select("territory_level", "territory_code").row(0) == ("region", "04")
    assert found.issues["issue_type"].to_list() == ["repaired_code"]


def test_an_imputed_value_shows_parent_and_wider_territory_with_their_levels() -> None:
    rows = pl.DataFrame(
        [
            ("department", "13", "fap225", "A0Z40", 0.9, None, True),
            ("department", "13", "fap87", "A0Z", 0.9, 5, False),
            ("region", "93", "fap225", "A0Z40", 0.1, None, True),
            ("country", "FR", "fap225", "A0Z40", -0.4, 2, False),
        ],
        schema=[*KEY, "tension_index", "tension_class", "is_imputed"],
        orient="row",
    ).with_columns(edition_year=2019, year=2019)
    found = add_fallbacks(rows, REGION_OF).row(0, named=True)
    assert found["parent_fap_code"] == "A0Z"
    assert (found["parent_territory_level"], found["parent_tension_class"]) == ("department", 5)
    assert (found["wider_territory_level"], found["wider_tension_class"]) == ("country", 2)
    measured = add_fallbacks(rows, REGION_OF).row(3, named=True)
    assert measured["parent_fap_code"] is None
    assert measured["wider_tension_class"] is None


def test_only_measured_values_are_ranked_within_their_edition() -> None:
    rows = pl.DataFrame(
        {
            "edition_year": [2019, 2019, 2019, 2024],
            "year": [2019, 2019, 2019, 2024],
            "territory_level": ["country"] * 4,
            "territory_code": ["FR"] * 4,
            "fap_level": ["fap225"] * 3 + ["fap228"],
            "tension_index": [0.1, 0.9, 2.0, 0.0],
            "tension_class": [3, 5, None, 3],
            "is_imputed": [False, False, True, False],
        }
    )
    assert rank_occupations(rows)["tension_rank"].to_list() == [2, 1, None, 1]


def test_a_row_that_lost_its_year_is_an_error_and_a_note_is_not() -> None:
    lost = clean_tension(line(Année=None))
    assert lost.issues["issue_type"].to_list() == ["unknown_mark"]
    nothing = {"Année": None, "Tension ": None, "Catégorie Tension": None}
    note = clean_tension(line(fap="Source : Dares", **nothing))
    assert note.issues["issue_type"].to_list() == ["header_line"]


def test_two_editions_may_repeat_each_other() -> None:
    again = line().with_columns(source_sha256=pl.lit("1" * 64))
    assert clean_tension(pl.concat([line(), again])).rows.height == 2
