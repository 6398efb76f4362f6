"""Hearing of what a Truss does, from whoever runs it, instead of asking again and again."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import TYPE_CHECKING

from truss_handle import ended, following, instances
from truss_handle.client import ServerClient
from truss_handle.exceptions import DockerUnavailable, PatchRefused, ServerUnavailable
from truss_handle.model_routes import is_loaded
from truss_handle.registry import Registry
from truss_handle.reporting import of_control, of_plain
from truss_handle.values import RunningStatus

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator
    from pathlib import Path

    from truss_handle.settings import Settings
    from truss_handle.values import Running

POLL_SECONDS = 2.0  # servers that tell nothing by themselves
_PAUSE, _LONGEST_PAUSE = 0.25, 5.0
# Engines start stopped containers again, after a `docker start` or with the machine.
_RETURN_SECONDS = 10.0


async def watch(
    settings: Settings, truss_dir: Path, runtime: str | None
) -> AsyncGenerator[RunningStatus, None]:
    """See `operations.watch_status`."""
    pause = 0.0
    while True:
        await asyncio.sleep(pause)
        pause = min(max(2 * pause, _PAUSE), _LONGEST_PAUSE)
        known = await asyncio.to_thread(Registry(settings).find, truss_dir, runtime)
        try:
            running = await instances.alive(settings, truss_dir, runtime)
        except DockerUnavailable:
            if known is not None:
                yield of_plain(known, "unreachable", None)
            continue
        if running is None:
            yield await _stopped(settings, truss_dir, known)
            if known is None or known.runtime == "local":
                return
            pause = _RETURN_SECONDS
            continue
        silent = True
        async with aclosing(_told(running)) as statuses:
            async for status in statuses:
                silent, pause = False, _PAUSE
                yield status
        if silent:
            yield of_plain(running, "unreachable", None)


async def _told(running: Running) -> AsyncGenerator[RunningStatus, None]:
    """What one server says of itself, until it says nothing more."""
    try:
        try:
            async with aclosing(_subscribed(running)) as statuses:
                async for status in statuses:
                    yield status
        except PatchRefused:  # an older control plane, which has no such route
            async with aclosing(_polled(running)) as statuses:
                async for status in statuses:
                    yield status
    except ServerUnavailable:
        return


async def _subscribed(running: Running) -> AsyncGenerator[RunningStatus, None]:
    if not running.control:
        raise PatchRefused("a plain server tells nothing by itself")
    status = None
    async with aclosing(following.events(running)) as events:
        async for event in events:
            if event.get("event") == "status":
                status = of_control(running, event, None)
            if status is not None:
                yield status


async def _polled(running: Running) -> AsyncGenerator[RunningStatus, None]:
    while True:
        if running.control:
            yield of_control(running, await ServerClient(running).status(), None)
        else:
            yield of_plain(running, "ready" if await is_loaded(running) else "loading", None)
        await asyncio.sleep(POLL_SECONDS)


async def _stopped(settings: Settings, truss_dir: Path, known: Running | None) -> RunningStatus:
    if known is None:
        return RunningStatus(truss_dir=truss_dir)
    return await asyncio.to_thread(ended.status_of, settings, known, None)
