"""Land is made stage after stage from the UI: its ground, each département, the release."""

from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import polars as pl
import pytest
from dagster._core.remote_origin import (
    RegisteredCodeLocationOrigin,
    RemoteJobOrigin,
    RemoteRepositoryOrigin,
)

from observatory.definitions import GROUND_TAG, land_goes_on
from observatory.pipeline.history import EMBEDDED
from observatory.pipeline.run_settings import settings_of
from observatory.pipeline.steps import GROUND_JOB, PARTS_JOB
from observatory.storage.frames import Store

FORM = {"resources": {"settings": {"config": {"territory": "13,84"}}}}
SUCCESS = dg.DagsterRunStatus.SUCCESS


@pytest.fixture
def instance(home: Path) -> Iterator[dg.DagsterInstance]:
    assert home.name == "home"
    communes = {"department_code": ["84", "13", "83"], "is_in_territory": [True, True, False]}
    Store.of(settings_of(FORM)).write("geography_communes", pl.DataFrame(communes))
    with dg.DagsterInstance.ephemeral() as made:
        yield made


def add(
    instance: dg.DagsterInstance,
    job: str,
    status: dg.DagsterRunStatus = SUCCESS,
    tags: dict[str, str] | None = None,
) -> dg.DagsterRun:
    # what waits for its place says where it would run
    place = RemoteRepositoryOrigin(RegisteredCodeLocationOrigin("observatory"), "repository")
    run = dg.DagsterRun(
        job_name=job,
        status=status,
        tags=tags or {},
        run_config=FORM,
        remote_job_origin=RemoteJobOrigin(place, job),
    )
    return instance.add_run(run)


def asked(instance: dg.DagsterInstance, run: dg.DagsterRun) -> list[dg.RunRequest | dg.SkipReason]:
    event = dg.DagsterEvent(event_type_value="PIPELINE_SUCCESS", job_name=run.job_name)
    context = dg.build_run_status_sensor_context(
        sensor_name="land_goes_on",
        dagster_event=event,
        dagster_instance=instance,
        dagster_run=run,
    )
    return [*land_goes_on(context)]


def of_part(part: str, ground: str = "one") -> dict[str, str]:
    return {GROUND_TAG: ground, "dagster/partition": part}


def test_the_ground_is_followed_by_each_department(instance: dg.DagsterInstance) -> None:
    ground = add(instance, GROUND_JOB)
    found = [r for r in asked(instance, ground) if isinstance(r, dg.RunRequest)]
    assert [(r.job_name, r.partition_key) for r in found] == [(PARTS_JOB, "13"), (PARTS_JOB, "84")]
    # with what was changed for the first run
    assert all(r.run_config == FORM and r.tags[GROUND_TAG] == ground.run_id for r in found)


def test_the_last_department_is_followed_by_the_release_once(instance: dg.DagsterInstance) -> None:
    runs = [add(instance, PARTS_JOB, tags=of_part(part)) for part in ("13", "84")]
    found = [request for run in runs for request in asked(instance, run)]
    assert all(isinstance(r, dg.RunRequest) and r.job_name == "land" for r in found)
    assert {(r.run_key, str(r.run_config)) for r in found if isinstance(r, dg.RunRequest)} == {
        ("land one", str(FORM))
    }


@pytest.mark.parametrize(
    "status", ["QUEUED", "NOT_STARTED", "STARTING", "STARTED", "CANCELING", "FAILURE", "CANCELED"]
)
def test_a_department_that_is_not_the_last_is_followed_by_nothing(
    instance: dg.DagsterInstance, status: str
) -> None:
    add(instance, PARTS_JOB, dg.DagsterRunStatus(status), tags=of_part("84"))
    (found,) = asked(instance, add(instance, PARTS_JOB, tags=of_part("13")))
    assert isinstance(found, dg.SkipReason)


def test_a_department_that_failed_may_be_made_again(instance: dg.DagsterInstance) -> None:
    add(instance, PARTS_JOB, dg.DagsterRunStatus.FAILURE, tags=of_part("84"))
    add(instance, PARTS_JOB, tags=of_part("13"))
    add(instance, PARTS_JOB, dg.DagsterRunStatus.FAILURE, tags=of_part("13", "another"))
    (found,) = asked(instance, add(instance, PARTS_JOB, tags=of_part("84")))
    assert isinstance(found, dg.RunRequest)


def test_the_command_line_goes_on_by_itself(instance: dg.DagsterInstance) -> None:
    for job in (GROUND_JOB, PARTS_JOB):
        (found,) = asked(instance, add(instance, job, tags=EMBEDDED))
        assert isinstance(found, dg.SkipReason)
