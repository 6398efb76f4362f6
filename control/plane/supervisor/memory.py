"""Whether a second copy of the model fits beside the first."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from control.plane.supervisor.termination import descendants

PROC = Path("/proc")
CGROUP = Path("/sys/fs/cgroup")
MEBIBYTE = 1024 * 1024


def has_room(available: int | None, needed: int, margin: int) -> bool:
    """Whether `needed` bytes can be taken and `margin` stays; unknown is taken for yes. Pure."""
    return available is None or available >= needed + margin


def available_bytes() -> int | None:
    """What this machine, or this container, can still give; None where nobody tells."""
    known = [found for found in (_of_machine(), _of_container()) if found is not None]
    return min(known, default=None)


def memory_bytes(pid: int) -> int:
    """Resident memory of one process, 0 when that cannot be told."""
    try:
        pages = int((PROC / str(pid) / "statm").read_text().split()[1])
    except (OSError, IndexError, ValueError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")


def group_bytes(leader: int) -> int:
    """Resident memory of a process and of everything it started. Blocks: use a thread."""
    return sum(map(memory_bytes, [leader, *descendants(leader)]))


def _of_machine() -> int | None:
    with contextlib.suppress(OSError, ValueError):
        for line in (PROC / "meminfo").read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    return None


def _of_container() -> int | None:
    """The limit of the control group (version 2), less what is in use and cannot be dropped."""
    with contextlib.suppress(OSError, ValueError):
        limit = int((CGROUP / "memory.max").read_text())
        used = int((CGROUP / "memory.current").read_text())
        stat = dict(line.split() for line in (CGROUP / "memory.stat").read_text().splitlines())
        return limit - used + int(stat["inactive_file"])
    return None
