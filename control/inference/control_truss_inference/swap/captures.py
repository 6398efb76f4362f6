"""What `load` handed out of the user's code, seen once, before its heap is set aside.

Objects that `gc.freeze` set aside cannot be looked through any more, and looking through all of
them would stop requests; so it is done at the end of the load, when there are no requests.
"""

from __future__ import annotations

import gc
from dataclasses import dataclass, field
from types import (
    AsyncGeneratorType,
    CellType,
    CoroutineType,
    FrameType,
    FunctionType,
    GeneratorType,
    MethodType,
    ModuleType,
)
from typing import Any, Collection, Container, Mapping

from .definitions import Place
from .holders import holders, suspects

_RUNNING = (
    *(FrameType, CellType, MethodType, FunctionType),
    *(GeneratorType, CoroutineType, AsyncGeneratorType),
)


# Of so many holders each is known; with more, nothing makes sure that all of them are gone.
_MANY = 100
_OTHERS = 0  # stands for the rest of them; no object has this id

# What holds something: their ids, with what they are in words.
Held = Mapping[int, str]


@dataclass(frozen=True)
class Captures:
    """What holds the `definitions`, and who holds the `model` and could be wrong about it."""

    definitions: Mapping[Place, Held] = field(default_factory=dict)
    model: Held = field(default_factory=dict)

    def without(self, replaced: Collection[Place], gone: Container[int]) -> Captures:
        """What is left of it once definitions are replaced that nobody holds, and what is `gone`
        has died."""
        definitions = {at: held for at, held in self.definitions.items() if at not in replaced}
        model = {holder: how for holder, how in self.model.items() if holder not in gone}
        return Captures(definitions, model)


def captures(instance: Any, modules: Mapping[str, ModuleType]) -> Captures:
    """What is held of the definitions in `modules`, and of the model that they make."""
    found: dict[Place, dict[int, str]] = {}
    of_model = holders_of(instance, modules)  # first: what is found below may be the model
    suspected = suspects(modules)
    if suspected:
        for holding in holders(suspected, modules, [instance]):
            held = found.setdefault(holding.place, {})
            held[id(holding.holder) if len(held) < _MANY else _OTHERS] = holding.how
    return Captures(found, of_model)


def holders_of(
    instance: Any, modules: Mapping[str, ModuleType], known: Collection[int] = ()
) -> dict[int, str]:
    """Who holds the model and is not the user's code; `known` are ids of our own.

    Code of the user's may hold it: what that calls on it was looked at by the plan. Others would
    go on calling the old class.
    """
    return {
        id(holder): f"a {type(holder).__name__} holds the model"
        for holder in gc.get_referrers(instance)
        if id(holder) not in known
        and not isinstance(holder, _RUNNING)
        and not _belongs_to_users(holder, modules)
    }


def _belongs_to_users(holder: Any, modules: Mapping[str, ModuleType]) -> bool:
    """Whether it is an object of a user's class, or the dictionary of one, or of a module."""
    if type(holder).__module__ in modules:
        return True
    if type(holder) is not dict:
        return False
    return any(holder is module.__dict__ for module in modules.values()) or any(
        type(owner).__module__ in modules and getattr(owner, "__dict__", None) is holder
        for owner in gc.get_referrers(holder)
    )
