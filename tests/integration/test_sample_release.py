"""The embedded scenario, released by the command line and opened as its readers do."""

import json
import re
import shutil
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import polars as pl
import pytest

from assets.catalogue import TABLES
from assets.ingestion import read_entries
from assets.quality.composition import compose_quality
from assets.release import LABOUR_RELEASE
from observatory.errors import BlockedReleaseError, InputError
from observatory.metadata.manifest import Manifest
from observatory.pipeline.audits import load_audit, store_audit
from observatory.release import current_manifest, publishing
from observatory.release.manifest import read_manifest
from observatory.release.parts import Plan
from observatory.release.publishing import publish
from observatory.settings import load_settings
from observatory.storage.archive import Archive
from observatory.storage.frames import Store
from sources import CARDS
from tests.homes import command_in, linked

pytestmark = pytest.mark.xdist_group("sample")


def release_again() -> Manifest:
    return publish(load_settings(), "labour", LABOUR_RELEASE, CARDS, compose_quality, TABLES)


def current_release(home: Path) -> str:
    return read_manifest(home / "current").release_id


def test_the_run_prints_a_summary(sample_home: Path) -> None:
    printed = (sample_home / "printed.txt").read_text()
    for expected in (
        "labour_jobs_in_tension",
        "0 failed",
        "DONNÉES FICTIVES",
        "Seconds:",
        "make ui",
        "observatory serve, then http://127.0.0.1:8000",
    ):
        assert expected in printed
    assert "Traceback" not in printed
    for group in ("cleaning", "geography", "labour", "checks", "release"):
        assert len(re.findall(rf"^{group} +\d+ steps +[\d.]+ s$", printed, re.MULTILINE)) == 1


def test_geoparquet_carries_its_projection(sample_home: Path) -> None:
    frame = gpd.read_parquet(sample_home / "current" / "geography_commune_contours.parquet")
    assert frame.crs.to_epsg() == 2154


def test_published_files_cannot_be_written(sample_home: Path) -> None:
    for path in (sample_home / "current").iterdir():
        assert not path.stat().st_mode & 0o222


def test_the_metropole_is_shown_through_its_four_bassins(sample_home: Path) -> None:
    epci = command_in(sample_home)(
        "query",
        "SELECT DISTINCT territory_label, covered_bassin_labels, round(covered_population_pct, 1) p"
        " FROM labour_recruitment_needs_by_territory WHERE territory_level = 'epci'",
        "--format",
        "json",
    )
    (row,) = json.loads(epci.stdout)
    assert row["territory_label"] == "Métropole d'Aix-Marseille-Provence"
    assert row["covered_bassin_labels"] == (
        "AIX GARDANNE SALON, AUBAGNE LA CIOTAT, ETANG DE BERRE, MARSEILLE"
    )
    assert row["p"] == 98.7


def test_tables_describe_and_archive_speak_of_what_is_there(sample_home: Path) -> None:
    run = command_in(sample_home)
    assert "labour_jobs_in_tension" in run("tables").stdout
    described = run("describe", "labour_recruitment_needs_by_bassin").stdout
    for expected in (
        "Grain:",
        "project_count_low",
        "france_travail/bmo",
        "Licence Ouverte",
        "Caveats",
    ):
        assert expected in described
    assert "donnees-fictives" in run("archive", "list").stdout
    assert "0 problems" in run("archive", "verify").stdout


@pytest.mark.parametrize("form", ["csv", "json", "parquet"])
def test_an_answer_can_be_written_to_a_file(sample_home: Path, tmp_path: Path, form: str) -> None:
    path = tmp_path / "answer"
    done = command_in(sample_home)(
        "query", "SELECT * FROM geography_bassins", "--format", form, "--output", path
    )
    assert done.returncode == 0
    read = {"csv": pl.read_csv, "json": pl.read_json, "parquet": pl.read_parquet}[form]
    assert read(path).height == 22


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM release",
        "DROP TABLE release",
        "PRAGMA user_version",
        "ATTACH 'x.db' AS x",
        "SELECT 1; SELECT 2",
        "SELECT load_extension('x')",
        "SELECT * FROM nowhere",
        "VACUUM",
        "",
    ],
)
def test_a_query_can_only_read(sample_home: Path, statement: str) -> None:
    done = command_in(sample_home)("query", statement)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert done.stderr.strip()


