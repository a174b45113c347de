"""Sums up a run: what stopped it, what was released, how long it took, where to look."""

import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from math import floor
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table as Grid
from rich.text import Text

from assets.released import NOTHING
from observatory.metadata.manifest import Manifest
from observatory.pipeline.rules import NOT_LOOKED_AT
from observatory.release import DATABASE, current_manifest
from observatory.release.files import read_rows
from observatory.release.holding import held_drafts
from observatory.settings import Settings

RELEASED, BLOCKED, MISTAKE, FAULT = 0, 1, 2, 3
SHOWN_EXAMPLES, LONGEST = 5, 5
SITE_STEP = "site"
BALANCE = "land_balance_by_epci"
OF_COMMUNES = "_communes_share_pct"
REASONS = ("missing_supply_reason", "missing_benchmark_reason")
MISTAKES = {
    "DamagedFileError",
    "InputError",
    "BlockedReleaseError",
    "ObservatoryError",
}
WORK_KINDS = {
    "sources": "sources",
    "read": "reading and cleaning",
    "audit": "audit",
    "release": "release",
    "site": "site",
    "work": "computing",
}


@dataclass
class Clock:
    """Seconds by kind of work."""

    started: float = field(default_factory=time.perf_counter)
    seconds: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    # of each step that made something: seconds, and the most megabytes that the process had in it
    steps: dict[str, tuple[float, float]] = field(default_factory=dict)

    def lap(self, kind: str, since: float) -> None:
        """Add the time since ``since`` to ``kind``."""
        self.seconds[kind] += time.perf_counter() - since

    def count(self, result: Any) -> None:
        """Add the seconds of each step; what no step accounts for is orchestration."""
        for event in result.all_events:
            if event.event_type_value == "STEP_SUCCESS" and event.step_key:
                self.seconds[_kind(event.step_key)] += event.step_success_data.duration_ms / 1000
            elif event.event_type_value == "ASSET_MATERIALIZATION":
                self._note(event)
        self.stop()

    def _note(self, event: Any) -> None:
        told = {name: value.value for name, value in event.materialization.metadata.items()}
        if "peak_megabytes" in told:
            step = f"{event.partition or ''} {event.step_key}".strip()
            self.steps[step] = (told["seconds"], told["peak_megabytes"])

    def stop(self) -> None:
        """What no step accounts for is orchestration."""
        self.total = time.perf_counter() - self.started
        self.seconds["orchestration"] = self.total - sum(self.seconds.values())


def report(
    console: Console, settings: Settings, result: Any, clock: Clock, *, is_release: bool = True
) -> int:
    """Print the summary of a run; return its exit status."""
    status = _report_failures(console, result)
    for said in result.lost:
        status = max(status, BLOCKED)
        console.print(Text(f"✗ {said}", style="bold red"))
    manifest = current_manifest(settings) if status == RELEASED and is_release else None
    _report_held(console, settings)
    if manifest is None:
        _report_clock(console, clock)
        return status
    _report_tables(console, manifest)
    for line in describe_coverage(settings.releases / manifest.release_id, manifest):
        console.print(line, markup=False, highlight=False)
    for name, late in overdue(settings.releases / manifest.release_id).items():
        console.print(f"Overdue: {name}: the next edition was expected by {late}.")
    passed, failed = count_checks(result.get_asset_check_evaluations())
    console.print(f"Checks: {passed} passed, {failed} failed.")
    _report_clock(console, clock)
    _report_doors(console, settings, manifest, has_site=_succeeded(result, SITE_STEP))
    return status


def report_unchanged(
    console: Console, settings: Settings, clock: Clock, *, is_release: bool = True
) -> int:
    """Say that nothing is to be made, and where what was released is."""
    manifest = current_manifest(settings)
    _report_held(console, settings)
    if not is_release:
        console.print("Nothing has changed: files, settings and code are as they were.")
        return RELEASED
    if manifest is None:  # a theme that nothing has ever been handed over for
        console.print("Nothing to make.")
        return RELEASED
    console.print(
        "Nothing has changed: files, settings and code are those of the current release, and no "
        "other is made (`observatory run --fresh` makes everything again)."
    )
    clock.stop()
    _report_clock(console, clock)
    _report_doors(console, settings, manifest, has_site=(settings.home / SITE_STEP).is_dir())
    return RELEASED


