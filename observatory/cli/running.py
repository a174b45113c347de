"""Runs the main job in this process, shows how far it is, and sums up what came out."""

import datetime as dt
import logging
import time
import warnings
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

import polars as pl
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table as Grid
from rich.text import Text

from observatory.database.opening import open_target
from observatory.home import prepare_home, relax_history
from observatory.release import DATABASE, current_manifest
from observatory.settings import Settings, load_settings
from observatory.storage.erasure import erase_due
from observatory.storage.locks import hold
from sources import CARDS

RELEASED, BLOCKED, MISTAKE, FAULT = 0, 1, 2, 3
EXAMPLES = 5
MISTAKES = {
    "InputError",
    "NothingToReleaseError",
    "BlockedReleaseError",
    "ObservatoryError",
}
KINDS = {
    "sources": "sources",
    "read": "reading and cleaning",
    "audit": "audit",
    "release": "release",
    "work": "computing",
}


@dataclass
class Clock:
    """Seconds by kind of work."""

    started: float = field(default_factory=time.perf_counter)
    seconds: dict[str, float] = field(default_factory=lambda: defaultdict(float))

    def lap(self, kind: str, since: float) -> None:
        """Add the time since ``since`` to ``kind``."""
        self.seconds[kind] += time.perf_counter() - since

    def close(self) -> None:
        """What no step accounts for is orchestration."""
        self.total = time.perf_counter() - self.started
        self.seconds["orchestration"] = self.total - sum(self.seconds.values())


class _StepWatcher(logging.Handler):
    """Moves the progress bar as steps begin and end."""

    def __init__(self, progress: Progress, total: int) -> None:
        super().__init__()
        self.progress = progress
        self.task = progress.add_task("starting", total=total)

    def emit(self, record: logging.LogRecord) -> None:
        event = getattr(record, "dagster_meta", {}).get("dagster_event")
        if event is None or event.step_key is None:
            return
        if event.event_type_value == "STEP_START":
            self.progress.update(self.task, description=event.step_key)
            if not self.progress.console.is_terminal:
                self.progress.console.print(f"· {event.step_key}", style="dim")
        elif event.event_type_value in {"STEP_SUCCESS", "STEP_FAILURE", "STEP_SKIPPED"}:
            self.progress.advance(self.task)


def run_and_report(theme: str | None) -> int:
    """Run one theme, or all; print the summary; return the exit status."""
    warnings.filterwarnings("ignore")
    settings = load_settings()
    prepare_home(settings)
    relax_history(settings)
    console, clock = Console(markup=False), Clock()
    label = "données fictives, sample" if settings.is_sample else settings.input
    console.print(
        f"Observatory: {theme or 'all themes'}, input {label}, territory {settings.territory}"
    )
    begun = time.perf_counter()
    import dagster as dg

    from observatory.definitions import definitions
    from observatory.pipeline.audits import warm_up

    warm_up()
    clock.lap("imports", begun)
    with open_target(settings):  # a database that cannot be used is said before any work
        pass
    erase_due(settings, CARDS, dt.datetime.now(dt.UTC))
    waiting = "Another run is going on in this home: waiting for it to end."
    with (
        hold(settings.home / ".run.lock", lambda: console.print(waiting)),
        Progress(
            TextColumn("{task.description:<55.55}"),
            BarColumn(bar_width=30),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=console,
            transient=True,
        ) as progress,
    ):
        watched = dg.Definitions.merge(
            definitions(settings), dg.Definitions(loggers={"progress": _logger(progress)})
        )
        job = watched.resolve_job_def(theme or "everything")
        with dg.DagsterInstance.get() as instance:
            result = job.execute_in_process(
                instance=instance,
                raise_on_error=False,
                run_config={"loggers": {"progress": {}}},
            )
    for event in result.all_events:
        if event.event_type_value == "STEP_SUCCESS" and event.step_key:
            clock.seconds[_kind(event.step_key)] += event.step_success_data.duration_ms / 1000
        elif event.event_type_value == "STEP_FAILURE" and event.step_key:
            clock.seconds[_kind(event.step_key)] += 0
    clock.close()
    status = _report_failures(console, result)
    if status == RELEASED:
        _report_release(console, settings, result)
    _report_clock(console, clock)
    return status


def _logger(progress: Progress) -> Any:
    import dagster as dg

    def progress_logger(context: Any) -> logging.Logger:
        logger = logging.Logger("observatory.progress", level=logging.DEBUG)
        steps = len(context.job_def.nodes) if context.job_def else 0
        logger.addHandler(_StepWatcher(progress, steps))
        return logger

    return dg.logger(None, "Shows progress on the terminal.")(progress_logger)


