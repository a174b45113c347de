"""Great Expectations as Dagster checks: one step per table, one stored result per rule.

Great Expectations takes seconds to import, so it is imported inside the step that needs it;
nothing else in the project imports it.
"""

import contextlib
import datetime as dt
import functools
import logging
import threading
from collections.abc import Callable, Iterator, Sequence, Set
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl
from pydantic import TypeAdapter

from observatory.errors import DamagedFileError, InputError
from observatory.metadata.cards import Card
from observatory.metadata.tables import Table
from observatory.pipeline.code import code_of
from observatory.pipeline.rules import (
    NOT_LOOKED_AT,
    Expectation,
    Observe,
    Rule,
    rules_from_contract,
)
from observatory.pipeline.run_settings import RunSettings
from observatory.pipeline.steps import TAKE, shown
from observatory.settings import Settings
from observatory.storage.archive import Archive
from observatory.storage.frames import Store
from observatory.storage.integrity import read_json, remove, write_json

LOG = logging.getLogger(__name__)
MOST_EXAMPLES = 5
CONTRACT_RULES = "observatory.pipeline.rules"
# Great Expectations is changed for as long as it looks
_ONE_AT_A_TIME = threading.Lock()
HIDDEN_ERROR = "the values of a sensitive column could not be looked at"


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

    @classmethod
    def passing(cls, rule: Rule) -> "RuleResult":
        """The result of a rule that has nothing to look at."""
        return cls(
            rule=rule.name,
            because=rule.because,
            is_blocking=rule.blocking,
            is_passed=True,
            unexpected_count=0,
            examples=[],
        )


@dataclass(frozen=True, kw_only=True)
class Audit:
    """All results of one subject, stored against the hash of what was looked at.

    ``reads`` are the versions of the other frames that its rules compared it with; ``code`` is the
    module of the rules, and ``code_version`` the hash of it and of all it imports.
    """

    subject: str
    sha256: str
    code: str
    code_version: str
    audited_at: str
    results: list[RuleResult]
    reads: dict[str, str] = field(default_factory=dict)

    @property
    def failures(self) -> list[RuleResult]:
        """Blocking rules that did not pass."""
        return [r for r in self.results if r.is_blocking and not r.is_passed]


@dataclass(frozen=True, kw_only=True)
class Checks:
    """The checks of one table.

    ``is_done``: whether its draft as it is was looked at with the rules as they are; ``work``
    looks and tells; ``reads`` are the other frames that it is compared with.
    """

    is_done: Callable[[Settings], bool]
    work: Callable[[Settings], Iterator[dg.AssetCheckResult]]
    reads: tuple[str, ...]


AUDIT = TypeAdapter(Audit)
# by table
AUDITS: dict[str, Checks] = {}


def store_audit(
    settings: Settings,
    subject: str,
    sha256: str,
    results: list[RuleResult],
    reads: dict[str, str] | None = None,
    code: str = CONTRACT_RULES,
) -> Audit:
    """Keep the results of one version of a subject; a later audit of it replaces them."""
    audit = Audit(
        subject=subject,
        sha256=sha256,
        code=code,
        code_version=code_of(code),
        audited_at=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        results=results,
        reads=reads or {},
    )
    path = _audit_path(settings, subject, sha256)
    if path.is_dir():
        remove(path)
    write_json(path, asdict(audit))
    return audit


def load_audit(settings: Settings, subject: str, sha256: str) -> Audit | None:
    """The stored results of that very version; else None.

    None too where other code made them, where a frame they compared with has changed, or where
    they cannot be read any more: the next run makes them again.
    """
    path = _audit_path(settings, subject, sha256)
    if not path.exists():
        return None
    try:
        audit = read_json(path, AUDIT, "the next run makes it again.")
    except DamagedFileError as error:
        LOG.warning("%s", error)
        return None
    is_current = audit.code_version == code_of(audit.code)
    return audit if is_current and _still_reads(audit, Store.of(settings)) else None


def _still_reads(audit: Audit, store: Store) -> bool:
    """Whether the frames that an audit compared with are there, whole, as they were."""
    try:
        return all(store.has(name) and store.noted(name) == at for name, at in audit.reads.items())
    except InputError:
        return False


def stored_audit(settings: Settings, subject: str) -> Audit | None:
    """The stored results of a frame as it is; of one in parts, those of all of them together.

    None where a part has none, or has other rules.
    """
    hashes = Store.of(settings).hashes(subject)
    found = [load_audit(settings, subject, sha256) for sha256 in hashes]
    audits = [audit for audit in found if audit is not None]
    if len(audits) < len(found) or not audits:
        return None
    by_rule = zip(*(audit.results for audit in audits), strict=True)
    return replace(audits[0], results=[_together(results) for results in by_rule])


def _together(results: Sequence[RuleResult]) -> RuleResult:
    """What one rule found in all parts."""
    failed = [r for r in results if not r.is_passed]
    return replace(
        failed[0] if failed else results[0],
        unexpected_count=sum(r.unexpected_count for r in results),
        examples=[e for r in results for e in r.examples][:MOST_EXAMPLES],
    )


