"""The deployment's files: valid, and what they call runs without an engine."""

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
import yaml

from tests.servers import MISSING, find_binaries, postgres

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
BINARIES = Path(sys.executable).parent
SECONDS = 300
pytestmark = pytest.mark.xdist_group("deployment")


def checked(*command: object) -> None:
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_image_and_the_composition_are_well_formed() -> None:
    checked(BINARIES / "hadolint", ROOT / "Dockerfile")
    schema = ("--builtin-schema", "vendor.compose-spec")
    checked(BINARIES / "check-jsonschema", *schema, DEPLOY / "compose.yaml")


def test_nothing_is_published_but_on_the_loopback_address_and_no_secret_is_written() -> None:
    composed = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))
    ports = [p for service in composed["services"].values() for p in service.get("ports", [])]
    assert ports == ["127.0.0.1:3000:3000"]
    for service in composed["services"].values():
        given = service.get("environment", {})
        assert not [n for n in given if n.endswith(("PASSWORD", "_SECRET", "URL", "NOTIFY"))]
    for secret in composed["secrets"].values():
        assert secret["file"].startswith("./secrets/")
        assert not (DEPLOY / secret["file"]).exists()


def test_what_the_image_copies_is_there_and_what_it_ignores_is_not_needed() -> None:
    ignored = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    kept = {line.removeprefix("!") for line in ignored if line.startswith("!")}
    assert ignored[0] == "*"
    for name in kept:
        assert (ROOT / name).exists(), name
    copied = [
        word
        for line in (ROOT / "Dockerfile").read_text("utf-8").splitlines()
        if line.startswith("COPY ") and "--from" not in line
        for word in line.split()[1:-1]
    ]
    assert set(copied) == kept


@contextlib.contextmanager
def started(name: str, environment: dict[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as said:
        process = subprocess.Popen(
            ["sh", str(DEPLOY / "start.sh"), name],
            env=environment,
            stdout=said,
            stderr=said,
            cwd=log.parent,
        )
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(10)


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def wait_for(what: str, is_there: object, log: Path) -> None:
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        if is_there():  # type: ignore[operator]
            return
        time.sleep(0.5)
    pytest.fail(f"{what} did not come: {log.read_text('utf-8', 'replace')[-2000:]}")


@pytest.mark.skipif(find_binaries() is None, reason=MISSING)
def test_code_web_and_daemon_start_on_postgresql_and_run_a_job(tmp_path: Path) -> None:
    code, web = free_port(), free_port()
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    home = tmp_path / "home"
    (home / "dagster").mkdir(parents=True)
    configured = (DEPLOY / "dagster.yaml").read_text("utf-8")
    hurried = configured.replace("poll_interval_seconds: 60", "poll_interval_seconds: 2")
    (home / "dagster" / "dagster.yaml").write_text(hurried)
    (tmp_path / "workspace.yaml").write_text(
        (DEPLOY / "workspace.yaml")
        .read_text("utf-8")
        .replace("host: code", "host: 127.0.0.1")
        .replace("port: 4000", f"port: {code}")
    )
    with postgres(tmp_path) as server:
        (secrets / "dagster_postgres_url").write_text(
            server.url.replace("postgresql:", "postgresql+psycopg2:")
        )
        environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith("OBSERVATORY_")},
            "PATH": f"{BINARIES}:{os.environ['PATH']}",
            "OBSERVATORY_HOME": str(home),
            "OBSERVATORY_SECRETS_DIR": str(secrets),
            "DAGSTER_HOME": str(home / "dagster"),
            "DAGSTER_DISABLE_TELEMETRY": "1",
            "CODE_PORT": str(code),
            "WEB_PORT": str(web),
            "WORKSPACE": str(tmp_path / "workspace.yaml"),
        }
        logs = {name: tmp_path / f"{name}.log" for name in ("code", "web", "daemon")}
        with started("code", environment, logs["code"]):
            health = [str(BINARIES / "dagster"), "api", "grpc-health-check", "-p", str(code)]
            wait_for(
                "the code location",
                lambda: subprocess.run(health, capture_output=True, check=False).returncode == 0,
                logs["code"],
            )
            with (
                started("web", environment, logs["web"]),
                started("daemon", environment, logs["daemon"]),
            ):
                url = f"http://127.0.0.1:{web}"
                wait_for("the web server", lambda: _answers(f"{url}/server_info"), logs["web"])
                run = _launch(url, "fetch_daily", "sources_watch")
                wait_for("the run", lambda: _status(url, run) == "SUCCESS", logs["daemon"])
                dead = _leave_dead_run(home, environment, {"host": "127.0.0.1", "port": code})
                closed = lambda: _state(url, dead) == "FAILURE"  # noqa: E731
                wait_for("the end of a run that is no more", closed, logs["daemon"])


def _leave_dead_run(home: Path, environment: dict[str, str], server: dict) -> str:
    """A run that the code server has started once, and of which it knows nothing any more."""
    program = (
        "import dagster as dg, json, sys\n"
        "from dagster._core.storage.tags import GRPC_INFO_TAG\n"
        "run = dg.DagsterRun(job_name='fetch_daily', tags={GRPC_INFO_TAG: sys.argv[1]},\n"
        "    status=dg.DagsterRunStatus.STARTED)\n"
        "with dg.DagsterInstance.get() as instance: print(instance.add_run(run).run_id)\n"
    )
    url = (home.parent / "secrets" / "dagster_postgres_url").read_text()
    done = subprocess.run(
        [sys.executable, "-c", program, json.dumps(server)],
        env={**environment, "DAGSTER_POSTGRES_URL": url},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.split()[-1]


def _answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=5).ok
    except requests.ConnectionError:
        return False


def _ask(url: str, query: str, **variables: object) -> dict:
    answer = requests.post(
        f"{url}/graphql", json={"query": query, "variables": variables}, timeout=60
    )
    return answer.json()["data"]


def _launch(url: str, job: str, asset: str) -> str:
    launched = _ask(
        url,
        """mutation Launch($params: ExecutionParams!) {
             launchRun(executionParams: $params) {
               __typename
               ... on LaunchRunSuccess { run { runId } }
               ... on PythonError { message }
             }
           }""",
        params={
            "selector": {
                "repositoryLocationName": "observatory",
                "repositoryName": "__repository__",
                "jobName": job,
                "assetSelection": [{"path": [asset]}],
            },
            "runConfigData": {},
        },
    )["launchRun"]
    assert launched["__typename"] == "LaunchRunSuccess", launched
    return launched["run"]["runId"]


def _state(url: str, run: str) -> str:
    query = "query Run($id: ID!) { runOrError(runId: $id) { ... on Run { status } } }"
    return str(_ask(url, query, id=run)["runOrError"].get("status", ""))


def _status(url: str, run: str) -> str:
    found = _state(url, run)
    assert found not in {"FAILURE", "CANCELED"}
    return found
