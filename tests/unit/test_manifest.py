"""The manifest of a release: read, written, refused."""

import json
from pathlib import Path
from typing import Any

import pytest

from assets.catalogue import TABLES
from observatory.errors import InputError
from observatory.metadata.manifest import CheckOutcome, Manifest
from observatory.release.manifest import (
    CONTRACTS,
    MANIFEST,
    read_contracts,
    read_manifest,
    write_contracts,
    write_manifest,
)
from tests.homes import seal

CHECKS = [
    {"rule": "kept", "is_blocking": True, "is_passed": True, "unexpected_count": 0},
    {"rule": "broken", "is_blocking": False, "is_passed": False, "unexpected_count": 3},
]
FILE = {
    "source": "insee/communes",
    "vintage": "2026",
    "file": "communes-élues.csv",
    "sha256": "a" * 64,
    "url": None,
    "archived_at": "2026-11-26T16:08:57+00:00",
}
CORRECTION = {
    "source_key": "insee/communes",
    "source_sha256": "a" * 64,
    "source_line": 68,
    "column": "job_count",
    "value": "388",
    "replacement": "38",
    "note": "a digit typed twice",
    "evidence": "a letter",
    "until": "2027-01-01",
}
TABLE = {
    "name": "labour_jobs",
    "theme": "labour",
    "title": "Métiers",
    "licence": "Licence Ouverte 2.0",
    "contract_version": "eac8250b7a00",
    "code_version": "e324346bfe8f319d",
    "released_in": "20261126T160945664117Z",
    "sources": [FILE],
    "missing_optional_sources": ["insee/epci"],
    "checks": CHECKS,
    "draft_sha256": None,
    "sha256": "b" * 64,
    "row_count": 12,
    "withheld_row_count": 1,
    "corrections": [CORRECTION],
    "thresholds": {"firms": 3, "sales": 5},
}
RELEASE: dict[str, Any] = {
    "release_id": "20261126T160945664117Z",
    "released_at": "2026-11-26T16:09:45Z",
    "theme": "labour",
    "is_fictitious": False,
    "notice": None,
    "territory": "200054807",
    "code_version": "e324346bfe8f319d",
    "previous_release_id": None,
    "restored_from": None,
    "check_count": 2,
    "warning_count": 1,
    "changes_beyond_bounds": {"labour_jobs": ["removed column job_count"]},
    "inputs": [FILE],
    "corrections": [CORRECTION],
    "tables": [TABLE],
    "left_out": {"labour_skills": ["insee/skills"]},
    "not_carried": {"land_sites": "internal today"},
    "edition": "édition de novembre 2026",
}


def read(folder: Path, content: dict[str, Any]) -> Manifest:
    text = json.dumps(content, ensure_ascii=False, indent=1)
    (folder / MANIFEST).write_text(text, "utf-8")
    seal(folder)
    return read_manifest(folder)


def test_a_manifest_that_was_read_is_written_again_byte_for_byte(tmp_path: Path) -> None:
    manifest = read(tmp_path, RELEASE)
    before = (tmp_path / MANIFEST).read_bytes()
    write_manifest(tmp_path, manifest)
    assert (tmp_path / MANIFEST).read_bytes() == before


def test_what_a_later_version_adds_to_a_release_or_a_check_is_kept(tmp_path: Path) -> None:
    later = RELEASE | {"inputs": [FILE | {"size": 3}], "colour": "blue"}
    assert json.loads(read(tmp_path, later).as_json()) == later


def test_a_correction_of_a_release_before_they_were_dated_is_read(tmp_path: Path) -> None:
    undated = {k: v for k, v in CORRECTION.items() if k not in {"evidence", "until"}}
    (correction,) = read(tmp_path, RELEASE | {"corrections": [undated]}).corrections
    assert (correction.value, correction.evidence, correction.until) == ("388", None, None)


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"tables": [TABLE | {"colour": "blue"}]}, r"tables\.0\.colour"),
        ({"tables": [{k: v for k, v in TABLE.items() if k != "licence"}]}, r"tables\.0\.licence"),
        ({"inputs": [{"source": "insee/communes"}]}, r"inputs\.0\.vintage"),
        ({"check_count": "many"}, "check_count"),
    ],
)
def test_a_manifest_of_another_shape_is_refused_in_one_sentence(
    tmp_path: Path, change: dict[str, Any], where: str
) -> None:
    with pytest.raises(InputError, match=rf"is damaged \({where}") as raised:
        read(tmp_path, RELEASE | change)
    assert "\n" not in str(raised.value)


def test_a_check_is_added_to_a_copy_and_failed_rules_are_warnings(tmp_path: Path) -> None:
    table = read(tmp_path, RELEASE).by_name["labour_jobs"]
    late = CheckOutcome(rule="late", is_blocking=False, is_passed=False, unexpected_count=1)
    assert table.with_check(late).warnings == ["broken", "late"]
    assert table.warnings == ["broken"]


def test_contracts_written_before_texts_had_two_languages_are_read(tmp_path: Path) -> None:
    """The first run after an upgrade compares its tables with the release that stands."""
    table = TABLES["land_commune_sheets"]
    write_contracts(tmp_path, [table])
    written = json.loads((tmp_path / CONTRACTS).read_text("utf-8"))
    old = written[table.name]
    texts = [(old, "grain"), (old, "reference_period")]
    texts += [(column, name) for column in old["columns"] for name in ("unit", "null_means")]
    for holder, name in texts:
        if holder[name] is not None:
            holder[name] = holder[name]["en"]
    (tmp_path / CONTRACTS).write_text(json.dumps(written), "utf-8")
    seal(tmp_path)
    found = read_contracts(tmp_path)[table.name]
    assert [column.name for column in found.columns] == [column.name for column in table.columns]
    assert found.grain.en == table.grain.en
