"""Bringing instances up, and taking them down."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from truss_base.config import TrussConfig
from truss_base.exceptions import NotATruss
from truss_base.hash import truss_hash
from truss_base.model_place import model_path, needs_model
from truss_base.tree import CONFIG_FILE, truss_root
from truss_handle import choices, handing_over, instances, patching, planning, remarks
from truss_handle.client import ServerClient
from truss_handle.exceptions import ModelLoadFailed, RebuildNeeded, ServerUnavailable
from truss_handle.handing_over import Heritage
from truss_handle.launching import launch, prepare
from truss_handle.loading import loaded
from truss_handle.locks import exclusive
from truss_handle.registry import Registry, instance_id
from truss_handle.runtimes import runtime_named
from truss_handle.values import ProgressEvent, no_progress

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from truss_handle.settings import Settings
    from truss_handle.values import Progress, Running, StartOptions

_GRACE = 30.0  # seconds beyond the load limit, which the control plane itself watches


@dataclass(frozen=True, slots=True)
class _Target:
    """What a start is to bring about."""

    settings: Settings
    truss_dir: Path
    config: TrussConfig
    options: StartOptions
    progress: Progress

    def say(self, stage: str, message: str) -> None:
        self.progress(ProgressEvent(stage, message))


async def start(
    settings: Settings, truss_dir: Path, options: StartOptions, progress: Progress
) -> Running:
    """See `operations.start`."""
    config = await asyncio.to_thread(_read_config, truss_dir)
    await remarks.report(truss_dir, progress)
    target = _Target(settings, truss_dir, config, options, progress)
    running, fresh = await _obtained(target)
    if fresh:
        await _until_loaded(target, running)
        return running
    choices.refuse_others(options, running)
    if await _brought_up_to_date(target, running):
        return running
    return await _replaced(target, running)


async def rebuild(
    settings: Settings, running: Running, options: StartOptions, progress: Progress
) -> Running:
    """See `operations.rebuild`."""
    config = await asyncio.to_thread(_read_config, running.truss_dir)
    return await _replaced(_Target(settings, running.truss_dir, config, options, progress), running)


async def stop(settings: Settings, truss_dir: Path, runtime: str | None) -> bool:
    """See `operations.stop`."""
    # Looked up first: a runtime whose tools are missing here would get in the way.
    running = await instances.latest(settings, truss_dir, runtime)
    if running is None:
        return False
    async with _lock(settings, truss_dir, running.runtime, no_progress):
        running = await asyncio.to_thread(Registry(settings).load, running.id)
        if running is not None:
            await _end(settings, running)
    return running is not None


def _lock(
    settings: Settings, truss_dir: Path, runtime: str, progress: Progress
) -> AbstractAsyncContextManager[None]:
    def waiting() -> None:
        progress(ProgressEvent("wait", "another command works on this Truss: waiting"))

    return exclusive(settings.lock_of(instance_id(truss_dir, runtime)), waiting)


def _read_config(truss_dir: Path) -> TrussConfig:
    root = truss_root(truss_dir)
    config = TrussConfig.from_yaml(root / CONFIG_FILE)
    missing = model_path(config)
    if needs_model(config) and not (root / missing).is_file():
        raise NotATruss(f"{root} is no Truss: {missing} is missing")
    return config


async def _obtained(target: _Target, instead_of: Running | None = None) -> tuple[Running, bool]:
    """An instance that runs, and whether it was started here.

    Only this much happens under the lock: a `down` must get through while a model loads.
    """
    settings, truss_dir, options = target.settings, target.truss_dir, target.options
    async with _lock(settings, truss_dir, options.runtime, target.progress):
        running = await instances.alive(settings, truss_dir, options.runtime)
        if running is not None and running != instead_of:
            return running, False
        instance = instance_id(truss_dir, options.runtime)
        declared = target.config.secrets
        secrets = await asyncio.to_thread(handing_over.gathered, settings, instance, declared)
        handing_over.report_missing(declared, secrets, target.progress)
        known = await asyncio.to_thread(Registry(settings).load, instance)
        # A stopped container has its port already; with one given it would not be resumed.
        port = choices.port_of(known) if known and known.runtime == "local" else None
        if running is not None:
            await prepare(settings, truss_dir, target.config, options, target.progress)
            target.say("stop", "stopping what runs")
            await _end(settings, running)
            port = choices.port_of(running)
        heritage = Heritage(secrets, port)
        started = await launch(
            settings, truss_dir, target.config, options, heritage, target.progress
        )
        return started, True


async def _replaced(target: _Target, old: Running) -> Running:
    target = replace(target, options=choices.inherited(target.options, old))
    try:
        running, fresh = await _obtained(target, instead_of=old)
        if fresh:
            await _until_loaded(target, running)
    except BaseException:
        # Also after a Ctrl-C: whoever had an answering model must learn that it is gone.
        if Registry(target.settings).load(old.id) is None:
            again = f"start it with `control-truss up {target.truss_dir}`"
            target.say("stopped", f"nothing runs now: {again}")
        raise
    return running


async def _until_loaded(target: _Target, running: Running) -> None:
    """Wait for the model of a fresh instance. What cannot be repaired is taken down again."""
    limit = target.options.load_timeout + _GRACE
    try:
        await loaded(target.settings, running, limit, target.progress)
    except ModelLoadFailed:
        # Behind a control plane the next patch can repair it; a plain server has nothing left.
        if not running.control:
            await asyncio.shield(_end_if_same(target, running))
        raise
    except BaseException:
        await asyncio.shield(_end_if_same(target, running))
        raise


async def _end_if_same(target: _Target, running: Running) -> None:
    async with _lock(target.settings, running.truss_dir, running.runtime, no_progress):
        if Registry(target.settings).load(running.id) == running:
            await _end(target.settings, running)


async def _end(settings: Settings, running: Running) -> None:
    await runtime_named(running.runtime, settings).stop(running)
    await asyncio.to_thread(Registry(settings).remove, running.id)


async def _brought_up_to_date(target: _Target, running: Running) -> bool:
    """Whether the running instance could be brought to the files on disk, without a rebuild."""
    if running.control != target.config.use_control_plane:
        target.say("rebuild", "use_control_plane has changed: only a rebuild does it")
        return False
    if not running.control:
        await handing_over.refresh_secrets(target.settings, running, target.progress)
        return await _plain_is_current(target, running)
    settings, progress = target.settings, target.progress
    try:
        tried = partial(planning.tried, settings, running)
        await handing_over.refresh_secrets(settings, running, progress, tried)
        result = await patching.patch(settings, running, dry_run=False, progress=progress)
    except RebuildNeeded as needed:
        target.say("rebuild", str(needed))
        return False
    except ServerUnavailable:
        if await instances.has_ended(target.settings, running):
            return False
        raise
    if not result.changed:
        await _revived(target, running)
    return True


async def _plain_is_current(target: _Target, running: Running) -> bool:
    if running.details.get("hash") != await asyncio.to_thread(truss_hash, running.truss_dir):
        await _require_readable(target)
        target.say("rebuild", "a plain server takes no patches: starting it again")
        return False
    await loaded(target.settings, running, target.options.load_timeout, target.progress)
    return True


async def _require_readable(target: _Target) -> None:
    """Raises ModelLoadFailed where what answers would be stopped for what cannot load."""
    if where := await remarks.unreadable_model(target.truss_dir):
        raise ModelLoadFailed(
            f"the new files cannot load: {where}; what ran before still answers",
            hint=f"correct that; `control-truss up --rebuild {target.truss_dir}` starts it anyway",
        )


async def _revived(target: _Target, running: Running) -> None:
    """A model that is down on the very files that are there gets another chance to load."""
    client = ServerClient(running)
    if (await client.status())["state"] in ("failed", "stopped"):
        target.say("load", "loading the model once more")
        await client.restart_inference_server()
    await loaded(target.settings, running, target.options.load_timeout, target.progress)
