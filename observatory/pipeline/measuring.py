"""Seconds, and the most memory, that a step takes; several may be under way."""

import contextlib
import resource
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

RESET_PEAK = "5"
_LOCK = threading.Lock()


@dataclass(eq=False)
class Cost:
    """What a step has taken: wall seconds, and the largest size of the process in it (MB)."""

    seconds: float = 0.0
    megabytes: float = 0.0

    def as_dict(self) -> dict[str, float]:
        """As it is noted beside a frame."""
        return asdict(self)


_UNDER_WAY: list[Cost] = []


@contextlib.contextmanager
def measured() -> Iterator[Cost]:
    """Measure what happens inside; the memory is the largest that the process had in it.

    Where the system does not let the peak begin anew, it is that of the whole process.
    """
    cost, begun = Cost(), time.perf_counter()
    with _LOCK:
        _note_peak()
        _UNDER_WAY.append(cost)
    try:
        yield cost
    finally:
        with _LOCK:
            _note_peak()
            _UNDER_WAY.remove(cost)
        cost.seconds = round(time.perf_counter() - begun, 3)


def _note_peak() -> None:
    """Give the peak since the last look to all that is under way, and begin it anew."""
    kilobytes = _peak()
    for cost in _UNDER_WAY:
        cost.megabytes = max(cost.megabytes, round(kilobytes * 1024 / 1e6))
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text(RESET_PEAK, "ascii")


def _peak() -> int:
    """Largest resident size since the peak was begun anew, in kilobytes."""
    try:
        status = Path("/proc/self/status").read_text("ascii", "replace")
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM:")).split()[1])
