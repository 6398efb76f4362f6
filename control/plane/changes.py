"""Telling whoever listens that something has changed, so that nobody has to ask again and again."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar, overload

if TYPE_CHECKING:
    from collections.abc import Iterator

T = TypeVar("T")


class Changes:
    """Says that there is something new; not what, and not how often. Lives on the event loop."""

    def __init__(self) -> None:
        self._listeners: set[asyncio.Event] = set()
        self._ended = False

    @property
    def has_ended(self) -> bool:
        """Whether nothing will change any more, and nobody should wait for it."""
        return self._ended

    def notify(self) -> None:
        """Wakes every listener."""
        for listener in self._listeners:
            listener.set()

    def end(self) -> None:
        """Wakes every listener for the last time."""
        self._ended = True
        self.notify()

    @contextlib.contextmanager
    def listening(self) -> Iterator[asyncio.Event]:
        """An event that every change sets; whoever waits for it clears it."""
        listener = asyncio.Event()
        self._listeners.add(listener)
        try:
            yield listener
        finally:
            self._listeners.discard(listener)


class _Owner(Protocol):
    changes: Changes


class Observed(Generic[T]):
    """An attribute of an object with `changes`; to give it another value is to tell of it."""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, instance: None, owner: type) -> Observed[T]: ...

    @overload
    def __get__(self, instance: object, owner: type) -> T: ...

    def __get__(self, instance: object | None, owner: type) -> Any:
        return self if instance is None else instance.__dict__[self._name]

    def __set__(self, instance: _Owner, value: T) -> None:
        before = instance.__dict__.get(self._name)
        instance.__dict__[self._name] = value
        if value is not before:
            instance.changes.notify()
