"""Fixtures every test may use."""

import os
import shutil
from pathlib import Path

import pytest

from observatory.storage.locks import hold
from tests.homes import command_in

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
    home = tmp_path_factory.mktemp("sample") / "the home"
    done = command_in(home)("run", "--theme", "labour")
    assert done.returncode == 0, done.stdout + done.stderr
    (home / "printed.txt").write_text(done.stdout)
    return home


@pytest.fixture(scope="session")
def full_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home where all themes of the sample have been released, as ``make run`` does.

    The first worker that asks makes it; each has a copy of its own.
    """
    base = tmp_path_factory.getbasetemp()
    made = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "made"
    made.mkdir(exist_ok=True)
    with hold(made / "lock"):
        if not (made / "home" / "printed.txt").exists():
            done = command_in(made / "home", AS_OF="2026-11-25")("run")
            assert done.returncode == 0, done.stdout + done.stderr
            (made / "home" / "printed.txt").write_text(done.stdout)
    home = tmp_path_factory.mktemp("full") / "home"
    shutil.copytree(made / "home", home, symlinks=True)
    return home