def _report_held(console: Console, settings: Settings) -> None:
    """Name the drafts that wait for a release manager, and what to do with each."""
    waiting = held_drafts(settings)
    for draft in waiting:
        console.print(f"Held back: {draft}; the last release stays published.", highlight=False)
    if waiting:
        console.print(
            "  `observatory releases diff draft current` shows what it would change; then "
            "`observatory releases accept DRAFT`, or `drop DRAFT`."
        )


def count_checks(evaluations: Iterable[Any]) -> tuple[int, int]:
    """How many checks passed and failed; one that had no file or row to look at did not pass."""
    looked_at = [e for e in evaluations if not e.passed or NOT_LOOKED_AT not in e.metadata]
    passed = sum(e.passed for e in looked_at)
    return passed, len(looked_at) - passed


def _succeeded(result: Any, step: str) -> bool:
    return any(
        e.event_type_value == "STEP_SUCCESS" and e.step_key == step for e in result.all_events
    )


def _kind(step: str) -> str:
    if step.endswith("_audit"):
        return WORK_KINDS["audit"]
    if step.endswith("_release"):
        return WORK_KINDS["release"]
    if step == SITE_STEP:
        return WORK_KINDS["site"]
    if step.startswith("clean_"):
        return WORK_KINDS["read"]
    if step.startswith(("labour_", "geography_", "quality_", "land_", "_land_")):
        return WORK_KINDS["work"]
    return WORK_KINDS["sources"]


def _report_failures(console: Console, result: Any) -> int:
    """Say what stopped the run; the worst reason gives the exit status."""
    blocking = _report_blocking(console, result)
    status = BLOCKED if blocking else RELEASED
    ended = {
        str(e.step_key).removesuffix("_release")
        for e in result.all_events
        if e.event_type_value == "STEP_SUCCESS" and str(e.step_key).endswith("_release")
    }
    nothing = _without_files(result)
    made = sorted(ended - nothing.keys())
    # one theme has files, whatever became of it, and the other has none
    is_one = bool(blocking or {*made} - {"crossing"})
    for theme, message in nothing.items():
        if not message:
            continue
        status = status if is_one else MISTAKE
        told = f"{theme} is not released: {message}" if is_one else f"✗ {message}"
        console.print(Text(told, style="" if is_one else "bold red"))
    for event in result.all_events:
        if event.event_type_value != "STEP_FAILURE":
            continue
        name, message = cause_of(event.event_specific_data.error)
        if name in MISTAKES:
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


def _report_blocking(console: Console, result: Any) -> int:
    """Say which blocking rules failed, and how; return how many."""
    failed = [e for e in result.get_asset_check_evaluations() if not e.passed]
    blocking = [e for e in failed if e.severity.value == "ERROR"]
    for check in blocking:
        console.print(
            Text(f"✗ {check.asset_key.to_user_string()}: {check.check_name}", style="bold red")
        )
        found = {k: v.value for k, v in check.metadata.items()}
        console.print(
            Text(f"  {found.get('unexpected_count') or ''} {found.get('error') or ''}".rstrip())
        )
        for example in (found.get("examples") or [])[:SHOWN_EXAMPLES]:
            console.print(Text(f"  - {example}"))
    return len(blocking)


def _without_files(result: Any) -> dict[str, str]:
    """The themes for which no file was handed over, and which would serve."""
    told = [e for e in result.all_events if e.event_type_value == "ASSET_MATERIALIZATION"]
    return {
        str(e.step_key).removesuffix("_release"): str(found.value)
        for e in told
        if (found := e.materialization.metadata.get(NOTHING)) is not None
    }


def cause_of(error: Any) -> tuple[str, str]:
    """Class and message of the error that tells a user's mistake, else of the innermost."""
    while error.cause is not None and error.cls_name not in MISTAKES:
        error = error.cause
    name = error.cls_name or "Error"
    return name, error.message.split(f"{name}: ", 1)[-1].strip()


