"""What ended by itself is seen, read and replaced, and goes with `down`."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from typing import TYPE_CHECKING

from tests.handle.conftest import MODEL
from truss_handle import operations
from truss_handle.registry import Registry

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from truss_handle.settings import Settings

SPEAKS = MODEL.replace(
    "def load(self):", "def load(self):\n        print('the last thing it said')"
)


async def killed(truss: Path) -> None:
    """Start it, kill its control plane, and wait until that is seen."""
    running = await operations.start(truss)
    os.kill(running.details["pid"], signal.SIGKILL)
    deadline = time.monotonic() + 60
    while (await operations.status(truss)).state != "stopped":
        assert time.monotonic() < deadline, "its end was never noticed"


async def said(truss: Path) -> list[str]:
    """What it has said according to its log."""
    return [line async for line in operations.logs(truss) if "the last thing it said" in line]


async def test_its_end_is_told_and_its_output_stays(
    home: Settings, make_truss: Callable[..., Path]
) -> None:
    truss = make_truss(model=SPEAKS)
    await operations.start(truss)
    while not await said(truss):  # what it has not passed on yet would end with it
        await asyncio.sleep(0.01)
    await killed(truss)
    [listed] = await operations.list_running()
    for status in (await operations.status(truss), listed):
        assert (status.state, status.runtime) == ("stopped", "local")
        assert "ended unexpectedly" in str(status.message)
        assert status.last_error is not None
    assert len(await said(truss)) == 1
    assert await operations.stop(truss)
    assert Registry(home).folders() == []
    assert not await operations.stop(truss)


async def test_a_start_and_a_rebuild_replace_it_at_the_same_address(
    home: Settings, make_truss: Callable[..., Path]
) -> None:
    truss = make_truss()
    await killed(truss)
    known = operations.find(truss)
    assert known is not None
    assert (await operations.start(truss)).url == known.url
    await killed(truss)
    assert (await operations.rebuild(truss)).url == known.url
    assert (await operations.predict(truss, {"name": "x"})).ok
