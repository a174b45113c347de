"""Shows how far a run is: one bar on a terminal, one line for each group of steps elsewhere."""

import contextlib
import logging
import os
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

LABELS = {"raw": "reading", "clean": "cleaning", "audit": "checks", "publication": "site"}
STEP_SHOWN = 34
ENDED = {"STEP_SUCCESS", "STEP_FAILURE", "STEP_SKIPPED"}


@contextlib.contextmanager
def own_console() -> Iterator[Console]:
    """A console on a copy of standard output: Dagster redirects the first inside each step."""
    sys.stdout.flush()
    with os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding=sys.stdout.encoding) as copy:
        # asked for here and not at each line: inside a step another stream would answer
        yield Console(file=copy, width=Console().width, markup=False, highlight=False)


class StepWatcher(logging.Handler):
    """Follows the steps of a job; ``groups`` names the group of each.

    Several of Dagster's loggers may report to it: a step counts once.
    """

    def __init__(self, console: Console, groups: Mapping[str, str]) -> None:
        super().__init__()
        self.console = console
        self.groups = {step: LABELS.get(group, group) for step, group in groups.items()}
        self.ended: dict[str, bool] = {}
        self.seconds: dict[str, float] = defaultdict(float)
        self.progress = Progress(
            TextColumn("{task.description:<11.11}"),
            TextColumn(f"{{task.fields[step]:<{STEP_SHOWN}.{STEP_SHOWN}}}"),
            BarColumn(bar_width=None),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=console,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
            disable=not console.is_terminal,
            expand=True,
        )

    def __enter__(self) -> Self:
        self.progress.start()
        self.task = self.progress.add_task("starting", total=len(self.groups), step="")
        return self

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
        """Take notice of a step that begins or ends."""
        event = getattr(record, "dagster_meta", {}).get("dagster_event")
        if event is None or event.step_key not in self.groups:
            return
        step, group = event.step_key, self.groups[event.step_key]
        if event.event_type_value == "STEP_START":
            self.progress.update(self.task, description=group, step=step)
        elif event.event_type_value in ENDED and step not in self.ended:
            self.ended[step] = event.event_type_value == "STEP_SUCCESS"
            if self.ended[step]:
                self.seconds[group] += event.step_success_data.duration_ms / 1000
            self.progress.update(self.task, completed=len(self.ended))
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
