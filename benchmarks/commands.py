"""What commands cost: help, the definitions, and a run of the sample by step.

    python -m benchmarks.commands --record

What ``make run`` does after set-up: both themes of the sample with all that is released, in a home
that has never run; then once more in the same home.
"""

import re
import shutil
import sys
from pathlib import Path

from benchmarks.measuring import Measure, module, options, record, summarise, take_turns

RUN, AGAIN = "run of the sample", "the same run again"
STEPS = re.compile(r"(?m)^(\w[\w ]*?) +(\d+) steps +([\d.]+) s$")
SECONDS = re.compile(r"Seconds: [\d.]+\s+\(([^)]*)\)")


def compare(work: Path, rounds: int) -> dict[str, list[Measure]]:
    """All commands, in turn."""
    home = work / "commands"
    settings = (f"OBSERVATORY_HOME={home}", "OBSERVATORY_INPUT=sample")
    run = ["env", *settings, *module("observatory.cli.main", "run")]

    def first() -> list[str]:
        shutil.rmtree(home, ignore_errors=True)
        return run

    cases = {
        "--help": module("observatory.cli.main", "--help"),
        "run --help": module("observatory.cli.main", "run", "--help"),
        "definitions": [sys.executable, "-c", "from observatory.definitions import defs; defs()"],
    }
    found = take_turns(cases, rounds)
    for _ in range(rounds):
        for name, command in ((RUN, first), (AGAIN, run)):
            found.setdefault(name, []).extend(take_turns({name: command}, 1)[name])
    return found


def by_step(run: Measure) -> str:
    """Seconds of each group of steps, and of what they were spent on, as the summary says."""
    steps = [f"{name} {seconds} s ({count})" for name, count, seconds in STEPS.findall(run.printed)]
    spent = SECONDS.search(run.printed)
    what = " ".join(spent.group(1).split()) if spent else "not told"
    return f"Steps: {', '.join(steps)}. Spent on: {what}."


def main() -> None:
    """Measure, print, and keep the results where asked."""
    parser = options(__doc__)
    parser.add_argument("--work", type=Path, default=Path("var/benchmark"))
    given = parser.parse_args()
    found = compare(given.work.resolve(), given.rounds)
    parts = [f"{name}. {by_step(found[name][-1])}" for name in (RUN, AGAIN)]
    text = "\n\n".join([summarise(found), *parts])
    print(text)
    if given.record:
        record("Commands", "python -m benchmarks.commands", text)


if __name__ == "__main__":
    main()
