"""Instances that ended by themselves: their evidence stays until `down` or `up` replaces it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from truss_handle.registry import Registry
from truss_handle.runtimes import runtime_named
from truss_handle.runtimes.output import last_words, tail_of
from truss_handle.values import RunningStatus

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from truss_handle.settings import Settings
    from truss_handle.values import Running


def status_of(settings: Settings, ended: Running, local_hash: str | None) -> RunningStatus:
    """State "stopped", with what there is to say about the end."""
    up = f"`control-truss up {ended.truss_dir}` starts it again"
    said = "its container does not run"
    error = None
    if ended.runtime == "local":
        said = "it ended unexpectedly"
        words = last_words(Registry(settings).directory(ended.id) / "server.log")
        error = {"type": "Ended", "message": f"ended unexpectedly, last words: {words}"}
    return RunningStatus(
        truss_dir=ended.truss_dir,
        runtime=ended.runtime,
        id=ended.id,
        control=ended.control,
        local_hash=local_hash,
        started_at=ended.started_at,
        last_error=error,
        message=f"{said}: {up}, `control-truss logs {ended.truss_dir}` shows its output",
    )


async def logs(settings: Settings, ended: Running, tail: int) -> AsyncIterator[str]:
    """The server's output, as far as it is kept: what the model printed is among it."""
    if ended.runtime == "local":
        log = Registry(settings).directory(ended.id) / "server.log"
        for line in await asyncio.to_thread(tail_of, log, tail):
            yield line
        return
    runtime = runtime_named(ended.runtime, settings)
    async for line in runtime.plain_logs(ended, follow=False, tail=tail):
        yield line
