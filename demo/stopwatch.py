"""What took how long, printed as a table at the end."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager


class Stopwatch:
    """Named steps with their duration in seconds, in the order they ended."""

    def __init__(self) -> None:
        self._steps: list[tuple[str, float]] = []

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        began = time.perf_counter()
        yield
        self._steps.append((name, time.perf_counter() - began))

    def table(self) -> str:
        width = max(len(name) for name, _ in self._steps)
        return "\n".join(f"  {name:<{width}}  {_readable(took):>9}" for name, took in self._steps)


def _readable(seconds: float) -> str:
    return f"{seconds:.2f} s " if seconds >= 1 else f"{seconds * 1000:.1f} ms"
