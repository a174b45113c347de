"""Great Expectations as Dagster checks: one step per table, one stored result per rule.

Great Expectations takes seconds to import, so it is imported inside the step that needs it;
nothing else in the project imports it.
"""

import datetime as dt
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl

from observatory.archive import Archive, missing_sources
from observatory.contracts import Table
from observatory.io import Store
from observatory.lineage import code_version
from observatory.settings import Settings, load_settings
from observatory.sources import Card

EXAMPLES = 5
Observe = Callable[[pl.DataFrame, Store], pl.DataFrame]


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One expectation, named as a sentence that is true when it passes.

    ``observe`` turns the draft into the frame the expectation looks at: derived scalars,
    totals, or a comparison with other frames of the store, which ``reads`` names.
    """

    name: str
    expectation: str
    arguments: dict[str, Any] = field(default_factory=dict)
    because: str
    blocking: bool = True
    observe: Observe | None = None
    reads: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class RuleResult:
    """What one rule found on one version of a subject."""

    rule: str
    because: str
    is_blocking: bool
    is_passed: bool
    unexpected_count: int
    examples: list[str]
    error: str | None = None


@dataclass(frozen=True, kw_only=True)
class Audit:
    """All results of one subject, stored against the hash of what was looked at."""

    subject: str
    sha256: str
    code_version: str
    audited_at: str
    results: list[RuleResult]

    @property
    def failures(self) -> list[RuleResult]:
        """Blocking rules that did not pass."""
        return [r for r in self.results if r.is_blocking and not r.is_passed]

    @property
    def warnings(self) -> list[RuleResult]:
        """Other rules that did not pass."""
        return [r for r in self.results if not r.is_blocking and not r.is_passed]


def store_audit(settings: Settings, subject: str, sha256: str, results: list[RuleResult]) -> Audit:
    """Keep the results of one version of a subject; a later audit of it replaces them."""
    audit = Audit(
        subject=subject,
        sha256=sha256,
        code_version=code_version(),
        audited_at=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        results=results,
    )
    path = _audit_path(settings, subject, sha256)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".writing")
    temporary.write_text(json.dumps(asdict(audit), ensure_ascii=False, indent=1), "utf-8")
    temporary.replace(path)
    return audit


def load_audit(settings: Settings, subject: str, sha256: str) -> Audit | None:
    """The stored results of that very version, made by the code that runs now; else None."""
    path = _audit_path(settings, subject, sha256)
    if not path.exists():
        return None
    stored = json.loads(path.read_text("utf-8"))
    audit = Audit(**{**stored, "results": [RuleResult(**r) for r in stored["results"]]})
    return audit if audit.code_version == code_version() else None


def _audit_path(settings: Settings, subject: str, sha256: str) -> Path:
    return settings.audits / subject / f"{sha256}.json"


def rules_from_contract(table: Table) -> list[Rule]:
    """Rules every table gets for free from its contract."""
    rules = [
        Rule(
            name="table_has_rows",
            expectation="ExpectTableRowCountToBeBetween",
            arguments={"min_value": 0 if table.may_be_empty else 1},
            because="A table without rows tells readers that there is nothing, which nobody found.",
        ),
        Rule(
            name="key_is_unique",
            expectation="ExpectCompoundColumnsToBeUnique"
            if len(table.key) > 1
            else "ExpectColumnValuesToBeUnique",
            arguments={"column_list": list(table.key)}
            if len(table.key) > 1
            else {"column": table.key[0]},
            because=f"The grain is: {table.grain}.",
        ),
    ]
    for column in table.columns:
        if column.kind == "geometry":
            continue
        about = {"column": column.name}
        if not column.nullable:
            rules.append(
                Rule(
                    name=f"{column.name}_is_present",
                    expectation="ExpectColumnValuesToNotBeNull",
                    arguments=about,
                    because="The contract has no meaning for a blank here.",
                )
            )
        if column.pattern:
            rules.append(
                Rule(
                    name=f"{column.name}_is_well_formed",
                    expectation="ExpectColumnValuesToMatchRegex",
                    arguments={**about, "regex": column.pattern},
                    because=f"Codes look like {column.pattern}.",
                )
            )
        if column.allowed:
            rules.append(
                Rule(
                    name=f"{column.name}_is_a_known_value",
                    expectation="ExpectColumnValuesToBeInSet",
                    arguments={**about, "value_set": list(column.allowed)},
                    because=f"Allowed values: {', '.join(column.allowed)}.",
                )
            )
        if column.minimum is not None or column.maximum is not None:
            rules.append(
                Rule(
                    name=f"{column.name}_is_in_range",
                    expectation="ExpectColumnValuesToBeBetween",
                    arguments={
                        **about,
                        "min_value": column.minimum,
                        "max_value": column.maximum,
                    },
                    because=f"Plausible: {column.minimum} to {column.maximum} {column.unit or ''}.",
                )
            )
    return rules


def build_checks(
    table: Table, rules: Sequence[Rule], cards: dict[str, Card]
) -> dg.AssetChecksDefinition:
    """One step for ``table``: every rule of its contract and every one given, stored and shown.

    A table whose required source nobody archived is left out of the release: its checks say
    so instead of failing, and nothing is stored for it.
    """
    every = [*rules_from_contract(table), *rules]
    key = dg.AssetKey(table.name)
    others = sorted({name for rule in rules for name in rule.reads})

    @dg.multi_asset_check(
        name=f"{table.name}_audit",
        specs=[
            dg.AssetCheckSpec(
                r.name,
                asset=key,
                description=r.because,
                blocking=r.blocking,
                additional_deps=[dg.AssetKey(name) for name in others],
            )
            for r in every
        ],
        can_subset=False,
    )
    def audit() -> Iterator[dg.AssetCheckResult]:
        settings = load_settings()
        archive = Archive(settings.archive)
        absent = missing_sources(archive, table.sources, cards, sample=settings.is_sample)
        if absent:
            for rule in every:
                yield _check_result(key, rule, None, f"left out: no file for {', '.join(absent)}")
            return
        store = Store.of(settings)
        results = run_rules(store.read(table.name), every, store, named_by=table.key)
        store_audit(settings, table.name, store.sha256(table.name), results)
        for rule, result in zip(every, results, strict=True):
            yield _check_result(key, rule, result, None)

    return audit


def _check_result(
    key: dg.AssetKey, rule: Rule, result: RuleResult | None, note: str | None
) -> dg.AssetCheckResult:
    metadata: dict[str, Any] = {"expectation": rule.expectation}
    if note:
        metadata["note"] = note
    if result:
        metadata["unexpected_count"] = result.unexpected_count
        metadata["examples"] = dg.MetadataValue.json(result.examples)
        if result.error:
            metadata["error"] = result.error
    return dg.AssetCheckResult(
        passed=result.is_passed if result else True,
        asset_key=key,
        check_name=rule.name,
        severity=dg.AssetCheckSeverity.ERROR if rule.blocking else dg.AssetCheckSeverity.WARN,
        metadata=metadata,
    )


def warm_up() -> None:
    """Pay for the slow import once, before the first audit of a process."""
    import great_expectations  # noqa: F401


def run_rules(
    frame: pl.DataFrame, rules: Sequence[Rule], store: Store, *, named_by: Sequence[str] = ()
) -> list[RuleResult]:
    """Look at ``frame`` with every rule; results come back in the order of ``rules``.

    Examples of offending rows are named by the columns ``named_by``, where the view has them.
    """
    by_view: dict[Observe | None, list[int]] = {}
    for index, rule in enumerate(rules):
        by_view.setdefault(rule.observe, []).append(index)
    results: dict[int, RuleResult] = {}
    for observe, indexes in by_view.items():
        view = observe(frame, store) if observe else frame
        found = _validate(view, [rules[i] for i in indexes], named_by)
        results.update(zip(indexes, found, strict=True))
    return [results[index] for index in range(len(rules))]


def _validate(
    frame: pl.DataFrame, rules: Sequence[Rule], named_by: Sequence[str]
) -> list[RuleResult]:
    import great_expectations as gx
    import great_expectations.expectations as gxe
    from great_expectations.data_context.types.base import ProgressBarsConfig

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    attributes = frame.select(pl.exclude(pl.Binary))
    batch = (
        context.data_sources.add_pandas("memory")
        .add_dataframe_asset("frame")
        .add_batch_definition_whole_dataframe("whole")
        .get_batch({"dataframe": attributes.to_pandas()})
    )
    suite = gx.ExpectationSuite(
        name="audit",
        expectations=[
            getattr(gxe, rule.expectation)(**rule.arguments, meta={"rule": rule.name})
            for rule in rules
        ],
    )
    names = [column for column in named_by if column in attributes.columns]
    report = batch.validate(
        suite,
        result_format={"result_format": "COMPLETE", "unexpected_index_column_names": names},
    )
    found = {r.expectation_config.meta["rule"]: r for r in report.results}
    return [_rule_result(rule, found[rule.name]) for rule in rules]


def _rule_result(rule: Rule, found: Any) -> RuleResult:
    detail = found.result or {}
    raised = _exception_message(found.exception_info or {})
    examples = detail.get("unexpected_index_list") or detail.get("partial_unexpected_list") or []
    if not examples and not found.success and "observed_value" in detail:
        examples = [detail["observed_value"]]
    return RuleResult(
        rule=rule.name,
        because=rule.because,
        is_blocking=rule.blocking,
        is_passed=bool(found.success) and raised is None,
        unexpected_count=int(detail.get("unexpected_count") or 0),
        examples=[_example(v) for v in examples[:EXAMPLES]],
        error=raised,
    )


def _example(value: object) -> str:
    """A value as a reader would write it: no ``np.int64(…)``."""
    if isinstance(value, dict):
        return ", ".join(f"{k}={_example(v)}" for k, v in value.items())
    if isinstance(value, (list, tuple)):
        return ", ".join(_example(v) for v in value)
    return str(value)


def _exception_message(info: dict[str, Any]) -> str | None:
    if "raised_exception" in info:
        return str(info["exception_message"]) if info["raised_exception"] else None
    messages = [i["exception_message"] for i in info.values() if i.get("raised_exception")]
    return str(messages[0]) if messages else None
