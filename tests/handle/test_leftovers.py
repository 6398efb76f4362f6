"""What a killed command or machine leaves behind is found, told and cleared."""

from __future__ import annotations

import os
import signal
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from truss_handle import leftovers, operations, processes
from truss_handle.doctor import examine
from truss_handle.locks import exclusive
from truss_handle.processes import ProcessName
from truss_handle.registry import Registry, instance_id

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from truss_handle.settings import Settings


async def test_a_process_without_a_record_is_ended(home: Settings, tmp_path: Path) -> None:
    # As when the command that starts it is killed between the two.
    registry = Registry(home)
    directory = registry.create("orphan-local-0")
    process = processes.spawn(
        [sys.executable, "-c", "import time; time.sleep(600)"],
        cwd=tmp_path,
        env=dict(os.environ),
        log=directory / "log",
    )
    leftovers.note_process(directory, process)
    assert await leftovers.found(home) == ["orphan-local-0"]
    [check] = [check for check in await examine(home) if check.subject == "leftovers"]
    assert (check.level, "orphan-local-0" in check.message) == ("warning", True)
    assert await operations.list_running() == []
    assert not processes.is_alive(process)
    assert registry.folders() == []


async def test_a_record_whose_pid_is_someone_elses_now_is_stale(
    home: Settings, make_truss: Callable[..., Path]
) -> None:
    truss = make_truss()
    running = await operations.start(truss)
    recycled = replace(running, details={**running.details, "pid": os.getpid()})
    Registry(home).save(recycled)
    assert (await operations.status(truss)).state == "stopped"
    Registry(home).create(running.id)
    Registry(home).save(running)
    assert await operations.stop(truss)


@pytest.mark.parametrize("verb", [operations.stop, operations.start], ids=["down", "up"])
async def test_the_sockets_of_a_killed_control_plane_go_with_it(
    home: Settings, make_truss: Callable[..., Path], verb: Callable[[Path], Awaitable[object]]
) -> None:
    truss = make_truss()
    running = await operations.start(truss)
    sockets = (Registry(home).directory(running.id) / "state" / "sockets").readlink()
    assert sockets.is_dir()
    process = ProcessName.from_details(running.details)
    assert process is not None
    os.kill(process.pid, signal.SIGKILL)
    await processes.end(process, limit=5)
    assert sockets.is_dir()
    await verb(truss)
    assert not sockets.exists()


async def test_a_start_that_is_under_way_is_no_leftover(home: Settings, tmp_path: Path) -> None:
    name = instance_id(tmp_path, "local")
    Registry(home).create(name)
    async with exclusive(home.lock_of(name)):
        assert await leftovers.found(home) == []
    assert await leftovers.found(home) == [name]
