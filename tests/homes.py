"""Runs the command a user types on a home of its own."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

Command = Callable[..., subprocess.CompletedProcess[str]]


def command_in(home: Path, columns: str = "200", **settings: str) -> Command:
    """Run ``observatory`` on ``home``; settings are given without their prefix."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("OBSERVATORY_")}
    own = {f"OBSERVATORY_{k}": v for k, v in settings.items()}
    environment = {**inherited, "OBSERVATORY_HOME": str(home), **own, "COLUMNS": columns}

    def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "observatory.cli.main", *map(str, arguments)],
            capture_output=True,
            text=True,
            env=environment,
            check=False,
            timeout=400,
        )

    return run
