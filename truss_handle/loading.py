"""Waiting for a model, and saying why it does not load."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from truss_base.exceptions import TrussBaseError
from truss_handle import instances, trees
from truss_handle.client import ServerClient
from truss_handle.exceptions import ModelLoadFailed, ServerUnavailable, StartFailed
from truss_handle.locks import is_held
from truss_handle.memory import Memory
from truss_handle.model_routes import is_loaded
from truss_handle.plain_failures import load_failure
from truss_handle.problems import load_failed
from truss_handle.registry import Registry
from truss_handle.signatures import SignatureCache
from truss_handle.values import ProgressEvent

if TYPE_CHECKING:
    from truss_handle.settings import Settings
    from truss_handle.values import Progress, Running

_FIRST_POLL, _LONGEST_POLL = 0.02, 0.5  # seconds between looks at a loading model
_LONGEST_STOP = 5.0  # seconds from the end of a stopped server to that of its record


async def loaded(settings: Settings, running: Running, limit: float, progress: Progress) -> None:
    """Wait for the model. Raises ModelLoadFailed, StartFailed."""
    progress(ProgressEvent("load", "loading the model"))
    began = time.monotonic()
    pause = _FIRST_POLL
    while not await _is_loaded(settings, running):
        if time.monotonic() - began > limit:
            raise ModelLoadFailed(
                f"the model did not load within {limit:.0f} s",
                hint="look at `control-truss logs`, or allow more time with --load-timeout",
            )
        await asyncio.sleep(pause)
        pause = min(pause * 1.3, _LONGEST_POLL)
    await _remember_version(settings, running)
    progress(ProgressEvent("ready", f"the model answers at {running.url}", 100))


async def _is_loaded(settings: Settings, running: Running) -> bool:
    try:
        if not running.control:
            return await is_loaded(running)
        status = await ServerClient(running).status()
    except ServerUnavailable:
        if await instances.is_alive(settings, running):
            return False  # busy, or between two states: the caller's limit decides
        raise await _ended(settings, running) from None
    if status["state"] == "failed":
        raise load_failed(status.get("last_error"))
    return bool(status["state"] == "ready")


async def _ended(settings: Settings, running: Running) -> Exception:
    """What to say about a server that ended while its model was loading."""
    if await is_taken_down(settings, running):
        return StartFailed(f"{running.truss_dir} was stopped while its model was loading")
    lines = await instances.last_lines(settings, running)
    if not running.control and (error := load_failure(lines)):
        return load_failed(error)
    words = next((line.strip() for line in reversed(lines) if line.strip()), "no message")
    return StartFailed(f"the server of {running.truss_dir} ended: {words}")


async def is_taken_down(settings: Settings, running: Running) -> bool:
    """Whether somebody stopped it: whoever holds the lock may be about to remove its record."""
    registry, lock = Registry(settings), settings.lock_of(running.id)
    deadline = time.monotonic() + _LONGEST_STOP
    while True:
        held = is_held(lock)  # before the look: the record goes before the lock does
        if await asyncio.to_thread(registry.load, running.id) != running:
            return True
        if not held or time.monotonic() > deadline:
            return False
        await asyncio.sleep(_FIRST_POLL)


async def _remember_version(settings: Settings, running: Running) -> None:
    """Keep the signature of what runs, so that the first patch needs no download."""
    try:
        known = trees.tree_of(settings, running.truss_dir)
        signature = (await asyncio.to_thread(known.snapshot)).signature
    except TrussBaseError:
        return  # edited meanwhile into something that has no signature: the server will be asked
    details = running.details
    runs = await ServerClient(running).truss_hash() if running.control else details.get("hash")
    if runs == signature.hash:
        await asyncio.to_thread(SignatureCache(settings.signatures).store, signature)
        await asyncio.to_thread(Memory(settings, running.truss_dir).remember, hash=signature.hash)
