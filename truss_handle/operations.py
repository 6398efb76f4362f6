"""The verbs: one async function each, for the command line, Python callers and the editor.

Nothing here blocks the event loop: files are read in threads, tools run as subprocesses.
`runtime=None` means whichever runs; where several do, the one started last.
"""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from truss_handle import instances
from truss_handle.exceptions import HandleError
from truss_handle.folders import located, usable
from truss_handle.registry import Registry, resolve
from truss_handle.settings import Settings
from truss_handle.values import (
    PatchResult,
    PredictInput,
    PredictResult,
    Progress,
    ProgressEvent,
    Running,
    RunningStatus,
    StartOptions,
    no_progress,
)

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Collection, Mapping
    from pathlib import Path

__all__ = [
    "PatchResult",
    "PredictInput",
    "PredictResult",
    "Progress",
    "ProgressEvent",
    "Running",
    "RunningStatus",
    "StartOptions",
    "find",
    "list_running",
    "logs",
    "packages",
    "patch",
    "plan",
    "predict",
    "predict_input",
    "prepare",
    "rebuild",
    "start",
    "status",
    "stop",
    "watch_status",
]

PREDICT_PATH = "/v1/models/model:predict"


async def start(
    truss_dir: str | Path,
    options: StartOptions = StartOptions(),  # noqa: B008 - frozen
    progress: Progress | None = None,
) -> Running:
    """Run the Truss and return once its model is loaded.

    Already running on the same files: that instance. On other files: patched, or rebuilt where a
    patch cannot do it. Raises ModelLoadFailed (.model_error; a control Truss then stays up, so
    that a patch can repair it), StartFailed, MachineProblem, NotATruss, ConfigError.
    """
    from truss_handle import starting

    settings = Settings.from_environment()
    directory = located(settings, truss_dir)
    with usable(settings):
        return await starting.start(settings, directory, options, progress or no_progress)


async def stop(truss_dir: str | Path, *, runtime: str | None = None) -> bool:
    """End the instance and remove its state; of two, the one started last.

    False: there was none, not even one that had ended by itself.
    """
    from truss_handle import starting

    settings = Settings.from_environment()
    # Who names a runtime may ask for each in turn, after the first took the last trace with it.
    directory = resolve(truss_dir) if runtime else located(settings, truss_dir)
    with usable(settings):
        return await starting.stop(settings, directory, runtime)


async def patch(
    truss_dir: str | Path,
    *,
    runtime: str | None = None,
    dry_run: bool = False,
    progress: Progress | None = None,
    changed: Collection[str | Path] | None = None,
    strategy: str = "auto",
) -> PatchResult:
    """Bring the running instance to the files on disk.

    `strategy`: `auto` is the quickest that is safe; `reload` loads the model again, beside the one
    that answers; `restart` ends that one first, where two do not fit, while requests wait.

    `changed` names the files that were saved (absolute, or relative to the Truss), so that a large
    Truss need not be looked through: others are taken to be what they were at the last look, and
    are found by the next call without it.

    Raises NotRunning, NotControlTruss, RebuildNeeded (.reasons), PatchRefused,
    PatchFailed (.model_error; the old version still answers).
    """
    from truss_handle import handing_over, patching

    settings = Settings.from_environment()
    running = await instances.require(settings, located(settings, truss_dir), runtime)
    with usable(settings):
        if not dry_run:
            await handing_over.refresh_secrets(settings, running, progress or no_progress)
        return await patching.patch(
            settings,
            running,
            dry_run=dry_run,
            progress=progress or no_progress,
            changed=changed,
            strategy=strategy,
        )


