"""Names at the terminal: places by name, the nearest of what there is not, completion."""

import sqlite3
from pathlib import Path

import polars as pl
import pytest

from assets.catalogue import TABLES
from observatory.cli import completion
from observatory.cli.places import _names
from observatory.database.query import query
from observatory.errors import InputError, did_you_mean
from observatory.geography.naming import find_code, plain_name
from sources import CARDS, card

COMMUNES = {
    "13071": "Les Pennes-Mirabeau",
    "13070": "La Penne-sur-Huveaune",
    "13014": "Berre-l'Étang",
    "13102": "Saint-Victoret",
    "04001": "Rousset",
    "05127": "Rousset",
    "13999": None,
}


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ("13071", "13071"),
        ("13999", "13999"),
        ("Les Pennes-Mirabeau", "13071"),
        ("les-pennes-mirabeau", "13071"),
        ("PENNES MIRABEAU", "13071"),
        ("berre l etang", "13014"),
        ("st victoret", "13102"),
    ],
)
def test_a_place_is_found_by_its_code_or_its_name(asked: str, code: str) -> None:
    assert find_code(asked, COMMUNES, where="--commune") == code


def test_an_article_tells_two_names_apart() -> None:
    names = {"1": "Le Rove", "2": "Rove"}
    assert find_code("rove", names, where="x") == "2"
    assert find_code("le rove", names, where="x") == "1"
    with pytest.raises(InputError, match="2 places bear this name: 1, 2"):
        find_code("la rove", names, where="x")


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("Rousset", "--commune 'Rousset': 2 places bear this name: 04001, 05127."),
        ("Penes-Mirabeau", r"Did you mean Les Pennes-Mirabeau \(13071\)"),
        ("pennes", r"Did you mean Les Pennes-Mirabeau \(13071\)"),
        ("99999", "expected its code or its name.$"),
        ("", "expected its code or its name.$"),
        ("../../etc", "expected its code or its name.$"),
    ],
)
def test_a_name_that_is_none_or_that_of_several_is_refused(asked: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        find_code(asked, COMMUNES, where="--commune")


def test_a_name_that_is_an_article_alone_is_kept() -> None:
    assert plain_name("Le") == "le"
    assert plain_name("L'Estaque") == "estaque"
    assert plain_name("") == ""


def test_of_two_communes_of_one_name_that_of_the_territory_is_meant() -> None:
    rows = pl.DataFrame(
        {
            "commune_code": ["05182", "13117", "05061"],
            "commune_label": ["Vitrolles", "Vitrolles", "Gap"],
            "is_in_territory": [False, True, False],
        }
    )
    names = _names(rows, "commune_code", "commune_label")
    assert find_code("vitrolles", names, where="x") == "13117"
    assert find_code("05182", names, where="x") == "05182"
    assert find_code("gap", names, where="x") == "05061"


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("bmo", " Did you mean france_travail/bmo?"),
        ("france_travail/bmoo", " Did you mean france_travail/bmo"),
        ("DARES/tensions", " Did you mean dares/tension"),
        ("zzzz", ""),
        ("x" * 1_000_000, ""),
    ],
)
def test_the_nearest_names_are_asked_for(asked: str, said: str) -> None:
    assert did_you_mean(asked, {key: key for key in CARDS}).startswith(said)
    assert bool(said) == bool(did_you_mean(asked, {key: key for key in CARDS}))


def test_a_source_that_there_is_not_names_the_nearest_or_all() -> None:
    with pytest.raises(InputError, match=r"'bmo'\. Did you mean france_travail/bmo\?$"):
        card("bmo")
    with pytest.raises(InputError, match=r"Known sources: .*dares/tension"):
        card("qqqqqq")


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("SELECT * FROM land_site", r"land_site\. Did you mean land_sites\?"),
        ("SELECT site_nam FROM land_sites", r"site_nam\. Did you mean site_name or"),
        ("SELECT s.site_nam FROM land_sites s", r"s.site_nam\. Did you mean site_name or"),
        (
            "SELECT rome_cod FROM land_sites",
            r"rome_cod\. `observatory describe land_sites` lists the columns of a table\.$",
        ),
        (
            "SELECT 1 FROM contents",
            r"no such table: contents\. `observatory tables` lists what there is\.$",
        ),
    ],
)
def test_a_query_that_names_what_is_not_there_is_told_what_is(
    tmp_path: Path, statement: str, said: str
) -> None:
    path = tmp_path / "a.gpkg"
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE land_sites (site_id, site_name)")
        database.execute("CREATE TABLE labour_rome_codes (rome_code)")
        database.execute("CREATE TABLE gpkg_contents (x)")
    database.close()
    with pytest.raises(InputError, match=said):
        query(path, statement)


def completed(complete: completion.Complete, begun: str) -> list[str]:
    return [item.value for item in complete(None, None, begun)]  # type: ignore[arg-type]


def test_the_shell_completes_tables_and_sources() -> None:
    tables = completed(completion.complete_tables, "land_")
    assert tables == [name for name in TABLES if name.startswith("land_")]
    assert completed(completion.complete_sources, "france_travail/bm") == ["france_travail/bmo"]


def test_where_nothing_was_released_the_shell_completes_no_commune(home: Path) -> None:
    assert not home.exists()
    assert completed(completion.complete_communes, "") == []
    assert not home.exists()


def test_the_shell_completes_communes_by_name_and_code(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = pl.DataFrame(
        {
            "commune_code": ["13071", "13117", "05182"],
            "commune_label": ["Les Pennes-Mirabeau", "Vitrolles", "Vitrolles"],
            "is_in_territory": [True, True, False],
        }
    )
    monkeypatch.setattr("observatory.release.manifest.require_current", lambda _: Path())
    monkeypatch.setattr("observatory.release.files.read_rows", lambda *_: rows)
    assert completed(completion.complete_communes, "les") == ["les-pennes-mirabeau"]
    assert completed(completion.complete_communes, "Pen") == ["pennes-mirabeau"]
    assert completed(completion.complete_communes, "vit") == ["vitrolles"]
    assert completed(completion.complete_communes, "1") == ["13071", "13117"]
