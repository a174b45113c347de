"""Another territory: what `observatory init` writes, and what it refuses."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from observatory.cli.main import cli
from observatory.errors import InputError
from observatory.roadmap.register import load_register

COMMUNES = [
    {
        "code": code,
        "nom": code,
        "type": "commune-actuelle",
        "departement": code[: 3 if code > "97" else 2],
        "region": "00",
        "population": people,
    }
    for code, people in (("32001", 900), ("40001", 100), ("40002", 200), ("97411", 150_000))
]
EPCI = [
    {
        "code": "200030435",
        "nom": "CC de deux départements",
        "type": "CC",
        "membres": [{"code": c} for c in ("40001", "40002", "32001")],
    },
    {"code": "249740119", "nom": "CINOR", "type": "CA", "membres": [{"code": "97411"}]},
    {"code": "249740101", "nom": "TCO", "type": "CA", "membres": [{"code": "97415"}]},
]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home into which the lists of communes and EPCI were handed over."""
    monkeypatch.setenv("OBSERVATORY_HOME", str(tmp_path / "home"))
    for key, rows in (("communes", COMMUNES), ("epci", EPCI)):
        file = tmp_path / f"{key}.json"
        file.write_text(json.dumps(rows), "utf-8")
        _run("archive", "add", f"etalab/{key}", str(file), "--vintage", "2026")
    return tmp_path / "home"


def _run(*words: str) -> str:
    return CliRunner().invoke(cli, words, catch_exceptions=False).output


@pytest.mark.parametrize(
    ("territory", "department", "region"),
    [
        ("200030435", "32", ""),
        ("249740119", "974", "04"),
        ("13,84", "", "93"),
        ("R84", "", "84"),
        ("FR", "", ""),
    ],
)
def test_a_register_of_another_territory_validates_and_claims_nothing(
    home: Path, territory: str, department: str, region: str
) -> None:
    _run("init", territory)
    register = load_register(home / "roadmap.toml")
    assert (register.territory, register.department) == (territory, department)
    assert region in {"", register.region}
    assert [p.project_count for p in register.priorities] == [0]
    assert all(k.kind == "contexte" and not k.target and not k.is_declared for k in register.kpis)
    text = (home / "roadmap.toml").read_text("utf-8")
    assert not [word for word in ("Aix", "Marseille", "200054807") if word in text]


def test_only_what_is_of_the_territory_is_asked_for(home: Path) -> None:
    said = _run("init", "249740119")
    assert "Départements: 974." in said
    assert "cadastre/parcels" in said
    assert "--vintage YEAR.974" in said
    assert "region_sud/" not in said
    assert "dares/metiers_2030" not in said
    assert "OBSERVATORY_TERRITORY=249740119\n" in (home / "observatory.env").read_text("utf-8")


def test_a_territory_of_the_region_is_asked_for_what_its_region_publishes(home: Path) -> None:
    said = _run("init", "R93")
    assert "region_sud/economic_areas" in said
    assert "dares/metiers_2030" in said


def test_what_exists_is_left_and_told(home: Path) -> None:
    (home / "observatory.env").write_text("MINE=1\n", "utf-8")
    said = _run("init", "249740119")
    assert "observatory.env: exists, left as it is" in said
    assert (home / "observatory.env").read_text("utf-8") == "MINE=1\n"
    assert "roadmap.toml: written" in said


@pytest.mark.parametrize(
    ("territory", "expected"),
    [
        ("200054806", "no EPCI of the 3"),
        ("249740101", "none of its communes"),
        ("20005480", "nine digits"),
        ("99", "no département 99"),
        ("R99", "no région 99"),
        ("13,974", "projection"),
        ("../etc", "nine digits"),
    ],
)
def test_a_wrong_territory_is_refused_and_nothing_is_written(
    home: Path, territory: str, expected: str
) -> None:
    with pytest.raises(InputError, match=expected):
        _run("init", territory)
    assert not (home / "roadmap.toml").exists()
    assert not (home / "observatory.env").exists()


def test_without_the_list_of_epci_it_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OBSERVATORY_HOME", str(tmp_path / "home"))
    with pytest.raises(InputError, match="archive add etalab/epci"):
        _run("init", "249740119")
