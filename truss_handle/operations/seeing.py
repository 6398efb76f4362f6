"""Seeing what runs, what it does and what it says."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import TYPE_CHECKING

from truss_handle import instances
from truss_handle.exceptions import HandleError
from truss_handle.folders import located, usable
from truss_handle.registry import Registry
from truss_handle.settings import Settings
from truss_handle.values import Running, RunningStatus

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator
    from pathlib import Path


async def status(truss_dir: str | Path, *, runtime: str | None = None) -> RunningStatus:
    """State of the Truss and of what runs of it. Nothing runs: state "stopped"."""
    from truss_handle import ended, remarks, reporting

    settings = Settings.from_environment()
    directory = located(settings, truss_dir)
    found = await reporting.status(settings, directory, runtime)
    if found.id is None:
        known = await asyncio.to_thread(Registry(settings).find, directory, runtime)
        if known is not None:
            found = await asyncio.to_thread(ended.status_of, settings, known, found.local_hash)
    return remarks.remarked(found)


async def packages(truss_dir: str | Path, *, runtime: str | None = None) -> dict[str, str]:
    """Versions of the distributions installed where the model runs, by canonical name.

    They differ from those of an earlier call only where the status names another `environment`.
    Raises NotRunning, NotControlTruss, ServerUnavailable; PatchRefused of an older server.
    """
    from truss_handle.client import ServerClient

    settings = Settings.from_environment()
    running = await instances.require(settings, located(settings, truss_dir), runtime)
    instances.require_control(running)
    return await ServerClient(running).packages()


async def watch_status(
    truss_dir: str | Path, *, runtime: str | None = None
) -> AsyncGenerator[RunningStatus, None]:
    """The status now, on every change, and at least every 15 s as a sign of life.

    The server tells by itself; older and plain ones are asked every two seconds. The files on disk
    are not looked at: `local_hash` and `in_sync` are None. Ends, after a last status "stopped",
    when nothing runs any more; a server or an engine that only does not answer is "unreachable"
    until it does.
    """
    from truss_handle import subscription

    settings = Settings.from_environment()
    statuses = subscription.watch(settings, located(settings, truss_dir), runtime)
    async with aclosing(statuses):
        async for status in statuses:
            yield status


async def logs(
    truss_dir: str | Path, *, runtime: str | None = None, follow: bool = False, tail: int = 200
) -> AsyncGenerator[str, None]:
    """Lines of the model's output, oldest first. Raises NotRunning on the first step."""
    from truss_handle import ended, reporting

    settings = Settings.from_environment()
    directory = located(settings, truss_dir)
    running = await instances.latest(settings, directory, runtime)
    if running is not None and not await instances.is_alive(settings, running):
        lines = ended.logs(settings, running, tail)
    else:
        lines = reporting.logs(settings, directory, runtime=runtime, follow=follow, tail=tail)
    async for line in lines:
        yield line


async def list_running() -> list[RunningStatus]:
    """Every instance of this user, also ended ones, oldest first; leftovers are cleaned up."""
    from truss_handle import remarks, reporting

    settings = Settings.from_environment()
    with usable(settings):
        found = await reporting.list_running(settings)
    return [remarks.remarked(await _or_ended(settings, status)) for status in found]


def find(truss_dir: str | Path, runtime: str | None = None) -> Running | None:
    """The record of the instance, without asking it anything: it may have ended by itself."""
    return Registry(Settings.from_environment()).find(truss_dir, runtime)


async def _or_ended(settings: Settings, status: RunningStatus) -> RunningStatus:
    """The status of what does not answer, which may be because it has ended."""
    from truss_handle import ended

    known = await asyncio.to_thread(Registry(settings).load, str(status.id))
    if status.state != "unreachable" or known is None:
        return status
    try:
        if await instances.is_alive(settings, known):
            return status
    except HandleError:
        return status  # an engine that does not answer proves nothing about its containers
    return await asyncio.to_thread(ended.status_of, settings, known, status.local_hash)
