"""What moved since the last release, in occupations and hectares."""

import importlib
import pkgutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import polars as pl
import pytest

import checks
from assets.catalogue import TABLES
from observatory.land.balance import SCOPES
from observatory.metadata.french_rules import RULES_FR, say_rule, say_why
from observatory.metadata.manifest import Manifest
from observatory.pipeline.accounting import BECAUSE
from observatory.pipeline.rules import rules_from_contract
from observatory.release.manifest import write_contracts, write_manifest
from observatory.release.planning import BOUNDS_RULE
from observatory.release.published import Published
from observatory.settings import Settings
from observatory.web.moves import (
    BALANCE,
    STATE_COLUMNS,
    _tell_projects,
    _tell_tension,
    find_before,
    tell_land,
)
from tests.homes import seal
from tests.unit.test_citing import manifest


def occupations(*rows: tuple[str, int, int | None, int, int | None]) -> pl.DataFrame:
    schema = {
        "fap_code": pl.String,
        "class_year": pl.Int64,
        "tension_class": pl.Int64,
        "needs_year": pl.Int64,
        "project_count": pl.Int64,
    }
    return pl.DataFrame(rows, schema=schema, orient="row").with_columns(
        territory_level=pl.lit("epci"),
        territory_code=pl.lit("200054807"),
        fap_label="Métier " + pl.col("fap_code"),
        has_tension=pl.col("tension_class").is_not_null(),
    )


def test_occupations_whose_class_moved_are_named() -> None:
    was = occupations(("A", 2024, 3, 2025, 10), ("B", 2024, 4, 2025, 10), ("C", 2024, 2, 2025, 10))
    now = occupations(("A", 2024, 5, 2025, 10), ("B", 2024, 3, 2025, 10), ("C", 2024, 2, 2025, 10))
    assert _tell_tension(was, now) == [
        "1 métier plus en tension qu'avant : Métier A.",
        "1 métier moins en tension qu'avant : Métier B.",
    ]
    assert _tell_tension(was, was) == []


def test_two_editions_of_the_tension_are_not_compared() -> None:
    was, now = occupations(("A", 2023, 3, 2025, 10)), occupations(("A", 2024, 5, 2025, 10))
    (said,) = _tell_tension(was, now)
    assert "2024 au lieu de 2023" in said
    assert "plus en tension" not in said


def test_projects_are_counted_where_both_figures_are_printed() -> None:
    was = occupations(("A", 2024, 3, 2025, 10), ("B", 2024, 4, 2025, None))
    now = occupations(("A", 2024, 3, 2026, 7), ("B", 2024, 4, 2026, 50))
    (said,) = _tell_projects(was, now)
    assert "de 2025 à 2026" in said
    assert "soit −3 sur 1 métier " in said
    assert _tell_projects(was, was) == []


class Stock:
    """A release with a balance of land and some sites."""

    contracts = TABLES

    def __init__(self, sites: int, **hectares: float | None) -> None:
        known = dict.fromkeys(STATE_COLUMNS, 10.0) | hectares
        self.tables = {
            BALANCE: pl.DataFrame([{"epci_code": "1", "perimeter_scope": SCOPES[0], **known}]),
            "land_sites": pl.DataFrame({"site_id": list(range(sites))}),
        }

    def table(self, name: str) -> pl.DataFrame:
        return self.tables[name]


def test_hectares_that_moved_are_told_and_those_that_did_not_are_not() -> None:
    told = tell_land(Stock(3), Stock(4, free_ha=7.5))  # type: ignore[arg-type]
    assert len(told) == 2
    assert "7,5 ha au lieu de 10,0 (−2,5 ha)" in told[0]
    assert told[1] == "4 sites économiques au lieu de 3."
    assert tell_land(Stock(3), Stock(3, free_ha=10.01)) == []  # type: ignore[arg-type]


def test_hectares_that_are_not_known_any_more_are_not_zero() -> None:
    (said,) = tell_land(Stock(3), Stock(3, free_ha=None))  # type: ignore[arg-type]
    assert "n'est plus connu" in said


def release(folder: Path, name: str, previous: str | None, released_in: str) -> Manifest:
    """A release that holds one table of geography."""
    (folder / name).mkdir(parents=True)
    base = manifest()
    table = base.tables[0].model_copy(update={"released_in": released_in})
    made = base.model_copy(
        update={"release_id": name, "previous_release_id": previous, "tables": (table,)}
    )
    write_contracts(folder / name, [TABLES[table.name]])
    write_manifest(folder / name, made)
    seal(folder / name)
    return made


@pytest.mark.parametrize(
    ("kept", "released_in", "before"),
    [
        (("1", "2", "3"), "1", None),  # the theme's first
        (("1", "2", "3"), "3", "2"),
        (("1", "2", "3"), "2", "1"),  # carried over since
        (("1", "3"), "3", None),  # pruned
        (("1", "3"), "2", None),
    ],
)
def test_a_theme_is_compared_with_what_came_before_its_own_release(
    tmp_path: Path, kept: tuple[str, ...], released_in: str, before: str | None
) -> None:
    made = {}
    for name, previous in (("1", None), ("2", "1"), ("3", "2")):
        if name in kept:
            made[name] = release(tmp_path, name, previous, released_in)
    published = Published(tmp_path / "3", made["3"], {}, Settings(home=tmp_path / "home"))
    found = find_before(published, "geography")
    assert (found and found.folder.name) == before
    assert find_before(published, "land") is None


def rule_names() -> set[str]:
    names = {rule.name for table in TABLES.values() for rule in rules_from_contract(table)}
    for module in pkgutil.iter_modules(checks.__path__):
        rules: Any = getattr(importlib.import_module(f"checks.{module.name}"), "RULES", {})
        names |= {rule.name for own in rules.values() for rule in own}
    return names | set(BECAUSE) | {BOUNDS_RULE}


def test_each_rule_is_said_in_french() -> None:
    assert rule_names() - set(RULES_FR) == set()


def test_a_rule_without_french_words_is_shown_as_its_author_wrote_it() -> None:
    assert say_rule("zones_are_whole") == "zones are whole"
    assert say_why("zones_are_whole", "They are.") == "They are."


def test_failures_come_first_and_alone() -> None:
    from observatory.web.reference import list_checks, sum_up

    rows = pl.DataFrame(
        {
            "subject": ["land_units", "geography_epci"],
            "rule": ["secrecy_holds", "key_is_unique"],
            "because": ["x", "y"],
            "is_blocking": [True, False],
            "is_passed": [True, False],
            "unexpected_count": [0, 3],
        }
    )
    sources = pl.DataFrame(
        {"source_key": ["a/b"], "title": ["Une source"], "is_overdue": [None]},
        schema_overrides={"is_overdue": pl.Boolean},
    )
    tables = {
        "quality_checks": rows,
        "quality_sources": sources,
        "quality_issue_types": pl.DataFrame(),
    }
    published: Any = SimpleNamespace(table=tables.__getitem__, contracts=TABLES)
    ((subject, rule, *_),) = list_checks(published, is_failed=True).rows
    assert subject.shown == TABLES["geography_epci"].title_fr
    assert rule.shown == "Chaque ligne est seule à porter sa clé"
    told = sum_up(published)
    assert (told["failed"], told["late"], told["issues"]) == (1, 0, 0)
