"""What only requests in flight refer to: it ends with them, and so does the old code that it has.

Found out from below: whatever refers to a thing is looked for, and what refers to that, up to what
is known to end with a request. What has more references than these account for is held by
something else too, which may be older than the model and found by no search. References that
cannot be seen, of expressions half evaluated, count as such; then nothing is lost but a moment.
"""

from __future__ import annotations

import gc
import inspect
import sys
import threading
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from types import (
    AsyncGeneratorType,
    CodeType,
    CoroutineType,
    FrameType,
    FunctionType,
    GeneratorType,
    ModuleType,
)
from typing import AbstractSet, Any, Container, Iterator, Mapping, Sequence

from ..streams import Stream
from .waiting import OWN_THREADS, Waiting, frames, is_own_code, job_of

# More than these are not followed up: then nothing is known to be a request's own.
LIMIT = 200
_EXAMPLE = 0  # no object has this id
_DRIVING = Stream.drive.__code__
_FRAMES = {GeneratorType: "gi_frame", CoroutineType: "cr_frame", AsyncGeneratorType: "ag_frame"}
_ITSELF = (lambda self: self).__code__.co_code
# Who reads a frame's variables as a dictionary shares it with whoever does it from outside.
_SHARING = frozenset({"_getframe", "currentframe", "dir", "eval", "exec", "locals", "vars"})
_OURS = 3  # references to such a dictionary: of the frame, of a variable here, of who counts them


@dataclass(frozen=True)
class Held:
    """`owned` are the ids of what only requests hold; `references` says how many of the
    references to each thing that was asked for are theirs."""

    owned: AbstractSet[int] = frozenset()
    references: Mapping[int, int] = field(default_factory=Counter)


def held_by_requests(
    targets: Sequence[Any],
    executing: Mapping[int, int],
    waiting: Waiting,
    staying: Container[int],
) -> Held:
    """What requests in flight hold of `targets`, and what else they alone hold that leads there.

    `executing` says how many frames execute each code, by its id, `staying` are the ids of what
    outlives them in any case.
    """
    search = _Search(executing, waiting, staying)
    found = {id(target): target for target in targets}
    if not search.follow(found):
        return Held()
    owned = search.owned()
    return Held(owned, Counter({key: search.known(value, owned) for key, value in found.items()}))


class _Search:
    def __init__(
        self, executing: Mapping[int, int], waiting: Waiting, staying: Container[int]
    ) -> None:
        self._executing = executing
        self._waiting = waiting
        self._staying = staying
        self._at_work = {id(frame) for frame in _frames()}
        self._by_frames = _variables()
        self._variables = sum(self._by_frames.values(), Counter[int]())
        self._things: dict[int, Any] = {}  # what refers to the targets, directly or not
        # How often each thing is referred to, by whom.
        self._referrers: dict[int, Counter[int]] = defaultdict(Counter)
        self._functions: Counter[int] = Counter()  # by the id of their code

    def follow(self, targets: Mapping[int, Any]) -> bool:
        """Looks for what refers to the targets. False if it is too much."""
        pending = list(targets.values())
        own = {id(targets), id(targets.values()), id(pending), id(self._things)}
        while pending:
            thing = pending.pop()
            found = gc.get_referrers(thing)
            own.add(id(found))
            for each in found:
                if id(each) in own or id(each) in self._at_work:
                    continue
                # Nothing that closes over `thing`: that would refer to it, too.
                referents = [id(part) for part in gc.get_referents(each)]
                self._referrers[id(thing)][id(each)] = (
                    referents.count(id(thing)) - self._by_its_frame(each)[id(thing)]
                )
                if id(each) not in self._things:
                    self._things[id(each)] = each
                    if not (self._is_of_request(each) or self._stays(each)):
                        pending.append(each)
            own.discard(id(found))
            del found, thing
            if len(self._things) > LIMIT:
                return False
        functions = [*targets.values(), *self._things.values()]
        self._functions.update(
            id(each.__code__) for each in functions if isinstance(each, FunctionType)
        )
        return True

    def _by_its_frame(self, thing: Any) -> Counter[int]:
        """What a generator at work refers to as the variables of its frame, which are counted."""
        if type(thing) not in _FRAMES:
            return Counter()
        frame = getattr(thing, _FRAMES[type(thing)])
        seen = Counter(id(part) for part in gc.get_referents(thing))
        return seen & self._by_frames.get(id(frame), Counter())

    def owned(self) -> frozenset[int]:
        """The ids of the things that nobody but requests holds."""
        references = _references(self._things)
        found = set(self._things)
        while lost := {key for key in found if self._is_held(key, references[key], found)}:
            found -= lost
        return frozenset(found)

    def _is_held(self, key: int, references: int, owned: AbstractSet[int]) -> bool:
        """Whether something else than what is `owned` has it."""
        thing = self._things[key]
        if self._is_of_request(thing):
            return False
        return self._stays(thing) or references > self.known(thing, owned)

    def known(self, thing: Any, owned: AbstractSet[int]) -> int:
        """How many references to a thing come from what is `owned`, and from what is at work."""
        referrers = self._referrers[id(thing)]
        found = sum(count for key, count in referrers.items() if key in owned)
        return found + self._variables[id(thing)] + self._at_work_with(thing)

    def _at_work_with(self, thing: Any) -> int:
        if isinstance(thing, CodeType):
            return self._executing.get(id(thing), 0)
        if isinstance(thing, FunctionType):  # several may have one code
            code = id(thing.__code__)
            return self._executing.get(code, 0) // max(self._functions[code], 1)
        if isinstance(thing, GeneratorType):  # who resumed it refers to it
            return int(thing.gi_running)
        return int(isinstance(thing, CoroutineType) and thing.cr_running)

    def _is_of_request(self, thing: Any) -> bool:
        """Whether it ends with a request, whoever else has it."""
        if isinstance(thing, Stream) or self._waiting.covers(thing):
            return True
        return isinstance(thing, CoroutineType) and is_own_code(thing.cr_code)

    def _stays(self, thing: Any) -> bool:
        return id(thing) in self._staying or isinstance(thing, (ModuleType, type))


