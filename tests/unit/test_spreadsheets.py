"""Workbooks: a long table is cut to the territory, and the notes say so."""

import polars as pl
import pytest

from observatory.release import spreadsheets
from observatory.release.spreadsheets import Sheet, cut_to_territory

COMMUNES = pl.DataFrame(
    {
        "commune_code": ["13055", "84089"],
        "bassin_code": ["9306", "8404"],
        "epci_code": ["200054807", "200054807"],
        "employment_zone_code": ["9312", None],
        "department_code": ["13", "84"],
        "region_code": ["93", "93"],
    }
)
PLACES = [
    ("country", "FR"),
    ("region", "93"),
    ("region", "84"),
    ("department", "13"),
    ("department", "84"),
    ("department", "93"),
    ("employment_zone", "9306"),
    ("epci", "200054807"),
    ("bassin", "9306"),
    ("bassin", "9312"),
]


def territories(each: int = 1) -> pl.LazyFrame:
    rows = [place for place in PLACES for _ in range(each)]
    return pl.LazyFrame(rows, schema=["territory_level", "territory_code"], orient="row")


def test_rows_of_the_territory_and_of_what_it_lies_in_are_kept() -> None:
    cut, kept = cut_to_territory(territories(), COMMUNES)
    assert cut.rows() == [
        ("country", "FR"),
        ("region", "93"),
        ("department", "13"),
        ("department", "84"),
        ("epci", "200054807"),
        ("bassin", "9306"),
    ]
    assert kept == "France, ses régions, ses départements, ses EPCI, ses bassins d'emploi"


def test_levels_that_a_sheet_does_not_hold_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spreadsheets, "MOST_ROWS", 25)
    cut, kept = cut_to_territory(territories(each=10), COMMUNES)
    assert cut["territory_level"].unique().sort().to_list() == ["country", "region"]
    assert kept == "France, ses régions"


def test_a_table_of_communes_or_bassins_keeps_those_of_the_territory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rows = pl.LazyFrame({"bassin_code": ["9306", "9312"], "department_code": ["13", "13"]})
    assert cut_to_territory(rows, COMMUNES)[0].rows() == [("9306", "13")]
    monkeypatch.setattr(spreadsheets, "MOST_ROWS", 0)
    assert cut_to_territory(rows, COMMUNES)[0].is_empty()


def test_a_table_without_a_place_is_not_cut() -> None:
    assert cut_to_territory(pl.LazyFrame({"rome_code": ["A1101"]}), COMMUNES)[0].is_empty()


def test_the_notes_say_what_was_cut_and_where_the_whole_is() -> None:
    sheet = Sheet(name="jobs_in_tension", row_count=6, frames=[], kept="France, ses régions")
    said = spreadsheets.describe_sheet("labour_jobs_in_tension", 200_000, sheet)
    assert said == (
        "jobs_in_tension, coupée au territoire : 6 lignes sur 200000 (France, ses régions) ; "
        "la table entière : fichier labour_jobs_in_tension.csv"
    )
    assert "labour_rome_codes.csv" in spreadsheets.describe_sheet("labour_rome_codes", 7, None)
