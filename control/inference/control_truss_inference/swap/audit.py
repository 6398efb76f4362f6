"""Looks for what is alive and would go on with old code."""

from __future__ import annotations

import asyncio
import gc
import sys
import threading
from types import CodeType, FrameType
from typing import TYPE_CHECKING, Any, Iterator

from ..exceptions import SwapRefused
from .captures import holder_of
from .definitions import Place, codes, find
from .holders import holders, kept

if TYPE_CHECKING:
    from ..version import Version
    from .captures import Captures
    from .document import SwapDocument
    from .generation import Generation

# Where requests run, and what serves them.
_OWN_THREADS = ("model", "swap", "control-")
_OWN_COROUTINES = ("uvicorn", "starlette", "control_truss_inference", "websockets")
# What a request in flight holds for as long as it runs.
_OF_REQUESTS = frozenset(
    [
        "generator",
        "coroutine",
        "async_generator",
        "method",
        "cell",
        "tuple",
        "async_generator_asend",
    ]
)


def audit(
    document: SwapDocument,
    serving: Generation,
    version: Version,
    original: Any,
    loop: asyncio.AbstractEventLoop,
) -> None:
    """Raises SwapRefused with everything that is found. `original` is the model that was loaded.

    Costs what has come to life since the load, not what was loaded.
    """
    places = [(module, name) for module, names in document.affected.items() for name in names]
    search = _Search(serving, version, original)
    reasons = [*_captured(places, version.model.captures)]
    if not reasons and search.reasons(places, loop):
        gc.collect()  # what was replaced earlier may only wait for that
        reasons = search.reasons(places, loop)
    if reasons:
        raise SwapRefused(*dict.fromkeys(reasons))


def _captured(places: list[Place], captures: Captures) -> Iterator[str]:
    for module, name in places:
        if (module, name) in captures.definitions:
            yield f"`{name}` of {module}: {captures.definitions[module, name]}"
    if captures.model is not None:
        yield captures.model


class _Search:
    def __init__(self, serving: Generation, version: Version, original: Any) -> None:
        self._modules = serving.modules
        self._model = version.model
        self._models = [version.model.instance, original]
        self._in_flight = version.in_flight.count > 0
        own = [*version.contract.functions, self._model, self._model.__dict__, self._models]
        self._own = {id(each) for each in own}

    def reasons(self, places: list[Place], loop: asyncio.AbstractEventLoop) -> list[str]:
        """Everything that is found, in words."""
        held = [f"`{name}` of {module}: {why}" for (module, name), why in self.held(places)]
        model = self.model()
        return [*held, *([model] if model else []), *self.running(places, loop)]

    def held(self, places: list[Place]) -> Iterator[tuple[Place, str]]:
        """What lives that was made of a definition or refers to it."""
        held = list(find(self._modules, places))
        if held:
            yield from holders(held, self._modules, self._models, self._is_known)
            yield from kept(held, self._modules, self._model.instance)

    def model(self) -> str | None:
        """Who got hold of the model since it was loaded."""
        return holder_of(self._model.instance, self._modules, self._own)

    def running(self, places: list[Place], loop: asyncio.AbstractEventLoop) -> Iterator[str]:
        """Where a definition is being executed, other than in a request."""
        affected = set().union(*(codes(value) for _, value in find(self._modules, places)))
        if affected:
            yield from _in_threads(affected)
            yield from _in_tasks(affected, loop)

    def _is_known(self, holder: Any) -> bool:
        if id(holder) in self._own:
            return True
        return self._in_flight and type(holder).__name__ in _OF_REQUESTS


def _in_threads(affected: set[CodeType]) -> Iterator[str]:
    names = {thread.ident: thread.name for thread in threading.enumerate()}
    for ident, frame in sys._current_frames().items():
        name = names.get(ident, "")
        if ident == threading.main_thread().ident or name.startswith(_OWN_THREADS):
            continue
        for code in _running(frame):
            if code in affected:
                yield f"the thread {name or ident} is running `{code.co_name}`"


def _running(frame: FrameType | None) -> Iterator[CodeType]:
    while frame is not None:
        yield frame.f_code
        frame = frame.f_back


def _in_tasks(affected: set[CodeType], loop: asyncio.AbstractEventLoop) -> Iterator[str]:
    for task in asyncio.all_tasks(loop):
        chain = list(_awaited(task.get_coro()))
        if chain and _is_own(chain[0]):
            continue
        for code in chain:
            if code in affected:
                yield f"a task is running `{code.co_name}`"


def _awaited(coroutine: Any) -> Iterator[CodeType]:
    while coroutine is not None:
        code = getattr(coroutine, "cr_code", None) or getattr(coroutine, "gi_code", None)
        if code is not None:
            yield code
        coroutine = getattr(coroutine, "cr_await", None) or getattr(coroutine, "gi_yieldfrom", None)


def _is_own(code: CodeType) -> bool:
    return any(f"/{package}/" in code.co_filename for package in _OWN_COROUTINES)
