"""Départements on two workers of a Dask cluster that share an S3, one of them killed at work."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from distributed import Client
from rich.console import Console

from observatory.cli import cluster
from observatory.cli.progress import StepWatcher
from observatory.cli.running import LostPart, parted_steps, run_parts
from observatory.cli.sharing import part_key
from observatory.home import prepare_home
from observatory.pipeline.history import open_history
from observatory.settings import load_settings
from observatory.storage.frames import Store
from observatory.storage.sharing import SharedStore

BUCKET = "observatoire"
# two départements are at work by then, and none is made
AT_WORK_SECONDS = 8
DASK, MOTO = (str(Path(sys.executable).with_name(name)) for name in ("dask", "moto_server"))
pytestmark = pytest.mark.xdist_group("cluster")


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@contextlib.contextmanager
def started(*command: str, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    """A process on the loopback address, ended with all that it has started."""
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen(
        command,
        env={**os.environ, **environment},
        start_new_session=True,
        **quiet,  # type: ignore[arg-type]
    )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(timeout=10)


def answers(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def wait_for(port: int) -> None:
    until = time.monotonic() + 60
    while not answers(port):
        assert time.monotonic() < until, f"nothing listens on {port}"
        time.sleep(0.2)


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    port = free_port()
    for name, value in {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": "eu-west-3",
        "AWS_DEFAULT_REGION": "eu-west-3",
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "AWS_ALLOW_HTTP": "true",
    }.items():
        monkeypatch.setenv(name, value)
    with started(MOTO, "-H", "127.0.0.1", "-p", str(port)):
        wait_for(port)
        place = {"LocationConstraint": "eu-west-3"}
        boto3.client("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration=place)
        yield f"s3://{BUCKET}/observatory"


@pytest.fixture
def scheduler() -> Iterator[str]:
    port = free_port()
    command = ("scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-dashboard")
    with started(DASK, *command):
        wait_for(port)
        yield f"tcp://127.0.0.1:{port}"


def worker(
    scheduler: str, folder: Path
) -> contextlib.AbstractContextManager[subprocess.Popen[bytes]]:
    command = ("worker", scheduler, "--nthreads", "1", "--no-nanny", "--no-dashboard")
    return started(
        DASK,
        *command,
        "--local-directory",
        str(folder / "scratch"),
        OBSERVATORY_HOME=str(folder / "home"),
    )


def made(home: Path, parts: list[str]) -> dict[str, bytes]:
    """The bytes of all frames that are made département by département."""
    work = home / "work" / "sample"
    frames = [path for part in parts for path in work.glob(f"*/{part}.parquet")]
    return {f"{path.parent.name}/{path.name}": path.read_bytes() for path in frames}


def test_each_departement_is_made_once_though_a_worker_is_killed(
    full_home: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    s3: str,
    scheduler: str,
) -> None:
    home = tmp_path / "home"
    shutil.copytree(full_home, home, symlinks=True)
    for frame in (home / "work" / "sample").glob("*/"):
        shutil.rmtree(frame)
    monkeypatch.setenv("OBSERVATORY_HOME", str(home))
    monkeypatch.setenv("OBSERVATORY_AS_OF", "2026-11-25")
    monkeypatch.setenv("OBSERVATORY_EXECUTOR", "dask")
    monkeypatch.setenv("OBSERVATORY_DASK_SCHEDULER", scheduler)
    monkeypatch.setenv("OBSERVATORY_STORE", s3)
    settings = load_settings()
    prepare_home(settings)
    steps, parts = parted_steps(settings), Store.of(settings).departments()
    with (
        worker(scheduler, tmp_path / "first") as doomed,
        worker(scheduler, tmp_path / "second"),
        open_history(settings, print) as instance,
        StepWatcher(Console(quiet=True)) as watcher,
    ):
        killing = threading.Timer(AT_WORK_SECONDS, doomed.send_signal, [signal.SIGKILL])
        killing.start()
        ended = [*run_parts(settings, steps, instance, watcher)]
        assert doomed.poll() == -signal.SIGKILL, "every part was made before a worker was killed"
        assert [run.said for run in ended if isinstance(run, LostPart)] == []
        assert made(home, parts) == made(full_home, parts)
        keys = {part_key(settings, steps, part) for part in parts}
        listed = boto3.client("s3").list_objects_v2(Bucket=BUCKET, Prefix="observatory/parts/")
        assert {f"observatory/{key}.json" for key in keys} == {
            each["Key"] for each in listed["Contents"]
        }
        # all is there: a second run asks no worker
        monkeypatch.setenv("OBSERVATORY_DASK_SCHEDULER", "tcp://127.0.0.1:9")
        assert [*run_parts(load_settings(), steps, instance, watcher)] == []


def test_a_cluster_without_workers_is_said(
    scheduler: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture
) -> None:
    monkeypatch.setenv("OBSERVATORY_DASK_SCHEDULER", scheduler)
    settings = load_settings()
    with Client(scheduler) as client:
        cluster._tell_of_workers(client, settings)
        assert (
            f"no worker yet, waiting for one: `dask worker {scheduler}`" in capfd.readouterr().err
        )
        with worker(scheduler, tmp_path):
            client.wait_for_workers(1, timeout=60)
            cluster._tell_of_workers(client, settings)
    assert "no worker" not in capfd.readouterr().err


def test_the_word_of_the_first_stays(tmp_path: Path) -> None:
    store = SharedStore(str(tmp_path / "shared"))
    assert store.write_once("parts/x", {"work/sample/a/13.parquet": "0" * 64})
    assert not store.write_once("parts/x", {"work/sample/a/13.parquet": "1" * 64})
    assert store.read("parts/x") == {"work/sample/a/13.parquet": "0" * 64}
