"""Bringing instances up, and taking them down."""

from __future__ import annotations

import asyncio
import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from truss_base.config import TrussConfig
from truss_base.exceptions import NotATruss
from truss_base.hash import truss_hash
from truss_base.tree import CONFIG_FILE, truss_root
from truss_handle import instances, leftovers, model_secrets, patching
from truss_handle.client import ServerClient
from truss_handle.exceptions import ModelLoadFailed, RebuildNeeded
from truss_handle.loading import loaded
from truss_handle.locks import exclusive
from truss_handle.registry import Registry, instance_id
from truss_handle.runtimes import NAMES, runtime_named
from truss_handle.runtimes.base import Launch
from truss_handle.values import ProgressEvent

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

    from truss_handle.settings import Settings
    from truss_handle.values import Progress, Running, StartOptions

_GRACE = 30.0  # seconds beyond the load limit, which the control plane itself watches


async def start(
    settings: Settings, truss_dir: Path, options: StartOptions, progress: Progress
) -> Running:
    """See `operations.start`."""
    config = await asyncio.to_thread(_read_config, truss_dir)
    async with _lock(settings, truss_dir, options.runtime, progress):
        running = await instances.alive(settings, truss_dir, options.runtime)
        if running is None:
            return await _launch(settings, truss_dir, config, options, progress)
        if await _brought_up_to_date(settings, running, config, progress):
            return running
        progress(ProgressEvent("stop", "stopping what runs"))
        await _end(settings, running)
        return await _launch(settings, truss_dir, config, options, progress)


async def rebuild(
    settings: Settings, running: Running, options: StartOptions, progress: Progress
) -> Running:
    """See `operations.rebuild`."""
    truss_dir = running.truss_dir
    config = await asyncio.to_thread(_read_config, truss_dir)
    async with _lock(settings, truss_dir, running.runtime, progress):
        progress(ProgressEvent("stop", "stopping what runs"))
        await _end(settings, running)
        return await _launch(settings, truss_dir, config, options, progress)


async def stop(settings: Settings, truss_dir: Path, runtime: str | None) -> bool:
    """See `operations.stop`."""
    stopped = False
    for name in NAMES if runtime is None else (runtime,):
        # Without looking first, a runtime whose tools are missing here would get in the way.
        if await asyncio.to_thread(Registry(settings).find, truss_dir, name) is None:
            continue
        async with _lock(settings, truss_dir, name, lambda _: None):
            running = await instances.alive(settings, truss_dir, name)
            if running is not None:
                await _end(settings, running)
                stopped = True
    return stopped


def _lock(
    settings: Settings, truss_dir: Path, runtime: str, progress: Progress
) -> AbstractAsyncContextManager[None]:
    def waiting() -> None:
        progress(ProgressEvent("wait", "another command works on this Truss: waiting"))

    return exclusive(settings.lock_of(instance_id(truss_dir, runtime)), waiting)


def _read_config(truss_dir: Path) -> TrussConfig:
    root = truss_root(truss_dir)
    config = TrussConfig.from_yaml(root / CONFIG_FILE)
    model = root / config.model_module_dir / config.model_class_filename
    if config.docker_server is None and not model.is_file():
        missing = model.relative_to(root).as_posix()
        raise NotATruss(f"{root} is no Truss: {missing} is missing")
    return config


async def _end(settings: Settings, running: Running) -> None:
    await runtime_named(running.runtime, settings).stop(running)
    await asyncio.to_thread(Registry(settings).remove, running.id)


async def _brought_up_to_date(
    settings: Settings, running: Running, config: TrussConfig, progress: Progress
) -> bool:
    """Whether the running instance could be brought to the files on disk, without a rebuild."""
    if running.control != config.use_control_plane:
        progress(ProgressEvent("rebuild", "use_control_plane has changed: only a rebuild does it"))
        return False
    if not running.control:
        return await _plain_is_current(running, progress)
    try:
        result = await patching.patch(settings, running, dry_run=False, progress=progress)
    except RebuildNeeded as needed:
        progress(ProgressEvent("rebuild", str(needed)))
        return False
    if not result.changed:
        await _revived(settings, running, progress)
    return True


async def _plain_is_current(running: Running, progress: Progress) -> bool:
    if running.details.get("hash") == await asyncio.to_thread(truss_hash, running.truss_dir):
        return True
    progress(ProgressEvent("rebuild", "a plain server takes no patches: starting it again"))
    return False


async def _revived(settings: Settings, running: Running, progress: Progress) -> None:
    """A model that is down on the very files that are there gets another chance to load."""
    async with ServerClient(running) as client:
        if (await client.status())["state"] in ("failed", "stopped"):
            progress(ProgressEvent("load", "loading the model once more"))
            await client.restart_inference_server()
    await loaded(settings, running, _GRACE, progress)


async def _launch(
    settings: Settings,
    truss_dir: Path,
    config: TrussConfig,
    options: StartOptions,
    progress: Progress,
) -> Running:
    runtime = runtime_named(options.runtime, settings)
    registry = Registry(settings)
    instance = instance_id(truss_dir, options.runtime)
    await leftovers.clear(settings, instance)
    try:
        launch = await asyncio.to_thread(
            _prepared, registry, instance, truss_dir, config, options, progress
        )
        running = await runtime.start(launch, progress)
        details = {**running.details, "options": options.to_details()}
        running = replace(running, details=details)
    except BaseException:
        registry.remove(instance)
        raise
    await asyncio.to_thread(registry.save, running)
    try:
        await loaded(settings, running, options.load_timeout + _GRACE, progress)
    except ModelLoadFailed:
        # Behind a control plane the next patch can repair it; a plain server has nothing left.
        if not running.control:
            await asyncio.shield(_end(settings, running))
        raise
    except BaseException:
        await asyncio.shield(_end(settings, running))
        raise
    return running


def _prepared(
    registry: Registry,
    instance: str,
    truss_dir: Path,
    config: TrussConfig,
    options: StartOptions,
    progress: Progress,
) -> Launch:
    stored = model_secrets.stored_values(model_secrets.secrets_file()) if config.secrets else {}
    values = model_secrets.values_for(config.secrets, os.environ, stored)
    directory = registry.create(instance)
    for name in config.secrets:
        if name not in values:
            progress(
                ProgressEvent(
                    "secrets",
                    f"the secret {name} has no value: set it in ~/.truss/config.yaml"
                    f" or in TRUSS_SECRET_{name}",
                )
            )
    secrets_dir = directory / "secrets" if config.secrets else None
    if secrets_dir is not None:
        model_secrets.write_secrets(secrets_dir, values)
    token = registry.create_token(instance) if config.use_control_plane else None
    return Launch(instance, truss_dir, directory, config, options, token, secrets_dir)