def _kind(step: str) -> str:
    if step.endswith("_audit"):
        return KINDS["audit"]
    if step.endswith("_release"):
        return KINDS["release"]
    if step.startswith(("raw_", "clean_")):
        return KINDS["read"]
    if step.startswith(("labour_", "geography_", "quality_", "land_", "_land_")):
        return KINDS["work"]
    return KINDS["sources"]


def _report_failures(console: Console, result: Any) -> int:
    """Say what stopped the run; the worst reason gives the exit status."""
    failed = [e for e in result.get_asset_check_evaluations() if not e.passed]
    blocking = [e for e in failed if e.severity.value == "ERROR"]
    status = RELEASED
    for check in blocking:
        status = BLOCKED
        console.print(
            Text(f"✗ {check.asset_key.to_user_string()}: {check.check_name}", style="bold red")
        )
        found = {k: v.value for k, v in check.metadata.items()}
        console.print(
            Text(f"  {found.get('unexpected_count') or ''} {found.get('error') or ''}".rstrip())
        )
        for example in (found.get("examples") or [])[:EXAMPLES]:
            console.print(Text(f"  - {example}"))
    made = [
        e.step_key.removesuffix("_release")
        for e in result.all_events
        if e.event_type_value == "STEP_SUCCESS" and str(e.step_key).endswith("_release")
    ]
    for event in result.all_events:
        if event.event_type_value != "STEP_FAILURE":
            continue
        name, message = _cause(event.event_specific_data.error)
        # one theme has files, whatever became of it, and the other has none
        if name == "NothingToReleaseError" and (made or blocking):
            theme = str(event.step_key).removesuffix("_release")
            console.print(Text(f"{theme} is not released: {message}"))
        elif name in MISTAKES:
            status = max(status, BLOCKED if name == "BlockedReleaseError" else MISTAKE)
            console.print(Text(f"✗ {message}", style="bold red"))
        elif name != "DagsterAssetCheckFailedError":
            status = FAULT
            console.print(Text(f"✗ {event.step_key}: {name}: {message}", style="bold red"))
    if status != RELEASED:
        if made:
            console.print(f"Released: {', '.join(made)}. What failed keeps its last release.")
        else:
            console.print("Nothing was released; the last release stays published.")
    return status


def _cause(error: Any) -> tuple[str, str]:
    """Innermost error's class and message, without its traceback."""
    while error.cause is not None:
        error = error.cause
    name = error.cls_name or "Error"
    return name, error.message.split(f"{name}: ", 1)[-1].strip()


def _report_release(console: Console, settings: Settings, result: Any) -> None:
    manifest = current_manifest(settings)
    if manifest is None:
        return
    evaluations = result.get_asset_check_evaluations()
    grid = Grid(
        "table", "rows", "checks", "warnings", box=None, pad_edge=False, header_style="bold"
    )
    for table in manifest.tables:
        every = len(table.checks)
        grid.add_row(
            table.name,
            f"{table.row_count:,}",
            f"{every - len(table.warnings)}/{every}",
            ", ".join(table.warnings) or "–",
        )
    console.print(grid)
    for table in manifest.tables:
        if table.missing_optional_sources and table.theme != "quality":
            missing = ", ".join(table.missing_optional_sources)
            console.print(f"{table.name} is released without {missing}.")
    if manifest.left_out:
        console.print("Left out for lack of a file (observatory archive add SOURCE FILE):")
        for name, absent in manifest.left_out.items():
            console.print(f"  {name}: {', '.join(absent)}")
    for name, lines in manifest.changes_beyond_bounds.items():
        console.print(f"Changed beyond the stated bounds: {name}: {'; '.join(lines)}")
    for name, late in overdue(settings).items():
        console.print(f"Overdue: {name}: the next edition was expected by {late}.")
    passed = sum(e.passed for e in evaluations)
    console.print(f"Checks: {passed} passed, {len(evaluations) - passed} failed.")
    notice = " (DONNÉES FICTIVES)" if manifest.is_fictitious else ""
    console.print(f"Release {manifest.release_id}{notice}")
    console.print(f"  database    {settings.home / DATABASE}", soft_wrap=True)
    console.print(f"  files       {settings.current}", soft_wrap=True)
    console.print("  engineers   make ui")
    console.print('  economists  .venv/bin/observatory query "SELECT …", observatory tables')
    console.print("  planners    open the database in QGIS")


def overdue(settings: Settings) -> dict[str, str]:
    """Sources of the release whose next edition should be out, with the day it was expected."""
    sources = pl.scan_parquet(settings.current.resolve() / "quality_sources.parquet")
    late = sources.filter("is_overdue").select("source_key", "next_expected_date").collect()
    return {key: str(day) for key, day in late.iter_rows()}


def _report_clock(console: Console, clock: Clock) -> None:
    spent = ", ".join(
        f"{kind} {seconds:.1f}"
        for kind, seconds in sorted(clock.seconds.items(), key=lambda i: -i[1])
    )
    console.print(f"Seconds: {clock.total:.1f} ({spent})")
