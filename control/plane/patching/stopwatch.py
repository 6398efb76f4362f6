"""How long each stage of a patch took."""

from __future__ import annotations

import time


class Stopwatch:
    """Laps in milliseconds."""

    def __init__(self) -> None:
        self._begun = self._last = time.perf_counter()
        self._laps: dict[str, float] = {}

    def lap(self, name: str) -> None:
        """Ends the stage `name`, which began where the last one ended."""
        now = time.perf_counter()
        self._laps[name] = round((now - self._last) * 1000, 2)
        self._last = now

    def timings_ms(self) -> dict[str, float]:
        """Every stage so far, and their total."""
        return {**self._laps, "total": round((self._last - self._begun) * 1000, 2)}
