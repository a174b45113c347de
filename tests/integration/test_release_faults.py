"""Short campaigns of faults; ``python -m tests.faults.release`` runs the long ones."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.faults.release import report, run, small_disk
from tests.servers import MISSING, find_binaries


def may_mount(folder: Path) -> bool:
    if os.geteuid() != 0:
        return False
    try:
        with small_disk(folder, "1m"):
            return True
    except subprocess.CalledProcessError:
        return False


@pytest.mark.parametrize("database", ["geopackage", "postgresql", "sqlite"])
def test_no_fault_mixes_loses_or_leaves_anything(database: str, tmp_path: Path) -> None:
    if database == "postgresql" and find_binaries() is None:
        pytest.skip(MISSING)
    tally, seen = run(
        database,
        kills=6,
        disks=may_mount(tmp_path / "disk"),
        most_steps=3,
    )
    assert tally.problems == [], report(database, tally, seen)
    assert seen["mixed reads"] == 0
    assert seen["failed reads"] == 0
    assert seen["reads of files"] > 3 * sum(tally.faults.values()) > 0
