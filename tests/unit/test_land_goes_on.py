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

from observatory.definitions import land_goes_on
from observatory.pipeline.history import EMBEDDED
from observatory.pipeline.steps import GROUND_JOB, PARTS_JOB
from observatory.settings import load_settings
from observatory.storage.frames import Store

FORM = {"resources": {"settings": {"config": {"territory": "13,84"}}}}
SUCCESS = dg.DagsterRunStatus.SUCCESS


@pytest.fixture
def instance(home: Path) -> Iterator[dg.DagsterInstance]:
    assert home.name == "home"
    communes = {"department_code": ["84", "13", "83"], "is_in_territory": [True, True, False]}
    Store.of(load_settings()).write("geography_communes", pl.DataFrame(communes))
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


def test_the_ground_is_followed_by_each_department(instance: dg.DagsterInstance) -> None:
    found = asked(instance, add(instance, GROUND_JOB))
    assert [(r.job_name, r.partition_key) for r in found if isinstance(r, dg.RunRequest)] == [
        (PARTS_JOB, "13"),
        (PARTS_JOB, "84"),
    ]
    # with what was changed for the first run
    assert all(isinstance(r, dg.RunRequest) and r.run_config == FORM for r in found)


def test_the_last_department_is_followed_by_the_release(instance: dg.DagsterInstance) -> None:
    (found,) = asked(instance, add(instance, PARTS_JOB))
    assert isinstance(found, dg.RunRequest)
    assert (found.job_name, found.run_config) == ("land", FORM)


@pytest.mark.parametrize("status", ["QUEUED", "NOT_STARTED", "STARTING", "STARTED", "CANCELING"])
def test_a_department_that_is_not_the_last_is_followed_by_nothing(
    instance: dg.DagsterInstance, status: str
) -> None:
    add(instance, PARTS_JOB, dg.DagsterRunStatus(status))
    (found,) = asked(instance, add(instance, PARTS_JOB))
    assert isinstance(found, dg.SkipReason)


def test_the_command_line_goes_on_by_itself(instance: dg.DagsterInstance) -> None:
    for job in (GROUND_JOB, PARTS_JOB):
        (found,) = asked(instance, add(instance, job, tags=EMBEDDED))
        assert isinstance(found, dg.SkipReason)
