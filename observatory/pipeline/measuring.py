"""Seconds, and the most memory, that a step takes."""

import contextlib
import resource
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

RESET_PEAK = "5"


@dataclass
class Cost:
    """What a step has taken: wall seconds, and the largest size of the process in it (MB)."""

    seconds: float = 0.0
    megabytes: float = 0.0

    def as_dict(self) -> dict[str, float]:
        """As it is noted beside a frame."""
        return asdict(self)


@contextlib.contextmanager
def measured() -> Iterator[Cost]:
    """Measure what happens inside; the memory is the largest that the process had in it.

    Where the system does not let the peak begin anew, it is that of the whole process.
    """
    cost, begun = Cost(), time.perf_counter()
    is_anew = _begin_anew()
    try:
        yield cost
    finally:
        cost.seconds = round(time.perf_counter() - begun, 3)
        kilobytes = _peak() if is_anew else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        cost.megabytes = round(kilobytes * 1024 / 1e6)


def _begin_anew() -> bool:
    try:
        Path("/proc/self/clear_refs").write_text(RESET_PEAK, "ascii")
    except OSError:
        return False
    return True


def _peak() -> int:
    """Largest resident size since the peak was begun anew, in kilobytes."""
    status = Path("/proc/self/status").read_text("ascii", "replace")
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM:")).split()[1])
