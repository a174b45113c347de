"""A home with a release in it, made once by the command a user types."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Command = Callable[..., subprocess.CompletedProcess[str]]


def command_in(home: Path, **settings: str) -> Command:
    """Run ``observatory`` on ``home``; settings are given without their prefix."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("OBSERVATORY_")}
    own = {f"OBSERVATORY_{k}": v for k, v in settings.items()}
    environment = {**inherited, "OBSERVATORY_HOME": str(home), **own, "COLUMNS": "200"}

    def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "observatory.cli", *map(str, arguments)],
            capture_output=True,
            text=True,
            env=environment,
            check=False,
            timeout=400,
        )

    return run


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
    """A home where all themes of the sample have been released, as ``make run`` does."""
    home = tmp_path_factory.mktemp("full") / "home"
    done = command_in(home, AS_OF="2026-11-25")("run")
    assert done.returncode == 0, done.stdout + done.stderr
    (home / "printed.txt").write_text(done.stdout)
    return home
