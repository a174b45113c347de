"""Runs the command a user types on a home of its own."""

import hashlib
import os
import shutil
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
            timeout=900,
        )

    return run


def linked(home: Path, to: Path, *folders: str) -> Path:
    """A copy of a home, or of some of its folders, that shares the bytes of what is never changed.

    Frames, audits and what was released are replaced whole, or not at all; what a test damages
    in its place, or what Dagster writes in its own, is copied.
    """
    for path in [home / folder for folder in folders] or list(home.iterdir()):
        if path.is_symlink() or path.is_file():
            to.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, to / path.name, follow_symlinks=False)
            continue
        shares = path.name in {"work", "releases", "built", "audits"}
        copy = os.link if shares else shutil.copy2
        shutil.copytree(path, to / path.name, symlinks=True, copy_function=copy)
    return to


def seal(folder: Path) -> None:
    """Write the sums of a release that a test has made or changed, as if it was released so."""
    sums = folder / "SHA256SUMS"
    if sums.exists():
        sums.chmod(0o644)
    files = sorted(path for path in folder.iterdir() if path != sums)
    hashes = [hashlib.sha256(path.read_bytes()).hexdigest() for path in files]
    lines = [f"{found}  {path.name}\n" for found, path in zip(hashes, files, strict=True)]
    sums.write_text("".join(lines))
