"""Looks for what is alive and would go on with old code."""

from __future__ import annotations

import asyncio
import gc
import sys
from typing import TYPE_CHECKING, Any, Callable, Iterator, Sequence

from ..exceptions import SwapRefused
from .captures import holders_of
from .definitions import Place, codes, find
from .holders import Definition, holders, kept, suspects
from .replaced import lasting, replacement
from .requests import Held as HeldByRequests
from .requests import held_by_requests
from .running import running
from .survival import Survival
from .waiting import Waiting

if TYPE_CHECKING:
    from ..version import Version
    from .captures import Captures, Held
    from .document import SwapDocument
    from .generation import Generation


def audit(
    document: SwapDocument,
    serving: Generation,
    version: Version,
    models: Sequence[Any],
    loop: asyncio.AbstractEventLoop,
    *,
    is_paused: bool,
    is_wanted: Callable[[], bool] = lambda: True,
) -> Captures:
    """What `load` has handed out of the code and is still held once the swap is made.

    `models` are the one that answers and the one that was loaded, which may be the same. Costs
    what the replaced names lead to; what has come to life since the load as well, where references
    remain that this does not explain. What requests in flight hold is told from the rest where
    `is_paused`: no request begins meanwhile.

    Raises:
        SwapRefused: with everything that speaks against the swap; with nothing once it is not
            `is_wanted` any more.
    """
    search = _Search(document, serving, version, models, is_paused=is_paused)
    if search.reasons(loop):
        if not is_wanted():
            raise SwapRefused()
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
        *,
        is_paused: bool,
    ) -> None:
        self._document = document
        self._serving = serving
        self._version = version
        self._models = models
        self._in_flight = version.in_flight.count > 0
        self._is_paused = is_paused
        self._by_requests = HeldByRequests()
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
        if self._in_flight and self._is_paused:
            self._by_requests = self._held_by_requests(found)
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
        ending = {*gone, *self._own, *self._by_requests.owned}
        if staying:
            for search in (
                holders(staying, modules, self._models),
                kept(staying, modules, self._version.model.instance),
            ):
                for place, holder, how in search:
                    if id(holder) not in ending and not self._is_of_request(holder):
                        yield place, how
        yield from self._unseen(found)

    def _held_by_requests(self, found: list[Definition]) -> HeldByRequests:
        """What requests in flight hold of what has references that nothing else explains."""
        parts = {part for _, value in found for part in codes(value)}
        targets = [each for _, each in found if id(each) not in self._survival.gone]
        targets += [part for part in parts if id(part) in self._survival.unexplained]
        staying = lasting(self._serving.modules, self._models)
        return held_by_requests(targets, self._survival.frames, self._waiting, staying)

    def _unseen(self, found: list[Definition]) -> Iterator[tuple[Place, str]]:
        """Those with references that no search has found: from C, from a library's old tables."""
        for place, value in found:
            if self._is_held_unseen(place, value):
                yield place, "something that cannot be looked into holds it"

    def _is_held_unseen(self, place: Place, value: Any) -> bool:
        code = getattr(value, "__code__", None)
        is_own = code is not None and code.co_name == place[1].rpartition(".")[2]
        if self._is_unexplained(value) or id(value) in self._suspected:
            return True
        # A function of the same code may live, or one that was made within.
        return any(map(self._is_unexplained, codes(value) if is_own else codes(value) - {code}))

    def _is_unexplained(self, value: Any) -> bool:
        """Whether more refers to it than what ends with the swap and with requests in flight."""
        frames = self._survival.frames.get(id(getattr(value, "__code__", None)), 0)
        at_work = frames if self._in_flight else 0
        of_requests = max(self._by_requests.references.get(id(value), 0), at_work)
        return self._survival.unexplained.get(id(value), 0) > of_requests

    def _held_by_more(self) -> set[int]:
        """Where there is too much to look at: what more than names refer to. The server itself
        holds the functions that it calls."""
        called = {id(getattr(each, "__func__", each)) for each in self._version.contract.functions}
        suspected = suspects(self._serving.modules)
        return {id(value) for _, value in suspected if id(value) not in called}

    def _staying(self, held: Held) -> list[str]:
        return [how for holder, how in held.items() if holder not in self._survival.gone]

    def _is_of_request(self, holder: Any) -> bool:
        """Whether it only lives as long as a request."""
        return self._in_flight and self._waiting.covers(holder)
