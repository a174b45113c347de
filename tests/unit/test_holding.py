"""Drafts that wait: nothing but what was accepted is published, whenever a run is stopped."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import dagster as dg
import pytest
from click.testing import CliRunner

import assets.release
from assets.release import Theme, release_asset
from observatory.cli.releases import releases
from observatory.errors import DamagedFileError, InputError, NothingToReleaseError
from observatory.pipeline import steps
from observatory.release.holding import (
    accept_draft,
    drop_draft,
    held_drafts,
    hold_back,
    read_decision,
)
from observatory.settings import Settings
from observatory.storage.frames import Store

ONE, TWO = "labour-0000000001", "labour-0000000002"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path, hold_releases=True)


def test_a_draft_waits_until_it_is_accepted(settings: Settings) -> None:
    assert hold_back(settings, "labour", ONE)
    (since,) = held_drafts(settings).values()
    assert hold_back(settings, "labour", ONE)
    assert held_drafts(settings) == {ONE: since}
    assert accept_draft(settings, ONE) == "labour"
    assert held_drafts(settings) == {}
    assert not hold_back(settings, "labour", ONE)


def test_what_was_made_since_waits_in_its_place(settings: Settings) -> None:
    hold_back(settings, "labour", ONE)
    accept_draft(settings, ONE)
    assert hold_back(settings, "labour", TWO)
    assert [*held_drafts(settings)] == [TWO]
    with pytest.raises(InputError, match=f"No draft '{ONE}' is held back. Held back: {TWO}"):
        accept_draft(settings, ONE)


def test_a_dropped_draft_neither_waits_nor_is_published(settings: Settings) -> None:
    hold_back(settings, "labour", ONE)
    assert drop_draft(settings, ONE) == "labour"
    assert held_drafts(settings) == {}
    assert hold_back(settings, "labour", ONE)
    assert held_drafts(settings) == {}


def test_nothing_waits_where_drafts_say_nothing_new(settings: Settings) -> None:
    hold_back(settings, "labour", ONE)
    assert not hold_back(settings, "labour", None)
    assert held_drafts(settings) == {}


def test_nothing_is_held_back_unless_that_is_asked_for(settings: Settings) -> None:
    hold_back(settings, "labour", ONE)
    free = Settings(home=settings.home)
    assert held_drafts(free) == {}
    with pytest.raises(InputError, match="OBSERVATORY_HOLD_RELEASES is not set"):
        accept_draft(free, ONE)


def test_a_damaged_decision_is_told(settings: Settings) -> None:
    hold_back(settings, "labour", ONE)
    (path,) = settings.home.glob("private/*/held/labour.json")
    path.write_text("{")
    with pytest.raises(DamagedFileError, match=r"labour\.json is damaged"):
        read_decision(settings, "labour")


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What is handed to the publication; the draft of the home is ``ONE``."""
    handed: list[Any] = []

    def publish(*_: Any, accepted: str | None, **__: Any) -> None:
        handed.append(accepted)
        msg = "stops here"
        raise NothingToReleaseError(msg)

    found = SimpleNamespace(draft=ONE, changes=[], before=None, around={})
    monkeypatch.setattr(assets.release, "publish", publish)
    monkeypatch.setattr(assets.release, "preview", lambda *_, **__: found)
    monkeypatch.setattr(steps, "STEPS", {})
    return handed


@pytest.fixture
def run(settings: Settings) -> Callable[..., dict[str, Any]]:
    """Run the release of a theme without a table; what Dagster is told of it."""

    def runs(told: Settings = settings) -> dict[str, Any]:
        release = release_asset(Theme(name="labour", tables=[]))
        done = dg.materialize([release], resources={"settings": told, "store": Store.of(told)})
        (made,) = done.asset_materializations_for_node("labour_release")
        return {name: value.value for name, value in made.metadata.items()}

    return runs


def test_a_run_stops_at_a_draft_and_publishes_what_was_accepted(
    run: Callable[..., dict[str, Any]], published: list[Any], settings: Settings
) -> None:
    assert run()["held"] == ONE
    assert published == []
    assert run() == {"unchanged": True}  # it is not looked at again
    accept_draft(settings, ONE)
    assert run()["nothing"] == "stops here"
    assert published == [ONE]


def test_a_run_releases_where_nothing_is_held_back(
    run: Callable[..., dict[str, Any]], published: list[Any], settings: Settings
) -> None:
    run()
    assert run(Settings(home=settings.home))["nothing"] == "stops here"
    assert published == [None]


def test_somebody_who_must_go_is_not_waited_for(
    run: Callable[..., dict[str, Any]],
    published: list[Any],
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(assets.release, "current_folder", lambda _: settings.home)
    monkeypatch.setattr(assets.release, "holds_withheld", lambda *_: True)
    run()
    assert published == [None]
    assert held_drafts(settings) == {}


def test_a_draft_is_compared_with_the_current_release_alone() -> None:
    done = CliRunner().invoke(releases, ["diff", "draft", "previous"])
    assert isinstance(done.exception, InputError)
    assert "A draft is compared with the current release" in str(done.exception)


def test_a_draft_that_does_not_wait_can_be_neither_accepted_nor_dropped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OBSERVATORY_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("OBSERVATORY_HOLD_RELEASES", "true")
    done = CliRunner().invoke(releases, ["drop", ONE])
    assert isinstance(done.exception, InputError)
    assert str(done.exception) == f"No draft '{ONE}' is held back. Held back: none."
