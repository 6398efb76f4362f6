"""What there is to know about a Truss and what runs of it."""

from __future__ import annotations

import asyncio
import time
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from truss_base.exceptions import TrussBaseError
from truss_handle import instances, leftovers
from truss_handle.client import ServerClient
from truss_handle.exceptions import DockerUnavailable, HandleError, ServerUnavailable
from truss_handle.model_routes import is_loaded
from truss_handle.registry import Registry, resolve
from truss_handle.runtimes import runtime_named
from truss_handle.trees import local_hash
from truss_handle.values import RunningStatus

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Mapping
    from pathlib import Path

    from truss_handle.settings import Settings
    from truss_handle.values import Running


async def status(settings: Settings, truss_dir: Path, runtime: str | None) -> RunningStatus:
    """See `operations.status`."""
    # Asked twice: what did not answer may have ended between the two questions.
    try:
        while running := await instances.alive(settings, truss_dir, runtime):
            found = await _status_of(settings, running)
            if found.state != "unreachable" or await instances.is_alive(settings, running):
                return found
    except DockerUnavailable:
        # An engine that does not answer proves nothing about its containers.
        if running := await asyncio.to_thread(Registry(settings).find, truss_dir, runtime):
            return await _status_of(settings, running)
    local = await asyncio.to_thread(_local_hash, settings, truss_dir)
    return RunningStatus(truss_dir=truss_dir, runtime=runtime, local_hash=local)


async def list_running(settings: Settings) -> list[RunningStatus]:
    """See `operations.list_running`."""
    await leftovers.clear_all(settings)
    found = await asyncio.to_thread(Registry(settings).all)
    return list(await asyncio.gather(*(_status_of(settings, running) for running in found)))


async def logs(
    settings: Settings, truss_dir: Path, *, runtime: str | None, follow: bool, tail: int
) -> AsyncGenerator[str, None]:
    """See `operations.logs`."""
    running = await instances.require(settings, truss_dir, runtime)
    answered = False
    if running.control:
        from truss_handle import following  # with it comes httpx

        try:
            async for line in following.logs(running, tail=tail, follow=follow):
                answered = True
                yield line
            return
        except ServerUnavailable:
            # A follower sees the stop of its server as the end of the log.
            if answered:
                return
    plain = runtime_named(running.runtime, settings).plain_logs(running, follow=follow, tail=tail)
    async for line in plain:
        yield line


async def _status_of(settings: Settings, running: Running) -> RunningStatus:
    local = await asyncio.to_thread(_local_hash, settings, running.truss_dir)
    try:
        if running.control:
            return of_control(running, await ServerClient(running).status(), local)
        return of_plain(running, "ready" if await is_loaded(running) else "loading", local)
    except HandleError:
        return of_plain(running, "unreachable", local)


def of_control(running: Running, raw: Mapping[str, Any], local: str | None) -> RunningStatus:
    """From a control plane's own account, and the hash of what is on disk."""
    runs = raw.get("hash")
    return RunningStatus(
        truss_dir=running.truss_dir,
        state=str(raw.get("state", "unreachable")),
        runtime=running.runtime,
        id=running.id,
        url=running.url,
        control=True,
        hash=runs,
        local_hash=local,
        in_sync=None if local is None or runs is None else local == runs,
        started_at=running.started_at,
        uptime_seconds=raw.get("uptime_seconds"),
        load_seconds=raw.get("load_seconds"),
        last_error=raw.get("last_error"),
        memory_mb=raw.get("memory_mb") or {},
        patches=raw.get("patches") or (),
        pid={role: pid for role, pid in (raw.get("pid") or {}).items() if pid is not None},
        started=_iso(running.started_at),
        raw=raw,
    )


def of_plain(running: Running, state: str, local: str | None) -> RunningStatus:
    """From the record of an instance that says nothing of itself, or not now."""
    runs = running.details.get("hash")
    process = running.details.get("pid")
    role = "control" if running.control else "inference"
    return RunningStatus(
        truss_dir=running.truss_dir,
        state=state,
        runtime=running.runtime,
        id=running.id,
        url=running.url,
        control=running.control,
        hash=runs,
        local_hash=local,
        in_sync=None if local is None or runs is None else local == runs,
        started_at=running.started_at,
        uptime_seconds=round(time.time() - running.started_at, 3),
        pid={role: process} if isinstance(process, int) else {},
        started=_iso(running.started_at),
    )


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, timezone.utc).isoformat(timespec="seconds")


def _local_hash(settings: Settings, truss_dir: Path) -> str | None:
    try:
        return local_hash(settings, resolve(truss_dir))
    except TrussBaseError:
        return None  # half-typed configs and missing folders are no reason to show no status
