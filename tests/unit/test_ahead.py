"""Steps made in other processes: told as if they were made here, and a lost process ends no run."""

import contextlib
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from observatory.errors import InputError
from observatory.pipeline import ahead, workers
from observatory.pipeline.ahead import Ahead
from observatory.pipeline.plan import Planned
from observatory.pipeline.steps import Out, Results, Step
from observatory.settings import Settings
from observatory.storage.frames import Store

SECONDS = 60


def step(name: str, *reads: str) -> Planned:
    made = Step(
        name=name,
        outs=(Out(name=name, group="land", description=""),),
        reads=reads,
        code="",
        facts=lambda *_: {},
        work=lambda *_: iter(()),
    )
    return Planned(step=made, why="new", seconds=None, megabytes=None)


def found(name: str, _: Settings, __: Store) -> Results:
    """What a step of that name tells, from the process that made it."""
    if name == "lost":
        os._exit(1)
    if name == "wrong":
        msg = "file.csv, line 3: no such commune"
        raise InputError(msg)
    check = dg.AssetCheckResult(
        asset_key=name, check_name="rule", passed=name != "refused", metadata={"pid": os.getpid()}
    )
    return [dg.MaterializeResult(asset_key=name, data_version=dg.DataVersion("1")), check]


@pytest.fixture
def beside() -> Iterator[None]:
    workers.begin_workers("json")
    yield
    for each in workers.begun_workers():
        each.shutdown(wait=True)
    workers._begun.clear()


@pytest.fixture
def plan(
    beside: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[dict[str, Planned]]:
    """Steps of whom some are refused, wrong or lost; ``Ahead`` makes those that are left in."""
    monkeypatch.setattr(ahead, "make", found)
    every = {each.step.name: each for each in (step("fine"), step("refused"), step("wrong"))}
    every |= {name: step(name, needs) for name, needs in (("after", "fine"), ("never", "refused"))}
    monkeypatch.setattr(ahead, "makers", lambda: {name: name for name in [*every, "lost"]})
    # a wait without end is a failure
    watch = threading.Timer(SECONDS, os._exit, (99,))
    watch.start()
    yield every
    watch.cancel()


def at_work(plan: dict[str, Planned], home: Path) -> Ahead:
    settings = Settings(home=home)
    return Ahead([*plan.values()], settings, Store.of(settings))


def test_what_another_process_made_is_told_as_if_it_was_made_here(
    plan: dict[str, Planned], tmp_path: Path
) -> None:
    with at_work(plan, tmp_path) as made:
        told, check = made.take("fine") or []
        assert told.asset_key.to_user_string() == "fine"
        assert check.passed
        assert check.metadata["pid"].value != os.getpid()
        assert made.take("after")
        refused = made.take("refused") or []
        assert [each.passed for each in refused[1:]] == [False]
        with pytest.raises(InputError, match=r"^file.csv, line 3: no such commune$") as error:
            made.take("wrong")
    assert error.value.__cause__ is None
    # a blocking check did not pass: what follows is not begun
    assert made.take("never") is None


def test_a_process_that_is_lost_is_told_and_nobody_waits_for_it(
    plan: dict[str, Planned], tmp_path: Path
) -> None:
    some = {name: plan[name] for name in ("fine", "after")} | {"lost": step("lost")}
    with at_work(some, tmp_path) as made:
        with pytest.raises(dg.Failure, match="was ended, by the system where memory is short"):
            made.take("lost")
        # what was under way beside it may have ended well: nobody waits for the rest
        with contextlib.suppress(dg.Failure):
            made.take("fine")
