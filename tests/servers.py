"""A PostgreSQL server of one's own, from Debian's packages, for as long as a block lasts."""

import contextlib
import os
import pwd
import shutil
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

BINARIES = Path("/usr/lib/postgresql")
CONTROL = "extension/postgis.control"
MISSING = (
    "PostgreSQL 15 with PostGIS is not installed: apt-get install postgresql-15-postgis-3 "
    "(`make test` does it as root)"
)


@dataclass(frozen=True, kw_only=True)
class Server:
    """A running server; ``url`` is that of its superuser on an empty database."""

    port: int
    folder: Path
    binaries: Path

    @property
    def url(self) -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}/observatory"

    def as_role(self, role: str, database: str = "observatory") -> str:
        return f"postgresql://{role}@127.0.0.1:{self.port}/{database}"


def find_binaries() -> Path | None:
    """The folder of a server that has PostGIS beside it; None where there is none."""
    for version in sorted(BINARIES.glob("*/bin"), reverse=True):
        shared = Path("/usr/share/postgresql") / version.parent.name / CONTROL
        if (version / "initdb").exists() and shared.exists():
            return version
    return None


def _as_postgres(command: list[object], *, check: bool = False) -> None:
    """Run as the user postgres where we are root: a server refuses to run as root."""
    prefix = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    subprocess.run(
        [*prefix, *map(str, command)],
        check=check,
        cwd="/",
        timeout=120,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        stdin=subprocess.DEVNULL,
    )


def start(server: Server) -> None:
    options = (
        f"-p {server.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={server.folder}"
        " -c fsync=off -c max_connections=60 -c shared_buffers=64MB"
    )
    log = server.folder / "log"
    command = [server.binaries / "pg_ctl", "-D", server.folder, "-w", "-l", log, "-o", options]
    _as_postgres([*command, "start"], check=True)


@contextlib.contextmanager
def postgres(folder: Path) -> Iterator[Server]:
    """A fresh server in ``folder`` on a free port of the loopback address."""
    binaries = find_binaries()
    if binaries is None:
        raise FileNotFoundError(MISSING)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    data = folder / "postgres"
    data.mkdir(mode=0o700, parents=True)
    if os.geteuid() == 0:
        owner = pwd.getpwnam("postgres")
        os.chown(data, owner.pw_uid, owner.pw_gid)
        for parent in data.parents[:4]:
            parent.chmod(parent.stat().st_mode | 0o711)
    server = Server(port=port, folder=data, binaries=binaries)
    _as_postgres(
        [binaries / "initdb", "-D", data, "-A", "trust", "-U", "postgres", "--no-sync"], check=True
    )
    start(server)
    try:
        _as_postgres(
            [binaries / "createdb", "-h", "127.0.0.1", "-p", port, "-U", "postgres", "observatory"],
            check=True,
        )
        yield server
    finally:
        _as_postgres([binaries / "pg_ctl", "-D", data, "-m", "immediate", "-w", "stop"])
        shutil.rmtree(data, ignore_errors=True)
