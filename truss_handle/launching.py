"""One launch: what an instance is handed before it starts, and its record once it answers."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

from truss_handle import leftovers, model_secrets
from truss_handle.handing_over import secrets_folder
from truss_handle.registry import Registry, create_token, instance_id
from truss_handle.runtimes import runtime_named
from truss_handle.runtimes.base import Launch
from truss_handle.runtimes.ports import becomes_free

if TYPE_CHECKING:
    from pathlib import Path

    from truss_base.config import TrussConfig
    from truss_handle.handing_over import Heritage
    from truss_handle.settings import Settings
    from truss_handle.values import Progress, Running, StartOptions


async def launch(
    settings: Settings,
    truss_dir: Path,
    config: TrussConfig,
    options: StartOptions,
    heritage: Heritage,
    progress: Progress,
) -> Running:
    """Start an instance and record it; its model may still be loading. The caller holds its lock.

    `heritage` was gathered before anything was stopped. On any failure, also on cancellation,
    nothing is left.
    """
    runtime = runtime_named(options.runtime, settings)
    registry = Registry(settings)
    instance = instance_id(truss_dir, options.runtime)
    await leftovers.clear(settings, instance)
    started: Running | None = None
    try:
        prepared = await asyncio.to_thread(
            _prepared, registry, instance, truss_dir, config, options, heritage
        )
        started = await runtime.start(prepared, progress)
        details = {**started.details, "options": options.to_details()}
        recorded = replace(started, details=details)
        await asyncio.to_thread(registry.save, recorded)
    except BaseException:
        if started is not None:
            await asyncio.shield(runtime.stop(started))
        registry.remove(instance)
        raise
    return recorded


async def prepare(
    settings: Settings,
    truss_dir: Path,
    config: TrussConfig,
    options: StartOptions,
    progress: Progress,
) -> None:
    """Build what `launch` would, while the instance it is to replace goes on."""
    instance = instance_id(truss_dir, options.runtime)
    directory = Registry(settings).directory(instance)
    planned = _launch_in(directory, instance, truss_dir, config, options)
    await runtime_named(options.runtime, settings).prepare(planned, progress)


def _prepared(
    registry: Registry,
    instance: str,
    truss_dir: Path,
    config: TrussConfig,
    options: StartOptions,
    heritage: Heritage,
) -> Launch:
    directory = registry.create(instance)
    if options.port is None and heritage.port is not None and becomes_free(heritage.port):
        options = replace(options, port=heritage.port)
    planned = _launch_in(directory, instance, truss_dir, config, options)
    model_secrets.write_secrets(planned.secrets_dir, heritage.secrets)
    if planned.token_file is not None:
        create_token(planned.token_file)
    return planned


def _launch_in(
    directory: Path, instance: str, truss_dir: Path, config: TrussConfig, options: StartOptions
) -> Launch:
    token_file = directory / "token" if config.use_control_plane else None
    return Launch(
        instance, truss_dir, directory, config, options, token_file, secrets_folder(directory)
    )
