"""Fixtures every test may use."""

import os
import shutil
from pathlib import Path

import pytest

from observatory.pipeline.workers import look_less_for_garbage
from observatory.storage.locks import hold
from tests.homes import process_in

LIVE = (
    "HOME",
    "INPUT",
    "TERRITORY",
    "AS_OF",
    "NOTIFY",
    "OFFERS_CALLS_PER_SECOND",
    "FRANCE_TRAVAIL_CLIENT_ID",
    "FRANCE_TRAVAIL_CLIENT_SECRET",
)
REAL = Path(__file__).parents[2] / "shared" / "data"


def pytest_collection_finish() -> None:
    """Thousands of tests and all that they import stay to the end."""
    look_less_for_garbage()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home of its own, on the sample."""
    folder = tmp_path / "home"
    monkeypatch.setenv("OBSERVATORY_HOME", str(folder))
    for name in ("INPUT", "TERRITORY", "EXECUTOR", "AS_OF"):
        monkeypatch.delenv(f"OBSERVATORY_{name}", raising=False)
    return folder


@pytest.fixture
def live_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever a test sets of these is forgotten after it."""
    for name in LIVE:
        monkeypatch.setenv(f"OBSERVATORY_{name}", "1")
        monkeypatch.delenv(f"OBSERVATORY_{name}")


@pytest.fixture(scope="session")
def real() -> Path:
    """The folder of producers' real files; skips where it is not."""
    if not REAL.exists():
        pytest.skip("the real files (shared/data beside the repository) are not here")
    return REAL


@pytest.fixture(scope="session")
def sample_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home where the labour theme has been released; the folder's name holds a blank."""
    return made_once(tmp_path_factory, "the home", ("run", "--theme", "labour"))


@pytest.fixture(scope="session")
def full_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home where all themes of the sample have been released, as ``make run`` does."""
    return made_once(tmp_path_factory, "home", ("run",), AS_OF="2026-11-25")


def made_once(
    factory: pytest.TempPathFactory, name: str, command: tuple[str, ...], **settings: str
) -> Path:
    """A home after a command: the first worker that asks makes it, each has a copy of its own."""
    base = factory.getbasetemp()
    made = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "made"
    made.mkdir(exist_ok=True)
    with hold(made / f"{name}.lock"):
        if not (made / name / "printed.txt").exists():
            done = process_in(made / name, **settings)(*command)
            assert done.returncode == 0, done.stdout + done.stderr
            (made / name / "printed.txt").write_text(done.stdout)
    home = factory.mktemp(name.replace(" ", "-")) / name
    shutil.copytree(made / name, home, symlinks=True)
    return home
