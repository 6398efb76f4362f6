"""Looks for what is alive and would go on with old code."""

from __future__ import annotations

import asyncio
import gc
import sys
from collections import Counter
from typing import TYPE_CHECKING, AbstractSet, Any, Iterator, Sequence

from ..exceptions import SwapRefused
from .captures import holders_of
from .definitions import Place, codes, find
from .holders import Definition, holders, kept, suspects
from .replaced import replacement
from .running import running
from .survival import Survival
from .waiting import Waiting

if TYPE_CHECKING:
    from types import CodeType

    from ..version import Version
    from .captures import Captures, Held
    from .document import SwapDocument
    from .generation import Generation

# What a request in flight holds for as long as it runs.
_OF_REQUESTS = frozenset({"generator", "coroutine", "async_generator", "async_generator_asend"})


def audit(
    document: SwapDocument,
    serving: Generation,
    version: Version,
    models: Sequence[Any],
    loop: asyncio.AbstractEventLoop,
) -> Captures:
    """What `load` has handed out of the code and is still held once the swap is made.

    `models` are the one that answers and the one that was loaded, which may be the same. Costs
    what the replaced names lead to; what has come to life since the load as well, where references
    remain that this does not explain.

    Raises:
        SwapRefused: with everything that speaks against the swap.
    """
    search = _Search(document, serving, version, models)
    if search.reasons(loop):
        gc.collect()  # what was replaced earlier may only wait for that
        reasons = search.reasons(loop)
        if reasons:
            raise SwapRefused(*dict.fromkeys(reasons))
    return search.captures_left()


class _Search:
    def __init__(
        self,
        document: SwapDocument,
        serving: Generation,
        version: Version,
        models: Sequence[Any],
    ) -> None:
        self._document = document
        self._serving = serving
        self._version = version
        self._models = models
        self._in_flight = version.in_flight.count > 0
        own = [*version.contract.functions, version.model, version.model.__dict__, self._models]
        self._own = {id(each) for each in own}
        affected = document.affected
        self._places = [(module, name) for module, names in affected.items() for name in names]
        self._survival = Survival()

    def reasons(self, loop: asyncio.AbstractEventLoop) -> list[str]:
        """Everything that is found, in words."""
        self._waiting = Waiting(loop)
        # Before all else: what is held here would seem to be held by somebody who stays.
        self._survival = replacement(
            self._document, self._serving, self._version.contract, self._models
        )
        self._suspected = set() if self._survival.is_complete else self._held_by_more()
        places = self._places
        return [*self._captured(places), *self._survival.finalizers] or self._found(places, loop)

    def captures_left(self) -> Captures:
        return self._version.model.captures.without(set(self._places), self._survival.gone)

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
        modules = self._serving.modules
        # Numbers and texts are alike for everybody; who has one has nothing of the code.
        found = [item for item in find(modules, places) if gc.is_tracked(item[1])]
        held = [f"`{name}` of {module}: {how}" for (module, name), how in self._held(found)]
        of_model = [] if self._is_ours_alone() else self._staying(self._holders_of_model())
        codes_found = set().union(*(codes(value) for _, value in found))
        return [*held, *of_model, *running(codes_found, loop, self._waiting)]

    def _holders_of_model(self) -> Held:
        return holders_of(self._version.model.instance, self._serving.modules, self._own)

    def _is_ours_alone(self) -> bool:
        """Whether nobody but the server holds the model: then nobody has to be looked for among
        all that lives. A request in flight holds it, too."""
        loaded = self._version.model
        own = [self._models, loaded, loaded.__dict__, *self._version.contract.functions]
        example: list[Any] = []
        model = loaded.instance
        known = sum(each is model for each in gc.get_referents(*own))
        known += self._models[0] is self._models[1]  # the swapper keeps the one that was loaded
        return sys.getrefcount(model) - sys.getrefcount(example) == known

    def _held(self, found: list[Definition]) -> Iterator[tuple[Place, str]]:
        """What lives that was made of a definition or refers to it."""
        modules, gone = self._serving.modules, self._survival.gone
        staying = [item for item in found if id(item[1]) not in gone]
        explained = Counter[int]()  # references of requests, by what they are to
        if staying:
            for search in (
                holders(staying, modules, self._models),
                kept(staying, modules, self._version.model.instance),
            ):
                for place, holder, how in search:
                    if self._is_of_request(holder):
                        explained.update(id(each) for each in gc.get_referents(holder))
                    elif id(holder) not in gone and id(holder) not in self._own:
                        yield place, how
        yield from self._unseen(found, explained)

    def _unseen(
        self, found: list[Definition], explained: Counter[int]
    ) -> Iterator[tuple[Place, str]]:
        """Those with references that no search has found: from C, from a library's old tables."""
        for place, value in found:
            if self._is_held_unseen(place, value, explained):
                yield place, "something that cannot be looked into holds it"

    def _is_held_unseen(self, place: Place, value: Any, explained: Counter[int]) -> bool:
        code = getattr(value, "__code__", None)
        is_own = code is not None and code.co_name == place[1].rpartition(".")[2]
        frames = self._survival.frames.get(id(code), 0)
        excused = explained[id(value)] + frames if self._in_flight else 0
        if self._survival.unexplained.get(id(value), 0) > excused or id(value) in self._suspected:
            return True
        return self._is_code_held(codes(value) if is_own else codes(value) - {code})

    def _is_code_held(self, parts: AbstractSet[CodeType]) -> bool:
        """Whether a function of the same code lives, or one that was made within."""
        if self._survival.unexplained.keys().isdisjoint(map(id, parts)):
            return False
        return not (self._in_flight and any(map(self._is_at_work, parts)))

    def _is_at_work(self, code: CodeType) -> bool:
        """Whether a request may be executing it: what is made within may be the request's."""
        return id(code) in self._survival.frames or any(
            type(each).__name__ in _OF_REQUESTS for each in gc.get_referrers(code)
        )

    def _held_by_more(self) -> set[int]:
        """Where there is too much to look at: what more than names refer to. The server itself
        holds the functions that it calls."""
        called = {id(getattr(each, "__func__", each)) for each in self._version.contract.functions}
        suspected = suspects(self._serving.modules)
        return {id(value) for _, value in suspected if id(value) not in called}

    def _staying(self, held: Held) -> list[str]:
        return [how for holder, how in held.items() if holder not in self._survival.gone]

    def _is_of_request(self, holder: Any) -> bool:
        """Whether it may be that it only lives as long as a request."""
        of_request = type(holder).__name__ in _OF_REQUESTS or self._waiting.covers(holder)
        return self._in_flight and of_request
