"""A process of its own for a file that is not trusted: what it does to its reader ends there."""

import atexit
import contextlib
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any, TypeAlias

import pyarrow as pa

import observatory
from observatory.storage.members import MemberError

Ask: TypeAlias = Callable[..., Any]
MOST_MEMORY = 4 * 2**30
MOST_SECONDS = 600
# nurseries of a process that nobody reads in: each has GDAL in its memory
MOST_IDLE = 2
ROOT = Path(observatory.__file__).parents[1]
START = (
    f"import sys; sys.path.insert(0, {str(ROOT)!r}); "
    "from observatory.ingest.sandboxed import main; main()"
)
KEPT = ("PATH", "LD_LIBRARY_PATH", "SYSTEMROOT", "TMPDIR", "TEMP")
# port 0 answers nobody; a library that asks for an address is told so at once
NOWHERE = "http://127.0.0.1:0"
PROXIES = ("http_proxy", "https_proxy", "ALL_PROXY", "GDAL_HTTP_PROXY", "GDAL_HTTPS_PROXY")
THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS")


class UnreadableError(Exception):
    """A file that its reader could not read: what it said of it."""


class Nursery:
    """A process that has imported what readers need, opens no file, and forks each reader.

    It ends with the process that began it: nobody holds the other end of its socket then.
    """

    def __init__(self, environment: dict[str, str]) -> None:
        self.lock = threading.Lock()
        self.readers: set[int] = set()
        ours, theirs = socket.socketpair()
        with ours, theirs:
            self.process = subprocess.Popen(  # noqa: S603
                [sys.executable, "-I", "-X", "utf8", "-c", START, str(theirs.fileno())],
                cwd="/",
                env=environment,
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            self.socket = ours.dup()
        self.heard = self.socket.makefile("r", encoding="utf-8")

    def begin(self, home: str, ends: socket.socket) -> int:
        """Fork a reader that is asked through ``ends`` and writes in ``home``; its number."""
        limits = {"home": home, "memory": MOST_MEMORY, "seconds": MOST_SECONDS}
        reader = int(self._order({"begin": limits}, ends.fileno()))
        self.readers.add(reader)
        return reader

    def end(self, reader: int) -> None:
        """End a reader, whatever it is doing; one that was ended already is not looked for."""
        with contextlib.suppress(OSError, ValueError):
            self._order({"end": reader})
        self.readers.discard(reader)

    def close(self) -> None:
        """Let it end, and wait until it has."""
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)
        self.heard.close()
        self.socket.close()
        self.process.wait()

    def _order(self, order: dict[str, Any], *passed: int) -> str:
        with self.lock:
            socket.send_fds(self.socket, [f"{json.dumps(order)}\n".encode()], passed)
            return self.heard.readline()


_nurseries: dict[tuple[int, str], Nursery] = {}
_lock = threading.Lock()


def _begin(environment: dict[str, str], home: str, ends: socket.socket) -> tuple[Nursery, int]:
    """A reader with its nursery: that of this process and environment, begun where there is none.

    Of those that nobody reads in, the newest are kept. Raises MemberError where it ends.
    """
    key = (os.getpid(), json.dumps([START, environment], sort_keys=True))
    with _lock:
        if (lost := _nurseries.get(key)) and lost.process.poll() is not None:
            _nurseries.pop(key).close()
        if key not in _nurseries:
            own = [k for k, nursery in _nurseries.items() if k[0] == key[0] and not nursery.readers]
            for old in own[: max(0, len(own) - MOST_IDLE)]:
                _nurseries.pop(old).close()
            _nurseries[key] = Nursery(environment)
        nursery = _nurseries[key]
        try:
            return nursery, nursery.begin(home, ends)
        except (OSError, ValueError):
            raise _lost() from None


@atexit.register
def end_nurseries() -> None:
    """Let those of this process end; the next file begins its own."""
    with _lock:
        for key in [key for key in _nurseries if key[0] == os.getpid()]:
            _nurseries.pop(key).close()


@contextlib.contextmanager
def sandbox(**environment: str) -> Iterator[Ask]:
    """Ask a process of its own; it knows no setting and no secret, and ends with the block.

    An answer is what the task of ``sandboxed`` returns. Raises MemberError for what is refused,
    with the reason; UnreadableError for what cannot be read.
    """
    known = {
        **{name: os.environ[name] for name in KEPT if name in os.environ},
        **dict.fromkeys(PROXIES, NOWHERE),
        **dict.fromkeys(THREADS, "1"),
        "HOME": "/",
        **environment,
    }
    ours, theirs = socket.socketpair()
    with tempfile.TemporaryDirectory() as home, ours:
        with theirs:
            nursery, reader = _begin(known, home, theirs)
        # a reader that waits for something uses no time of the processor
        end = threading.Timer(2 * MOST_SECONDS, nursery.end, (reader,))
        end.daemon = True
        end.start()
        try:
            with ours.makefile("r", encoding="utf-8") as answers:
                yield lambda task, **asked: _answer(ours, answers, {"task": task, **asked})
        finally:
            end.cancel()
            nursery.end(reader)


def _lost() -> MemberError:
    return MemberError(
        f"cannot be read within {MOST_MEMORY // 2**30} GiB of memory and {MOST_SECONDS} s, or "
        "breaks its reader"
    )


def _answer(reader: socket.socket, answers: IO[str], question: dict[str, Any]) -> Any:
    line = ""
    with contextlib.suppress(OSError):  # of a question that a dead reader never took
        reader.sendall(f"{json.dumps(question)}\n".encode())
        line = answers.readline()
    if not line.endswith("\n"):
        raise _lost()
    answer = json.loads(line)
    if "refused" in answer:
        raise MemberError(answer["refused"])
    if "failed" in answer:
        raise UnreadableError(answer["failed"])
    return answer["done"]


def read_arrow(path: Path) -> pa.Table:
    """A table that the sandbox wrote; its file is gone, its content stays while it is used."""
    with pa.memory_map(str(path)) as file:
        table = pa.ipc.open_file(file).read_all()
    path.unlink()
    return table
