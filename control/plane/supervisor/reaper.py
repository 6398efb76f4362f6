"""Collects orphans, for when the control plane is a container's first process.

A process whose parent is gone becomes a child of process 1; unless that waits for it, it stays a
zombie and keeps its pid. asyncio waits only for what it started itself.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from pathlib import Path

# Whoever started a process collects it within moments of its end; were we quicker, its exit status
# would be lost to them. What is still a zombie after this time is nobody's.
GRACE_SECONDS = 0.5
PROC = Path("/proc")

# A pid, and when its process began: a pid may be another's by the end of the grace.
Zombie = tuple[int, bytes]


class Reaper:
    """Reaps on SIGCHLD what nobody else waits for: every zombie that has outlived a grace."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._waits = False

    def start(self) -> None:
        """Begins; only useful for process 1."""
        self._loop.add_signal_handler(signal.SIGCHLD, self._look)

    def _look(self) -> None:
        if self._waits:
            return
        found = _zombies()
        if found:
            self._waits = True
            self._loop.call_later(GRACE_SECONDS, self._collect, found)

    def _collect(self, found: set[Zombie]) -> None:
        self._waits = False
        for pid, _ in found & _zombies():
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)
        self._look()


def _zombies() -> set[Zombie]:
    """The children that have ended and that nobody has waited for."""
    try:
        if os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
            return set()
    except ChildProcessError:
        return set()
    found = set()
    for folder in PROC.iterdir():
        if not folder.name.isdecimal():
            continue
        # The name in parentheses may contain anything, so count from its end.
        with contextlib.suppress(OSError):
            fields = (folder / "stat").read_bytes().rpartition(b")")[2].split()
            if fields[0] == b"Z" and int(fields[1]) == os.getpid():
                found.add((int(folder.name), fields[19]))
    return found
