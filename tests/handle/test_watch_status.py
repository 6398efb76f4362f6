"""`operations.watch_status`: what runs tells of itself; plain servers are asked."""

from __future__ import annotations

import os
import signal
from contextlib import aclosing
from typing import TYPE_CHECKING

from tests.handle.conftest import replace_in
from truss_handle import operations
from truss_handle.operations import StartOptions

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from truss_handle.settings import Settings

PLAIN = "python_version: py{python}\n"


async def test_nothing_runs(home: Settings, make_truss: Callable[..., Path]) -> None:
    statuses = [status.state async for status in operations.watch_status(make_truss())]
    assert statuses == ["stopped"]


async def test_a_patch_and_the_end_are_told(
    home: Settings, make_truss: Callable[..., Path]
) -> None:
    truss = make_truss()
    await operations.start(truss, StartOptions(any_python=True))
    async with aclosing(operations.watch_status(truss)) as statuses:
        first = await anext(statuses)
        assert (first.state, first.control, first.local_hash) == ("ready", True, None)
        replace_in(truss / "model/model.py", "hello", "bonjour")
        patched = await operations.patch(truss)
        async for status in statuses:
            if status.hash == patched.hash and status.patches:
                break
        await operations.stop(truss)
        states = [status.state async for status in statuses]
    assert states[-1] == "stopped"
    assert states.count("stopped") == 1


async def test_a_plain_server_is_asked(home: Settings, make_truss: Callable[..., Path]) -> None:
    truss = make_truss(base=PLAIN)
    await operations.start(truss, StartOptions(any_python=True))
    async with aclosing(operations.watch_status(truss)) as statuses:
        first = await anext(statuses)
        assert (first.state, first.control) == ("ready", False)


async def test_a_server_that_hangs_is_unreachable_until_it_answers(
    home: Settings, make_truss: Callable[..., Path]
) -> None:
    truss = make_truss(base=PLAIN)
    await operations.start(truss, StartOptions(any_python=True))
    server = (await operations.status(truss)).pid["inference"]
    async with aclosing(operations.watch_status(truss)) as statuses:
        assert (await anext(statuses)).state == "ready"
        os.kill(server, signal.SIGSTOP)
        try:
            assert (await anext(statuses)).state == "unreachable"
        finally:
            os.kill(server, signal.SIGCONT)
        async for status in statuses:
            if status.state == "ready":
                break
