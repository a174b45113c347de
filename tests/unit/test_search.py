"""The names that the site's search finds: of occupations in every nomenclature, of poles."""

import json
from pathlib import Path

import polars as pl
import pytest

from observatory.web.doors import DOORS, list_doors
from observatory.web.search import (
    VARIABLE,
    Name,
    Target,
    describe_sites,
    name_occupations,
    write_index,
)

OCCUPATIONS = pl.DataFrame(
    {
        "fap_code": ["B2X32", "B6X73", "V0X60"],
        "fap_label": [
            "Ouvriers en électricité du bâtiment",
            "Agents de maîtrise",
            "Aides-soignants",
        ],
        "fap22_label": ["Bâtiment", "Bâtiment", None],
    }
)
TREE = pl.DataFrame(
    [
        ("fap_2021", "fap228", "B2X32", "Ouvriers en électricité du bâtiment", "fap86", "B2X"),
        ("fap_2021", "fap341", "B2X32b", "Ouvriers qualifiés en électricité", "fap228", "B2X32"),
        ("fap_2021", "fap228", "V0X60", "Aides-soignants", "fap86", "V0X"),
        ("fap_2021", "fap341", "V0X60c", "Aides-soignants", "fap228", "V0X60"),
        ("fap_2009", "fap225", "B2X32", "Sans rapport", "fap87", "B2X"),
    ],
    schema=[
        "fap_nomenclature",
        "fap_level",
        "fap_code",
        "fap_label",
        "parent_fap_level",
        "parent_fap_code",
    ],
    orient="row",
)
BRIDGE = pl.DataFrame(
    [
        ("B4Z43", "Électriciens du bâtiment", "B2X32", False, 1, 100.0),
        ("B4Z43", "Électriciens du bâtiment", "B6X73", False, 2, 7.7),
        ("V0Z60", "Aides-soignants", "V0X60", True, 1, 100.0),
        ("V0Z60", "Aides-soignants", "B6X73", False, 1, 100.0),
        ("X0Z00", None, "B2X32", False, 1, 100.0),
    ],
    schema=[
        "fap_2009_code",
        "fap_2009_label",
        "fap_2021_code",
        "has_same_title",
        "shared_rome_code_count",
        "bridge_share_pct",
    ],
    orient="row",
)
CROSSWALK = pl.DataFrame(
    [
        ("fap_2021", "fap228", "F1602", "Électricité bâtiment", "B6X73", 0.2, "89"),
        ("fap_2021", "fap228", "F1602", "Électricité bâtiment", "B2X32", 0.8, "1234567"),
        ("fap_2021", "fap228", "F1603", None, "B6X73", None, "01"),
        ("fap_2021", "fap228", "F1603", None, "B2X32", None, "23456789"),
        ("fap_2021", "fap228", "Z9999", "Ailleurs", "Z0X00", 1.0, "0123456789"),
        ("fap_2009", "fap225", "J1501", "Soins", "V0Z60", 1.0, "0123456789"),
    ],
    schema=[
        "fap_nomenclature",
        "fap_level",
        "rome_code",
        "rome_label",
        "fap_code",
        "weight",
        "qualification_codes",
    ],
    orient="row",
)
APPELLATIONS = pl.DataFrame(
    {
        "rome_code": ["F1602", "F1602", "Z9999", "A0000"],
        "appellation_label": [
            "Électricité bâtiment",
            "Électricien / Électricienne",
            "Ailleurs",
            "Sans passage",
        ],
    }
)
NOTHING = pl.DataFrame()


def named(nomenclature: str = "fap_2021", **tables: pl.DataFrame) -> list[Name]:
    every = {"tree": NOTHING, "bridge": NOTHING, "crosswalk": NOTHING, "appellations": NOTHING}
    return list(name_occupations(OCCUPATIONS, nomenclature, **{**every, **tables}))


def lead(names: list[Name], nature: str) -> list[tuple[str, str, list[str]]]:
    return [
        (n.text, n.code, [t.href.removeprefix("metiers/") for t in n.targets])
        for n in names
        if n.nature == nature
    ]


def test_every_occupation_is_named_where_no_other_table_was_released() -> None:
    names = named()
    assert lead(names, "title") == [
        ("Ouvriers en électricité du bâtiment", "B2X32", ["B2X32.html"]),
        ("Agents de maîtrise", "B6X73", ["B6X73.html"]),
        ("Aides-soignants", "V0X60", ["V0X60.html"]),
    ]
    assert len(names) == 3
    assert names[2].targets[0].detail == ""


def test_a_finer_title_leads_to_its_occupation_unless_it_is_the_same() -> None:
    assert lead(named(tree=TREE), "finer") == [
        ("Ouvriers qualifiés en électricité", "B2X32b", ["B2X32.html"])
    ]


def test_an_older_title_leads_where_most_is_shared_and_one_that_was_kept_nowhere_else() -> None:
    names = lead(named(bridge=BRIDGE), "older")
    assert names == [("Électriciens du bâtiment", "B4Z43", ["B2X32.html"])]
    assert lead(named("fap_2009", bridge=BRIDGE), "older") == []


def test_a_rome_code_leads_first_where_most_of_it_goes() -> None:
    """By weight; where it is not split, by how many qualifications lead there."""
    assert lead(named(crosswalk=CROSSWALK), "rome") == [
        ("Électricité bâtiment", "F1602", ["B2X32.html", "B6X73.html"]),
        ("F1603", "F1603", ["B2X32.html", "B6X73.html"]),
    ]


def test_an_appellation_leads_where_its_code_leads_unless_it_is_the_codes_title() -> None:
    names = named(crosswalk=CROSSWALK, appellations=APPELLATIONS)
    assert lead(names, "appellation") == [
        ("Électricien / Électricienne", "F1602", ["B2X32.html", "B6X73.html"])
    ]


def test_each_page_is_written_once_whatever_names_lead_to_it() -> None:
    names = named(tree=TREE, bridge=BRIDGE, crosswalk=CROSSWALK, appellations=APPELLATIONS)
    text = write_index(names)
    head = f"globalThis.{VARIABLE}="
    assert text.startswith(head)
    found = json.loads(text.removeprefix(head).rstrip(";\n"))
    assert [t[0] for t in found["targets"]] == [
        "metiers/B2X32.html",
        "metiers/B6X73.html",
        "metiers/V0X60.html",
    ]
    assert len(found["names"]) == len(names)
    assert found["names"][-1] == ["Électricien / Électricienne", "F1602", 4, [0, 1]]


def test_a_name_cannot_leave_the_script_that_holds_it() -> None:
    title = 'Parc "A" </script>\u2028\\'
    target = Target(href="x.html", title=title, kind="park", detail="")
    text = write_index([Name(text=title, code="1", nature="title", targets=(target,))])
    assert json.loads(text.partition("=")[2].rstrip(";\n"))["targets"][0][1] == title


@pytest.mark.parametrize(
    ("count", "names", "said"),
    [(1, ["Les Paluds"], "un site : Les Paluds"), (1, [], "un site"), (3, ["A", "B"], "3 sites")],
)
def test_a_pole_is_told_by_its_sites(count: int, names: list[str], said: str) -> None:
    assert describe_sites({"site_count": count}, names) == said


def test_the_first_page_has_a_door_to_each_page_that_was_written(tmp_path: Path) -> None:
    assert list(list_doors(tmp_path)) == []
    for path in (DOORS[0].paths[0], DOORS[1].paths[-1]):
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).touch()
    assert [d["path"] for d in list_doors(tmp_path)] == [DOORS[0].paths[0], DOORS[1].paths[-1]]
