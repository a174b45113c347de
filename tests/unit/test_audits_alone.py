"""A check run alone: the whole audit is made and stored, what was asked is told, warnings show."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl
import pytest

from observatory.metadata.tables import Column, Table
from observatory.metadata.texts import Text
from observatory.pipeline import audits
from observatory.pipeline.audits import AUDITS, CONTRACT_RULES, RuleResult, stored_audit
from observatory.pipeline.rules import Rule
from observatory.settings import Settings
from observatory.storage.frames import Store

TEXT = Text(fr="un", en="one")
SMALL = Table(
    name="land_small",
    title_fr="",
    title_en="",
    grain=TEXT,
    key=("code",),
    columns=(Column(name="code", kind="code", label="", fr="", en="", sensitive=False),),
    sources=(),
    licence="",
    reference_period=TEXT,
    publish_level="public",
    secrecy="no_figures_on_firms",
)
WARNED = Rule(name="is_usual", because="Else it may be wrong.", expectations=(), blocking=False)


@pytest.fixture
def looks() -> list[str]:
    return []


@pytest.fixture
def job(
    tmp_path: Path, looks: list[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[dg.JobDefinition]:
    """A table, its checks, and a home; each look at the table is counted."""
    settings = Settings(home=tmp_path)
    Store.of(settings).write("land_small", pl.DataFrame({"code": ["1"]}))

    def look(_: pl.DataFrame, rules: list[Rule], *__: Any, **___: Any) -> list[RuleResult]:
        looks.append("look")
        passing = [RuleResult.passing(rule) for rule in rules]
        return [*passing[:-1], RuleResult(**{**vars(passing[-1]), "is_passed": False})]

    monkeypatch.setattr(audits, "run_rules", look)
    checks = audits.build_checks(SMALL, [WARNED], {}, CONTRACT_RULES)

    @dg.asset(name="land_small")
    def table() -> None:
        """The table is there."""

    graph = dg.Definitions(
        assets=[table],
        asset_checks=[checks],
        jobs=[dg.define_asset_job("all", selection=dg.AssetSelection.all())],
        resources={"settings": settings, "store": Store.of(settings)},
    )
    yield graph.resolve_job_def("all")
    del AUDITS["land_small"]


def told(done: dg.ExecuteInProcessResult) -> list[str]:
    assert done.success
    return sorted(found.check_name for found in done.get_asset_check_evaluations())


def test_a_check_alone_makes_and_stores_the_whole_audit(
    job: dg.JobDefinition, looks: list[str], tmp_path: Path
) -> None:
    every = told(job.execute_in_process())
    assert "is_usual" in every
    assert len(every) > 1
    assert told(job.execute_in_process()) == every
    assert looks == ["look"]  # what was looked at is not looked at again
    alone = dg.AssetCheckKey(dg.AssetKey("land_small"), "is_usual")
    subset = job.get_subset(asset_selection=set(), asset_check_selection={alone})
    assert told(subset.execute_in_process()) == ["is_usual"]
    assert looks == ["look", "look"]
    stored = stored_audit(Settings(home=tmp_path), "land_small")
    assert stored is not None
    assert sorted(result.rule for result in stored.results) == every


def test_a_warning_that_failed_is_a_tag_of_the_run(job: dg.JobDefinition) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        done = job.execute_in_process(instance=instance)
        run = instance.get_run_by_id(done.run_id)
    assert run is not None
    assert done.success
    assert run.tags["warning/land_small"] == "is_usual"
