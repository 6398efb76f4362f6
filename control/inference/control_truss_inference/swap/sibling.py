"""A model of the new class that has the state of the old one."""

from __future__ import annotations

from typing import Any

from ..exceptions import SwapRefused


def sibling(old: Any, new_class: Any) -> Any:
    """An instance of `new_class` that shares its attributes with `old`, made without `__init__`.

    Both instances see what either of them assigns: requests in flight and new ones work on one
    state. Where the class is the same, so is the instance.

    Raises:
        SwapRefused: the state of such instances is not all in their `__dict__`.
    """
    if type(old) is new_class:
        return old
    _check(old, new_class)
    try:
        new = object.__new__(new_class)
    except TypeError as exc:
        raise SwapRefused(
            f"a model of this class cannot be made beside the old one: {exc}"
        ) from exc
    object.__setattr__(new, "__dict__", old.__dict__)
    return new


def _check(old: Any, new_class: Any) -> None:
    for each in (type(old), new_class):
        if not isinstance(each, type):
            raise SwapRefused(f"`{each!r}` is no class")
        for base in each.__mro__:
            if base.__dict__.get("__slots__"):
                raise SwapRefused(f"`{base.__name__}` keeps its state in `__slots__`")
            if "__del__" in base.__dict__:
                raise SwapRefused(f"`{base.__name__}.__del__` would run while its state is in use")
    if not hasattr(old, "__dict__"):
        raise SwapRefused("the model has no `__dict__`")
