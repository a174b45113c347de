"""What did not change is not made again; what did is, with what follows, and nothing else."""

import contextlib
import dataclasses
import gzip
import hashlib
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
from click.testing import CliRunner

from observatory.cli.parts import plan as plan_command
from observatory.cli.running import EVERYTHING, planned_parts, steps_of
from observatory.cli.sharing import part_key, share_part
from observatory.definitions import definitions
from observatory.errors import InputError
from observatory.home import prepare_home
from observatory.pipeline import code
from observatory.pipeline.code import code_of
from observatory.pipeline.plan import forget_made
from observatory.pipeline.steps import PARTS_JOB, STEPS, UNCHANGED, why_stale
from observatory.release.manifest import read_manifest
from observatory.settings import Settings, load_settings
from observatory.storage.archive import Archive
from observatory.storage.frames import Store
from observatory.storage.sharing import SharedStore
from sources import CARDS
from tests.homes import linked, process_in

DAY = "2026-11-25"
DEPARTMENTS = ("13", "83", "84")
PARCELS, RISKS, HIRINGS = "cadastre/parcels", "ddtm/risk_plans", "labonneboite/rome_naf"

pytestmark = pytest.mark.xdist_group("unchanged")


@dataclasses.dataclass(frozen=True)
class After:
    """A home after a command: what was said, begun and made, and what readers have."""

    done: subprocess.CompletedProcess[str]
    begun: set[str]
    made: set[str]
    released: dict[str, str]
    release: str


def frames(home: Path) -> dict[str, tuple[int, int]]:
    """Each frame as it lies there."""
    work = home / "work" / "sample"
    found = {path: path.stat() for path in work.rglob("*.parquet")}
    return {
        path.relative_to(work).as_posix().removesuffix(".parquet"): (s.st_ino, s.st_mtime_ns)
        for path, s in found.items()
    }


def runs(home: Path) -> set[str]:
    return {path.stem for path in (home / "dagster" / "history" / "runs").glob("*-*.db")}


def steps_begun(home: Path, run_id: str) -> Iterator[str]:
    """Steps of a run, each after its département where it is made of one."""
    history = home / "dagster" / "history"
    with contextlib.closing(sqlite3.connect(history / "runs.db")) as file:
        asked = "SELECT value FROM run_tags WHERE run_id = ? AND key = 'dagster/partition'"
        part = file.execute(asked, (run_id,)).fetchone()
    with contextlib.closing(sqlite3.connect(history / "runs" / f"{run_id}.db")) as file:
        asked = "SELECT step_key FROM event_logs WHERE dagster_event_type = 'STEP_START'"
        for (name,) in file.execute(asked):
            yield f"{part[0]} {name}" if part else name


def after(home: Path, *arguments: str) -> After:
    had, known = frames(home), runs(home)
    done = process_in(home, AS_OF=DAY)(*arguments)
    current = home / "current"
    return After(
        done=done,
        begun={name for run_id in runs(home) - known for name in steps_begun(home, run_id)},
        made={name for name, seen in frames(home).items() if had.get(name) != seen},
        released={
            path.stem: hashlib.sha256(path.read_bytes()).hexdigest()
            for path in current.glob("*.parquet")
        },
        release=current.readlink().name,
    )


def archived(home: Path, key: str, vintage: str) -> tuple[str, bytes]:
    """The name and content of a file of the archive."""
    archive = Archive(home / "archive")
    (entry,) = (e for e in archive.latest(CARDS[key], sample=True) if e.vintage == vintage)
    return entry.file_name, archive.path(entry).read_bytes()


def hand_over(home: Path, key: str, vintage: str, content: bytes) -> None:
    """Put another file in the place of one."""
    path = home.parent / archived(home, key, vintage)[0]
    path.write_bytes(content)
    Archive(home / "archive").add(CARDS[key], path, vintage=vintage, origin="sample")


