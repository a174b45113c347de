"""Shows how far a run is: one bar on a terminal, one line for each group of steps elsewhere."""

import contextlib
import logging
import os
import sys
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Sequence
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from observatory.pipeline.plan import Planned

LABELS = {"clean": "cleaning", "audit": "checks", "publication": "site"}
STEP_SHOWN = 34
ELSEWHERE = "départements"
# what a step takes beside its work, or where nobody knows yet what it takes
FEWEST_SECONDS = 0.1
ENDED = {"STEP_SUCCESS", "STEP_FAILURE", "STEP_SKIPPED"}


@contextlib.contextmanager
def own_console() -> Iterator[Console]:
    """A console on a copy of standard output: Dagster redirects the first inside each step."""
    sys.stdout.flush()
    with os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding=sys.stdout.encoding) as copy:
        # asked for here and not at each line: inside a step another stream would answer
        yield Console(file=copy, width=Console().width, markup=False, highlight=False)


class StepWatcher(logging.Handler):
    """Follows the steps of a command, run after run; what they took the last time tells the rest.

    Several of Dagster's loggers may report to it: a step counts once.
    """

    def __init__(self, console: Console) -> None:
        super().__init__()
        self.console, self.part = console, ""
        self.groups: dict[str, str] = {}
        self.expected: dict[str, float] = {}
        self.ended: dict[str, bool] = {}
        self.seconds: dict[str, float] = defaultdict(float)
        self.progress = Progress(
            TextColumn("{task.description:<11.11}"),
            TextColumn(f"{{task.fields[step]:<{STEP_SHOWN}.{STEP_SHOWN}}}"),
            BarColumn(bar_width=None),
            TextColumn("{task.fields[done]}"),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
            disable=not console.is_terminal,
            expand=True,
        )

    def __enter__(self) -> Self:
        self.progress.start()
        self.task = self.progress.add_task("starting", total=None, step="", done="0/0")
        return self

    def begin(self, steps: Sequence[Planned], part: str | None = None, phase: str = "") -> None:
        """Follow a run of these steps too, of one département where ``part`` names it.

        What is told of them bears the name of their ``phase``.
        """
        self.part = part or ""
        for planned in steps:
            name, group = self._named(planned.step.name), planned.step.outs[0].group
            self.groups[name] = f"{phase} {self._named(LABELS.get(group, group))}".strip()
            self.expected[name] = FEWEST_SECONDS + (planned.seconds or 0.0)
            for audit in planned.audits:
                self.groups[audit] = f"{phase} {LABELS['audit']}".strip()
                self.expected[audit] = FEWEST_SECONDS
        self._count()

    def follow(self, parts: Collection[str]) -> None:
        """Follow départements that others make."""
        self.groups |= dict.fromkeys(parts, ELSEWHERE)
        self.expected |= dict.fromkeys(parts, FEWEST_SECONDS)
        self.progress.update(self.task, description=ELSEWHERE, step="on the cluster")
        self._count()

    def part_ended(self, part: str) -> None:
        """Take notice of a département that came, or failed."""
        self.ended[part] = True
        self._count()
        if not self.console.is_terminal:
            self.console.print(f"département {part}: ended", soft_wrap=True)

    def _count(self) -> None:
        """Show how much of what is expected has ended."""
        ended = self.expected.keys() & self.ended.keys()
        self.progress.update(
            self.task,
            total=sum(self.expected.values()),
            completed=sum(self.expected[name] for name in ended),
            done=f"{len(ended)}/{len(self.expected)}",
        )

    def _named(self, step: str) -> str:
        return f"{self.part} {step}".strip()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Clear the bar; say how far each group came that did not end."""
        self.progress.stop()
        for group, steps in Counter(self.groups.values()).items():
            if self._ended(group) < steps:
                self._tell(group)

    def emit(self, record: logging.LogRecord) -> None:
        """Take notice of a step that begins or ends; one that is not planned is a check."""
        event = getattr(record, "dagster_meta", {}).get("dagster_event")
        if event is None or event.step_key is None:
            return
        step = self._named(event.step_key)
        group = self.groups.setdefault(step, LABELS["audit"])
        if event.event_type_value == "STEP_START":
            self.progress.update(self.task, description=group, step=step)
        elif event.event_type_value in ENDED and step not in self.ended:
            self.ended[step] = event.event_type_value == "STEP_SUCCESS"
            if self.ended[step]:
                self.seconds[group] += event.step_success_data.duration_ms / 1000
            self._count()
            if self._ended(group) == Counter(self.groups.values())[group]:
                self._tell(group)

    def _ended(self, group: str) -> int:
        return sum(self.groups[step] == group for step in self.ended)

    def _tell(self, group: str) -> None:
        """One line of a group, where no bar shows it."""
        if self.console.is_terminal:
            return
        steps = [step for step, its in self.groups.items() if its == group]
        done = sum(self.ended.get(step, False) for step in steps)
        lacking = f", {len(steps) - done} not done" if done < len(steps) else ""
        self.console.print(
            f"{group:<12}{done:>4} steps {self.seconds[group]:>7.1f} s{lacking}", soft_wrap=True
        )
