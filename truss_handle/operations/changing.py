"""Bringing what runs to the files on disk, and saying ahead what that takes."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Any

from truss_handle import instances
from truss_handle.folders import located, usable
from truss_handle.settings import Settings
from truss_handle.values import PatchResult, Progress, no_progress

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path


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
    that answers; `restart` ends that one first, where two do not fit, while requests wait. Both
    load it again also where the files are what runs.

    `changed` names the files that were saved (absolute, or relative to the Truss), so that a large
    Truss need not be looked through: others are taken to be what they were at the last look, and
    are found by the next call without it.

    Raises NotRunning, NotControlTruss, RebuildNeeded (.reasons), PatchRefused,
    PatchFailed (.model_error; the old version still answers), ModelLoadFailed (.model_error;
    nothing answers).
    """
    from truss_handle import handing_over, missing_modules, patching, planning, unchanged

    settings = Settings.from_environment()
    running = await instances.require(settings, located(settings, truss_dir), runtime)
    with usable(settings), missing_modules.advised(settings, running.truss_dir):
        told = progress or no_progress
        if not dry_run:
            tried = partial(planning.tried, settings, running)
            await handing_over.refresh_secrets(settings, running, told, tried)
        result = await patching.patch(
            settings,
            running,
            dry_run=dry_run,
            progress=told,
            changed=changed,
            strategy=strategy,
        )
        if result.changed or dry_run:
            return result
        return await unchanged.seen_to(running, result, strategy, told)


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
    """What a patch would do: {strategy, title, upper_bound, reasons, changed, reservation} and,
    but for a rebuild, {hash, prev_hash}.

    Exact where something runs (any change replaces a plain server): the live process is asked
    whether something holds the old code. Where it cannot tell for certain, `reservation` says so.
    Otherwise, against the last known version, an upper bound.
    """
    from truss_handle import plain_servers, planning

    settings = Settings.from_environment()
    directory = located(settings, truss_dir)
    running = await instances.alive(settings, directory, runtime)
    if running is not None and not running.control:
        return await asyncio.to_thread(plain_servers.plan, settings, running)
    return await planning.plan(settings, running, directory)
