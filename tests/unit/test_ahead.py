"""Steps made in other processes: told as if they were made here, and a lost process ends no run."""

import os
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import dagster as dg
import pytest

from observatory.errors import InputError
from observatory.pipeline import ahead, workers
from observatory.pipeline.ahead import Ahead
from observatory.pipeline.audits import Checks
from observatory.pipeline.plan import Planned
from observatory.pipeline.steps import Out, Results, Step
from observatory.settings import Settings
from observatory.storage.frames import Store

SECONDS = 180
# the processes are begun once, by the same worker
pytestmark = pytest.mark.xdist_group("ahead")


class OddError(Exception):
    """An error that no other process can make again from what it says."""

    def __init__(self, what: str, where: str) -> None:
        super().__init__(f"{what} at {where}")


def step(name: str, *reads: str, file: str | None = None) -> Planned:
    made = Step(
        name=name,
        outs=(Out(name=name, group="land", description=""),),
        reads=reads,
        code="",
        facts=lambda *_: {},
        file=file,
        asks=file is not None,
        work=lambda *_: iter(()),
    )
    return Planned(step=made, why="new", seconds=None, megabytes=None)


def found(name: str, _: Settings, __: Store) -> Results:
    """What a step of that name tells, from the process that made it."""
    if name == "lost":
        os._exit(1)
    if name == "failed":
        try:
            msg = "file.csv is empty"
            raise InputError(msg)
        except InputError as error:
            raise dg.Failure(str(error), allow_retries=False) from error
    if name == "wrong":
        msg = "file.csv, line 3: no such commune"
        raise InputError(msg)
    if name == "asked":  # a producer takes its time
        time.sleep(0.5)
    if name == "odd":
        raise OddError("nothing", "all")
    check = dg.AssetCheckResult(
        asset_key=name, check_name="rule", passed=name != "refused", metadata={"pid": os.getpid()}
    )
    return [dg.MaterializeResult(asset_key=name, data_version=dg.DataVersion("1")), check]


@pytest.fixture(scope="module")
def beside() -> Iterator[None]:
    """Two processes, as a command has them from its beginning to its end."""
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
    every = {each.step.name: each for each in map(step, ("fine", "refused", "wrong", "failed"))}
    every |= {name: step(name, needs) for name, needs in (("after", "fine"), ("never", "refused"))}
    monkeypatch.setattr(
        ahead,
        "makers",
        lambda: {name: name for name in [*"12", "third", "fourth", *every, "lost", "odd", "asked"]},
    )
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
        with pytest.raises(dg.Failure) as failure:
            made.take("failed")
    assert error.value.__cause__ is None
    # whose mistake it was decides how the command ends
    assert isinstance(failure.value.__cause__, InputError)
    # a blocking check did not pass: what follows is not begun
    assert made.take("never") is None


def pids(made: Ahead, *names: str) -> set[int]:
    """The processes that made these steps."""
    return {(made.take(name) or [])[1].metadata["pid"].value for name in names}


def test_an_error_that_cannot_be_made_again_here_is_told_and_loses_no_process(
    plan: dict[str, Planned], tmp_path: Path
) -> None:
    some = {"odd": step("odd"), "fine": plan["fine"], "after": plan["after"]}
    with at_work(some, tmp_path) as made:
        with pytest.raises(RuntimeError, match=r"^OddError: nothing at all$"):
            made.take("odd")
        assert os.getpid() not in pids(made, "fine", "after")


def test_processes_outlive_the_threads_that_ask_producers(
    plan: dict[str, Planned], tmp_path: Path
) -> None:
    asked = {"asked": step("asked", file="a"), "1": step("1", "asked"), "2": step("2", "asked")}
    for _ in range(2):
        with Ahead(
            [*asked.values()], live := Settings(home=tmp_path, input="live"), Store.of(live)
        ) as made:
            assert pids(made, "asked") == {os.getpid()}
            assert os.getpid() not in pids(made, "1", "2")


def test_what_nothing_waits_for_is_made_where_checks_never_come(
    plan: dict[str, Planned], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "_begun", [])
    unseen = Checks(is_done=lambda _: False, work=lambda _: iter(()), reads=())
    monkeypatch.setattr(ahead, "AUDITS", {"wrong": unseen})
    with at_work({name: plan[name] for name in ("wrong", "fine")}, tmp_path) as made:
        with pytest.raises(InputError, match="no such commune"):
            made.take("wrong")
        assert made.take("fine")


