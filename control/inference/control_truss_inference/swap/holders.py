"""Who holds a definition, beside the definitions themselves.

A hot swap replaces names. What somebody holds by reference goes on as it is: an instance of a
class, a bound method that a timer was given, a function in a list of handlers.
"""

from __future__ import annotations

import gc
import operator
import sys
from collections import Counter, deque
from types import (
    CellType,
    CodeType,
    FrameType,
    FunctionType,
    GetSetDescriptorType,
    MemberDescriptorType,
    MethodType,
    ModuleType,
)
from typing import Any, Container, Iterator, Mapping, NamedTuple, Sequence, Tuple

from ..importer import SourceLoader
from .definitions import Place, definitions

Definition = Tuple[Place, Any]


class Holding(NamedTuple):
    """`holder` holds the definition at `place`; `how` says it in words."""

    place: Place
    holder: Any
    how: str


# Functions and classes consist of these; what they lead to is looked into this deep.
_PARTS = (FunctionType, type, tuple, dict, CellType, property, staticmethod, classmethod)
_DEPTH = 5
# Containers are looked into; larger ones hold data, and more of them would take too long.
_CONTAINERS = (dict, list, set, tuple, deque)
_LARGE = 1_000
_LOOKED_AT = 10_000
_OF_A_CLASS = (GetSetDescriptorType, MemberDescriptorType)
_HARMLESS = (*_OF_A_CLASS, CodeType, FrameType, staticmethod, classmethod, property)


def suspects(modules: Mapping[str, ModuleType]) -> list[Definition]:
    """The definitions to which more refers than their modules and classes do.

    Only for these is it worth to look at every object there is.
    """
    example = ModuleType("example")
    exec("def function(): pass\nclass Class: pass", example.__dict__)
    known = [*definitions(modules), *definitions({"example": example})]
    surplus = _surplus(known, _bindings({**modules, "example": example}))
    usual = {FunctionType: surplus[id(example.function)], type: surplus[id(example.Class)]}
    return [
        (place, value)
        for place, value in known
        if place[0] != "example" and surplus[id(value)] > usual.get(type(value), -1)
    ]


def holders(
    held: Sequence[Definition],
    modules: Mapping[str, ModuleType],
    models: Sequence[Any],
) -> Iterator[Holding]:
    """What holds the definitions.

    Looks at every object that is not frozen. `models` may be instances of their class.
    """
    own = _own_parts(modules)
    values = [value for _, value in held]
    for holder in gc.get_referrers(*values):
        if id(holder) in own or holder is values or isinstance(holder, _HARMLESS):
            continue
        if _is_ours(holder, held, values):
            continue
        referents = {id(referent) for referent in gc.get_referents(holder)}
        classes = type(holder).__mro__ if any(holder is model for model in models) else ()
        for place, value in held:
            if id(value) in referents and not any(value is each for each in classes):
                text = _described(holder, value, modules)
                if text is not None:
                    yield Holding(place, holder, text)


def _is_ours(holder: Any, held: Sequence[Definition], values: list[Any]) -> bool:
    """Whether it is what this search itself consists of; Python 3.13 shows its arguments, too."""
    if not isinstance(holder, tuple):
        return False
    is_item = any(holder is item for item in held)
    return is_item or (len(holder) == len(values) and all(map(operator.is_, holder, values)))


def kept(
    held: Sequence[Definition], modules: Mapping[str, ModuleType], model: Any
) -> Iterator[Holding]:
    """What the model's attributes or variables of modules hold of the definitions, directly or in
    containers. Finds what was put into something older, which `holders` does not see."""
    values = {id(value): place for place, value in held}
    own = {id(value) for _, value in definitions(modules)}
    level = [model.__dict__, *_variables(modules, own)]
    seen: set[int] = set()
    while level and len(seen) < _LOOKED_AT:
        seen.update(id(container) for container in level)
        found = [(container, part) for container in level for part in _content(container)]
        for container, part in found:
            if id(part) in values:
                who = _variable(container, modules) or "the model's state"
                yield Holding(values[id(part)], container, f"{who} holds it")
        level = [p for _, p in found if isinstance(p, _CONTAINERS) and id(p) not in seen]


def _variables(modules: Mapping[str, ModuleType], own: Container[int]) -> Iterator[Any]:
    for module in modules.values():
        for value in list(module.__dict__.values()):
            if isinstance(value, _CONTAINERS) and id(value) not in own:
                yield value


def _content(container: Any) -> list[Any]:
    return gc.get_referents(container) if len(container) <= _LARGE else []


def _described(holder: Any, value: Any, modules: Mapping[str, ModuleType]) -> str | None:
    if isinstance(value, type):
        if value in type(holder).__mro__:
            return "an instance of it lives"
        if isinstance(holder, type):
            return f"`{holder.__name__}` is derived from it"
        if isinstance(holder, (CellType, tuple)):  # of `super()`; of base classes
            return None
    if isinstance(holder, MethodType):
        return "a bound method was handed out"
    return f"{_variable(holder, modules) or f'a {type(holder).__name__}'} holds it"


def _variable(value: Any, modules: Mapping[str, ModuleType]) -> str | None:
    """The name under which a module has `value`: "`TABLE` of model.model"."""
    for module in modules.values():
        for name, each in list(module.__dict__.items()):
            if each is value:
                return f"`{name}` of {module.__name__}"
    return None


def _own_parts(modules: Mapping[str, ModuleType]) -> set[int]:
    """The ids of the namespaces, those of earlier versions too, and of all that the definitions
    in them consist of."""
    found = {id(part) for module in modules.values() for part in (module, module.__dict__)}
    found.update(id(loader.namespace) for loader in list(SourceLoader.living))
    level = [value for _, value in definitions(modules)]
    for _ in range(_DEPTH):
        level = [each for each in level if id(each) not in found]
        found.update(id(each) for each in level)
        level = [part for each in level if _is_users(each, modules) for part in _parts(each)]
    return found


def _is_users(value: Any, modules: Container[str]) -> bool:
    if isinstance(value, (FunctionType, type)):
        return value.__module__ in modules
    return True


def _parts(value: Any) -> list[Any]:
    namespace = value.__globals__ if isinstance(value, FunctionType) else None
    return [
        part
        for part in gc.get_referents(value)
        if isinstance(part, _PARTS) and part is not namespace
    ]


def _bindings(modules: Mapping[str, ModuleType]) -> Counter[int]:
    """How often each object is named in a module or in the body of a class."""
    found: Counter[int] = Counter()
    for module in modules.values():
        found.update(id(value) for value in module.__dict__.values())
    for _, value in definitions(modules):
        if isinstance(value, type):
            found.update(id(each) for each in value.__dict__.values())
            found[id(value)] += sum(isinstance(e, _OF_A_CLASS) for e in value.__dict__.values())
    return found


def _surplus(known: Sequence[Definition], bindings: Counter[int]) -> dict[int, int]:
    listed = Counter(id(value) for _, value in known)
    return {
        id(value): sys.getrefcount(value) - bindings[id(value)] - listed[id(value)]
        for _, value in known
    }