@pytest.fixture(scope="module")
def home(full_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return linked(full_home, tmp_path_factory.mktemp("unchanged") / "home")


@pytest.fixture(scope="module")
def before(home: Path) -> After:
    """A run where nothing has changed."""
    return after(home, "run")


@pytest.fixture(scope="module")
def touched(home: Path, before: After) -> After:
    """Another file with the same risks of Vaucluse, and one without the last line of hirings."""
    assert before.done.returncode == 0
    hand_over(home, RISKS, "2026.84", archived(home, RISKS, "2026.84")[1] + b"\n")
    lines = archived(home, HIRINGS, "2023")[1].splitlines(keepends=True)
    hand_over(home, HIRINGS, "2023", b"".join(lines[:-1]))
    return after(home, "run")


@pytest.fixture(scope="module")
def failed(home: Path, touched: After) -> After:
    """A file of Vaucluse that cannot be read, and two lines of hirings less."""
    assert touched.done.returncode == 0
    hand_over(home, PARCELS, "2026.84", gzip.compress(b'{"type": "FeatureCollection", "fea'))
    lines = archived(home, HIRINGS, "2023")[1].splitlines(keepends=True)
    hand_over(home, HIRINGS, "2023", b"".join(lines[:-2]))
    return after(home, "run")


def test_a_run_where_nothing_changed_begins_nothing_and_says_so(
    full_home: Path, before: After
) -> None:
    assert before.done.returncode == 0, before.done.stdout + before.done.stderr
    assert (before.begun, before.made) == (set(), set())
    said = " ".join(before.done.stdout.split())
    assert "Nothing has changed: files, settings and code are those of the current release" in said
    assert "`observatory run --fresh` makes everything again" in said
    assert before.release == (full_home / "current").readlink().name
    # where readers find it is said all the same
    assert "observatory serve" in said
    assert " steps " not in said


def test_another_file_is_read_and_what_rests_on_it_looks_again(touched: After) -> None:
    assert touched.done.returncode == 0, touched.done.stdout + touched.done.stderr
    parted = {name for name in touched.begun if name.split()[0] in DEPARTMENTS}
    # of one département alone
    assert {name.split()[0] for name in parted} == {"84"}
    assert {"84 clean_ddtm__risk_plans", "84 _land_constraints"} <= touched.begun
    labour = {name for name in touched.begun if name.startswith(("labour_", "clean_"))}
    assert {"clean_labonneboite__rome_naf", "labour_hirings_by_rome_naf"} <= labour
    assert not {"clean_dares__tension", "clean_france_travail__bmo", "geography_communes"} & labour
    assert "84 clean_cadastre__parcels" not in parted


def test_what_would_be_the_same_is_not_made(touched: After) -> None:
    assert {"clean_ddtm__risk_plans/84", "_land_constraints/84"} <= touched.made
    assert {"clean_labonneboite__rome_naf", "labour_hirings_by_rome_naf"} <= touched.made
    # the constraints came out as they were: what rests on them is left as it is
    assert not {"_land_occupation/84", "land_units", "land_candidates"} & touched.made
    assert not [name for name in touched.made if name.endswith(("/13", "/83"))]


def test_readers_get_what_changed_and_all_else_as_it_was(before: After, touched: After) -> None:
    assert touched.release != before.release
    changed = {
        name
        for name, digest in touched.released.items()
        if digest != before.released[name] and not name.startswith("quality_")
    }
    # the chamber's measures name the files that they rest on
    assert changed == {"labour_hirings_by_rome_naf", "roadmap_kpis"}


def test_a_table_says_which_file_it_was_made_of_though_the_rows_are_the_same(
    home: Path, touched: After
) -> None:
    archive = Archive(home / "archive")
    (entry,) = (e for e in archive.latest(CARDS[RISKS], sample=True) if e.vintage == "2026.84")
    manifest = read_manifest(home / "releases" / touched.release)
    said = {
        source.sha256
        for table in manifest.tables
        for source in table.sources
        if source.source == RISKS and source.vintage == entry.vintage
    }
    assert said == {entry.sha256}


def test_a_department_that_fails_keeps_the_release_of_its_theme(
    touched: After, failed: After
) -> None:
    said = " ".join(failed.done.stdout.split())
    assert failed.done.returncode == 2, said
    assert "Traceback" not in said + failed.done.stderr
    assert "cadastre-84-parcelles-donnees-fictives.json.gz is no map layer" in said
    assert "Released: crossing, labour. What failed keeps its last release." in said
    assert "labour_release" in failed.begun
    changed = {name for name, digest in failed.released.items() if digest != touched.released[name]}
    assert "labour_hirings_by_rome_naf" in changed
    assert not [name for name in changed if name.startswith("land_")]


def test_what_rests_on_a_department_that_failed_is_not_begun(failed: After) -> None:
    assert "84 clean_cadastre__parcels" in failed.begun
    assert not {n for n in failed.begun if n.startswith(("land_", "_land_"))}
    assert not {"84 _land_parcels", "84 _land_units_and_parcels"} & failed.begun


# the same without a run, on the home as it was made


@pytest.fixture
def settings(full_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The settings of a copy of the home, with its history."""
    home = linked(full_home, tmp_path / "home")
    monkeypatch.setenv("OBSERVATORY_HOME", str(home))
    monkeypatch.setenv("OBSERVATORY_AS_OF", DAY)
    return load_settings()


def begins(settings: Settings) -> dict[str, str]:
    """What a run would begin, and why."""
    return {
        f"{part} {each.step.name}".strip(): each.why
        for part, every in planned_parts(settings, None)
        for each in every
        if each.why
    }


@pytest.mark.parametrize(
    ("damaged", "follows"),
    [
        ("_land_parcels/83", "83 _land_units_and_parcels"),
        ("clean_dares__tension", "labour_tension_by_territory"),
        ("land_sites", "land_poles"),
    ],
)
@pytest.mark.parametrize("suffix", ["parquet", "about.json"])
def test_a_damaged_frame_is_made_again_with_what_follows(
    settings: Settings, damaged: str, follows: str, suffix: str
) -> None:
    path = settings.work / f"{damaged}.{suffix}"
    half = path.read_bytes()[: path.stat().st_size // 2]
    path.unlink()  # the bytes are another home's too
    path.write_bytes(half)
    found = begins(settings)
    name, _, part = damaged.partition("/")
    assert found[f"{part} {name}".strip()] == "not made yet, or not whole"
    assert found[follows].startswith("after ")
    assert {key.split()[0] for key in found if key.split()[0] in DEPARTMENTS} <= {part}


def test_the_plan_says_what_would_begin_why_and_what_it_took(settings: Settings) -> None:
    runner = CliRunner(env={"COLUMNS": "200"})
    nothing = runner.invoke(plan_command, [])
    assert nothing.exit_code == 0, nothing.output
    assert "0 steps would begin" in nothing.output
    (settings.work / "_land_sales" / "84.parquet").unlink()
    planned = runner.invoke(plan_command, ["--theme", "land"])
    lines = planned.output.splitlines()
    why, reasons = "", {}
    for line in lines[:-2]:
        why = why if line.startswith("  ") else line
        reasons[line] = why
    (own,) = (line for line in lines if line.startswith("  84 _land_sales"))
    assert reasons[own] == "not made yet, or not whole:"
    assert own.split()[-2].isdecimal()
    (follows,) = (line for line in lines if line.startswith("  land_prices_by_commune"))
    assert reasons[follows] == "after _land_sales:"
    assert not [line for line in lines if line.startswith(("  13 ", "  83 ", "  labour_"))]
    summed = " ".join(lines[-4:])
    assert "steps would begin" in summed
    assert "MB of memory" in summed
    assert "MB of disk" in summed
    # nothing was done
    assert not (settings.work / "_land_sales" / "84.parquet").exists()


def test_the_plan_of_another_territory_is_told_before_its_ground_is_made(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OBSERVATORY_TERRITORY", "13")
    planned = CliRunner(env={"COLUMNS": "200"}).invoke(plan_command, ["--theme", "land"])
    assert planned.exit_code == 0, planned.output
    assert "of each département, once the ground is made:" in planned.output
    assert "? clean_cadastre__parcels" in planned.output


def test_what_a_day_decides_is_looked_at_again_on_another(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OBSERVATORY_AS_OF", "2026-11-26")
    later, store = load_settings(), Store.of(settings).of_part("13")
    why = {
        n: why_stale(STEPS[f"clean_{n}"], later, store)
        for n in ("gpu__zoning", "cadastre__parcels")
    }
    assert why == {"gpu__zoning": "changed: day", "cadastre__parcels": None}
    inventories = STEPS["clean_epci__inventories"]
    assert why_stale(inventories, later, Store.of(settings)) == "changed: day"


def test_deliveries_that_were_taken_away_are_made_again(settings: Settings) -> None:
    assert begins(settings) == {}
    for path in (settings.home / "deliveries").iterdir():
        path.unlink()
    assert begins(settings)["land_cnig_deliveries"] == "gone from its place"


def test_a_page_that_was_taken_away_is_made_again(settings: Settings) -> None:
    (settings.home / "site" / "foncier" / "index.html").unlink()
    assert begins(settings) == {"site": "gone from its place"}


def test_what_changed_while_a_part_was_made_is_not_shared(settings: Settings) -> None:
    steps = {name for name in steps_of(settings, None) if STEPS[name].is_parted}
    store = SharedStore(str(settings.home.parent / "shared"))
    key = part_key(settings, steps, "13")
    (settings.home / "withheld.csv").write_text("identifier\n123456782\n")
    with pytest.raises(InputError, match="changed while département 13 was made"):
        share_part(settings, steps, "13", store, key)
    assert store.read(key) is None


def test_fresh_makes_everything_again(settings: Settings) -> None:
    steps = steps_of(settings, None)
    forget_made(steps, settings)
    found = begins(settings)
    parts = Store.of(settings).departments()
    every = {
        f"{part} {name}".strip()
        for name in steps
        for part in (parts if STEPS[name].is_parted else [""])
    }
    # files that are archived stay as they are
    assert {
        name for name in every - found.keys() if STEPS[name].outs[0].group != "sources"
    } == set()


def test_a_change_of_code_begins_what_is_made_by_it(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    changed = "observatory.land.prices"
    own_hash = code._hash
    before_ = {name: code_of(step.code) for name, step in STEPS.items()}
    code_of.cache_clear()
    with monkeypatch.context() as patch:
        patch.setattr(code, "_hash", lambda name: b"x" if name == changed else own_hash(name))
        importing = {name for name, step in STEPS.items() if code_of(step.code) != before_[name]}
        store = Store.of(settings)
        stale = {
            name: why_stale(
                STEPS[name], settings, store.of_part("13") if STEPS[name].is_parted else store
            )
            for name in steps_of(settings, None)
        }
    code_of.cache_clear()
    assert "land_prices_by_commune" in importing
    assert {name for name, why in stale.items() if why} == importing & stale.keys()
    assert set(stale.values()) == {None, "changed: code"}


# as the UI starts it


def test_departments_are_seen_as_partitions(settings: Settings) -> None:
    prepare_home(settings)
    with dg.DagsterInstance.get() as instance:
        for name in ("_land_units", "clean_insee__sirene_stock", "withheld_identifiers"):
            assert instance.get_materialized_partitions(dg.AssetKey(name)) == {*DEPARTMENTS}
        event = instance.get_latest_materialization_event(dg.AssetKey("_land_units"))
    assert event is not None
    made = event.asset_materialization
    assert made is not None
    assert {"seconds", "peak_megabytes", "dagster/row_count"} <= made.metadata.keys()
    assert 50 < float(str(made.metadata["peak_megabytes"].value)) < 4000


def test_from_the_ui_what_did_not_change_is_looked_at_and_not_read(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = ("clean_cadastre__parcels", "_land_parcels", "_land_sales")
    keys = [dg.AssetKey(out.name) for name in chosen for out in STEPS[name].outs]
    prepare_home(settings)
    had = frames(settings.home)

    def refuse(*_: object) -> None:
        raise AssertionError("nothing is to be read")

    for name in ("read_layer", "read_table"):
        monkeypatch.setattr(f"assets.ingestion.{name}", refuse)
    for name in ("_read", "read_geometry"):
        monkeypatch.setattr(Store, name, refuse)
    with dg.DagsterInstance.get() as instance:
        done = (
            definitions(settings)
            .resolve_job_def(PARTS_JOB)
            .execute_in_process(instance=instance, partition_key="84", asset_selection=keys)
        )
    assert done.success
    told = {
        event.asset_key.to_user_string(): event.step_materialization_data.materialization
        for event in done.get_asset_materialization_events()
        if event.asset_key
    }
    assert {*told} == {key.to_user_string() for key in keys}
    store = Store.of(settings).of_part("84")
    for name, made in told.items():
        assert made.metadata[UNCHANGED].value is True
        assert (made.partition, (made.tags or {})["dagster/data_version"]) == (
            "84",
            store.noted(name),
        )
    assert frames(settings.home) == had


def test_a_job_of_the_whole_takes_no_part_of_it(settings: Settings) -> None:
    graph = definitions(settings)
    for name in (EVERYTHING, "land", "labour"):
        nodes = {node.name for node in graph.resolve_job_def(name).nodes}
        assert not {name for name, step in STEPS.items() if step.is_parted} & nodes
    parted = {node.name for node in graph.resolve_job_def(PARTS_JOB).nodes}
    assert parted == {name for name, step in STEPS.items() if step.is_parted}