def _report_tables(console: Console, manifest: Manifest) -> None:
    grid = Grid(
        "table", "rows", "checks", "warnings", box=None, pad_edge=False, header_style="bold"
    )
    for table in manifest.tables:
        failed = [c.rule for c in table.checks if not c.is_passed]
        every = len(table.checks)
        grid.add_row(
            table.name,
            f"{table.row_count:,}",
            f"{every - len(failed)}/{every}",
            ", ".join(failed) or "–",
        )
    console.print(grid)
    lacking = [set(t.missing_optional_sources) for t in manifest.tables if t.theme != "quality"]
    if absent := sorted(set().union(*lacking)):
        console.print(
            f"{sum(map(bool, lacking))} tables are released without optional sources that have no "
            f"file (observatory archive add SOURCE FILE): {', '.join(absent)}."
        )
    if manifest.left_out:
        console.print("Left out for lack of a file (observatory archive add SOURCE FILE):")
        for name, sources in manifest.left_out.items():
            console.print(f"  {name}: {', '.join(sources)}")
    for name, lines in manifest.changes_beyond_bounds.items():
        console.print(f"Changed beyond the stated bounds: {name}: {'; '.join(lines)}")


def _report_doors(
    console: Console, settings: Settings, manifest: Manifest, *, has_site: bool
) -> None:
    """Where what was released is, and how each reader opens it."""
    notice = " (DONNÉES FICTIVES)" if manifest.is_fictitious else ""
    observatory = ".venv/bin/observatory"
    serve = f"{observatory} serve, then http://127.0.0.1:8000"
    console.print(f"Release {manifest.release_id}{notice}")
    for name, said in (
        ("database", settings.home / DATABASE),
        ("files", settings.current),
        ("engineers", "make ui, then http://127.0.0.1:3000"),
        ("economists", f'{observatory} query "SELECT …", {observatory} tables'),
        ("planners", "open the database in QGIS"),
        ("the site", serve if has_site else f"{observatory} site build,"),
        *([] if has_site else [("", serve)]),
    ):
        console.print(f"  {name:<11} {said}", soft_wrap=True)


def overdue(folder: Path) -> dict[str, str]:
    """Sources of a release whose next edition should be out, with the day it was expected."""
    sources = read_rows(folder, "quality_sources")
    late = sources.filter("is_overdue").select("source_key", "next_expected_date")
    return {key: str(day) for key, day in late.iter_rows()}


def describe_coverage(folder: Path, manifest: Manifest) -> list[str]:
    """On what the land figures of each EPCI rest, and which of them are not given for that."""
    if BALANCE not in manifest.by_name:
        return []
    rows = read_rows(folder, BALANCE).unique("epci_code", keep="first", maintain_order=True)
    lines = []
    for row in rows.iter_rows(named=True):
        kinds = ", ".join(
            f"{name.removesuffix(OF_COMMUNES).replace('_', ' ')} {floor(value)}"
            for name, value in row.items()
            if name.endswith(OF_COMMUNES)
        )
        reasons = [row[name] for name in REASONS if row[name] is not None]
        not_given = f" Not given: {', '.join(dict.fromkeys(reasons))}." if reasons else ""
        lines.append(
            f"Land of {row['epci_label']}: parcels of {floor(row['parcel_share_pct'] or 0)} % of "
            f"the sites' ground; communes with files (%): {kinds}.{not_given}"
        )
    return lines


def _report_clock(console: Console, clock: Clock) -> None:
    spent = ", ".join(
        f"{kind} {seconds:.1f}"
        for kind, seconds in sorted(clock.seconds.items(), key=lambda i: -i[1])
    )
    console.print(f"Seconds: {clock.total:.1f} ({spent})")
    longest = sorted(clock.steps.items(), key=lambda i: -i[1][0])[:LONGEST]
    if longest:
        told = ", ".join(f"{step} {took:.1f} s {size:,.0f} MB" for step, (took, size) in longest)
        most = max(size for _, size in clock.steps.values())
        console.print(f"Longest steps: {told}. Most memory: {most:,.0f} MB.")
