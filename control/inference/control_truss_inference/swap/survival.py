"""What dies with the values of replaced names, and what lives on.

A table of functions, an enum member, a partial, the validator of a pydantic class: what is reached
through replaced names alone is gone with them, and nobody is left who could come by old code
through it. Found out as the collector of cycles does it, by references: an object that has more of
them than the replaced names and the objects found here account for is held by something that
stays, and so is everything that it leads to. A reference that nobody can see (from a frame that
runs, from C) counts as one that stays.
"""

from __future__ import annotations

import gc
import sys
from collections import Counter
from types import BuiltinFunctionType, CodeType, FrameType, FunctionType, ModuleType
from typing import Any, Container, Iterable, Iterator

# More objects than these are not looked at: then nothing is known to die.
LIMIT = 10_000
_LARGE = 10_000
_CONTAINERS = (dict, list, set, tuple)
_LEAVES = (ModuleType, CodeType, FrameType)


def dying(
    replaced: Iterable[Any], modules: Container[str], staying: Container[int]
) -> frozenset[int]:
    """The ids of all that lives by `replaced` alone.

    `replaced` has one value for each reference that the swap lets go; nobody else may hold a
    reference for the sake of this search. `modules` are the names of the user's modules, `staying`
    the ids of what stays in any case and is not looked into.
    """
    found, counted = _reachable(replaced, modules, staying)
    if len(found) > LIMIT:
        return frozenset()
    held = _held(found, counted)
    _spread(held, found)
    return frozenset(found.keys() - held)


def _reachable(
    replaced: Iterable[Any], modules: Container[str], staying: Container[int]
) -> tuple[dict[int, Any], Counter[int]]:
    """Every object that is reached, by id, and how many references to each were seen."""
    found: dict[int, Any] = {}
    counted: Counter[int] = Counter()
    pending: list[Any] = []
    for value in _inner(replaced, modules, staying):
        counted[id(value)] += 1
        if id(value) not in found:
            found[id(value)] = value
            pending.append(value)
    while pending and len(found) <= LIMIT:
        for value in _inner(_referents(pending.pop()), modules, staying):
            counted[id(value)] += 1
            if id(value) not in found:
                found[id(value)] = value
                pending.append(value)
    return found, counted


def _referents(value: Any) -> list[Any]:
    if issubclass(type(value), _CONTAINERS) and len(value) > _LARGE:
        return []
    found = gc.get_referents(value)
    if issubclass(type(value), FunctionType):
        found = [each for each in found if each is not value.__globals__]
    return found


def _inner(
    values: Iterable[Any], modules: Container[str], staying: Container[int]
) -> Iterator[Any]:
    """Those that can hold something and belong to what is looked at. By `type`, since
    `isinstance` would ask proxies for what they stand for."""
    for value in values:
        kind = type(value)
        if not gc.is_tracked(value) or id(value) in staying or issubclass(kind, _LEAVES):
            continue
        if issubclass(kind, type) and _module_of(value) not in modules:
            continue
        if issubclass(kind, BuiltinFunctionType) and issubclass(type(value.__self__), ModuleType):
            continue
        yield value


def _module_of(value: type) -> object:
    return type.__dict__["__dict__"].__get__(value).get("__module__")


def _held(found: dict[int, Any], counted: Counter[int]) -> set[int]:
    """The ids of what has references of unknown origin."""
    _add_example(found)
    # Measured all alike: what the measuring itself holds shows at the example.
    references = {key: sys.getrefcount(value) for key, value in found.items()}
    del found[_EXAMPLE]
    usual = references.pop(_EXAMPLE)
    return {key for key, count in references.items() if count - counted[key] > usual}


_EXAMPLE = 0  # no object has this id


def _add_example(found: dict[int, Any]) -> None:
    found[_EXAMPLE] = []


def _spread(held: set[int], found: dict[int, Any]) -> None:
    """Adds everything that what is held leads to."""
    pending = list(held)
    while pending:
        for value in _referents(found[pending.pop()]):
            if id(value) in found and id(value) not in held:
                held.add(id(value))
                pending.append(id(value))
