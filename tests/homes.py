"""Runs the command a user types on a home of its own."""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

from tests.warm import FORKED, typed

Done: TypeAlias = subprocess.CompletedProcess[str]
Command: TypeAlias = Callable[..., Done]
SECONDS = 900


def process_in(home: Path, columns: str = "200", **settings: str) -> Command:
    """Run ``observatory`` on ``home`` as a user does; settings are given without their prefix."""
    environment = environment_of(home, columns, settings)

    def run(*arguments: str | Path) -> Done:
        return subprocess.run(
            [sys.executable, "-m", "observatory.cli.main", *map(str, arguments)],
            capture_output=True,
            text=True,
            env=environment,
            check=False,
            timeout=SECONDS,
        )

    return run


def command_in(home: Path, columns: str = "200", **settings: str) -> Command:
    """The same in a process that need not import everything, and makes all steps itself."""
    environment = environment_of(home, columns, settings)

    def run(*arguments: str | Path) -> Done:
        told = [*map(str, arguments)]
        with tempfile.TemporaryDirectory() as folder:
            said = Path(folder)
            process = FORKED.Process(target=typed, args=(told, environment, Path.cwd(), said))
            process.start()
            process.join(SECONDS)
            if process.is_alive():
                process.kill()
                raise subprocess.TimeoutExpired(told, SECONDS)
            out, err = ((said / name).read_text("utf-8") for name in ("out", "err"))
            done = Done(["observatory", *told], int(process.exitcode or 0), out, err)
            process.close()
        return done

    return run


def environment_of(home: Path, columns: str, settings: dict[str, str]) -> dict[str, str]:
    """What a command on ``home`` finds in its environment: no setting but those given."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("OBSERVATORY_")}
    own = {f"OBSERVATORY_{k}": v for k, v in settings.items()}
    return {**inherited, "OBSERVATORY_HOME": str(home), **own, "COLUMNS": columns}


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
