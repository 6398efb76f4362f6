"""`truss_handle.operations`, imported when something of it is first needed."""

from __future__ import annotations

import asyncio
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType

_NEEDED_BY_VERBS = (
    *("client", "starting", "patching", "preparing", "prediction", "subscription"),
    *("runtimes.local", "runtimes.docker"),
)


class Operations:
    """`await operations()` is the module, with what its verbs need.

    On a worker thread: a third of a second that no keystroke has to wait for.
    """

    def __init__(self) -> None:
        self._loaded: asyncio.Future[ModuleType] | None = None

    async def __call__(self) -> ModuleType:
        if self._loaded is None:
            self._loaded = asyncio.ensure_future(asyncio.to_thread(_import_operations))
        return await asyncio.shield(self._loaded)


def _import_operations() -> ModuleType:
    for name in _NEEDED_BY_VERBS:
        import_module(f"truss_handle.{name}")
    import_module("httpcore")  # httpx would, for its first client, on the event loop
    return import_module("truss_handle.operations")


def is_recorded(truss: Path) -> bool:
    """Whether anything is on record as running; reads a few small files and asks nobody."""
    from truss_handle.operations import find

    return find(truss) is not None
