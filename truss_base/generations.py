"""Remembers what functions have answered, as long as it is asked for."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

P = ParamSpec("P")
T = TypeVar("T")


class Generations:
    """Answers that the generation before has asked for, or this one: a plan, say.

    What is held follows what is asked for. A cache of the last so many answers would add up to
    that number whatever is asked; and where one plan asks for more, it would have forgotten each
    answer by the time that the next plan gets to it.

    Small generations count as one until they have asked for `least` answers.
    """

    def __init__(self, least: int) -> None:
        self._least = least
        self._new: dict[object, Any] = {}
        self._old: dict[object, Any] = {}

    def __len__(self) -> int:
        return len(self._new.keys() | self._old.keys())

    def begin(self) -> None:
        """Begins a generation: what the one before this has not asked for is forgotten."""
        if len(self._new) >= self._least:
            self._old, self._new = self._new, {}

    def remembered(self, function: Callable[P, T]) -> Callable[P, T]:
        """A pure function that looks for its answers here first. None is no answer."""

        @wraps(function)
        def answer(*args: P.args, **kwargs: P.kwargs) -> T:
            key = (function, args, *kwargs.items())
            found: T | None = self._new.get(key)
            if found is None:
                found = self._old.get(key)
                self._new[key] = found = function(*args, **kwargs) if found is None else found
            return found

        return answer
