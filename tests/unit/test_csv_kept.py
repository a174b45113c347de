"""The CSV of a table that did not change since the release before."""

import hashlib
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from observatory.release.building import _find_same_csv

TEXT = b"code\r\n1\r\n"


@pytest.fixture
def previous(tmp_path: Path) -> Path:
    (tmp_path / "sites.csv").write_bytes(TEXT)
    summed = hashlib.sha256(TEXT).hexdigest()
    (tmp_path / "SHA256SUMS").write_text(f"{summed}  sites.csv\n")
    return tmp_path


def manifest(code: str = "1", **table: str) -> Any:
    told = {"sha256": "a", "contract_version": "c"} | table
    return SimpleNamespace(code_version=code, by_name={"sites": SimpleNamespace(**told)})


def test_it_is_that_of_the_release_before(previous: Path) -> None:
    assert _find_same_csv("sites", manifest(), previous, manifest()) == previous / "sites.csv"


@pytest.mark.parametrize(
    "before",
    [
        manifest(sha256="b"),
        manifest(contract_version="d"),
        manifest(code="2"),
        SimpleNamespace(code_version="1", by_name={}),
        None,
    ],
)
def test_it_is_written_anew_where_anything_changed(previous: Path, before: Any) -> None:
    assert _find_same_csv("sites", manifest(), previous, before) is None


def test_it_is_written_anew_where_the_former_was_damaged(previous: Path) -> None:
    (previous / "sites.csv").write_bytes(TEXT + b"2\r\n")
    assert _find_same_csv("sites", manifest(), previous, manifest()) is None
