"""Processes that outlive the one that started them, and that can be ended safely later.

A pid alone is no name: the system gives it to someone else after the process has ended. Together
with the start time it is one, so that nothing but our own process is ever signalled.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_POLL = 0.02  # seconds between looks at a process that is expected to end

# Our own children must be reaped by us, or they stay as zombies for as long as we live (the
# language server lives for days).
_children: dict[int, subprocess.Popen[bytes]] = {}


@dataclass(frozen=True, slots=True)
class ProcessName:
    """A process, unmistakably. `started` is opaque and only ever compared."""

    pid: int
    started: str

    def to_details(self) -> dict[str, Any]:
        """As stored in `Running.details`."""
        return {"pid": self.pid, "pid_started": self.started}

    @classmethod
    def from_details(cls, details: Mapping[str, Any]) -> ProcessName | None:
        """Back from `Running.details`; None where it names no process."""
        pid, started = details.get("pid"), details.get("pid_started")
        return cls(pid, started) if isinstance(pid, int) and isinstance(started, str) else None


def spawn(
    argv: Sequence[str | Path], *, cwd: Path, env: Mapping[str, str], log: Path
) -> ProcessName:
    """Start a process in a session of its own, its output appended to `log` (0600)."""
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    try:
        child = subprocess.Popen(
            [str(argument) for argument in argv],
            cwd=cwd,
            env=dict(env),
            stdin=subprocess.DEVNULL,
            stdout=descriptor,
            stderr=descriptor,
            start_new_session=True,  # a Ctrl-C in the terminal is not for the server
        )
    finally:
        os.close(descriptor)
    _children[child.pid] = child
    return ProcessName(child.pid, _start_time(child.pid) or "")


def is_alive(process: ProcessName) -> bool:
    """Whether exactly this process still runs; a zombie does not."""
    child = _children.get(process.pid)
    if child is not None and child.poll() is not None:
        del _children[process.pid]
    return _start_time(process.pid) == process.started


async def end(process: ProcessName, *, limit: float) -> None:
    """SIGTERM, then SIGKILL for the whole group after `limit` seconds. Gone already is fine."""
    if not is_alive(process):
        return
    _signal(process.pid, signal.SIGTERM)
    if not await _ended(process, limit):
        _signal(process.pid, signal.SIGKILL)
    # The group outlives its leader when the leader leaves children behind; while any of them
    # lives, the kernel gives the number to nobody else.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    await _ended(process, limit)


async def _ended(process: ProcessName, limit: float) -> bool:
    deadline = time.monotonic() + limit
    while is_alive(process):
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(_POLL)
    return True


def _signal(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def _start_time(pid: int) -> str | None:
    """Opaque start time of a living process; None for zombies and for nobody."""
    return _from_proc(pid) if _has_proc() else _from_ps(pid)


@cache
def _has_proc() -> bool:
    return Path("/proc/self/stat").exists()


def _from_proc(pid: int) -> str | None:
    try:
        stat = Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:
        return None
    # proc(5): the command, in parentheses, may itself contain anything; fields 3 (state) and 22
    # (start time in ticks since boot) are counted from behind it.
    fields = stat[stat.rindex(b")") + 2 :].split()
    return None if fields[0] in (b"Z", b"X") else fields[19].decode()


def _from_ps(pid: int) -> str | None:
    argv = ["ps", "-o", "stat=,lstart=", "-p", str(pid)]
    shown = subprocess.run(argv, capture_output=True, text=True, check=False).stdout
    state, _, started = shown.strip().partition(" ")
    return None if not started or state.startswith("Z") else started.strip()
