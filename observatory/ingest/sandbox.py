"""A process of its own for a file that is not trusted: what it does to its reader ends there."""

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeAlias

import pyarrow as pa

import observatory
from observatory.storage.members import MemberError

Ask: TypeAlias = Callable[..., Any]
MOST_MEMORY = 4 * 2**30
MOST_SECONDS = 600
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


@contextlib.contextmanager
def sandbox(**environment: str) -> Iterator[Ask]:
    """Ask a process of its own; it knows no setting and no secret, and ends with the block.

    An answer is what the task of ``sandboxed`` returns. Raises MemberError for what is refused,
    with the reason; UnreadableError for what cannot be read.
    """
    with tempfile.TemporaryDirectory() as home:
        alone = {
            **{name: os.environ[name] for name in KEPT if name in os.environ},
            **dict.fromkeys(PROXIES, NOWHERE),
            **dict.fromkeys(THREADS, "1"),
            "HOME": home,
            **environment,
        }
        limits = (str(MOST_MEMORY), str(MOST_SECONDS))
        with subprocess.Popen(  # noqa: S603
            [sys.executable, "-I", "-X", "utf8", "-c", START, *limits],
            cwd=home,
            env=alone,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            encoding="utf-8",
        ) as process:
            # a reader that waits for something uses no time of the processor
            end = threading.Timer(2 * MOST_SECONDS, process.kill)
            end.daemon = True
            end.start()
            try:
                yield lambda task, **asked: _answer(process, {"task": task, **asked})
            finally:
                end.cancel()
                process.kill()
                # closed here: of a question that a dead reader never took, nobody is told twice
                with contextlib.suppress(BrokenPipeError):
                    if process.stdin:
                        process.stdin.close()


def _answer(process: subprocess.Popen[str], question: dict[str, Any]) -> Any:
    line = ""
    with contextlib.suppress(BrokenPipeError):
        print(json.dumps(question), file=process.stdin, flush=True)
        line = process.stdout.readline() if process.stdout else ""
    if not line.endswith("\n"):
        msg = (
            f"cannot be read within {MOST_MEMORY // 2**30} GiB of memory and {MOST_SECONDS} s, or "
            "breaks its reader"
        )
        raise MemberError(msg)
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
