"""Départements on the workers of an existing Dask cluster.

Each is one task under a key of our own, that holds the département and all that it is made of: no
two are taken for one another, and none is made twice. A worker runs the same command as a person
would, in a home of its own, and hands over through the shared store; a worker that is lost is
replaced by another, and what its orphan still makes is committed once.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from observatory.errors import InputError
from observatory.settings import SECRET, SECRETS_DIR, Settings

TRIES = 3
SHOWN = 2_000
CONNECT_SECONDS = 30
# what a worker is told of this run; where its home is, and secrets, are its own
TOLD = ("OBSERVATORY_HOME", "OBSERVATORY_EXECUTOR", "OBSERVATORY_DASK_SCHEDULER")


def make_part(part: str, environment: dict[str, str]) -> str:
    """On a worker: make one département in a home of this worker; what it said."""
    home = os.environ.get("OBSERVATORY_HOME") or str(
        Path(tempfile.gettempdir(), f"observatory-{os.getpid()}")
    )
    told = {**os.environ, **environment, "OBSERVATORY_HOME": home}
    command = [sys.executable, "-m", "observatory.cli.main", "part", part]
    done = subprocess.run(command, env=told, capture_output=True, text=True, check=False)  # noqa: S603
    said = (done.stdout + done.stderr)[-SHOWN:]
    if done.returncode:
        raise RuntimeError(said)
    return said


def make_parts(settings: Settings, keys: dict[str, str]) -> Iterator[tuple[str, str | None]]:
    """Each département as it comes, with what its worker said went wrong, or None.

    ``keys`` gives of each what tells it from all others. Raises InputError where there is no
    scheduler, or none answers.
    """
    from distributed import Client, as_completed

    if not settings.dask_scheduler:
        msg = "OBSERVATORY_EXECUTOR=dask: OBSERVATORY_DASK_SCHEDULER is not set (tcp://host:8786)."
        raise InputError(msg)
    named = {k: v for k, v in os.environ.items() if k.startswith("OBSERVATORY_") and k not in TOLD}
    told = {k: v for k, v in named.items() if not _is_secret(k)} | {
        "OBSERVATORY_TERRITORY": settings.territory,
        # producers are asked by one machine alone, before
        "OBSERVATORY_INPUT": "sample" if settings.is_sample else "archive",
        "OBSERVATORY_STORE": settings.store or "",
    }
    try:
        client = Client(  # type: ignore[no-untyped-call]
            settings.dask_scheduler, timeout=CONNECT_SECONDS
        )
    except (OSError, TimeoutError, ValueError) as error:
        msg = f"OBSERVATORY_DASK_SCHEDULER={settings.dask_scheduler}: no answer ({error})."
        raise InputError(msg) from None
    with client:
        parts = {
            client.submit(make_part, part, told, key=f"observatory {key}", retries=TRIES): part
            for part, key in keys.items()
        }
        _tell_of_workers(client, settings)
        for done in as_completed(parts):  # type: ignore[no-untyped-call]
            fault = done.exception()
            yield parts[done], None if fault is None else _cause(fault)


def _tell_of_workers(client: Any, settings: Settings) -> None:
    """Say that there is no worker yet: a queue may take hours to begin one."""
    if not client.scheduler_info()["workers"]:
        told = f"`dask worker {settings.dask_scheduler}` begins one"
        click.echo(f"The cluster has no worker yet, waiting for one: {told}.", err=True)


def _is_secret(name: str) -> bool:
    """Whether a variable is a secret of this machine, or tells where its secrets are."""
    return name == SECRETS_DIR or name.removeprefix("OBSERVATORY_").lower() in SECRET


def _cause(error: BaseException) -> str:
    """The last lines of what a worker said."""
    return str(error).strip() or type(error).__name__
