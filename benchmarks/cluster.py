"""Eight départements on two Dask workers, one killed with -9 at work, beside one machine alone.

    python -m benchmarks.cluster --scale 0.01 --record

Scheduler, workers and the S3 they share (moto) are processes of their own on the loopback address.
All that is made département by département is made twice from the same archive: in one process,
and on the workers, of which the first is killed once a first part is there. Told are the parts that
the S3 has a manifest of, the digest of all frames of either way, and what a second run makes.
Releases are the same command on both, and are not measured here.
"""

import argparse
import contextlib
import hashlib
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

from benchmarks.measuring import Measure, measure, module, options, record, summarise, tell
from benchmarks.slope import near_a_million
from benchmarks.true_size import draw, hand_over

BUCKET, PREFIX = "observatoire", "observatory"
DASK, MOTO = (str(Path(sys.executable).with_name(name)) for name in ("dask", "moto_server"))
EVERY_S, PATIENCE_S = 0.5, 120
AWS = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_REGION": "eu-west-3",
    "AWS_DEFAULT_REGION": "eu-west-3",
    "AWS_ALLOW_HTTP": "true",
}
OURS, CLUSTER, AGAIN = "one process", "two workers, one killed", "again"


@contextlib.contextmanager
def started(*command: str, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    """A process and all that it starts, for as long as the block lasts."""
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(
        command,
        env={**os.environ, **environment},
        start_new_session=True,
        stdout=quiet,
        stderr=quiet,
    )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def free_port() -> int:
    """A port of the loopback address that nobody listens on."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def wait_for(port: int) -> None:
    """Wait until somebody listens."""
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(EVERY_S)
    msg = f"nobody listens on {port}"
    raise TimeoutError(msg)


def manifests() -> list[str]:
    """The parts that were committed."""
    import boto3

    listed = boto3.client("s3").list_objects_v2(Bucket=BUCKET, Prefix=f"{PREFIX}/parts/")
    return [each["Key"] for each in listed.get("Contents", ())]


def digest(home: Path, parts: list[str]) -> str:
    """One hash of all frames that are made of these départements."""
    paths = sorted(path for part in parts for path in (home / "work").glob(f"*/*/{part}.parquet"))
    told = (f"{p.parent.name}/{p.name} {_sha256(p)}" for p in paths)
    return f"{len(paths)} frames {hashlib.sha256(' '.join(told).encode()).hexdigest()[:16]}"


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def make_all() -> None:
    """Make what all départements rest on, and each of them, as the settings say; tell how many."""
    from rich.console import Console

    from observatory.cli.progress import StepWatcher
    from observatory.cli.running import LostPart, parted_steps, ready, run_ground, run_parts
    from observatory.pipeline.history import open_history

    settings = ready()
    steps = parted_steps(settings)
    with (
        open_history(settings, print) as instance,
        StepWatcher(Console(quiet=True)) as watcher,
    ):
        runs = [*run_ground(settings, steps, instance, watcher)]
        parts = [*run_parts(settings, steps, instance, watcher)]
    lost = [run.said for run in parts if isinstance(run, LostPart)]
    if lost or not all(run.success for run in [*runs, *parts]):
        raise RuntimeError("; ".join(lost) or "a step failed")
    tell(runs=len(runs) + len(parts))


def kill_once_a_part_is_there(doomed: subprocess.Popen[bytes], ended: threading.Event) -> None:
    """End a worker where it stands; what it has begun is not asked to stop either."""
    while not ended.wait(EVERY_S):
        if manifests():
            doomed.send_signal(signal.SIGKILL)
            return


def _command(home: Path, territory: str, **more: str) -> list[str]:
    told = {"HOME": str(home), "INPUT": "archive", "TERRITORY": territory, **more}
    setting = [f"OBSERVATORY_{name}={value}" for name, value in told.items()]
    return ["env", *setting, *module(__spec__.name, "--make")]


def on_a_cluster(home: Path, work: Path, territory: str) -> tuple[Measure, Measure]:
    """The départements on two workers, one of which is killed; and once more, with none there."""
    import boto3

    s3, port = free_port(), free_port()
    os.environ.update(AWS, AWS_ENDPOINT_URL=f"http://127.0.0.1:{s3}")
    scheduler = f"tcp://127.0.0.1:{port}"
    worker = (DASK, "worker", scheduler, "--nthreads", "1", "--no-nanny", "--no-dashboard")

    def at_work(name: str) -> contextlib.AbstractContextManager[subprocess.Popen[bytes]]:
        folder = str(work / name / "scratch")
        own = str(work / name / "home")
        return started(*worker, "--local-directory", folder, OBSERVATORY_HOME=own)

    more = {"EXECUTOR": "dask", "STORE": f"s3://{BUCKET}/{PREFIX}"}
    serve = (DASK, "scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-dashboard")
    with started(MOTO, "-H", "127.0.0.1", "-p", str(s3)), started(*serve):
        wait_for(s3)
        wait_for(port)
        place = {"LocationConstraint": AWS["AWS_REGION"]}
        boto3.client("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration=place)
        with at_work("first") as doomed, at_work("second"):
            ended = threading.Event()
            killer = threading.Thread(target=kill_once_a_part_is_there, args=(doomed, ended))
            killer.start()
            found = measure(_command(home, territory, DASK_SCHEDULER=scheduler, **more))
            ended.set()
            killer.join()
            was_killed = doomed.poll() == -signal.SIGKILL
        found.told.update(killed=was_killed, manifests=len(manifests()))
        nobody = "tcp://127.0.0.1:9"
        again = measure(_command(home, territory, DASK_SCHEDULER=nobody, **more))
    return found, again


def compare(work: Path, files: Path | None, scale: float, count: int) -> dict[str, list[Measure]]:
    """One process, the cluster, and the cluster again."""
    parts = near_a_million(count)
    if files is None:
        files = work / "files"
        shutil.rmtree(files, ignore_errors=True)
        draw(files, parts, scale)
    territory, alone, many = ",".join(parts), work / "alone", work / "many"
    for folder in (alone, many, work / "first", work / "second"):
        shutil.rmtree(folder, ignore_errors=True)
    for home in (alone, many):
        hand_over(home, files)
    on_many, again = on_a_cluster(many, work, territory)
    on_many.told["frames"] = digest(many, parts)
    one = measure(_command(alone, territory))
    one.told["frames"] = digest(alone, parts)
    return {OURS: [one], CLUSTER: [on_many], AGAIN: [again]}


def main() -> None:
    """Measure, print, and keep the results where asked."""
    parser = options(__doc__, rounds=1)
    parser.add_argument("--scale", type=float, default=0.01)
    parser.add_argument("--count", type=int, default=8)
    parser.add_argument("--work", type=Path, default=Path("var/benchmark"))
    parser.add_argument("--files", type=Path, help="what was drawn of them already")
    parser.add_argument("--make", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.make:
        make_all()
        return
    found = compare(given.work.resolve(), given.files, given.scale, given.count)
    same = found[OURS][0].told["frames"] == found[CLUSTER][0].told["frames"]
    text = f"{summarise(found)}\n\nFrames of either way: {'the same' if same else 'OTHER'}."
    print(text)
    if given.record:
        record("Départements on a cluster", "python -m benchmarks.cluster", text)


if __name__ == "__main__":
    main()