def _references(things: dict[int, Any]) -> dict[int, int]:
    """How many references there are to each, by its id."""
    things[_EXAMPLE] = []
    # Measured all alike: what the measuring itself holds shows at the example.
    found = {key: sys.getrefcount(value) for key, value in things.items()}
    del things[_EXAMPLE]
    usual = found.pop(_EXAMPLE)
    return {key: count - usual for key, count in found.items()}


def _frames() -> Iterator[FrameType]:
    """Every frame that a thread is at work in."""
    for innermost in sys._current_frames().values():
        yield from frames(innermost)


def _is_looked_into(frame: FrameType, code: CodeType) -> bool:
    """Whether nobody else may look at its variables at the same time, a debugger for one."""
    is_function = bool(code.co_flags & inspect.CO_OPTIMIZED)
    return is_function and frame.f_trace is None and _SHARING.isdisjoint(code.co_names)


def _driven(stream: Stream) -> Iterator[int]:
    """What the server's loop over a stream refers to, unless it counts as at work."""
    source = stream.source
    if isinstance(source, GeneratorType):
        is_seen = source.gi_running
    else:  # whose `__iter__` gives something else, nobody knows what the loop has
        is_seen = not _is_its_own_iterator(source)
    if stream.looping and not is_seen:
        yield id(source)


def _is_its_own_iterator(source: Any) -> bool:
    function = getattr(type(source), "__iter__", None)
    return isinstance(function, FunctionType) and function.__code__.co_code == _ITSELF


def _variables() -> dict[int, Counter[int]]:
    """How often the variables of each frame of requests (its id) refer to each thing, by its id."""
    names = {thread.ident: thread.name for thread in threading.enumerate()}
    found: dict[int, Counter[int]] = {}
    for ident, innermost in sys._current_frames().items():
        is_own = names.get(ident, "").startswith(OWN_THREADS)
        if ident == threading.get_ident() or not (is_own or job_of(innermost)):
            continue
        for frame in frames(innermost):
            code = frame.f_code
            if _is_looked_into(frame, code):
                variables = frame.f_locals
                # Before Python 3.13 it is a copy that the frame keeps; a library may read it.
                is_copy = type(variables) is dict
                if is_copy and sys.getrefcount(variables) > _OURS:
                    continue
                own = {*variables} - {*code.co_freevars}  # those are another frame's
                found[id(frame)] = Counter(id(variables[name]) for name in own)
                if code is _DRIVING:
                    found[id(frame)].update(_driven(variables["self"]))
                if is_copy:
                    variables.clear()
    return found
