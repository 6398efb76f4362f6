"""Ending a process with everything it started: children first, nothing left behind."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from pathlib import Path

PROC = Path("/proc")
POLL_SECONDS = 0.02


def end_descendants(leader: int, grace: float) -> None:
    """Ends what `leader` started, but not `leader`: asks, waits up to `grace` seconds, kills.

    Children of an engine hold its sockets and its accelerator memory; ended after their parent
    they would be nobody's. Blocks: use a thread.
    """
    pids = descendants(leader)
    _signal(pids, signal.SIGTERM)
    deadline = time.monotonic() + grace
    while pids and time.monotonic() < deadline:
        time.sleep(POLL_SECONDS)
        pids = [pid for pid in pids if _is_running(pid)]
    _signal(pids, signal.SIGKILL)


def kill_group(leader: int) -> None:
    """Kills `leader`, its descendants and its process group."""
    _signal(descendants(leader), signal.SIGKILL)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)


def descendants(leader: int) -> list[int]:
    """Every process below `leader` or in its session, youngest generation first.

    The session finds those whose parent is already gone; the tree finds those that left the
    session. Only Linux tells; elsewhere the process group has to do.
    """
    processes = list(_processes())
    children: dict[int, list[int]] = {}
    for pid, parent, _ in processes:
        children.setdefault(parent, []).append(pid)
    found = [pid for pid, _, session in processes if session == leader and pid != leader]
    ahead = [leader, *found]
    while ahead:
        for child in children.get(ahead.pop(), []):
            if child not in found:
                found.append(child)
                ahead.append(child)
    return found[::-1]


def _processes() -> list[tuple[int, int, int]]:
    """(pid, parent, session) of every process; an empty list without /proc."""
    found = []
    with contextlib.suppress(FileNotFoundError):
        for folder in PROC.iterdir():
            if not folder.name.isdecimal():
                continue
            # The name in parentheses may contain anything, so count from its end.
            with contextlib.suppress(OSError, IndexError, ValueError):
                fields = (folder / "stat").read_bytes().rpartition(b")")[2].split()
                state, parent, _, session = fields[:4]
                if state != b"Z":
                    found.append((int(folder.name), int(parent), int(session)))
    return found


def _is_running(pid: int) -> bool:
    try:
        return (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (OSError, IndexError):
        return False


def _signal(pids: list[int], number: signal.Signals) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, number)