def audit_paths(settings: Settings, subject: str, hashes: Sequence[str]) -> list[Path]:
    """Where the stored results of these versions of a subject are, those that there are."""
    paths = [_audit_path(settings, subject, sha256) for sha256 in hashes]
    return [path for path in paths if path.is_file()]


def _audit_path(settings: Settings, subject: str, sha256: str) -> Path:
    return settings.audits / subject / f"{sha256}.json"


def build_checks(
    table: Table, rules: Sequence[Rule], cards: dict[str, Card], code: str
) -> dg.AssetChecksDefinition:
    """One step for ``table``: every rule of its contract and every one given, stored and shown.

    ``code`` is the module of the rules. A table whose required source nobody archived is left out
    of the release: its checks say so instead of failing, and nothing is stored for it. What was
    looked at is not looked at again, unless checks are run without their table: the whole audit is
    made and stored then, and what was asked for is told.
    """
    every = [*rules_from_contract(table), *rules]
    key = dg.AssetKey(table.name)
    others = sorted({name for rule in rules for name in rule.reads})
    name = f"{table.name}_audit"

    def is_done(settings: Settings) -> bool:
        archive, store = Archive(settings.archive), Store.of(settings)
        if missing_sources(archive, table, cards, sample=settings.is_sample):
            return True
        audit = load_audit(settings, table.name, store.sha256(table.name))
        return audit is not None and audit.code == code

    def look(settings: Settings, *, anew: bool = False) -> Iterator[dg.AssetCheckResult]:
        archive = Archive(settings.archive)
        absent = missing_sources(archive, table, cards, sample=settings.is_sample)
        if absent:
            for rule in every:
                found = RuleResult.passing(rule)
                yield check_result(table.name, found, f"left out: no file for {', '.join(absent)}")
            return
        store = Store.of(settings)
        version = store.sha256(table.name)
        stored = None if anew else load_audit(settings, table.name, version)
        if stored is None:
            reads = {name: store.noted(name) for name in others}
            rows = store.read(table.name)
            results = run_rules(rows, every, store, named_by=table.key, hidden=table.unshown)
            stored = store_audit(settings, table.name, version, results, reads, code)
        is_empty = store.scan(table.name).select(pl.len()).collect().item() == 0
        for result in stored.results:
            yield check_result(table.name, result, "no row" if is_empty else None)

    AUDITS[table.name] = Checks(is_done=is_done, work=look, reads=tuple(others))

    @dg.multi_asset_check(
        name=name,
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
        can_subset=True,
    )
    def audit(
        context: dg.AssetCheckExecutionContext, settings: RunSettings
    ) -> Iterator[dg.AssetCheckResult]:
        """Look, unless that was done before Dagster came to it; tell of what was asked for."""
        made_before = TAKE.get()(name)
        anew = key not in context.job_def.asset_layer.selected_asset_keys
        every = look(settings, anew=anew) if made_before is None else made_before
        asked = {found.name for found in context.selected_asset_check_keys}
        told = (found for found in every if found.check_name in asked)
        yield from shown(context, table.name, told)

    return audit


def check_result(subject: str, result: RuleResult, note: str | None) -> dg.AssetCheckResult:
    """What Dagster is told of one rule; ``note`` says why it had nothing to look at."""
    metadata: dict[str, Any] = {"unexpected_count": result.unexpected_count}
    if note:
        metadata[NOT_LOOKED_AT] = note
    if result.examples:
        metadata["examples"] = dg.MetadataValue.json(result.examples)
    if result.error:
        metadata["error"] = result.error
    return dg.AssetCheckResult(
        passed=result.is_passed,
        asset_key=subject,
        check_name=result.rule,
        severity=dg.AssetCheckSeverity.ERROR if result.is_blocking else dg.AssetCheckSeverity.WARN,
        metadata=metadata,
    )


def missing_sources(
    archive: Archive, table: Table, cards: dict[str, Card], *, sample: bool
) -> list[str]:
    """Sources that ``table`` cannot do without and for which no usable file is archived."""
    lacking = [key for key in table.sources if not archive.latest(cards[key], sample=sample)]
    lacking += [
        " or ".join(group)
        for group in table.one_of_each
        if not any(archive.latest(cards[key], sample=sample) for key in group)
    ]
    return lacking


def warm_up() -> None:
    """Pay for the slow import once, before the first audit of a process."""
    import great_expectations  # noqa: F401


