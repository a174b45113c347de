"""What pages say of sources that were not handed over."""

import datetime as dt

import polars as pl
import pytest

from assets.labour.contracts.mobilities import NEAR_OCCUPATIONS
from assets.land.sheets import _ha
from observatory.metadata.french import alphabetical, french_state, looked_up
from observatory.web.building import keep_marks_together
from observatory.web.inventories import show_step
from observatory.web.labour import join_values, make_projects_head
from observatory.web.land import lay_out_reserve
from observatory.web.listings import show_between, show_share


def test_a_title_without_a_year_does_not_say_that_there_is_none_of_it() -> None:
    places = ("territory_level", "territory_code", "needs_territory_level", "needs_territory_code")
    rows = pl.DataFrame({"needs_year": [None]}, schema={"needs_year": pl.Int64}).with_columns(
        pl.lit("13").alias(name) for name in places
    )
    assert join_values(rows, "needs_year") == "sans date"
    assert "aucun" not in make_projects_head(rows).title


def test_near_occupations_without_mobilities_are_no_table_rather_than_an_empty_one() -> None:
    assert "france_travail/rome_mobilities" in NEAR_OCCUPATIONS.sources


@pytest.mark.parametrize(
    ("share", "said"),
    [
        ((61.5, 61.5, 61.5), "61,5"),
        ((None, 60.96, 61.41), "entre 60,9 et 61,5"),
        ((None, 0.0, 100.0), "entre 0,0 et 100,0"),
        ((None, None, None), "inconnu"),
    ],
)
def test_of_a_hidden_share_the_whole_interval_is_shown(
    share: tuple[float | None, float | None, float | None], said: str
) -> None:
    """Rounded outwards: what is shown holds what is true."""
    assert show_share(*share) == said


def test_names_stand_in_the_order_of_a_french_list() -> None:
    names = pl.DataFrame(
        {"name": ["Sénas", "Les Pennes-Mirabeau", "Éguilles", "Simiane", "Fos", "Gémenos"]}
    )
    assert names.sort(alphabetical("name"))["name"].to_list() == [
        "Éguilles",
        "Fos",
        "Gémenos",
        "Les Pennes-Mirabeau",
        "Sénas",
        "Simiane",
    ]


def test_a_name_is_looked_up_as_a_column_of_names_is() -> None:
    assert sorted(["Velaux", "Éguilles", "Fos"], key=looked_up) == ["Éguilles", "Fos", "Velaux"]


def test_a_zone_in_reserve_says_how_it_opens_and_no_share_of_unknown_owners() -> None:
    zone = {
        "commune_label": "Alleins",
        "zone_id": "z",
        "zone_label": "2AUE",
        "reserve_kind": "au_closed",
        "area_m2": 100_795.2,
        "approved_date": dt.date(2017, 1, 1),
        "opening_procedure": "plan_change",
        "acquired_share_pct": None,
    }
    (row,) = lay_out_reserve(pl.DataFrame([zone])).rows
    assert [cell.shown for cell in row] == [
        "Alleins",
        "2AUE",
        "zones AU fermées",
        "10,08",
        "01/01/2017",
        "changement du plan",
        "inconnu",
    ]


def test_equal_bounds_are_shown_once() -> None:
    assert show_between(11.0, 11.0) == "11"
    assert show_between(5.0, 11.0) == "de 5 à 11"


def test_a_step_of_an_inventory_that_has_not_come_is_not_unknown() -> None:
    assert show_step(None) == "non communiqué"
    assert show_step(dt.date(2026, 11, 16)) == "16/11/2026"


def test_hectares_of_a_sentence_are_written_as_those_of_a_table() -> None:
    told = pl.DataFrame({"ha": [1447.04, 442.35, 0.0, None]}).select(_ha("ha"))
    assert told["ha"].to_list() == ["1\u202f447,0 ha", "442,4 ha", "0,0 ha", "(non connu)"]


def test_what_somebody_saw_is_not_called_presumed() -> None:
    assert french_state("free", "surveyed") == "inoccupée"
    assert french_state("free", "high") == "inoccupé (présumé)"
    assert french_state("common_area", "surveyed") == "voirie et espaces communs"


def test_no_line_begins_with_a_mark_but_what_is_to_be_copied_stays_as_it_is() -> None:
    page = "<p>« Oui » : 5 % ; où ? à 3 €</p><pre>a : « b » ;</pre> http: //x"
    bound = keep_marks_together(page)
    assert bound.replace("\u00a0", "_") == (
        "<p>«_Oui_»_: 5_%_; où_? à 3_€</p><pre>a : « b » ;</pre> http: //x"
    )
