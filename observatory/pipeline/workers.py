"""Two processes that make steps beside Dagster's own, begun while that one is still importing.

They are begun anew, not forked: libraries with threads of their own do not survive that. Nothing
slow is imported here, so that a command can begin them before anything else.
"""

import importlib
import multiprocessing
import os
import signal
import sys
import warnings
from concurrent.futures import Executor, ProcessPoolExecutor

PR_SET_PDEATHSIG = 1
AT_ONCE = 2
_begun: list[Executor] = []


def begin_workers(graph: str) -> None:
    """Have the processes made for this command; the second where it is first asked for.

    Each imports the module ``graph``, which makes all steps known.
    """
    spawned = multiprocessing.get_context("spawn")
    _begun[:] = [
        ProcessPoolExecutor(1, spawned, _be_worker, (graph, os.getpid())) for _ in range(AT_ONCE)
    ]
    _begun[0].submit(abs, 0)


def begun_workers() -> list[Executor]:
    """The processes of this command, one executor each; none where it has begun none."""
    return [*_begun]


def _be_worker(graph: str, parent: int) -> None:
    """Nothing to say, and no life after the process that began it."""
    warnings.filterwarnings("ignore")
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL))
        if os.getppid() != parent:
            os._exit(1)
    importlib.import_module(graph)