@pytest.mark.parametrize(
    ("arguments", "settings", "expected"),
    [
        (("describe", "nothing"), {}, "Unknown table"),
        (("archive", "add", "nobody/nothing", "x"), {}, "Unknown source"),
        (("archive", "add", "france_travail/bmo", "absent.xlsx"), {}, "no such file"),
        (("tables",), {"INPUT": "elsewhere"}, "OBSERVATORY_INPUT"),
        (("run",), {"TERRITORY": "Marseille"}, "OBSERVATORY_TERRITORY"),
        (("run",), {"TERRITORY": "999999999"}, "no commune of it among those read"),
        (("run",), {"TERRITORY": "99"}, "no département 99"),
        (("run",), {"TERRITORY": "974"}, "the sample knows Provence-Alpes-Côte d'Azur and Corse"),
        (("archive", "verify"), {"HOME": "~nobody-here"}, "OBSERVATORY_HOME"),
        (("archive", "list"), {"HOME": str(Path(__file__))}, "OBSERVATORY_HOME"),
        (("tables",), {"HOME": ""}, "OBSERVATORY_HOME"),
        (("run",), {"AS_OF": "yesterday"}, "OBSERVATORY_AS_OF"),
        (("tables",), {"HOME": "/tmp/of[1]"}, "OBSERVATORY_HOME"),
        (("tables",), {"SECRECY_LEAST_OFFER": "1"}, "OBSERVATORY_SECRECY_LEAST_OFFERS"),
        (("tables",), {"SECRECY_LEAST_SALES": "0"}, "OBSERVATORY_SECRECY_LEAST_SALES"),
        (("query", "SELECT 1", "--seconds", "nan"), {}, "--seconds"),
        (("run",), {"DATABASE_URL": "postgresql://u:pw@127.0.0.1:1/x"}, "refused or was lost"),
        (("run",), {"DATABASE_URL": "sqlite://"}, "a database in memory"),
        (("corrections", "check", "absent.csv"), {}, "no such file"),
        (("run", "--theme", "housing"), {}, "housing"),
    ],
)
def test_a_mistake_is_one_message(
    tmp_path: Path, arguments: tuple[str, ...], settings: dict[str, str], expected: str
) -> None:
    done = command_in(tmp_path / "home", **settings)(*arguments)
    assert done.returncode == 2
    assert expected in done.stderr + done.stdout
    assert "Traceback" not in done.stderr + done.stdout


FOR_EVER = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c)"


@pytest.mark.parametrize(
    "statement",
    [
        f"{FOR_EVER} SELECT count(*) FROM c",
        f"{FOR_EVER} SELECT zeroblob(19999999) FROM c",
        "SELECT instr(printf('%.*c', 19000000, 'a'), printf('%.*c', 9000000, 'a') || 'b')",
    ],
)
def test_a_query_cannot_go_on_for_ever(sample_home: Path, statement: str) -> None:
    begun = time.monotonic()
    done = command_in(sample_home)("query", statement, "--seconds", "2")
    assert time.monotonic() - begun < 60
    assert done.returncode == 2
    assert re.search("more than|memory", done.stderr)
    assert "Traceback" not in done.stderr


def test_headers_are_shown_as_they_are(sample_home: Path) -> None:
    done = command_in(sample_home)("query", "SELECT 'a' GLOB '[a-z]*', 1 AS \"[/x]\"")
    assert "GLOB '[a-z]*'" in done.stdout
    assert "[/x]" in done.stdout


@pytest.mark.parametrize("place", ["nowhere/x.parquet", "."])
def test_an_answer_that_cannot_be_written_is_said(
    sample_home: Path, tmp_path: Path, place: str
) -> None:
    done = command_in(sample_home)(
        "query", "SELECT 1 AS one", "--format", "parquet", "--output", tmp_path / place
    )
    assert done.returncode == 2
    assert str(tmp_path) in done.stderr


def test_nothing_released_is_said(tmp_path: Path) -> None:
    for arguments in (("tables",), ("query", "SELECT 1")):
        done = command_in(tmp_path / "home")(*arguments)
        assert done.returncode == 2
        assert "Nothing has been released yet" in done.stderr