async def prepare(
    truss_dir: str | Path, unsaved: Mapping[str, bytes], *, runtime: str | None = None
) -> PatchResult | None:
    """Let the running instance do ahead what a patch will need once these texts are saved.

    `unsaved`: contents by paths relative to the Truss. Nothing of them is executed or visible
    before that patch, and the next call replaces what this one prepared. None where that gains
    nothing: an older server, or contents too large to travel twice.

    Raises what `patch` raises.
    """
    from truss_handle import preparing

    settings = Settings.from_environment()
    running = await instances.require(settings, located(settings, truss_dir), runtime)
    return await preparing.prepare(settings, running, unsaved)


async def plan(truss_dir: str | Path, *, runtime: str | None = None) -> dict[str, Any]:
    """What a patch would do: {strategy, title, upper_bound, reasons, changed, hash, prev_hash}.

    Exact where something runs (any change replaces a plain server); otherwise, against the last
    known version, an upper bound.
    """
    from truss_handle import patching, plain_servers

    settings = Settings.from_environment()
    directory = located(settings, truss_dir)
    running = await instances.alive(settings, directory, runtime)
    if running is not None and not running.control:
        return await asyncio.to_thread(plain_servers.plan, settings, running)
    return await patching.plan(settings, running, directory)


async def predict(
    truss_dir: str | Path,
    payload: Any,
    *,
    runtime: str | None = None,
    timeout: float | None = None,
    path: str = PREDICT_PATH,
    on_text: Callable[[str], None] | None = None,
) -> PredictResult:
    """Ask the running model. Raises NotRunning, ServerUnavailable, PredictTimeout.

    `on_text` gets the pieces of an answer that streams as text, as they come. Who cancels closes
    the connection, and the model hears of that.
    """
    from truss_handle import prediction

    settings = Settings.from_environment()
    running = await instances.require(settings, located(settings, truss_dir), runtime)
    return await prediction.predict(
        settings, running, payload, timeout=timeout, path=path, on_text=on_text
    )


async def predict_input(truss_dir: str | Path, *, prefer_last: bool = True) -> PredictInput:
    """A payload to offer: the last one used, the Truss's own example, or {}.

    `prefer_last` False puts the example first: for scripts, which want the same every time.
    """
    from truss_handle import prediction

    settings = Settings.from_environment()
    return await asyncio.to_thread(
        prediction.choose_input, settings, resolve(truss_dir), prefer_last=prefer_last
    )


async def status(truss_dir: str | Path, *, runtime: str | None = None) -> RunningStatus:
    """State of the Truss and of what runs of it. Nothing runs: state "stopped"."""
    from truss_handle import ended, remarks, reporting

    settings = Settings.from_environment()
    directory = located(settings, truss_dir)
    found = await reporting.status(settings, directory, runtime)
    if found.state == "stopped":
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


async def rebuild(
    truss_dir: str | Path,
    *,
    runtime: str | None = None,
    options: StartOptions | None = None,
    progress: Progress | None = None,
) -> Running:
    """Stop, build from the files on disk, and start, with the options of the last start.

    Raises what `start` and `stop` raise; NotRunning where nothing runs.
    """
    from truss_handle import starting

    settings = Settings.from_environment()
    running = await instances.latest(settings, located(settings, truss_dir), runtime)
    if running is None:
        running = await instances.require(settings, truss_dir, runtime)
    if options is None:
        options = StartOptions.from_details(running.details.get("options", {}))
    options = replace(options, runtime=running.runtime)
    with usable(settings):
        return await starting.rebuild(settings, running, options, progress or no_progress)


async def list_running() -> list[RunningStatus]:
    """Every instance of this user, also ended ones, oldest first; leftovers are cleaned up."""
    from truss_handle import remarks, reporting

    settings = Settings.from_environment()
    with usable(settings):
        found = await reporting.list_running(settings)
    return [remarks.remarked(await _or_ended(settings, status)) for status in found]


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


def find(truss_dir: str | Path, runtime: str | None = None) -> Running | None:
    """The record of the instance, without asking it anything: it may have ended by itself."""
    return Registry(Settings.from_environment()).find(truss_dir, runtime)
