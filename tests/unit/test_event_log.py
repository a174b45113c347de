"""The history that a run of the command line writes is one that Dagster reads back."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from dagster._core.storage.event_log import SqliteEventLogStorage

from observatory.home import prepare_home
from observatory.pipeline.event_log import KeptEventLog
from observatory.pipeline.history import open_history, trim
from observatory.settings import Settings, load_settings

PARTS = dg.StaticPartitionsDefinition(["13", "84"])


@pytest.fixture
def settings(home: Path) -> Settings:
    assert home.name == "home"
    found = load_settings()
    prepare_home(found)
    return found


@dg.asset(partitions_def=PARTS, check_specs=[dg.AssetCheckSpec("is_well", asset="rows")])
def rows() -> Iterator[Any]:
    yield dg.MaterializeResult(data_version=dg.DataVersion("v1"), metadata={"n": 3})
    yield dg.AssetCheckResult(check_name="is_well", passed=True)


def make(instance: dg.DagsterInstance, part: str) -> str:
    job = dg.Definitions(
        assets=[rows], jobs=[dg.define_asset_job("parts", selection="*")]
    ).resolve_job_def("parts")
    done = job.execute_in_process(instance=instance, partition_key=part)
    assert done.success
    return done.run_id


def told(instance: dg.DagsterInstance, run_id: str) -> list[tuple[str, str | None]]:
    return [
        (e.dagster_event.event_type_value, e.dagster_event.step_key)
        for e in instance.all_logs(run_id)
        if e.dagster_event
    ]


def test_dagsters_own_log_reads_what_was_kept(settings: Settings) -> None:
    with open_history(settings, print) as instance:
        assert type(instance.event_log_storage) is KeptEventLog
        runs = [make(instance, part) for part in ("13", "84")]
        written = [told(instance, run_id) for run_id in runs]
    # as the UI opens it, in another process
    with dg.DagsterInstance.get() as instance:
        assert type(instance.event_log_storage) is SqliteEventLogStorage
        assert [told(instance, run_id) for run_id in runs] == written
        assert instance.get_materialized_partitions(rows.key) == {"13", "84"}
        event = instance.get_latest_materialization_event(rows.key)
        assert event is not None
        made = event.asset_materialization
        assert made is not None
        assert (made.partition, made.metadata["n"].value) == ("84", 3)
        assert (made.tags or {})["dagster/data_version"] == "v1"
    assert ("STEP_SUCCESS", "rows") in written[0]
    assert ("ASSET_CHECK_EVALUATION", "rows") in written[0]


def test_both_write_into_one_history(settings: Settings) -> None:
    with dg.DagsterInstance.get() as instance:
        first = make(instance, "13")
    with open_history(settings, print) as instance:
        second = make(instance, "84")
        assert told(instance, first)[-1] == told(instance, second)[-1] == ("PIPELINE_SUCCESS", None)
    with dg.DagsterInstance.get() as instance:
        assert {run.run_id for run in instance.get_runs()} == {first, second}
        assert instance.get_materialized_partitions(rows.key) == {"13", "84"}


def test_a_run_that_is_forgotten_leaves_no_open_file(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("observatory.pipeline.history.KEPT_RUNS", 1)
    with open_history(settings, print) as instance:
        old, new = (make(instance, part) for part in ("13", "84"))
        assert trim(instance, settings) == 1
        kept = instance.event_log_storage
        assert isinstance(kept, KeptEventLog)
        assert old not in kept._kept
        assert told(instance, new)
    assert kept._kept == {}
    history = settings.home / "dagster" / "history" / "runs"
    assert {path.stem for path in history.glob("*-*.db")} == {new}
