"""A territory taken apart: each département alone, then one release of them all."""

import hashlib
import shutil
from pathlib import Path

import pytest

from assets.catalogue import TABLES
from observatory.cli.running import require_part
from observatory.errors import InputError
from observatory.pipeline.steps import STEPS
from observatory.settings import Settings, load_settings
from observatory.storage.frames import Store
from tests.homes import command_in

DAY = "2026-11-25"

pytestmark = pytest.mark.xdist_group("parts")


@pytest.fixture(scope="module")
def two_of_three(full_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home on the same archive where two départements were made, the last one first."""
    home = tmp_path_factory.mktemp("parts") / "home"
    home.mkdir()
    shutil.copytree(full_home / "archive", home / "archive")
    for part in ("84", "13"):
        done = command_in(home, AS_OF=DAY)("part", part)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
    return home


@pytest.fixture
def settings(two_of_three: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("OBSERVATORY_HOME", str(two_of_three))
    monkeypatch.setenv("OBSERVATORY_AS_OF", DAY)
    return load_settings()


def test_a_part_is_there_with_its_ground_and_nothing_else(settings: Settings) -> None:
    store = Store.of(settings)
    parted = [out.name for step in STEPS.values() if step.is_parted for out in step.outs]
    assert all(store.of_part(part).has(name) for part in ("13", "84") for name in parted)
    assert not [name for name in parted if store.of_part("83").has(name)]
    assert not store.has("land_units")
    assert not settings.current.exists()


def test_a_release_is_refused_until_the_last_part_is_made(settings: Settings) -> None:
    assert not settings.current.exists()
    done = command_in(settings.home, AS_OF=DAY)("merge")
    assert done.returncode == 2, done.stdout + done.stderr
    said = " ".join((done.stdout + done.stderr).split())
    assert "now: 83. `observatory part 83` makes one" in said
    assert not settings.current.exists()


def test_a_department_that_is_none_of_the_territory_is_refused(settings: Settings) -> None:
    with pytest.raises(InputError, match=r"has no part '99': 13, 83, 84"):
        require_part("99", settings)


def test_parts_made_alone_and_put_together_are_one_run_byte_for_byte(
    full_home: Path, two_of_three: Path
) -> None:
    run = command_in(two_of_three, AS_OF=DAY)
    for arguments in (("part", "83"), ("merge",)):
        done = run(*arguments)
        assert done.returncode == 0, done.stdout + done.stderr
    for name in TABLES:
        first, second = (
            hashlib.sha256((home / "current" / f"{name}.parquet").read_bytes()).hexdigest()
            for home in (full_home, two_of_three)
        )
        assert first == second, name
