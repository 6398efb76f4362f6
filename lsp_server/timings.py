"""How long each method takes: the last few hundred calls, for `truss.debugInfo` and the log."""

from __future__ import annotations

from collections import deque

KEPT = 500


class Timings:
    """Milliseconds by method. Not thread-safe: it lives on the event loop."""

    def __init__(self) -> None:
        self._taken: dict[str, deque[float]] = {}
        self._calls: dict[str, int] = {}

    def note(self, method: str, seconds: float) -> None:
        """One call of a method."""
        self._taken.setdefault(method, deque(maxlen=KEPT)).append(seconds * 1000)
        self._calls[method] = self._calls.get(method, 0) + 1

    def summary(self) -> dict[str, dict[str, float]]:
        """Method → calls, and median and 95th percentile of the last ones in milliseconds."""
        return {
            method: {
                "calls": self._calls[method],
                "p50_ms": _quantile(taken, 0.5),
                "p95_ms": _quantile(taken, 0.95),
            }
            for method, taken in sorted(self._taken.items())
        }


def _quantile(values: deque[float], share: float) -> float:
    ordered = sorted(values)
    return round(ordered[min(int(len(ordered) * share), len(ordered) - 1)], 3)