def test_help_is_fast_because_it_imports_nothing_slow() -> None:
    code = (
        "import sys, observatory.cli.main as c\n"
        "try: c.cli(['run', '--help'])\n"
        "except SystemExit: pass\n"
        "slow = ('dagster', 'great_expectations', 'multiprocessing', 'polars', 'pydantic')\n"
        "print([m for m in slow if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip().endswith("[]")
    assert "observatory run --theme labour" in done.stdout


@pytest.fixture
def copied(sample_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the sample home, to break without harm to the other tests."""
    home = tmp_path / "copy"
    linked(sample_home, home)
    monkeypatch.setenv("OBSERVATORY_HOME", str(home))
    return home


def releases_of(home: Path) -> list[str]:
    return sorted(path.name for path in (home / "releases").glob("2*"))


def test_a_release_that_would_say_the_same_is_not_made(copied: Path) -> None:
    before, held = current_release(copied), releases_of(copied)
    assert release_again().release_id == before
    assert releases_of(copied) == held
    assert not list(copied.glob("releases/.building-*"))


def test_a_release_materialised_alone_switches_in_one_step(copied: Path) -> None:
    before, held = current_release(copied), releases_of(copied)
    made = publish(load_settings(), "labour", LABOUR_RELEASE[:-1], CARDS, compose_quality, TABLES)
    assert made.release_id != before
    assert current_manifest(load_settings()) == made
    assert releases_of(copied) == [*held, made.release_id]
    assert not list(copied.glob("releases/.building-*"))


def test_a_draft_changed_after_its_audit_is_refused(copied: Path) -> None:
    store, before = Store.of(load_settings()), current_release(copied)
    name = "labour_recruitment_needs_by_bassin"
    store.write(name, store.read(name).with_columns(project_count=pl.lit(1, pl.Int64)))
    with pytest.raises(BlockedReleaseError, match=f"{name}: this version has not been checked"):
        release_again()
    assert current_release(copied) == before


def test_a_draft_with_a_failed_blocking_rule_is_refused(copied: Path) -> None:
    settings = load_settings()
    name = "labour_tension_by_territory"
    version = Store.of(settings).sha256(name)
    audit = load_audit(settings, name, version)
    assert audit is not None
    failed = [type(r)(**{**vars(r), "is_passed": r.rule != "key_is_unique"}) for r in audit.results]
    store_audit(settings, name, version, failed)
    with pytest.raises(BlockedReleaseError, match="key_is_unique"):
        release_again()


def test_a_draft_made_again_while_it_is_released_is_refused(
    copied: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def plan_then_change(*arguments: object) -> Plan:
        plan = plan_release(*arguments)  # type: ignore[arg-type]
        store = Store.of(load_settings())
        store.write("labour_occupations", store.read("labour_occupations").head(5))
        return plan

    before, plan_release = current_release(copied), publishing.plan_release
    monkeypatch.setattr(publishing, "plan_release", plan_then_change)
    with pytest.raises(BlockedReleaseError, match="made again while it was being released"):
        release_again()
    assert current_release(copied) == before


def test_a_file_added_after_the_run_is_not_named_as_a_source(copied: Path, tmp_path: Path) -> None:
    card = CARDS["france_travail/bmo"]
    later = tmp_path / "BMO_2024.csv"
    later.write_text("never read")
    Archive(copied / "archive").add(card, later, vintage="2024", origin="sample")
    made = release_again()
    (table,) = [t for t in made.tables if t.name == "labour_recruitment_needs_by_bassin"]
    assert "BMO_2024.csv" not in {s.file for s in table.sources}
    assert {s.vintage for s in table.sources} == {"2023", "2024", "2025"}


def test_another_territory_than_that_of_the_drafts_is_refused(
    copied: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OBSERVATORY_TERRITORY", "FR")
    with pytest.raises(BlockedReleaseError, match=r"made from other inputs \(territory\)"):
        release_again()


def test_clean_rows_changed_after_the_draft_are_refused(copied: Path) -> None:
    store = Store.of(load_settings())
    store.write("clean_dares__tension", store.read("clean_dares__tension").head(10))
    with pytest.raises(BlockedReleaseError, match=r"made from other inputs \(clean_dares__tension"):
        release_again()


def test_an_audit_does_not_outlive_the_table_it_compared_with(copied: Path) -> None:
    settings = load_settings()
    store, name = Store.of(settings), "labour_occupations"
    store.write(name, store.read(name).filter(pl.col("fap_code") != "A0X40"))
    needs = "labour_recruitment_needs_by_bassin"
    assert load_audit(settings, needs, store.sha256(needs)) is None


@pytest.mark.parametrize("place", ["observatory.gpkg", "current"])
def test_a_link_whose_place_is_taken_is_said_before_anything_is_built(
    copied: Path, place: str
) -> None:
    held = releases_of(copied)
    (copied / place).unlink()
    (copied / place).mkdir()
    with pytest.raises(InputError, match="is not the link that a release makes"):
        release_again()
    assert releases_of(copied) == held


def test_archived_content_that_changed_is_not_read(copied: Path) -> None:
    archive, card = Archive(copied / "archive"), CARDS["labonneboite/rome_naf"]
    (entry,) = archive.latest(card, sample=True)
    archive.path(entry).chmod(0o644)
    archive.path(entry).write_text("rome_id,naf_id,hirings\nA1101,0111Z,9999\n")
    with pytest.raises(InputError, match="is not what was kept"):
        read_entries(archive, card, [entry])


def test_a_sample_file_does_not_come_back_as_a_real_one(sample_home: Path, tmp_path: Path) -> None:
    archive, card = Archive(sample_home / "archive"), CARDS["dares/fap_2021"]
    (entry,) = archive.latest(card, sample=True)
    other_name = tmp_path / "Intitules.csv"
    shutil.copyfile(archive.path(entry), other_name)
    done = command_in(sample_home)("archive", "add", card.key, other_name)
    assert done.returncode == 2
    assert "embedded scenario" in done.stderr


def test_the_site_is_built_from_the_first_release_of_a_home(copied: Path) -> None:
    done = command_in(copied)("site", "build")
    assert done.returncode == 0, done.stderr
    page = (copied / "site" / "index.html").read_text("utf-8")
    assert "Première publication" in page
    assert "Première publication" in (copied / "site" / "qualite" / "index.html").read_text("utf-8")


def test_a_row_that_is_too_wide_is_read_value_by_value(sample_home: Path) -> None:
    run = command_in(sample_home, columns="80")
    lines = run("query", "SELECT * FROM labour_jobs_in_tension LIMIT 5").stdout.splitlines()
    assert sum(line.startswith("─[ ") for line in lines) == 5
    assert max(map(len, lines)) == 80
    assert re.search(r"^territory_code +\S+$", "\n".join(lines), re.MULTILINE)
    names = [line.split()[0] for line in run("tables").stdout.splitlines()]
    assert "labour_recruitment_needs_by_territory" in names


def test_geometry_is_shown_as_text(sample_home: Path) -> None:
    statement = "SELECT geometry FROM geography_commune_contours LIMIT 1"
    for form in ("table", "csv", "json"):
        done = command_in(sample_home)("query", statement, "--format", form)
        assert done.returncode == 0, done.stderr
        assert "4750" in done.stdout


def test_an_internal_table_is_never_released(copied: Path) -> None:
    hidden = [
        replace(t, publish_level="internal") if t.name == "labour_occupations" else t
        for t in LABOUR_RELEASE
    ]
    made = publish(load_settings(), "labour", hidden, CARDS, compose_quality, TABLES)
    assert "labour_occupations" not in {t.name for t in made.tables}
    assert not (copied / "current" / "labour_occupations.csv").exists()


def test_an_audit_by_other_code_does_not_count(
    copied: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("observatory.pipeline.audits.code_of", lambda _: "another")
    with pytest.raises(BlockedReleaseError, match="has not been checked"):
        release_again()


def test_what_an_interrupted_release_left_is_removed(copied: Path) -> None:
    debris = copied / "releases" / ".building-20200101"
    debris.mkdir()
    (debris / "half.csv").write_text("x")
    (debris / "half.csv").chmod(0o444)
    release_again()
    assert not debris.exists()
