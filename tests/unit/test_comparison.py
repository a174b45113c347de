"""What changed between two releases, by key."""

import json
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from observatory.metadata import units
from observatory.metadata.columns.making import count
from observatory.metadata.tables import Column, Table
from observatory.metadata.texts import Text
from observatory.metadata.units import Unit
from observatory.release.comparison import Version, compare, compare_table
from observatory.release.reporting import as_html, as_json, as_markdown

CODE = Column(name="code", kind="code", label="c", fr="c", en="c", sensitive=False)
JOBS = count("job_count", "j", "j", "j", Text(fr="inconnu", en="unknown"), unit=units.JOBS)
YEAR = replace(JOBS, name="year", unit=units.YEAR)
TABLE = Table(
    name="labour_test",
    title_fr="t",
    title_en="t",
    grain=Text(fr="g", en="g"),
    key=("code",),
    columns=(CODE, JOBS),
    sources=("a/b",),
    licence="l",
    reference_period=Text(fr="p", en="p"),
    publish_level="public",
    secrecy="no_figures_on_firms",
)


def version(folder: Path, name: str, rows: dict[str, int | None], table: Table = TABLE) -> Version:
    path = folder / f"{name}.parquet"
    frame = pl.DataFrame(
        {"code": list(rows), "job_count": list(rows.values())},
        schema={"code": pl.String, "job_count": pl.Int64},
    )
    frame.select([c.name for c in table.columns if c.name in frame.columns]).write_parquet(path)
    return Version(table=table, parquet=path, sha256=name)


def test_rows_are_compared_by_key(tmp_path: Path) -> None:
    old = version(tmp_path, "old", {"a": 10, "b": 20, "c": None, "d": 4})
    new = version(tmp_path, "new", {"a": 10, "b": 25, "c": 1, "e": 7})
    change = compare_table(old, new)
    assert (change.before, change.after) == (4, 4)
    assert (change.added, change.removed, change.changed) == (1, 1, 2)
    (move,) = change.moves
    assert (move.key, move.column, move.before, move.after) == ("code=b", "job_count", 20, 25)


def test_a_figure_that_becomes_unknown_is_a_change(tmp_path: Path) -> None:
    change = compare_table(
        version(tmp_path, "old", {"a": 10}), version(tmp_path, "new", {"a": None})
    )
    assert change.changed == 1


def test_the_same_file_is_not_read_row_by_row(tmp_path: Path) -> None:
    same = version(tmp_path, "old", {"a": 10})
    assert compare_table(same, same).state == "same"


def test_tables_that_come_and_go_are_named(tmp_path: Path) -> None:
    one = version(tmp_path, "one", {"a": 1, "b": 2})
    gone, came = compare({"labour_test": one}, {}), compare({}, {"labour_test": one})
    assert [(c.state, c.removed) for c in gone] == [("removed", 2)]
    assert [(c.state, c.added) for c in came] == [("added", 2)]
    assert gone[0].breaches == ["the table is not in the new release"]


def test_schema_changes_are_named(tmp_path: Path) -> None:
    other = replace(
        TABLE,
        columns=(CODE, replace(JOBS, unit=Unit(fr="milliers d'emplois", en="thousands of jobs"))),
    )
    change = compare_table(
        version(tmp_path, "old", {"a": 1}), version(tmp_path, "new", {"a": 1}, other)
    )
    assert change.schema == ["changed unit of job_count: jobs → thousands of jobs"]
    lost = replace(TABLE, columns=(CODE,))
    fewer = compare_table(
        version(tmp_path, "old", {"a": 1}), version(tmp_path, "less", {"a": 1}, lost)
    )
    assert fewer.breaches == ["removed column job_count"]


@pytest.mark.parametrize(("gone", "breached"), [(10, False), (11, True)])
def test_the_bound_on_rows_that_go_is_ten_percent(
    tmp_path: Path, gone: int, breached: bool
) -> None:
    rows: dict[str, int | None] = {f"{i:03d}": i for i in range(100)}
    kept = dict(list(rows.items())[gone:])
    change = compare_table(version(tmp_path, "old", rows), version(tmp_path, "new", kept))
    assert bool(change.breaches) is breached


@pytest.mark.parametrize(("moved", "breached"), [(30, False), (31, True)])
def test_the_bound_on_rows_that_change_is_thirty_percent(
    tmp_path: Path, moved: int, breached: bool
) -> None:
    rows: dict[str, int | None] = {f"{i:03d}": i for i in range(100)}
    after = {k: (v or 0) + 1000 if int(k) < moved else v for k, v in rows.items()}
    change = compare_table(version(tmp_path, "old", rows), version(tmp_path, "new", after))
    assert bool(change.breaches) is breached


def test_reports_say_the_same(tmp_path: Path) -> None:
    changes = compare(
        {"labour_test": version(tmp_path, "old", {"a|<b>": 1})},
        {"labour_test": version(tmp_path, "new", {"a|<b>": 9})},
    )
    page = as_markdown(changes, "one", "two")
    assert "| labour_test | changed | 1 | 1 | 0 | 0 | 1 |" in page
    assert "job_count: 1 → 9 (code=a\\|&lt;b>)" in page
    assert "first release" in as_markdown([], None, "two")
    assert json.loads(as_json(changes, "one", "two"))["tables"][0]["moves"][0]["after"] == 9


def test_what_is_unusual_is_in_every_report(tmp_path: Path) -> None:
    old = {"labour_test": version(tmp_path, "old", {"a": 10, "b": 20, "<c>": 30})}
    new = {"labour_test": version(tmp_path, "new", {"a": 10, "b": 20, "<c>": 900})}
    changes = compare(old, new)
    (found,) = changes[0].anomalies
    assert (found.rule, found.column, found.count) == ("release", "job_count", 1)
    told = json.loads(as_json(changes, "old", "new"))["tables"][0]["anomalies"]
    assert told == [
        {
            "rule": "release",
            "column": "job_count",
            "count": 1,
            "examples": ["30 → 900 (code=<c>)"],
        }
    ]
    assert "- **job_count** : plus de 2 fois" in as_markdown(changes, "old", "new")
    assert "(code=&lt;c>)" in as_markdown(changes, "old", "new")
    page = as_html(changes, "old", "new", around={"Code": ["1 → 2"]})
    assert "À regarder avant de publier : 1" in page
    assert "30 → 900 (code=&lt;c&gt;)" in page
    assert "Aucune anomalie" in as_html(compare(new, new), "old", "new")


def test_a_first_release_tells_what_is_unusual_in_it(tmp_path: Path) -> None:
    series = replace(TABLE, key=("year", "code"), columns=(CODE, YEAR, JOBS))
    path = tmp_path / "series.parquet"
    rows = {"code": ["a", "a"], "year": [2023, 2024], "job_count": [10, 90]}
    pl.DataFrame(rows).write_parquet(path)
    changes = compare({}, {"labour_test": Version(table=series, parquet=path, sha256="new")})
    told = as_markdown(changes, None, "new")
    assert told.startswith("# new\n\nPremière publication")
    assert "10 → 90 (year=2024, code=a)" in told
    same = version(tmp_path, "new", {"a": 1})
    assert "##" not in as_markdown(compare({}, {"labour_test": same}), None, "new")