@pytest.mark.parametrize("are_beside", [True, False])
def test_a_run_that_is_given_up_waits_for_what_is_under_way_and_for_nothing_that_follows(
    plan: dict[str, Planned], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, are_beside: bool
) -> None:
    if not are_beside:
        monkeypatch.setattr(workers, "_begun", [])
    some = {"asked": step("asked"), "1": step("1", "asked"), "2": step("2", "asked")}
    with at_work(some, tmp_path) as made:
        pass
    assert made.take("asked")
    assert [made.take(name) for name in "12"] == [None, None]


def test_who_waits_is_told_though_what_follows_cannot_begin(
    plan: dict[str, Planned], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail_to_look() -> None:
        msg = "no more processes"
        raise OSError(msg)

    with at_work({"asked": step("asked"), "1": step("1", "asked")}, tmp_path) as made:
        monkeypatch.setattr(made, "_look", fail_to_look)
        assert made.take("asked")


def test_what_most_has_to_wait_for_is_begun_first() -> None:
    rests_on = {"a": set(), "b": set(), "c": {"b"}, "d": {"c", "a"}, "alone": set()}
    assert ahead._longest_chains(rests_on) == {"a": 1, "b": 2, "c": 1, "d": 0, "alone": 0}


def leave(path: Path, text: str) -> None:
    time.sleep(0.3)
    path.write_text(f"{text} {os.getpid()}", "utf-8")


def fail_late(msg: str) -> None:
    time.sleep(0.1)  # what goes on beside has begun, and is waited for
    raise KeyError(msg)


def fail(_: Path) -> None:
    msg = "no map can be drawn"
    raise InputError(msg)


def test_work_goes_on_beside_a_block_and_ends_with_it(beside: None, tmp_path: Path) -> None:
    with workers.beside(leave, tmp_path / "drawn", "by"):
        pass
    assert (tmp_path / "drawn").read_text("utf-8") != f"by {os.getpid()}"
    with pytest.raises(InputError, match="no map"), workers.beside(fail, tmp_path):
        pass
    msg = "the block itself"
    with pytest.raises(KeyError, match=msg), workers.beside(leave, tmp_path / "left", "by"):
        fail_late(msg)
    assert (tmp_path / "left").exists()


def test_each_goes_to_who_is_free_first_and_none_is_done_twice(
    beside: None, tmp_path: Path
) -> None:
    paths = [tmp_path / str(at) for at in range(7)]
    with ExitStack() as waiting:
        for path in paths:
            waiting.enter_context(workers.beside(leave_once, path))
    found = [int(path.read_text("utf-8")) for path in paths]
    assert len({*found}) == 3, "two beside, and who asked takes back what nobody began"
    assert found[-1] == os.getpid()


def leave_once(path: Path) -> None:
    time.sleep(0.2)
    with path.open("x", encoding="utf-8") as file:
        file.write(str(os.getpid()))


def test_work_is_done_after_the_block_where_no_process_is_beside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "_begun", [])
    with workers.beside(leave, tmp_path / "drawn", "by"):
        assert not (tmp_path / "drawn").exists()
    assert (tmp_path / "drawn").read_text("utf-8") == f"by {os.getpid()}"


# the last: they take a process of the others away
def test_a_process_that_is_lost_is_told_and_the_rest_is_made(
    plan: dict[str, Planned], tmp_path: Path
) -> None:
    some = {name: plan[name] for name in ("fine", "after")} | {"lost": step("lost")}
    some |= {name: step(name, "fine") for name in ("third", "fourth")}
    with at_work(some, tmp_path) as made:
        with pytest.raises(dg.Failure, match="was ended, by the system where memory is short"):
            made.take("lost")
        assert pids(made, "fine", "after", "third", "fourth")
    with at_work({name: plan[name] for name in ("fine", "after")}, tmp_path) as made:
        assert pids(made, "fine", "after")


def test_work_of_a_process_that_is_lost_is_done_here(beside: None, tmp_path: Path) -> None:
    for process in workers.begun_workers():
        with pytest.raises(workers.BrokenProcessPool):
            process.submit(os._exit, 1).result()
    with workers.beside(leave, tmp_path / "drawn", "by"):
        pass
    assert (tmp_path / "drawn").read_text("utf-8") == f"by {os.getpid()}"
