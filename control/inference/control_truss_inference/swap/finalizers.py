"""What runs when objects die: a fresh process, in which they never lived, would not have run it."""

from __future__ import annotations

import inspect
import weakref
from types import BuiltinFunctionType, GeneratorType
from typing import Any, Container, Iterable, Iterator


def finalizers(values: Iterable[Any], modules: Container[str]) -> Iterator[str]:
    """Those of the user's code, in words; `modules` are the names of its modules.

    What libraries do then is their own tidying up.
    """
    for value in values:
        kind = type(value)
        if any("__del__" in each.__dict__ and each.__module__ in modules for each in kind.__mro__):
            yield f"`{kind.__name__}.__del__` would run"
        elif kind is GeneratorType and inspect.getgeneratorstate(value) == inspect.GEN_SUSPENDED:
            yield f"the generator `{value.__name__}` would end"
        for reference in weakref.getweakrefs(value):
            if not _is_quiet(reference.__callback__, modules):
                yield f"what watches a {kind.__name__} would be called"


def _is_quiet(callback: Any, modules: Container[str]) -> bool:
    if isinstance(callback, weakref.finalize):
        alive = callback.peek()
        callback = alive[1] if alive is not None else None
    if callback is None:
        return True
    if isinstance(callback, BuiltinFunctionType):  # how C keeps sets of weak references
        return isinstance(callback.__self__, weakref.ref)
    module = getattr(callback, "__module__", None)
    return isinstance(module, str) and module not in modules
