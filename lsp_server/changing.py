"""The commands that change what runs: start, stop, patch, rebuild."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TYPE_CHECKING, get_args

from lsp_server.errors import BadArgument
from lsp_server.settings import Runtime

if TYPE_CHECKING:
    from types import ModuleType

    from lsp_server.call import Call
    from lsp_server.items import Json
    from truss_handle.values import PatchResult, Running

PATCHING = "patching"
RUNTIMES = get_args(Runtime)


async def start(call: Call) -> Json:
    settings = await call.session.preferences.of(call.truss)
    chosen = call.text("runtime") or settings.runtime
    if chosen not in RUNTIMES:
        raise BadArgument(f"{chosen!r} is no runtime: one of {', '.join(RUNTIMES)}.")

    def run(operations: ModuleType) -> Awaitable[Running]:
        options = operations.StartOptions(runtime=chosen, any_python=settings.any_python)
        started: Awaitable[Running] = operations.start(call.truss, options, call.progress)
        return started

    running = await call.session.runtime.exclusive(call.truss, "starting", run)
    await asyncio.wait([call.session.runtime.look(call.truss)])
    call.session.reports.version_works(call.truss)
    return {**_running(running), "message": f"{call.truss.name} runs at {running.url}"}


async def stop(call: Call) -> Json:
    runtime = call.session.runtime
    runtime.supersede(call.truss)
    stopped = await runtime.exclusive(
        call.truss,
        "stopping",
        lambda operations: operations.stop(call.truss, runtime=call.text("runtime")),
    )
    await asyncio.wait([runtime.look(call.truss)])
    call.session.reports.version_works(call.truss)
    message = f"{call.truss.name} was stopped" if stopped else f"Nothing ran for {call.truss.name}"
    return {"stopped": stopped, "message": message}


async def patch(call: Call) -> Json:
    runtime, changed = call.session.runtime, call.texts("changed")

    async def run(operations: ModuleType) -> PatchResult:
        patched: PatchResult = await operations.patch(
            call.truss, progress=call.progress, changed=changed
        )
        # Within the operation: its end and its outcome are one change of the status.
        runtime.applied(call.truss, patched.hash)
        return patched

    result = await runtime.exclusive(call.truss, PATCHING, run)
    call.session.reports.version_works(call.truss, changed=result.changed)
    unsaved = call.session.documents.unsaved(call.truss)
    return {
        "changed": result.changed,
        "hash": result.hash,
        "strategy": result.strategy,
        "reasons": [dict(reason) for reason in result.reasons],
        "timings_ms": dict(result.timings_ms),
        "unsaved": [path.relative_to(call.truss).as_posix() for path in unsaved],
        "message": result.msg,
    }


async def rebuild(call: Call) -> Json:
    running = await call.session.runtime.exclusive(
        call.truss,
        "rebuilding",
        lambda operations: operations.rebuild(
            call.truss, runtime=call.text("runtime"), progress=call.progress
        ),
    )
    await asyncio.wait([call.session.runtime.look(call.truss)])
    call.session.reports.version_works(call.truss)
    return {**_running(running), "message": f"{call.truss.name} was rebuilt and runs again"}


def _running(running: Running) -> Json:
    return {
        "id": running.id,
        "url": running.url,
        "runtime": running.runtime,
        "control": running.control,
    }