def run_rules(
    frame: pl.DataFrame,
    rules: Sequence[Rule],
    store: Store,
    *,
    named_by: Sequence[str] = (),
    hidden: Set[str] = frozenset(),
) -> list[RuleResult]:
    """Look at ``frame`` with every rule; results come back in the order of ``rules``.

    Examples of offending rows are named by the columns ``named_by``, where the view has them.
    They go into a published table: values of the columns ``hidden`` are in none.
    """
    by_view: dict[Observe | None, list[int]] = {}
    for index, rule in enumerate(rules):
        by_view.setdefault(rule.observe, []).append(index)
    results: dict[int, RuleResult] = {}
    for observe, indexes in by_view.items():
        view = observe(frame, store) if observe else frame
        found = _validate(view, [rules[i] for i in indexes], named_by, hidden)
        results.update(zip(indexes, found, strict=True))
    return [results[index] for index in range(len(rules))]


def _validate(
    frame: pl.DataFrame, rules: Sequence[Rule], named_by: Sequence[str], hidden: Set[str]
) -> list[RuleResult]:
    import great_expectations as gx
    import great_expectations.expectations as gxe

    names = [column for column in named_by if column in frame.columns and column not in hidden]
    wanted = {name for rule in rules for e in rule.expectations for name in _columns(e)}
    looked_at = [c for c in frame.columns if c in wanted or c in names]
    rows = frame.select(looked_at).to_pandas()
    suite = gx.ExpectationSuite(
        name="audit",
        expectations=[
            getattr(gxe, expectation.kind)(**expectation.arguments, meta={"rule": rule.name})
            for rule in rules
            for expectation in rule.expectations
        ],
    )
    with _ONE_AT_A_TIME, _without_repetition():
        batch = _whole_frame().get_batch({"dataframe": rows})
        report = batch.validate(suite, result_format="BOOLEAN_ONLY")
        if not report.success:  # what failed is told row by row, which takes longer
            report = batch.validate(
                suite,
                result_format={"result_format": "COMPLETE", "unexpected_index_column_names": names},
            )
    found: dict[str, list[Any]] = {rule.name: [] for rule in rules}
    for result in report.results:
        found[result.expectation_config.meta["rule"]].append(result)
    return [_rule_result(rule, found[rule.name], hidden) for rule in rules]


@contextlib.contextmanager
def _without_repetition() -> Iterator[None]:
    """Have each expectation write out its own description once and not some forty times.

    Of the sample's 44 tables, a fifth of what Great Expectations takes: 4.1 s of processor for 5.1.
    No fingerprint is taken of all values of a frame: nothing here asks for it.
    """
    from great_expectations.execution_engine import pandas_execution_engine as engine
    from great_expectations.expectations.expectation import Expectation as Described

    written: dict[int, tuple[Any, Any]] = {}
    described = Described.configuration

    def once(expectation: Any) -> Any:
        if id(expectation) not in written:
            written[id(expectation)] = (expectation, described.fget(expectation))
        return written[id(expectation)][1]

    fingerprint = engine.hash_pandas_dataframe
    Described.configuration, engine.hash_pandas_dataframe = property(once), lambda _: ""
    try:
        yield
    finally:
        Described.configuration, engine.hash_pandas_dataframe = described, fingerprint


@functools.cache
def _whole_frame() -> Any:
    """The one way frames are handed to Great Expectations in this process."""
    import great_expectations as gx
    from great_expectations.data_context.types.base import ProgressBarsConfig

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    asset = context.data_sources.add_pandas("memory").add_dataframe_asset("frame")
    return asset.add_batch_definition_whole_dataframe("whole")


def _columns(expectation: Expectation) -> list[str]:
    """Columns an expectation looks at."""
    found = [v for k, v in expectation.arguments.items() if k in {"column", "column_A", "column_B"}]
    return [*found, *expectation.arguments.get("column_list", [])]


def _rule_result(rule: Rule, found: Sequence[Any], hidden: Set[str]) -> RuleResult:
    """All expectations of one rule as one result; examples of those that failed."""
    failed = [r for r in found if not r.success]
    details = [r.result or {} for r in failed]
    errors = [e for r in failed if (e := _exception_message(r.exception_info or {}))]
    examples = [_example(v) for detail in details for v in _examples(detail, hidden)]
    if any(c in hidden for e in rule.expectations for c in _columns(e)):
        examples, errors = [e for e in examples if "=" in e], [HIDDEN_ERROR] if errors else []
    examples = [example for example in examples if example]
    return RuleResult(
        rule=rule.name,
        because=rule.because,
        is_blocking=rule.blocking,
        is_passed=not failed and len(found) == len(rule.expectations),
        unexpected_count=sum(int(d.get("unexpected_count") or 0) for d in details),
        examples=examples[:MOST_EXAMPLES],
        error=errors[0] if errors else None,
    )


def _examples(detail: dict[str, Any], hidden: Set[str]) -> list[Any]:
    """Offending rows by their key, else offending values, else what was observed."""
    rows = detail.get("unexpected_index_list") or detail.get("partial_unexpected_list") or []
    if not rows and "observed_value" in detail:
        return [detail["observed_value"]]
    return [
        {k: v for k, v in row.items() if k not in hidden} if isinstance(row, dict) else row
        for row in rows[:MOST_EXAMPLES]
    ]


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
