"""Which place stands for a territory on the site, and in which order places are listed."""

import polars as pl
import pytest

from observatory.web.places import (
    Place,
    choose_shown_place,
    list_local_places,
    name_territory,
    sort_places,
)

EPCI, BIARRITZ = "200067106", ("epci", "200067106")
LABELS: dict[Place, str] = {
    ("department", "01"): "Ain",
    ("departments", "D2A-D2B"): "Corse-du-Sud, Haute-Corse",
    ("region", "94"): "Corse",
    ("department", "2A"): "Corse-du-Sud",
    ("department", "2B"): "Haute-Corse",
    ("department", "64"): "Pyrénées-Atlantiques",
    ("department", "974"): "La Réunion",
    ("region", "04"): "La Réunion",
    ("region", "75"): "Nouvelle-Aquitaine",
    ("region", "84"): "Auvergne-Rhône-Alpes",
    ("bassin", "7512"): "PAYS BASQUE",
    ("country", "FR"): "France",
}


def communes(*departments: str) -> pl.DataFrame:
    rows = [
        ("01", "84", "200000001", "Elsewhere", "8401", 900),
        ("2A", "94", "200000002", "Ajaccio", "9407", 70),
        ("2B", "94", "200000003", "Bastia", "9408", 90),
        ("40", "75", EPCI, "Pays Basque", "7513", 5),
        ("64", "75", EPCI, "Pays Basque", "7512", 300),
        ("974", "04", "200000004", "Nord", "0401", 200),
    ]
    names = ("department", "region", "epci", "label", "bassin")
    schema = [*(f"{n}_code" for n in names), "population_count"]
    frame = pl.DataFrame(rows, schema=schema, orient="row").rename({"label_code": "epci_label"})
    return frame.with_columns(
        employment_zone_code=pl.lit(None, pl.String),
        is_in_territory=pl.col("department_code").is_in(departments),
    )


BASQUE = communes("40", "64")


@pytest.mark.parametrize(
    ("setting", "local", "lacking", "expected"),
    [
        ("974", ("974",), [], ("department", "974")),
        ("974", ("974",), [("department", "974")], ("region", "04")),
        ("2A,2B", ("2A", "2B"), [], ("departments", "D2A-D2B")),
        ("2A,2B", ("2A", "2B"), [("departments", "D2A-D2B")], ("department", "2A")),
        ("2B,2A", ("2A", "2B"), [("departments", "D2A-D2B")], ("department", "2B")),
        ("R94", ("2A", "2B"), [], ("region", "94")),
        ("FR", ("01", "2A", "2B", "40", "64", "974"), [], ("country", "FR")),
        (EPCI, ("40", "64"), [], ("department", "64")),
        (EPCI, ("40", "64"), [("department", "64")], ("region", "75")),
        (EPCI, ("40", "64"), [("department", "64"), ("region", "75")], ("country", "FR")),
    ],
)
def test_the_nearest_place_with_rows_stands_for_the_territory(
    setting: str, local: tuple[str, ...], lacking: list[Place], expected: Place
) -> None:
    places = [place for place in LABELS if place not in lacking]
    assert choose_shown_place(setting, communes(*local), places) == expected


def test_an_epci_with_rows_stands_for_itself() -> None:
    assert choose_shown_place(EPCI, BASQUE, [BIARRITZ, *LABELS]) == BIARRITZ


def test_no_place_stands_for_a_territory_that_nothing_is_published_around() -> None:
    assert choose_shown_place("974", communes("974"), [("department", "01")]) is None


def test_the_territory_comes_first_then_what_it_lies_in_then_the_others() -> None:
    found = sort_places(EPCI, BASQUE, LABELS)
    assert [LABELS[place] for place in found] == [
        "Pyrénées-Atlantiques",
        "PAYS BASQUE",
        "Nouvelle-Aquitaine",
        "France",
        "Corse-du-Sud, Haute-Corse",
        "Ain",
        "Corse-du-Sud",
        "Haute-Corse",
        "La Réunion",
        "Auvergne-Rhône-Alpes",
        "Corse",
        "La Réunion",
    ]
    assert sort_places(EPCI, BASQUE, {**LABELS, BIARRITZ: "Pays Basque"})[0] == BIARRITZ


def test_places_of_a_level_are_listed_by_their_people() -> None:
    def departments(setting: str, local: pl.DataFrame) -> list[str]:
        places = list_local_places(setting, local)
        return [code for level, code in places if level == "department"]

    assert departments(EPCI, BASQUE) == ["64", "40"]
    assert departments("2A,2B", communes("2A", "2B")) == ["2A", "2B"]
    assert departments("R94", communes("2A", "2B")) == ["2B", "2A"]


def test_of_france_the_regions_are_listed_and_no_bassin() -> None:
    found = list_local_places("FR", communes("01", "2A", "64"))
    assert found == [("country", "FR"), ("region", "84"), ("region", "75"), ("region", "94")]


@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        (EPCI, "Pays Basque"),
        ("974", "La Réunion"),
        ("2A,2B", "Corse-du-Sud, Haute-Corse"),
        ("R94", "Corse"),
        ("FR", "France"),
    ],
)
def test_the_territory_is_called_by_its_name(setting: str, expected: str) -> None:
    assert name_territory(setting, communes("64")) == expected
