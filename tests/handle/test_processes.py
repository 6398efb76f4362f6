"""Processes are ended completely, in bounded time, and never by number alone."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from truss_handle import processes
from truss_handle.processes import ProcessName

if TYPE_CHECKING:
    from collections.abc import Callable

STUBBORN = """
import os, signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print(child.pid, flush=True)
time.sleep(600)
"""


def spawn(tmp_path: Path, code: str) -> tuple[ProcessName, Path]:
    log = tmp_path / "log"
    argv = [sys.executable, "-c", code]
    return processes.spawn(argv, cwd=tmp_path, env=dict(os.environ), log=log), log


async def until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, "this took too long"
        await asyncio.sleep(0.01)


async def test_what_ignores_sigterm_is_killed_with_its_children(tmp_path: Path) -> None:
    process, log = spawn(tmp_path, STUBBORN)
    await until(log.read_text)
    child = int(log.read_text())
    await processes.end(process, limit=0.2)
    assert not processes.is_alive(process)
    await until(lambda: processes._start_time(child) is None)


async def test_a_process_that_got_the_number_later_is_left_alone(tmp_path: Path) -> None:
    process, _ = spawn(tmp_path, "import time; time.sleep(600)")
    earlier = replace(process, started="1")
    assert not processes.is_alive(earlier)
    await processes.end(earlier, limit=1)
    assert processes.is_alive(process)
    await processes.end(process, limit=5)
    assert not processes.is_alive(process)


async def test_a_child_that_ended_by_itself_is_not_alive(tmp_path: Path) -> None:
    process, log = spawn(tmp_path, "print('done')")
    await until(log.read_text)
    await processes.end(process, limit=5)
    assert not processes.is_alive(process)


def test_a_name_survives_its_record() -> None:
    name = ProcessName(12, "34")
    assert ProcessName.from_details(name.to_details()) == name
    assert ProcessName.from_details({"container": "abc"}) is None


async def test_output_is_appended_for_its_owner_only(tmp_path: Path) -> None:
    for word in ("one", "two"):
        process, log = spawn(tmp_path, f"print({word!r})")
        await until(lambda: not processes.is_alive(process))  # noqa: B023 - awaited right here
    assert log.read_text().split() == ["one", "two"]
    assert log.stat().st_mode & 0o077 == 0
