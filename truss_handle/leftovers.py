"""What instances leave behind when they, or the command that started them, were killed."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from truss_handle import processes
from truss_handle.files import read_json, write_json
from truss_handle.locks import exclusive, is_held
from truss_handle.processes import ProcessName
from truss_handle.registry import Registry

if TYPE_CHECKING:
    from pathlib import Path

    from truss_handle.settings import Settings

_PROCESS = "process.json"
_LIMIT = 5.0  # seconds for an orphan to end by itself


def note_process(directory: Path, process: ProcessName) -> None:
    """Write down a process before its instance has a record: a killed start must not orphan it."""
    write_json(directory / _PROCESS, process.to_details())


async def clear(settings: Settings, instance: str) -> None:
    """End and remove what is left of an instance. The caller holds its lock."""
    registry = Registry(settings)
    noted = await asyncio.to_thread(read_json, registry.directory(instance) / _PROCESS)
    process = ProcessName.from_details(noted) if isinstance(noted, dict) else None
    if process is not None:
        await processes.end(process, limit=_LIMIT)
    await asyncio.to_thread(registry.remove, instance)


async def clear_all(settings: Settings) -> None:
    """Clear every leftover, except those that a command is working on."""
    for instance in await found(settings):
        async with exclusive(settings.lock_of(instance)):
            if await _is_leftover(settings, instance):
                await clear(settings, instance)


async def found(settings: Settings) -> list[str]:
    """Ids of the folders that belong to no instance."""
    registry = Registry(settings)
    return [
        instance
        for instance in await asyncio.to_thread(registry.folders)
        if not is_held(settings.lock_of(instance)) and await _is_leftover(settings, instance)
    ]


async def _is_leftover(settings: Settings, instance: str) -> bool:
    # One with a record is an instance, even when it has ended: its logs are there to be read.
    return await asyncio.to_thread(Registry(settings).load, instance) is None
