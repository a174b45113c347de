"""An extract of communes and outlines without municipal arrondissements, handed over alone."""

import json
from pathlib import Path

import polars as pl
import pytest
import shapely

from assets.geography.contracts import ARRONDISSEMENT_CONTOURS, ARRONDISSEMENTS
from checks.geography import RULES
from observatory.metadata.frames import polars_schema
from observatory.metadata.tables import Table
from observatory.pipeline.audits import run_rules
from observatory.pipeline.rules import rules_from_contract
from observatory.storage.frames import Store
from tests.homes import process_in

pytestmark = pytest.mark.xdist_group("real")
COMMUNES = {"13001": "Aix-en-Provence", "13002": "Allauch", "13039": "Fos-sur-Mer"}
EMPTY = (ARRONDISSEMENTS, ARRONDISSEMENT_CONTOURS)


def extract(folder: Path) -> dict[str, Path]:
    """The three files, each in its producer's layout."""
    communes = [
        {"code": code, "nom": name, "type": "commune-actuelle", "departement": "13"}
        | {"region": "93", "population": 1000}
        for code, name in COMMUNES.items()
    ]
    members = [{"code": code, "nom": name} for code, name in COMMUNES.items()]
    epci = [{"code": "200054807", "nom": "Métropole", "type": "METRO", "membres": members}]
    outlines = [
        {
            "type": "Feature",
            "properties": {"code": code, "nom": name},
            "geometry": shapely.geometry.mapping(shapely.box(5 + at, 43.5, 5.1 + at, 43.6)),
        }
        for at, (code, name) in enumerate(COMMUNES.items())
    ]
    contents = {
        "etalab/communes": ("communes-2026.json", communes),
        "etalab/epci": ("epci-2026.json", epci),
        "ign/commune_contours": (
            "communes-2026.geojson",
            {"type": "FeatureCollection", "features": outlines},
        ),
    }
    for name, content in contents.values():
        (folder / name).write_text(json.dumps(content), "utf-8")
    return {key: folder / name for key, (name, _) in contents.items()}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("extract")
    run = process_in(folder / "home", INPUT="archive")
    for key, path in extract(folder).items():
        done = run("archive", "add", key, path)
        assert done.returncode == 0, done.stderr
    return folder / "home"


def test_what_holds_no_arrondissement_is_released_all_the_same(home: Path) -> None:
    done = process_in(home, INPUT="archive")("run", "--theme", "land")
    assert done.returncode == 0, done.stdout + done.stderr
    heights = {
        path.stem: pl.read_parquet(path).height for path in (home / "current").glob("geo*.parquet")
    }
    assert {name: heights[name] for name in ("geography_communes", "geography_epci")} == {
        "geography_communes": 3,
        "geography_epci": 1,
    }
    assert heights["geography_commune_contours"] == 3
    assert [heights[table.name] for table in EMPTY] == [0, 0]


@pytest.mark.parametrize("table", EMPTY, ids=lambda table: table.name)
def test_every_rule_holds_on_a_table_without_arrondissements(table: Table, tmp_path: Path) -> None:
    rules = [*rules_from_contract(table), *RULES.get(table.name, [])]
    shapes = {"geometry": pl.Binary} if table.is_spatial else {}
    empty = pl.DataFrame(schema={**polars_schema(table), **shapes})
    assert [r.rule for r in run_rules(empty, rules, Store(tmp_path)) if not r.is_passed] == []


@pytest.mark.parametrize(
    ("territory", "expected"),
    [
        ("999999999", "OBSERVATORY_TERRITORY=999999999: no commune of it"),
        ("13,99", "OBSERVATORY_TERRITORY=13,99: no département 99"),
    ],
)
def test_a_territory_that_is_none_is_refused_before_any_work(
    home: Path, territory: str, expected: str
) -> None:
    done = process_in(home, INPUT="archive", TERRITORY=territory)("run")
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith(expected)
    assert done.stderr.count("\n") == 1
