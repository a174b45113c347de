"""The deployment's files: valid, and what they call runs without an engine."""

import contextlib
import json
import os
import re
import socket
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
import yaml

from deploy.dependencies import PAGE, SCRIPTS, Package, locked, refused, script_packages
from tests.servers import MISSING, find_binaries, postgres

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
BINARIES = Path(sys.executable).parent
SECONDS = 300
LISTED = re.compile(r"^\| (?!package )(\S+) \| (.+) \|$", re.MULTILINE)
pytestmark = pytest.mark.xdist_group("deployment")


def checked(*command: object) -> None:
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_image_and_the_composition_are_well_formed() -> None:
    checked(BINARIES / "hadolint", ROOT / "Dockerfile")
    schema = ("--builtin-schema", "vendor.compose-spec")
    checked(BINARIES / "check-jsonschema", *schema, DEPLOY / "compose.yaml")


def test_a_cluster_takes_the_job_of_the_departements(tmp_path: Path) -> None:
    checked(BINARIES / "kubernetes-validate", "--strict", DEPLOY / "parts.yaml")
    job = yaml.safe_load((DEPLOY / "parts.yaml").read_text("utf-8"))
    (container,) = job["spec"]["template"]["spec"]["containers"]
    given = {each["name"]: each["value"] for each in container["env"]}
    assert job["spec"]["completions"] == len(given["DEPARTMENTS"].split(","))
    assert given["DEPARTMENTS"] == given["OBSERVATORY_TERRITORY"]
    job["spec"]["completions"] = "eight"
    broken = tmp_path / "broken.yaml"
    broken.write_text(yaml.safe_dump(job), "utf-8")
    with pytest.raises(AssertionError, match="eight"):
        checked(BINARIES / "kubernetes-validate", "--strict", broken)


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


def test_what_tests_and_builds_stays_out_of_the_image() -> None:
    stages = (ROOT / "Dockerfile").read_text("utf-8").split("\nFROM ")
    assert len(stages) == 3
    assert re.findall(r"COPY --from=build (.+)", stages[2]) == ["/app /app"]
    assert not re.search(r"^RUN .*(pip|apt)", stages[2], re.MULTILINE)
    installed = re.findall(
        r"--python (\S+)/bin/python[\s\\]+(?:--\S+[\s\\]+)+(?:-r )?(\S+)", stages[1]
    )
    assert sorted(installed) == [
        ("/app/.venv", "/tmp/wheel/*.whl"),
        ("/app/.venv", "requirements.lock"),
        ("/tools", "requirements-dev.lock"),
    ]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    names = {re.split(r"[<>=]", n)[0] for n in project["dependency-groups"]["dev"]}
    assert not names & locked((ROOT / "requirements.lock").read_text("utf-8")).keys()


@pytest.mark.parametrize("name", ["requirements", "requirements-dev", "requirements-uv"])
def test_locks_hold_hashes_and_no_address(name: str) -> None:
    lock = (ROOT / f"{name}.lock").read_text("utf-8")
    assert "://" not in lock
    wanted = [part for part in re.split(r"\n(?=[\w.-]+==)", "\n" + lock) if "==" in part]
    assert wanted
    assert all(part.count("--hash=sha256:") >= 1 for part in wanted)


def test_both_locks_agree_on_versions() -> None:
    run, tests = (
        locked((ROOT / f"requirements{name}.lock").read_text("utf-8")) for name in ("", "-dev")
    )
    assert {n: v for n, v in tests.items() if n in run} == {n: run[n] for n in tests if n in run}


@pytest.mark.parametrize(
    ("given", "listens"), [({}, "127.0.0.1"), ({"LISTEN_ON": "192.0.2.7"}, "192.0.2.7")]
)
@pytest.mark.parametrize("name", ["code", "web", "daemon"])
def test_a_process_listens_on_the_loopback_address_unless_told_otherwise(
    name: str, given: dict[str, str], listens: str, tmp_path: Path
) -> None:
    (tmp_path / "dagster_postgres_url").write_text("postgresql://me:pass-word@here/dagster")
    for command in ("dagster", "dagster-webserver", "dagster-daemon"):
        (tmp_path / command).write_text('#!/bin/sh\necho "$0 $*"\n')
        (tmp_path / command).chmod(0o755)
    done = subprocess.run(
        ["sh", str(DEPLOY / "start.sh"), name],
        env={"PATH": f"{tmp_path}:/usr/bin:/bin", "OBSERVATORY_SECRETS_DIR": str(tmp_path)} | given,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "pass-word" not in done.stdout + done.stderr
    assert "0.0.0.0" not in done.stdout  # noqa: S104
    assert (f"-h {listens} " in done.stdout) is (name != "daemon")


def test_licences_of_all_that_runs_are_listed_and_allowed() -> None:
    told = PAGE.read_text("utf-8")
    python, scripts = (
        [Package(name=name, licence=licence) for name, licence in LISTED.findall(part)]
        for part in told.split("\n## ")[1:]
    )
    assert [p.name for p in python] == sorted(
        locked((ROOT / "requirements.lock").read_text("utf-8"))
    )
    assert scripts == script_packages((SCRIPTS / "package-lock.json").read_text("utf-8"))
    assert refused([*python, *scripts]) == []


@pytest.mark.parametrize(
    ("licence", "is_allowed"),
    [
        ("MIT", True),
        ("(MIT OR Apache-2.0)", True),
        ("GPL-3.0-only OR MIT", True),
        ("MIT AND OFL-1.1", True),
        ("BSD License; MIT License", True),
        ("MIT AND GPL-3.0-only", False),
        ("MIT License; GNU Affero General Public License v3", False),
        ("UNKNOWN", False),
        ("", False),
        ("Bitstream-Vera", False),
    ],
)
def test_a_licence_that_nobody_read_is_refused_in_a_sentence(
    licence: str, is_allowed: bool
) -> None:
    said = refused([Package(name="newcomer", licence=licence)])
    assert (said == []) is is_allowed
    assert all(s.startswith("newcomer: the licence “") and "read it" in s for s in said)


def command_lines() -> str:
    """Whatever ``ps`` would show of all processes."""
    lines = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            lines.append(path.read_bytes().replace(b"\0", b" ").decode("utf-8", "replace"))
    return "\n".join(lines)


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
            server.url.replace(
                "postgresql://postgres@", "postgresql+psycopg2://postgres:pass-word@"
            )
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
                shown: list[str] = []

                def has_run() -> bool:
                    shown.append(command_lines())
                    return _status(url, run) == "SUCCESS"

                wait_for("the run", has_run, logs["daemon"])
                assert "dagster-webserver" in shown[0]
                assert "pass-word" not in "".join(shown)
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
