"""What `load` handed out of the user's code, seen once, before its heap is set aside.

Objects that `gc.freeze` set aside cannot be looked through any more, and looking through all of
them would stop requests; so it is done at the end of the load, when there are no requests.
"""

from __future__ import annotations

import gc
from dataclasses import dataclass, field
from types import (
    CellType,
    CoroutineType,
    FrameType,
    FunctionType,
    GeneratorType,
    MethodType,
    ModuleType,
)
from typing import Any, Collection, Mapping

from .definitions import Place
from .holders import holders, suspects

_RUNNING = (FrameType, CellType, MethodType, FunctionType, GeneratorType, CoroutineType)


@dataclass(frozen=True)
class Captures:
    """`definitions` that live state holds, with the reason in words; `model` says who holds the
    model itself, None if nobody does who could be wrong about it."""

    definitions: Mapping[Place, str] = field(default_factory=dict)
    model: str | None = None


def captures(instance: Any, modules: Mapping[str, ModuleType]) -> Captures:
    """What is held of the definitions in `modules`, and of the model that they make."""
    found: dict[Place, str] = {}
    suspected = suspects(modules)
    if suspected:
        for place, reason in holders(suspected, modules, [instance]):
            found.setdefault(place, reason)
    return Captures(found, holder_of(instance, modules))


def holder_of(
    instance: Any, modules: Mapping[str, ModuleType], known: Collection[int] = ()
) -> str | None:
    """Who holds the model and is not the user's code, in words; `known` are ids of our own.

    Code of the user's may hold it: what that calls on it was looked at by the plan. Others would
    go on calling the old class.
    """
    for holder in gc.get_referrers(instance):
        if id(holder) in known or isinstance(holder, _RUNNING):
            continue
        if not _belongs_to_users(holder, modules):
            return f"a {type(holder).__name__} holds the model"
    return None


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
