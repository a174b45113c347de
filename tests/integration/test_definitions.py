"""The graph as Dagster loads it, and the layers that imports must keep."""

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import dagster as dg
import pytest

from assets.catalogue import TABLES
from assets.ground import ON_GROUND
from observatory.cli.running import steps_of
from observatory.definitions import definitions
from observatory.pipeline.steps import STEPS
from observatory.settings import load_settings
from sources import CARDS

ROOT = Path(__file__).parents[2]
PACKAGES = ("observatory", "assets", "sources", "checks")


@pytest.fixture
def graph(home: Path) -> dg.Definitions:
    return definitions(load_settings())


def test_the_graph_loads_without_great_expectations(home: Path) -> None:
    code = (
        "import sys\nfrom observatory.definitions import definitions\n"
        "from observatory.settings import load_settings\nimport dagster as dg\n"
        "dg.Definitions.validate_loadable(definitions(load_settings()))\n"
        "print('great_expectations' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stdout.strip() == "False"


def test_every_source_has_its_three_nodes_and_every_table_its_draft(graph: dg.Definitions) -> None:
    names = {key.to_user_string() for key in graph.resolve_all_asset_keys()}
    for card in CARDS.values():
        stages = {f"{stage}_{card.stem}" for stage in ("clean", "issues")}
        assert {card.identifier, *stages} <= names
    nodes = graph.resolve_asset_graph().asset_nodes
    drafts = {n.key.to_user_string() for n in nodes if n.tags.get("layer") == "draft"}
    assert drafts <= set(TABLES) <= names
    assert {"labour_release", "land_release", "land_cnig_deliveries"} <= names


def test_a_table_declares_each_source_that_it_is_made_from(graph: dg.Definitions) -> None:
    """Its licence, and whether its draft is stale, are told from what it declares."""
    nodes = graph.resolve_asset_graph()
    keys = {f"clean_{card.stem}": card.key for card in CARDS.values()}

    def made_from(name: str, seen: set[str]) -> set[str]:
        if name in seen:
            return set()
        seen.add(name)
        if name in keys:
            return {keys[name]}
        parents = [key.to_user_string() for key in nodes.get(dg.AssetKey(name)).parent_keys]
        # tables declare their own, and what is read of a release names its files row by row
        own = {*TABLES, "labour_release", "land_release"}
        parents = [parent for parent in parents if parent not in own]
        return set().union(*(made_from(parent, seen) for parent in parents))

    undeclared = {
        table.name: sorted(lacking)
        for table in TABLES.values()
        if table.theme != "quality"
        if (lacking := made_from(table.name, set()) - set(table.all_sources))
    }
    assert undeclared == {}


def test_every_layer_stands_on_the_ground_of_its_territory(graph: dg.Definitions) -> None:
    """Read on another, it lies in metropolitan France, and its codes are those of its day."""
    layers = {key: f"clean_{card.stem}" for key, card in CARDS.items() if card.layout.geometry}
    assert [key for key, name in layers.items() if not {*ON_GROUND} <= {*STEPS[name].reads}] == []


def test_every_node_says_what_it_is(graph: dg.Definitions) -> None:
    specs = graph.resolve_all_asset_specs()
    for spec in specs:
        assert spec.description, spec.key
        assert spec.group_name not in {None, "default"}, spec.key
        assert spec.owners, spec.key
        assert spec.kinds, spec.key
    drafts = [s for s in specs if s.key.to_user_string() in TABLES]
    assert all("dagster/column_schema" in s.metadata for s in drafts)
    sources = [s for s in specs if s.group_name == "sources"]
    assert len(sources) == len(CARDS)
    assert all(s.freshness_policy for s in sources)


def test_network_nodes_are_tried_again(graph: dg.Definitions) -> None:
    for card in CARDS.values():
        node = graph.resolve_assets_def(card.identifier)
        assert node.op.retry_policy is not None


def test_schedules_are_shipped_stopped_and_resolve(graph: dg.Definitions) -> None:
    for schedule in graph.schedules or []:
        assert isinstance(schedule, dg.ScheduleDefinition)
        assert schedule.default_status == dg.DefaultScheduleStatus.STOPPED
        assert schedule.execution_timezone == "Europe/Paris"
        assert graph.resolve_job_def(schedule.job_name)


@pytest.mark.parametrize("theme", ["labour", "land", "everything"])
def test_a_themes_job_ends_with_its_release_and_the_site(graph: dg.Definitions, theme: str) -> None:
    job = graph.resolve_job_def(theme)
    names = {node.name for node in job.nodes}
    assert {"crossing_release", "map_tiles", "site"} <= names
    assert {"labour_release", "land_release"} & names
    assert not {"map_export", "land_atlas"} & names
    assert job.executor_def.name == "in_process"


def test_a_run_of_labour_makes_nothing_of_land_but_what_people_open(home: Path) -> None:
    steps = [STEPS[name] for name in steps_of(load_settings(), "labour")]
    assert not [step.name for step in steps if step.is_parted]
    assert "land_release" not in {step.name for step in steps}


def test_exports_and_atlas_are_made_by_a_schedule(graph: dg.Definitions) -> None:
    (daily,) = [s for s in graph.schedules or [] if s.name == "publications_daily"]
    names = {node.name for node in graph.resolve_job_def(daily.job_name).nodes}
    assert {"map_export", "land_atlas"} <= names


def test_any_check_can_be_run_alone(graph: dg.Definitions) -> None:
    audits = [d for d in graph.asset_checks or [] if isinstance(d, dg.AssetChecksDefinition)]
    assert len(audits) > 60
    assert all(audit.can_subset for audit in audits)


def test_dagsters_own_instance_sends_nothing_home(tmp_path: Path, home: Path) -> None:
    from observatory.home import prepare_home

    prepare_home(load_settings())
    assert "enabled: false" in (home / "dagster" / "dagster.yaml").read_text()


VIOLATIONS = {
    "Data flows one way": ("observatory/ingest/cleaning.py", "import observatory.release"),
    "Great Expectations stays behind one module": ("checks/labour.py", "import great_expectations"),
    "Methods know no framework": ("observatory/labour/tension.py", "import dagster"),
    "Themes do not import each other": (
        "assets/geography/areas.py",
        "import assets.labour.contracts",
    ),
    "The sample knows nothing of the methods": (
        "sources/sample/world.py",
        "import observatory.labour.tension",
    ),
}


def test_every_import_contract_has_its_violation() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    assert {c["name"] for c in contracts["contracts"]} == set(VIOLATIONS)


def test_every_room_has_its_place_among_the_layers() -> None:
    """A room that the list forgets could import anything."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    flow = next(c for c in contracts["contracts"] if c["type"] == "layers")
    placed = {room.strip() for layer in flow["layers"] for room in layer.split(":")}
    rooms = {
        f"observatory.{found.stem}"
        for found in (ROOT / "observatory").iterdir()
        if found.suffix == ".py" or (found / "__init__.py").exists()
    }
    assert placed == {*PACKAGES, *rooms} - {"observatory", "observatory.__init__"}


@pytest.mark.parametrize("contract", VIOLATIONS)
def test_every_import_contract_can_fail(tmp_path: Path, contract: str) -> None:
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("*.pyc"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    path, statement = VIOLATIONS[contract]
    target = tmp_path / path
    target.write_text(f"{target.read_text()}\n{statement}\n")
    code = (
        "import sys, os; sys.path.insert(0, os.getcwd())\n"
        "from importlinter.cli import lint_imports; sys.exit(lint_imports())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert re.search(rf"^{contract} BROKEN$", done.stdout, re.MULTILINE)
