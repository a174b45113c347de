"""Fixtures every test may use."""

from pathlib import Path

import pytest

REAL = Path(__file__).parents[2] / "shared" / "data"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home of its own, on the sample."""
    folder = tmp_path / "home"
    monkeypatch.setenv("OBSERVATORY_HOME", str(folder))
    for name in ("INPUT", "TERRITORY", "EXECUTOR", "AS_OF"):
        monkeypatch.delenv(f"OBSERVATORY_{name}", raising=False)
    return folder


@pytest.fixture(scope="session")
def real() -> Path:
    """The folder of producers' real files; skips where it is not."""
    if not REAL.exists():
        pytest.skip("the real files (shared/data beside the repository) are not here")
    return REAL
