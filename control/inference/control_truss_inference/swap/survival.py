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
from dataclasses import dataclass, field
from types import BuiltinFunctionType, CodeType, FrameType, FunctionType, ModuleType
from typing import AbstractSet, Any, Container, Iterable, Iterator, Mapping, Sequence

from .finalizers import finalizers
from .waiting import executing

# More objects than these are not looked at: then nothing is known to die.
LIMIT = 10_000
_LARGE = 10_000
_CONTAINERS = (dict, list, set, tuple)
_LEAVES = (ModuleType, FrameType)
_EXAMPLE = 0  # no object has this id


@dataclass(frozen=True)
class Survival:
    """`gone` are the ids of what dies. `unexplained` says how many references each of the others
    has beyond those that were seen; `frames` how often each code (its id) was being executed;
    `finalizers` what would run at the death of the former. `is_complete` is false where there was
    too much to look at; then nothing is known."""

    gone: AbstractSet[int] = frozenset()
    unexplained: Mapping[int, int] = field(default_factory=dict)
    frames: Mapping[int, int] = field(default_factory=dict)
    finalizers: Sequence[str] = ()
    is_complete: bool = True


def survival(replaced: Iterable[Any], modules: Container[str], staying: Container[int]) -> Survival:
    """What becomes of all that `replaced` leads to.

    `replaced` has one value for each reference that the swap lets go; nobody else may hold a
    reference for the sake of this search. `modules` are the names of the user's modules, `staying`
    the ids of what stays in any case and is not looked into.
    """
    found, counted = _reachable(replaced, modules, staying)
    if len(found) > LIMIT:
        return Survival(is_complete=False)
    before = executing()
    unexplained = _unexplained(found, counted)
    frames = before | executing()
    held = set(unexplained)
    _spread(held, found)
    gone = frozenset(found.keys() - held)
    ends = finalizers((found[key] for key in gone), modules)
    return Survival(gone, unexplained, frames, tuple(dict.fromkeys(ends)))


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
    if issubclass(type(value), CodeType):  # shows nothing by itself
        return [each for each in value.co_consts if issubclass(type(each), CodeType)]
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
        is_code = issubclass(kind, CodeType)
        if not (is_code or gc.is_tracked(value)) or issubclass(kind, _LEAVES):
            continue
        if id(value) in staying:
            continue
        if issubclass(kind, type) and _module_of(value) not in modules:
            continue
        if issubclass(kind, BuiltinFunctionType) and issubclass(type(value.__self__), ModuleType):
            continue
        yield value


def _module_of(value: type) -> object:
    return type.__dict__["__dict__"].__get__(value).get("__module__")


def _unexplained(found: dict[int, Any], counted: Counter[int]) -> dict[int, int]:
    """How many references each object has of which nobody knows the origin, if any."""
    _add_example(found)
    # Measured all alike: what the measuring itself holds shows at the example.
    references = {key: sys.getrefcount(value) for key, value in found.items()}
    del found[_EXAMPLE]
    usual = references.pop(_EXAMPLE)
    surplus = {key: count - counted[key] - usual for key, count in references.items()}
    return {key: count for key, count in surplus.items() if count > 0}


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
