"""The definitions of the user's code as objects: functions, classes and their members."""

from __future__ import annotations

from types import CodeType, FunctionType, ModuleType
from typing import Any, Iterable, Iterator, Mapping, Tuple

# The module, and a name in it or `Class.member`.
Place = Tuple[str, str]


def definitions(modules: Mapping[str, ModuleType]) -> Iterator[tuple[Place, Any]]:
    """Every function and class of the modules, and every function in the body of a class."""
    for module_name, module in modules.items():
        for name, value in list(module.__dict__.items()):
            if getattr(value, "__module__", None) == module_name:
                yield from _definition((module_name, name), value)


def find(modules: Mapping[str, ModuleType], places: Iterable[Place]) -> Iterator[tuple[Place, Any]]:
    """The objects at `places`, as `definitions` gives them."""
    for module_name, qualified in places:
        module = modules.get(module_name)
        name, _, member = qualified.partition(".")
        value = module.__dict__.get(name) if module is not None else None
        if value is None:
            continue
        if not member:
            yield from (((module_name, qualified), each) for each in layers(value))
        elif isinstance(value, type):
            for function in functions_of(value.__dict__.get(member)):
                yield (module_name, qualified), function


def layers(value: Any) -> list[Any]:
    """A function with everything that its decorators wrapped."""
    found = [value]
    while True:
        inner = getattr(found[-1], "__dict__", {}).get("__wrapped__")
        if inner is None or inner in found:
            return found
        found.append(inner)


def functions_of(attribute: Any) -> list[Any]:
    """The functions behind an attribute in the body of a class."""
    if isinstance(attribute, (staticmethod, classmethod)):
        return layers(attribute.__func__)
    if isinstance(attribute, property):
        return [f for f in (attribute.fget, attribute.fset, attribute.fdel) if f is not None]
    inner = getattr(attribute, "func", None)  # of a cached_property
    if isinstance(inner, FunctionType):
        return [inner]
    return layers(attribute) if callable(attribute) and not isinstance(attribute, type) else []


def codes(function: Any) -> set[CodeType]:
    """The code of a function and of all that is defined in it."""
    pending = [each.__code__ for each in layers(function) if isinstance(each, FunctionType)]
    found: set[CodeType] = set()
    while pending:
        code = pending.pop()
        found.add(code)
        pending += [const for const in code.co_consts if isinstance(const, CodeType)]
    return found


def _definition(place: Place, value: Any) -> Iterator[tuple[Place, Any]]:
    if isinstance(value, type):
        yield place, value
        for name, attribute in list(value.__dict__.items()):
            for function in functions_of(attribute):
                yield (place[0], f"{place[1]}.{name}"), function
    elif callable(value):
        yield from ((place, each) for each in layers(value))
