"""Somebody objects between two releases: nothing that is left tells of them."""

import shutil
from pathlib import Path

import dagster as dg
import polars as pl
import pytest

from observatory.pipeline.steps import GROUND_JOB
from observatory.release.forgetting import read_tombstones
from observatory.settings import Settings
from observatory.storage.frames import Store
from sources.sample.land.occupiers import establishments
from tests.faults.withheld import (
    DAY,
    Found,
    candidates,
    draw,
    judge_kept,
    judge_units,
    outputs,
    search,
    table,
)
from tests.homes import command_in

# the home of the maps is made by the same worker
pytestmark = pytest.mark.xdist_group("maps")


def test_who_objects_is_in_no_byte_and_no_count(
    full_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from assets.watch import erase_what_is_due

    home = tmp_path / "home"
    shutil.copytree(full_home, home, symlinks=True)
    before = table(home / "current", "land_units")
    people = draw(candidates(home / "current"), 3, seed=7)
    needles = [needle for person in people for needle in person.needles]
    assert search([home / "current" / "land_establishments.csv"], needles, Found())
    lists = home / "private" / "sample" / "consultation"
    assert command_in(home, AS_OF=DAY)("inventory").returncode == 0
    assert (home / "deliveries").is_symlink()  # what made it again led to it by a link
    assert any(lists.iterdir())
    listed = "".join(f"{person.code}\n" for person in people)
    (home / "withheld.csv").write_text(f"identifier\n{listed}")

    monkeypatch.setenv("OBSERVATORY_HOME", str(home))
    asked = erase_what_is_due(dg.build_sensor_context())
    assert isinstance(asked, dg.RunRequest)
    assert asked.job_name in {None, GROUND_JOB}
    run = command_in(home, AS_OF=DAY)
    refused = run("site", "build")
    assert (refused.returncode, "observatory releases forget" in refused.stderr) == (2, True)
    done = run("releases", "forget")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "although" not in done.stderr
    assert not lists.exists()
    assert isinstance(erase_what_is_due(dg.build_sensor_context()), dg.SkipReason)

    found = Found()
    assert search(outputs(home), needles, found) == []
    assert found.files > 300
    assert judge_units(before, table(home / "current", "land_units"), people).problems == []
    assert judge_kept(home).problems == []
    stones = read_tombstones(Settings(home=home))
    # by the release of land, which that of what joins the themes has followed
    kept = {path.name for path in (home / "releases").glob("2*")}
    assert {stone.replaced_by for stone in stones.values()} < kept


def test_a_unit_whose_only_firm_came_under_partial_diffusion_is_undetermined(
    full_home: Path,
) -> None:
    lately = establishments().filter("is_lately_partial")["siret"]
    store = Store(full_home / "work" / "sample")
    kept = store.read("_land_undisclosed")
    assert kept.columns == ["parcel_id"]
    assert kept.height > 0.7 * len(lately)
    units = table(full_home / "current", "land_units")
    listed = units.select("unit_id", pl.col("parcel_ids").str.split("|").alias("parcel_id"))
    there = listed.explode("parcel_id").join(kept, on="parcel_id")["unit_id"].unique()
    own = units.filter(pl.col("unit_id").is_in(there.implode()))
    counts = ("active_establishment_count", "street_establishment_count")
    alone = own.filter(pl.sum_horizontal(*counts) == 0, pl.col("open_data_state") != "common_area")
    assert alone.height > 5
    assert set(alone["open_data_state"]) == {"undetermined"}
    assert set(alone["job_count_low"].drop_nulls()) <= {0}
    placed = store.read("_land_placed")
    assert not placed["siret"].is_in(lately.implode()).any()


def test_frames_of_the_register_hold_no_name_of_a_person(full_home: Path) -> None:
    work = full_home / "work" / "sample"
    kept = Store(work).read("clean_insee__sirene_legal_units")
    assert not [c for c in kept.columns if c.startswith(("nom", "prenom", "pseudonyme", "sexe"))]
    named = kept.filter(pl.col("name").is_not_null())
    assert named["legal_category_code"].str.contains("^[457]").all()
    assert named.height > 100
    for path in work.rglob("*.parquet"):
        assert path.stat().st_mode & 0o077 == 0, path
