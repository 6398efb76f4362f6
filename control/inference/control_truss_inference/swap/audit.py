"""Looks for what is alive and would go on with old code."""

from __future__ import annotations

import asyncio
import gc
from typing import TYPE_CHECKING, Any, Iterator

from ..exceptions import SwapRefused
from .captures import holders_of
from .definitions import Place, codes, find
from .holders import Definition, Holding, holders, kept
from .replaced import dies
from .running import running
from .waiting import Waiting

if TYPE_CHECKING:
    from ..version import Version
    from .captures import Held
    from .document import SwapDocument
    from .generation import Generation

# What a request in flight holds for as long as it runs, and what it does so with.
_PASSED_ON = frozenset({"method", "cell", "tuple"})
_OF_REQUESTS = _PASSED_ON | {"generator", "coroutine", "async_generator", "async_generator_asend"}
_DEPTH = 4


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
    search = _Search(document, serving, version, original)
    if search.reasons(loop):
        gc.collect()  # what was replaced earlier may only wait for that
        reasons = search.reasons(loop)
        if reasons:
            raise SwapRefused(*dict.fromkeys(reasons))


class _Search:
    def __init__(
        self, document: SwapDocument, serving: Generation, version: Version, original: Any
    ) -> None:
        self._document = document
        self._serving = serving
        self._version = version
        self._models = [version.model.instance, original]
        self._in_flight = version.in_flight.count > 0
        own = [*version.contract.functions, version.model, version.model.__dict__, self._models]
        self._own = {id(each) for each in own}
        self._gone: frozenset[int] = frozenset()

    def reasons(self, loop: asyncio.AbstractEventLoop) -> list[str]:
        """Everything that is found, in words."""
        self._waiting = Waiting(loop)
        # Before all else: what is held here would seem to be held by somebody who stays.
        self._gone = dies(self._document, self._serving, self._version.contract, self._models)
        affected = self._document.affected
        places = [(module, name) for module, names in affected.items() for name in names]
        return self._captured(places) or self._found(places, loop)

    def _captured(self, places: list[Place]) -> list[str]:
        """What the load handed out of the definitions, and of the model, and is still there."""
        captures = self._version.model.captures
        found = [
            f"`{name}` of {module}: {how}"
            for module, name in places
            for how in self._staying(captures.definitions.get((module, name), {}))
        ]
        return [*found, *self._staying(captures.model)]

    def _found(self, places: list[Place], loop: asyncio.AbstractEventLoop) -> list[str]:
        modules, model = self._serving.modules, self._version.model.instance
        # Numbers and texts are alike for everybody; who has one has nothing of the code.
        found = [item for item in find(modules, places) if gc.is_tracked(item[1])]
        held = [f"`{name}` of {module}: {how}" for (module, name), how in self._held(found)]
        of_model = self._staying(holders_of(model, modules, self._own))
        codes_found = set().union(*(codes(value) for _, value in found))
        return [*held, *of_model, *running(codes_found, loop, self._waiting)]

    def _held(self, found: list[Definition]) -> Iterator[tuple[Place, str]]:
        """What lives that was made of a definition or refers to it."""
        staying = [item for item in found if id(item[1]) not in self._gone]
        level = staying
        for _ in range(_DEPTH):
            above: list[Definition] = []
            for holding in self._holdings(level):
                if not self._is_of_request(holding.holder):
                    yield holding.place, holding.how
                elif type(holding.holder).__name__ in _PASSED_ON:
                    above.append((holding.place, holding.holder))
            level = above
        if not self._in_flight:
            yield from self._unseen(staying)

    def _holdings(self, held: list[Definition]) -> Iterator[Holding]:
        if held:
            modules = self._serving.modules
            yield from self._living(holders(held, modules, self._models))
            yield from self._living(kept(held, modules, self._version.model.instance))

    def _living(self, holdings: Iterator[Holding]) -> Iterator[Holding]:
        known = self._own | self._gone
        return (holding for holding in holdings if id(holding.holder) not in known)

    def _unseen(self, staying: list[Definition]) -> Iterator[tuple[Place, str]]:
        """Those with references that no search has found: from C, from a library's old tables."""
        classes = type(self._version.model.instance).__mro__
        for place, value in staying:
            if place[0] in self._document.modules and value not in classes:
                yield place, "something that cannot be looked into holds it"

    def _staying(self, held: Held) -> list[str]:
        return [how for holder, how in held.items() if holder not in self._gone]

    def _is_of_request(self, holder: Any) -> bool:
        """Whether it may be that it only lives as long as a request."""
        of_request = type(holder).__name__ in _OF_REQUESTS or self._waiting.covers(holder)
        return self._in_flight and of_request
